"""What `gradgen.checkpoint` keeps: states, counted by the memory that a call takes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import gradgen

SIZE = 2000
STEPS = 900


def plain(x, n):
    u = x * np.ones(SIZE)
    for _ in range(n):
        u = 1.01 * np.sin(u * u + u)
    return np.sum(u * u)


def in_segments(x, n):
    u = x * np.ones(SIZE)
    for _ in gradgen.checkpoint(range(n)):
        u = 1.01 * np.sin(u * u + u)
    return np.sum(u * u)


def in_three_levels(x, n):
    u = x * np.ones(SIZE)
    for _ in gradgen.checkpoint(range(n), levels=3):
        u = 1.01 * np.sin(u * u + u)
    return np.sum(u * u)


@gradgen.checkpoint
def several_steps(u):
    for _ in range(30):
        u = 1.01 * np.sin(u * u + u)
    return u


def of_a_function(x, n):
    u = x * np.ones(SIZE)
    for _ in range(n // 30):
        u = several_steps(u)
    return np.sum(u * u)


def states(function, n: int = STEPS) -> float:
    """The peak of memory of a call, in arrays of the state's size."""
    function(0.3, 3)
    tracemalloc.start()
    function(0.3, n)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (8 * SIZE)


def test_a_plain_loop_keeps_all() -> None:
    assert states(gradgen.grad(plain)) > STEPS


@pytest.mark.parametrize(
    ("function", "most"), [(in_segments, 2 * 30), (of_a_function, 2 * 30), (in_three_levels, 3 * 10)]
)
def test_what_is_kept(function, most) -> None:
    assert states(gradgen.grad(function)) < most + 15
    value, cache = gradgen.grad(function).forward(0.3, STEPS)
    expected, _ = gradgen.grad(plain).forward(0.3, STEPS)
    assert value == expected
    assert gradgen.grad(function).backward(cache) == pytest.approx(gradgen.grad(plain)(0.3, STEPS), rel=1e-12)


def test_second_derivatives_keep_as_little() -> None:
    assert states(gradgen.grad(gradgen.grad(in_segments))) < 9 * 30


def test_four_times_the_steps_take_twice_the_memory() -> None:
    gradient = gradgen.grad(in_segments)
    assert states(gradient, 4 * STEPS) < 2.3 * states(gradient, STEPS)


def test_without_a_gradient_nothing_changes() -> None:
    items = range(3)
    assert gradgen.checkpoint(items) is items
    assert gradgen.checkpoint(several_steps) is several_steps
    assert in_segments(0.3, 5) == plain(0.3, 5)
    with pytest.raises(gradgen.ArgumentError, match="checkpoint takes a function, or what a loop goes over"):
        gradgen.checkpoint(3)
