"""Functions and methods that write into an array that they are given, and the kinds of places that can be stored to."""

from dataclasses import dataclass

import numpy as np

from tests.support.table import program

_V = np.array([0.7, -0.4, 1.2, 0.9])
_W = np.array([0.3, 0.5, -0.8, 1.1])
_M = np.array([[0.5, 1.5, -0.3], [0.8, -0.9, 0.4], [1.1, 0.2, 0.6]])
_I = np.array([0, 2, 0, 3])


@dataclass
class _Pair:
    a: np.ndarray
    b: np.ndarray


def add_at_adds_each_time(v, i):
    a = v * 1.0
    np.add.at(a, i, v[i] * v)
    np.subtract.at(a, i, v * v)
    np.add.at(a, i, v[0])
    np.add.at(a, 1, 2.5)
    return np.sum(a * a)


def add_at_of_two_axes(m, i, j):
    a = m * 1.0
    np.add.at(a, (i, j), m[0])
    np.add.at(a, 1, m[2])
    np.add.at(a, (slice(None), j), m)
    return np.sum(a * a)


def multiply_at_goes_one_by_one(v, i):
    a = v * 1.0
    np.multiply.at(a, i, v * v)
    np.maximum.at(a, i, 0.3)
    np.divide.at(a, np.array([1, 3]), v[0])
    return np.sum(a * a)


def out_of_ufuncs(v, w):
    a = np.zeros(4)
    np.multiply(v, w, out=a)
    b = np.exp(a, a)
    np.add(b[1:-1], w[2:], out=a[1:-1])
    np.sin(a, out=(a,))
    return np.sum(a * v) + b[0]


def out_where(v, w):
    a = v * w
    np.sqrt(v, out=a, where=v > 0)
    return np.sum(a * v)


def out_of_reductions_and_products(m, v):
    a = np.zeros(3)
    np.sum(m * m, axis=0, out=a)
    b = np.zeros((3, 3))
    np.matmul(m, m, out=b)
    m.dot(b, out=b)
    c = np.zeros(4)
    v.cumsum(out=c)
    np.clip(v, -0.5, 1.0, out=v)
    np.multiply(v, v, v)
    m.mean(0, None, a[:])
    return np.sum(a * v[:3]) + np.sum(b * m) + np.sum(c * v)


def filled(v, x):
    a = v * 2
    a[1:3].fill(x)
    return np.sum(a * v)


def copied_to(v, w):
    a, b = v * 2, w * v
    np.copyto(a, w)
    np.copyto(a[1:], v[0])
    np.copyto(b, w * w, where=v > 0)
    return np.sum(a * v * b)


def put_at_places(v, m, w):
    a, b = v * 2, m * 2
    np.put(a, [0, 2], w[:2])
    a.put([1], v[3] * 2)
    np.put(a, np.array([0, 1, 0]), w[1:])
    np.put(b, [0, 2, -5], w[:3] * v[0])
    np.put(b, [1, 3, 4], w[:2])
    return np.sum(a * v) + np.sum(b * m)


def placed_under_a_mask(v, w):
    a, b = v * 2, w * 2
    np.place(a, v > 0, w[:3])
    np.place(a, v < 1, w[:2])
    np.putmask(b, v > 0, w * w)
    np.putmask(b, v < 0, 3.0)
    np.putmask(b, w > 0, v[:3])
    return np.sum(a * v * b)


def put_along_an_axis(m, k):
    a = m * 2
    np.put_along_axis(a, k, m[:, :1] * m[0, 0], axis=1)
    np.put_along_axis(a, k.T, 0.5, axis=0)
    return np.sum(a * m)


def diagonal_filled(m, v):
    a, b, c = m * 2, m * m, m[:2] * 3
    np.fill_diagonal(a, v[:3] * v[0])
    np.fill_diagonal(b, 0.0)
    np.fill_diagonal(c, v[0])
    return np.sum(a * m * b) + np.sum(c * m[1:])


def flat_places(m, v):
    a = m * 2
    a.flat[3] = v[0]
    a.flat[-1] *= v[1]
    a.flat[1:3] = v[1:3]
    a.flat[[4, 5]] = v[:1]
    b = np.zeros((2, 2))
    b.flat = v * v
    return np.sum(a * m) + a.flat[4] * m.flat[0] + np.sum(a.flat) + np.sum(a.flat[2:4]) + b[1, 0]


def sorted_in_place(v, m):
    a, b, c = v * 2, m * 2, v * 3
    a.sort()
    b.sort(axis=0)
    b[0].sort()
    c.partition(2)
    return np.sum(a * v) + np.sum(b * m) + c[2]


