"""A loop round a ring, `x[(i + 1) % n]`, is a loop without remainders, and one of the few places where it comes round.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(x):
...     return np.sum(x * np.roll(x, -1))
>>> before = simplify(lower(stage(f, {"x": describe(np.ones(3), "x")}).program))
>>> print(show(before.entry))
f(x.0):
  _.4 = size x.0 axis=0
  _.3 = for _.5 in 0:_.4:1 with _.6=0.0:
    _.7 = x.0[_.5]
    _.8 = add _.5 1
    _.9 = mod _.8 _.4
    _.10 = x.0[_.9]
    _.11 = mul _.7 _.10
    _.12 = add _.6 _.11
    yield _.12
  yield _.3
>>> print(show(split_rings(before).entry))
f(x.0):
  _.4 = size x.0 axis=0
  _.13 = sub _.4 1
  _.14 = sub _.4 1
  _.15 = maximum _.14 0
  _.23 = for _.16 in 0:_.13:1 with _.17=0.0:
    _.18 = x.0[_.16]
    _.19 = add _.16 1
    _.20 = x.0[_.19]
    _.21 = mul _.18 _.20
    _.22 = add _.17 _.21
    yield _.22
  _.3 = for _.5 in _.15:_.4:1 with _.6=_.23:
    _.7 = x.0[_.5]
    _.8 = add _.5 1
    _.9 = mod _.8 _.4
    _.10 = x.0[_.9]
    _.11 = mul _.7 _.10
    _.12 = add _.6 _.11
    yield _.12
  yield _.3

A remainder takes as long as twenty additions, and elements at such places are read one by one: of periodic neighbours
on a grid of 300 x 300 a gradient takes a sixth of the time. The iterations stay in order. What is counted from the end
beside, as `x[i - 1]` is at 0, is left to the few, too.

Done to innermost loops over 0, 1, ..., n - 1 with remainders by n of places up to eight apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradgen.ir import INT, Assign, Atom, Block, Const, For, Function, Program, Statement, Var, While
from gradgen.ir.instantiate import copied
from gradgen.ir.known import counts_up, extent_of, integer_of, runs_through
from gradgen.ir.walk import map_statement, statements, substitute
from gradgen.rules.build import Builder, builder_after

FAR = 8  # places
LONG = 60  # statements, which are written out two times more

Range = tuple[Atom, Atom, Block]


def split_rings(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    def block(block: Block) -> Block:
        return replace(block, statements=tuple(one for s in block.statements for one in statement(s)))

    def statement(s: Statement) -> Iterator[Statement]:
        made = map_statement(s, lambda atom: atom, block)
        if isinstance(made, For) and _is_innermost(made) and (remainders := _remainders(made)):
            with builder.at(made.origin), builder.collect() as ahead:
                ranges = _ranges(made, remainders, builder)
            yield from ahead
            yield from _one_after_another(made, ranges, builder)
        else:
            yield made

    return replace(function, body=block(function.body))


def _is_innermost(loop: For) -> bool:
    if not (counts_up(loop) and runs_through(loop)) or loop.parallel:
        return False
    inside = list(statements(loop.body))
    return len(inside) <= LONG and not any(isinstance(s, For | While) for s in inside)


def _shifts(loop: For) -> dict[Atom, int]:
    """What is the loop's index but for a written number."""
    found: dict[Atom, int] = {}
    for s in statements(loop.body):
        if isinstance(s, Assign) and s.op in ("add", "sub") and s.args[0] == loop.index:
            shift = integer_of(s.args[1])
            if shift is not None:
                found[s.target] = shift if s.op == "add" else -shift
    return found


def _remainders(loop: For) -> dict[Var, Atom]:
    """Remainders of the loop's index, shifted a little, by its stop, each with what it is the remainder of."""
    shifts = _shifts(loop)
    return {
        s.target: s.args[0]
        for s in statements(loop.body)
        if isinstance(s, Assign)
        and s.op == "mod"
        and s.args[1] == loop.stop
        and abs(shifts.get(s.args[0], FAR + 1)) <= FAR
    }


def _ranges(loop: For, remainders: dict[Var, Atom], builder: Builder) -> list[Range]:
    """The parts of the loop's range, in order, and what is done there."""
    shifts = [shift for shift in _shifts(loop).values() if abs(shift) <= FAR]
    low, high = max(0, *(-shift for shift in shifts)), max(0, *shifts)
    extent = extent_of(loop)
    long = extent is not None and extent.lower >= low + high
    first = Const(low, INT)

    def last() -> Atom:
        return builder.emit("sub", loop.stop, high) if high else loop.stop

    ranges: list[Range] = [(first, last(), _without(loop.body, remainders))]
    if low:
        end = first if long else builder.emit("minimum", first, loop.stop, spelling="min")
        ranges.insert(0, (loop.start, end, loop.body))
    if high:
        start = last() if long else builder.emit("maximum", last(), first, spelling="max")
        ranges.append((start, loop.stop, loop.body))
    return ranges


def _without(block: Block, remainders: dict[Var, Atom]) -> Block:
    """The block at places where what is divided is the remainder."""

    def inner(block: Block) -> Block:
        left = (s for s in block.statements if not (isinstance(s, Assign) and s.target in remainders))
        return replace(block, statements=tuple(map_statement(s, lambda atom: atom, inner) for s in left))

    return substitute(inner(block), remainders)


def _one_after_another(loop: For, ranges: list[Range], builder: Builder) -> Iterator[For]:
    """A loop for each range. The last one done has the results."""
    values = loop.inits
    if loop.backward:
        ranges = ranges[::-1]
    for start, stop, body in ranges[:-1]:
        index, *carried = (builder.var(var.name, var.type, var.of) for var in (loop.index, *loop.carried))
        again, _ = copied(
            body, builder.var, given=dict(zip((loop.index, *loop.carried), (index, *carried), strict=True))
        )
        results = tuple(builder.var(var.name, var.type, var.of) for var in loop.results)
        part = replace(loop, index=index, start=start, stop=stop, carried=tuple(carried), inits=values)
        yield replace(part, body=again, results=results)
        values = results
    start, stop, body = ranges[-1]
    yield replace(loop, start=start, stop=stop, inits=values, body=body)
