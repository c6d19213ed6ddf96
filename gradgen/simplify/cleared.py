"""Places that are cleared and then added to: what is added is stored there instead.

What `a[i] = a[i] * b` overwrites gets no adjoint from its place, and `a[i]` that it reads gets one right there.

>>> from gradgen.ir import FLOAT, INT, Array, Block, Const, Dim, Function, Program, Store, Var, show
>>> a, b, c = (Var("a", k, Array("float64", (Dim("n"),))) for k in range(3))
>>> x, i = Var("x", 3, FLOAT), Var("i", 4, INT)
>>> body = Block((Store(b, a, (2,), (), Const(0.0, FLOAT), "set"), Store(c, b, (2,), (), x, "add")), (c,))
>>> before = Program((Function("f", (a, x), body),))
>>> print(show(before.entry))
f(a.0, x.3):
  a.1 = a.0 with [2] = 0.0
  a.2 = a.1 with [2] += x.3
  yield a.2
>>> print(show(store_cleared(before).entry))
f(a.0, x.3):
  a.2 = a.0 with [2] = x.3
  yield a.2
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from gradgen.analyse.distinct import may_repeat
from gradgen.ir import Array, Assign, Atom, Block, Const, Function, Program, Statement, Store, Var
from gradgen.ir.walk import block_exits, blocks, map_statement, operands, statements


def store_cleared(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def _in_function(function: Function) -> Function:
    made = {s.target.version: s for s in statements(function.body) if isinstance(s, Assign)}
    reads = Counter(_read(function))

    def block(block: Block) -> Block:
        stores = {s.target: s for s in block.statements if isinstance(s, Store) and isinstance(s.target.type, Array)}
        moved: dict[Store, list[Store]] = {}
        for s in stores.values():
            chain = _back_to_cleared(s, stores, reads)
            apart = not any(one in others for one in chain for others in moved.values())
            if chain and apart and not may_repeat(s.index, s.operands, made):
                moved[s] = chain
        gone = {one for chain in moved.values() for one in chain}
        kept: list[Statement] = []
        for statement in block.statements:
            if isinstance(statement, Store) and statement in moved:
                kept += _filled_first(statement, moved[statement])
            elif not (isinstance(statement, Store) and statement in gone):
                kept.append(map_statement(statement, lambda atom: atom, block_))
        return Block(tuple(kept), block.yields)

    block_ = block
    return replace(function, body=block(function.body))


def _read(function: Function) -> list[Atom]:
    found = list(function.body.yields)
    for s in statements(function.body):
        found += operands(s)
        for inner in blocks(s):
            found += block_exits(s, inner)
    return found


def _back_to_cleared(last: Store, stores: dict[Var, Store], reads: Counter[Atom]) -> list[Store]:
    """The stores from the one that clears the place to which `last` adds, through other additions, up to `last`."""
    chain: list[Store] = []
    s = last
    while s.mode == "add" and isinstance(s.array, Var) and s.array in stores and reads[s.array] == 1:
        s = stores[s.array]
        chain.insert(0, s)
        if _clears(s) and (s.index, s.operands) == (last.index, last.operands):
            return chain
    return []


def _filled_first(last: Store, chain: list[Store]) -> list[Store]:
    """What `last` adds stored at the cleared place, and then the other additions."""
    first, *others = chain
    if not others:
        return [replace(last, array=first.array, mode="set")]
    made = [replace(last, target=first.target, array=first.array, mode="set"), *others]
    made[-1] = replace(made[-1], target=last.target)
    return made


def _clears(s: Store) -> bool:
    return s.mode == "set" and isinstance(s.value, Const) and s.value.value == 0
