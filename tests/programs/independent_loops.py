"""Loops whose iterations are differentiated one by one, and loops that look like them."""

import math

import numpy as np

from tests.support.table import program

_RNG = np.random.default_rng(5)
V = np.array([0.7, -0.4, 1.2, 0.9, -1.1])
X = _RNG.normal(size=(6, 3))
Y = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
W = _RNG.normal(size=3)


def logistic(w, X, y):
    s = 0.0
    for i in range(X.shape[0]):
        z = 0.0
        for j in range(X.shape[1]):
            z += X[i, j] * w[j]
        s += math.log1p(math.exp(-y[i] * z))
    return s / X.shape[0]


def seed_needs_the_sum(w, v):
    s = 1.0
    for x in v:
        s += math.exp(w * x)
    return math.log(s)


def two_sums_of_which_one_seeds(w, v):
    s, t = 1.0, 0.0
    for x in v:
        s += math.exp(w * x)
        t += math.sin(w * x)
    return t * s + t


def alternating(w, v):
    s, sign = 0.0, 1.0
    for x in v:
        s += sign * math.sin(w * x)
        sign = -sign
    return s * s + sign * w


def state_goes_along(w, v):
    """Numbers without an adjoint: one steps, one hangs on it, one is changed where something holds only."""
    s, seed, skipped, last = 0.0, 7, 0, 0
    for i in range(len(v)):
        s += math.exp(w * v[i]) * last * v[seed % 5]
        last = seed % 3 + skipped
        seed = seed * 5 + i
        if v[i] > 0.8:
            skipped += 1
            s -= skipped * w * v[i]
    return s * s


def state_hangs_on_the_sum(w, v):
    s, sign = 0.3, 1.0
    for x in v:
        s += sign * math.sin(w * x)
        if s > 0.5:
            sign = -sign
    return s


def recurrence_over_sets(a):
    n = len(a)
    minors = np.zeros(2**n)
    minors[0] = 1.0
    for c in range(1, 2**n):
        row = n
        for j in range(n):
            row -= (c >> j) & 1
        sign, total = 1.0, 0.0
        for j in range(n):
            if (c >> j) & 1:
                total += sign * a[row, j] * minors[c - (1 << j)]
                sign = -sign
        minors[c] = total
    return minors[-1]


def members_of_any_number(v, start):
    """Bits of numbers below zero, more of them than there are places, and one that is read but not asked."""
    s = 0.0
    for c in range(start, start + 40, 3):
        for j in range(len(v)):
            if (c >> j) & 1:
                s += v[(c + j) % 5] * v[j - 1]
        for j in range(6):
            if c & (1 << j):
                s += v[(c ^ (1 << j)) % 5]
    return s * s


def elements_set(w, v):
    y = np.zeros(len(v))
    for i in range(len(v)):
        y[i] = math.tanh(w * v[i])
    return np.sum(y * y)


def elements_set_in_a_copy(w, v):
    y = v * w
    for i in range(1, len(v)):
        y[i] = math.tanh(w * v[i])
    return np.sum(y * y)


def elements_set_at_negative_places(w, v):
    y = np.zeros(3)
    for i in range(-2, 3):
        y[i] = math.sin(w * v[i] * (i + 3))
    return y[0] + 2 * y[1] * y[2]


def elements_set_backward(w, v):
    y = np.zeros(len(v))
    for i in range(len(v) - 1, -1, -1):
        y[i] = w * v[i] ** 2
    return np.sum(y * y)


def elements_set_twice(w, v):
    y = np.zeros(len(v))
    for i in range(len(v)):
        y[i] = w ** 3
        y[i] = math.sin(w * v[i])
    return np.sum(y ** 2)


