"""The Python backend: the generated text runs as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def load(text: str, filename: str, entries: Sequence[str]) -> tuple[Callable[..., Any], ...]:
    """The functions named `entries` of the module `text`."""
    namespace: dict[str, Any] = {"__name__": "gradgen_generated", "__file__": filename}
    exec(compile(text, filename, "exec"), namespace)
    return tuple(namespace[name] for name in entries)
