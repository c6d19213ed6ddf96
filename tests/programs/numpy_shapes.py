"""Changing shapes: reshape, transpose, ravel, squeeze, newaxis, joining; and making arrays."""

import numpy as np

from tests.support.table import program


def reshapes(a):
    b = a.reshape(4, 3)
    c = np.reshape(b, (2, 6))
    return np.sum(b[0] * b[1]) + np.sum(c[:, 0] * c[:, 5]) + a.reshape((12,))[7] ** 2


def reshape_with_minus_one(a):
    return np.sum(a.reshape(-1)[::2]) + np.sum(a.reshape(2, -1)[1] ** 2) + np.sum(a.reshape(-1, 1) * 3)


def reshape_by_shape(a, b):
    return np.sum(a.reshape(b.shape) * b)


def reshape_of_transposed(a):
    return np.sum(a.T.reshape(2, 6)[0] ** 2) + np.sum(a[:, ::2].reshape(-1) ** 3)


def ravels(a):
    return np.sum(a.ravel()[1:4] ** 2) + np.sum(np.ravel(a.T)[2:] * 2) + np.sum(a.flatten() ** 2)


def transposes(a):
    return np.sum(a.T[0] ** 2) + np.sum(np.transpose(a)[:, 1] * a.transpose()[:, 0])


def transpose_with_axes(a):
    b = np.transpose(a, (2, 0, 1))
    c = a.transpose(1, 2, 0)
    return np.sum(b[0] ** 2) + np.sum(c[0] ** 3) + np.sum(a.T[1] * 2)


def transpose_of_vector(v):
    return v.T @ v


def swaps(a):
    return np.sum(np.swapaxes(a, 0, 1)[1] ** 2) + np.sum(np.moveaxis(a, 0, -1)[0] ** 2)


def squeezes(a):
    b = a[None, :, None, :]
    return np.sum(np.squeeze(b)[0] ** 2) + np.sum(np.squeeze(b, axis=0)[0] ** 2) + np.sum(b.squeeze(2)[0, 1])


def expands(v):
    return np.sum(np.expand_dims(v, 0) * np.expand_dims(v, axis=-1)) + np.sum(np.expand_dims(v, (0, 2)) ** 2)


def newaxes(v, w):
    return np.sum(v[:, None] * w[None, :] ** 2) + np.sum(v[np.newaxis, :, np.newaxis] ** 2) + np.sum(w[..., None])


def broadcasts(v):
    return np.sum(np.broadcast_to(v, (3, 4)) * np.arange(12.0).reshape(3, 4))


def concatenates(a, b):
    c = np.concatenate([a, b])
    d = np.concatenate((b, a, b), axis=0)
    return np.sum(c[1:-1] ** 2) + np.sum(d[::3] ** 3)


def concatenate_columns(a, b):
    c = np.concatenate([a, b], axis=1)
    d = np.concatenate((a.T, b.T), axis=-2)
    return np.sum(c[:, 2:5] ** 2) + np.sum(d[1] * d[-1])


def stacks(u, v):
    a = np.stack([u, v])
    b = np.stack((u, v, u * v), axis=1)
    return np.sum(a[0] * a[1]) + np.sum(b[:, 2] ** 2) + np.sum(np.stack([u, v], axis=-1) ** 2)


def stacks_vertically(u, v):
    return np.sum(np.vstack([u, v])[0] ** 2) + np.sum(np.vstack((u[None], v[None]))[1] ** 3)


def stacks_horizontally(u, v):
    return np.sum(np.hstack([u, v])[2:6] ** 2) + np.sum(np.hstack((u[:, None], v[:, None]))[:, 1] ** 3)


def arrays_from_lists(x, y):
    v = np.array([x, y, x * y])
    m = np.array([[x, 1.0], [0.0, y]])
    return v @ v + np.sum(m @ m)


def arrays_from_arrays(u, v):
    return np.sum(np.array([u, v, u * v])[2] ** 2) + np.sum(np.asarray(u) * np.array(v))


def rotation_matrix(t, v):
    r = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    return (r @ v)[0] * (r @ v)[1]


def creations(v):
    n = len(v)
    z = np.zeros(n) + v
    o = np.ones((2, n)) * v
    f = np.full((n,), 2.5) * v
    a = np.arange(n) * v
    b = np.arange(1.0, 5.0, 1.0) * v
    lin = np.linspace(0.0, 1.0, 4) * v
    e = np.eye(n) @ v
    i = np.identity(n) @ v
    return np.sum((z * f + a * b + lin * e + i) ** 2) + np.sum(o)


def full_of_active(x):
    return np.sum(np.full(3, x) * np.full((2, 3), x * 2))


def likes(v):
    z = np.zeros_like(v) + v
    o = np.ones_like(v) * v
    f = np.full_like(v, 3.0) * v
    return np.sum(z * o * f)


def full_like_active(v, x):
    return np.sum(np.full_like(v, x) * v)


def active_linspace(a, b):
    return np.sum(np.linspace(a, b, 5) ** 2)


def active_arange_scaled(x):
    return np.sum((np.arange(4) * x) ** 2)


def shape_arithmetic(a):
    m, n = a.shape
    return np.sum(a) * m / n + a.size * np.mean(a) + a.ndim * a[0, 0] + len(a) * a[-1, -1] + np.shape(a)[0] * a[1, 1]


