"""Numba's compiler with what it has no option for; nothing of Numba's own tables is changed.

- calls of mathematical functions are told their vector variants (`vector_math`);
- a term that is added to an accumulator (`s += x`) may be added in another order, so that several are added at once.
  `a + b` elsewhere keeps its order, and so a compensated sum stays one.
- a power with a written exponent is the products that Numba's own function makes, which takes long to compile; of zero
  with a negative exponent it is infinite.

The functions of the text itself are compiled so; what Numba compiles for them of its own is not.
"""

from __future__ import annotations

import functools
import importlib
import operator
from typing import Any

from numba.core import compiler, lowering, typed_passes, types
from numba.core.compiler_machinery import register_pass

from gradgen.run import vector_math
from gradgen.run.options import Options

ADDITIONS = ("fadd", "fsub")
LARGEST_POWER = 64


@functools.cache
def compiler_for(options: Options) -> type[compiler.CompilerBase]:
    """The compiler class that carries out `options`, for `numba.njit(pipeline_class=...)`."""
    # Zero with a negative exponent raises in Numba's function, whatever the error model.
    powers = {*range(-LARGEST_POWER if options.error_model == "numpy" else 0, LARGEST_POWER + 1)} - {0}

    class Lower(lowering.Lower):
        def lower_binop(self, resty: Any, expr: Any, op: Any) -> Any:
            base, by = self.typeof(expr.lhs.name), self.typeof(expr.rhs.name)
            exponent = by.literal_value if isinstance(by, types.IntegerLiteral) else 0
            if op is operator.pow and exponent in powers and base == resty in types.real_domain:
                made = self.power(self.loadvar(expr.lhs.name), abs(exponent))
                return made if exponent > 0 else self.builder.fdiv(made.type(1), made)
            made = super().lower_binop(resty, expr, op)
            if options.reassociate and expr.op == "inplace_binop" and getattr(made, "opname", "") in ADDITIONS:
                made.flags.append("reassoc")
            return made

        def power(self, base: Any, exponent: int) -> Any:
            """The products of Numba's own function, in its order."""
            made = base if exponent & 1 else None
            while exponent := exponent >> 1:
                base = self.builder.fmul(base, base)
                if exponent & 1:
                    made = base if made is None else self.builder.fmul(made, base)
            return made

        def post_lower(self) -> None:
            super().post_lower()
            if options.simd:
                features = self.context.codegen().magic_tuple()[2]
                vector_math.offer(self.function, features)

    @register_pass(mutates_CFG=True, analysis_only=False)
    class NativeLowering(typed_passes.NativeLowering):
        _name = "gradgen_native_lowering"

        @property
        def lowering_class(self) -> type[lowering.Lower]:
            return Lower

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
