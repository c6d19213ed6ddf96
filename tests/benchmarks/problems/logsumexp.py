"""log(sum(exp(x))), shifted by the largest element."""

import numpy as np

from tests.benchmarks.expert import exp, fast, largest
from tests.benchmarks.problem import Problem


def logsumexp(x):
    shift = np.max(x)
    return shift + np.log(np.sum(np.exp(x - shift)))


@fast
def by_hand(x):
    """The exponentials are the gradient, but for their sum."""
    shift = largest(x)
    dx = np.empty(x.size)
    total = 0.0
    for i in range(x.size):
        e = exp(x[i] - shift)
        dx[i] = e
        total += e
    share = 1.0 / total
    for i in range(x.size):
        dx[i] *= share
    return dx


def of_size(n):
    return lambda generator: (generator.normal(size=n) * 3,)


PROBLEM = Problem(
    function=logsumexp,
    by_hand=by_hand,
    sizes={"10^2": of_size(100), "10^4": of_size(10_000), "10^6": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
