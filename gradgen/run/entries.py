"""Which compiled functions have machine code of our own by which Python calls them, see `native_entry`.

Apart from that, as it takes long to load, and machine code from disk needs none of it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from numba.core import types

WORD, HEAD = struct.calcsize("P"), object.__basicsize__  # in bytes


def entry_name(fndesc: Any) -> str:
    return f"gradgen.{fndesc.llvm_cpython_wrapper_name}"


def has_entry(argtypes: Sequence[Any]) -> bool:
    """For numbers, and arrays of which element follows element, row after row."""
    return all(
        one.layout == "C" and one.mutable and one.aligned and one.ndim > 0
        if isinstance(one, types.Array)
        else one in types.number_domain or one == types.boolean
        for one in argtypes
    )
