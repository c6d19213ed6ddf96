"""A triangular factor in place, and a triangular solve with it: the log-density of a normal distribution."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem


def log_density(a, x):
    n = a.shape[0]
    for i in range(n):
        for j in range(i):
            a[i, j] = (a[i, j] - a[i, :j] @ a[j, :j]) / a[j, j]
        a[i, i] = np.sqrt(a[i, i] - a[i, :i] @ a[i, :i])
        x[i] = (x[i] - a[i, :i] @ x[:i]) / a[i, i]
    return -0.5 * np.sum(x * x) - np.sum(np.log(np.diag(a)))


@fast
def by_hand(a, x):
    """Only the factor and the solution are kept. Rows are read and added to in their order in memory."""
    n = x.size
    a, x = a.copy(), x.copy()
    for i in range(n):
        for j in range(i):
            total = 0.0
            for k in range(j):
                total += a[i, k] * a[j, k]
            a[i, j] = (a[i, j] - total) / a[j, j]
        squares, total = 0.0, 0.0
        for k in range(i):
            squares += a[i, k] * a[i, k]
            total += a[i, k] * x[k]
        a[i, i] = np.sqrt(a[i, i] - squares)
        x[i] = (x[i] - total) / a[i, i]
    da, dx = np.zeros((n, n)), np.empty(n)
    for i in range(n):
        dx[i] = -x[i]
    for i in range(n - 1, -1, -1):
        pivot = a[i, i]
        pull = dx[i] / pivot
        dx[i] = pull
        dpivot = 0.5 * (da[i, i] - pull * x[i] - 1.0 / pivot) / pivot
        da[i, i] = dpivot
        for k in range(i):
            dx[k] -= pull * a[i, k]
            da[i, k] -= pull * x[k] + 2.0 * dpivot * a[i, k]
        for j in range(i - 1, -1, -1):
            share = da[i, j] / a[j, j]
            da[i, j] = share
            da[j, j] -= share * a[i, j]
            for k in range(j):
                da[i, k] -= share * a[j, k]
                da[j, k] -= share * a[i, k]
    return da, dx


def by_jax():
    import jax
    import jax.numpy as jnp

    def log_density(a, x):
        """JAX's user would not write the loops, but call LAPACK. It takes the lower triangle as that of a symmetric
        matrix, so that the gradient is spread over both."""
        lower = jnp.tril(a)
        factor = jnp.linalg.cholesky(lower + jnp.tril(a, -1).T, symmetrize_input=False)
        solved = jax.scipy.linalg.solve_triangular(factor, x, lower=True)
        return -0.5 * jnp.sum(solved**2) - jnp.sum(jnp.log(jnp.diag(factor)))

    return log_density


def of_size(n):
    def make(generator):
        factor = generator.normal(size=(n, n))
        return factor @ factor.T + n * np.eye(n), generator.normal(size=n)

    return make


PROBLEM = Problem(
    function=log_density,
    by_hand=by_hand,
    argnums=(0, 1),
    sizes={"8^2": of_size(8), "40^2": of_size(40), "300^2": of_size(300)},
    rewritten={"jax": by_jax},
)
