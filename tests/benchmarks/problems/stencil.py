"""A stencil in time that changes its arrays in place: Jacobi's iteration on a square."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def jacobi(a, b, steps):
    for _ in range(steps):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = 0.2 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])
    return np.sum(a * a)


@fast
def averaged(source, target):
    for i in range(1, source.shape[0] - 1):
        for j in range(1, source.shape[1] - 1):
            near = source[i, j - 1] + source[i, j + 1] + source[i + 1, j] + source[i - 1, j]
            target[i, j] = 0.2 * (source[i, j] + near)


@fast
def gathered(pulls, share, gradient):
    """The adjoint of `averaged`: each place takes what the places that it went into give back, which lose it.

    The edges of `share` stay 0, so that the places beside them need no case of their own.
    """
    rows, columns = pulls.shape
    for i in range(1, rows - 1):
        for j in range(1, columns - 1):
            share[i, j] = 0.2 * pulls[i, j]
            pulls[i, j] = 0.0
    for i in range(1, rows - 1):
        gradient[i, 0] += share[i, 1]
        gradient[i, columns - 1] += share[i, columns - 2]
        for j in range(1, columns - 1):
            near = share[i, j - 1] + share[i, j + 1] + share[i + 1, j] + share[i - 1, j]
            gradient[i, j] += share[i, j] + near
    for j in range(1, columns - 1):
        gradient[0, j] += share[1, j]
        gradient[rows - 1, j] += share[rows - 2, j]


@fast
def by_hand(a, b, steps):
    """The iteration is linear: only its end is kept."""
    a, b = a.copy(), b.copy()
    for _ in range(steps):
        averaged(a, b)
        averaged(b, a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            a[i, j] *= 2.0
    db, share = np.zeros(b.shape), np.zeros(a.shape)
    for _ in range(steps):
        gathered(a, share, db)
        gathered(db, share, a)
    return a, db


def by_jax():
    import jax
    import jax.numpy as jnp

    def step(_, state):
        a, b = state
        middle = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        b = b.at[1:-1, 1:-1].set(middle)
        middle = 0.2 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])
        return a.at[1:-1, 1:-1].set(middle), b

    def jacobi(a, b, steps):
        a, b = jax.lax.fori_loop(0, steps, step, (a, b))
        return jnp.sum(a * a)

    return jacobi


def of_size(n, steps):
    return lambda generator: (generator.random((n, n)), generator.random((n, n)), steps)


PROBLEM = Problem(
    function=jacobi,
    by_hand=by_hand,
    argnums=(0, 1),
    sizes={"20^2, 5 steps": of_size(20, 5), "300^2, 30 steps": of_size(300, 30)},
    rewritten={"jax": by_jax},
)
