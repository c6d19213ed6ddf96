"""Infinite slopes where nothing is read: the adjoint is 0 there, and so is what it contributes."""

import numpy as np
from scipy.special import logsumexp

from tests.support.table import case, program


def roots_of_a_part(v):
    return np.sum(np.sqrt(v)[1:])


def roots_of_two_parts(v):
    """All but what is between them; and those of two parts that are all: the slope at 0 is infinite."""
    r = np.sqrt(v)
    s = np.sqrt(v + 1.0)
    return np.sum(r[:1]) + np.sum(r[2:] ** 2) + np.sum(s[:2]) + np.sum(s[2:] ** 2)


def roots_on_a_diagonal(v):
    """And those that are not deleted, and all but the least."""
    a = np.sqrt(v.reshape(2, 2))
    return np.trace(a) + np.sum(np.delete(np.sqrt(v), 1)) + np.sum(np.sort(np.sqrt(v))[1:])


def logarithms_of_a_part(v):
    return np.sum((v * np.log(v))[v > 0])


def distances_above_the_diagonal(p):
    d = p[:, None] - p
    r = np.sqrt(np.sum(d**2, axis=-1))
    return np.sum(r[np.triu_indices(len(p), 1)])


def masked_inverse_of_distances(x):
    r = x - x[:, None]
    s = np.sqrt(r**2)
    s[s > 0] = 1.0 / s[s > 0]
    return np.sum(np.triu(s, 1))


def overwritten_inverse(v):
    w = 1 / v
    w[0] = v[1]
    return np.sum(w**2)


def changed_where_finite(x, y):
    z = x * 1.0
    some = np.abs(z) < np.inf
    z[some] = z[some] * y[some] + np.sin(x[some] + y[some])
    return np.sum(z[some])


def aligned(scores, labels):
    """Of all ways through time to say the labels, with a blank between and around them: what cannot be is -inf."""
    said = np.zeros(2 * len(labels) + 1, dtype=np.int64)
    said[1::2] = labels
    alpha = np.full(len(said), -np.inf)
    alpha[:2] = scores[0, said[:2]]
    for t in range(1, len(scores)):
        one = np.concatenate([[-np.inf], alpha[:-1]])
        alpha = np.logaddexp(alpha, one) + scores[t, said]
    return np.logaddexp(alpha[-1], alpha[-2])


def sums_before_an_infinite_slope(v):
    r = np.sqrt(v)
    return np.cumsum(r)[1] + np.convolve(r, np.ones(2))[0]


def numbers_only(v):
    s = np.sin(v)
    return np.nanmean(s) + np.nanmax(s) + np.sum(np.where(np.isnan(v), 0.0, s * s))


def rows_of_nothing(x):
    y = np.full((4, 3), -np.inf)
    y[1:3] = x
    whole = logsumexp(y, axis=1)
    return np.sum(whole[1:3] ** 2) + np.sum(np.exp(np.logaddexp.reduce(y, axis=1)))


def finite_items_of_a_list(v):
    """Those that are not read have no part in the adjoint, whatever they are."""
    xs = [x * 2.0 for x in v]
    return sum(x**2 for x in xs if np.isfinite(x)) + xs[0] * xs[-1]


V = np.array([0.0, 1.0, 4.0])

PROGRAMS = [
    program(roots_of_a_part, case(V, gradient=(np.array([0.0, 0.5, 0.25]),))),
    program(roots_of_two_parts, case(V[[1, 0, 2]], gradient=(np.array([0.5 + 0.5 / np.sqrt(2.0), 0.5, 2.0]),))),
    program(roots_on_a_diagonal, case(np.array([1.0, 0.0, 4.0, 16.0]), gradient=(np.array([1.5, 0.0, 0.5, 0.375]),))),
    program(logarithms_of_a_part, case(V, gradient=(np.array([0.0, 1.0, 1.0 + np.log(4.0)]),))),
    program(distances_above_the_diagonal, (np.arange(6.0).reshape(3, 2) ** 2,)),
    program(masked_inverse_of_distances, (np.array([1.0, 2.5, 4.0]),)),
    program(
        changed_where_finite,
        case(
            np.array([1.0, np.inf, np.nan]),
            np.array([2.0, 0.5, 0.5]),
            gradient=(np.array([2.0 + np.cos(3.0), 0.0, 0.0]), np.array([1.0 + np.cos(3.0), 0.0, 0.0])),
        ),
    ),
    program(
        finite_items_of_a_list,
        case(np.array([1.0, np.inf, np.nan, 3.0]), gradient=(np.array([20.0, 0.0, 0.0, 28.0]),)),
    ),
    program(aligned, (np.sin(np.arange(28.0)).reshape(7, 4), np.array([2, 1, 3]))),
    program(sums_before_an_infinite_slope, case(V[::-1].copy(), gradient=(np.array([0.5, 0.5, 0.0]),))),
    program(numbers_only, case(np.array([1.0, np.nan]), gradient=(np.array([2 * np.cos(1.0) + np.sin(2.0), 0.0]),))),
    program(rows_of_nothing, (np.cos(np.arange(6.0)).reshape(2, 3),)),
    program(overwritten_inverse, case(V, gradient=(np.array([0.0, 0.0, -0.03125]),))),
]
