"""A value that only gets another name is made under that name at once.

>>> from gradgen.ir import FLOAT, Assign, Block, Var
>>> x, t, y = Var("x", 0, FLOAT), Var("", 1, FLOAT), Var("y", 2, FLOAT)
>>> body = Block((Assign(t, "exp", (x,)), Assign(y, "identity", (t,))), (y,))
>>> [str(s.target) for s in renamed(body, body.yields).statements]
['y.2']
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Statement, Var
from gradgen.ir.walk import map_statement, operands, statement_free, targets


def is_alias(s: Statement) -> bool:
    if not isinstance(s, Assign) or s.op != "identity":
        return False
    return isinstance(s.args[0], Var) and s.args[0].type == s.target.type


def renamed(block: Block, exits: tuple[Atom, ...]) -> Block:
    """The block, its unnamed values that are read by one `identity` only under that one's name."""
    uses: Counter[Atom] = Counter(exits)
    made: set[Var] = set()
    for s in block.statements:
        uses.update(operands(s))
        uses.update(statement_free(s).keys())
        made.update(targets(s))
    names: dict[Var, Var] = {}
    for s in reversed(block.statements):
        if isinstance(s, Assign) and is_alias(s):
            (source,) = s.args
            if isinstance(source, Var) and uses[source] == 1 and source in made and not source.name:
                names[source] = names.get(s.target, s.target)
    if not names:
        return block
    kept = (s for s in block.statements if not (isinstance(s, Assign) and is_alias(s) and s.args[0] in names))
    return replace(block, statements=tuple(_under(s, names) for s in kept))


def _under(s: Statement, names: dict[Var, Var]) -> Statement:
    if names.keys().isdisjoint(targets(s)):
        return s
    return map_statement(s, lambda atom: atom, lambda block: block, lambda var: names.get(var, var))
