"""What is done to loops after lowering leaves values and gradients as they are: all, none, and all but one of it."""

from __future__ import annotations

import numpy as np
import pytest

import gradgen
from gradgen.lower import improving, strips
from tests.support.texts import as_python, compiled

RNG = np.random.default_rng(5)
X = RNG.standard_normal((17, 3))
LABELS = RNG.integers(-7, 7, size=17)
SIGNS = np.sign(RNG.standard_normal(17))


def logistic(w, b, X, y):
    z = X @ w + b
    return np.mean(np.log1p(np.exp(-y * z)))


def mixture(means, logw, X):
    s = 0.0
    for i in range(X.shape[0]):
        d = X[i] - means
        q = logw - 0.5 * np.sum(d * d, axis=1)
        m = np.max(q)
        s += m + np.log(np.sum(np.exp(q - m)))
    return s


def nearest(C, X):
    d = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(d, axis=1))


def nearest_on_a_line(c, x, w):
    d = (x[:, None] - c) ** 2
    total, c = np.sum(np.min(d, axis=1) * np.sin(w)), c.copy()
    for i in range(len(x)):
        best, place = 9.0, 0
        for j in range(1, len(c), 2):
            if w[i] * c[j] < best:
                best, place = w[i] * c[j], j
        c[place] += 0.001 * best
    return total + np.sum(c**2)


def turned_mixture(means, roots, X):
    q = np.empty((X.shape[0], means.shape[0]))
    for j in range(means.shape[0]):
        y = (X - means[j]) @ np.tanh(roots[j]).T
        q[:, j] = -0.5 * np.sum(y**2, axis=1)
    return np.sum(np.log(np.sum(np.exp(q), axis=1)))


def triangular_root(v, c, X):
    q = np.diag(np.exp(v))
    q[np.tril_indices(2, -1)] = c
    total = 0.0
    for i in range(3):
        total += np.sum(np.sin(X[:, :2] @ q.T * v[0] + i) ** 2)
    return total


def two_layers(W1, b1, W2, b2, X, y):
    h = np.tanh(X @ W1 + b1)
    o = h @ W2 + b2
    return np.mean((o - y) ** 2)


def runge_kutta(p, steps, x0):
    x = x0.copy()
    dt = 0.01
    for _ in range(steps):
        k1 = p * np.sin(x)
        k2 = p * np.sin(x + 0.5 * dt * k1)
        k3 = p * np.sin(x + dt * k2)
        x = x + dt / 6 * (k1 + 4 * k2 + k3)
    return np.sum(x * x)


def checked_in_a_loop_that_may_not_run(x, y, n):
    s = np.sum(x)
    for _ in range(n):
        s = s + np.sum(x * y)
    return s


def checked_for_loops_that_may_not_run(x, y, z, n, m):
    s = np.sum(x)
    for _ in range(n):
        s = s + np.sum(x * y) ** 2 + np.sum(y * z)
        for _ in range(m):
            s = s * np.sum(x * z)
    return s


def sizes_that_agree_only_where_the_loop_runs(x, y, n):
    x, y = x.copy(), y.copy()
    for _ in range(n):
        x[1:] = 0.5 * y[1:]
        y[1:] = x[1:] * x[0]
    return np.sum(x * x) + np.sum(y * y)


def counted_from_the_end(x):
    a, b = np.zeros(3), np.zeros(6)
    for i in range(-3, 3):
        a[i] = x[i + 3] * (i + 4)
    for i in range(-3, 3):
        b[i + 3] = a[i] * x[i]
    return np.sum(b * b)


def told_apart_by_sign(x):
    a = x.copy()
    for i in range(-2, 2):
        a[i] = a[i + 1] * 2.0
        a[i + 2] = a[i] + x[i]
    return np.sum(a * a)


def a_row_that_stays_from_one_iteration_to_the_next(x, n):
    t = np.zeros(len(x))
    s = 0.0
    for _ in range(n):
        for i in range(len(x)):
            s = s + t[i] * x[i]
            t[i] = t[i] + x[i] * x[i]
    return s


