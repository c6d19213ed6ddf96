"""Rows: products of vectors and matrices."""

import numpy as np

from tests.rules.cases.row import FORTRAN, M32, V32, F, M, N, S, T, V, W, normal, row

A, B, K = normal(3, 4), normal(4, 2), normal(4)
STACK, OTHER, BATCH = normal(2, 3, 4), normal(2, 4, 5), normal(5, 1, 4, 2)
PRODUCTS = [(A, B), (A, K), (K, B), (K, K[::-1].copy()), (STACK, OTHER), (STACK, B), (A, OTHER), (STACK, K), (K, OTHER), (STACK, BATCH),
            (normal(1, 3, 4), OTHER), (np.zeros((3, 0)), np.zeros((0, 2))), (FORTRAN, B)]  # fmt: skip
ROWS = [
    row("x @ y", *PRODUCTS), row("np.matmul(x, y)", *PRODUCTS[:5]), row("np.dot(x, y)", *PRODUCTS[:4], (A, OTHER), (STACK, B), (STACK, OTHER), (F, V), (V, S), exact=False),
    row("x.dot(y)", *PRODUCTS[:4]), row("np.outer(x, y)", (V, K), (M, K)), row("np.inner(x, y)", (V, W), (M, N), (M, V), (V, M), (F, V), (M, T)),
    row("np.vdot(x, y)", (V, W), (M, N)), row("np.trace(x)", M, normal(3, 3)), row("x.trace()", M), row("x @ x", normal(3, 3)),
    row("np.diag(x)", V, M, normal(3, 3)), row("np.diag(x, 1)", V, M), row("np.diag(x, k=-1)", V, M), row("np.diagonal(x)", M, T), row("np.trace(x, 1)", M),
    row("np.tril(x)", M, T), row("np.triu(x, 1)", M), row("np.kron(x, y)", (A, B), (V, W), (A, V)), row("np.tensordot(x, y, 1)", (A, B), (STACK, B)),
    row("np.tensordot(x, y)", (A, N)), row("np.tensordot(x, y, axes=((0, 2), (1, 0)))", (STACK, normal(4, 2))), row("np.tensordot(x, y, axes=([1], [0]))", (A, OTHER[0])),
    row("x @ y", (V32, W.astype(np.float32)), (M32, V)), row("x.T @ x", M), row("x @ y @ x", (normal(3), normal(3, 3))),
]  # fmt: skip
