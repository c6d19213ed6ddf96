"""The Python backend: the generated text runs as it is."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any


def load(
    text: str, filename: str, entries: Sequence[str], tree: ast.Module | None = None
) -> tuple[Callable[..., Any], ...]:
    """The functions named `entries` of the module `text`; `tree`: what is run in its place, line by line the same.

    The module is entered in `sys.modules` under its file's name, which holds a digest of the text: Numba finds
    it there when it takes machine code from its cache, and so does `pickle`.
    """
    module = ModuleType("gradgen_generated_" + re.sub(r"\W+", "_", Path(filename).stem))
    module.__file__ = filename
    exec(compile(text if tree is None else tree, filename, "exec"), module.__dict__)
    sys.modules[module.__name__] = module
    return tuple(getattr(module, name) for name in entries)
