"""Rows: products of vectors and matrices."""

import numpy as np

from tests.rules.cases.row import FORTRAN, M32, V32, F, M, N, S, T, V, W, normal, row

A, B, K = normal(3, 4), normal(4, 2), normal(4)
STACK, OTHER, BATCH = normal(2, 3, 4), normal(2, 4, 5), normal(5, 1, 4, 2)
PRODUCTS = [(A, B), (A, K), (K, B), (K, K[::-1].copy()), (STACK, OTHER), (STACK, B), (A, OTHER), (STACK, K), (K, OTHER), (STACK, BATCH),
            (normal(1, 3, 4), OTHER), (np.zeros((3, 0)), np.zeros((0, 2))), (FORTRAN, B)]  # fmt: skip
ROWS = [
    row("x @ y", *PRODUCTS), row("np.matmul(x, y)", *PRODUCTS[:5]), row("np.dot(x, y)", *PRODUCTS[:4], (A, OTHER), (STACK, B), (STACK, OTHER), (F, V), (V, S), exact=False),
    row("x.dot(y)", *PRODUCTS[:4]), row("np.outer(x, y)", (V, K), (M, K)), row("np.inner(x, y)", (V, W), (M, N), (M, V), (V, M), (F, V), (M, T), exact=False),
    row("np.vdot(x, y)", (V, W), (M, N)), row("np.trace(x)", M, normal(3, 3)), row("x.trace()", M), row("x @ x", normal(3, 3)),
    row("np.diag(x)", V, M, normal(3, 3)), row("np.diag(x, 1)", V, M), row("np.diag(x, k=-1)", V, M), row("np.diagonal(x)", M, T), row("np.trace(x, 1)", M),
    row("np.tril(x)", M, T), row("np.triu(x, 1)", M), row("np.kron(x, y)", (A, B), (V, W), (A, V)), row("np.tensordot(x, y, 1)", (A, B), (STACK, B)),
    row("np.tensordot(x, y)", (A, N)), row("np.tensordot(x, y, axes=((0, 2), (1, 0)))", (STACK, normal(4, 2))), row("np.tensordot(x, y, axes=([1], [0]))", (A, OTHER[0])),
    row("x @ y", (V32, W.astype(np.float32)), (M32, V)), row("x.T @ x", M), row("x @ y @ x", (normal(3), normal(3, 3))),
    row("np.tensordot(x, y, 0)", (V, W[:2]), (M, V)), row("np.tensordot(x, y, axes=0)", (1.5, V), (V, S)), row("np.tensordot(x, y, (0, 1))", (A, normal(2, 3)), exact=False), row("np.tensordot(x, y, 2)", (normal(3, 4, 5), normal(4, 5, 2)), exact=False),
    row("np.tensordot(x, y, ((0, 1, 2), (1, 2, 0)))", (STACK, normal(4, 2, 3)), exact=False), row("np.tensordot(x, y, axes=((2, 0), (0, 2)))", (STACK, normal(4, 5, 2)), exact=False), row("np.linalg.tensordot(x, y, axes=1)", (A, B)),
    row("np.cross(x, y)", (normal(3), normal(3)), (normal(4, 3), normal(4, 3)), (normal(4, 3), normal(3)), (normal(1, 3), normal(4, 3)), (normal(2, 1, 3), normal(4, 3)), (normal(3), normal(1, 3)), exact=False),
    row("np.cross(x, y, axis=0)", (normal(3, 4), normal(3, 4)), exact=False), row("np.cross(x, y, axisa=0, axisc=0)", (normal(3, 4), normal(4, 3)), exact=False), row("np.linalg.cross(x, y)", (normal(4, 3), normal(4, 3)), exact=False),
    row("np.cross(np.stack((x, y, x * y)), np.stack((y, x, x)))", (1.5, 0.5), exact=False),
    row("np.linalg.multi_dot((x, y, x))", (A, A.T.copy()), exact=False), row("np.linalg.multi_dot([x, y, z])", (normal(3), A, V), (A, A.T.copy(), normal(3)), exact=False), row("np.vecdot(x, y)", (V, W), (M, N), (M, V), exact=False), row("np.linalg.vecdot(x, y, axis=0)", (M, N), exact=False),
    row("np.linalg.outer(x, y)", (V, K)), row("np.linalg.matmul(x, y)", (A, B)), row("np.linalg.diagonal(x)", T, M), row("np.linalg.trace(x)", normal(2, 3, 3), M), row("np.linalg.diagonal(x, offset=1)", T), row("np.linalg.matrix_transpose(x)", T),
    row("np.diagflat(x)", M, V), row("np.diagflat(x, 1)", V), row("np.diagonal(x, 1, 2, 0)", T), row("x.diagonal(-1)", M), row("np.diagonal(x, axis1=1, axis2=2)", T), row("np.trace(x, axis1=1, axis2=2)", T), row("np.tril(x)", V), row("np.triu(x, -1)", M, T), row("np.diag(x, 5)", M),
    row("np.kron(x, y)", (normal(2, 2), normal(3)), (normal(2, 2, 2), normal(2, 3))), row("np.inner(x, y)", (STACK, V), (M, V), exact=False), row("np.diag(np.diag(x))", normal(3, 3)),
    row("np.matvec(x, y)", (STACK, normal(2, 4)), (A, K), (A, normal(5, 4)), (STACK, K), exact=False), row("np.vecmat(x, y)", (normal(2, 3), STACK), (V[:3], A), (normal(5, 3), A), exact=False),
]  # fmt: skip
