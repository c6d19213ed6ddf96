"""Several generated modules as one.

>>> first = "import math\\n\\n\\ndef f(x):\\n    return math.exp(h(x))\\n\\n\\ndef h(x):\\n    return x\\n"
>>> second = "import numpy as np\\n\\n\\ndef g(x):\\n    return np.sum(h(x))\\n\\n\\ndef h(x):\\n    return 2 * x\\n"
>>> print(merged([first, second]), end="")
import math
import numpy as np
<BLANKLINE>
<BLANKLINE>
def f(x):
    return math.exp(h(x))
<BLANKLINE>
<BLANKLINE>
def h(x):
    return x
<BLANKLINE>
<BLANKLINE>
def g(x):
    return np.sum(h_2(x))
<BLANKLINE>
<BLANKLINE>
def h_2(x):
    return 2 * x
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence


def merged(texts: Sequence[str]) -> str:
    """One text with the functions of all. Equal ones come once; of two that share only the name one gets another."""
    imports: dict[str, None] = {}
    functions: dict[str, str] = {}
    for number, text in enumerate(texts, start=1):
        for name, found in parts(text).items():
            if name and functions.get(name, found) != found:
                text = re.sub(rf"\b{re.escape(name)}\b", f"{name}_{number}", text)
        for name, found in parts(text).items():
            if name:
                functions[name] = found
            else:
                imports.update(dict.fromkeys(found.splitlines()))
    head = ["\n".join(sorted(imports))] if imports else []
    return "\n\n\n".join([*head, *functions.values()]) + "\n"


def parts(text: str) -> dict[str, str]:
    """The text of each function of a module, with its decorators; under "" what is no function: imports."""
    lines = text.splitlines()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        found_text = "\n".join(lines[first - 1 : node.end_lineno])
        name = node.name if isinstance(node, ast.FunctionDef) else ""
        found[name] = f"{found[name]}\n{found_text}" if name in found else found_text
    return found
