"""Arrays that are filled and changed in place."""

import numpy as np

from tests.support.table import program

_V = np.array([0.7, -0.4, 1.2, 0.9])
_M = np.array([[0.5, 1.5, -0.3], [0.8, -0.9, 0.4], [1.1, 0.2, 0.6]])


def recurrence(x, a):
    y = np.zeros(5)
    y[0] = x
    for i in range(1, 5):
        y[i] = np.sin(y[i - 1]) * a + y[i - 1]
    return np.sum(y * y)


def overlapping_slices(v):
    y = v.copy()
    y[1:] = y[:-1] * 2
    return np.sum(y * v)


def row_of_a_matrix_is_a_view(v):
    m = np.zeros((3, 4))
    row = m[1]
    row += v
    m[2] = row * v
    return np.sum(m ** 2)


def column_and_transpose(m):
    a = m.copy()
    a.T[0] = a[1] * a[2]
    a[:, 1] *= 2.0
    return np.sum(a * m)


def constant_overwrites(v):
    y = v * v
    y[::2] = 3.0
    return np.sum(y * v)


def gauss_seidel(m, steps):
    a = m.copy()
    for t in range(steps):
        for i in range(1, 2):
            a[i, 1:-1] += (a[i - 1, 1:-1] + a[i + 1, 1:-1]) * a[i, :-2]
            a[i, 0] /= 3.0
    return np.sum(a * a)


def two_buffers(v, steps):
    u = v.copy()
    w = np.zeros_like(v)
    for t in range(steps):
        w[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
        u, w = w, u
    return np.sum(u * u) + np.sum(w)


def argument_changed(v):
    v += 1.0
    v[0] = v[1] * v[2]
    return np.sum(v * v)


def helper_that_writes(v):
    def scale(part, by):
        part *= by

    y = v.copy()
    scale(y[1:3], y[0])
    return np.sum(y ** 2)


def masked(v):
    y = v * 2
    y[v > 0.8] = v[v > 0.8] ** 2
    return np.sum(y * y)


def repeated_index_stores_the_last(v, w, i):
    y = v * 2
    y[i] = w * v
    return np.sum(y * v)


def repeated_index_adds_once(v, w, i):
    y = v * 2
    y[i] += w * v
    y[i] *= w
    y[i] -= v[0]
    return np.sum(y * v)


def repeated_indices_of_two_axes(m, i, j):
    a = m * m
    a[i, j] = m[j, i] * 2
    a[:, i] *= m[:, j]
    a[i[:, None], j] += m[0, 0]
    a[i, 1:] = m[j, :2]
    return np.sum(a * m)


def indices_that_are_seen_to_differ(v, m):
    a = m * m
    n = len(m)
    a[np.arange(n), np.array([0, 0, 1])] = v[:3] * m[0]
    a[np.array([[0], [2]]), np.array([1, 2])] *= m[:2, :2]
    a[v[:3] > 0.5, 1] = v[0] * v[1]
    return np.sum(a * m)


def parts_updated_in_place(v, m):
    a = m * m
    a[1] += v[:3] * m[0]
    a[:, 0] -= v[1:]
    a[1:, 1:] /= m[0, 0]
    a[a > 0.5] -= m[1, 1]
    row = a[2]
    row += m[0] * row
    row -= 1.0
    a[0, 0] -= v[0]
    a[0, 1] *= v[0] * a[0, 1]
    return np.sum(a * m)


def item_that_its_increase_changes(v):
    def take(k):
        v[k] *= 3.0
        v[0] += 0.5
        return v[k]

    v[0] += take(0)
    v[v > 0] += take(1)
    v[1:] -= take(2)
    return np.sum(v * v)


def changed_under_a_mask(x, m):
    """What is computed of the elements that a mask selects goes back to these: a choice of each element."""
    y = x * 1.0
    some = y > 0.1
    y[some] = np.sqrt(x[some]) * np.log(y[some]) ** 2
    y[y > 0.1] = 1 / y[y > 0.1] + x[y > 0.1]
    total = np.sum(y * x)
    z = m.copy()
    large = np.abs(z) > 0.5
    for _ in range(2):
        z[large] = z[large] ** -1.5 * m[large] if total > 1e9 else z[large] ** 2 - m[large]
        z[large & (z < 1)] = np.exp(z[large & (z < 1)])
    z[z > 0.9] *= 0.5
    z[z < 0] = m[z < 0]
    return total + np.sum(np.sin(z))


def mask_and_others(x, m):
    """Masks that differ, elements that are read again, masks of rows: these are gathered."""
    y = x * 1.0
    some = y > 0.3
    y[some] = y[some] * 2.0
    y[some] = x[x < -0.1] * y[some]
    taken = y[some] + 1.0
    y[some] = taken
    z = m.copy()
    z[m[:, 0] > 0] = z[m[:, 0] > 0] * 3.0
    z[z > 1] = np.cumsum(z[z > 1])
    return np.sum(np.sin(y) * x) + np.sum(taken**2) + np.sum(z * m)


_MASKED = np.array([1.2, 0.0, -0.7, 0.4, -np.pi])
_MASKED_2 = np.array([[0.7, -0.2], [-1.1, 1.3], [0.1, 0.9]])


def read_again_beside_what_is_stored(x, m):
    u = x * 1.0
    s = 0.0
    for i in range(3):
        u[2] = u[i] * 0.2
        for _ in range(m):
            a = u[4:m] * 1.0
            s += np.sum(a * a)
    return s + np.sum(u * u)


PROGRAMS = [
    program(read_again_beside_what_is_stored, (np.cos(np.arange(8.0)), 7)),
    program(changed_under_a_mask, (_MASKED, _MASKED_2), (_MASKED[:1], -_MASKED_2), argnums=(0, 1)),
    program(mask_and_others, (_MASKED, _MASKED_2), (_MASKED[:0], _MASKED_2), argnums=(0, 1)),
    program(repeated_index_stores_the_last, (_V, _V + 2, np.array([0, 2, 0, -2]))),
    program(repeated_index_adds_once, (_V, _V + 2, np.array([0, 2, 0, -2]))),
    program(repeated_indices_of_two_axes, (_M, np.array([0, 2, 0]), np.array([1, 1, 1]))),
    program(indices_that_are_seen_to_differ, (_V, _M)),
    program(parts_updated_in_place, (_V, _M)),
    program(recurrence, (0.3, 0.9)),
    program(overlapping_slices, (_V,)),
    program(row_of_a_matrix_is_a_view, (_V,)),
    program(column_and_transpose, (_M,)),
    program(constant_overwrites, (_V,)),
    program(gauss_seidel, (_M, 2), argnums=0),
    program(two_buffers, (_V, 3), (_V, 0), argnums=0),
    program(argument_changed, (_V,)),
    program(helper_that_writes, (_V,)),
    program(masked, (_V,)),
    program(item_that_its_increase_changes, (_V,)),
]
