"""Adjoints with one place along an axis: what a maximum or minimum gives back to the array that it was taken of.

The adjoint of `d` in `np.min(d, axis=1)` is 0 but for one element of each row. It is not made as an array: a `Pick`
holds the values and their places, and goes through the elementwise operations, the sums along other axes and the
new axes that have made `d`, as derivatives at those places only. So in `np.min(np.sum((x - c) ** 2, axis=1))` only
the nearest row of `c` is looked at again. Where a pick reaches an array that other values are made of too, or an
operation that is not one of these, its values are added to an adjoint at their places.

The places are computed with the primal, right after what was selected (`with_places`).

>>> from gradgen.ir import Array, Dim, Function, show
>>> from gradgen.rules.build import Builder
>>> from gradgen.rules.reductions import max_
>>> x = Var("x", 0, Array("float64", (Dim("x.0", many=True),)))
>>> builder = Builder(1)
>>> m = builder.emit("max", x, axis=None, keepdims=False, name="m")
>>> before = Function("f", (x,), Block(tuple(builder.statements), (m,)))
>>> print(show(with_places(before, frozenset((x, m)), builder)[0]))
f(x.0):
  m.1 = max x.0 axis=None keepdims=False
  _.2 = argmax x.0 axis=None
  yield m.1
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from gradgen.ir import ALL, Array, Assign, At, Atom, Block, Function, Index, Statement, Var, dims_of
from gradgen.ir.walk import map_statement
from gradgen.rules import symbols
from gradgen.rules.build import Builder
from gradgen.rules.sorting import along, upright
from gradgen.rules.symbols import Sym
from gradgen.rules.table import RULES

Places = dict[Var, Atom]  # by what was selected


def with_places(function: Function, marks: frozenset[Var], builder: Builder) -> tuple[Function, Places]:
    """The function with the places of what it selects after each active selection; and these."""
    places: Places = {}

    def block(block: Block) -> Block:
        made: list[Statement] = []
        for s in block.statements:
            made.append(map_statement(s, lambda atom: atom, inner))
            if selects(s) and s.target in marks:
                with builder.collect() as more, builder.at(s.origin):
                    places[s.target] = _places(s, builder)
                made += more
        return replace(block, statements=tuple(made))

    inner = block
    return replace(function, body=block(function.body)), places


def selects(s: Statement) -> TypeGuard[Assign]:
    return isinstance(s, Assign) and RULES[s.op].kind == "selection" and isinstance(s.args[0].type, Array)


def _places(s: Assign, builder: Builder) -> Atom:
    places: Atom = RULES[s.op].derivative(Sym(s.args[0], builder), axis=s.param("axis")).atom  # type: ignore[misc]
    return places


@dataclass(frozen=True, slots=True)
class Pick:
    """`value` at `places` along `axis` (counted from the last), broadcast over the other axes; 0 elsewhere.

    Without that axis, `places` and then `after` axes along which they are the same are aligned with the last axes.
    """

    value: Sym
    axis: int
    places: Sym
    after: int = 0


def index_of(x: Atom, pick: Pick) -> tuple[Index, tuple[Sym, ...]] | None:
    """The index, and its operands, of what x has at the places: an array of the other axes, if there is one."""
    dims, places = dims_of(x.type), pick.places
    behind = -pick.axis - 1
    front = len(dims) - behind - 1
    if not places.is_array:
        return (*(ALL,) * front, At(0)), (places,)
    if pick.after != behind:
        return along(Sym(x, places.builder), places, front) if places.ndim == len(dims) - 1 else None
    whole = max(0, front - places.ndim)
    entries: list[Any] = [ALL] * whole
    operands: list[Sym] = []
    for k in range(whole, front):
        entries.append(0 if dims[k].is_one else At(len(operands)))
        if not dims[k].is_one:
            range_ = symbols.apply("arange", 0, symbols.apply("size", Sym(x, places.builder), axis=k), 1)
            operands.append(upright(range_, k - whole, front - whole))
    return (*entries, At(len(operands))), (*operands, places)


def index_of_flat(x: Atom, places: Sym) -> tuple[Index, tuple[Sym, ...]]:
    """The index of the element of that number, where all axes are counted."""
    operands: list[Sym] = []
    for axis in range(len(dims_of(x.type)) - 1, 0, -1):
        size = symbols.apply("size", Sym(x, places.builder), axis=axis)
        operands.insert(0, places % size)
        places = places // size
    operands.insert(0, places)
    return tuple(map(At, range(len(operands)))), tuple(operands)


def first_along(value: Sym, axis: int | None) -> Sym:
    """`value` without an axis of size 1 (counted from the last), which it may not have; None stands for all axes."""
    if not value.is_array or (axis is not None and value.ndim < -axis):
        return value
    place = None if axis is None else value.ndim + axis
    return symbols.apply(
        "getitem", value, index=tuple(0 if k == place or place is None else ALL for k in range(value.ndim))
    )


def selected(x: Sym, axis: int | None, places: Sym, keepdims: bool) -> Sym:
    """What x has at the places along `axis`; where it is None, at the place of that number."""
    if axis is None and x.ndim > 1:
        index, operands = index_of_flat(x.atom, places)
    else:
        index, operands = along(x, places, 0 if axis is None else axis % x.ndim)
    read = symbols.apply("getitem", x, *operands, index=index)
    if not keepdims:
        return read
    if not read.is_array:
        return symbols.apply("reshape", read, *(1,) * x.ndim)
    return symbols.apply("expand_dims", read, axis=(axis % x.ndim,))  # type: ignore[operator]


def view_entries(made: Statement | None) -> tuple[Any, ...]:
    """The index of a view that has all elements and new axes, written out; else ()."""
    if not isinstance(made, Assign) or made.op != "getitem" or not isinstance(made.args[0].type, Array):
        return ()
    entries: tuple[Any, ...] = made.param("index")
    entries += (ALL,) * (len(dims_of(made.args[0].type)) - sum(entry is not None for entry in entries))
    return entries if all(entry is None or entry == ALL for entry in entries) else ()


def new_axes(made: Statement | None) -> list[int]:
    """The axes, counted from the last, that such a view has put in."""
    entries = view_entries(made)
    return [k - len(entries) for k, entry in enumerate(entries) if entry is None]
