"""How compiled code is made: what of it a user may choose, and what the tests switch off.

Does not know how a choice is carried out: `numba_backend` and what it uses do.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from gradgen.errors import ArgumentError

ErrorModel = Literal["numpy", "python"]


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """reassociate, error_model, parallel: as in `gradgen.grad`.

    simd: mathematical functions of several elements at once, where the machine has them. distinct_memory: LLVM is told
    which arrays cannot share memory. small_arrays: those of written size lie on the stack. fused_sums: sums in loops
    take products in unrounded, where their terms may change places. linear_passes: ours in place of some of Numba's,
    which make the same code. few_instructions: LLVM is given elements of arrays, arithmetic and loops over ranges in
    few instructions, and makes the same code of them, or less. These six are no part of the public face.
    """

    reassociate: bool = True
    error_model: ErrorModel = "numpy"
    parallel: bool = False
    simd: bool = True
    distinct_memory: bool = True
    small_arrays: bool = True
    fused_sums: bool = True
    linear_passes: bool = True
    few_instructions: bool = True

    @property
    def tag(self) -> str:
        """All that differs from the defaults.

        >>> Options().tag, Options(reassociate=False).tag
        ('', 'reassociate=False')
        """
        named = ((one.name, getattr(self, one.name), one.default) for one in dataclasses.fields(self))
        return ", ".join(f"{name}={value!r}" for name, value, default in named if value != default)


def chosen(reassociate: bool, error_model: ErrorModel, parallel: bool = False, jit: bool = True) -> Options:
    """The options that a user asked for. The first two make no difference without `jit`: Python text is in order, and
    raises.

    >>> chosen(False, "python").tag
    "reassociate=False, error_model='python'"
    """
    if not isinstance(reassociate, bool):
        raise ArgumentError(f"reassociate={reassociate!r}", way_out="reassociate=True or reassociate=False")
    if error_model not in get_args(ErrorModel):
        known = " or ".join(f"error_model={one!r}" for one in get_args(ErrorModel))
        raise ArgumentError(f"error_model={error_model!r}", way_out=known)
    if not isinstance(parallel, bool):
        raise ArgumentError(f"parallel={parallel!r}", way_out="parallel=True or parallel=False")
    if parallel and not jit:
        raise ArgumentError("parallel=True is for compiled code", way_out="jit=True, parallel=True")
    if parallel and not reassociate:
        message = "parallel=True adds the terms of a sum in another order, reassociate=False does not"
        raise ArgumentError(message, way_out="leave one of them out")
    return Options(reassociate, error_model, parallel)
