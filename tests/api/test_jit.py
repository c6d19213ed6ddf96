"""The public face with `jit=True`: what comes out of compiled code has the same types as what Python gives."""

from __future__ import annotations

import inspect
import pickle
import runpy
from dataclasses import replace

import numpy as np
import pytest

from gradgen import grad, value_and_grad
from tests.api.test_gradient import close

pytestmark = pytest.mark.jit


def scaled(x, y, n=2, flag=True):
    return x * y * n if flag else x


def weighted(p, X):
    return np.sum(np.tanh(X @ p["w"])) * p["s"] + p["b"][0]


compiled = grad(scaled, argnums=("x", "y"), jit=True)


def test_numbers():
    assert close(compiled(3.0, 4.0), (8.0, 6.0)) and close(compiled(3, 4, 5), (20.0, 15.0))
    assert close(compiled(3.0, 4.0, flag=False), (1.0, 0.0))
    found = compiled(np.float32(3), np.float64(4))
    assert [type(one) for one in found] == [np.float32, np.float64] and close(found, (np.float32(8), np.float64(6)))
    assert close(compiled.value_and_grad(3.0, 4.0), (24.0, (8.0, 6.0)))
    assert type(value_and_grad(lambda x: x * x, jit=True)(np.float32(3))[0]) is np.float32


def test_forward_and_backward():
    value, cache = compiled.forward(3.0, 4.0)
    assert close(value, 24.0) and close(compiled.backward(cache, 2), (16.0, 12.0))


def test_structures_and_layouts():
    rng = np.random.default_rng(0)
    p = {"w": rng.standard_normal(3), "s": 2.0, "b": (np.float32(1), 0.0)}
    python, jit = (grad(weighted, (0, 1), jit=one) for one in (False, True))
    X = rng.standard_normal((4, 3))
    frozen = X.copy()
    frozen.flags.writeable = False
    for one in (X, np.asfortranarray(X), rng.standard_normal((8, 6))[::2, ::2], frozen, X.astype(">f8")):
        assert close(jit(p, one), python(p, one))


def test_short_rows_have_texts_of_their_own_up_to_a_number(monkeypatch):
    monkeypatch.setattr("gradgen.target.EXACT", 1)
    gradient = grad(lambda x, w: np.sum((x @ w) ** 2) + np.sum(x[:, -1] * x[:, 0]), jit=True)
    rng = np.random.default_rng(0)
    for rows, size in ((6, 3), (6, 5), (9, 3), (9, 4), (3, 3)):
        x, w = rng.standard_normal((rows, size)), rng.standard_normal(size)
        expected = 2 * np.outer(x @ w, w)
        expected[:, -1] += x[:, 0]
        expected[:, 0] += x[:, -1]
        np.testing.assert_allclose(gradient(x, w), expected, rtol=1e-13)
    assert len(gradient._dispatcher.variants) == 2  # rows of three, and rows of any size


def products(p, x, n):
    """What broadcasts where sizes differ, bounded by a number that may be one of the sizes."""
    total = np.sum(p["a"][: n - 1, 0] * x[: n - 1])
    for i in range(1, n):
        total += p["a"][i, :i] @ p["b"][:i]
    return total


def products_gradient(p, x, n):
    a, b, dx = np.zeros_like(p["a"]), np.zeros_like(p["b"]), np.zeros_like(x)
    a[: n - 1, 0] += x[: n - 1]
    dx[: n - 1] += p["a"][: n - 1, 0]
    for i in range(1, n):
        a[i, :i] += p["b"][:i]
        b[:i] += p["a"][i, :i]
    return {"a": a, "b": b}, dx


@pytest.mark.parametrize("first", [(20, 20, 20, 20, 20), (20, 25, 22, 24, 20), (20, 20, 20, 20, 18)])
def test_sizes_that_were_equal_in_the_first_call(first):
    gradient = grad(products, argnums=(0, 1), jit=True)
    rng = np.random.default_rng(0)
    for rows, columns, of_b, of_x, n in (first, (20, 20, 20, 20, 20), (21, 21, 21, 21, 20), (30, 30, 30, 29, 28)):
        p = {"a": rng.standard_normal((rows, columns)), "b": rng.standard_normal(of_b)}
        x = rng.standard_normal(2 * of_x)[::2]
        for given in ((p, x, n), (p, x.copy(), n)):
            (dp, dx), (expected, dx_expected) = gradient(*given), products_gradient(*given)
            for found, right in ((dp["a"], expected["a"]), (dp["b"], expected["b"]), (dx, dx_expected)):
                np.testing.assert_allclose(found, right, rtol=1e-13)
    with pytest.raises(ValueError, match="broadcast"):
        gradient({"a": np.ones((20, 20)), "b": np.ones(17)}, np.ones(20), 20)


