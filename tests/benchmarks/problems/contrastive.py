"""The contrastive loss of pairs of embeddings: like ones are drawn together, others pushed apart up to a margin."""

import math

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def contrastive(left, right, same, margin):
    distances = np.sqrt(np.sum((left - right) ** 2, axis=1))
    pushed = np.maximum(margin - distances, 0.0)
    return np.mean(same * distances**2 + (1.0 - same) * pushed**2)


@fast
def by_hand(left, right, same, margin):
    """A pair at a time: the differences once for the distance, and once more, from the cache, for the gradient."""
    samples, width = left.shape
    dleft = np.empty((samples, width))
    dright = np.empty((samples, width))
    share = 2.0 / samples
    for i in range(samples):
        total = 0.0
        for j in range(width):
            difference = left[i, j] - right[i, j]
            total += difference * difference
        distance = math.sqrt(total)
        pull = share * same[i]
        if distance < margin:
            pull -= share * (1.0 - same[i]) * (margin - distance) / distance
        for j in range(width):
            d = pull * (left[i, j] - right[i, j])
            dleft[i, j] = d
            dright[i, j] = -d
    return dleft, dright


def of_size(samples, width=16):
    def make(generator):
        left = generator.normal(size=(samples, width))
        same = (generator.random(samples) < 0.5) * 1.0
        right = left + generator.normal(size=(samples, width)) * np.where(same > 0.5, 0.1, 0.4)[:, None]
        return left, right, same, 2.0

    return make


def with_torch():
    import torch

    def value(left, right, same, margin):
        distances = torch.sqrt(torch.sum((left - right) ** 2, axis=1))
        pushed = torch.clamp(margin - distances, min=0.0)
        return torch.mean(same * distances**2 + (1.0 - same) * pushed**2)

    return value


PROBLEM = Problem(
    function=contrastive,
    by_hand=by_hand,
    argnums=(0, 1),
    sizes={"10^2 pairs": of_size(100), "10^4 pairs": of_size(10_000), "10^6 pairs": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad"),
    rewritten={"torch": with_torch},
)
