"""What can be iterated over: item by item where the items are known, by an index that runs otherwise."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Array, Atom, Effect, If, dims_of
from gradgen.ir import Block as IrBlock
from gradgen.rules.build import constant_atom, dim_of
from gradgen.stage import operators
from gradgen.stage.arrays import describe, is_array, read, wrap
from gradgen.stage.entries import key_value, shown
from gradgen.stage.lists import as_run_list, item_at, length, sliced
from gradgen.stage.merge import parts
from gradgen.stage.session import UNKNOWN, Frame, Session, grows
from gradgen.stage.special import refuse_iteration
from gradgen.stage.values import (
    Checkpointed,
    DictObject,
    Entries,
    Enumerated,
    Flat,
    Generator,
    Group,
    Hole,
    Known,
    ListObject,
    Mapped,
    Range,
    Ref,
    Reversed,
    RunList,
    Sliced,
    Unusable,
    Zipped,
)

ITERATORS = (Enumerated, Reversed, Zipped, Mapped, Generator)
ZERO, UNIT = constant_atom(0), constant_atom(1)


def is_static(session: Session, value: Any) -> bool:
    """Whether the items are known one by one, so that a loop over them is written out."""
    match value:
        case Group() | Entries():
            return True
        case Known(value=known):
            return isinstance(known, str | range | tuple | list | dict)
        case Ref():
            return isinstance(session.at(value), ListObject | DictObject)
        case Enumerated(iterable=inner) | Reversed(iterable=inner):
            return is_static(session, inner)
        case Zipped(iterables=inner) | Mapped(iterables=inner):
            return any(is_static(session, one) for one in inner) and all(_is_countable(session, one) for one in inner)
    return False


def _is_countable(session: Session, value: Any) -> bool:
    """Whether items can be taken from it one by one, next to something of which the items are known."""
    if isinstance(value, Range):
        return all(session.number(part) is not UNKNOWN for part in (value.start, value.stop, value.step)) or (
            session.number(value.start) is not UNKNOWN and session.number(value.step) is not UNKNOWN
        )
    return is_static(session, value)


def static_items(frame: Frame, value: Any, what: str, count: int | None = None) -> list[Any]:
    """The items, one by one. `count`: how many there must be, where that is known from the targets."""
    session = frame.session
    refuse_iteration(session, value)
    if isinstance(value, ITERATORS):
        exhaust(session, value)
    match value:
        case Group(items=items):
            return list(items)
        case Entries():
            return shown(session, value)
        case Known(value=known) if isinstance(known, str | range | tuple | list | dict):
            return [constant_atom(item) if isinstance(item, int | float | complex) else Known(item) for item in known]
        case Range():
            numbers = [
                session.demand(part, "the length of this range") for part in (value.start, value.stop, value.step)
            ]
            return [constant_atom(number) for number in range(*numbers)]
        case Enumerated(iterable=inner, start=start):
            first = session.demand(start, "where `enumerate` starts")
            numbered = enumerate(static_items(frame, inner, what, count), first)
            return [Group((constant_atom(k), item)) for k, item in numbered]
        case Reversed(iterable=inner):
            return static_items(frame, inner, what, count)[::-1]
        case Zipped(iterables=inner):
            return [Group(row) for row in _rows(frame, inner, what)]
        case Mapped(function=function, iterables=inner):
            from gradgen.stage.calls import call

            return [call(session, function, row, {}, frame) for row in _rows(frame, inner, what)]
        case Generator():
            from gradgen.stage.comprehensions import generated

            return static_items(frame, generated(frame, value), what, count)
        case Ref():
            return _items_of_object(frame, value, what, count)
    raise UnsupportedType(f"{what} is {describe(session, value)}, which has no items")


def present_item(session: Session, iterable: Any, k: int, item: Any) -> Any:
    """The k-th item of what is known one by one, as it is when a loop comes to it: the body may have changed it."""
    match iterable:
        case Enumerated(iterable=inner):
            return Group((item.items[0], present_item(session, inner, k, item.items[1])))
        case Zipped(iterables=inner):
            pairs = zip(inner, item.items, strict=True)
            return Group(tuple(present_item(session, one, k, part) for one, part in pairs))
        case Reversed(iterable=Ref() as inner):
            return present_item(session, inner, -1 - k, item)
        case Entries():
            present = shown(session, iterable)
            if k >= len(present):
                raise grows("dict")
            return present[k]
        case Ref():
            content = session.at(iterable)
            if isinstance(content, ListObject) and -len(content.items) <= k < len(content.items):
                return content.items[k]
            if not isinstance(content, DictObject):
                raise grows("list")
    return item


def check_length(session: Session, iterable: Any, count: int) -> None:
    """After the last item known at first: there must not be more by now."""
    inner = iterable.iterable if isinstance(iterable, Enumerated) else iterable
    content = session.at(inner) if isinstance(inner, Ref) else None
    if isinstance(content, RunList) or (isinstance(content, ListObject) and len(content.items) != count):
        raise grows("list")
    if isinstance(inner, Entries) and len(shown(session, inner)) != count:
        raise grows("dict")


def _rows(frame: Frame, iterables: tuple[Any, ...], what: str) -> list[tuple[Any, ...]]:
    session = frame.session
    leave_some(session, *iterables)
    known = [static_items(frame, one, what) for one in iterables if is_static(session, one)]
    shortest = min(map(len, known)) if known else None
    columns = []
    for one in iterables:
        if isinstance(one, Range) and not is_static(session, one) and shortest is not None:
            columns.append(_beginning(session, one, shortest))
        else:
            columns.append(static_items(frame, one, what))
    return list(zip(*columns, strict=False))


def _beginning(session: Session, values: Range, count: int) -> list[Any]:
    """The first items of a range that may be longer, as `zip` takes them."""
    if session.number(values.stop) is not UNKNOWN:
        numbers = range(*(session.number(part) for part in (values.start, values.stop, values.step)))
        return [constant_atom(number) for number in numbers[:count]]
    raise UnsupportedType(
        "`zip` of a range whose length depends on the data with items known one by one", way_out="`enumerate`"
    )


def _items_of_object(frame: Frame, ref: Ref, what: str, count: int | None) -> list[Any]:
    session = frame.session
    content = session.at(ref)
    if isinstance(content, ListObject):
        return list(content.items)
    if isinstance(content, DictObject):
        return [key_value(key) for key in content.keys]
    if isinstance(content, RunList):
        return _unknown_length(
            frame, length(session, content), count, what, lambda k: item_at(session, content, constant_atom(k))
        )
    if is_array(session, ref):
        atom = read(session, ref)
        if not dims_of(atom.type):
            raise UnsupportedType(f"{what} is an array without dimensions")
        dim = dims_of(atom.type)[0]
        size = dim.constant if count is not None else session.count(dim)
        if size is None:
            sized = session.emit("size", atom, axis=0)
            return _unknown_length(frame, sized, count, what, lambda k: row(session, ref, constant_atom(k)))
        return [row(session, ref, constant_atom(k)) for k in range(size)]
    raise UnsupportedType(f"{what} is {describe(session, ref)}, which has no items")


def _unknown_length(frame: Frame, size: Atom, count: int | None, what: str, item: Callable[[int], Any]) -> list[Any]:
    """`count` items of something that may at run time turn out to have another number of them, and then raises."""
    session = frame.session
    if count is None:
        raise UnsupportedType(f"how many items there are in {what} depends on the data", way_out="a loop")
    _raising(session, session.emit("ne", size, count), f"cannot unpack into {count} targets")
    return [item(k) for k in range(count)]


def _raising(session: Session, test: Atom, message: str) -> None:
    """`if test: raise ValueError(message)`"""
    with session.builder.collect() as failing:
        session.builder.append(Effect("raise", (message,), name="ValueError", origin=session.builder.origin))
    session.builder.append(If(test, IrBlock(tuple(failing)), IrBlock(()), (), session.builder.origin))


def is_of_any_length(session: Session, value: Any) -> bool:
    """Whether only the run knows how many items there are."""
    if isinstance(value, Ref) and is_array(session, value):
        dims = dims_of(read(session, value).type)
        return bool(dims) and session.count(dims[0]) is None
    return isinstance(value, Ref) and isinstance(session.at(value), RunList)


def beginning_rest_and_end(frame: Frame, value: Ref, first: int, last: int) -> list[Any]:
    """The `first` items, those in between as a list, and the `last` ones, of something of any length."""
    session = frame.session
    count, item = sized(frame, value)
    _raising(session, session.emit("lt", count, first + last), f"cannot unpack into {first + last} targets or more")
    middle = Sliced(constant_atom(first), constant_atom(-last) if last else None, None)
    content = session.at(value)
    rest = (
        content if isinstance(content, RunList) else RunList(Hole(0), (session.emit("tolist", read(session, value)),))
    )
    ends = [item(session.emit("sub", count, last - k)) for k in range(last)]
    return [*(item(constant_atom(k)) for k in range(first)), sliced(session, rest, middle), *ends]


def row(session: Session, ref: Ref, index: Atom) -> Any:
    """`x[index]` of an array: a number, or a view."""
    from gradgen.ir import At

    atom = read(session, ref)
    known = session.number(index)
    made = (
        session.emit("getitem", atom, index=(known,))
        if known is not UNKNOWN
        else session.emit("getitem", atom, index, index=(At(0),))
    )
    return wrap(session, made, {atom: ref})


def exhaust(session: Session, value: Any) -> None:
    """An iterator with a name has nothing left for the next one who goes over it."""
    names = session.state.names
    for key in [key for key, held in names.items() if held is value]:
        names[key] = Group(())


def leave_some(session: Session, *values: Any) -> None:
    """What goes over these need not take all items: who asks an iterator with a name for the others is refused."""
    names, waiting = session.state.names, list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, ITERATORS):
            for key in [key for key, held in names.items() if held is value]:
                why = f"how many items are left in the iterator `{key[1]}` is not known here"
                names[key] = Unusable(why, way_out="a list: `list(...)`")
            waiting += parts(value)


def counting(frame: Frame, value: Any) -> Any:
    """`reversed(range(...))` as the range that it is; other values as they are."""
    if isinstance(value, Reversed) and isinstance(value.iterable, Range):
        exhaust(frame.session, value)
        return reversed_range(frame, value.iterable)
    return value


def reversed_range(frame: Frame, value: Range) -> Range:
    """The range that has the same numbers from the last to the first."""
    session = frame.session
    parts = [session.number(part) for part in (value.start, value.stop, value.step)]
    if UNKNOWN not in parts:
        turned = range(*parts)[::-1]
        return Range(*map(constant_atom, (turned.start, turned.stop, turned.step)))
    minus = operators.binary(session, ast.Sub, value.start, value.step)
    if parts[2] in (1, -1):
        last = operators.binary(session, ast.Sub, value.stop, value.step)
        return Range(last, minus, constant_atom(-parts[2]))
    # start + (count - 1) * step, where count = ceil((stop - start) / step)
    span = operators.binary(session, ast.Sub, value.stop, value.start)
    count = operators.unary(
        session, ast.USub, operators.binary(session, ast.FloorDiv, operators.unary(session, ast.USub, span), value.step)
    )
    steps = operators.binary(session, ast.Mult, operators.binary(session, ast.Sub, count, constant_atom(1)), value.step)
    last = operators.binary(session, ast.Add, value.start, steps)
    return Range(last, minus, operators.unary(session, ast.USub, value.step))


@dataclass(frozen=True, slots=True)
class Walk:
    """A loop's range, and the item for its index."""

    start: Atom
    stop: Atom
    step: Atom
    item: Callable[[Atom], Any]
    is_index: bool = False  # whether the item is the index itself


