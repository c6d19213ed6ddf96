"""Seconds to the first gradient, by kind of function and by length of its source.

    python -m tests.benchmarks.compile --help

Each function is compiled in processes of its own, without a cache on disk: once by gradgen, of which the steps from
source to text and Numba's work are timed apart, and once by JAX, where it is installed and the function is one that it
can trace. What either does once in a process, at its very first compilation, is done before. "again" is the first call
in a second process, which finds machine code on disk: all that comes after the imports of gradgen and Numba.
"""

from __future__ import annotations

import argparse
import json
import linecache
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import gradgen

# The functions take their array library, so that JAX can trace the same text.


def lecture(np):
    def f(x, y):
        sigy = 1.0 / (1 + np.exp(-y))
        num = x + sigy
        sigx = 1.0 / (1 + np.exp(-x))
        xpysqr = (x + y) ** 2
        return num / (sigx + xpysqr)

    return f


def logistic(np):
    def f(w, b, X, y):
        return np.mean(np.log1p(np.exp(-y * (X @ w + b))))

    return f


def logistic_loops(np):
    def f(w, b, X, y):
        total = 0.0
        for i in range(X.shape[0]):
            z = b
            for j in range(X.shape[1]):
                z += X[i, j] * w[j]
            total += math.log1p(math.exp(-y[i] * z))
        return total / X.shape[0]

    return f


def logsumexp(np):
    def f(x):
        m = np.max(x)
        return m + np.log(np.sum(np.exp(x - m)))

    return f


def mixture(np):
    def f(means, logw, logs, X):
        q = (
            logw
            - 0.5 * np.sum(((X[:, None, :] - means[None, :, :]) * np.exp(-logs)) ** 2, axis=2)
            - np.sum(logs, axis=1)
        )
        m = np.max(q, axis=1)
        return np.sum(m + np.log(np.sum(np.exp(q - m[:, None]), axis=1)))

    return f


def network(np):
    def f(W1, b1, W2, b2, X, y):
        h = np.tanh(X @ W1 + b1)
        o = h @ W2 + b2
        return np.mean((o - y) ** 2)

    return f


def lstm(np):
    def f(Wx, Wh, b, Wo, bo, X, Y):
        n = Wh.shape[0]
        h = np.zeros(n)
        c = np.zeros(n)
        loss = 0.0
        for t in range(X.shape[0]):
            z = X[t] @ Wx + h @ Wh + b
            i = 1 / (1 + np.exp(-z[:n]))
            o = 1 / (1 + np.exp(-z[n : 2 * n]))
            k = 1 / (1 + np.exp(-z[2 * n : 3 * n]))
            g = np.tanh(z[3 * n :])
            c = k * c + i * g
            h = o * np.tanh(c)
            s = h @ Wo + bo
            m = np.max(s)
            loss = loss - (np.sum(Y[t] * s) - m - np.log(np.sum(np.exp(s - m))))
        return loss

    return f


def stencil(np):
    def f(u, k):
        for _ in range(20):
            inner = u[1:-1, 1:-1] + k * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])
            u = np.concatenate((u[:1], np.concatenate((u[1:-1, :1], inner, u[1:-1, -1:]), axis=1), u[-1:]))
        return np.sum(u * u)

    return f


def straight(lines: int) -> Callable[[Any], Callable[..., Any]]:
    """A function of that many lines, of numbers or of arrays."""
    body = ["a, b = x, y"]
    for k in range(lines):
        body.append(
            ("a = b * np.sin(a) + {0}", "b = np.exp(-a * a) - {0} * b", "c{1} = a * b + {0}", "a = a + 0.5 * c{2}")[
                k % 4
            ].format(k % 7 + 0.5, k, k - 1)
        )
    text = "\n    ".join(["def f(x, y):", *body, "return np.sum(a * b)"]) + "\n"

    def made(np: Any) -> Callable[..., Any]:
        filename = f"<{lines} lines>"
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        scope = {"np": np}
        exec(compile(text, filename, "exec"), scope)
        return scope["f"]  # type: ignore[return-value]

    return made


