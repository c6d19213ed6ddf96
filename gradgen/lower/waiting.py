"""The term of a sum that the iteration before makes is added last: the other terms need not wait for it.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(a):
...     for i in range(1, len(a) - 1):
...         a[i] = 0.5 * (a[i - 1] + a[i + 1] + a[i])
...     return a[3]
>>> before = simplify(lower(stage(f, {"a": describe(np.ones(20), "a")}).program))
>>> print(show(before.entry))
f(a.0):
  _.26 = size a.0 axis=0
  _.2 = sub _.26 1
  a.24 = for i.14 in 1:_.2:1 with a.13=a.0:
    _.15 = sub i.14 1
    _.16 = a.13[_.15]
    _.17 = add i.14 1
    _.18 = a.13[_.17]
    _.19 = add _.16 _.18
    _.20 = a.13[i.14]
    _.21 = add _.19 _.20
    _.22 = mul 0.5 _.21
    a.23 = a.13 with [i.14] = _.22
    yield a.23
  _.25 = a.24[3]
  yield _.25
>>> print(show(add_last(before).entry))
f(a.0):
  _.26 = size a.0 axis=0
  _.2 = sub _.26 1
  a.24 = for i.14 in 1:_.2:1 with a.13=a.0:
    _.15 = sub i.14 1
    _.16 = a.13[_.15]
    _.17 = add i.14 1
    _.18 = a.13[_.17]
    _.20 = a.13[i.14]
    _.27 = add _.18 _.20
    _.21 = add _.27 _.16
    _.22 = mul 0.5 _.21
    a.23 = a.13 with [i.14] = _.22
    yield a.23
  _.25 = a.24[3]
  yield _.25

An iteration then waits for one addition, not for as many as come after that term: Gauss-Seidel takes five sixths of
the time. As with other sums, the last digits may differ, and `reassociate=False` keeps the order of the text.

Only sums of numbers by `+` alone, without names for parts of them, of which one term hangs on an element that the
iteration before has stored; a compensated sum subtracts, and names what it reads again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, For, Function, Program, Scalar, Statement, Store, Var, is_float
from gradgen.ir.walk import map_statement, operands, targets, uses
from gradgen.lower.accesses import Memory, Place
from gradgen.lower.recurrences import direction
from gradgen.rules.build import Builder, builder_after


def add_last(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    memory = Memory(function)
    read = uses(function)

    def inside(block: Block) -> Block:
        return replace(block, statements=tuple(map(statement, block.statements)))

    def statement(s: Statement) -> Statement:
        made = map_statement(s, lambda atom: atom, inside)
        return _in_order(made, memory, read, builder) if isinstance(made, For) and direction(made) else made

    return replace(function, body=inside(function.body))


def _in_order(loop: For, memory: Memory, often: Counter[Var], builder: Builder) -> For:
    late = _late(loop, memory)
    sums = {s.target: s for s in loop.body.statements if isinstance(s, Assign) and _is_sum(s)}
    read = {arg for s in sums.values() for arg in s.args}
    parts: dict[Atom, Assign] = {var: s for var, s in sums.items() if var in read and often[var] == 1 and not var.name}
    made: list[Statement] = []
    gone: set[Atom] = set()
    for s in loop.body.statements:
        if isinstance(s, Assign) and s.target in sums and s.target not in parts:
            terms = _terms(s, parts)
            waiting = [term for term in terms if term in late]
            if len(waiting) == 1 and waiting[0] not in s.args:
                first, *others = (term for term in terms if term not in waiting)
                with builder.at(s.origin), builder.collect() as again:
                    for term in others:
                        first = builder.emit("add", first, term, type=s.target.type)
                gone.update(_parts(s, parts))
                made += again
                s = replace(s, args=(first, *waiting))
        made.append(s)
    left = (s for s in made if not (isinstance(s, Assign) and s.target in gone))
    return replace(loop, body=replace(loop.body, statements=tuple(left)))


def _late(loop: For, memory: Memory) -> set[Atom]:
    """What hangs on an element that the iteration before has stored."""
    stored: dict[Var, list[Place]] = {}
    for s in loop.body.statements:
        if isinstance(s, Store) and isinstance(s.array, Var):
            stored.setdefault(memory.key(s.array), []).append(memory.place(s.index, s.operands))
    late: set[Atom] = set()
    for s in loop.body.statements:
        read = s.args[0] if isinstance(s, Assign) and s.op == "getitem" else None
        if isinstance(s, Assign) and isinstance(read, Var):
            here = memory.place(s.param("index"), s.args[1:])
            if any(_is_next(here, there, loop) for there in stored.get(memory.key(read), ())):
                late.add(s.target)
        if not late.isdisjoint(operands(s)):
            late.update(targets(s))
    return late


def _is_next(here: Place, there: Place, loop: For) -> bool:
    """Whether what is stored `there` is `here` in the next iteration."""
    steps = [
        b[1] - a[1]
        for a, b in zip(here, there, strict=False)
        if a is not None and b is not None and a[0] == b[0] == loop.index
    ]
    alike = sum(a is not None and a == b for a, b in zip(here, there, strict=False))
    return len(here) == len(there) == alike + 1 and steps == [direction(loop)]


def _is_sum(s: Assign) -> bool:
    kinds = {one.type.dtype if isinstance(one.type, Scalar) else None for one in (s.target, *s.args)}
    return s.op == "add" and len(kinds) == 1 and is_float(s.target.type)


def _terms(s: Assign, parts: dict[Atom, Assign]) -> list[Atom]:
    return [term for arg in s.args for term in (_terms(parts[arg], parts) if arg in parts else [arg])]


def _parts(s: Assign, parts: dict[Atom, Assign]) -> Iterator[Atom]:
    for arg in s.args:
        if arg in parts:
            yield arg
            yield from _parts(parts[arg], parts)
