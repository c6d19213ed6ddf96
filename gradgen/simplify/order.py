"""Reads before updates: what reads an array or list is computed before a new version of it is made.

So the writer can update in place, where it would have to copy what is still read.

>>> from gradgen.ir import FLOAT, INT, Assign, Block, Const, Function, ListOf, Program, Var, show
>>> xs, ys, y = Var("xs", 0, ListOf(FLOAT)), Var("xs", 1, ListOf(FLOAT)), Var("y", 2, FLOAT)
>>> body = Block((Assign(ys, "shorten", (xs,)), Assign(y, "item", (xs, Const(-1, INT)))), (ys, y))
>>> before = Program((Function("f", (xs,), body),))
>>> print(show(read_first(before).entry))
f(xs.0):
  y.2 = item xs.0 -1
  xs.1 = shorten xs.0
  yield xs.1 y.2
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.analyse.alias import makes_view
from gradgen.analyse.liveness import LIST_UPDATES
from gradgen.ir import Accumulate, Array, Assign, Block, ListOf, Program, Statement, Store, Var
from gradgen.ir.walk import map_statement, targets


def read_first(program: Program) -> Program:
    functions = (replace(function, body=_block(function.body)) for function in program.functions)
    return replace(program, functions=tuple(functions))


def _block(block: Block) -> Block:
    ordered: list[Statement] = []
    updates: dict[Var, int] = {}  # what was updated: where, in `ordered`
    made: dict[Var, int] = {}
    bases: dict[Var, set[Var]] = {}  # what a view shares its memory with
    for s in block.statements:
        place = _place(s, updates, made, bases)
        statement = map_statement(s, lambda atom: atom, _block)
        if place is None:
            place = len(ordered)
            updates.update(dict.fromkeys(_updated(s), place))
        else:
            made = {var: at + (at >= place) for var, at in made.items()}
            updates = {var: at + (at >= place) for var, at in updates.items()}
        made.update(dict.fromkeys(targets(s), place))
        if isinstance(s, Assign) and makes_view(s):
            bases[s.target] = _memory(s, bases)
        ordered.insert(place, statement)
    return Block(tuple(ordered), block.yields)


def _updated(s: Statement) -> tuple[Var, ...]:
    match s:
        case Store(array=Var() as prior) | Accumulate(prior=Var() as prior):
            return (prior,) if isinstance(prior.type, Array | ListOf) else ()
        case Assign(args=(Var() as prior, *_)) if s.op in LIST_UPDATES:
            return (prior,)
    return ()


def _memory(s: Assign, bases: dict[Var, set[Var]]) -> set[Var]:
    """The arrays that `s` reads, be it through views."""
    read = {arg for arg in s.args if isinstance(arg, Var)}
    return read.union(*(bases[arg] for arg in read if arg in bases))


def _place(s: Statement, updates: dict[Var, int], made: dict[Var, int], bases: dict[Var, set[Var]]) -> int | None:
    """Where to compute `s` instead of here: before the first update of what it reads, if its operands are there."""
    if not isinstance(s, Assign) or s.op in LIST_UPDATES:
        return None
    places = [updates[array] for array in _memory(s, bases) if array in updates]
    if not places or any(made.get(arg, -1) >= min(places) for arg in s.args if isinstance(arg, Var)):
        return None
    return min(places)
