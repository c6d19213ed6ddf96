"""The public face: how functions are decorated, and what the objects give."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import math
import pickle
import threading
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradgen
from gradgen import ArgumentError, Gradient, ResultError, UnsupportedType, grad, value_and_grad


def close(found: Any, expected: Any) -> bool:
    """The same structure, classes and dtypes, and nearly the same numbers."""
    if isinstance(expected, (tuple, list)):
        return type(found) is type(expected) and len(found) == len(expected) and all(map(close, found, expected))
    if isinstance(expected, dict):
        return (
            type(found) is dict and list(found) == list(expected) and all(map(close, found.values(), expected.values()))
        )
    if dataclasses.is_dataclass(expected):
        names = [field.name for field in dataclasses.fields(expected)]
        return type(found) is type(expected) and all(close(getattr(found, n), getattr(expected, n)) for n in names)
    if isinstance(expected, (str, type(None))):
        return found == expected
    if type(found) is not type(expected):
        return False
    same_dtype = getattr(found, "dtype", None) == getattr(expected, "dtype", None)
    return same_dtype and np.shape(found) == np.shape(expected) and np.allclose(found, expected, rtol=1e-6, atol=1e-8)


@grad
def product(x, y=4.0):
    """x times y."""
    return x * y


@value_and_grad(argnums=("x", "y"))
def both(x, y):
    return x * y


def plain(x, y):
    return x * y * y


cube = grad(lambda x: x**3)
renamed = grad(plain)


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Model:
    layer: Layer
    rate: float
    name: str = "model"

    def __post_init__(self):
        assert self.rate > 0


# Decorating


def test_bare_with_options_and_as_functions():
    assert close(product(3.0), 4.0) and close(product(3.0, y=5.0), 5.0)
    assert close(both(3.0, 5.0), (15.0, (5.0, 3.0)))
    assert close(grad(plain)(3.0, 2.0), 4.0)
    assert close(grad(plain, 1)(3.0, 2.0), 12.0)
    assert close(grad(argnums=-1)(plain)(3.0, 2.0), 12.0)
    assert close(grad()(plain)(3.0, 2.0), 4.0)
    assert close(value_and_grad(plain)(3.0, 2.0), (12.0, 4.0))
    assert close(cube(2.0), 12.0)


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 4.0), (1, 12.0), (-2, 4.0), ("y", 12.0), ((1, 0), (12.0, 4.0)), (("x", 1), (4.0, 12.0)), (("y",), (12.0,)),
        ([0, 1], (4.0, 12.0)), (..., (4.0, 12.0)),
    ],
)  # fmt: skip
def test_argnums(argnums, expected):
    assert close(grad(plain, argnums)(3.0, 2.0), expected)
    assert close(value_and_grad(plain, argnums)(3.0, 2.0), (12.0, expected))


@pytest.mark.parametrize("argnums", [2, -3, "z", (0, 5), 1.0, None, True, (), ("x", 0)])
def test_argnums_that_do_not_exist(argnums):
    with pytest.raises(ArgumentError, match="argnums"):
        grad(plain, argnums=argnums)


@pytest.mark.parametrize("wrong", [3, "f", 1.0, [plain]])
def test_not_a_function(wrong):
    with pytest.raises(ArgumentError, match="takes a function"):
        grad(wrong)


def test_it_looks_like_the_function():
    assert product.__name__ == "product" and product.__doc__ == "x times y." and product.__module__ == __name__
    assert product.__wrapped__ is product.primal and product.primal(3.0) == 12.0
    assert str(inspect.signature(product)) == "(x, y=4.0)"
    assert isinstance(product, Gradient) and callable(product)
    assert repr(product) == f"<grad of {__name__}.product, argnums=0>"
    assert repr(grad(plain, ..., jit=True)) == f"<grad of {__name__}.plain, argnums=..., jit=True>"
    assert repr(both) == f"<value_and_grad of {__name__}.both, argnums=('x', 'y')>"


def test_forms_of_one_object():
    assert product.value_and_grad is product.value_and_grad and product.grad is product
    assert close(product.value_and_grad(3.0), (12.0, 4.0))
    assert close(both.grad(3.0, 5.0), (5.0, 3.0))
    assert both.value_and_grad is both
    held = grad(plain).value_and_grad
    assert close([held(3.0, 2.0), held(3, 2), held(3.0, np.float64(2))], [(12.0, 4.0)] * 2 + [(np.float64(12.0), 4.0)])


def test_forward_and_backward():
    value, cache = product.forward(3.0, 5.0)
    assert close(value, 15.0) and isinstance(cache, tuple)
    assert close(product.backward(cache), 5.0)
    for upstream in (2, 2.0, np.float64(2), np.array(2.0)):
        assert close(product.backward(cache, upstream), 10.0)
        assert close(product.backward(cache, upstream=upstream), 10.0)
    value, cache = both.forward(3.0, 5.0)
    _, other = both.forward(np.float64(3.0), 5.0)
    assert close(both.backward(cache, -1.0), (-5.0, -3.0))
    assert close(both.backward(other), (np.float64(5.0), 3.0))
    with pytest.raises(ArgumentError, match="cache of forward"):
        product.backward((3.0, 5.0))


def test_pickle_and_copy():
    for one in (product, both):
        assert pickle.loads(pickle.dumps(one)) is one
        assert copy.copy(one) is one and copy.deepcopy(one) is one
    again = pickle.loads(pickle.dumps(renamed))
    assert again is not renamed and repr(again) == repr(renamed) and close(again(3.0, 2.0), 4.0)


# Arguments


def test_python_numbers():
    assert close(product(3, -4), -4.0)
    assert close(product(3, -4.0), -4.0)
    assert close(grad(plain, ...)(3, -4), (16.0, -24.0))


def test_python_binds_the_arguments():
    @grad(argnums=("b", "scale"))
    def f(a, /, b, *rest, scale=2.0, **options):
        return a * b * scale + sum(rest) * options.get("k", 1.0) if rest else a * b * scale

    assert close(f(2.0, 3.0), (4.0, 6.0))
    assert close(f(2.0, b=3.0, scale=5.0), (10.0, 6.0))
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'b'"):
        f(2.0)
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'a'"):
        f(a=2.0, b=3.0)


def test_tuples_and_lists():
    a = np.array([1.0, -2.0])
    assert close(grad(lambda p: np.sum(p[0] * p[0]))((a, 2.0)), (2 * a, 0.0))
    assert close(grad(lambda p: np.sum(p[1] * p[1]))([2.0, a]), [0.0, 2 * a])
    assert close(grad(lambda p: p[0][1] * p[1][0])([(2.0, 3.0), [4.0]]), [(0.0, 4.0), [3.0]])


def test_dicts():
    def f(p, X):
        return np.sum(X @ p["w"]) * p["more"]["s"] + p["more"]["b"]

    X = np.arange(6.0).reshape(2, 3)
    p = {"w": np.ones(3), "more": {"s": 2.0, "b": np.float32(1)}}
    expected = {"w": 2 * X.sum(axis=0), "more": {"s": 15.0, "b": np.float32(1)}}
    assert close(grad(f)(p, X), expected)
    assert close(value_and_grad(f, ("p", 1))(p, X)[1], (expected, np.full((2, 3), 2.0)))


def test_namedtuples_and_dataclasses():
    def f(m, x):
        return m.rate * (np.sum(m.layer.W @ x) + m.layer.b)

    m = Model(Layer(np.ones((2, 3)), 5.0), 0.5)
    x = np.array([1.0, 2.0, 3.0])
    found = grad(f, (0, 1))(m, x)
    gradient = object.__new__(Model)
    for name, value in (("layer", Layer(np.array([x, x]) * 0.5, 0.5)), ("rate", 17.0), ("name", "model")):
        object.__setattr__(gradient, name, value)
    assert close(found, (gradient, np.ones(3)))


def test_zero_dimensional_arrays():
    found = grad(plain, ...)(np.array(3.0), np.array(2.0, np.float32))
    assert close(found, (np.array(4.0), np.array(12.0, np.float32)))


def test_static_arguments():
    @grad
    def f(x, kind="sum", scale=None):
        y = np.sum(x) if kind == "sum" else np.sum(x * x)
        return y if scale is None else y * scale

    x = np.array([1.0, 2.0])
    assert close(f(x), np.ones(2)) and close(f(x, "squares"), 2 * x) and close(f(x, "squares", 3.0), 6 * x)
    assert close(f(x, scale=2.0), np.full(2, 2.0)) and close(f(x), np.ones(2))


def test_numbers_that_the_text_depends_on():
    @grad
    def f(x, axis, keep=False):
        return np.sum(np.max(x, axis=axis, keepdims=keep))

    x = np.array([[1.0, 2.0], [4.0, 3.0]])
    for _ in range(2):
        assert close(f(x, 0), np.array([[0.0, 0.0], [1.0, 1.0]])) and close(f(x, 1), np.array([[0.0, 1.0], [1.0, 0.0]]))
        assert close(f(x, axis=-1, keep=True), np.array([[0.0, 1.0], [1.0, 0.0]]))

    @grad
    def g(x, keep):
        s = np.sum(x, axis=0, keepdims=keep)
        return s[0, 0] if keep else s[0]

    for keep in (True, False, True):
        assert close(g(x, keep), np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert "axis=-1" in f.source(x, -1) and f.source() == f.source(x, -1)


def test_a_call_changes_nothing_and_shares_nothing():
    def f(x, y):
        return np.sum(x * y) + np.sum(x)

    x, y = np.arange(3.0), np.ones(3)
    x.flags.writeable = False
    a, b = grad(f, (0, 1))(x, y)
    again = grad(lambda x, y: np.sum(x + y), ...)(x, y)
    for one in (a, b, *again):
        assert one.flags.writeable and one.flags.owndata
        one += 1
    assert not any(np.shares_memory(p, q) for p, q in ((a, y), (b, x), again))
    assert close((x, y), (np.arange(3.0), np.ones(3)))


@pytest.mark.parametrize("wrong", [np.arange(3), np.array([True]), True, "a", len])
def test_refused_arguments(wrong):
    with pytest.raises(UnsupportedType, match=r"`x` is (an? |of type )"):
        grad(plain)(wrong, 2.0)


# Results


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x, lambda x: None, lambda x: (np.sum(x), 1.0), lambda x: 3, lambda x: "a", lambda x: np.sum(x) > 0,
        lambda x: {"a": np.sum(x)}, lambda x: x[:1],
    ],
)  # fmt: skip
def test_refused_results(function):
    with pytest.raises(ResultError, match="the function returns") as caught:
        grad(function)(np.ones(3))
    assert "Instead:" in str(caught.value)


def test_has_aux():
    def f(x, y):
        z = x * y
        return z * z, {"z": z, "name": "z", "parts": (x, [y])}

    aux = {"z": 6.0, "name": "z", "parts": (2.0, [3.0])}
    assert close(grad(f, has_aux=True)(2.0, 3.0), (36.0, aux))
    assert close(value_and_grad(f, ("x", "y"), has_aux=True)(2.0, 3.0), ((36.0, aux), (36.0, 24.0)))
    g = grad(f, has_aux=True)
    first, cache = g.forward(2.0, 3.0)
    assert close(first, (36.0, aux)) and close(g.backward(cache, 2.0), 72.0)
    with pytest.raises(ResultError, match="has_aux"):
        grad(plain, has_aux=True)(2.0, 3.0)


# What it depends on

SCALE = 2.0


def helper(x):
    return x * x


def test_globals():
    global SCALE, helper

    @grad
    def f(x):
        return SCALE * helper(x)

    assert close(f(3.0), 12.0)
    kept = SCALE, helper
    try:
        SCALE = 5.0
        assert close(f(3.0), 30.0)
        SCALE = 5
        assert close(f(3.0), 30.0)

        def helper(x):
            return x * x * x

        assert close(f(3.0), 135.0)
    finally:
        SCALE, helper = kept
    assert close(f(3.0), 12.0)


WEIGHTS = np.arange(3.0)


def weighted(x):
    return np.sum(x[:3] * WEIGHTS) ** 2 * len(WEIGHTS)


@pytest.mark.parametrize("jit", [False, True])
def test_arrays_of_one_name_and_other_sizes(jit):
    class Model:
        def __init__(self, w):
            self.w = w

    one, two = Model(np.arange(1.0, 4.0)), Model(np.arange(4.0))

    def several(WEIGHTS):
        return weighted(WEIGHTS) + len(two.w) * np.sum(WEIGHTS[:3] * one.w) ** 2 + np.sum(WEIGHTS * len(one.w))

    for size in (5, 3, 7):
        x = np.ones(size)
        expected = np.full(size, 3.0)
        expected[:3] += 6.0 * 3.0 * np.arange(3.0) + 8.0 * 6.0 * np.arange(1.0, 4.0)
        assert np.allclose(grad(several, jit=jit)(x), expected)
    two.w = np.ones(3)
    assert np.allclose(grad(several, jit=jit)(np.ones(3)), expected[:3] - 12.0 * np.arange(1.0, 4.0))


def test_what_a_class_gets_later():
    class Law:
        rate = 2.0

        def __init__(self, x):
            self.x = x

        def __add__(self, other):
            return self.x * self.rate + other

    def one(x):
        return Law(x) + 1.0

    gradient = grad(one)
    assert gradient(1.3) == 2.0
    Law.rate = 5.0
    assert gradient(1.3) == 5.0
    Law.__add__ = lambda self, other: self.x * other * 7
    assert gradient(1.3) == 7.0
    Law.__init__ = lambda self, x: setattr(self, "x", x) or None
    with pytest.raises(gradgen.GradgenError):
        gradient(1.3)


def test_a_global_that_takes_a_builtins_place():
    @grad
    def f(x):
        return abs(x) * x

    assert close(f(3.0), 6.0)
    globals()["abs"] = lambda x: 5.0
    try:
        assert close(f(3.0), 5.0)
    finally:
        del globals()["abs"]
    assert close(f(3.0), 6.0)


def test_code_that_is_replaced_in_place():
    def f(x):
        return x * x

    g = grad(f)
    assert close(g(3.0), 6.0)
    f.__code__ = other_code.__code__
    assert close(g(3.0), 27.0)


def other_code(x):
    return x * x * x


def test_closures():
    def make(s):
        @grad
        def f(x):
            return s * x * x

        def change(new):
            nonlocal s
            s = new

        return f, change

    f, change = make(2.0)
    assert close(f(3.0), 12.0)
    change(np.float64(4.0))
    assert np.isclose(f(3.0), 24.0)
    g, _ = make(1.0)
    assert close(g(3.0), 6.0)


def test_methods():
    class Thing:
        def __init__(self, scale):
            self.scale = scale

        @grad
        def loss(self, x):
            return self.scale * x * x

        @staticmethod
        @grad
        def alone(x):
            return x * x

    thing = Thing(2.0)
    assert close(thing.loss(3.0), 12.0) and close(Thing(3.0).loss(3.0), 18.0)
    thing.scale = 5.0
    assert close(thing.loss(x=3.0), 30.0)
    assert close(thing.loss.value_and_grad(3.0), (45.0, 30.0))
    assert close(thing.loss.primal(3.0), 45.0)
    value, cache = thing.loss.forward(3.0)
    assert close(value, 45.0) and close(thing.loss.backward(cache, 2.0), 60.0)
    assert close(Thing.alone(3.0), 6.0) and close(thing.alone(3.0), 6.0)


def test_partials_and_objects():
    class Square:
        def __init__(self, s):
            self.s = s

        def __call__(self, x):
            return self.s * x * x

    square = Square(2.0)
    g = grad(square)
    assert close(g(3.0), 12.0)
    square.s = 3.0
    assert close(g(3.0), 18.0)
    assert close(grad(functools.partial(plain, y=2.0))(3.0), 4.0)
    assert close(grad(functools.partial(plain, 3.0), argnums="y")(2.0), 12.0)


def test_the_users_errors_pass_untouched():
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1.0 / x)(0.0)
    with pytest.raises(ValueError, match="math domain error"):
        value_and_grad(lambda x: math.log(x))(-1.0)
    with pytest.raises(OverflowError):
        product(10**400)


def test_threads():
    g = grad(plain, (0, 1))
    found = []
    threads = [
        threading.Thread(target=lambda k=k: found.append(g(float(k), 2.0) if k % 2 else g(k, 2))) for k in range(10)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [(4.0, 4.0 * k) for k in range(10)]


# Text


def test_source():
    g = grad(plain, (0, 1))
    assert "def plain_forward(x, y):" in g.source() and "def plain_backward(cache" in g.source()
    assert g.source() == g.source(1.0, 2.0)
    arrays = grad(lambda x: np.sum(x * x))
    assert "np.sum" in arrays.source(np.ones(3)) and arrays.source() == arrays.source(np.ones(4))
    assert "backward" not in g.forward_source and "def plain_backward" in g.backward_source
    assert "forward" not in g.backward_source


def test_source_from_defaults_and_annotations():
    @grad
    def f(x, n: int = 2, flag: bool = False, table=(1.0, 2.0)):
        return x * n + table[0] if flag else x * table[1]

    assert "def f_forward(x" in f.source()


def test_generated_files(tmp_path, monkeypatch):
    from gradgen.run import files

    monkeypatch.setenv("GRADGEN_CACHE_DIR", str(tmp_path / "cache"))
    files.private_folder.cache_clear()
    close(grad(plain)(3.0, 2.0), 4.0)
    (made,) = (tmp_path / "cache").glob("*.py")
    assert "def plain_grad(x, y):" in made.read_text()
    assert gradgen.__version__


K = math.pi


class Config:
    k = math.pi


def test_a_global_that_is_pi_for_a_while(monkeypatch):
    """It is written as math.pi, and is no input: that it still is must be asked at each call."""
    config = Config()
    f = grad(lambda x, c: K * c.k * x * math.e)
    assert f(1.0, config) == math.pi * math.pi * math.e
    config.k = 2.0
    assert f(1.0, config) == math.pi * 2.0 * math.e
    monkeypatch.setitem(globals(), "K", 3.0)
    assert f(1.0, config) == 3.0 * 2.0 * math.e


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.jit)])
def test_arrays_that_do_not_fit_raise_though_no_product_is_made(jit):
    """The derivative of a sum of products asks for no product, which would have told."""

    def overlap(pair):
        return np.sum(pair["a"] * pair["b"])

    def given(n, m):
        return {"a": np.arange(float(n)), "b": np.arange(float(m))}

    call = grad(overlap, jit=jit)
    assert close(call(given(30, 30)), {"a": np.arange(30.0), "b": np.arange(30.0)})
    assert close(call(given(3, 1)), {"a": np.zeros(3), "b": np.array([3.0])})
    with pytest.raises(ValueError, match="broadcast together"):
        call(given(30, 40))
