"""What a row of the table of rule cases is, and the points that rows share.

A row is an expression over x, y, z (differentiated) and others (not), and the points at which it is
checked. `kinked`: differences do not exist there; `gradients` says what the gradients of the sum are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    text: str
    points: tuple[dict[str, Any], ...]
    rtol: float = 1e-6
    second: bool = True  # whether the second derivative is checked too
    exact: bool = True  # whether the value is NumPy's to the last bit
    gradients: tuple[Any, ...] = ()
    python_only: str = ""  # what jit says when it refuses
    constant: bool = False  # whether the derivative is zero everywhere

    def __str__(self) -> str:
        return self.text


_RNG = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return _RNG.standard_normal(shape)


# Numbers without a kink, an integer or a zero among them.
F, S = 0.75, np.float64(-1.35)
V = np.array([1.3, 0.7, -2.2, 0.4])
W = np.array([0.6, -1.7, 0.9, 2.3])
M = normal(3, 4) * 1.5
N = normal(3, 4) + 0.3
C, R, ONE = normal(3, 1), normal(1, 4), np.array([[0.65]])
T = normal(2, 3, 4)
EMPTY = np.zeros((0, 4))
V32, M32 = V.astype(np.float32), M.astype(np.float32)
FORTRAN, STRIDED = np.asfortranarray(M), normal(6, 8)[::2, ::2]
INTS, MASK = np.array([2, 0, 3, 2]), np.array([True, False, True, True])

SHAPES = (F, S, V, M, T[:, :1], EMPTY, FORTRAN, STRIDED)
PAIRS = (
    (F, 1.6), (F, S), (S, V), (V, F), (V, W), (M, W), (V, N), (M, C), (C, R), (R, M), (T, N), (C, T), (ONE, M), (T, S),
    (ONE, V), (EMPTY, V), (C, F), (np.float64(0.4), S),
)  # fmt: skip

REMAINDERS = ((5.3, 1.6), (-5.3, S), (V * 5, 1.13), (V * 5, W), (M * 5, np.abs(C) + 1), (F, np.abs(V) + 0.1))


def at(*points: Any) -> tuple[dict[str, Any], ...]:
    """Points from positional values of x, y, z."""
    return tuple(dict(zip("xyz", p if isinstance(p, tuple) else (p,), strict=False)) for p in points)


def into(low: float, high: float, points: Sequence[Any] = SHAPES) -> tuple[dict[str, Any], ...]:
    """The points with every number moved smoothly into the open interval."""

    def move(x: Any) -> Any:
        moved = low + (high - low) / (1 + np.exp(-np.asarray(x, dtype=float)))
        return moved if isinstance(x, np.ndarray) else type(x)(moved)

    return at(*(tuple(map(move, p)) if isinstance(p, tuple) else move(p) for p in points))


def elementwise(text: str, *points: Any, **options: Any) -> Row:
    return Row(text, at(*(points or SHAPES)), **options)


def row(text: str, *points: Any, more: dict[str, Any] | None = None, **options: Any) -> Row:
    return Row(text, tuple({**p, **(more or {})} for p in at(*points)), **options)


def math_row(text: str, *points: Any, **options: Any) -> Row:
    return Row(text, at(*points), **options)
