"""NumPy with some functions replaced by those of `instructions`, for texts that are compiled.

Does not load them before Numba asks for one: machine code that comes from disk needs none, and they need much of Numba.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np


class _QuickNumPy(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Numba tells modules by what they are called
            raise AttributeError(name)
        from gradgen.run.instructions import QUICK

        return QUICK[name] if name in QUICK else getattr(np, name)


quick_numpy = _QuickNumPy("quick_numpy")
