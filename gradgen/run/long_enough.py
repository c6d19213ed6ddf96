"""Loops of a written length that are long enough for vectors stay loops.

LLVM writes out a loop of ten steps, and then vectorises nothing of it: of a softmax over ten classes the exponentials
are then taken one by one. From eight steps on, a loop fills a vector and is worth more as it is; shorter ones are
written out, so that the loop around them may be vectorised.

So are longer ones beside a running product, each step of which waits for the one before: eight powers of each of many
numbers, and sums over these numbers, take a tenth of the time. And those over the rows of `a[k, i]` in a loop over i,
along which the elements lie in memory: of many samples' softmax over ten classes they take two thirds of the time.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
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
    cfg = analysis.compute_cfg_from_blocks(func_ir.blocks)
    loops = {loop.header: set(loop.body) for loop in cfg.loops().values()}
    steps = {header: max(_steps(s, made, typemap) for s in func_ir.blocks[header].body) for header in loops}
    written_out: set[int] = set()
    for around in loops:
        inside = {header for header in loops if loops[header] < loops[around]}
        blocks = [func_ir.blocks[label] for label in {label for header in inside for label in loops[header]}]
        if all(steps[header] for header in inside) and (_runs(blocks, made) or _lies_along(blocks, made)):
            written_out |= inside
    return {header: loops[header] for header in loops if steps[header] >= LEAST and header not in written_out}


def _runs(blocks: Iterable[Any], made: dict[str, list[Any]]) -> bool:
    """Whether a number is carried on that each step multiplies."""
    factors = {
        s.value.lhs.name
        for block in blocks
        for s in block.body
        if isinstance(s, ir.Assign)
        and isinstance(s.value, ir.Expr)
        and s.value.op == "inplace_binop"
        and s.value.fn is operator.imul
    }
    return any(len(made[name]) > 1 for name in factors if name in made)


def _lies_along(blocks: Iterable[Any], made: dict[str, list[Any]]) -> bool:
    """Whether elements of matrices are read and stored beside those that the loop around these blocks goes on to."""
    inside = {s.target.name for block in blocks for s in block.body if isinstance(s, ir.Assign)}
    places = [index for block in blocks for s in block.body if (index := _place(s, made))]
    along = [place[0] in inside and place[-1] not in inside for place in places]
    return any(along) and all(along)


def _place(s: Any, made: dict[str, list[Any]]) -> tuple[str, ...]:
    """The names in the index of an element of a matrix that the statement reads or stores."""
    value: Any = s.value if isinstance(s, ir.Assign) else s
    is_element = isinstance(value, ir.SetItem) or (isinstance(value, ir.Expr) and value.op == "getitem")
    found = made.get(value.index.name, ()) if is_element else ()
    indices = [one.items for one in found if isinstance(one, ir.Expr) and one.op == "build_tuple"]
    return tuple(item.name for item in indices[0]) if len(indices) == 1 else ()


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
