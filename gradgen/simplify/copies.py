"""Copies: an unnamed variable that only repeats another is replaced by it.

>>> from gradgen.ir import FLOAT, Assign, Block, Function, Program, Var, show
>>> x, t, y = Var("x", 0, FLOAT), Var("", 1, FLOAT), Var("y", 2, FLOAT)
>>> body = Block((Assign(t, "identity", (x,)), Assign(y, "mul", (t, t))), (y,))
>>> before = Program((Function("f", (x,), body),))
>>> print(show(before.entry))
f(x.0):
  _.1 = identity x.0
  y.2 = mul _.1 _.1
  yield y.2
>>> print(show(remove_copies(before).entry))
f(x.0):
  y.2 = mul x.0 x.0
  yield y.2

A variable that the user named stays, for it is a line of the user's; so does the adjoint of one, unless
it repeats an adjoint of the same variable. An adjoint's copy is a copy in name only: values do not
change, and where the text needs a buffer of its own the writer makes one.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Function, Program, Scalar, Var
from gradgen.ir.walk import map_statement, statements


def remove_copies(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def _in_function(function: Function) -> Function:
    copies = {s.target: s.args[0] for s in statements(function.body) if isinstance(s, Assign) and _is_copy(s)}
    return replace_variables(function, copies, dropped=copies) if copies else function


def _is_copy(s: Assign) -> bool:
    target, (source, *_) = s.target, s.args or (None,)
    if target.name or s.op not in ("identity", "copy") or (s.op == "copy" and target.of is None):
        return False
    if isinstance(source, Var):
        return not has_line(target) or source.of == target.of
    # A Python number where the text counts on a NumPy one would change what follows.
    return not has_line(target) and source is not None and _same_kind(source, target)


def has_line(target: Var) -> bool:
    """Whether it has a name, or is the adjoint of a variable that has one, or that is an adjoint itself."""
    return bool(target.name or (target.of is not None and (target.of.name or target.of.of is not None)))


def _same_kind(a: Atom, b: Atom) -> bool:
    return (
        isinstance(a.type, Scalar)
        and isinstance(b.type, Scalar)
        and (a.type.dtype, a.type.weak) == (b.type.dtype, b.type.weak)
    )


def replace_variables(function: Function, mapping: dict[Var, Atom], dropped: dict[Var, Atom] | None = None) -> Function:
    """`function` with variables replaced where they are read, at every depth; the definitions of `dropped` go."""
    gone = dropped or {}

    def use(atom: Atom) -> Atom:
        while isinstance(atom, Var) and atom in mapping:
            atom = mapping[atom]
        return atom

    def block(block: Block) -> Block:
        kept = (s for s in block.statements if not (isinstance(s, Assign) and s.target in gone))
        return Block(tuple(map_statement(s, use, block_) for s in kept), tuple(map(use, block.yields)))

    block_ = block
    return replace(function, body=block(function.body))
