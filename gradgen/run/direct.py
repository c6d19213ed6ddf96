"""A compiled function, called without Numba's look at its arguments: what they are is known already.

Half of the time of a call of a small function is that look. Compiled code depends on types, and on how arrays lie in
memory: here they are written to and read as they come, row after row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np

from gradgen.ir import Array, Scalar, Type


def direct(function: Any, types: Sequence[Type]) -> Callable[..., Any] | None:
    """The compiled code of a Numba dispatcher for numbers and plain arrays of these types; None for other types.

    An array is plain if `flags.carray` says so. It is not looked at again: one of another type or rank, or that is not
    plain, must not be passed.

    >>> halved = direct(numba.njit(lambda x: x / 2), [Scalar("float64", weak=True)])
    >>> halved(3.0)
    1.5
    """
    signature = tuple(_numba(one) for one in types if isinstance(one, Array | Scalar))
    if len(signature) < len(types):
        return None
    function.compile(signature)
    entry: Callable[..., Any] = function.overloads[signature].entry_point
    return entry


def _numba(one: Array | Scalar) -> Any:
    dtype = numba.from_dtype(np.dtype(one.dtype))
    return numba.types.Array(dtype, len(one.dims), "C") if isinstance(one, Array) else dtype
