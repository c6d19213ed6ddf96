"""Linear least squares on a table of powers: a polynomial fitted to the sign function."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem

DEGREE = 8


def least_squares(coefficients, t, s):
    powers = t[:, None] ** np.arange(coefficients.size)
    residuals = s - powers @ coefficients
    return 0.5 * np.sum(residuals**2)


@fast
def by_hand(coefficients, t, s):
    """Written out for eight powers: one pass, points side by side in vectors, and sums that lie in registers."""
    c = coefficients
    d0 = d1 = d2 = d3 = d4 = d5 = d6 = d7 = 0.0
    for i in range(t.size):
        t1 = t[i]
        t2, t3 = t1 * t1, t1 * t1 * t1
        t4, t5, t6, t7 = t2 * t2, t2 * t3, t3 * t3, t2 * t2 * t3
        residual = c[0] - s[i] + c[1] * t1 + c[2] * t2 + c[3] * t3 + c[4] * t4 + c[5] * t5 + c[6] * t6 + c[7] * t7
        d0 += residual
        d1 += residual * t1
        d2 += residual * t2
        d3 += residual * t3
        d4 += residual * t4
        d5 += residual * t5
        d6 += residual * t6
        d7 += residual * t7
    made = np.empty(DEGREE)
    made[0], made[1], made[2], made[3], made[4], made[5], made[6], made[7] = d0, d1, d2, d3, d4, d5, d6, d7
    return made


def of_size(count):
    def make(generator):
        t = np.linspace(-1.0, 1.0, count)
        return generator.normal(size=DEGREE), t, np.sign(t)

    return make


PROBLEM = Problem(
    function=least_squares,
    by_hand=by_hand,
    sizes={"10^2 points": of_size(100), "10^4 points": of_size(10_000), "10^6 points": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
