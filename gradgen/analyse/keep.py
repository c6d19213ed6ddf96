"""What crosses an iteration: for each value that the backward iteration reads, recompute it or save it.

Values from outside the loop are alive and need neither. A value is recomputed where its operation is
cheap and its operands are at hand there: alive, saved anyway, or recomputed themselves. In compiled code that goes for
a few operations on arrays, too (`most=FEW`), as an array that is kept is written to memory and read again: the
differences `points - means[j]` of a Gaussian mixture, kept, took more than all else. Where memory matters more than
time (`most=ANY`: in what `gradgen.checkpoint` marks), it goes for any number of them.

>>> from gradgen.ir import FLOAT, Assign, Var
>>> x, y = Var("x", 0, FLOAT), Var("y", 1, FLOAT)
>>> found = plan([x, y], {y: Assign(y, "mul", (x, x))}, inside={x, y})
>>> [str(var) for var in found.saved], [str(s.target) for s in found.recomputed]
(['x.0'], ['y.1'])

>>> from gradgen.ir import Dim
>>> p, d = (Var(name, k, Array("float64", (Dim("n"),))) for k, name in enumerate("pd", 2))
>>> for most in (0, FEW):
...     found = plan([d], {d: Assign(d, "sub", (p, x))}, inside={d}, most=most)
...     print([str(var) for var in found.saved], [str(s.target) for s in found.recomputed])
['d.3'] []
[] ['d.3']

Where several arrays are made of one of their kind, that is kept for all: half of what Runge and Kutta's steps kept.

>>> t, e = Var("t", 5, p.type), Var("e", 6, p.type)
>>> definitions = {t: Assign(t, "roll", (p,), (("shift", 1),)), e: Assign(e, "sub", (t, p))}
>>> for most in (0, FEW):
...     found = plan([t, e], definitions, inside={p, t, e}, most=most)
...     print([str(var) for var in found.saved], [str(s.target) for s in found.recomputed])
['t.5', 'e.6'] []
['p.2'] ['t.5', 'e.6']

What makes an array of numbers, or of two vectors, is cheaper than what it makes:

>>> u, m = p, Var("m", 4, Array("float64", (Dim("n"), Dim("n"))))
>>> found = plan([u, m], {m: Assign(m, "outer", (u, u))}, inside={u, m}, most=FEW)
>>> [str(var) for var in found.saved], [str(s.target) for s in found.recomputed]
(['p.2'], ['m.4'])
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from gradgen.ir import Array, Assign, ListOf, Scalar, Var, dims_of
from gradgen.rules.table import RULES

CHEAP = 1  # the cost, in arithmetic operations, up to which recomputing beats writing and reading memory
FEW = 4  # cheap operations on arrays cost less than to write and read one
ANY = math.inf
MADE = ("eye", "ones", "zeros", "array", "outer")  # arrays of what is a number, or of vectors that are shorter
MOVED = ("roll", "flip")
READINGS = ("getitem", "transpose", "item", "size")  # of an array that is at hand


@dataclass(frozen=True, slots=True)
class Plan:
    """Both in the order of definition: what is saved, and what is run again; operands come first."""

    saved: tuple[Var, ...]
    recomputed: tuple[Assign, ...]


def plan(
    needed: Iterable[Var],
    definitions: Mapping[Var, Assign],
    inside: Set[Var],
    free: Set[Var] = frozenset(),
    most: float = 0,
    standing: Mapping[Var, Assign] = MappingProxyType({}),
) -> Plan:
    """How to have the values `needed` again.

    `definitions`: the operations of the block that may be run again. `inside`: what the iteration
    defines, and what is too large to be kept for this one's sake; everything else is alive. `free`: of
    `inside`, what backward has anyway (the loop's index). `most`: how many operations on arrays may be run again for
    one value. `standing`: readings of values that would else be saved beside an array that holds them.
    """
    wanted = sorted(needed, key=lambda var: var.version)
    cheap, stored = (
        {var: made for var, made in found.items() if is_cheap(made, most > 0)} for found in (definitions, standing)
    )
    choose = partial(_choose, wanted, cheap, stored, inside, free, most)
    kinds = Scalar | Array if most == ANY else Scalar
    state = {var for var in inside if var not in definitions and var not in free and isinstance(var.type, kinds)}
    plans = [choose(frozenset()), choose(state)]
    if 0 < most < ANY:
        plans.append(choose(_common(plans[0].saved, cheap, inside - free, most)))
    return min(plans, key=lambda p: sum(_weight(var) for var in p.saved))


def _common(saved: Sequence[Var], definitions: Mapping[Var, Assign], inside: Set[Var], most: float) -> set[Var]:
    """Arrays of which several of their kind that are to be saved are made by few operations: they are, instead."""
    made_of: dict[Var, set[Var]] = {}
    for var in saved:
        for source in _sources(var, definitions, inside, most) if isinstance(var.type, Array) else ():
            if source.type == var.type:
                made_of.setdefault(source, set()).add(var)
    found, left = set[Var](), set(saved)
    while made_of:
        best = max(made_of, key=lambda source: (len(made_of[source] & left), -source.version))
        covered = made_of.pop(best) & left
        if len(covered) < 2:
            break
        found.add(best)
        left -= covered
    return found


def _sources(var: Var, definitions: Mapping[Var, Assign], inside: Set[Var], most: float) -> set[Var]:
    """Each of them, beside what is at hand, is enough to make `var` in few operations."""
    made = definitions.get(var)
    if made is None or most <= 0:
        return {var}
    found = [
        _sources(arg, definitions, inside, most - 1) for arg in made.args if isinstance(arg, Var) and arg in inside
    ]
    return {var}.union(set.intersection(*found) if found else ())


def _choose(
    wanted: list[Var],
    definitions: Mapping[Var, Assign],
    standing: Mapping[Var, Assign],
    inside: Set[Var],
    free: Set[Var],
    most: float,
    kept: Set[Var],
) -> Plan:
    saved: dict[Var, None] = dict.fromkeys(sorted(kept, key=lambda var: var.version))
    recomputed: dict[Var, Assign] = {}

    def at_hand(var: Var) -> bool:
        return var not in inside or var in free or var in saved or var in recomputed

    def again(made: Assign | None, trail: dict[Var, Assign]) -> bool:
        """Whether it can be run again, after those of `trail`, which it joins with what it needs."""
        if made is None:
            return False
        missing = [arg for arg in made.args if isinstance(arg, Var) and not at_hand(arg)]
        if not all(arg in trail or again(definitions.get(arg), trail) for arg in missing):
            return False
        trail[made.target] = made
        return True

    def run(var: Var) -> dict[Var, Assign] | None:
        for made in (definitions.get(var), standing.get(var)):
            trail: dict[Var, Assign] = {}
            if again(made, trail) and sum(map(_is_large, trail.values())) <= most:
                return trail
        return None

    for var in wanted:
        if not at_hand(var):
            trail = run(var)
            if trail is None:
                saved[var] = None
            else:
                recomputed.update(trail)
    used = {arg for s in recomputed.values() for arg in s.args} | set(wanted)
    return Plan(tuple(var for var in saved if var in used), tuple(recomputed.values()))


def most_again(frugal: bool) -> float:
    """How many operations on arrays are run again rather than one is kept; `frugal`: in compiled code."""
    return FEW if frugal else 0


def is_cheap(definition: Assign, arrays: bool = False) -> bool:
    """Whether running the operation again costs no more than having kept its result. `arrays`: arithmetic on these."""
    rule = RULES[definition.op]
    if definition.op in READINGS:
        return not any(isinstance(arg.type, Array | ListOf) for arg in definition.args[1:])
    if arrays and definition.op in MADE:
        return True
    kinds = Scalar | Array if arrays and (rule.kind == "elementwise" or definition.op in MOVED) else Scalar
    return rule.cost <= CHEAP and all(isinstance(atom.type, kinds) for atom in (definition.target, *definition.args))


def _is_large(definition: Assign) -> bool:
    return definition.op not in READINGS and isinstance(definition.target.type, Array)


def _weight(var: Var) -> int:
    return 1 + 100 * len(dims_of(var.type)) + (1000 if isinstance(var.type, ListOf) else 0)
