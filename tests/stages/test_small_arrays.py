"""Small arrays on the stack: those that nobody else sees, and no others; each iteration has new ones."""

from __future__ import annotations

import numpy as np
import pytest

from gradgen.run import numba_backend, numba_compiler, python_backend
from gradgen.run.options import Options

pytestmark = pytest.mark.jit

ALONE = """
    total = 0.0
    row = np.empty(3)
    counts = np.zeros((3, 3), dtype=np.int64)
    for i in range(n):
        seen = np.zeros(3, dtype=np.bool_)
        sums = np.zeros(3)
        for j in range(3):
            row[j] = x[i + j] - total
            sums[-1 - j] += row[j] + seen.shape[0]
            seen[j] = sums[j] > 0.5
            counts[i % 2, j] += 1 if seen[j] else 2
        total += sums[0] * counts[1, 2]
    return total
"""
SEEN = {
    "returned": """
    a = np.zeros(3)
    for i in range(n):
        a[i % 3] += x[i]
    return a
""",
    "kept_from_before": """
    total, before = 0.0, np.zeros(2)
    for i in range(n):
        now = np.empty(2)
        now[0], now[1] = x[i], before[0]
        total += before[1]
        before = now
    return total
""",
    "swapped": """
    a, b = np.zeros(2), np.ones(2)
    for i in range(n):
        a, b = b, a
        a[0] += x[i] * b[0]
    return a[0] - b[0]
""",
    "viewed": """
    a = np.zeros(3)
    b = a[1:]
    for i in range(n):
        b[i % 2] += x[i] + a[1]
    return a[2]
""",
    "handed_on": """
    total = 0.0
    for i in range(n):
        a = np.zeros(2)
        a[0] = x[i]
        total += _first(a)
    return total
""",
    "large": """
    a = np.zeros(1000)
    for i in range(n):
        a[i] += x[i]
    return a[5]
""",
}
HELPER = "\n\ndef _first(a):\n    return a[0]\n"


def loaded(body: str, small: bool):
    text = f"import numpy as np\n\n\ndef f(x, n):{body}{HELPER}"
    (python,) = python_backend.load(text, "<small>", ["f"])
    (jit,) = numba_backend.load(text, "<small>", ["f"], Options(small_arrays=small))
    x = np.linspace(-1.0, 1.0, 30)
    np.testing.assert_allclose(jit(x, 20), python(x, 20), rtol=1e-12)
    return "NRT_MemInfo_alloc" in next(iter(jit.inspect_llvm().values()))


def test_arrays_that_nobody_else_sees_are_not_allocated() -> None:
    assert not loaded(ALONE, small=True) and loaded(ALONE, small=False)


@pytest.mark.parametrize("name", SEEN)
def test_others_are(name: str) -> None:
    assert loaded(SEEN[name], small=True)


@pytest.mark.parametrize(("length", "kept"), [("7", 0), ("8", 1), ("n", 0)])
def test_long_loops_of_a_written_length_are_not_written_out(length: str, kept: int, monkeypatch) -> None:
    told = []
    monkeypatch.setattr(numba_compiler, "keep", lambda *args: told.append(args))
    body = f"\n    total = 0.0\n    for i in range({length}):\n        total += x[i] * x[i]\n    return total\n"
    loaded(body, small=True)
    assert len(told) == kept


@pytest.mark.parametrize(("between", "kept"), [("total += p", 0), ("for k in range(n):\n            total += p", 2)])
def test_beside_a_running_product_they_are_so_that_the_loop_around_is_vectorised(between, kept, monkeypatch) -> None:
    told = []
    monkeypatch.setattr(numba_compiler, "keep", lambda *args: told.append(args))
    body = f"""
    total, sums = 0.0, np.zeros(8)
    for i in range(n):
        p = 1.0
        for j in range(8):
            total += p * x[j]
            p *= x[i]
        {between}
        for j in range(8):
            sums[j] += total
    return sums[5]
"""
    loaded(body, small=True)
    assert len(told) == kept


@pytest.mark.parametrize(("index", "kept"), [("a[j, i]", 0), ("a[i, j]", 2), ("a[j, 0]", 2), ("a[j, i] * a[i, j]", 2)])
def test_where_elements_lie_along_the_loop_around_they_are_too(index, kept, monkeypatch) -> None:
    told = []
    monkeypatch.setattr(numba_compiler, "keep", lambda *args: told.append(args))
    body = f"""
    total, a = 0.0, np.ones((n, n))
    for i in range(n):
        most = x[i]
        for j in range(8):
            most = max(most, {index})
        for j in range(8):
            total += x[j] * most
    return total
"""
    loaded(body, small=True)
    assert len(told) == kept
