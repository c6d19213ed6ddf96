"""Loops of a written length that are long enough for vectors stay loops.

LLVM writes out a loop of ten steps, and then vectorises nothing of it: of a softmax over ten classes the exponentials
are then taken one by one. From eight steps on, a loop fills a vector and is worth more as it is; shorter ones are
written out, so that the loop around them may be vectorised.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm
from numba.core import analysis, ir, types

LEAST = 8


def kept_loops(func_ir: Any, typemap: dict[str, Any]) -> dict[int, set[int]]:
    """The blocks of each loop over `range(n)` with a written n that is to stay, by its header."""
    made: dict[str, list[Any]] = {}
    for block in func_ir.blocks.values():
        for s in block.body:
            if isinstance(s, ir.Assign):
                made.setdefault(s.target.name, []).append(s.value)
    loops = analysis.compute_cfg_from_blocks(func_ir.blocks).loops().values()
    return {
        loop.header: set(loop.body)
        for loop in loops
        if any(_steps(s, made, typemap) >= LEAST for s in func_ir.blocks[loop.header].body)
    }


def _steps(s: Any, made: dict[str, list[Any]], typemap: dict[str, Any]) -> int:
    """Of the range whose next number the statement takes, where that is written; else 0."""
    value = s.value if isinstance(s, ir.Assign) else None
    while isinstance(value, ir.Var) or (isinstance(value, ir.Expr) and value.op in ("iternext", "getiter")):
        given = made[value.name if isinstance(value, ir.Var) else value.value.name]
        if len(given) != 1:
            return 0
        value = given[0]
    if isinstance(value, ir.Expr) and value.op == "call" and len(value.args) == 1:
        stop = typemap[value.args[0].name]
        if isinstance(stop, types.IntegerLiteral) and isinstance(typemap[value.func.name], types.Function):
            return int(stop.literal_value) if typemap[value.func.name].typing_key is range else 0
    return 0


def keep(module: llvm.Module, name: str, end: llvm.Instruction) -> None:
    """Tell LLVM not to write out the loop that the branch `end` closes. `name`: of the loop, used once."""
    advice = module.add_metadata(["llvm.loop.unroll.disable"])
    loop = module.add_metadata([name, advice])
    loop.operands = (loop, advice)  # a node that begins with itself is that of one loop
    end.set_metadata("llvm.loop", loop)
