"""np.pad: a constant around an array is an operation of its own, the modes that repeat elements read them by index.

The median has no derivative here, and neither have the odd reflections.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import Array, Atom, Const, Dim, Type, dims_of
from gradgen.rules.build import dim_of
from gradgen.rules.creation import as_array
from gradgen.rules.shape import shape_of
from gradgen.rules.splitting import gathered, piece, positions
from gradgen.rules.symbols import Sym, apply, is_zero, known
from gradgen.rules.table import caller, constant, general

REPEATING = ("edge", "reflect", "symmetric", "wrap")
Pairs = list[tuple[Any, Any]]


def wider(dim: Dim, before: Atom, after: Atom) -> Dim:
    """The size of an axis with so many elements more at its ends."""
    left, right = known_width(before), known_width(after)
    if left is not None and right is not None:
        return dim.shifted(left + right)
    return Dim(f"pad({dim},{before},{after})")


def known_width(width: Atom) -> int | None:
    return dim_of(width).constant if isinstance(width, Const) else None


def padded(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """The widths come axis by axis, before and after."""
    x, *widths = args
    assert isinstance(x.type, Array)
    pairs = zip(widths[::2], widths[1::2], strict=True)
    return Array(x.type.dtype, tuple(wider(dim, *pair) for dim, pair in zip(x.type.dims, pairs, strict=True)))


def _pad_tangent(y, args, tangents, *, value=0):
    return apply("pad", tangents[0], *args[1:])


@general("pad", np.pad, type=padded, tangent=_pad_tangent, cost=1)
def pad(g, y, x, *widths, value=0):
    """g without what was put around."""
    for axis in range(x.ndim):
        before, after = widths[2 * axis : 2 * axis + 2]
        if not (is_zero(before) and is_zero(after)):
            start = None if is_zero(before) else known(before) if known(before) is not None else before
            g = piece(g, axis, start, _end(g, axis, after))
    return g


def _end(x: Sym, axis: int, after: Sym) -> Any:
    """Where the last `after` elements begin."""
    if is_zero(after):
        return None
    width = known(after)
    return -width if width is not None else apply("sub", apply("size", x, axis=axis), after)


def extended(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array("int64", (wider(dims_of(args[0].type)[0], args[1], args[2]),))


# The index of the element that stands at each place: `np.pad(np.arange(n), (before, after), mode=...)`.
constant("pad_index", type=extended)


# How it is called


@caller(np.pad)
def pad_call(
    array, pad_width, mode="constant", *, constant_values=0, end_values=0, stat_length=None, reflect_type="even"
):
    x = as_array(array)
    widths = _by_axis(pad_width, x.ndim, "pad_width")
    if any(not isinstance(width, int) and not _is_whole(width) for pair in widths for width in pair):
        raise UnsupportedType("`pad_width` must be of integral type", way_out="int(...)")
    if mode == "constant":
        return _with_constants(x, widths, constant_values)
    if mode == "empty":
        return _with_constants(x, widths, 0)
    if reflect_type != "even" and mode in ("reflect", "symmetric"):
        raise UnsupportedValue("np.pad with an odd reflection", way_out='reflect_type="even"')
    ends = _by_axis(end_values, x.ndim, "end_values")
    lengths = [(None, None)] * x.ndim if stat_length is None else _by_axis(stat_length, x.ndim, "stat_length")
    for axis in range(x.ndim):
        if widths[axis] == (0, 0):
            continue
        if mode in REPEATING:
            x = gathered(x, apply("pad_index", positions(x, axis), *widths[axis], mode=mode), axis)
        elif mode == "linear_ramp":
            x = _between(x, axis, [_ramp(x, axis, side, *pair) for side, pair in _sides(widths, ends, axis)])
        elif mode in STATISTICS:
            x = _between(
                x, axis, [_statistic(x, axis, side, *pair, mode) for side, pair in _sides(widths, lengths, axis)]
            )
        else:
            raise UnsupportedValue(f"mode={mode!r} of np.pad", way_out='"constant", "edge", "reflect" or "wrap"')
    return x


def _is_whole(width: Any) -> bool:
    return isinstance(width, Sym) and width.dtype.startswith(("int", "uint"))


def _by_axis(given: Any, ndim: int, name: str) -> Pairs:
    """A number, a pair or a pair for each axis, as NumPy takes them, as pairs."""
    if isinstance(given, dict):
        raise UnsupportedType(f"{name} by axis in a dict", way_out="a pair for each axis")
    if isinstance(given, Sym) and given.is_array:
        raise UnsupportedType(f"{name} in an array", way_out="numbers, or pairs of them")
    if not isinstance(given, list | tuple):
        return [(given, given)] * ndim
    rows = [tuple(row) if isinstance(row, list | tuple) else row for row in given]
    if not any(isinstance(row, tuple) for row in rows):
        if len(rows) not in (1, 2):
            raise UnsupportedValue(f"{name} is a number, a pair, or a pair for each axis")
        return [(rows[0], rows[-1])] * ndim
    if any(not isinstance(row, tuple) or len(row) not in (1, 2) for row in rows) or len(rows) not in (1, ndim):
        raise UnsupportedValue(f"{name} is a number, a pair, or a pair for each axis")
    pairs = [(row[0], row[-1]) for row in rows]
    return pairs if len(pairs) == ndim else pairs * ndim


def _sides(widths: Pairs, values: Pairs, axis: int) -> list[tuple[int, tuple[Any, Any]]]:
    return [(side, (widths[axis][side], values[axis][side])) for side in (0, 1)]


def _between(x: Sym, axis: int, ends: list[Sym]) -> Sym:
    return apply("concatenate", ends[0], x, ends[1], axis=axis)


def _with_constants(x: Sym, widths: Pairs, values: Any) -> Sym:
    pairs = _by_axis(values, x.ndim, "constant_values")
    first = pairs[0][0]
    if all(_same(value, first) for pair in pairs for value in pair) and known(first) is not None:
        value = np.dtype(x.dtype).type(known(first)).item()
        given = [width for pair in widths for width in pair]
        return apply("pad", x, *given, **({} if value == 0 else {"value": value}))
    for axis in range(x.ndim):
        shape = shape_of(x)
        ends = []
        for width, value in zip(widths[axis], pairs[axis], strict=True):
            ends.append(apply("full", *shape[:axis], width, *shape[axis + 1 :], value, dtype=x.dtype))
        x = _between(x, axis, ends)
    return x


def _same(a: Any, b: Any) -> bool:
    return known(a) is not None and known(a) == known(b)


def _edge(x: Sym, axis: int, side: int) -> Sym:
    return piece(x, axis, *((-1, None) if side else (None, 1)))


def _ramp(x: Sym, axis: int, side: int, width: Any, end: Any) -> Sym:
    """In equal steps from `end` to the element at the edge, which is not repeated."""
    steps = apply("arange", 0, width, 1)
    for after in range(x.ndim - 1 - axis):
        steps = apply("expand_dims", steps, axis=(after + 1,))
    if not x.dtype.startswith("float"):
        raise UnsupportedType("np.pad with ramps of whole numbers", way_out=".astype(float)")
    edge = _edge(x, axis, side)
    number = max(width, 1) if isinstance(width, int) else apply("maximum", width, 1)
    ramp = steps * ((edge - end) / number) + end
    return apply("flip", ramp, axis=axis) if side else ramp


STATISTICS = {"mean": "mean", "maximum": "max", "minimum": "min"}


def _statistic(x: Sym, axis: int, side: int, width: Any, length: Any, mode: str) -> Sym:
    """The mean or extreme of the elements next to the edge, or of all along the axis."""
    shape = shape_of(x)
    if length is None or (isinstance(length, int) and isinstance(shape[axis], int) and length >= shape[axis]):
        near = x
    elif side:
        near = piece(x, axis, apply("maximum", apply("sub", shape[axis], length), 0), None)
    else:
        near = piece(x, axis, None, length)
    value = apply(STATISTICS[mode], near, axis=axis, keepdims=True)
    if value.dtype != x.dtype:
        raise UnsupportedType("np.pad with means of whole numbers", way_out=".astype(float)")
    return apply("broadcast_to", value, *shape[:axis], width, *shape[axis + 1 :])
