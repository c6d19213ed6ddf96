"""Decompositions of matrices, and of stacks of them: Cholesky, eigenvalues, singular values, QR.

`cholesky` and `eigh` read one triangle of their argument, and the gradient is one of that triangle: an element
below the diagonal counts for both that it stands for. Vectors are differentiated as they come out, with their
signs (of complex ones the phase is taken to stay); where two eigenvalues or singular values are equal, vectors have
no derivative, and the gradient has inf or NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import (
    Array,
    At,
    Atom,
    Block,
    Dim,
    Effect,
    If,
    Slice,
    TupleOf,
    Type,
    constant_dim,
    dims_of,
    is_complex,
    real_dtype,
)
from gradgen.rules.linalg import adjoint, column, row, transposed
from gradgen.rules.reductions import conjugate
from gradgen.rules.solving import linalg_dtype, matrices, side, square
from gradgen.rules.symbols import Sym, apply, static
from gradgen.rules.table import TAKES_COMPLEX, caller, general, same

TAKES_COMPLEX |= {"cholesky", "eigh", "eig", "svd"}


def require(fails: Sym, message: str) -> None:
    """Raise ValueError where `fails` holds when the text runs."""
    builder = fails.builder
    effect = Effect("raise", (message,), name="ValueError", origin=builder.origin)
    builder.append(If(fails.atom, Block((effect,)), Block(()), (), builder.origin))


def _across(x: Sym) -> Sym:
    """For each vector x a row, so that x[j] belongs to the j-th column of a matrix."""
    return x if x.ndim == 1 else row(x)


def _down(x: Sym) -> Sym:
    """For each vector a column."""
    return apply("getitem", x, index=(Slice(None, None, None), None)) if x.ndim == 1 else column(x)


# Triangles that stand for symmetric matrices


def _of_triangle(x: Sym, triangle: str = "tril") -> Sym:
    """One triangle, with half of the diagonal."""
    return (apply(triangle, x, k=0) + apply(triangle, x, k=-1 if triangle == "tril" else 1)) / 2


def _symmetric(x: Sym, triangle: str = "tril") -> Sym:
    """The symmetric, or Hermitian, matrix of which x has one triangle."""
    half = _of_triangle(x, triangle)
    return half + adjoint(half)


def _cholesky_tangent(y, args, tangents):
    inner = apply("solve", y, adjoint(apply("solve", y, _symmetric(tangents[0]))))
    return y @ _of_triangle(inner)


@general("cholesky", np.linalg.cholesky, type=square, tangent=_cholesky_tangent)
def cholesky(g, y, a):
    """Of one real matrix by blocks, with a seventh of the time of two systems of equations for 1000 rows."""
    if y.ndim == 2 and not is_complex(y.type):
        return apply("cholesky_adjoint", y, g)
    back = transposed(y)
    inner = apply("solve", conjugate(back), transposed(apply("solve", back, _of_triangle(back @ g))))
    return _of_triangle(conjugate(inner) + transposed(inner))


# The adjoint of a real matrix, of its factor l and the adjoint g of that: the triangle of s + s' where
# s = l'^-1 (triangle of l' g) l^-1. Its own derivatives are needed for second ones.


def _cholesky_adjoint_tangent(y, args, tangents):
    (factor, g), (by_factor, by_g) = args, tangents
    if by_factor is None:
        return apply("cholesky_adjoint", factor, by_g)
    back = transposed(factor)
    moved = apply("solve", back, transposed(by_factor) @ g)
    turned = apply("solve", back, transposed((y + transposed(y)) @ by_factor))
    made = apply("cholesky_adjoint", factor, moved if by_g is None else by_g + moved)
    return made - _of_triangle(turned + transposed(turned))


@general("cholesky_adjoint", type=same, tangent=_cholesky_adjoint_tangent)
def cholesky_adjoint(h, y, factor, g):
    left = apply("solve", factor, _symmetric(h))
    inner = _of_triangle(apply("solve", factor, transposed(left)))
    return g @ transposed(inner) - (y + transposed(y)) @ transposed(left), factor @ inner


def _eigh_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    batch, n, dtype = dims_of(args[0].type)[:-2], side(args[0].type), linalg_dtype(args[0].type)
    return TupleOf((Array(real_dtype(dtype), (*batch, n)), Array(dtype, (*batch, n, n))))


def _inverse_gaps(x: Sym) -> Sym:
    """1 / (x[j] - x[i]), and 0 on the diagonal."""
    size = apply("size", x, axis=x.ndim - 1)
    one = apply("eye", size, size, dtype=x.dtype)
    return 1 / (_across(x) - _down(x) + one) - one


def _triangle_of(uplo: str) -> str:
    return "tril" if uplo == "L" else "triu"


def _eigh_tangent(y, args, tangents, *, UPLO="L"):
    w, v = y
    moved = adjoint(v) @ _symmetric(tangents[0], _triangle_of(UPLO)) @ v
    return _real(apply("diagonal", moved, axis1=v.ndim - 2, axis2=v.ndim - 1)), v @ (_inverse_gaps(w) * moved)


def _real(x: Sym) -> Sym:
    return apply("real", x) if is_complex(x.type) else x


@general("eigh", np.linalg.eigh, type=_eigh_type, tangent=_eigh_tangent)
def eigh(g, y, a, *, UPLO="L"):
    (by_w, by_v), (w, v), triangle = g, y, _triangle_of(UPLO)
    if by_v is None:
        made = (conjugate(v) * _across(by_w)) @ transposed(v)
        return apply(triangle, made, k=0) + apply(triangle, made, k=-1 if UPLO == "L" else 1)
    inner = _inverse_gaps(w) * (transposed(v) @ by_v)
    if by_w is not None:
        inner = inner + _on_diagonal(by_w)
    made = conjugate(v) @ inner @ transposed(v)
    return _of_triangle(made + adjoint(made), triangle)


def _on_diagonal(x: Sym) -> Sym:
    """For each vector the matrix that has it on the diagonal."""
    if x.ndim == 1:
        return apply("diag", x, k=0)
    size = apply("size", x, axis=x.ndim - 1)
    return _across(x) * apply("eye", size, size, dtype=x.dtype)


def _smaller(m: Dim, n: Dim) -> Dim:
    if m == n or m.is_one:
        return m
    if n.is_one:
        return n
    if m.constant is not None and n.constant is not None:
        return constant_dim(min(m.constant, n.constant))
    return Dim(f"min({m},{n})", many=m.never_one and n.never_one)


def _svd_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    *batch, m, n = dims_of(args[0].type)
    dtype, k = linalg_dtype(args[0].type), _smaller(m, n)
    full = params.get("full_matrices", True)
    left, right = ((m, m), (n, n)) if full else ((m, k), (k, n))
    return TupleOf(
        (Array(dtype, (*batch, *left)), Array(real_dtype(dtype), (*batch, k)), Array(dtype, (*batch, *right)))
    )


def _first(x: Sym, many: Sym, axis: int) -> Sym:
    """x[:many] along an axis."""
    stop = Slice(None, At(0), None)
    return apply("getitem", x, many, index=(*(Slice(None, None, None),) * (axis % x.ndim), stop))


def _only_square(u: Sym, vt: Sym) -> None:
    """All vectors of a matrix that is not square: those that no singular value belongs to are not unique."""
    if dims_of(u.type)[-1] != dims_of(vt.type)[-1]:
        rows, columns = (apply("size", x, axis=x.ndim - 1) for x in (u, vt))
        require(
            apply("ne", rows, columns),
            "all vectors of a matrix that is not square have no derivative: use full_matrices=False",
        )


def _only_real(a: Sym) -> None:
    if is_complex(a.type):
        raise UnsupportedType("the singular vectors of a complex matrix have no derivative", way_out="np.linalg.eigh")


def _squared_gaps(s: Sym) -> Sym:
    """1 / (s[j]**2 - s[i]**2), and 0 on the diagonal."""
    size = apply("size", s, axis=s.ndim - 1)
    one = apply("eye", size, size, dtype=s.dtype)
    return 1 / ((_across(s) - _down(s)) * (_across(s) + _down(s)) + one) - one


def _svd_tangent(y, args, tangents, *, full_matrices=True):
    (u, s, vt), (a,), (da,) = y, args, tangents
    moved = adjoint(u) @ da @ adjoint(vt)

    def by_left() -> Sym:
        _only_real(a)
        scaled = moved * _across(s)
        inner = u @ (_squared_gaps(s) * (scaled + transposed(scaled)))
        if full_matrices:
            _only_square(u, vt)
            return inner
        return inner + (da @ transposed(vt) - u @ moved) / _across(s)

    def by_right() -> Sym:
        _only_real(a)
        scaled = _down(s) * moved
        inner = transposed(_squared_gaps(s) * (scaled + transposed(scaled))) @ vt
        if full_matrices:
            _only_square(u, vt)
            return inner
        return inner + (transposed(u) @ da - moved @ vt) / _down(s)

    return by_left, _real(apply("diagonal", moved, axis1=s.ndim - 1, axis2=s.ndim)), by_right


@general("svd", np.linalg.svd, type=_svd_type, tangent=_svd_tangent)
def svd(g, y, a, *, full_matrices=True):
    (by_u, by_s, by_vt), (u, s, vt) = g, y
    if by_u is None and by_vt is None:
        if full_matrices:
            many = apply("size", s, axis=s.ndim - 1)
            u, vt = _first(u, many, -1), _first(vt, many, -2)
        return (conjugate(u) * _across(by_s)) @ conjugate(vt)
    _only_real(a)
    if full_matrices:
        _only_square(u, vt)
    parts, gaps = [], _squared_gaps(s)
    rows, columns = dims_of(a.type)[-2:]
    beside = []
    if by_u is not None:
        inner = transposed(u) @ by_u
        parts.append(gaps * (inner - transposed(inner)) * _across(s))
        if not full_matrices and rows != columns:
            beside.append(((by_u - u @ inner) / _across(s)) @ vt)
    if by_vt is not None:
        inner = vt @ transposed(by_vt)
        parts.append(_down(s) * (gaps * (inner - transposed(inner))))
        if not full_matrices and rows != columns:
            beside.append(u @ ((by_vt - transposed(inner) @ vt) / _down(s)))
    if by_s is not None:
        parts.append(_on_diagonal(by_s))
    return _total([u @ _total(parts) @ vt, *beside])


def _total(parts: list[Sym]) -> Sym:
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


def _qr_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    *batch, m, n = dims_of(args[0].type)
    dtype, k = linalg_dtype(args[0].type), _smaller(m, n)
    return TupleOf((Array(dtype, (*batch, m, k)), Array(dtype, (*batch, k, n))))


def _not_wide(q: Sym, r: Sym) -> None:
    small, columns = (apply("size", x, axis=x.ndim - 1) for x in (q, r))
    if dims_of(q.type)[-1] != dims_of(r.type)[-1]:
        require(apply("lt", small, columns), "np.linalg.qr of a matrix with more columns than rows has no gradient")


def _qr_tangent(y, args, tangents):
    q, r = y
    _not_wide(q, r)
    moved = transposed(apply("solve", transposed(r), transposed(tangents[0])))
    inner = transposed(q) @ moved
    turning = apply("tril", inner, k=-1) - transposed(apply("tril", inner, k=-1))
    return q @ (turning - inner) + moved, (inner - turning) @ r


@general("qr", np.linalg.qr, type=_qr_type, tangent=_qr_tangent)
def qr(g, y, a):
    (by_q, by_r), (q, r) = g, y
    _not_wide(q, r)
    parts = [] if by_r is None else [r @ transposed(by_r)]
    parts += [] if by_q is None else [-(transposed(by_q) @ q)]
    inner = _total(parts)
    made = q @ (apply("tril", inner, k=0) + transposed(apply("tril", inner, k=-1)))
    return transposed(apply("solve", r, transposed(made if by_q is None else by_q + made)))


def _eig_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    type = args[0].type
    if not is_complex(type):
        raise UnsupportedType(
            "whether a real matrix has real eigenvalues is known at run time only",
            way_out="np.linalg.eig(a.astype(complex))",
        )
    batch, n, dtype = dims_of(type)[:-2], side(type), linalg_dtype(type)
    return TupleOf((Array(dtype, (*batch, n)), Array(dtype, (*batch, n, n))))


def _no_vectors() -> Sym:
    raise UnsupportedType(
        "the eigenvectors of a matrix that is not symmetric have no derivative", way_out="np.linalg.eigh"
    )


def _eig_tangent(y, args, tangents):
    moved = apply("solve", y[1], tangents[0] @ y[1])
    return apply("diagonal", moved, axis1=moved.ndim - 2, axis2=moved.ndim - 1), _no_vectors


@general("eig", np.linalg.eig, type=_eig_type, tangent=_eig_tangent)
def eig(g, y, a):
    """Of the eigenvalues, each by its right and left vector."""
    (by_w, by_v), (_, v) = g, y
    if by_v is not None:
        _no_vectors()
    return apply("solve", transposed(v), _down(by_w) * transposed(v))


# How these are called


def _items(several: Sym, count: int) -> tuple[Sym, ...]:
    return tuple(apply("item", several, index=k) for k in range(count))


@caller(np.linalg.cholesky)
def cholesky_call(a, /, *, upper=False):
    x = matrices(a, "np.linalg.cholesky")
    return adjoint(apply("cholesky", adjoint(x))) if upper else apply("cholesky", x)


def _uplo(UPLO: Any) -> dict[str, str]:
    if UPLO not in ("L", "U"):
        raise UnsupportedValue(f"UPLO={UPLO!r}", way_out="'L' or 'U'")
    return {} if UPLO == "L" else {"UPLO": UPLO}


_EighResult: Any = type(np.linalg.eigh(np.eye(1)))
_SVDResult: Any = type(np.linalg.svd(np.eye(1)))
_QRResult: Any = type(np.linalg.qr(np.eye(1)))


_EigResult: Any = type(np.linalg.eig(np.eye(1)))


def _of_symmetric(a: Any, UPLO: Any, name: str) -> Sym:
    x = matrices(a, name)
    if is_complex(x.type) and UPLO == "U":
        return apply("eigh", adjoint(x))
    return apply("eigh", x, **_uplo(UPLO))


@caller(np.linalg.eigh)
def eigh_call(a, UPLO="L"):
    return _EighResult(*_items(_of_symmetric(a, UPLO, "np.linalg.eigh"), 2))


@caller(np.linalg.eigvalsh)
def eigvalsh_call(a, UPLO="L"):
    """With the vectors, which the gradient reads."""
    return apply("item", _of_symmetric(a, UPLO, "np.linalg.eigvalsh"), index=0)


@caller(np.linalg.eig)
def eig_call(a):
    return _EigResult(*_items(apply("eig", matrices(a, "np.linalg.eig")), 2))


@caller(np.linalg.eigvals)
def eigvals_call(a):
    """With the vectors, which the gradient reads."""
    return apply("item", apply("eig", matrices(a, "np.linalg.eigvals")), index=0)


@caller(np.linalg.svd)
def svd_call(a, full_matrices=True, compute_uv=True, hermitian=False):
    x = matrices(a, "np.linalg.svd")
    if hermitian:
        raise UnsupportedValue("`hermitian` of np.linalg.svd", way_out="leave it out")
    if not static(compute_uv, "`compute_uv`"):
        return singular_values(x)
    more = {} if static(full_matrices, "`full_matrices`") else {"full_matrices": False}
    return _SVDResult(*_items(apply("svd", x, **more), 3))


def singular_values(x: Sym) -> Sym:
    """With the vectors, which the gradient reads."""
    return apply("item", apply("svd", x, full_matrices=False), index=1)


@caller(np.linalg.svdvals)
def svdvals(x, /):
    return singular_values(matrices(x, "np.linalg.svdvals"))


@caller(np.linalg.qr)
def qr_call(a, mode="reduced"):
    x = matrices(a, "np.linalg.qr")
    if mode not in ("reduced", "r"):
        raise UnsupportedValue(f"np.linalg.qr with mode={mode!r}", way_out="mode='reduced'")
    q, r = _items(apply("qr", x), 2)
    return r if mode == "r" else _QRResult(q, r)
