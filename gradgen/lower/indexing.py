"""Where `x[...]` reads and writes: each index becomes arithmetic from a position in the result to one in x.

Slices follow Python: negative bounds count from the end, bounds beyond it are cut. A mask becomes the
index arrays of its true elements; index arrays broadcast, and stand where NumPy puts them: in the place
of the first, or in front where a slice stands between two of them. An index out of range is not
noticed, as in Numba.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradgen.ir import ALL, Array, At, Atom, Index, Scalar, Slice, Var, is_bool
from gradgen.ir.types import Dim
from gradgen.lower.broadcasting import Broadcast
from gradgen.lower.context import Context, Lazy, Position_
from gradgen.rules.sizes import sliced


@dataclass(frozen=True)
class Access:
    """`sizes` of what is selected, and for a position in it the position in the array."""

    sizes: tuple[Callable[[], Atom], ...]
    place: Callable[[Position_], list[Atom]]
    leaves: frozenset[Var] = frozenset()
    repeats: bool = False  # whether one place may be selected twice


@dataclass(frozen=True)
class _Range:
    start: Atom
    step: Atom
    count: Callable[[], Atom]


def access(ctx: Context, array: Lazy, index: Index, operands: Sequence[Atom]) -> Access:
    entries = _completed(index, operands, array.type.ndim)
    entries = [entry for e in entries for entry in _unmasked(ctx, e)]
    advanced = [k for k, e in enumerate(entries) if isinstance(e, Lazy)]
    if not advanced:
        return _basic(ctx, array, entries)
    return _advanced(ctx, array, entries)


def without_ellipsis(index: Index, operands: Sequence[Atom], ndim: int) -> Index:
    """The index with a full slice for each axis that it leaves out."""
    taken = sum(_consumed(operands[e.operand] if isinstance(e, At) else e) for e in index)
    missing = (ALL,) * (ndim - taken)
    for at, entry in enumerate(index):
        if entry is Ellipsis:
            return index[:at] + missing + index[at + 1 :]
    return index + missing


def _completed(index: Index, operands: Sequence[Atom], ndim: int) -> list:
    """The index in full, with the operands in their places."""

    def part(entry):
        if isinstance(entry, At):
            return operands[entry.operand]
        if isinstance(entry, Slice):
            return replace(entry, start=part(entry.start), stop=part(entry.stop), step=part(entry.step))
        return entry

    return [part(entry) for entry in without_ellipsis(index, operands, ndim)]


def _consumed(entry) -> int:
    if entry is None or entry is Ellipsis:
        return 0
    type = getattr(entry, "type", None)
    return type.ndim if isinstance(type, Array) and is_bool(type) else 1


def _unmasked(ctx: Context, entry) -> list:
    """A mask as the index arrays of its true elements; other index arrays as Lazies."""
    type = getattr(entry, "type", None)
    if not isinstance(type, Array):
        return [entry]
    if is_bool(type):
        mask = ctx.value(entry)
        return [
            ctx.array(places) for places in ctx.remembered(("true", mask), lambda: true_places(ctx, ctx.array(mask)))
        ]
    return [ctx.array(entry)]


def true_places(ctx: Context, mask: Lazy) -> list[Atom]:
    """For each axis an array of the positions at which `mask` holds, in order."""
    whole, sizes = ctx.whole, mask.sizes()

    def count(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        one = whole.choose(mask.element(at), whole.constant(1), whole.constant(0))
        return (whole.add(carried[0], one),)

    (total,) = ctx.nest(sizes, (whole.constant(0),), count)
    type = Array("int64", (Dim(f"true.{getattr(total, 'version', 0)}"),))
    made = [ctx.empty(type, [total]) for _ in sizes]

    def fill(at: Position_, carried: tuple[Atom, ...]) -> Sequence[Atom]:
        k, *arrays = carried

        def found() -> Sequence[Atom]:
            stored = [ctx.write(array, [k], i) for array, i in zip(arrays, at, strict=True)]
            return (whole.add(k, whole.constant(1)), *stored)

        return ctx.branch(mask.element(at), [atom.type for atom in carried], found, lambda: carried)

    _, *filled = ctx.nest(sizes, (whole.constant(0), *made), fill)
    return filled


def _basic(ctx: Context, array: Lazy, entries: Sequence) -> Access:
    """Integers, slices and new axes."""
    axis = 0
    parts: list[_Range | Atom | None] = []
    sizes: list[Callable[[], Atom]] = []
    for entry in entries:
        if entry is None:
            parts.append(None)
            sizes.append(lambda: ctx.whole.constant(1))
            continue
        if isinstance(entry, Slice):
            part = _range(ctx, array, axis, entry)
            sizes.append(part.count)
            parts.append(part)
        else:
            parts.append(_wrapped(ctx, array, axis, _whole(ctx, entry)))
        axis += 1

    def place(at: Position_) -> list[Atom]:
        given = iter(at)
        result: list[Atom] = []
        for part in parts:
            if part is None:
                next(given)
            else:
                result.append(_walk(ctx, part, next(given)) if isinstance(part, _Range) else part)
        return result

    return Access(tuple(sizes), place)


def _whole(ctx: Context, entry) -> Atom:
    return ctx.whole.constant(entry) if isinstance(entry, int) else ctx.use(entry)


def _wrapped(ctx: Context, array: Lazy, axis: int, i: Atom) -> Atom:
    """A position that may count from the end, where the array itself does not see to that."""
    whole, known = ctx.whole, ctx.whole.known(i)
    if array.signed or (known is not None and known >= 0):
        return i
    from_end = whole.add(array.size(axis), i)
    return from_end if known is not None else whole.choose(whole.compare("lt", i, whole.constant(0)), from_end, i)


def _walk(ctx: Context, part: _Range, i: Atom) -> Atom:
    return ctx.whole.add(ctx.whole.mul(i, part.step), part.start)


def _advanced(ctx: Context, array: Lazy, entries: Sequence) -> Access:
    """With index arrays, among which integers count."""
    whole = ctx.whole
    arrays = [k for k, e in enumerate(entries) if not (e is None or isinstance(e, Slice))]
    adjacent = arrays == list(range(arrays[0], arrays[-1] + 1))
    lead = arrays[0] if adjacent else 0
    shape = Broadcast(ctx, [e if isinstance(e, Lazy) else _whole(ctx, e) for e in (entries[k] for k in arrays)])
    ranges, axes = {}, {}
    for k, entry in enumerate(entries):
        axes[k] = sum(e is not None for e in entries[:k])
        if isinstance(entry, Slice):
            ranges[k] = _range(ctx, array, axes[k], entry)
    others = [k for k in range(len(entries)) if k not in arrays]
    rest = [ranges[k].count if k in ranges else lambda: whole.constant(1) for k in others]
    shared = [lambda axis=axis: shape.size(axis) for axis in range(shape.ndim)]

    def place(at: Position_) -> list[Atom]:
        common, left = at[lead : lead + shape.ndim], (*at[:lead], *at[lead + shape.ndim :])
        found = dict(zip(others, left, strict=True))
        found.update(zip(arrays, shape.elements(common), strict=True))
        result = []
        for k, entry in enumerate(entries):
            if entry is not None:
                part = ranges.get(k)
                result.append(_walk(ctx, part, found[k]) if part else _wrapped(ctx, array, axes[k], found[k]))
        return result

    leaves = frozenset(leaf for e in entries if isinstance(e, Lazy) for leaf in e.leaves)
    return Access((*rest[:lead], *shared, *rest[lead:]), place, leaves, repeats=True)


def _range(ctx: Context, array: Lazy, axis: int, entry: Slice) -> _Range:
    """A slice of `axis` as start, step and number of places."""
    whole = ctx.whole
    step = whole.constant(1) if entry.step is None else _whole(ctx, entry.step)
    known = whole.known(step)
    if entry.start is None and entry.stop is None and known == 1:
        return _Range(whole.constant(0), step, lambda: array.size(axis))
    size = array.size(axis)
    dim = array.type.dims[axis]
    if entry.size is not None:
        return _within(ctx, entry, entry.size, size)
    if known is None:
        return _either_way(ctx, entry, step, size, dim)
    start, stop = _bounds(ctx, entry, size, dim, known > 0)
    ends = [None if end is None else _whole(ctx, end) for end in (entry.start, entry.stop)]
    made = sliced(dim, ends[0], ends[1], known)
    count = ctx.size_of(made, lambda: _count(ctx, start, stop, known, made))
    return _Range(start, step, lambda: count)


def _within(ctx: Context, entry: Slice, dim: Dim, size: Atom) -> _Range:
    """A slice that is known to be `dim` long and to lie within an axis of that `size`."""
    whole = ctx.whole

    def place(bound, default: Atom) -> Atom:
        if isinstance(bound, int) and bound < 0:
            return whole.add(size, whole.constant(bound))
        return default if bound is None else _whole(ctx, bound)

    start, stop = place(entry.start, whole.constant(0)), place(entry.stop, size)
    count = ctx.size_of(dim, lambda: whole.sub(stop, start))
    return _Range(start, whole.constant(1), lambda: count)


def _count(ctx: Context, start: Atom, stop: Atom, known: int, made: Dim) -> Atom:
    """How many places a slice has: none where it ends before it starts."""
    whole = ctx.whole
    distance = whole.sub(stop, start) if known > 0 else whole.sub(start, stop)
    if abs(known) != 1:
        distance = whole.floordiv(whole.add(distance, whole.constant(abs(known) - 1)), whole.constant(abs(known)))
    return distance if made.lower else whole.most(whole.constant(0), distance)


def _bounds(ctx: Context, entry: Slice, size: Atom, dim: Dim, forward: bool) -> tuple[Atom, Atom]:
    """Start and stop, cut to the axis where that decides on the number of places or on the first one."""
    whole = ctx.whole
    low, high = (whole.constant(0), size) if forward else (whole.constant(-1), whole.sub(size, whole.constant(1)))
    first, last = (low, high) if forward else (high, low)
    start = first if entry.start is None else _whole(ctx, entry.start)
    stop = last if entry.stop is None else _whole(ctx, entry.stop)
    if entry.start is not None:
        start = _clipped(ctx, start, size, low, high, dim.lower - (not forward), first)
    if entry.stop is not None:
        stop = _clipped(ctx, stop, size, low, high, dim.lower - (not forward), last)
    return start, stop


def _clipped(ctx: Context, bound: Atom, size: Atom, low: Atom, high: Atom, within: int, own: Atom) -> Atom:
    """A bound as `slice.indices` has it.

    A known one needs no cut at `high` if it is not beyond `within`, nor at `low` if it is as near to the end.
    Nor at the other end of the axis than its `own`, the one that it stands for: the slice is empty beyond it.
    """
    whole = ctx.whole
    known = whole.known(bound)
    if known is None:
        below = whole.compare("lt", bound, whole.constant(0))
        return whole.least(whole.most(whole.choose(below, whole.add(bound, size), bound), low), high)
    if known < 0:
        from_end = whole.add(size, bound)
        return from_end if own is high or -known <= within else whole.most(from_end, low)
    return bound if own is low or known <= within else whole.least(bound, high)


def _either_way(ctx: Context, entry: Slice, step: Atom, size: Atom, dim: Dim) -> _Range:
    """A slice whose step is known at run time only."""
    whole = ctx.whole
    ctx.require(whole.compare("eq", step, whole.constant(0)), "ValueError", "slice step cannot be zero")
    up = whole.compare("gt", step, whole.constant(0))
    forward, backward = _bounds(ctx, entry, size, dim, True), _bounds(ctx, entry, size, dim, False)
    start = whole.choose(up, forward[0], backward[0])
    stop = whole.choose(up, forward[1], backward[1])
    count = whole.most(whole.constant(0), whole.emit("neg", whole.floordiv(whole.sub(start, stop), step)))
    return _Range(start, step, lambda: count)


def is_one_element(index: Index, operands: Sequence[Atom], ndim: int) -> bool:
    """Whether the index is one integer an axis."""
    return len(index) == ndim and all(
        (isinstance(e, int) and not isinstance(e, bool))
        or (isinstance(e, At) and isinstance(operands[e.operand].type, Scalar))
        for e in index
    )
