"""Lists whose length only the run knows: their form, and going over to it from a list of known length.

Such a list holds items of one form (a number, an array, a tuple of these, ...). Each hole of the form is
one list of the program, so that a list of pairs is a pair of lists.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Atom, Const, ListOf, Scalar
from gradgen.rules.whole_numbers import WholeNumbers
from gradgen.stage.arrays import read
from gradgen.stage.merge import Listing, converted, joined_type, type_of, without_extent
from gradgen.stage.session import Session
from gradgen.stage.trees import build, of_atom
from gradgen.stage.values import (
    ArrayObject,
    Group,
    Hole,
    Known,
    ListObject,
    Record,
    Ref,
    RunList,
    Sliced,
    State,
    Unusable,
    is_atom,
)

IN_LIST = "this object is in a list whose length depends on the data, and cannot be changed in place"
HOLDS = "a list whose length depends on the data can hold numbers, arrays, and tuples, lists and objects of them"
SLICE = "a slice of a list whose length depends on the data"


def template_of(session: Session, lists: list[tuple[ListObject | RunList, State]]) -> Any:
    """The common form of the items of these lists; Unusable where there is none."""
    template: Any = None
    for content, state in lists:
        forms = (
            [content.template] if isinstance(content, RunList) else [form(item, state, [0]) for item in content.items]
        )
        for one in forms:
            if isinstance(one, Unusable):
                return one
            if template is None:
                template = one
            elif not same_form(template, one):
                return Unusable("a list whose length depends on the data has items of different kinds")
    return Hole(0) if template is None else template


def form(item: Any, state: State, count: list[int]) -> Any:
    """An item with its numbers, arrays and lists of run-time length taken out."""
    content = state.heap.get(item.cell) if isinstance(item, Ref) else None
    plain = isinstance(content, RunList) and isinstance(content.template, Hole)
    if is_atom(item) or isinstance(content, ArrayObject) or plain:
        count[0] += 1
        return Hole(count[0] - 1)
    if isinstance(item, Group) or isinstance(content, ListObject):
        kind = item.kind if isinstance(item, Group) else list
        items = tuple(form(one, state, count) for one in _items(item, content))
        return next((one for one in items if isinstance(one, Unusable)), Group(items, kind))
    if isinstance(content, Record):
        items = tuple(form(one, state, count) for one in content.items)
        return next((one for one in items if isinstance(one, Unusable)), Record(content.kind, content.keys, items))
    if isinstance(item, Known):
        return item
    return Unusable(HOLDS)


def _items(item: Any, content: Any) -> tuple[Any, ...]:
    return item.items if isinstance(item, Group) else content.items


def same_form(a: Any, b: Any) -> bool:
    if isinstance(a, Group) and isinstance(b, Group):
        return a.kind is b.kind and len(a.items) == len(b.items) and all(map(same_form, a.items, b.items))
    if isinstance(a, Record) and isinstance(b, Record):
        return (a.kind, a.keys) == (b.kind, b.keys) and all(map(same_form, a.items, b.items))
    if isinstance(a, Known) and isinstance(b, Known):
        return a.value is b.value
    return isinstance(a, Hole) and a == b


def holes(item: Any, state: State) -> list[Atom]:
    """What fills the holes of an item, in their order."""
    content = state.heap.get(item.cell) if isinstance(item, Ref) else None
    if isinstance(content, ArrayObject):
        return [content.atom]
    if isinstance(content, RunList):
        return list(content.lists)
    if isinstance(item, Group) or isinstance(content, ListObject | Record):
        return [atom for one in _items(item, content) for atom in holes(one, state)]
    return [item] if is_atom(item) else []


def current_holes(session: Session, item: Any) -> list[Atom]:
    """As `holes`, in the present state, with the arrays as they are now."""
    retake(session, item)
    return holes(item, session.state)


def retake(session: Session, item: Any) -> None:
    """Take the views in an item again, whose base may have a newer version."""
    content = session.state.heap.get(item.cell) if isinstance(item, Ref) else None
    if isinstance(content, ArrayObject):
        read(session, item)
    elif isinstance(item, Group) or isinstance(content, ListObject | Record):
        for one in _items(item, content):
            retake(session, one)


def hole_count(template: Any) -> int:
    if isinstance(template, Group | Record):
        return sum(map(hole_count, template.items))
    return 1 if isinstance(template, Hole) else 0


def columns(session: Session, content: ListObject | RunList, state: State, template: Any) -> list[Any]:
    """The list of each hole: as it is, or a listing of the items of a list of known length."""
    if isinstance(content, RunList):
        return list(content.lists)
    rows = [holes(item, state) for item in content.items]
    for item in content.items:
        freeze(state, item)
    return [Listing(tuple(row[k] for row in rows)) for k in range(hole_count(template))]


def freeze(state: State, item: Any) -> None:
    """Objects in a list of run-time length are held by value: they may not be changed in place any more."""
    content = state.heap.get(item.cell) if isinstance(item, Ref) else None
    if content is not None:
        state.heap[item.cell] = replace(content, frozen=IN_LIST)
    if isinstance(content, ArrayObject) and content.view is not None:
        freeze(state, content.view.base)
    if isinstance(item, Group) or isinstance(content, ListObject | Record):
        for one in _items(item, content):
            freeze(state, one)


def as_run_list(session: Session, content: ListObject | RunList) -> RunList:
    """The list as one of run-time length."""
    if isinstance(content, RunList):
        return content
    template = template_of(session, [(content, session.state)])
    if isinstance(template, Unusable):
        raise UnsupportedType(template.why)
    lists = []
    for item in content.items:
        retake(session, item)
    for column in columns(session, content, session.state, template):
        type = type_of(session, column)
        if type is None:
            raise UnsupportedType("the items of a list that is used at run time must be of one type", way_out="a tuple")
        lists.append(converted(session, column, type))
    return RunList(template, tuple(lists))


def item_at(session: Session, content: RunList, index: Atom) -> Any:
    """`xs[index]`"""

    def fill(template: Any) -> Any:
        if isinstance(template, Hole):
            value = of_atom(session, session.emit("item", content.lists[template.number], index))
        elif isinstance(template, Group):
            items, kind = tuple(map(fill, template.items)), template.kind
            # A tuple may be taken apart by the loop that asks for it: its items then take the names there.
            value = Group(items, kind) if issubclass(kind, tuple) else build(session, kind, (), items)
        elif isinstance(template, Record):
            value = session.new(replace(template, items=tuple(map(fill, template.items))))
        else:
            return template
        if isinstance(value, Ref):
            session.put(value, replace(session.at(value), frozen=IN_LIST))
        return value

    return fill(content.template)


def sliced(session: Session, content: RunList, key: Sliced) -> Ref:
    """`xs[start:stop]`"""
    start, stop = key.start, key.stop
    if key.step is not None and session.number(key.step) != 1:
        raise UnsupportedSyntax(f"{SLICE} with a step", way_out="an array: `np.array(xs)[a:b:c]`")
    lists = content.lists
    if start is None or _counts_from(session, start, 1):
        lists = lists if stop is None else _each(session, "head", lists, stop)
        lists = lists if start is None else _each(session, "tail", lists, start)
    elif stop is None or _counts_from(session, stop, -1):
        lists = _each(session, "tail", lists, start)
        lists = lists if stop is None else _each(session, "head", lists, stop)
    else:
        raise UnsupportedSyntax(f"{SLICE} between places counted from both ends", way_out="two slices: `xs[a:][:b]`")
    return session.new(replace(content, lists=lists, frozen=""))


def _counts_from(session: Session, bound: Atom, sign: int) -> bool:
    """Whether it is certain from which end this counts: 1 from the first item, -1 from the last."""
    numbers = WholeNumbers(session.builder.definitions, session.ranges)
    return numbers.proves(numbers.form(bound)) if sign > 0 else numbers.proves(numbers.form(bound) * -1 - 1)


def _each(session: Session, op: str, lists: tuple[Atom, ...], bound: Atom) -> tuple[Atom, ...]:
    return tuple(session.emit(op, one, bound) for one in lists)


def append(session: Session, ref: Ref, value: Any) -> None:
    """`xs.append(value)`"""
    session.resizable(ref)
    content = session.at(ref)
    if isinstance(content, ListObject):
        session.put(ref, replace(content, items=(*content.items, value)))
        return
    assert isinstance(content, RunList)
    content = _fitting(session, content, value)
    freeze(session.state, value)
    atoms = current_holes(session, value)
    lists = tuple(_appended(session, one, atom) for one, atom in zip(content.lists, atoms, strict=True))
    session.put(ref, replace(content, lists=lists))


def _fitting(session: Session, content: RunList, value: Any) -> RunList:
    """The list, which must hold items of the form of `value`."""
    shape = form(value, session.state, [0])
    if isinstance(shape, Unusable):
        raise UnsupportedType(shape.why)
    if not same_form(content.template, shape):
        raise UnsupportedType(
            "a list whose length depends on the data has items of different kinds", way_out="several lists"
        )
    return content


def _appended(session: Session, list: Atom, item: Atom) -> Atom:
    element = list.type.element  # type: ignore[union-attr]
    joined = joined_type(session, element, without_extent(item.type))
    if joined is None or (isinstance(joined, Scalar) and joined.dtype != getattr(element, "dtype", None)):
        raise UnsupportedType(f"an item of type {item.type} in a list of {element}", way_out="several lists, or floats")
    joined = element if isinstance(element, Scalar) else joined
    name = getattr(list, "name", "")
    made = session.emit("append", list, converted(session, item, element), type=ListOf(joined), name=name)
    session.escaped.add(made.version)
    return made


def extend(session: Session, ref: Ref, other: Any) -> None:
    """`xs.extend(ys)` for two lists."""
    content, more = session.at(ref), session.at(other)
    session.resizable(ref)
    if isinstance(content, ListObject) and isinstance(more, ListObject):
        session.put(ref, replace(content, items=content.items + more.items))
        return
    assert isinstance(content, ListObject | RunList)
    assert isinstance(more, ListObject | RunList)
    if isinstance(content, ListObject) and not content.items:
        session.put(
            ref,
            RunList(
                as_run_list(session, more).template,
                tuple(session.emit("copy", one) for one in as_run_list(session, more).lists),
            ),
        )
        return
    if isinstance(more, ListObject):
        session.put(ref, as_run_list(session, content))
        for item in more.items:
            append(session, ref, item)
        return
    base = as_run_list(session, content)
    if not same_form(base.template, more.template):
        raise UnsupportedType(
            "a list whose length depends on the data has items of different kinds", way_out="several lists"
        )
    lists = tuple(
        session.emit("extend", a, b, name=getattr(a, "name", "")) for a, b in zip(base.lists, more.lists, strict=True)
    )
    session.put(ref, RunList(base.template, lists))


def copied(session: Session, ref: Ref) -> Ref:
    """A new list with the same items."""
    return session.new(replace(session.at(ref), frozen=""))


def length(session: Session, content: ListObject | RunList) -> Atom:
    if isinstance(content, ListObject):
        from gradgen.rules.build import constant_atom

        return constant_atom(len(content.items))
    return session.emit("length", content.lists[0])


def pop(session: Session, ref: Ref) -> Any:
    """`xs.pop()`: the last item."""
    session.resizable(ref)
    content = session.at(ref)
    assert isinstance(content, RunList)
    last = item_at(session, content, Const(-1, length(session, content).type))
    lists = tuple(session.emit("shorten", one, name=getattr(one, "name", "")) for one in content.lists)
    session.put(ref, replace(content, lists=lists))
    return last
