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
def stage(x, base, h, forcing, slope, after):
    """The slope at `x`, and `after = base + h * slope`. Neighbours are views: no place counts from the end."""
    n = x.size - 4
    ahead, far, behind, own = x[3:], x[: n + 1], x[1:], x[2:]
    start, to, then = base[2:], slope[2:], after[2:]
    for i in range(n):
        made = (ahead[i] - far[i]) * behind[i] - own[i] + forcing
        to[i] = made
        then[i] = start[i] + h * made
    closed(after)


@fast
def last_stage(x, base, h, forcing, k1, k2, k3, after):
    n = x.size - 4
    ahead, far, behind, own = x[3:], x[: n + 1], x[1:], x[2:]
    start, a, b, c, then = base[2:], k1[2:], k2[2:], k3[2:], after[2:]
    for i in range(n):
        made = (ahead[i] - far[i]) * behind[i] - own[i] + forcing
        then[i] = start[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + made)
    closed(after)


@fast
def pulled(x, pull, gradient, a, pulls, b, then):
    """Adds to `gradient` the transposed Jacobian of the slope at `x`, times `pull`; `then = a * pulls + b * that`, and
    its sum."""
    n = x.size - 4
    closed(pull)
    far, behind, ahead, over = x[: n + 1], x[1:], x[3:], x[4:]
    before, own, after, beyond = pull[1:], pull[2:], pull[3:], pull[4:]
    sums, given, to = gradient[2:], pulls[2:], then[2:]
    total = 0.0
    for i in range(n):
        made = before[i] * far[i] - beyond[i] * ahead[i] + after[i] * (over[i] - behind[i]) - own[i]
        sums[i] += made
        value = a * given[i] + b * made
        to[i] = value
        total += value
    return total


@fast
def by_hand(x, forcing, steps):
    """A state a step is kept, and its stages are computed again."""
    n, h = x.size, STEP
    states = np.empty((steps + 1, n + 4))
    x2, x3, x4 = np.empty(n + 4), np.empty(n + 4), np.empty(n + 4)
    k1, k2, k3 = np.empty(n + 4), np.empty(n + 4), np.empty(n + 4)
    first = states[0]
    for i in range(n):
        first[i + 2] = x[i]
    closed(first)
    for t in range(steps):
        x1 = states[t]
        stage(x1, x1, 0.5 * h, forcing, k1, x2)
        stage(x2, x1, 0.5 * h, forcing, k2, x3)
        stage(x3, x1, h, forcing, k3, x4)
        last_stage(x4, x1, h, forcing, k1, k2, k3, states[t + 1])
    dx, pull, other, dafter = np.empty(n + 4), np.empty(n + 4), np.empty(n + 4), np.empty(n + 4)
    dforcing = 0.0
    last = states[steps]
    for i in range(2, n + 2):
        dx[i] = 2.0 * last[i]
    for t in range(steps - 1, -1, -1):
        x1 = states[t]
        stage(x1, x1, 0.5 * h, forcing, k1, x2)
        stage(x2, x1, 0.5 * h, forcing, k1, x3)
        stage(x3, x1, h, forcing, k1, x4)
        total = 0.0
        for i in range(2, n + 2):
            dafter[i] = dx[i]
            pull[i] = h / 6.0 * dx[i]
            total += pull[i]
        dforcing += total
        dforcing += pulled(x4, pull, dx, h / 3.0, dafter, h, other)
        dforcing += pulled(x3, other, dx, h / 3.0, dafter, 0.5 * h, pull)
        dforcing += pulled(x2, pull, dx, h / 6.0, dafter, 0.5 * h, other)
        pulled(x1, other, dx, 0.0, dafter, 0.0, pull)
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
