"""Names, casts, choices, and logic of single truth values; and `math`'s functions of integers."""

from __future__ import annotations

import builtins
import math

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import BOOL, INT, ListOf, Scalar, broadcast, common_dtype, dims_of, with_dims
from gradgen.rules.elementwise import is_floating, is_weak
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.symbols import where as choose
from gradgen.rules.table import caller, check_kept, constant, elementwise, same


@elementwise("identity", type=same, cost=1)
def identity(y, x):
    return 1


@elementwise("copy", type=same, cost=1)
def copy(y, x):
    return 1


def cast_type(args, params):
    x, dtype = args[0].type, params["dtype"]
    check_kept(x, dtype)
    made = with_dims(dtype, dims_of(x), params.get("weak", False))
    if isinstance(made, Scalar) and isinstance(x, Scalar) and x.dtype == dtype and made.weak:
        return Scalar(dtype, True, x.extent)
    return made


@elementwise("cast", type=cast_type, cost=1)
def cast(y, x, *, dtype, weak=False):
    return 1


def where_type(args, params):
    dtype, weak = common_dtype([value.type for value in args[1:]])
    return with_dims(dtype, broadcast(dims_of(a.type) for a in args), weak)


@elementwise("where", type=where_type, cost=1)
def where(y, condition, a, b):
    return None, choose(condition, 1, 0), choose(condition, 0, 1)


def truth(args, params):
    return BOOL


constant("not", type=truth)
constant("and", type=truth)
constant("or", type=truth)


# Conversions


def converted(x, dtype: str, weak: bool):
    if isinstance(x, Sym) and isinstance(x.type, ListOf):
        raise UnsupportedType("a list cannot become a number")
    if weak and isinstance(x, Sym) and x.is_array:
        if not all(dim.is_one for dim in dims_of(x.type)):
            raise UnsupportedType("only an array of one element can become a number", way_out="reduce it, or index it")
        x = apply("getitem", x, index=(0,) * x.ndim)
    return apply("cast", x, dtype=dtype, weak=weak)


def _number(function, dtype: str):
    def build(x=0):
        # Of text that spells a number the value is known.
        return function(x) if isinstance(x, str) else converted(x, dtype, weak=True)

    caller(function)(build)


_number(float, "float64")
_number(int, "int64")
_number(bool, "bool")


def _numpy_type(kind: type):
    def build(x=0):
        from gradgen.rules.creation import as_array

        return converted(as_array(x), np.dtype(kind).name, weak=False)

    caller(kind, spelling=f"np.{kind.__name__}")(build)


for _kind in (
    np.float64,
    np.float32,
    np.float16,
    np.int64,
    np.int32,
    np.int16,
    np.int8,
    np.uint8,
    np.bool_,
    np.complex128,
    np.complex64,
):
    _numpy_type(_kind)


@caller(method="item")
def item(x, *place):
    """The one number that an array holds, or that at a place, as a Python number."""
    if x.is_array:
        if not place and not all(dim.is_one for dim in dims_of(x.type)):
            raise UnsupportedType("`.item()` needs an array of one element", way_out="index it")
        if len(place) == 1 and isinstance(place[0], tuple):
            place = place[0]
        elif len(place) == 1 and x.ndim > 1:
            x = apply("ravel", x)
        if place and len(place) != x.ndim:
            raise UnsupportedValue("`.item` needs no argument, one place, or an index for each axis")
        x = apply("getitem", x, *[k for k in place if isinstance(k, Sym)], index=_place(place) or (0,) * x.ndim)
    dtype = {"b": "bool", "i": "int64", "u": "int64", "c": "complex128"}.get(np.dtype(x.dtype).kind, "float64")
    return apply("cast", x, dtype=dtype, weak=True)


def _place(place) -> tuple:
    from gradgen.ir import At

    operands = iter(range(len(place)))
    return tuple(At(next(operands)) if isinstance(k, Sym) else k for k in place)


# The functions of `math` that give whole numbers or truth values


def integral(args, params):
    return INT


for _function in (math.gcd, math.lcm, math.comb, math.perm, math.factorial, math.isqrt):
    constant(_function.__name__, _function, type=integral)


