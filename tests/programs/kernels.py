"""Kernels as scientific programs have them: stencils, solvers, filters, recurrences, all of which change arrays in place."""

import numpy as np

from tests.support.table import program

_RNG = np.random.default_rng(7)
_V = _RNG.uniform(0.5, 1.5, 6)
_W = _RNG.uniform(0.5, 1.5, 6)
_A = _RNG.uniform(0.1, 0.5, (5, 5)) + 3 * np.eye(5)
_B = _RNG.uniform(0.5, 1.5, (5, 5))
_SPD = _A @ _A.T


def jacobi(a, b, steps):
    for t in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = b[1:-1, 1:-1] ** 2 / (1 + b[1:-1, 1:-1])
    return np.sum(a * a) + np.sum(b)


def heat(u, rate, steps):
    for t in range(steps):
        u[1:-1] += rate * (u[2:] - 2 * u[1:-1] + u[:-2]) * u[1:-1]
        u[0] = u[1]
        u[-1] = -u[-2]
    return np.sum(u ** 2)


def seidel(a, steps):
    n = len(a)
    for t in range(steps):
        for i in range(1, n - 1):
            a[i, 1:-1] += a[i - 1, :-2] * a[i - 1, 1:-1] + a[i + 1, 1:-1] + a[i + 1, 2:]
            for j in range(1, n - 1):
                a[i, j] += a[i, j - 1]
                a[i, j] /= 9.0
    return np.sum(a * a)


def lu(a):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            a[i, j] -= a[i, :j] @ a[:j, j]
            a[i, j] /= a[j, j]
        for j in range(i, n):
            a[i, j] -= a[i, :i] @ a[:i, j]
    return np.sum(np.log(np.abs(np.diag(a)))) + a[-1, 0]


def cholesky(a):
    a[0, 0] = np.sqrt(a[0, 0])
    for i in range(1, a.shape[0]):
        for j in range(i):
            a[i, j] -= np.dot(a[i, :j], a[j, :j])
            a[i, j] /= a[j, j]
        a[i, i] -= np.dot(a[i, :i], a[i, :i])
        a[i, i] = np.sqrt(a[i, i])
    return np.sum(np.tril(a) ** 3)


def triangular_solve(lower, b):
    x = np.zeros_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - lower[i, :i] @ x[:i]) / lower[i, i]
    return np.sum(x * x)


def recursive_filter(image, alpha):
    k = (1 - np.exp(-alpha)) ** 2
    left, right = np.empty_like(image), np.empty_like(image)
    left[:, 0] = k * image[:, 0]
    left[:, 1] = k * image[:, 1] + np.exp(-alpha) * left[:, 0]
    for j in range(2, image.shape[1]):
        left[:, j] = k * image[:, j] + np.exp(-alpha) * left[:, j - 1] - 0.1 * left[:, j - 2]
    right[:, -1] = 0.0
    right[:, -2] = k * image[:, -1]
    for j in range(image.shape[1] - 3, -1, -1):
        right[:, j] = k * image[:, j + 1] + np.exp(-alpha) * right[:, j + 1] - 0.1 * right[:, j + 2]
    image[:] = left + right
    return np.sum(image ** 2)


def flux_limited_advection(u, speed, steps):
    for t in range(steps):
        before = u[1:-1] - u[:-2]
        after = u[2:] - u[1:-1]
        ratio = np.where(after != 0, before / np.where(after != 0, after, 1.0), 0.0)
        limiter = np.maximum(0.0, np.minimum(1.0, ratio))
        flux = u[1:-1] + 0.5 * (1 - speed) * limiter * after
        u[2:-1] -= speed * (flux[1:] - flux[:-1])
    return np.sum(u * u)


