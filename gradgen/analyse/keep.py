"""What crosses an iteration: for each value that the backward iteration reads, recompute it or save it.

Values from outside the loop are alive and need neither. A value is recomputed where its operation is
cheap and its operands are at hand there: alive, saved anyway, or recomputed themselves. Where memory matters more
(`thrifty`: in what `gradgen.checkpoint` marks), that goes for arithmetic on arrays, too; and for a few operations on
them in compiled code (`frugal`), where an array that is kept is written to memory and read again: the differences
`points - means[j]` of a Gaussian mixture, kept, took more than all else.

>>> from gradgen.ir import FLOAT, Assign, Var
>>> x, y = Var("x", 0, FLOAT), Var("y", 1, FLOAT)
>>> found = plan([x, y], {y: Assign(y, "mul", (x, x))}, inside={x, y})
>>> [str(var) for var in found.saved], [str(var) for var in found.recomputed]
(['x.0'], ['y.1'])

>>> from gradgen.ir import Dim
>>> p, d = (Var(name, k, Array("float64", (Dim("n"),))) for k, name in enumerate("pd", 2))
>>> for frugal in (False, True):
...     found = plan([d], {d: Assign(d, "sub", (p, x))}, inside={d}, frugal=frugal)
...     print([str(var) for var in found.saved], [str(var) for var in found.recomputed])
['d.3'] []
[] ['d.3']

What makes an array of numbers, or of two vectors, is cheaper than what it makes:

>>> u, m = p, Var("m", 4, Array("float64", (Dim("n"), Dim("n"))))
>>> found = plan([u, m], {m: Assign(m, "outer", (u, u))}, inside={u, m}, frugal=True)
>>> [str(var) for var in found.saved], [str(var) for var in found.recomputed]
(['p.2'], ['m.4'])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from gradgen.ir import Array, Assign, Atom, ListOf, Scalar, Var, dims_of
from gradgen.rules.table import RULES

CHEAP = 1  # the cost, in arithmetic operations, up to which recomputing beats writing and reading memory
FEW = 4  # cheap operations on arrays: what it costs to write and read one
MADE = ("eye", "ones", "zeros", "array", "outer")  # arrays of what is a number, or of vectors that are shorter
READINGS = ("getitem", "transpose", "item", "size")  # of an array that is at hand


@dataclass(frozen=True, slots=True)
class Plan:
    """Both in the order of definition; a recomputed value's operands come before it."""

    saved: tuple[Var, ...]
    recomputed: tuple[Var, ...]


def plan(
    needed: Iterable[Var],
    definitions: Mapping[Var, Assign],
    inside: Set[Var],
    free: Set[Var] = frozenset(),
    thrifty: bool = False,
    frugal: bool = False,
) -> Plan:
    """How to have the values `needed` again.

    `definitions`: the operations of the block that may be run again. `inside`: what the iteration
    defines, and what is too large to be kept for this one's sake; everything else is alive. `free`: of
    `inside`, what backward has anyway (the loop's index).
    """
    wanted = sorted(needed, key=lambda var: var.version)
    kinds = Scalar | Array if thrifty else Scalar
    cheap = {var: made for var, made in definitions.items() if is_cheap(made, thrifty or frugal)}
    most = None if thrifty else few(frugal)
    greedy = _choose(wanted, cheap, inside, free, frozenset(), most)
    state = {var for var in inside if var not in definitions and var not in free and isinstance(var.type, kinds)}
    from_state = _choose(wanted, cheap, inside, free, state, most)
    return min(greedy, from_state, key=lambda p: sum(_weight(var) for var in p.saved))


def _choose(
    wanted: list[Var],
    definitions: Mapping[Var, Assign],
    inside: Set[Var],
    free: Set[Var],
    kept: Set[Var],
    most: int | None,
) -> Plan:
    """`most`: how many operations on arrays may be run again for one value."""
    saved: dict[Var, None] = dict.fromkeys(sorted(kept, key=lambda var: var.version))
    recomputed: dict[Var, None] = {}

    def available(atom: Atom, trail: dict[Var, None]) -> bool:
        if (
            not isinstance(atom, Var)
            or atom not in inside
            or atom in free
            or atom in saved
            or atom in recomputed
            or atom in trail
        ):
            return True
        definition = definitions.get(atom)
        if definition is None or not all(available(arg, trail) for arg in definition.args):
            return False
        trail[atom] = None
        return True

    for var in wanted:
        trail: dict[Var, None] = {}
        if var in free or var in saved or var in recomputed:
            continue
        if available(var, trail) and (most is None or sum(_is_large(definitions[v]) for v in trail) <= most):
            recomputed.update(trail)
        else:
            saved[var] = None
    used = {arg for var in recomputed for arg in definitions[var].args} | set(wanted)
    return Plan(tuple(var for var in saved if var in used), tuple(recomputed))


def few(frugal: bool) -> int:
    """How many operations on arrays are run again for one value."""
    return FEW if frugal else 0


def is_cheap(definition: Assign, arrays: bool = False) -> bool:
    """Whether running the operation again costs no more than having kept its result. `arrays`: arithmetic on these."""
    rule = RULES[definition.op]
    if definition.op in READINGS:
        return not any(isinstance(arg.type, Array | ListOf) for arg in definition.args[1:])
    if arrays and definition.op in MADE:
        return True
    kinds = Scalar | Array if arrays and rule.kind == "elementwise" else Scalar
    return rule.cost <= CHEAP and all(isinstance(atom.type, kinds) for atom in (definition.target, *definition.args))


def _is_large(definition: Assign) -> bool:
    return definition.op not in READINGS and isinstance(definition.target.type, Array)


def _weight(var: Var) -> int:
    return 1 + 100 * len(dims_of(var.type)) + (1000 if isinstance(var.type, ListOf) else 0)
