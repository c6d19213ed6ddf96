"""Structured values in tests: their leaves, and maps over them. Independent of gradgen's own trees.

>>> flatten({"b": (1.0, [2.0])})
[1.0, 2.0]
>>> map_leaves(lambda leaf: 2 * leaf, {"b": (1.0, [2.0])})
{'b': (2.0, [4.0])}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


def flatten(tree: Any) -> list[Any]:
    """The leaves in order."""
    found: list[Any] = []
    map_leaves(lambda leaf: found.append(leaf), tree)
    return found


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: map_leaves(function, item) for key, item in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[map_leaves(function, item) for item in tree])
    if isinstance(tree, (tuple, list)):
        return type(tree)([map_leaves(function, item) for item in tree])
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [field.name for field in dataclasses.fields(tree)]
        return dataclasses.replace(tree, **{name: map_leaves(function, getattr(tree, name)) for name in names})
    return function(tree)


def is_float(leaf: Any) -> bool:
    """A Python float or complex, or NumPy data of such a type."""
    return isinstance(leaf, (float, complex)) or (
        isinstance(leaf, (np.ndarray, np.inexact)) and np.issubdtype(leaf.dtype, np.inexact)
    )


def is_number(leaf: Any) -> bool:
    """A leaf that a gradient may be asked for: floats and Python ints, not bools."""
    return is_float(leaf) or (isinstance(leaf, int) and not isinstance(leaf, bool))


def copied(tree: Any) -> Any:
    return map_leaves(lambda leaf: leaf.copy(order="K") if isinstance(leaf, np.ndarray) else leaf, tree)


def widened(tree: Any) -> Any:
    """Leaves of single precision in double, so that differences have digits to work with."""

    def widen(leaf: Any) -> Any:
        double = {"float32": np.float64, "complex64": np.complex128}.get(getattr(leaf, "dtype", np.dtype(float)).name)
        if double is None:
            return leaf
        return leaf.astype(double) if isinstance(leaf, np.ndarray) else double(leaf)

    return map_leaves(widen, tree)
