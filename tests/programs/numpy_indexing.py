"""Reading by integers, slices with steps, newaxis, Ellipsis, masks and index arrays with repeats."""

import numpy as np

from tests.support.table import case, program


def integers(a):
    return a[0, 1] * a[-1, -2] + a[1][2] ** 2 + a[2, 0] * a[2, 0]


def run_time_integers(a, i, j):
    return a[i, j] ** 2 * a[j - 1, i] + a[i][j]


def rows_and_columns(a):
    return np.sum(a[1] * a[:, 1].sum()) + np.sum(a[-1, :] ** 2) + np.sum(a[:, 0] * a[:, -1])


def slices(v):
    return np.sum(v[1:] * v[:-1]) + np.sum(v[:3] ** 2) + np.sum(v[-2:] ** 3) + np.sum(v[:])


def slices_with_steps(v):
    return np.sum(v[::2] ** 2) + np.sum(v[1::3] ** 3) + np.sum(v[::-1] * v ** 2) + np.sum(v[4:0:-2] ** 2)


def slices_out_of_range(v):
    return np.sum(v[2:100] ** 2) + np.sum(v[-100:2] ** 3) + np.sum(v[5:2]) + np.sum(v[100:])


def run_time_slices(v, a, b):
    return np.sum(v[a:b] ** 2) + np.sum(v[b:] * 3) + np.sum(v[: a + 1] ** 3) + np.sum(v[a:b:2])


def slices_of_matrix(a):
    return np.sum(a[1:, :2] ** 2) + np.sum(a[::2, ::-1] ** 3) + np.sum(a[:2] * a[1:])


def slice_then_index(a):
    return np.sum(a[1:][0] ** 2) + a[:, 1:][1, 2] ** 2 + a[1:, 1:][0][0]


def ellipsis(a):
    return np.sum(a[..., 0] ** 2) + np.sum(a[0, ...] ** 3) + np.sum(a[..., None] * 2) + a[..., 1, 2].sum()


def newaxis_and_slices(v):
    d = v[:, None] - v[None, :]
    return np.sum(d ** 4)


def pairwise_distances(p):
    d = p[:, None, :] - p[None, :, :]
    return np.sum(np.sqrt(np.sum(d ** 2, axis=-1) + 1e-3))


def masks(v):
    return np.sum(v[v > 0] ** 2) + np.sum(v[v <= 0] ** 3)


def mask_of_matrix(a):
    return np.sum(a[a > 0] ** 2) + np.sum(a[a[:, 0] > 0] ** 2)


def mask_argument(v, keep):
    return np.sum(v[keep] ** 2) * v[keep][0]


def mask_of_none(v):
    return np.sum(v[v > 100] ** 2) + np.sum(v)


def index_arrays(v, idx):
    return np.sum(v[idx] ** 2)


def index_arrays_of_matrix(a, idx):
    return np.sum(a[idx] ** 2) + np.sum(a[:, idx] ** 3)


def index_arrays_in_pairs(a, i, j):
    return np.sum(a[i, j] ** 2)


def index_array_and_integer(a, idx):
    return np.sum(a[0, idx] ** 2) + np.sum(a[idx, 1] ** 3)


def index_list(v):
    return np.sum(v[[0, 2, 2]] ** 2)


def index_by_index(v, idx):
    w = v[idx]
    return np.sum(w[1:] * w[:-1]) * w[idx[0]]


def embedding(table, tokens):
    s = np.zeros(table.shape[1])
    for t in tokens:
        s = np.tanh(s + table[t])
    return s.sum()


def computed_indices(v):
    n = len(v)
    middle = n // 2
    return v[middle] * v[n - 1] + v[(middle + 1) % n] ** 2


def index_in_condition(v, idx):
    s = 0.0
    for i in idx:
        if i > 0:
            s += v[i] * v[i - 1]
    return s


def same_element_often(v):
    return v[0] * v[0] + v[0] + v[0] ** 3


def takes(v, idx):
    return np.sum(np.take(v, idx) ** 2) + np.sum(v.take(idx) * 2)


def finite_difference_stencil(u):
    lap = u[2:] - 2 * u[1:-1] + u[:-2]
    return np.sum(lap ** 2)


def stencil_in_two_dimensions(u):
    lap = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
    return np.sum(lap * u[1:-1, 1:-1])


