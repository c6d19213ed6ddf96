"""Shapes: rearranging elements without changing them, and putting arrays together."""

from __future__ import annotations

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import ONE, Array, Dim, Scalar, dims_of, with_dims
from gradgen.rules.build import dim_of
from gradgen.rules.reductions import axes_of
from gradgen.rules.symbols import Sym, apply, known
from gradgen.rules.table import METHODS, Caller, caller, common, constant, linear


def shape_of(x: Sym) -> list[Sym | int]:
    """The sizes of x: known ones as ints."""
    return [apply("size", x, axis=k) if d.constant is None else d.constant for k, d in enumerate(dims_of(x.type))]


def size_type(args, params):
    dims = dims_of(args[0].type)
    return Scalar("int64", True, dims[params["axis"]])


constant("size", type=size_type)


def count_type(args, params):
    dims = dims_of(args[0].type)
    return Scalar("int64", True, dims[0] if len(dims) == 1 else None)


constant("count", type=count_type)


def reshaped(args, params):
    return with_dims_array(args[0].type.dtype, tuple(dim_of(size) for size in args[1:]))


def with_dims_array(dtype: str, dims: tuple[Dim, ...]) -> Array:
    return Array(dtype, dims)


@linear("reshape", np.reshape, type=reshaped)
def reshape(g, x, *sizes):
    return apply("reshape", g, *shape_of(x))


def raveled(args, params):
    dims = dims_of(args[0].type)
    if len(dims) == 1:
        return args[0].type
    constants = [d.constant for d in dims]
    if None not in constants:
        return Array(args[0].type.dtype, (Dim(None, int(np.prod(constants))),))
    return Array(args[0].type.dtype, (Dim("*".join(f"({d})" for d in dims)),))


@linear("ravel", np.ravel, type=raveled)
def ravel(g, x):
    return g if x.ndim == 1 else apply("reshape", g, *shape_of(x))


def transposed(args, params):
    dims = dims_of(args[0].type)
    axes = params.get("axes") or tuple(reversed(range(len(dims))))
    return Array(args[0].type.dtype, tuple(dims[a] for a in axes))


@linear("transpose", np.transpose, type=transposed)
def transpose(g, x, *, axes=None):
    return apply("transpose", g, axes=None if axes is None else tuple(int(k) for k in np.argsort(axes)))


def squeezed(args, params):
    dims = dims_of(args[0].type)
    return Array(args[0].type.dtype, tuple(d for k, d in enumerate(dims) if k not in axes_of(params["axis"], len(dims))))


@linear("squeeze", np.squeeze, type=squeezed)
def squeeze(g, x, *, axis):
    return apply("expand_dims", g, axis=axis)


def with_new_axes(args, params):
    x = args[0].type
    ndim = len(dims_of(x)) + len(params["axis"])
    new = {a % ndim for a in params["axis"]}
    old = iter(dims_of(x))
    return Array(x.dtype, tuple(ONE if k in new else next(old) for k in range(ndim)))


@linear("expand_dims", np.expand_dims, type=with_new_axes)
def expand_dims(g, x, *, axis):
    if not x.is_array:
        return apply("sum", g, axis=None, keepdims=False)
    return apply("squeeze", g, axis=axis)


def broadcast_to_type(args, params):
    return Array(args[0].type.dtype, tuple(dim_of(size) for size in args[1:]))


@linear("broadcast_to", np.broadcast_to, type=broadcast_to_type)
def broadcast_to(g, x, *sizes):
    return reduce_to(g, x)


def reduce_to(g: Sym, x: Sym) -> Sym:
    """Sum g over the axes along which x was broadcast to g's shape."""
    lead = g.ndim - x.ndim
    have = (ONE,) * lead + dims_of(x.type)
    made = dims_of(g.type)
    ones = [k for k in range(lead, g.ndim) if have[k].is_one and not made[k].is_one]
    unknown = [k for k in range(lead, g.ndim) if have[k] != made[k] and not have[k].is_one and not have[k].never_one]
    if unknown:
        return apply("sum_to", g, x)
    if lead and not ones:
        return apply("sum", g, axis=None if lead == g.ndim else _one_or_all(range(lead)), keepdims=False)
    if ones:
        g = apply("sum", g, axis=_one_or_all([*range(lead), *ones]), keepdims=True)
    return apply("squeeze", g, axis=tuple(range(lead))) if lead else g


