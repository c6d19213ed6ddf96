"""Linear least squares on a table of powers: a polynomial fitted to the sign function."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem

BLOCK = 256


def least_squares(coefficients, t, s):
    powers = t[:, None] ** np.arange(coefficients.size)
    residuals = s - powers @ coefficients
    return 0.5 * np.sum(residuals**2)


@fast
def by_hand(coefficients, t, s):
    """Horner's rule in blocks, then the powers once more, multiplied up: the table is never made."""
    count = coefficients.size
    dcoefficients = np.zeros(count)
    terms = np.empty(BLOCK)
    for start in range(0, t.size, BLOCK):
        block, wanted = t[start : start + BLOCK], s[start : start + BLOCK]
        for i in range(block.size):
            terms[i] = coefficients[count - 1]
        for j in range(count - 2, -1, -1):
            for i in range(block.size):
                terms[i] = terms[i] * block[i] + coefficients[j]
        for i in range(block.size):
            terms[i] -= wanted[i]
        for j in range(count):
            total = 0.0
            for i in range(block.size):
                total += terms[i]
                terms[i] *= block[i]
            dcoefficients[j] += total
    return dcoefficients


def of_size(count, degree=8):
    def make(generator):
        t = np.linspace(-1.0, 1.0, count)
        return generator.normal(size=degree), t, np.sign(t)

    return make


PROBLEM = Problem(
    function=least_squares,
    by_hand=by_hand,
    sizes={"10^2 points": of_size(100), "10^4 points": of_size(10_000), "10^6 points": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
