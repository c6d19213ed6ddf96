"""`out=`: the array that a function of NumPy is told to put its result into.

The result is computed as without `out`, and is the new contents of that array, cast to its dtype.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.stage.arrays import describe, is_array, type_of
from gradgen.stage.flat import apply
from gradgen.stage.session import Frame
from gradgen.stage.updates import check_cast
from gradgen.stage.values import NONE, Group, Known, Ref
from gradgen.stage.writers import store_all, where_told

signature_of = cache(inspect.signature)


def with_out(frame: Frame, function: Any, args: tuple[Any, ...], keywords: dict[str, Any], shown: str) -> Any:
    """The value of a call that names an array for its result; None where it does not."""
    if not keywords.keys() & {"out", "where"} and len(args) < 2:
        return None
    try:
        bound = signature_of(function).bind(*args, **keywords)
    except (TypeError, ValueError):  # no signature, or a call that the rule refuses by its own words
        return None
    if not bound.arguments.keys() & ({"out", "where"} if isinstance(function, np.ufunc) else {"out"}):
        return None
    out = bound.arguments.pop("out", NONE)
    where = bound.arguments.pop("where", True) if isinstance(function, np.ufunc) else True
    if isinstance(out, Group) and len(out.items) == 1:
        out = out.items[0]
    if isinstance(out, Known) and out.value is None:
        if where is not True:
            raise UnsupportedSyntax(
                f"`where` of `{shown}` without `out`, which leaves what is not selected undefined",
                way_out="`np.where(test, ..., 0.0)`",
            )
        return apply(frame, function, *bound.args, **bound.kwargs)
    if not is_array(frame.session, out):
        raise UnsupportedType(f"`out` of `{shown}` is {describe(frame.session, out)}, not an array")
    frame.session.writable(out)
    result = where_told(frame, where, apply(frame, function, *bound.args, **bound.kwargs), out)
    _put(frame, out, result, shown)
    return out


def _put(frame: Frame, out: Ref, result: Any, shown: str) -> None:
    session = frame.session
    kept, given = type_of(session, out), type_of(session, result)
    if given is None:
        raise UnsupportedType(f"`out` of `{shown}`, which gives {describe(session, result)}")
    check_cast(kept, given, shown)
    store_all(frame, out, result)
