"""Sources that cannot be read are refused; unusual ones that can be read are read."""

from __future__ import annotations

import functools
import linecache
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradgen


def test_a_function_typed_at_a_prompt_is_refused() -> None:
    namespace: dict[str, object] = {}
    exec(compile("def f(x):\n    return x * 2\n", "<stdin>", "exec"), namespace)
    with pytest.raises(gradgen.SourceError, match="source"):
        gradgen.grad(namespace["f"])(1.0)


@pytest.mark.parametrize("builtin", [math.sin, np.exp, len, np.sum, np.linalg.norm])
def test_what_is_not_written_in_python_is_refused(builtin: Callable[..., Any]) -> None:
    """So is what NumPy's text of only hands on to C."""
    with pytest.raises(gradgen.SourceError, match="(?s)Python source.*a function of your own"):
        gradgen.grad(builtin)(1.0)


def test_what_is_no_function_is_refused_at_once() -> None:
    with pytest.raises(gradgen.ArgumentError, match="function"):
        gradgen.grad(3)  # type: ignore[call-overload]


def test_a_class_is_refused() -> None:
    class Plain:
        def __init__(self, x: float):
            self.x = x

    with pytest.raises(gradgen.GradgenError):
        gradgen.grad(Plain)(1.0)


def test_notebook_cell() -> None:
    """A cell has its text in linecache under a made-up name, as IPython puts it there."""
    name, text = "<ipython-input-3-0123456789ab>", "def cell(x):\n    return x ** 3\n"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict[str, object] = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), namespace)
    assert gradgen.grad(namespace["cell"])(2.0) == 12.0


def test_a_cell_that_was_redefined() -> None:
    for k, name in ((2, "<ipython-input-4-a>"), (3, "<ipython-input-5-b>")):
        text = f"def cell(x):\n    return x ** {k}\n"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        namespace: dict[str, object] = {}
        exec(compile(text, name, "exec"), namespace)
        assert gradgen.grad(namespace["cell"])(2.0) == k * 2.0 ** (k - 1)


# fmt: off
first, second = lambda x: x ** 2, lambda x: x ** 3
third, fourth = (lambda x: x * 2, lambda x: x * 2 + 1)
same = [lambda x: x * 5, lambda x: x * 5]
multi = (lambda x:
         x ** 4)
# fmt: on


@pytest.mark.parametrize(("function", "expected"), [(first, 4.0), (second, 12.0), (third, 2.0), (multi, 32.0)])
def test_several_lambdas_on_one_line(function: object, expected: float) -> None:
    assert gradgen.grad(function)(2.0) == expected


def test_lambda_as_an_argument() -> None:
    assert gradgen.grad(lambda x: x**2 * 3)(2.0) == 12.0
    assert [gradgen.grad(f)(2.0) for f in (lambda x: x, lambda x: 2 * x)] == [1.0, 2.0]


def test_equal_lambdas_on_one_line() -> None:
    assert gradgen.grad(same[1])(2.0) == 5.0


def logged(function):  # type: ignore[no-untyped-def]
    @functools.wraps(function)
    def wrapper(*args, **kwargs):  # type: ignore[no-untyped-def]
        return function(*args, **kwargs)

    return wrapper


def test_stacked_decorators() -> None:
    @gradgen.grad
    @logged
    def inner(x: float) -> float:
        return x**3

    assert inner(2.0) == 12.0

    @logged
    @gradgen.grad(argnums=0)
    def outer(x: float) -> float:
        return x**3

    assert outer(2.0) == 12.0


def test_a_decorator_that_changes_the_value_counts() -> None:
    def doubled(function):  # type: ignore[no-untyped-def]
        def wrapper(x):  # type: ignore[no-untyped-def]
            return 2 * function(x)

        return wrapper

    @gradgen.grad
    @doubled
    def f(x: float) -> float:
        return x**3

    assert f(2.0) == 24.0


def test_methods() -> None:
    class Model:
        def __init__(self, k: float):
            self.k = k

        @gradgen.grad
        def loss(self, x: float) -> float:
            return self.k * x**2

        @staticmethod
        @gradgen.grad
        def plain(x: float) -> float:
            return x**2

    assert Model(3.0).loss(2.0) == 12.0
    model = Model(4.0)
    assert model.loss(2.0) == 16.0
    model.k = 5.0
    assert model.loss(2.0) == 20.0
    assert Model.plain(2.0) == 4.0
    assert gradgen.grad(Model(3.0).loss.primal)(2.0) == 12.0


def test_nested_functions_and_recompiled_closures() -> None:
    def make(k: float):  # type: ignore[no-untyped-def]
        @gradgen.grad
        def f(x: float) -> float:
            return k * x**2

        return f

    assert [make(k)(2.0) for k in (1.0, 2.0, 3.0)] == [4.0, 8.0, 12.0]


def test_unicode_names() -> None:
    @gradgen.value_and_grad(argnums=("μ", "σ"))
    def density(μ: float, σ: float) -> float:
        Δ = 1.0 - μ
        return Δ**2 / σ

    value, (dμ, dσ) = density(0.5, 2.0)
    assert (value, dμ, dσ) == (0.125, -0.5, -0.0625)
    assert "dμ" in density.source()
