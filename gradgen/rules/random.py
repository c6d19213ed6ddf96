"""Random numbers: constants of the gradient, drawn once, in forward.

A draw changes its generator, so each draw is given the one before it, which keeps them in the user's order.
`stage.draws` says how they are called.
"""

from __future__ import annotations

from typing import Any

from gradgen.ir import Array, Atom, Opaque, Scalar, Type
from gradgen.rules.build import dim_of
from gradgen.rules.table import constant


def drawn(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Of the arguments the generator comes first, then as many sizes as `sizes` says, bounds, and the draw before."""
    sizes = params["sizes"]
    dtype = params.get("dtype", "float64")
    if sizes is None:
        return Scalar(dtype, weak=params.get("weak", True))
    return Array(dtype, tuple(map(dim_of, args[1 : 1 + sizes])))


constant("generator", type=lambda args, params: Opaque(), cost=100)
constant("draw", type=drawn, cost=100)
