"""Products of matrices and vectors in every pairing of ranks, as operators, functions and methods."""

import numpy as np

from tests.support.table import program


def matmul(a, b):
    return np.sum((a @ b) ** 2)


def matmul_of_vectors(a, b):
    return (a @ b) ** 2


def matmul_function(a, b):
    return np.sum(np.matmul(a, b) ** 2) + np.sum(np.matmul(a, b))


def dot_function(a, b):
    return np.sum(np.dot(a, b) ** 2)


def dot_method(a, b):
    return np.sum(a.dot(b) ** 2)


def dot_with_scalar(a, s):
    return np.sum(np.dot(a, s) * np.dot(s, a))


def outer(u, v):
    return np.sum(np.outer(u, v) ** 2 * u[:, None])


def transposed(a, b):
    return np.sum((a.T @ b.T) ** 2) + np.sum(a @ a.T) + np.sum(np.transpose(a) * 2)


def same_matrix_twice(a):
    return np.sum(a @ a @ a)


def quadratic_form(a, v):
    return v @ a @ v + v @ (a.T @ v)


def quadratic_form_of_dots(a, v):
    return np.dot(v, np.dot(a, v))


def chain(a, b, v):
    return np.sum(np.tanh(a @ np.tanh(b @ v)))


def augmented(a, b):
    c = a
    c = c @ b
    c @= b
    return np.sum(c)


def in_loop(a, v, n):
    for i in range(n):
        v = a @ v * 0.5
    return v @ v


def product_with_slices(a, v):
    return np.sum(a[:, 1:] @ v[1:]) + a[0] @ v + v[::2] @ a[1, ::2]


def product_of_columns(a):
    return a[:, 0] @ a[:, 1] + a[:, 2].dot(a[:, 1])


def batched_row(a, b):
    return np.sum((a @ b)[0] ** 2)


def inner_products(u, v):
    return np.inner(u, v) * np.vdot(u, v)


def trace_of_product(a, b):
    return np.trace(a @ b)


def least_squares(X, w, y):
    r = X @ w - y
    return 0.5 * r @ r + 0.1 * w @ w


def gram(a):
    g = a.T @ a
    return np.sum(g * g) - np.sum(np.diag(g))


def attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.sum((p @ v) ** 2)


def three_layers(x, layers):
    for w, b in layers[:-1]:
        x = np.maximum(x @ w + b, 0.0)
    w, b = layers[-1]
    return np.mean((x @ w + b) ** 2)


def scalar_product_of_size_one(a, b):
    return (a @ b)[0, 0] * 2 + np.sum(a @ b)


_RNG = np.random.default_rng(9)


def _a(*shape):
    return _RNG.standard_normal(shape)


A, B, V3, V4 = _a(3, 4), _a(4, 2), _a(3), _a(4)
Q = _a(3, 3)

PROGRAMS = [
    program(matmul, (A, B), (A, V4), (V3, A), (_a(2, 3, 4), _a(2, 4, 2)), (_a(2, 3, 4), B), (A, _a(2, 4, 2)), pair=True),
    program(matmul, (_a(2, 3, 4), V4), (V4, _a(2, 4, 3)), (_a(2, 1, 3, 4), _a(5, 4, 2)), (_a(1, 3, 4), _a(5, 4, 2))),
    program(matmul, (_a(3, 1), _a(1, 2)), (_a(1, 3), _a(3, 1)), (_a(3, 0), _a(0, 2))),
    program(matmul_of_vectors, (V4, V4 * 0.5)),
    program(matmul_function, (A, B), (A, V4), (_a(2, 3, 4), B)),
    program(dot_function, (A, B), (A, V4), (V3, A), (V4, V4 * 0.5), (_a(2, 3, 4), B), (_a(2, 3, 4), V4), (A, _a(2, 4, 2))),
    program(dot_method, (A, B), (V4, V4 * 0.5)),
    program(dot_with_scalar, (A, 1.3)),
    program(outer, (V3, V4)),
    program(transposed, (A, _a(2, 3)), pair=True),
    program(same_matrix_twice, (Q,)),
    program(quadratic_form, (Q, V3), analytic=True),
    program(quadratic_form_of_dots, (Q, V3)),
    program(chain, (_a(2, 3), A, V4)),
    program(augmented, (Q, Q.T)),
    program(in_loop, (Q, V3, 3), (Q, V3, 0), argnums=(0, 1)),
    program(product_with_slices, (A, V4)),
    program(product_of_columns, (A,)),
    program(batched_row, (_a(2, 3, 4), B)),
    program(inner_products, (V4, V4 ** 2)),
    program(trace_of_product, (A, A.T)),
    program(least_squares, (A, V4, V3)),
    program(gram, (A,)),
    program(attention, (A, _a(5, 4), _a(5, 2))),
    program(three_layers, (A, [(_a(4, 5), _a(5)), (_a(5, 2), _a(2)), (_a(2, 1), _a(1))])),
    program(scalar_product_of_size_one, (_a(1, 3), _a(3, 1))),
]
