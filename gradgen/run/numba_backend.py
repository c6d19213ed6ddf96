"""The Numba backend: the functions of the generated text are compiled.

`error_model="numpy"`: a division by zero gives inf or NaN; the branch that raises would keep loops from
being vectorised. `nogil`: threads may call at once. No fast-math flag is set unless asked for: the text
computes what it says, in its order. Machine code is kept beside the text's file, so that another
process starts warm.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Hashable, Sequence
from types import FunctionType, ModuleType
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
    own = {name: value for name, value in namespace.items() if _is_own(value, namespace)}
    meanings = {name: None if name in entries else _meaning(value, namespace) for name, value in own.items()}
    for name, value in own.items():
        made, key = compiled(value), (meanings[name], frozenset(fastmath), keep)
        namespace[name] = made if meanings[name] is None else _shared.setdefault(key, made)
    return tuple(namespace[name] for name in entries)


_shared: dict[Hashable, Any] = {}  # what several texts bring along is compiled once


def _is_own(value: Any, namespace: dict[str, Any]) -> bool:
    return isinstance(value, FunctionType) and value.__globals__ is namespace


def _meaning(function: FunctionType, namespace: dict[str, Any]) -> Hashable | None:
    """What tells a function that uses nothing but modules and other such functions, wherever it stands; else None.

    >>> def double(x): return x * 2
    >>> def twice(x): return double(double(x))
    >>> def scaled(x): return x * scale
    >>> namespace = {"double": double, "twice": twice, "scale": 3}
    >>> [_meaning(f, namespace) is None for f in (double, twice, scaled)]
    [False, False, True]
    """
    code = function.__code__
    used: list[Hashable] = []
    for name in code.co_names:
        value = namespace.get(name)
        if isinstance(value, FunctionType):
            inner = None if value is function else _meaning(value, namespace)
            if inner is None:
                return None
            used.append(inner)
        elif name in namespace and not isinstance(value, ModuleType):
            return None
    return code.co_name, code.co_code, code.co_consts, code.co_names, code.co_varnames, tuple(used)