def thomas(low, middle, high, d):
    n = len(d)
    c, x = np.zeros(n), np.zeros(n)
    c[0] = high[0] / middle[0]
    d[0] /= middle[0]
    for i in range(1, n):
        pivot = middle[i] - low[i] * c[i - 1]
        c[i] = high[i] / pivot
        d[i] = (d[i] - low[i] * d[i - 1]) / pivot
    x[-1] = d[-1]
    for i in reversed(range(n - 1)):
        x[i] = d[i] - c[i] * x[i + 1]
    return np.sum(x ** 2)


def gram_schmidt(a):
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return np.sum(q ** 3) + np.sum(r)


def levinson_durbin(r):
    y = np.empty_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, len(r)):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(np.flip(r[:k]), y[:k])) / beta
        y[:k] += alpha * np.flip(y[:k])
        y[k] = alpha
    return np.sum(y * y)


def convolution_layer(images, weights, bias):
    size = weights.shape[0]
    height, width = images.shape[1] - size + 1, images.shape[2] - size + 1
    output = np.empty((images.shape[0], height, width, weights.shape[3]))
    for i in range(height):
        for j in range(width):
            window = images[:, i : i + size, j : j + size, :, np.newaxis] * weights[np.newaxis]
            output[:, i, j, :] = np.sum(window, axis=(1, 2, 3))
    output += bias
    output -= np.max(output, axis=(1, 2), keepdims=True)
    return np.mean(np.exp(output)) + np.sum(output ** 2, axis=(1, 2), keepdims=True)[0, 0, 0, 0]


def sparse_product(rows, columns, values, x):
    y = np.empty(len(rows) - 1)
    for i in range(len(rows) - 1):
        part = values[rows[i] : rows[i + 1]]
        y[i] = part @ x[columns[rows[i] : rows[i + 1]]]
    return np.sum(y * y)


def floyd_warshall(paths):
    for k in range(paths.shape[0]):
        paths[:] = np.minimum(paths[:], np.add.outer(paths[:, k], paths[k, :]))
    return np.sum(paths ** 2)


def attraction(position, mass, soft):
    d = position[:, None, :] - position[None, :, :]
    squared = np.sum(d ** 2, axis=2) + soft * soft
    inverse = np.zeros_like(squared)
    inverse[squared > 0] = squared[squared > 0] ** (-1.5)
    force = np.sum(d * inverse[:, :, None] * mass[None, :, None], axis=1)
    distance = np.sqrt(np.sum(d ** 2, axis=2))
    apart = np.where(distance > 0, distance, 1.0)
    return np.sum(force * force) + np.sum(mass[:, None] / apart)


def time_loop_of_unknown_length(u, tolerance):
    new = np.empty_like(u)
    error, count = 1.0, 0
    while error > tolerance and count < 50:
        new[:] = u
        new[1:-1] = 0.5 * (u[2:] + u[:-2]) * u[1:-1] ** 0.1
        error = np.max(np.abs(new - u))
        u[:] = new
        count += 1
    return np.sum(u * u)


def three_buffers(u, v, steps):
    before, now, after = u.copy(), v.copy(), np.zeros_like(u)
    for t in range(steps):
        after[1:-1] = 2 * now[1:-1] - before[1:-1] + 0.1 * (now[2:] - 2 * now[1:-1] + now[:-2]) * now[1:-1]
        before, now, after = now, after, before
    return np.sum(now * now) + np.sum(before * after)


def alignment_table(costs, gap):
    n, m = costs.shape
    table = np.zeros((n + 1, m + 1))
    for i in range(1, n + 1):
        table[i, 0] = table[i - 1, 0] + gap
    for j in range(1, m + 1):
        table[0, j] = table[0, j - 1] + gap
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            table[i, j] = min(
                table[i - 1, j - 1] + costs[i - 1, j - 1], table[i - 1, j] + gap, table[i, j - 1] + gap * gap
            )
    return table[n, m] ** 2 + table[1, 1]


