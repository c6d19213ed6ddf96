"""Loops over ranges in few instructions take the steps that Python takes."""

from __future__ import annotations

import numpy as np
import pytest

from gradgen.run import numba_backend, python_backend
from gradgen.run.options import Options

TEXT = """
import numpy as np

def f(n, m, up, k):
    seen, p, last = np.zeros(400), 0, -1
    for i in range(n):
        n -= 1
        for j in range(i - 1, m):
            if j == 2:
                continue
            if j > 4:
                break
            seen[p] = 10 * i + j
            p += 1
        else:
            seen[p] = 0.5
            p += 1
        i += 3
        last = i
    both = range(2, m)
    for i in both:
        for j in both:
            seen[p] = i - j
            p += 1
    for i in range(m) if up else range(3, m, 2):
        seen[p] = i
        p += 1
    for i in range(m, -1, -1):
        for _ in range(k):
            seen[p] = i
            p += 1
    for i in range(9223372036854775806, 9223372036854775807):
        for j in range(0, m, k + 1):
            seen[p] = j - i
            p += 1
    return seen, p, last, n
"""


@pytest.mark.jit
def test_steps_are_those_of_python():
    compiled = numba_backend.load(TEXT, "<ranges>", ["f"], Options())[0]
    plain = python_backend.load(TEXT, "<ranges>", ["f"])[0]
    for n, m, up in ((0, 0, True), (3, 7, False), (5, 4, True), (-2, -1, False), (1, 1, True)):
        for left, right in zip(compiled(n, m, up, np.int32(2)), plain(n, m, up, 2), strict=True):
            np.testing.assert_array_equal(left, right)