def test_a_text_for_equal_sizes_asks_for_them(tmp_path):
    @grad(jit=True)
    def distance(x, y, n):
        return np.sum((x - y) ** 2) + np.sum(x[:n])

    file = tmp_path / "distance_grad.py"
    distance.export(file, np.ones(20), np.ones(20), 20)
    made = runpy.run_path(str(file))["distance_value_and_grad"]
    assert made(np.full(30, 3.0), np.ones(30), 30)[0] == 210.0
    for sizes in ((30, 20, 30), (30, 30, 31)):
        with pytest.raises(ValueError, match="other shapes"):
            made(np.ones(sizes[0]), np.ones(sizes[1]), sizes[2])


def unaligned(a):
    made = np.frombuffer(bytearray(a.nbytes + 1), np.uint8)[1:].view(a.dtype).reshape(a.shape)
    made[...] = a
    return made


def read_only(a):
    made = a.copy()
    made.flags.writeable = False
    return made


LAYOUTS = {
    "plain": np.copy,
    "columns": np.asfortranarray,
    "strided": lambda a: np.repeat(np.repeat(a, 2, 0), 2, 1)[::2, ::2],
    "backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "repeated": lambda a: np.broadcast_to(a[:1], a.shape),
    "unaligned": unaligned,
    "read only": read_only,
}


@pytest.mark.parametrize("first", ["plain", "columns"])
def test_layouts_in_any_order(first):
    """Code for plain arrays is called without a look at them: others must not come there."""
    f = grad(lambda a, b: np.sum(a * np.cumsum(b, axis=1)), argnums=(0, 1), jit=True)
    a, b = np.arange(12.0).reshape(3, 4), np.linspace(-1, 1, 12).reshape(3, 4)
    for name in (first, *LAYOUTS, "plain"):
        for given in ((LAYOUTS[name](a), b), (a, LAYOUTS[name](b))):
            expected = np.cumsum(given[1], axis=1), np.cumsum(given[0][:, ::-1], axis=1)[:, ::-1]
            assert all(map(np.allclose, f(*given), expected)), name


def test_aux():
    g = grad(lambda x: (x * x, {"x": x, "name": "a"}), has_aux=True, jit=True)
    assert close(g(3.0), (6.0, {"x": 3.0, "name": "a"}))


def test_arrays_in_aux_are_nobody_elses():
    x = np.arange(6.0).reshape(2, 3)
    g = grad(lambda x: (np.sum(x * x), (x, x[1:], x.T, x > 1.0)), has_aux=True, jit=True)
    for _ in range(2):
        slope, aux = g(x)
        assert np.array_equal(slope, 2 * x)
        for k, (one, expected) in enumerate(zip(aux, (x, x[1:], x.T, x > 1.0), strict=True)):
            assert np.array_equal(one, expected)
            assert not any(np.shares_memory(one, other) for other in (x, slope, *aux[:k]))


def test_globals_and_cells_at_every_call():
    def make(s):
        def change(new):
            nonlocal s
            s = new

        return grad(lambda x: s * x * x, jit=True), change

    f, change = make(2.0)
    assert close(f(3.0), 12.0)
    change(4.0)
    assert close(f(3.0), 24.0)


def test_python_binds():
    assert str(inspect.signature(compiled)) == "(x, y, n=2, flag=True)"
    assert pickle.loads(pickle.dumps(compiled)) is not compiled
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        compiled(1.0)
    with pytest.raises(OverflowError):
        compiled(1.0, 2.0, 10**30)


def test_what_numba_cannot_compile(monkeypatch):
    from gradgen import GradgenError, pipeline

    def build(*args, **kwargs):
        made = original(*args, **kwargs)
        return replace(made, source=made.source.replace("return ", "import os; return "))

    original = pipeline.build
    monkeypatch.setattr(pipeline, "build", build)
    for argument in (2.0, np.ones(3)):
        with pytest.raises(
            GradgenError, match=r"Numba cannot compile the gradient of `f`.*\n.*Instead: leave jit out"
        ) as caught:
            grad(f, jit=True)(argument)
        assert len(str(caught.value).splitlines()) == 2


def test_half_precision_is_not_compiled_and_errors_of_the_function_are_its_own():
    from gradgen import GradgenError

    def unfinished(x):
        if np.sum(x) > 1:
            raise NotImplementedError("large sums")
        return np.sum(x)

    with pytest.raises(GradgenError, match="Numba cannot compile the gradient of `f`: float16"):
        grad(f, jit=True)(np.ones(3, np.float16))
    with pytest.raises(NotImplementedError, match="large sums"):
        grad(unfinished, jit=True)(np.ones(3))


def f(x):
    return np.sum(x * x)
