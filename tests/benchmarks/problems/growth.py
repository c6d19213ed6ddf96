"""Logistic growth of many populations in time; `gradgen.checkpoint` keeps their state at a few times."""

import numpy as np

import gradgen
from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def growth(u, rate, steps):
    for _ in gradgen.checkpoint(range(steps)):
        u = u + rate * u * (1.0 - u)
    return np.sum(u * u)


@fast
def grown(u, rate, out):
    for i in range(u.size):
        out[i] = u[i] + rate * u[i] * (1.0 - u[i])


@fast
def pulled_back(u, rate, gradient):
    """The adjoint of `grown`, in place; gives that of the rate."""
    total = 0.0
    for i in range(u.size):
        total += u[i] * (1.0 - u[i]) * gradient[i]
        gradient[i] += rate * (1.0 - 2.0 * u[i]) * gradient[i]
    return total


@fast
def by_hand(u, rate, steps):
    """The state at the start of each segment is kept, and all states of one segment."""
    length = int(steps**0.5) + 1
    segments = steps // length + 1
    starts, states = np.empty((segments, u.size)), np.empty((length + 1, u.size))
    states[0] = u
    for segment in range(segments):
        count = min(length, steps - segment * length)
        starts[segment] = states[0]
        for t in range(count):
            grown(states[t % 2], rate, states[(t + 1) % 2])
        if count % 2:
            states[0] = states[1]
    gradient, d_rate = 2.0 * states[0], 0.0
    for segment in range(segments - 1, -1, -1):
        count = min(length, steps - segment * length)
        states[0] = starts[segment]
        for t in range(count - 1):
            grown(states[t], rate, states[t + 1])
        for t in range(count - 1, -1, -1):
            d_rate += pulled_back(states[t], rate, gradient)
    return gradient, d_rate


def populations(size, steps):
    return lambda generator: (generator.uniform(0.1, 0.9, size), 1.0 / (steps + 1), steps)


PROBLEM = Problem(
    growth,
    by_hand,
    argnums=(0, 1),
    sizes={
        "10^2 steps of 10^3": populations(1000, 100),
        "10^4 steps of 10^4": populations(10_000, 10_000),
        "10^6 steps of 10^4": populations(10_000, 1_000_000),
    },
)
