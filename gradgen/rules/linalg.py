"""Products of vectors and matrices, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType
from gradgen.ir import Array, At, Atom, Slice, Type, broadcast, common_dtype, dims_of, is_float, with_dims
from gradgen.rules import sizes
from gradgen.rules.reductions import as_array, axes_of, conjugate
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import bilinear, caller, linear


def product_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    a, b = (dims_of(x.type) for x in args)
    dtype, _ = common_dtype([x.type for x in args])
    batch = broadcast([a[:-2], b[:-2]])
    rows = a[-2:-1]
    columns = b[-1:] if len(b) > 1 else ()
    return with_dims(dtype, (*batch, *rows, *columns))


def transposed(x: Sym) -> Sym:
    """Rows and columns exchanged, of each matrix of a stack."""
    axes = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return apply("transpose", x, axes=None if x.ndim == 2 else axes)


@bilinear("matmul", np.matmul, type=product_type)
def matmul(g, a, b):
    """For c = a b: g b' and a' g, where a vector is a row on the left and a column on the right.

    What comes from a broadcast stack of matrices is summed over it by who takes the contributions.
    """
    if a.ndim == b.ndim == 1:
        return g * b, g * a
    if a.ndim == 1:
        if b.ndim == 2:
            return apply("matmul", b, g), apply("outer", a, g)
        return apply("squeeze", _row(g) @ transposed(b), axis=(g.ndim - 1,)), _column(a) * _row(g)
    if b.ndim == 1:
        if a.ndim == 2:
            return apply("outer", g, b), apply("matmul", transposed(a), g)
        return _column(g) * b, a * _column(g)
    return g @ transposed(b), transposed(a) @ g


def _column(x: Sym) -> Sym:
    return apply("expand_dims", x, axis=(x.ndim,))


def _row(x: Sym) -> Sym:
    return apply("expand_dims", x, axis=(x.ndim - 1,))


def dot_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Every row of a with every column of b."""
    a, b = (dims_of(x.type) for x in args)
    dtype, _ = common_dtype([x.type for x in args])
    return with_dims(dtype, (*a[:-1], *b[:-2], *b[-1:]) if len(b) > 1 else a[:-1])


@bilinear("dot", np.dot, type=dot_type)
def dot(g, a, b):
    """As matmul, but for a stack of matrices b, all of which meet all of a: there both become one matrix."""
    if b.ndim <= 2:
        return matmul(g, a, b)
    length = apply("size", b, axis=b.ndim - 2)
    order = (b.ndim - 2, *range(b.ndim - 2), b.ndim - 1)
    rows = apply("reshape", a, -1, length)
    columns = apply("reshape", apply("transpose", b, axes=order), length, -1)
    flat = apply("reshape", g, apply("size", rows, axis=0), apply("size", columns, axis=1))
    by_a = apply("reshape", flat @ transposed(columns), *(apply("size", a, axis=k) for k in range(a.ndim)))
    back = apply("reshape", transposed(rows) @ flat, *(apply("size", b, axis=k) for k in order))
    return by_a, apply("transpose", back, axes=tuple(order.index(k) for k in range(b.ndim)))


def outer_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dtype, _ = common_dtype([x.type for x in args])
    return Array(dtype, tuple(sizes.product(dims_of(x.type)) for x in args))


@bilinear("outer", np.outer, type=outer_type)
def outer(g, a, b):
    return apply("matmul", g, b), apply("matmul", a, g)


def trace_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims(args[0].type.dtype, ())  # type: ignore[union-attr]


@linear("trace", np.trace, type=trace_type)
def trace(g, x):
    rows, columns = (apply("size", x, axis=k) for k in (0, 1))
    return g * apply("eye", rows, columns, dtype=x.dtype)


# How these are called


def vectors(*values: Any) -> list[Sym]:
    return [as_array(x) for x in values]


def _dot(a: Any, b: Any, spelling: str) -> Sym:
    a, b = vectors(a, b)
    return apply("dot" if a.ndim and b.ndim else "mul", a, b, spelling=spelling)


@caller(np.dot)
def dot_call(a, b):
    return _dot(a, b, "np.dot")


@caller(method="dot")
def dot_method(a, b):
    return _dot(a, b, ".dot")


@caller(np.vdot)
def vdot(a, b):
    """Of complex numbers, as vecdot, with the conjugate of the first."""
    flat = [apply("ravel", x) if x.ndim > 1 else x for x in vectors(a, b)]
    flat[0] = conjugate(flat[0])
    return apply("matmul", *flat) if flat[0].is_array else apply("mul", *flat)


@caller(np.inner)
def inner(a, b):
    a, b = vectors(a, b)
    if not a.ndim or not b.ndim:
        return apply("mul", a, b)
    if b.ndim == 1:
        return apply("matmul", a, b)
    return apply("matmul", a, transposed(b)) if b.ndim == 2 else apply("dot", a, transposed(b))


@caller(np.outer)
def outer_call(a, b):
    a, b = (apply("ravel", x) if x.ndim > 1 else x for x in vectors(a, b))
    if not a.ndim or not b.ndim:
        raise UnsupportedType("np.outer of a number", way_out="`*`")
    return apply("outer", a, b)


