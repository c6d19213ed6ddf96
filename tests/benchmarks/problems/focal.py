"""The focal loss of a detector's logits: the cross entropy, with less weight on what is right already."""

import numpy as np

from tests.benchmarks.expert import exp, fast, log
from tests.benchmarks.problem import Problem


def focal(logits, labels, alpha, gamma):
    p = 1.0 / (1.0 + np.exp(-logits))
    right = np.where(labels > 0.5, p, 1.0 - p)
    weight = np.where(labels > 0.5, alpha, 1.0 - alpha)
    return np.mean(-weight * (1.0 - right) ** gamma * np.log(right))


@fast
def by_hand(logits, labels, alpha, gamma):
    """By the logit of being right: its sign is all that the label changes. gamma is 2, so the power is a product."""
    share = 1.0 / logits.size
    dlogits = np.empty(logits.size)
    if gamma == 2.0:
        for i in range(logits.size):
            is_one = labels[i] > 0.5
            weight = alpha if is_one else 1.0 - alpha
            sign = share if is_one else -share
            e = exp(-logits[i] if is_one else logits[i])
            right = 1.0 / (1.0 + e)
            wrong = e * right
            dlogits[i] = sign * weight * wrong * wrong * (2.0 * right * log(right) - wrong)
    else:
        for i in range(logits.size):
            is_one = labels[i] > 0.5
            weight = alpha if is_one else 1.0 - alpha
            sign = share if is_one else -share
            e = exp(-logits[i] if is_one else logits[i])
            right = 1.0 / (1.0 + e)
            wrong = e * right
            dlogits[i] = sign * weight * wrong**gamma * (gamma * right * log(right) - wrong)
    return dlogits


def of_size(n):
    return lambda generator: (generator.normal(size=n) * 2, (generator.random(n) < 0.3) * 1.0, 0.25, 2.0)


PROBLEM = Problem(
    function=focal,
    by_hand=by_hand,
    sizes={"10^2 samples": of_size(100), "10^4 samples": of_size(10_000), "10^6 samples": of_size(1_000_000)},
    as_is=("jax", "autograd", "tangent", "mygrad", "torch"),
)
