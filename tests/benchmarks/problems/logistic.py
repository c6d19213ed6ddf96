"""Logistic regression: the mean of log(1 + exp(-margin)), ten features a sample."""

import numpy as np

from tests.benchmarks.expert import add_rows, exp, fast, rows_times
from tests.benchmarks.problem import Problem

BLOCK = 64


def logistic(weights, features, labels):
    margins = labels * (features @ weights)
    return np.mean(np.log1p(np.exp(-margins)))


@fast
def by_hand(weights, features, labels):
    """Blocks of samples, so that their features are still near when the gradient takes them a second time."""
    samples = labels.size
    dweights = np.zeros(weights.size)
    pulls = np.empty(BLOCK)
    share = 1.0 / samples
    for start in range(0, samples, BLOCK):
        block = pulls[: min(BLOCK, samples - start)]
        rows_times(features, start, weights, block)
        for i in range(block.size):
            label = labels[start + i]
            e = exp(-label * block[i])
            block[i] = -label * share * e / (1.0 + e)
        add_rows(features, start, block, dweights)
    return dweights


def of_size(samples, width=10):
    def make(generator):
        features = generator.normal(size=(samples, width))
        weights = generator.normal(size=width)
        labels = np.sign(features @ weights + generator.normal(size=samples))
        return weights + 0.1 * generator.normal(size=width), features, labels

    return make


PROBLEM = Problem(
    function=logistic,
    by_hand=by_hand,
    sizes={"10^2 samples": of_size(100), "10^4 samples": of_size(10_000), "10^6 samples": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