def stored_twice_and_read_between(x):
    a = np.zeros(len(x))
    for i in range(1, len(x)):
        a[i] = x[i] * 2.0
        s = a[i] * a[i - 1]
        a[i] += s
        a[i] = a[i] * x[i - 1]
    return np.sum(a)


def zeros_that_another_array_takes_the_place_of(x, n):
    a, s = np.zeros(len(x)), 0.0
    for k in range(n):
        s = s + a[2] * x[1] + a[k]
        a = np.sin(x) * (k + 1)
    return s


def zeros_of_both_signs(x):
    s = 0.0
    for i in range(len(x)):
        s += math_atan2(0.0 * x[i], -1.0) + math_atan2(-0.0 * x[i], -1.0)
        s += x[i] * x[i]
    return s


def math_atan2(y, x):
    return np.arctan2(y, x)


def a_range_read_from_the_end(x):
    k = np.arange(len(x))
    return np.sum(x * k) + x[0] * k[-1] * k[-2]


def a_copy_read_from_the_end(x):
    a = x[:5].copy()
    return a[-1] * x[0] + np.sum(a * a[-2])


def a_copy_of_what_changes(x):
    a = x * 2.0
    b = a.copy()
    for i in range(len(x)):
        a[i] = a[i] * b[len(x) - 1 - i]
    return np.sum(a * b)


def filled_with_what_changes(x, n):
    a = np.empty(len(x))
    s, v = 0.0, x[0]
    for t in range(n):
        if t > 0:
            s += a[1] * x[1]
        v = v * x[2]
        for i in range(len(x)):
            a[i] = v
    return s


def added_to_twice(x):
    a = np.zeros((3, 4))
    for i in range(3):
        for k in range(2):
            for j in range(4):
                a[i, j] += x[i + k] * x[j]
    return np.sum(a * a)


def added_to_in_part(x):
    a = np.zeros(len(x))
    for i in range(1, len(x)):
        a[i] += x[i] * x[i]
    b = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > 0:
            b[i] += x[i]
    return np.sum(a) * a[0] + np.sum(a * b)


def steps_that_read_other_places(x, n):
    x = x.copy()
    for _ in range(n):
        y = np.empty(len(x))
        for i in range(len(x)):
            y[i] = x[i] * 0.5 + x[len(x) - 1 - i] * x[0]
        x = y
    return np.sum(x)


def steps_whose_states_are_read_afterwards(x, n):
    s, before = 0.0, x
    for _ in range(n):
        y = np.empty(len(x))
        for i in range(len(x)):
            y[i] = np.sin(x[i])
        s += np.sum(x * y)
        before, x = x, y
    return s + np.sum(x * before)


def an_array_of_one_iteration_that_stays(x, n):
    best = x
    s = 0.0
    for k in range(n):
        t = np.empty(len(x))
        for i in range(len(x)):
            t[i] = x[i] * k
        s += t[0] * t[2]
        if k == 1:
            best = t
    return s + np.sum(best * best)


def stores_in_part_of_what_it_made(x, n):
    s = 0.0
    for k in range(n):
        t = np.empty(len(x))
        for i in range(len(x)):
            t[i] = x[i] * k
        for i in range(1, len(x)):
            t[i] = t[i] * t[i - 1]
        s += np.sum(t[1:] * x[:-1])
    return s


def smoothed(a, b, rate, steps):
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.5 * a[1:-1, 1:-1] - 0.1 * (a[1:-1, :-2] + a[1:-1, 2:]) - a[2:, 1:-1] + rate * a[:-2, 1:-1]
        a[1:-1, 1:-1] = 0.1 * (b[1:-1, :-2] - 2 * b[1:-1, 2:] + b[:-2, 1:-1] ** 2)
    return np.sum(a * a * b)


def differences(x, rate):
    steps = np.tanh(x[1:] - x[:-1])
    return np.sum((steps[1:] - steps[:-1]) ** 2) + rate * np.sum(steps * x[:-1]) + steps[0]


