"""The backends, by the style of text that they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradgen.infer.signature import Leaf
from gradgen.run.files import stored
from gradgen.run.options import Options

# From what is called with values that do not fit to what is called with any.
Direct = Callable[[Callable[..., Any]], Callable[..., Any]]


def load(text: str, entries: Sequence[str], style: str, options: Options) -> tuple[Callable[..., Any], ...]:
    """The functions named `entries` of the module `text`, written in `style`: "python" or "jit"."""
    if style == "jit":
        # Here, because Numba takes half a second to import.
        from gradgen.run import numba_backend

        return numba_backend.load(text, stored(text, entries[0], numba_backend.tag(options)), entries, options)
    from gradgen.run import python_backend

    return python_backend.load(text, stored(text, entries[0]), entries)


def specialised(
    name: str, entry: Callable[..., Any], leaves: Sequence[Leaf], values: Sequence[Any], style: str
) -> Direct | None:
    """How `entry` is called with numbers and plain arrays of these leaves, see `direct`; None where there is no such
    way, or `values`, those of the call at hand, are not such. `name`: of the user's function."""
    if style == "jit" and all(value.flags.carray for value in values if isinstance(value, np.ndarray) and value.ndim):
        from gradgen.run.compiling import compiling
        from gradgen.run.direct import direct

        made: Direct | None = compiling(name, direct, entry, leaves)
        return made
    return None


def first_call(name: str, call: Callable[..., Any], args: Sequence[Any], style: str) -> Any:
    """The first call for a signature, in which compiled code is made."""
    if style == "jit":
        from gradgen.run.compiling import compiling

        return compiling(name, call, *args)
    return call(*args)
