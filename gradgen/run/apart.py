"""Arrays that share memory, at a call of a function that changes one of them.

The gradient is one for each argument. Where two are one memory, what is written to one is written to the other, and a
gradient for each apart means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import ArgumentError


def apart(changed: Any, other: Any, name: str, other_name: str) -> bool:
    """True, or the refusal.

    >>> a = np.zeros(4)
    >>> apart(a[::2], a[1::2], "a", "b")
    True
    """
    if np.may_share_memory(changed, other) and np.shares_memory(changed, other):
        raise ArgumentError(
            f"`{name}`, which the function changes, shares memory with `{other_name}`",
            way_out=f"pass a copy: `{other_name}.copy()`",
        )
    return True
