"""The two-layer network of the CS231n notes: softmax loss on three spirals, by gradient descent."""

from typing import NamedTuple

import numpy as np

from gradgen import value_and_grad


class Network(NamedTuple):
    """Weights and offsets of both layers."""

    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray


# fmt: off
def scores(net, X):
    hidden = np.maximum(0, X @ net.W1 + net.b1)
    return hidden @ net.W2 + net.b2


@value_and_grad(jit=True)
def loss(net, X, labels):
    s = scores(net, X)
    s = s - s.max(axis=1, keepdims=True)
    logp = s - np.log(np.sum(np.exp(s), axis=1, keepdims=True))
    data_loss = -np.mean(logp[np.arange(len(labels)), labels])
    return data_loss + 0.0005 * (np.sum(net.W1 ** 2) + np.sum(net.W2 ** 2))
# fmt: on


def spirals(points: int, classes: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points on one spiral arm a class, and the classes."""
    labels = np.repeat(np.arange(classes), points)
    radius = np.tile(np.linspace(0.0, 1.0, points), classes)
    angle = 4 * labels + 4 * radius + 0.2 * rng.standard_normal(len(labels))
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), labels


def main(steps: int = 3000) -> float:
    rng = np.random.default_rng(0)
    X, labels = spirals(100, 3, rng)
    net = Network(0.5 * rng.standard_normal((2, 100)), np.zeros(100), 0.1 * rng.standard_normal((100, 3)), np.zeros(3))
    for step in range(steps + 1):
        value, slope = loss(net, X, labels)
        if step % 500 == 0:
            print(f"step {step:5d}: loss {value:.4f}")
        net = Network(*(part - 1.0 * change for part, change in zip(net, slope, strict=True)))
    accuracy = float(np.mean(np.argmax(scores(net, X), axis=1) == labels))
    print(f"training accuracy {accuracy:.2f}")
    return accuracy


if __name__ == "__main__":
    main()
