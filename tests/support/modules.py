"""Modules made from text in real files, so that their source can be read as a user's is."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType


def loaded(source: str, folder: Path, name: str = "") -> ModuleType:
    """A new module of this text. Without a name it is called after the text."""
    name = name or "m" + hashlib.sha256(source.encode()).hexdigest()[:16]
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"written_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
