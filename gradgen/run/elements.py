"""Elements of arrays and their sizes, and arrays that die, in as few of LLVM's instructions as that takes.

Numba copies the description of an array, 11 values of a matrix, to a new place at each use of it, and reads it back:
fifty instructions where ten do. LLVM takes them apart one by one, and that was most of what its first passes did.
Here a use reads what it needs from where the variable lies, and the code that comes of it is the same.

Only elements that are numbers, at places that are whole numbers, one for each axis; views are left to Numba.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel.registry import default_manager
from numba.core.lowering import Lower
from numba.np.arrayobj import load_item, mark_positive, store_item

INT = ir.IntType(64)
_DESCRIPTION = default_manager.lookup(types.Array(types.float64, 1, "C"))
MEMINFO, DATA, SHAPE, STRIDES = map(_DESCRIPTION.get_field_position, ("meminfo", "data", "shape", "strides"))


class Described:
    """The array that a variable is, wherever it lies."""

    def __init__(self, lower: Lower, name: str):
        self.builder, self.kind = lower.builder, lower.typeof(name)
        local = lower._blk_local_varmap.get(name)
        self.value = local
        self.slot = lower.getvar(name) if local is None else None

    def part(self, *places: int) -> Any:
        if self.slot is None:
            return self.builder.extract_value(self.value, places)
        return self.builder.load(cgutils.gep_inbounds(self.builder, self.slot, 0, *places))

    def size(self, axis: int) -> Any:
        made = self.part(SHAPE, axis)
        if self.slot is not None:
            mark_positive(self.builder, made)
        return made

    def sizes(self) -> list[Any]:
        return [self.size(axis) for axis in range(self.kind.ndim)]


def shape(lower: Lower, name: str) -> Any:
    """The tuple of an array's sizes."""
    return cgutils.pack_array(lower.builder, Described(lower, name).sizes())


def read(lower: Lower, resty: Any, array: Any, index: Any) -> Any:
    """The element of `array` at `index`, both variables, as a value of type `resty`; None where Numba reads it."""
    place = _place(lower, array, index)
    if place is None:
        return None
    kind = lower.typeof(array.name)
    return lower.context.cast(lower.builder, load_item(lower.context, lower.builder, kind, place), kind.dtype, resty)


def write(lower: Lower, array: Any, index: Any, value: Any, given: Any) -> bool:
    """Store the variable `value`, converted to the type `given` on the way; False where Numba stores it."""
    place = _place(lower, array, index)
    if place is None:
        return False
    kind, context, builder = lower.typeof(array.name), lower.context, lower.builder
    item = context.cast(builder, lower.loadvar(value.name), lower.typeof(value.name), given)
    store_item(context, builder, kind, context.cast(builder, item, given, kind.dtype), place)
    return True


def _place(lower: Lower, array: Any, index: Any) -> Any:
    """The pointer to one element; None where the index takes more than one, or may have to be looked at."""
    kind, by = lower.typeof(array.name), lower.typeof(index.name)
    axes = tuple(by) if isinstance(by, types.Tuple | types.UniTuple) else (by,)
    if len(axes) != kind.ndim or not all(isinstance(one, types.Integer) for one in axes):
        return None
    if lower.context.enable_boundscheck:
        return None
    builder, described = lower.builder, Described(lower, array.name)
    given = None if all(map(_written, axes)) else lower.loadvar(index.name)
    places = []
    for axis, one in enumerate(axes):
        at = _at(lower, one, given if by is one else None if _written(one) else builder.extract_value(given, axis))
        places.append(_from_start(lower, described, axis, one, at))
    if kind.layout == "C":
        return builder.gep(described.part(DATA), [_in_rows(builder, described, places)])
    strides = [described.part(STRIDES, axis) for axis in range(kind.ndim)]
    data, sizes = described.part(DATA), described.sizes()
    return cgutils.get_item_pointer2(lower.context, builder, data, sizes, strides, kind.layout, places)


def _written(one: Any) -> bool:
    return isinstance(one, types.IntegerLiteral)


def _at(lower: Lower, one: Any, given: Any) -> Any:
    if _written(one):
        return INT(one.literal_value)
    return lower.context.cast(lower.builder, given, one, types.intp if one.signed else types.uintp)


def _from_start(lower: Lower, described: Described, axis: int, one: Any, at: Any) -> Any:
    """A place that counts from the end as one that counts from the start."""
    if not one.signed or (_written(one) and one.literal_value >= 0):
        return at
    builder = lower.builder
    from_end = builder.add(at, described.size(axis))
    return from_end if _written(one) else builder.select(builder.icmp_signed("<", at, INT(0)), from_end, at)


def _in_rows(builder: ir.IRBuilder, described: Described, places: list[Any]) -> Any:
    """Where an element is among those of an array that lies row after row."""
    made = None
    for axis, place in enumerate(places):  # what the innermost loop changes is added last
        for later in range(axis + 1, len(places)):
            place = builder.mul(place, described.size(later))
        made = place if made is None else builder.add(made, place)
    return made


def delete(lower: Lower, name: str) -> None:
    """The variable, an array, dies: its memory is let go, and will not be again."""
    described = Described(lower, name)
    release(lower, described.part(MEMINFO))
    if described.slot is not None:
        slot = cgutils.gep_inbounds(lower.builder, described.slot, 0, MEMINFO)
        lower.builder.store(slot.type.pointee(None), slot)


def release(lower: Lower, meminfo: Any) -> None:
    lower.context.nrt.decref(lower.builder, types.MemInfoPointer(types.voidptr), meminfo)
