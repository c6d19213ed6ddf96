"""Arguments of a call that are equally long: one name for their sizes, so that none are compared at run time.

A solver's matrix has as many rows as its vector has elements, and the number of them may be passed as well. Taken one
by one, `l[i, :i]` and `x[:i]` may be of different sizes, and one of them of size 1. Sizes of the large class that are
equal are taken for the same, and so are whole numbers that are such a size; a call is asked whether they are.

>>> import numpy as np
>>> from gradgen.infer.signature import signature, types_of
>>> values = {"n": 20, "l": np.ones((20, 20)), "x": np.ones(20), "y": np.ones(21)}
>>> made = with_equal_sizes({name: signature(value, name) for name, value in values.items()}, values)
>>> for name, tree in made.items():
...     print(name, types_of(tree))
n int
l float64[l.0, l.0]
x float64[l.0]
y float64[y.0]
>>> types_of(made["n"]).extent
Dim(l.0)

Small sizes are left alone: they are often equal by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gradgen.infer.signature import LARGE, Leaf, children
from gradgen.ir import INT, Array, Dim
from gradgen.ir.interface import Tree

Change = Callable[[Leaf, Any], Leaf]


def with_equal_sizes(trees: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The signatures of arguments, equal large sizes called after the first of them."""
    first: dict[int, Dim] = {}

    def arrays(leaf: Leaf, value: Any) -> Leaf:
        if not isinstance(leaf.type, Array):
            return leaf
        sizes = zip(leaf.type.dims, value.shape, strict=True)
        dims = tuple(first.setdefault(size, dim) if size >= LARGE else dim for dim, size in sizes)
        return replace(leaf, type=replace(leaf.type, dims=dims))

    def numbers(leaf: Leaf, value: Any) -> Leaf:
        known = first.get(value) if leaf.kind is int and leaf.type == INT else None
        return leaf if known is None else replace(leaf, type=replace(INT, extent=known))

    found = dict(trees)
    for change in (arrays, numbers):
        found = {name: _changed(tree, values[name], change) for name, tree in found.items()}
    return found


def _changed(tree: Any, value: Any, change: Change) -> Any:
    if isinstance(tree, Tree):
        parts = children(value)
        assert parts is not None
        pairs = zip(tree.items, parts[2], strict=True)
        return Tree(tree.kind, tree.keys, tuple(_changed(item, part, change) for item, part in pairs))
    return change(tree, value) if isinstance(tree, Leaf) else tree
