"""Compiled gradients with `parallel=True`, on one thread and on more, beside those without: how many times as fast.

    NUMBA_OPT=3 python -m tests.benchmarks.parallel [--threads 1 2 4] [--rounds 15] [problem ...]

The largest size of each problem, medians of wall-clock times in turns, in one process. What else runs on the machine
counts: the first column, of one thread by CPU time, tells what cutting loops into parts costs; the others, what
threads bring where there are as many free cores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

import gradgen
from tests.benchmarks.problem import Problem, flat, named

LOOP = "loop over samples"
PROBLEMS = (LOOP, "logsumexp", "logistic", "focal", "contrastive", "quantile", "softmax", "kmeans", "gmm")


def regression(w: Any, X: Any, y: Any) -> Any:
    s = 0.0
    for i in range(X.shape[0]):
        z = 0.0
        for j in range(X.shape[1]):
            z += w[j] * X[i, j]
        s += np.log1p(np.exp(-y[i] * z))
    return s / X.shape[0]


def problem(name: str) -> Problem:
    if name != LOOP:
        return named(name)
    sizes = {
        "10^6": lambda rng: (rng.standard_normal(8), rng.standard_normal((10**6, 8)), rng.choice([-1.0, 1.0], 10**6))
    }
    return Problem(regression, regression, sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description="Compiled gradients on several threads.")
    parser.add_argument("problems", nargs="*", default=PROBLEMS)
    parser.add_argument("--threads", nargs="*", type=int, default=[1, numba.config.NUMBA_NUM_THREADS])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    heads = ["1, by CPU time", *map(str, options.threads)]
    print(f"{'problem':<20}{'size':<20}{'ms without':>12}", *(f"{head:>15}" for head in heads))
    for name in options.problems:
        found = problem(name)
        size = list(found.sizes)[-1]
        plain, cut = (
            gradgen.grad(found.function, argnums=found.argnums, jit=True, parallel=parallel)
            for parallel in (False, True)
        )
        args = found.arguments(size)
        np.testing.assert_allclose(flat(cut(*args)), flat(plain(*args)), rtol=1e-8, atol=1e-12)
        wall, ratios = measured(plain, cut, args, options.threads, options.rounds)
        print(f"{name:<20}{size:<20}{wall * 1e3:>12.2f}", *(f"{one:>15.2f}" for one in ratios), flush=True)


def measured(
    plain: Callable[..., Any], cut: Callable[..., Any], args: tuple[Any, ...], threads: list[int], rounds: int
) -> tuple[float, list[float]]:
    """Seconds without threads, and how many times as fast it is with one by CPU time, and with each by the clock."""
    ways: dict[Any, Callable[..., Any]] = {"plain": plain, **dict.fromkeys(threads, cut)}
    clock: dict[Any, list[float]] = {way: [] for way in ways}
    cpu: dict[Any, list[float]] = {way: [] for way in (*ways, 1)}
    for _ in range(rounds):
        for way, call in {**ways, 1: cut}.items():
            numba.set_num_threads(way if isinstance(way, int) else 1)
            start, used = time.perf_counter(), time.process_time()
            call(*args)
            clock.setdefault(way, []).append(time.perf_counter() - start)
            cpu[way].append(time.process_time() - used)
    medians = {way: statistics.median(times) for way, times in clock.items()}
    work = statistics.median(cpu["plain"]) / statistics.median(cpu[1])
    return medians["plain"], [work, *(medians["plain"] / medians[way] for way in threads)]


if __name__ == "__main__":
    main()
