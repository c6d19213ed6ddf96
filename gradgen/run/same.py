"""Whether a value is still the one that a text was written for."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

from gradgen.infer.signature import function_key, key
from gradgen.ir.interface import Static


def same(a: Any, b: Any) -> bool:
    """Equal and of one type, at every depth; -0.0 is not 0.0, and NaN is NaN.

    >>> same((1, "a"), (1, "a")), same(1, True), same(0.0, -0.0), same(math.nan, math.nan)
    (True, False, False, True)
    """
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return same(tuple(a), tuple(b)) and same(tuple(a.values()), tuple(b.values()))
    if isinstance(a, int | complex | frozenset | set):
        return bool(a == b)
    return a is b or (len(kept := key(Static(a))) > 2 and kept == key(Static(b)))  # type: ignore[arg-type]


def function_check(function: Any, closure: bool) -> Callable[[Any], bool]:
    """The question whether a value is a function with the code, the globals and the defaults that `function` has now.

    `closure`: and with its cells. Without it the cells' contents are guarded one by one.
    """
    if not isinstance(function, FunctionType):
        return lambda value: value is function
    code, kept, cells = function.__code__, function_key(function), function.__closure__

    def check(value: Any) -> bool:
        if not isinstance(value, FunctionType) or value.__code__ is not code:
            return False
        return function_key(value) == kept and (not closure or value.__closure__ is cells)

    return check
