"""What the text copies: an array that a loop changes is copied before the loop, if at all."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gradgen
from gradgen.infer.signature import describe
from gradgen.pipeline import build
from tests.programs import kernels
from tests.support.table import Program

UPDATED = ["heat", "jacobi", "seidel", "lu", "cholesky", "thomas", "levinson_durbin", "rotations", "three_buffers"]
COPY = re.compile(r"^ {8,}(\w+) = \1\.copy\(\)$", re.MULTILINE)


@pytest.mark.parametrize("row", [row for row in kernels.PROGRAMS if row.name in UPDATED], ids=lambda row: row.name)
def test_no_array_is_copied_in_each_iteration(row: Program) -> None:
    text = gradgen.grad(row.function, argnums=row.options.get("argnums", 0)).source(*row.cases[0].args)
    assert not COPY.findall(text), text


def swaps_a_parameter(a, n):
    b = np.zeros_like(a)
    for _ in range(n):
        for i in range(1, a.size - 1):
            b[i] = a[i] * a[i - 1]
        a, b = b, a
    return np.sum(a)


def swaps_in_segments(u, n):
    a, b = u.copy(), np.zeros_like(u)
    for _ in gradgen.checkpoint(range(n)):
        for i in range(1, u.size - 1):
            b[i] = a[i] * a[i - 1]
        a, b = b, a
    return np.sum(a)


def reads_itself(u, n):
    v = u.copy()
    for _ in range(n):
        v[1:-1] = v[1:-1] + 0.1 * (v[2:] - 2.0 * v[1:-1] + v[:-2]) * v[1:-1]
    return np.sum(v)


@pytest.mark.parametrize("function", [swaps_a_parameter, swaps_in_segments])
def test_what_is_swapped_is_copied_before_the_loop(function) -> None:
    text = gradgen.grad(function).source(np.ones(5), 3)
    assert not re.findall(r"^ {12,}(\w+) = \1\.copy\(\)$", text, re.MULTILINE), text


def test_one_copy_before_several_loops() -> None:
    """Of loops that change an array one after the other only the first needs a copy."""
    text = gradgen.grad(reads_itself, jit=True).source(np.ones(20), 3)
    assert not COPY.findall(text), text


def sweep(u, p, q):
    for j in range(u.shape[1] - 1):
        u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return np.sum(u)


@pytest.mark.parametrize("style", ["python", "jit"])
def test_a_linear_loop_runs_backward_only_and_copies_no_array(style: str) -> None:
    a = describe(np.ones((20, 30)), "a")
    text = build(sweep, dict.fromkeys("upq", a), (0, 2), "grad", style).source
    (loop,) = re.findall(r"^    for j in .*(?:\n {8}.*)+", text, re.MULTILINE)
    assert not re.search(r" \w+\.copy\(\)", loop), text  # a slice may be


def clips(h):
    y = h * h
    y[y < 0.5] = 1.0
    return np.sum(y)


def test_a_filled_array_is_no_view_of_what_gave_its_shape() -> None:
    assert "dy.copy()" not in gradgen.grad(clips).source(np.ones(3))
