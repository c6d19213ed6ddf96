"""The backends, by the style of text that they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradgen.ir import Type
from gradgen.run.files import stored
from gradgen.run.options import Options


def load(text: str, entries: Sequence[str], style: str, options: Options) -> tuple[Callable[..., Any], ...]:
    """The functions named `entries` of the module `text`, written in `style`: "python" or "jit"."""
    if style == "jit":
        # Here, because Numba takes half a second to import.
        from gradgen.run import numba_backend

        return numba_backend.load(text, stored(text, entries[0], numba_backend.tag(options)), entries, options)
    from gradgen.run import python_backend

    return python_backend.load(text, stored(text, entries[0]), entries)


def specialised(
    name: str, entry: Callable[..., Any], types: Sequence[Type], values: Sequence[Any], style: str
) -> Callable[..., Any] | None:
    """`entry` for calls with numbers and plain arrays of these types, see `direct`; None where there is none, or
    `values`, those of the call at hand, are not such. `name`: of the user's function."""
    if style == "jit" and all(value.flags.carray for value in values if isinstance(value, np.ndarray) and value.ndim):
        from gradgen.run.compiling import compiling
        from gradgen.run.direct import direct

        made: Callable[..., Any] | None = compiling(name, direct, entry, types)
        return made
    return None


def first_call(name: str, call: Callable[..., Any], args: Sequence[Any], style: str) -> Any:
    """The first call for a signature, in which compiled code is made."""
    if style == "jit":
        from gradgen.run.compiling import compiling

        return compiling(name, call, *args)
    return call(*args)
