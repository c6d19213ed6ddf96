"""Functions of NumPy of which Numba makes machine code slowly, as instructions written out here.

Numba has them in Python, several functions deep, and compiles each of those for each type: half a second for the first
product of matrices, a tenth for the first array. Here they are a few instructions and calls of BLAS in the function
that uses them. What they give is the same; arguments of other kinds go to Numba's own.

Does not change what Numba's own tables say of NumPy: only texts whose `np` is that of `quick_numpy` use these.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.npydecl import parse_dtype
from numba.core.typing.templates import signature
from numba.extending import intrinsic
from numba.np.arrayobj import get_itemsize, make_array, populate_array
from numba.np.linalg import call_xxdot, call_xxgemm, call_xxgemv, ensure_blas

INT = ir.IntType(64)
LARGEST = 2**31 - 1  # BLAS counts in C ints
# Bytes kept free on both sides of an array. A vectorised loop first asks whether what it writes begins within a few
# vectors of what it reads, and takes one element at a time if so: a small sum's last bit would hang on the allocator.
MARGIN = 512
# Bytes from which on Linux is asked for large pages, as NumPy asks it: memory is cleared page by page when it is first
# used. An outer product of 3000 by 3000 took 33 ms instead of 9.
HUGE, PAGE, ADVICE = 2**22, 4096, 14
FLOATS = (types.float32, types.float64, types.complex64, types.complex128)


def _as_numba(typing: Any, function: Callable[..., Any], *args: Any) -> tuple[Any, Any]:
    """Numba's own way with arguments of these types."""
    kind = typing.resolve_value_type(function)
    found = typing.resolve_function_type(kind, args, {})
    return found, lambda context, builder, sig, values: context.get_function(kind, found)(builder, values)


def _new(context: Any, builder: Any, kind: types.Array, shape: list[Any], negative: Any = None) -> tuple[Any, Any]:
    """A new array, and how many bytes its elements take. `negative`: whether a size is."""
    size, over = ir.Constant(INT, get_itemsize(context, kind)), ir.Constant(ir.IntType(1), 0)
    strides = []
    for count in reversed(shape):
        strides.append(size)
        product = builder.smul_with_overflow(size, count)
        size, over = builder.extract_value(product, 0), builder.or_(over, builder.extract_value(product, 1))
    # One test for both: texts make many arrays, and each `raise` is ten instructions.
    with builder.if_then(over if negative is None else builder.or_(over, negative), likely=False):
        if negative is not None:
            _refuse(context, builder, negative, ValueError, "negative dimensions not allowed")
        context.call_conv.return_user_exc(builder, ValueError, ("array is too big",))
    align = context.get_preferred_array_alignment(kind.dtype)
    with_margins = builder.add(size, ir.Constant(INT, 2 * MARGIN))
    meminfo = context.nrt.meminfo_alloc_aligned(builder, with_margins, align)
    data = builder.gep(context.nrt.meminfo_data(builder, meminfo), [ir.Constant(INT, MARGIN)])
    if sys.platform == "linux":
        with builder.if_then(builder.icmp_unsigned(">=", size, ir.Constant(INT, HUGE)), likely=False):
            builder.call(_large_pages(builder.module), [data, size])
    made = make_array(kind)(context, builder)
    populate_array(
        made,
        data=builder.bitcast(data, context.get_data_type(kind.dtype).as_pointer()),
        shape=cgutils.pack_array(builder, shape, ty=INT),
        strides=cgutils.pack_array(builder, strides[::-1], ty=INT),
        itemsize=ir.Constant(INT, get_itemsize(context, kind)),
        meminfo=meminfo,
    )
    return made, size


def _large_pages(module: Any) -> Any:
    """The function that asks for large pages, written once for all arrays of a module."""
    name = "gradgen.large_pages"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, INT]), name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    builder, (data, size) = ir.IRBuilder(function.append_basic_block()), function.args
    start = builder.ptrtoint(data, INT)
    first = builder.and_(builder.add(start, ir.Constant(INT, PAGE - 1)), ir.Constant(INT, -PAGE))
    length = builder.sub(builder.add(start, size), first)
    kind = ir.FunctionType(ir.IntType(32), [INT, INT, ir.IntType(32)])
    advise = cgutils.get_or_insert_function(module, kind, "madvise")
    builder.call(advise, [first, length, ir.Constant(ir.IntType(32), ADVICE)])
    builder.ret_void()
    return function


def _refuse(context: Any, builder: Any, test: Any, error: type, message: str) -> None:
    with builder.if_then(test, likely=False):
        context.call_conv.return_user_exc(builder, error, (message,))