def zeros_of_many_places(x, n):
    """At other places in each iteration, and at the same ones, of one array and of another."""
    s = 0.0
    for k in range(n, 0, -1):
        t = np.zeros(len(x))
        for i in range(k):
            t[i] = x[i] * k
        s += np.sum(t * x)
        t = np.zeros(len(x))
        for i in range(1, len(x) - 1):
            t[i] = x[i] * k
        s += np.sum(t * t)
        t = np.zeros(len(x))
        for i in range(1, len(x) - 1):
            t[i] = x[i] ** 2
        s += np.sum(t * x)
        t = np.zeros(len(x))
        for i in range(2, len(x) - 1):
            t[i] = x[i] ** 3
        s += np.sum(t[1:] * x[:-1])
    return s


def swept(a, w, steps):
    """In place, upwards and downwards; and one that hands on to two iterations."""
    a = a.copy()
    for _ in range(steps):
        for i in range(1, a.shape[0] - 1):
            for j in range(1, a.shape[1] - 1):
                a[i, j] = 0.2 * (a[i, j] + a[i - 1, j] + np.sin(a[i + 1, j]) + w * a[i, j - 1] + a[i, j + 1])
    for j in range(a.shape[1] - 2, 0, -1):
        a[2, j] = 0.3 * (a[2, j + 1] + a[2, j - 1] + a[3, j - 1])
    for j in range(2, a.shape[1]):
        a[4, j] = 0.5 * (a[4, j - 1] - 0.3 * a[4, j - 2] + a[5, j])
    for j in range(1, a.shape[1]):
        a[6, j] = 0.5 * (a[6, j - 1] * a[6, j] + a[7 - j % 2, j])
    return np.sum(a * a)


def makes_what_cannot_be_made(x, m, n):
    s = np.sum(x * x)
    for k in range(n):
        t = np.empty(m)
        for i in range(m):
            t[i] = x[i] * k
        for i in range(m):
            s += t[m - 1 - i] * x[i]
    return s


def classes(w, b, X):
    """Of some labels that count from the end."""
    samples = np.arange(X.shape[0])
    z = X @ w + b
    z = z - np.max(z, axis=1, keepdims=True)
    return -np.mean((z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)))[samples, np.minimum(samples, 6) - 3])


def one_in_a_row_of_labels_that_change(x, labels):
    labels = labels.copy()
    d = np.zeros((len(labels), 7))
    for i in range(len(labels)):
        d[i, labels[i]] += x[i]
    labels[1] = 5
    return np.sum(d[:, 2:] ** 2) + np.sum(d[1] * x[:7])


def one_in_a_row_of_what_changes(x, labels):
    x = 2.0 * x
    d = np.zeros((len(labels), 7))
    for i in range(len(labels)):
        d[i, labels[i]] += x[i]
    x[1] = x[2] * x[3]
    return np.sum(d * x[:7])


def one_in_a_row_and_more(x, labels):
    d, e = np.zeros((len(labels), 7)), np.zeros((len(labels) + 1, 7))
    for i in range(len(labels)):
        d[labels[i], i % 7] += x[i]
    for i in range(len(labels)):
        e[i, labels[i]] = x[i] ** 2
    s = 0.0
    for i in range(len(labels) + 3):
        if i < len(labels):
            s = s + np.sum(d[i] * e[i]) + e[len(labels) - i, 3] * x[i] + e[i, -1]
    return s


def one_in_a_row_as_a_whole(x, labels):
    d = np.zeros((len(labels), 7))
    for i in range(len(labels)):
        d[i, labels[i]] += x[i]
    return np.sum((d @ np.ones((7, 2)) + d[:, :2]) ** 2)


