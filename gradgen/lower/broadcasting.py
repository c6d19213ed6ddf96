"""Where an operand of a broadcast operation is read for an element of the result.

What the types say is settled when the text is written: a dimension that is 1 is read at 0, one that cannot
be 1 at the result's position. Only a dimension of unknown size, meeting another, is looked at when the text
runs. Sizes that do not fit raise ValueError, as in NumPy; a loop would read beyond the array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradgen.ir import BOOL, Atom, Dim
from gradgen.lower.context import Context, Lazy, Position_

MISFIT = "operands could not be broadcast together"


@dataclass(frozen=True)
class _Place:
    """One dimension of one operand, aligned with an axis of the result."""

    operand: int
    axis: int
    dim: Dim


class Broadcast:
    """The common shape of `operands`, some of them numbers, and how each is read."""

    def __init__(self, ctx: Context, operands: Sequence[Atom | Lazy]):
        self.ctx, self.operands = ctx, operands
        self.ndim = max((o.type.ndim for o in operands if isinstance(o, Lazy)), default=0)
        self.flags: dict[tuple[int, int], Atom] = {}  # 0 or 1 by which the position is multiplied
        self._sizes = [self._axis(axis) for axis in range(self.ndim)]

    def size(self, axis: int) -> Atom:
        return self._sizes[axis]()

    def sizes(self) -> list[Atom]:
        return [self.size(axis) for axis in range(self.ndim)]

    def element(self, operand: int, at: Position_) -> Atom:
        lazy = self.operands[operand]
        return lazy.element(self.place(operand, at)) if isinstance(lazy, Lazy) else lazy

    def place(self, operand: int, at: Position_) -> list[Atom]:
        """Where an array is read for the element `at` of the result."""
        array = self._array(operand)
        lead = self.ndim - array.type.ndim
        return [self._position(operand, axis, dim, at[lead + axis]) for axis, dim in enumerate(array.type.dims)]

    def _array(self, operand: int) -> Lazy:
        array = self.operands[operand]
        assert isinstance(array, Lazy)
        return array

    def elements(self, at: Position_) -> list[Atom]:
        return [self.element(k, at) for k in range(len(self.operands))]

    def _position(self, operand: int, axis: int, dim: Dim, at: Atom) -> Atom:
        if dim.is_one:
            return self.ctx.whole.constant(0)
        flag = self.flags.get((operand, axis))
        return at if flag is None else self.ctx.whole.mul(at, flag)

    def _axis(self, axis: int):
        """How the size of the result's `axis` is had; checks that the operands fit there."""
        places = []
        for k, lazy in enumerate(self.operands):
            if isinstance(lazy, Lazy) and axis >= self.ndim - lazy.type.ndim:
                own = axis - (self.ndim - lazy.type.ndim)
                if not lazy.type.dims[own].is_one:
                    places.append(_Place(k, own, lazy.type.dims[own]))
        if not places:
            return lambda: self.ctx.whole.constant(1)
        certain = [p for p in places if p.dim.never_one]
        main = next((p for p in certain if p.dim.constant is not None), certain[0] if certain else places[0])
        if all(p.dim == main.dim for p in places):
            return lambda: self._size(main)
        return self._certain(main, places) if certain else self._uncertain(places)

    def _size(self, place: _Place) -> Atom:
        return self._array(place.operand).size(place.axis)

    def _certain(self, main: _Place, places: list[_Place]):
        """One operand decides the size; the others are as long, or 1 where they may be."""
        size = self._size(main)
        for place in places:
            if place.dim != main.dim:
                self._fit(place, main, size)
        return lambda: size

    def _fit(self, place: _Place, main: _Place, size: Atom) -> None:
        ctx, whole = self.ctx, self.ctx.whole
        own = self._size(place)
        if not place.dim.never_one:
            self.flags[place.operand, place.axis] = stretches(ctx, own, place.dim)

        def check() -> bool:
            differs = whole.compare("ne", own, size)
            if not place.dim.never_one:
                differs = whole.emit("and", whole.compare("ne", own, whole.constant(1)), differs, type=BOOL)
            ctx.require(differs, "ValueError", MISFIT)
            return True

        ctx.remembered(("fits", place.dim, main.dim), check)
        if place.dim.never_one:
            ctx.equate(place.dim, size)

    def _uncertain(self, places: list[_Place]):
        """Any of the sizes may be 1: the first that is not decides."""
        whole = self.ctx.whole
        sizes: dict[Dim, Atom] = {}
        for place in places:
            sizes.setdefault(place.dim, self._size(place))
        first, *rest = sizes.values()
        total = first
        for size in rest:
            total = whole.choose(whole.compare("eq", total, whole.constant(1)), size, total)
        for place in places:
            size = sizes[place.dim]
            self.flags[place.operand, place.axis] = stretches(self.ctx, size, place.dim)
            other = whole.compare("ne", size, whole.constant(1))
            wrong = whole.emit("and", other, whole.compare("ne", size, total), type=BOOL)
            self.ctx.require(wrong, "ValueError", MISFIT)
        return lambda: total


class Fitted:
    """`value`, a number or an array, read at the positions of a shape that it has to fit."""

    def __init__(self, ctx: Context, value: Atom | Lazy, dims: Sequence[Dim], size: Callable[[int], Atom]):
        self.ctx, self.value, self.ndim = ctx, value, len(dims)
        self.flags: dict[int, Atom] = {}
        if isinstance(value, Lazy):
            for axis, dim in enumerate(value.type.dims):
                at = axis + self.ndim - value.type.ndim
                if not dim.is_one and (at < 0 or dim != dims[at]):
                    self._check(axis, dim, size(at) if at >= 0 else ctx.whole.constant(1), value.size(axis))

    def _check(self, axis: int, dim: Dim, size: Atom, own: Atom) -> None:
        ctx, whole = self.ctx, self.ctx.whole
        if own == size:
            return
        differs: Atom = whole.compare("ne", own, size)
        if not dim.never_one:
            self.flags[axis] = stretches(ctx, own, dim)
            differs = whole.emit("and", whole.compare("ne", own, whole.constant(1)), differs, type=BOOL)
        ctx.require(differs, "ValueError", MISFIT)
        if dim.never_one:
            ctx.equate(dim, size)

    def element(self, at: Position_) -> Atom:
        value, whole = self.value, self.ctx.whole
        if not isinstance(value, Lazy):
            return value
        place: list[Atom] = []
        for axis, dim in enumerate(value.type.dims):
            k = axis + self.ndim - value.type.ndim
            if dim.is_one or k < 0:
                place.append(whole.constant(0))
            else:
                place.append(whole.mul(at[k], self.flags[axis]) if axis in self.flags else at[k])
        return value.element(place)


def stretches(ctx: Context, size: Atom, dim: Dim) -> Atom:
    """1 where the dimension is to be walked along, 0 where its one element serves all."""
    whole = ctx.whole
    one = whole.constant(1)
    return ctx.remembered(
        ("stretches", dim), lambda: whole.choose(whole.compare("eq", size, one), whole.constant(0), one)
    )
