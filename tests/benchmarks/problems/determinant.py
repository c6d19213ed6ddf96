"""The determinant by expansion into minors: those of the last rows, for every set of columns."""

import functools

import numpy as np

from tests.benchmarks.expert import fast, trailing_zeros
from tests.benchmarks.problem import Problem


def determinant(a):
    n = a.shape[0]
    minors = np.zeros(2**n)
    minors[0] = 1.0
    for columns in range(1, 2**n):
        row = n
        for j in range(n):
            row -= (columns >> j) & 1
        sign = 1.0
        total = 0.0
        for j in range(n):
            if (columns >> j) & 1:
                total += sign * a[row, j] * minors[columns - (1 << j)]
                sign = -sign
        minors[columns] = total
    return minors[2**n - 1]


@fast
def by_hand(a):
    """The minors, then their adjoints. Of a set's bits only those that are in it are visited."""
    n = a.shape[0]
    count = 1 << n
    minors, rows = np.empty(count), np.empty(count, np.int64)
    minors[0], rows[0] = 1.0, n
    for columns in range(1, count):
        row = rows[columns & (columns - 1)] - 1
        rows[columns] = row
        sign, total, left = 1.0, 0.0, columns
        while left != 0:
            j = trailing_zeros(left)
            left &= left - 1
            total += sign * a[row, j] * minors[columns ^ (1 << j)]
            sign = -sign
        minors[columns] = total
    dminors = np.zeros(count)
    da = np.zeros((n, n))
    dminors[count - 1] = 1.0
    for columns in range(count - 1, 0, -1):
        row = rows[columns]
        signed, left = dminors[columns], columns
        while left != 0:
            j = trailing_zeros(left)
            left &= left - 1
            others = columns ^ (1 << j)
            dminors[others] += signed * a[row, j]
            da[row, j] += signed * minors[others]
            signed = -signed
    return da


def of_size(n):
    return lambda generator: (generator.normal(size=(n, n)),)


@functools.cache
def tables(n):
    """For each number of columns: of all sets of so many, the columns, the sets without one of them, and the signs."""
    sets = [[c for c in range(2**n) if c.bit_count() == size] for size in range(n + 1)]
    places = {columns: place for level in sets for place, columns in enumerate(level)}
    found = []
    for size in range(1, n + 1):
        chosen = [[j for j in range(n) if (columns >> j) & 1] for columns in sets[size]]
        others = [[places[c - (1 << j)] for j in row] for c, row in zip(sets[size], chosen, strict=True)]
        found.append((np.array(chosen), np.array(others), np.array([(-1.0) ** k for k in range(size)])))
    return found


def by_levels(peer):
    """For peers that do not see stores: all minors of a size at once."""

    def value(a):
        n = a.shape[0]
        minors = peer.ones(1)
        for size, (chosen, others, signs) in enumerate(tables(n), 1):
            minors = peer.sum(signs * a[n - size][chosen] * minors[others], axis=1)
        return minors[0]

    return value


def with_jax():
    import jax.numpy

    return by_levels(jax.numpy)


def with_autograd():
    import autograd.numpy

    return by_levels(autograd.numpy)


PROBLEM = Problem(
    function=determinant,
    by_hand=by_hand,
    sizes={"5 x 5": of_size(5), "8 x 8": of_size(8), "12 x 12": of_size(12)},
    rewritten={"jax": with_jax, "autograd": with_autograd},
)
