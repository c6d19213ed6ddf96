"""New arrays: constant ones, ranges, and arrays made of numbers and lists."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import Array, Atom, Const, Dim, ListOf, Scalar, Type, common_dtype, constant_dim, dtype_of
from gradgen.rules.build import dim_of
from gradgen.rules.symbols import Sym, apply, static, sub
from gradgen.rules.table import caller, check_kept, constant, general, linear


def dtype_name(dtype: Any, default: str = "float64") -> str:
    """The name of a dtype given as NumPy takes it; `default` for None."""
    if dtype is None:
        return default
    if isinstance(dtype, Sym):
        raise UnsupportedValue("the dtype must be known when the gradient is written")
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise UnsupportedType(f"{dtype!r} is no dtype") from error
    if found.kind not in "biufc":
        raise UnsupportedType(f"arrays of dtype {found}", way_out="numbers or booleans")
    return found.name


def combined_dtype(args: tuple[Atom, ...]) -> str:
    return common_dtype([arg.type for arg in args])[0] if args else "float64"


def sized(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array(params.get("dtype") or "float64", tuple(map(dim_of, args)))


constant("zeros", np.zeros, type=sized)
constant("ones", np.ones, type=sized)
constant("empty", np.empty, type=sized)


def filled(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    check_kept(args[-1].type, params["dtype"])
    return Array(params["dtype"], tuple(map(dim_of, args[:-1])))


@linear("full", np.full, type=filled)
def full(g, *args, dtype):
    """The value may be an array that broadcasts to the shape: what it was repeated along is summed."""
    return (*(None for _ in args[:-1]), g)


def alike(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x, dtype = args[0].type, params.get("dtype")
    if len(args) > 1:
        check_kept(args[1].type, dtype or dtype_of(x))
    if isinstance(x, Array):
        return Array(dtype or x.dtype, x.dims)
    return Scalar(dtype or x.dtype, x.weak and not dtype) if isinstance(x, Scalar) else x


constant("zeros_like", np.zeros_like, type=alike)
constant("ones_like", np.ones_like, type=alike)
constant("empty_like", np.empty_like, type=alike)


@linear("full_like", np.full_like, type=alike)
def full_like(g, x, value, *, dtype=None):
    return None, g


def ranged(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    stop = args[1]
    dtype = params.get("dtype") or combined_dtype(args)
    dtype = "int64" if dtype == "bool" else dtype
    known = [arg.value if isinstance(arg, Const) else None for arg in args]
    match known:
        case [int() | float() as first, int() | float() as last, int() | float() as by]:
            return Array(dtype, (constant_dim(max(0, math.ceil((last - first) / by))),))
    if known[0] == 0 and known[2] == 1 and dtype_of(stop.type).startswith("int"):
        return Array(dtype, (dim_of(stop),))
    return Array(dtype, (Dim(f"arange({','.join(map(str, args))})"),))


def _arange_tangent(y, args, tangents, *, dtype=None):
    """The number of elements stays: it varies in steps only."""
    start, _, step = tangents
    along = None if step is None else apply("arange", 0, apply("size", y, axis=0), 1) * step
    return start + along if start is not None and along is not None else along if start is None else start


@general("arange", np.arange, type=ranged, tangent=_arange_tangent, cost=1)
def arange(g, y, start, stop, step, *, dtype=None):
    """Element k is start + k step; where it ends does not move an element."""
    return g, None, apply("arange", 0, apply("size", y, axis=0), 1) * g


def spaced(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dtype = np.result_type(*(np.dtype(dtype_of(arg.type)) for arg in args[:2]), 1.0)
    return Array(params.get("dtype") or dtype.name, (dim_of(args[2]),))


@linear("linspace", np.linspace, type=spaced)
def linspace(g, start, stop, number, *, endpoint=True):
    """Element k is start + t (stop - start), where t goes from 0 to 1 in equal steps."""
    along = apply("linspace", 0.0, 1.0, number, endpoint=endpoint)
    return (1 - along) * g, along * g, None


def eye_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array(params.get("dtype") or "float64", tuple(map(dim_of, args)))


constant("eye", np.eye, type=eye_type)
constant("tri", np.tri, type=lambda args, params: eye_type(args[:2], params))


def array_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array(combined_dtype(args), tuple(map(constant_dim, params["shape"])))


@linear("array", np.array, type=array_type, joins=True)
def array(g, *items, shape):
    """A display of numbers, in row-major order."""
    return tuple(apply("getitem", g, index=tuple(int(k) for k in place)) for place in np.ndindex(*shape))


# How these are called


def shape_sizes(shape: Any) -> list[Any]:
    """The sizes that a shape names: a whole number, or several."""
    sizes = list(shape) if isinstance(shape, list | tuple) else [shape]
    for size in sizes:
        whole = isinstance(size, int) or (isinstance(size, Sym) and _is_whole(size.type))
        if not whole:
            raise UnsupportedType("a shape is a whole number or a tuple of them", way_out="int(...)")
    return sizes


def _is_whole(type: Type) -> bool:
    return isinstance(type, Scalar) and type.dtype.startswith(("int", "uint"))


def _in_memory(order: Any) -> None:
    """How elements lie in memory changes no value; that it is an order at all is checked."""
    if order not in (None, "C", "F", "A", "K"):
        raise UnsupportedValue(f"order={order!r}", way_out='"C" or "F"')


@caller(np.copy, method="copy")
def copy_call(a, order="K"):
    _in_memory(order)
    return apply("copy", a)


def _constant(op: str, function: Any):
    @caller(function)
    def build(shape, dtype=None, order="C"):
        _in_memory(order)
        made = shape_sizes(shape)
        if not made:
            return apply("cast", {"ones": 1}.get(op, 0), dtype=dtype_name(dtype), weak=False)
        return apply(op, *made, dtype=dtype_name(dtype))


_constant("zeros", np.zeros)
_constant("ones", np.ones)
_constant("empty", np.empty)


@caller(np.ndarray, spelling="np.ndarray")
def ndarray(shape, dtype=None, order=None):
    """Memory to be filled, as of np.empty."""
    _in_memory(order)
    return apply("empty", *shape_sizes(shape), dtype=dtype_name(dtype))


def _alike(op: str, function: Any):
    @caller(function)
    def build(a, dtype=None, order="K", subok=True, shape=None):
        _in_memory(order)
        x = as_array(a)
        name = None if dtype is None else dtype_name(dtype)
        if shape is not None:
            return apply(op.removesuffix("_like"), *shape_sizes(shape), dtype=name or x.dtype)
        if not isinstance(x, Sym) or not x.is_array:
            kind = name or (x.dtype if isinstance(x, Sym) else np.asarray(x).dtype.name)
            return apply("cast", {"ones_like": 1}.get(op, 0), dtype=kind, weak=False)
        return apply(op, x) if name is None else apply(op, x, dtype=name)


_alike("zeros_like", np.zeros_like)
_alike("ones_like", np.ones_like)
_alike("empty_like", np.empty_like)


def _dtype_of(value: Any) -> str:
    return value.dtype if isinstance(value, Sym) else np.asarray(value).dtype.name


@caller(np.full)
def full_call(shape, fill_value, dtype=None, order="C"):
    _in_memory(order)
    value = as_array(fill_value)
    made = shape_sizes(shape)
    if not made:
        return apply("cast", value, dtype=dtype_name(dtype, _dtype_of(value)), weak=False)
    return apply("full", *made, value, dtype=dtype_name(dtype, _dtype_of(value)))


@caller(np.full_like)
def full_like_call(a, fill_value, dtype=None, order="K", subok=True, shape=None):
    _in_memory(order)
    x, value = as_array(a), as_array(fill_value)
    name = dtype_name(dtype, _dtype_of(x))
    if shape is not None:
        return apply("full", *shape_sizes(shape), value, dtype=name)
    if not isinstance(x, Sym) or not x.is_array:
        return apply("cast", value, dtype=name, weak=False)
    return apply("full_like", x, value) if dtype is None else apply("full_like", x, value, dtype=name)


@caller(np.arange)
def arange_call(start, stop=None, step=1, dtype=None):
    start, stop = (0, start) if stop is None else (start, stop)
    return apply("arange", start, stop, step, **({} if dtype is None else {"dtype": dtype_name(dtype)}))


@caller(np.linspace)
def linspace_call(start, stop, num=50, endpoint=True, retstep=False, dtype=None):
    if retstep:
        raise UnsupportedValue("`retstep` of np.linspace", way_out="(stop - start) / (num - 1)")
    if any(isinstance(x, Sym) and x.is_array for x in (start, stop)):
        raise UnsupportedType("np.linspace between arrays", way_out="start + t * (stop - start)")
    made = apply("linspace", start, stop, num, endpoint=bool(endpoint))
    return made if dtype is None else apply("cast", made, dtype=dtype_name(dtype), weak=False)


@caller(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None):
    made = apply("pow", base, linspace_call(start, stop, num, endpoint))
    return made if dtype is None else apply("cast", made, dtype=dtype_name(dtype), weak=False)


@caller(np.tri)
def tri_call(N, M=None, k=0, dtype=float):
    return apply(
        "tri", N, N if M is None else M, *([] if isinstance(k, int) and k == 0 else [k]), dtype=dtype_name(dtype)
    )


@caller(np.vander)
def vander(x, N=None, increasing=False):
    """The powers of x, the highest first."""
    from gradgen.rules.shape import shape_of

    x = as_array(x)
    number = shape_of(x)[0] if N is None else N
    powers = apply("arange", 0, number, 1) if increasing else apply("arange", sub(number, 1), -1, -1)
    return apply("pow", apply("expand_dims", x, axis=(1,)), powers)


@caller(np.eye)
def eye_call(N, M=None, k=0, dtype=None, order="C"):
    _in_memory(order)
    more = {} if k == 0 else {"k": k}
    return apply("eye", N, N if M is None else M, dtype=dtype_name(dtype), **more)


@caller(np.identity)
def identity_call(n, dtype=None):
    return apply("eye", n, n, dtype=dtype_name(dtype))


def as_array(x: Any) -> Any:
    """A list or tuple as an array; arrays and numbers as they are.

    What is nested must be regular: numbers at one depth, or arrays of one shape.
    """
    if isinstance(x, Sym):
        return apply("asarray", x) if isinstance(x.type, ListOf) else x
    return assembled(x) if isinstance(x, list | tuple) else x


def assembled(items: list | tuple) -> Sym:
    flat, shape = _flat(items)
    flat = [as_array(one) for one in flat]
    if any(isinstance(one, Sym) and one.is_array for one in flat):
        return _stacked(items) if len(shape) > 1 else apply("stack", *flat, axis=0)
    if not flat:
        return apply("zeros", *shape, dtype="float64")
    return apply("array", *flat, shape=shape)


def _stacked(items: list | tuple) -> Sym:
    return apply("stack", *(assembled(row) for row in items), axis=0)


def _flat(items: Any) -> tuple[list, tuple[int, ...]]:
    """The innermost items of nested lists, and the lengths of the lists from outside in."""
    if not isinstance(items, list | tuple):
        return [items], ()
    parts = [_flat(item) for item in items]
    shapes = {shape for _, shape in parts}
    if len(shapes) > 1:
        raise UnsupportedValue("rows of different lengths do not make an array")
    return [x for flat, _ in parts for x in flat], (len(items), *(shapes.pop() if shapes else ()))


@caller(np.array)
def array_call(object, dtype=None, *, copy=True, order="K", ndmin=0):
    """Of an array it makes a copy."""
    return _made(object, dtype, copied=copy is not False, ndmin=ndmin)


@caller(np.asarray, np.asanyarray)
def asarray_call(a, dtype=None, order=None, *, copy=None):
    """Of an array with that dtype it makes nothing: the result is the array itself."""
    return _made(a, dtype, copied=bool(copy))


@caller(np.ascontiguousarray, np.asfortranarray)
def ascontiguousarray(a, dtype=None):
    return _made(a, dtype, copied=True, ndmin=1)


@caller(np.require)
def require(a, dtype=None, requirements=None):
    """What it requires is of the memory; whether that takes a copy is not known."""
    return _made(a, dtype, copied=True)


def _made(x: Any, dtype: Any, copied: bool, ndmin: int = 0) -> Any:
    from gradgen.rules.shape import at_least

    name = None if dtype is None else dtype_name(dtype)
    if isinstance(x, list | tuple):
        made: Any = assembled(x)
    elif isinstance(x, Sym) and isinstance(x.type, ListOf):
        made = apply("asarray", x)
    elif isinstance(x, Sym) and x.is_array:
        return at_least(ndmin, _cast(x, name) if name and name != x.dtype else apply("copy", x) if copied else x)
    else:
        made = apply("cast", x, dtype=name or _dtype_of(x), weak=False)
    return at_least(ndmin, _cast(made, name))


def _cast(x: Sym, name: str | None) -> Sym:
    return x if name is None or x.dtype == name else apply("cast", x, dtype=name, weak=False)


@caller(method="astype")
def astype(x, dtype, order="K", casting="unsafe", subok=True, copy=True):
    """With copy=False an array of that dtype is itself the result."""
    kept = x.is_array and x.dtype == dtype_name(dtype) and not static(copy, "`copy`")
    return x if kept else apply("cast", x, dtype=dtype_name(dtype), weak=False)


@caller(method="dtype")
def dtype_read(x):
    return np.dtype(x.dtype)


@caller(np.result_type, np.promote_types)
def result_type(*values):
    given = [np.dtype(common_dtype([v.type])[0]) if isinstance(v, Sym) else v for v in values]
    return np.result_type(*given)


@caller(np.dtype)
def dtype_call(dtype):
    return np.dtype(dtype)
