"""Functions of `scipy.linalg`, by name, as those of `np.linalg`: with triangles as the matrices that they stand for.

Options that say what may be overwritten or need not be checked say nothing of values. What a triangular system leaves
undone of a general one is done here: the text solves with NumPy, which knows no triangles. So it spells what has the
same name in NumPy as NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.rules.creation import as_array
from gradgen.rules.linalg import adjoint, transposed
from gradgen.rules.solving import matrices
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import CALLERS, caller


def _matrix(a: Any, name: str) -> Sym:
    x = matrices(a, name)
    if x.ndim != 2:
        raise UnsupportedType(f"`{name}` of several matrices", way_out="a loop, or the function of `np.linalg`")
    return x


def _right(b: Any, name: str) -> Sym:
    b = as_array(b)
    if not b.ndim:
        raise UnsupportedType(f"`{name}` with a number on the right", way_out="an array")
    return b


def _triangle(a: Sym, lower: Any) -> Sym:
    return apply("tril" if lower else "triu", a, k=0)


@caller("scipy.linalg.cholesky", spelling="np.linalg.cholesky")
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    x = _matrix(a, "scipy.linalg.cholesky")
    return apply("cholesky", x) if lower else adjoint(apply("cholesky", adjoint(x)))


@caller("scipy.linalg.cho_factor")
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """Zeros where SciPy leaves anything."""
    return cholesky(a, lower), lower


@caller("scipy.linalg.cho_solve")
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    c, lower = c_and_lower
    factor, b = _triangle(_matrix(c, "scipy.linalg.cho_solve"), lower), _right(b, "scipy.linalg.cho_solve")
    first, second = (factor, adjoint(factor)) if lower else (adjoint(factor), factor)
    return apply("solve", second, apply("solve", first, b))


@caller("scipy.linalg.solve_triangular")
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    x, b = _matrix(a, "scipy.linalg.solve_triangular"), _right(b, "scipy.linalg.solve_triangular")
    factor = apply("tril" if lower else "triu", x, k=(-1 if lower else 1) if unit_diagonal else 0)
    if unit_diagonal:
        factor = factor + CALLERS[np.eye].build(apply("size", x, axis=-1))
    if trans in (1, "T"):
        factor = transposed(factor)
    elif trans in (2, "C"):
        factor = adjoint(factor)
    elif trans not in (0, "N"):
        raise UnsupportedValue(f"trans={trans!r}", way_out="0, 1 or 2")
    return apply("solve", factor, b)


@caller("scipy.linalg.solve", spelling="np.linalg.solve")
def solve(a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None, transposed=False):
    if assume_a not in (None, "gen", "general") or transposed:
        raise UnsupportedValue(
            "scipy.linalg.solve of a part of a matrix, or of a transposed one", way_out="np.linalg.solve(a, b)"
        )
    return apply("solve", _matrix(a, "scipy.linalg.solve"), _right(b, "scipy.linalg.solve"))


@caller("scipy.linalg.inv", spelling="np.linalg.inv")
def inv(a, overwrite_a=False, check_finite=True):
    return apply("inv", _matrix(a, "scipy.linalg.inv"))


@caller("scipy.linalg.det", spelling="np.linalg.det")
def det(a, overwrite_a=False, check_finite=True):
    return apply("det", _matrix(a, "scipy.linalg.det"))


@caller("scipy.linalg.norm", spelling="np.linalg.norm")
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    return CALLERS[np.linalg.norm].build(a, ord, axis, keepdims)
