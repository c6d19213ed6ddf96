"""What a call of a small gradient costs on top of the compiled function, in microseconds.

    python -m tests.benchmarks.calls

Beside each call of a gradient stands a call of the same compiled text by Numba's own dispatcher, with the flat values
that it takes. The two take turns in one process; the medians are of CPU time.
"""

from __future__ import annotations

import inspect
import math
import statistics
import time
import timeit
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import gradgen
from gradgen.run.backend import load
from gradgen.run.fetch import resolve

SCALE = 2.0


class Pair(NamedTuple):
    low: np.ndarray
    high: np.ndarray


def scalars(x, y):
    return x * y + math.sin(x)


def one_array(v):
    return np.sum(v * v)


def four_arrays(a, b, c, d):
    return np.sum(a * b * c * d)


def network(w, b, x, y):
    return np.mean((np.tanh(x @ w + b) - y) ** 2)


def of_dict(p):
    return np.sum(p["w"] * p["w"]) * p["b"]


def of_tuple(p):
    return np.sum(p[0] * p[1])


def of_namedtuple(p):
    return np.sum(p.low * p.high)


def of_global(x):
    return SCALE * x * x


def helper(x, power=2):
    return x**power


def of_helper(x):
    return helper(x) * helper(x)


V = np.linspace(1.0, 2.0, 3)
M = np.ones((3, 3))

# The function, what is differentiated, the call, and the names in it. By keyword, Numba's function is called so too.
ROWS: dict[str, tuple[Callable[..., Any], Any, str, dict[str, Any]]] = {
    "two numbers": (scalars, (0, 1), "f(3.0, 4.0)", {}),
    "two numbers, by keyword": (scalars, (0, 1), "f(x=3.0, y=4.0)", {}),
    "one array": (one_array, 0, "f(v)", {"v": V}),
    "four arrays": (four_arrays, 0, "f(v, v, v, v)", {"v": V}),
    "four arrays, by keyword": (four_arrays, 0, "f(v, v, c=v, d=v)", {"v": V}),
    "a small network": (network, (0, 1), "f(m, v, m, m)", {"m": M, "v": V}),
    "a dict": (of_dict, 0, "f(p)", {"p": {"w": V, "b": 2.0}}),
    "a tuple": (of_tuple, 0, "f(p)", {"p": (V, V)}),
    "a NamedTuple": (of_namedtuple, 0, "f(p)", {"p": Pair(V, V)}),
    "a global number": (of_global, 0, "f(3.0)", {}),
    "a helper": (of_helper, 0, "f(3.0)", {}),
}


def bare(gradient: gradgen.Gradient, values: dict[str, Any]) -> tuple[Callable[..., Any], list[Any]]:
    """The text that `gradient` has compiled, compiled alone, and the flat values it takes."""
    target = gradient._target
    _, given = target.describe(values)
    compiled, _ = target.build(given, gradient.form, values)
    (entry,) = load(compiled.source, compiled.entries, target.style, target.options)
    return entry, [resolve(one.path, values) for one in compiled.staged.inputs]


def medians(statements: dict[str, tuple[str, dict[str, Any]]], rounds: int = 25, calls: int = 4000) -> dict[str, float]:
    """Microseconds of each statement, with the names that it uses."""
    timers = {key: timeit.Timer(text, timer=time.process_time, globals=of) for key, (text, of) in statements.items()}
    times: dict[str, list[float]] = {key: [] for key in timers}
    for _ in range(rounds):
        for key, timer in timers.items():
            times[key].append(timer.timeit(calls) / calls * 1e6)
    return {key: statistics.median(found) for key, found in times.items()}


def main() -> None:
    print(f"{'':26}{'Numba':>8} {'gradgen':>8} {'difference':>10}   microseconds")
    for name, (function, argnums, call, names) in ROWS.items():
        gradient = gradgen.grad(function, argnums=argnums, jit=True)
        bound = eval(call, {**names, "f": inspect.signature(function).bind})
        entry, flat = bare(gradient, bound.arguments)
        of_bare = {"f": entry, **names, **{f"x{k}": value for k, value in enumerate(flat)}}
        of_flat = f"f({', '.join(f'x{k}' for k in range(len(flat)))})"
        statements = {
            "Numba": (call if "=" in call else of_flat, of_bare),
            "gradgen": (call, {"f": gradient, **names}),
        }
        for text, of in statements.values():
            eval(text, of)
        found = medians(statements)
        difference = found["gradgen"] - found["Numba"]
        print(f"{name:26}{found['Numba']:8.3f} {found['gradgen']:8.3f} {difference:10.3f}")


if __name__ == "__main__":
    main()
