"""The problems of the benchmark are right: nothing is timed here, all in the smallest size."""

from __future__ import annotations

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

from tests.benchmarks.problem import Problem, flat, largest_error, named, names, rebound
from tests.benchmarks.tools import by_gradgen

ENOUGH = 1e-9
ENOUGH_OF_DIFFERENCES = 1e-5


def uncompiled(function):
    """A compiled function, and those of its module that it calls, as plain Python: compiling takes a second each."""
    known = function.py_func.__globals__
    return rebound(function.py_func, {n: f.py_func for n, f in known.items() if isinstance(f, Dispatcher)})


def prepared(name: str) -> tuple[Problem, tuple]:
    problem = named(name)
    return problem, problem.arguments(next(iter(problem.sizes)))


def along(problem: Problem, arguments: tuple, directions: dict[int, np.ndarray], step: float) -> float:
    def at(sign: int) -> float:
        moved = [a + sign * step * directions[k] if k in directions else a for k, a in enumerate(arguments)]
        return float(problem.function(*moved))

    return (at(1) - at(-1)) / (2 * step)


@pytest.mark.parametrize("name", names())
def test_by_hand(name: str) -> None:
    """As gradgen's gradient in Python, and as differences along a random direction."""
    problem, arguments = prepared(name)
    by_hand = uncompiled(problem.by_hand)(*arguments)
    function, arguments = by_gradgen(jit=False)(problem, arguments)
    assert largest_error(by_hand, function(*arguments)) < ENOUGH
    if not problem.whole:
        generator = np.random.default_rng(3)
        directions = {k: generator.normal(size=np.shape(arguments[k])) for k in problem.argnums}
        derivative = flat(by_hand) @ flat(tuple(directions.values()))
        steps = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
        errors = [abs(along(problem, arguments, directions, step) - derivative) for step in steps]
        assert min(errors) < ENOUGH_OF_DIFFERENCES * max(1e-3, abs(derivative))


@pytest.mark.jit
@pytest.mark.parametrize("name", names())
def test_compiled(name: str) -> None:
    problem, arguments = prepared(name)
    by_hand = problem.by_hand(*arguments)
    function, arguments = by_gradgen(jit=True)(problem, arguments)
    assert largest_error(by_hand, function(*arguments)) < ENOUGH
