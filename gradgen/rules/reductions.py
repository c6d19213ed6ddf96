"""Reductions over all axes or some: sums, means, extremes, variances, norms; and running sums."""

from __future__ import annotations

import math

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import ONE, dims_of, with_dims
from gradgen.rules.symbols import Sym, apply, where
from gradgen.rules.table import caller, constant, linear, reduction


def axes_of(axis, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` names (None, an int or a tuple of them), counted from 0."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    if any(not isinstance(a, int) or not -ndim <= a < ndim for a in given):
        raise UnsupportedValue(f"axis {axis} is out of range for an array of {ndim} dimensions")
    return tuple(sorted(a % ndim for a in given))


def reduced(dtype_of):
    """The type rule of a reduction whose dtype is `dtype_of(dtype of the argument)`."""

    def rule(args, params):
        x = args[0].type
        dims = dims_of(x)
        axes = axes_of(params.get("axis"), len(dims))
        if params.get("keepdims", False):
            left = tuple(ONE if k in axes else d for k, d in enumerate(dims))
        else:
            left = tuple(d for k, d in enumerate(dims) if k not in axes)
        return with_dims(dtype_of(x.dtype), left)

    return rule


def summed(dtype: str) -> str:
    return dtype if dtype.startswith(("float", "complex", "uint64")) else "int64"


def averaged(dtype: str) -> str:
    return dtype if dtype.startswith(("float", "complex")) else "float64"


def count(x: Sym, axis) -> Sym | int:
    """How many elements of x a reduction along `axis` takes together."""
    total: Sym | int | None = None
    for a in axes_of(axis, x.ndim):
        dim = dims_of(x.type)[a].constant
        size = apply("size", x, axis=a) if dim is None else dim
        total = size if total is None else total * size
    return 1 if total is None else total


@reduction("sum", np.sum, type=reduced(summed))
def sum_(y, x, *, axis=None, keepdims=False):
    return 1


@reduction("mean", np.mean, type=reduced(averaged))
def mean(y, x, *, axis=None, keepdims=False):
    return 1 / count(x, axis)


@reduction("prod", np.prod, type=reduced(summed))
def prod(y, x, *, axis=None, keepdims=False):
    """The product of the others: y / x, and where x is 0 the product of the rest if that is the only zero."""
    zero = apply("eq", x, 0)
    rest = where(zero, 1.0, x)
    only = apply("eq", apply("sum", zero, axis=axis, keepdims=True), 1)
    return where(zero, where(only, apply("prod", rest, axis=axis, keepdims=True), 0.0), y / rest)


def _first(x: Sym, axis, arg: str) -> Sym:
    """1 at the first of the extremes along an axis, 0 elsewhere."""
    if axis is None:
        places = apply("arange", 0, apply("count", x), 1)
        if x.ndim > 1:
            places = apply("reshape", places, *(apply("size", x, axis=k) for k in range(x.ndim)))
        return where(apply("eq", places, apply(arg, x, axis=None)), 1, 0)
    axis = axis % x.ndim
    places = apply("arange", 0, apply("size", x, axis=axis), 1)
    if axis < x.ndim - 1:
        places = apply("expand_dims", places, axis=tuple(range(1, x.ndim - axis)))
    at = apply(arg, x, axis=axis)
    if x.ndim > 1:
        at = apply("expand_dims", at, axis=(axis,))
    return where(apply("eq", places, at), 1, 0)


def same_dtype(dtype: str) -> str:
    return dtype


@reduction("max", np.max, type=reduced(same_dtype))
def max_(y, x, *, axis=None, keepdims=False):
    return _first(x, axis, "argmax")


@reduction("min", np.min, type=reduced(same_dtype))
def min_(y, x, *, axis=None, keepdims=False):
    return _first(x, axis, "argmin")


@reduction("var", np.var, type=reduced(averaged))
def var(y, x, *, axis=None, keepdims=False, ddof=0):
    return 2 * (x - apply("mean", x, axis=axis, keepdims=True)) / (count(x, axis) - ddof)


@reduction("std", np.std, type=reduced(averaged))
def std(y, x, *, axis=None, keepdims=False, ddof=0):
    """(x - mean) / (m std), and 0 where all are equal."""
    flat = apply("eq", y, 0)
    scale = (count(x, axis) - ddof) * where(flat, 1.0, y)
    return where(flat, 0, (x - apply("mean", x, axis=axis, keepdims=True)) / scale)


constant("any", np.any, type=reduced(lambda dtype: "bool"))
constant("all", np.all, type=reduced(lambda dtype: "bool"))
constant("argmax", np.argmax, type=reduced(lambda dtype: "int64"))
constant("argmin", np.argmin, type=reduced(lambda dtype: "int64"))
constant("count_nonzero", np.count_nonzero, type=reduced(lambda dtype: "int64"))


def running(args, params):
    x = args[0].type
    if params.get("axis") is None and len(dims_of(x)) > 1:
        raise UnsupportedValue("a running sum of an array of several dimensions needs an axis")
    return with_dims(summed(x.dtype), dims_of(x))


@linear("cumsum", np.cumsum, type=running)
def cumsum(g, x, *, axis=None):
    """Each element reaches all sums from its place on."""
    axis = 0 if axis is None else axis
    return apply("flip", apply("cumsum", apply("flip", g, axis=axis), axis=axis), axis=axis)


@reduction("norm", np.linalg.norm, type=reduced(averaged))
def norm_(y, x, *, axis=None, keepdims=False):
    """x / norm, and 0 at the kink where the norm is 0."""
    zero = apply("eq", y, 0)
    return where(zero, 0, x / where(zero, 1.0, y))


def _normal_axis(axis, x):
    if axis is None or x.ndim == 0:
        return None
    axes = axes_of(tuple(axis) if isinstance(axis, list | tuple) else axis, x.ndim)
    if len(axes) == x.ndim:
        return None
    return axes[0] if len(axes) == 1 else axes


def as_array(x):
    """A reduction's argument: an array, or a list or tuple of numbers and arrays made into one."""
    if isinstance(x, list | tuple) or type(getattr(x, "type", None)).__name__ == "ListOf":
        return apply_array(x)
    return x


def apply_array(x):
    from gradgen.rules.creation import array

    return array(x)


def _reduce(op: str, x, axis, keepdims, **more):
    x = as_array(x)
    if not x.is_array:
        return apply(op, x, axis=None, keepdims=False, **more)
    return apply(op, x, axis=_normal_axis(axis, x), keepdims=bool(keepdims), **more)


def _caller(op: str, *callables, method: str = ""):
    @caller(*callables, method=method)
    def build(x, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
        if dtype is not None or out is not None:
            raise UnsupportedValue(f"`{'dtype' if out is None else 'out'}` of np.{op} is not supported")
        if where is not True:
            neutral = {"sum": 0.0, "prod": 1.0}
            if op not in neutral:
                raise UnsupportedValue(f"`where` of np.{op} is not supported")
            x = apply("where", where, x, neutral[op])
        return _reduce(op, x, axis, keepdims)


_caller("sum", np.sum, method="sum")
_caller("prod", np.prod, method="prod")
_caller("mean", np.mean, method="mean")


def _plain_caller(op: str, *callables, method: str = "", one_axis: bool = False):
    @caller(*callables, method=method)
    def build(x, axis=None, out=None, keepdims=False):
        if out is not None:
            raise UnsupportedValue(f"`out` of np.{op} is not supported")
        x = as_array(x)
        axes = _normal_axis(axis, x) if x.is_array else None
        if one_axis and isinstance(axes, tuple):
            for a in reversed(axes):
                x = apply(op, x, axis=a, keepdims=True)
            return x if keepdims else apply("squeeze", x, axis=axes)
        return apply(op, x, axis=axes, keepdims=bool(keepdims) and x.is_array)


_plain_caller("max", np.max, method="max", one_axis=True)
_plain_caller("min", np.min, method="min", one_axis=True)
_plain_caller("any", np.any, method="any")
_plain_caller("all", np.all, method="all")
_plain_caller("argmax", np.argmax, method="argmax")
_plain_caller("argmin", np.argmin, method="argmin")


@caller(np.count_nonzero)
def count_nonzero(x, axis=None):
    return _reduce("sum", apply("ne", x, 0), axis, False)


def _spread_caller(op: str, *callables, method: str):
    @caller(*callables, method=method)
    def build(x, axis=None, dtype=None, out=None, ddof=0, keepdims=False):
        if dtype is not None or out is not None:
            raise UnsupportedValue(f"`dtype` and `out` of np.{op} are not supported")
        return _reduce(op, x, axis, keepdims, ddof=ddof)


_spread_caller("var", np.var, method="var")
_spread_caller("std", np.std, method="std")


@caller(np.cumsum, method="cumsum")
def cumsum_call(x, axis=None):
    x = as_array(x)
    if axis is None and x.ndim > 1:
        x = apply("ravel", x)
    return apply("cumsum", x, axis=None if x.ndim == 1 else axis % x.ndim)


@caller(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """The 2-norm of vectors and the Frobenius norm of matrices; orders 1, 2, inf and -inf of vectors."""
    axes = _normal_axis(axis, x)
    vectors = x.ndim == 1 or (axis is not None and not isinstance(axis, tuple))
    if ord is None or (ord == 2 and vectors) or (ord == "fro" and not vectors):
        return apply("norm", x, axis=axes, keepdims=bool(keepdims))
    if not vectors:
        raise UnsupportedValue(f"np.linalg.norm of matrices with ord={ord} is not supported")
    size = apply("abs", x)
    if ord == 1:
        return apply("sum", size, axis=axes, keepdims=bool(keepdims))
    if ord in (math.inf, -math.inf):
        return apply("max" if ord > 0 else "min", size, axis=axes, keepdims=bool(keepdims))
    return apply("sum", size**ord, axis=axes, keepdims=bool(keepdims)) ** (1 / ord)