@caller(math.isclose)
def isclose(a, b, *, rel_tol=1e-9, abs_tol=0.0):
    """|a - b| <= max(rel_tol max(|a|, |b|), abs_tol)."""
    larger = apply("maximum", apply("abs", a), apply("abs", b))
    return apply("le", apply("abs", a - b), apply("maximum", rel_tol * larger, abs_tol))


# Functions that take sequences of numbers


def numbers_of(items):
    """The numbers of a list or tuple; None where the length is known at run time only."""
    return list(items) if isinstance(items, list | tuple) else None


def _nested(op: str, items):
    result = items[0]
    for other in items[1:]:
        result = apply(op, result, other)
    return result


def _extreme(op: str, reduce: str):
    def build(*args, key=None, default=None):
        from gradgen.rules.creation import as_array

        if key is not None:
            raise UnsupportedValue(f"`{reduce}` with a key", way_out="compare in a loop")
        items = numbers_of(args[0]) if len(args) == 1 else list(args)
        if items is None:
            array = as_array(args[0])
            if array.ndim != 1:
                raise UnsupportedType(f"`{reduce}` of an array of {array.ndim} dimensions", way_out=f"np.{reduce}")
            return apply(reduce, array, axis=None, keepdims=False)
        if not items:
            if default is None:
                raise UnsupportedValue(f"`{reduce}` of nothing")
            return default
        if any(isinstance(one, Sym) and one.is_array for one in items):
            raise UnsupportedType(f"`{reduce}` compares numbers, not arrays", way_out=f"np.{op}")
        return _nested(op, items)

    return build


caller(builtins.max)(_extreme("maximum", "max"))
caller(builtins.min)(_extreme("minimum", "min"))


@caller(builtins.sum)
def sum_(items, start=0):
    """Of an array the sum of its rows."""
    from gradgen.rules.creation import as_array

    values = numbers_of(items)
    if values is None:
        array = as_array(items)
        if array.ndim == 1:
            total = apply("sum", array, axis=None, keepdims=False)
        else:
            total = apply("sum", array, axis=0, keepdims=False, spelling="np.sum")
        return total if start == 0 and not isinstance(start, Sym) else apply("add", start, total)
    if not (isinstance(start, int) and start == 0):
        values.insert(0, start)
    return _nested("add", values) if values else start


@caller(builtins.pow)
def pow_(base, exp, mod=None):
    if mod is not None:
        raise UnsupportedValue("`pow` with a modulus")
    return apply("pow", base, exp)


@caller(math.pow)
def math_pow(x, y):
    """Unlike **, of integers it gives a float."""
    return apply(
        "pow", x if is_floating(x) or is_floating(y) else apply("cast", x, dtype="float64", weak=is_weak(x)), y
    )


@caller(math.log)
def log(x, base=None):
    return apply("log", x) if base is None else apply("div", apply("log", x), apply("log", base))


def exact_sum(args, params):
    return Scalar("float64", weak=True)


@elementwise("fsum", type=exact_sum, cost=5)
def fsum(y, *items):
    return (1,) * len(items)


@caller(math.fsum)
def fsum_call(items):
    from gradgen.rules.creation import as_array

    values = numbers_of(items)
    if values is None:
        return apply("cast", apply("sum", as_array(items), axis=None, keepdims=False), dtype="float64", weak=True)
    return apply("fsum", *values)


@caller(math.prod)
def prod(items, *, start=1):
    from gradgen.rules.creation import as_array

    values = numbers_of(items)
    if values is None:
        total = apply("prod", as_array(items), axis=None, keepdims=False)
        return total if start == 1 and not isinstance(start, Sym) else apply("mul", start, total)
    if not (isinstance(start, int) and start == 1):
        values.insert(0, start)
    return _nested("mul", values) if values else start


@caller(math.dist)
def dist(p, q):
    """The length of the difference of two points."""
    a, b = numbers_of(p), numbers_of(q)
    if a is None or b is None:
        return apply("norm", p - q, axis=None, keepdims=False)
    if len(a) != len(b):
        raise UnsupportedValue("both points must have the same number of dimensions")
    return apply("hypot", *(apply("sub", x, y) for x, y in zip(a, b, strict=True)))
