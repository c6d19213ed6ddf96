"""Shapes: rearranging elements without changing them, repeating them, and putting arrays together."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import (
    ALL,
    ONE,
    Array,
    At,
    Atom,
    Const,
    Dim,
    ListOf,
    Scalar,
    Slice,
    Type,
    broadcast,
    constant_dim,
    dims_of,
    dtype_of,
    with_dims,
)
from gradgen.rules import sizes
from gradgen.rules.build import dim_of
from gradgen.rules.checks import forbid
from gradgen.rules.creation import as_array, combined_dtype, dtype_name, shape_sizes
from gradgen.rules.reductions import axes_of
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import METHODS, Caller, caller, check_kept, constant, linear, same


def shape_of(x: Sym) -> list[Sym | int]:
    """The sizes of x: known ones as ints."""
    return [apply("size", x, axis=k) if d.constant is None else d.constant for k, d in enumerate(dims_of(x.type))]


def size_syms(x: Sym) -> list[Sym]:
    return [apply("size", x, axis=k) for k in range(x.ndim)]


def array_like(x: Atom, dims: tuple[Dim, ...]) -> Array:
    return Array(dtype_of(x.type), dims)


def size_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Scalar("int64", True, dims_of(args[0].type)[params["axis"]])


def count_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Scalar("int64", True, sizes.product(dims_of(args[0].type)))


constant("size", type=size_type)
constant("count", type=count_type)


def reshaped(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """One of the sizes may be -1, which stands for what is left."""
    x, *given = args
    dims = [None if isinstance(size, Const) and size.value == -1 else dim_of(size) for size in given]
    rest = [dim for dim in dims if dim is not None]
    if len(dims) - len(rest) > 1:
        raise UnsupportedValue("only one size can be -1")
    whole = tuple(sizes.quotient(dims_of(x.type), rest) if dim is None else dim for dim in dims)
    return with_dims(dtype_of(x.type), whole)


@linear("reshape", np.reshape, type=reshaped)
def reshape(g, x, *shape):
    if not x.is_array:
        return apply("getitem", g, index=(0,) * g.ndim)
    return apply("reshape", g, *size_syms(x))


def raveled(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return array_like(args[0], (sizes.product(dims_of(args[0].type)),))


@linear("ravel", np.ravel, type=raveled)
def ravel(g, x):
    return g if x.ndim == 1 else apply("reshape", g, *size_syms(x))


def transposed(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dims = dims_of(args[0].type)
    axes = params.get("axes") or tuple(reversed(range(len(dims))))
    return array_like(args[0], tuple(dims[a] for a in axes))


@linear("transpose", np.transpose, type=transposed)
def transpose(g, x, *, axes=None):
    return apply(
        "transpose", g, axes=None if axes is None else tuple(int(k) for k in np.argsort([a % x.ndim for a in axes]))
    )


def squeezed(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dims = dims_of(args[0].type)
    axes = axes_of(params["axis"], len(dims))
    return with_dims(dtype_of(args[0].type), tuple(d for k, d in enumerate(dims) if k not in axes))


@linear("squeeze", np.squeeze, type=squeezed)
def squeeze(g, x, *, axis):
    if not g.is_array:
        return apply("reshape", g, *([1] * x.ndim))
    return apply("expand_dims", g, axis=axes_of(axis, x.ndim))


def widened(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dims, axis = dims_of(args[0].type), params["axis"]
    new = axes_of(axis, len(dims) + (len(axis) if isinstance(axis, tuple) else 1))
    old = iter(dims)
    return array_like(args[0], tuple(ONE if k in new else next(old) for k in range(len(dims) + len(new))))


@linear("expand_dims", np.expand_dims, type=widened)
def expand_dims(g, x, *, axis):
    return apply("squeeze", g, axis=axes_of(axis, g.ndim)) if x.is_array else apply("getitem", g, index=(0,) * g.ndim)


def broadcasted(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return array_like(args[0], tuple(map(dim_of, args[1:])))


@linear("broadcast_to", np.broadcast_to, type=broadcasted)
def broadcast_to(g, x, *shape):
    """What x was repeated along is summed by who takes the contribution."""
    return g


def like_second(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims(dtype_of(args[0].type), dims_of(args[1].type))


def expanded(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """An array keeps its dtype, a number takes that of the array it fills."""
    g, like = (arg.type for arg in args)
    if isinstance(g, Array):
        return like_second(args, params)
    check_kept(g, dtype_of(like))
    return with_dims(dtype_of(like), dims_of(like))


@linear("expand", type=expanded)
def expand(g, x, like):
    return g, None


@linear("sum_to", type=like_second)
def sum_to(g, x, like):
    return apply("expand", g, x), None


def spread_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x, like = args
    ndim = len(dims_of(like.type))
    if not isinstance(x.type, Array) or params.get("keepdims") or x.type.ndim == ndim:
        return x.type
    axes = axes_of(params.get("axis"), ndim)
    old = iter(dims_of(x.type))
    return array_like(x, tuple(ONE if k in axes else next(old) for k in range(ndim)))


@linear("spread", type=spread_type)
def spread(g, x, like, *, axis=None, keepdims=False):
    return g if g.ndim == x.ndim else apply("squeeze", g, axis=axes_of(axis, like.ndim)), None


@linear("flip", np.flip, type=same)
def flip(g, x, *, axis=None):
    return apply("flip", g, axis=axis)


@linear("roll", np.roll, type=same)
def roll(g, x, shift, *, axis=None):
    return apply("roll", g, -shift, axis=axis), None


def concatenated(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Along the other axes the sizes agree: the best known of them is taken."""
    dims = [dims_of(arg.type) for arg in args]
    axis = params.get("axis", 0) % len(dims[0])
    joined = [_best(own) for own in zip(*dims, strict=True)]
    joined[axis] = sizes.total(own[axis] for own in dims)
    return Array(combined_dtype(args), tuple(joined))


