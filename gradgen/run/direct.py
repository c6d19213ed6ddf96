"""A compiled function of numbers, called without Numba's look at its arguments: their types are known already.

Half of the time of a call of a small function is that look. For arrays it stays: compiled code also depends on
how they lie in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np

from gradgen.ir import Scalar, Type


def direct(function: Any, types: Sequence[Type]) -> Callable[..., Any]:
    """The compiled code of a Numba dispatcher for arguments of these types, if all are numbers; else `function` itself.

    >>> halved = direct(numba.njit(lambda x: x / 2), [Scalar("float64", weak=True)])
    >>> halved(3.0)
    1.5
    """
    scalars = [one for one in types if isinstance(one, Scalar)]
    if len(scalars) < len(types):
        return function
    signature = tuple(numba.from_dtype(np.dtype(one.dtype)) for one in scalars)
    function.compile(signature)
    return function.overloads[signature].entry_point
