"""A robust regression with a loss of one's own, fitted to scikit-learn's diabetes data with SciPy.

The loss is the negative log-likelihood of a linear model with Cauchy noise, whose scale is fitted too.
Prints the generated backward pass, its check against differences, the fit, and the times.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.datasets import load_diabetes

from gradgen import value_and_grad


# fmt: off
def loss(theta, X, y):
    weights = theta[:-2]
    residual = y - X @ weights - theta[-2]
    scale = np.exp(theta[-1])
    return np.mean(np.log(1 + (residual / scale) ** 2)) + np.log(scale)
# fmt: on


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measurements in units of their spread, disease progression after a year, and where the fit starts."""
    X, y = load_diabetes(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    start = np.concatenate([np.zeros(X.shape[1]), [y.mean(), np.log(y.std())]])
    return X, y, start


def error_against_differences(gradient: np.ndarray, theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """The largest error of a component, relative to the largest component."""
    h = 1e-5
    steps = h * np.eye(len(theta))
    estimates = np.array([(loss(theta + step, X, y) - loss(theta - step, X, y)) / (2 * h) for step in steps])
    return float(np.max(np.abs(gradient - estimates)) / np.max(np.abs(estimates)))


def timed(function: Callable[[], Any], calls: int) -> tuple[Any, float]:
    """The result, and the seconds a call takes (the best of three rounds)."""
    result, rounds = function(), []
    for _ in range(3):
        begin = time.perf_counter()
        for _ in range(calls):
            function()
        rounds.append((time.perf_counter() - begin) / calls)
    return result, min(rounds)


def main() -> None:
    X, y, theta = data()
    in_python, in_numba = value_and_grad(loss), value_and_grad(loss, jit=True)
    print(in_python.source(theta, X, y))
    _, gradient = in_python(theta, X, y)
    print(f"largest error against central differences: {error_against_differences(gradient, theta, X, y):.1e}")
    begin = time.perf_counter()
    in_numba(theta, X, y)
    print(f"compiled with Numba in {time.perf_counter() - begin:.1f} s\n")

    jacobians: dict[str, tuple[Callable[..., Any], Any]] = {
        "SciPy's differences": (loss, None),
        "gradgen, Python": (in_python, True),
        "gradgen, jit": (in_numba, True),
    }
    print(f"{'gradient':<20} {'loss':>9} {'iterations':>11} {'calls':>6} {'fit':>9}")
    for name, (function, jac) in jacobians.items():
        fit, seconds = timed(lambda f=function, j=jac: minimize(f, theta, args=(X, y), jac=j, method="BFGS"), 3)  # type: ignore[misc]
        print(f"{name:<20} {fit.fun:9.6f} {fit.nit:11d} {fit.nfev:6d} {1e3 * seconds:6.1f} ms")
    names = load_diabetes().feature_names
    print("\nweights: " + ", ".join(f"{name} {weight:+.1f}" for name, weight in zip(names, fit.x, strict=False)))
    print(f"intercept {fit.x[-2]:.1f}, scale {np.exp(fit.x[-1]):.1f}")


if __name__ == "__main__":
    main()
