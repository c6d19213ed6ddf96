"""Robust linear regression with Huber's loss, ten features a sample."""

import numpy as np

from tests.benchmarks.expert import add_rows, fast, rows_times
from tests.benchmarks.problem import Problem

BLOCK = 64


def huber(weights, features, targets, delta):
    residuals = features @ weights - targets
    size = np.abs(residuals)
    losses = np.where(size <= delta, 0.5 * residuals**2, delta * (size - 0.5 * delta))
    return np.mean(losses)


@fast
def by_hand(weights, features, targets, delta):
    """The derivative of the loss is the residual, cut off at delta."""
    samples = targets.size
    dweights = np.zeros(weights.size)
    pulls = np.empty(BLOCK)
    share = 1.0 / samples
    for start in range(0, samples, BLOCK):
        block = pulls[: min(BLOCK, samples - start)]
        rows_times(features, start, weights, block)
        for i in range(block.size):
            residual = block[i] - targets[start + i]
            residual = delta if residual > delta else residual
            residual = -delta if residual < -delta else residual
            block[i] = share * residual
        add_rows(features, start, block, dweights)
    return dweights


def of_size(samples, width=10):
    def make(generator):
        features = generator.normal(size=(samples, width))
        weights = generator.normal(size=width)
        targets = features @ weights + generator.standard_t(2.0, size=samples)
        return weights + 0.1 * generator.normal(size=width), features, targets, 1.0

    return make


PROBLEM = Problem(
    function=huber,
    by_hand=by_hand,
    sizes={"10^2 samples": of_size(100), "10^4 samples": of_size(10_000), "10^6 samples": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
