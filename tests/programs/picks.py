"""Maxima and minima of what several arrays have made: adjoints with one place along an axis."""

import numpy as np

import gradgen
from tests.support.table import case, program


def nearest_centre(c, x):
    d = np.sum((x[:, None, :] - c[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(d, axis=1))


def nearest_centre_point_by_point(c, x):
    total = 0.0
    for i in range(len(x)):
        d = np.sum((x[i] - c) ** 2, axis=1)
        total += np.min(d) * (i + 1)
    return total


def nearest_centre_keepdims(c, x):
    d = np.sqrt(np.sum((x[:, None, :] - c) ** 2, axis=2, keepdims=True))
    return np.sum(np.min(d, axis=1, keepdims=True) ** 2)


def distances_are_used_again(c, x):
    d = np.sum((x[:, None, :] - c[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(d, axis=1)) + 0.1 * np.sum(d * d)


def used_after_too(c, x):
    d = np.sum(np.exp(x[:, None, :] - c), axis=2)
    e = np.sin(d)
    return np.sum(np.max(e, axis=1) * np.min(d, axis=1)) + np.sum(e[0])


def two_extremes_of_one(x):
    y = x * x
    return np.sum(np.max(y, axis=1)) - 2 * np.sum(np.min(y, axis=0))


def scaled(x, s, row, column):
    y = s * x * row + column[:, None]
    return np.sum(np.max(y, axis=0) ** 2) + np.sum(np.min(y, axis=1) ** 3)


def of_the_middle_axis(x, w):
    return np.sum(np.max(x * w, axis=1) ** 2)


def of_each_axis(x):
    y = np.tanh(x)
    return np.sum(np.max(y, axis=0) ** 2) + np.sum(np.max(y, axis=1)) + np.sum(np.min(y, axis=2) ** 3) + np.max(y)


def of_sums(x):
    return np.max(np.sum(x * x, axis=1)) + np.max(np.sum(x ** 3, axis=0)) + np.sum(np.max(np.sum(x, axis=0), axis=0))


def of_sums_of_three(x):
    y = x * 2.0
    return np.sum(np.max(np.sum(y, axis=0), axis=0)) + np.sum(np.min(np.sum(y, axis=2), axis=0) ** 2)


def of_sums_in_between(x):
    y = np.exp(x)
    return np.sum(np.max(np.sum(y, axis=1), axis=1) ** 2) + np.sum(np.max(np.sum(y, axis=(0, 2)), axis=0))


def of_a_mean(x):
    return np.max(np.mean(x * x, axis=1))


def pooled(x):
    n, m = x.shape
    y = (x * x).reshape(n // 2, 2, m // 2, 2)
    return np.sum(y.max(axis=(1, 3)) ** 2)


def viterbi(start, moves, emissions):
    a = start + emissions[0]
    for t in range(1, len(emissions)):
        a = np.max(a[:, None] + moves, axis=0) + emissions[t]
    return np.max(a)


def viterbi_by_rows(start, moves):
    a = start
    for _ in range(4):
        a = np.max(moves + a[None, :], axis=1)
    return np.max(a)


def viterbi_in_segments(a, moves, n):
    for _ in gradgen.checkpoint(range(n)):
        a = np.max(a[:, None] + moves * np.sin(a), axis=0)
    return np.max(a)


def hausdorff(x, y):
    d = np.sqrt(np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1))
    return np.max(np.min(d, axis=0)) + np.max(np.min(d, axis=1))


def chosen_by_a_condition(x, y):
    z = np.where(x > 0, x * y, x - y)
    return np.sum(np.max(z, axis=1)) * np.min(z)


def hinge(scores, labels):
    n = len(labels)
    right = scores[np.arange(n), labels]
    margins = np.maximum(0.0, scores - right[:, None] + 1.0)
    return np.mean(np.max(margins, axis=1))


def in_a_branch(x, flag):
    y = x * x
    total = 0.0
    if flag > 0:
        total = np.sum(np.max(y, axis=1))
    return total + np.sum(y[0] ** 2)


def outer_array_in_a_loop(x):
    y = x * x
    total = 0.0
    for k in range(3):
        total += np.max(y * (k + 1.0)) + np.min(y[k % len(y)])
    return total


def stored_into(x):
    y = np.zeros((3, len(x)))
    for k in range(3):
        y[k] = x * (k + 1)
    y[1, 0] = 9.0
    return np.sum(np.max(y, axis=0)) + np.sum(np.max(y, axis=1) ** 2)


def repeated_by_size_one(x, y):
    return np.sum(np.max(x * y, axis=1)) + np.sum(np.max(x + y, axis=0) ** 2)


def repeated_along_what_is_summed(x, w):
    return np.sum(np.min(np.sum(x * w, axis=2), axis=1) ** 2)


def reversed_view(x):
    return np.max(x[::-1] ** 2) + np.sum(np.max(x.T * 2, axis=-1)) + np.max(x[1:])


def kept_axes(x):
    y = x * np.max(x, keepdims=True)
    return np.sum(y - np.min(y, axis=(0, 1), keepdims=True)) + np.sum(np.max(y, axis=0, keepdims=True) * y)


def spread_of_values(x):
    return np.ptp(x) ** 2 + np.sum(np.ptp(x * x, axis=1))


def infinite_slopes_elsewhere(x):
    return np.max(np.sqrt(x)) + np.sum(np.max(np.sqrt(x)[:, None] * np.ones((1, 2)), axis=0))


rng = np.random.default_rng(31)
C, X = rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
M, N = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
T = rng.normal(size=(2, 3, 4))

PROGRAMS = [
    program(nearest_centre, case(C, X), case(C[:1], X), case(C, X[:1]), case(C[:, :1], X[:, :1]), argnums=(0, 1)),
    program(nearest_centre_point_by_point, case(C, X), argnums=(0, 1)),
    program(nearest_centre_keepdims, case(C, X), argnums=(0, 1)),
    program(distances_are_used_again, case(C, X), argnums=(0, 1)),
    program(used_after_too, case(C, X), argnums=(0, 1)),
    program(two_extremes_of_one, case(M), case(M[:, :1])),
    program(scaled, case(M, 1.3, N[0], N[:, 0]), argnums=(0, 1, 2, 3)),
    program(of_the_middle_axis, case(T, T[0]), case(T, T[0, :, :1]), case(T, T[:, :1]), argnums=(0, 1)),
    program(of_each_axis, case(T)),
    program(of_sums, case(M), case(M[:1])),
    program(of_sums_of_three, case(T)),
    program(of_sums_in_between, case(T)),
    program(of_a_mean, case(M)),
    program(pooled, case(rng.normal(size=(4, 6)))),
    program(viterbi, case(M[0], rng.normal(size=(3, 3)), M), argnums=(0, 1, 2)),
    program(viterbi_by_rows, case(M[0], rng.normal(size=(3, 3))), argnums=(0, 1)),
    program(viterbi_in_segments, case(M[0], rng.normal(size=(3, 3)), 5), argnums=(0, 1)),
    program(hausdorff, case(C, X), argnums=(0, 1)),
    program(chosen_by_a_condition, case(M, N), argnums=(0, 1)),
    program(hinge, case(M, np.array([0, 2, 1, 0]))),
    program(in_a_branch, case(M, 1), case(M, -1)),
    program(outer_array_in_a_loop, case(M)),
    program(stored_into, case(M[0])),
    program(repeated_by_size_one, case(M, N[:, :1]), case(M, N[:1]), case(M[:, :1], N), argnums=(0, 1)),
    program(repeated_along_what_is_summed, case(T, T[0, :, :1]), case(T, T[:, :, :1]), argnums=(0, 1)),
    program(reversed_view, case(M)),
    program(kept_axes, case(M), case(M[:1])),
    program(spread_of_values, case(M)),
    program(infinite_slopes_elsewhere, case(np.array([0.0, 2.0, 1.0]), gradient=np.array([0.0, 1.5 / np.sqrt(2.0), 0.0]))),
]
