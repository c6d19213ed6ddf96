"""What the program itself says of a number or of a loop: an integer that is written, a loop that counts 0, 1, 2, ...

>>> from dataclasses import replace
>>> from gradgen.ir import INT, Block, Const, Dim, For, Var
>>> i, n = Var("i", 0, INT), Var("n", 1, INT)
>>> loop = For(i, Const(0, INT), n, Const(1, INT), (), (), Block(()), ())
>>> integer_of(loop.step), integer_of(loop.stop), counts_up(loop), runs_through(loop)
(1, None, True, True)
>>> goes_along(replace(loop, stop=Const(3, INT)), Dim(None, 3)), goes_along(loop, Dim("x.0"))
(True, False)
"""

from __future__ import annotations

from gradgen.ir.nodes import Atom, Const, For
from gradgen.ir.types import Dim, Scalar


def integer_of(atom: Atom) -> int | None:
    return atom.value if isinstance(atom, Const) and type(atom.value) is int else None


def as_integer(number: Const) -> int:
    """A number that is written for a size or a place, such as 3, 3.0 or True."""
    assert number.value is not None
    return int(number.value.real)


def counts_up(loop: For) -> bool:
    """Whether its range is 0, 1, 2, ... up to its stop."""
    return integer_of(loop.start) == 0 and integer_of(loop.step) == 1


def runs_through(loop: For) -> bool:
    """Whether it makes all its iterations, and nothing asks how many."""
    return loop.leave is None and loop.trips is None


def extent_of(loop: For) -> Dim | None:
    """The stop of its range as the size of an axis: one that is written, or that is known to be one."""
    constant = integer_of(loop.stop)
    if constant is not None:
        return Dim(None, constant)
    return loop.stop.type.extent if isinstance(loop.stop.type, Scalar) else None


def goes_along(loop: For, dim: Dim) -> bool:
    """Whether it goes over all places of an axis, one after the other."""
    return extent_of(loop) == dim and counts_up(loop) and runs_through(loop)
