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
    """reassociate, error_model: as in `gradgen.grad`.

    simd: mathematical functions of several elements at once, where the machine has them. distinct_memory: LLVM is told
    which arrays cannot share memory. These two are no part of the public face.
    """

    reassociate: bool = True
    error_model: ErrorModel = "numpy"
    simd: bool = True
    distinct_memory: bool = True

    @property
    def tag(self) -> str:
        """All that differs from the defaults.

        >>> Options().tag, Options(reassociate=False).tag
        ('', 'reassociate=False')
        """
        named = ((one.name, getattr(self, one.name), one.default) for one in dataclasses.fields(self))
        return ", ".join(f"{name}={value!r}" for name, value, default in named if value != default)


def chosen(reassociate: bool, error_model: ErrorModel) -> Options:
    """The options that a user asked for. Without `jit` they make no difference: Python text is in order, and raises.

    >>> chosen(False, "python").tag
    "reassociate=False, error_model='python'"
    """
    if not isinstance(reassociate, bool):
        raise ArgumentError(f"reassociate={reassociate!r}", way_out="reassociate=True or reassociate=False")
    if error_model not in get_args(ErrorModel):
        known = " or ".join(f"error_model={one!r}" for one in get_args(ErrorModel))
        raise ArgumentError(f"error_model={error_model!r}", way_out=known)
    return Options(reassociate, error_model)
