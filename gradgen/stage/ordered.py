"""`max`, `min` and `sorted`, of numbers and by a key."""

from __future__ import annotations

import ast
import functools
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.ir import At, ListOf, Scalar, dims_of
from gradgen.rules.build import constant_atom
from gradgen.rules.table import CALLERS
from gradgen.stage import operators
from gradgen.stage.arrays import atom_of, is_array
from gradgen.stage.builtin import builtin, is_known_range
from gradgen.stage.iteration import is_static, sized, static_items
from gradgen.stage.rulecalls import apply_caller
from gradgen.stage.session import UNKNOWN, Frame, Session, is_scalar
from gradgen.stage.values import NONE, Generator, Group, Hole, Known, ListObject, Mapped, Range, Ref, RunList


def _extreme(function: Any, name: str) -> None:
    caller = CALLERS[function]

    @builtin(function, 1, None, ("key", "default"))
    def handler(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        session = frame.session
        if "key" in keywords and not (isinstance(keywords["key"], Known) and keywords["key"].value is None):
            return _extreme_by(frame, Group(args) if len(args) > 1 else args[0], name, keywords)
        if len(args) > 1:
            return apply_caller(session, caller, args, {}, name)
        if is_static(session, args[0]) or is_known_range(frame, args[0]):
            items = tuple(static_items(frame, args[0], f"what `{name}` takes"))
            if not items and "default" in keywords:
                return keywords["default"]
            if not items:
                raise UnsupportedValue(f"`{name}` of nothing")
            return items[0] if len(items) == 1 else apply_caller(session, caller, items, {}, name)
        if "default" in keywords:
            raise UnsupportedSyntax(f"`{name}` with a default")
        value = args[0]
        if is_array(session, value):
            return apply_caller(session, caller, args, {}, name)
        from gradgen.stage.comprehensions import fold_from_first

        return fold_from_first(
            frame, value, lambda best, item: apply_caller(session, caller, (best, item), {}, name), name
        )


if max in CALLERS:
    _extreme(max, "max")
    _extreme(min, "min")


def _extreme_by(frame: Frame, iterable: Any, name: str, keywords: dict[str, Any]) -> Any:
    """`max(iterable, key=...)`: the first item of which no other one's key is larger."""
    from gradgen.stage.calls import call
    from gradgen.stage.choice import choose
    from gradgen.stage.comprehensions import fold, generated

    session = frame.session

    def with_key(item: Any) -> Group:
        if is_scalar(item):
            session.hold((item,))
        return Group((item, call(session, keywords["key"], (item,), {}, frame)))

    def better(best: Any, item: Any) -> Any:
        other = with_key(item)
        test = operators.compare(session, ast.Gt if name == "max" else ast.Lt, other.items[1], best.items[1])
        return choose(frame, operators.truth(session, test), lambda: other, lambda: best)

    iterable = generated(frame, iterable) if isinstance(iterable, Generator) else iterable
    if is_static(session, iterable) or is_known_range(frame, iterable):
        items = static_items(frame, iterable, f"what `{name}` takes")
        if not items and "default" in keywords:
            return keywords["default"]
        if not items:
            raise UnsupportedValue(f"`{name}` of nothing")
        return functools.reduce(better, items[1:], with_key(items[0])).items[0]
    if "default" in keywords:
        raise UnsupportedSyntax(f"`{name}` with a default")
    count, item_at = sized(frame, iterable)
    rest = Range(constant_atom(1), count, constant_atom(1))
    best = fold(frame, rest, with_key(item_at(constant_atom(0))), lambda best, k: better(best, item_at(k)), "best")
    return best.items[0]


@builtin(sorted, 1, 1, ("reverse", "key"))
def _sorted(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session = frame.session
    backwards = "reverse" in keywords and bool(session.demand(keywords["reverse"], "`reverse`"))
    key = keywords.get("key", NONE)
    by_key = not (isinstance(key, Known) and key.value is None)
    if not by_key and is_static(session, args[0]):
        items = static_items(frame, args[0], "what `sorted` takes")
        keys = [_known_key(session, item) for item in items]
        first = [one[0] if isinstance(one, tuple) else one for one in keys]
        if UNKNOWN not in first and (len(set(first)) == len(first) or not any(isinstance(one, tuple) for one in keys)):
            order = sorted(range(len(items)), key=lambda k: first[k], reverse=backwards)
            return session.new(ListObject(tuple(items[k] for k in order)))
    return _sorted_at_run_time(frame, args[0], key if by_key else None, backwards)


def _known_key(session: Session, item: Any) -> Any:
    """What an item is ordered by, if that is known: of a tuple, that of its first item, in a tuple."""
    if isinstance(item, Group) and item.items:
        return (_known_key(session, item.items[0]),)
    return item.value if isinstance(item, Known) else session.number(item) if is_scalar(item) else UNKNOWN


def _sorted_at_run_time(frame: Frame, iterable: Any, key: Any, backwards: bool) -> Any:
    """A list of the items in the stable order of their keys."""
    from gradgen.stage.comprehensions import collect, listed

    session = frame.session
    items = iterable if is_array(session, iterable) and key is None else collect(frame, iterable)
    by = items if key is None else collect(frame, Mapped(key, (items,)))
    keys = atom_of(session, apply_caller(session, CALLERS[np.asarray], (by,), {}, "np.asarray"))
    if len(dims_of(keys.type)) != 1:
        raise UnsupportedType("`sorted` by what is no number", way_out="`key=` with a function that gives a number")
    order = session.emit("argsort", session.emit("neg", keys) if backwards else keys, axis=-1, kind="stable")
    if key is None:
        plain = not is_array(session, items) and is_of_plain_numbers(session, items)
        ordered = session.emit("getitem", keys, order, index=(At(0),))
        return session.new(RunList(Hole(0), (session.emit("tolist", ordered, plain=plain),)))
    count, item_at = sized(frame, items)
    return listed(frame, count, lambda k: (item_at(session.emit("getitem", order, k, index=(At(0),))),))


def is_of_plain_numbers(session: Session, items: Ref) -> bool:
    """Whether the items of a list are numbers of Python's, not NumPy's."""
    content = session.at(items)
    if isinstance(content, RunList):
        type = content.lists[0].type
        return isinstance(type, ListOf) and isinstance(type.element, Scalar) and type.element.weak
    assert isinstance(content, ListObject)
    return all(is_scalar(item) and item.type.weak for item in content.items)
