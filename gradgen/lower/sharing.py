"""A number that is computed twice is computed once: `X[i, j]` that two merged statements read, an exponential.

>>> from gradgen.ir import FLOAT, Assign, Block, Function, Program, Var, show
>>> x = Var("x", 0, FLOAT)
>>> a, b, y = (Var("", k, FLOAT) for k in (1, 2, 3))
>>> body = Block((Assign(a, "exp", (x,)), Assign(b, "exp", (x,)), Assign(y, "mul", (a, b))), (y,))
>>> before = Program((Function("f", (x,), body),))
>>> print(show(before.entry))
f(x.0):
  _.1 = exp x.0
  _.2 = exp x.0
  _.3 = mul _.1 _.2
  yield _.3
>>> print(show(share_values(before).entry))
f(x.0):
  _.1 = exp x.0
  _.3 = mul _.1 _.1
  yield _.3

An element of an array is told by the array's version, so what is read before a store and after it is not the same.
Only numbers are shared, not arrays, which would have to be kept; and no draws of random numbers. What is computed in
a branch or a loop is not known after it.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Function, Program, Scalar, Var, is_float
from gradgen.ir.walk import map_statement
from gradgen.simplify.copies import has_line
from gradgen.simplify.repeated import Sharing

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not")


def share_values(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def _in_function(function: Function) -> Function:
    sharing = _OfNumbers()
    body = sharing.block(function.body, {})
    return replace(function, body=sharing.renamed(body) if sharing.called else body)


class _OfNumbers(Sharing):
    def __init__(self) -> None:
        super().__init__()
        self.called: dict[Var, Var] = {}  # an unnamed value that a named one repeats takes that one's name

    def compares(self, s: Assign) -> bool:
        if not isinstance(s.target.type, Scalar) or s.op == "identity":
            return False
        if s.op in COMPARISONS and not any(is_float(arg.type) for arg in s.args):
            return False  # cheap, and more telling where it is read
        return super().compares(s)

    def stands_for(self, first: Var, again: Assign) -> bool:
        if has_line(again.target):
            if has_line(self.called.get(first, first)):
                return False  # a line of its own
            self.called[first] = again.target
        return True

    def renamed(self, block: Block) -> Block:
        def name(atom: Atom) -> Atom:
            return self.called.get(atom, atom) if isinstance(atom, Var) else atom

        body = tuple(map_statement(s, name, self.renamed, name) for s in block.statements)
        return Block(body, tuple(map(name, block.yields)))
