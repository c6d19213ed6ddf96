"""Windows that slide along an axis, and sums of an axis' segments: places that overlap, or follow one another."""

from __future__ import annotations

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import Slice
from gradgen.rules.checks import forbid
from gradgen.rules.creation import as_array
from gradgen.rules.quantiles import array_of
from gradgen.rules.shape import moveaxis
from gradgen.rules.splitting import gathered
from gradgen.rules.symbols import Sym, apply, static
from gradgen.rules.table import caller


@caller(np.lib.stride_tricks.sliding_window_view, spelling="np.lib.stride_tricks.sliding_window_view")
def sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    """The windows' axes come last. What NumPy gives is a view: none of both can be changed afterwards."""
    if writeable:
        raise UnsupportedValue("windows that can be written into", way_out="indices, and stores into the array")
    made = array_of(x, "sliding_window_view")
    sizes = window_shape if isinstance(window_shape, tuple | list) else (window_shape,)
    axes = tuple(range(made.ndim)) if axis is None else static(axis, "the axis")
    axes = axes if isinstance(axes, tuple | list) else (axes,)
    if len(sizes) != len(axes):
        raise UnsupportedValue(f"{len(sizes)} sizes of windows along {len(axes)} axes", way_out="one for each axis")
    rank = made.ndim
    for size, given in zip(sizes, axes, strict=True):
        along = given % rank
        length = apply("size", made, axis=along)
        forbid(apply("gt", size, length), "ValueError", "a window is longer than the axis")
        first = apply("arange", 0, length - size + 1, 1)
        inside = apply("arange", 0, size, 1)
        made = gathered(made, apply("expand_dims", first, axis=(1,)) + inside, along)
        made = made if along == made.ndim - 2 else moveaxis(made, along + 1, -1)
    return made


@caller(np.add.reduceat, spelling="np.add.reduceat")
def add_reduceat(array, indices, axis=0, dtype=None, out=None):
    """The sum from each index up to the next one, or the element there where the next one is not larger."""
    x, first = array_of(array, "np.add.reduceat"), as_array(indices)
    first = first if isinstance(first, Sym) else apply("identity", first)
    if x.ndim != 1 or first.ndim != 1 or dtype is not None or out is not None:
        raise UnsupportedValue("`np.add.reduceat` of other than a vector and its indices", way_out="np.add.at")
    forbid(apply("any", first < 0, axis=None, keepdims=False), "IndexError", "an index of np.add.reduceat is negative")
    size, count = apply("size", x, axis=0), apply("size", first, axis=0)
    following = apply("getitem", first, index=(Slice(1, None, None),))
    behind = apply("concatenate", following, apply("full", 1, size, dtype="int64"), axis=0)
    lengths = apply("maximum", behind - first, 1)
    segment = apply("repeat", apply("arange", 0, count, 1), lengths)
    before = apply("cumsum", lengths, axis=0) - lengths
    shift = gathered(first - before, segment, 0)
    places = apply("arange", 0, apply("size", segment, axis=0), 1) + shift
    return apply("bincount", segment, gathered(x, places, 0), count)
