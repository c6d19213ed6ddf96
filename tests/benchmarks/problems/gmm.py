"""The log-posterior of a Gaussian mixture, as ADBench has it: full precision matrices, and a Wishart prior on them.

A component's matrix has the triangular root Q with exp(logdiags) on its diagonal and `lowers` below it, row by row.
"""

import math

import numpy as np

from tests.benchmarks.expert import exp, fast
from tests.benchmarks.problem import Problem

BLOCK = 256
STRIP = 16


def logsumexp(x):
    shift = np.max(x)
    return shift + np.log(np.sum(np.exp(x - shift)))


def gmm(alphas, means, logdiags, lowers, points, gamma, m):
    n, d = points.shape
    k = len(alphas)
    below = np.tril_indices(d, -1)
    betas = np.empty((n, k))
    prior = 0.0
    for j in range(k):
        q = np.diag(np.exp(logdiags[j]))
        q[below] = lowers[j]
        y = (points - means[j]) @ q.T
        total = np.sum(logdiags[j])
        betas[:, j] = alphas[j] + total - 0.5 * np.sum(y**2, axis=1)
        prior += m * total - 0.5 * gamma**2 * np.sum(q**2)
    shifts = np.max(betas, axis=1)
    likelihood = np.sum(shifts + np.log(np.sum(np.exp(betas - shifts[:, None]), axis=1)))
    return likelihood - n * (0.5 * d * math.log(2 * math.pi) + logsumexp(alphas)) + prior


@fast
def triangles(logdiags, lowers):
    """The roots, and the sums of their diagonals' logarithms."""
    k, d = logdiags.shape
    roots, totals = np.zeros((k, d, d)), np.zeros(k)
    for j in range(k):
        place = 0
        for a in range(d):
            for b in range(a):
                roots[j, a, b] = lowers[j, place]
                place += 1
            roots[j, a, a] = math.exp(logdiags[j, a])
            totals[j] += logdiags[j, a]
    return roots, totals


@fast
def by_hand(alphas, means, logdiags, lowers, points, gamma, m):
    """Blocks of points, a row for each coordinate. The gradient by Q is -Q S, with the scatter S of a component."""
    n, d = points.shape
    k = alphas.size
    roots, totals = triangles(logdiags, lowers)
    scatters, moments, shares = np.zeros((k, d, d)), np.zeros((k, d)), np.zeros(k)
    betas = np.empty((k, BLOCK))
    shift, total = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        off, turned = np.empty((d, size)), np.empty((d, size))
        coordinates = np.empty((d, size))
        for i in range(size):
            for a in range(d):
                coordinates[a, i] = points[start + i, a]
        for j in range(k):
            beta = betas[j]
            for a in range(d):
                for i in range(size):
                    off[a, i] = coordinates[a, i] - means[j, a]
            rotate(roots[j], off, turned)
            for i in range(size):
                beta[i] = 0.0
            for a in range(d):
                for i in range(size):
                    beta[i] += turned[a, i] * turned[a, i]
            for i in range(size):
                beta[i] = alphas[j] + totals[j] - 0.5 * beta[i]
        for i in range(size):
            shift[i] = betas[0, i]
            total[i] = 0.0
        for j in range(1, k):
            for i in range(size):
                shift[i] = betas[j, i] if betas[j, i] > shift[i] else shift[i]
        for j in range(k):
            for i in range(size):
                betas[j, i] = exp(betas[j, i] - shift[i])
                total[i] += betas[j, i]
        for i in range(size):
            total[i] = 1.0 / total[i]
        for j in range(k):
            beta = betas[j]
            for i in range(size):
                beta[i] *= total[i]
                shares[j] += beta[i]
            for a in range(d):
                moment = 0.0
                for i in range(size):
                    off[a, i] = coordinates[a, i] - means[j, a]
                    turned[a, i] = beta[i] * off[a, i]
                    moment += turned[a, i]
                moments[j, a] += moment
            scatter(turned, off, scatters[j])
    return finished(alphas, roots, totals, scatters, moments, shares, lowers.shape[1], n, gamma, m)


@fast
def rotate(root, off, out):
    """`out[:] = root @ off`: strips of a triangle, without most of its zeros, times rows of points."""
    d, size = off.shape
    if d > 4:
        for start in range(0, d, STRIP):
            stop = min(d, start + STRIP)
            np.dot(np.ascontiguousarray(root[start:stop, :stop]), off[:stop], out[start:stop])
        return
    for a in range(d):
        for i in range(size):
            out[a, i] = root[a, 0] * off[0, i]
        for b in range(1, a + 1):
            for i in range(size):
                out[a, i] += root[a, b] * off[b, i]


