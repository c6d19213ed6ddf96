"""Which values are known to be zero where something was left out: an adjoint of what is read in part.

The adjoint of `y` in `y[1:]` is 0 at the first element, whatever the derivative of `y` is there: 0 is not multiplied
by the infinite slope of a square root. So is a sum of which every term was left out. What a loop hands to its next
iteration is not followed. Where slices with written bounds are read that together are all of `y`, as `y[:, :2]` and
`y[:, 2:]`, nothing was left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from gradgen.ir import (
    Accumulate,
    Assign,
    Atom,
    Const,
    Dim,
    For,
    If,
    Index,
    Slice,
    Statement,
    Store,
    Var,
    While,
    dims_of,
)

MAKING = {"zeros", "zeros_like", "eye", "tril", "triu", "diag"}
ALL_OF = {"add", "sub"}
ANY_OF = {
    "mul", "div", "neg", "cast", "identity", "copy", "reshape", "ravel", "transpose", "squeeze", "expand_dims",
    "broadcast_to", "expand", "spread", "flip", "roll", "concatenate", "stack", "pad", "getitem", "conj",
    "sum", "mean", "item", "cumsum", "convolve", "correlate",
}  # fmt: skip
ELEMENTWISE = {"mul", "div", "neg", "cast", "identity", "copy"}
EVERYTHING = Slice(None, None, None)


class Holes:
    """The versions of arrays with holes, and places in these where nothing was left out."""

    def __init__(self) -> None:
        self.versions: set[int] = set()
        self.filled: dict[int, tuple[Index, ...]] = {}

    def note(self, statement: Statement) -> None:
        """Learn of what the statement makes."""
        note(statement, self.versions)
        match statement:
            case Assign() | Accumulate() | Store() if not self._has(statement.target):
                pass
            case Assign(op="sum", args=(x,), params=params):
                if any(_is_along(place, dict(params)["axis"], dims_of(x.type)) for place in self._filled(x)):
                    self.versions.remove(statement.target.version)
            case Assign(target=target, op=op, args=args) if op in ELEMENTWISE:
                having = [arg for arg in args if self._has(arg)]
                if len(having) == 1:
                    self.take(target, having[0])
            case Accumulate(target=target, prior=prior, value=value):
                self._fill(target, [*self._at(prior, target), *self._at(value, target)])
            case Store(target=target, array=array, index=index, value=value, mode="add") if not self._has(value):
                self._fill(target, [*self._at(array, target), index])

    def take(self, to: Var, g: Atom) -> None:
        """What is made of `g`, element by element, has nothing left out where `g` has not."""
        if to.version in self.versions:
            self._fill(to, self._at(g, to))

    def _fill(self, target: Var, places: Iterable[Index]) -> None:
        self.filled[target.version] = tuple(places)
        if are_all(self.filled[target.version], dims_of(target.type)):
            self.versions.remove(target.version)

    def _at(self, atom: Atom, target: Var) -> tuple[Index, ...]:
        return self._filled(atom) if dims_of(atom.type) == dims_of(target.type) else ()

    def _filled(self, atom: Atom) -> tuple[Index, ...]:
        return self.filled.get(atom.version, ()) if isinstance(atom, Var) else ()

    def _has(self, atom: Atom) -> bool:
        return isinstance(atom, Var) and atom.version in self.versions


def are_all(places: tuple[Index, ...], dims: tuple[Dim, ...]) -> bool:
    """Whether there is no element of an array of these dimensions that is at none of the places.

    >>> rows, upto, rest = Slice(None, None, None), Slice(None, 2, None), Slice(2, None, None)
    >>> n = Dim("n"), Dim("m")
    >>> are_all(((rows, upto), (rows, rest)), n), are_all(((rows, upto),), n), are_all(((upto,), (rows, rest)), n)
    (True, False, False)
    """
    for axis, dim in enumerate(dims):
        end = 0.0
        for start, stop in sorted(part for part in (_part(index, axis) for index in places) if part):
            end = max(end, stop) if start <= end else end
        if end >= (math.inf if dim.constant is None else dim.constant):
            return True
    return False


def _is_along(place: Index, axis: Any, dims: tuple[Dim, ...]) -> bool:
    """Whether at least one element of each row along the axis is at the place."""
    if not isinstance(axis, int):
        return False
    own = place[axis % len(dims)] if axis % len(dims) < len(place) else EVERYTHING
    part = _part(place, axis % len(dims))
    return part is not None and (isinstance(own, int) or part[0] < min(part[1], dims[axis].constant or 0))


def _part(index: Index, axis: int) -> tuple[float, float] | None:
    """The places along the axis from where to where are all in the index, whatever the other axes; if that is known."""
    others = [one for k, one in enumerate(index) if k != axis]
    own = index[axis] if axis < len(index) else EVERYTHING
    if any(one != EVERYTHING for one in others) or not isinstance(own, int | Slice):
        return None
    start, stop, step = (own, own + 1, 1) if isinstance(own, int) else (own.start or 0, own.stop, own.step or 1)
    last = math.inf if stop is None else stop
    if not isinstance(start, int) or not isinstance(last, int | float) or step != 1 or start < 0 or last < 0:
        return None
    return start, last


def note(statement: Statement, holed: set[int]) -> None:
    """Add what the statement makes to `holed`, the versions of arrays with holes."""

    def has(atom: Atom) -> bool:
        return getattr(atom, "version", None) in holed

    match statement:
        case Assign(target=target, op=op, args=args):
            some = op in ANY_OF and any(map(has, args[:1] if op in ("getitem", "item") else args))
            zero = any(map(_is_zero, args[1:] if op == "where" else args[2:] if op == "insert" else ()))
            if some or zero or op in MAKING or (op in ALL_OF and all(map(has, args))):
                holed.add(target.version)
        case Store(target=target, array=array, value=value, mode=mode):
            put = mode == "set" and (has(value) or _is_zero(value))
            if put or has(array):
                holed.add(target.version)
        case Accumulate(target=target, prior=prior, value=value):
            if has(prior) and has(value):
                holed.add(target.version)
        case If(then=then, orelse=orelse, results=results):
            pairs = zip(results, then.yields, orelse.yields, strict=True)
            holed.update(result.version for result, *sides in pairs if all(map(has, sides)))
        case For(inits=inits, results=results) | While(inits=inits, results=results):
            holed.update(result.version for result, init in zip(results, inits, strict=True) if has(init))


def _is_zero(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.value == 0
