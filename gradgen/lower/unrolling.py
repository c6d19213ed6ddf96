"""Loops over the three elements of a vector, and other short nests of which the sizes are known, are written out.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, For, Function, Program, Scalar, Var, constant_dim, show
>>> number, vector = Scalar("float64"), Array("float64", (constant_dim(2),))
>>> v, i, s, t, r, x = (Var(name, k, type) for k, (name, type) in enumerate(
...     (("v", vector), ("i", INT), ("s", number), ("s", number), ("s", number), ("x", number))))
>>> body = Block((Assign(x, "getitem", (v, i), (("index", (At(0),)),)), Assign(t, "add", (s, x))), (t,))
>>> zero, one, two = (Const(k, INT) for k in range(3))
>>> loop = For(i, zero, two, one, (s,), (Const(0.0, number),), body, (r,))
>>> before = Program((Function("f", (v,), Block((loop,), (r,))),))
>>> print(show(before.entry))
f(v.0):
  s.4 = for i.1 in 0:2:1 with s.2=0.0:
    x.5 = v.0[i.1]
    s.3 = add s.2 x.5
    yield s.3
  yield s.4
>>> print(show(unroll_loops(before).entry))
f(v.0):
  x.6 = v.0[0]
  s.7 = identity x.6
  x.8 = v.0[1]
  s.9 = add s.7 x.8
  yield s.9

What such a loop keeps in an array is then found in numbers (`forwarding`, `splitting`), and a loop around it is an
inmost one, which is vectorised: its own axis is the long one. A nest is written out whole or not at all; one of more
than nine places stays, as does a loop that may be left early.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Const, For, Function, Program, Statement, Var, While
from gradgen.ir.instantiate import copied
from gradgen.ir.known import integer_of, runs_through
from gradgen.ir.walk import blocks, map_statement, statements
from gradgen.rules.build import Builder, builder_after
from gradgen.simplify.copies import replace_variables

LONGEST = 4  # of one loop
PLACES = 9  # of a nest
STATEMENTS = 150  # of all that is written


def unroll_loops(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    results: dict[Var, Atom] = {}

    def block(block: Block) -> Block:
        made: list[Statement] = []
        for s in block.statements:
            if isinstance(s, For) and _is_short(s):
                made += _written_out(s, builder, results)
            else:
                made.append(map_statement(s, lambda atom: atom, block_))
        return Block(tuple(made), block.yields)

    block_ = block
    body = block(function.body)
    if not results and body == function.body:
        return function
    return replace_variables(replace(function, body=body), results)


def _items(loop: For) -> range | None:
    """The places that the loop goes to, in order, if they are known and few."""
    start, stop, step = map(integer_of, (loop.start, loop.stop, loop.step))
    if start is None or stop is None or step is None or not runs_through(loop):
        return None
    items = range(start, stop, step)
    return (items[::-1] if loop.backward else items) if len(items) <= LONGEST else None


def _is_short(loop: For) -> bool:
    """Whether the whole nest is to be written out."""
    found = _size(loop)
    return found is not None and found[0] <= PLACES and found[1] <= STATEMENTS


def _size(loop: For) -> tuple[int, int] | None:
    """The places of the largest nest in a loop, itself included, and the statements of all of it written out."""
    items = _items(loop)
    if items is None:
        return None
    places, count = 1, 0
    for s in loop.body.statements:
        inside = [one for block in blocks(s) for one in statements(block)]
        if isinstance(s, For):
            size = _size(s)
            if size is None:
                return None
            places, count = max(places, size[0]), count + size[1]
        elif any(isinstance(one, For | While) for one in (s, *inside)):
            return None
        else:
            count += 1 + len(inside)
    return len(items) * places, len(items) * count


def _written_out(loop: For, builder: Builder, results: dict[Var, Atom]) -> list[Statement]:
    """The statements of all iterations; notes in `results` what stands for the loop's."""
    items = _items(loop)
    assert items is not None
    made: list[Statement] = []
    values = loop.inits
    for item in items:
        given = {loop.index: Const(item, loop.index.type), **dict(zip(loop.carried, values, strict=True))}
        body, _ = copied(_from_nothing(loop, values), builder.var, given=given)
        values = body.yields
        for s in body.statements:
            made += _written_out(s, builder, results) if isinstance(s, For) else [s]
    results.update(zip(loop.results, values, strict=True))
    return made


def _from_nothing(loop: For, values: tuple[Atom, ...]) -> Block:
    """The body where sums start from `values`: what is added to 0.0 is the sum. (But for the sign of a zero.)"""
    empty = {var for var, value in zip(loop.carried, values, strict=True) if value == Const(0.0, var.type)}

    def first(s: Statement) -> Statement:
        if isinstance(s, Assign) and s.op == "add" and s.args[0] in empty and s.args[1].type == s.target.type:
            return Assign(s.target, "identity", s.args[1:], origin=s.origin)
        return s

    return replace(loop.body, statements=tuple(map(first, loop.body.statements)))
