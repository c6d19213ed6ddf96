"""The functions whose generated text is pinned, with example arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradgen


@dataclass(frozen=True)
class Golden:
    function: Callable[..., Any]
    args: tuple[Any, ...]
    argnums: Any
    jit: bool = False

    @property
    def file(self) -> str:
        return f"{self.function.__name__}{'_jit' * self.jit}.txt"


# fmt: off
def f(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy ** 2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f


def one_line(x, y):
    return (x + 1.0 / (1 + math.exp(-y))) / (1.0 / (1 + math.exp(-x)) + (x + y) ** 2)


def circuit(x, y, z):
    q = x + y
    f = q * z
    return f


def logistic_loss(w, b, X, y):
    margin = y * (X @ w + b)
    loss = np.mean(np.log(1 + np.exp(-margin)))
    return loss + 0.1 * np.sum(w ** 2)


def two_layers(W1, b1, W2, x, target):
    h = np.maximum(0, W1 @ x + b1)
    s = W2 @ h
    return np.sum((s - target) ** 2)


def softmax_loss(scores, label):
    shifted = scores - np.max(scores)
    p = np.exp(shifted) / np.sum(np.exp(shifted))
    return -np.log(p[label])


def loop(x, n):
    y = x
    for i in range(n):
        y = y * math.sin(y) + i
    return y


def loop_over_elements(v, a):
    h = 0.0
    loss = 0.0
    for t in range(v.shape[0]):
        h = math.tanh(a * h + v[t])
        loss += (h - 0.5) ** 2
    return loss


def newton(a):
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def branch(x, y):
    z = x * y
    if z > 1:
        z = z ** 2 * x
    else:
        z = z - math.log(y)
    return z * x


def early_return(x):
    if x < 0:
        return x ** 2
    y = math.sin(x)
    if y > 0.5:
        return y * x
    return x ** 3


def broadcast(a, b):
    return np.sum(a * b + a)


def indexed(v):
    return np.sum(v[1:] * v[:-1]) + v[0] ** 2
# fmt: on


V = np.array([1.3, 0.7, -2.0])
M = np.ones((4, 3))
Y = np.ones(4)


def stencil(u, w, steps):
    for _ in range(steps):
        w[1:-1, 1:-1] = 0.25 * (u[1:-1, :-2] + u[1:-1, 2:] + u[2:, 1:-1] + u[:-2, 1:-1])
        u[1:-1, 1:-1] = 0.25 * (w[1:-1, :-2] + w[1:-1, 2:] + w[2:, 1:-1] + w[:-2, 1:-1])
    return np.sum(u * w)


def whitened(x, cov):
    w, v = np.linalg.eigh(cov)
    z = np.einsum("ij,kj,k->ki", x, v.T, 1 / np.sqrt(w))
    return np.sum(z**4) - np.linalg.slogdet(cov)[1]


def nearest_centre(C, X):
    d = np.sum((X[:, None, :] - C[None, :, :]) ** 2, axis=2)
    return np.sum(np.min(d, axis=1))


def mixture(means, log_weights, X):
    total = 0.0
    for x in X:
        d = x - means
        q = log_weights - 0.5 * np.sum(d * d, axis=1)
        m = np.max(q)
        total += m + np.log(np.sum(np.exp(q - m)))
    return total


def checkpointed(u, c, n):
    for t in gradgen.checkpoint(range(n)):
        u = u + c * np.sin(u + t)
    return np.sum(u * u)


GOLDEN = [
    Golden(f, (3.0, -4.0), ("x", "y")),
    Golden(f, (3.0, -4.0), ("x", "y"), jit=True),
    Golden(one_line, (3.0, -4.0), ("x", "y")),
    Golden(circuit, (-2.0, 5.0, -4.0), (0, 1, 2)),
    Golden(logistic_loss, (V, 0.5, M, Y), ("w", "b")),
    Golden(logistic_loss, (V, 0.5, M, Y), ("w", "b"), jit=True),
    Golden(two_layers, (M, Y, np.ones((2, 4)), V, np.ones(2)), ("W1", "b1", "W2")),
    Golden(softmax_loss, (V, 1), 0),
    Golden(loop, (1.3, 5), 0),
    Golden(loop, (1.3, 5), 0, jit=True),
    Golden(loop_over_elements, (V, 0.5), (0, 1)),
    Golden(newton, (2.0,), 0),
    Golden(branch, (1.3, 0.7), (0, 1)),
    Golden(early_return, (1.3,), 0),
    Golden(broadcast, (M, V), (0, 1)),
    Golden(indexed, (V,), 0),
    Golden(stencil, (np.ones((16, 16)), np.ones((16, 16)), 2), (0, 1)),
    Golden(stencil, (np.ones((16, 16)), np.ones((16, 16)), 2), (0, 1), jit=True),
    Golden(nearest_centre, (np.ones((2, 3)), np.ones((4, 3))), 0),
    Golden(nearest_centre, (np.ones((2, 3)), np.ones((4, 3))), 0, jit=True),
    Golden(mixture, (np.ones((2, 3)), np.ones(2), np.ones((4, 3))), (0, 1)),
    Golden(checkpointed, (V, 0.1, 10), (0, 1)),
    Golden(checkpointed, (V, 0.1, 10), (0, 1), jit=True),
    Golden(whitened, (np.ones((4, 3)), np.ones((3, 3))), (0, 1)),
]
