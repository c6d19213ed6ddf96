"""Differences, interpolation, convolution and polynomials: what works along the order of the elements."""

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
    Dim,
    Scalar,
    Slice,
    Type,
    common_dtype,
    constant_dim,
    dims_of,
    with_dims,
)
from gradgen.rules.build import constant_atom
from gradgen.rules.checks import forbid
from gradgen.rules.creation import as_array
from gradgen.rules.reductions import axes_of
from gradgen.rules.shape import flat, shape_of
from gradgen.rules.splitting import gathered, piece
from gradgen.rules.symbols import Sym, apply, known, sub, using, where
from gradgen.rules.table import caller, floating, general

# Differences


@caller(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    """a[1:] - a[:-1] along an axis, n times."""
    x = as_array(a)
    if n < 0:
        raise UnsupportedValue(f"order must be non-negative but got {n}")
    if n == 0:
        return x
    along = axes_of(axis, x.ndim)[0]
    ends = [_end(x, value, along) for value in (prepend, append)]
    if ends != [None, None]:
        x = apply("concatenate", *(part for part in (ends[0], x, ends[1]) if part is not None), axis=along)
    for _ in range(n):
        op = "ne" if x.dtype == "bool" else "sub"
        x = apply(op, piece(x, along, 1, None), piece(x, along, None, -1))
    return x


def _end(x: Sym, value: Any, axis: int) -> Sym | None:
    """What is put before or after x: a number stands for one element of that value at each place."""
    if value is None:
        return None
    made = as_array(value)
    if isinstance(made, Sym) and made.is_array:
        return made
    shape = shape_of(x)
    shape[axis] = 1
    dtype = (
        made.dtype if isinstance(made, Sym) else common_dtype([x.type, Scalar(np.asarray(made).dtype.name, True)])[0]
    )
    return apply("full", *shape, made, dtype=dtype)


@caller(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    x = as_array(ary)
    x = x if isinstance(x, Sym) and x.ndim == 1 else flat(x)
    made = apply("sub", piece(x, 0, 1, None), piece(x, 0, None, -1))
    ends = [None if end is None else _row(as_array(end)) for end in (to_begin, to_end)]
    if ends == [None, None]:
        return made
    return apply("concatenate", *(part for part in (ends[0], made, ends[1]) if part is not None), axis=0)


def _row(x: Any) -> Sym:
    return x if isinstance(x, Sym) and x.ndim == 1 else flat(x)


@caller(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """Central differences, and one-sided ones at the ends."""
    x = as_array(f)
    if not x.dtype.startswith(("float", "complex")):
        x = apply("cast", x, dtype="float64", weak=False)
    axes = [
        axes_of(a, x.ndim)[0] for a in (range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,))
    ]
    spacings = list(varargs) if len(varargs) > 1 else [varargs[0] if varargs else 1.0] * len(axes)
    if len(spacings) != len(axes):
        raise UnsupportedValue("np.gradient takes one spacing, or one for each axis")
    if edge_order not in (1, 2):
        raise UnsupportedValue("'edge_order' greater than 2 not supported")
    made = []
    for along, spacing in zip(axes, spacings, strict=True):
        forbid(shape_of(x)[along] < edge_order + 1, "ValueError", "Shape of array too small for np.gradient")
        step = as_array(spacing)
        places = isinstance(step, Sym) and step.is_array
        slope = _along_places if places else _in_steps
        made.append(slope(x, step, along, edge_order))
    return made[0] if len(made) == 1 and (axis is not None or x.ndim == 1) else tuple(made)


def _in_steps(x: Sym, h: Any, axis: int, edge_order: int) -> Sym:
    def at(k: int) -> Sym:
        return gathered(x, k, axis)

    inner = (piece(x, axis, 2, None) - piece(x, axis, None, -2)) / (2.0 * h)
    if edge_order == 1:
        return _filled(x, axis, inner, (at(1) - at(0)) / h, (at(-1) - at(-2)) / h)
    first = (-1.5 / h) * at(0) + (2.0 / h) * at(1) + (-0.5 / h) * at(2)
    last = (0.5 / h) * at(-3) + (-2.0 / h) * at(-2) + (1.5 / h) * at(-1)
    return _filled(x, axis, inner, first, last)


def _filled(x: Sym, axis: int, inner: Sym, first: Sym, last: Sym) -> Sym:
    """An array like x of what stands at its ends along an axis, and between them."""
    builder, before = x.builder, (ALL,) * axis
    out: Atom = builder.emit("empty_like", x.atom)
    for entry, value in ((Slice(1, -1, None), inner), (0, first), (-1, last)):
        out = builder.store(out, (*before, entry), (), value.atom)
    return Sym(out, builder)


def _along_places(x: Sym, places: Sym, axis: int, edge_order: int) -> Sym:
    """Where the elements are not equally far apart: `places` are their coordinates."""
    if places.ndim != 1:
        raise UnsupportedType("np.gradient takes the coordinates of an axis in a vector")
    if not places.dtype.startswith("float"):
        places = apply("cast", places, dtype="float64", weak=False)
    if dims_of(places.type)[0] != dims_of(x.type)[axis]:
        differs = apply("ne", apply("size", places, axis=0), apply("size", x, axis=axis))
        forbid(differs, "ValueError", "distances must match the length of the corresponding dimension")
    gaps = apply("sub", piece(places, 0, 1, None), piece(places, 0, None, -1))

    def at(k: int) -> Sym:
        return gathered(x, k, axis)

    def wide(part: Sym) -> Sym:
        """Gaps in the shape in which they broadcast against x."""
        later = tuple(range(1, x.ndim - axis))
        return apply("expand_dims", part, axis=later) if later else part

    low, high = wide(piece(gaps, 0, None, -1)), wide(piece(gaps, 0, 1, None))
    inner = (
        -high / (low * (low + high)) * piece(x, axis, None, -2)
        + (high - low) / (low * high) * piece(x, axis, 1, -1)
        + low / (high * (low + high)) * piece(x, axis, 2, None)
    )
    one, end = gathered(gaps, 0, 0), gathered(gaps, -1, 0)
    if edge_order == 1:
        return _filled(x, axis, inner, (at(1) - at(0)) / one, (at(-1) - at(-2)) / end)
    two, before = gathered(gaps, 1, 0), gathered(gaps, -2, 0)
    first = (
        -(2.0 * one + two) / (one * (one + two)) * at(0)
        + (one + two) / (one * two) * at(1)
        - one / (two * (one + two)) * at(2)
    )
    last = (
        end / (before * (before + end)) * at(-3)
        - (end + before) / (before * end) * at(-2)
        + (2.0 * end + before) / (end * (before + end)) * at(-1)
    )
    return _filled(x, axis, inner, first, last)


# Convolution


def convolved(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """full: n + m - 1 elements; same: as many as the longer has; valid: those where both overlap wholly."""
    types = [arg.type for arg in args]
    n, m = (dims_of(type)[0] for type in types)
    dtype, _ = common_dtype(types)
    mode = params.get("mode", "full")
    if n.constant is not None and m.constant is not None:
        low, high = sorted((n.constant, m.constant))
        size = constant_dim({"full": low + high - 1, "same": high, "valid": high - low + 1}[mode])
    elif n == m:
        size = {"same": n, "valid": ONE}.get(mode) or Dim(f"full({n},{m})", many=n.never_one)
    else:
        fixed, other = (n, m) if n.constant is not None else (m, n)
        known_sum = mode == "full" and fixed.constant is not None
        size = other.shifted(fixed.offset - 1) if known_sum else _of_both(mode, n, m)
    return Array(dtype, (size,))


def _of_both(mode: str, n: Dim, m: Dim) -> Dim:
    """Neither is empty, so that the sum less 1, or the larger, is 1 only where both are."""
    return Dim(f"{mode}({n},{m})", many=mode != "valid" and (n.never_one or m.never_one))


def _whole(g: Sym, a: Sym, v: Sym, mode: str, turned: bool = False) -> Sym:
    """g with zeros where `mode` left elements of the full result out. `turned`: correlate counts from the other end
    where the first operand is the shorter one."""
    if mode == "full":
        return g
    n, m = (shape_of(x)[0] for x in (a, v))
    if isinstance(n, int) and isinstance(m, int):
        short = min(n, m)
        if mode == "valid":
            return apply("pad", g, short - 1, short - 1)
        first = short // 2 if turned and n < m else (short - 1) // 2
        return apply("pad", g, first, short - 1 - first)
    same_size = dims_of(a.type) == dims_of(v.type)
    rest = apply("sub", n if same_size else apply("minimum", n, m), 1)
    if mode == "valid":
        return apply("pad", g, rest, rest)
    before = apply("floordiv", rest, 2)
    if turned and not same_size:
        before = where(apply("lt", n, m), apply("sub", rest, before), before)
    return apply("pad", g, before, apply("sub", rest, before))


def _bilinear_tangent(op: str):
    def tangent(y, args, tangents, *, mode="full"):
        (a, v), (da, dv) = args, tangents
        parts = [] if da is None else [apply(op, da, v, mode=mode)]
        parts += [] if dv is None else [apply(op, a, dv, mode=mode)]
        return parts[0] if len(parts) == 1 else parts[0] + parts[1]

    return tangent


@general("convolve", type=convolved, tangent=_bilinear_tangent("convolve"), cost=100)
def convolve(g, y, a, v, *, mode="full"):
    """y[k] = sum of a[i] v[k - i]"""
    whole = _whole(g, a, v, mode)
    return _as_long_as(a, "correlate", whole, v), _as_long_as(v, "correlate", whole, a)


@general("correlate", type=convolved, tangent=_bilinear_tangent("correlate"), cost=100)
def correlate(g, y, a, v, *, mode="full"):
    """y[k] = sum of a[i + k] v[i], counted from where the first element of a meets the last of v"""
    whole = _whole(g, a, v, mode, turned=True)
    return _as_long_as(a, "convolve", whole, v), apply("flip", _as_long_as(v, "correlate", whole, a))


def _as_long_as(like: Sym, op: str, whole: Sym, other: Sym) -> Sym:
    """Where `whole`, of n + m - 1 elements, overlaps the m of `other` wholly: n elements, as `like` has."""
    type = Array(whole.dtype, dims_of(like.type))
    return Sym(whole.builder.emit(op, whole.atom, other.atom, type=type, mode="valid"), whole.builder)


def _convolution(op: str, function: Any):
    def build(a, v, mode="full"):
        a, v = (x if isinstance(x, Sym) and x.is_array else flat(x) for x in map(as_array, (a, v)))
        if mode not in ("full", "same", "valid"):
            raise UnsupportedValue(f"mode={mode!r}", way_out='"full", "same" or "valid"')
        if any(x.ndim != 1 or x.dtype.startswith("complex") for x in (a, v)):
            raise UnsupportedType(f"np.{op} takes two real vectors")
        return apply(op, a, v, **({} if mode == "full" else {"mode": mode}))

    return build


caller(np.convolve)(_convolution("convolve", np.convolve))


@caller(np.correlate)
def correlate_call(a, v, mode="valid"):
    return _convolution("correlate", np.correlate)(a, v, mode)


# Interpolation


def interpolated(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims("float64", dims_of(args[0].type))


def _segment(x: Sym, xp: Sym, fp: Sym) -> tuple[Sym, Sym, Sym, Sym]:
    """The numbers of the points to the left and the right of x, how far x is between them, and the slope there.

    Outside the points, x is wholly at the first or the last. At a point the segment is the one to its right.
    """
    last = apply("sub", apply("size", xp, axis=0), 1)
    right = apply("minimum", apply("maximum", apply("searchsorted", xp, x, side="right"), 1), last)
    left = apply("maximum", apply("sub", right, 1), 0)
    gap = gathered(xp, right, 0) - gathered(xp, left, 0)
    gap = where(gap.equals(0), 1.0, gap)
    share = apply("minimum", apply("maximum", (x - gathered(xp, left, 0)) / gap, 0.0), 1.0)
    return left, right, share, (gathered(fp, right, 0) - gathered(fp, left, 0)) / gap


def _outside(x: Sym, xp: Sym) -> tuple[Sym, Sym]:
    return x < gathered(xp, 0, 0), x > gathered(xp, -1, 0)


def _interp_tangent(y, args, tangents, **params):
    x, xp, fp, *ends = args
    dx, dxp, dfp, *dends = tangents
    left, right, share, slope = _segment(x, xp, fp)
    below, above = _outside(x, xp)
    beyond = apply("logical_or", below, above)
    total: Any = 0.0
    if dx is not None:
        total = total + where(beyond, 0.0, slope * dx)
    if dxp is not None:
        moved = (1 - share) * gathered(dxp, left, 0) + share * gathered(dxp, right, 0)
        total = total - where(beyond, 0.0, slope * moved)
    if dfp is not None:
        part = (1 - share) * gathered(dfp, left, 0) + share * gathered(dfp, right, 0)
        total = total + (where(beyond, 0.0, part) if ends else part)
    for side, tangent in zip((below, above), dends, strict=False):
        total = total if tangent is None else total + where(side, tangent, 0.0)
    return total


@general("interp", type=interpolated, tangent=_interp_tangent, cost=50)
def interp(g, y, x, xp, fp, *ends):
    """Beyond the points the value is that of the nearest, or of `ends`, whatever x is."""
    left, right, share, slope = _segment(x, xp, fp)
    below, above = _outside(x, xp)
    beyond = apply("logical_or", below, above)
    inside = where(beyond, 0.0, slope * g)
    of_values = where(beyond, 0.0, g) if ends else g
    to_ends = tuple(where(side, g, 0.0) for side in (below, above)[: len(ends)])
    return inside, _shared(xp, left, right, share, -inside), _shared(fp, left, right, share, of_values), *to_ends


def _shared(like: Sym, left: Sym, right: Sym, share: Sym, g: Any) -> Sym:
    """Zeros, to which each of g adds its shares at the two points between which it is."""
    builder = like.builder
    total = builder.emit("zeros_like", like.atom)
    for place, part in ((left, (1 - share) * g), (right, share * g)):
        total = builder.store(total, (At(0),), (place.atom,), part.atom, "add")
    return Sym(total, builder)


@caller(np.interp)
def interp_call(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = (as_array(v) for v in (x, xp, fp))
    if period is not None:
        raise UnsupportedValue("`period` of np.interp", way_out="x % period, and points that cover a period")
    if any(v.ndim != 1 for v in (xp, fp)):
        raise UnsupportedType("np.interp takes its points in vectors")
    if fp.dtype.startswith("complex"):
        raise UnsupportedType("np.interp of complex values", way_out="of the real and the imaginary part")
    if not isinstance(x, Sym):
        x = Sym(constant_atom(x), xp.builder)
    if dims_of(xp.type) != dims_of(fp.type):
        differs = apply("ne", apply("size", xp, axis=0), apply("size", fp, axis=0))
        forbid(differs, "ValueError", "fp and xp are not of the same length.")
    if left is None and right is None:
        return apply("interp", x, xp, fp)
    ends = (gathered(fp, 0, 0) if left is None else left, gathered(fp, -1, 0) if right is None else right)
    return apply("interp", x, xp, fp, *ends)


# Polynomials, the coefficient of the highest power first


def _slope(p: Sym) -> Sym:
    """The coefficients of the derivative."""
    return piece(p, 0, None, -1) * _falling(p, 0)


def _falling(p: Sym, stop: int) -> Sym:
    """The exponents, the highest first."""
    with using(p.builder):
        return apply("arange", sub(shape_of(p)[0], 1), stop, -1)


def _polyval_tangent(y, args, tangents):
    (p, x), (dp, dx) = args, tangents
    parts = [] if dp is None else [apply("polyval", dp, x)]
    parts += [] if dx is None else [apply("polyval", _slope(p), x) * dx]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def evaluated(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    p, x = (arg.type for arg in args)
    dtype, _ = common_dtype([p, x])
    return with_dims(dtype, dims_of(x))


@general("polyval", np.polyval, type=evaluated, tangent=_polyval_tangent, cost=20)
def polyval(g, y, p, x):
    """By each coefficient the power of x that it stands before, by x the polynomial that is the derivative."""
    powers = _falling(p, -1)
    if not x.is_array:
        return apply("pow", x, powers) * g, apply("polyval", _slope(p), x) * g
    column = apply("expand_dims", _row(x), axis=(1,))
    return apply("matmul", _row(g), apply("pow", column, powers)), apply("polyval", _slope(p), x) * g


@caller(np.polyder)
def polyder(p, m=1):
    x = as_array(p)
    for _ in range(m):
        x = _slope(x)
    return x


@caller(np.polyint)
def polyint(p, m=1, k=None):
    x = as_array(p)
    ends = [0.0] * m if k is None else list(k) if isinstance(k, list | tuple) else [k] * m
    for end in ends:
        number = shape_of(x)[0]
        x = apply("concatenate", apply("div", x, apply("arange", number, 0, -1)), flat(as_array(end)), axis=0)
    return x


def _termwise(op: str, function: Any):
    @caller(function)
    def build(a1, a2):
        a, b = (_row(as_array(x)) for x in (a1, a2))
        if dims_of(a.type) == dims_of(b.type):
            return apply(op, a, b)
        n, m = (shape_of(x)[0] for x in (a, b))
        return apply(op, _led(a, n, m), _led(b, m, n))


def _led(p: Sym, own: Any, other: Any) -> Sym:
    """p with zeros before it, up to the length of the other polynomial."""
    if isinstance(own, int) and isinstance(other, int):
        return p if own >= other else apply("pad", p, other - own, 0)
    return apply("pad", p, apply("maximum", apply("sub", other, own), 0), 0)


_termwise("add", np.polyadd)
_termwise("sub", np.polysub)


# Angles


def _unwrap_tangent(y, args, tangents, **params):
    return tangents[0]


@general("unwrap", type=floating, tangent=_unwrap_tangent, cost=10)
def unwrap(g, y, x, *, discont=None, axis=-1, period=None):
    """x and whole periods, whose number varies in steps."""
    return g


@caller(np.unwrap)
def unwrap_call(p, discont=None, axis=-1, *, period=None):
    x = as_array(p)
    axes_of(axis, x.ndim)
    if not x.dtype.startswith("float"):
        raise UnsupportedType("np.unwrap of whole numbers", way_out=".astype(float)")
    given = {"discont": discont, "period": period}
    if any(isinstance(value, Sym) and known(value) is None for value in given.values()):
        raise UnsupportedValue("`discont` and `period` of np.unwrap must be known when the gradient is written")
    more = {name: known(value) for name, value in given.items() if value is not None}
    return apply("unwrap", x, **({} if axis == -1 else {"axis": axis}), **more)
