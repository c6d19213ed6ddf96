"""What is the same in every iteration of a loop is computed before it: sizes, their checks, numbers.

>>> from gradgen.ir import FLOAT, INT, Assign, Block, Const, For, Function, Program, Var, show
>>> x, n, i = Var("x", 0, FLOAT), Var("n", 1, INT), Var("i", 2, INT)
>>> half, s0, s1, s2 = Var("", 3, FLOAT), *(Var("s", k, FLOAT) for k in (4, 5, 6))
>>> body = Block((Assign(half, "div", (x, Const(2, INT))), Assign(s1, "add", (s0, half))), (s1,))
>>> loop = For(i, Const(0, INT), n, Const(1, INT), (s0,), (x,), body, (s2,))
>>> before = Program((Function("f", (x, n), Block((loop,), (s2,))),))
>>> print(show(before.entry))
f(x.0, n.1):
  s.6 = for i.2 in 0:n.1:1 with s.4=x.0:
    _.3 = div x.0 2
    s.5 = add s.4 _.3
    yield s.5
  yield s.6
>>> print(show(hoist_invariants(before).entry))
f(x.0, n.1):
  _.3 = div x.0 2
  s.6 = for i.2 in 0:n.1:1 with s.4=x.0:
    s.5 = add s.4 _.3
    yield s.5
  yield s.6

A check, `if n != m: raise`, must not raise where the loop is not entered: unless a size that is known to be at least 1
bounds the loop, it is made under the condition that the loop runs. It stays behind prints and checks that stay.

Elements of arrays are read where they were read, for the places are only known to exist there; arrays are made where
they were made; nothing leaves a branch or a `while`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from gradgen.analyse.shifts import is_shift
from gradgen.ir import (
    BOOL,
    Assign,
    Atom,
    Block,
    Call,
    Effect,
    For,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Var,
    While,
)
from gradgen.ir.known import integer_of
from gradgen.ir.walk import block_params, map_statement, operands, statements, targets
from gradgen.rules.build import Builder, builder_after


def hoist_invariants(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    return replace(function, body=_block(function.body, builder))


def _block(block: Block, builder: Builder) -> Block:
    made: list[Statement] = []
    for s in block.statements:
        s = map_statement(s, lambda atom: atom, lambda inner: _block(inner, builder))
        if isinstance(s, For):
            before, s = _parted(s, builder)
            made += before
        made.append(s)
    return Block(tuple(made), block.yields)


def _parted(loop: For, builder: Builder) -> tuple[list[Statement], For]:
    """What goes before the loop, and the loop without it."""
    inside = {*block_params(loop), *(var for s in loop.body.statements for var in targets(s))}
    before: list[Statement] = []
    stays: list[Statement] = []
    in_order = True  # whether nothing stays that must come before a check
    for s in loop.body.statements:
        s = _of_init(s, loop)
        if inside.isdisjoint(operands(s)) and is_number(s):
            inside.difference_update(targets(s))
            before.append(s)
        elif in_order and is_check(s) and inside.isdisjoint(read_by_check(s)):
            before += _guarded(s, loop, builder)
        else:
            in_order = in_order and not has_effects(s)
            stays.append(s)
    return before, replace(loop, body=Block(tuple(stays), loop.body.yields)) if before else loop


def _of_init(s: Statement, loop: For) -> Statement:
    """The size of what is carried round, where its type says that it stays, is the size of what came in."""
    if isinstance(s, Assign) and s.op == "size" and s.args[0] in loop.carried:
        init = loop.inits[loop.carried.index(s.args[0])]
        if isinstance(init, Var) and init.type == s.args[0].type:
            return replace(s, args=(init,))
    return s


def is_number(s: Statement) -> bool:
    """Whether it computes a number from numbers, or from the sizes of arrays."""
    if not isinstance(s, Assign) or not isinstance(s.target.type, Scalar) or s.op in ("draw", "identity"):
        return False
    if is_shift(s):
        return False
    return s.op in ("size", "count") or all(isinstance(arg.type, Scalar) for arg in s.args)


def is_check(s: Statement) -> TypeGuard[If]:
    """`if test: raise ...`"""
    return isinstance(s, If) and not s.results and not s.orelse.statements and _only_raises(s.then)


def _only_raises(block: Block) -> bool:
    return bool(block.statements) and all(isinstance(s, Effect) and s.kind == "raise" for s in block.statements)


def read_by_check(s: If) -> Iterator[Atom]:
    yield s.test
    for inner in s.then.statements:
        yield from operands(inner)


def has_effects(s: Statement) -> bool:
    return isinstance(s, Effect | Call | While) or any(
        isinstance(inner, Effect | Call | While) for block in _blocks(s) for inner in statements(block)
    )


def _blocks(s: Statement) -> tuple[Block, ...]:
    return (s.then, s.orelse) if isinstance(s, If) else (s.body,) if isinstance(s, For) else ()


def _guarded(check: If, loop: For, builder: Builder) -> list[Statement]:
    """The check before the loop, where the loop runs."""
    if runs(loop):
        return [check]
    with builder.at(check.origin), builder.collect() as made:
        forward = (integer_of(loop.step) or 1) > 0
        entered = builder.emit("lt" if forward else "gt", loop.start, loop.stop, type=BOOL)
        both = builder.emit("and", entered, check.test, type=BOOL)
    return [*made, replace(check, test=both)]


def runs(loop: For) -> bool:
    """Whether the loop is known to have an iteration."""
    extent = getattr(loop.stop.type, "extent", None)
    return extent is not None and integer_of(loop.start) == 0 and extent.lower >= 1
