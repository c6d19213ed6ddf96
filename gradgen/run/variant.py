"""One signature of one function: the compiled text, and the text that recognises a call of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradgen.infer.signature import Leaf
from gradgen.ir.interface import Input, Path, Root
from gradgen.run.apart import apart
from gradgen.run.backend import Direct
from gradgen.run.checks import LOOKUP, Checks, Level
from gradgen.run.fetch import Fact, Fetch, place_of, text
from gradgen.run.namespace import Namespace
from gradgen.run.pack import Layout, lines

MISS = object()  # comes back where a call has another signature


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """trees: the signature of each parameter. inputs: what the compiled `entry` takes after their leaves.

    apart: pairs of what it takes, by number, that must not share memory. direct: a faster way to it, see `direct`.
    unsure: numbers of gradients that may have another shape than their arguments, and the numbers of these.
    """

    trees: dict[str, Any]
    inputs: tuple[Input, ...]
    facts: tuple[Fact, ...]
    entry: Callable[..., Any]
    layout: Layout
    apart: tuple[tuple[int, int], ...] = ()
    direct: Direct | None = None
    unsure: tuple[tuple[int, int], ...] = ()

    def text(self, names: Namespace) -> list[str]:
        """Statements that return the result if the parameters, by their names, have this signature."""
        checks = Checks(names)
        paths, inputs = self._inputs(checks, everything=True)
        checks.equal_sizes()
        for one, other in self.apart:
            given = f"{inputs[one]}, {inputs[other]}, {text(paths[one])!r}, {text(paths[other])!r}"
            checks.require(len(checks.levels) - 1, f"{names.refer(apart, 'apart')}({given})")
        entry = self.entry if self.direct is None else self.direct(self.entry)
        call = f"{names.refer(entry, getattr(self.entry, '__name__', 'entry'))}({', '.join(inputs)})"
        return nested(checks.levels, lines(self.layout, call, names, self._shaped_as(inputs)), names)

    def quick_text(self, names: Namespace) -> list[str]:
        """The same for numbers and plain arrays, which machine code looks at; nothing where there is none."""
        if self.direct is None or self.apart:
            return []
        checks = Checks(names)
        _, inputs = self._inputs(checks, everything=False)
        entry, result = names.refer(self.direct(_miss), "direct"), names.fresh("result")
        body = [f"{result} = {entry}({', '.join(inputs)})", f"if {result} is not {names.refer(MISS, 'MISS')}:"]
        body += ["    " + line for line in lines(self.layout, result, names, self._shaped_as(inputs))]
        return nested(checks.levels, body, names)

    def _shaped_as(self, inputs: Sequence[str]) -> list[tuple[int, str]]:
        return [(gradient, inputs[argument]) for gradient, argument in self.unsure]

    def _inputs(self, checks: Checks, everything: bool) -> tuple[list[Path], list[str]]:
        """Where what the entry takes comes from, and the expressions of it; `checks` are told what is to be looked at
        before: `everything`, or all but the numbers and arrays themselves."""
        found: list[str] = []
        paths: list[Path] = []
        for name, tree in self.trees.items():

            def keep(steps: tuple, _leaf: Leaf, expression: str, name: str = name) -> None:
                found.append(expression)
                paths.append(Path(Root("argument", name), steps))

            checks.tree(tree, name, 0, keep, everything)
        others = [place_of(one.path) for one in self.inputs]
        fetch = Fetch(checks, self.trees, {name: name for name in self.trees}, () if everything else others)
        for fact in self.facts:
            fetch.require(fact)
        return paths + [one.path for one in self.inputs], found + [fetch.leaves[place] for place in others]


def _miss(*args: Any) -> Any:
    return MISS


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
