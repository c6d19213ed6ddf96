"""Linear systems and inverses as calls of LAPACK, in place of Numba's `np.linalg.solve` and `np.linalg.inv`.

Numba's copy their arguments by assignments to slices, which bring along all that tells in words what does not fit:
61 functions, and six seconds of compiling. Here the matrix and the right sides are copied element by element, and asked
on the way whether they are finite, as LAPACK does not. Results are those of Numba, and lie as they do there.

Knows matrices of floats or complex numbers, of one type; what else comes goes to Numba's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import signature
from numba.extending import intrinsic
from numba.np.arrayobj import get_itemsize, load_item, make_array, populate_array, store_item
from numba.np.linalg import F_INT_nbtype, ensure_lapack, get_blas_kind

from gradgen.run.instructions import FLOATS, INT, LARGEST, _as_numba, _new, _refuse

LETTER, POINTER, STATUS = ir.IntType(8), ir.IntType(8).as_pointer(), ir.IntType(32)
SQUARE = "Last 2 dimensions of the array must be square."
FITTING = "Incompatible array sizes, system is not dimensionally valid."
FINITE = "Array must not contain infs or NaNs."
REGULAR = "Matrix is singular to machine precision."
Taken = tuple[types.Array, Any]  # an array of our own, to be given back


class _Columns:
    """A copy of a vector or a matrix, column after column."""

    def __init__(self, context: Any, builder: Any, kind: types.Array, value: Any):
        self.context, self.builder = context, builder
        given = make_array(kind)(context, builder, value)
        sizes, strides = (cgutils.unpack_tuple(builder, one) for one in (given.shape, given.strides))
        self.rows, self.columns = sizes[0], sizes[1] if kind.ndim == 2 else INT(1)
        own = types.Array(kind.dtype, 2, "C")
        self.made, _ = _new(context, builder, own, [self.columns, self.rows])
        self.taken = own, self.made
        self.data = builder.bitcast(self.made.data, POINTER)
        odd = cgutils.alloca_once_value(builder, cgutils.false_bit)
        with cgutils.for_range(builder, self.columns) as across, cgutils.for_range(builder, self.rows) as down:
            at = [down.index, across.index][: kind.ndim]
            read = cgutils.get_item_pointer2(context, builder, given.data, sizes, strides, kind.layout, at)
            item = load_item(context, builder, kind, read)
            place = builder.add(builder.mul(across.index, self.rows), down.index)
            store_item(context, builder, own, item, builder.gep(self.made.data, [place]))
            builder.store(builder.or_(builder.load(odd), _is_odd(builder, item)), odd)
        self.odd = builder.load(odd)

    def as_result(self, kind: types.Array) -> Any:
        shape, size = [self.rows, self.columns][: kind.ndim], INT(get_itemsize(self.context, kind))
        strides = [size, self.builder.mul(size, self.rows)][: kind.ndim]
        made = make_array(kind)(self.context, self.builder)
        packed = {"shape": shape, "strides": strides}
        populate_array(
            made,
            data=self.made.data,
            itemsize=size,
            meminfo=self.made.meminfo,
            **{name: cgutils.pack_array(self.builder, parts, ty=INT) for name, parts in packed.items()},
        )
        return made._getvalue()


def _is_odd(builder: Any, item: Any) -> Any:
    """Whether a number is NaN or infinite."""
    complex = isinstance(item.type, ir.LiteralStructType)
    parts = [builder.extract_value(item, k) for k in range(2)] if complex else [item]
    odd = cgutils.false_bit
    for part in parts:
        zero = part.type(0.0)
        odd = builder.or_(odd, builder.fcmp_unordered("!=", builder.fmul(part, zero), zero))
    return odd


def _must_be(context: Any, builder: Any, test: Any, message: str, *taken: Taken) -> None:
    """LinAlgError where the test fails; what has been taken is given back."""
    with builder.if_then(builder.not_(test), likely=False):
        _release(context, builder, *taken)
        context.call_conv.return_user_exc(builder, np.linalg.LinAlgError, (message,))


def _release(context: Any, builder: Any, *taken: Taken) -> None:
    for kind, made in taken:
        context.nrt.decref(builder, kind, made._getvalue())


def _square(context: Any, builder: Any, kind: types.Array, value: Any) -> Any:
    """How many rows the matrix has."""
    ensure_lapack()
    shape = make_array(kind)(context, builder, value).shape
    rows, columns = (builder.extract_value(shape, axis) for axis in range(2))
    _must_be(context, builder, builder.icmp_signed("==", rows, columns), SQUARE)
    large = builder.icmp_signed(">", rows, INT(LARGEST))
    _refuse(context, builder, large, OverflowError, "array size too large to fit in C int")
    return rows


def _pivots(context: Any, builder: Any, size: Any) -> tuple[Any, Taken]:
    kind = types.Array(F_INT_nbtype, 1, "C")
    made, _ = _new(context, builder, kind, [size])
    return builder.bitcast(made.data, POINTER), (kind, made)


def _call(context: Any, builder: Any, dtype: Any, name: str, args: list[Any], *taken: Taken) -> None:
    """A function of LAPACK's; LinAlgError if it fails."""
    args = [LETTER(ord(get_blas_kind(dtype))), *args]
    function = ir.FunctionType(STATUS, [one.type for one in args])
    status = builder.call(cgutils.get_or_insert_function(builder.module, function, name), args)
    _must_be(context, builder, builder.icmp_signed("==", status, STATUS(0)), REGULAR, *taken)


