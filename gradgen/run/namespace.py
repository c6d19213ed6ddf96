"""The names of a generated dispatch function: its parameters, what its text refers to, and its temporaries."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from typing import Any


class Namespace:
    """Objects under names that clash neither with each other nor with `taken`, the user's parameters.

    >>> names = Namespace(["float"])
    >>> names.refer(float, "float"), names.refer(float, "float"), names.fresh("t")
    ('float_1', 'float_1', 't')
    """

    def __init__(self, taken: Iterable[str]):
        self.values: dict[str, Any] = {}
        self._taken = {*taken, "getattr"}
        self._names: dict[int, str] = {}

    def fresh(self, hint: str) -> str:
        name = hint = hint if hint.isidentifier() and not iskeyword(hint) else "value"
        count = 0
        while name in self._taken:
            count += 1
            name = f"{hint}_{count}"
        self._taken.add(name)
        return name

    def refer(self, value: Any, hint: str) -> str:
        """The name of `value`, made from `hint` where it has none yet."""
        if id(value) not in self._names:
            name = self.fresh(hint)
            self._names[id(value)] = name
            self.values[name] = value
        return self._names[id(value)]
