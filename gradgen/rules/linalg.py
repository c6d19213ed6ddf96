"""Products of vectors and matrices, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import Array, Atom, Dim, Slice, Type, broadcast, common_dtype, dims_of, with_dims
from gradgen.rules import sizes
from gradgen.rules.reductions import as_array
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


def outer_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dtype, _ = common_dtype([x.type for x in args])
    return Array(dtype, tuple(sizes.product(dims_of(x.type)) for x in args))


@bilinear("outer", np.outer, type=outer_type)
def outer(g, a, b):
    return apply("matmul", g, b), apply("matmul", a, g)


def diagonal_size(rows: Dim, columns: Dim, offset: int) -> Dim:
    if rows.constant is not None and columns.constant is not None:
        return Dim(None, max(0, min(rows.constant + min(offset, 0), columns.constant - max(offset, 0))))
    if rows == columns:
        return rows.shifted(-abs(offset))
    return Dim(f"diagonal({rows},{columns},{offset})")


def diagonal_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x = args[0].type
    (rows, columns) = dims_of(x)
    return Array(x.dtype, (diagonal_size(rows, columns, params.get("offset", 0)),))  # type: ignore[union-attr]


def trace_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims(args[0].type.dtype, ())  # type: ignore[union-attr]


@linear("trace", np.trace, type=trace_type)
def trace(g, x):
    rows, columns = (apply("size", x, axis=k) for k in (0, 1))
    return g * apply("eye", rows, columns, dtype=x.type.dtype)


# How these are called


def vectors(*values: Any) -> list[Sym]:
    return [as_array(x) for x in values]


def _dot(a: Any, b: Any, spelling: str) -> Sym:
    a, b = vectors(a, b)
    if not a.ndim or not b.ndim:
        return apply("mul", a, b)
    if b.ndim > 2:
        return _wide_dot(a, b)
    return Sym(a.builder.emit("matmul", a.atom, b.atom, spelling=spelling if a.ndim <= 2 else ""), a.builder)


@caller(np.dot)
def dot(a, b):
    return _dot(a, b, "np.dot")


@caller(method="dot")
def dot_method(a, b):
    return _dot(a, b, ".dot")


def _wide_dot(a: Sym, b: Sym) -> Sym:
    """np.dot with b of three or more dimensions: every row of a with every column of b."""
    length = apply("size", b, axis=b.ndim - 2)
    order = (b.ndim - 2, *range(b.ndim - 2), b.ndim - 1)
    columns = apply("reshape", apply("transpose", b, axes=order), length, -1)
    product = apply("matmul", a, columns)
    shape = [apply("size", a, axis=k) for k in range(a.ndim - 1)]
    shape += [apply("size", b, axis=k) for k in range(b.ndim) if k != b.ndim - 2]
    return apply("reshape", product, *shape)


@caller(np.vdot)
def vdot(a, b):
    flat = [apply("ravel", x) if x.ndim > 1 else x for x in vectors(a, b)]
    return apply("matmul", *flat) if flat[0].is_array else apply("mul", *flat)


@caller(np.inner)
def inner(a, b):
    a, b = vectors(a, b)
    if not a.ndim or not b.ndim:
        return apply("mul", a, b)
    if b.ndim == 1:
        return apply("matmul", a, b)
    return apply("matmul", a, transposed(b)) if b.ndim == 2 else _wide_dot(a, transposed(b))


@caller(np.outer)
def outer_call(a, b):
    a, b = (apply("ravel", x) if x.ndim > 1 else x for x in vectors(a, b))
    if not a.ndim or not b.ndim:
        raise UnsupportedType("np.outer of a number", way_out="`*`")
    return apply("outer", a, b)


@caller(np.trace, method="trace")
def trace_call(a, offset=0, axis1=0, axis2=1):
    a = as_array(a)
    if a.ndim != 2 or offset != 0 or (axis1, axis2) != (0, 1):
        raise UnsupportedValue("np.trace of anything but the main diagonal of a matrix", way_out="np.diagonal(x, ...).sum()")
    return apply("trace", a)


@caller(np.linalg.matrix_transpose, np.matrix_transpose)
def matrix_transpose(x):
    return transposed(x)


@caller(np.linalg.vecdot, np.vecdot)
def vecdot(a, b):
    return apply("sum", apply("mul", *vectors(a, b)), axis=-1, keepdims=False)


__all__ = ["Slice", "matmul", "outer", "product_type", "transposed"]
