"""From arrays to loops: a program for `jit=True`, in the same representation.

An array operation becomes a loop nest over scalar operations; a chain of them and the reduction at its end
become one nest without an array between. Matrix products stay calls of BLAS. What Numba has no loop-free
form for (`axis`, `keepdims`, products of stacks, index arrays) needs none.

What a lowered program does otherwise than Python, because Numba does, with `error_model="numpy"`:

- dividing by zero gives inf or NaN, for whole numbers 0; `math.log(-1.0)` gives NaN; nothing overflows with an error;
- integers are of 64 bits; an index out of range is not noticed;
- sums are taken in order or as several sums side by side, not pairwise; float32 sums in float64.

Afterwards `improve` merges neighbouring loops, leaves out what they then need not do, and cuts loops into parts for
threads if asked to.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Program, Slot
from gradgen.lower.blocks import Blocks
from gradgen.lower.context import Context
from gradgen.lower.forwarding import forward_stores
from gradgen.lower.improving import improve
from gradgen.lower.merging import merge_loops
from gradgen.lower.slots import Parts, Slots
from gradgen.lower.tables import tabled
from gradgen.lower.triangles import use_triangles
from gradgen.rules.build import builder_after


def lower(program: Program) -> Program:
    """The program with its array operations as loops. Raises UnsupportedSyntax for what Numba cannot run."""
    program = tabled(use_triangles(program))
    builder = builder_after(program)
    parts: dict[Slot, Parts] = {}
    functions = []
    for function in program.functions:
        # A forward and a backward function name the same variables, which each of them has in its own place.
        ctx = Context(builder)
        functions.append(Blocks(ctx, Slots(ctx, parts)).function(function))
    return replace(program, functions=tuple(functions))


__all__ = ["forward_stores", "improve", "lower", "merge_loops"]
