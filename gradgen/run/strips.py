"""Functions that a text brings along and that compiled code has in another way: products of matrices by strips.

Does not load Numba: machine code that comes from disk needs none. `strip_products` says what instructions these are.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def dot_by_triangle(x: Any, t: Any, upper: bool) -> Any:
    return np.dot(x, t)


def triangle_of_dot(a: Any, b: Any, upper: bool) -> Any:
    return np.dot(a, b)


IN_PLACE_OF = {"_dot_by_triangle": dot_by_triangle, "_triangle_of_dot": triangle_of_dot}
