"""Vector functions in compiled loops: right for all kinds of arguments, and left out where there are none."""

from __future__ import annotations

import functools
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest

from gradgen.run import numba_backend, vector_math
from gradgen.run.options import Options

pytestmark = pytest.mark.jit

# Numba has no math.cbrt, and calls that of NumPy.
ONE = [f"math.{name}(x[i])" for name, arity in vector_math.ARITY.items() if arity == 1 and name != "cbrt"]
EXPRESSIONS = [*ONE, "math.atan2(x[i], y[i])", "x[i] ** y[i]"]
LOOP = "    for i in range(x.shape[0]):\n        out[{}, i] = {}\n"
ULPS = 4.5  # glibc promises 4 where the scalar function, which is compared with, has up to half of one
VECTORS, PLAIN = Options(), Options(simd=False)

needed = pytest.mark.skipif(not vector_math.available(), reason="there are no vector functions here")


def compiled(options: Options, *expressions: str) -> Callable[..., None]:
    """A function of x, y and out, with a row for each expression."""
    loops = "".join(LOOP.format(k, one) for k, one in enumerate(expressions))
    return numba_backend.load(f"import math\n\ndef f(x, y, out):\n{loops}", "<vectors>", ["f"], options)[0]


@functools.cache
def both(dtype: type, *expressions: str) -> tuple[np.ndarray, ...]:
    """Arguments, and the results of vector and of scalar functions."""
    x = points(dtype)
    y = np.random.default_rng(1).permutation(x)
    results = [np.empty((len(expressions), x.size), dtype) for _ in range(2)]
    for options, out in zip((VECTORS, PLAIN), results, strict=True):
        f = compiled(options, *expressions)
        f(x, y, out)
        assert ("_ZGV" in f.inspect_asm(f.signatures[0])) == (options is VECTORS)
    return x, y, *results


def points(dtype: type) -> np.ndarray:
    """Of all sizes and signs, in a random order, so that each meets each in the lanes of a vector."""
    info, rng = np.finfo(dtype), np.random.default_rng(0)
    special = [0.0, math.inf, math.nan, info.tiny, info.max, info.smallest_subnormal, info.tiny / 3, 1.0, 0.5, 2.0, 3.0]
    ends = [20.0, 37.0, 87.5, 88.8, 104.0, 708.3, 709.7, 709.8, 744.0, 746.0, 1e5, 1e22, 1.0 + float(info.eps)]
    sizes = 10.0 ** rng.uniform(math.log10(info.tiny), math.log10(info.max), 2000)
    with np.errstate(all="ignore"):
        found = np.concatenate([special, ends, sizes, rng.uniform(0, 1, 2000), rng.uniform(0, 50, 4000)]).astype(dtype)
    return rng.permutation(np.concatenate([found, -found]))


def apart(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Distances in units in the last place; inf where one is special, and the other is not the same."""
    with np.errstate(all="ignore"):
        distance = np.abs(found - expected) / np.abs(np.spacing(expected))
    same_sign = np.signbit(found) == np.signbit(expected)
    alike = ((found == expected) & same_sign) | (np.isnan(found) & np.isnan(expected))
    finite = np.isfinite(found) & np.isfinite(expected) & same_sign
    return np.where(alike, 0.0, np.where(finite, distance, np.inf))


@needed
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_within_ulps_of_the_scalar_function(expression: str, dtype: type) -> None:
    x, y, *results = both(dtype, *EXPRESSIONS)
    found, expected = (one[EXPRESSIONS.index(expression)] for one in results)
    distances = apart(found, expected)
    worst = int(np.argmax(distances))
    assert distances[worst] <= ULPS, (x[worst], y[worst], found[worst], expected[worst])


PROGRAM = """
import numpy as np
from tests.stages.test_vector_math import ULPS, VECTORS, apart, both, compiled
expressions = [f"math.{name}(x[i])" for name in ("exp", "log", "sin", "tanh", "log1p")]
for dtype in (np.float64, np.float32):
    x, y, found, expected = both(dtype, *expressions)
    assert apart(found, expected).max() <= ULPS
    f = compiled(VECTORS, *expressions)
    f(x, y, found)
    print(*sorted({one[:4] for one in f.inspect_asm(f.signatures[0]).split("$_Z") if one.startswith("GV")}))
"""


@needed
@pytest.mark.parametrize(("features", "widest"), [("", "GVbN"), ("+avx,+avx2,+fma", "GVdN")])
def test_what_the_processor_cannot_run_is_not_used(features: str, widest: str) -> None:
    given = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": features}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        assert widest in line.split()
        assert set(line.split()) <= {"GVbN", widest}


def test_without_the_library_the_scalar_function_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_math, "available", lambda: frozenset())
    f, x, out = compiled(VECTORS, "math.exp(x[i])"), np.arange(10.0), np.empty((1, 10))
    f(x, x, out)
    assert out[0].tolist() == [math.exp(one) for one in x]
    assert "_ZGV" not in f.inspect_asm(f.signatures[0])


@needed
def test_loops_with_a_branch() -> None:
    for dtype in (np.float64, np.float32):
        _, _, found, expected = both(dtype, "x[i] if x[i] > 0.0 else math.expm1(x[i])")
        assert apart(found, expected).max() <= ULPS


def test_what_users_compile_with_numba_is_not_changed() -> None:
    def total(x):
        s = 0.0
        for i in range(x.shape[0]):
            s += math.exp(x[i])
        return s

    x = np.ones(3)
    compiled(VECTORS, "math.exp(x[i])")(x, x, np.ones((1, 3)))
    mine = numba.njit(total)
    mine(x)
    assert "_ZGV" not in mine.inspect_asm(mine.signatures[0])
    assert "reassoc" not in mine.inspect_llvm(mine.signatures[0])


@needed
def test_machine_code_from_disk_finds_its_vector_functions(tmp_path: Path) -> None:
    program = f"""
import numpy as np
from gradgen.run import backend
from gradgen.run.options import Options
text = "import math\\n\\ndef f(x, y, out):\\n" + {LOOP.format(0, "math.tanh(x[i])")!r}
(f,) = backend.load(text, ["f"], "jit", Options())
out = np.empty((1, 1000))
f(np.ones(1000), np.ones(1000), out)
print(sum(f.stats.cache_hits.values()), abs(out - np.tanh(1.0)).max() < 1e-15)
"""
    given = {**os.environ, "GRADGEN_CACHE_DIR": str(tmp_path)}
    for hits in "01":
        run = subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True)
        assert run.stdout.split() == [hits, "True"]
