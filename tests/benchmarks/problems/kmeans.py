"""The objective of k-means: its gradient, and the diagonal of its Hessian, as a step of Newton's method needs them."""

import numpy as np

import gradgen
from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem

BLOCK = 256


def kmeans(centroids, points):
    distances = np.sum((points[:, None, :] - centroids[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(distances, axis=1))


@fast
def by_hand(centroids, points):
    """Points are counted and summed for their centroid. The distances are taken for a block of points at a time."""
    count, width = points.shape
    clusters = centroids.shape[0]
    members = np.zeros(clusters)
    gradient, diagonal = np.zeros((clusters, width)), np.empty((clusters, width))
    coordinates = np.empty((width, BLOCK))
    distance, least, nearest = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK, np.int64)
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        for i in range(size):
            for a in range(width):
                coordinates[a, i] = points[start + i, a]
        for k in range(clusters):
            centre = centroids[k, 0]
            for i in range(size):
                distance[i] = (coordinates[0, i] - centre) ** 2
            for a in range(1, width):
                centre = centroids[k, a]
                for i in range(size):
                    distance[i] += (coordinates[a, i] - centre) ** 2
            if k == 0:
                for i in range(size):
                    least[i], nearest[i] = distance[i], 0
            for i in range(size):
                is_nearer = distance[i] < least[i]
                least[i] = distance[i] if is_nearer else least[i]
                nearest[i] = k if is_nearer else nearest[i]
        for i in range(size):
            k = nearest[i]
            members[k] += 1.0
            for a in range(width):
                gradient[k, a] -= points[start + i, a]
    for k in range(clusters):
        for a in range(width):
            gradient[k, a] = 2.0 * (gradient[k, a] + members[k] * centroids[k, a])
            diagonal[k, a] = 2.0 * members[k]
    return gradient, diagonal


def by_gradgen(jit):
    """The Hessian is diagonal: its product with ones is all of it."""
    slope = gradgen.grad(kmeans)

    def slopes(centroids, points):
        found = slope(centroids, points)
        return np.sum(found), found

    both = gradgen.grad(slopes, has_aux=True, jit=jit)

    def gradient_and_diagonal(centroids, points):
        diagonal, gradient = both(centroids, points)
        return gradient, diagonal

    return gradient_and_diagonal


def by_jax():
    import jax
    import jax.numpy as jnp

    def value(centroids, points):
        distances = jnp.sum((points[:, None, :] - centroids[None, :, :]) ** 2, axis=2)
        return jnp.sum(jnp.min(distances, axis=1))

    def both(centroids, points):
        return jax.jvp(lambda c: jax.grad(value)(c, points), (centroids,), (jnp.ones_like(centroids),))

    return both


def by_torch():
    import torch

    def both(centroids, points):
        distances = torch.sum((points[:, None, :] - centroids[None, :, :]) ** 2, dim=2)
        value = torch.sum(torch.amin(distances, dim=1))
        (gradient,) = torch.autograd.grad(value, [centroids], create_graph=True)
        return gradient, torch.autograd.grad(gradient.sum(), [centroids])[0]

    return both


def of_size(count, clusters, width):
    def make(generator):
        points = generator.normal(size=(count, width))
        return points[:clusters] + 0.1 * generator.normal(size=(clusters, width)), points

    return make


PROBLEM = Problem(
    function=kmeans,
    by_hand=by_hand,
    sizes={
        "10^2 in 3, d = 2": of_size(100, 3, 2),
        "10^4 in 10, d = 2": of_size(10_000, 10, 2),
        "10^4 in 25, d = 20": of_size(10_000, 25, 20),
    },
    whole={
        "gradgen": lambda: by_gradgen(jit=False),
        "gradgen jit": lambda: by_gradgen(jit=True),
        "jax": by_jax,
        "torch": by_torch,
    },
)
