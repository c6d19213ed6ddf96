"""Arithmetic and comparisons: the operators of the language."""

from __future__ import annotations

import numpy as np

from gradgen.ir import Scalar
from gradgen.rules.symbols import apply, where
from gradgen.rules.table import boolean, common, constant, elementwise, floating


@elementwise("add", np.add, type=common, cost=1)
def add(y, a, b):
    return 1, 1


@elementwise("sub", np.subtract, type=common, cost=1)
def sub(y, a, b):
    return 1, -1


@elementwise("mul", np.multiply, type=common, cost=1)
def mul(y, a, b):
    return b, a


@elementwise("div", np.divide, type=floating, cost=1)
def div(y, a, b):
    return 1 / b, -a / b**2


@elementwise("neg", np.negative, type=common, cost=1)
def neg(y, a):
    return -1


@elementwise("pos", np.positive, type=common, cost=1)
def pos(y, a):
    return 1


@elementwise("floordiv", np.floor_divide, type=common, cost=1)
def floordiv(y, a, b):
    return 0, 0


@elementwise("mod", np.mod, type=common, cost=1)
def mod(y, a, b):
    return 1, -apply("floordiv", a, b)


def power_type(args, params):
    """A Python int raised to a negative constant is a float, as in `2 ** -1`."""
    type = common(args, params)
    exponent = getattr(args[1], "value", 0)
    if isinstance(type, Scalar) and type.weak and type.dtype == "int64" and exponent < 0:
        return Scalar("float64", weak=True)
    return type


@elementwise("pow", np.power, type=power_type, cost=10)
def pow(y, a, b):
    """d/da b a^(b-1), which is 0 where b is 0; d/db y log a, which is 0 where a is 0."""
    if b.value is not None:
        return (0 if b.value == 0 else b * a ** (b - 1)), None
    by_base = where(b.equals(0), 0, b * a ** (b - 1))
    positive = where(a.equals(0), 1.0, a)
    return by_base, where(a.equals(0), 0, y * apply("log", positive))


for _op, _function in {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_not": np.logical_not,
}.items():  # fmt: skip
    constant(_op, _function, type=boolean)
