"""Python looks for cycles of dead objects less often while a function is compiled.

A compiler makes objects by the hundred thousand, and keeps most of them until it is done: looking through them at each
700 new ones was a twelfth of the time of a first call, and found next to nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 50_000  # new ones, between two looks


@contextmanager
def few_collections() -> Iterator[None]:
    """Whoever has switched collection off, or made it rarer still, is left to it.

    >>> import gc
    >>> before = gc.get_threshold()
    >>> with few_collections():
    ...     gc.get_threshold()[0] == max(before[0], OBJECTS)
    True
    >>> gc.get_threshold() == before
    True
    """
    first, *older = gc.get_threshold()
    gc.set_threshold(first and max(first, OBJECTS), *older)
    try:
        yield
    finally:
        gc.set_threshold(first, *older)
