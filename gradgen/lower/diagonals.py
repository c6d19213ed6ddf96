"""Triangles and diagonals, told by the position of an element."""

from __future__ import annotations

from gradgen.ir import Assign, Atom
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.elementwise import lazily, number
from gradgen.lower.scalars import Scalars


@lazily("tril", "triu")
def triangle(ctx: Context, s: Assign) -> Lazy:
    x, type, whole = ctx.array(s.args[0]), array_type(s.target), ctx.whole
    k, comparison = whole.constant(s.param("k", 0)), "le" if s.op == "tril" else "ge"

    def element(at: Position_) -> Atom:
        inside = whole.compare(comparison, at[-1], whole.add(at[-2], k))
        return Scalars(ctx).choose(inside, x.element(at), number(type, 0), type.dtype)

    return Lazy(type, x.size, element, leaves=x.leaves)


def _starts(s: Assign, name: str) -> tuple[int, int]:
    """The row and the column in which the diagonal begins."""
    offset = s.param(name, 0)
    return max(-offset, 0), max(offset, 0)


@lazily("diagonal")
def diagonal(ctx: Context, s: Assign) -> Lazy:
    x, type, whole = ctx.array(s.args[0]), array_type(s.target), ctx.whole
    axes = s.param("axis1", 0), s.param("axis2", 1)
    starts = [whole.constant(start) for start in _starts(s, "offset")]
    others = [axis for axis in range(x.type.ndim) if axis not in axes]

    def size(axis: int) -> Atom:
        if axis < len(others):
            return x.size(others[axis])
        lengths = [whole.sub(x.size(axis), start) for axis, start in zip(axes, starts, strict=True)]
        if x.type.dims[axes[0]] == x.type.dims[axes[1]] and not s.param("offset", 0):
            return lengths[0]
        least = whole.least(*lengths)
        return whole.most(whole.constant(0), least) if s.param("offset", 0) else least

    def element(at: Position_) -> Atom:
        place = dict(zip(others, at[:-1], strict=True))
        place |= {axis: whole.add(at[-1], start) for axis, start in zip(axes, starts, strict=True)}
        return x.element([place[axis] for axis in range(x.type.ndim)])

    return Lazy(type, size, element, x.free, x.leaves)


@lazily("diag")
def diag(ctx: Context, s: Assign) -> Lazy:
    """The elements of a vector on a diagonal, zeros elsewhere."""
    x, type, whole, scalars = ctx.array(s.args[0]), array_type(s.target), ctx.whole, Scalars(ctx)
    row, column = (whole.constant(start) for start in _starts(s, "k"))
    size = whole.add(x.size(0), whole.constant(abs(s.param("k", 0))))

    def element(at: Position_) -> Atom:
        along = whole.sub(at[0], row)
        on = whole.compare("eq", along, whole.sub(at[1], column))
        if s.param("k", 0):
            on = whole.emit("and", on, whole.compare("ge", along, whole.constant(0)), type=on.type)
            along = whole.choose(on, along, whole.constant(0))  # what is not chosen is read, too
        return scalars.choose(on, x.element([along]), number(type, 0), type.dtype)

    return Lazy(type, lambda axis: size, element, leaves=x.leaves)
