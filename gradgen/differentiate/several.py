"""Operations with several results, such as `w, v = np.linalg.eigh(a)`: a tuple, which `item` takes apart.

Before differentiation every such operation is followed by all of its items, in order, each in one variable. So
a rule can name any of the results, and the adjoint of the operation is that of its items; the tuple itself has none.

>>> from gradgen.ir import Array, Dim, Function, show
>>> from gradgen.rules.build import Builder
>>> n = Dim("a.0", many=True)
>>> a = Var("a", 0, Array("float64", (n, n)))
>>> builder = Builder(1)
>>> pair = builder.emit("eigh", a, uplo="L")
>>> w = builder.emit("item", pair, index=0, name="w")
>>> function, items = completed(Function("f", (a,), Block(tuple(builder.statements), (w,))), builder)
>>> print(show(function))
f(a.0):
  _.1 = eigh a.0 uplo=L
  w.2 = item _.1 index=0
  _.3 = item _.1 index=1
  yield w.2
>>> [str(item) for item in items[pair]]
['w.2', '_.3']
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from gradgen.ir import Assign, Block, Function, Statement, TupleOf, Var
from gradgen.ir.walk import map_statement
from gradgen.ir.walk import statements as all_statements
from gradgen.rules.build import Builder

Items = dict[Var, tuple[Var, ...]]  # of each tuple


def is_item(s: Statement) -> TypeGuard[Assign]:
    """Whether the statement takes one result of an operation that has several."""
    return isinstance(s, Assign) and s.op == "item" and isinstance(s.args[0].type, TupleOf)


def completed(function: Function, builder: Builder) -> tuple[Function, Items]:
    """The function with all items after each tuple; and these, by the tuple."""
    if not any(isinstance(s, Assign) and isinstance(s.target.type, TupleOf) for s in all_statements(function.body)):
        return function, {}
    completer = _Completer(builder)
    return replace(function, body=completer.block(function.body)), completer.items


class _Completer:
    def __init__(self, builder: Builder):
        self.builder = builder
        self.items: Items = {}

    def block(self, block: Block) -> Block:
        own = {(s.args[0], s.param("index")): s for s in reversed(block.statements) if is_item(s)}
        made: list[Statement] = []
        for s in block.statements:
            if is_item(s):
                item = self.items[s.args[0]][s.param("index")]  # type: ignore[index]
                if s.target != item:
                    made.append(replace(s, op="identity", args=(item,), params=()))
                continue
            made.append(map_statement(s, lambda atom: atom, self.block))
            if isinstance(s, Assign) and isinstance(s.target.type, TupleOf):
                listed = [own.get((s.target, k)) or self.item(s, k) for k in range(len(s.target.type.items))]
                self.items[s.target] = tuple(item.target for item in listed)
                made += listed
        return replace(block, statements=tuple(made))

    def item(self, s: Assign, k: int) -> Assign:
        target = self.builder.var("", s.target.type.items[k])  # type: ignore[union-attr]
        return Assign(target, "item", (s.target,), (("index", k),), origin=s.origin)
