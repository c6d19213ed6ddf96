"""Checks of sizes go before the loops that stand before them: then all loops know that the sizes are one.

>>> from gradgen.ir import BOOL, FLOAT, INT, Assign, Block, Const, Effect, For, Function, If, Program, Var, show
>>> n, m, i, y = Var("n", 0, INT), Var("m", 1, INT), Var("i", 2, INT), [Var("y", 3 + k, FLOAT) for k in range(3)]
>>> differs, fails = Var("", 6, BOOL), Block((Effect("raise", ("they differ",), name="ValueError"),))
>>> body = Block((Assign(y[1], "add", (y[0], Const(1.0, FLOAT))),), (y[1],))
>>> loop = For(i, Const(0, INT), n, Const(1, INT), (y[0],), (Const(0.0, FLOAT),), body, (y[2],))
>>> check = Assign(differs, "ne", (n, m)), If(differs, fails, Block(()), ())
>>> before = Program((Function("f", (n, m), Block((loop, *check), (y[2],))),))
>>> print(show(advance_checks(before).entry))
f(n.0, m.1):
  _.6 = ne n.0 m.1
  if _.6:
    raise
    yield
  else:
    yield
  y.5 = for i.2 in 0:n.0:1 with y.3=0.0:
    y.4 = add y.3 1.0
    yield y.4
  yield y.5

A check stays behind prints, calls, `while` loops, other checks and all that it is made from but numbers. With the check
between them the loops over two arguments of the focal loss stayed apart, with an array of truth values between.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Atom, Block, For, Function, If, Program, Statement
from gradgen.ir.walk import map_statement, operands, targets
from gradgen.lower.hoisting import has_effects, is_check, is_number, read_by_check


def advance_checks(program: Program) -> Program:
    return replace(program, functions=tuple(map(_function, program.functions)))


def _function(function: Function) -> Function:
    return replace(function, body=_block(function.body))


def _block(block: Block) -> Block:
    made: list[Statement] = []
    for s in block.statements:
        s = map_statement(s, lambda atom: atom, _block)
        if is_check(s):
            made = _advanced(made, s)
        else:
            made.append(s)
    return Block(tuple(made), block.yields)


def _advanced(made: list[Statement], check: If) -> list[Statement]:
    """The check after `made`, or before the first loop that it can pass."""
    needed: set[Atom] = set(read_by_check(check))
    moved: list[Statement] = [check]
    passed: list[Statement] = []
    best = [*made, check]
    for at in range(len(made) - 1, -1, -1):
        s = made[at]
        if not needed.isdisjoint(targets(s)):
            if not is_number(s):
                break
            needed.update(operands(s))
            moved.insert(0, s)
        elif has_effects(s):
            break
        else:
            passed.insert(0, s)
        if isinstance(s, For):
            best = [*made[:at], *moved, *passed]
    return best
