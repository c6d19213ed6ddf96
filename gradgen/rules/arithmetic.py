"""Arithmetic and comparisons: the operators of the language.

A size that an integer is known to be goes along: n - 1 of the size n of an axis is the size of a slice without its end.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gradgen.ir import (
    INT,
    Array,
    Atom,
    Dim,
    Scalar,
    Type,
    broadcast,
    common_dtype,
    constant_dim,
    dims_of,
    is_complex,
    is_float,
    operator_dtype,
    with_dims,
)
from gradgen.rules.build import constant_atom
from gradgen.rules.symbols import Sym, apply, neg, where
from gradgen.rules.table import boolean, common, constant, elementwise, floating


def numbers(args: tuple[Atom, ...], params) -> Scalar | Array:
    """As `common`, but Python's truth values count as 0 and 1: True + True is 2."""
    type = operated(args, params)
    return INT if isinstance(type, Scalar) and type.weak and type.dtype == "bool" else type


def operated(args: tuple[Atom, ...], params) -> Scalar | Array:
    """As `common`, for what the operators of Python do with its numbers."""
    types = [arg.type for arg in args]
    dtype, weak = operator_dtype(*types) if len(types) == 2 else common_dtype(types)
    return with_dims(dtype, broadcast(map(dims_of, types)), weak)


def quotient(args: tuple[Atom, ...], params) -> Type:
    """As `floating`, for Python's operator."""
    type = operated(args, params)
    return type if is_float(type) else floating(args, params)


def extent_of(atom: Atom) -> Dim | None:
    return getattr(atom.type, "extent", None)


def summed(args: tuple[Atom, ...], params) -> Scalar | Array:
    """The sum of a size and a known number is a size."""
    type = numbers(args, params)
    a, b = map(extent_of, args)
    if isinstance(type, Scalar) and type.dtype == "int64" and a is not None and b is not None:
        if b.constant is not None:
            return replace(type, extent=_moved(a, b.constant))
        if a.constant is not None:
            return replace(type, extent=_moved(b, a.constant))
    return type


def _moved(size: Dim, by: int) -> Dim | None:
    """A number and so many more; unknown where the number may be 0, as the size of a slice, or less than that."""
    return None if by > 0 and size.cut else size.shifted(by)


def subtracted(args: tuple[Atom, ...], params) -> Scalar | Array:
    type = numbers(args, params)
    a, b = map(extent_of, args)
    if isinstance(type, Scalar) and type.dtype == "int64" and a is not None and b is not None:
        if b.constant is not None:
            return replace(type, extent=_moved(a, -b.constant))
        if a.symbol == b.symbol and (a == b or not (a.cut or b.cut)):
            return replace(type, extent=constant_dim(a.offset - b.offset))
    return type


def multiplied(args: tuple[Atom, ...], params) -> Scalar | Array:
    type = numbers(args, params)
    a, b = map(extent_of, args)
    x, y = (None if dim is None else dim.constant for dim in (a, b))
    if x is not None and y is not None and isinstance(type, Scalar) and type.dtype == "int64":
        return replace(type, extent=constant_dim(x * y))
    return type


@elementwise("add", np.add, type=summed, cost=1)
def add(y, a, b):
    return 1, 1


@elementwise("sub", np.subtract, type=subtracted, cost=1)
def sub(y, a, b):
    return 1, -1


@elementwise("mul", np.multiply, type=multiplied, cost=1)
def mul(y, a, b):
    return b, a


@elementwise("div", np.divide, type=quotient, cost=1)
def div(y, a, b):
    """g / b is had once for both: what b gets is -y (g / b). And b**2 may be 0, or infinite, where b is not."""
    return 1 / b, -a / b**2 if a.value is not None else -(y / b)


@elementwise("neg", np.negative, type=numbers, cost=1)
def negative(y, a):
    return -1


@elementwise("pos", np.positive, type=numbers, cost=1)
def pos(y, a):
    return 1


@elementwise("floordiv", np.floor_divide, type=numbers, cost=1)
def floordiv(y, a, b):
    return 0, 0


@elementwise("mod", np.mod, type=numbers, cost=1)
def mod(y, a, b):
    """a - b (a // b), whose last factor does not vary."""
    return 1, neg(apply("floordiv", a, b))


def raised(args: tuple[Atom, ...], params) -> Scalar | Array:
    """A Python int raised to a negative constant is a float, as in `2 ** -1`; bool arrays give int8."""
    type = numbers(args, params)
    if type.dtype == "bool":
        return with_dims("int8", dims_of(type))
    exponent = getattr(args[1], "value", 0)
    if isinstance(type, Scalar) and type.weak and type.dtype == "int64" and exponent < 0:
        return Scalar("float64", weak=True)
    return type


@elementwise("pow", np.power, type=raised, cost=10)
def power(y, a, b):
    """d/da is b a^(b-1), and 0 for b = 0 also where a is 0; d/db is y log a, and 0 where a is 0."""
    if b.value is not None:
        return power_of_known(a, b.value), None
    by_base = where(b.equals(0), 0, b * a ** (b - 1))
    if is_complex(y.type) and not is_complex(a.type):
        a = apply("cast", a, dtype=y.dtype, weak=getattr(a.type, "weak", False))  # of a negative base too
    if isinstance(y.type, Scalar) and is_complex(y.type):
        return by_base, where(a.equals(0), 0, y * apply("log", a))
    if isinstance(a.type, Scalar) and a.type.weak and not is_complex(a.type):
        # math.log raises for negative numbers; the powers of these have no derivative.
        nan = Sym(constant_atom(math.nan, "math.nan"), y.builder)
        if y.is_array:
            return by_base, y * where(a > 0, apply("log", a), where(a < 0, nan, 0))
        return by_base, where(a > 0, y * apply("log", a), where(a < 0, nan, 0))
    # np.where computes both sides: the logarithm of 0 would warn where it is not used.
    base = where(a.equals(0), 1.0, a) if y.is_array else a
    return by_base, where(a.equals(0), 0, y * apply("log", base))


def power_of_known(a: Sym, exponent: float):
    if exponent == 0:
        return 0
    return exponent if exponent == 1 else exponent * a ** (exponent - 1)


@elementwise("float_power", np.float_power, type=floating, cost=10)
def float_power(y, a, b):
    return power(y, a, b)


for _op, _function in {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor,
    "logical_not": np.logical_not,
}.items():  # fmt: skip
    constant(_op, _function, type=boolean)

for _op, _function in {
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "left_shift": np.left_shift, "right_shift": np.right_shift,
}.items():  # fmt: skip
    constant(_op, _function, type=common if _op.startswith("bitwise") else numbers)
constant("invert", np.invert, type=common)
