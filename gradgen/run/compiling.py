"""What Numba cannot compile, in a few words: its own report describes generated text, which the user did not write."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.errors import NumbaError, UnsupportedBytecodeError

from gradgen.errors import UnsupportedSyntax

DEPTH = 20_000  # Numba goes through the blocks of a function by recursion; a thousand is reached at some 300 loops


@contextmanager
def deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def compiling(name: str, step: Callable[..., Any], *args: Any) -> Any:
    """The result of `step`, which makes Numba compile the gradient of the function `name`.

    >>> compiling("f", lambda x: x + 1, 1)
    2
    """
    try:
        with deep_recursion():
            return step(*args)
    except (NumbaError, UnsupportedBytecodeError, NotImplementedError) as error:
        if isinstance(error, NotImplementedError) and not _is_of_numba(error):
            raise  # by the function, which the first call has run
        lines = [line.strip() for line in str(error).splitlines()]
        reason = next((line for line in lines if line and not line.startswith("Failed in")), type(error).__name__)
        way_out = "leave jit out: the Python backend runs it"
        raise UnsupportedSyntax(f"Numba cannot compile the gradient of `{name}`: {reason}", way_out=way_out) from error


def _is_of_numba(error: Exception) -> bool:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__", "").startswith("numba.")
