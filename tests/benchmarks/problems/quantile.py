"""The pinball loss of three predicted quantiles."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def quantile(predictions, targets, levels):
    beyond = targets[:, None] - predictions
    return np.mean(np.maximum(levels * beyond, (levels - 1.0) * beyond))


@fast
def by_hand(predictions, targets, levels):
    """Below the target -level, above it 1 - level; the loss itself is not needed."""
    samples, count = predictions.shape
    dpredictions = np.empty((samples, count))
    share = 1.0 / (samples * count)
    if count == 3:
        a, b, c = -share * levels[0], -share * levels[1], -share * levels[2]
        for i in range(samples):
            target = targets[i]
            dpredictions[i, 0] = a if target >= predictions[i, 0] else a + share
            dpredictions[i, 1] = b if target >= predictions[i, 1] else b + share
            dpredictions[i, 2] = c if target >= predictions[i, 2] else c + share
        return dpredictions
    for i in range(samples):
        target = targets[i]
        for j in range(count):
            dpredictions[i, j] = -share * levels[j] if target >= predictions[i, j] else share * (1.0 - levels[j])
    return dpredictions


def of_size(samples):
    def make(generator):
        targets = generator.normal(size=samples)
        levels = np.array([0.1, 0.5, 0.9])
        return np.sort(generator.normal(size=(samples, 3)), axis=1), targets, levels

    return make


PROBLEM = Problem(
    function=quantile,
    by_hand=by_hand,
    sizes={"10^2 samples": of_size(100), "10^4 samples": of_size(10_000), "10^6 samples": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
