"""Rows: norms of vectors and matrices."""

import numpy as np

from tests.rules.cases.row import M32, V32, M, T, V, row

_RNG = np.random.default_rng(23)
STACK = _RNG.standard_normal((2, 4, 3))
SMALL = _RNG.standard_normal((3, 3)) + 2 * np.eye(3)
ZERO = np.array([0.0, 0.0])
OPTIONS = {"exact": False, "rtol": 1e-5}

ROWS = [
    *(row(f"np.linalg.norm(x, {order})", V, V32, **OPTIONS) for order in ("1", "-1", "2", "3", "1.5", "-2", "np.inf", "-np.inf")), row("np.linalg.norm(x, 0)", V, constant=True),
    row("np.linalg.norm(x, 3, axis=1)", M, T, **OPTIONS), row("np.linalg.norm(x, 3, axis=0, keepdims=True)", M, M32, **OPTIONS), row("np.linalg.norm(x, np.inf, axis=-1)", M, T, **OPTIONS),
    row("np.linalg.norm(x, ord=3)", ZERO, gradients=(ZERO,)), row("np.linalg.norm(x)", ZERO, gradients=(ZERO,)),
    *(row(f"np.linalg.norm(x, {order})", M, SMALL, **OPTIONS) for order in ("'nuc'", "2", "-2", "'fro'", "1", "-1", "np.inf", "-np.inf")),
    row("np.linalg.norm(x, 'nuc', axis=(0, 2))", T, **OPTIONS), row("np.linalg.norm(x, 2, axis=(2, 1), keepdims=True)", T, **OPTIONS), row("np.linalg.norm(x, 1, axis=(0, 2))", T, **OPTIONS),
    row("np.linalg.norm(x, 1, axis=(2, 0), keepdims=True)", T, **OPTIONS), row("np.linalg.norm(x, axis=(0, 1))", T, **OPTIONS), row("np.linalg.norm(x, 2, keepdims=True)", M, **OPTIONS),
    row("np.linalg.vector_norm(x)", M, T, V, **OPTIONS), row("np.linalg.vector_norm(x, axis=(0, 2), ord=3)", T, **OPTIONS), row("np.linalg.vector_norm(x, ord=3)", M, **OPTIONS),
    row("np.linalg.vector_norm(x, ord=np.inf, axis=(0, 1))", T, **OPTIONS), row("np.linalg.matrix_norm(x)", T, **OPTIONS), row("np.linalg.matrix_norm(x, ord='nuc', keepdims=True)", STACK, **OPTIONS),
]  # fmt: skip
