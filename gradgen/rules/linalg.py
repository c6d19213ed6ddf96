"""Products of vectors and matrices, and what is made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Dim,
    Slice,
    Type,
    broadcast,
    common_dtype,
    constant_dim,
    dims_of,
    dtype_of,
    with_dims,
)
from gradgen.rules import sizes
from gradgen.rules.reductions import as_array, axes_of, conjugate, summed
from gradgen.rules.symbols import Placed, Sym, apply, static
from gradgen.rules.table import TAKES_COMPLEX, bilinear, caller, linear, same

TAKES_COMPLEX |= {"tril", "triu", "diag", "diagonal"}


def product_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    a, b = (dims_of(x.type) for x in args)
    dtype, _ = common_dtype([x.type for x in args])
    batch = broadcast([a[:-2], b[:-2]])
    rows = a[-2:-1]
    columns = b[-1:] if len(b) > 1 else ()
    return with_dims(dtype, (*batch, *rows, *columns))


def transposed(x: Sym) -> Sym:
    """Rows and columns exchanged, of each matrix of a stack; of a transpose what it was made of."""
    made = x.builder.made_by(x.atom)
    if isinstance(made, Assign) and made.op == "transpose" and x.ndim == 2 and made.param("axes") is None:
        return Sym(made.args[0], x.builder)
    axes = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return apply("transpose", x, axes=None if x.ndim == 2 else axes)


def adjoint(x: Sym) -> Sym:
    """The conjugate transpose; of real matrices the transpose."""
    return conjugate(transposed(x))


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
        return apply("squeeze", row(g) @ transposed(b), axis=(g.ndim - 1,)), column(a) * row(g)
    if b.ndim == 1:
        if a.ndim == 2:
            return apply("outer", g, b), apply("matmul", transposed(a), g)
        return column(g) * b, a * column(g)
    return g @ transposed(b), transposed(a) @ g


def column(x: Sym) -> Sym:
    return apply("expand_dims", x, axis=(x.ndim,))


def row(x: Sym) -> Sym:
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
    return with_dims(summed(dtype_of(args[0].type)), ())


@linear("trace", np.trace, type=trace_type)
def trace(g, x):
    rows, columns = (apply("size", x, axis=k) for k in (0, 1))
    return g * apply("eye", rows, columns, dtype=x.dtype)


@linear("tril", np.tril, type=same)
def tril(g, x, *, k=0):
    return apply("tril", g, k=k)


@linear("triu", np.triu, type=same)
def triu(g, x, *, k=0):
    return apply("triu", g, k=k)


def diagonal_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    type = args[0].type
    assert isinstance(type, Array)
    first, second = axes = params.get("axis1", 0), params.get("axis2", 1)
    others = tuple(dim for k, dim in enumerate(type.dims) if k not in axes)
    return Array(type.dtype, (*others, _length(type.dims[first], type.dims[second], params.get("offset", 0))))


def _length(rows: Dim, columns: Dim, offset: int) -> Dim:
    """How many elements a diagonal has."""
    if rows == columns and offset == 0:
        return rows
    if rows.constant is not None and columns.constant is not None:
        return constant_dim(max(0, min(rows.constant + min(offset, 0), columns.constant - max(offset, 0))))
    return Dim(f"diagonal({rows},{columns},{offset})")


@linear("diagonal", np.diagonal, type=diagonal_type)
def diagonal(g, x, *, offset=0, axis1=0, axis2=1):
    """g is added on the diagonal; where that does not lie along the last two axes, in an array that is turned."""
    dims = dims_of(x.type)
    if x.ndim == 2 and dims[0] == dims[1] and (axis1, axis2) == (0, 1):
        return apply("diag", g, k=offset)
    others = [k for k in range(x.ndim) if k not in (axis1, axis2)]
    order = [*others, axis1, axis2]
    place = apply("arange", 0, apply("size", g, axis=g.ndim - 1), 1)
    places = tuple(apply("add", place, by) if by > 0 else place for by in (-offset, offset))
    index = (*(Slice(None, None, None),) * len(others), At(0), At(1))
    if order == list(range(x.ndim)):
        return Placed(g, index, places)
    zeros = apply("zeros", *(apply("size", x, axis=k) for k in order), dtype=x.dtype)
    made = x.builder.store(zeros.atom, index, tuple(one.atom for one in places), g.atom)
    return ordered(Sym(made, x.builder), [order.index(k) for k in range(x.ndim)])


def diag_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    type = args[0].type
    assert isinstance(type, Array)
    return Array(type.dtype, (type.dims[0].shifted(abs(params.get("k", 0))),) * 2)


@linear("diag", np.diag, type=diag_type)
def diag(g, v, *, k=0):
    return apply("diagonal", g, **({"offset": k} if k else {}))


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
    return apply("sum", diagonal_call(a, offset, axis1, axis2), axis=-1, keepdims=False)


@caller(np.diagonal, method="diagonal")
def diagonal_call(a, offset=0, axis1=0, axis2=1):
    x = as_array(a)
    return apply("diagonal", x, **_diagonal_params(x, offset, axis1, axis2))


def _diagonal_params(x: Sym, offset: Any, axis1: Any, axis2: Any) -> dict[str, int]:
    """What differs from `np.diagonal(x)`."""
    first, second = axes_of((axis1,), x.ndim)[0], axes_of((axis2,), x.ndim)[0]
    if first == second:
        raise UnsupportedValue("a diagonal is along two axes", way_out="another axis2")
    given = {"offset": static(offset, "the offset of a diagonal"), "axis1": first, "axis2": second}
    return {name: value for name, value in given.items() if value != {"axis2": 1}.get(name, 0)}


@caller(np.diag)
def diag_call(v, k=0):
    """Of a matrix its diagonal, of a vector the matrix that has it there."""
    x, k = as_array(v), static(k, "the number of a diagonal")
    if x.ndim == 2:
        return apply("diagonal", x, spelling="np.diag", **({"offset": k} if k else {}))
    if x.ndim != 1:
        raise UnsupportedType(f"np.diag of an array of {x.ndim} dimensions", way_out="np.diagonal")
    return apply("diag", x, k=k)


@caller(np.diagflat)
def diagflat(v, k=0):
    x = as_array(v)
    return apply("diag", apply("ravel", x) if x.ndim != 1 else x, k=static(k, "the number of a diagonal"))


def _triangle(op: str, function: Any):
    @caller(function)
    def build(m, k=0):
        x = as_array(m)
        if not x.ndim:
            raise UnsupportedType(f"np.{op} of a number", way_out="a matrix")
        if x.ndim == 1:
            size = apply("size", x, axis=0)
            x = apply("broadcast_to", x, size, size)
        return apply(op, x, k=static(k, "the number of a diagonal"))


_triangle("tril", np.tril)
_triangle("triu", np.triu)


def shape_syms(x: Sym) -> list[Sym]:
    return [apply("size", x, axis=k) for k in range(x.ndim)]


def ordered(x: Sym, axes: list[int]) -> Sym:
    """x with its axes in this order."""
    if axes == list(range(x.ndim)):
        return x
    return apply("transpose", x, axes=None if axes == [1, 0] else tuple(axes))


@caller(np.linalg.matrix_transpose, np.matrix_transpose)
def matrix_transpose(x, /):
    return transposed(x)


@caller(np.linalg.matmul)
def linalg_matmul(x1, x2, /):
    return apply("matmul", *vectors(x1, x2))


@caller(np.linalg.outer)
def linalg_outer(x1, x2, /):
    a, b = vectors(x1, x2)
    if a.ndim != 1 or b.ndim != 1:
        raise UnsupportedValue("np.linalg.outer of arrays that are no vectors", way_out="np.outer")
    return apply("outer", a, b)


@caller(np.linalg.diagonal)
def linalg_diagonal(x, /, *, offset=0):
    """Of each matrix of a stack."""
    x = as_array(x)
    return apply("diagonal", x, spelling="np.diagonal", **_diagonal_params(x, offset, -2, -1))


@caller(np.linalg.trace)
def linalg_trace(x, /, *, offset=0):
    return trace_call(x, offset, -2, -1)


@caller(np.linalg.vecdot)
def linalg_vecdot(x1, x2, /, *, axis=-1):
    return vecdot(x1, x2, axis)


@caller(np.vecdot)
def vecdot(x1, x2, /, axis=-1):
    """The sum of products along an axis of the vectors broadcast against each other."""
    a, b = vectors(x1, x2)
    if not a.ndim or not b.ndim:
        raise UnsupportedType("np.vecdot of a number", way_out="vectors")
    if axis >= 0 and a.ndim != b.ndim:
        raise UnsupportedValue(
            "np.vecdot of arrays of different ranks along an axis counted from the front",
            way_out="count it from the end",
        )
    return apply("sum", apply("mul", conjugate(a), b), axis=axis, keepdims=False)


@caller(np.linalg.multi_dot)
def multi_dot(arrays):
    """One product after the other, from the side that has a vector."""
    factors = vectors(*arrays)
    if len(factors) < 2:
        raise UnsupportedValue("np.linalg.multi_dot of one array", way_out="the array itself")
    if factors[-1].ndim == 1:
        product = factors[-1]
        for factor in reversed(factors[:-1]):
            product = apply("matmul", factor, product)
        return product
    product = factors[0]
    for factor in factors[1:]:
        product = apply("matmul", product, factor)
    return product


def matvec(x1, x2, /):
    """Each matrix of a stack times a vector of another stack."""
    a, v = vectors(x1, x2)
    if a.ndim < 2 or not v.ndim:
        raise UnsupportedType("np.matvec takes matrices and vectors", way_out="np.vecdot")
    if v.ndim == 1:
        return apply("matmul", a, v)
    made = apply("matmul", a, column(v))
    return apply("squeeze", made, axis=(made.ndim - 1,))


def vecmat(x1, x2, /):
    """Each vector of a stack, conjugated, times a matrix of another stack."""
    v, a = vectors(x1, x2)
    if a.ndim < 2 or not v.ndim:
        raise UnsupportedType("np.vecmat takes vectors and matrices", way_out="np.vecdot")
    if v.ndim == 1:
        return apply("matmul", conjugate(v), a)
    made = apply("matmul", row(conjugate(v)), a)
    return apply("squeeze", made, axis=(made.ndim - 2,))


for _name, _build in (("matvec", matvec), ("vecmat", vecmat)):
    if hasattr(np, _name):  # since NumPy 2.2
        caller(getattr(np, _name))(_build)