@fast
def scatter(weighted, off, out):
    """`out += weighted @ off.T`, the lower triangle only: the whole is symmetric."""
    d, size = off.shape
    if d > 4:
        for start in range(0, d, STRIP):
            stop = min(d, start + STRIP)
            strip = np.dot(weighted[start:stop], off[:stop].T)
            for a in range(start, stop):
                for b in range(stop):
                    out[a, b] += strip[a - start, b]
        return
    for a in range(d):
        for b in range(a + 1):
            total = 0.0
            for i in range(size):
                total += weighted[a, i] * off[b, i]
            out[a, b] += total


@fast
def finished(alphas, roots, totals, scatters, moments, shares, count, n, gamma, m):
    k, d = moments.shape
    dalphas, dmeans = np.empty(k), np.empty((k, d))
    dlogdiags, dlowers = np.empty((k, d)), np.empty((k, count))
    largest, whole = np.max(alphas), 0.0
    for j in range(k):
        whole += math.exp(alphas[j] - largest)
    for j in range(k):
        dalphas[j] = shares[j] - n * math.exp(alphas[j] - largest) / whole
        root = roots[j]
        dmeans[j] = np.dot(root.T, np.dot(root, moments[j]))
        for a in range(d):
            for b in range(a):
                scatters[j, b, a] = scatters[j, a, b]
        droot = np.dot(root, scatters[j])
        place = 0
        for a in range(d):
            for b in range(a):
                dlowers[j, place] = -droot[a, b] - gamma * gamma * root[a, b]
                place += 1
            by_diagonal = -droot[a, a] - gamma * gamma * root[a, a]
            dlogdiags[j, a] = by_diagonal * root[a, a] + shares[j] + m
    return dalphas, dmeans, dlogdiags, dlowers


def of_size(n, k, d):
    def make(generator):
        lowers = 0.3 * generator.normal(size=(k, d * (d - 1) // 2)) / math.sqrt(d)
        means, logdiags = generator.normal(size=(k, d)), 0.3 * generator.normal(size=(k, d))
        points = generator.normal(size=(n, d)) + means[generator.integers(k, size=n)]
        return generator.normal(size=k), means, logdiags, lowers, points, 1.0, 2.0

    return make


def with_jax():
    import jax
    import jax.numpy as jnp

    def value(alphas, means, logdiags, lowers, points, gamma, m):
        n, d = points.shape
        below = jnp.tril_indices(d, -1)

        def root(logdiag, lower):
            return jnp.diag(jnp.exp(logdiag)).at[below].set(lower)

        roots = jax.vmap(root)(logdiags, lowers)
        totals = jnp.sum(logdiags, axis=1)
        y = jnp.einsum("kab,nkb->nka", roots, points[:, None, :] - means)
        betas = alphas + totals - 0.5 * jnp.sum(y**2, axis=2)
        likelihood = jnp.sum(jax.scipy.special.logsumexp(betas, axis=1))
        prior = m * jnp.sum(totals) - 0.5 * gamma**2 * jnp.sum(roots**2)
        constant = 0.5 * d * math.log(2 * math.pi) + jax.scipy.special.logsumexp(alphas)
        return likelihood - n * constant + prior

    return value


def with_torch():
    import torch

    def value(alphas, means, logdiags, lowers, points, gamma, m):
        n, d = points.shape
        below = torch.tril_indices(d, d, -1)
        triangles = torch.zeros((len(alphas), d, d), dtype=points.dtype)
        triangles[:, below[0], below[1]] = lowers
        roots = torch.diag_embed(torch.exp(logdiags)) + triangles
        totals = torch.sum(logdiags, dim=1)
        y = torch.einsum("kab,nkb->nka", roots, points[:, None, :] - means)
        betas = alphas + totals - 0.5 * torch.sum(y**2, dim=2)
        likelihood = torch.sum(torch.logsumexp(betas, dim=1))
        prior = m * torch.sum(totals) - 0.5 * gamma**2 * torch.sum(roots**2)
        return likelihood - n * (0.5 * d * math.log(2 * math.pi) + torch.logsumexp(alphas, dim=0)) + prior

    return value


PROBLEM = Problem(
    function=gmm,
    by_hand=by_hand,
    argnums=(0, 1, 2, 3),
    sizes={
        "10^3 in 5, d = 2": of_size(1000, 5, 2),
        "10^3 in 25, d = 20": of_size(1000, 25, 20),
        "10^3 in 25, d = 64": of_size(1000, 25, 64),
    },
    rewritten={"jax": with_jax, "torch": with_torch},
)
