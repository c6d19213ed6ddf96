"""Passes of Numba's compiler whose time grows with variables times statements, in linear time, for our own functions.

Each stands for one of Numba's, in its place, and leaves the function in Numba's representation as that would
(`tests/stages/test_passes.py` compares them): definitions get names of their own by `single_assignment`, variables die
where `lifetimes` says, and passes that do not look at lifetimes do not ask for them. What an operator gives of some
types is looked up once, where Numba goes through all that it knows at each use: two thirds of the time that inferring
types took. Nothing in Numba is changed.

Only for functions without functions within them, generators and `with`.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any

import numba
from numba.core import ir_utils, typed_passes, types, untyped_passes
from numba.core.compiler_machinery import register_pass
from numba.core.rewrites.registry import rewrite_registry

from gradgen.run.lifetimes import Lifetimes
from gradgen.run.single_assignment import single_assignment

COMPARED = ((0, 68),)  # versions of Numba whose passes have been compared with these; others keep their own
INLINED = frozenset({"array", "asarray", "reduce", "stencil"})  # of these Numba may make loops
GENERATOR = 0x20  # of a code object's flags


def serve(function: FunctionType) -> bool:
    """Whether the passes here know all that is in a function, and this version of Numba.

    >>> serve(lambda x: x + 1), serve(lambda x: lambda y: x + y)
    (True, False)
    """
    code = function.__code__
    inner = any(isinstance(one, CodeType) for one in code.co_consts)
    plain = not (inner or code.co_flags & GENERATOR or INLINED.intersection(code.co_names))
    return plain and numba.version_info.short in COMPARED


def rewrite(kind: str, state: Any) -> None:
    """Numba's `RewriteRegistry.apply`, which asks for lifetimes at its end."""
    blocks = state.func_ir.blocks
    for rewrite_class in rewrite_registry.rewrites[kind]:
        one = rewrite_class(state)
        waiting = list(blocks.items())
        while waiting:
            place, block = waiting.pop()
            if one.match(state.func_ir, block, state.typemap, state.calltypes):
                blocks[place] = one.apply()
                blocks[place].verify()
                waiting.append((place, blocks[place]))


@register_pass(mutates_CFG=True, analysis_only=False)
class IRProcessing(untyped_passes.IRProcessing):
    _name = "gradgen_ir_processing"

    def run_pass(self, state: Any) -> bool:
        Lifetimes(state.func_ir).run()
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class InlineClosureLikes(untyped_passes.InlineClosureLikes):
    """There are none."""

    _name = "gradgen_inline_closure_likes"

    def run_pass(self, state: Any) -> bool:
        return False


@register_pass(mutates_CFG=True, analysis_only=False)
class GenericRewrites(untyped_passes.GenericRewrites):
    _name = "gradgen_generic_rewrites"

    def run_pass(self, state: Any) -> bool:
        rewrite("before-inference", state)
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class ReconstructSSA(untyped_passes.ReconstructSSA):
    _name = "gradgen_reconstruct_ssa"

    def run_pass(self, state: Any) -> bool:
        single_assignment(state.func_ir.blocks)
        state.func_ir._definitions = ir_utils.build_definitions(state.func_ir.blocks)
        Lifetimes(state.func_ir).run()
        return True


class Remembering:
    """Numba's typing context, which is asked once what an operator or a function of Numba's gives of some types.

    Methods and functions compiled by Numba are still asked for at each use: what these are asked for may be unfinished.
    """

    def __init__(self, context: Any):
        self._context = context
        self._found: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if isinstance(function, types.Type) and not isinstance(function, types.Function):
            return self._context.resolve_function_type(function, args, kws)
        key = function, args, tuple(kws.items())
        if key not in self._found:
            self._found[key] = self._context.resolve_function_type(function, args, kws)
        return self._found[key]


@register_pass(mutates_CFG=True, analysis_only=False)
class NopythonTypeInference(typed_passes.NopythonTypeInference):
    _name = "gradgen_nopython_type_inference"

    def run_pass(self, state: Any) -> bool:
        own, state.typingctx = state.typingctx, Remembering(state.typingctx)
        try:
            return super().run_pass(state)
        finally:
            state.typingctx = own


@register_pass(mutates_CFG=True, analysis_only=False)
class PreLowerStripPhis(typed_passes.PreLowerStripPhis):
    _name = "gradgen_strip_phis"

    def run_pass(self, state: Any) -> bool:
        state.func_ir = self._strip_phi_nodes(state.func_ir)
        state.func_ir._definitions = ir_utils.build_definitions(state.func_ir.blocks)
        Lifetimes(state.func_ir).run()
        return True


@register_pass(mutates_CFG=True, analysis_only=False)
class NopythonRewrites(typed_passes.NopythonRewrites):
    """Some of these rewrites look at where variables die."""

    _name = "gradgen_nopython_rewrites"

    def run_pass(self, state: Any) -> bool:
        lifetimes = Lifetimes(state.func_ir)
        lifetimes.run(emit_dels=True)
        rewrite("after-inference", state)
        lifetimes.remove_dels()
        return True


@register_pass(mutates_CFG=False, analysis_only=True)
class IRLegalization(typed_passes.IRLegalization):
    _name = "gradgen_ir_legalization"

    def run_pass(self, state: Any) -> bool:
        ir_utils.enforce_no_phis(state.func_ir)
        ir_utils.enforce_no_dels(state.func_ir)
        Lifetimes(state.func_ir).run(emit_dels=True)
        return True


OURS: dict[type, type] = {
    untyped_passes.IRProcessing: IRProcessing,
    untyped_passes.InlineClosureLikes: InlineClosureLikes,
    untyped_passes.GenericRewrites: GenericRewrites,
    untyped_passes.ReconstructSSA: ReconstructSSA,
    typed_passes.NopythonTypeInference: NopythonTypeInference,
    typed_passes.PreLowerStripPhis: PreLowerStripPhis,
    typed_passes.NopythonRewrites: NopythonRewrites,
    typed_passes.IRLegalization: IRLegalization,
}
