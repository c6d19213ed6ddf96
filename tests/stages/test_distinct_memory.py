"""What LLVM is told of arrays that cannot share memory: only what is so, and enough to vectorise without asking."""

from __future__ import annotations

import numpy as np
import pytest

from gradgen.run import numba_backend, python_backend
from gradgen.run.options import Options

pytestmark = pytest.mark.jit

# In each, an array is written under one name, and read under another that may be the same memory.
SHARED = {
    "view": """
    a = np.zeros(n)
    b = a[1:]
    for i in range(n - 1):
        b[i] = a[i] + 1.0
    return a
""",
    "reshaped": """
    a = np.zeros(n)
    b = a.reshape((n, 1))
    for i in range(n - 1):
        b[i + 1, 0] = a[i] + 1.0
    return a
""",
    "transposed": """
    a = np.zeros((n, 1))
    b = a.T
    for i in range(n - 1):
        b[0, i + 1] = a[i, 0] + 1.0
    return a
""",
    "contiguous": """
    a = np.zeros(n)
    b = np.ascontiguousarray(a)
    for i in range(n - 1):
        b[i + 1] = a[i] + 1.0
    return a
""",
    "argument": """
    b = np.ascontiguousarray(x)
    for i in range(n - 1):
        b[i + 1] = x[i] + 1.0
    return b
""",
    "arguments": """
    for i in range(n - 1):
        y[i] = x[i] + 1.0
    return y
""",
    "one_of_two": """
    a = np.zeros(n)
    b = np.zeros(n)
    c = b
    if n > 3:
        c = a
    for i in range(n - 1):
        c[i + 1] = a[i] + 1.0
    return a + b
""",
    "swapped": """
    a = np.zeros(n)
    b = np.ones(n)
    c = a
    for t in range(3):
        a, b = b, a
        for i in range(n - 1):
            a[i + 1] = c[i] + 1.0
    return a + b
""",
    "handed_on": """
    a = np.zeros(n)
    c = a
    for t in range(3):
        for i in range(n - 1):
            a[i + 1] = c[i] + 1.0
        b = np.empty(n)
        for i in range(n):
            b[i] = a[i]
        c = b
        if t == 0:
            a = b
    return a + c
""",
    "tuple": """
    a = np.zeros(n)
    pair = (a, x)
    b = pair[0]
    for i in range(n - 1):
        b[i + 1] = a[i] + 1.0
    return a
""",
    "list": """
    a = np.zeros(n)
    b = np.zeros(n)
    arrays = [a]
    if n > 3:
        b = arrays[0]
    for i in range(n - 1):
        b[i + 1] = a[i] + 1.0
    return a
""",
    "item_of_a_loop": """
    a = np.zeros(n)
    c = np.zeros(n)
    for b in (a, x):
        c = b
    for b in (x, a):
        c = b
    for i in range(n - 1):
        c[i + 1] = a[i] + 1.0
    return a
""",
    "helper": """
    a = np.zeros(n)
    b = _same(a)
    for i in range(n - 1):
        b[i + 1] = a[i] + 1.0
    return a
""",
}
HELPER = "\n\ndef _same(a):\n    return a\n"


def text(body: str) -> str:
    return f"import numpy as np\n\n\ndef f(x, y, n):{body}{HELPER}"


@pytest.mark.parametrize("distinct", [True, False])
@pytest.mark.parametrize("name", SHARED)
def test_memory_that_may_be_shared(name: str, distinct: bool) -> None:
    (python,) = python_backend.load(text(SHARED[name]), "<shared>", ["f"])
    (jit,) = numba_backend.load(text(SHARED[name]), "<shared>", ["f"], Options(distinct_memory=distinct))
    results = []
    for f in (python, jit):
        x = np.zeros(101)
        results.append(np.array(f(x, x[1:], 100)))
    np.testing.assert_array_equal(*results)


MADE = """
    a = np.empty(n)
    b = np.empty(n)
    total = 0.0
    for i in range(n):
        a[i] = 2.0 * x[i]
        b[i] = 3.0 * y[i]
        total += a[i] * b[i]
    return total
"""


def test_arrays_that_are_made_are_not_asked_about() -> None:
    asked = []
    for distinct in (True, False):
        (f,) = numba_backend.load(text(MADE), "<made>", ["f"], Options(distinct_memory=distinct))
        assert f(np.ones(9), np.ones(9), 9) == 54.0
        asked.append("vector.memcheck" in f.inspect_llvm(f.signatures[0]))
    assert asked == [False, True]
