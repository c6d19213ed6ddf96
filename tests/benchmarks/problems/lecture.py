"""The function of the CS231n notes: a call is all there is to it."""

import math

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem, rebound


def lecture(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f


@fast
def by_hand(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    invden = 1.0 / (sigx + xpy * xpy)
    dden = -(x + sigy) * invden * invden
    dxpy = 2 * xpy * dden
    return dxpy + (1 - sigx) * sigx * dden + invden, dxpy + (1 - sigy) * sigy * invden


def with_tangent():
    """tangent-ad knows NumPy's exp only."""
    return rebound(lecture, {"math": np})


PROBLEM = Problem(
    function=lecture,
    by_hand=by_hand,
    argnums=(0, 1),
    sizes={"2 numbers": lambda generator: (3.0, -4.0)},
    as_is=("jax", "autograd", "mygrad", "torch"),
    rewritten={"tangent": with_tangent},
)
