"""Products of matrices of which a triangle is zero, or is all that is asked for: by strips, without most of the rest.

A text brings `_dot_by_triangle` and `_triangle_of_dot` along (see `gradgen/write/helpers.py`), which copy each strip.
Here they are calls of BLAS, which takes a strip as it lies in a matrix. The strips of a block of rows, and what they
are multiplied with, stay in the second cache: of 1000 rows of 64 numbers a product takes half of the time.

Knows real matrices that lie row after row, or column after column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_new_ref, lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.np.arrayobj import make_array
from numba.np.linalg import ensure_blas, get_blas_kind, make_constant_slot

from gradgen.run.instructions import INT, LARGEST, _new, _refuse
from gradgen.run.strips import dot_by_triangle, triangle_of_dot

BLOCK = 256  # rows at a time
STRIP = 8  # columns at a time, or rows of what is asked for; with 16 the mixture takes a tenth longer
MOST = 8  # strips, of large matrices
LETTER, POINTER = ir.IntType(8), ir.IntType(8).as_pointer()


def _number(value: int) -> Any:
    return ir.Constant(INT, value)


class _Matrix:
    """Where its rows and columns lie."""

    def __init__(self, context: Any, builder: Any, kind: Any, made: Any):
        self.builder, self.kind, self.data = builder, kind, made.data
        self.rows, self.columns = (builder.extract_value(made.shape, axis) for axis in range(2))
        self.in_rows = kind.layout == "C"
        self.lead = self.columns if self.in_rows else self.rows
        self.turned = ir.Constant(LETTER, ord("n" if self.in_rows else "t"))

    def at(self, row: Any, column: Any) -> Any:
        builder = self.builder
        along, across = (row, column) if self.in_rows else (column, row)
        place = builder.add(builder.mul(along, self.lead), across)
        return builder.bitcast(builder.gep(self.data, [place]), POINTER)


class _Products:
    """Writes what multiplies parts of `a` and `b` into a part of `out`, or adds it there."""

    def __init__(self, context: Any, builder: Any, out: _Matrix, a: _Matrix, b: _Matrix, adds: bool):
        self.builder, self.out, self.a, self.b = builder, out, a, b
        dtype = out.kind.dtype
        self.kind = ir.Constant(LETTER, ord(get_blas_kind(dtype)))
        factors = (make_constant_slot(context, builder, dtype, value) for value in (1.0, float(adds)))
        self.new, self.old = (builder.bitcast(slot, POINTER) for slot in factors)
        sizes = [INT] * 3
        given = [*[LETTER] * 3, *sizes, POINTER, POINTER, INT, POINTER, INT, POINTER, POINTER, INT]
        kind = ir.FunctionType(ir.IntType(32), given)
        self.call = cgutils.get_or_insert_function(builder.module, kind, "numba_xxgemm")

    def write(self, top: Any, height: Any, left: Any, width: Any, first: Any, terms: Any) -> None:
        """BLAS counts columns first: it multiplies the transposes, in reverse."""
        out, a, b = self.out, self.a, self.b
        sizes = (width, height, terms)
        factors = (b.at(first, left), b.lead, a.at(top, first), a.lead)
        result = (out.at(top, left), out.lead)
        self.builder.call(self.call, (self.kind, b.turned, a.turned, *sizes, self.new, *factors, self.old, *result))


def _least(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_signed("<", a, b), a, b)


def _in_parts(builder: Any, size: Any, step: Any, body: Callable[[Any, Any], None]) -> None:
    """A loop over parts of a range; `body` takes where each starts and how long it is."""
    with cgutils.for_range_slice(builder, _number(0), size, step, intp=INT) as (start, _):
        body(start, _least(builder, step, builder.sub(size, start)))


def _strip(builder: Any, size: Any) -> Any:
    large = builder.sdiv(builder.add(size, _number(MOST - 1)), _number(MOST))
    return builder.select(builder.icmp_signed(">", large, _number(STRIP)), large, _number(STRIP))


def _factors(context: Any, builder: Any, sig: Any, args: Any) -> tuple[_Matrix, _Matrix]:
    ensure_blas()
    given = zip(sig.args[:2], args[:2], strict=True)
    a, b = (_Matrix(context, builder, kind, make_array(kind)(context, builder, value)) for kind, value in given)
    differ = builder.icmp_signed("!=", a.columns, b.rows)
    _refuse(context, builder, differ, ValueError, "incompatible array sizes for np.dot(a, b)")
    for size in (a.rows, a.columns, b.columns):
        large = builder.icmp_signed(">", size, _number(LARGEST))
        _refuse(context, builder, large, OverflowError, "array size too large to fit in C int")
    return a, b


class _Typing(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        a, b, upper = args
        matrices = all(isinstance(one, types.Array) and one.ndim == 2 and one.layout in "CF" for one in (a, b))
        known = matrices and a.dtype == b.dtype and a.dtype in (types.float32, types.float64)
        return signature(types.Array(a.dtype, 2, "C"), *args) if known and isinstance(upper, types.Boolean) else None


@infer_global(dot_by_triangle)
class _TypingByTriangle(_Typing):
    key = dot_by_triangle


@infer_global(triangle_of_dot)
class _TypingTriangleOf(_Typing):
    key = triangle_of_dot


@lower_builtin(dot_by_triangle, types.Array, types.Array, types.Boolean)
def _dot_by_triangle(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    x, t = _factors(context, builder, sig, args)
    upper, size = args[2], t.columns
    made, length = _new(context, builder, sig.return_type, [x.rows, size])
    out = _Matrix(context, builder, sig.return_type, made)
    products, zero = _Products(context, builder, out, x, t, adds=False), _number(0)

    def block(top: Any, height: Any) -> None:
        def strip(left: Any, width: Any) -> None:
            first = builder.select(upper, zero, left)
            stop = builder.select(upper, builder.add(left, width), size)
            products.write(top, height, left, width, first, builder.sub(stop, first))

        _in_parts(builder, size, _strip(builder, size), strip)

    with builder.if_else(builder.icmp_signed("==", t.rows, size)) as (square, other):
        with square, builder.if_then(builder.icmp_signed(">", size, zero)):
            _in_parts(builder, x.rows, _number(BLOCK), block)
            odd = _is_odd(builder, out, builder.select(upper, builder.sub(size, _number(1)), zero))
            with builder.if_then(odd, likely=False):
                products.write(zero, x.rows, zero, size, zero, t.rows)
        with other:
            cgutils.memset(builder, builder.bitcast(made.data, cgutils.voidptr_t), length, 0)
            products.write(zero, x.rows, zero, size, zero, t.rows)
    return impl_ret_new_ref(context, builder, sig.return_type, made._getvalue())


def _is_odd(builder: Any, out: _Matrix, column: Any) -> Any:
    """Whether there may be a NaN or an infinity in the first factor: of these times zero NumPy makes NaN.

    A column that has seen all of the factor is not finite then.
    """
    found = cgutils.alloca_once_value(builder, cgutils.false_bit)
    with cgutils.for_range(builder, out.rows, intp=INT) as loop:
        value = builder.load(builder.gep(out.data, [builder.add(builder.mul(loop.index, out.lead), column)]))
        zero = ir.Constant(value.type, 0.0)
        odd = builder.fcmp_unordered("!=", builder.fmul(value, zero), zero)
        builder.store(builder.or_(builder.load(found), odd), found)
    return builder.load(found)


@lower_builtin(triangle_of_dot, types.Array, types.Array, types.Boolean)
def _triangle_of_dot(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    a, b = _factors(context, builder, sig, args)
    upper = args[2]
    made, size = _new(context, builder, sig.return_type, [a.rows, b.columns])
    cgutils.memset(builder, builder.bitcast(made.data, cgutils.voidptr_t), size, 0)
    out = _Matrix(context, builder, sig.return_type, made)
    products = _Products(context, builder, out, a, b, adds=True)

    def block(first: Any, terms: Any) -> None:
        def strip(top: Any, height: Any) -> None:
            left = builder.select(upper, _least(builder, top, b.columns), _number(0))
            right = builder.select(upper, b.columns, _least(builder, builder.add(top, height), b.columns))
            width = builder.sub(right, left)
            with builder.if_then(builder.icmp_signed(">", width, _number(0))):
                products.write(top, height, left, width, first, terms)

        _in_parts(builder, a.rows, _strip(builder, a.rows), strip)

    _in_parts(builder, a.columns, _number(2 * BLOCK), block)
    return impl_ret_new_ref(context, builder, sig.return_type, made._getvalue())
