"""The functions of `itertools`: of items that are known one by one, and of others where a loop goes over them."""

from __future__ import annotations

import ast
import itertools
from typing import Any

from gradgen.ir import Atom
from gradgen.rules.build import constant_atom
from gradgen.stage import operators
from gradgen.stage.applied import counted, place_of
from gradgen.stage.builtin import builtin, is_known_range
from gradgen.stage.iteration import is_static, sized, static_items
from gradgen.stage.lists import append
from gradgen.stage.session import Frame
from gradgen.stage.values import NONE, Group, Known, ListObject, Mapped, Range, Sliced, Zipped


def _is_known(frame: Frame, value: Any) -> bool:
    return is_static(frame.session, value) or is_known_range(frame, value)


def _once(items: Any) -> Mapped:
    """An iterator over the items: who goes over it again finds nothing."""
    return Mapped(Known(_same), (items,))


def _same() -> None:
    """`_same(x)`: x."""


@builtin(_same)
def _staged_same(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return args[0]


@builtin(itertools.product)
def _product(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if all(_is_known(frame, arg) for arg in args):
        columns = [static_items(frame, arg, "what `product` takes") for arg in args]
        return _once(Group(tuple(Group(row) for row in itertools.product(*columns))))
    return counted(frame, _row_of, (Group(args),), [sized(frame, arg)[0] for arg in args])


def _row_of() -> None:
    """`_row_of(iterables, *sizes, k)`: the k-th row of the product."""


@builtin(_row_of)
def _staged_row(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    iterables, *given = args
    place = place_of(frame, tuple(given)).items
    return Group(tuple(sized(frame, one)[1](k) for one, k in zip(iterables.items, place, strict=True)))


def _arranged(function: Any, name: str) -> None:
    @builtin(function, 1, 2, ("r",))
    def handler(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        items = static_items(frame, args[0], f"what `{name}` takes")
        given = args[1] if len(args) > 1 else keywords.get("r", constant_atom(len(items)))
        rows = function(items, frame.session.demand(given, f"how many `{name}` takes"))
        return _once(Group(tuple(map(Group, rows))))


_arranged(itertools.combinations, "combinations")
_arranged(itertools.combinations_with_replacement, "combinations_with_replacement")
_arranged(itertools.permutations, "permutations")


@builtin(itertools.chain)
def _chain(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _once(Group(tuple(item for arg in args for item in static_items(frame, arg, "what `chain` takes"))))


@builtin(itertools.pairwise, 1, 1)
def _pairwise(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.subscripts import item_of

    (value,) = args
    if _is_known(frame, value):
        items = static_items(frame, value, "what `pairwise` takes")
        return _once(Group(tuple(map(Group, itertools.pairwise(items)))))
    ends = Sliced(None, constant_atom(-1), None), Sliced(constant_atom(1), None, None)
    return Zipped(tuple(item_of(frame, value, end) for end in ends))


def _given(value: Any) -> Any:
    return None if isinstance(value, Known) and value.value is None else value


@builtin(itertools.accumulate, 1, 2, ("func", "initial"))
def _accumulate(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The list of what is reached after each item."""
    from gradgen.stage.calls import call
    from gradgen.stage.comprehensions import fold

    session = frame.session
    function = _given(args[1] if len(args) > 1 else keywords.get("func", NONE))
    first = _given(keywords.get("initial", NONE))
    made = session.new(ListObject(()))

    def kept(value: Any) -> Any:
        session.hold((value,))
        append(session, made, value)
        return value

    def step(total: Any, item: Any) -> Any:
        if function is None:
            return kept(operators.binary(session, ast.Add, total, item))
        return kept(call(session, function, (total, item), {}, frame))

    if _is_known(frame, args[0]):
        items = static_items(frame, args[0], "what `accumulate` takes")
        if first is None and not items:
            return _once(made)
        total = kept(items.pop(0) if first is None else first)
        for item in items:
            total = step(total, item)
        return _once(made)
    count, item_at = sized(frame, args[0])
    begin: Atom = constant_atom(0)
    total = kept(item_at(begin) if first is None else first)
    rest = Range(constant_atom(1) if first is None else begin, count, constant_atom(1))
    fold(frame, rest, total, lambda total, k: step(total, item_at(k)), "total")
    return _once(made)
