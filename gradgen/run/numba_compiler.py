"""Numba's compiler with what it has no option for; nothing of Numba's own tables is changed.

- calls of mathematical functions are told their vector variants (`vector_math`);
- a term that is added to an accumulator (`s += x`) may be added in another order, so that several are added at once.
  `a + b` elsewhere keeps its order, and so a compensated sum stays one. A product that is added to a sum in a loop is
  not rounded before (`fused_sums`);
- elements of arrays are read and written in few instructions (`elements`), arithmetic of numbers is done in few
  (`arithmetic`), and so are loops over ranges (`ranges`);
- LLVM is told which arrays share no memory (`distinct_memory`), and which loops are kept (`long_enough`); arrays of
  written size lie on the stack (`small_arrays`).

The functions of the text itself are compiled so; what Numba compiles for them of its own is not.
"""

from __future__ import annotations

import functools
import importlib
import operator
from typing import Any, Literal

from llvmlite import ir
from numba.core import cgutils, compiler, lowering, typed_passes, types
from numba.core import ir as numba_ir
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.compiler_machinery import register_pass

from gradgen.run import arithmetic, elements, ranges, vector_math
from gradgen.run.distinct_memory import Memory, Scopes, since
from gradgen.run.fused_sums import FusedSums
from gradgen.run.long_enough import keep, kept_loops
from gradgen.run.native_entry import NativeEntry
from gradgen.run.options import Options
from gradgen.run.passes import OURS, serve
from gradgen.run.ranges import Ranges
from gradgen.run.small_arrays import SmallArrays, on_stack

Kind = Literal["entry", "direct", "part", "inner"]
ADDITIONS = ("fadd", "fsub")
LOOP = ("pair_first", "pair_second", "iternext")


