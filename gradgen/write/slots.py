"""How slots are written: what an iteration keeps for its backward iteration.

In plain Python a slot is a list. For Numba a slot of numbers is an array that grows by doubling, with a
count of its own; a slot of arrays is a list there, too.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Protocol

from gradgen.ir import Scalar, Slot
from gradgen.write.spell import Speller
from gradgen.write.tree import assign, attribute, augment, call, name, number, subscript, tuple_

FIRST_SIZE = 16


class Slots(Protocol):
    def open(self, slot: Slot) -> list[ast.stmt]: ...

    def save(self, slot: Slot, value: ast.expr) -> list[ast.stmt]: ...

    def load(self, slot: Slot, target: str) -> list[ast.stmt]: ...

    def handed_out(self, slot: Slot) -> ast.expr:
        """The value that stands for a filled slot in a cache."""

    def handed_in(self, slot: Slot) -> list[ast.stmt]:
        """What makes a cache's value a slot that may be emptied: the cache itself may be used again."""


class Lists:
    """Slots as Python lists."""

    def __init__(self, names: Mapping[Slot, str]):
        self.names = names

    def open(self, slot: Slot) -> list[ast.stmt]:
        return [assign(self.names[slot], ast.List([], ast.Load()))]

    def save(self, slot: Slot, value: ast.expr) -> list[ast.stmt]:
        return [ast.Expr(call(attribute(name(self.names[slot]), "append"), [value]))]

    def load(self, slot: Slot, target: str) -> list[ast.stmt]:
        return [assign(target, call(attribute(name(self.names[slot]), "pop")))]

    def handed_out(self, slot: Slot) -> ast.expr:
        return name(self.names[slot])

    def handed_in(self, slot: Slot) -> list[ast.stmt]:
        return [assign(self.names[slot], call(attribute(name(self.names[slot]), "copy")))]


class Typed:
    """Slots of numbers as growing arrays, the others as lists."""

    def __init__(self, names: Mapping[Slot, str], speller: Speller):
        self.names, self.speller, self.lists = names, speller, Lists(names)

    def _count(self, slot: Slot) -> str:
        return f"{self.names[slot]}_count"

    def open(self, slot: Slot) -> list[ast.stmt]:
        if not isinstance(slot.type, Scalar):
            return self.lists.open(slot)
        dtype = slot.type.dtype
        keywords = {} if dtype == "float64" else {"dtype": self.speller.dtype(dtype)}
        empty = self.speller.function("np.empty", number(FIRST_SIZE), **keywords)
        return [assign(self.names[slot], empty), assign(self._count(slot), number(0))]

    def save(self, slot: Slot, value: ast.expr) -> list[ast.stmt]:
        if not isinstance(slot.type, Scalar):
            return self.lists.save(slot, value)
        array, count = name(self.names[slot]), name(self._count(slot))
        full = ast.Compare(count, [ast.Eq()], [attribute(array, "size")])
        grown = self.speller.function("np.concatenate", tuple_((array, self.speller.function("np.empty_like", array))))
        return [
            ast.If(full, [assign(array.id, grown)], []),
            assign(subscript(array, count, store=True), value),
            augment(count.id, ast.Add(), number(1)),
        ]

    def load(self, slot: Slot, target: str) -> list[ast.stmt]:
        if not isinstance(slot.type, Scalar):
            return self.lists.load(slot, target)
        return [
            augment(self._count(slot), ast.Sub(), number(1)),
            assign(target, subscript(name(self.names[slot]), name(self._count(slot)))),
        ]

    def handed_out(self, slot: Slot) -> ast.expr:
        if not isinstance(slot.type, Scalar):
            return self.lists.handed_out(slot)
        return subscript(name(self.names[slot]), ast.Slice(None, name(self._count(slot)), None))

    def handed_in(self, slot: Slot) -> list[ast.stmt]:
        if not isinstance(slot.type, Scalar):
            return self.lists.handed_in(slot)
        return [assign(self._count(slot), attribute(name(self.names[slot]), "size"))]
