"""Sums, means, extrema, products, variances and scans, with axis, keepdims and ddof, as functions and as methods."""

import numpy as np

from tests.support.table import case, program


def sums(a):
    return np.sum(a * a) + a.sum() ** 2


def sum_axis_0(a):
    return np.sum(np.sum(a, axis=0) ** 2)


def sum_axis_last(a):
    return np.sum(np.sum(a, axis=-1) ** 2)


def sum_axis_tuple(a):
    return np.sum(np.sum(a * a, axis=(0, 2)) ** 2) + np.sum(a.sum(axis=(-1, 0)) ** 3)


def sum_keepdims(a):
    return np.sum((a - a.sum(axis=1, keepdims=True)) ** 2) + np.sum(a.sum(keepdims=True) * a)


def sum_of_rows_broadcast_back(a):
    return np.sum(a / np.sum(a * a, axis=0))


def sum_positional_axis(a):
    return np.sum(a.sum(0) * np.sum(a, 0)) + a.sum(1).sum()


def sum_of_scalar(x):
    return np.sum(x) * np.mean(x ** 2) + np.max(x)


def means(a):
    return np.mean(a) ** 2 + np.sum(a.mean(axis=0) ** 2) + np.sum(np.mean(a, axis=-1, keepdims=True) * a)


def mean_of_axes(a):
    return np.sum(np.mean(a, axis=(0, 1)) ** 2) + a.mean(axis=(1, 2)).sum()


def extrema(a):
    return np.max(a) * np.min(a) + a.max() ** 2 + a.min()


def extrema_of_axes(a):
    return np.sum(np.max(a, axis=0) ** 2) + np.sum(a.min(axis=1) * a.max(axis=-1)) + np.sum(a - a.max(1, keepdims=True))


def amax_amin(a):
    return np.amax(a) * np.amin(a) + np.sum(np.amax(a, axis=0))


def max_of_two_axes(a):
    return np.sum(np.max(a, axis=(0, 2)) ** 2)


def products(a):
    return np.prod(a) + a.prod() ** 2


def products_of_axes(a):
    return np.sum(np.prod(a, axis=0) ** 2) + np.sum(a.prod(axis=1, keepdims=True) * a)


def variances(a):
    return np.var(a) ** 2 + a.std() + np.var(a, ddof=1)


def variances_of_axes(a):
    return np.sum(np.var(a, axis=0) ** 2) + np.sum(a.std(axis=1, keepdims=True) * a) + np.sum(np.std(a, axis=0, ddof=1))


def standardised(a):
    z = (a - a.mean(axis=0)) / (a.std(axis=0) + 1e-3)
    return np.sum(z[0] * z[1] ** 2)


def batch_norm(a, gamma, beta):
    mu = np.mean(a, axis=0)
    var = np.mean((a - mu) ** 2, axis=0)
    out = gamma * (a - mu) / np.sqrt(var + 1e-5) + beta
    return np.sum(out ** 3)


def layer_norm(a, g):
    mu = a.mean(axis=-1, keepdims=True)
    var = a.var(axis=-1, keepdims=True)
    return np.sum((g * (a - mu) / np.sqrt(var + 1e-6)) ** 3)


def cumulative_sums(a):
    return np.sum(np.cumsum(a) ** 2) + a.cumsum()[1] * 3


def cumulative_sums_of_axes(a):
    return np.sum(np.cumsum(a, axis=0) ** 2) + np.sum(a.cumsum(axis=1)[:, 1] * a[:, 0])


def cumulative_products(a):
    return np.sum(np.cumprod(a) ** 2)


def norms(a):
    return np.linalg.norm(a) ** 3 + np.linalg.norm(a) * a.sum()


def norms_of_axes(a):
    return np.sum(np.linalg.norm(a, axis=0) * np.linalg.norm(a, axis=0)) + np.sum(np.linalg.norm(a, axis=1, keepdims=True))