def elements_of_nested_loops(w, m):
    """Each set once; rows and columns; set once more by a loop inside, some of them, and at the same place each time."""
    once, twice = np.zeros((len(m), 3, len(m))), np.ones((len(m), len(m)))
    for i in range(len(m)):
        for j in range(3):
            once[:, j, i] = w * m[i, j] ** 2
        twice[:, i] = w ** 3 * m[:, 0]
        for j in range(2):
            if m[i, j] > 0:
                twice[j, i] = w * m[i, j]
            twice[2, i] = w * m[j, 2]
    return np.sum(np.sin(once)) + np.sum(twice ** 2)


def neighbour_overwritten(w, v):
    y = np.zeros(len(v) + 1)
    for i in range(len(v)):
        y[i] = w * v[i]
        y[i + 1] = w ** 2
    return np.sum(y ** 2)


def rows_set_where(w, m):
    y = np.ones((len(m), 3))
    for i in range(len(m)):
        if m[i, 0] > 0:
            y[i] = w * m[i]
        else:
            y[i, 1] = w ** 2
    return np.sum(y ** 2)


def set_and_added(w, v):
    y = np.zeros(len(v))
    for i in range(len(v)):
        y[i] = w * v[i]
        y[2] += w ** 2
    return np.sum(y ** 2)


def counted_into_bins(w, v, places):
    bins = np.ones(3)
    for i in range(len(places)):
        bins[places[i]] += math.exp(w * v[i])
    return np.sum(np.log(bins))


def summed_arrays(w, m):
    total = np.zeros(3)
    for row in m:
        total = total + np.exp(row * w)
    return np.prod(total)


def subtracted(w, v):
    s = w
    for x in v:
        s -= math.exp(w * x)
    return s ** 2


def subtracted_from(w, v):
    s = w
    for x in v:
        s = math.exp(w * x) - s
    return s ** 2


def partial_sum_is_read(w, v):
    s = t = 0.0
    for x in v:
        s += w * x
        t += s ** 2
    return t + s


def some_added(w, v):
    s = 0.0
    for x in v:
        if x > 0:
            s += math.exp(w * x)
        elif x < -1:
            s += math.sin(w * x)
    return s ** 2


def inner_recurrence(w, v):
    s = 0.0
    for x in v:
        y = x
        for _ in range(4):
            y = math.sin(y * w) + x
        s += y ** 2
    return math.sqrt(s)


def inner_while(w, v):
    s = 0.0
    for x in v:
        y = 1.0
        while y < 20.0:
            y = y * (1.5 + abs(x) * w)
        s += y
    return s ** 2


def inner_break(w, v):
    s = 0.0
    for x in v:
        y = 1.0
        for _ in range(30):
            y = y * (1.5 + abs(x) * w)
            if y > 20.0:
                break
        s += y
    return s ** 2


def sum_in_a_time_loop(w, v):
    u = w
    for _ in range(4):
        s = 0.0
        for x in v:
            s += math.sin(u * x)
        u = math.cos(s) + u
    return u


def array_stepped_in_time(v, n):
    u = v.copy()
    for _ in range(n):
        new = np.zeros(len(u))
        for i in range(1, len(u) - 1):
            new[i] = u[i] ** 2 + 0.1 * math.sin(u[i - 1]) - u[i + 1]
        u = new
    return np.sum(u ** 2)


def last_value_leaves(w, v):
    s = y = 0.0
    for x in v:
        y = math.sin(w * x)
        s += y ** 2
    return s * y


def nested_sums(w, m):
    s = 0.0
    for row in m:
        t = 0.0
        for x in row:
            t += math.exp(w * x)
        s += math.log(t) * t
    return s


def argument_overwritten_later(w, v):
    s = 0.0
    for i in range(len(v)):
        s += math.sin(w * v[i])
    v[:] = w
    return s * s + np.sum(v)


def argument_overwritten_in_it(w, v):
    s = 0.0
    for i in range(len(v)):
        v[i] = v[i] * w
        s += math.sin(v[i])
    return s * s + np.sum(v)


