"""Whether linear inequalities between integers contradict each other, by Fourier's and Motzkin's elimination.

>>> i, j, n = (Form.variable(name) for name in "ijn")
>>> contradict([j - i - 1, i - j])  # j > i and i >= j
True
>>> contradict([j - i - 1, n - j - 1])  # i < j < n
False

Says False where it cannot tell: of more inequalities than `ENOUGH`, and where only fractions would fit.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

ENOUGH = 200


@dataclass(frozen=True, slots=True)
class Form:
    """A sum of variables times whole numbers, and a number."""

    factors: Mapping[Hashable, int]
    number: int = 0

    @staticmethod
    def variable(name: Hashable) -> Form:
        return Form({name: 1})

    def __add__(self, other: Form | int) -> Form:
        if isinstance(other, int):
            return Form(self.factors, self.number + other)
        names = {**self.factors, **other.factors}
        sums = {name: self.factors.get(name, 0) + other.factors.get(name, 0) for name in names}
        return Form({name: factor for name, factor in sums.items() if factor}, self.number + other.number)

    def __mul__(self, by: int) -> Form:
        return Form({name: factor * by for name, factor in self.factors.items() if by}, self.number * by)

    def __sub__(self, other: Form | int) -> Form:
        return self + other * -1


def contradict(forms: Iterable[Form]) -> bool:
    """Whether no integers make all of these at least 0."""
    known = set(map(_key, forms))
    while True:
        if any(not factors and number < 0 for factors, number in known):
            return True
        counts: dict[Hashable, list[int]] = {}
        for factors, _ in known:
            for name, factor in factors:
                counts.setdefault(name, [0, 0])[factor > 0] += 1
        if not counts or len(known) > ENOUGH:
            return False
        known = _without(min(counts, key=lambda name: counts[name][0] * counts[name][1]), known)


Key = tuple[frozenset[tuple[Hashable, int]], int]


def _key(form: Form) -> Key:
    """The inequality in lowest terms: of integers, the number is rounded down."""
    divisor = math.gcd(*form.factors.values()) or 1
    return frozenset((name, factor // divisor) for name, factor in form.factors.items()), form.number // divisor


def _without(name: Hashable, known: set[Key]) -> set[Key]:
    """What follows for the other variables: each upper bound is no smaller than each lower one."""
    lower: list[Form] = []
    upper: list[Form] = []
    rest: set[Key] = set()
    for key in known:
        form = Form(dict(key[0]), key[1])
        factor = form.factors.get(name, 0)
        if factor:
            (lower if factor > 0 else upper).append(form)
        else:
            rest.add(key)
    return rest | {_key(a * -b.factors[name] + b * a.factors[name]) for a in lower for b in upper}
