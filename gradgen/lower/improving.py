"""What is done to loops after lowering, in order, and again while that changes anything.

Each takes a valid program and gives one with the same results. Each can be left out: the tests run without those
of the rounds, and without each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from gradgen.ir import Program
from gradgen.lower.adding import add_directly
from gradgen.lower.advancing import advance_checks
from gradgen.lower.asking import ask_rows
from gradgen.lower.bits import visit_bits
from gradgen.lower.checking import remember_checks
from gradgen.lower.choosing import choose_terms
from gradgen.lower.columns import lay_columns
from gradgen.lower.filling import fill_arrays
from gradgen.lower.folding import fold_constants
from gradgen.lower.formulas import use_formulas
from gradgen.lower.forwarding import forward_stores
from gradgen.lower.gathering import gather_sums
from gradgen.lower.hoisting import hoist_invariants
from gradgen.lower.interchanging import interchange_loops
from gradgen.lower.merging import merge_loops
from gradgen.lower.multiplying import multiply_windows
from gradgen.lower.parallel import parallel_loops
from gradgen.lower.placing import tell_places
from gradgen.lower.recurrences import split_recurrences
from gradgen.lower.replacing import replace_arrays, replace_states
from gradgen.lower.reusing import reuse_arrays
from gradgen.lower.rowblocks import block_rows
from gradgen.lower.running import run_powers
from gradgen.lower.sharing import share_values
from gradgen.lower.shrinking import shrink_arrays
from gradgen.lower.splitting import split_arrays
from gradgen.lower.squaring import ask_exponents
from gradgen.lower.strips import strip_rows
from gradgen.lower.turning import turn_matrices
from gradgen.lower.unrolling import unroll_loops
from gradgen.lower.waiting import add_last
from gradgen.lower.wrapping import split_rings
from gradgen.simplify import remove_dead, simplify
from gradgen.simplify.settled import Settled

Passes = Sequence[Callable[[Program], Program]]

PASSES: Passes = (
    gather_sums,
    fold_constants,
    hoist_invariants,
    advance_checks,
    remember_checks,
    use_formulas,
    tell_places,
    merge_loops,
    forward_stores,
    share_values,
    choose_terms,
    shrink_arrays,
    split_arrays,
    fill_arrays,
    replace_states,
    reuse_arrays,
)
# Once, when nothing more is found: loops over the same places have become one. Then all of it once more.
BETWEEN: Passes = (
    add_directly,
    multiply_windows,
    split_recurrences,
    unroll_loops,
)
# Once, when the others are done.
LAST: Passes = (
    visit_bits,
    run_powers,
    block_rows,
    lay_columns,
    interchange_loops,
    strip_rows,
    turn_matrices,
    ask_exponents,
    add_last,
    reuse_arrays,
    replace_arrays,
    split_rings,
    remove_dead,
    ask_rows,
)
# What adds the terms of sums in another order.
REASSOCIATING = (add_directly, multiply_windows, add_last)
ROUNDS = 4


def improve(program: Program, parallel: bool = False, reassociate: bool = True) -> Program:
    """`parallel`: loops that can be are cut into parts, for threads, as are loops over blocks of rows.

    `reassociate`: terms of a sum may be added in another order.
    """
    passes, between, last = (
        [each for each in some if reassociate or each not in REASSOCIATING] for some in (PASSES, BETWEEN, LAST)
    )
    blocks = partial(block_rows, by_loops=reassociate)
    rounds = partial(_in_parts, blocks=blocks) if parallel else _in_rounds
    program = rounds(program, passes, between)
    for each in last:
        if not (parallel and each in (block_rows, strip_rows)):
            program = (blocks if each is block_rows else each)(program)
    return program


def _in_parts(program: Program, passes: Passes, between: Passes, blocks: Callable[[Program], Program]) -> Program:
    """What an iteration makes for itself stays inside it until loops are cut: so each part has its own."""
    inside = [partial(each, inside=True) if each in (shrink_arrays, reuse_arrays) else each for each in passes]
    program = _in_rounds(program, inside, between)
    program = parallel_loops(blocks(program) if block_rows in LAST else program)
    return simplify(reuse_arrays(program) if reuse_arrays in PASSES else program)


def _in_rounds(program: Program, passes: Passes, between: Passes) -> Program:
    program = made = _unchanging(program, passes)
    for each in between:
        made = simplify(each(made))
    return program if made == program else _unchanging(made, passes)


def _unchanging(program: Program, passes: Passes) -> Program:
    settled = Settled()
    for _ in range(ROUNDS):
        before = program
        for each in (*passes, simplify):
            program = settled(each, program)
        if program is before:
            break
    return program
