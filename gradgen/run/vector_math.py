"""exp, log, sin and their like for several elements at once, from glibc's vector library.

Numba's wheels bring no such functions: LLVM vectorises a loop around `math.exp` and then calls the scalar function for
each element. Here each such call is told its vector variants, by LLVM's attribute for them, and the loop vectoriser
takes one where it is worth it. What a loop leaves over, and all code outside loops, goes on calling the scalar one.

The variants keep to the scalar functions for NaN, infinities, zeros of either sign, subnormal and huge arguments, and
are within 4 units in the last place elsewhere, as glibc promises and the tests check. Which there are is asked at run
time: glibc before 2.35 has exp, log, pow, sin and cos only, other systems and processors have none.
"""

from __future__ import annotations

import ctypes
import functools
import platform
from collections.abc import Iterable

import llvmlite.binding as llvm
from llvmlite import ir

LIBRARY = "libmvec.so.1"
ONE = "acos acosh asin asinh atan atanh cbrt cos cosh erf erfc exp exp2 expm1 log log10 log1p log2 sin sinh tan tanh"
ARITY = dict.fromkeys(ONE.split(), 1) | dict.fromkeys(("atan2", "hypot", "pow"), 2)
# Entry points of the vector ABI: the letter, the processor's feature that it needs, how many doubles it takes.
LEVELS = (("b", "sse2", 2), ("d", "avx2", 4), ("e", "avx512f", 8))
PURE = ("nounwind", "willreturn", "memory(none)")


@functools.cache
def available() -> frozenset[str]:
    """The names of the vector functions of this machine; they can be linked from now on.

    >>> available() == frozenset() or "_ZGVbN2v_exp" in available()
    True
    """
    if platform.machine() not in ("x86_64", "AMD64") or platform.system() != "Linux":
        return frozenset()
    try:
        llvm.load_library_permanently(LIBRARY)
        library = ctypes.CDLL(LIBRARY)
    except (OSError, RuntimeError):
        return frozenset()
    names = (variant for single in (False, True) for name in ARITY for _, variant in _variants(name, single, LEVELS))
    return frozenset(name for name in names if hasattr(library, name))


def offer(function: ir.Function, features: str) -> None:
    """Tell each call of a scalar function in `function` its variants. `features`: of the processor, as LLVM has them.

    A variant that the processor cannot run must not be named: the vectoriser goes by the width alone.
    """
    levels = [level for level in LEVELS if f"+{level[1]}" in features.split(",") or level[1] == "sse2"]
    declared: dict[str, ir.Function] = {}
    for block in function.blocks:
        for call in block.instructions:
            if isinstance(call, ir.CallInstr) and isinstance(call.callee, ir.Function):
                _offer(call, levels, declared)
    _keep(function.module, declared.values())


def _offer(call: ir.CallInstr, levels: Iterable[tuple[str, str, int]], declared: dict[str, ir.Function]) -> None:
    scalar, type = call.callee.name, call.type
    single = isinstance(type, ir.FloatType)
    name = _plain(scalar, single)
    if name not in ARITY or [arg.type for arg in call.args] != [type] * ARITY[name]:
        return
    lanes = "v" * ARITY[name]
    texts = []
    for width, variant in _variants(name, single, levels):
        if variant in available():
            declared.setdefault(variant, _declared(call.callee.module, variant, ir.VectorType(type, width), len(lanes)))
            texts.append(f"_ZGV_LLVM_N{width}{lanes}_{scalar}({variant})")
    if texts:
        _add(call.callee.attributes, *PURE, "speculatable")
        _add(call.attributes, f'"vector-function-abi-variant"="{",".join(texts)}"', *PURE)


def _plain(scalar: str, single: bool) -> str:
    """The function's name in `ARITY`, from that of libm or of LLVM.

    >>> _plain("tanhf", True), _plain("erf", False), _plain("llvm.exp.f64", False)
    ('tanh', 'erf', 'exp')
    """
    if scalar.startswith("llvm."):
        return scalar.removeprefix("llvm.").removesuffix(".f32" if single else ".f64")
    return scalar.removesuffix("f") if single else scalar


def _variants(name: str, single: bool, levels: Iterable[tuple[str, str, int]]) -> list[tuple[int, str]]:
    """The widths and names of a function's variants.

    >>> _variants("exp", True, LEVELS)
    [(4, '_ZGVbN4v_expf'), (8, '_ZGVdN8v_expf'), (16, '_ZGVeN16v_expf')]
    """
    wide = [(letter, width * (1 + single)) for letter, _, width in levels]
    return [(n, f"_ZGV{letter}N{n}{'v' * ARITY[name]}_{name}{'f' * single}") for letter, n in wide]


def _declared(module: ir.Module, name: str, lane: ir.VectorType, arity: int) -> ir.Function:
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, ir.FunctionType(lane, [lane] * arity), name)
    _add(function.attributes, *PURE)
    return function


def _add(attributes: set[str], *texts: str) -> None:
    """llvmlite's own `add` knows few attributes, and none that is a text."""
    for text in texts:
        set.add(attributes, text)


def _keep(module: ir.Module, functions: Iterable[ir.Function]) -> None:
    """List declarations that nothing calls yet in llvm.compiler.used, so that they reach the vectoriser."""
    pointer = ir.IntType(8).as_pointer()
    entries = [function.bitcast(pointer) for function in functions]
    if entries:
        array = ir.ArrayType(pointer, len(entries))
        kept = ir.GlobalVariable(module, array, "llvm.compiler.used")
        kept.linkage, kept.section = "appending", "llvm.metadata"
        kept.initializer = ir.Constant(array, entries)
