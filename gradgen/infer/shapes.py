"""What a signature for `jit=True` knows of sizes beyond their class: which are equal, and those of short rows.

Of a solver's matrix and its vector, taken one by one, `l[i, :i]` and `x[:i]` may be of different sizes, and one of them
of size 1. So sizes that are equal in the call are one size in the signature, and so are whole numbers that are
such a size and not small; and a size that is a few more or less than another one, as on grids with a margin, is that
many more or less. And of arrays of rows, such as points in three dimensions, the size of a row that is shorter than the
array, or at most 4, is a number: a loop over it is then written out, and the loop around it, the long one, is
vectorised. Of stacks of rows, any size below 16 but the first axis's is: an LSTM over ten characters, whose weights are
eight rows of 14, takes two thirds of the time. So is the size of a vector of up to 8 beside an axis of 16 and more: a
polynomial's eight coefficients, fitted to many points, take an eighth of the time, a mixture of five components three
fifths. And that of very many rows, up to 64: LLVM takes a row of 20 as two vectors of eight and one of four, where it
would else be ready for any size first; the nearest of 25 centres of each of many points in 20 dimensions takes nine
tenths of the time, and so does a mixture of such.

>>> import numpy as np
>>> from gradgen.infer.signature import signature, types_of
>>> values = {"n": 20, "l": np.ones((20, 20)), "x": np.ones(22), "points": np.ones((100, 3)), "weights": np.ones(3)}
>>> values |= {"layers": np.ones((2, 4, 14)), "many": np.ones((240, 30)), "some": np.ones((239, 31))}
>>> values["m"] = 30
>>> trees = {name: signature(value, name) for name, value in values.items()}
>>> for name, tree in exact(trees, values).items():
...     print(name, types_of(tree))
n int
l float64[l.0, l.0]
x float64[l.0+2]
points float64[points.0, 3]
weights float64[3]
layers float64[layers.0, 4, 14]
many float64[many.0, 30]
some float64[many.0-1, some.1]
m int
>>> types_of(exact(trees, values)["n"]).extent
Dim(l.0)
>>> types_of(exact(trees, values)["m"]).extent is None
True

Does not decide how many texts for sizes that are equal by chance are worth their compilation (see `target`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gradgen.infer.signature import LARGE, Leaf, children
from gradgen.ir import INT, Array, Dim, constant_dim
from gradgen.ir.interface import Tree

MARGIN = 4  # how many elements more an array may have than another one, to be told by their number
FEW = 8  # of a vector beside longer arrays, such as the coefficients of a polynomial at many places
ROW = 64  # elements of each of many rows
MANY = 8  # times as many rows as these have elements
VECTOR = 4  # the elements of a vector in space, of a small matrix: as many variables


def exact(trees: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The signatures of a call's arguments, with equal sizes named alike and short rows written as numbers."""
    found = [pair for name, tree in trees.items() for pair in _arrays(tree, values[name])]
    rows = ((size, _longest(shape)) for _, shape in found for size in shape[1:])
    known = {size: constant_dim(size) for size, longest in rows if 1 < size <= longest}
    if any(size >= LARGE for _, shape in found for size in shape):
        known |= {shape[0]: constant_dim(shape[0]) for _, shape in found if len(shape) == 1 and 1 < shape[0] <= FEW}
    for dims, shape in found:
        for dim, size in zip(dims, shape, strict=True):
            if size not in known:
                known[size] = _beside(size, {one: named for one, named in known.items() if named not in dims}) or dim
    return {name: _with(known, tree, values[name]) for name, tree in trees.items()}


def _longest(shape: tuple[int, ...]) -> int:
    """The longest rows of an array of this shape whose size is written."""
    if len(shape) > 2:
        return LARGE - 1
    return max(min(shape[0] - 1, LARGE - 1), min(shape[0] // MANY, ROW), VECTOR)


def _beside(size: int, known: Mapping[int, Dim]) -> Dim | None:
    """A size that is not small as one of another array, and a few more or less."""
    near = [one for one, dim in known.items() if abs(size - one) <= MARGIN and dim.least and not dim.offset]
    return known[near[0]].shifted(size - near[0]) if near and size >= LARGE else None


def _arrays(tree: Any, value: Any) -> Iterator[tuple[tuple[Dim, ...], tuple[int, ...]]]:
    if isinstance(tree, Tree):
        for part, item in zip(tree.items, _items(value), strict=True):
            yield from _arrays(part, item)
    elif isinstance(tree, Leaf) and isinstance(tree.type, Array):
        yield tree.type.dims, value.shape


def _with(known: Mapping[int, Dim], tree: Any, value: Any) -> Any:
    if isinstance(tree, Tree):
        items = zip(tree.items, _items(value), strict=True)
        return Tree(tree.kind, tree.keys, tuple(_with(known, part, item) for part, item in items))
    if isinstance(tree, Leaf) and tree.type == INT and tree.kind is int and value >= LARGE and value in known:
        return tree if known[value].constant else replace(tree, type=replace(INT, extent=known[value]))
    if not isinstance(tree, Leaf) or not isinstance(tree.type, Array):
        return tree
    return replace(tree, type=Array(tree.type.dtype, tuple(known[size] for size in value.shape)))


def _items(value: Any) -> tuple[Any, ...]:
    parts = children(value)
    assert parts is not None
    return parts[2]
