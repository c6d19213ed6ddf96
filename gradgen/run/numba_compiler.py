"""Numba's compiler with what it has no option for; nothing of Numba's own tables is changed.

- calls of mathematical functions are told their vector variants (`vector_math`);
- a term that is added to an accumulator (`s += x`) may be added in another order, so that several are added at once.
  `a + b` elsewhere keeps its order, and so a compensated sum stays one.
- a power with a written exponent is the products that Numba's own function makes, which takes long to compile; of zero
  with a negative exponent it is infinite. One of a half, such as `x ** -1.5`, is products and a root: within 4 units in
  the last place, as the vector function for powers is, in a fifth of its time.
- `np.maximum` and `np.minimum` of two numbers, which hand NaN on, become instructions that the vectoriser takes for the
  extreme of a loop; Numba writes them out in comparisons, which it does not.

The functions of the text itself are compiled so; what Numba compiles for them of its own is not.
"""

from __future__ import annotations

import functools
import importlib
import operator
from typing import Any, Literal

import numpy as np
from llvmlite import ir
from numba.core import compiler, lowering, typed_passes, types
from numba.core import ir as numba_ir
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.compiler_machinery import register_pass
from numba.core.ir_utils import find_const, guard

from gradgen.run import vector_math
from gradgen.run.distinct_memory import Memory, Scopes, since
from gradgen.run.long_enough import keep, kept_loops
from gradgen.run.native_entry import NativeEntry
from gradgen.run.options import Options
from gradgen.run.small_arrays import SmallArrays, on_stack

Kind = Literal["entry", "direct", "part", "inner"]
ADDITIONS = ("fadd", "fsub")
LARGEST_POWER = 64
HALVES = (0.5, 1.5, 2.5, 3.5)
EXTREMES: dict[Any, str] = {np.maximum: "llvm.maximum", np.minimum: "llvm.minimum"}


def _power(builder: ir.IRBuilder, base: Any, exponent: int) -> Any:
    """The products of Numba's own function, in its order."""
    made = base if exponent & 1 else None
    while exponent := exponent >> 1:
        base = builder.fmul(base, base)
        if exponent & 1:
            made = base if made is None else builder.fmul(made, base)
    return made


def _half_power(builder: ir.IRBuilder, base: Any, exponent: float) -> Any:
    """The root, times products. As with `pow`, minus infinity is taken for infinity, and minus zero for zero."""
    declare, type = builder.module.declare_intrinsic, base.type
    size = builder.call(declare("llvm.fabs", [type]), [base])
    root = builder.call(declare("llvm.sqrt", [type]), [base])
    infinite = builder.fcmp_ordered("==", size, ir.Constant(type, float("inf")))
    made = builder.select(infinite, size, builder.call(declare("llvm.fabs", [type]), [root]))
    if times := int(abs(exponent)):
        made = builder.fmul(made, _power(builder, size, times))
    return made if exponent > 0 else builder.fdiv(type(1), made)


