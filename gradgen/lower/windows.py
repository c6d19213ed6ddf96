"""Windows, as NumPy computes them: sums of cosines of n = 1 - M, 3 - M, ..., M - 1 over M - 1, or a triangle."""

from __future__ import annotations

import math

from gradgen.lower.composites import written
from gradgen.rules.symbols import Sym, apply, where


def _places(length: Sym) -> tuple[Sym, Sym]:
    """n, and M - 1; that is 1 where the one element is the middle, so that n / (M - 1) is 0."""
    return apply("arange", 1 - length, length, 2), apply("maximum", length - 1, 1)


@written("hanning")
def hanning(length: Sym) -> Sym:
    return _cosines(length, 0.5, 0.5)


@written("hamming")
def hamming(length: Sym) -> Sym:
    return _cosines(length, 0.54, 0.46)


@written("blackman")
def blackman(length: Sym) -> Sym:
    return _cosines(length, 0.42, 0.5, 0.08)


def _cosines(length: Sym, *weights: float) -> Sym:
    n, last = _places(length)
    total: Sym | float = weights[0]
    for k, weight in enumerate(weights[1:], 1):
        total = total + weight * apply("cos", k * math.pi * n / last)
    assert isinstance(total, Sym)
    return total


@written("bartlett")
def bartlett(length: Sym) -> Sym:
    n, last = _places(length)
    return where(n <= 0, 1 + n / last, 1 - n / last)