def norms_of_orders(v):
    return np.linalg.norm(v, 1) * np.linalg.norm(v, ord=2) + np.linalg.norm(v, np.inf) + np.linalg.norm(v, 3)


def count_and_any(a):
    n = np.count_nonzero(a > 0)
    if np.any(a > 0) and not np.all(a > 0) and (a > 100).any() == False:
        return np.sum(a) * n
    return np.sum(a * a)


def arg_of_extrema(v):
    return v[np.argmax(v)] * v[v.argmin()]


def arg_of_extrema_of_axis(a):
    return np.sum(a[np.arange(3), np.argmax(a, axis=1)] ** 2)


def dot_of_sums(a):
    return a.sum(axis=0) @ a.mean(axis=0)


def nested_reductions(a):
    return np.max(np.sum(a ** 2, axis=0)) * np.min(np.mean(a, axis=1))


def weighted_mean(a, w):
    return np.sum(w[:, None] * a) / np.sum(w)


def max_of_ties(v):
    return np.max(v)


def max_of_ties_along_axis(a):
    return np.sum(np.max(a, axis=1))


def empty_sums(a):
    return np.sum(a) + np.sum(a * a, axis=0).sum() + np.prod(a)


_RNG = np.random.default_rng(6)
V = np.array([1.3, 0.7, -2.0, 0.4])
M = _RNG.standard_normal((3, 4))
T = _RNG.standard_normal((2, 3, 4))

PROGRAMS = [
    program(sums, (V,), (M,), (T,), analytic=True, pair=True),
    program(sum_axis_0, (V,), (M,), (T,)),
    program(sum_axis_last, (V,), (M,), (T,)),
    program(sum_axis_tuple, (T,)),
    program(sum_keepdims, (M,), (T,)),
    program(sum_of_rows_broadcast_back, (M,), (T,)),
    program(sum_positional_axis, (M,)),
    program(sum_of_scalar, (1.3,), (np.float64(1.3),)),
    program(means, (M,), (T,)),
    program(mean_of_axes, (T,)),
    program(extrema, (V,), (M,), (T,)),
    program(extrema_of_axes, (M,)),
    program(amax_amin, (M,)),
    program(max_of_two_axes, (T,)),
    program(products, (V,), (M,)),
    program(
        products,
        case(np.array([2.0, 0.0, 3.0]), gradient=np.array([0.0, 6.0, 0.0])),
        case(np.array([2.0, 0.0, 0.0]), gradient=np.array([0.0, 0.0, 0.0])),
    ),
    program(products_of_axes, (M,), (np.array([[1.3, 0.0], [0.7, 2.0]]),)),
    program(variances, (V,), (M,)),
    program(variances_of_axes, (M,)),
    program(standardised, (M,), pair=True),
    program(batch_norm, (M, V, V * 0.5)),
    program(layer_norm, (M, V), (T, V)),
    program(cumulative_sums, (V,), (M,)),
    program(cumulative_sums_of_axes, (M,)),
    program(cumulative_products, (V,), (np.array([1.3, 0.0, 2.0, 0.5]),)),
    program(norms, (V,), (M,)),
    program(norms_of_axes, (M,)),
    program(norms_of_orders, (V,)),
    program(count_and_any, (M,)),
    program(arg_of_extrema, (V,)),
    program(arg_of_extrema_of_axis, (M,)),
    program(dot_of_sums, (M,)),
    program(nested_reductions, (M,)),
    program(weighted_mean, (M, np.array([0.2, 0.5, 0.3]))),
    program(max_of_ties, case(np.array([1.0, 2.0, 2.0]), gradient=np.array([0.0, 1.0, 0.0]))),
    program(
        max_of_ties_along_axis,
        case(np.array([[1.0, 1.0], [0.0, 3.0]]), gradient=np.array([[1.0, 0.0], [0.0, 1.0]])),
    ),
    program(empty_sums, case(np.zeros((0, 3)), gradient=np.zeros((0, 3)))),
]
