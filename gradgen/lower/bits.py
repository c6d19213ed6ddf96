"""A loop over places that does something only where a bit of a number is set visits the bits that are set.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(v, n):
...     s = 0.0
...     for c in range(n):
...         for j in range(8):
...             if (c >> j) & 1:
...                 s += v[c - (1 << j)]
...     return s
>>> before = simplify(lower(stage(f, {"v": describe(np.ones(3), "v"), "n": describe(2, "n")}).program))
>>> print(show(before.entry))
f(v.0, n.1):
  s.41 = for c.29 in 0:n.1:1 with s.28=0.0:
    s.40 = for j.31 in 0:8:1 with s.30=s.28:
      _.32 = right_shift c.29 j.31
      _.33 = bitwise_and _.32 1
      _.34 = ne _.33 0
      s.39 = if _.34:
        _.35 = left_shift 1 j.31
        _.36 = sub c.29 _.35
        _.37 = v.0[_.36]
        s.38 = add s.30 _.37
        yield s.38
      else:
        yield s.30
      yield s.39
    yield s.40
  yield s.41
>>> print(show(simplify(visit_bits(before)).entry))
f(v.0, n.1):
  s.41 = for c.29 in 0:n.1:1 with s.28=0.0:
    _.42 = minimum 8 63
    _.43 = left_shift -1 _.42
    _.44 = invert _.43
    left.45 = bitwise_and c.29 _.44
    left.46 s.40 = while with left.47=left.45, s.30=s.28:
      _.48 = ne left.47 0
      yield _.48
    do:
      j.31 = lowest_bit left.47
      _.49 = sub left.47 1
      left.50 = bitwise_and left.47 _.49
      _.35 = left_shift 1 j.31
      _.36 = sub c.29 _.35
      _.37 = v.0[_.36]
      s.38 = add s.30 _.37
      yield left.50 s.38
    yield s.40
  yield s.41

A recurrence over sets of 12 takes a quarter of the time: half of the tests fail, and none of them can be foretold.
Only where something is read or stored at a place that the branch computes: places in a row are done several at once,
with a mask. Only numbers that are known not to be negative: the others have bits without end.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import BOOL, INT, Assign, Atom, Block, Const, For, Function, If, Program, Statement, Store, Var, While
from gradgen.ir.known import counts_up, runs_through
from gradgen.ir.walk import map_statement, statements, targets
from gradgen.rules.build import Builder, builder_after
from gradgen.rules.whole_numbers import WholeNumbers

HIGHEST = 63  # the sign's bit is not among those that are visited


def visit_bits(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    inside = list(statements(function.body))
    made = {s.target.version: s for s in inside if isinstance(s, Assign)}
    ranges = {s.index.version: (s.start, s.stop, s.step) for s in inside if isinstance(s, For)}
    known = WholeNumbers(made, ranges)

    def block(given: Block) -> Block:
        found: list[Statement] = []
        for s in given.statements:
            s = map_statement(s, lambda atom: atom, block)
            found += _visiting(s, known, builder) if isinstance(s, For) else [s]
        return replace(given, statements=tuple(found))

    return replace(function, body=block(function.body))


def _visiting(loop: For, known: WholeNumbers, builder: Builder) -> list[Statement]:
    """The loop, or what computes which bits there are, and the loop over them."""
    branch = _only_branch(loop)
    number = None if branch is None else _number(loop, branch.test)
    plain = counts_up(loop) and runs_through(loop) and not loop.backward
    if branch is None or number is None or not plain or not _scattered(branch.then):
        return [loop]
    if not all(known.proves(known.form(atom)) for atom in (number, loop.stop)):
        return [loop]
    with builder.at(loop.origin), builder.collect() as before:
        highest = builder.emit("minimum", loop.stop, HIGHEST, type=INT, spelling="min")
        mask = builder.emit("invert", builder.emit("left_shift", Const(-1, INT), highest, type=INT), type=INT)
        bits = builder.emit("bitwise_and", number, mask, type=INT, name="left")
    result, left = builder.var("left", INT), builder.var("left", INT)
    with builder.at(loop.origin), builder.collect() as test:
        some = builder.emit("ne", left, 0, type=BOOL)
    with builder.at(loop.origin), builder.collect() as head:
        less = builder.emit("sub", left, 1, type=INT)
        fewer = builder.emit("bitwise_and", left, less, type=INT, name="left")
    place = Assign(loop.index, "lowest_bit", (left,), origin=loop.origin)
    body = Block(
        (place, *head, *loop.body.statements[:-1], *branch.then.statements),
        (fewer, *_onward(loop, branch, branch.then)),
    )
    carried, inits, results = (left, *loop.carried), (bits, *loop.inits), (result, *loop.results)
    return [*before, While(Block(tuple(test), (some,)), carried, inits, body, results, origin=loop.origin)]


def _only_branch(loop: For) -> If | None:
    """The branch that is all of an iteration, but for its test, if nothing happens on its other side."""
    branch = loop.body.statements[-1] if loop.body.statements else None
    if not isinstance(branch, If) or branch.orelse.statements:
        return None
    return branch if _onward(loop, branch, branch.orelse) == loop.carried else None


def _onward(loop: For, branch: If, side: Block) -> tuple[Atom, ...]:
    """What an iteration hands on if its branch goes this way."""
    way: dict[Atom, Atom] = dict(zip(branch.results, side.yields, strict=True))
    return tuple(way.get(given, given) for given in loop.body.yields)


def _number(loop: For, test: Atom) -> Atom | None:
    """Of which number the test asks the bit at the loop's index."""
    number: Atom | None = None
    match loop.body.statements[:-1]:
        case (
            Assign(target=shifted, op="right_shift", args=(number, place)),
            Assign(target=bit, op="bitwise_and", args=(a, Const(value=1))),
            Assign(target=target, op="ne", args=(b, Const(value=0))),
        ) if (place, a, b, target) == (loop.index, shifted, bit, test):
            pass
        case (
            Assign(target=mask, op="left_shift", args=(Const(value=1), place)),
            Assign(target=bit, op="bitwise_and", args=(number, a)),
            Assign(target=target, op="ne", args=(b, Const(value=0))),
        ) if (place, a, b, target) == (loop.index, mask, bit, test):
            pass
        case _:
            return None
    return number if number.type == INT and number not in (loop.index, *loop.carried) else None


def _scattered(block: Block) -> bool:
    """Whether something is read or stored at a place that is computed in the block."""
    made = {var for s in block.statements for var in targets(s)}
    reads = (s.args[1:] for s in block.statements if isinstance(s, Assign) and s.op == "getitem")
    stores = (s.operands for s in block.statements if isinstance(s, Store))
    return any(place in made for places in (*reads, *stores) for place in places if isinstance(place, Var))
