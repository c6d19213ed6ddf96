"""One signature of one function: the compiled text, and the text that recognises a call of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradgen.infer.signature import Leaf
from gradgen.ir.interface import Input, Path, Root
from gradgen.run.apart import apart
from gradgen.run.checks import LOOKUP, Checks, Level
from gradgen.run.fetch import Fact, Fetch, place_of, text
from gradgen.run.namespace import Namespace
from gradgen.run.pack import Layout, lines


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """trees: the signature of each parameter. inputs: what the compiled `entry` takes after their leaves.

    apart: pairs of what it takes, by number, that must not share memory. direct: faster than `entry`, where all arrays
    are plain, see `direct`.
    """

    trees: dict[str, Any]
    inputs: tuple[Input, ...]
    facts: tuple[Fact, ...]
    entry: Callable[..., Any]
    layout: Layout
    apart: tuple[tuple[int, int], ...] = ()
    direct: Callable[..., Any] | None = None

    def text(self, names: Namespace) -> list[str]:
        """Statements that return the result if the parameters, by their names, have this signature."""
        checks = Checks(names)
        found: list[str] = []
        paths: list[Path] = []
        for name, tree in self.trees.items():

            def keep(steps: tuple, _leaf: Leaf, expression: str, name: str = name) -> None:
                found.append(expression)
                paths.append(Path(Root("argument", name), steps))

            checks.tree(tree, name, 0, keep)
        paths += [one.path for one in self.inputs]
        fetch = Fetch(checks, self.trees, {name: name for name in self.trees})
        for fact in self.facts:
            fetch.require(fact)
        inputs = found + [fetch.leaves[place_of(one.path)] for one in self.inputs]
        for one, other in self.apart:
            given = f"{inputs[one]}, {inputs[other]}, {text(paths[one])!r}, {text(paths[other])!r}"
            checks.require(len(checks.levels) - 1, f"{names.refer(apart, 'apart')}({given})")
        call = f"{self._callee(inputs, checks, names)}({', '.join(inputs)})"
        return nested(checks.levels, lines(self.layout, call, names), names)

    def _callee(self, inputs: Sequence[str], checks: Checks, names: Namespace) -> str:
        entry = names.refer(self.entry, getattr(self.entry, "__name__", "entry"))
        if self.direct is None:
            return entry
        direct = names.refer(self.direct, "direct")
        plain = " and ".join(f"{one}.flags.carray" for one in inputs if one in checks.arrays)
        return f"({direct} if {plain} else {entry})" if plain else direct


def nested(levels: Sequence[Level], body: list[str], names: Namespace) -> list[str]:
    """`body` under the levels' statements and conditions."""
    for level in reversed(levels):
        if level.conditions:
            body = [f"if {' and '.join(level.conditions)}:", *("    " + line for line in body)]
        if level.statements and level.risky:
            errors = names.refer(LOOKUP, "LOOKUP")
            body = ["else:", *("    " + line for line in body)]
            body = ["try:", *("    " + line for line in level.statements), f"except {errors}:", "    pass", *body]
        else:
            body = [*level.statements, *body]
    return body
