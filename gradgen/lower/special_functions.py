"""Special functions for Numba: calls of the functions that the text brings along. What has none is refused by name."""

from __future__ import annotations

from gradgen.ir import Atom, Scalar
from gradgen.lower.scalars import EXPANSIONS, Expansion, Scalars
from gradgen.rules.scipy_special import SPECIAL
from gradgen.rules.special_functions import SPECIAL_FUNCTIONS


def _called(helper: str) -> Expansion:
    def expand(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
        whole = [helper == "_polygamma" and k == 0 for k in range(len(args))]
        wide = [arg if own else s.cast(arg, "float64") for arg, own in zip(args, whole, strict=True)]
        return s.cast(s.op(helper.removeprefix("_"), *wide, spelling=helper), type.dtype)

    return expand


def _refused(op: str) -> Expansion:
    def expand(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
        raise s.ctx.refuse(f"Numba has no `scipy.special.{op}`", "use the Python backend: jit=False")

    return expand


for _op in SPECIAL:
    _helper = "_gamma" if _op == "special_gamma" else f"_{_op}"
    EXPANSIONS.setdefault(_op, _called(_helper) if _helper in SPECIAL_FUNCTIONS else _refused(_op))
