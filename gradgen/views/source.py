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
from gradgen.views.merge import parts


@dataclass(frozen=True, slots=True)
class Source:
    text: str
    forward: str
    backward: str


def source(target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Source:
    compiled, _ = target.shown("pair", args, kwargs)
    text = decorated(compiled.source, target.options) if target.jit else compiled.source
    forward, backward = compiled.entries
    return Source(text, only(text, forward), only(text, backward))


def only(text: str, name: str) -> str:
    """The function `name` of a module, with the imports and the functions that it needs."""
    functions = parts(text)
    imports = functions.pop("", "").splitlines()
    needed: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in functions and one not in needed:
            needed.add(one)
            waiting += _names(functions[one])
    used = {used for one in needed for used in _names(functions[one])}
    head = "\n".join(line for line in imports if line.split()[-1] in used)
    return "\n\n\n".join([*([head] if head else []), *(functions[one] for one in functions if one in needed)]) + "\n"


def _names(text: str) -> list[str]:
    return sorted({one.id for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Name)})
