"""The last step: from programs to the text of a Python module.

    fold        what is written inside the expression that reads it
    alias       (analyse) which updates may be in place
    names       what everything is called
    body        statements, by way of `spell` (expressions) and `slots`
    signature   parameters and results
    printer     text, comments, line numbers

The text is a pure function of the programs: the same in every process.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gradgen.analyse.alias import ownership
from gradgen.analyse.liveness import liveness
from gradgen.ir import Accumulate, Assign, Function, Origin, Program, Var
from gradgen.ir.walk import block_params, statements, targets, uses
from gradgen.write.body import BodyWriter
from gradgen.write.fold import fold
from gradgen.write.helpers import HELPERS, with_helpers
from gradgen.write.names import Namer
from gradgen.write.parts import part_names
from gradgen.write.printer import print_function
from gradgen.write.signature import Layout, arguments, returned, unpacking
from gradgen.write.slots import Lists, Typed
from gradgen.write.spell import Speller
from gradgen.write.tree import attribute, call

__all__ = ["Layout", "Text", "write"]


@dataclass(frozen=True, slots=True)
class Text:
    """A module. `lines`: by line of the text, from 1, the statement of the user's that it comes from."""

    source: str
    lines: dict[int, Origin] = field(default_factory=dict)


def write(
    programs: Program | Sequence[Program], *, style: str = "python", layouts: Mapping[str, Layout] | None = None
) -> Text:
    """One module with the functions of `programs`; `style` "python" or "jit"; `layouts` by function name."""
    if isinstance(programs, Program):
        programs = (programs,)
    functions = {function.name: function for program in programs for function in program.functions}
    taken: set[str] = set()  # builtins that the text calls, of which no variable may take the name
    while True:
        module = _Module(list(functions.values()), style, layouts or {}, taken)
        clashes = module.builtins & module.variables - taken
        if not clashes:
            return module.text()
        taken |= clashes


class _Module:
    """The written functions, and what they need around them."""

    def __init__(self, functions: list[Function], style: str, layouts: Mapping[str, Layout], taken: set[str]):
        self.functions, self.style, self.layouts = functions, style, layouts
        user_names = {var.name for function in functions for var in _variables(function)} - {""}
        user_names |= {name for layout in layouts.values() for name in layout.taken()}
        self.aliases: dict[str, str] = {
            module: f"_{module}" for module in ("np", "math", "cmath", "special") if module in user_names
        }
        reserved = {function.name for function in functions} | set(HELPERS) | taken | {"prange"}
        reserved |= {name for function in functions for name in part_names(function)}
        self.namer = Namer(reserved, user_names)
        self.imports: set[str] = set()
        self.builtins: set[str] = set()
        self.helpers: set[str] = set()
        self.variables: set[str] = set()
        self.made: dict[int, Assign | Accumulate] = {}
        for function in functions:
            self.namer.learn(function)
            self.made |= {s.target.version: s for s in statements(function.body) if isinstance(s, Assign)}
        self.written = [written for function in functions for written in self._function(function)]

    def _function(self, function: Function) -> list[tuple[list[str], dict[int, Origin]]]:
        layout = self.layouts.get(function.name)
        folds = fold(function)
        flow = liveness(function, folds.reads, folds.is_written, folds.writes)
        owned = ownership(function, flow)
        flow.separate(owned.copies(function))
        cache = "cache" if "cache" not in self.namer.user_names else "_cache"
        taken = {cache} if function.role == "backward" else set()
        names, slot_names = self.namer.name(function, flow, folds, owned, taken | (layout.taken() if layout else set()))
        speller = Speller(names, folds, self.style, self.aliases)
        slots = Lists(slot_names) if self.style == "python" else Typed(slot_names, speller)
        writer = BodyWriter(speller, folds, owned, slots, uses(function), self.made, part_names(function))
        body = unpacking(function, layout, names, slots, slot_names, cache)
        body += writer.block(function.body)
        values = [
            call(attribute(value, "copy")) if k in owned.copied_results else value
            for k, value in enumerate(map(writer.value, function.body.yields))
        ]
        body.append(returned(function, layout, values, slots, names))
        head = arguments(function, layout, names, cache)
        made = ast.FunctionDef(function.name, head, body, [], lineno=0)
        self.imports |= speller.imports
        self.builtins |= {name for name in speller.builtins if hasattr(builtins, name)}
        self.helpers |= speller.helpers
        self.variables |= set(names.values())
        return [print_function(each, writer.origins) for each in (made, *writer.parts)]

    def text(self) -> Text:
        needed = with_helpers(self.helpers)
        lines = [self._import(module) for module in sorted(self.imports)]
        for module, line in (("math", "import math"), ("np", "import numpy as np")):
            if any(f"{module}." in HELPERS[name] for name in needed) and line not in lines:
                lines.append(line)
        traced: dict[int, Origin] = {}
        for written, origins in self.written:
            lines += ["", ""] if lines else []
            traced |= {len(lines) + k + 1: origin for k, origin in origins.items()}
            lines += written
        for name in needed:
            lines += ["", "", *HELPERS[name].rstrip("\n").split("\n")]
        return Text("\n".join(lines) + "\n", traced)

    def _import(self, module: str) -> str:
        if module == "np":
            return f"import numpy as {self.aliases.get('np', 'np')}"
        package, _, name = module.partition(".")
        alias = self.aliases.get(name or module)
        if name:
            return f"from {package} import {name} as {alias}" if alias else f"from {package} import {name}"
        return f"import {module} as {alias}" if alias else f"import {module}"


def _variables(function: Function) -> list[Var]:
    found = list(function.params)
    for s in statements(function.body):
        found += [*targets(s), *block_params(s)]
    return found
