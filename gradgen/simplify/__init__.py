"""What nobody reads goes, and what is only another name for a value is that value.

One idea a file: `unchanging` (what loops and branches hand on unchanged), `branches` (on one test), `copies`,
`cleared`, `shapes`, `sizes`, `cache`, `dead`, `order` (reads before updates). Each takes a valid program and returns
one with the same results and effects, and never a slower one. `settled` runs passes in rounds. `repeated` (what one
line computes twice) and `slots` (what is saved twice) are run by the pipeline.
"""

from __future__ import annotations

from gradgen.ir import Program
from gradgen.simplify.branches import merge_branches
from gradgen.simplify.cache import trim_caches
from gradgen.simplify.cleared import store_cleared
from gradgen.simplify.copies import remove_copies
from gradgen.simplify.dead import remove_dead
from gradgen.simplify.order import read_first
from gradgen.simplify.repeated import share_repeated
from gradgen.simplify.settled import Settled
from gradgen.simplify.shapes import share_shapes
from gradgen.simplify.sizes import share_sizes
from gradgen.simplify.slots import share_slots
from gradgen.simplify.unchanging import remove_unchanging

__all__ = [
    "merge_branches",
    "read_first",
    "remove_copies",
    "remove_dead",
    "remove_unchanging",
    "share_repeated",
    "share_shapes",
    "share_sizes",
    "share_slots",
    "simplify",
    "store_cleared",
    "trim_caches",
]


def simplify(program: Program) -> Program:
    """Run all of them until nothing changes: what one removes lets another remove more."""
    settled, before = Settled(), None
    while program is not before:
        before = program
        for each in (
            remove_unchanging, merge_branches, remove_copies, store_cleared,
            share_shapes, share_sizes, trim_caches, remove_dead,
        ):  # fmt: skip
            program = settled(each, program)
    return read_first(program)
