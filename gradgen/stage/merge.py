"""Two states made one: what a name stands for where it may be one value or another.

Values are gone through side by side, down to the numbers and arrays, where `pair` decides: a branch
makes a result there (see `join`), a loop a carried variable (see `carry`). Objects keep their identity: what
is one object on both sides stays one; what is one on one side and two on the other may not be changed
in place afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from gradgen.errors import UnsupportedType
from gradgen.ir import Array, Atom, Const, Dim, ListOf, Scalar, Type, Var, common_dtype, dtype_of
from gradgen.stage.arrays import describe
from gradgen.stage.session import Session
from gradgen.stage.values import (
    ArrayObject,
    Bound,
    Closure,
    DictObject,
    Entries,
    Enumerated,
    Generator,
    Group,
    HeapObject,
    Known,
    ListObject,
    Mapped,
    Partial,
    Range,
    Record,
    Ref,
    Reversed,
    RunList,
    Sliced,
    State,
    Unusable,
    Zipped,
    is_atom,
)

ALIASED = "this object may be one of two, depending on the path taken, and cannot be changed in place"


class Missing:
    """What a name that was never assigned stands for."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list not made yet, of these items: it becomes one operation where it is needed."""

    items: tuple[Atom, ...]


class NoJoin(Exception):
    """A name that is read later has values on two paths that cannot be one value."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


class Merger:
    """Merges state `b` into state `a`. Subclasses say what `pair` makes of two different numbers or arrays."""

    def __init__(self, session: Session, a: State, b: State):
        self.session, self.a, self.b = session, a, b
        self.heap: dict[int, HeapObject] = {}
        self.cells: dict[tuple[int | None, int | None], int] = {}
        self.partners: tuple[dict[int, set], dict[int, set]] = ({}, {})
        self.counting = True  # off for objects that no name leads to

    def pair(self, a: Any, b: Any, name: str) -> Any:
        """The atom for `a` here and `b` there, each perhaps MISSING or a Listing; Unusable where there is none."""
        raise NotImplementedError

    # Values

    def value(self, a: Any, b: Any, name: str) -> Any:
        if isinstance(a, Ref) or isinstance(b, Ref):
            return self.reference(a, b, name)
        if a is b:
            return self._unchanged(a)
        if isinstance(a, Unusable) or isinstance(b, Unusable):
            return a if isinstance(a, Unusable) else b
        if _is_number(a) and _is_number(b):
            return a if a == b else self.pair(a, b, name)
        if a is MISSING or b is MISSING:
            return self._half(a, b, name)
        if type(a) is type(b):
            return self._alike(a, b, name)
        return self.unusable(a, b, name)

    def _unchanged(self, value: Any) -> Any:
        """A value that is the same on both sides: the objects that it refers to stay what they are, so that
        they count as such where names for them are merged with names for others."""
        found = (self.reference(ref, ref, "") for ref in references(value))
        return next((made for made in found if isinstance(made, Unusable)), value)

    def unusable(self, a: Any, b: Any, name: str) -> Unusable:
        kinds = self._described(a, self.a), self._described(b, self.b)
        what = f"`{name}`" if name else "this value"
        if kinds[0] == kinds[1]:
            return Unusable(f"{what} is not the same {kinds[0].split(' ', 1)[-1]} on all paths")
        way_out = "a number in the place of None, such as `math.inf`, and a test for it"
        why = f"{what} is {kinds[0]} on one path and {kinds[1]} on another"
        return Unusable(why, way_out) if sorted(kinds) == ["None", "a number"] else Unusable(why)

    def _described(self, value: Any, state: State) -> str:
        present, self.session.state = self.session.state, state
        try:
            return describe(self.session, value)
        finally:
            self.session.state = present

    def _half(self, a: Any, b: Any, name: str) -> Any:
        """A value that only one side has: its numbers are undefined on the other one."""
        present = b if a is MISSING else a
        if is_atom(present):
            return self.pair(a, b, name)
        if isinstance(present, Group):
            return Group(tuple(self._half_item(a, item, name) for item in present.items), present.kind)
        for ref in references(present):
            self.reference(*self._sides(a, ref), name)
        return present

    @staticmethod
    def _sides(a: Any, item: Any) -> tuple[Any, Any]:
        return (MISSING, item) if a is MISSING else (item, MISSING)

    def _alike(self, a: Any, b: Any, name: str) -> Any:
        match a:
            case Known():
                return a if a.value is b.value or _equal_constants(a.value, b.value) else self.unusable(a, b, name)
            case Group() if a.kind is b.kind and len(a.items) == len(b.items):
                items = tuple(self.value(x, y, name) for x, y in zip(a.items, b.items, strict=True))
                return next((item for item in items if isinstance(item, Unusable)), Group(items, a.kind))
            case Closure() if a.node is b.node and a.frame is b.frame and not a.defaults:
                return a
            case Bound() if a.method is b.method or (isinstance(a.method, str) and a.method == b.method):
                owner = self.value(a.owner, b.owner, name)
                return owner if isinstance(owner, Unusable) else Bound(owner, a.method)
            case Entries() if a.part == b.part:
                owner = self.value(a.owner, b.owner, name)
                return owner if isinstance(owner, Unusable) else Entries(owner, a.part)
            case Range() | Enumerated() | Reversed() | Sliced():
                parts = [self.value(getattr(a, f.name), getattr(b, f.name), name) for f in fields(a)]
                return next((part for part in parts if isinstance(part, Unusable)), type(a)(*parts))
        return self.unusable(a, b, name)

    # Objects

    def reference(self, a: Any, b: Any, name: str) -> Any:
        if not isinstance(a, Ref | Missing) or not isinstance(b, Ref | Missing):
            if isinstance(a, Unusable) or isinstance(b, Unusable):
                return a if isinstance(a, Unusable) else b
            return self.unusable(a, b, name)
        cells = (a.cell if isinstance(a, Ref) else None, b.cell if isinstance(b, Ref) else None)
        if cells in self.cells:
            return Ref(self.cells[cells])
        return self._new_reference(cells, name)

    def _new_reference(self, cells: tuple[int | None, int | None], name: str) -> Any:
        left, right = cells
        if left is not None and left == right:
            made = left
        elif left is None or right is None:
            present = left if right is None else right
            assert present is not None
            other = self.b if right is None else self.a
            if (
                present in other.heap or present in self.session.outer
            ):  # an object that both sides know, named on one of them
                return self._new_reference((present, present), name)
            made = present
        else:
            self.session.cells += 1
            made = self.session.cells
            self.session.merged[made] = {left, right}
        self.cells[cells] = made
        for side, cell, partner in ((0, left, right), (1, right, left)):
            if self.counting and cell is not None and partner is not None:
                self.partners[side].setdefault(cell, set()).add(made)
        content = self.content(self._at(self.a, left), self._at(self.b, right), name)
        if isinstance(content, Unusable):
            del self.cells[cells]
            return content
        self.heap[made] = content
        return Ref(made)

    def _at(self, state: State, cell: int | None) -> Any:
        return MISSING if cell is None else state.heap.get(cell) or self.session.outer.get(cell, MISSING)

    def content(self, a: Any, b: Any, name: str) -> Any:
        if a is b:
            if isinstance(a, ArrayObject) and a.view is not None:
                self.reference(a.view.base, a.view.base, "")
            return a if not _has_references(a) else self._same(a, name)
        if a is MISSING or b is MISSING:
            return self._half_content(a, b, name)
        frozen = a.frozen or b.frozen
        made = self._contents(a, b, name)
        return made if isinstance(made, Unusable) or not frozen else replace(made, frozen=frozen)

    def _same(self, content: Any, name: str) -> Any:
        items = tuple(self.value(item, item, name) for item in content.items)
        return replace(content, items=items)

    def _contents(self, a: Any, b: Any, name: str) -> Any:
        match a, b:
            case ArrayObject(), ArrayObject():
                return self._arrays(a, b, name)
            case ListObject(), ListObject() if len(a.items) == len(b.items):
                items = self._items(a, b, name)
                return items if isinstance(items, Unusable) else ListObject(items)
            case (ListObject() | RunList(), ListObject() | RunList()):
                return self._lists(a, b, name)
            case (DictObject(), DictObject()) if a.keys == b.keys:
                items = self._items(a, b, name)
                return items if isinstance(items, Unusable) else DictObject(a.keys, items)
            case (Record(), Record()) if (a.kind, a.keys) == (b.kind, b.keys):
                items = self._items(a, b, name)
                return items if isinstance(items, Unusable) else Record(a.kind, a.keys, items)
            case (DictObject(), DictObject()):
                return Unusable(
                    f"the dict{' `' + name + '`' if name else ''} has other keys on one path than on another"
                )
        return Unusable(
            f"{'`' + name + '`' if name else 'this value'} is an object of another kind on one path than on another"
        )

    def _items(self, a: Any, b: Any, name: str) -> Any:
        items = tuple(self.value(x, y, name) for x, y in zip(a.items, b.items, strict=True))
        return next((item for item in items if isinstance(item, Unusable)), items)

    def _arrays(self, a: ArrayObject, b: ArrayObject, name: str) -> Any:
        if a.view and b.view and a.view.base == b.view.base and a.view.chain == b.view.chain:
            self.reference(a.view.base, a.view.base, "")
            return replace(a, view=replace(a.view, seen=None))  # taken again from the base when it is read
        atom = a.atom if a.atom == b.atom else self.pair(a.atom, b.atom, name or getattr(a.atom, "name", ""))
        if isinstance(atom, Unusable):
            return atom
        for view, side in ((a.view, self.a), (b.view, self.b)):
            if view is not None:
                self._freeze_base(view.base, side)
        return ArrayObject(atom, None, ALIASED if a.view or b.view else "", a.in_rows and b.in_rows)

    def _freeze_base(self, base: Ref, side: State) -> None:
        content = self._at(side, base.cell)
        if isinstance(content, ArrayObject):
            if content.view is not None:
                self._freeze_base(content.view.base, side)
            side.heap[base.cell] = replace(content, frozen=ALIASED)

    def _lists(self, a: ListObject | RunList, b: ListObject | RunList, name: str) -> Any:
        """Lists of which only the run knows the length."""
        from gradgen.stage.lists import columns, template_of

        template = template_of(self.session, [(a, self.a), (b, self.b)])
        if isinstance(template, Unusable):
            return template
        pairs = zip(columns(self.session, a, self.a, template), columns(self.session, b, self.b, template), strict=True)
        lists = tuple(self.pair(x, y, name) if x != y else x for x, y in pairs)
        return next((one for one in lists if isinstance(one, Unusable)), RunList(template, lists))

    def _half_content(self, a: Any, b: Any, name: str) -> Any:
        content = b if a is MISSING else a
        match content:
            case ArrayObject(view=view) if view is not None:
                self._freeze_base(view.base, self.b if a is MISSING else self.a)
                return replace(content, atom=self.pair(*self._sides(a, content.atom), name), view=None, frozen=ALIASED)
            case ArrayObject():
                return replace(content, atom=self.pair(*self._sides(a, content.atom), name))
            case RunList():
                return replace(content, lists=tuple(self.pair(*self._sides(a, one), name) for one in content.lists))
        items = tuple(self._half_item(a, item, name) for item in content.items)
        return replace(content, items=items)

    def _half_item(self, a: Any, item: Any, name: str) -> Any:
        sides = self._sides(a, item)
        return self.reference(*sides, name) if isinstance(item, Ref) else self._half(*sides, name)

    # States

    def names(self, wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Any]:
        """The merged values of these names."""
        found = {}
        for key in wanted:
            a, b = self.a.names.get(key, MISSING), self.b.names.get(key, MISSING)
            if a is not MISSING or b is not MISSING:
                found[key] = self.value(a, b, key[1])
        return found

    def finished_heap(self) -> dict[int, HeapObject]:
        """The merged objects. What was frozen on one side while they were merged is frozen."""
        for (left, right), made in self.cells.items():
            for state, cell in ((self.a, left), (self.b, right)):
                frozen = "" if cell is None or cell not in state.heap else state.heap[cell].frozen
                if frozen and not self.heap[made].frozen:
                    self.heap[made] = replace(self.heap[made], frozen=frozen)
        for side in self.partners:
            for results in side.values():
                if len(results) > 1:
                    for cell in results & self.heap.keys():
                        self.heap[cell] = replace(self.heap[cell], frozen=ALIASED)
        return self.heap


def _is_number(value: Any) -> bool:
    return is_atom(value) or isinstance(value, Listing)


def _equal_constants(a: Any, b: Any) -> bool:
    return type(a) is type(b) and isinstance(a, str | bytes | type(None)) and a == b


def _has_references(content: Any) -> bool:
    return any(isinstance(item, Ref | Group) for item in getattr(content, "items", ()))


def references(value: Any) -> list[Ref]:
    """The objects that a value refers to itself."""
    found: list[Ref] = []
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Ref):
            found.append(value)
        else:
            waiting += parts(value)
    return found


def parts(value: Any) -> Iterable[Any]:
    """The values that a value which is no object holds."""
    match value:
        case Group(items=items):
            return items
        case Bound(owner=owner) | Entries(owner=owner):
            return (owner,)
        case Closure(defaults=defaults):
            return tuple(defaults.values())
        case Partial():
            return (value.function, *value.args, *value.keywords.values())
        case Enumerated() | Reversed():
            return (value.iterable,)
        case Zipped() | Mapped():
            return value.iterables
        case Generator(first=first):
            return (first,)
    return ()


def reachable(state: State, values: Iterable[Any]) -> set[int]:
    """The cells that these values lead to."""
    found: set[int] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, Ref):
            if value.cell in found or value.cell not in state.heap:
                continue
            found.add(value.cell)
            content = state.heap[value.cell]
            waiting += list(getattr(content, "items", ()))
            if isinstance(content, ArrayObject) and content.view is not None:
                waiting.append(content.view.base)
        else:
            waiting += parts(value)
    return found


# Types and conversions


def _left_as_it_is(part: Var, type: Scalar) -> Atom:
    """A variable that may have no value cannot be converted: it would be read."""
    if dtype_of(part.type) == type.dtype:
        return part
    raise UnsupportedType(
        f"`{part.name}` may have no value here, and has another type on another path",
        way_out="give it a value of one type",
    )


def joined_type(session: Session, a: Type, b: Type) -> Type | None:
    """The type of a value that is an `a` here and a `b` there; dims that differ become new symbols."""
    if a == b:
        return a
    match a, b:
        case Scalar(), Scalar():
            dtype, weak = common_dtype([a, b])
            return Scalar(dtype, weak, a.extent if a.extent == b.extent else None)
        case Array(), Array() if a.dtype == b.dtype and a.ndim == b.ndim:
            return Array(a.dtype, tuple(_joined_dim(session, x, y) for x, y in zip(a.dims, b.dims, strict=True)))
        case ListOf(), ListOf():
            element = joined_type(session, a.element, b.element)
            return element and ListOf(element)
    return None


def _joined_dim(session: Session, a: Dim, b: Dim) -> Dim:
    return a if a == b else Dim.one_of(session.symbol(), a, b)


def type_of(session: Session, part: Any) -> Type | None:
    """The type of one side of a pair; None of MISSING, and of a listing whose items have no common type."""
    if isinstance(part, Listing):
        element: Type | None = part.items[0].type if part.items else None
        for item in part.items[1:]:
            element = element and joined_type(session, element, item.type)
        return element and ListOf(without_extent(element))
    return None if part is MISSING else part.type


def without_extent(type: Type) -> Type:
    return replace(type, extent=None) if isinstance(type, Scalar) and type.extent is not None else type


def _number_of(dtype: str, number: complex) -> complex:
    """The number in a dtype that can hold it."""
    if dtype.startswith("complex") or not isinstance(number, int | float):
        return complex(number)
    if dtype.startswith("float"):
        return float(number)
    return bool(number) if dtype == "bool" else int(number)


def converted(session: Session, part: Any, type: Type) -> Atom:
    """One side of a pair as a value of the common type: what it takes is appended to the program."""
    if isinstance(part, Listing):
        assert isinstance(type, ListOf)
        if any(isinstance(item, Var) and item.version in session.partial for item in part.items):
            raise UnsupportedType("a list may have no value here", way_out="make the list before the branch or loop")
        items = [converted(session, item, type.element) for item in part.items]
        return session.emit("list", *items, type=type, element=type.element)
    if (
        isinstance(type, Scalar)
        and isinstance(part.type, Scalar)
        and (part.type.dtype, part.type.weak) != (type.dtype, type.weak)
    ):
        if isinstance(part, Var) and part.version in session.partial:
            return _left_as_it_is(part, type)
        number = session.number(part)
        if isinstance(number, bool | int | float | complex):
            return Const(_number_of(type.dtype, number), without_extent(type))
        return session.emit("cast", part, dtype=type.dtype, weak=type.weak)
    if (
        isinstance(type, ListOf)
        and part.type != type
        and isinstance(type.element, Scalar)
        and isinstance(part.type, ListOf)
        and dtype_of(part.type.element) != type.element.dtype
    ):
        raise UnsupportedType("a list has items of another type on one path than on another", way_out="floats")
    return part
