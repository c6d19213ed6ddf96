"""Whole numbers of the lowered text: sizes, positions and bounds, folded where they are known.

>>> from gradgen.rules.build import Builder
>>> whole = Whole(Builder())
>>> print(whole.add(whole.constant(2), whole.constant(3)), len(whole.builder.statements))
5 0
"""

from __future__ import annotations

from gradgen.ir import BOOL, INT, Atom, Const, Var
from gradgen.rules.build import Builder, constant_atom


class Whole:
    """Arithmetic on integer atoms; appends to `builder` what is not known when the text is written."""

    def __init__(self, builder: Builder):
        self.builder = builder
        self.shifts: dict[Atom, tuple[Atom, int]] = {}  # a + k, as (a, k)

    @staticmethod
    def constant(value: int) -> Const:
        return constant_atom(value)

    @staticmethod
    def known(atom: Atom) -> int | None:
        return int(atom.value) if isinstance(atom, Const) and isinstance(atom.value, int | float) else None

    def emit(self, op: str, *args: Atom, type=INT, spelling: str = "") -> Var:
        return self.builder.emit(op, *args, type=type, spelling=spelling)

    def add(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.constant(x + y)
        if x == 0:
            return b
        if y == 0:
            return a
        if y is not None:
            return self.shifted(a, y)
        return self.shifted(b, x) if x is not None else self.emit("add", a, b)

    def shifted(self, a: Atom, by: int) -> Atom:
        """a + by, where `a` may be such a sum itself."""
        base, offset = self.shifts.get(a, (a, 0))
        offset += by
        if not offset:
            return base
        made = self.emit("add" if offset > 0 else "sub", base, self.constant(abs(offset)))
        self.shifts[made] = base, offset
        return made

    def sub(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.constant(x - y)
        if y is not None:
            return self.add(a, self.constant(-y))
        (base, k), (other, m) = self.shifts.get(a, (a, 0)), self.shifts.get(b, (b, 0))
        return self.constant(k - m) if base == other else self.emit("sub", a, b)

    def mul(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.constant(x * y)
        if x == 0 or y == 0:
            return self.constant(0)
        if x == 1:
            return b
        return a if y == 1 else self.emit("mul", a, b)

    def product(self, factors) -> Atom:
        result: Atom = self.constant(1)
        for factor in factors:
            result = self.mul(result, factor)
        return result

    def floordiv(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y:
            return self.constant(x // y)
        return a if y == 1 else self.emit("floordiv", a, b)

    def mod(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y:
            return self.constant(x % y)
        return self.constant(0) if y == 1 else self.emit("mod", a, b)

    def least(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.constant(min(x, y))
        return self.emit("minimum", a, b, spelling="min")

    def most(self, a: Atom, b: Atom) -> Atom:
        x, y = self.known(a), self.known(b)
        if x is not None and y is not None:
            return self.constant(max(x, y))
        return self.emit("maximum", a, b, spelling="max")

    def compare(self, op: str, a: Atom, b: Atom) -> Var:
        return self.emit(op, a, b, type=BOOL)

    def choose(self, test: Atom, a: Atom, b: Atom) -> Atom:
        return self.emit("where", test, a, b)
