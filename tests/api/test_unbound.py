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


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (number_of_a_loop_without_trips, (1.2, 0)),
        (array_of_a_loop_without_trips, (V, 0)),
        (array_of_a_while_without_trips, (V, 0)),
        (number_of_the_other_branch, (1.2,)),
    ],
)
@pytest.mark.parametrize("form", ["__call__", "value_and_grad", "forward"])
def test_reading_raises(function: Callable[..., Any], args: tuple[Any, ...], form: str) -> None:
    with pytest.raises(UnboundLocalError):
        getattr(gradgen.grad(function), form)(*args)
