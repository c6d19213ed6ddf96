"""Reading parts of arrays: integers, slices, new axes, masks and index arrays."""

from __future__ import annotations

from typing import Any

from gradgen.errors import UnsupportedType
from gradgen.ir import (
    ONE,
    Array,
    At,
    Atom,
    Dim,
    Index,
    Slice,
    Type,
    broadcast,
    dims_of,
    dtype_of,
    is_bool,
    is_integer,
    with_dims,
)
from gradgen.rules import sizes
from gradgen.rules.symbols import Sym
from gradgen.rules.table import constant, linear


def read_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x, *operands = args
    return with_dims(dtype_of(x.type), indexed_dims(dims_of(x.type), params["index"], tuple(operands)))


def indexed_dims(dims: tuple[Dim, ...], index: Index, operands: tuple[Atom, ...]) -> tuple[Dim, ...]:
    """The dims of x[index], x having `dims`.

    The dims of index arrays, broadcast together, stand where the first of them stands, or in front where
    something else stands between two of them. Integers count as index arrays where there is one.
    """
    entries = completed(index, operands, len(dims))
    fancy = any(isinstance(_atom(entry, operands), Array) for entry in entries)
    before: list[Dim] = []  # what slices and new axes give, up to the first index array
    after: list[Dim] = []
    shapes: list[tuple[Dim, ...]] = []
    places: list[int] = []
    axis = 0
    for place, entry in enumerate(entries):
        if entry is None or isinstance(entry, Slice):
            size = ONE if entry is None else slice_size(dims[axis], entry, operands)
            (after if places else before).append(size)
            axis += entry is not None
            continue
        type = _atom(entry, operands)
        axis += type.ndim if isinstance(type, Array) and is_bool(type) else 1
        if fancy:
            places.append(place)
            shapes.append(_selected(entry, operands))
    if not fancy:
        return tuple(before)
    together = places[-1] - places[0] == len(places) - 1
    shared = broadcast(shapes)
    return (*before, *shared, *after) if together else (*shared, *before, *after)


def _atom(entry: Any, operands: tuple[Atom, ...]) -> Type | None:
    """The type of the operand that an entry is."""
    return operands[entry.operand].type if isinstance(entry, At) else None


def _selected(entry: Any, operands: tuple[Atom, ...]) -> tuple[Dim, ...]:
    """The shape of an index array; of a mask the number of its true elements."""
    type = _atom(entry, operands)
    if type is not None and is_bool(type):
        return (Dim(f"true({operands[entry.operand]})"),)
    return () if type is None else dims_of(type)


def completed(index: Index, operands: tuple[Atom, ...], ndim: int) -> list[Any]:
    """The index with its Ellipsis, or its missing end, written out as full slices."""
    for entry in index:
        type = _atom(entry, operands)
        if type is not None and not (is_integer(type) or is_bool(type)):
            raise UnsupportedType(f"an index must be an integer, not a {type}", way_out="int(...) or .astype(int)")
    used = axes_of(index, operands)
    if used > ndim:
        raise UnsupportedType(f"{used} indices for an array of {ndim} dimension{'s' * (ndim != 1)}")
    fill = [Slice(None, None, None)] * (ndim - used)
    at = next((k for k, entry in enumerate(index) if entry is Ellipsis), None)
    return [*index, *fill] if at is None else [*index[:at], *fill, *index[at + 1 :]]


def axes_of(index: Index, operands: tuple[Atom, ...]) -> int:
    """How many axes the entries of an index take, without what an Ellipsis stands for."""
    types = [_atom(entry, operands) for entry in index]
    masks = sum(type.ndim - 1 for type in types if isinstance(type, Array) and is_bool(type))
    return masks + sum(entry is not None and entry is not Ellipsis for entry in index)


def slice_size(dim: Dim, entry: Slice, operands: tuple[Atom, ...]) -> Dim:
    if entry.size is not None:
        return entry.size
    bounds = (operands[b.operand] if isinstance(b, At) else b for b in (entry.start, entry.stop, entry.step))
    return sizes.sliced(dim, *bounds)


@linear("getitem", type=read_type)
def getitem(g, x, *operands, index):
    """Zeros with g put in its place; a place that the index names twice gets both.

    What differentiates adds g to an adjoint that is there already instead of making one for each reading.
    """
    builder = g.builder
    zeros = builder.emit("zeros_like", x.atom)
    made = builder.store(zeros, index, tuple(o.atom for o in operands), g.atom, "add")
    return Sym(made, builder), *(None for _ in operands)


def stays_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims("bool", dims_of(read_type(args, params)))


# Whether what `x[index] = values` stores stays there, where the index may name a place twice: the last one does.
constant("stays", type=stays_type)
