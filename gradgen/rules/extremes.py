"""Running extremes: the largest, or the smallest, so far.

Of equal ones the first stays the largest so far, and takes the whole gradient.
"""

from __future__ import annotations

from gradgen.ir import ALL, Slice
from gradgen.rules.sorting import along, upright
from gradgen.rules.symbols import Placed, Sym, apply
from gradgen.rules.table import general, same


def _place(x: Sym, y: Sym, axis: int, better: str) -> Sym:
    """Where along `axis` each running extreme y of x stands."""
    before = (ALL,) * axis
    after, until = (*before, Slice(1, None, None)), (*before, Slice(None, -1, None))
    rises = apply("zeros_like", x, dtype="int64")
    places = upright(apply("arange", 1, apply("size", x, axis=axis), 1), axis, x.ndim)
    new = apply(better, apply("getitem", x, index=after), apply("getitem", y, index=until))
    moved = apply("where", new, places, 0)
    risen = x.builder.store(rises.atom, after, (), moved.atom)
    return apply("cummax", Sym(risen, x.builder), axis=axis)


def _running(op: str, better: str) -> None:
    def tangent(y, args, tangents, *, axis):
        (x,), (dx,) = args, tangents
        index, operands = along(x, _place(x, y, axis, better), axis)
        return apply("getitem", dx, *operands, index=index)

    @general(op, type=same, tangent=tangent, cost=2)
    def derivative(g, y, x, *, axis):
        return Placed(g, *along(x, _place(x, y, axis, better), axis))


_running("cummax", "gt")
_running("cummin", "lt")
