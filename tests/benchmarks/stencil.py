"""A stencil in time that changes its arrays in place: gradgen's gradient beside one written by hand in Numba.

    python -m tests.benchmarks.stencil

Calls are timed in turns, in one process; the medians and their ratio are printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numba
import numpy as np

import gradgen
from tests.benchmarks.timing import per_call

SIZE, STEPS = 300, 30


def jacobi(steps, a, b):
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = 0.2 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])
    return np.sum(a * a)


@numba.njit(error_model="numpy")
def averaged(source, target):
    for i in range(1, source.shape[0] - 1):
        for j in range(1, source.shape[1] - 1):
            near = source[i, j - 1] + source[i, j + 1] + source[i + 1, j] + source[i - 1, j]
            target[i, j] = 0.2 * (source[i, j] + near)


@numba.njit(error_model="numpy")
def scattered(dtarget, dsource):
    """The adjoint of `averaged`: each place gives its share back to those that it was made from."""
    for i in range(1, dsource.shape[0] - 1):
        for j in range(1, dsource.shape[1] - 1):
            share = 0.2 * dtarget[i, j]
            dtarget[i, j] = 0.0
            dsource[i, j] += share
            dsource[i, j - 1] += share
            dsource[i, j + 1] += share
            dsource[i + 1, j] += share
            dsource[i - 1, j] += share


@numba.njit(error_model="numpy")
def by_hand(steps, a, b):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        averaged(a, b)
        averaged(b, a)
    da, db = 2 * a, np.zeros_like(b)
    for _ in range(steps):
        scattered(da, db)
        scattered(db, da)
    return da, db


def main() -> None:
    generator = np.random.default_rng(0)
    args = (STEPS, generator.random((SIZE, SIZE)), generator.random((SIZE, SIZE)))
    functions: dict[str, Callable] = {
        "by hand, Numba": by_hand,
        "gradgen, jit": gradgen.grad(jacobi, argnums=(1, 2), jit=True),
    }
    found = {}
    for name, function in functions.items():
        start = time.perf_counter()
        found[name] = function(*args)
        print(f"{name:16} first gradient after {time.perf_counter() - start:7.3f} s")
    assert all(np.allclose(a, b, rtol=1e-12, atol=0) for a, b in zip(*found.values(), strict=True))
    medians = per_call(functions, args, calls=1)
    ratio = medians["gradgen, jit"] / medians["by hand, Numba"]
    for name, median in medians.items():
        print(f"{name:16} {median / 1e3:7.3f} ms a call")
    print(f"gradgen takes {ratio:4.2f} times the time of the gradient by hand")


if __name__ == "__main__":
    main()
