"""Powers along a loop are a running product: `x ** k` for k in 0, 1, 2, ... is the one before, times x.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Store, Var, show
>>> vector = Array("float64", (Dim("p.0"),))
>>> p, q, r, done = (Var("p", k, vector) for k in range(4))
>>> x, n, k, y = Var("x", 4, FLOAT), Var("n", 5, INT), Var("k", 6, INT), Var("", 7, FLOAT)
>>> body = Block((Assign(y, "pow", (x, k)), Store(r, q, (At(0),), (k,), y, "set")), (r,))
>>> loop = For(k, Const(0, INT), n, Const(1, INT), (q,), (p,), body, (done,))
>>> before = Program((Function("f", (p, x, n), Block((loop,), (done,))),))
>>> print(show(before.entry))
f(p.0, x.4, n.5):
  p.3 = for k.6 in 0:n.5:1 with p.1=p.0:
    _.7 = pow x.4 k.6
    p.2 = p.1 with [k.6] = _.7
    yield p.2
  yield p.3
>>> print(show(run_powers(before).entry))
f(p.0, x.4, n.5):
  p.3 _.9 = for k.6 in 0:n.5:1 with p.1=p.0, _.7=1.0:
    _.8 = mul _.7 x.4
    p.2 = p.1 with [k.6] = _.7
    yield p.2 _.8
  yield p.3

A table of eight powers takes a fifth of the time. The k-th of them has at most k roundings, as many as squaring and
multiplying has. Only where what is raised is the same in all iterations and nothing else in the loop is dear: a loop
of products that wait for one another is not vectorised.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from gradgen.ir import Assign, Atom, Block, Const, For, Function, Program, Scalar, Statement, Store, Var
from gradgen.ir.known import counts_up, runs_through
from gradgen.ir.walk import map_statement, targets
from gradgen.lower.accesses import Memory, accesses
from gradgen.rules import RULES
from gradgen.rules.build import Builder, builder_after

DEAR = 10  # what an operation costs, from here on


def run_powers(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    memory = Memory(function)

    def inside(block: Block) -> Block:
        return replace(block, statements=tuple(map(statement, block.statements)))

    def statement(s: Statement) -> Statement:
        made = map_statement(s, lambda atom: atom, inside)
        return _running(made, memory, builder) if isinstance(made, For) else made

    return replace(function, body=inside(function.body))


def _running(loop: For, memory: Memory, builder: Builder) -> For:
    if not counts_up(loop) or not runs_through(loop) or loop.backward:
        return loop
    power = next((s for s in loop.body.statements if _is_power(s, loop)), None)
    if power is None or not _stays(power.args[0], loop, memory) or not _is_cheap(loop, power):
        return loop
    type = power.target.type
    onward, result = (builder.var("", type) for _ in range(2))
    times = Assign(onward, "mul", (power.target, power.args[0]), origin=power.origin)
    body = tuple(one for s in loop.body.statements for one in ((times,) if s is power else (s,)))
    return replace(
        loop,
        carried=(*loop.carried, power.target),
        inits=(*loop.inits, Const(1.0, type)),
        body=Block(body, (*loop.body.yields, onward)),
        results=(*loop.results, result),
    )


def _is_power(s: Statement, loop: For) -> TypeGuard[Assign]:
    if not (isinstance(s, Assign) and s.op == "pow" and s.args[1] == loop.index):
        return False
    return all(isinstance(type, Scalar) and type.dtype == "float64" for type in (s.target.type, s.args[0].type))


def _stays(atom: Atom, loop: For, memory: Memory) -> bool:
    """Whether it is the same in all iterations: made outside, or read there of what the loop does not change."""
    if not isinstance(atom, Var):
        return True
    inner = {var for s in loop.body.statements for var in targets(s)} | {loop.index, *loop.carried}
    if atom not in inner:
        return True
    made = next((s for s in loop.body.statements if atom in targets(s)), None)
    if not (isinstance(made, Assign) and made.op == "getitem") or not inner.isdisjoint(made.args):
        return False
    written = accesses(loop, memory).written
    roots = memory.roots(made.args[0])
    return not any(roots & memory.roots(key) for key in written)


def _is_cheap(loop: For, power: Statement) -> bool:
    return all(
        isinstance(s, Store) or (isinstance(s, Assign) and (s is power or s.op not in RULES or RULES[s.op].cost < DEAR))
        for s in loop.body.statements
    )
