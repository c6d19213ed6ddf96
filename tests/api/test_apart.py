"""Arguments that share memory, of which the function changes one: no gradient is right for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradgen

TABLE = np.array([0.7, 1.4, 2.2, 0.3])


def changes_the_first(a, b):
    a[0] = b[1] * b[2]
    return np.sum(a * b)


def changes_neither(a, b):
    c = a.copy()
    c[0] = b[1]
    return np.sum(c * a * b)


def changes_what_is_beside_a_global(a):
    a += TABLE[0]
    return np.sum(a * TABLE)


def changes_one_of_a_list(items):
    items[0][1] = items[1][2]
    return np.sum(items[0] * items[1])


def refused(function: Callable[..., Any], *args: Any, says: tuple[str, ...]) -> None:
    for jit in (False, True):
        compiled = gradgen.grad(function, jit=jit)
        for _ in range(2):
            with pytest.raises(gradgen.ArgumentError) as raised:
                compiled(*args)
            assert all(part in str(raised.value) for part in (*says, "shares memory", ".copy()")), raised.value


def test_one_memory_is_refused() -> None:
    a = np.array([0.7, 1.4, 2.2, 0.3])
    refused(changes_the_first, a, a, says=("`a`", "`b`"))
    refused(changes_the_first, a[1:], a[:-1], says=("`a`", "`b`"))
    refused(changes_one_of_a_list, [a, a], says=("`items[0]`", "`items[1]`"))
    refused(changes_what_is_beside_a_global, TABLE, says=("`a`", "`TABLE`"))


def test_memory_apart_is_taken() -> None:
    a = np.arange(1.0, 9.0)
    for args in ((a[::2], a[1::2]), (a[:4], a[4:])):
        compiled = gradgen.grad(changes_the_first)
        np.testing.assert_array_equal(compiled(*args), compiled(*(one.copy() for one in args)))
    np.testing.assert_array_equal(gradgen.grad(changes_neither)(a, a), gradgen.grad(changes_neither)(a, a.copy()))
    assert a[0] == 1.0
