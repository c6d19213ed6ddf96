"""Hypothesis strategies for the text of expressions, of scalars and of arrays that broadcast.

Every expression is smooth enough to be checked by differences wherever its variables are near those of
`ARRAYS`: functions with poles get arguments away from them. Does not make statements (see programs.py).
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

CONSTANTS = ["2", "0.5", "3", "-1.5", "1", "0.25"]
# `{}` stands for an operand; each is smooth, and bounded enough that towers of them do not overflow.
SCALAR_UNARY = [
    "math.sin({})",
    "math.cos({})",
    "math.tanh({})",
    "math.atan({})",
    "math.exp(math.tanh({}))",
    "math.log(1 + ({}) ** 2)",
    "math.sqrt(2 + ({}) ** 2)",
    "1 / (1 + math.exp(-({})))",
    "math.log(1 + math.exp(math.sin({})))",
    "math.erf({})",
    "abs({})",
    "-({})",
    "({}) ** 2",
    "max(0.0, {})",
]
BINARY = [
    "({}) + ({})",
    "({}) - ({})",
    "({}) * ({})",
    "({}) / (1.5 + math.sin({}))",
    "(2 + ({}) ** 2) ** math.tanh({})",
]
SCALAR_BINARY = [
    *BINARY,
    "max({}, {})",
    "min({}, {})",
    "math.hypot(1 + ({}) ** 2, {})",
    "math.atan2({}, 2 + ({}) ** 2)",
]
TERNARY = ["({0}) if ({1}) > ({2}) else ({1})", "({0}) * ({1}) - ({2})", "({0}) / (2 + ({1}) ** 2 + ({2}) ** 2)"]


def scalars(names: list[str], depth: int = 4) -> st.SearchStrategy[str]:
    """Expressions of Python floats with these names."""
    leaves = st.sampled_from(names * 3 + CONSTANTS)

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds(str.format, st.sampled_from(SCALAR_UNARY), inner),
            st.builds(str.format, st.sampled_from(SCALAR_BINARY), inner, inner),
            st.builds(str.format, st.sampled_from(TERNARY), inner, inner, inner),
        )

    return st.recursive(leaves, grown, max_leaves=2**depth)


# Numbers of many digits, so that sums of a few never tie.
ARRAYS = {
    "s": 0.7071,
    "v": np.array([0.9123, -0.4231, 1.3377]),
    "w": np.array([0.3019, 1.1173, -0.8317]),
    "m": np.array([[0.2213, -1.2391, 0.8089], [1.4107, 0.6211, -0.5147]]),
    "c": np.array([[0.4517], [-0.9533]]),
    "r": np.array([[1.1519, 0.3583, -0.6571]]),
}
ELEMENTWISE = [
    *[
        one.replace("math.", "np.")
        for one in SCALAR_UNARY
        if "max" not in one and "erf" not in one and "atan" not in one
    ],
    "np.arctan({})",
    "np.maximum({}, 0)",
    "np.clip({}, -0.77, 0.83)",
]
PAIRS = [
    *[one.replace("math.", "np.") for one in BINARY],
    "np.maximum({}, {})",
    "np.minimum({}, {})",
    "np.hypot(1 + ({}) ** 2, {})",
    "np.logaddexp({}, {})",
    "np.where(({0}) > 0.15, {0}, {1})",
]


@st.composite
def arrays(draw: st.DrawFn, depth: int = 3) -> str:
    """Elementwise expressions, with reductions that keep dimensions inside; their shapes broadcast with (2, 3)."""
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([*ARRAYS, *ARRAYS, *CONSTANTS]))
    inner = arrays(depth=depth - 1)
    kind = draw(st.sampled_from(["unary", "pair", "pair", "pair", "reduced"]))
    if kind == "unary":
        return draw(st.sampled_from(ELEMENTWISE)).format(draw(inner))
    if kind == "pair":
        return draw(st.sampled_from(PAIRS)).format(draw(inner), draw(inner))
    # `m +` makes it two-dimensional whatever the operand is.
    reduction = draw(st.sampled_from(["sum", "mean", "max", "min", "var"]))
    where = draw(st.sampled_from(["axis=0", "axis=1, keepdims=True", "axis=-1, keepdims=True", "axis=(0, 1)", ""]))
    return f"(m + ({draw(inner)})).{reduction}({where})"
