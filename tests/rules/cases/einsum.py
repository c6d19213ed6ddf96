"""Rows: `np.einsum` in all its forms."""

import numpy as np

from tests.rules.cases.row import row

_RNG = np.random.default_rng(29)


def normal(*shape: int) -> np.ndarray:
    return _RNG.standard_normal(shape)


A, B, V, U, Q = normal(3, 4), normal(4, 2), normal(4), normal(3), normal(3, 3)
STACK, OTHER = normal(2, 3, 4), normal(2, 4, 5)
OPTIONS = {"exact": False}


def einsum(subscripts: str, *points: object, operands: str = "x, y"):
    return row(f"np.einsum({subscripts!r}, {operands})", *points, **OPTIONS)


ROWS = [
    # products of matrices and vectors
    einsum("ij,jk->ik", (A, B), (A.T.copy().T, B)), einsum("ij,jk", (A, B)), einsum("ij,kj->ki", (A, normal(2, 4))), einsum("ji,jk->ik", (A, normal(3, 2))), einsum("ij,j->i", (A, V)),
    einsum("i,ij->j", (U, A)), einsum("i,i->", (V, V * 2)), einsum("i,i", (V, V * 2)), einsum("i,j->ij", (V, U)), einsum("i,j->ji", (V, U)), einsum("ij,ij->ij", (A, A + 1)),
    einsum("ij,ij->", (A, A + 1)), einsum("ij,ji->", (A, A.T.copy())), einsum("ij,ij->i", (A, A + 1)), einsum("ij,jk->", (A, B)), einsum("i,j->", (V, U)), einsum("ij,k->ik", (A, U)),
    einsum("bij,bjk->bik", (STACK, OTHER)), einsum("bij,bjk->ik", (STACK, OTHER)), einsum("ijk,jl->ikl", (normal(2, 3, 4), normal(3, 2))), einsum("ij,ij->j", (A.astype(np.float32), A)),
    # one operand
    *(einsum(text, A, operands="x") for text in ("ij->", "ij->i", "ij->j", "ij->ji", "ij", "ba", "ij->ij")),
    *(einsum(text, Q, operands="x") for text in ("ii", "ii->", "ii->i")), einsum("iij->ij", normal(3, 3, 2), operands="x"), einsum("iij->j", normal(3, 3, 2), operands="x"),
    einsum("iii->i", normal(2, 2, 2), operands="x"), einsum("ijk->kij", STACK, operands="x"), einsum("ijk->ik", STACK, operands="x"),
    # letters twice in an operand
    einsum("ii,i->i", (Q, U)), einsum("ii,ij->j", (Q, A)), einsum("iij,j->i", (normal(3, 3, 2), normal(2))), einsum("ii,jj->ij", (Q, normal(2, 2))),
    # broadcasting
    einsum("...ij,...jk->...ik", (STACK, OTHER), (A, OTHER), (STACK, B), (normal(5, 1, 3, 4), OTHER)), einsum("...ij,...jk", (STACK, OTHER)), einsum("...i,i->...", (STACK, V), (A, V), (V, V)),
    einsum("...,...->...", (A, V), (A, A), (V, 2.0)), einsum("i...->...", A, operands="x"), einsum("...ii->...i", normal(2, 3, 3), operands="x"), einsum("...ii->...", normal(2, 3, 3), operands="x"),
    einsum("ij,ij->ij", (A, normal(1, 4)), (normal(3, 1), A)), einsum("ij,jk->ik", (normal(3, 1), B), (A, normal(1, 2))), einsum("i,i->", (V, normal(1))), einsum("...j,j...->...", (A, normal(4, 3))),
    # more operands, numbers, lists of axes
    einsum("ij,jk,kl->il", (A, B, normal(2, 3)), operands="x, y, z"), einsum("i,ij,j->", (U, A, V), operands="x, y, z"), einsum("i,i,i->i", (V, V + 1, V - 1), operands="x, y, z"), einsum("ij,j,->i", (A, V, 1.7), operands="x, y, z"),
    einsum(",->", (1.5, 0.5)), einsum("i,->i", (V, 0.5)), einsum(",ij", (0.5, A)), einsum("ij,jk->ik", (A, B), operands="x, y, optimize=True"), einsum("ij,jk,k->i", (A, B), operands="x, y, [1, 2]"),
    row("np.einsum(x, [0, 1], y, [1, 2], [0, 2])", (A, B), **OPTIONS), row("np.einsum(x, [0, 1], y, [1, 2])", (A, B), **OPTIONS), row("np.einsum(x, [0, 0])", Q, **OPTIONS), row("np.einsum(x, [..., 1], y, [1])", (STACK, V), **OPTIONS),
    row("np.einsum('ij,jk->ik', x, x)", Q, **OPTIONS), row("np.einsum('ij,ij->', x, x)", A, **OPTIONS), einsum("ij,jk->ik", (np.zeros((0, 4)), B), (np.zeros((3, 0)), np.zeros((0, 2)))),
    # complex numbers
    einsum("ij,jk->ik", (A * 1j, B), (A + 1j * A[::-1], B * (1 - 2j))), einsum("ij,ij,j->", (A * 1j, A + 2j, V), operands="x, y, z"), einsum("ii->i", Q * (1 + 1j), operands="x"), einsum("ii,i->i", (Q * (1 + 1j), U)),
    row("np.tensordot(x, y, ([0, 1], [1, 0]))", (A * (1 + 1j), A.T + 1j), **OPTIONS), row("np.cross(x, y)", (U * 1j, Q + 1j), **OPTIONS), row("np.tril(x) + np.triu(y, 1)", (Q * 1j, Q + 1j)), row("np.diag(x) * np.diag(y)", (Q * 1j, U + 1j)),
]  # fmt: skip
