"""What stands in for NumPy's functions in compiled texts gives what NumPy gives, and frees what it takes."""

from __future__ import annotations

import gc
import itertools
import random

import numba
import numpy as np
import pytest
from numba.core.runtime import _nrt_python
from numba.core.runtime.nrt import rtsys

import gradgen
from gradgen.run import numba_backend, python_backend
from gradgen.write.helpers import HELPERS

pytestmark = pytest.mark.jit


def compiled(body: str, parameters: str):
    text = f"import numpy as np\n\n\ndef f({parameters}):\n    return {body}\n"
    (f,) = numba_backend.load(text, "<test>", ["f"])
    return f


def same(a, b):
    assert a.dtype == b.dtype and a.shape == b.shape and a.flags.c_contiguous
    np.testing.assert_allclose(a, b, rtol=1e-6 if a.dtype.itemsize == 4 or a.dtype == np.complex64 else 1e-12)


LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
}
SHAPES = [((3, 4), (4, 2)), ((3, 4), (4,)), ((4,), (4, 2)), ((4,), (4,)), ((1, 4), (4, 1))]
EMPTY = [
    ((0, 4), (4, 2)),
    ((3, 0), (0, 2)),
    ((3, 4), (4, 0)),
    ((3, 0), (0,)),
    ((0, 4), (4,)),
    ((0,), (0, 2)),
    ((0,), (0,)),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_products_by_strips(dtype):
    """Of a zero triangle the zeros are skipped, but not where NumPy makes NaN of them."""
    helpers = (HELPERS[name] for name in ("_dot_by_triangle", "_triangle_of_dot"))
    body = "return _dot_by_triangle(x, t, upper), _triangle_of_dot(x.T, x, upper)"
    text = "\n\n\n".join(["import numpy as np", f"def f(x, t, upper):\n    {body}\n", *helpers])
    (compiled,), (plain,) = (one.load(text, "<test>", ["f"]) for one in (numba_backend, python_backend))
    r = np.random.default_rng(0)
    for (n, d), upper, odd in itertools.product(
        [(5, 3), (300, 16), (9, 150), (0, 17), (3, 0)], [True, False], [1, np.inf]
    ):
        side = np.triu if upper else np.tril
        x, t = r.standard_normal((n, d)).astype(dtype), side(r.standard_normal((d, d))).astype(dtype)
        x[n // 2 :, d // 2 :] *= odd
        with np.errstate(invalid="ignore"):
            for product, triangle in (compiled(x, t, upper), plain(x, t, upper)):
                np.testing.assert_allclose(product, x @ t, rtol=1e-4, atol=1e-4)
                np.testing.assert_allclose(side(triangle), side(x.T @ x), rtol=1e-3, atol=1e-3)


@pytest.mark.filterwarnings("ignore:np.dot")
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_products(dtype):
    dot = compiled("np.dot(a, b)", "a, b")
    r = np.random.default_rng(0)
    for (first, second), one, other in itertools.product([*SHAPES, *EMPTY], *[LAYOUTS.values()] * 2):
        a = one(
            (r.standard_normal(first) + (1j if dtype == "complex128" else 0) * r.standard_normal(first)).astype(dtype)
        )
        b = other(r.standard_normal(second).astype(dtype))
        same(np.asarray(dot(a, b), dtype), np.asarray(a @ b))


def test_products_that_do_not_fit():
    dot = compiled("np.dot(a, b)", "a, b")
    for first, second in (((3, 4), (3, 2)), ((3, 4), (3,)), ((3,), (4, 2)), ((3,), (4,))):
        with pytest.raises(ValueError, match="incompatible array sizes"):
            dot(np.ones(first), np.ones(second))


def test_new_arrays():
    same(compiled("np.zeros(n)", "n")(3), np.zeros(3))
    same(compiled("np.zeros((n, 2), dtype=np.float32)", "n")(3), np.zeros((3, 2), np.float32))
    same(compiled("np.zeros((n, m, 2), np.int64)", "n, m")(3, 0), np.zeros((3, 0, 2), np.int64))
    same(compiled("np.zeros((n,), dtype=np.bool_)", "n")(3), np.zeros(3, bool))
    assert compiled("np.empty((n, 2), dtype=np.complex128)", "n")(0).shape == (0, 2)
    assert compiled("np.empty(n)", "n")(5).shape == (5,)
    for name in ("empty", "zeros"):
        with pytest.raises(ValueError, match="negative"):
            compiled(f"np.{name}((n, 2))", "n")(-1)
        with pytest.raises(ValueError, match="too big"):
            compiled(f"np.{name}((n, n, n))", "n")(2**40)


def test_contiguous():
    f = compiled("np.ascontiguousarray(a)", "a")
    a = np.arange(12.0).reshape(3, 4)
    fixed = a.copy()
    fixed.flags.writeable = False
    for given in (a, a.T, a[::2, ::-1], a[:0], fixed, fixed.T, np.asfortranarray(a).T):
        same(f(given), np.ascontiguousarray(given))


def test_everything_is_freed():
    f = compiled(
        "np.dot(np.ascontiguousarray(a.T), np.zeros(n)) + np.dot(np.ascontiguousarray(b), np.zeros(n))", "a, b, n"
    )
    a, b = np.ones((3, 3)), np.ones((3, 3))
    f(a, b, 3)
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats()
    for _ in range(5):
        f(a, b, 3)
    after = rtsys.get_allocation_stats()
    _nrt_python.memsys_disable_stats()
    assert after.alloc - before.alloc == after.free - before.free
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free


def test_powers_are_those_of_numba():
    assert compiled("x**-1, x**-2, x**-3", "x")(-0.0) == (-np.inf, np.inf, -np.inf)
    f = compiled("x**1, x**2, x**3, x**7, x**64, x**65, x**3.0, x**0, (x + 2) ** -3, (x + 2) ** -1", "x")
    numbas = numba.njit(error_model="numpy")(f.py_func)
    for x in (1.7, -0.3, 0.0, -0.0, np.inf, np.nan, 3, np.float32(1.3)):
        assert repr(f(x)) == repr(numbas(x))


def test_half_powers_are_roots_and_products():
    exponents = (0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.5, -3.5)
    f = compiled(", ".join(f"x**{exponent}" for exponent in exponents), "x")
    assert f(4.0)[:3] == (2.0, 0.5, 8.0) and "pow" not in f.inspect_asm(f.signatures[0])
    spread = np.random.default_rng(0).normal(0, 20, size=500)
    with np.errstate(all="ignore"):
        for x in (*np.exp(spread), -0.3, 0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e160, 3, np.float32(1.3)):
            expected = np.float64(x) ** np.array(exponents)
            np.testing.assert_array_max_ulp(np.array(f(x)), expected, 4)


def counted(x, y):
    return np.sum(np.searchsorted(np.sort(x), y) * y)


def test_the_last_bit_does_not_hang_on_where_arrays_lie():
    generator = random.Random(1)
    x, y = np.random.default_rng(0).normal(size=5), np.random.default_rng(1).normal(size=7)
    call = gradgen.value_and_grad(counted, jit=True)
    found, kept = set(), []
    for _ in range(6000):
        found.add(float(call(x.copy(), y.copy())[0]))
        kept.append(np.empty(generator.randint(1, 40)))
        if len(kept) > 200:
            del kept[generator.randrange(200)], kept[generator.randrange(150)]
    assert len(found) == 1


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_systems(dtype):
    """However the arguments lie, and all memory is given back."""
    f = compiled("np.linalg.solve(a, b), np.linalg.solve(a, b[:, 0].copy()), np.linalg.inv(a)", "a, b")
    r = np.random.default_rng(0)
    tolerance = 1e-3 if dtype == "float32" else 1e-10
    gc.collect()  # what earlier tests have left
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats()
    for n, one, other in itertools.product((4, 1, 0), *[LAYOUTS.values()] * 2):
        whole = r.standard_normal((n, n + 3)) + (1j if dtype == "complex128" else 0) * r.standard_normal((n, n + 3))
        a, b = one(whole[:, :n].astype(dtype)), other(whole[:, n:].astype(dtype))
        for found, right in zip(f(a, b), (b, b[:, 0], np.eye(n)), strict=True):
            assert found.dtype == a.dtype and found.flags.f_contiguous
            np.testing.assert_allclose(a @ found, right, rtol=tolerance, atol=tolerance)
    found = None
    after = rtsys.get_allocation_stats()
    _nrt_python.memsys_disable_stats()
    assert after.mi_alloc - before.mi_alloc == after.mi_free - before.mi_free > 0
    for a, b, words in (
        (np.ones((2, 3)), np.ones((2, 1)), "square"),
        (np.ones((2, 2)), np.ones((3, 1)), "Incompatible"),
        (np.ones((2, 2)), np.full((2, 1), np.nan), "infs or NaNs"),
        (np.full((2, 2), np.inf), np.ones((2, 1)), "infs or NaNs"),
        (np.ones((2, 2)), np.ones((2, 1)), "singular"),
    ):
        with pytest.raises(np.linalg.LinAlgError, match=words):
            f(a.astype(dtype), b.astype(dtype))
