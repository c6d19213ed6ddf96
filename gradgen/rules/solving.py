"""Linear systems, inverses and determinants, of matrices and of stacks of them.

With `'` for the transpose: the adjoint of b in `x = a^-1 b` is `a'^-1 g`, and that of a is `-(a'^-1 g) x'`. The other
rules follow from that. Nothing here conjugates: adjoints pair bilinearly, and these functions are holomorphic
(all but `pinv`, and the parts of `slogdet`).

A matrix without an inverse has no gradient here, also where only its determinant is asked for: NumPy raises
LinAlgError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import (
    Array,
    Atom,
    Dim,
    TupleOf,
    Type,
    broadcast,
    common_dtype,
    dims_of,
    is_complex,
    real_dtype,
    with_dims,
)
from gradgen.rules.linalg import adjoint, column, ordered, row, shape_syms, transposed
from gradgen.rules.reductions import as_array, conjugate
from gradgen.rules.symbols import Sym, apply, static
from gradgen.rules.table import TAKES_COMPLEX, caller, constant, general

TAKES_COMPLEX |= {"solve", "inv", "det", "slogdet", "pinv", "matrix_rank"}


def linalg_dtype(*types: Type) -> str:
    """What `np.linalg` computes in: whole numbers become float64."""
    dtype, _ = common_dtype(types)
    if dtype == "float16":
        raise UnsupportedType("np.linalg does not take float16", way_out="x.astype(np.float32)")
    return dtype if dtype.startswith(("float", "complex")) else "float64"


def side(type: Type) -> Dim:
    """The size of a square matrix, by the more telling of its two names."""
    rows, columns = dims_of(type)[-2:]
    return rows if rows.constant is not None or (rows.never_one and not columns.never_one) else columns


def matrices(x: Any, name: str) -> Sym:
    """The argument of a function that takes a matrix or a stack of them."""
    x = as_array(x)
    if x.ndim < 2:
        raise UnsupportedType(f"`{name}` takes matrices, not an array of {x.ndim} dimensions", way_out="x[None]")
    return x


# Types


def solution(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    a, b = (dims_of(arg.type) for arg in args)
    batch = broadcast([a[:-2], b[:-2]])
    return Array(linalg_dtype(*(arg.type for arg in args)), (*batch, a[-1], *b[-1:][: len(b) - 1]))


def square(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    type = args[0].type
    return Array(linalg_dtype(type), (*dims_of(type)[:-2], side(type), side(type)))


def numbers(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """One for each matrix."""
    return with_dims(linalg_dtype(args[0].type), dims_of(args[0].type)[:-2])


def sign_and_logarithm(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dtype, batch = linalg_dtype(args[0].type), dims_of(args[0].type)[:-2]
    return TupleOf((with_dims(dtype, batch), with_dims(real_dtype(dtype), batch)))


def swapped(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    *batch, rows, columns = dims_of(args[0].type)
    return Array(linalg_dtype(args[0].type), (*batch, columns, rows))


# Derivatives


def _solve_tangent(x, args, tangents):
    (a, b), (da, db) = args, tangents
    is_vector = b.ndim == 1
    moved: Any = 0 if da is None else (apply("squeeze", da @ column(x), axis=(x.ndim,)) if is_vector else da @ x)
    if db is None:
        return -_solved(a, moved, is_vector)
    return _solved(a, db if da is None else db - moved, is_vector)


def _solved(a: Sym, b: Sym, is_vector: bool) -> Sym:
    """`np.linalg.solve` with vectors in the last axis of b: it takes more than one of these for columns."""
    if not is_vector or b.ndim == 1:
        return apply("solve", a, b)
    return apply("squeeze", apply("solve", a, column(b)), axis=(b.ndim,))


@general("solve", np.linalg.solve, type=solution, tangent=_solve_tangent)
def solve(g, x, a, b):
    by_b = _solved(transposed(a), g, b.ndim == 1)
    if b.ndim > 1:
        return -(by_b @ transposed(x)), by_b
    return -apply("outer", by_b, x) if a.ndim == 2 else -(column(by_b) * row(x)), by_b


@general("inv", np.linalg.inv, type=square, tangent=lambda y, args, tangents: -(y @ tangents[0] @ y))
def inv(g, y, a):
    return -(transposed(y) @ g @ transposed(y))


def over_matrix(x: Sym) -> Sym:
    """A number for each matrix, so that it broadcasts against the matrices."""
    return apply("expand_dims", x, axis=(x.ndim, x.ndim + 1)) if x.is_array else x


def logarithmic(a: Sym, da: Sym) -> Sym:
    """The trace of a^-1 da, for each matrix."""
    return apply("sum", transposed(apply("inv", a)) * da, axis=(a.ndim - 2, a.ndim - 1), keepdims=False)


@general("det", np.linalg.det, type=numbers, tangent=lambda y, args, tangents: y * logarithmic(args[0], tangents[0]))
def det(g, y, a):
    return over_matrix(g * y) * transposed(apply("inv", a))


def _slogdet_tangent(y, args, tangents):
    moved = logarithmic(args[0], tangents[0])
    if not is_complex(moved.type):
        return None, moved
    return y[0] * (1j * apply("imag", moved)), apply("real", moved)


@general("slogdet", np.linalg.slogdet, type=sign_and_logarithm, tangent=_slogdet_tangent)
def slogdet(g, y, a):
    """The sign of a real determinant varies in steps only; that of a complex one turns with its logarithm."""
    by_sign, total = g
    if by_sign is not None and is_complex(a.type):
        turning = 1j * apply("imag", by_sign * y[0])
        total = turning if total is None else total + turning
    return None if total is None else over_matrix(total) * transposed(apply("inv", a))


def _pinv_tangent(y, args, tangents, *, rcond=None):
    (a,), (da,) = args, tangents
    left, right = y @ adjoint(y) @ adjoint(da), adjoint(da) @ adjoint(y) @ y
    return (left - left @ a @ y) + (right - y @ (a @ right)) - y @ da @ y


@general("pinv", np.linalg.pinv, type=swapped, tangent=_pinv_tangent)
def pinv(g, y, a, *, rcond=None):
    """As if the rank did not change nearby; where it does there is no derivative."""
    flipped, back, over = transposed(g), transposed(y), adjoint(y)
    left, right = flipped @ y @ over, over @ y @ flipped
    beside = (left - a @ (y @ left)) + (right - right @ y @ a)
    return conjugate(beside) - back @ g @ back


constant("matrix_rank", np.linalg.matrix_rank, type=lambda args, params: with_dims("int64", dims_of(args[0].type)[:-2]))


# How these are called


@caller(np.linalg.solve)
def solve_call(a, b):
    a, b = matrices(a, "np.linalg.solve"), as_array(b)
    if not b.ndim:
        raise UnsupportedType("`np.linalg.solve` with a number on the right", way_out="an array")
    return apply("solve", a, b)


@caller(np.linalg.inv)
def inv_call(a):
    return apply("inv", matrices(a, "np.linalg.inv"))


@caller(np.linalg.det)
def det_call(a):
    return apply("det", matrices(a, "np.linalg.det"))


_SlogdetResult: Any = type(np.linalg.slogdet(np.eye(1)))


@caller(np.linalg.slogdet)
def slogdet_call(a):
    both = apply("slogdet", matrices(a, "np.linalg.slogdet"))
    return _SlogdetResult(apply("item", both, index=0), apply("item", both, index=1))


@caller(np.linalg.pinv)
def pinv_call(a, rcond=None, hermitian=False):
    if hermitian:
        raise UnsupportedValue("`hermitian` of np.linalg.pinv", way_out="leave it out")
    limit = static(rcond, "`rcond`")
    return apply("pinv", matrices(a, "np.linalg.pinv"), **({} if limit is None else {"rcond": limit}))


@caller(np.linalg.matrix_rank)
def matrix_rank(A, tol=None, hermitian=False):
    if hermitian:
        raise UnsupportedValue("`hermitian` of np.linalg.matrix_rank", way_out="leave it out")
    x = as_array(A)
    if x.ndim < 2:
        return apply("any", apply("ne", x, 0), axis=None, keepdims=False)
    return apply("matrix_rank", x) if tol is None else apply("matrix_rank", x, tol)


@caller(np.linalg.matrix_power)
def matrix_power(a, n):
    """By squaring, as NumPy does it."""
    x, n = matrices(a, "np.linalg.matrix_power"), static(n, "the power of a matrix")
    if n == 0:
        size = apply("size", x, axis=x.ndim - 1)
        one = apply("eye", size, size, dtype=x.dtype)
        return one if x.ndim == 2 else apply("broadcast_to", one, *(apply("size", x, axis=k) for k in range(x.ndim)))
    x = x if n > 0 else apply("inv", x)
    if n == 1:
        return apply("copy", x)
    if abs(n) == 3:
        return (x @ x) @ x
    left, factors = abs(n), []
    while left:
        factors += [x] if left % 2 else []
        left //= 2
        x = x @ x if left else x
    product, *others = factors
    for factor in others:
        product = product @ factor
    return product


@caller(np.linalg.cond)
def cond(x, p=None):
    """The largest singular value by the smallest; in another norm that of the matrix times that of its inverse."""
    from gradgen.rules.decompositions import singular_values
    from gradgen.rules.norms import matrix_norm_of

    x, p = matrices(x, "np.linalg.cond"), static(p, "the norm")
    if p in (None, 2, -2):
        s = singular_values(x)
        largest, smallest = (apply("getitem", s, index=(..., k)) for k in (0, -1))
        return largest / smallest if p != -2 else smallest / largest
    return matrix_norm_of(x, p) * matrix_norm_of(apply("inv", x), p)


@caller(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    """As a matrix, of the first `ind` axes by the others, it has an inverse."""
    x, ind = as_array(a), static(ind, "`ind`")
    if not 0 < ind < x.ndim:
        raise UnsupportedValue(f"np.linalg.tensorinv with ind={ind}", way_out="fewer than the axes of the array")
    sizes = shape_syms(x)
    inverse = apply("inv", apply("reshape", x, _product(sizes[:ind]), _product(sizes[ind:])))
    return apply("reshape", inverse, *sizes[ind:], *sizes[:ind])


@caller(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """`np.tensordot(a, x, x.ndim) == b`, as a linear system."""
    x, y = as_array(a), as_array(b)
    last = [axis % x.ndim for axis in static(axes, "`axes`") or ()]
    x = ordered(x, [axis for axis in range(x.ndim) if axis not in last] + last)
    if not 0 < y.ndim < x.ndim:
        raise UnsupportedType("np.linalg.tensorsolve of these numbers of axes", way_out="a right side of fewer axes")
    flat = apply("ravel", y) if y.ndim > 1 else y
    length = apply("size", flat, axis=0)
    made = apply("solve", apply("reshape", x, length, length), flat)
    return apply("reshape", made, *shape_syms(x)[y.ndim :])


def _product(sizes: list[Sym]) -> Sym:
    total, *others = sizes
    for size in others:
        total = apply("mul", total, size)
    return total


@caller(np.linalg.lstsq, refuses=True)
def lstsq(a, b, rcond=None):
    raise UnsupportedValue("np.linalg.lstsq, whose results hang on the rank", way_out="np.linalg.pinv(a) @ b")
