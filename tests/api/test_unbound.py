"""Names that have no value on the path that was taken: reading them raises as in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradgen

V = np.array([0.6, -0.4, 1.2])


def number_of_a_loop_without_trips(x, n):
    for i in range(n):
        y = x * i
    return y * y


def array_of_a_loop_without_trips(v, n):
    for i in range(n):
        t = v * i
    return np.sum(t * t)


def array_of_a_while_without_trips(v, n):
    i = 0
    while i < n:
        t = v * i
        i += 1
    return np.sum((t + v) * t)


def number_of_the_other_branch(x):
    if x > 5:
        y = x * x
    return y * x


def array_of_an_iteration_that_was_not(v, n):
    s = 0.0
    for i in range(n):
        if i > 1:
            t = v * i
        s += np.sum(t * v)
    return s


def read_under_another_test(v, n):
    for i in range(n):
        t = v * i
    s = np.sum(v)
    if n >= 0:
        s = s + np.sum(t) * s
    return s


def read_in_a_while(x, n):
    s, i = x, 0
    while i < n:
        if i % 2:
            y = s * x
        else:
            s = s + y
        i += 1
    return s


def read_under_the_same_test(v, n):
    s = np.sum(v)
    for i in range(n):
        if i > 0:
            s = s + np.sum(t * t)  # noqa: F821
        t = v * s
    if n > 0:
        s = s * t[0]
    return s


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (number_of_a_loop_without_trips, (1.2, 0)),
        (array_of_a_loop_without_trips, (V, 0)),
        (array_of_a_while_without_trips, (V, 0)),
        (number_of_the_other_branch, (1.2,)),
        (array_of_an_iteration_that_was_not, (V, 3)),
        (read_under_another_test, (V, 0)),
        (read_in_a_while, (1.2, 1)),
        (read_under_the_same_test, (V, -1)),
    ],
)
@pytest.mark.parametrize("backend", ["python", pytest.param("jit", marks=pytest.mark.jit)])
def test_reading_raises(function: Callable[..., Any], args: tuple[Any, ...], backend: str) -> None:
    expected = None
    try:
        value = function(*args)
    except UnboundLocalError as error:
        expected = str(error)
    compiled = gradgen.grad(function, jit=backend == "jit")
    for form in ("__call__", "value_and_grad", "forward"):
        if expected is None:
            assert compiled.value_and_grad(*args)[0] == value
            continue
        with pytest.raises(UnboundLocalError) as raised:
            getattr(compiled, form)(*args)
        assert str(raised.value) == expected


def test_what_is_read_under_the_test_that_assigned_it_is_not_asked_for() -> None:
    assert "raise" not in gradgen.grad(read_under_the_same_test).source(V, 2)