def _best(dims: tuple[Dim, ...]) -> Dim:
    known = [dim for dim in dims if dim.constant is not None] or [dim for dim in dims if not sizes.is_derived(dim)]
    return (known or list(dims))[0]


@linear("concatenate", np.concatenate, type=concatenated, joins=True)
def concatenate(g, *xs, axis=0):
    """Each part of g goes to the array that was put there."""
    axis = axis % g.ndim
    parts: list[Sym] = []
    start: Sym | int = 0
    for x in xs:
        known = dims_of(x.type)[axis].constant
        stop = start + (apply("size", x, axis=axis) if known is None else known)
        parts.append(
            part(
                g, axis, None if isinstance(start, int) and start == 0 else start, None if x is xs[-1] else stop, x.type
            )
        )
        start = stop
    return tuple(parts)


def part(g: Sym, axis: int, start: Any, stop: Any, like: Type) -> Sym:
    """g[start:stop] along `axis`, in the shape of `like`."""
    operands: list[Sym] = []

    def bound(value: Any) -> Any:
        if not isinstance(value, Sym):
            return value
        operands.append(value)
        return At(len(operands) - 1)

    index = (ALL,) * axis + (Slice(bound(start), bound(stop), None),)
    type = with_dims(g.dtype, dims_of(like))
    return Sym(g.builder.emit("getitem", g.atom, *(o.atom for o in operands), type=type, index=index), g.builder)


