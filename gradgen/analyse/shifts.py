"""Shifted indices: `i + 1`, which costs nothing and is written wherever it is read.

>>> from gradgen.ir import INT, Assign, Const, Var
>>> i, j, name = Var("i", 0, INT), Var("", 1, INT), Var("j", 2, INT)
>>> is_shift(Assign(j, "add", (i, Const(1, INT)))), is_shift(Assign(name, "add", (i, Const(1, INT))))
(True, False)
"""

from __future__ import annotations

from typing import TypeGuard

from gradgen.ir import INT, Assign, Const, Statement, Var


def is_shift(s: Statement) -> TypeGuard[Assign]:
    """Whether it is an unnamed `i + 1`, which each reader writes."""
    if not isinstance(s, Assign) or s.op not in ("add", "sub") or s.target.name or s.target.type != INT:
        return False
    a, b = s.args
    return isinstance(a, Var) and a.type == INT and isinstance(b, Const)
