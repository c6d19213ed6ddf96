"""Arguments are asked once for what the signature tells of sizes: which are written, which are equal.

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

So the check never fails in a call by gradgen, and a text that runs alone does not read beyond an array. And compiled
code, which is told types only, finds an element at `i * x.shape[1] + j`. Where it knows that to be `i * 3 + j`, a loop
over `i` reads several elements at once: of three quantiles of many samples the gradient took six times as long without.

Comes after everything else: what the types tell is no longer asked for in the other passes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Effect, For, Function, If, Program, Scalar, Statement, Var, dims_of
from gradgen.ir.walk import free_variables, map_statement, statements
from gradgen.rules.build import Builder, builder_after, constant_atom

MESSAGE = "arrays of other shapes need another text"


def ask_rows(program: Program) -> Program:
    builder = builder_after(program)
    return replace(
        program, functions=tuple(_function(function, builder, program.entry) for function in program.functions)
    )


def _function(function: Function, builder: Builder, entry: Function) -> Function:
    """With the questions. Forward has asked the arguments of backward; what else is kept may have got no value."""

    def block(block: Block) -> Block:
        return replace(block, statements=tuple(map(statement, block.statements)))

    def statement(s: Statement) -> Statement:
        if isinstance(s, For) and s.parallel:  # which is a function of its own
            return replace(s, body=_asked(_used((*s.carried, *free_variables(s.body)), s.body), s.body, builder))
        return map_statement(s, lambda atom: atom, block)

    # A size that the text does not look at may be looked at as another one.
    first = function is entry
    given = function.params if first else [one for one in _used(function.params, function.body) if one in entry.params]
    return replace(function, body=_asked(given, block(function.body), builder, equal=first))


def _used(given: Iterable[Var], block: Block) -> list[Var]:
    """Those of which the block uses elements."""
    used = {s.args[0] for s in statements(block) if isinstance(s, Assign) and s.op == "getitem"}
    used |= {init for s in statements(block) if isinstance(s, For) for init in s.inits}
    return [one for one in dict.fromkeys(given) if one in used]


def _asked(given: Sequence[Var], block: Block, builder: Builder, equal: bool = False) -> Block:
    """The block behind a question for what is known of the sizes of these."""
    with builder.collect() as made:
        tests = [builder.emit("ne", *pair) for pair in _known(given, builder, equal)]
        if not tests:
            return block
        test = functools.reduce(lambda a, b: builder.emit("or", a, b), tests)
        raised = Effect("raise", (MESSAGE,), name="ValueError")
        builder.append(If(test, Block((raised,)), Block(()), ()))
    return replace(block, statements=(*made, *block.statements))


def _known(given: Sequence[Var], builder: Builder, equal: bool) -> Iterator[tuple[Atom, Atom]]:
    """The sizes that are written, or with `equal` those that others have, and what they are."""

    def size(array: Var, axis: int) -> Var:
        return builder.emit("size", array, axis=axis)

    def named(array: Var, axis: int, more: int) -> Atom:
        there = size(array, axis)
        return builder.emit("add" if more > 0 else "sub", there, constant_atom(abs(more))) if more else there

    met: dict[str | None, tuple[Var, int, int]] = {}
    for one in given:
        for axis, dim in enumerate(dims_of(one.type)):
            if dim.constant is None:
                first, at, offset = met.setdefault(dim.symbol, (one, axis, dim.offset))
                if equal and (first, at) != (one, axis):
                    yield size(one, axis), named(first, at, dim.offset - offset)
            elif axis or dim.constant != 1:
                yield size(one, axis), constant_atom(dim.constant)
    for one in given:
        extent = one.type.extent if isinstance(one.type, Scalar) else None
        if equal and extent is not None and extent.symbol in met:
            first, at, offset = met[extent.symbol]
            yield one, named(first, at, extent.offset - offset)