def _one_or_all(axes):
    axes = tuple(axes)
    return axes[0] if len(axes) == 1 else axes


def like_second(args, params):
    return with_dims(args[0].type.dtype, dims_of(args[1].type))


@linear("expand", type=like_second)
def expand(g, x, like):
    return reduce_to(g, x), None


@linear("sum_to", type=like_second)
def sum_to(g, x, like):
    return apply("expand", g, x), None


def spread_type(args, params):
    x, like = args
    if not isinstance(x.type, Array):
        return x.type
    ndim = len(dims_of(like.type))
    axes = axes_of(params.get("axis"), ndim)
    old = iter(dims_of(x.type))
    return Array(x.type.dtype, tuple(ONE if k in axes else next(old) for k in range(ndim)))


@linear("spread", type=spread_type)
def spread(g, x, like, *, axis=None, keepdims=False):
    return apply("squeeze", g, axis=axes_of(axis, like.ndim)), None


def flipped(args, params):
    return args[0].type


@linear("flip", np.flip, type=flipped)
def flip(g, x, *, axis=None):
    return apply("flip", g, axis=axis)


def concatenated(args, params):
    axis = params["axis"]
    dims = [dims_of(a.type) for a in args]
    sizes = [d[axis] for d in dims]
    constants = [d.constant for d in sizes]
    if None not in constants:
        total = Dim(None, sum(constants))
    else:
        symbols = [str(d) for d in sizes if d.constant is None]
        offset = sum(d.constant or 0 for d in sizes)
        total = sizes[0] if len(sizes) == 1 else Dim("cat(" + ",".join(symbols) + ")", offset)
    joined = list(dims[0])
    joined[axis] = total
    return Array(common(args_dtype(args), params).dtype, tuple(joined))


def args_dtype(args):
    """The arguments as scalars, to ask for their common dtype only."""
    from gradgen.ir import Const

    return tuple(Const(0, Scalar(a.type.dtype, getattr(a.type, "weak", False))) for a in args)


@linear("concatenate", np.concatenate, type=concatenated)
def concatenate(g, *xs, axis=0):
    from gradgen.ir import At, Slice

    parts, start = [], 0
    for k, x in enumerate(xs):
        stop = None if k == len(xs) - 1 else start + shape_of(x)[axis]
        operands, bounds = [], []
        for bound in (start, stop):
            if isinstance(bound, Sym):
                operands.append(bound)
                bounds.append(At(len(operands) - 1))
            else:
                bounds.append(None if bound == 0 and len(bounds) == 0 else bound)
        index = (slice_of(None, None),) * axis + (Slice(bounds[0], bounds[1], None),)
        parts.append(apply("getitem", g, *operands, index=index))
        start = stop
    return tuple(parts)


def slice_of(start, stop):
    from gradgen.ir import Slice

    return Slice(start, stop, None)


def stacked(args, params):
    dims = list(dims_of(args[0].type))
    dims.insert(params["axis"], Dim(None, len(args)))
    return Array(common(args_dtype(args), params).dtype, tuple(dims))


@linear("stack", np.stack, type=stacked)
def stack(g, *xs, axis=0):
    index = (slice_of(None, None),) * axis
    return tuple(apply("getitem", g, index=(*index, k)) for k in range(len(xs)))


# How these are called

def sizes(shape, x: Sym | None = None) -> list:
    """A shape as a list of sizes; -1 becomes what is left of x's elements."""
    given = list(shape) if isinstance(shape, list | tuple) else [shape]
    unknown = [k for k, s in enumerate(given) if known(s) == -1]
    if unknown and x is not None:
        rest = 1
        for s in given[: unknown[0]] + given[unknown[0] + 1 :]:
            rest = rest * s
        have = shape_of(x)
        if all(isinstance(s, int) for s in have) and isinstance(rest, int):
            given[unknown[0]] = int(np.prod(have)) // max(rest, 1)
        else:
            total = apply("count", x)
            given[unknown[0]] = total if known(rest) == 1 else apply("floordiv", total, rest)
    return given


