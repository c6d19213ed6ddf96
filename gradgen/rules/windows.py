"""The windows of signal processing: constants of a length. How they are computed under Numba: `lower/windows.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType
from gradgen.ir import Array, Atom, Type, is_float
from gradgen.rules.build import dim_of
from gradgen.rules.table import constant


def _as_long(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """As many elements as the argument says."""
    (length,) = args
    if is_float(length.type):
        raise UnsupportedType("a window whose length is a float", way_out="a whole number")
    return Array("float64", (dim_of(length),))


for _window in (np.bartlett, np.blackman, np.hamming, np.hanning):
    constant(_window.__name__, _window, type=_as_long)
