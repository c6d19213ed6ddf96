"""What an expert has at hand who writes a fast gradient in Numba: a decorator, and functions that vectorise.

`fast` is `numba.njit` with NumPy's error model, sums that may be re-associated (never `nnan` or `ninf`), and arguments
that are said not to overlap. `exp`, `log` and the others are those of `math`; in a compiled loop they are glibc's
vector functions, where there are any: Numba brings none, and a loop that calls `math.exp` stays scalar.
Without the compiler all of it is plain Python.
"""

from __future__ import annotations

import ctypes
import math
import platform
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.compiler import Compiler
from numba.cpython.unsafe import numbers
from numba.extending import intrinsic, overload

SAFE_FASTMATH = {"reassoc", "contract", "nsz", "arcp"}
LANES = (("b", 2), ("d", 4), ("e", 8))  # the vector ABI's letters: SSE, AVX2, AVX-512
PURE = ("nounwind", "willreturn", "memory(none)")


class NoAlias(Compiler):
    """Array arguments do not overlap: loops over them need no checks."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, args: Any, returned: Any, flags: Any, local: Any):
        flags.noalias = True
        super().__init__(typingctx, targetctx, library, args, returned, flags, local)


def fast(function: Callable[..., Any]) -> Any:
    return numba.njit(error_model="numpy", fastmath=SAFE_FASTMATH, pipeline_class=NoAlias)(function)


def has_vector_math() -> bool:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    try:
        llvm.load_library_permanently("libmvec.so.1")
    except RuntimeError:
        return False
    return True


VECTOR_MATH = has_vector_math()


def _add_attributes(value: Any, *texts: str) -> None:
    for text in texts:  # past llvmlite's `add`, which knows no attributes that are strings
        set.add(value.attributes, text)


def _keep(module: Any, functions: list[Any]) -> None:
    """Their declarations, which nobody calls yet, shall reach the vectoriser."""
    pointer = ir.IntType(8).as_pointer()
    known = module.globals.get("llvm.compiler.used")
    entries = [*(known.initializer.constant if known else []), *(function.bitcast(pointer) for function in functions)]
    array = ir.ArrayType(pointer, len(entries))
    if known is None:
        known = ir.GlobalVariable(module, array, "llvm.compiler.used")
        known.linkage, known.section = "appending", "llvm.metadata"
    else:
        known.value_type, known.type = array, array.as_pointer()
    known.initializer = ir.Constant(array, entries)


def _vectorising(name: str) -> Any:
    """An intrinsic: libm's function under a name of its own, which tells the vectoriser of libmvec's."""
    scalar = f"benchmark_{name}"
    address = ctypes.cast(getattr(ctypes.CDLL("libm.so.6"), name), ctypes.c_void_p).value
    llvm.add_symbol(scalar, address)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        module, double = builder.module, ir.DoubleType()
        function = module.globals.get(scalar)
        if function is None:
            function = ir.Function(module, ir.FunctionType(double, [double]), scalar)
            vectors = []
            for letter, width in LANES:
                lanes = ir.VectorType(double, width)
                vector = ir.Function(module, ir.FunctionType(lanes, [lanes]), f"_ZGV{letter}N{width}v_{name}")
                _add_attributes(vector, *PURE)
                vectors.append(vector)
            _keep(module, vectors)
        variants = ",".join(f"_ZGV_LLVM_N{width}v_{scalar}(_ZGV{x}N{width}v_{name})" for x, width in LANES)
        call = builder.call(function, args)
        _add_attributes(call, f'"vector-function-abi-variant"="{variants}"', *PURE)
        return call

    def typed(typing_context: Any, x: Any) -> Any:
        return types.float64(types.float64), codegen

    return intrinsic(typed)


def _function(name: str) -> Callable[[float], float]:
    plain = getattr(math, name)

    def function(x: float) -> float:
        return plain(x)

    function.__name__ = name
    inner = _vectorising(name) if VECTOR_MATH else plain
    overload(function, inline="always")(lambda x: lambda x: inner(x))
    return function


exp = _function("exp")
log = _function("log")
log1p = _function("log1p")
expm1 = _function("expm1")
sin = _function("sin")
cos = _function("cos")
tanh = _function("tanh")


def trailing_zeros(x: int) -> int:
    """Of a positive number's bits: the place of the lowest that is set."""
    return (x & -x).bit_length() - 1


overload(trailing_zeros, inline="always")(lambda x: lambda x: numbers.trailing_zeros(x))


@fast
def largest(x: Any) -> float:
    """Of a vector, by eight at a time: one after the other they wait for one another."""
    best = np.full(8, -math.inf)
    whole = x.size // 8 * 8
    for i in range(0, whole, 8):
        for j in range(8):
            best[j] = x[i + j] if x[i + j] > best[j] else best[j]
    for i in range(whole, x.size):
        best[0] = x[i] if x[i] > best[0] else best[0]
    return np.max(best)


@fast
def rows_times(rows: Any, start: int, weights: Any, out: Any) -> None:
    """`out[:] = rows[start : start + out.size] @ weights`, for rows of a few elements."""
    for i in range(out.size):
        total = 0.0
        for j in range(weights.size):
            total += rows[start + i, j] * weights[j]
        out[i] = total


@fast
def add_rows(rows: Any, start: int, pulls: Any, out: Any) -> None:
    """`out += pulls @ rows[start : start + pulls.size]`, four rows at a time: `out` is read a quarter as often."""
    whole = pulls.size // 4 * 4
    for i in range(0, whole, 4):
        a, b, c, d = pulls[i], pulls[i + 1], pulls[i + 2], pulls[i + 3]
        k = start + i
        for j in range(out.size):
            out[j] += (a * rows[k, j] + b * rows[k + 1, j]) + (c * rows[k + 2, j] + d * rows[k + 3, j])
    for i in range(whole, pulls.size):
        for j in range(out.size):
            out[j] += pulls[i] * rows[start + i, j]
