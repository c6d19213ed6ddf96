"""Norms of vectors and matrices, of every order.

A norm that is 0 has the derivative 0, as an element that is 0 has in the sum of sizes. Where two elements, rows or
singular values are the largest, the first is the one that counts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import is_complex
from gradgen.rules.decompositions import singular_values
from gradgen.rules.reductions import as_array, axes_of, chosen_axis, conjugate, reduced, sized
from gradgen.rules.symbols import Sym, apply, static, where
from gradgen.rules.table import caller, reduction


@reduction("norm", np.linalg.norm, type=reduced(sized), cost=3)
def norm(y, x, *, axis=None, keepdims=False, ord=None):
    """x / norm; of another order than 2 the size of that to the power ord - 1, with the sign of x."""
    divisor = where(apply("eq", y, 0), 1.0, y)
    if ord is None:
        return conjugate(x) / divisor
    size = apply("abs", x)
    sign = conjugate(x) / where(apply("eq", size, 0), 1.0, size) if is_complex(x.type) else apply("sign", x)
    return sign * (size / divisor) ** (ord - 1)


def _over(op: str, x: Sym, axis: Any, keepdims: bool, **more: Any) -> Sym:
    return apply(op, x, axis=axis, keepdims=keepdims and x.is_array, **more)


@caller(np.linalg.norm)
def norm_call(x, ord=None, axis=None, keepdims=False):
    x, ord = as_array(x), static(ord, "the order of a norm")
    axis, keepdims = chosen_axis(axis, x), static(keepdims, "`keepdims`")
    if ord is None:
        return _over("norm", x, axis, keepdims)
    axes = axes_of(axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, ord, axis, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axis if isinstance(axis, tuple) else axes, keepdims)
    raise UnsupportedValue("a norm is of vectors or of matrices", way_out="`axis` says along which axes these lie")


@caller(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    x, axis = as_array(x), tuple(axis) if isinstance(axis, list) else axis
    return _vector_norm(x, static(ord, "the order of a norm"), chosen_axis(axis, x), static(keepdims, "`keepdims`"))


@caller(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    return _matrix_norm(as_array(x), static(ord, "the order of a norm"), (-2, -1), static(keepdims, "`keepdims`"))


def matrix_norm_of(x: Sym, ord: Any) -> Sym:
    """For each matrix of a stack."""
    return _matrix_norm(x, ord, (-2, -1), False)


def _vector_norm(x: Sym, ord: Any, axis: Any, keepdims: bool) -> Sym:
    if isinstance(ord, str):
        raise UnsupportedValue(f"a norm of vectors with ord={ord!r}", way_out="a number, or np.inf")
    if ord is None or ord == 2:
        return _over("norm", x, axis, keepdims)
    if ord == 0:
        number = apply("cast", apply("ne", x, 0), dtype=sized(x.dtype), weak=False)
        return _over("sum", number, axis, keepdims)
    if ord == 1 or abs(ord) == math.inf:
        size = apply("abs", x)
        size = size if size.dtype == sized(size.dtype) else apply("cast", size, dtype="float64", weak=False)
        return _over("sum", size, axis, keepdims) if ord == 1 else _extreme(ord, size, axis, keepdims)
    several = len(axes_of(axis, x.ndim)) > 1
    return _over("norm", x, axis, keepdims, ord=ord, **({"spelling": "np.linalg.vector_norm"} if several else {}))


def _extreme(ord: float, x: Sym, axis: Any, keepdims: bool) -> Sym:
    """The largest or the smallest, along one axis after the other."""
    op = "max" if ord > 0 else "min"
    if axis is None or not isinstance(axis, tuple):
        return _over(op, x, axis, keepdims)
    for each in sorted(axes_of(axis, x.ndim), reverse=True):
        x = _over(op, x, each, keepdims)
    return x


def _matrix_norm(x: Sym, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Sym:
    if x.ndim < 2:
        raise UnsupportedValue(
            f"a norm of matrices of an array of {x.ndim} dimensions", way_out="np.linalg.vector_norm"
        )
    rows, columns = (axis % x.ndim for axis in axes)
    if ord in ("fro", "f", None):
        return _over("norm", x, None if x.ndim == 2 else (rows, columns), keepdims)
    if ord in ("nuc", 2, -2):
        return _spectral(x, ord, rows, columns, keepdims)
    if ord not in (1, -1, math.inf, -math.inf):
        raise UnsupportedValue(f"a norm of matrices with ord={ord!r}", way_out='ord="fro", "nuc", 1, 2 or np.inf')
    within, among = (rows, columns) if abs(ord) == 1 else (columns, rows)
    sums = _over("sum", apply("abs", x), within, True)
    best = _over("max" if ord > 0 else "min", sums, among, True)
    return best if keepdims else _without(best, (rows, columns))


def _without(x: Sym, axes: tuple[int, ...]) -> Sym:
    """x without these axes, which have size 1."""
    if x.ndim == len(axes):
        return apply("getitem", x, index=(0,) * len(axes))
    return apply("squeeze", x, axis=tuple(sorted(axes)))


def _spectral(x: Sym, ord: Any, rows: int, columns: int, keepdims: bool) -> Sym:
    """By the singular values, which come in falling order."""
    order = (*(k for k in range(x.ndim) if k not in (rows, columns)), rows, columns)
    s = singular_values(x if order == tuple(range(x.ndim)) else apply("transpose", x, axes=order))
    if ord == "nuc":
        made = apply("sum", s, axis=-1 if s.ndim > 1 else None, keepdims=False)
    else:
        made = apply("getitem", s, index=(..., 0 if ord == 2 else -1) if s.ndim > 1 else (0 if ord == 2 else -1,))
    if not keepdims:
        return made
    kept = tuple(sorted((rows, columns)))
    return apply("expand_dims", made, axis=kept) if made.is_array else apply("full", 1, 1, made, dtype=made.dtype)
