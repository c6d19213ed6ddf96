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

A number that the block only hands on, and that replaces one that is still read, is made last: both have one name.

>>> n, m, z = (Var(name, k, FLOAT) for k, name in enumerate("nnz", 3))
>>> body = Block((Assign(m, "neg", (n,)), Assign(z, "exp", (n,))), (m, z))
>>> print(show(read_first(Program((Function("f", (n,), body),))).entry))
f(n.3):
  z.5 = exp n.3
  n.4 = neg n.3
  yield n.4 z.5

So is what is read of an array that a loop updates, such as its size, before the loop.

What is read may be read into another array, by a store or a sum, unless that array is read meanwhile as it was before.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.analyse.alias import makes_view
from gradgen.analyse.independent import UNREPEATABLE
from gradgen.analyse.liveness import LIST_UPDATES
from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    For,
    ListOf,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    While,
)
from gradgen.ir.walk import map_statement, operands, statement_free, targets
from gradgen.simplify.sizes import is_size


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
        if place is None or _read_meanwhile(s, ordered[place:], bases):
            place = len(ordered)
        else:
            statement = _size_there(statement, ordered[place:])
            made = {var: at + (at >= place) for var, at in made.items()}
            updates = {var: at + (at >= place) for var, at in updates.items()}
        updates.update(dict.fromkeys(_updated(s), place))
        made.update(dict.fromkeys(targets(s), place))
        if isinstance(s, Assign) and makes_view(s):
            bases[s.target] = _memory(s, bases)
        ordered.insert(place, statement)
    return Block(tuple(_handed_on_last(ordered)), block.yields)


def _size_there(s: Statement, after: list[Statement]) -> Statement:
    """A size belongs to the line before which it is asked for."""
    return replace(s, origin=after[0].origin) if after and isinstance(s, Assign) and is_size(s) else s


def _handed_on_last(ordered: list[Statement]) -> list[Statement]:
    read: set[Atom] = set()
    kept, last = list[Statement](), list[Statement]()
    for s in reversed(ordered):
        if isinstance(s, Assign) and s.target not in read and not read.isdisjoint(_replaced(s)):
            last.append(s)
        else:
            kept.append(s)
            read |= {*operands(s), *statement_free(s)}
    return [*reversed(kept), *reversed(last)]


def _replaced(s: Assign) -> list[Var]:
    """Of the numbers that a number is made of, those with its name."""
    if s.op in UNREPEATABLE or not all(isinstance(atom.type, Scalar) for atom in (s.target, *s.args)):
        return []
    return [arg for arg in s.args if isinstance(arg, Var) and s.target.name and arg.name == s.target.name]


def _updated(s: Statement) -> tuple[Var, ...]:
    match s:
        case Store(array=Var() as prior) | Accumulate(prior=Var() as prior):
            return (prior,) if isinstance(prior.type, Array | ListOf) else ()
        case Assign(args=(Var() as prior, *_)) if s.op in LIST_UPDATES:
            return (prior,)
        case For() | While():
            inside = {array for inner in s.body.statements for array in _updated(inner)}
            return tuple(x for x, var in zip(s.inits, s.carried, strict=True) if isinstance(x, Var) and var in inside)
    return ()


def _read_meanwhile(s: Statement, others: list[Statement], bases: dict[Var, set[Var]]) -> bool:
    """Whether what `s` updates is read in `others` as it was before."""
    prior = set(_updated(s))
    return any(not prior.isdisjoint(_memory(other, bases)) for other in others) if prior else False


def _memory(s: Statement, bases: dict[Var, set[Var]]) -> set[Var]:
    """The arrays that `s` reads, be it through views."""
    read = {atom for atom in (*operands(s), *statement_free(s)) if isinstance(atom, Var)}
    return read.union(*(bases[arg] for arg in read if arg in bases))


def _place(s: Statement, updates: dict[Var, int], made: dict[Var, int], bases: dict[Var, set[Var]]) -> int | None:
    """Where to compute `s` instead of here: before the first update of what it reads, if its operands are there."""
    if not isinstance(s, Assign | Store | Accumulate) or (isinstance(s, Assign) and s.op in LIST_UPDATES):
        return None
    places = [updates[array] for array in _memory(s, bases) if array in updates]
    if not places or any(made.get(atom, -1) >= min(places) for atom in operands(s) if isinstance(atom, Var)):
        return None
    return min(places)
