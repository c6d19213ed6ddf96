"""Programs with products along several axes: einsum, tensordot, Kronecker and cross products, in loops and on views."""

import numpy as np

from tests.support.table import program


def attention(q, k, v):
    s = np.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return np.sum(np.einsum("bhqk,bkhd->bqhd", p, v) ** 2)


def tensor_train(a, b, c):
    return np.sum(np.einsum("ia,ajb,bk->ijk", a, b, c) ** 2)


def quadratic_forms(x, a):
    return np.sum(np.einsum("ni,ij,nj->n", x, a, x) ** 2)


def with_view(a):
    d = np.einsum("ii->i", a)
    t = np.einsum("ij->ji", a)
    return np.sum(d**2) + np.sum(t[0] * d)


def view_sees_the_store(a, x):
    d = np.einsum("ii->i", a)
    a[0, 0] = x
    return np.sum(d**3)


def power_iteration(a, v, n):
    for _ in range(n):
        v = np.einsum("ij,j->i", a, v)
        v = v / np.linalg.norm(v)
    return np.einsum("i,ij,j", v, a, v)


def contracted(t, u):
    m = np.tensordot(t, u, axes=([0, 2], [1, 0]))
    return np.sum(np.tensordot(m, m * 2, 0) ** 3) + np.sum(np.tensordot(t, np.sin(m), axes=(1, 0)))


def kronecker_sum(a, b):
    n, m = a.shape[0], b.shape[0]
    k = np.kron(a, np.eye(m)) + np.kron(np.eye(n), b)
    return np.sum(k @ k)


def angular_momentum(r, v, m):
    return np.sum(np.sum(m[:, None] * np.cross(r, v), axis=0) ** 2)


def rotating(r, omega, n):
    for _ in range(n):
        r = r + 0.1 * np.cross(omega, r)
    return r[0] ** 2 + r[1]


def chosen_norms(a, v):
    return np.linalg.norm(a, "nuc") + np.linalg.norm(v, 3) * np.linalg.norm(a, 2) + np.linalg.vector_norm(a, ord=1)


def triangles(a):
    low = np.tril(a, -1)
    b = low + low.T + np.diag(np.diag(a))
    b[0] *= 2.0
    return np.sum(b @ b) + np.trace(b[1:, 1:], offset=1)


def parts_of_a_matrix(a, v, n):
    """Slices of which some are empty, strided or reversed, with whole vectors and parts of them."""
    total = 0.0
    for i in range(n):
        total += (a[i, :i] @ v[:i]) * (a[:i, i] @ a[i, :i]) + a[i, ::-1] @ a[:, i]
        total += np.sum((a[:i, 1:] @ v[1:n]) ** 2) + np.sum(np.sin(v[i:n] @ a[i:, :i])) + v[:n] @ a[i]
        w = a[i:, i]
        total += w @ a[i:, ::-1] @ v[:n] + w @ w
    return total


def sums_of_products(a, b, c, x):
    """Their adjoints are repeated along some axes; the last product's factors are themselves read elsewhere."""
    total = np.sum((a @ b).T.reshape(-1) * 3.0) + np.sum(np.sum(a @ b, axis=0) ** 2) + np.mean(x @ b)
    total += np.sum(np.sum(b @ c, axis=1) ** 2) + np.sum(np.outer(x, x[:2])) + np.sum(np.outer(x, x).sum(axis=1) ** 3)
    total += np.sum(np.outer(x, x).sum(axis=0) ** 3) + np.sum(a @ x) * np.sum(a @ b @ c @ b[:2])
    return total


def few_columns(c, d, x):
    """Sums over rows of a table, of its transpose, and of a part of it that does not lie row after row."""
    table = np.sin(x[:, None] * c)
    seen = np.tanh(table @ d) * x
    total = np.sum((table.T @ seen) ** 2) + np.sum(table[::2, 1:].T @ seen[::2] * d[1:]) + (seen @ table) @ d
    return total + np.sum(np.ascontiguousarray(table.T) @ x)


def few_sums(x, y, w):
    """Over all rows, of what is computed for them; of transposes, of a part, and of numbers of less precision."""
    m = np.sin(x).T @ (y * w[:, None])
    n = y[::-1, :2].T @ x + (w * x.T) @ y.astype(np.float32)[:, :2]
    return np.sum(m**3) + np.sum(n * m[:, 1:]) + (x.T @ x)[0, 1]


