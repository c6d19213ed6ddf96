"""`np.piecewise`: each function is applied to the elements where its condition holds, and to no others."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import Array, At, Atom, dims_of, is_bool
from gradgen.rules.symbols import Sym, apply
from gradgen.stage.arrays import atom_of, is_array, wrap
from gradgen.stage.builtin import builtin
from gradgen.stage.iteration import static_items
from gradgen.stage.session import Frame, is_scalar


@builtin(np.piecewise, 3)
def _piecewise(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Zeros, into which what each function gives is stored; a function beyond the conditions takes what is left."""
    session = frame.session
    array, given, functions, *more = args
    x = atom_of(session, array, "what `np.piecewise` takes")
    if not isinstance(x.type, Array):
        raise UnsupportedType("`np.piecewise` of a number", way_out="`if` and `else`")
    tests = [given] if is_array(session, given) else static_items(frame, given, "the conditions of `np.piecewise`")
    conditions = [_condition(frame, test, x) for test in tests]
    chosen = static_items(frame, functions, "the functions of `np.piecewise`")
    if len(chosen) == len(conditions) + 1:
        conditions.append(_none_of(conditions))
    if len(chosen) != len(conditions):
        raise UnsupportedValue(
            f"{len(chosen)} functions for {len(conditions)} conditions of `np.piecewise`", way_out="one for each"
        )
    result: Atom = session.emit("zeros_like", x)
    for condition, function in zip(conditions, chosen, strict=True):
        value = function
        if not is_scalar(function):
            part = session.emit("getitem", x, condition.atom, index=(At(0),))
            value = _called(frame, function, (wrap(session, part, {}), *more), keywords)
        result = session.store(result, (At(0),), (condition.atom,), atom_of(session, value, "a piece"))
    return wrap(session, result, {})


def _called(frame: Frame, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.calls import call

    return call(frame.session, function, args, keywords, frame)


def _condition(frame: Frame, value: Any, x: Atom) -> Sym:
    test = atom_of(frame.session, value, "a condition of `np.piecewise`")
    if not is_bool(test.type) or len(dims_of(test.type)) != len(dims_of(x.type)):
        raise UnsupportedType(
            "a condition of `np.piecewise` needs a truth value for each element", way_out="x > 0, say"
        )
    return Sym(test, frame.session.builder)


def _none_of(conditions: list[Sym]) -> Sym:
    some = conditions[0]
    for other in conditions[1:]:
        some = apply("logical_or", some, other)
    return apply("logical_not", some)
