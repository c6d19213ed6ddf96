"""How a stretch of the user's statements can end: at its last one, by return, break, continue, or by raising."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradgen.ir import Atom
from gradgen.rules.build import constant_atom
from gradgen.stage.values import State

TRUE, FALSE = constant_atom(True), constant_atom(False)


class Raises(Exception):
    """What is being staged raises on every path: nothing after it runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kinds`: the ways in which it can end: "fall", "return", "break", "continue"; none if it always raises.

    Where there are several, `flags` says at run time, for each but "fall", whether it was this one.
    `value`: what was returned, or the value of an expression.
    """

    state: State | None
    kinds: frozenset[str]
    flags: dict[str, Atom] = field(default_factory=dict)
    value: Any = None

    def condition(self, kind: str) -> Atom:
        """Whether it ended in this way, as a truth value."""
        if kind not in self.kinds:
            return FALSE
        return TRUE if len(self.kinds) == 1 else self.flags[kind]

    @property
    def falls(self) -> bool:
        return "fall" in self.kinds

    def only(self, *kinds: str) -> Outcome:
        """The outcome where it is known to be one of these."""
        kept = self.kinds & set(kinds)
        flags = {kind: flag for kind, flag in self.flags.items() if kind in kept} if len(kept) > 1 else {}
        return Outcome(self.state, kept, flags, self.value)


RAISED = Outcome(None, frozenset())


def fell(state: State, value: Any = None) -> Outcome:
    return Outcome(state, frozenset({"fall"}), value=value)