def refuses_some(w, v):
    s = 0.0
    for x in v:
        if x > 100:
            raise ValueError("too large")
        s += math.exp(w * x)
    return s * s


def columns_from_top_to_bottom(shift, weights, other, v):
    """Of all columns, of some, and of an argument of which elements are set on the way."""
    out = np.zeros(len(v))
    for b in range(len(shift)):
        out += weights[:, b] * np.sin(v - shift[b])
        other[b, b] = shift[b]
        out *= other[:, b]
    for b in range(len(shift) // 2):
        out[1:] += weights[1:, b] * v[:-1]
    return np.sum(out**2)


PROGRAMS = [
    program(logistic, (W, X, Y), argnums=(0, 1)),
    program(seed_needs_the_sum, (0.3, V), (0.3, np.zeros(0)), argnums=(0, 1)),
    program(two_sums_of_which_one_seeds, (0.3, V), argnums=(0, 1)),
    program(alternating, (0.3, V), (0.3, V[:0]), argnums=(0, 1)),
    program(alternating, (0.3, V), argnums=0, second_order=True),
    program(state_goes_along, (0.3, V), argnums=(0, 1)),
    program(state_hangs_on_the_sum, (0.3, V), argnums=(0, 1)),
    program(recurrence_over_sets, (X[:3],), (X[3:4, :1],)),
    program(members_of_any_number, (V, -9), (V, 0), (V, 2**40)),
    program(elements_set, (0.3, V), (0.3, V[:1]), argnums=(0, 1)),
    program(elements_set, (0.3, V), argnums=0, second_order=True),
    program(elements_set_in_a_copy, (0.3, V), (0.3, V[:1]), argnums=(0, 1)),
    program(elements_set_at_negative_places, (0.3, V), argnums=(0, 1)),
    program(elements_set_backward, (0.3, V), argnums=(0, 1)),
    program(elements_set_twice, (0.3, V), argnums=(0, 1)),
    program(elements_of_nested_loops, (0.3, X), argnums=(0, 1)),
    program(neighbour_overwritten, (0.3, V), argnums=(0, 1)),
    program(rows_set_where, (0.3, X), argnums=(0, 1)),
    program(set_and_added, (0.3, V), argnums=(0, 1)),
    program(counted_into_bins, (0.3, V, np.array([0, 2, 2, 0, 1])), argnums=(0, 1)),
    program(summed_arrays, (0.3, X), (0.3, X[:0]), argnums=(0, 1)),
    program(subtracted, (0.3, V), argnums=(0, 1)),
    program(subtracted_from, (0.3, V), argnums=(0, 1)),
    program(partial_sum_is_read, (0.3, V), argnums=(0, 1)),
    program(some_added, (0.3, V), argnums=(0, 1)),
    program(inner_recurrence, (0.3, V), argnums=(0, 1)),
    program(inner_recurrence, (0.3, V), argnums=0, second_order=True),
    program(inner_while, (0.3, V), argnums=(0, 1)),
    program(inner_break, (0.3, V), argnums=(0, 1)),
    program(sum_in_a_time_loop, (0.3, V), argnums=(0, 1)),
    program(array_stepped_in_time, (V, 3), (V, 0)),
    program(last_value_leaves, (0.3, V), argnums=(0, 1)),
    program(nested_sums, (0.3, X), argnums=(0, 1)),
    program(nested_sums, (0.3, X), argnums=0, second_order=True),
    program(
        columns_from_top_to_bottom,
        (X[:5, 0], _RNG.normal(size=(5, 5)), _RNG.normal(size=(5, 5)), X[1:, 1]),
        (V[:0], X[:, :0], X[:, :0], X[:, 1]),
        argnums=(0, 1, 2, 3),
    ),
    program(argument_overwritten_later, (0.3, V), argnums=(0, 1)),
    program(argument_overwritten_in_it, (0.3, V), argnums=(0, 1)),
    program(refuses_some, (0.3, V), argnums=(0, 1)),
]
