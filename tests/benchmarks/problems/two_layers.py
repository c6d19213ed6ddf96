"""A network of two layers, with tanh between them, and its cross entropy."""

import numpy as np

from tests.benchmarks.expert import exp, fast, tanh
from tests.benchmarks.problem import Problem


def two_layers(w1, b1, w2, b2, x, labels):
    hidden = np.tanh(x @ w1 + b1)
    scores = hidden @ w2 + b2
    scores = scores - np.max(scores, axis=1, keepdims=True)
    normaliser = np.log(np.sum(np.exp(scores), axis=1))
    return np.mean(normaliser - scores[np.arange(len(labels)), labels])


@fast
def by_hand(w1, b1, w2, b2, x, labels):
    """The products are BLAS's; what is between them is done in their memory."""
    count, classes = x.shape[0], w2.shape[1]
    hidden = np.dot(x, w1)
    for i in range(count):
        for j in range(hidden.shape[1]):
            hidden[i, j] = tanh(hidden[i, j] + b1[j])
    scores = np.dot(hidden, w2)
    db2 = np.zeros(classes)
    share = 1.0 / count
    for i in range(count):
        largest = scores[i, 0] + b2[0]
        for k in range(classes):
            scores[i, k] += b2[k]
            largest = max(largest, scores[i, k])
        total = 0.0
        for k in range(classes):
            e = exp(scores[i, k] - largest)
            scores[i, k] = e
            total += e
        factor = share / total
        for k in range(classes):
            scores[i, k] *= factor
        scores[i, labels[i]] -= share
        for k in range(classes):
            db2[k] += scores[i, k]
    dw2 = np.dot(hidden.T, scores)
    dhidden = np.dot(scores, w2.T)
    db1 = np.zeros(hidden.shape[1])
    for i in range(count):
        for j in range(hidden.shape[1]):
            dhidden[i, j] *= 1.0 - hidden[i, j] * hidden[i, j]
            db1[j] += dhidden[i, j]
    return np.dot(x.T, dhidden), db1, dw2, db2


def of_size(samples, inputs, hidden, classes):
    def make(generator):
        return (
            generator.normal(size=(inputs, hidden)) / np.sqrt(inputs),
            generator.normal(size=hidden) * 0.1,
            generator.normal(size=(hidden, classes)) / np.sqrt(hidden),
            generator.normal(size=classes) * 0.1,
            generator.normal(size=(samples, inputs)),
            generator.integers(0, classes, samples),
        )

    return make


PROBLEM = Problem(
    function=two_layers,
    by_hand=by_hand,
    argnums=(0, 1, 2, 3),
    sizes={
        "8 of 5-7-3": of_size(8, 5, 7, 3),
        "64 of 64-128-10": of_size(64, 64, 128, 10),
        "1000 of 784-100-10": of_size(1000, 784, 100, 10),
    },
    as_is=("jax", "autograd"),
)
