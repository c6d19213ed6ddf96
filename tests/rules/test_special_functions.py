"""The special functions that texts for Numba bring along, against SciPy's: tails, poles and neighbourhoods of zeros."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from gradgen.rules.special_functions import SPECIAL_FUNCTIONS


def tens(low: float, high: float) -> np.ndarray:
    return 10 ** np.linspace(low, high, 150)


def both(x: np.ndarray) -> np.ndarray:
    return np.concatenate([-x[::-1], x])


SHARES = np.concatenate([tens(-300, -0.31), 1 - tens(-15, -0.31), np.linspace(0.01, 0.99, 197)])
OF_ONE = {
    "expit": both(tens(-10, 2.8)), "log_expit": both(tens(-10, 2.8)), "logit": SHARES, "entr": tens(-300, 300),
    "exp10": both(tens(-5, 2.4)), "ndtr": both(tens(-10, 1.5)), "log_ndtr": both(tens(-10, 3)),
    "erfcx": np.concatenate([both(tens(-10, 1.4)), tens(1.4, 8)]), "erfinv": both(SHARES), "ndtri": SHARES,
    "erfcinv": np.concatenate([SHARES, 2 - SHARES]), "gamma": np.concatenate([tens(-300, 2.2), -tens(-3, 2.1)]),
    "rgamma": np.concatenate([tens(-300, 2.2), -tens(-3, 2)]), "gammasgn": both(tens(-3, 2.2)),
    "gammaln": np.concatenate([tens(-300, 300), -tens(-3, 2)]),
    "psi": np.concatenate([tens(-300, 10), -tens(-3, 1.3), np.linspace(1, 2, 101)]),
}  # fmt: skip
SPECIAL_POINTS = np.array([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, math.inf, -math.inf, math.nan, 0.5])
OF_TWO = ("betaln", "beta", "xlogy", "xlog1py", "rel_entr", "kl_div", "huber", "pseudo_huber")


@pytest.fixture(scope="module")
def functions() -> dict[str, Callable[..., Any]]:
    """As Numba runs them: what Python raises at a pole or where a result is too large, is infinite or NaN there."""
    numba = pytest.importorskip("numba")
    scope: dict[str, Any] = {"math": math}
    for text in SPECIAL_FUNCTIONS.values():
        exec(text, scope)
    for name in SPECIAL_FUNCTIONS:
        scope[name] = numba.njit(error_model="numpy")(scope[name])
    return scope


def agrees(found: list[float], expected: np.ndarray, rtol: float) -> None:
    a = np.array(found)
    with np.errstate(all="ignore"):
        same = (a == expected) | (np.isnan(a) & np.isnan(expected)) | (np.abs(a - expected) <= rtol * np.abs(expected))
    same |= np.abs(expected) < 1e-290
    assert same.all(), list(zip(a[~same], expected[~same], strict=True))[:5]


@pytest.mark.jit
@pytest.mark.parametrize("name", OF_ONE)
def test_of_one_number(functions: dict[str, Callable[..., Any]], name: str) -> None:
    function = functions[f"_{name}"]
    with np.errstate(all="ignore"):
        agrees([function(x) for x in OF_ONE[name]], getattr(special, name)(OF_ONE[name]), 2e-13)


@pytest.mark.jit
@pytest.mark.parametrize("name", sorted(set(OF_ONE) - {"psi"}))
def test_special_points(functions: dict[str, Callable[..., Any]], name: str) -> None:
    function = functions[f"_{name}"]
    with np.errstate(all="ignore"):
        agrees([function(x) for x in SPECIAL_POINTS], getattr(special, name)(SPECIAL_POINTS), 1e-14)


@pytest.mark.jit
@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_numbers(functions: dict[str, Callable[..., Any]], name: str) -> None:
    """Up to 1e4 for beta: beyond, SciPy's own loses digits."""
    high = 1 if name in ("beta", "betaln") else 6
    a, b = (grid.ravel() for grid in np.meshgrid(tens(-3, high)[::5], tens(-3, high)[::7]))
    with np.errstate(all="ignore"):
        agrees([functions[f"_{name}"](x, y) for x, y in zip(a, b, strict=True)], getattr(special, name)(a, b), 2e-12)


@pytest.mark.jit
@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 8])
def test_polygamma(functions: dict[str, Callable[..., Any]], n: int) -> None:
    x = np.concatenate([tens(-3, 5), [-0.5, -1.25, -7.75] if n else [0.5]])
    agrees([functions["_polygamma"](n, one) for one in x], special.polygamma(n, x), 5e-14)
