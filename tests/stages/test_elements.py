"""Elements, sizes and arithmetic in few instructions give what Numba's own give, and memory is let go of."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from numba.core.runtime import _nrt_python, rtsys

from gradgen.run import numba_backend
from gradgen.run.options import Options

TEXT = """
import numpy as np

def f(a, k, x, y):
    n, m = a.shape
    s = 0.0
    b = np.zeros((m, n))
    c = np.empty(n)
    for i in range(n):
        c[-1 - i] = k[i] * 3 - i
        for j in range(-m, 0):
            b[j, i] = a[i, j] * x + a[-1, k[i]]
            b, d = b.copy(), b
            s += b[-1, i] / (a[0, 1] - y) + d[0, -2]
        if a[i, 0] < x and k[i] != 2 or not x >= y or a[i, -1] == y:
            s -= b[0, i]
    t = a.T
    w = t[::2]
    w[k[2], -1] += np.float32(s)
    e = np.zeros((2, 1, n), dtype=np.bool_)
    e[1, 0, k[0]] = x > y
    return s, b[1], c, w.copy(), e, w.shape, (k[0] - 2) * (k[1] + 7) % 5, x != x
"""
NUMBERS = ((2.5, -1.0), (np.nan, 0.5), (np.inf, np.inf), (0.0, -0.0))


def compiled(few, **options):
    return numba_backend.load(TEXT, "<few>", ["f"], Options(few_instructions=few, fused_sums=False, **options))[0]


@pytest.fixture
def counted():
    """Numba counts what is allocated."""
    gc.collect()  # what earlier tests have left
    _nrt_python.memsys_enable_stats()
    yield rtsys.get_allocation_stats
    _nrt_python.memsys_disable_stats()


@pytest.mark.jit
@pytest.mark.parametrize(
    ("dtype", "index", "order", "model"),
    [(np.float32, np.uint8, "F", "python"), (np.int32, np.int32, "A", "numpy")],
)
def test_are_as_by_numba(dtype, index, order, model, counted):
    few, all = (compiled(one, error_model=model) for one in (True, False))
    whole = (np.arange(24).reshape(4, 6) * 7 % 11).astype(dtype)
    k = np.array([0, 2, 1, 2], dtype=index)

    def given():
        return whole.copy()[:, ::2] if order == "A" else whole[:, :3].copy(order=order)

    for x, y in NUMBERS:
        one, other = (f(given(), k, x, y) for f in (few, all))
        for left, right in zip(one, other, strict=True):
            np.testing.assert_array_equal(left, right)
    before = counted()
    few(given(), k, 1.0, 0.5)
    after = counted()
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free > 0
