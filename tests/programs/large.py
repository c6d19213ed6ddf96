"""Axes of 16 and more: of those the signature says so, and the text relies on it (see `infer.signature`).

Slices that leave 0, 1 or more of the smallest of them, and neighbouring loops that jit text merges.
"""

import numpy as np

from tests.support.table import program

_RNG = np.random.default_rng(11)
_X16, _X17, _X40 = (_RNG.standard_normal(n) for n in (16, 17, 40))
_M = _RNG.standard_normal((17, 20))
_N = _RNG.standard_normal((17, 20))
_UNFINISHED = np.vstack([_N[1:], np.full(20, np.nan)])


def stencil(u, w, steps):
    for t in range(steps):
        w[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1])
        u[1:-1, 1:-1] = 0.2 * (w[1:-1, 1:-1] + w[1:-1, :-2] + w[1:-1, 2:] + w[2:, 1:-1] + w[:-2, 1:-1])
    return np.sum(u * w)


def cut_to_nothing_or_one(x):
    none, one, two = x[8:-8], x[8:-7], x[7:-7]
    return np.sum(none * 2) + np.sum(one[:1] * x) + np.sum(two) * x[0]


def cut_more_than_there_is(x):
    return np.sum(x[10:-10] * 2) + np.sum(x[:-20]) + np.sum(x[20:]) + np.sum(x[-20:] ** 2) + np.sum(x[:20] ** 2)


def one_left_broadcasts(x, y):
    return np.sum(x[len(x) - 1:] * y) + np.sum(x[:1 - len(x)] * y[2:]) + np.sum((x[:1] - y) ** 2) + np.sum(x[-1:] * y)


def one_left_of_the_smallest(x, y):
    return np.sum(x[15:] * y) + np.sum(x[:-15] * y[2:])


def every_other(x):
    return np.sum(x[::2] * x[1::2][: len(x) // 2]) if len(x) % 2 == 0 else np.sum(x[::2][1:] * x[1::2])


def backwards(x):
    return np.sum(x[::-1] * x) + np.sum(x[5::-1] * x[:6]) + np.sum(x[:-6:-1] * x[:5]) + np.sum(x[-3:2:-2] ** 2)


def bounds_at_run_time(x, k):
    return np.sum(x[k:-1] * x[:-1][k:]) + np.sum(x[:k] ** 2) + np.sum(x[-k:] * x[:k])


def differences(x):
    d = x[1:] - x[:-1]
    dd = d[1:] - d[:-1]
    return np.sum(dd ** 2) + np.sum(d[1:-1] * dd[:-1]) + d[5]


def first_items(x):
    a, b = x[:3], x[-3:]
    return np.sum(a * b) + np.sum(np.outer(a, b)) + np.sum(a[:1] * x)


def joined(x):
    return np.sum(np.concatenate((x[:4], x[4:-2], x[-2:])) * x)


def padded(x):
    y = np.zeros(len(x) + 2)
    y[1:-1] = x
    y[0], y[-1] = x[-1], x[0]
    return np.sum(y[2:] * y[1:-1] * y[:-2])


def row_by_row(m):
    s = 0.0
    for i in range(1, m.shape[0] - 1):
        s += np.sum(m[i, 1:] * m[i - 1, :-1]) * m[i, 0]
    return s


def shrinking(x):
    while len(x) > 1:
        x = x[1:] * x[:-1]
    return np.sum(x)


def grows_in_the_loop(x, n):
    for i in range(n):
        x = x[1:-1] + x[2:]
    return np.sum(x * x)


def of_small_and_large(x, m):
    return np.sum(m[:, 1:-1] * x[:, None]) + np.sum(m[1:, :1] * x[1:, None])


def masked_then_cut(x):
    y = np.where(x > 0, x, x ** 2)
    y[2:-2][y[2:-2] > 1.0] = 0.5
    return np.sum(y * x)


def argument_swapped(u, v, n):
    for i in range(n):
        v[1:-1] = u[:-2] + u[2:] - v[1:-1]
        u, v = v, u
    return np.sum(u * u) + v[3]


def products_one_by_one(x, y):
    """Those are one product that take all of a matrix, or of its own columns all on one side, in each iteration."""
    n = x.shape[1]
    covariance = np.zeros((n, n))
    for j in range(n):
        covariance[j:, j] = covariance[j, j:] = x[:, j] @ x[:, j:] / (1.0 + x[0, 0] ** 2)
    total = np.sum(np.sin(covariance))
    for j in range(n - 1):
        total += np.sum(x[:, j] @ x[:, j + 1:n] * (j + 1.0)) + np.sum(np.cos(x[:, j] @ x[:, :j]))
    for i in range(1, len(x)):
        total += np.max(x @ x[i]) * np.sum(np.sin(x[i] @ y))
    return total


def products_that_stay(x, y, unfinished):
    n = x.shape[1]
    total = 0.0
    for i in range(len(unfinished) - 1):
        total += np.max(x @ unfinished[i])
    for i in range(3, n):
        if i % 2:
            total += np.sum(np.tanh(x[:, i] @ x))
        total += np.sum(np.cos(x[:, i] @ x[:, 1:])) + np.sum(np.cos(x[:, i] @ x[:, i - 2 : i]))
        total += np.sum(np.sin(y[i] @ x[:n, i:])) if n < 5 else 0.0
        x = 0.9 * x if i == 5 else x
    return total


PROGRAMS = [
    program(stencil, (_M, _N, 2), (_M, _N, 0), argnums=(0, 1)),
    program(cut_to_nothing_or_one, (_X16,), (_X17,)),
    program(cut_more_than_there_is, (_X16,), (_X17,), (_X40,)),
    program(one_left_broadcasts, (_X16, _X16[::-1].copy()), (_X17, _X40[:17])),
    program(one_left_of_the_smallest, (_X16, _X17)),
    program(every_other, (_X16,), (_X17,)),
    program(backwards, (_X16,), (_X17,)),
    program(bounds_at_run_time, (_X16, 3), (_X16, 16), (_X17, 9), argnums=0),
    program(differences, (_X16,), (_X40,)),
    program(first_items, (_X16,)),
    program(joined, (_X16,), (_X17,)),
    program(padded, (_X16,)),
    program(row_by_row, (_M,)),
    program(shrinking, (_X16 / 3 + 1,)),
    program(grows_in_the_loop, (_X17, 3), (_X17, 0), (_X16, 7), argnums=0),
    program(of_small_and_large, (_X17, _M)),
    program(masked_then_cut, (_X40,)),
    program(products_one_by_one, (0.3 * _M, 0.3 * _M.T @ _N), argnums=(0, 1)),
    program(products_that_stay, (0.3 * _M, 0.3 * _M.T @ _N, _UNFINISHED), argnums=(0, 1)),
    program(argument_swapped, (_X16, _X17[:16], 3), (_X16, _X17[:16], 0), argnums=(0, 1)),
]
