"""Independent iterations, differentiated one by one: each runs again and its adjoint follows at once. Nothing is kept.

Where the adjoints of the loop's results are known before it has run, the primal's loop and this one are one loop
(`at_once`).

>>> from gradgen.ir import FLOAT, INT, Accumulate, Assign, Const, Function, show
>>> x, e, t = (Var(name, k, FLOAT) for k, name in enumerate("xet"))
>>> i, s, r, k, q, p = (Var(name, 3 + k, FLOAT) for k, name in enumerate("isrisr"))
>>> bounds = Const(0, INT), Const(9, INT), Const(1, INT)
>>> body = Block((Assign(e, "exp", (x,)), Accumulate(t, s, e)), (t,))
>>> primal, again = For(i, *bounds, (s,), (x,), body, (r,)), For(k, *bounds, (q,), (x,), Block((), (q,)), (p,))
>>> both = Block((primal, Assign(e, "neg", (x,)), again), (r, p, e))
>>> print(show(Function("f", (x,), at_once(both, {k: i}))))
f(x.0):
  r.5 = for i.6 in 0:9:1 with s.7=x.0:
    yield s.7
  e.1 = neg x.0
  yield r.5 r.8 e.1

Does not decide which loops these are (`analyse.independent`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from gradgen.ir import Accumulate, Assign, Atom, Block, For, If, Load, Open, Save, Statement, Store, Var, While
from gradgen.ir.instantiate import copied
from gradgen.ir.walk import free_variables as read_by
from gradgen.ir.walk import map_statement, operands, statement_free, substitute, targets, within
from gradgen.ir.walk import statements as all_statements
from gradgen.rules.build import Builder

L = TypeVar("L", bound=For | While)
PURE = (Assign, Accumulate, Store, If, For, While)


def read(s: Statement) -> set[Atom]:
    return {*operands(s), *statement_free(s)}


def followed(loop: L, primal: list[Statement], builder: Builder) -> tuple[L, dict[Var, Atom]]:
    """A copy of `loop` with `primal` as its body, and what stands in it for what."""
    body = Block(tuple(primal), loop.body.yields)
    block, stands_for = copied(Block((replace(loop, body=body),)), builder.var)
    (again,) = block.statements
    assert isinstance(again, type(loop))
    return again, stands_for


def reading(statements: list[Statement], standing: Mapping[Var, Assign]) -> list[Statement]:
    """The statements, with other readings in place of some: they run again when loops around them have ended."""

    def inside(block: Block) -> Block:
        return Block(tuple(reading(list(block.statements), standing)), block.yields)

    def each(s: Statement) -> Statement:
        if isinstance(s, Assign):
            return standing.get(s.target, s) if s.op == "getitem" else s
        return map_statement(s, lambda atom: atom, inside)

    return list(map(each, statements))


def with_adjoint(
    again: For,
    stands_for: Mapping[Var, Atom],
    adjoint: Block,
    sums: tuple[tuple[Var, Atom, Var], ...],
    whole: bool,
    along: tuple[int, ...] = (),
) -> For:
    """`again`, each iteration followed by `adjoint`, whose yields go round as `sums`: (carried, init, result).

    `whole`: it gives the results of the copied loop too; otherwise what only they need is left out, but for what goes
    `along`. Of all else that the copied loop carries, only the shape is asked for, and that is its first value's.
    """
    adjoint = substitute(adjoint, dict(stands_for))
    kept = range(len(again.carried)) if whole else along
    mine = [(again.carried[k], again.inits[k], again.results[k]) for k in kept]
    body = Block(adjoint.statements, (*(again.body.yields[k] for k in kept), *adjoint.yields))
    if whole:
        body = replace(body, statements=(*again.body.statements, *adjoint.statements))
    else:
        left = {var: again.inits[k] for k, var in enumerate(again.carried) if k not in kept}
        body = substitute(preceded(again.body.statements, body), left)
    carried, inits, results = zip(*mine, *sums, strict=True)
    return replace(again, carried=carried, inits=inits, results=results, body=body)


def preceded(statements: tuple[Statement, ...], block: Block) -> Block:
    """`block` after those of `statements` that it needs. What raises has done so before."""
    wanted: set[Atom] = set(read_by(block))
    kept: list[Statement] = []
    for s in reversed(statements):
        saves = any(isinstance(inner, Open | Save | Load) for inner in within(s))
        if saves or not wanted.isdisjoint(targets(s)):
            wanted |= read(s)
            kept.append(s)
    return Block((*reversed(kept), *block.statements), block.yields)


def at_once(block: Block, again: Mapping[Var, Var]) -> Block:
    """`block` with each loop that is run again only once, where what its adjoint starts from can be had before.

    `again`: the index of the loop run again, and that of the first.
    """
    done = list(block.statements)
    for later in block.statements:
        if isinstance(later, For) and later.index in again:
            done = _joined(done, later, again[later.index])
    return Block(
        tuple([map_statement(s, lambda atom: atom, lambda inner: at_once(inner, again)) for s in done]), block.yields
    )


def _joined(statements: list[Statement], later: For, first: Var) -> list[Statement]:
    at = next((k for k, s in enumerate(statements) if isinstance(s, For) and s.index == first), None)
    if at is None:
        return statements
    earlier, end = statements[at], statements.index(later)
    assert isinstance(earlier, For)
    wanted, before, after = read(later), list[Statement](), list[Statement]()
    for s in reversed(statements[at + 1 : end]):
        if wanted.isdisjoint(targets(s)):
            after.append(s)
        else:
            wanted |= read(s)
            before.append(s)
    if not wanted.isdisjoint(earlier.results) or not all(
        isinstance(s, PURE) for s in all_statements(Block(tuple(before)))
    ):
        return statements
    results = (*earlier.results, *later.results[len(earlier.results) :])
    one = replace(later, results=results, origin=earlier.origin)
    return [*statements[:at], *reversed(before), one, *reversed(after), *statements[end + 1 :]]
