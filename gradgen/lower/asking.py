"""The rows of arguments that have a written size are asked for it once, so that LLVM knows where each row begins.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Dim, Function, Program, Var, constant_dim, show
>>> x = Var("x", 0, Array("float64", (Dim("x.0"), constant_dim(3))))
>>> i, y = Var("i", 1, INT), Var("y", 2, FLOAT)
>>> body = Block((Assign(y, "getitem", (x, i), (("index", (At(0), 2)),)),), (y,))
>>> print(show(ask_rows(Program((Function("f", (x, i), body),))).entry))
f(x.0, i.1):
  _.3 = size x.0 axis=1
  _.4 = ne _.3 3
  if _.4:
    raise
    yield
  else:
    yield
  y.2 = x.0[i.1, 2]
  yield y.2

The signature tells the size, and so the check never fails in a call by gradgen; but compiled code is told types only,
and finds an element at `i * x.shape[1] + j`. Where it knows that to be `i * 3 + j`, a loop over `i` reads several
elements at once: of three quantiles of many samples the gradient took six times as long without.

Comes after everything else: what the types tell is no longer asked for in the other passes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import replace

from gradgen.ir import Assign, Block, Effect, For, Function, If, Program, Statement, Var, dims_of
from gradgen.ir.walk import free_variables, map_statement, statements
from gradgen.rules.build import Builder, builder_after

MESSAGE = "arrays of other shapes need another text"


def ask_rows(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    def block(block: Block) -> Block:
        return replace(block, statements=tuple(map(statement, block.statements)))

    def statement(s: Statement) -> Statement:
        if isinstance(s, For) and s.parallel:  # which is a function of its own
            return replace(s, body=_asked((*s.carried, *free_variables(s.body)), s.body, builder))
        return map_statement(s, lambda atom: atom, block)

    return replace(function, body=_asked(function.params, block(function.body), builder))


def _asked(given: Iterable[Var], block: Block, builder: Builder) -> Block:
    """The block behind a question for the rows of those of `given` of which it uses elements."""
    used = {s.args[0] for s in statements(block) if isinstance(s, Assign) and s.op == "getitem"}
    used |= {init for s in statements(block) if isinstance(s, For) for init in s.inits}
    asked = [(one, axis, size) for one in dict.fromkeys(given) if one in used for axis, size in _known(one)]
    if not asked:
        return block
    with builder.collect() as made:
        tests = [builder.emit("ne", builder.emit("size", array, axis=axis), size) for array, axis, size in asked]
        test = functools.reduce(lambda a, b: builder.emit("or", a, b), tests)
        raised = Effect("raise", (MESSAGE,), name="ValueError")
        builder.append(If(test, Block((raised,)), Block(()), ()))
    return replace(block, statements=(*made, *block.statements))


def _known(array: Var) -> Iterator[tuple[int, int]]:
    """The axes that lie within a row, and their sizes, where they are written."""
    dims = dims_of(array.type)
    return ((axis, dim.constant) for axis, dim in enumerate(dims) if axis and dim.constant is not None)
