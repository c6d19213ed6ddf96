"""New arrays: constant ones, ranges, copies, and arrays of numbers."""

from __future__ import annotations

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import Array, Const, Dim, ListOf, dims_of
from gradgen.rules.build import dim_of
from gradgen.rules.shape import args_dtype, sizes
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import caller, common, constant, linear


def dtype_name(dtype, default: str = "float64") -> str:
    if dtype is None:
        return default
    if not isinstance(dtype, Sym) and (isinstance(dtype, str | np.dtype | type)):
        return np.dtype(dtype).name
    raise UnsupportedValue("the dtype must be known when the gradient is written")


def sized(args, params):
    return Array(params.get("dtype", "float64"), tuple(dim_of(a) for a in args))


constant("zeros", np.zeros, type=sized)
constant("ones", np.ones, type=sized)
constant("empty", np.empty, type=sized)


def filled(args, params):
    return Array(params["dtype"], tuple(dim_of(a) for a in args[:-1]))


@linear("full", np.full, type=filled)
def full(g, *args, dtype):
    return (None,) * (len(args) - 1) + (apply("sum", g, axis=None, keepdims=False),)


def alike(args, params):
    type = args[0].type
    if isinstance(type, Array) and params.get("dtype"):
        return Array(params["dtype"], type.dims)
    return type


constant("zeros_like", np.zeros_like, type=alike)
constant("ones_like", np.ones_like, type=alike)
constant("empty_like", np.empty_like, type=alike)


@linear("full_like", np.full_like, type=alike)
def full_like(g, x, value, *, dtype=None):
    return None, apply("sum", g, axis=None, keepdims=False)


def ranged(args, params):
    start, stop, step = args
    dtype = params.get("dtype") or common(args_dtype(args), params).dtype
    if isinstance(start, Const) and isinstance(step, Const) and step.value == 1:
        if isinstance(stop, Const):
            return Array(dtype, (Dim(None, max(0, int(np.ceil(stop.value - start.value)))),))
        if isinstance(start.value, int) and dtype == "int64":
            return Array(dtype, (dim_of(stop).shifted(-start.value),))
    return Array(dtype, (Dim("arange(" + ",".join(map(str, args)) + ")"),))


constant("arange", np.arange, type=ranged)


def spaced(args, params):
    return Array("float64", (dim_of(args[2]),))


@linear("linspace", np.linspace, type=spaced)
def linspace(g, start, stop, number, *, endpoint=True):
    """Element k is start + k (stop - start) / (number - 1)."""
    along = apply("linspace", 0.0, 1.0, number, endpoint=endpoint)
    return apply("sum", (1 - along) * g, axis=None, keepdims=False), apply("sum", along * g, axis=None, keepdims=False), None


def eye_type(args, params):
    return Array(params.get("dtype", "float64"), tuple(dim_of(a) for a in args))


constant("eye", np.eye, type=eye_type)


def array_type(args, params):
    dtype = common(args_dtype(args), params).dtype
    return Array(dtype, tuple(Dim(None, n) for n in params["shape"]))


@linear("array", np.array, type=array_type)
def array_of(g, *items, shape):
    """A display of numbers, in row-major order."""
    return tuple(apply("getitem", g, index=tuple(int(k) for k in place)) for place in np.ndindex(*shape))


# How these are called

def _zeros_caller(op: str, function):
    @caller(function)
    def build(shape, dtype=None, order="C"):
        return apply(op, *sizes(shape), dtype=dtype_name(dtype))


_zeros_caller("zeros", np.zeros)
_zeros_caller("ones", np.ones)
_zeros_caller("empty", np.empty)


def _like_caller(op: str, function):
    @caller(function)
    def build(x, dtype=None, order="K"):
        if not x.is_array:
            return apply(op.removesuffix("_like"), dtype=dtype_name(dtype, x.type.dtype))
        if dtype is None:
            return apply(op, x)
        return apply(op, x, dtype=dtype_name(dtype))


_like_caller("zeros_like", np.zeros_like)
_like_caller("ones_like", np.ones_like)
_like_caller("empty_like", np.empty_like)


def _scalar_dtype(value) -> str:
    if isinstance(value, Sym):
        return value.type.dtype
    return np.asarray(value).dtype.name


@caller(np.full)
def full_call(shape, fill_value, dtype=None):
    return apply("full", *sizes(shape), fill_value, dtype=dtype_name(dtype, _scalar_dtype(fill_value)))


@caller(np.full_like)
def full_like_call(x, fill_value, dtype=None):
    return apply("full_like", x, fill_value) if dtype is None else apply("full_like", x, fill_value, dtype=dtype_name(dtype))


@caller(np.arange)
def arange_call(start, stop=None, step=1, dtype=None):
    start, stop = (0, start) if stop is None else (start, stop)
    more = {} if dtype is None else {"dtype": dtype_name(dtype)}
    return apply("arange", start, stop, step, **more)


@caller(np.linspace)
def linspace_call(start, stop, num=50, endpoint=True):
    return apply("linspace", start, stop, num, endpoint=endpoint)


@caller(np.eye)
def eye_call(N, M=None, dtype=None):
    return apply("eye", N, N if M is None else M, dtype=dtype_name(dtype))


@caller(np.identity)
def identity_call(n, dtype=None):
    return apply("eye", n, n, dtype=dtype_name(dtype))


def _flat(items) -> tuple[list, tuple[int, ...]]:
    if not isinstance(items, list | tuple):
        return [items], ()
    parts = [_flat(item) for item in items]
    shapes = {shape for _, shape in parts}
    if len(shapes) > 1:
        raise UnsupportedValue("rows of different lengths do not make an array")
    return [x for flat, _ in parts for x in flat], (len(items), *(shapes.pop() if shapes else ()))


@caller(np.array, np.asarray, np.ascontiguousarray)
def array(x, dtype=None):
    """An array of numbers, of rows, of a list; or a copy."""
    made = _array(x)
    if dtype is not None and made.type.dtype != dtype_name(dtype):
        return apply("cast", made, dtype=dtype_name(dtype), weak=False)
    return made


def _array(x) -> Sym:
    if isinstance(x, Sym):
        if isinstance(x.type, ListOf):
            return apply("asarray", x)
        if isinstance(x.type, Array):
            return apply("copy", x)
        return apply("array", x, shape=())
    flat, shape = _flat(x)
    if any(isinstance(v, Sym) and v.is_array and dims_of(v.type) for v in flat):
        if len(shape) > 1:
            return apply("stack", *(_array(row) for row in x), axis=0)
        return apply("stack", *flat, axis=0)
    if not flat:
        return apply("zeros", 0, dtype="float64")
    return apply("array", *flat, shape=shape)