def values() -> dict[str, tuple[Callable[[Any], Callable[..., Any]], Any, tuple[Any, ...]]]:
    """The functions, what is differentiated, the arguments."""
    r = np.random.default_rng(0).standard_normal
    w, X, y = r(20), r((200, 20)), np.sign(r(200))
    cell = (r((5, 80)), r((20, 80)), r(80), r((20, 5)), r(5))
    rows: dict[str, Any] = {
        "lecture": (lecture, (0, 1), (3.0, -4.0)),
        "logistic": (logistic, (0, 1), (w, 0.1, X, y)),
        "logistic_loops": (logistic_loops, (0, 1), (w, 0.1, X[:20], y[:20])),
        "logsumexp": (logsumexp, 0, (w,)),
        "mixture": (mixture, (0, 1, 2), (r((18, 20)), r(18), r((18, 20)), X)),
        "network": (network, (0, 1, 2, 3), (r((20, 30)), r(30), r(30), 0.0, X, y)),
        "lstm": (lstm, (0, 1, 2, 3, 4), (*cell, r((30, 5)), np.eye(5)[np.arange(30) % 5])),
        "stencil": (stencil, (0, 1), (r((20, 20)), 0.1)),
    }
    for lines in (50, 100, 200, 400):
        rows[f"{lines} lines, numbers"] = (straight(lines), (0, 1), (0.3, 0.4))
        rows[f"{lines} lines, arrays"] = (straight(lines), (0, 1), (w, w))
    return rows


def by_gradgen(name: str) -> dict[str, float]:
    from gradgen import pipeline

    made, argnums, args = values()[name]
    gradgen.grad(lambda x: x * x, jit=True)(2.0)
    function = made(np)
    gradient = gradgen.grad(function, argnums=argnums, jit=True)
    own = 0.0
    build = pipeline.build

    def timed(*args: Any, **kwargs: Any) -> Any:
        nonlocal own
        start = time.process_time()
        try:
            return build(*args, **kwargs)
        finally:
            own += time.process_time() - start

    pipeline.build = timed
    start = time.process_time()
    gradient(*args)
    whole = time.process_time() - start
    return {"own": own, "numba": whole - own}


def again(name: str) -> dict[str, float]:
    """In the second of two processes that share a cache, the seconds from the imports to the first gradient."""
    import numba  # noqa: F401

    made, argnums, args = values()[name]
    start = time.process_time()
    gradgen.grad(made(np), argnums=argnums, jit=True)(*args)
    return {"again": time.process_time() - start}


def by_jax(name: str) -> dict[str, float]:
    import jax

    jax.config.update("jax_enable_x64", True)
    made, argnums, args = values()[name]
    jax.block_until_ready(jax.jit(jax.grad(lambda x: x * x))(2.0))
    gradient = jax.jit(jax.grad(made(jax.numpy), argnums=argnums))
    start = time.process_time()
    jax.block_until_ready(gradient(*args))
    return {"jax": time.process_time() - start}


def apart(kind: str, name: str, folder: str) -> dict[str, float]:
    """What a process of its own finds; nothing where it fails. `folder`: of the cache."""
    one_thread = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.compile", kind, name],
        env={**os.environ, **one_thread, "GRADGEN_CACHE_DIR": folder, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}


def main(names: list[str], jax: bool) -> None:
    print(f"{'CPU seconds':22}{'gradgen':>9}{'Numba':>9}{'together':>9}{'JAX':>9}{'ratio':>9}{'again':>9}")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            ours, second = (apart(kind, name, folder) for kind in ("gradgen", "again"))
            theirs = apart("jax", name, folder) if jax else {}
        whole = ours["own"] + ours["numba"]
        beside = f"{theirs['jax']:9.2f}{whole / theirs['jax']:9.2f}" if theirs else f"{'':18}"
        print(f"{name:22}{ours['own']:9.2f}{ours['numba']:9.2f}{whole:9.2f}{beside}{second['again']:9.2f}", flush=True)


def parsed(args: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.compile", description="Seconds to the first gradient.")
    known = "; ".join(values())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of functions, all unless some are given: {known}")
    parser.add_argument("--without-jax", action="store_true", help="gradgen only")
    found = parser.parse_args(args)
    unknown = [name for name in found.names if name not in values()]
    if unknown:
        parser.error(f"{', '.join(unknown)}: none of {known}")
    return found


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["gradgen" | "jax" | "again" as kind, name]:
            print(json.dumps({"gradgen": by_gradgen, "jax": by_jax, "again": again}[kind](name)))
        case args:
            options = parsed(args)
            main(options.names or list(values()), not options.without_jax)