def _known(*kinds: Any) -> bool:
    arrays = all(isinstance(one, types.Array) and one.aligned for one in kinds)
    return arrays and kinds[0].ndim == 2 and kinds[0].dtype in FLOATS and len({one.dtype for one in kinds}) == 1


@intrinsic
def inv(typing, a):
    if not _known(a):
        return _as_numba(typing, np.linalg.inv, a)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        size = _square(context, builder, a, args[0])
        out = _Columns(context, builder, a, args[0])
        _must_be(context, builder, builder.not_(out.odd), FINITE, out.taken)
        with builder.if_then(builder.icmp_signed(">", size, INT(0))):
            pivots, taken = _pivots(context, builder, size)
            both = taken, out.taken
            _call(context, builder, a.dtype, "numba_xxgetrf", [size, size, out.data, size, pivots], *both)
            _call(context, builder, a.dtype, "numba_ez_xxgetri", [size, out.data, size, pivots], *both)
            _release(context, builder, taken)
        return out.as_result(sig.return_type)

    return signature(types.Array(a.dtype, 2, "F"), a), codegen


@intrinsic
def solve(typing, a, b):
    if not (_known(a, b) and b.ndim in (1, 2)):
        return _as_numba(typing, np.linalg.solve, a, b)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        size = _square(context, builder, a, args[0])
        rows = builder.extract_value(make_array(b)(context, builder, args[1]).shape, 0)
        _must_be(context, builder, builder.icmp_signed("==", size, rows), FITTING)
        matrix = _Columns(context, builder, a, args[0])
        out = _Columns(context, builder, b, args[1])
        finite = builder.not_(builder.or_(matrix.odd, out.odd))
        _must_be(context, builder, finite, FINITE, matrix.taken, out.taken)
        some = builder.and_(*(builder.icmp_signed(">", one, INT(0)) for one in (size, out.columns)))
        with builder.if_then(some):
            pivots, taken = _pivots(context, builder, size)
            given = [size, out.columns, matrix.data, size, pivots, out.data, size]
            _call(context, builder, a.dtype, "numba_xgesv", given, taken, matrix.taken, out.taken)
            _release(context, builder, taken)
        _release(context, builder, matrix.taken)
        return out.as_result(sig.return_type)

    return signature(types.Array(a.dtype, b.ndim, "C" if b.ndim == 1 else "F"), a, b), codegen


QUICK = {"inv": inv, "solve": solve}