def size_functions(a):
    return np.sum(a) * np.size(a) + np.ndim(a) * a[0, 0] + np.size(a, 0) * a[0, 1]


def copies(v):
    a = v.copy()
    b = np.copy(v)
    c = np.array(v)
    d = v.astype(float)
    return np.sum(a * b * c * d)


def flips(v):
    return np.sum(np.flip(v) * v ** 2) + np.sum(v[::-1] * v) + np.sum(np.roll(v, 1) * v)


def repeats_and_tiles(v):
    return np.sum(np.repeat(v, 2)[1:4] ** 2) + np.sum(np.tile(v, 2)[2:6] ** 2)


def meshgrid_by_hand(u, v):
    gx = u[None, :] + np.zeros((len(v), 1))
    gy = v[:, None] + np.zeros((1, len(u)))
    return np.sum(np.sin(gx) * np.cos(gy))


def places(a):
    total = 0.0
    for i, j in np.ndindex(*a.shape):
        total += (i + 2 * j) * a[i, j] ** 2
    for k in np.ndindex(a.shape):
        total += a[k] * k[1]
    for (i,) in np.ndindex(3):
        total += a[i, 0]
    return total


def elements_with_places(a):
    total = 0.0
    for (i, j), x in np.ndenumerate(a):
        if x > 0:
            total += (i + 1) * x**2 - j
    return total


def elements_in_a_row(a):
    total = 0.0
    for x in a.flat:
        total += np.sin(x)
    return total + a.flat[2] ** 2


def function_of_indices(x):
    table = np.fromfunction(lambda i, j: np.sin(i * x) + j, (3, 4))
    return np.sum(table**2) + np.sum(np.fromfunction(lambda k: k * x, (3,), dtype=int))


def applied_along_rows(a):
    centred = np.apply_along_axis(lambda row: row - row.mean() ** 2, 1, a)
    return np.sum(centred**3) + np.sum(np.apply_along_axis(lambda row: row[0] * row[-1], 0, a)[1:])


def numbers_as_a_list(v):
    items = v.tolist()
    return items[0] * items[1] + sum(x**2 for x in items)


def buffers(v):
    filled = np.ndarray(len(v), dtype=v.dtype)
    squares = np.ndarray((2, len(v)))
    for i in range(len(v)):
        filled[i] = v[i] ** 2
        squares[0, i] = filled[i] * v[0]
    squares[1] = np.sin(v)
    made = np.empty(v.shape, float)
    made[:] = v * 3
    return np.sum(filled * made) + np.sum(squares**2)


def parts_are_views(v):
    left, right = np.split(v.copy(), 2)
    w = np.concatenate((left, right))
    parts = np.array_split(w, 3)
    parts[0][:] = parts[1] * 2
    parts[2] *= v[0]
    return np.sum(w**2)


def item_method(v):
    return v.sum().item() * v[0].item() + float(v[1])


_RNG = np.random.default_rng(10)
V = np.array([1.3, 0.7, -2.0, 0.4])
M = _RNG.standard_normal((3, 4))
T = _RNG.standard_normal((2, 3, 4))

PROGRAMS = [
    program(reshapes, (M,), (np.asfortranarray(M),), pair=True),
    program(reshape_with_minus_one, (M,), (T,)),
    program(reshape_by_shape, (M, _RNG.standard_normal((2, 6)))),
    program(reshape_of_transposed, (M,)),
    program(ravels, (M,), (np.asfortranarray(M),)),
    program(transposes, (M,)),
    program(transpose_with_axes, (T,)),
    program(transpose_of_vector, (V,)),
    program(swaps, (T,)),
    program(squeezes, (M,)),
    program(expands, (V,)),
    program(newaxes, (V, V[:3])),
    program(broadcasts, (V,)),
    program(concatenates, (V, V[:3] * 2), (V, V[:1])),
    program(concatenate_columns, (M, M[:, :2] * 2)),
    program(stacks, (V, V ** 2)),
    program(stacks_vertically, (V, V ** 2)),
    program(stacks_horizontally, (V, V ** 2)),
    program(arrays_from_lists, (1.3, 0.7)),
    program(arrays_from_arrays, (V, V ** 2)),
    program(rotation_matrix, (0.3, V[:2])),
    program(creations, (V,)),
    program(full_of_active, (1.3,)),
    program(likes, (V,), (M,)),
    program(full_like_active, (V, 1.3)),
    program(active_linspace, (1.3, 2.7)),
    program(active_arange_scaled, (1.3,)),
    program(shape_arithmetic, (M,)),
    program(size_functions, (M,)),
    program(copies, (V,), (V[::2],)),
    program(flips, (V,)),
    program(repeats_and_tiles, (V,)),
    program(meshgrid_by_hand, (V, V[:3])),
    program(item_method, (V,)),
    program(places, (M,)),
    program(elements_with_places, (M,)),
    program(elements_in_a_row, (M,)),
    program(function_of_indices, (1.3,)),
    program(applied_along_rows, (M,)),
    program(numbers_as_a_list, (V,)),
    program(buffers, (V,), (np.array([0.5]),)),
    program(parts_are_views, (V,), (np.arange(6) + 0.5,)),
]