def _given(context: Any, builder: Any, kind: Any, shape: Any) -> tuple[list[Any], Any]:
    """The sizes that the argument `shape` of an array's maker says, and whether one is negative."""
    several = isinstance(kind, types.UniTuple | types.Tuple)
    kinds = tuple(kind) if several else (kind,)
    values = cgutils.unpack_tuple(builder, shape, len(kinds)) if several else [shape]
    sizes, negative = [], ir.Constant(ir.IntType(1), 0)
    for one, value in zip(kinds, values, strict=True):
        size = context.cast(builder, value, one, types.intp)
        sizes.append(size)
        if not (isinstance(one, types.IntegerLiteral) and one.literal_value >= 0):
            negative = builder.or_(negative, builder.icmp_signed("<", size, ir.Constant(INT, 0)))
    return sizes, negative


def _made(typing: Any, function: Callable[..., Any], shape: Any, dtype: Any, filled: bool) -> tuple[Any, Any]:
    sizes: tuple[Any, ...] = tuple(shape) if isinstance(shape, types.UniTuple | types.Tuple) else (shape,)
    element = types.float64 if dtype is None else parse_dtype(dtype)
    if not sizes or not all(isinstance(size, types.Integer) for size in sizes) or element is None:
        return _as_numba(typing, function, shape, *(() if dtype is None else (dtype,)))
    kind = types.Array(element, len(sizes), "C")

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        made, size = _new(context, builder, kind, *_given(context, builder, sig.args[0], args[0]))
        if filled:
            cgutils.memset(builder, builder.bitcast(made.data, cgutils.voidptr_t), size, 0)
        return made._getvalue()

    return signature(kind, shape, types.Omitted(None) if dtype is None else dtype), codegen


@intrinsic
def empty(typing, shape, dtype=None):
    return _made(typing, np.empty, shape, dtype, filled=False)


@intrinsic
def zeros(typing, shape, dtype=None):
    return _made(typing, np.zeros, shape, dtype, filled=True)


@intrinsic
def ascontiguousarray(typing, a):
    if not (isinstance(a, types.Array) and a.layout == "C" and a.mutable and a.aligned and a.ndim):
        return _as_numba(typing, np.ascontiguousarray, a)

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        context.nrt.incref(builder, a, args[0])
        return args[0]

    return signature(a, a), codegen


@intrinsic
def dot(typing, a, b):
    known = all(isinstance(one, types.Array) and one.ndim in (1, 2) and one.layout in "CF" for one in (a, b))
    if not known or a.dtype != b.dtype or a.dtype not in FLOATS:
        return _as_numba(typing, np.dot, a, b)
    rank = a.ndim + b.ndim - 2

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        ensure_blas()
        x, y = (make_array(kind)(context, builder, value) for kind, value in zip((a, b), args, strict=True))
        rows, columns = (cgutils.unpack_tuple(builder, one.shape) for one in (x, y))
        differ = builder.icmp_signed("!=", rows[-1], columns[0])
        _refuse(context, builder, differ, ValueError, "incompatible array sizes for np.dot(a, b)")
        for count in (*rows, *columns):
            large = builder.icmp_signed(">", count, ir.Constant(INT, LARGEST))
            _refuse(context, builder, large, OverflowError, "array size too large to fit in C int")
        if not rank:
            out = cgutils.alloca_once(builder, context.get_value_type(a.dtype))
            call_xxdot(context, builder, False, a.dtype, rows[0], x.data, y.data, out)
            return builder.load(out)
        kind = sig.return_type
        made, size = _new(context, builder, kind, [*rows[:-1], *columns[1:]])
        terms = builder.icmp_signed("==", rows[-1], ir.Constant(INT, 0))
        nothing = builder.or_(terms, builder.icmp_signed("==", size, ir.Constant(INT, 0)))
        with builder.if_else(nothing, likely=False) as (without, some):
            with without:  # BLAS leaves its result as it was
                cgutils.memset(builder, builder.bitcast(made.data, cgutils.voidptr_t), size, 0)
            with some:
                if rank == 2:
                    shape = [rows[0], columns[1]]
                    call_xxgemm(context, builder, a, rows, x.data, b, columns, y.data, kind, shape, made.data)
                elif a.ndim == 2:
                    call_xxgemv(context, builder, a.layout == "C", a, rows, x.data, y.data, made.data)
                else:
                    call_xxgemv(context, builder, b.layout == "F", b, columns, y.data, x.data, made.data)
        return made._getvalue()

    return signature(types.Array(a.dtype, rank, "C") if rank else a.dtype, a, b), codegen


QUICK = {"empty": empty, "zeros": zeros, "ascontiguousarray": ascontiguousarray, "dot": dot}
