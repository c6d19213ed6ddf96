"""Sorting, selecting, counting: order statistics, histograms with weights, tables of places, masks."""

import numpy as np

from tests.support.table import case, program


def trimmed_mean(v):
    return np.mean(np.sort(v)[1:-1] ** 2)


def sorted_rows(a):
    return np.sum(np.sort(a, axis=0)[0] * np.sort(a)[:, -1].sum())


def ranked(v, w):
    order = np.argsort(v)[::-1]
    gain = 0.0
    for place, k in enumerate(order):
        gain += v[k] * w[k] / np.log2(place + 2.0)
    return gain


def nearest_three(points, x):
    distances = np.sqrt(np.sum((points - x) ** 2, axis=1))
    nearest = np.argpartition(distances, 3)[:3]
    return np.sum(np.exp(-distances[nearest]))


def median_deviation(v):
    return np.median(np.abs(v - np.median(v)))


def medians_of_rows(a):
    centred = a - np.median(a, axis=1, keepdims=True)
    return np.sum(np.quantile(centred ** 2, [0.25, 0.75], axis=0))


def winsorised(v):
    low, high = np.percentile(v, [20, 80])
    return np.sum(np.clip(v, low, high) ** 2)


def weighted_histogram(radius, data):
    counts, _ = np.histogram(radius, 3)
    sums, edges = np.histogram(radius, 3, weights=data)
    return np.sum((sums / counts) ** 2) + edges[1]


def means_of_groups(v, group):
    sums = np.bincount(group, weights=v)
    return np.sum((sums / np.bincount(group)) ** 2)


def segment_lengths(a, b):
    _, inverse, counts = np.unique(b, return_inverse=True, return_counts=True)
    return np.sum(a * counts[inverse])


def shortest_paths(path):
    path = path.copy()
    for k in range(path.shape[0]):
        path = np.minimum(path, np.add.outer(path[:, k], path[k]))
    return np.sum(path * path)


def shortest_paths_in_place(path):
    for k in range(path.shape[0]):
        path[:] = np.minimum(path[:], np.add.outer(path[:, k], path[k, :]))
    return np.sum(path)


def upper_triangle(a):
    return np.sum(a[np.triu_indices(a.shape[0], 1)] ** 2) + np.sum(a[np.tril_indices_from(a)])


def drawdown(v):
    return np.max(np.maximum.accumulate(v) - v)


def negatives_in_place(v):
    places = np.where(v < 0)[0]
    y = v * v
    y[places] *= -2.0
    return np.sum(y ** 2)


def taken_rows_are_copies(a):
    row = np.take(a, 1, axis=0)
    row[0] = 0.0
    best = np.max(a, axis=())
    best[0, 0] = 7.0
    free = np.clip(a, None, None)
    free *= 2.0
    return np.sum(row * a[1]) + np.sum(best * a) + np.sum(free)


def grids_are_copies(v):
    x, y = np.meshgrid(v, v[:2], sparse=True)
    x *= 2.0
    return np.sum(x * y * v)


def pieces(v):
    return np.sum(np.piecewise(v, [v < 0, v > 1], [lambda t: np.exp(t), 3.0, lambda t: np.sqrt(t)]))


def later_pieces_win(v, s):
    def scaled(t, s):
        return t * s

    return np.sum(np.piecewise(v, [v > -9.0, v > 0.5], [scaled, lambda t, s: t ** 2 * s], s))


def selected(v):
    return np.sum(np.select([v > 1.0, v > 0.0], [v ** 2, np.sqrt(np.abs(v))], default=-v))


def chosen(v, k):
    return np.sum(np.choose(k, [v, v ** 2, 1.0]) * np.compress([True, False, True, True, True], v)[0])


def without_missing(a):
    centred = a - np.nanmean(a, axis=0)
    return np.nansum(centred ** 2) + np.nanmax(a) * np.nanmedian(a)


def covariances(a):
    c = np.cov(a, rowvar=False)
    return c[0, 1] ** 2 + np.trace(c) + np.corrcoef(a.T)[0, 1]


def area(y, x):
    return np.trapezoid(y ** 2, x) * np.average(y, weights=x ** 2)


def sorted_in_a_loop(v):
    y = v.copy()
    total = 0.0
    for _ in range(3):
        y = np.sort(y * 1.1 - y[::-1] ** 2)
        total += y[0] * y[-1]
    return total


def grids_in_brackets(x, y):
    i, j = np.mgrid[0:3, 0:2]
    k, m = np.ogrid[1:4, 0:4:2]
    columns = np.c_[x, y]
    rest = np.s_[1:, 0]
    return np.sum(np.r_[x, 0.5, y, 1:3] ** 2) + np.sum((i * k + j * m) * columns ** 2) + np.sum(columns[rest])


_V = np.array([0.7, -0.4, 1.2, 0.9, -0.1])
_W = np.array([1.1, 0.3, 0.8, 0.5, 0.2])
_M = np.array([[0.5, 1.5, -0.3], [0.8, -0.9, 0.4], [1.1, 0.2, 0.6], [0.3, -0.2, 0.9]])
_GAPS = np.array([[0.5, np.nan, -0.3], [0.8, -0.9, 0.4], [1.1, 0.2, np.nan], [0.3, -0.2, 0.9]])
_PATHS = np.array([[0.1, 1.3, 9.0, 2.2], [1.7, 0.2, 0.8, 9.0], [9.0, 0.6, 0.3, 1.9], [2.5, 9.0, 1.1, 0.15]])
_TIES = np.array([[1.0, 1.0, 2.0], [1.0, 1.0, 1.0], [2.0, 1.0, 1.0]])

PROGRAMS = [
    program(trimmed_mean, (_V,)),
    program(sorted_rows, (_M,)),
    program(ranked, (_V, _W), argnums=(0, 1)),
    program(nearest_three, (_M, np.array([0.1, 0.2, 0.3])), argnums=(0, 1)),
    program(median_deviation, (_V,), (np.append(_V, 2.0),)),
    program(medians_of_rows, (_M,), exact=False),
    program(winsorised, (_V,)),
    program(weighted_histogram, (np.array([0.1, 2.9, 1.4, 0.7, 2.2]), _V), argnums=(0, 1)),
    program(means_of_groups, (_V, np.array([0, 2, 1, 2, 0]))),
    program(segment_lengths, (_V, np.array([3, 1, 3, 3, 7]))),
    program(
        shortest_paths,
        (_PATHS,),
        case(_TIES, value=15.0, gradient=np.array([[2.0, 2.0, 4.0], [2.0, 2.0, 2.0], [4.0, 2.0, 2.0]])),
    ),
    program(shortest_paths_in_place, (_PATHS,)),
    program(upper_triangle, (_M[:3],)),
    program(drawdown, (_V,)),
    program(negatives_in_place, (_V,)),
    program(taken_rows_are_copies, (_M,)),
    program(grids_are_copies, (_V,)),
    program(pieces, (_V,)),
    program(later_pieces_win, (_V, 1.7), argnums=(0, 1)),
    program(selected, (_V,)),
    program(chosen, (_V, np.array([0, 1, 2, 1, 0]))),
    program(without_missing, (_GAPS,)),
    program(covariances, (_M,), exact=False),
    program(grids_in_brackets, (_V[:3], _W[:3]), argnums=(0, 1)),
    program(area, (_V, np.sort(_W)), argnums=(0, 1)),
    program(sorted_in_a_loop, (_V,)),
]
