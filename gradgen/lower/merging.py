"""Loops beside each other that go over the same places become one: `for i: a[i] = ...`, `for i: b[i] = f(a[i])`.

A loop is merged into one before it where both have the same bounds and each iteration of the later needs of
the earlier only what the same iteration of it has done: every array that one writes and the other touches is
touched, in both, in a part of its own for each iteration, or is only added to. Loops inside merged ones are
merged likewise, but an inmost loop not with one that adds to the same row at other places, which would keep
it from being vectorised.

Of several loops before it the one is taken that makes the array of most axes which the later reads, then the nearest.

Statements between the two go before or after the merged loop, where neither hangs on what they make and no array that
one changes is touched by the other. A loop whose iterations wait for one another, a recurrence, is not merged with one
that can be vectorised; nor is a loop that stores where an array tells, `d[k[i]] += g[i]`, with one that computes much:
of a rating of players by 20 000 games the gradient takes a third of the time.

Does not reorder the iterations of a loop.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from gradgen.ir import Array, Atom, Block, For, Function, ListOf, Program, Statement, Var, dims_of
from gradgen.ir.known import runs_through
from gradgen.ir.walk import block_exits, map_statement, substitute
from gradgen.lower.accesses import Accesses, Memory, in_own_part, unrelated
from gradgen.lower.facts import Facts, facts_of, hangs

MUCH = 10  # as an exponential
REACH = 30  # statements back in which a loop looks for one to be merged into


def merge_loops(program: Program) -> Program:
    return replace(program, functions=tuple(_function(function) for function in program.functions))


def _function(function: Function) -> Function:
    memory = Memory(function)
    return replace(function, body=_block(function.body, function.body.yields, memory))


def _block(block: Block, exits: tuple[Atom, ...], memory: Memory) -> Block:
    return Block(tuple(_inside(s, memory) for s in _Merging(block, exits, memory).done), block.yields)


def _inside(s: Statement, memory: Memory) -> Statement:
    def inner(block: Block) -> Block:
        return _block(block, block_exits(s, block), memory)

    return map_statement(s, lambda atom: atom, inner)


class _Merging:
    """The statements of a block, one after the other, each loop merged into one before it where it can be.

    facts: of what is done; waiting: how often each value is read by what is not.
    """

    def __init__(self, block: Block, exits: tuple[Atom, ...], memory: Memory):
        self.memory, self.exits = memory, frozenset(exits)
        self.done: list[Statement] = []
        self.facts: list[Facts] = []
        found = [facts_of(s, memory) for s in block.statements]
        self.waiting = Counter(atom for one in found for atom in one.read)
        for s, own in zip(block.statements, found, strict=True):
            self.waiting.subtract(own.read)
            if not (isinstance(s, For) and self._merge(s, own)):
                self.done.append(s)
                self.facts.append(own)

    def _merge(self, later: For, own: Facts) -> bool:
        near = range(max(0, len(self.done) - REACH), len(self.done))
        loops = {at: one for at in near if isinstance(one := self.done[at], For) and _same_bounds(one, later)}
        first = sorted(loops, key=lambda at: (_handed_on(loops[at], own), at), reverse=True)
        return any(self._into(at, loops[at], later, own) for at in first)

    def _into(self, at: int, earlier: For, later: For, own: Facts) -> bool:
        """Whether the two loops have become one, as what stands between can go before or after it."""
        first = self.facts[at]
        before, after = self._parted(at)
        if any(self.facts[k].effects or hangs(own, self.facts[k]) for k in after):
            return False
        if not _may_merge(earlier, first, later, own, self.memory):
            return False
        arrays = {init: k for k, init in enumerate(later.inits) if isinstance(init, Var) and _is_array(init)}
        continued = {init: k for init, k in arrays.items() if init in first.made}
        used = any(init in self.exits or self.waiting[init] for init in continued)
        if used or any(init in self.facts[k].read for init in continued for k in after):
            return False
        if not self._stay(later, arrays, first):
            return False
        merged = _merged(earlier, first, later, own, arrays, continued)
        if merged is None:
            return False
        first.include(own, later, earlier, set(arrays), set(continued))
        self.memory.merged(later.index, earlier.index)
        self.done[at:] = [*(self.done[k] for k in before), merged, *(self.done[k] for k in after)]
        self.facts[at:] = [*(self.facts[k] for k in before), first, *(self.facts[k] for k in after)]
        return True

    def _stay(self, later: For, arrays: dict[Var, int], first: Facts) -> bool:
        """Whether what the later carries and the earlier touches is one array all along, not a new one each time."""
        names = zip(later.carried, later.body.yields, strict=True)
        stays = [isinstance(end, Var) and self.memory.key(end) == self.memory.key(var) for var, end in names]
        return all(stays[k] for init, k in arrays.items() if init in first.free or init in first.made)

    def _parted(self, at: int) -> tuple[list[int], list[int]]:
        """What stands after a loop, by number: what does not hang on it, and what does."""
        before: list[int] = []
        after: list[int] = []
        for k in range(at + 1, len(self.done)):
            own = self.facts[k]
            hanging = any(hangs(own, self.facts[one]) for one in (at, *after))
            in_turn = own.effects and any(self.facts[one].effects for one in after)
            (after if hanging or in_turn else before).append(k)
        return before, after


def _handed_on(earlier: For, later: Facts) -> int:
    """The axes of the largest array that the loop makes and another reads: without it there is most to gain."""
    return max((len(dims_of(var.type)) for var in earlier.results if var in later.read), default=0)


def _same_bounds(a: For, b: For) -> bool:
    plain = all(map(runs_through, (a, b)))
    return plain and (a.start, a.stop, a.step, a.backward) == (b.start, b.stop, b.step, b.backward)


def _may_merge(a: For, first: Facts, b: For, second: Facts, memory: Memory) -> bool:
    one, other = first.accesses, second.accesses
    if one.effects or other.effects or one.slots & other.slots:
        return False
    if any(not isinstance(var.type, Array) for var in first.made & second.read):
        return False
    inmost = not (first.has_loops or second.has_loops)
    if inmost and (first.chain != second.chain or stay_apart(first, second)):
        return False
    return unrelated(one, other) and all(
        _agree(one, other, key, (a.index, b.index), inmost, memory)
        for key in other.places
        if key in one.places and (key in one.written or key in other.written)
    )


def stay_apart(a: Facts, b: Facts) -> bool:
    """Whether one computes much, which can be done for many elements at once, and the other stores them one by one."""
    return any(one.scatters and not other.scatters and one.work < MUCH <= other.work for one, other in ((a, b), (b, a)))


def _agree(a: Accesses, b: Accesses, key: Var, indices: tuple[Var, Var], inmost: bool, memory: Memory) -> bool:
    if not inmost and key not in a.not_only_added and key not in b.not_only_added:
        return True
    places = [(place, index) for found, index in zip((a, b), indices, strict=True) for place in found.places[key]]
    return in_own_part(places, memory)


def _merged(
    a: For, first: Facts, b: For, second: Facts, arrays: dict[Var, int], continued: dict[Var, int]
) -> For | None:
    """One loop that does in each iteration what `a` and then what `b` does.

    arrays: those that `b` carries, by what they are before it; continued: those that `a` has carried.
    None where a value of before is read after it has changed: the two would need a copy.
    """
    repeated = len(arrays) < sum(map(_is_array, b.inits))
    old = not (first.inits.isdisjoint(second.free) and first.inits.isdisjoint(arrays))
    if repeated or old or not second.free.isdisjoint(continued):
        return None
    body = substitute(a.body, {init: b.carried[k] for init, k in arrays.items() if init in first.free})
    made = dict(zip(a.results, body.yields, strict=True))
    inside: dict[Var, Atom] = {b.index: a.index, **made, **{b.carried[k]: made[init] for init, k in continued.items()}}
    other = substitute(b.body, inside)
    yields, results = list(body.yields), list(a.results)
    for init, k in continued.items():
        at = a.results.index(init)
        yields[at], results[at] = other.yields[k], b.results[k]
    own = [k for k, init in enumerate(b.inits) if init not in continued]
    return replace(
        a,
        carried=(*a.carried, *(b.carried[k] for k in own)),
        inits=(*a.inits, *(b.inits[k] for k in own)),
        body=Block((*body.statements, *other.statements), (*yields, *(other.yields[k] for k in own))),
        results=(*results, *(b.results[k] for k in own)),
    )


def _is_array(atom: Atom) -> bool:
    return isinstance(atom, Var) and isinstance(atom.type, Array | ListOf)
