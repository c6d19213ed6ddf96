"""Known composites that stand as one stage: their value is the user's own text, their derivative the stable short form."""

from __future__ import annotations

from gradgen.rules.symbols import apply, where
from gradgen.rules.table import common, elementwise


@elementwise("sigmoid")
def sigmoid(y, x):
    return (1 - y) * y


@elementwise("softplus")
def softplus(y, x):
    return 1 / (1 + apply("exp", -x))


@elementwise("relu", type=common, cost=1)
def relu(y, x):
    return where(x > 0, 1, 0)
