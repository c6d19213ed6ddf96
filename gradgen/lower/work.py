"""How much a loop does, told before it runs: the trips of its longest nest, and what an iteration of the inmost costs.

>>> from gradgen.ir import INT, Assign, Block, Const, FLOAT, For, Var
>>> n, j, a, b = Var("n", 0, INT), Var("j", 1, INT), Var("a", 2, FLOAT), Var("b", 3, FLOAT)
>>> inner = For(j, Const(0, INT), n, Const(1, INT), (), (), Block((Assign(b, "exp", (a,)),)), ())
>>> work_of(Block((inner,)), inside={j, b})
Work(factors=(Var(name='n', version=0, type=Scalar(dtype='int64', weak=True, extent=None)),), cost=10)

Of several nests the deepest counts; loops that are not known to begin at 0, or whose trips change from iteration to
iteration, count as one trip.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from gradgen.ir import Assign, Atom, Block, Const, For, If, Store, Var, While
from gradgen.ir.known import integer_of
from gradgen.ir.walk import blocks
from gradgen.rules import RULES


@dataclass(frozen=True, slots=True)
class Work:
    """`factors`: numbers of trips, to be multiplied. `cost`: in operations, of one of these."""

    factors: tuple[Atom, ...]
    cost: float

    @property
    def size(self) -> tuple[int, float]:
        return len(self.factors), self.cost


def work_of(block: Block, inside: Set[Var]) -> Work:
    """What one run of a loop's body does. `inside`: what is not known before the loop."""
    costs = (RULES[s.op].cost if s.op in RULES else 1 for s in block.statements if isinstance(s, Assign))
    found = [Work((), sum(costs) + sum(isinstance(s, Store) for s in block.statements))]
    for s in block.statements:
        if isinstance(s, For):
            found.append(_nest(s, inside))
        elif isinstance(s, If | While):
            found += [work_of(inner, inside) for inner in blocks(s)]
    return max(found, key=lambda work: work.size)


def _nest(loop: For, inside: Set[Var]) -> Work:
    body = work_of(loop.body, inside)
    if not begins_at_zero(loop):
        return body
    if isinstance(loop.stop, Const):
        trips = loop.stop.value
        return Work(body.factors, body.cost * max(1, trips)) if isinstance(trips, int) else body
    return body if loop.stop in inside else Work((loop.stop, *body.factors), body.cost)


def begins_at_zero(loop: For) -> bool:
    return integer_of(loop.start) == 0
