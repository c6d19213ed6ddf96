"""Whether an index names a place twice.

`a[i] = v` with a repeated index stores the last value that is given for a place; those before it have no effect,
and no adjoint. What backward does about that is left out where an index is seen to name each place once: numbers,
slices, masks, ranges, permutations, and displays of different numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradgen.ir import Accumulate, Array, Assign, At, Atom, Const, Dim, Index, Slice, Var, broadcast, dims_of, is_bool

# What holds the same numbers in another arrangement.
REARRANGED = ("identity", "copy", "reshape", "ravel", "expand_dims", "squeeze", "transpose", "flip", "roll")

Definitions = Mapping[int, Assign | Accumulate]


def may_repeat(index: Index, operands: tuple[Atom, ...], made: Definitions) -> bool:
    """`made`: by version, what made the values of the program."""
    arrays = [operands[entry.operand] for entry in index if isinstance(entry, At)]
    arrays = [atom for atom in arrays if isinstance(atom.type, Array)]
    if all(is_bool(atom.type) for atom in arrays):
        return False
    shape = broadcast(map(_shape, arrays))
    # Where one array alone tells positions along an axis apart, they are different places.
    told_apart = set().union(*(_axes(atom, len(shape)) for atom in arrays if is_distinct(atom, made)))
    left = {axis for axis, dim in enumerate(shape) if not dim.is_one} - told_apart
    if _of_one_mask(arrays, made):
        return False
    # An order of each row: within the row it tells the places apart.
    return bool(left) and not any(left == {_ordered_axis(atom, len(shape), made)} for atom in arrays)


def _of_one_mask(arrays: list[Atom], made: Definitions) -> bool:
    """Whether these are all the arrays of places where one mask holds."""
    steps = [made.get(atom.version) if isinstance(atom, Var) else None for atom in arrays]
    places = [step for step in steps if isinstance(step, Assign) and step.op == "nonzero"]
    axes = {step.param("axis") for step in places}
    masks = {step.args[0] for step in places}
    return len(places) == len(steps) and len(masks) == 1 and len(axes) == len(dims_of(places[0].args[0].type))


def _ordered_axis(atom: Atom, ndim: int, made: Definitions) -> int | None:
    """The axis of the broadcast indices along which each row of this one is an order, or a part of it."""
    step = made.get(atom.version) if isinstance(atom, Var) else None
    if not isinstance(step, Assign) or not isinstance(atom.type, Array):
        return None
    if step.op in ("argsort", "argpartition"):
        return ndim - atom.type.ndim + step.param("axis")
    slices = step.op == "getitem" and all(isinstance(entry, Slice) for entry in step.param("index"))
    return _ordered_axis(step.args[0], ndim, made) if slices else None


def _shape(atom: Atom) -> tuple[Dim, ...]:
    """A mask stands for the places of its true elements."""
    return (Dim(f"true({atom})"),) if is_bool(atom.type) else dims_of(atom.type)


def _axes(atom: Atom, ndim: int) -> set[int]:
    """The axes of the broadcast indices along which this one varies."""
    dims = _shape(atom)
    return {ndim - len(dims) + axis for axis, dim in enumerate(dims) if not dim.is_one}


def is_distinct(atom: Atom, made: Definitions) -> bool:
    """Whether all numbers of an array of integers are different, and count from the same end."""
    if is_bool(atom.type):
        return len(dims_of(atom.type)) == 1
    step = made.get(atom.version) if isinstance(atom, Var) else None
    if not isinstance(step, Assign):
        return False
    match step.op:
        case "arange":
            return _counts_up(*step.args)
        case "array":
            numbers = [item.value.real for item in step.args if isinstance(item, Const) and item.value is not None]
            return len(numbers) == len(step.args) == len(set(numbers)) and len({n < 0 for n in numbers}) < 2
        case "argsort" | "argpartition" | "nonzero" | "unique_index":
            return len(dims_of(step.args[0].type)) == 1
        case "getitem":
            basic = all(isinstance(entry, int | Slice) or entry in (None, Ellipsis) for entry in step.param("index"))
            return basic and is_distinct(step.args[0], made)
        case "item":
            return is_distinct(step.args[0], made)
    return step.op in REARRANGED and is_distinct(step.args[0], made)


def _counts_up(start: Atom, stop: Atom, step: Atom) -> bool:
    """Whether a range has no negative numbers."""
    first, end, by = (
        one.value.real if isinstance(one, Const) and one.value is not None else None for one in (start, stop, step)
    )
    if by is None:
        return False
    return first is not None and first >= 0 if by > 0 else end is not None and end >= -1
