"""What has been checked is known: sizes found equal are one size, and nothing is checked twice.

>>> from gradgen.ir import BOOL, INT, Assign, Block, Effect, Function, If, Program, Var, show
>>> n, m, y = Var("n", 0, INT), Var("m", 1, INT), Var("y", 4, INT)
>>> one, two = Var("", 2, BOOL), Var("", 3, BOOL)
>>> fails = Block((Effect("raise", ("they differ",), name="ValueError"),))
>>> check, again = (If(test, fails, Block(()), ()) for test in (one, two))
>>> body = Block((Assign(one, "ne", (n, m)), check, Assign(two, "ne", (m, n)), again, Assign(y, "mul", (n, m))), (y,))
>>> before = Program((Function("f", (n, m), body),))
>>> print(show(before.entry))
f(n.0, m.1):
  _.2 = ne n.0 m.1
  if _.2:
    raise
    yield
  else:
    yield
  _.3 = ne m.1 n.0
  if _.3:
    raise
    yield
  else:
    yield
  y.4 = mul n.0 m.1
  yield y.4
>>> print(show(remember_checks(before).entry))
f(n.0, m.1):
  _.2 = ne n.0 m.1
  if _.2:
    raise
    yield
  else:
    yield
  y.4 = mul n.0 n.0
  yield y.4

Whole numbers only: floats that compare equal may differ, 0.0 and -0.0. What a branch or a loop checks is known inside
it, from there on. What is checked for the case that a loop runs, `0 < n and a != b`, is known in that loop, and where
it is checked for the same case again. What the types say of sizes needs no check: one that is at least 16 is not 0.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradgen.ir import BOOL, Assign, Atom, Block, Const, For, Function, Program, Scalar, Statement, Var
from gradgen.ir.walk import map_statement
from gradgen.lower.hoisting import is_check
from gradgen.lower.numbers import Whole
from gradgen.rules.build import constant_atom

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
ANY = Var("", -1, BOOL)


def remember_checks(program: Program) -> Program:
    return replace(program, functions=tuple(map(_function, program.functions)))


def _function(function: Function) -> Function:
    return replace(function, body=_Known().block(function.body))


class _Known:
    """What is known in a block: what each value is, the comparisons made, the tests that have not raised."""

    def __init__(self, outside: _Known | None = None):
        self.same: dict[Atom, Atom] = {} if outside is None else dict(outside.same)
        self.made: dict[Atom, Assign] = {} if outside is None else dict(outside.made)
        self.passed: set[Atom] = set() if outside is None else set(outside.passed)
        self.holds: set[Assign] = set() if outside is None else set(outside.holds)  # comparisons
        # What is known to be equal where all of some comparisons hold.
        self.guarded: list[tuple[list[Assign], Assign]] = [] if outside is None else list(outside.guarded)

    def use(self, atom: Atom) -> Atom:
        while atom in self.same:
            atom = self.same[atom]
        return atom

    def block(self, block: Block) -> Block:
        kept = []
        for s in block.statements:
            s = map_statement(s, self.use, self.entered(s).block)
            if is_check(s) and (s.test in self.passed or self.cannot_fail(s.test)):
                continue
            if isinstance(s, Assign) and s.op in COMPARED and _of_whole_numbers(s):
                answer = _decided(s)
                if answer is not None and not s.target.name:
                    self.same[s.target] = constant_atom(answer)
                    continue
                self.made[s.target] = s
            elif isinstance(s, Assign) and s.op == "and":
                if any(map(_is_false, s.args)) and not s.target.name:
                    self.same[s.target] = constant_atom(False)
                    continue
                self.made[s.target] = s
            kept.append(s)
            self.learn(s)
        return Block(tuple(kept), tuple(map(self.use, block.yields)))

    def entered(self, s: Statement) -> _Known:
        """What is known in the blocks of the statement."""
        inside = _Known(self)
        if isinstance(s, For) and Whole.known(s.step) == 1:
            inside.assume([Assign(s.index, "lt", (s.start, s.stop))])
        return inside

    def assume(self, comparisons: list[Assign]) -> None:
        """These hold: so does what was checked for the case that they do."""
        self.holds.update(map(self.shown, comparisons))
        for conditions, differs in self.guarded:
            if self.holds.issuperset(map(self.shown, conditions)):
                self.equate(*differs.args)

    def shown(self, s: Assign) -> Assign:
        """A comparison as it compares equal to others of the same numbers."""
        return Assign(ANY, s.op, tuple(map(self.use, s.args)))

    def parts(self, test: Atom) -> list[Assign] | None:
        """The comparisons that a test consists of; None where there is something else in it."""
        made = self.made.get(test)
        if made is None or made.op != "and":
            return None if made is None else [made]
        found = [self.parts(arg) for arg in made.args]
        return None if None in found else [part for parts in found for part in parts or ()]

    def cannot_fail(self, test: Atom) -> bool:
        if _is_false(test):
            return True
        made = self.made.get(test)
        if made is not None and made.op == "and" and any(map(self.cannot_fail, made.args)):
            return True
        parts = self.parts(test) or ()
        if len(parts) < 2:
            return False
        case = _Known(self)
        case.assume([part for part in parts if part.op != "ne"])
        return any(case.use(part.args[0]) == case.use(part.args[1]) for part in parts if part.op == "ne")

    def learn(self, s: Statement) -> None:
        """From here on what the statement checks holds."""
        if not is_check(s):
            return
        self.passed.add(s.test)
        parts = self.parts(s.test) or ()
        differ = [part for part in parts if part.op == "ne"]
        if len(differ) == 1:
            self.guarded.append(([part for part in parts if part.op != "ne"], differ[0]))
            self.assume([])

    def equate(self, a: Atom, b: Atom) -> None:
        first, other = sorted((self.use(a), self.use(b)), key=_preference)
        if first != other:
            self.same[other] = first


def _preference(atom: Atom) -> tuple[bool, bool, int]:
    """A number, or else what has a name, stands for what equals it."""
    return not isinstance(atom, Const), not getattr(atom, "name", ""), getattr(atom, "version", 0)


def _is_false(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.value is False


def _of_whole_numbers(s: Assign) -> bool:
    return len(s.args) == 2 and all(isinstance(arg.type, Scalar) and arg.type.dtype == "int64" for arg in s.args)


def _decided(s: Assign) -> bool | None:
    """What the comparison gives, where that is known."""
    a, b = s.args
    if a == b:
        return s.op in ("eq", "le", "ge")
    x, y = Whole.known(a), Whole.known(b)
    if x is not None and y is not None:
        return COMPARED[s.op](x, y)
    for size, other, op in ((a, b, s.op), (b, a, _mirrored(s.op))):
        least, known = _least(size), Whole.known(other)
        if least is not None and known is not None and known < least:
            return op in ("ne", "gt", "ge")
    return None


def _mirrored(op: str) -> str:
    return {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}.get(op, op)


def _least(atom: Atom) -> int | None:
    """The size that an array's axis at least has."""
    extent = getattr(atom.type, "extent", None) if isinstance(atom, Var) else None
    return None if extent is None else extent.lower
