"""Medians and quantiles: read at one or two elements in the order of a stable sort.

Of equal elements the first in this order has the gradient. A quantile of a continuous method varies with q too.

Not here: weighted quantiles.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import ALL, At, Atom, Slice, Type, dims_of, dtype_of, is_complex, is_float, with_dims
from gradgen.rules.creation import as_array
from gradgen.rules.reductions import averaged, axes_of
from gradgen.rules.shape import moveaxis, ravel_call
from gradgen.rules.sorting import along, sorted_places, upright
from gradgen.rules.symbols import Placed, Sym, add, apply
from gradgen.rules.table import caller, general

Place = tuple[tuple, tuple[Sym, ...]]  # an index and its operands


def without_axis(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dims = list(dims_of(args[0].type))
    del dims[params["axis"]]
    return with_dims(averaged(dtype_of(args[0].type)), tuple(dims))


def read(x: Sym, place: Place) -> Sym:
    index, operands = place
    return apply("getitem", x, *operands, index=index)


# Medians


def middle(x: Sym, axis: int) -> Sym:
    """The places of the one or two elements in the middle of the order of x."""
    n = apply("size", x, axis=axis)
    bounds = apply("floordiv", n - 1, 2), apply("floordiv", n, 2) + 1
    return apply("getitem", sorted_places(x, axis), *bounds, index=(*(ALL,) * axis, Slice(At(0), At(1), None)))


def _median_tangent(y, args, tangents, *, axis):
    (x,), (dx,) = args, tangents
    return apply("mean", read(dx, along(x, middle(x, axis), axis)), axis=axis, keepdims=False)


@general("median", np.median, type=without_axis, tangent=_median_tangent, cost=20)
def median(g, y, x, *, axis):
    """The two elements in the middle have a half each, one alone has all of it."""
    places = middle(x, axis)
    share = g / apply("size", places, axis=axis)
    share = share if x.ndim == 1 else apply("expand_dims", share, axis=(axis,))
    return Placed(share, *along(x, places, axis))


# Quantiles

# Which place, counted from 0, has the quantile q of n elements: q (n + shift) + start. (Hyndman and Fan, 1996)
METHODS = {
    "linear": (-1, 0.0),
    "lower": (-1, 0.0),
    "higher": (-1, 0.0),
    "midpoint": (-1, 0.0),
    "nearest": (-1, 0.0),
    "inverted_cdf": (0, -1.0),
    "averaged_inverted_cdf": (0, -1.0),
    "closest_observation": (0, -1.5),
    "interpolated_inverted_cdf": (0, -1.0),
    "hazen": (0, -0.5),
    "weibull": (1, -1.0),
    "median_unbiased": (1 / 3, -2 / 3),
    "normal_unbiased": (1 / 4, -5 / 8),
}
HALVES = ("midpoint", "averaged_inverted_cdf")
STEPS = ("lower", "higher", "nearest", "inverted_cdf", "closest_observation")


class Neighbours:
    """The elements of x between which its quantiles q along an axis are, and how far from the first to the second.

    They are read at `places`. `share` is a number, or has the axes of what is read; `slope` is how the place moves
    with q.
    """

    def __init__(self, x: Sym, q: Sym, axis: int, method: str):
        self.x, self.q, self.axis = x, q, axis
        n = apply("size", x, axis=axis)
        self.slope: Any = 0 if method in STEPS or method in HALVES else _scale(n, method)
        below, above, self.share = neighbours(q, n, method)
        order = sorted_places(x, axis)
        self.places = [self._place(order, k) for k in (below, above) if k is not None]
        if isinstance(self.share, Sym) and q.ndim:
            self.share = upright(self.share, axis, x.ndim)

    def _place(self, order: Sym, k: Sym) -> Place:
        found = apply("getitem", order, k, index=(*(ALL,) * self.axis, At(0)))
        return along(self.x, found, self.axis)

    def value(self, x: Sym) -> Sym:
        """Between the elements of x at the places."""
        values = [read(x, place) for place in self.places]
        if len(values) == 1:
            return values[0]
        return add(values[0] * (1 - self.share), values[1] * self.share)

    def gap(self) -> Sym:
        low, high = (read(self.x, place) for place in self.places)
        return high - low

    def front(self, y: Sym) -> Sym:
        """What is read, with the axis of the quantiles in front."""
        return moveaxis(y, self.axis, 0) if self.q.ndim and self.axis else y

    def back(self, g: Sym) -> Sym:
        return moveaxis(g, 0, self.axis) if self.q.ndim and self.axis else g


def neighbours(q: Any, n: Sym, method: str) -> tuple[Sym, Sym | None, Any]:
    """The two places of n next to the quantile q, and the share of the second; or one place."""
    scale, start = _scale(n, method), METHODS[method][1]
    at = apply("mul", q, scale)  # a Sym, though q be 0
    below, above, share = _between(at if start == 0 else at - -start, method)
    return _clipped(below, n, method), None if above is None else _clipped(above, n, method), share


def _scale(n: Sym, method: str) -> Sym:
    shift = METHODS[method][0]
    return n - 1 if shift == -1 else n if shift == 0 else n + shift


def _between(at: Sym, method: str) -> tuple[Sym, Sym | None, Any]:
    """As `neighbours`, but perhaps beyond the ends."""
    if method in ("lower", "linear"):
        below = _whole(at)
        return (below, None, None) if method == "lower" else (below, below + 1, at - below)
    if method in ("higher", "inverted_cdf"):
        return _whole(apply("ceil", at)), None, None
    if method == "nearest":
        return _whole(apply("rint", at)), None, None
    floor = apply("floor", at)
    if method == "closest_observation":
        odd = apply("logical_and", apply("eq", at, floor), apply("eq", apply("mod", floor, 2.0), 1.0))
        return _whole(apply("where", odd, floor, floor + 1)), None, None
    if method == "midpoint":
        return _whole(floor), _whole(apply("ceil", at)), 0.5
    if method == "averaged_inverted_cdf":
        return _whole(apply("ceil", at)), _whole(floor) + 1, 0.5
    return _whole(floor), _whole(floor) + 1, at - floor


def _whole(x: Sym) -> Sym:
    return apply("cast", x, dtype="int64", weak=not x.is_array)


def _clipped(k: Sym, n: Sym, method: str) -> Sym:
    k = apply("minimum", k, n - 1)
    return k if METHODS[method][0] == -1 else apply("maximum", k, 0)


def quantile_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x, q = args
    rest = dims_of(without_axis(args, params))
    dtype = averaged(dtype_of(x.type))
    if not getattr(q.type, "weak", False):
        dtype = np.result_type(dtype, dtype_of(q.type)).name
    return with_dims(dtype, (*dims_of(q.type), *rest))


def _quantile_tangent(y, args, tangents, *, axis, method):
    (x, q), (dx, dq) = args, tangents
    near = Neighbours(x, q, axis, method)
    total: Any = 0
    if dx is not None:
        total = near.front(near.value(dx))
    if dq is not None and near.slope != 0:
        total = add(total, _each(dq, y) * near.front(near.gap()) * near.slope)
    return total


def _each(q: Sym, y: Sym) -> Sym:
    """A number for each quantile, beside all that is read for it."""
    return apply("getitem", q, index=(ALL, *(None,) * (y.ndim - 1))) if q.ndim and y.ndim > 1 else q


@general("quantile", np.quantile, type=quantile_type, tangent=_quantile_tangent, cost=20)
def quantile(g, y, x, q, *, axis, method):
    near = Neighbours(x, q, axis, method)
    along_axis = near.back(g)
    shares = (1,) if len(near.places) == 1 else (1 - near.share, near.share)
    return (
        tuple(Placed(along_axis * share, *place) for share, place in zip(shares, near.places, strict=True)),
        _by_q(near, g) if is_float(q.type) else None,
    )


def _by_q(near: Neighbours, g: Sym) -> Any:
    if isinstance(near.slope, int) and near.slope == 0:
        return None
    moved = g * near.front(near.gap())
    if near.q.ndim < moved.ndim:
        moved = apply("sum", moved, axis=tuple(range(near.q.ndim, moved.ndim)), keepdims=False)
    return moved * near.slope


# How these are called


def ordered(a: Any, name: str) -> Sym:
    """Real numbers, integers as float64."""
    x = floats(array_of(a, name))
    if is_complex(x.type):
        raise UnsupportedType(f"`{name}` of complex numbers, which have no order", way_out=f"{name}(np.abs(x))")
    return x


def array_of(a: Any, name: str) -> Sym:
    x = as_array(a)
    if not isinstance(x, Sym) or not x.is_array:
        raise UnsupportedType(f"`{name}` of a number", way_out="np.atleast_1d(x)")
    return x


def floats(x: Sym) -> Sym:
    """Integers as float64."""
    return x if is_float(x.type) else apply("cast", x, dtype="float64", weak=False)


def along_one(x: Sym, axis: Any) -> tuple[Sym, int, tuple[int, ...]]:
    """x with the axes that are reduced made one, this one, and which they were."""
    axes = axes_of(tuple(axis) if isinstance(axis, list) else axis, x.ndim)
    if len(axes) == 1:
        return x, axes[0], axes
    if len(axes) == x.ndim:
        return ravel_call(x), 0, axes
    kept = [k for k in range(x.ndim) if k not in axes]
    moved = apply("transpose", x, axes=(*kept, *axes))
    return apply("reshape", moved, *(apply("size", x, axis=k) for k in kept), -1), len(kept), axes


def kept(y: Sym, axes: tuple[int, ...], keepdims: Any, lead: int = 0) -> Sym:
    """The result with its reduced axes, which come after `lead` others, as 1."""
    if not keepdims:
        return y
    new = tuple(lead + k for k in axes)
    return apply("expand_dims", y, axis=new) if y.is_array else apply("reshape", y, *(1,) * len(axes))


def refused(name: str, **given: Any) -> None:
    instead = {
        "out": f"x[:] = {name}(...)",
        "overwrite_input": "leave it out: a copy is sorted",
        "interpolation": "`method`",
        "weights": "np.interp over the cumulated weights",
    }
    for argument, value in given.items():
        if value is not None and value is not False:
            raise UnsupportedValue(f"`{argument}` of {name}", way_out=instead.get(argument, f"{name} without it"))


@caller(np.median)
def median_call(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    refused("np.median", out=out, overwrite_input=overwrite_input)
    x, one, axes = along_one(ordered(a, "np.median"), axis)
    return kept(apply("median", x, axis=one), axes, keepdims)


def check(name: str, q: Any, method: Any, **given: Any) -> None:
    refused(name, **given)
    if method not in METHODS:
        raise UnsupportedValue(f"method={method!r} of {name}", way_out=f"one of {', '.join(METHODS)}")
    if isinstance(q, Sym) and q.ndim > 1:
        raise UnsupportedValue(f"{name} for an array of quantiles of {q.ndim} dimensions", way_out="a vector of them")


def _interpolated(name: str, function: Any, share: Any) -> None:
    """`share`: what of 1 an argument q stands for."""

    @caller(function)
    def build(
        a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None,
        interpolation=None,
    ):  # fmt: skip
        given = {"out": out, "overwrite_input": overwrite_input, "weights": weights, "interpolation": interpolation}
        q = share(as_array(q))
        check(name, q, method, **given)
        x, one, axes = along_one(ordered(a, name), axis)
        lead = q.ndim if isinstance(q, Sym) else 0
        return kept(apply("quantile", x, q, axis=one, method=method), axes, keepdims, lead)


def hundredth(q: Any) -> Any:
    return apply("div", q, 100) if isinstance(q, Sym) else q / 100


_interpolated("np.quantile", np.quantile, lambda q: q)
_interpolated("np.percentile", np.percentile, hundredth)
