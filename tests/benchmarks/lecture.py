"""The lecture's function: seconds to the first gradient, and microseconds a call, beside the pair written by hand.

    python -m tests.benchmarks.lecture

Calls are timed in turns, in one process; the medians and their ratios to the hand-written pair are printed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numba

import gradgen
from tests.benchmarks.timing import per_call


def lecture(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f


def by_hand(x, y):
    """The notes' forward and backward pass in one function."""
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    dnum = invden
    dinvden = num
    dden = (-1.0 / (den**2)) * dinvden
    dsigx = dden
    dxpysqr = dden
    dxpy = (2 * xpy) * dxpysqr
    dx = dxpy
    dy = dxpy
    dx += ((1 - sigx) * sigx) * dsigx
    dx += dnum
    dsigy = dnum
    dy += ((1 - sigy) * sigy) * dsigy
    return dx, dy


def main() -> None:
    functions: dict[str, Callable] = {
        "by hand": by_hand,
        "gradgen": gradgen.grad(lecture, argnums=(0, 1)),
        "by hand, Numba": numba.njit(by_hand),
        "gradgen, jit": gradgen.grad(lecture, argnums=(0, 1), jit=True),
    }
    expected = by_hand(3.0, -4.0)
    for name, function in functions.items():
        start = time.perf_counter()
        found = function(3.0, -4.0)
        seconds = time.perf_counter() - start
        assert all(math.isclose(a, b, rel_tol=1e-12) for a, b in zip(found, expected, strict=True)), name
        print(f"{name:16} first gradient after {seconds:7.3f} s")
    medians = per_call(functions, (3.0, -4.0))
    for name, reference in (("gradgen", "by hand"), ("gradgen, jit", "by hand, Numba")):
        ratio = medians[name] / medians[reference]
        print(f"{name:16} {medians[name]:6.3f} us a call, by hand {medians[reference]:6.3f} us: {ratio:4.2f} times")


if __name__ == "__main__":
    main()
