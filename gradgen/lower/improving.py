"""What is done to loops after lowering, in order, and again while that changes anything.

Each takes a valid program and gives one with the same results. Each can be left out: the tests run without any of
them, and without each.
"""

from __future__ import annotations

from collections.abc import Callable

from gradgen.ir import Program
from gradgen.lower.asking import ask_rows
from gradgen.lower.checking import remember_checks
from gradgen.lower.filling import fill_arrays
from gradgen.lower.folding import fold_constants
from gradgen.lower.formulas import use_formulas
from gradgen.lower.forwarding import forward_stores
from gradgen.lower.hoisting import hoist_invariants
from gradgen.lower.merging import merge_loops
from gradgen.lower.reusing import reuse_arrays
from gradgen.lower.sharing import share_values
from gradgen.lower.shrinking import shrink_arrays
from gradgen.simplify import simplify

PASSES: tuple[Callable[[Program], Program], ...] = (
    fold_constants,
    hoist_invariants,
    remember_checks,
    use_formulas,
    merge_loops,
    forward_stores,
    share_values,
    shrink_arrays,
    fill_arrays,
    reuse_arrays,
)
LAST: tuple[Callable[[Program], Program], ...] = (ask_rows,)  # once, when the others are done
ROUNDS = 4


def improve(program: Program) -> Program:
    for _ in range(ROUNDS):
        made = program
        for each in PASSES:
            made = each(made)
        made = simplify(made)
        if made == program:
            break
        program = made
    for each in LAST:
        program = each(program)
    return program