@caller(np.trace, method="trace")
def trace_call(a, offset=0, axis1=0, axis2=1):
    a = as_array(a)
    if a.ndim == 2 and offset == 0:
        return apply("trace", a)
    return apply("sum", diagonal(a, offset, axis1, axis2), axis=-1, keepdims=False)


@caller(np.diagonal, method="diagonal")
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements a[i, i + offset], along the two axes, which become the last one."""
    x = as_array(a)
    first, second = axes_of((axis1,), x.ndim)[0], axes_of((axis2,), x.ndim)[0]
    others = [k for k in range(x.ndim) if k not in (first, second)]
    if (first, second) != (x.ndim - 2, x.ndim - 1):
        x = apply("transpose", x, axes=(*others, first, second))
    places = _diagonal(x, offset)
    index = (*(Slice(None, None, None),) * len(others), At(0), At(1))
    return apply("getitem", x, *places, index=index)


def _diagonal(x: Sym, offset: int) -> tuple[Sym, Sym]:
    """The rows and the columns of the diagonal of the last two axes."""
    dims = dims_of(x.type)
    rows, columns = (apply("size", x, axis=k) for k in (x.ndim - 2, x.ndim - 1))
    if dims[-2] == dims[-1]:
        length = apply("sub", rows, abs(offset)) if offset else rows
    else:
        length = apply(
            "minimum",
            *(apply("sub", n, by) if by else n for n, by in ((rows, max(-offset, 0)), (columns, max(offset, 0)))),
        )
    place = apply("arange", 0, length, 1)
    return tuple(apply("add", place, by) if by > 0 else place for by in (-offset, offset))  # type: ignore[return-value]


@caller(np.diag)
def diag(v, k=0):
    """Of a matrix its diagonal, of a vector the matrix that has it there."""
    x = as_array(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise UnsupportedType(f"np.diag of an array of {x.ndim} dimensions")
    size = apply("size", x, axis=0)
    size = apply("add", size, abs(k)) if k else size
    zeros = apply("zeros", size, size, dtype=x.dtype)
    rows, columns = _diagonal(zeros, k)
    made = x.builder.store(zeros.atom, (At(0), At(1)), (rows.atom, columns.atom), x.atom)
    return Sym(made, x.builder)


def _triangle(keep: str, function: Any):
    @caller(function)
    def build(m, k=0):
        x = as_array(m)
        rows = apply("arange", 0, apply("size", x, axis=x.ndim - 2), 1)
        columns = apply("arange", 0, apply("size", x, axis=x.ndim - 1), 1)
        distance = apply("sub", columns, apply("expand_dims", rows, axis=(1,)))
        return apply("where", apply(keep, distance, k), x, 0.0 if is_float(x.type) else 0)


_triangle("le", np.tril)
_triangle("ge", np.triu)


@caller(np.kron)
def kron(a, b):
    """Each element of a times all of b, as blocks."""
    a, b = vectors(a, b)
    ndim = max(a.ndim, b.ndim)
    a, b = (apply("reshape", x, *([1] * (ndim - x.ndim)), *shape_syms(x)) if x.ndim < ndim else x for x in (a, b))
    wide_a = apply("expand_dims", a, axis=tuple(range(1, 2 * ndim, 2)))
    wide_b = apply("expand_dims", b, axis=tuple(range(0, 2 * ndim, 2)))
    sizes_ = [apply("mul", m, n) for m, n in zip(shape_syms(a), shape_syms(b), strict=True)]
    return apply("reshape", apply("mul", wide_a, wide_b), *sizes_)


def shape_syms(x: Sym) -> list[Sym]:
    return [apply("size", x, axis=k) for k in range(x.ndim)]


@caller(np.tensordot)
def tensordot(a, b, axes=2):
    """The sum over pairs of axes: both become matrices, and their product gets the other axes back."""
    a, b = vectors(a, b)
    if isinstance(axes, int):
        over = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        over = tuple([*_paired(axis, x.ndim)] for axis, x in zip(axes, (a, b), strict=True))  # type: ignore[assignment]
    free = [[k for k in range(x.ndim) if k not in gone] for x, gone in zip((a, b), over, strict=True)]
    outer_sizes = [shape_syms(x)[k] for x, kept in zip((a, b), free, strict=True) for k in kept]
    length: Any = 1
    for k in over[0]:
        length = apply("mul", length, apply("size", a, axis=k)) if length != 1 else apply("size", a, axis=k)
    left = apply("reshape", _ordered(a, [*free[0], *over[0]]), -1, length)
    right = apply("reshape", _ordered(b, [*over[1], *free[1]]), length, -1)
    product = apply("matmul", left, right)
    return apply("reshape", product, *outer_sizes) if outer_sizes else apply("getitem", product, index=(0, 0))


def _paired(axis: Any, ndim: int) -> list[int]:
    """The axes in the order in which they are paired."""
    return [axes_of((a,), ndim)[0] for a in (axis if isinstance(axis, tuple | list) else (axis,))]


def _ordered(x: Sym, axes: list[int]) -> Sym:
    return x if axes == list(range(x.ndim)) else apply("transpose", x, axes=tuple(axes))


@caller(np.linalg.matrix_transpose, np.matrix_transpose)
def matrix_transpose(x):
    return transposed(x)


@caller(np.linalg.vecdot)
def vecdot(a, b):
    a, b = vectors(a, b)
    return apply("sum", apply("mul", conjugate(a), b), axis=-1, keepdims=False)
