"""Gauss-Seidel's iteration in place: each element takes up what the one before it has just become."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def seidel(a, steps):
    for _ in range(steps):
        for i in range(1, a.shape[0] - 1):
            for j in range(1, a.shape[1] - 1):
                a[i, j] = 0.2 * (a[i, j] + a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1])
    return np.sum(a * a)


@fast
def by_hand(a, steps):
    """What hangs on the element before it is a recurrence, which waits; all else of a row is done beforehand."""
    rows, columns = a.shape
    a = a.copy()
    for _ in range(steps):
        for i in range(1, rows - 1):
            for j in range(1, columns - 1):
                a[i, j] = 0.2 * (a[i, j] + a[i - 1, j] + a[i + 1, j] + a[i, j + 1])
            before = a[i, 0]
            for j in range(1, columns - 1):
                before = a[i, j] + 0.2 * before
                a[i, j] = before
    for i in range(rows):
        for j in range(columns):
            a[i, j] *= 2.0
    share = np.zeros(columns)
    for _ in range(steps):
        for i in range(rows - 2, 0, -1):
            behind = 0.0
            for j in range(columns - 2, 0, -1):
                behind = 0.2 * (a[i, j] + behind)
                share[j] = behind
            a[i, 0] += share[1]
            for j in range(1, columns - 1):
                a[i - 1, j] += share[j]
                a[i + 1, j] += share[j]
                a[i, j] = share[j] + share[j - 1]
            a[i, columns - 1] += share[columns - 2]
    return a


def by_jax():
    import jax
    import jax.numpy as jnp

    def seidel(a, steps):
        rows = a.shape[0]

        def row(i, a):
            known = 0.2 * (a[i, 1:-1] + a[i - 1, 1:-1] + a[i + 1, 1:-1] + a[i, 2:])

            def element(before, value):
                made = value + 0.2 * before
                return made, made

            return a.at[i, 1:-1].set(jax.lax.scan(element, a[i, 0], known)[1])

        a = jax.lax.fori_loop(0, steps, lambda _, a: jax.lax.fori_loop(1, rows - 1, row, a), a)
        return jnp.sum(a * a)

    return seidel


def of_size(n, steps):
    return lambda generator: (generator.random((n, n)), steps)


PROBLEM = Problem(
    function=seidel,
    by_hand=by_hand,
    sizes={"12^2, 3 steps": of_size(12, 3), "200^2, 20 steps": of_size(200, 20)},
    rewritten={"jax": by_jax},
)
