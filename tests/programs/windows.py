"""Slices whose bounds are loop indices: some lie within their axes wherever the loop goes, some are cut or wrap round."""

import numpy as np

from tests.support.table import program

V = np.array([0.7, -0.4, 1.2, 0.9, -1.1])
M = np.array([[0.7, -0.4, 1.2, 0.9], [0.3, 1.4, -0.8, 0.2], [-0.5, 0.6, 0.1, 1.3]])
W = np.array([0.5, -1.5])
RING = np.sin(np.arange(18.0) ** 2)


def inside(v, w):
    s = 0.0
    for i in range(v.shape[0] - w.shape[0] + 1):
        s += np.sum(v[i : i + w.shape[0]] * w) ** 2
    return s


def beyond_the_end(v, w):
    s = 0.0
    for i in range(len(v)):
        s += np.sum(np.exp(v[i : i + len(w)])) * w[0]
    return s


def one_too_many(v, w):
    """The last window has one place, which is repeated."""
    s = 0.0
    for i in range(len(v) - len(w) + 2):
        s += np.sum(v[i : i + len(w)] * w) ** 2
    return s


def from_before_the_beginning(v, w):
    """`v[-1:1]` is empty."""
    s = 0.0
    for i in range(len(v) - 1):
        s += np.sum(v[i - 1 : i + 1] ** 2) * w[0]
    return s


def empty_then_longer(v, w):
    s = w[1]
    for i in range(len(v)):
        s += np.dot(v[:i], v[:i]) * v[i]
    return s


def behind_the_index(v):
    s = 0.0
    for i in range(len(v)):
        s += np.sum(v[i + 1 :] * v[: len(v) - i - 1]) * v[i]
    return s


def backwards(v, w):
    s = 0.0
    for i in range(len(v) - len(w), -1, -1):
        v[i : i + len(w)] = v[i : i + len(w)] * w + s
        s += v[i] ** 2
    return s + np.sum(v)


def in_steps(v, w):
    s = 0.0
    for i in range(0, len(v) - 1, 2):
        s += np.sum(v[i : i + 2] * w) * v[i]
    return s


def blocks_of_two_axes(m, w):
    out = np.zeros((m.shape[0] - 1, m.shape[1] - 1))
    for i in range(out.shape[0]):
        for j in range(m.shape[1] - 1):
            out[i, j] = np.sum(m[i : i + 2, j : j + 2] * w)
    out[0:1, 0:2] *= out[1:2, 1:3]
    return np.sum(out**2)


def triangle(m, v):
    for k in range(3):
        m[k, k + 1 :] /= v[k] + 2
        m[k + 1 :, k] *= m[k, k]
        m[k + 1 :, k + 1 :] -= np.outer(m[k + 1 :, k], m[k, k + 1 :])
    return np.sum(m**2)


def changed_index(v, w):
    s = 0.0
    for i in range(4):
        i = i + 2  # noqa: PLW2901
        s += np.sum(v[i : i + len(w)] ** 2) * w[0]
    return s


def view_taken_before_the_index_ends(v):
    for i in range(len(v) - 1):
        part = v[i : i + 2]
    return np.sum(part**2) * i + np.sum(v)


def view_or_another(v, n):
    i, part = 3, v[3:9]
    for i in range(n):
        part = v[i : i + 2]
    return np.sum(part**2) + i * v[0]


def from_both_ends(v):
    s = 0.0
    for i in range(len(v)):
        s += np.sum(np.exp(v[i : len(v) - i])) * v[0]
    return s


def windows_beside_an_ellipsis(m, w):
    s = 0.0
    for j in range(m.shape[1] - 1):
        s += np.sum((m[..., j : j + 2] * w) ** 2) + np.sum(m[None, 1, j : j + 2])
    return s


def as_long_as_the_rest(v, n):
    """The window reaches the end where `n` is not too large, and is cut where it is."""
    out = np.zeros(n)
    s = 0.0
    for i in range(n):
        part = v[i : i + 2]
        out[i : i + 2] = part[: len(out[i : i + 2])]
        s += np.sum(out) * v[0]
    return s


def rings(x, c):
    """Neighbours round a ring, forward and backward, also where it is shorter than they are apart."""
    y = np.roll(x, -2) * c + np.sin(np.roll(x, 1))
    n = len(x)
    for i in range(n - 1, -1, -1):
        y[i] = 0.3 * y[(i + 1) % n] + y[(i - 3) % n] * c[i]
    for i in range(n):
        y[i] += 0.1 * ((i + 1) % n - 1) * x[((i + 1) % n - 1) % n] ** 2
    return np.sum(y * np.roll(y, 1))


PROGRAMS = [
    program(inside, (V, W), (W, V), (V[:1], W), (V, W[:1])),
    program(beyond_the_end, (V, W)),
    program(one_too_many, (V, W)),
    program(from_before_the_beginning, (V, W)),
    program(empty_then_longer, (V, W)),
    program(behind_the_index, (V,), (V[:1],)),
    program(backwards, (V, W), (V, W[:1])),
    program(in_steps, (V, W)),
    program(blocks_of_two_axes, (M, W)),
    program(triangle, (M, V)),
    program(changed_index, (V, W)),
    program(view_taken_before_the_index_ends, (V,)),
    program(view_or_another, (V, 2), (V, 0)),
    program(from_both_ends, (V,)),
    program(windows_beside_an_ellipsis, (M, W)),
    program(as_long_as_the_rest, (V, 4), (V, 0)),
    program(rings, (RING, RING[::-1]), (V[:2], W[:2]), argnums=(0, 1)),
]
