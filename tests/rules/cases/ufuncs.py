"""Rows: the methods of elementwise functions."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, M, T, V, W, row

X = np.array([2.0, -1.0, 0.5, 3.0, -0.7, 1.1, 0.2])
PLACES = np.array([0, 2, 1, 2, 0, 5, 1])
ROWS = [
    row("np.add.outer(x, y)", (V, W), (M, W), (V, 2.0), (1.5, V)), row("np.minimum.outer(x, y)", (V, W)), row("np.multiply.outer(x, y)", (M, W)), row("np.subtract.outer(x, x)", V), row("np.hypot.outer(x, y) + np.less.outer(x, y)", (V, W)),
    row("np.add.reduce(x)", V, M), row("np.add.reduce(x, axis=1, keepdims=True)", M), row("np.add.reduce(x, axis=None)", M), row("np.multiply.reduce(x, 1)", M), row("np.maximum.reduce(x)", M), row("np.minimum.reduce(x, axis=(0, 1))", M), row("np.maximum.reduce(x, initial=0.3)", M), row("np.logical_and.reduce(x > -9.0) * x", M),
    row("np.add.accumulate(x)", V, M), row("np.multiply.accumulate(x, axis=1)", M), row("np.maximum.accumulate(x)", X, M, EMPTY), row("np.minimum.accumulate(x, axis=1)", M, T, FORTRAN), row("np.maximum.accumulate(x)", np.array([1.0,1.0,0.5,2.0,2.0]), gradients=(np.array([3.0,0,0,2.0,0]),)), row("np.maximum.accumulate(i) * x", X, more={"i": PLACES}),
    row("np.logaddexp.reduce(x)", V, M, exact=False), row("np.logaddexp.reduce(x, axis=1)", M, exact=False), row("np.logaddexp.reduce(x, -1, keepdims=True)", 800 * M, exact=False),
]  # fmt: skip
