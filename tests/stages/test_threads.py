"""Parts of loops on threads: the same bits with any number of them, from any thread, and errors that arrive."""

from __future__ import annotations

import threading

import numba
import numpy as np
import pytest

import gradgen
from gradgen.run import blas_threads, numba_backend
from gradgen.run.options import Options

pytestmark = pytest.mark.jit
RNG = np.random.default_rng(8)
X = RNG.standard_normal((60_000, 3))
Y = np.sign(RNG.standard_normal(60_000))


def logistic(w, X, y):
    """Numbers that are summed up, an array that is added to, a largest one, and an array with a place for each row."""
    z = X @ w
    s = 0.0
    for i in range(X.shape[0]):
        s += np.log1p(np.exp(-y[i] * z[i]))
    return s / X.shape[0] + np.max(z)


GRADIENT = gradgen.value_and_grad(logistic, argnums=(0, 1), jit=True, parallel=True)


def flat(result):
    return np.hstack([result[0], *map(np.ravel, result[1])])


def test_the_same_bits_with_any_number_of_threads():
    expected = flat(gradgen.value_and_grad(logistic, argnums=(0, 1), jit=True)(X[0], X, Y))
    found = []
    for count in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(count)
        found += [flat(GRADIENT(X[0], X, Y)) for _ in range(5)]
    assert "in prange(" in GRADIENT.source(X[0], X, Y)
    np.testing.assert_allclose(found[0], expected, rtol=1e-12, atol=1e-15)
    assert all(np.array_equal(one, found[0]) for one in found)


def test_calls_from_several_threads_at_once():
    expected, found = flat(GRADIENT(X[0], X, Y)), []
    threads = [threading.Thread(target=lambda: found.append(flat(GRADIENT(X[0], X, Y)))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert all(np.array_equal(one, expected) for one in found)


WHOLE = """\
import numpy as np
from numba import prange


def whole(x, parts):
    for part in prange(parts):
        one_part(part, x)
    return x


def one_part(part, x):
"""


def test_the_error_of_a_part():
    body = "    if part == 5:\n        raise ValueError('the sixth part')\n    x[part] = part\n"
    (whole,) = numba_backend.load(WHOLE + body, "<parts>", ["whole"], Options(parallel=True))
    assert list(whole(np.zeros(4), 4)) == [0.0, 1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="the sixth part"):
        whole(np.zeros(9), 9)
    assert list(whole(np.zeros(3), 3)) == [0.0, 1.0, 2.0]


def test_parts_that_multiply_matrices_have_one_thread_of_its_library(monkeypatch):
    """Or, where nothing tells it, one thread takes all parts."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    body = "    x[part] = np.dot(x[part], x[part])\n"
    (whole,) = numba_backend.load(WHOLE + body, "<products>", ["whole"], Options(parallel=True))
    x = RNG.standard_normal((9, 4, 4))
    expected = [one @ one for one in x]
    before = threadpoolctl.threadpool_info()
    limits, real = [], blas_threads._controller()

    class Libraries:
        def limit(self, **given):
            limits.append(given)
            return real.limit(**given)

    for found in (Libraries(), None):
        monkeypatch.setattr(blas_threads, "_controller", lambda found=found: found)
        np.testing.assert_allclose(whole(x.copy(), 9), expected, rtol=1e-12)
    assert limits == [{"limits": 1}]
    assert threadpoolctl.threadpool_info() == before
