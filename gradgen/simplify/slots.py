"""Two slots that hold the same are one: `x[0]`, which two lines read and an adjoint needs of both, is saved once.

>>> from gradgen.ir import FLOAT, Array, Assign, Block, Dim, Function, Load, Open, Program, Save, Slot, Var, show
>>> x, parts = Var("x", 0, Array("float64", (Dim("n"),))), (("index", (0,)),)
>>> a, b, c, d, y = (Var("", k, FLOAT) for k in range(1, 6))
>>> one, other = Slot("", 0, FLOAT), Slot("", 1, FLOAT)
>>> forward = (Open(one), Open(other), Assign(a, "getitem", (x,), parts), Save(one, a))
>>> again = (Assign(b, "getitem", (x,), parts), Save(other, b))
>>> body = Block((*forward, *again, Load(c, other), Load(d, one), Assign(y, "mul", (c, d))), (y,))
>>> print(show(share_slots(Program((Function("f", (x,), body),))).entry))
f(x.0):
  open _s.0
  open _s.1
  _.1 = x.0[0]
  save _.1 in _s.0
  _.2 = x.0[0]
  save _.2 in _s.1
  _.3 = load _s.1
  _.5 = mul _.3 _.3
  yield _.5

Of both there must be one place where they are filled, in one block, and one where they are emptied. What filled the one
that is left out is dead then, and goes as such does.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace

from gradgen.ir import Atom, Block, Function, Load, Program, Save, Slot, Statement, Var
from gradgen.ir.walk import blocks, map_statement
from gradgen.simplify.copies import replace_variables
from gradgen.simplify.repeated import Sharing


def share_slots(program: Program) -> Program:
    filled: dict[Slot, list[Hashable]] = {}
    emptied: dict[Slot, list[tuple[int, Var]]] = {}
    for function in program.functions:
        numbers = Sharing()
        numbers.block(function.body, {})
        for block in _blocks(function.body):
            for s in block.statements:
                if isinstance(s, Save):
                    filled.setdefault(s.slot, []).append((id(block), s.slot.type, numbers.number(s.value)))
                elif isinstance(s, Load):
                    emptied.setdefault(s.slot, []).append((id(block), s.target))
    first: dict[Hashable, Var] = {}
    same: dict[Var, Atom] = {}
    for slot, places in emptied.items():  # in the order of the text
        if len(places) == 1 and len(filled.get(slot, ())) == 1:
            ((place, target),) = places
            held = first.setdefault((place, *filled[slot]), target)
            if held != target:
                same[target] = held
    return replace(program, functions=tuple(_without(f, same) for f in program.functions)) if same else program


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for s in block.statements:
        for inner in blocks(s):
            yield from _blocks(inner)


def _without(function: Function, same: dict[Var, Atom]) -> Function:
    def block(block: Block) -> Block:
        return Block(tuple(map(statement, filter(stays, block.statements))), block.yields)

    def stays(s: Statement) -> bool:
        return not (isinstance(s, Load) and s.target in same)

    def statement(s: Statement) -> Statement:
        return map_statement(s, lambda atom: atom, block)

    return replace_variables(replace(function, body=block(function.body)), same)