@caller(np.reshape)
def reshape_call(x, shape, order="C"):
    if order != "C":
        raise UnsupportedValue(f"order={order!r} of reshape is not supported")
    return apply("reshape", x, *sizes(shape, x))


@caller(method="reshape")
def reshape_method(x, *shape, order="C"):
    return reshape_call(x, shape[0] if len(shape) == 1 else shape, order)


@caller(np.ravel, method="ravel")
def ravel_call(x):
    return apply("ravel", x)


@caller(method="flatten")
def flatten(x):
    return apply("copy", apply("ravel", x))


@caller(np.transpose)
def transpose_call(x, axes=None):
    if x.ndim < 2:
        return x
    return apply("transpose", x, axes=None if axes is None else tuple(a % x.ndim for a in axes))


@caller(method="transpose")
def transpose_method(x, *axes):
    given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return transpose_call(x, given or None)


@caller(np.swapaxes, method="swapaxes")
def swapaxes(x, axis1, axis2):
    axes = list(range(x.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return apply("transpose", x, axes=tuple(axes))


@caller(np.moveaxis)
def moveaxis(x, source, destination):
    order = [k for k in range(x.ndim) if k != source % x.ndim]
    order.insert(destination % x.ndim, source % x.ndim)
    return apply("transpose", x, axes=tuple(order))


METHODS["T"] = Caller(transpose_call, ".T")


@caller(np.squeeze, method="squeeze")
def squeeze_call(x, axis=None):
    axes = axes_of(axis, x.ndim) if axis is not None else tuple(k for k, d in enumerate(dims_of(x.type)) if d.is_one)
    return apply("squeeze", x, axis=axes) if axes else x


@caller(np.expand_dims)
def expand_dims_call(x, axis):
    axes = axis if isinstance(axis, tuple) else (axis,)
    ndim = x.ndim + len(axes)
    return apply("expand_dims", x, axis=tuple(sorted(a % ndim for a in axes)))


@caller(np.broadcast_to)
def broadcast_to_call(x, shape):
    return apply("broadcast_to", x, *sizes(shape))


@caller(np.flip)
def flip_call(x, axis=None):
    return apply("flip", x, axis=axis if axis is None or isinstance(axis, tuple) else axis % x.ndim)


def _arrays(values) -> list[Sym]:
    from gradgen.rules.creation import array

    return [v if isinstance(v, Sym) else array(v) for v in values]


@caller(np.concatenate)
def concatenate_call(arrays, axis=0):
    arrays = _arrays(arrays)
    return apply("concatenate", *arrays, axis=axis % arrays[0].ndim)


@caller(np.stack)
def stack_call(arrays, axis=0):
    if isinstance(arrays, Sym):
        return apply("asarray", arrays)
    arrays = _arrays(arrays)
    return apply("stack", *arrays, axis=axis % (arrays[0].ndim + 1))


def _at_least(ndim: int, x: Sym) -> Sym:
    if x.ndim >= ndim:
        return x
    axes = tuple(range(ndim - x.ndim))
    return apply("expand_dims", x, axis=axes)


@caller(np.atleast_1d)
def atleast_1d(x):
    return _at_least(1, x)


@caller(np.atleast_2d)
def atleast_2d(x):
    return _at_least(2, x)


@caller(np.hstack)
def hstack(arrays):
    arrays = [_at_least(1, x) for x in _arrays(arrays)]
    return apply("concatenate", *arrays, axis=0 if arrays[0].ndim == 1 else 1)


@caller(np.vstack)
def vstack(arrays):
    return apply("concatenate", *(_at_least(2, x) for x in _arrays(arrays)), axis=0)


@caller(np.column_stack)
def column_stack(arrays):
    columns = [apply("expand_dims", x, axis=(1,)) if x.ndim == 1 else x for x in _arrays(arrays)]
    return apply("concatenate", *columns, axis=1)


@caller(np.shape)
def shape(x):
    return tuple(shape_of(x))


@caller(np.size)
def size(x, axis=None):
    return shape_of(x)[axis] if axis is not None else (shape_of(x)[0] if x.ndim == 1 else apply("count", x))


@caller(np.ndim)
def ndim(x):
    return x.ndim


METHODS["shape"] = Caller(shape, ".shape")
METHODS["size"] = Caller(size, ".size")
METHODS["ndim"] = Caller(ndim, ".ndim")
