"""Rows: linear systems, inverses, determinants, decompositions, of matrices and of stacks of them."""

import numpy as np

from tests.rules.cases.row import M32, row

_RNG = np.random.default_rng(19)


def normal(*shape: int) -> np.ndarray:
    return _RNG.standard_normal(shape)


def definite(*shape: int) -> np.ndarray:
    """Symmetric, with eigenvalues apart from one another and from 0."""
    n = shape[-1]
    q, _ = np.linalg.qr(normal(*shape))
    return (q * np.linspace(1.0, 3.0, n)) @ np.swapaxes(q, -1, -2)


def apart(*shape: int) -> np.ndarray:
    """With singular values apart from one another and from 0."""
    u, s, vt = np.linalg.svd(normal(*shape), full_matrices=False)
    return (u * np.linspace(3.0, 1.0, s.shape[-1])) @ vt


A, STACK, MANY = normal(3, 3) + 2 * np.eye(3), normal(2, 3, 3) + 2 * np.eye(3), normal(2, 1, 3, 3) + 2 * np.eye(3)
SQUARE = (A, normal(1, 1) + 2, np.asfortranarray(normal(4, 4) + 2 * np.eye(4)), STACK, MANY)
SYMMETRIC = (definite(3, 3), definite(4, 4) + np.triu(normal(4, 4), 1), definite(2, 3, 3), np.array([[2.5]]))
TALL, WIDE, TALL_STACK = apart(4, 3), apart(2, 3), apart(2, 4, 3)
SHAPES = (TALL, WIDE, apart(3, 3), TALL_STACK, np.array([[1.5], [0.5]]))
SINGLE = (definite(3, 3).astype(np.float32),)
OPTIONS = {"exact": False, "rtol": 1e-5}

HERMITIAN = definite(3, 3) + 0.3j * (np.tri(3, k=-1) - np.tri(3, k=-1).T)
HERMITIAN_STACK = definite(2, 3, 3) + 0.3j * (np.tri(3, k=-1) - np.tri(3, k=-1).T)
COMPLEX, COMPLEX_STACK = A + 1j * normal(3, 3), STACK + 1j * normal(2, 3, 3)

