"""Whether a value is still the one that a text was written for."""

from __future__ import annotations

import math
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


class FunctionCheck:
    """The question whether a value is a function with the code, the globals and the defaults that `function` has now.

    `closure`: and with its cells. Without it the cells' contents are guarded one by one.

    >>> check = FunctionCheck(same, closure=False)
    >>> check(same), check(math.exp)
    (True, False)
    """

    __slots__ = ("cells", "code", "defaults", "function", "key", "kwdefaults")

    def __init__(self, function: FunctionType, closure: bool):
        self.function = function
        self.code, self.defaults, self.kwdefaults = function.__code__, function.__defaults__, function.__kwdefaults__
        self.key = function_key(function)
        self.cells = (function.__closure__,) if closure else ()

    def __call__(self, value: Any) -> bool:
        if not isinstance(value, FunctionType) or value.__code__ is not self.code:
            return False
        return function_key(value) == self.key and all(value.__closure__ is cells for cells in self.cells)
