"""A second process takes from disk what the first one made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gradgen

pytestmark = pytest.mark.jit

MODEL = """
import math
import sys
import numpy as np
from numba.core import event
import gradgen

class Count(event.Listener):
    compiled = 0
    def on_start(self, event):
        Count.compiled += 1
    def on_end(self, event):
        pass

event.register("numba:compile", Count())

def numbers(x, y):
    return x * math.sin(y)

def products(w, b, x):
    return np.sum(np.tanh(x @ w + b) ** 2)

def solved(a, b):
    return np.sum(np.linalg.solve(a, b) ** 2)

def steps(x, n):
    h = x
    while np.sum(h) < n:
        h = h * 1.5 + np.sin(h)
    return np.sum(h * h)

def transformed(x):
    return np.sum(np.abs(np.fft.rfft(x)) ** 2)

a = np.arange(1.0, 10.0).reshape(3, 3) + 3 * np.eye(3)
v = np.array([0.5, 1.5, 2.5])
calls = [
    (numbers, (0, 1), (2.0, 3.0)),
    (products, (0, 1, 2), (a, v, a)),
    (products, (0, 1, 2), (a, v, a.T)),
    (solved, (0, 1), (a, v)),
    (steps, 0, (v, 100.0)),
    (transformed, 0, (v,)),
]
for f, argnums, args in calls:
    print(repr(gradgen.grad(f, argnums=argnums, jit=True)(*args)))
try:
    gradgen.grad(products, jit=True)(a, np.ones(4), a)
except ValueError as error:
    print(error)
print(Count.compiled, "compiled")
"""


def run(folder: Path, cache: Path) -> list[str]:
    root = str(Path(gradgen.__file__).parents[1])
    environment = {**os.environ, "GRADGEN_CACHE_DIR": str(cache), "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, str(folder / "model.py")], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, list[str]]:
    """The folders of the model and of the cache, and what a process says that finds nothing in it."""
    folder = tmp_path_factory.mktemp("warm")
    (folder / "model.py").write_text(MODEL)
    return folder, folder / "cache", run(folder, folder / "cache")


def test_a_second_process_compiles_nothing(first):
    folder, cache, said = first
    assert said[-1] != "0 compiled"
    assert run(folder, cache) == [*said[:-1], "0 compiled"]


def test_what_machine_code_depends_on(first, monkeypatch):
    """Another level of optimisation, other code."""
    folder, cache, said = first
    monkeypatch.setenv("NUMBA_OPT", "0")
    assert run(folder, cache)[-1] == said[-1] != "0 compiled"


def test_damaged_files(first):
    """Machine code is made again, whatever has become of its file."""
    folder, cache, said = first
    for k, file in enumerate(sorted(cache.glob("*.code"))):
        content = file.read_bytes()
        if k % 4 == 0:
            file.unlink()
        else:
            file.write_bytes((b"", content[: len(content) // 2], content[:-1] + bytes([content[-1] ^ 1]))[k % 4 - 1])
    again = run(folder, cache)
    assert again[:-1] == said[:-1] and again[-1] != "0 compiled"
