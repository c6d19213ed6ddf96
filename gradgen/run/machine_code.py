"""Machine code on disk, so that another process need not compile.

Numba's own cache first loads all that a compilation may need, a quarter of a second; machine code that is there needs
none of it. A file holds the code of one function for one signature. It lies beside the function's text and is named
after all that the code depends on; it begins with a digest of the rest, and is trusted as the text is.

Does not know how code is made, nor what options there are: the text's file is named after those.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import sys
from pathlib import Path
from types import FunctionType
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import config
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from gradgen.run.files import read, sources, written

SETTINGS = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "BOUNDSCHECK")  # of Numba's, from its environment variables


class MachineCode(_Cache):
    """The code of one function, under Numba's interface for such a thing. `kind`: how it is called."""

    def __init__(self, function: FunctionType, kind: str):
        self.path = Path(function.__code__.co_filename)
        self.name, self.kind = function.__name__, kind

    @property
    def cache_path(self) -> str:
        return str(self.path.parent)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        kept = read(self._file(sig, target_context.codegen()))
        if kept is None or hashlib.sha256(kept[32:]).digest() != kept[:32]:
            return None
        rtsys.initialize(target_context)  # what allocates arrays
        return CompileResult._rebuild(target_context, *pickle.loads(kept[32:]))

    def save_overload(self, sig: Any, data: Any) -> None:
        if data.lifted or data.library.has_dynamic_globals:
            return
        kept = dumps(data._reduce())
        written(self._file(sig, data.codegen), hashlib.sha256(kept).digest() + kept)

    def _file(self, sig: Any, codegen: Any) -> Path:
        versions = (sys.version, np.__version__, numba.__version__, llvmlite.__version__)
        settings = [str(getattr(config, name)) for name in SETTINGS]
        made = (self.name, self.kind, sig, codegen.magic_tuple(), versions, settings, _compiler())
        digest = hashlib.sha256(repr(made).encode()).hexdigest()
        return self.path.with_suffix(f".{digest[:24]}.code")

    def enable(self) -> None:
        raise NotImplementedError

    def disable(self) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError


@functools.cache
def _compiler() -> tuple[tuple[str, int, int], ...]:
    """What makes machine code of a text, beside Numba: this folder."""
    return sources(Path(__file__).parent)