CASES = [
    (classes, (RNG.standard_normal((3, 7)), RNG.standard_normal(7), X), (0, 1, 2)),
    (one_in_a_row_of_labels_that_change, (X[:, 0], LABELS), (0,)),
    (one_in_a_row_of_what_changes, (X[:, 0], LABELS), (0,)),
    (one_in_a_row_as_a_whole, (X[:, 0], LABELS), (0,)),
    (one_in_a_row_and_more, (X[:, 0], LABELS), (0,)),
    (logistic, (RNG.standard_normal(3), 0.1, X, SIGNS), (0, 1, 2)),
    (mixture, (X[:4], np.zeros(4), X), (0, 1)),
    (nearest, (X[:4], X), (0, 1)),
    (nearest_on_a_line, (X[:4, 0], np.tile(X[:, 1], 31), np.tile(X[:, 2], 31)), (0, 1)),
    (triangular_root, (X[0, :2], X[1, :1], X), (0, 1)),
    (turned_mixture, (X[:4], RNG.standard_normal((4, 3, 3)), X), (0, 1)),
    (turned_mixture, (X[:4], RNG.standard_normal((4, 3, 3)), X), (2,)),
    (two_layers, (RNG.standard_normal((3, 5)), np.zeros(5), RNG.standard_normal(5), 0.0, X, SIGNS), (0, 1, 2, 3)),
    (runge_kutta, (0.5, 3, X[:, 0]), (0, 2)),
    (checked_in_a_loop_that_may_not_run, (X[:, 0], X[:4, 1], 0), (0,)),
    (checked_in_a_loop_that_may_not_run, (X[:, 0], X[:, 1], 2), (0,)),
    (sizes_that_agree_only_where_the_loop_runs, (X[:, 0], np.concatenate([X[:, 1], X[:, 1]]), 0), (0, 1)),
    (sizes_that_agree_only_where_the_loop_runs, (X[:, 0], X[:, 1], 2), (0, 1)),
    (counted_from_the_end, (X[:6, 0],), (0,)),
    (smoothed, (X[:, :1] * X[:, 1], X[:, 1:2] * X[:, 2], 0.3, 2), (0, 1, 2)),
    (smoothed, (X[:3, :1] * X[:2, 1], X[:3, 1:2] * X[:2, 2], 0.3, 2), (0, 1)),
    (swept, (X[:, :1] * X[:, 1], 0.3, 2), (0, 1)),
    (swept, (X[:8, :1] * X[:5, 1], 0.3, 2), (0, 1)),
    (differences, (X[:, 0], 0.3), (0, 1)),
    (zeros_of_many_places, (X[:, 0], 3), (0,)),
    (told_apart_by_sign, (X[:4, 0],), (0,)),
    (a_row_that_stays_from_one_iteration_to_the_next, (X[:, 0], 3), (0,)),
    (stored_twice_and_read_between, (X[:, 0],), (0,)),
    (a_range_read_from_the_end, (X[:, 0],), (0,)),
    (a_copy_read_from_the_end, (X[:, 0],), (0,)),
    (a_copy_of_what_changes, (X[:, 0],), (0,)),
    (filled_with_what_changes, (X[:, 0], 3), (0,)),
    (added_to_twice, (X[:, 0],), (0,)),
    (added_to_in_part, (X[:, 0],), (0,)),
    (steps_that_read_other_places, (X[:, 0], 3), (0,)),
    (steps_whose_states_are_read_afterwards, (X[:, 0], 3), (0,)),
    (an_array_of_one_iteration_that_stays, (X[:, 0], 3), (0,)),
    (stores_in_part_of_what_it_made, (X[:, 0], 3), (0,)),
    (makes_what_cannot_be_made, (X[:, 0], 4, 0), (0,)),
    (makes_what_cannot_be_made, (X[:, 0], 4, 2), (0,)),
    (zeros_that_another_array_takes_the_place_of, (X[:, 0], 3), (0,)),
    (zeros_of_both_signs, (np.abs(X[:, 0]),), (0,)),
]
SETTINGS = [(), *[tuple(p for p in improving.PASSES if p is not left) for left in improving.PASSES], improving.PASSES]
NAMES = ["none", *[f"without {left.__name__}" for left in improving.PASSES], "all"]


def gradients(function, args, argnums) -> tuple:
    run = as_python(compiled(function, args, argnums, "value_and_grad"))
    return run(*(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args))


