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
from gradgen.ir import Array, Assign, Atom, Block, Const, Function, Program, Store, Var
from gradgen.ir.walk import block_exits, blocks, map_statement, operands, statements


def store_cleared(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def _in_function(function: Function) -> Function:
    made = {s.target.version: s for s in statements(function.body) if isinstance(s, Assign)}
    reads = Counter(_read(function))

    def block(block: Block) -> Block:
        cleared = {
            s.target: s for s in block.statements if isinstance(s, Store) and _clears(s) and reads[s.target] == 1
        }
        stored: dict[Store, Store] = {}
        for s in block.statements:
            first = cleared.get(s.array) if isinstance(s, Store) and isinstance(s.array, Var) else None
            if (
                isinstance(s, Store)
                and first is not None
                and _fills(first, s)
                and not may_repeat(s.index, s.operands, made)
            ):
                stored[s] = replace(s, array=first.array, mode="set")
        gone = {s.array for s in stored}
        kept = (stored.get(s, s) if isinstance(s, Store) else s for s in block.statements)
        kept = (s for s in kept if not (isinstance(s, Store) and s.target in gone))
        return Block(tuple(map_statement(s, lambda atom: atom, block_) for s in kept), block.yields)

    block_ = block
    return replace(function, body=block(function.body))


def _read(function: Function) -> list[Atom]:
    found = list(function.body.yields)
    for s in statements(function.body):
        found += operands(s)
        for inner in blocks(s):
            found += block_exits(s, inner)
    return found


def _clears(s: Store) -> bool:
    zero = isinstance(s.value, Const) and s.value.value == 0
    return s.mode == "set" and zero and isinstance(s.target.type, Array)


def _fills(first: Store, second: Store) -> bool:
    """Whether the second adds right where the first has cleared."""
    return second.mode == "add" and (first.index, first.operands) == (second.index, second.operands)
