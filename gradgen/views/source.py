"""The generated text, as the user asks for it: both functions, or one of them.

>>> text = "import math\\nimport os\\n\\ndef f(x):\\n    return math.exp(x)\\n\\ndef g(x):\\n    return os.name\\n"
>>> print(only(text, "g"), end="")
import os
<BLANKLINE>
<BLANKLINE>
def g(x):
    return os.name
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from gradgen.target import Target
from gradgen.views.compiled import decorated


@dataclass(frozen=True, slots=True)
class Source:
    text: str
    forward: str
    backward: str


def source(target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Source:
    compiled, _ = target.shown("pair", args, kwargs)
    text = decorated(compiled.source) if target.jit else compiled.source
    forward, backward = compiled.entries
    return Source(text, only(text, forward), only(text, backward))


def only(text: str, name: str) -> str:
    """The function `name` of a module, with the imports and the functions that it needs."""
    statements = {(getattr(node, "name", "") or f" {k}"): node for k, node in enumerate(ast.parse(text).body)}
    needed, waiting = set(), [name]
    while waiting:
        one = waiting.pop()
        if one in statements and one not in needed:
            needed.add(one)
            waiting += sorted(_names(statements[one]))
    used = set().union(*(_names(statements[one]) for one in needed))
    kept = [node for one, node in statements.items() if one in needed or _imports(node) & used]
    lines = text.splitlines()
    texts = ["\n".join(lines[_first(node) - 1 : node.end_lineno]) for node in kept]
    imports = sum(bool(_imports(node)) for node in kept)
    return "\n\n\n".join((["\n".join(texts[:imports])] if imports else []) + texts[imports:]) + "\n"


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _imports(node: ast.AST) -> set[str]:
    aliases = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
    return {(alias.asname or alias.name).split(".")[0] for alias in aliases}


def _first(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])
