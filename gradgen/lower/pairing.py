"""An extreme and its place as one operation: the loop that finds one of them has found the other.

Backward reads the place of a maximum, and forward computes both. Only operations of one block are paired.

>>> from gradgen.ir import Array, Dim, Function, Var, show
>>> from gradgen.rules.build import Builder
>>> x = Var("x", 0, Array("float64", (Dim("x.0", many=True),)))
>>> builder = Builder(1)
>>> m = builder.emit("max", x, axis=None, keepdims=False, name="m")
>>> place = builder.emit("argmax", x, axis=None)
>>> before = Block(tuple(builder.statements), (m, place))
>>> print(show(Function("f", (x,), before)))
f(x.0):
  m.1 = max x.0 axis=None keepdims=False
  _.2 = argmax x.0 axis=None
  yield m.1 _.2
>>> print(show(Function("f", (x,), paired(before, builder))))
f(x.0):
  _.3 = extreme x.0 op=max axis=None keepdims=(False, False)
  m.1 = item _.3 index=0
  _.2 = item _.3 index=1
  yield m.1 _.2
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradgen.ir import Array, Assign, Block, Statement, TupleOf
from gradgen.rules.build import Builder

PLACES = {"argmax": "max", "argmin": "min"}


def paired(block: Block, builder: Builder) -> Block:
    values: dict[Any, Assign] = {}
    places: dict[Any, Assign] = {}
    for s in block.statements:
        if isinstance(s, Assign) and s.args and isinstance(s.args[0].type, Array):
            if s.op in PLACES.values():
                values.setdefault((s.op, s.args[0], s.param("axis")), s)
            elif s.op in PLACES:
                places.setdefault((PLACES[s.op], s.args[0], s.param("axis")), s)
    pairs = {id(one): key for key in values.keys() & places.keys() for one in (values[key], places[key])}
    if not pairs:
        return block
    made: list[Statement] = []
    done: set[Any] = set()
    for s in block.statements:
        key = pairs.get(id(s))
        if key is None:
            made.append(s)
        elif key not in done:
            done.add(key)
            made += _together(values[key], places[key], builder)
    return replace(block, statements=tuple(made))


def _together(value: Assign, place: Assign, builder: Builder) -> list[Assign]:
    both = builder.var("", TupleOf((value.target.type, place.target.type)))
    keepdims = value.param("keepdims", False), place.param("keepdims", False)
    params = (("op", value.op), ("axis", value.param("axis")), ("keepdims", keepdims))
    items = [
        Assign(one.target, "item", (both,), (("index", k),), origin=one.origin) for k, one in enumerate((value, place))
    ]
    return [Assign(both, "extreme", value.args, params, origin=value.origin), *items]
