"""Derivatives by differences, from nothing but values of a function: what every gradient here is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

STEPS = tuple(10.0**-k for k in range(1, 7))


def directional(function: Callable[[float], float]) -> list[float]:
    """Estimates of function'(0): the five-point formula at each step of STEPS.

    One step is too long for a curved function and another too short for a noisy one; a right
    derivative agrees with one of them to many digits.

    >>> min(abs(estimate - 2) for estimate in directional(lambda t: (1 + t) ** 2)) < 1e-12
    True
    """
    estimates = []
    for h in STEPS:
        with np.errstate(all="ignore"):
            near = _value(function, h) - _value(function, -h)
            far = _value(function, 2 * h) - _value(function, -2 * h)
        estimates.append((8 * near - far) / (12 * h))
    return estimates


def _value(function: Callable[[float], float], t: float) -> float:
    """Where a step leaves the function's domain there is no estimate."""
    try:
        return float(function(t))
    except (ValueError, ZeroDivisionError, OverflowError):
        return float("nan")


def agrees(derivative: float, estimates: list[float], scale: float, rtol: float) -> bool:
    """Whether some estimate is within `rtol` of `derivative`, relative to `scale` (at least 1e-3)."""
    bound = rtol * max(abs(scale), 1e-3)
    return any(abs(derivative - estimate) <= bound for estimate in estimates)


def complex_step(function: Callable[[complex], complex]) -> float:
    """function'(0) of an analytic function, to the last digit: no subtraction, so the step can be tiny.

    >>> complex_step(lambda t: (3 + t) ** 2)
    6.0
    """
    return complex(function(1e-30j)).imag / 1e-30


def along(gradients: Sequence[Any], direction: Sequence[Any]) -> float:
    """The derivative that gradients say along a direction: Re(sum(g d)), the convention for complex numbers.

    >>> along([1 - 2j], [0.5 + 3j])  # of f(z) = z.real + 2 * z.imag
    6.5
    """
    return sum(float(np.sum(np.asarray(g) * d).real) for g, d in zip(gradients, direction, strict=True))


def random_direction(shape: tuple[int, ...], dtype: np.dtype, rng: np.random.Generator) -> np.ndarray:
    """Random numbers in double precision: complex ones where the dtype is complex."""
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if dtype.kind == "c" else real
