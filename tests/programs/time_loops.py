"""Steps in time: what a step makes is made again in backward from the state that it began with, or saved.

It is made again where that takes few operations, so most of these have no exponentials.
"""

import numpy as np

from tests.support.table import program

_RNG = np.random.default_rng(11)
V = np.array([0.7, -0.4, 1.2, 0.9])
M = _RNG.uniform(0.2, 0.9, (3, 4))
LONG = _RNG.uniform(0.2, 0.9, 18)


def runge_kutta(p, x, n):
    for _ in range(n):
        k1 = p * np.sin(x)
        k2 = p * np.sin(x + 0.05 * k1)
        k3 = p * np.cos(x + 0.1 * k2)
        x = x + 0.1 / 6 * (k1 + 4 * k2 + k3)
    return np.sum(x * x)


def time_is_carried(p, x, n):
    t = 0.0
    for _ in range(n):
        a = np.square(x * t)
        b = np.reciprocal(2.0 + a * p)
        c = np.reciprocal(1.5 + b * x)
        x = a * b + c
        t += 0.1
    return np.sum(x) * t


def step_by_index(p, x, n):
    for t in range(n):
        a = np.square(x * t)
        b = np.reciprocal(2.0 + a * p * x[t])
        c = np.reciprocal(1.5 + b * x)
        x = a * b + c
    return np.sum(x * x)


def two_buffers(p, u, n):
    v = np.zeros_like(u)
    for _ in range(n):
        for i in range(1, len(u) - 1):
            a = np.square(u[i - 1] * u[i])
            b = np.reciprocal(2.0 + a * p * u[i + 1])
            v[i] = a * b
        u, v = v, u
    return np.sum(u * u) + np.sum(v)


def in_place(p, u, n):
    for _ in range(n):
        a = np.square(u[1:] * u[:-1])
        b = np.reciprocal(2.0 + a * p)
        u[1:] = a * b * u[:-1]
        u *= np.reciprocal(1.5 + u)
    return np.sum(u * u)


def swept_in_place(p, u, n):
    for _ in range(n):
        for i in range(1, len(u) - 1):
            a = np.square(u[i - 1] * u[i])
            b = np.reciprocal(2.0 + a * p * u[i + 1])
            u[i] = a * b + np.reciprocal(1.5 + a * u[i])
    return np.sum(u * u)


def step_with_a_branch(p, u, n):
    for t in range(n):
        a = np.square(u * p)
        if a[0] > 0.3:
            b = np.reciprocal(2.0 + a * u)
            u = b * a
        else:
            u = np.reciprocal(1.5 + a) * a * u + t
    return np.sum(u * u)


def step_with_a_while(p, u, n):
    for _ in range(n):
        a = np.square(u * p)
        while np.sum(a) < 5.0:
            a = a * a + 0.6
        u = np.reciprocal(1.5 + a) * a * u
    return np.sum(u * u)


def state_before_is_kept(p, u, n):
    total = 0.0
    last = u
    for _ in range(n):
        a = np.square(u * p)
        b = np.reciprocal(2.0 + a * u)
        last = u
        u = a * b
        total += np.sum(u * last)
    return total + np.sum(last)


def nested_in_time(p, u, n):
    for _ in range(n):
        w = u * u
        for _ in range(3):
            a = np.square(w * p)
            b = np.reciprocal(2.0 + a * u)
            w = a * b * w + u
        u = np.reciprocal(1.5 + w) * w
    return np.sum(u * u)


def rows_in_time(p, m, n):
    for _ in range(n):
        for i in range(1, len(m)):
            a = np.square(m[i] * p)
            b = np.reciprocal(2.0 + a * m[i - 1])
            m[i] = a * b * m[i]
    return np.sum(m * m)


def history(p, u, n):
    kept = np.zeros((n + 1, len(u)))
    kept[0] = u
    for t in range(n):
        a = np.square(kept[t] * p)
        b = np.reciprocal(2.0 + a * kept[t])
        kept[t + 1] = np.reciprocal(1.5 + a * b)
    return np.sum(kept * kept)


def shrinking(p, u, n):
    for _ in range(n):
        a = np.square(u[1:] * p)
        b = np.reciprocal(2.0 + a * u[:-1])
        u = a * b * np.reciprocal(1.5 + a)
    return np.sum(u * u)


def until_it_stays(p, u, n):
    """Steps of loops that end by a test: the first run again, from a state that each has kept; the others do not."""
    change = 1.0
    while change > 0.3:
        a = np.square(u * p)
        b = np.reciprocal(2.0 + a * u)
        moved = a * b * np.reciprocal(1.5 + a)
        change = np.max(np.abs(moved - u))
        u = moved
    for _ in range(n):
        a = np.square(u - p)
        b = np.reciprocal(2.0 + a * u)
        u = u + a * b * np.reciprocal(1.5 + a)
        if np.sum(u) > 1.0:
            break
        u = 1.1 * u
    return np.sum(u * u)


PROGRAMS = [
    program(runge_kutta, (0.6, V, 4), (0.6, V, 0), (0.6, LONG, 3), argnums=(0, 1)),
    program(time_is_carried, (0.6, V, 4), argnums=(0, 1)),
    program(step_by_index, (0.6, V, 3), argnums=(0, 1)),
    program(two_buffers, (0.6, V, 3), (0.6, LONG, 2), (0.6, V, 0), argnums=(0, 1)),
    program(in_place, (0.6, V, 3), (0.6, LONG, 2), argnums=(0, 1)),
    program(swept_in_place, (0.6, V, 3), (0.6, LONG, 2), argnums=(0, 1)),
    program(step_with_a_branch, (0.6, V, 4), argnums=(0, 1)),
    program(step_with_a_while, (0.6, V, 3), argnums=(0, 1)),
    program(state_before_is_kept, (0.6, V, 3), (0.6, V, 0), argnums=(0, 1)),
    program(nested_in_time, (0.6, V, 3), argnums=(0, 1)),
    program(rows_in_time, (0.6, M, 3), argnums=(0, 1)),
    program(history, (0.6, V, 3), argnums=(0, 1)),
    program(until_it_stays, (0.6, V, 4), (0.6, 9.0 * V, 40), (0.6, 0.01 * V, 0), argnums=(0, 1)),
    program(shrinking, (0.6, LONG, 3), argnums=(0, 1)),
]
