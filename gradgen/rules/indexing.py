"""Reading parts of arrays: integers, slices, new axes, masks and index arrays."""

from __future__ import annotations

from gradgen.ir import ONE, Array, At, Atom, Const, Dim, Slice, broadcast, dims_of, with_dims
from gradgen.ir.types import constant_dim
from gradgen.rules.symbols import Sym
from gradgen.rules.table import linear


def indexed_dims(dims: tuple[Dim, ...], index: tuple, operands: tuple[Atom, ...]) -> tuple[Dim, ...]:
    """The dims of x[index], x having `dims`. NumPy's rules: index arrays that stand together stay in
    their place, others go to the front."""
    entries = _full(index, operands, len(dims))
    result: list[Dim | None] = []
    arrays: list[tuple[Dim, ...]] = []
    places: list[int] = []
    axis = 0
    for position, entry in enumerate(entries):
        if entry is None:
            result.append(ONE)
            continue
        if isinstance(entry, Slice):
            result.append(sliced(dims[axis], entry, operands))
            axis += 1
            continue
        operand = operands[entry.operand] if isinstance(entry, At) else None
        if operand is not None and isinstance(operand.type, Array):
            mask = operand.type.dtype == "bool"
            arrays.append((Dim(f"nonzero({operand})"),) if mask else operand.type.dims)
            axis += operand.type.ndim if mask else 1
            places.append(position)
            result.append(None)
            continue
        axis += 1
        if any(isinstance(e, At) and isinstance(operands[e.operand].type, Array) for e in entries):
            arrays.append(())
            places.append(position)
            result.append(None)
    if not arrays:
        return tuple(d for d in result if d is not None)
    together = places == list(range(places[0], places[0] + len(places)))
    before = [d for d in result[: result.index(None)] if d is not None] if together else []
    rest = [d for d in result if d is not None][len(before) :]
    return (*before, *broadcast(arrays), *rest)


def _full(index: tuple, operands: tuple[Atom, ...], ndim: int) -> list:
    """The index with its ellipsis, or its missing end, written out as full slices."""
    used = 0
    for entry in index:
        if isinstance(entry, At) and isinstance(operands[entry.operand].type, Array):
            type = operands[entry.operand].type
            used += type.ndim if type.dtype == "bool" else 1
        elif entry is not None and entry is not Ellipsis:
            used += 1
    fill = [Slice(None, None, None)] * (ndim - used)
    if any(entry is Ellipsis for entry in index):
        at = next(k for k, entry in enumerate(index) if entry is Ellipsis)
        return [*index[:at], *fill, *index[at + 1 :]]
    return [*index, *fill]


def sliced(dim: Dim, entry: Slice, operands: tuple[Atom, ...]) -> Dim:
    """The size of a slice of a dimension: exact where it can be told, else a symbol for just this slice."""
    parts = [_value(part, operands) for part in (entry.start, entry.stop, entry.step)]
    if all(part is None or isinstance(part, int) for part in parts):
        start, stop, step = parts
        if dim.constant is not None:
            return constant_dim(len(range(dim.constant)[slice(start, stop, step)]))
        if start in (None, 0) and stop is None and step in (None, 1, -1):
            return dim
    return Dim(f"{dim}[{':'.join('' if p is None else str(p) for p in parts)}]")


def _value(part, operands: tuple[Atom, ...]) -> int | str | None:
    if not isinstance(part, At):
        return part
    operand = operands[part.operand]
    return operand.value if isinstance(operand, Const) else f"{operand}"


def read_type(args, params):
    x, *operands = args
    return with_dims(x.type.dtype, indexed_dims(dims_of(x.type), params["index"], tuple(operands)))


@linear("getitem", type=read_type)
def getitem(g, x, *operands, index):
    """Zeros with g put in place; places named twice get both."""
    builder = g.builder
    zeros = builder.emit("zeros_like", x.atom)
    return (Sym(builder.store(zeros, index, tuple(o.atom for o in operands), g.atom, "add"), builder), *(None for _ in operands))