@pytest.mark.parametrize("passes", SETTINGS, ids=NAMES)
@pytest.mark.parametrize(("function", "args", "argnums"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_gradients_stay(function, args, argnums, passes, monkeypatch) -> None:
    monkeypatch.setattr(improving, "PASSES", passes)
    value, *found = gradients(function, args, argnums)
    np.testing.assert_allclose(value, function(*args), rtol=1e-12)
    expected = gradgen.grad(function, argnums=argnums)(*args)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)


def text(function, args, argnums=(0,)) -> str:
    return compiled(function, args, argnums).source


def test_decimals_are_an_integer_in_single_precision() -> None:
    def rounded(x):
        return np.sum(np.round(x, 2) * x)

    assert "round(x[i], 2)" in text(rounded, (X[:, 0].astype(np.float32),))


def test_stages_of_a_step_are_numbers() -> None:
    found = text(runge_kutta, (0.5, 3, X[:, 0]), (0, 2))
    assert "dk1 = np" not in found
    assert "0.5 * 0.01" not in found


def test_one_element_in_a_row_is_told_by_its_place() -> None:
    found = text(classes, (RNG.standard_normal((3, 7)), np.ones(7), X), (0, 1))
    assert "dvalue if " in found and "] += dvalue" not in found and "np.zeros((n_X" not in found
    assert "\n        d[i, labels[i]] +=" in text(one_in_a_row_of_what_changes, (X[:, 0], LABELS))


def rows_that_are_seen(w, b, X):
    """As `classes`, but a whole row is read, and one that its data tell."""
    z = X @ w + b
    e = np.exp(z)
    return np.sum(np.log(np.sum(e, axis=1))) + np.sum(e[3] ** 2) + np.sum(z[np.arange(40), np.argmax(z, axis=1)])


@pytest.mark.parametrize(("function", "turned"), [(classes, True), (rows_that_are_seen, False)])
def test_blocks_of_short_rows_lie_in_columns(function, turned) -> None:
    args = RNG.standard_normal((12, 10)), RNG.standard_normal(10), RNG.standard_normal((40, 12))
    made = compiled(function, args, (0, 1), sizes=True)
    for one, other in zip(as_python(made)(*args), gradgen.grad(function, argnums=(0, 1))(*args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
    assert (".T, item.T)" in made.source) == turned


def sweep(a, x):
    """Of five terms the second is the element that has just been made."""
    for i in range(1, len(a) - 1):
        a[i] = 0.2 * (a[i] + a[i - 1] + a[i + 1] + x[i] + x[i + 1])
    return np.sum(a * a)


@pytest.mark.parametrize("reassociate", [True, False])
def test_what_was_just_made_is_added_last(reassociate: bool) -> None:
    found = compiled(sweep, (X[:, 0], X[:, 0]), reassociate=reassociate).source
    assert ("(a[i] + a[i + 1] + x[i] + x[i + 1] + a[i - 1])" in found) == reassociate


def test_a_state_is_overwritten_in_place() -> None:
    assert text(runge_kutta, (0.5, 3, X[:, 0]), (0, 2)).count("\n        x_2 =") == 0
    assert "y = np.empty" in text(steps_that_read_other_places, (X[:, 0], 3)).replace("y_2", "y")


def test_differences_are_taken_again_and_multiplied_as_they_lie() -> None:
    found = text(turned_mixture, (X[:4], RNG.standard_normal((4, 3, 3)), X), (0, 1))
    assert found.count("np.dot(") == 2
    assert found.count(".T, dy)") == 1
    assert found.count("np.empty((n_means, n_X, ") == 1


def convolved(x, w):
    """As a layer of a network, but not all of it."""
    out = np.ones((x.shape[0], 2, x.shape[2], w.shape[3]))
    for i in range(2):
        for j in range(x.shape[2] - 9):
            out[:, i, j, :] = np.sum(x[:, i : i + 3, j : j + 3, :, None] * w, axis=(1, 2, 3))
    return np.sum(np.sin(out))


@pytest.mark.parametrize(("columns", "channels", "products"), [(2, 3, 3), (-3, 3, 2), (2, 1, 0)])
def test_windows_are_multiplied_in_strips(columns: int, channels: int, products: int) -> None:
    args = RNG.standard_normal((3, 4, 9 + columns, channels)), RNG.standard_normal((3, 3, channels, 16))
    made = compiled(convolved, args, (0, 1), sizes=True)
    for one, other in zip(as_python(made)(*args), gradgen.grad(convolved, argnums=(0, 1))(*args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
    assert made.source.count("np.dot(strip") == products
    assert made.source.count("np.zeros((3, 3, ") == 1  # each window's part is added to the sum of all
    source = compiled(convolved, args, (0, 1), sizes=True, reassociate=False).source
    assert "np.dot(" not in source and source.count("np.zeros((3, 3, ") == 2


def added_late(x, y):
    """Zeros that are added to, and then to another array: which is read, or is of another place, on the way."""
    y = y.copy()
    for i in range(3):
        one, two, three = np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x))
        for j in range(len(x)):
            for k in range(2):
                one[k] += x[i] * x[j]
                two[j] += x[j] * y[k]
                three[j] += x[j] ** (k + i)
        y += three
        y += one
        y[1:] += two[:-1]
        y *= 0.5
    return np.sum(np.sin(y))


def few_counted_from_the_end(x, places):
    few = x[:3]
    return np.sum(few[places] ** 2) + np.sum(x[1:] * x[:-1])


@pytest.mark.parametrize(
    ("function", "args", "argnums"),
    [
        (added_late, (X[:4, 0], X[:4, 1]), (0, 1)),
        (few_counted_from_the_end, (X[:, 0], np.array([0, -1, 1, 1])), (0,)),
    ],
)
def test_zeros_stay_where_another_array_is_no_substitute(function, args, argnums) -> None:
    _, *found = gradients(function, args, argnums)
    expected = gradgen.grad(function, argnums=argnums)(*args)
    for one, other in zip(found, expected if isinstance(expected, tuple) else (expected,), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)


def test_searches_are_made_side_by_side() -> None:
    found = text(nearest_on_a_line, (X[:4, 0], np.tile(X[:, 1], 31), np.tile(X[:, 2], 31)), (0, 1))
    assert found.count(", 256):") == 1  # not where one iteration changes what the next one searches


def blended(shift, weights, points):
    out = np.zeros(points.shape)
    for b in range(len(shift)):
        out += weights[:, b : b + 1] * np.sin(points - shift[b])
    return np.sum(out**2)


def test_loops_down_columns_go_along_rows_of_a_copy() -> None:
    args = RNG.standard_normal((9, 3)), RNG.standard_normal((10, 9)), RNG.standard_normal((10, 3))
    found = gradgen.grad(blended, jit=True).source(*args)
    assert found.count(" weights[i, j]") == found.count("np.empty((9, n_")
    assert "weights_by_column[b, j]" in found
    assert "weights[j, b]" not in found


def in_order(x, order):
    kept = np.empty((len(order), 3))
    for i in range(len(order)):
        kept[order[i]] = np.sin(x[i])
    return np.sum(kept[order[0]] * kept[order[1]])


def test_arrays_that_no_loop_goes_along_stay_whole() -> None:
    assert "kept = np.empty((n_order, 3))" in text(in_order, (X[:5, :3], np.array([2, 0, 3, 1, 4])))


def two_sums(w, x):
    y, both = np.zeros(len(x)), np.empty((w.shape[1], 2))
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            y[i] += np.sin(w[i, b] * x[i])
    for b in range(w.shape[1]):
        s = t = 0.0
        for i in range(w.shape[0]):
            s += w[i, b] * y[i]
            t += y[i] ** 2 * x[i]
        both[b, 0], both[b, 1] = s, t
    return np.sum(both[1:] * both[:-1])


def sums_at_one_place(w, x):
    """Each iteration stores what the last one has: the sum must not go on from there."""
    last, at = np.zeros(len(x)), int(x[0] > 9.0)
    for b in range(w.shape[1]):
        s = 0.0
        for i in range(w.shape[0]):
            s += w[i, b] * x[i]
        last[at] = s
    return last[at] ** 2


def sums_that_are_read_again(w, x):
    """What a loop over all rows has found, another one in the same iteration of the gradient needs."""
    y, found = np.zeros(len(x)), np.empty(w.shape[1])
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            y[i] += np.sin(w[i, b] * x[i])
    for b in range(w.shape[1]):
        s = 0.0
        for i in range(w.shape[0]):
            s += w[i, b] * y[i]
        found[b] = s
    return np.sum(found**2)


def whole_before_the_next(w, x):
    y = np.zeros(len(x))
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            y[i] += np.sin(w[i, b] * x[i])
    total = np.sum(y)
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            y[i] *= np.cos(w[i, b] * total)
    return np.sum(y)


def rows_of_others(w, x):
    y, z = np.zeros(len(x)), np.zeros(len(x))
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            y[i] += np.sin(w[i, b] * x[i])
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            z[i] += w[i, b] * y[i - 1]
    return np.sum(z * z)


def number_beside_rows(w, x):
    """In the gradient an iteration reads, before its loop over all rows, a number that this loop changes."""
    q, g = np.zeros((len(x), 2)), np.zeros(w.shape[1])
    for b in range(w.shape[1]):
        for i in range(w.shape[0]):
            q[i, 0] += w[i, 2] * w[i, b]
    for b in range(w.shape[1]):
        s = 0.0
        for i in range(w.shape[0]):
            s += 0.1 * (g[b] + 0.3 * w[i, 2])
        g[b] += s
    return np.sum(np.sin(g)) + np.sum(q)


STRIPS = {
    number_beside_rows: 0,
    two_sums: 1,
    sums_at_one_place: 0,
    sums_that_are_read_again: 1,
    whole_before_the_next: 1,
    rows_of_others: 0,
}


@pytest.mark.parametrize(("form", "size"), [("grad", 6), ("value_and_grad", 8)])
@pytest.mark.parametrize("function", STRIPS)
def test_loops_over_rows_go_in_strips(function, form, size, monkeypatch) -> None:
    monkeypatch.setattr(strips, "STRIP", size)
    args = RNG.standard_normal((19, 9)), RNG.standard_normal(19)
    made = compiled(function, args, (0, 1), form, sizes=True)
    found = as_python(made)(*args)
    if form == "value_and_grad":
        value, *found = found
        np.testing.assert_allclose(value, function(*args), rtol=1e-12)
    for one, other in zip(found, gradgen.grad(function, argnums=(0, 1))(*args), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-13)
    assert made.source.count(f", {size}):") == STRIPS[function]


def test_what_may_raise_stays_in_a_loop_that_may_not_run() -> None:
    assert "        t = np.empty(m)" in text(makes_what_cannot_be_made, (X[:, 0], 4, 2))


def test_checks_go_before_loops_once() -> None:
    found = text(mixture, (X[:4], np.zeros(4), X), (0, 1))
    assert not any(line.startswith("        raise") and line.startswith(" " * 12) for line in found.splitlines())
    assert found.count("could not be broadcast") == 2


def test_a_check_in_a_loop_that_may_not_run_says_so() -> None:
    found = text(checked_in_a_loop_that_may_not_run, (X[:, 0], X[:4, 1], 0))
    assert "if 0 < n and " in found


def test_what_a_loop_is_checked_for_is_checked_once() -> None:
    args = (X[:, 0], X[:, 1], X[:, 2], 1, 1)
    assert text(checked_for_loops_that_may_not_run, args, (0, 1, 2)).count("could not be broadcast") == 2
    with pytest.raises(ValueError, match="broadcast"):
        gradgen.grad(checked_for_loops_that_may_not_run, argnums=1, jit=True)(*args[:2], X[:5, 0], 1, 0)
