"""Softmax regression: twenty features, ten classes, the cross entropy of the labels."""

import numpy as np

from tests.benchmarks.expert import exp, fast
from tests.benchmarks.problem import Problem

BLOCK = 256


def softmax(weights, bias, features, labels):
    logits = features @ weights + bias
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_probabilities[np.arange(len(labels)), labels])


@fast
def by_hand(weights, bias, features, labels):
    """Blocks of samples, and in a block a row of samples for each class, so that every loop is over samples."""
    samples, width = features.shape
    classes = bias.size
    dweights, dbias = np.zeros((width, classes)), np.zeros(classes)
    transposed = np.ascontiguousarray(weights.T)
    table = np.empty((classes, min(BLOCK, samples)))
    shift, total = np.empty(BLOCK), np.empty(BLOCK)
    share = 1.0 / samples
    for start in range(0, samples, BLOCK):
        size = min(BLOCK, samples - start)
        block = features[start : start + size]
        rows = table if size == table.shape[1] else np.empty((classes, size))
        np.dot(transposed, block.T, rows)
        for i in range(size):
            rows[0, i] += bias[0]
            shift[i] = rows[0, i]
        for k in range(1, classes):
            row = rows[k]
            for i in range(size):
                row[i] += bias[k]
                shift[i] = row[i] if row[i] > shift[i] else shift[i]
        for i in range(size):
            total[i] = 0.0
        for k in range(classes):
            row = rows[k]
            for i in range(size):
                row[i] = exp(row[i] - shift[i])
                total[i] += row[i]
        for i in range(size):
            total[i] = share / total[i]
        for k in range(classes):
            row = rows[k]
            for i in range(size):
                row[i] *= total[i]
        for i in range(size):
            rows[labels[start + i], i] -= share
        for k in range(classes):
            for i in range(size):
                dbias[k] += rows[k, i]
        dweights += np.dot(rows, block).T
    return dweights, dbias


def of_size(samples, width=20, classes=10):
    def make(generator):
        features = generator.normal(size=(samples, width))
        labels = generator.integers(classes, size=samples)
        return generator.normal(size=(width, classes)), generator.normal(size=classes), features, labels

    return make


def with_torch():
    import torch

    def value(weights, bias, features, labels):
        logits = features @ weights + bias
        shifted = logits - torch.amax(logits, dim=1, keepdim=True)
        log_probabilities = shifted - torch.log(torch.sum(torch.exp(shifted), dim=1, keepdim=True))
        return -torch.mean(log_probabilities[torch.arange(len(labels)), labels])

    return value


PROBLEM = Problem(
    function=softmax,
    by_hand=by_hand,
    argnums=(0, 1),
    sizes={"10^2 samples": of_size(100), "10^4 samples": of_size(10_000), "10^5 samples": of_size(100_000)},
    as_is=("jax", "autograd", "tangent", "mygrad"),
    rewritten={"torch": with_torch},
)