ROWS = [
    # of complex matrices; of what has a phase that NumPy chooses, only what does not depend on it
    row("np.linalg.cholesky(x)", HERMITIAN, HERMITIAN_STACK, **OPTIONS), row("np.linalg.cholesky(x, upper=True)", HERMITIAN, **OPTIONS), row("np.linalg.eigvalsh(x)", HERMITIAN, HERMITIAN_STACK, **OPTIONS),
    row("np.linalg.eigvalsh(x, 'U')", HERMITIAN, **OPTIONS), row("np.abs(np.linalg.eigh(x)[1]) ** 2", HERMITIAN, HERMITIAN_STACK, **OPTIONS), row("np.linalg.svdvals(x)", COMPLEX, COMPLEX[:2], second=False, **OPTIONS),
    row("np.linalg.norm(x, 'nuc')", COMPLEX, second=False, **OPTIONS), row("np.linalg.slogdet(x)[1]", COMPLEX, COMPLEX_STACK, **OPTIONS), row("np.linalg.slogdet(x)[0]", COMPLEX, COMPLEX_STACK, **OPTIONS),
    row("np.linalg.pinv(x)", COMPLEX, COMPLEX[:2], COMPLEX[:, :2], **OPTIONS), row("np.sum(np.linalg.eigvals(x) ** 3)", COMPLEX, second=False, **OPTIONS), row("np.sum(np.sin(np.linalg.eig(x)[0]), axis=-1)", COMPLEX_STACK, second=False, **OPTIONS),
    row("np.linalg.solve(x, y)", (COMPLEX, normal(3) + 1j * normal(3)), (COMPLEX, normal(3, 2)), (A, normal(3) * 1j), (COMPLEX_STACK, normal(3)), **OPTIONS), row("np.linalg.inv(x)", COMPLEX, COMPLEX_STACK, **OPTIONS),
    row("np.linalg.det(x)", COMPLEX, COMPLEX_STACK, **OPTIONS), row("np.linalg.matrix_power(x, -3)", COMPLEX, **OPTIONS),
    row("np.linalg.solve(x, y)", (A, normal(3)), (A, normal(3, 2)), (STACK, normal(3)), (STACK, normal(2, 3, 2)), (A, normal(2, 3, 2)), (MANY, normal(5, 3, 2)),
        (STACK, normal(3, 2)), (A.T, normal(2, 3).T), (SINGLE[0], normal(3).astype(np.float32)), (normal(1, 1), normal(1)), **OPTIONS),
    row("np.linalg.solve(x @ x.T, x @ y)", (A, normal(3))),
    row("np.linalg.inv(x)", *SQUARE, *SINGLE, **OPTIONS), row("np.linalg.det(x)", *SQUARE, *SINGLE, **OPTIONS),
    row("np.linalg.slogdet(x)[1]", *SQUARE, **OPTIONS), row("np.linalg.slogdet(x).sign * np.linalg.slogdet(x).logabsdet", *SQUARE, **OPTIONS),
    row("np.linalg.slogdet(x)[0]", A, -A, STACK, constant=True),
    row("np.linalg.pinv(x)", TALL, WIDE, TALL_STACK, A, **OPTIONS), row("np.linalg.pinv(x, 1e-10)", TALL, **OPTIONS),
    row("np.linalg.matrix_rank(x)", A, TALL, STACK, constant=True),
    row("np.linalg.matrix_power(x, 3)", A, STACK, **OPTIONS), row("np.linalg.matrix_power(x, -2)", A, STACK, **OPTIONS), row("np.linalg.matrix_power(x, 0)", A, STACK, constant=True),
    row("np.linalg.matrix_power(x, 1)", A), row("np.linalg.matrix_power(x, 6)", A, **OPTIONS), row("np.linalg.cond(x)", A, TALL, STACK, **OPTIONS), row("np.linalg.cond(x, 'fro')", A, **OPTIONS),
    row("np.linalg.cond(x, -2)", A, **OPTIONS),
    row("np.linalg.cholesky(x)", *SYMMETRIC, *SINGLE, **OPTIONS), row("np.linalg.cholesky(x, upper=True)", SYMMETRIC[0], SYMMETRIC[2], **OPTIONS),
    row("np.linalg.eigvalsh(x)", *SYMMETRIC, **OPTIONS), row("np.linalg.eigvalsh(x, 'U')", *SYMMETRIC[:3], **OPTIONS), row("np.linalg.eigh(x)[0]", *SYMMETRIC, *SINGLE, **OPTIONS),
    row("np.linalg.eigh(x)[1]", *SYMMETRIC[:3], **OPTIONS), row("np.linalg.eigh(x, UPLO='U').eigenvectors ** 2", *SYMMETRIC[:3], **OPTIONS),
    row("np.linalg.eigh(x)[1] ** 2 @ np.expand_dims(np.linalg.eigh(x)[0], -1)", *SYMMETRIC[:3], **OPTIONS),
    row("np.linalg.svd(x)[1]", *SHAPES, second=False, **OPTIONS), row("np.linalg.svd(x, compute_uv=False)", *SHAPES[:3], **OPTIONS), row("np.linalg.svdvals(x)", *SHAPES[:3], **OPTIONS),
    row("np.linalg.svd(x, full_matrices=False)[0]", *SHAPES, **OPTIONS), row("np.linalg.svd(x, False).Vh", *SHAPES, **OPTIONS), row("np.linalg.svd(x)[0]", SHAPES[2], **OPTIONS),
    row("np.linalg.svd(x, False).U @ (np.expand_dims(np.sin(np.linalg.svd(x, False).S), -1) * np.linalg.svd(x, False).Vh)", *SHAPES[:4], **OPTIONS),
    row("np.linalg.qr(x)[0]", TALL, A, TALL_STACK, **OPTIONS), row("np.linalg.qr(x).R", TALL, A, TALL_STACK, M32.T, **OPTIONS), row("np.linalg.qr(x, 'r')", TALL, **OPTIONS),
    row("np.sin(np.linalg.qr(x).Q) @ np.linalg.qr(x).R", TALL, A, **OPTIONS),
    # Stacks once more, for each row's first point is the one that is compiled.
    row("np.linalg.solve(x, y)", (STACK, normal(3)), **OPTIONS), row("np.linalg.solve(x, y)", (MANY, normal(5, 3, 2)), **OPTIONS), row("np.linalg.inv(x)", STACK, **OPTIONS),
    row("np.linalg.det(x)", STACK, **OPTIONS), row("np.linalg.slogdet(x).logabsdet", STACK, **OPTIONS), row("np.linalg.pinv(x)", TALL_STACK, **OPTIONS),
    row("np.linalg.cholesky(x)", SYMMETRIC[2], **OPTIONS), row("np.linalg.eigh(x)[1]", SYMMETRIC[2], **OPTIONS), row("np.linalg.svd(x, False).U", TALL_STACK, **OPTIONS),
    row("np.linalg.svd(x)[1]", TALL_STACK, second=False, **OPTIONS), row("np.linalg.svd(x)[2]", STACK, **OPTIONS), row("np.linalg.qr(x).Q", TALL_STACK, **OPTIONS),
    row("np.linalg.tensorinv(x)", normal(2, 3, 6), **OPTIONS), row("np.linalg.tensorinv(x, ind=1)", normal(6, 2, 3), **OPTIONS),
    row("np.linalg.tensorsolve(x, y)", (normal(2, 3, 6), normal(2, 3)), (normal(4, 2, 2), normal(4)), **OPTIONS), row("np.linalg.tensorsolve(x, y, axes=(0,))", (normal(6, 2, 3), normal(2, 3)), **OPTIONS),
    # scipy.linalg
    row("linalg.cholesky(x)", SYMMETRIC[1].T, **OPTIONS), row("linalg.cholesky(x, lower=True)", SYMMETRIC[0], HERMITIAN, **OPTIONS), row("linalg.cho_solve(linalg.cho_factor(x), y)", (SYMMETRIC[0], normal(3)), **OPTIONS), row("linalg.cho_solve((x, True), y)", (A, normal(3, 2)), **OPTIONS), row("linalg.cho_solve((x, False), y)", (A, normal(3)), **OPTIONS),
    row("linalg.solve_triangular(x, y)", (A, normal(3)), **OPTIONS), row("linalg.solve_triangular(x, y, lower=True, trans='T')", (A, normal(3, 2)), **OPTIONS), row("linalg.solve_triangular(x, y, unit_diagonal=True, lower=True)", (A, normal(3)), **OPTIONS),
    row("linalg.solve(x, y) + linalg.det(x) * linalg.inv(x)[0] * linalg.norm(x)", (A, normal(3)), **OPTIONS),
]  # fmt: skip