def rows_of_a_stack(a, c, n):
    """Each of which may be repeated where the whole array is overwritten, by what is as large or has one row."""
    a = 2.0 * a
    a[:] = np.reshape(np.reshape(a[:n], (n, -1, 1, c.shape[0])) @ c, (n, -1, c.shape[0]))
    b = np.empty((4, 3))
    b[...] = a[0, :1] * a[0, 0, 0]
    return np.sum(a) + np.sum(b)


def losses_of_rows(c, s, x, y):
    """Of rows so long that a few of them are a block; the last block is shorter."""
    x = s[:, None] * x
    residuals = x @ (c[0] * x[0] + c[1] * x[1]) - y
    scores = np.tanh(x @ np.stack((c[1] * x[2], c[2] * x[3] ** 2), axis=1))
    return np.mean(np.abs(residuals) ** 1.5) + np.sum(np.log1p(np.exp(-y * scores[:, 0])) * scores[:, 1])


def regressions(w, s, x, y):
    """In blocks of 64 rows, of which the last is shorter; of one matrix the rows are made there."""
    residuals = x @ w - y
    margins = y * (np.tanh(s * x) @ (w * w))
    return np.mean(np.abs(residuals) ** 1.5) + np.sum(np.log1p(np.exp(-margins)))


def rows_that_meet(c, x, y):
    """What a row needs of another one is not done in blocks."""
    z = x @ (c[0] * x[0] + c[1] * x[1])
    q = np.zeros(len(y))
    q += z
    q[1:] += z[:-1] * y[1:]
    u = np.sin(x @ (c[2] * x[1])) * y
    return np.sum(q**2) + np.sum(np.cumsum(z * y)[::-1] * z) + np.sum((x.T @ u) ** 2)


def made_again_in_each_step(v, w, n):
    """Arrays of numbers, and of two vectors, some of which are then changed."""
    m, s = np.eye(len(v)), 0.0
    for i in range(n):
        u = np.sin(m @ v)
        o, z = np.outer(u, w), np.zeros((len(v), len(v)))
        z[i] = u * w
        e = np.array([u[0], w[1], s])
        m = (o + np.eye(len(v))) * np.cos(o) @ m + z
        s = s + np.sum(e**3) + np.sum(o * o * m)
        o[0] = 0.0
        s = s + np.sum(np.sin(o) * z)
    return s


_RNG = np.random.default_rng(37)


def _a(*shape):
    return _RNG.standard_normal(shape)


Q = _a(3, 3)

PROGRAMS = [
    program(attention, (_a(2, 3, 2, 4), _a(2, 5, 2, 4), _a(2, 5, 2, 4)), pair=True),
    program(tensor_train, (_a(3, 2), _a(2, 4, 2), _a(2, 3))),
    program(quadratic_forms, (_a(5, 3), Q)),
    program(few_sums, (_RNG.random((18, 2)), _RNG.random((18, 3)), _RNG.random(18)), argnums=(0, 1, 2)),
    program(with_view, (Q,)),
    program(view_sees_the_store, (Q, 0.7)),
    program(power_iteration, (Q @ Q.T, _a(3), 4), argnums=(0, 1)),
    program(contracted, (_a(2, 3, 4), _a(4, 2))),
    program(kronecker_sum, (Q, _a(2, 2))),
    program(angular_momentum, (_a(4, 3), _a(4, 3), _a(4))),
    program(rotating, (_a(3), _a(3), 3), argnums=(0, 1)),
    program(chosen_norms, (_a(3, 4), _a(4)), exact=False),  # LAPACK: the last bit hangs on where arrays lie
    program(triangles, (Q,)),
    program(sums_of_products, (_a(2, 3), _a(3, 4), _a(4, 2), _a(3)), (_a(1, 1), _a(1, 1), _a(1, 1), _a(1)), pair=True),
    program(few_columns, (_a(8), _a(8), _a(20)), argnums=(0, 1, 2)),
    program(rows_of_a_stack, (_a(3, 2, 3), Q, 3), (_a(2, 2, 3), Q, 1), argnums=(0, 1), pair=True),
    program(losses_of_rows, (_a(3) / 9, _a(40), _a(40, 600) / 9, _a(40)), argnums=(0, 1)),
    program(regressions, (_a(11) / 3, _a(11), _a(135, 11), _a(135)), argnums=(0, 1)),
    program(rows_that_meet, (_a(3) / 9, _a(40, 600) / 9, _a(40))),
    program(parts_of_a_matrix, (_a(3, 3), _a(4), 3), (_a(18, 18), _a(19), 18), argnums=(0, 1)),
    program(made_again_in_each_step, (_RNG.random(5), _RNG.random(5), 3), argnums=(0, 1)),
]
