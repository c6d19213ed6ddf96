"""Programs around decompositions: results taken apart in every way, in loops and branches, changed in place."""

import numpy as np

from tests.support.table import program


def unpacked(a):
    w, v = np.linalg.eigh(a)
    return np.sum(w**2) + np.sum(v[0] ** 3)


def by_attribute(a):
    res = np.linalg.eigh(a)
    return np.sum(res.eigenvalues**3) * res.eigenvectors[0, 0] ** 2


def by_index(a):
    return np.linalg.svd(a)[1][0] + np.linalg.slogdet(a.T @ a)[1] + np.sum(np.linalg.qr(a)[1] ** 2)


def two_of_three(a):
    U, s, _ = np.linalg.svd(a, full_matrices=False)
    return np.sum((U * s) ** 3)


def low_rank(a):
    U, s, Vt = np.linalg.svd(a)
    return np.sum(((U[:, :2] * s[:2]) @ Vt[:2]) ** 3)


def log_likelihood(x, cov):
    L = np.linalg.cholesky(cov)
    z = np.linalg.solve(L, x)
    return -0.5 * np.sum(z**2) - np.sum(np.log(np.diag(L)))


def log_determinant(a, x):
    sign, logdet = np.linalg.slogdet(a)
    return sign * logdet - x @ np.linalg.solve(a, x)


def in_loop(a, n):
    total = 0.0
    for i in range(n):
        w, v = np.linalg.eigh(a)
        a = (v * np.sqrt(w)) @ v.T + a
        total += w[0] * v[0, 0] ** 2
    return total + np.sum(a)


def in_loop_some_results(a, n):
    total = 0.0
    for _ in range(n):
        q, r = np.linalg.qr(a)
        a = r @ q
        total += np.sum(np.abs(np.diag(a)))
    return total


def in_branch(a, flag):
    if flag > 0:
        q, r = np.linalg.qr(a)
        out = np.sum(q * 2) + np.sum(r)
    else:
        U, s, Vt = np.linalg.svd(a, full_matrices=False)
        out = np.sum(U @ Vt) * s[1]
    return out * 2


def chosen_in_branch(a, x):
    w, v = np.linalg.eigh(a)
    out = w if x > 0 else v[0]
    return np.sum(out**2 * x)


def changed_in_place(a):
    U, s, Vt = np.linalg.svd(a, full_matrices=False)
    s[0] = 0.0
    U *= 2
    Vt[0] += s
    return np.sum(U @ Vt) + np.sum(s**2)


def over_its_argument(a):
    a[:] = np.linalg.cholesky(a) + np.triu(a, k=1)
    return np.sum(a**2)


def newton_steps(a, x, b):
    for _ in range(3):
        r = a @ x + 0.1 * x**3 - b
        x = x - np.linalg.solve(a + np.diag(0.3 * x**2), r)
    return np.sum(x**2)


def of_columns_in_a_loop(a):
    total = 0.0
    for k in range(1, a.shape[0]):
        total += np.linalg.det(a[:k, :k]) * k
    return total


def stacks(a, b):
    x = np.linalg.solve(a, b)
    w, v = np.linalg.eigh(a @ np.swapaxes(a, -1, -2))
    return np.sum(x**2) + np.sum(np.log(w)) + np.sum(v[:, 0] ** 3)


def of_whole_numbers(a, x):
    return np.sum(np.linalg.inv(a) @ x) + np.linalg.det(a) * x[0]


def diagonal_after_change(a, x):
    d = np.diagonal(a)
    e = np.diag(a, 1)
    b = a * x
    a[1, 1] = 5.0 * x
    a[0, 1] = x
    return np.sum(d**2) + np.sum(b) + np.sum(e**3)


def diagonal_matrix_and_more(v):
    m = np.diag(v)
    return np.sum(m @ m) + np.sum(v**3) + np.sum(np.diag(v, 1)[0])


def diagonal_matrix_then_more(v):
    a = np.sum(v**3)
    m = np.diag(v)
    return np.sum(m * m) + a


def ridge(X, y, alpha):
    n = X.shape[1]
    w = np.linalg.solve(X.T @ X + alpha * np.eye(n), X.T @ y)
    r = y - X @ w
    return r @ r


_RNG = np.random.default_rng(31)


def _a(*shape):
    return _RNG.standard_normal(shape)


def _symmetric(*shape):
    q = np.linalg.qr(_a(*shape))[0]
    return (q * np.linspace(1.0, 3.0, shape[-1])) @ np.swapaxes(q, -1, -2)


S, G, TALL = _symmetric(4, 4), _a(4, 4) + 3 * np.eye(4), _a(5, 3)

PROGRAMS = [
    program(unpacked, (S,), pair=True),
    program(by_attribute, (S,)),
    program(by_index, (TALL,)),
    program(two_of_three, (TALL,), (G,)),
    program(low_rank, (G,)),
    program(log_likelihood, (_a(4), S), pair=True),
    program(log_determinant, (G, _a(4))),
    program(in_loop, (S, 3), (S, 0), argnums=(0,)),
    program(in_loop_some_results, (G, 3), argnums=(0,)),
    program(in_branch, (TALL, 1.0), (TALL, -1.0), argnums=(0,)),
    program(chosen_in_branch, (S, 0.7), (S, -0.3)),
    program(changed_in_place, (TALL,), pair=True),
    program(over_its_argument, (S,)),
    program(newton_steps, (G, _a(4), _a(4))),
    program(of_columns_in_a_loop, (G,)),
    program(stacks, (_a(2, 3, 3) + 2 * np.eye(3), _a(2, 3, 2))),
    program(of_whole_numbers, (np.array([[2, 1], [1, 3]]), _a(2)), argnums=(1,)),
    program(diagonal_after_change, (G, 1.3)),
    program(diagonal_matrix_and_more, (_a(3),)),
    program(diagonal_matrix_then_more, (_a(3),)),
    program(ridge, (TALL, _a(5), 0.3)),
]