def weighted_histogram(radii, weights, edges):
    total = np.zeros(len(edges) - 1)
    for i in range(len(edges) - 1):
        inside = np.logical_and(radii >= edges[i], radii < edges[i + 1])
        total[i] = np.sum(weights[inside])
    counts, _ = np.histogram(radii, bins=edges, weights=weights)
    return np.sum(total ** 2) + np.sum(counts ** 3)


def rows_in_a_loop(a):
    for i, row in enumerate(a):
        row[:] = row * row[i % 2] + i
        row[0] -= np.sum(row)
    for row in a.T:
        row /= row[-1]
    return np.sum(a ** 2)


def covariance(data):
    data -= np.mean(data, axis=0)
    m = data.shape[1]
    cov = np.zeros((m, m))
    for i in range(m):
        cov[i, i:] = data[:, i] @ data[:, i:] / (len(data) - 1.0)
        cov[i:, i] = cov[i, i:]
    return np.sum(cov ** 2)


def symmetric_product(alpha, beta, c, a):
    for i in range(a.shape[0]):
        c[i, : i + 1] *= beta
        for k in range(a.shape[1]):
            c[i, : i + 1] += alpha * a[i, k] * a[: i + 1, k]
    return np.sum(c ** 2)


def rotations(a, steps):
    for t in range(steps):
        for i in range(a.shape[0] - 1):
            norm = np.sqrt(a[i, i] ** 2 + a[i + 1, i] ** 2)
            c, s = a[i, i] / norm, a[i + 1, i] / norm
            a[i], a[i + 1] = c * a[i] + s * a[i + 1], c * a[i + 1] - s * a[i]
    return np.sum(np.triu(a) ** 2)


_ROWS, _COLUMNS = np.array([0, 2, 3, 6]), np.array([0, 3, 1, 2, 3, 5])
_PATHS = np.array([[0.0, 1.0, 4.0, 9.0], [1.0, 0.0, 2.0, 6.0], [4.0, 2.0, 0.0, 3.5], [9.0, 6.0, 3.5, 0.0]])

PROGRAMS = [
    program(jacobi, (_A, _B, 2), (_A, _B, 0), argnums=(0, 1)),
    program(heat, (_V, 0.1, 3), argnums=(0, 1)),
    program(seidel, (_A, 2), argnums=0),
    program(lu, (_A,)),
    program(cholesky, (_SPD,)),
    program(triangular_solve, (_A, _V[:5])),
    program(recursive_filter, (_B, 0.3)),
    program(flux_limited_advection, (_V, 0.4, 2), argnums=(0, 1)),
    program(thomas, (_V, _V + 3, _W, _W * 2)),
    program(gram_schmidt, (_A,)),
    program(levinson_durbin, (_V * 0.2,)),
    program(
        convolution_layer,
        (_RNG.uniform(0, 1, (2, 4, 4, 2)), _RNG.uniform(0, 1, (2, 2, 2, 3)), np.array([0.1, 0.2, 0.3])),
    ),
    program(sparse_product, (_ROWS, _COLUMNS, _V, _W), argnums=(2, 3)),
    program(floyd_warshall, (_PATHS + 0.1 * _A[:4, :4],)),
    program(attraction, (_RNG.uniform(0, 1, (3, 2)), np.array([1.0, 2.0, 0.5]), 0.0), argnums=(0, 1)),
    program(time_loop_of_unknown_length, (_V, 1e-2), argnums=0),
    program(three_buffers, (_V, _W, 4), (_V, _W, 0), argnums=(0, 1)),
    program(alignment_table, (_B[:3, :4], 0.45), argnums=(0, 1)),
    program(weighted_histogram, (np.array([0.1, 0.4, 0.55, 0.9]), _V[:4], np.array([0.0, 0.3, 0.6, 1.0])), argnums=1),
    program(rows_in_a_loop, (_A,)),
    program(covariance, (_B,)),
    program(symmetric_product, (1.3, 0.8, _A, _B[:, :3])),
    program(rotations, (_A, 2), argnums=0),
]
