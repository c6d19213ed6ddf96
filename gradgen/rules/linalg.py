"""Products of matrices and vectors."""

from __future__ import annotations

import numpy as np

from gradgen.ir import Dim, Scalar, broadcast, common_dtype, dims_of, with_dims
from gradgen.rules.shape import reduce_to
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import METHODS, Caller, bilinear, caller, linear


def product_type(args, params):
    a, b = (dims_of(x.type) for x in args)
    dtype, _ = common_dtype([x.type for x in args])
    batch = broadcast([a[:-2], b[:-2]])
    rows = a[-2:-1]
    columns = b[-1:] if len(b) > 1 else ()
    return with_dims(dtype, (*batch, *rows, *columns))


def _transposed(x: Sym) -> Sym:
    axes = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return apply("transpose", x, axes=None if x.ndim == 2 else axes)


@bilinear("matmul", np.matmul, type=product_type)
def matmul(g, a, b):
    """For c = a b: g b^T and a^T g; a vector is a row on the left and a column on the right."""
    if a.ndim == 1 and b.ndim == 1:
        return g * b, g * a
    if a.ndim == 1:
        by_b = apply("outer", a, g) if b.ndim == 2 else _column(a) * _row(g)
        by_a = apply("matmul", b, g) if b.ndim == 2 else apply("sum", b * _row(g), axis=_but(b.ndim - 2, b.ndim), keepdims=False)
        return by_a, by_b
    if b.ndim == 1:
        by_a = apply("outer", g, b) if a.ndim == 2 else _column(g) * b
        by_b = apply("matmul", _transposed(a), g) if a.ndim == 2 else apply("sum", a * _column(g), axis=_but(a.ndim - 1, a.ndim), keepdims=False)
        return by_a, by_b
    return _fold(apply("matmul", g, _transposed(b)), a), _fold(apply("matmul", _transposed(a), g), b)


def _fold(product: Sym, to: Sym) -> Sym:
    return product if product.ndim == 2 and to.ndim == 2 else reduce_to(product, to)


def _column(x: Sym) -> Sym:
    return apply("expand_dims", x, axis=(x.ndim,))


def _row(x: Sym) -> Sym:
    return apply("expand_dims", x, axis=(x.ndim - 1,))


def _but(axis: int, ndim: int):
    axes = tuple(k for k in range(ndim) if k != axis)
    return axes[0] if len(axes) == 1 else axes


def outer_type(args, params):
    dtype, _ = common_dtype([x.type for x in args])
    return with_dims(dtype, tuple(dims_of(x.type)[0] for x in args))


@bilinear("outer", np.outer, type=outer_type)
def outer(g, a, b):
    return apply("matmul", g, b), apply("matmul", a, g)


def trace_type(args, params):
    return Scalar(args[0].type.dtype)


@linear("trace", np.trace, type=trace_type)
def trace(g, x):
    rows, columns = (apply("size", x, axis=k) for k in (0, 1))
    return g * apply("eye", rows, columns, dtype=x.type.dtype)


def diagonal_type(args, params):
    dims = dims_of(args[0].type)
    size = dims[0] if dims[0] == dims[1] else Dim(f"min({dims[0]},{dims[1]})")
    return with_dims(args[0].type.dtype, (size,))


# How these are called

@caller(np.dot, method="dot")
def dot(a, b):
    if not (isinstance(a, Sym) and isinstance(b, Sym) and a.is_array and b.is_array):
        return apply("mul", a, b)
    if b.ndim > 2 and a.ndim > 0:
        axes = (*range(b.ndim - 2), b.ndim - 2, b.ndim - 1)
        return _wide_dot(a, apply("transpose", b, axes=axes))
    if a.ndim > 2 and b.ndim <= 2:
        return apply("matmul", a, b)
    return apply("matmul", a, b)


def _wide_dot(a: Sym, b: Sym) -> Sym:
    """np.dot with b of three or more dimensions: every row of a with every column of b."""
    k = apply("size", b, axis=b.ndim - 2)
    order = (b.ndim - 2, *range(b.ndim - 2), b.ndim - 1)
    columns = apply("reshape", apply("transpose", b, axes=order), k, -1)
    product = apply("matmul", a, columns)
    shape = [apply("size", a, axis=i) for i in range(a.ndim - 1)]
    shape += [apply("size", b, axis=i) for i in range(b.ndim) if i != b.ndim - 2]
    return apply("reshape", product, *shape)


@caller(np.vdot)
def vdot(a, b):
    flat = [apply("ravel", x) if x.ndim > 1 else x for x in (a, b)]
    return apply("matmul", *flat)


@caller(np.inner)
def inner(a, b):
    if not (a.is_array and b.is_array):
        return apply("mul", a, b)
    return apply("matmul", a, _transposed(b) if b.ndim > 1 else b)


@caller(np.outer)
def outer_call(a, b):
    return apply("outer", *(apply("ravel", x) if x.ndim != 1 else x for x in (a, b)))


METHODS["trace"] = Caller(lambda x: apply("trace", x), ".trace")
