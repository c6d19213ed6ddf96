"""Where the variables of a function in Numba's representation die, in time linear in its length.

Numba asks that after nearly each of its passes, by sets of names that it joins block by block until none grows. The
time is blocks times variables, half of what a text of some hundred loops takes. Here it is asked only before passes
that look at it, of the few variables that one block hands to another, and a set of them is a number whose bits they
are. The variables die where Numba has them die.

Only for functions in which no variable is read that may not be assigned, as after `single_assignment`; not for
generators.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numba.core import analysis, postproc
from numba.core.transforms import canonicalize_cfg

Names = dict[int, set[str]]  # by block


class Lifetimes(postproc.PostProcessor):
    """In place of Numba's own, with the same results."""

    def run(self, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
        assert not self.func_ir.is_generator
        self.func_ir.blocks = canonicalize_cfg(self.func_ir.blocks)
        self.func_ir.variable_lifetime = postproc.VariableLifetime(self.func_ir.blocks)
        if emit_dels:
            self._patch_var_dels(*deaths(self.func_ir.blocks), extend_lifetimes=extend_lifetimes)


def deaths(blocks: dict[int, Any]) -> tuple[Names, Names]:
    """The variables that die within each block, and those that are dead where it begins."""
    graph, known = analysis.compute_cfg_from_blocks(blocks), analysis.compute_use_defs(blocks)
    last = {place: {var.name for var in block.terminator.list_vars()} for place, block in blocks.items()}
    crossing = sorted(set().union(*known.usemap.values(), *last.values()))
    numbers = {name: 1 << k for k, name in enumerate(crossing)}

    def bits(names: set[str]) -> int:
        return sum(numbers[name] for name in names if name in numbers)

    uses, made, last_uses = ({k: bits(names) for k, names in one.items()} for one in (*known, last))
    live = _live(graph, uses, made)
    within: Names = {}
    before = dict.fromkeys(blocks, 0)
    for place in blocks:
        after = [one for one, _ in graph.successors(place)]
        kept = last_uses[place]
        for one in after:
            kept |= live[one]
        present = live[place] | made[place]
        local = {name for name in known.defmap[place] if name not in numbers}
        within[place] = local.union(crossing[k] for k in _ones(present & ~kept))
        for one in after:
            before[one] |= present & kept & ~(live[one] | made[one])
    return within, {place: {crossing[k] for k in _ones(dead)} for place, dead in before.items()}


def _live(graph: Any, uses: dict[int, int], made: dict[int, int]) -> dict[int, int]:
    """The variables that a block, or one after it, reads as they are where it begins."""
    live = dict(uses)
    grown = True
    while grown:
        grown = False
        for place in reversed(graph.topo_order()):
            for earlier, _ in graph.predecessors(place):
                joined = live[earlier] | (live[place] & ~made[earlier])
                grown |= joined != live[earlier]
                live[earlier] = joined
    return live


def _ones(bits: int) -> Iterator[int]:
    """The places of the bits that are set.

    >>> list(_ones(0b10011))
    [0, 1, 4]
    """
    while bits:
        least = bits & -bits
        yield least.bit_length() - 1
        bits ^= least
