"""What a loop or branch hands on unchanged is read directly.

A loop that carries a value round without changing it need not carry it; a branch both of whose sides
give the same value has no result of it; and a branch whose test is known is the side taken, but for one that
is to be run again (`If.recompute`).

>>> from gradgen.ir import BOOL, FLOAT, INT, Assign, Block, Const, For, Function, Program, Var, show
>>> x, n, i = Var("x", 0, FLOAT), Var("n", 1, INT), Var("i", 2, INT)
>>> (s0, s1, s2), (y0, y1) = (Var("s", k, FLOAT) for k in (3, 4, 5)), (Var("y", k, FLOAT) for k in (6, 7))
>>> zero, one = Const(0, INT), Const(1, INT)
>>> body = Block((Assign(s1, "add", (s0, y0)),), (s1, y0))
>>> loop = For(i, zero, n, one, (s0, y0), (x, x), body, (s2, y1))
>>> before = Program((Function("f", (x, n), Block((loop,), (s2, y1))),))
>>> print(show(before.entry))
f(x.0, n.1):
  s.5 y.7 = for i.2 in 0:n.1:1 with s.3=x.0, y.6=x.0:
    s.4 = add s.3 y.6
    yield s.4 y.6
  yield s.5 y.7
>>> print(show(remove_unchanging(before).entry))
f(x.0, n.1):
  s.5 = for i.2 in 0:n.1:1 with s.3=x.0:
    s.4 = add s.3 x.0
    yield s.4
  yield s.5 x.0
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from gradgen.ir import Assign, Atom, Block, Const, For, Function, If, Program, Statement, Undefined, Var, While
from gradgen.ir.walk import blocks, map_statement, statements, targets
from gradgen.simplify.copies import replace_variables


def remove_unchanging(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def _in_function(function: Function) -> Function:
    mapping: dict[Var, Atom] = {}
    for s in statements(function.body):
        if isinstance(s, For | While):
            mapping.update(_unchanged_by_loop(s))
        elif isinstance(s, If):
            mapping.update(_unchanged_by_branch(s))
    known = any(_is_known(s) for s in statements(function.body))
    if not mapping and not known:
        return function
    function = replace_variables(function, mapping)
    return replace(function, body=_without(function.body, mapping))


def _unchanged_by_loop(s: For | While) -> Iterator[tuple[Var, Atom]]:
    for carried, init, given, result in zip(s.carried, s.inits, s.body.yields, s.results, strict=True):
        if given == carried and not isinstance(init, Undefined) and _may_stand_for(init, carried):
            yield carried, init
            yield result, init


def _unchanged_by_branch(s: If) -> Iterator[tuple[Var, Atom]]:
    if isinstance(s.test, Const):
        taken = _taken(s)
        inside = {var for each in statements(taken) for var in targets(each)} if s.recompute else set()
        yield from (way for way in zip(s.results, taken.yields, strict=True) if way[1] not in inside)
        return
    inner = {var for block in blocks(s) for each in statements(block) for var in _targets(each)}
    for result, one, other in zip(s.results, s.then.yields, s.orelse.yields, strict=True):
        if one == other and one not in inner and not isinstance(one, Undefined) and _may_stand_for(one, result):
            yield result, one
    yield from _same_where_defined(s)


def _same_where_defined(s: If) -> Iterator[tuple[Var, Atom]]:
    """A result that is undefined on one side, and else the same as another one, is that other one."""
    ways = list(zip(s.results, s.then.yields, s.orelse.yields, strict=True))
    for result, *partial in ways:
        if not any(isinstance(value, Undefined) for value in partial):
            continue
        for other, *whole in ways:
            agree = all(isinstance(p, Undefined) or p == w for p, w in zip(partial, whole, strict=True))
            if agree and other.type == result.type and not any(isinstance(value, Undefined) for value in whole):
                yield result, other
                break


def _is_known(s: Statement) -> TypeGuard[If]:
    return isinstance(s, If) and isinstance(s.test, Const) and not s.recompute


def _taken(s: If) -> Block:
    return s.then if isinstance(s.test, Const) and s.test.value else s.orelse


def _targets(s: Statement) -> tuple[Var, ...]:
    return (s.target,) if isinstance(s, Assign) else ()


def _may_stand_for(atom: Atom, var: Var) -> bool:
    return atom.type == var.type or isinstance(atom, Var)


def _without(block: Block, mapping: dict[Var, Atom]) -> Block:
    """The block without what `mapping` replaces being handed on, and without branches whose test is known."""
    made: list[Statement] = []
    for s in block.statements:
        s = map_statement(s, lambda atom: atom, lambda inner: _without(inner, mapping))
        # A test may be known only since its variable was replaced: then the results have no replacement yet.
        if _is_known(s) and mapping.keys() >= set(s.results):
            made += _taken(s).statements
        elif isinstance(s, For | While | If):
            made.append(_handing_on(s, [var not in mapping for var in s.results]))
        else:
            made.append(s)
    return Block(tuple(made), block.yields)


def _handing_on(s: For | While | If, kept: list[bool]) -> For | While | If:
    """The statement with those of its results that are kept."""
    if all(kept):
        return s

    def select(items: tuple) -> tuple:
        return tuple(item for item, keep in zip(items, kept, strict=True) if keep)

    if isinstance(s, If):
        then, orelse = (Block(branch.statements, select(branch.yields)) for branch in (s.then, s.orelse))
        return replace(s, then=then, orelse=orelse, results=select(s.results))
    body = Block(s.body.statements, select(s.body.yields))
    return replace(s, carried=select(s.carried), inits=select(s.inits), body=body, results=select(s.results))


selected = _handing_on