def total_variation(u):
    dx = u[1:, :-1] - u[:-1, :-1]
    dy = u[:-1, 1:] - u[:-1, :-1]
    return np.sum(np.sqrt(dx ** 2 + dy ** 2 + 1e-6))


def diff_function(v):
    return np.sum(np.diff(v) ** 2)


def slice_of_unknown_size_meets_broadcast(v, w, n):
    return np.sum(v[:n] * w[:n, None])


def slice_of_run_time_size_one(v, w, n):
    """v[:n] has one element when n is 1, and then it broadcasts."""
    return np.sum(v[:n] * w)


def three_dimensional(a):
    return np.sum(a[0, :, 1] * a[1, :, 2]) + np.sum(a[:, 1:, ::2] ** 2)


def convolution_by_slices(x, k):
    n = x.shape[0] - k.shape[0] + 1
    y = x[:n] * k[0]
    for i in range(1, k.shape[0]):
        y = y + x[i : i + n] * k[i]
    return np.sum(y ** 2)


_RNG = np.random.default_rng(11)
V = np.array([1.3, 0.7, -2.0, 0.4, 0.9])
M = _RNG.standard_normal((3, 4))
T = _RNG.standard_normal((2, 3, 4))
SQUARE = _RNG.standard_normal((5, 5))
IDX = np.array([0, 2, 2, 1, -1])

def index_by_a_range(m, a):
    """And two quadratures, whose points have one name."""
    m = m * a
    m[range(len(m)), range(len(m))] = 0.0
    points, weights = np.polynomial.legendre.leggauss(5)
    others, by = np.polynomial.hermite.hermgauss(4)
    smooth = np.sum(weights * np.exp(-a * points**2)) + np.sum(by * np.cos(a * others))
    return np.sum(m**2) * smooth + np.sum(m[0, range(0, 3, 2)])


PROGRAMS = [
    program(index_by_a_range, (np.array([[1.3, 0.7, -2.0], [0.4, 1.1, 0.9]]), 0.8)),
    program(integers, (M,), pair=True),
    program(run_time_integers, (M[:, :3], 1, 2), (M[:, :3], -1, 0), argnums=0),
    program(rows_and_columns, (M,), pair=True),
    program(slices, (V,)),
    program(slices_with_steps, (V,)),
    program(slices_out_of_range, (V,)),
    program(run_time_slices, (V, 1, 4), (V, 0, 0), (V, -3, -1), argnums=0),
    program(slices_of_matrix, (M,), (np.asfortranarray(M),)),
    program(slice_then_index, (M,)),
    program(ellipsis, (T,)),
    program(newaxis_and_slices, (V,)),
    program(pairwise_distances, (M,)),
    program(masks, (V,), pair=True),
    program(mask_of_matrix, (M,)),
    program(mask_argument, (V, V > 0), argnums=0),
    program(mask_of_none, (V,)),
    program(index_arrays, (V, IDX), (M, np.array([0, 2, 2])), argnums=0),
    program(index_arrays_of_matrix, (M, np.array([0, 2, 2])), argnums=0),
    program(index_arrays_in_pairs, (M, np.array([0, 2, 2]), np.array([1, 1, 1])), argnums=0),
    program(index_array_and_integer, (M, np.array([0, 2, 2])), argnums=0),
    program(index_list, (V,)),
    program(index_by_index, (V, IDX), argnums=0),
    program(embedding, (M, np.array([0, 2, 2, 1])), argnums=0),
    program(computed_indices, (V,)),
    program(index_in_condition, (V, np.array([0, 2, 4])), argnums=0),
    program(same_element_often, (V,)),
    program(takes, (V, IDX), argnums=0),
    program(finite_difference_stencil, (V,)),
    program(stencil_in_two_dimensions, (SQUARE,)),
    program(total_variation, (SQUARE,)),
    program(diff_function, (V,)),
    program(slice_of_unknown_size_meets_broadcast, (V, V ** 2, 3), (V, V ** 2, 1), argnums=(0, 1)),
    program(slice_of_run_time_size_one, (V, V ** 2, 5), (V, V ** 2, 1), argnums=(0, 1)),
    program(three_dimensional, (T,)),
    program(convolution_by_slices, (V, V[:2])),
]