def walk(frame: Frame, value: Any) -> Walk:
    """How to go over a value whose items only the run knows."""
    if isinstance(value, Range):
        return Walk(value.start, value.stop, value.step, lambda index: index, is_index=True)
    size, item = sized(frame, value)
    return Walk(ZERO, size, UNIT, item)


def sized(frame: Frame, value: Any) -> tuple[Atom, Callable[[Atom], Any]]:
    """The number of items, and the item at an index counted from 0."""
    session = frame.session
    refuse_iteration(session, value)
    if isinstance(value, ITERATORS):
        exhaust(session, value)
    match value:
        case Range():
            return _sized_range(session, value)
        case Enumerated(iterable=inner, start=start):
            count, item = sized(frame, inner)
            return count, lambda index: Group((_plus(session, start, index), item(index)))
        case Reversed(iterable=inner):
            count, item = sized(frame, inner)
            last = session.emit("sub", count, 1)
            return count, lambda index: item(session.emit("sub", last, index))
        case Zipped(iterables=inner):
            count, items = _sized_together(frame, inner)
            return count, lambda index: Group(tuple(item(index) for item in items))
        case Mapped(function=function, iterables=inner):
            from gradgen.stage.calls import call

            count, items = _sized_together(frame, inner)
            return count, lambda index: call(session, function, tuple(item(index) for item in items), {}, frame)
        case Generator():
            from gradgen.stage.comprehensions import generated

            return sized(frame, generated(frame, value))
        case Group():
            return sized(frame, session.new(ListObject(value.items)))
        case Flat(owner=owner):
            return sized(frame, session.value_of(session.emit("ravel", read(session, owner))))
        case Ref():
            return _sized_object(frame, value)
        case Checkpointed():
            message = "`gradgen.checkpoint(...)` elsewhere than in the head of a loop"
            raise UnsupportedSyntax(message, way_out="for ... in gradgen.checkpoint(...):")
    raise UnsupportedType(f"{describe(session, value)} cannot be iterated over")


