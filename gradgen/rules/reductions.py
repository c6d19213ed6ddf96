"""Reductions over all axes or some: sums, products, extremes, variances; and running sums and products.

At ties `max` and `min` hand the whole gradient to the first in order. A norm or a standard deviation that
is 0 has the derivative 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import (
    INT,
    ONE,
    Array,
    At,
    Atom,
    Block,
    Const,
    For,
    Scalar,
    Slice,
    Type,
    dims_of,
    dtype_of,
    is_complex,
    is_float,
    real_dtype,
    with_dims,
)
from gradgen.rules import sizes
from gradgen.rules.build import constant_atom
from gradgen.rules.symbols import Sym, add, apply, static, where
from gradgen.rules.table import caller, constant, general, linear, reduction, selection


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that `axis` names (None, an int or a tuple of them), counted from 0, in order.

    >>> axes_of(-1, 3), axes_of(None, 2), axes_of((2, 0), 3)
    ((2,), (0, 1), (0, 2))
    """
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    for a in given:
        if isinstance(a, bool) or not isinstance(a, int):
            raise UnsupportedValue(
                "the axis must be known when the gradient is written", way_out="write it as a constant"
            )
        if not -ndim <= a < ndim:
            raise UnsupportedValue(f"axis {a} is out of bounds for an array of {ndim} dimensions")
    axes = sorted(a % ndim for a in given)
    if len(set(axes)) < len(axes):
        raise UnsupportedValue(f"axis {axis} names an axis twice")
    return tuple(axes)


