"""Branches on one test, one after another, are one branch.

Backward asks what forward asked. Where an iteration runs again and its adjoint follows, both stand side by side, and
nothing has to be handed from one to the other.

>>> from gradgen.ir import BOOL, FLOAT, Assign, Block, Function, If, Program, Var, show
>>> test, x = Var("test", 0, BOOL), Var("x", 1, FLOAT)
>>> (y, z), (r, q) = (Var("y", 2, FLOAT), Var("z", 3, FLOAT)), (Var("r", 4, FLOAT), Var("q", 5, FLOAT))
>>> first = If(test, Block((Assign(y, "exp", (x,)),), (y,)), Block((), (x,)), (r,))
>>> second = If(test, Block((Assign(z, "mul", (r, r)),), (z,)), Block((), (r,)), (q,))
>>> before = Program((Function("f", (test, x), Block((first, second), (q,))),))
>>> print(show(merge_branches(before).entry))
f(test.0, x.1):
  r.4 q.5 = if test.0:
    y.2 = exp x.1
    z.3 = mul y.2 y.2
    yield y.2 z.3
  else:
    yield x.1 x.1
  yield q.5

A slot that the one fills and the other empties is opened in the branch. Only numbers that do not hang on the first are
computed in between. Does not look for tests that are alike.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.analyse.independent import UNREPEATABLE
from gradgen.ir import Assign, Atom, Block, If, Load, Open, Program, Save, Scalar, Slot, Statement, Undefined
from gradgen.ir.walk import free_variables, map_statement, operands, statements, substitute


def merge_branches(program: Program) -> Program:
    return replace(program, functions=tuple(replace(f, body=_block(f.body)) for f in program.functions))


def _block(block: Block) -> Block:
    made: list[Statement] = []
    for s in block.statements:
        s = map_statement(s, lambda atom: atom, _block)
        if isinstance(s, If) and (found := _partner(made, s)) is not None:
            at, first = found
            del made[at]
            s = _merged(first, s)
        made.append(s)
    merged = Block(tuple(made), block.yields)
    return _opened_inside(merged) if len(made) < len(block.statements) else merged


def _opened_inside(block: Block) -> Block:
    """Slots that one side of one branch fills and empties again are opened there."""
    found = list(block.statements)
    for opened in (s for s in block.statements if isinstance(s, Open)):
        users = [s for s in found if opened.slot in _slots(s)]
        branch = users[0] if len(users) == 1 else None
        if not isinstance(branch, If):
            continue
        then, orelse = (_slots(*side.statements).get(opened.slot, set()) for side in (branch.then, branch.orelse))
        if {*then, *orelse} == {Save, Load} and not (then and orelse):
            side = branch.then if then else branch.orelse
            inside = _opened_inside(Block((opened, *side.statements), side.yields))
            found[found.index(branch)] = replace(branch, then=inside) if then else replace(branch, orelse=inside)
            found.remove(opened)
    return Block(tuple(found), block.yields)


def _slots(*around: Statement) -> dict[Slot, set[type]]:
    """The slots that are filled or emptied in these statements, and which of it is done."""
    found: dict[Slot, set[type]] = {}
    for s in statements(Block(around, ())):
        if isinstance(s, Save | Load):
            found.setdefault(s.slot, set()).add(type(s))
    return found


def _partner(before: list[Statement], s: If) -> tuple[int, If] | None:
    """The branch that can be merged with `s`, which comes next, and where it is: it moves down to it."""
    read = set[Atom]()
    for at in range(len(before) - 1, -1, -1):
        other = before[at]
        if isinstance(other, If) and other.test == s.test and not other.recompute and not s.recompute:
            return (at, other) if read.isdisjoint(other.results) and _defined(other, s) else None
        if not isinstance(other, Assign) or not isinstance(other.target.type, Scalar) or other.op in UNREPEATABLE:
            return None
        read.update(operands(other))
    return None


def _defined(first: If, second: If) -> bool:
    """Whether each side of `second` finds a value of what it reads of `first`."""
    for one, other in ((first.then, second.then), (first.orelse, second.orelse)):
        missing = {
            result for result, given in zip(first.results, one.yields, strict=True) if isinstance(given, Undefined)
        }
        if not missing.isdisjoint({*free_variables(other), *other.yields}):
            return False
    return True


def _merged(first: If, second: If) -> If:
    def side(one: Block, other: Block) -> Block:
        other = substitute(other, dict(zip(first.results, one.yields, strict=True)))
        return Block((*one.statements, *other.statements), (*one.yields, *other.yields))

    then, orelse = side(first.then, second.then), side(first.orelse, second.orelse)
    return replace(first, then=then, orelse=orelse, results=(*first.results, *second.results))
