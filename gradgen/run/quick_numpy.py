"""NumPy with some functions replaced by those of `instructions` and `systems`, for texts that are compiled.

Does not load them before Numba asks for one: machine code that comes from disk needs none, and they need much of Numba.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np


class _Quick(ModuleType):
    """The module `own`, with what `replaced` has instead."""

    def __init__(self, name: str, own: ModuleType, replaced: str) -> None:
        super().__init__(name)
        self.__own, self.__replaced = own, replaced

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Numba tells modules by what they are called
            raise AttributeError(name)
        if name == "linalg":
            return quick_linalg
        quick = importlib.import_module(f"gradgen.run.{self.__replaced}").QUICK
        return quick[name] if name in quick else getattr(self.__own, name)


quick_linalg = _Quick("quick_linalg", np.linalg, "systems")
quick_numpy = _Quick("quick_numpy", np, "instructions")