def stacked(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dims = [_best(own) for own in zip(*(dims_of(arg.type) for arg in args), strict=True)]
    dims.insert(params.get("axis", 0) % (len(dims) + 1), constant_dim(len(args)))
    return Array(combined_dtype(args), tuple(dims))


@linear("stack", np.stack, type=stacked, joins=True)
def stack(g, *xs, axis=0):
    index = (ALL,) * (axis % g.ndim)
    return tuple(apply("getitem", g, index=(*index, k)) for k in range(len(xs)))


# How these are called


@caller(np.reshape)
def reshape_call(a, shape, order="C", *, copy=None):
    made = _reshape(as_array(a), shape_sizes(shape), order, "np.reshape")
    return apply("copy", made) if copy else made


@caller(method="reshape")
def reshape_method(x, *shape, order="C", copy=None):
    given = shape_sizes(shape[0]) if len(shape) == 1 else list(shape)
    made = _reshape(x, given, order, ".reshape")
    return apply("copy", made) if copy else made


def _reshape(x: Any, shape: list, order: str, spelling: str) -> Sym:
    x = _in_order(x, order, spelling)
    if not shape:
        return x if not x.is_array else apply("getitem", x, index=(0,) * x.ndim)
    if order == "F" and len(shape) > 1:
        return transpose_call(apply("reshape", x, *reversed(shape)))
    return apply("reshape", x, *shape)


def _in_order(x: Any, order: str, spelling: str) -> Any:
    """x with its elements in the order of memory, row after row: in Fortran's order, of the transpose."""
    if order not in ("C", "F"):
        raise UnsupportedValue(f"order={order!r} of {spelling}, which hangs on the memory", way_out='"C" or "F"')
    return transpose_call(x) if order == "F" and isinstance(x, Sym) else x


@caller(np.ravel, method="ravel")
def ravel_call(a, order="C"):
    return flat(_in_order(as_array(a), order, "ravel"))


def flat(x: Sym) -> Sym:
    """The elements in a row."""
    return apply("ravel", x) if isinstance(x, Sym) and x.is_array else apply("reshape", x, 1)


@caller(method="flatten")
def flatten(x, order="C"):
    """Always a copy, also where ravel gives a view."""
    x = _in_order(x, order, "flatten")
    return apply("copy", x if x.ndim == 1 else apply("ravel", x)) if x.is_array else apply("reshape", x, 1)


@caller(method="flat")
def flat_attribute(x):
    """For reading: what is written through it, would be written into x."""
    return flat(x)


@caller(np.transpose, np.permute_dims)
def transpose_call(a, axes=None):
    x = as_array(a)
    if x.ndim < 2:
        return x
    return apply("transpose", x, axes=None if axes is None else _order(axes, x.ndim))


def _order(axes: Any, ndim: int) -> tuple[int, ...]:
    axes = tuple(axes)
    if len(axes_of(axes, ndim)) != ndim:
        raise UnsupportedValue(f"{len(axes)} axes for an array of {ndim} dimensions")
    return axes


@caller(method="transpose")
def transpose_method(x, *axes):
    given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return transpose_call(x, given or None)


@caller(method="T")
def transpose_attribute(x):
    return transpose_call(x)


@caller(np.matrix_transpose, method="mT")
def matrix_transpose(x, /):
    return swapaxes(x, -1, -2)


@caller(np.swapaxes, method="swapaxes")
def swapaxes(a, axis1, axis2):
    a = as_array(a)
    axes_of((axis1,), a.ndim), axes_of((axis2,), a.ndim)
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return apply("transpose", a, axes=tuple(axes)) if a.ndim > 1 else a


@caller(np.moveaxis)
def moveaxis(a, source, destination):
    a = as_array(a)
    given = [one if isinstance(one, tuple | list) else (one,) for one in (source, destination)]
    sources, places = ([axes_of(axis, a.ndim)[0] for axis in axes] for axes in given)
    order = [k for k in range(a.ndim) if k not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return apply("transpose", a, axes=tuple(order))


@caller(np.rollaxis)
def rollaxis(a, axis, start=0):
    a = as_array(a)
    axis = axes_of(axis, a.ndim)[0]
    return moveaxis(a, axis, start - 1 if axis < start else start)


@caller(np.squeeze, method="squeeze")
def squeeze_call(a, axis=None):
    x = as_array(a)
    if axis is None:
        if not all(d.is_one or d.never_one for d in dims_of(x.type)):
            raise UnsupportedValue(
                "which axes np.squeeze removes is not known when the gradient is written", way_out="name the axis"
            )
        axes = tuple(k for k, d in enumerate(dims_of(x.type)) if d.is_one)
    else:
        axes = axes_of(axis, x.ndim)
    if not axes:
        return x
    return apply("squeeze", x, axis=axes) if len(axes) < x.ndim else apply("getitem", x, index=(0,) * x.ndim)


@caller(np.expand_dims)
def expand_dims_call(a, axis):
    x = as_array(a)
    axes = tuple(axis) if isinstance(axis, tuple | list) else (axis,)
    return apply("expand_dims", x, axis=axes_of(axes, x.ndim + len(axes)))


@caller(np.broadcast_to)
def broadcast_to_call(array, shape, subok=False):
    return apply("broadcast_to", as_array(array), *shape_sizes(shape))


@caller(np.flip)
def flip_call(m, axis=None):
    x = as_array(m)
    axes_of(axis, x.ndim)
    return apply("flip", x, axis=axis)


@caller(np.flipud)
def flipud(m):
    return flip_call(m, 0)


@caller(np.fliplr)
def fliplr(m):
    return flip_call(m, 1)


@caller(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    """Quarter turns from the first axis towards the second."""
    x = as_array(m)
    first, second = axes
    if len(axes_of((first, second), x.ndim)) != 2:
        raise UnsupportedValue("np.rot90 turns in a plane of two axes")
    match k % 4:
        case 1:
            return swapaxes(apply("flip", x, axis=second % x.ndim), first, second)
        case 2:
            return apply("flip", x, axis=axes_of((first, second), x.ndim))
        case 3:
            return apply("flip", swapaxes(x, first, second), axis=second % x.ndim)
    return x


@caller(np.roll)
def roll_call(a, shift, axis=None):
    x = as_array(a)
    shifts = list(shift) if isinstance(shift, tuple | list) else [shift]
    axes = list(axis) if isinstance(axis, tuple | list) else [axis]
    if len(shifts) != len(axes) and 1 not in (len(shifts), len(axes)):
        raise UnsupportedValue("as many shifts as axes")
    number = max(len(shifts), len(axes))
    for by, along in zip(shifts * (number // len(shifts)), axes * (number // len(axes)), strict=True):
        if isinstance(by, Sym) and by.is_array:
            raise UnsupportedType("np.roll by an array of shifts", way_out="a tuple of numbers")
        if along is not None:
            axes_of(along, x.ndim)
        x = apply("roll", x, by, axis=along)
    return x


@caller(np.repeat, method="repeat")
def repeat(a, repeats, axis=None):
    """Each element `repeats` times: a new axis of that size, folded into the one before it."""
    x = as_array(a)
    if axis is None:
        x, axis = (x if isinstance(x, Sym) and x.ndim == 1 else flat(x)), 0
    axis = axes_of(axis, x.ndim)[0]
    if (isinstance(repeats, Sym) and repeats.is_array) or isinstance(repeats, list | tuple):
        from gradgen.rules.splitting import repeated

        return repeated(x, repeats, axis)
    shape = size_syms(x)
    wide = apply(
        "broadcast_to", apply("expand_dims", x, axis=(axis + 1,)), *shape[: axis + 1], repeats, *shape[axis + 1 :]
    )
    return apply("reshape", wide, *shape[:axis], apply("mul", shape[axis], repeats), *shape[axis + 1 :])


@caller(np.tile)
def tile(A, reps):
    """The whole array repeated along each axis."""
    x = as_array(A)
    times = list(reps) if isinstance(reps, tuple | list) else [reps]
    x = at_least(len(times), x)
    times = [1] * (x.ndim - len(times)) + times
    shape = size_syms(x)
    wide = apply("expand_dims", x, axis=tuple(range(0, 2 * x.ndim, 2)))
    target = [size for pair in zip(times, shape, strict=True) for size in pair]
    folded = [apply("mul", size, by) for size, by in zip(shape, times, strict=True)]
    return apply("reshape", apply("broadcast_to", wide, *target), *folded)


def arrays_of(values: Any) -> list[Sym]:
    """The arrays to put together: items of a list or tuple, or the rows of an array."""
    if isinstance(values, Sym):
        raise UnsupportedType("putting together a list whose length is not known", way_out="np.array(list)")
    made = [as_array(v) for v in values]
    if not made:
        raise UnsupportedValue("nothing to put together")
    return [v if isinstance(v, Sym) else apply("identity", v) for v in made]


def _is_run_list(values: Any) -> bool:
    return isinstance(values, Sym) and isinstance(values.type, ListOf)


def _concatenated(arrays: list[Sym], axis: int) -> Sym:
    ndims = {x.ndim for x in arrays}
    if len(ndims) > 1 or 0 in ndims:
        raise UnsupportedValue("arrays of different numbers of dimensions cannot be put together")
    axes_of(axis, arrays[0].ndim)
    return apply("concatenate", *arrays, axis=axis)


@caller(np.concatenate)
def concatenate_call(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return _of_dtype(_put_together(arrays, axis), dtype)


def _put_together(arrays: Any, axis: Any) -> Sym:
    if _is_run_list(arrays):
        return _all_rows(apply("asarray", arrays), axis)
    if _is_array(arrays) and axis == 0 and arrays.ndim > 1:
        return _all_rows(arrays, 0)
    parts = arrays_of(_rows(arrays))
    if axis is None:
        parts, axis = [ravel_call(x) for x in parts], 0
    return _concatenated(parts, axis)


def _of_dtype(x: Sym, dtype: Any) -> Sym:
    """What was put together, as NumPy casts it to a dtype that is asked for."""
    if dtype is None or dtype_name(dtype) == x.dtype:
        return x
    if not np.can_cast(x.dtype, dtype_name(dtype), "same_kind"):
        raise UnsupportedType(f"{x.dtype} is not put together as {dtype_name(dtype)}", way_out=".astype(...)")
    return apply("cast", x, dtype=dtype_name(dtype), weak=False)


def _is_array(x: Any) -> bool:
    return isinstance(x, Sym) and x.is_array


def _rows(arrays: Any) -> Any:
    """An array of arrays with a known number of rows, as a list of these."""
    if _is_array(arrays):
        number = dims_of(arrays.type)[0].constant
        if number is None:
            raise UnsupportedType(
                "putting together the rows of an array whose length is not known", way_out="reshape it"
            )
        return [apply("getitem", arrays, index=(k,)) for k in range(number)]
    return arrays


def _all_rows(x: Sym, axis: int) -> Sym:
    """The items of a list put one after the other: they are the rows of an array."""
    if axis != 0 or x.ndim < 2:
        raise UnsupportedValue(
            "putting together a list whose length is not known along an inner axis", way_out="np.stack"
        )
    first, second, *rest = size_syms(x)
    return apply("reshape", x, apply("mul", first, second), *rest)


@caller(np.stack)
def stack_call(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return _of_dtype(_stacked_along(arrays, axis), dtype)


def _stacked_along(arrays: Any, axis: int) -> Sym:
    if isinstance(arrays, Sym):
        made = as_array(arrays)
        return made if axis == 0 else moveaxis(made, 0, axis)
    parts = arrays_of(arrays)
    if not any(x.is_array for x in parts):
        return apply("array", *parts, shape=(len(parts),))
    axes_of(axis, parts[0].ndim + 1)
    return apply("stack", *parts, axis=axis)


def at_least(ndim: int, x: Any) -> Any:
    """x with axes of size 1 in front, up to `ndim`."""
    if not isinstance(x, Sym) or x.ndim >= ndim:
        return x
    return (
        apply("expand_dims", x, axis=tuple(range(ndim - x.ndim))) if x.is_array else apply("reshape", x, *([1] * ndim))
    )


def _at_least(ndim: int, function: Any):
    @caller(function)
    def build(*arys):
        made = tuple(at_least(ndim, as_array(x)) for x in arys)
        return made[0] if len(made) == 1 else made


_at_least(1, np.atleast_1d)
_at_least(2, np.atleast_2d)


@caller(np.atleast_3d)
def atleast_3d(*arys):
    """Of a vector the one axis is the middle one, of a matrix the two are the first."""
    made = tuple(_solid(as_array(x)) for x in arys)
    return made[0] if len(made) == 1 else made


def _solid(x: Any) -> Any:
    if not isinstance(x, Sym) or not x.is_array:
        return apply("reshape", x, 1, 1, 1)
    return apply("expand_dims", x, axis=((0, 2), (2,))[x.ndim - 1]) if x.ndim < 3 else x


@caller(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    if _is_run_list(tup):
        return _of_dtype(_put_together(tup, 0), dtype)
    if _is_array(tup) and tup.ndim == 2:
        return _of_dtype(flat(tup), dtype)
    arrays = [at_least(1, x) for x in arrays_of(_rows(tup))]
    return _of_dtype(_concatenated(arrays, 0 if arrays[0].ndim == 1 else 1), dtype)


@caller(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    return _of_dtype(_rows_of(tup), dtype)


def _rows_of(tup: Any) -> Sym:
    if isinstance(tup, Sym):
        made = as_array(tup)
        return made if made.ndim == 2 else _all_rows(made, 0)
    arrays = arrays_of(tup)
    if all(x.ndim == 1 for x in arrays):
        return apply("stack", *arrays, axis=0)
    return _concatenated([at_least(2, x) for x in arrays], 0)


@caller(np.dstack)
def dstack(tup):
    return _concatenated([_solid(x) for x in arrays_of(_rows(tup))], 2)


@caller(np.column_stack)
def column_stack(tup):
    if isinstance(tup, Sym) and as_array(tup).ndim == 2:
        return transpose_call(as_array(tup))
    columns = [at_least(1, x) for x in arrays_of(_rows(tup))]
    if all(x.ndim == 1 for x in columns):
        return apply("stack", *columns, axis=1)
    return _concatenated([apply("expand_dims", x, axis=(1,)) if x.ndim == 1 else x for x in columns], 1)


@caller(np.block)
def block(arrays):
    """Innermost lists along the last axis, those around them along the one before."""
    if isinstance(arrays, Sym):
        return apply("copy", as_array(arrays))
    depth = _depth(arrays)
    ndim = max(depth, *(x.ndim if isinstance(x, Sym) else 0 for x in _innermost(arrays)))

    def put(part: Any, level: int) -> Sym:
        if level == depth:
            x = as_array(part)
            return at_least(ndim, x) if isinstance(x, Sym) else apply("full", *[1] * ndim, x, dtype=_kind(x))
        return _concatenated([put(inner, level + 1) for inner in part], ndim - depth + level)

    return put(arrays, 0)


def _depth(arrays: Any) -> int:
    depths = {_depth(inner) for inner in arrays} if isinstance(arrays, list) else set()
    if len(depths) > 1 or (isinstance(arrays, list) and not arrays):
        raise UnsupportedValue("np.block takes lists of one depth, none of them empty")
    return 1 + depths.pop() if depths else 0


def _innermost(arrays: Any) -> list:
    return [x for inner in arrays for x in _innermost(inner)] if isinstance(arrays, list) else [arrays]


def _kind(x: Any) -> str:
    return np.asarray(x).dtype.name


@caller(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    made = [as_array(x) for x in args]
    dims = broadcast(dims_of(x.type) if isinstance(x, Sym) else () for x in made)
    shape = [_common_size(made, axis - len(dims), dim) for axis, dim in enumerate(dims)]
    return tuple(x if not shape else apply("broadcast_to", x, *shape) for x in made)


def _common_size(arrays: list, axis: int, dim: Dim) -> Any:
    """The size of an axis, counted from the last, of what the arrays broadcast to."""
    if dim.constant is not None:
        return dim.constant
    found: dict[Dim, Sym] = {}
    for x in arrays:
        if isinstance(x, Sym) and x.ndim >= -axis and not dims_of(x.type)[axis].is_one:
            found.setdefault(dims_of(x.type)[axis], apply("size", x, axis=axis % x.ndim))
    if len(found) == 1:
        return found[dim]
    size, *others = found.values()
    for other in others:
        size = apply("where", apply("eq", size, 1), other, size)
    for own in found.values():
        misfit = apply("logical_and", apply("ne", own, 1), apply("ne", own, size))
        forbid(misfit, "ValueError", "shape mismatch: objects cannot be broadcast to a single shape")
    return size


@caller(np.append)
def append(arr, values, axis=None):
    parts = arrays_of([arr, values])
    if axis is None:
        parts, axis = [ravel_call(x) for x in parts], 0
    return _concatenated(parts, axis)


@caller(np.shape, method="shape")
def shape_call(a):
    x = as_array(a)
    return tuple(shape_of(x)) if isinstance(x, Sym) else ()


@caller(np.size)
def size_call(a, axis=None):
    x = as_array(a)
    if axis is not None:
        return shape_of(x)[axis]
    return size_attribute(x)


@caller(method="size")
def size_attribute(x):
    if not isinstance(x, Sym) or not x.is_array:
        return 1
    known = sizes.product(dims_of(x.type)).constant
    return apply("count", x) if known is None else known


@caller(np.ndim, method="ndim")
def ndim(a):
    x = as_array(a)
    return x.ndim if isinstance(x, Sym) else 0


METHODS["itemsize"] = Caller(lambda x: np.dtype(x.dtype).itemsize, ".itemsize")
METHODS["nbytes"] = Caller(lambda x: apply("mul", size_attribute(x), np.dtype(x.dtype).itemsize), ".nbytes")


@caller(method="tolist")
def tolist(x):
    if x.ndim > 1:
        raise UnsupportedType("`.tolist()` of an array of several dimensions: a list of lists", way_out="list(x)")
    if x.dtype not in ("float64", "int64", "bool"):
        raise UnsupportedType(f"`.tolist()` of {x.dtype}: numbers of another type", way_out=".astype(float)")
    return apply("tolist", x, plain=True) if x.ndim else x


@caller(len)
def length(x):
    if isinstance(x, list | tuple | dict | str):
        return len(x)
    if isinstance(x.type, ListOf):
        return apply("length", x)
    if not x.is_array:
        raise UnsupportedType("a number has no len()")
    return shape_of(x)[0]
