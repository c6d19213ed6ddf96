"""What a test says of whole numbers, as linear inequalities: of comparisons, and of bits that are set.

If bit `j` of a number `c >= 0` is set, then `c >= 1 << j >= 1`, and `c ^ 1 << j` is `c - (1 << j)`: a set without one
of its members is a smaller number. So a recurrence over sets reads what stands (`analyse.standing`).

>>> from gradgen.ir import BOOL, INT, Const
>>> c, j, shifted, bit, power = (Var(name, k, INT) for k, name in enumerate(("c", "j", "", "", "")))
>>> test = Var("", 5, BOOL)
>>> ops = [(shifted, "right_shift", (c, j)), (bit, "bitwise_and", (shifted, Const(1, INT)))]
>>> ops += [(test, "ne", (bit, Const(0, INT))), (power, "left_shift", (Const(1, INT), j))]
>>> known = Numbers({target.version: Assign(target, op, args) for target, op, args in ops})
>>> found = known.told(test, True, [known.form(c), known.form(j)])
>>> [known.impossible([*found, form * -1 - 1]) for form in (known.form(c) - known.form(power), known.form(power) - 2)]
[True, False]

Says nothing of numbers of few bits, which wrap around, nor of tests of which one of two may hold.
"""

from __future__ import annotations

from gradgen.ir import Accumulate, Assign, Atom, Const, Scalar, Var
from gradgen.ir.linear import Form
from gradgen.rules.whole_numbers import WholeNumbers

# Of a, b: what is 0 or more where the comparison holds.
COMPARED = {
    "lt": lambda a, b: [b - a - 1],
    "le": lambda a, b: [b - a],
    "gt": lambda a, b: [a - b - 1],
    "ge": lambda a, b: [a - b],
    "eq": lambda a, b: [a - b, b - a],
    "ne": lambda a, b: [],
}
OPPOSITE = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}


class Numbers(WholeNumbers):
    """Powers `1 << j` of the same `j` are the same number, and so are numbers with the same bit turned over."""

    def form(self, atom: Atom) -> Form:
        place = self._shift(atom)
        if place is not None:
            return self._power(place)
        s = self._made(atom)
        sides = (s.args, s.args[::-1]) if s is not None and s.op == "bitwise_xor" else ()
        for number, mask in sides:
            place = self._shift(mask)
            if place is not None and _is_whole(number):
                return _turned(super().form(number), self._power(place))
        return super().form(atom)

    def told(self, test: Atom, holds: bool, facts: list[Form]) -> list[Form]:
        """What is 0 or more if `test` holds, or does not; `facts`: what is so anyway."""
        s = self._made(test)
        if s is None:
            return []
        if s.op in ("logical_and", "logical_or") and holds == (s.op == "logical_and"):
            return [form for side in s.args for form in self.told(side, holds, facts)]
        if s.op == "logical_not":
            return self.told(s.args[0], not holds, facts)
        if s.op not in COMPARED or not all(map(_is_whole, s.args)):
            return []
        op = s.op if holds else OPPOSITE[s.op]
        a, b = s.args
        return COMPARED[op](self.form(a), self.form(b)) + self._bit(op, a, b, facts)

    def _bit(self, op: str, a: Atom, b: Atom, facts: list[Form]) -> list[Form]:
        """What is known of a number one of whose bits is set."""
        s = self._made(a)
        if (
            s is None
            or s.op != "bitwise_and"
            or not isinstance(b, Const)
            or (op, b.value) not in (("ne", 0), ("eq", 1))
        ):
            return []
        for number, mask in (s.args, s.args[::-1]):
            shifted, place = self._made(number), self._shift(mask)
            if shifted is not None and shifted.op == "right_shift" and mask == Const(1, mask.type):
                return self._holds(shifted.args[0], shifted.args[1], facts)
            if place is not None and op == "ne":
                return self._holds(number, place, facts)
        return []

    def _holds(self, number: Atom, place: Atom, facts: list[Form]) -> list[Form]:
        natural = all(_is_whole(x) and self.impossible([*facts, self.form(x) * -1 - 1]) for x in (number, place))
        if not natural:
            return []
        whole, power = self.form(number), self._power(place)
        less, turned = whole - power, _turned(whole, power)
        return [less, power - 1, turned - less, less - turned]

    def _shift(self, atom: Atom) -> Atom | None:
        """`j`, if the number is `1 << j`."""
        s = self._made(atom)
        if (
            s is None
            or s.op != "left_shift"
            or s.args[0] != Const(1, s.args[0].type)
            or not all(map(_is_whole, s.args))
        ):
            return None
        return s.args[1]

    def _power(self, place: Atom) -> Form:
        return Form.variable(("1 <<", *_key(self.form(place))))

    def _made(self, atom: Atom) -> Assign | None:
        s = self.made.get(atom.version) if isinstance(atom, Var) else None
        return None if isinstance(s, Accumulate) else s


def _turned(number: Form, power: Form) -> Form:
    return Form.variable(("^", *_key(number), *_key(power)))


def _key(form: Form) -> tuple:
    return frozenset(form.factors.items()), form.number


def _is_whole(atom: Atom) -> bool:
    return isinstance(atom.type, Scalar) and atom.type.dtype == "int64"