def _lowering(options: Options, kind: Kind) -> type[lowering.Lower]:
    """How a function in Numba's representation becomes LLVM's."""
    # Zero with a negative exponent raises in Numba's function, whatever the error model.
    powers = {*range(-LARGEST_POWER if options.error_model == "numpy" else 0, LARGEST_POWER + 1)} - {0}

    class Lower(lowering.Lower):
        def init(self) -> None:
            super().init()
            self.memory = Memory(self.func_ir, self.fndesc.typemap, apart=kind == "part")
            self.scopes = Scopes(self.module, self.fndesc.mangled_name, self.memory)
            self.small = SmallArrays(self.func_ir, self.memory) if options.small_arrays else None
            self.kept = kept_loops(self.func_ir, self.fndesc.typemap) if options.simd else {}

        def lower_block(self, block: Any) -> None:
            super().lower_block(block)
            last = block.body[-1]
            if isinstance(last, numba_ir.Jump) and last.target in self.kept:
                place = next(place for place, one in self.blocks.items() if one is block)
                if place in self.kept[last.target]:
                    keep(self.module, f"{self.fndesc.mangled_name} {place}", self.builder.block.terminator)

        def lower_inst(self, inst: Any) -> None:
            array = self.memory.accessed(inst)
            if array is None or kind == "inner" or not options.distinct_memory:
                super().lower_inst(inst)
                return
            here = self.builder.block, len(self.builder.block.instructions), len(self.function.blocks)
            super().lower_inst(inst)
            element = self.context.get_data_type(self.typeof(array.name).dtype)
            self.scopes.mark(since(self.builder, *here), self.memory.of(array), element)

        def lower_binop(self, resty: Any, expr: Any, op: Any) -> Any:
            base, by = self.typeof(expr.lhs.name), self.typeof(expr.rhs.name)
            exponent = by.literal_value if isinstance(by, types.IntegerLiteral) else 0
            if op is operator.pow and exponent in powers and base == resty in types.real_domain:
                made = _power(self.builder, self.loadvar(expr.lhs.name), abs(exponent))
                return made if exponent > 0 else self.builder.fdiv(made.type(1), made)
            half = guard(find_const, self.func_ir, expr.rhs) if op is operator.pow and by == types.float64 else None
            if half is not None and abs(half) in HALVES and resty in types.real_domain and base in types.real_domain:
                made = self.context.cast(self.builder, self.loadvar(expr.lhs.name), base, resty)
                return _half_power(self.builder, made, half)
            made = super().lower_binop(resty, expr, op)
            if options.reassociate and expr.op == "inplace_binop" and getattr(made, "opname", "") in ADDITIONS:
                made.flags.append("reassoc")
            return made

        def _lower_call_normal(self, fnty: Any, expr: Any, signature: Any) -> Any:
            shape = None if self.small is None else self.small.shapes.get(expr)
            if shape is not None:
                filled = self.memory.called(expr) == "zeros"
                return on_stack(self.context, self.builder, signature.return_type, shape, filled)
            name = EXTREMES.get(getattr(fnty, "typing_key", None))
            numbers = {*signature.args, signature.return_type}
            if name is None or len(numbers) > 1 or not isinstance(signature.return_type, types.Float):
                return super()._lower_call_normal(fnty, expr, signature)
            args = [self.loadvar(arg.name) for arg in expr.args]
            declared = ir.FunctionType(args[0].type, [args[0].type] * 2)
            return self.builder.call(self.module.declare_intrinsic(name, [args[0].type], declared), args)

        def create_cpython_wrapper(self, release_gil: bool = False) -> None:
            if kind == "entry":
                super().create_cpython_wrapper(release_gil)
            if kind == "direct":
                module = self.context.create_module("entry")
                signature = self.context.call_conv.get_function_type(self.fndesc.restype, self.fndesc.argtypes)
                function = ir.Function(module, signature, self.fndesc.llvm_func_name)
                let_others = release_gil and not self._is_short()
                parts = (self.context, module, function, self.fndesc, self.env, self.call_helper, let_others)
                NativeEntry(*parts).build()
                self.library.add_ir_module(module)

        def create_cfunc_wrapper(self) -> None:
            """Nobody calls it."""

        def _is_short(self) -> bool:
            """Whether the function is done sooner than other threads are let in: it has no arrays, loops or calls."""
            long = (types.Array, types.Dispatcher)
            met = (*self.fndesc.typemap.values(), *self.fndesc.argtypes)
            return not (any(isinstance(one, long) for one in met) or compute_cfg_from_blocks(self.blocks).loops())

        def post_lower(self) -> None:
            super().post_lower()
            if options.simd:
                features = self.context.codegen().magic_tuple()[2]
                vector_math.offer(self.function, features)

    return Lower


@functools.cache
def compiler_for(options: Options, kind: Kind) -> type[compiler.CompilerBase]:
    """The compiler class that carries out `options`, for `numba.njit(pipeline_class=...)`.

    `kind`: of functions that are called from outside, and from no other that is compiled, by Numba's dispatcher, or by
    the entry that is made here; of those that `threads` calls for parts of a loop; of those that others call.
    """
    lower = _lowering(options, kind)

    @register_pass(mutates_CFG=True, analysis_only=False)
    class NativeLowering(typed_passes.NativeLowering):
        _name = "gradgen_native_lowering"

        @property
        def lowering_class(self) -> type[lowering.Lower]:
            return lower

    class Compiler(compiler.Compiler):
        def __init__(self, *args: Any):
            importlib.import_module("gradgen.run.instructions")  # what Numba must know of before it looks at a text
            super().__init__(*args)

        def define_pipelines(self) -> list[Any]:
            pipelines = super().define_pipelines()
            for pipeline in pipelines:
                pipeline.passes = [
                    (NativeLowering if one is typed_passes.NativeLowering else one, text)
                    for one, text in pipeline.passes
                ]
                pipeline.finalize()
            return pipelines

    return Compiler
