"""What a problem of the benchmark is: a plain function, its gradient by hand, and arguments in the sizes that matter.

A problem is a module of `tests.benchmarks.problems` with one `PROBLEM`. It does not say how anything is timed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import numpy as np

Function = Callable[..., Any]
Maker = Callable[[], Function]  # imports what it needs itself: a peer may be missing


@dataclass(frozen=True)
class Problem:
    """One plain function and its rivals.

    `function` is what a user would write, with `np` and `math`, and nothing done for gradgen's sake. `by_hand` returns
    its gradient by `argnums`, a tuple where there are several, and is the limit: a `fast` function (`expert.py`) with
    everything that an expert knows. `sizes` makes arguments from a generator, the smallest first.

    Peers: `as_is` names those that run the plain function, their own module in the place of `np` and `math`;
    `rewritten` has makers of the function in a peer's terms. What is not asked for as a plain gradient (a Hessian's
    diagonal, a Jacobian) has makers in `whole`, for gradgen too. `note` says why a row misses its goal.
    """

    function: Function
    by_hand: Function
    sizes: Mapping[str, Callable[[np.random.Generator], tuple[Any, ...]]]
    argnums: tuple[int, ...] = (0,)
    as_is: tuple[str, ...] = ()
    rewritten: Mapping[str, Maker] = field(default_factory=dict)
    whole: Mapping[str, Maker] = field(default_factory=dict)
    note: str = ""

    def arguments(self, size: str) -> tuple[Any, ...]:
        return self.sizes[size](np.random.default_rng(7))


def named(name: str) -> Problem:
    return importlib.import_module(f"tests.benchmarks.problems.{name}").PROBLEM


def names() -> list[str]:
    package = importlib.import_module("tests.benchmarks.problems")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def rebound(function: Function, others: Mapping[str, Any], wrap: Callable[[Any], Any] = lambda f: f) -> Function:
    """The function, and those of its module that it may call, with other globals; each of them wrapped.

    >>> import math
    >>> def double_root(x):
    ...     return 2 * math.sqrt(x)
    >>> rebound(double_root, {"math": np})(np.array([1.0, 4.0]))
    array([2., 4.])
    """
    namespace = {**function.__globals__, **others}

    def moved(value: FunctionType) -> Any:
        return wrap(FunctionType(value.__code__, namespace, value.__name__, value.__defaults__))

    for name, value in list(namespace.items()):
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            namespace[name] = moved(value)
    return moved(function)


def flat(gradients: Any) -> np.ndarray:
    """All numbers of a gradient, or of a tuple of them, in one array."""
    if isinstance(gradients, tuple | list):
        return np.concatenate([flat(gradient) for gradient in gradients])
    return np.ravel(np.asarray(gradients, dtype=np.float64))


def largest_error(found: Any, expected: Any) -> float:
    """Relative to the largest number of the expected gradient: not to each."""
    a, b = flat(found), flat(expected)
    if a.shape != b.shape or not np.all(np.isfinite(a)):
        return float("inf")
    return float(np.max(np.abs(a - b), initial=0.0) / max(float(np.max(np.abs(b), initial=0.0)), 1e-300))
