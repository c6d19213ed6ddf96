"""Lorenz' model of a circle of weather, in time by Runge and Kutta's fourth-order method."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem

STEP = 0.01


def slope(x, forcing):
    return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + forcing


def weather(x, forcing, steps):
    for _ in range(steps):
        k1 = slope(x, forcing)
        k2 = slope(x + 0.5 * STEP * k1, forcing)
        k3 = slope(x + 0.5 * STEP * k2, forcing)
        k4 = slope(x + STEP * k3, forcing)
        x = x + STEP / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(x * x)


@fast
def closed(x):
    """Two places more at either end make a circle of a row, so that no place is a case of its own."""
    n = x.size - 4
    x[0], x[1], x[n + 2], x[n + 3] = x[n], x[n + 1], x[2], x[3]


@fast
def stage(x, base, before, h, forcing, out):
    """`x = base + h * before`, and the slope there."""
    n = x.size - 4
    for i in range(2, n + 2):
        x[i] = base[i] + h * before[i]
    closed(x)
    for i in range(2, n + 2):
        out[i] = (x[i + 1] - x[i - 2]) * x[i - 1] - x[i] + forcing


@fast
def pulled(x, pull, gradient, out):
    """`out`, and what it adds to `gradient`: the transposed Jacobian of the slope at `x`, times `pull`."""
    n = x.size - 4
    closed(pull)
    for i in range(2, n + 2):
        made = pull[i - 1] * x[i - 2] - pull[i + 2] * x[i + 1] + pull[i + 1] * (x[i + 2] - x[i - 1]) - pull[i]
        out[i] = made
        gradient[i] += made


@fast
def by_hand(x, forcing, steps):
    """A state a step is kept, and its stages are computed again."""
    n, h = x.size, STEP
    states = np.empty((steps + 1, n + 4))
    x1, x2, x3, x4 = np.empty(n + 4), np.empty(n + 4), np.empty(n + 4), np.empty(n + 4)
    k1, k2, k3, k4 = np.empty(n + 4), np.empty(n + 4), np.empty(n + 4), np.empty(n + 4)
    nothing = np.zeros(n + 4)
    for i in range(n):
        states[0, i + 2] = x[i]
    for t in range(steps):
        stage(x1, states[t], nothing, 0.0, forcing, k1)
        stage(x2, x1, k1, 0.5 * h, forcing, k2)
        stage(x3, x1, k2, 0.5 * h, forcing, k3)
        stage(x4, x1, k3, h, forcing, k4)
        after = states[t + 1]
        for i in range(2, n + 2):
            after[i] = x1[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    dx, pull, made = np.empty(n + 4), np.empty(n + 4), np.empty(n + 4)
    dforcing = 0.0
    last = states[steps]
    for i in range(2, n + 2):
        dx[i] = 2.0 * last[i]
    for t in range(steps - 1, -1, -1):
        stage(x1, states[t], nothing, 0.0, forcing, k1)
        stage(x2, x1, k1, 0.5 * h, forcing, k2)
        stage(x3, x1, k2, 0.5 * h, forcing, k3)
        for i in range(2, n + 2):
            x4[i] = x1[i] + h * k3[i]
        closed(x4)
        total = 0.0
        for i in range(2, n + 2):
            k1[i] = dx[i]
            pull[i] = h / 6.0 * dx[i]
            total += pull[i]
        pulled(x4, pull, dx, made)
        for i in range(2, n + 2):
            pull[i] = h / 3.0 * k1[i] + h * made[i]
            total += pull[i]
        pulled(x3, pull, dx, made)
        for i in range(2, n + 2):
            pull[i] = h / 3.0 * k1[i] + 0.5 * h * made[i]
            total += pull[i]
        pulled(x2, pull, dx, made)
        for i in range(2, n + 2):
            pull[i] = h / 6.0 * k1[i] + 0.5 * h * made[i]
            total += pull[i]
        pulled(x1, pull, dx, made)
        dforcing += total
    return dx[2 : n + 2], dforcing


def by_jax():
    import jax
    import jax.numpy as jnp

    def slope(x, forcing):
        return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + forcing

    def weather(x, forcing, steps):
        def step(_, x):
            k1 = slope(x, forcing)
            k2 = slope(x + 0.5 * STEP * k1, forcing)
            k3 = slope(x + 0.5 * STEP * k2, forcing)
            k4 = slope(x + STEP * k3, forcing)
            return x + STEP / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)

        return jnp.sum(jax.lax.fori_loop(0, steps, step, x) ** 2)

    return weather


def of_size(n, steps):
    return lambda generator: (8.0 + generator.normal(size=n), 8.0, steps)


PROBLEM = Problem(
    function=weather,
    by_hand=by_hand,
    argnums=(0, 1),
    sizes={"20, 5 steps": of_size(20, 5), "40, 1000 steps": of_size(40, 1000), "10^5, 20 steps": of_size(100_000, 20)},
    as_is=("autograd",),
    rewritten={"jax": by_jax},
)