class Lower(lowering.Lower):
    """How a function in Numba's representation becomes LLVM's."""

    options: Options
    kind: Kind

    def init(self) -> None:
        super().init()
        self.memory = Memory(self.func_ir, self.fndesc.typemap, apart=self.kind == "part")
        self.scopes = Scopes(self.module, self.fndesc.mangled_name, self.memory)
        self.small = SmallArrays(self.func_ir, self.memory) if self.options.small_arrays else None
        fused = self.options.reassociate and self.options.fused_sums
        self.fused = FusedSums(self.func_ir, self.memory) if fused else None
        self.kept = kept_loops(self.func_ir, self.fndesc.typemap) if self.options.simd else {}
        self.short = self.options.few_instructions and not self._disable_sroa_like_opt
        self.ranges = Ranges(self.func_ir, self.fndesc.typemap) if self.short else None
        self.has_memory: dict[Any, bool] = {}

    def lower_block(self, block: Any) -> None:
        super().lower_block(block)
        last = block.body[-1]
        if isinstance(last, numba_ir.Jump) and last.target in self.kept:
            place = next(place for place, one in self.blocks.items() if one is block)
            if place in self.kept[last.target]:
                keep(self.module, f"{self.fndesc.mangled_name} {place}", self.builder.block.terminator)

    def lower_inst(self, inst: Any) -> None:
        array = self.memory.accessed(inst)
        if array is None or self.kind == "inner" or not self.options.distinct_memory:
            self._lower_inst(inst, array)
            return
        here = self.builder.block, len(self.builder.block.instructions), len(self.function.blocks)
        self._lower_inst(inst, array)
        element = self.context.get_data_type(self.typeof(array.name).dtype)
        self.scopes.mark(since(self.builder, *here), self.memory.of(array), element)

    def _lower_inst(self, inst: Any, array: Any) -> None:
        if self.short and array is not None and isinstance(inst, numba_ir.SetItem | numba_ir.StaticSetItem):
            index = inst.index if isinstance(inst, numba_ir.SetItem) else inst.index_var
            if elements.write(self, array, index, inst.value, self.fndesc.calltypes[inst].args[2]):
                return
        if self.ranges is not None and self.ranges.lower(self, inst):
            return
        super().lower_inst(inst)

    def lower_expr(self, resty: Any, expr: Any) -> Any:
        made = None
        if self.short:
            made = self._lower_loop(expr) if expr.op in LOOP else self._lower_array(resty, expr)
        return super().lower_expr(resty, expr) if made is None else made

    def _lower_loop(self, expr: Any) -> Any:
        """What the header of a loop over a range asks for."""
        if expr.op == "iternext":
            loop = self.ranges.loops.get(expr.value.name) if self.ranges else None
            return loop and loop.next(self.builder)
        if self._has_memory(self.typeof(expr.value.name)):
            return None
        return self.builder.extract_value(self.loadvar(expr.value.name), LOOP.index(expr.op))

    def _lower_array(self, resty: Any, expr: Any) -> Any:
        """What is read of an array in few instructions."""
        if expr.op not in ("getattr", "getitem", "static_getitem"):
            return None
        if not isinstance(self.typeof(expr.value.name), types.Array):
            return None
        if expr.op == "getattr":
            return elements.shape(self, expr.value.name) if expr.attr == "shape" else None
        index = expr.index if expr.op == "getitem" else expr.index_var
        single = isinstance(resty, types.Number | types.Boolean) and index is not None
        return elements.read(self, resty, expr.value, index) if single else None

    def incref(self, typ: Any, val: Any) -> None:
        if not self.short or self._has_memory(typ):
            super().incref(typ, val)

    def decref(self, typ: Any, val: Any) -> None:
        if not self.short or self._has_memory(typ):
            super().decref(typ, val)

    def _has_memory(self, typ: Any) -> bool:
        if typ not in self.has_memory:
            self.has_memory[typ] = self.context.data_model_manager[typ].contains_nrt_meminfo()
        return self.has_memory[typ]

    def alloca_lltype(self, name: str, lltype: Any, datamodel: Any = None) -> Any:
        if not self.short:
            return super().alloca_lltype(name, lltype, datamodel)
        return cgutils.alloca_once(self.builder, lltype, name=name)  # nobody asks for its size, which takes long

    def delvar(self, name: str) -> None:
        typ = self.typeof(name)
        if self.short and not self._has_memory(typ):
            return
        if self.short and isinstance(typ, types.Array) and (name in self._blk_local_varmap or name in self.varmap):
            elements.delete(self, name)
        else:
            super().delvar(name)

    def lower_binop(self, resty: Any, expr: Any, op: Any) -> Any:
        power = arithmetic.power(self, resty, expr, self.options.error_model) if op is operator.pow else None
        if power is not None:
            return power
        made = arithmetic.of_two(self, resty, expr, op, self.options.error_model) if self.short else None
        made = super().lower_binop(resty, expr, op) if made is None else made
        opname = getattr(made, "opname", "")
        if self.options.reassociate and expr.op == "inplace_binop" and opname in ADDITIONS:
            made.flags.append("reassoc")
        if self.fused is not None and (opname == "fmul" or (opname in ADDITIONS and expr in self.fused.additions)):
            made.flags.append("contract")  # LLVM takes a product and a sum together where both say so
        return made

    def _lower_call_normal(self, fnty: Any, expr: Any, signature: Any) -> Any:
        shape = None if self.small is None else self.small.shapes.get(expr)
        if shape is not None:
            filled = self.memory.called(expr) == "zeros"
            return on_stack(self.context, self.builder, signature.return_type, shape, filled)
        made = arithmetic.extreme(self, fnty, expr, signature)
        if made is None and self.short:
            made = ranges.made(self, fnty, expr, signature)
        return super()._lower_call_normal(fnty, expr, signature) if made is None else made

    def create_cpython_wrapper(self, release_gil: bool = False) -> None:
        if self.kind == "entry":
            super().create_cpython_wrapper(release_gil)
        if self.kind == "direct":
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
        if self.options.simd:
            features = self.context.codegen().magic_tuple()[2]
            vector_math.offer(self.function, features)


@functools.cache
def compiler_for(options: Options, kind: Kind) -> type[compiler.CompilerBase]:
    """The compiler class that carries out `options`, for `numba.njit(pipeline_class=...)`.

    `kind`: of functions that are called from outside, and from no other that is compiled, by Numba's dispatcher, or by
    the entry that is made here; of those that `threads` calls for parts of a loop; of those that others call.
    """
    lower = type("Lower", (Lower,), {"options": options, "kind": kind})

    @register_pass(mutates_CFG=True, analysis_only=False)
    class NativeLowering(typed_passes.NativeLowering):
        _name = "gradgen_native_lowering"

        @property
        def lowering_class(self) -> type[lowering.Lower]:
            return lower

    class Compiler(compiler.Compiler):
        def __init__(self, *args: Any):
            # What Numba must know of before it looks at a text.
            for name in ("instructions", "strip_products", "systems"):
                importlib.import_module(f"gradgen.run.{name}")
            super().__init__(*args)

        def define_pipelines(self) -> list[Any]:
            pipelines = super().define_pipelines()
            ours: dict[Any, Any] = {typed_passes.NativeLowering: NativeLowering}
            if options.linear_passes and serve(self.state.func_id.func):
                ours |= OURS
            for pipeline in pipelines:
                pipeline.passes = [(ours.get(one, one), text) for one, text in pipeline.passes]
                pipeline.finalize()
            return pipelines

    return Compiler
