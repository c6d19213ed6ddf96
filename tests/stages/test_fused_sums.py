"""Of which sums a product is added unrounded: those of a loop that nothing else is done to meanwhile."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from gradgen.run import numba_backend, numba_compiler
from gradgen.run.fused_sums import FusedSums
from gradgen.run.options import Options

pytestmark = pytest.mark.jit

TEXT = """import numpy as np


def f(x, y, c, order, out):
    n = x.shape[0]
    g = np.zeros(3)
    a = np.zeros(3)
    chosen = np.zeros((2, 3))
    filled = np.zeros(3)
    passed = np.zeros((1, 3))
    s = 0.0
    for i in range(n):
        s += x[i] * y[i]  # fused
    q = s
    k = 0
    while k < n:
        q -= x[k] ** 2  # fused
        k += 1
    d = np.zeros(3)
    e = np.zeros((2, 3))
    w = np.zeros(n)
    b = np.zeros(3)
    h = np.zeros(3)
    v = h
    for i in range(n):
        r = 0.0
        for j in range(3):
            r += c[j] * x[i]  # fused
        for j in range(3):
            d[j] -= c[j] * r  # fused
        for k in range(2):
            for j in range(3):
                e[k, j] += c[j] * x[i]  # fused
        for j in range(3):
            b[j] = x[i] * x[i]
            b[j] -= c[j] * c[j]
        for j in range(3):
            h[j] += c[j] * x[i]
        v[1] = 2.0
    for i in range(n):
        w[i] = x[i] * x[i]
    for i in range(n):
        w[i] -= y[i] * y[i]
    t = 0.0
    u = 0.0
    p = 0
    for i in range(n):
        z = x[i] * x[i]
        z -= y[i] * y[i]
        t += z  # fused
        if i % 2 == 0:
            u = x[i] * x[i]
        else:
            u -= x[i - 1] * x[i - 1]
        s += x[i] * x[i]
        s -= y[i] * y[i]
        w[order[i]] += x[i] * c[0]
        w[p] += x[i] * c[1]
        p += 1
        out[0] += x[i] * c[0]
        for j in range(2):
            o = g[j]
            o -= c[j] * x[i]
            g[j] = o * o
        for j in range(2):
            o = a[j]
            o += c[j] * x[i]
            a[j + 1] = o
        if i % 2 == 0:
            place = 0
        else:
            place = 1
        for j in range(3):
            chosen[place, j] += x[i] * c[j]
        for j in range(3):
            filled[j] += x[i] * c[j]
        filled.fill(0.0)
        for j in range(3):
            passed[0, j] += x[i] * c[j]
        np.fill_diagonal(passed, 0.0)
        m = np.zeros(3)
        for j in range(3):
            m[j] += c[j] * x[i]
        out[1:3] = m[1:]
    return s + q + t + u + np.sum(w) + np.sum(d) + np.sum(e) + np.sum(b)
"""


class Found(Exception):
    pass


def test_only_sums_of_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*args: Any) -> None:
        raise Found(*(one.loc.line for one in FusedSums(*args).additions))

    monkeypatch.setattr(numba_compiler, "FusedSums", stop)
    (f,) = numba_backend.load(TEXT, "<fused>", ["f"])
    x = np.ones(3)
    with pytest.raises(Found) as found:
        f(x, x, x, np.arange(3), x)
    marked = [k for k, line in enumerate(TEXT.splitlines(), 1) if line.endswith("# fused")]
    assert sorted(found.value.args) == marked


@pytest.mark.parametrize(
    ("options", "fused"),
    [(Options(), True), (Options(fused_sums=False), False), (Options(reassociate=False), False)],
)
def test_only_where_the_terms_may_change_places(options: Options, fused: bool) -> None:
    text = "def f(x):\n    s = 0.0\n    for i in range(x.shape[0]):\n        s += x[i] * x[i]\n    return s\n"
    (f,) = numba_backend.load(text, "<sum>", ["f"], options)
    assert f(np.array([3.0, 4.0])) == 25.0
    assert (re.search(r" fadd [a-z ]*contract", f.inspect_llvm(f.signatures[0])) is not None) == fused