def _plus(session: Session, a: Atom, b: Atom) -> Atom:
    return b if session.number(a) == 0 and not hasattr(a, "version") else session.emit("add", a, b)


def _sized_range(session: Session, value: Range) -> tuple[Atom, Callable[[Atom], Any]]:
    start, stop, step = session.number(value.start), session.number(value.stop), session.number(value.step)
    if step == 1:
        count = value.stop if start == 0 else session.emit("maximum", session.emit("sub", value.stop, value.start), 0)
        return count, lambda index: index if start == 0 else session.emit("add", value.start, index)
    if UNKNOWN in (start, stop, step):
        raise UnsupportedType("a range with a step beside another iterable", way_out="an index and arithmetic")
    numbers = range(start, stop, step)
    return constant_atom(len(numbers)), lambda index: session.emit(
        "add", value.start, session.emit("mul", index, value.step)
    )


def _sized_together(frame: Frame, values: tuple[Any, ...]) -> tuple[Atom, list[Callable[[Atom], Any]]]:
    """The shortest decides."""
    session = frame.session
    leave_some(session, *values)
    found = [sized(frame, value) for value in values]
    count = found[0][0]
    for other, _ in found[1:]:
        if dim_of(other) != dim_of(count):
            count = session.emit("minimum", count, other)
    return count, [item for _, item in found]


def _items_in_time(session: Session, ref: Ref, at_first: RunList) -> Callable[[Atom], Any]:
    """The item of a list at an index, as the list is when the loop comes to it."""
    before = session.at(ref)

    def item(index: Atom) -> Any:
        now = session.at(ref)
        changed = now is not before and isinstance(now, ListObject | RunList)
        return item_at(session, as_run_list(session, now) if changed else at_first, index)  # type: ignore[arg-type]

    return item


def _sized_object(frame: Frame, ref: Ref) -> tuple[Atom, Callable[[Atom], Any]]:
    session = frame.session
    content = session.at(ref)
    if isinstance(content, ListObject):
        content = as_run_list(session, content)
    if isinstance(content, RunList):
        return length(session, content), _items_in_time(session, ref, content)
    if is_array(session, ref):
        atom = read(session, ref)
        if isinstance(atom.type, Array) and atom.type.dims:
            return session.emit("size", atom, axis=0), lambda index: row(session, ref, index)
    raise UnsupportedType(f"{describe(session, ref)} cannot be iterated over")
