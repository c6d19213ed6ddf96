"""Random generators with a seed: draws are constants, in the order of the text, whatever reads them."""

import numpy as np

from tests.support.table import program


def noise(rng, x, s):
    return x + rng.normal(0.0, s, len(x))


def draws_of_many_kinds(x, s):
    rng = np.random.default_rng(3)
    a = rng.standard_normal(len(x))
    b = rng.normal(x, s)
    c = rng.uniform(-1.0, s, size=(2, len(x)))
    k = rng.integers(0, 3)
    d = rng.random()
    y = noise(rng, x, s) - rng.normal() * x
    return np.sum(a * x**2 + b**2) + np.sum(c**2) + d * x[k] + np.sum(y**2) + np.sum(rng.exponential(s, 3))


def draws_that_nobody_reads(x):
    rng = np.random.default_rng(7)
    rng.normal(size=3)
    unused = rng.random(2)
    return np.sum(x * rng.normal(size=len(x)))


def draws_against_their_order(x):
    rng = np.random.default_rng(1)
    first = rng.random(len(x))
    second = rng.random(len(x))
    return np.sum(second * x - first * x**2)


def two_names_of_one_generator(x):
    rng = np.random.default_rng(1)
    other = rng
    return x * rng.random() + x**2 * other.random() + x**3 * rng.random()


def seeds_of_each_iteration(x, n):
    total = 0.0
    for i in range(n):
        rng = np.random.default_rng(i)
        total += np.sum(x * rng.normal(size=len(x))) ** 2
    return total


def numpys_own_generator(x):
    np.random.seed(1)
    a = np.random.rand(len(x))
    state = np.random.RandomState(5)
    total = np.sum(a * x) + np.random.randn() * x[0] + np.sum(state.randint(0, 5, size=len(x)) * x**2)
    np.random.seed(2)
    return total + np.random.uniform(1.0, 2.0) * x[1] + state.random_sample() * x[2]


X = np.array([1.3, -0.7, 2.1])
NUMBA = "Numba makes no random generators"

PROGRAMS = [
    program(draws_of_many_kinds, (X, 0.7), pair=True, python_only=NUMBA),
    program(draws_that_nobody_reads, (X,), python_only=NUMBA),
    program(draws_against_their_order, (X,), python_only=NUMBA),
    program(two_names_of_one_generator, (1.3,), python_only=NUMBA),
    program(seeds_of_each_iteration, (X, 3), python_only=NUMBA),
    program(numpys_own_generator, (X,), python_only=NUMBA),
]