def whole_arrays_overwritten(v, w):
    a = v * 2
    a[...] = w * w
    b = np.zeros(4)
    b[:] = a * v
    a[:] = b
    a[0] = v[1]
    b[:] = 0.0
    b += a
    return np.sum(a * b)


def augmented(v):
    a = v * 1.0
    a **= 2
    a[1:] **= v[:-1]
    a //= 0.3
    b = v * 7
    b %= 1.7
    b[0] %= v[1]
    return np.sum(a * v * b)


def matrix_product_in_place(m):
    a = m * 1.0
    a @= m
    a[1:, 1:] @= m[1:, 1:]
    return np.sum(a * a)


def stored_into_integers(v):
    a = np.zeros(4, dtype=int)
    a[0] = v[0] * 3
    a[1:3] = v[1:3] * 4
    a[3] += 2
    a[0] += 1.9
    return np.sum(a * v)


def stored_into_single_precision(f, v):
    a = f * 1
    a[1:] = v[1:] * v[0]
    a[0] += v[1]
    a += v
    return np.sum(a * v)


def stretched_values(m, v):
    a = np.zeros((3, 3))
    a[:, :] = v[:3]
    a[:, 1:2] = m[:, :1]
    a[1:2] = m[0] * 2
    a[1:, :2] = m[:1, 1:]
    return np.sum(a * m)


def all_kinds_of_slices(m, v):
    a = m * 1.0
    a[::-1, 0] = v[:3]
    a[1, None, ::2] = v[:2]
    a[:, -1:-4:-2] = m[:, :2] * 2
    a[None, 0] = v[1:]
    return np.sum(a * m * m)


def index_arrays(m, i, j):
    a = np.zeros((3, 3))
    a[i, j] = m[j, i]
    a[i, 1:] = m[i, :2]
    a[:, i] *= m[:, j]
    a[np.ix_([0, 2], [1, 2])] = m[:2, :2]
    return np.sum(a * m)


def masks_of_lower_rank(m, v):
    a = m * 1.0
    a[v > 0.6] = 2.0
    a[v > 0.6, 1] = v[0]
    a[v > 0.6] += v
    a[a > 1] = a[a > 1] * 2
    return np.sum(a * m)


def several_targets(v, w):
    a, b = v * 1.0, w * 1.0
    a[0], a[1] = a[1], a[0] * v[2]
    a[2], x = v[0], a[2]
    (a[3], y), z = (x * 2, a[0]), a[1]
    a[0] = b[1] = v[2] * w[0]
    a[1:] = b[:3] = w[1:] * 2
    c = a[0] = v[1]
    return np.sum(a * b) * c * y * z


def arrays_of_objects_and_dicts(p, d):
    p.a[1] = p.b[0]
    p.b += p.a * p.a[1]
    p.a = p.a * 2
    p.a[:2] *= p.b[2:]
    q = _Pair(p.a, d["a"] * 1)
    q.b[0] = p.a[0]
    d["a"][1] = d["b"][0]
    d["b"] += d["a"] * d["a"][1]
    d["c"] = d["a"] * 2
    d["c"][:2] *= d["b"][2:]
    del d["a"]
    return np.sum(p.a * p.b) + np.sum(d["c"] * d["b"]) + np.sum(q.b)


PROGRAMS = [
    program(add_at_adds_each_time, (_V, _I)),
    program(add_at_of_two_axes, (_M, _I[:3], np.array([1, 1, 1]))),
    program(multiply_at_goes_one_by_one, (_V, _I)),
    program(out_of_ufuncs, (_V, _W)),
    program(out_where, (_V, _W)),
    program(out_of_reductions_and_products, (_M, _V)),
    program(filled, (_V, 1.3)),
    program(copied_to, (_V, _W)),
    program(put_at_places, (_V, _M, _W)),
    program(placed_under_a_mask, (_V, _W)),
    program(put_along_an_axis, (_M, np.array([[0], [2], [2]]))),
    program(diagonal_filled, (_M, _V)),
    program(flat_places, (_M, _V)),
    program(sorted_in_place, (_V, _M)),
    program(whole_arrays_overwritten, (_V, _W)),
    program(augmented, (np.abs(_V),)),
    program(matrix_product_in_place, (_M,)),
    program(stored_into_integers, (_V,)),
    program(stored_into_single_precision, (_V.astype(np.float32), _V)),
    program(stretched_values, (_M, _V)),
    program(all_kinds_of_slices, (_M, _V)),
    program(index_arrays, (_M, np.array([0, 2]), np.array([1, 1]))),
    program(masks_of_lower_rank, (_M, _M[:, 0].copy())),
    program(several_targets, (_V, _W)),
    program(arrays_of_objects_and_dicts, (_Pair(_V, _W), {"a": _W + 1, "b": _V + 1})),
]
