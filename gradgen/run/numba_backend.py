"""The Numba backend: the functions of the generated text are compiled.

`error_model="numpy"`: a division by zero gives inf or NaN; the branch that raises would keep loops from
being vectorised. `nogil`: threads may call at once. No fast-math flag is set unless asked for: the text
computes what it says, in its order. Machine code is kept beside the text's file, so that another
process starts warm.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from types import FunctionType
from typing import Any

import numba

from gradgen.run import python_backend


def load(
    text: str, filename: str, entries: Sequence[str], fastmath: Collection[str] = (), cache: bool | None = None
) -> tuple[Callable[..., Any], ...]:
    """The functions named `entries` of the module `text`, compiled when first called, as are those they call.

    `fastmath`: LLVM's flags, such as "contract" and "reassoc". `cache`: keep machine code on disk; by
    default where the text is a file.
    """
    functions = python_backend.load(text, filename, entries)
    namespace = functions[0].__globals__
    keep = os.path.exists(filename) if cache is None else cache
    compiled = numba.njit(error_model="numpy", nogil=True, fastmath=set(fastmath) or False, cache=keep)
    for name, value in list(namespace.items()):
        if isinstance(value, FunctionType) and value.__globals__ is namespace:
            namespace[name] = compiled(value)
    return tuple(namespace[name] for name in entries)
