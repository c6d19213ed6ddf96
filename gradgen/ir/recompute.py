"""Statements that backward runs again: a branch that is always taken, marked so that nothing inside it is kept.

Whoever marks them need not know what is read of them later: all that they define is handed out, under the
names that it had, and inside it gets others. What nobody reads goes with `simplify`.

>>> from gradgen.ir import FLOAT, Assign, Function, show
>>> from gradgen.rules.build import Builder
>>> builder = Builder(3)
>>> x, y, z = (Var(name, k, FLOAT) for k, name in enumerate("xyz"))
>>> statements = (Assign(y, "exp", (x,)), Assign(z, "sin", (y,)))
>>> print(show(Function("f", (x,), Block((to_recompute(statements, builder.var, builder.slot),), (z,)))))
f(x.0):
  y.1 z.2 = recompute:
    y.3 = exp x.0
    z.4 = sin y.3
    yield y.3 z.4
  yield z.2
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gradgen.ir.instantiate import instantiate
from gradgen.ir.nodes import Block, Const, Function, If, Origin, Program, Slot, Statement, Undefined, Var
from gradgen.ir.types import BOOL, Type
from gradgen.ir.walk import map_statement, targets

TRUE = Const(True, BOOL)


def to_recompute(
    statements: Iterable[Statement],
    var: Callable[[str, Type, Var | None], Var],
    slot: Callable[[str, Type], Slot],
    origin: Origin | None = None,
) -> If:
    """`var` and `slot` make new ones of these. The types of variables are kept."""
    statements = tuple(statements)
    results = tuple(target for s in statements for target in targets(s))
    inside = instantiate(Function("", (), Block(statements, results)), (), var, slot)
    return always(Block(*inside), results, origin)


def always(block: Block, results: tuple[Var, ...], origin: Origin | None = None) -> If:
    """`results` are what `block` yields; backward runs it again."""
    never = Block((), tuple(Undefined(result.type) for result in results))
    return If(TRUE, block, never, results, origin, recompute=True)


def unmarked(program: Program) -> Program:
    """The program without the marks, which say nothing any more once it is differentiated."""
    return replace(program, functions=tuple(replace(f, body=_unmarked(f.body)) for f in program.functions))


def _unmarked(block: Block) -> Block:
    made = (map_statement(s, lambda atom: atom, _unmarked) for s in block.statements)
    return replace(block, statements=tuple(replace(s, recompute=False) if isinstance(s, If) else s for s in made))
