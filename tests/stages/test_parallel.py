"""Which loops are cut into parts, and that values and gradients stay what they are, in whatever order the parts run."""

from __future__ import annotations

import random

import numpy as np
import pytest

from gradgen.lower import cutting, parallel
from gradgen.run.fetch import resolve
from tests.support.texts import as_python, compiled

RNG = np.random.default_rng(3)
X = RNG.standard_normal((70, 3))
Y = RNG.standard_normal(70)
PLACES = RNG.integers(0, 70, 70)


@pytest.fixture(autouse=True)
def _always_worth_it(monkeypatch):
    monkeypatch.setattr(cutting, "WORK", 0)
    monkeypatch.setattr(parallel, "WORK", 0)
    monkeypatch.setattr(cutting, "COPYING", 0)


# Cut


def sum_of_losses(w):
    s = 0.0
    for i in range(X.shape[0]):
        s += np.log1p(np.exp(-Y[i] * (X[i] @ w)))
    return s / X.shape[0]


def largest(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def nest_with_a_row_for_scratch(x):
    r = 0.0
    for i in range(X.shape[0]):
        d = X[i] * x[i]
        r += np.sqrt(np.sum(d * d)) * np.sum(d)
    return r


def neighbours_are_added_to(x):
    return np.sum((x[1:] - x[:-1]) ** 2)


def backwards(x):
    s = 0.0
    for i in range(len(x) - 2, 3, -1):
        s += x[i] ** 3
    return s


def every_third(x):
    s = 0.0
    for i in range(2, len(x) - 1, 3):
        s += x[i] ** 3
    return s


def product_in_blocks(w):
    return np.sum(np.log1p(np.exp(-Y * (X @ w))))


def rows_in_a_time_loop(x):
    for _ in range(3):
        x = x + 0.1 * np.sin(x)
    return np.sum(x)


def several_kinds(x):
    s, w = 0.0, np.zeros(3)
    for i in range(len(x)):
        s -= x[i] * x[i]
        for j in range(3):
            w[j] += x[i] * X[i, j]
    return s * w[0] + w[1] * w[2]


def inner_loop_of_its_own_length(x):
    s = 0.0
    for i in range(len(x)):
        t = 1.0
        while t < 3.0 + i:
            t = t * 2.0
        s += t * x[i] ** 2
    return s


def hinge(w):
    s = 0.0
    for i in range(X.shape[0]):
        margin = Y[i] * (X[i] @ w)
        if margin < 1.0:
            s += 1.0 - margin
    return s


def stored_under_a_condition(x):
    a = np.ones(70)
    for i in range(len(x)):
        if x[i] > 0.0:
            a[i] = x[i] * x[i]
    return a[3] * a[5]


def sides_that_differ(x):
    a, b = np.ones(70), np.ones(70)
    for i in range(len(x)):
        if x[i] > 0.0:
            a, b = b, a
        a[i] = x[i] * b[i]
    return a[3] * a[5]


# Not cut, but for a copy, or the gradient of it


def recurrence(x):
    s = 0.0
    for i in range(len(x)):
        s = s * 0.5 + x[i]
    return s


def left_early(x):
    s = 0.0
    for i in range(len(x)):
        if x[i] > 2.0:
            break
        s += x[i] ** 2
    return s


def raises(x):
    s = 0.0
    for i in range(len(x)):
        if x[i] > 9.0:
            raise ValueError("too large")
        s += x[i] ** 2
    return s


def reads_what_another_iteration_stored(x):
    a = x.copy()
    for i in range(1, len(x)):
        a[i] = a[i - 1] * a[i]
    return a[-1]


def reads_through_a_view(x):
    a = x * 1.0
    v = a[1:]
    for i in range(len(x) - 1):
        a[i] = v[i] * a[i]
    return a[3] * a[5]


def places_twice(x):
    a = np.zeros(70)
    for i in range(70):
        a[PLACES[i]] = x[i] ** 2
    return a[3] * a[5]


def sum_that_is_looked_at(x):
    s, r = 0.0, 0.0
    for i in range(len(x)):
        s += x[i]
        r += s * s
    return r


def sum_that_is_looked_at_before(x):
    s, r = 0.0, 0.0
    for i in range(len(x)):
        before = s
        s += x[i]
        r += before * x[i]
    return r


def swapped_in_each_iteration(x):
    a, b = np.ones(70), np.ones(70)
    for i in range(len(x)):
        a[i] = x[i] * b[i]
        a, b = b, a
    return a[3] * a[5] * b[4]


def array_that_is_looked_at(x):
    a = np.zeros(3)
    r = 0.0
    for i in range(len(x)):
        a[i % 3] += x[i]
        r += a[0] * x[i]
    return r


def scratch_that_is_handed_on(x):
    a, s = np.empty(2), 0.0
    for i in range(len(x)):
        if i == 0:
            a[0] = 1.0
        a[0] = a[0] * np.cos(x[i])
        s += a[0]
    return s


def python_max_that_drops_nan(x):
    m = -1e9
    for i in range(len(x)):
        m = max(m, x[i])
    return m


def largest_and_its_place(x):
    best, at = -1e9, 0
    for i in range(len(x)):
        if x[i] > best:
            best, at = x[i], i
    return best * at


def counts_what_it_keeps(x):
    a, n = np.zeros(70), 0
    for i in range(len(x)):
        if x[i] > 0.0:
            a[n] = x[i]
            n += 1
    return a[3] * a[5]


# How many loops are cut: of the function itself, and of its value and gradient together.
ROWS = [
    (sum_of_losses, X[0], 1, 1),
    (largest, Y, 2, 3),
    (largest, np.where(np.arange(70) == 40, np.nan, Y), 2, 3),
    (nest_with_a_row_for_scratch, Y, 1, 1),
    (neighbours_are_added_to, Y, 1, 2),
    (backwards, Y, 1, 1),
    (every_third, Y, 1, 1),
    (product_in_blocks, X[0], 1, 1),
    (rows_in_a_time_loop, Y, 2, 3),
    (several_kinds, Y, 1, 2),
    (inner_loop_of_its_own_length, Y, 1, 1),
    (hinge, X[0], 1, 1),
    (stored_under_a_condition, Y, 1, 2),
    (sides_that_differ, Y, 0, 0),
    (recurrence, Y, 0, 0),
    (left_early, Y, 0, 0),
    (raises, Y, 0, 0),
    (reads_what_another_iteration_stored, Y, 1, 1),
    (reads_through_a_view, Y, 1, 3),
    (places_twice, Y, 0, 0),
    (sum_that_is_looked_at, Y, 0, 0),
    (sum_that_is_looked_at_before, Y, 0, 0),
    (swapped_in_each_iteration, Y, 0, 0),
    (array_that_is_looked_at, Y, 0, 0),
    (scratch_that_is_handed_on, Y, 0, 0),
    (python_max_that_drops_nan, Y, 0, 0),
    (largest_and_its_place, Y, 0, 0),
    (counts_what_it_keeps, Y, 0, 0),
]


def made(function, x, form, order=None):
    """What the text gives, run as Python with the parts in this order, and the text; without parts if None."""
    text = compiled(function, [x], form=form, parallel=order is not None)
    entry = as_python(text)
    entry.__globals__["prange"] = order
    others = [resolve(one.path, {}) for one in text.staged.inputs[1:]]
    with np.errstate(all="ignore"):
        results = entry(x.copy(), *others)
    return np.hstack(results if isinstance(results, tuple) else (results,)), text.source


def shuffled(parts):
    return random.Random(parts).sample(range(parts), parts)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].__name__)
def test_parts_in_any_order(row):
    function, x, *counts = row
    for form, count in zip(("primal", "value_and_grad"), counts, strict=True):
        (found, source), (expected, _) = (made(function, x, form, order) for order in (shuffled, None))
        assert source.count("in prange(") == count, source
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