def reduced(dtype: Callable[[str], str]):
    """The type rule of a reduction whose dtype is `dtype(dtype of the argument)`."""

    def rule(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
        x = args[0].type
        dims = dims_of(x)
        axes = axes_of(params.get("axis"), len(dims)) if dims else ()
        if params.get("keepdims", False):
            left = tuple(ONE if k in axes else d for k, d in enumerate(dims))
        else:
            left = tuple(d for k, d in enumerate(dims) if k not in axes)
        return with_dims(dtype(dtype_of(x)), left)

    return rule


def summed(dtype: str) -> str:
    """NumPy adds integers up in 64 bits."""
    if dtype == "bool" or dtype.startswith("int"):
        return "int64"
    return "uint64" if dtype.startswith("uint") else dtype


def averaged(dtype: str) -> str:
    return dtype if dtype.startswith(("float", "complex")) else "float64"


def sized(dtype: str) -> str:
    """Of what is made of absolute values."""
    return real_dtype(averaged(dtype))


def same_dtype(dtype: str) -> str:
    return dtype


def count(x: Sym, axis: Any) -> Sym:
    """How many elements of x a reduction along `axis` takes together."""
    dims, axes = dims_of(x.type), axes_of(axis, x.ndim)
    known = sizes.product(dims[a] for a in axes).constant
    if known is not None:
        return Sym(constant_atom(known), x.builder)
    if len(axes) == x.ndim and x.ndim > 1:
        return apply("count", x)
    factors = [apply("size", x, axis=a) for a in axes if not dims[a].is_one]
    total = factors[0]
    for factor in factors[1:]:
        total = apply("mul", total, factor)
    return total


# The derivatives


@reduction("sum", np.sum, type=reduced(summed))
def sum_(y, x, *, axis=None, keepdims=False):
    return 1


@reduction("mean", np.mean, type=reduced(averaged))
def mean(y, x, *, axis=None, keepdims=False):
    return apply("div", 1, count(x, axis)) if x.is_array else 1


@reduction("sumsq", type=reduced(summed))
def sumsq(y, x, *, axis=None, keepdims=False):
    """The sum of squares."""
    return 2 * x


@reduction("prod", np.prod, type=reduced(summed), cost=5)
def prod(y, x, *, axis=None, keepdims=False):
    """The product of all the others, which is right where some are 0: those before times those after."""
    if not x.is_array:
        return 1
    if isinstance(axis, tuple):
        raise AssertionError("the caller takes one axis after the other")
    if axis is None and x.ndim > 1:
        flat = apply("ravel", x)
        return apply("reshape", _others(flat, 0), *(apply("size", x, axis=k) for k in range(x.ndim)))
    return _others(x, axes_of(axis, x.ndim)[0])


def _others(x: Sym, axis: int) -> Sym:
    flipped = apply("flip", x, axis=axis)
    return _before(x, axis, x) * apply("flip", _before(flipped, axis, flipped), axis=axis)


def _before(x: Sym, axis: int, like: Sym) -> Sym:
    """Running products along `axis` without the element itself: 1, x[0], x[0] x[1], ..."""
    return apply("cumprod", _shifted(x, axis), axis=axis)


def _shifted(x: Sym, axis: int) -> Sym:
    """1, x[0], x[1], ..., x[n - 2]"""
    first, rest = (_along(x, axis, Slice(*bounds)) for bounds in ((None, 1, None), (None, -1, None)))
    parts = (apply("ones_like", first), rest)
    return Sym(x.builder.emit("concatenate", *(p.atom for p in parts), type=x.type, axis=axis), x.builder)


def _along(x: Sym, axis: int, entry: Any) -> Sym:
    return apply("getitem", x, index=(*(Slice(None, None, None),) * axis, entry))


@selection("max", np.max, type=reduced(same_dtype))
def max_(x, *, axis=None):
    return apply("argmax", x, axis=axis)


@selection("min", np.min, type=reduced(same_dtype))
def min_(x, *, axis=None):
    return apply("argmin", x, axis=axis)


def first_of(x: Sym, axis: Any, arg: str) -> Any:
    """1 at the first of the extremes along an axis, 0 elsewhere."""
    if not x.is_array:
        return 1
    if axis is None or x.ndim == 1:
        places = apply("arange", 0, count(x, None), 1)
        if x.ndim > 1:
            places = apply("reshape", places, *(apply("size", x, axis=k) for k in range(x.ndim)))
        return where(apply("eq", places, apply(arg, x, axis=None)), 1, 0)
    (axis,) = axes_of(axis, x.ndim)
    places = apply("arange", 0, apply("size", x, axis=axis), 1)
    if axis < x.ndim - 1:
        places = apply("expand_dims", places, axis=tuple(range(1, x.ndim - axis)))
    at = apply("expand_dims", apply(arg, x, axis=axis), axis=(axis,))
    return where(apply("eq", places, at), 1, 0)


def conjugate(x: Sym) -> Sym:
    """Squares of absolute values have the derivative 2 conj(x)."""
    return apply("conj", x) if is_complex(x.type) else x


def centred(x: Sym, axis: Any) -> Sym:
    return x - apply("mean", x, axis=axis, keepdims=x.ndim > len(axes_of(axis, x.ndim)))


def freedom(x: Sym, axis: Any, ddof: Any) -> Any:
    return count(x, axis) - ddof if not _is_literal_zero(ddof) else count(x, axis)


def _is_literal_zero(number: Any) -> bool:
    return isinstance(number, int) and number == 0


@reduction("var", np.var, type=reduced(sized), cost=3)
def var(y, x, *, axis=None, keepdims=False, ddof=0):
    if not x.is_array:
        return 0
    return 2 * conjugate(centred(x, axis)) / freedom(x, axis, ddof)


@reduction("std", np.std, type=reduced(sized), cost=5)
def std(y, x, *, axis=None, keepdims=False, ddof=0):
    """(x - mean) / (n std). Where all elements are equal the numerator is 0, and so is this."""
    if not x.is_array:
        return 0
    return conjugate(centred(x, axis)) / (freedom(x, axis, ddof) * where(apply("eq", y, 0), 1.0, y))


constant("any", np.any, type=reduced(lambda dtype: "bool"))
constant("all", np.all, type=reduced(lambda dtype: "bool"))
constant("argmax", np.argmax, type=reduced(lambda dtype: "int64"))
constant("argmin", np.argmin, type=reduced(lambda dtype: "int64"))
constant("count_nonzero", np.count_nonzero, type=reduced(lambda dtype: "int64"))


# Running sums and products


def running(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x = args[0].type
    dims = dims_of(x)
    axis = params.get("axis")
    if axis is not None:
        axes_of(axis, len(dims))
    return Array(summed(dtype_of(x)), (sizes.product(dims),) if axis is None else dims)


@linear("cumsum", np.cumsum, type=running)
def cumsum(g, x, *, axis=None):
    """Each element reaches all sums from its place on."""
    along = 0 if axis is None else axis
    made = apply("flip", apply("cumsum", apply("flip", g, axis=along), axis=along), axis=along)
    return _unraveled(made, x) if axis is None else made


def _unraveled(flat: Sym, x: Sym) -> Sym:
    return flat if x.ndim == 1 else apply("reshape", flat, *(apply("size", x, axis=k) for k in range(x.ndim)))


def _cumprod_tangent(y, args, tangents, *, axis=None):
    """t[i] = y[i - 1] dx[i] + x[i] t[i - 1]"""
    (x,), (dx,) = args, tangents
    if axis is None and x.ndim > 1:
        x, dx = apply("ravel", x), apply("ravel", dx)
    axis = axes_of(axis or 0, x.ndim)[0]
    own = apply("cumprod", _shifted(x, axis), axis=axis) * dx
    return recurrence(own, x, axis, backward=False)


@general("cumprod", np.cumprod, type=running, tangent=_cumprod_tangent, cost=5)
def cumprod(g, y, x, *, axis=None):
    """s[i] = g[i] + x[i + 1] s[i + 1] is the adjoint of y[i], and y[i - 1] s[i] that of x[i]: right also at zeros."""
    flat = apply("ravel", x) if axis is None and x.ndim > 1 else x
    along = axes_of(axis or 0, flat.ndim)[0]
    own = apply("cumprod", _shifted(flat, along), axis=along)
    made = recurrence(g, flat, along, backward=True) * own
    return _unraveled(made, x) if axis is None else made


def recurrence(source: Sym, factor: Sym, axis: int, backward: bool) -> Sym:
    """r[i] = source[i] + factor[i] r[i - 1] along `axis`; backward r[i] = source[i] + factor[i + 1] r[i + 1]."""
    builder = source.builder
    dims = dims_of(source.type)
    dtype = source.dtype
    inner = with_dims(dtype, tuple(d for k, d in enumerate(dims) if k != axis))
    if isinstance(inner, Scalar):
        start: Atom = Const(0.0, Scalar(dtype))
    else:
        others = [apply("size", source, axis=k).atom for k in range(len(dims)) if k != axis]
        start = builder.emit("zeros", *others, dtype=dtype, type=inner)
    out = builder.emit("zeros_like", source.atom)
    stop = apply("size", source, axis=axis).atom
    index = builder.var("", INT)
    place = (*(Slice(None, None, None),) * axis, At(0))
    carried = tuple(builder.var("", atom.type) for atom in (start, out))
    with builder.collect() as body:
        before = Sym(carried[0], builder)
        here, by = (
            apply("getitem", Sym(a, builder), Sym(index, builder), index=place) for a in (source.atom, factor.atom)
        )
        total = add(here, before) if backward else add(here, apply("mul", by, before))
        onward = apply("mul", total, by) if backward else total
        stored = builder.store(carried[1], place, (index,), total.atom)
    results = tuple(builder.var("", atom.type) for atom in (start, out))
    inner_block = Block(tuple(body), (onward.atom, stored))
    bounds = (constant_atom(0), stop, constant_atom(1))
    loop = For(index, *bounds, carried, (start, out), inner_block, results, backward=backward, origin=builder.origin)
    builder.append(loop)
    return Sym(results[1], builder)


# How these are called


def as_array(x: Any) -> Sym:
    """What is reduced: an array or a number, or what a list of them makes."""
    from gradgen.rules.creation import as_array

    made = as_array(x)
    return made if isinstance(made, Sym) else apply("identity", made)


def chosen_axis(axis: Any, x: Sym) -> Any:
    """`axis` as the user gave it, checked; lists as tuples."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    if x.is_array:
        axes_of(axis, x.ndim)
        return axis
    if axis not in (None, (), 0, -1):
        raise UnsupportedValue(f"axis {axis} of a number")
    return None


def _refuse(op: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise UnsupportedValue(f"`{name}` of np.{op}", way_out=f"np.{op} without it")


def _selected(x: Sym, mask: Any, neutral: float) -> Sym:
    zero = neutral if is_float(x.type) else int(neutral)
    return apply("where", as_array(mask), x, zero)


def _number_of(mask: Any, x: Sym, axis: Any, keepdims: Any) -> Sym:
    """How many elements of x take part."""
    mask = as_array(mask)
    if dims_of(mask.type) != dims_of(x.type):
        mask = apply("logical_and", mask, apply("ones_like", x, dtype="bool"))
    return _reduce("sum", mask, axis, keepdims)


def in_dtype(x: Sym, dtype: str) -> Sym:
    """x in `dtype`: a count, which is an integer, has widened what it divides."""
    return x if x.dtype == dtype else apply("cast", x, dtype=dtype, weak=False)


def _reduce(op: str, x: Sym, axis: Any, keepdims: Any, **more: Any) -> Sym:
    return apply(op, x, axis=chosen_axis(axis, x), keepdims=bool(keepdims) and x.is_array, **more)


def one_by_one(op: str, x: Sym, axis: Any, keepdims: Any, **more: Any) -> Sym:
    """Along several axes, one after the other, where the derivative is that of one axis."""
    axis = chosen_axis(axis, x)
    if not isinstance(axis, tuple):
        return _reduce(op, x, axis, keepdims, **more)
    axes = axes_of(axis, x.ndim)
    for a in reversed(axes):
        x = apply(op, x, axis=a, keepdims=bool(keepdims))
    return x if axes else apply("copy", x)


def _as_dtype(x: Sym, dtype: Any) -> Sym:
    from gradgen.rules.creation import dtype_name

    name = None if dtype is None else dtype_name(dtype)
    return x if name is None or name == x.dtype else apply("cast", x, dtype=name, weak=False)


@caller(np.sum, method="sum")
def sum_call(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    _refuse("sum", out=out)
    x = _as_dtype(as_array(a), dtype)
    x = x if where is None else _selected(x, where, 0.0)
    total = _reduce("sum", x, axis, keepdims)
    return total if initial is None else apply("add", total, initial)


@caller(np.prod, method="prod")
def prod_call(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
    _refuse("prod", out=out)
    x = _as_dtype(as_array(a), dtype)
    x = x if where is None else _selected(x, where, 1.0)
    total = one_by_one("prod", x, axis, keepdims)
    return total if initial is None else apply("mul", total, initial)


@caller(np.mean, method="mean")
def mean_call(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    _refuse("mean", out=out)
    x = _as_dtype(as_array(a), dtype)
    if where is None:
        return _reduce("mean", x, axis, keepdims)
    total = _reduce("sum", _selected(x, where, 0.0), axis, keepdims)
    return in_dtype(total / _number_of(where, x, axis, keepdims), averaged(x.dtype))


def _extreme(op: str, pairwise: str, *callables: Any):
    @caller(*callables, method=op)
    def build(a, axis=None, out=None, keepdims=False, initial=None, where=None):
        _refuse(op, out=out)
        x = as_array(a)
        if where is not None:
            if initial is None:
                raise UnsupportedValue(f"`where` of np.{op} without `initial`", way_out="`initial`, as NumPy asks")
            x = apply("where", as_array(where), x, initial)
        best = one_by_one(op, x, axis, keepdims)
        return best if initial is None else apply(pairwise, best, initial)


_extreme("max", "maximum", np.max, np.amax)
_extreme("min", "minimum", np.min, np.amin)


@caller(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    _refuse("ptp", out=out)
    x = as_array(a)
    return apply("sub", one_by_one("max", x, axis, keepdims), one_by_one("min", x, axis, keepdims))


def _truth(op: str, function: Any):
    @caller(function, method=op)
    def build(a, axis=None, out=None, keepdims=False, *, where=None):
        _refuse(op, out=out)
        x = as_array(a)
        x = x if where is None else apply("where", as_array(where), apply("ne", x, 0), op == "all")
        return _reduce(op, x, axis, keepdims)


_truth("any", np.any)
_truth("all", np.all)


def _place(op: str, function: Any):
    @caller(function, method=op)
    def build(a, axis=None, out=None, *, keepdims=False):
        _refuse(op, out=out)
        return _reduce(op, as_array(a), axis, keepdims)


_place("argmax", np.argmax)
_place("argmin", np.argmin)


@caller(np.count_nonzero)
def count_nonzero(a, axis=None, *, keepdims=False):
    return _reduce("count_nonzero", as_array(a), axis, keepdims)


def _spread(op: str, function: Any):
    @caller(function, method=op)
    def build(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None, mean=None, correction=None):
        _refuse(op, out=out)
        x = _as_dtype(as_array(a), dtype)
        ddof = static(ddof if correction is None else correction, "`ddof`")
        if where is None and mean is None:
            return _reduce(op, x, axis, keepdims, ddof=ddof)
        return _spread_of_some(op, x, axis, keepdims, ddof, where, mean)


def _spread_of_some(op: str, x: Sym, axis: Any, keepdims: Any, ddof: Any, where: Any, mean: Any) -> Sym:
    """From the mean that is given, of the elements that take part."""
    if is_complex(x.type) or not x.is_array:
        raise UnsupportedValue(
            f"`where` or `mean` of np.{op} of a number, or of complex numbers", way_out="np.mean of the squares"
        )
    centre = mean_call(x, axis, keepdims=True, where=where) if mean is None else as_array(mean)
    distance = x - centre
    distance = distance if where is None else _selected(distance, where, 0.0)
    number = count(x, axis) if where is None else _number_of(where, x, axis, keepdims)
    free = number - ddof if ddof else number
    dtype = averaged(x.dtype)
    if op == "var":
        return in_dtype(_reduce("sum", apply("square", distance), axis, keepdims) / free, dtype)
    return in_dtype(_reduce("norm", distance, axis, keepdims) / apply("sqrt", free), dtype)


_spread("var", np.var)
_spread("std", np.std)


def _running(op: str, function: Any):
    @caller(function, method=op)
    def build(a, axis=None, dtype=None, out=None):
        _refuse(op, out=out)
        x = _as_dtype(as_array(a), dtype)
        x = x if x.is_array else apply("reshape", x, 1)
        return apply(op, x, axis=None if axis is None else static(axis, "the axis"))


_running("cumsum", np.cumsum)
_running("cumprod", np.cumprod)


@caller(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    x = as_array(a)
    if weights is None:
        mean = _reduce("mean", x, axis, keepdims)
        number = apply("cast", count(x, axis), dtype=mean.dtype, weak=False)
        return (mean, _repeated(number, mean)) if returned else mean
    w = _weights(as_array(weights), x, axis)
    total = _reduce("sum", w, axis, keepdims)
    mean = _reduce("sum", apply("mul", x, w), axis, keepdims) / total
    return (mean, _repeated(total, mean)) if returned else mean


def _weights(w: Sym, x: Sym, axis: Any) -> Sym:
    """Weights of the axes that are reduced, in their order, with the others as 1."""
    if w.ndim == x.ndim:
        return w
    axes = (axis,) if isinstance(axis, int) else tuple(axis or ())
    places = [a % x.ndim for a in axes if axes_of(a, x.ndim)]
    if w.ndim != len(places):
        raise UnsupportedValue(
            "the weights of np.average need the shape of the array, or that of the axes", way_out="np.broadcast_to"
        )
    order = tuple(sorted(range(len(places)), key=places.__getitem__))
    w = w if order == tuple(range(len(places))) else apply("transpose", w, axes=order)
    new = tuple(k for k in range(x.ndim) if k not in places)
    return apply("expand_dims", w, axis=new)


def _repeated(total: Sym, mean: Sym) -> Sym:
    """The sum of the weights, for each mean."""
    return apply("copy", apply("expand", total, mean)) if total.ndim < mean.ndim or mean.is_array else total


def _cumulative(op: str, function: Any):
    @caller(function)
    def build(x, *, axis=None, dtype=None, out=None, include_initial=False):
        """Like the scan, of which the neutral element may be the first."""
        _refuse(f"cumulative_{op}", out=out)
        x = _as_dtype(as_array(x), dtype)
        if axis is None and x.ndim > 1:
            raise UnsupportedValue(
                f"np.{function.__name__} of an array of several dimensions needs an axis", way_out="axis="
            )
        axis = 0 if axis is None else axes_of((axis,), x.ndim)[0]
        made = apply(op, x, axis=axis)
        if not static(include_initial, "`include_initial`"):
            return made
        sizes = [1 if k == axis else apply("size", x, axis=k) for k in range(x.ndim)]
        first = apply("zeros" if op == "cumsum" else "ones", *sizes, dtype=made.dtype)
        return apply("concatenate", first, made, axis=axis)


if hasattr(np, "cumulative_sum"):  # NumPy 2.1 and later
    _cumulative("cumsum", np.cumulative_sum)
    _cumulative("cumprod", np.cumulative_prod)


@caller(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Each two neighbours' mean over the distance between their places."""
    values = as_array(y)
    axis = axes_of((axis,), values.ndim)[0]
    pairs = _along(values, axis, Slice(1, None, None)) + _along(values, axis, Slice(None, -1, None))
    if x is None:
        return _reduce("sum", pairs, axis, False) * dx / 2.0
    places = as_array(x)
    along = 0 if places.ndim == 1 else axis
    widths = _along(places, along, Slice(1, None, None)) - _along(places, along, Slice(None, -1, None))
    if places.ndim == 1 and axis < values.ndim - 1:
        widths = apply("expand_dims", widths, axis=tuple(range(1, values.ndim - axis)))
    return _reduce("sum", widths * pairs, axis, False) / 2.0
