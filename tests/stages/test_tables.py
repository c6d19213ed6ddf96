"""Slots that become arrays in jit text: which do, and that gradients stay what they were."""

from __future__ import annotations

import numpy as np
import pytest

import gradgen
from gradgen.infer.signature import describe
from gradgen.pipeline import build

VECTOR = np.random.default_rng(0).standard_normal(5)
MATRIX = np.random.default_rng(1).standard_normal((5, 4))


def counted(x, n):
    for _ in range(n):
        x = np.sin(x) * x
    return np.sum(x)


def nested(x, n):
    s = x[0]
    for _ in range(n):
        for j in range(2, n + 2):
            s = np.sin(s) * x[j % 5]
    return s


def with_steps(x, n):
    s = x[0]
    for i in range(1, 2 * n, 3):
        for j in range(n, 0, -2):
            s = np.sin(s) * x[j % 5] + x[i % 5]
    return s


def triangular(x, n):
    y = x.copy()
    for i in range(len(x)):
        for j in range(i):
            y[i] *= np.sin(y[j])
        for j in range(i + 1, len(x)):
            y[i] += y[i] * y[j]
        for j in range(len(x) - 1, i - 1, -1):
            y[j] = y[j] * y[i]
    return np.sum(y)


def downwards(x, n):
    y = x.copy()
    for i in range(len(x) - 1, 0, -1):
        for j in range(i, len(x)):
            y[j] = y[j] * y[i - 1]
    return np.sum(y)


def in_a_branch(x, n):
    s = x[0]
    for i in range(n):
        if x[i % 5] > 0:
            s = np.exp(-s) * x[i % 5]
        else:
            s = s * s + x[i % 5]
    return s


def rows_of_arrays(x, n):
    m = np.outer(x, x)
    for _ in range(n):
        m[1:, 1:] = np.tanh(m[:-1, :-1] * m[1:, 1:])
    return np.sum(m)


def left_early(x, n):
    s = x[0]
    for i in range(n):
        s = np.sin(s) + x[i % 5]
        if s > 1.2:
            break
    return s


def until_it_holds(x, n):
    s = x[0] + 3.0
    while s > 0.5:
        s = s * np.cos(s / 4) * 0.8
    return s * x[1]


def sizes_that_change(x, n):
    for _ in range(3):
        x = x[1:] * x[:-1]
    return np.sum(x)


def in_segments(x, n):
    for _ in gradgen.checkpoint(range(n)):
        x = np.sin(x) * x
    return np.sum(x)


def in_segments_downwards(x, n):
    s = x[0]
    for i in gradgen.checkpoint(range(3 * n, -2, -2), levels=3):
        for j in range(i % 5):
            s = np.sin(s) * x[j]
    return s


def in_segments_left_early(x, n):
    s = x[0]
    for i in gradgen.checkpoint(range(n)):
        s = np.sin(s) + x[i % 5]
        if s > 1.2:
            break
    return s


def in_segments_with_while(x, n):
    s = x[0]
    for _ in gradgen.checkpoint(range(n)):
        s = s + 3.0
        while s > 0.5:
            s = s * np.cos(s / 4) * 0.8
    return s * x[1]


# A function, and whether all its slots are arrays.
# What an iteration saves before it has a value: compiled code reads its elements, as many as there are when it has one.


def made_in_the_first_iteration(x, n):
    y = x[x > -9.0]
    for i in range(n):
        if i == 0:
            t = np.sin(x * y)
        else:
            t = t * y
            y = np.sin(t)
    return np.sum(y)


def made_of_another_size(x, n):
    y = x * x
    for i in range(n):
        if i == 0:
            t = np.sin(y[:-1] * x[1:])
        else:
            t = t * y[1:]
            y = np.append(np.sin(t), y[0])
    return np.sum(y)


def slope_of_another_size(x, n):
    return np.sum(gradgen.grad(made_of_another_size)(x, n) ** 2)


def made_for_many_iterations(x, n):
    if n > 3:
        t = np.outer(x, x[1:])
    s = 0.0
    for i in range(n):
        if n > 3:
            s += np.sum(np.sin(t) * t) * x[i]
            t = t * 0.5
            t[i] = x[i] * x[1:]
    return s + np.sum(x**2)


CASES = [
    (counted, True),
    (nested, True),
    (with_steps, True),
    (triangular, True),
    (downwards, True),
    (in_a_branch, True),
    (rows_of_arrays, True),
    (left_early, True),
    (until_it_holds, True),
    (sizes_that_change, False),
    (in_segments, True),
    (in_segments_downwards, False),
    (in_segments_left_early, True),
    (in_segments_with_while, False),
    (made_in_the_first_iteration, False),
    (made_of_another_size, False),
    (slope_of_another_size, False),
    (made_for_many_iterations, True),
]


def run_without_numba(source: str, name: str):
    """The functions of jit text, as plain Python runs them."""
    lines = [line for line in source.splitlines() if "numba" not in line]
    namespace: dict = {}
    exec("\n".join(lines), namespace)
    return namespace[f"{name}_forward"], namespace[f"{name}_backward"]


@pytest.mark.parametrize(("function", "arrays"), CASES, ids=lambda one: getattr(one, "__name__", ""))
@pytest.mark.parametrize("n", [0, 1, 4])
def test_gradients_stay(function, arrays, n) -> None:
    source = gradgen.grad(function, jit=True).source(VECTOR, n)
    forward, backward = run_without_numba(source, function.__name__)
    value, cache = forward(VECTOR, n)
    assert value == pytest.approx(function(VECTOR, n), rel=1e-13)
    np.testing.assert_allclose(backward(cache), gradgen.grad(function)(VECTOR, n), rtol=1e-12)
    assert ("_count" not in source) == arrays, source


def test_segments_share_one_array() -> None:
    """What is made in a loop over segments is made once, and has the length of a segment."""
    signature = {"x": describe(VECTOR, "x"), "n": describe(2, "n")}
    source = build(in_segments, signature, (0,), "grad", "jit").source
    made = [line for line in source.splitlines() if "np.empty((" in line]
    assert len(made) > 1
    assert all(not line.startswith("     ") for line in made), source


def test_the_joint_function_keeps_its_arrays_to_itself() -> None:
    signature = {"x": describe(VECTOR, "x"), "n": describe(2, "n")}
    source = build(triangular, signature, (0,), "grad", "jit").source
    assert "_count" not in source
    assert "cache" not in source
