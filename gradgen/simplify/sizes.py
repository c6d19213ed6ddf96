"""Sizes: one that is used again is not asked for a second time.

>>> from gradgen.ir import INT, Array, Assign, Block, Dim, Function, Program, Var, show
>>> x = Var("x", 0, Array("float64", (Dim("n"),)))
>>> n, m, a, b = (Var("", k, INT) for k in (1, 2, 3, 4))
>>> size = (("axis", 0),)
>>> first, second = Assign(n, "size", (x,), size), Assign(m, "size", (x,), size)
>>> body = Block((first, Assign(a, "mul", (n, n)), second, Assign(b, "add", (a, m))), (b,))
>>> print(show(share_sizes(Program((Function("f", (x,), body),))).entry))
f(x.0):
  _.1 = size x.0 axis=0
  _.3 = mul _.1 _.1
  _.4 = add _.3 _.1
  yield _.4

One that is used once stays where the user wrote it.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Function, Program, Var
from gradgen.ir.walk import blocks, statements, uses
from gradgen.simplify.copies import replace_variables

SIZES = ("size", "count", "length")

Key = tuple


def share_sizes(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def is_size(s: Assign) -> bool:
    return s.op in SIZES and not s.target.name


def size_key(s: Assign) -> Key:
    return (s.op, s.args, s.params)


def _in_function(function: Function) -> Function:
    read = uses(function)
    sizes = [s for s in statements(function.body) if isinstance(s, Assign) and is_size(s)]
    often = {size_key(s) for s in sizes if read[s.target] > 1}
    mapping: dict[Var, Atom] = {}
    if often:
        _share(function.body, {}, often, mapping)
    return replace_variables(function, mapping, dropped=mapping) if mapping else function


def _share(block: Block, known: dict[Key, Var], often: set[Key], mapping: dict[Var, Atom]) -> None:
    known = dict(known)
    for s in block.statements:
        if isinstance(s, Assign) and is_size(s) and size_key(s) in often:
            first = known.setdefault(size_key(s), s.target)
            if first is not s.target:
                mapping[s.target] = first
        for inner in blocks(s):
            _share(inner, known, often, mapping)
