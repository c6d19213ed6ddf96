"""Where an overflow is inf and no error, as in compiled code, derivatives may be written that overflow on their way.

The slope of log(1 + exp(x)) is 1 - exp(-y) in Python, of its value y: that raises nothing, and a backward pass has y.
As 1 / (1 + exp(-x)) it is as exact, but exp(-x) may be inf. It takes one exponential, and the gradient alone needs no
y: that of a logistic loss takes two thirds of the time.

>>> import numpy as np
>>> from gradgen.differentiate import gradient
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(x):
...     return np.sum(np.log1p(np.exp(x)))
>>> program = stage(f, {"x": describe(np.ones(3), "x")}).program
>>> for each in program, let_overflow(program):
...     print(show(simplify(gradient(each, each.entry.params, 1, value=False)).entry))
f_grad(x.0):
  _.2 = softplus x.0 text=('log1p', 'np.log1p', (('exp', 'np.exp', (0,), ()),), ())
  _.4 = neg _.2
  _.5 = expm1 _.4
  _.6 = neg _.5
  _.7 = identity _.6
  yield _.7
f_grad(x.0):
  _.4 = sigmoid x.0
  _.5 = identity _.4
  yield _.5

Marks the operations; what that means their rules know (`gradgen/rules/special.py`).
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Assign, Block, Program, Statement
from gradgen.ir.walk import map_statement

MARKED = ("softplus",)


def let_overflow(program: Program) -> Program:
    def statement(s: Statement) -> Statement:
        if isinstance(s, Assign):
            return replace(s, params=(*s.params, ("overflows", True))) if s.op in MARKED else s
        return map_statement(s, lambda atom: atom, block)

    def block(block: Block) -> Block:
        return replace(block, statements=tuple(map(statement, block.statements)))

    return replace(program, functions=tuple(replace(one, body=block(one.body)) for one in program.functions))
