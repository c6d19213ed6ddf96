"""Parts of an array along an axis: splitting, leaving out, putting in between, repeating by counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import ALL, Array, At, Atom, Dim, Slice, Type, dims_of
from gradgen.rules.build import constant_atom
from gradgen.rules.checks import forbid
from gradgen.rules.creation import as_array, shape_sizes
from gradgen.rules.reductions import axes_of
from gradgen.rules.shape import at_least, flat, moveaxis, shape_of
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import caller, constant, linear


def piece(x: Sym, axis: int, start: Any, stop: Any) -> Sym:
    """x[start:stop] along `axis`."""
    operands: list[Any] = []

    def bound(value: Any) -> Any:
        if not isinstance(value, Sym):
            return value
        operands.append(value)
        return At(len(operands) - 1)

    along = Slice(bound(start), bound(stop), None)
    return apply("getitem", x, *operands, index=(*(ALL,) * axis, along))


def gathered(x: Sym, places: Any, axis: int) -> Sym:
    """x[places] along `axis`, by a number, an index array or a mask."""
    before = (ALL,) * axis
    if not isinstance(places, Sym):
        return apply("getitem", x, index=(*before, int(places)))
    return apply("getitem", x, places, index=(*before, At(0)))


def positions(x: Sym, axis: int) -> Sym:
    """0, 1, 2, ... along an axis of x."""
    return apply("arange", 0, shape_of(x)[axis], 1)


_OUTSIDE = "the place is out of bounds"


# Splitting


def _split(x: Any, sections: Any, axis: Any, equal: bool) -> list[Sym]:
    x = as_array(x)
    axis = axes_of(axis, x.ndim)[0]
    size = shape_of(x)[axis]
    if isinstance(sections, list | tuple):
        return [piece(x, axis, a, b) for a, b in zip((None, *sections), (*sections, None), strict=True)]
    if isinstance(sections, Sym):
        raise UnsupportedType("splitting into a number of parts that only the run knows", way_out="a number")
    if sections <= 0:
        raise UnsupportedValue("number sections must be larger than 0.")
    if isinstance(size, int):
        lengths = [len(part) for part in np.array_split(np.zeros(size), sections)]
        forbid(equal and len(set(lengths)) > 1, "ValueError", "array split does not result in an equal division")
        ends: list[Any] = [int(end) for end in np.cumsum(lengths)]
    else:
        length, rest = apply("floordiv", size, sections), apply("mod", size, sections)
        if equal and sections > 1:
            forbid(apply("ne", rest, 0), "ValueError", "array split does not result in an equal division")
        ends = [apply("mul", length, k) if k > 1 else length for k in range(1, sections)]
        if not equal:
            ends = [apply("add", end, apply("minimum", rest, k)) for k, end in enumerate(ends, 1)]
    inner = ends[: sections - 1]
    return [piece(x, axis, a, b) for a, b in zip((None, *inner), (*inner, None), strict=True)]


@caller(np.split)
def split(ary, indices_or_sections, axis=0):
    return _split(ary, indices_or_sections, axis, equal=True)


@caller(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """The first parts have one item more where the number does not divide the length."""
    return _split(ary, indices_or_sections, axis, equal=False)


def _split_along(axis: int, least: int, function: Any):
    @caller(function)
    def build(ary, indices_or_sections):
        x = as_array(ary)
        if x.ndim < least:
            raise UnsupportedValue(f"{function.__name__} only works on arrays of {least} or more dimensions")
        return _split(x, indices_or_sections, min(axis, x.ndim - 1), equal=True)


_split_along(0, 2, np.vsplit)
_split_along(1, 1, np.hsplit)
_split_along(2, 3, np.dsplit)


@caller(np.unstack)
def unstack(x, /, *, axis=0):
    x = as_array(x)
    axis = axes_of(axis, x.ndim)[0]
    number = dims_of(x.type)[axis].constant
    if number is None:
        raise UnsupportedType("np.unstack along an axis whose length is not known", way_out="x[0], x[1], ...")
    return tuple(gathered(x, k, axis) for k in range(number))


# Leaving out


def deleted(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x = args[0].type
    assert isinstance(x, Array)
    axis = params.get("axis") or 0
    return Array(x.dtype, (*x.dims[:axis], x.dims[axis].shifted(-1), *x.dims[axis + 1 :]))


@linear("delete", np.delete, type=deleted)
def delete(g, x, place, *, axis=None):
    """`place` is not negative."""
    return apply("insert", g, place, 0.0, axis=axis), None


@caller(np.delete)
def delete_call(arr, obj, axis=None):
    x = as_array(arr)
    x, along = (flat(x), 0) if axis is None else (x, axes_of(axis, x.ndim)[0])
    shown = None if x.ndim == 1 else along
    size = shape_of(x)[along]
    if _is_number(obj):
        return apply("delete", x, _from_start(obj, size), axis=shown)
    if isinstance(obj, slice):
        left_out = apply("getitem", positions(x, along), *_bounds(obj), index=(_slice(obj),))
    else:
        left_out = as_array(obj)
        if not isinstance(left_out, Sym) or not left_out.dtype.startswith(("int", "uint", "bool")):
            raise UnsupportedType("np.delete takes numbers of elements, a slice or a mask")
        if left_out.dtype == "bool":
            return gathered(x, apply("logical_not", left_out), along)
    outside = apply("logical_or", left_out >= size, left_out < (-size if isinstance(size, int) else apply("neg", size)))
    forbid(apply("any", outside, axis=None, keepdims=False), "IndexError", _OUTSIDE)
    keep = apply("ones", size, dtype="bool")
    atoms = (left_out.atom,)
    kept = x.builder.store(keep.atom, (At(0),), atoms, constant_atom(False))
    return gathered(x, Sym(kept, x.builder), along)


def _slice(given: slice) -> Slice:
    """As an entry of an index, with the bounds that only the run knows as operands."""
    places = iter(range(3))
    parts = (given.start, given.stop, given.step)
    start, stop, step = (At(next(places)) if isinstance(part, Sym) else part for part in parts)
    return Slice(start, stop, step)


def _bounds(given: slice) -> list[Sym]:
    return [part for part in (given.start, given.stop, given.step) if isinstance(part, Sym)]


def _is_number(obj: Any) -> bool:
    return isinstance(obj, int) or (isinstance(obj, Sym) and not obj.is_array)


def _from_start(place: Any, size: Any) -> Any:
    """A place counted from the start, as one counted from the end has no meaning for what is one longer."""
    if isinstance(place, Sym):
        start = apply("where", place < 0, apply("add", place, size), place)
        forbid(start < 0, "IndexError", _OUTSIDE)
        return start
    if place >= 0:
        return place
    forbid(size + place < 0 if isinstance(size, int) else size < -place, "IndexError", _OUTSIDE)
    return size + place if isinstance(size, int) else apply("sub", size, -place)


# Putting in between


def inserted(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    x = args[0].type
    assert isinstance(x, Array)
    axis = params.get("axis") or 0
    return Array(x.dtype, (*x.dims[:axis], x.dims[axis].shifted(1), *x.dims[axis + 1 :]))


@linear("insert", np.insert, type=inserted)
def insert(g, x, place, value, *, axis=None):
    """One element, or one row and the like: `value` is a number or has the shape of one. `place` is not negative."""
    return apply("delete", g, place, axis=axis), None, gathered(g, place, axis or 0)


@caller(np.insert)
def insert_call(arr, obj, values, axis=None):
    x, value = as_array(arr), as_array(values)
    x, along = (flat(x), 0) if axis is None else (x, axes_of(axis, x.ndim)[0])
    given = list(obj) if isinstance(obj, list | tuple) else [obj]
    if not all(_is_number(k) for k in given):
        raise UnsupportedType("np.insert at places that only the run knows", way_out="np.concatenate of the parts")
    if len(given) != 1:
        return _inserted_each(x, given, value, along)
    ndim = value.ndim if isinstance(value, Sym) else 0
    if ndim > x.ndim:
        raise UnsupportedValue(f"np.insert of {ndim} dimensions into {x.ndim}")
    place = _from_start(given[0], shape_of(x)[along])
    value = _cast_to(value, x.dtype)
    if ndim < x.ndim and (given[0] is obj or not ndim):
        return apply("insert", x, place, value, axis=None if x.ndim == 1 else along)
    return _block_inserted(x, place, moveaxis(value, 0, along) if given[0] is obj else value, along)


def _block_inserted(x: Sym, place: Any, block: Sym, axis: int) -> Sym:
    """Several rows at once. NumPy counts those of a value that stands for all from its last axes."""
    block = at_least(x.ndim, block)
    sizes = shape_of(x)
    size, sizes[axis] = sizes[axis], shape_of(block)[axis]
    rows = block if x.ndim == 1 else apply("broadcast_to", block, *sizes)
    outside = place > size if isinstance(place, int) and isinstance(size, int) else apply("lt", size, place)
    forbid(outside, "IndexError", _OUTSIDE)
    return apply("concatenate", piece(x, axis, None, place), rows, piece(x, axis, place, None), axis=axis)


def _cast_to(value: Any, dtype: str) -> Any:
    """NumPy casts what is put in to the dtype of the array."""
    if not isinstance(value, Sym):
        return np.dtype(dtype).type(value).item()
    return value if value.dtype == dtype else apply("cast", value, dtype=dtype, weak=False)


def _inserted_each(x: Sym, places: list[int], values: Any, axis: int) -> Sym:
    """An element of `values` before each of these places of x."""
    shape = shape_of(x)
    size, number = shape[axis], len(places)
    if isinstance(size, int):
        forbid(any(not -size <= k <= size for k in places), "IndexError", _OUTSIDE)
        places = [k % size if k < 0 else k for k in places]
    elif any(k < 0 for k in places):
        raise UnsupportedValue("np.insert at places counted from the end", way_out="count from the start")
    else:
        forbid(apply("lt", size, max(places, default=0)), "IndexError", _OUTSIDE)
    shape[axis] = number
    rows = apply("broadcast_to", _cast_to(values, x.dtype), *shape)
    parts: list[Sym] = []
    start = 0
    for k in sorted(range(number), key=lambda k: places[k]):
        if places[k] > start:
            parts.append(piece(x, axis, start or None, places[k]))
        parts.append(piece(rows, axis, k, k + 1))
        start = places[k]
    return apply("concatenate", *parts, piece(x, axis, start or None, None), axis=axis)


# Repeating


def counted(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array("int64", (Dim(f"repeat({args[1]})"),))


constant("repeat", type=counted)


def repeated(x: Sym, counts: Any, axis: int) -> Sym:
    """Each element as often as its count says."""
    counts = as_array(counts)
    if not counts.dtype.startswith(("int", "uint", "bool")):
        raise UnsupportedType("np.repeat takes whole numbers")
    return gathered(x, apply("repeat", positions(x, axis), counts), axis)


@caller(np.resize)
def resize(a, new_shape):
    """The elements in a row, as often as it takes."""
    x = as_array(a)
    if not isinstance(x, Sym):
        return apply("full", *shape_sizes(new_shape), x, dtype=np.asarray(x).dtype.name)
    x, shape = flat(x), shape_sizes(new_shape)
    total = shape[0]
    for size in shape[1:]:
        total = apply("mul", total, size) if isinstance(total, Sym) or isinstance(size, Sym) else total * size
    there = shape_of(x)[0]
    forbid(apply("eq", there, 0) if isinstance(there, Sym) else there == 0, "ValueError", "np.resize of no elements")
    made = gathered(x, apply("mod", apply("arange", 0, total, 1), there), 0)
    return made if len(shape) == 1 else apply("reshape", made, *shape)
