"""Arrays put together or laid out anew: concatenate, stack, reshape, cumulative sums, arrays of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from gradgen.ir import Array, Assign, At, Atom, ListOf, Scalar, Type, dims_of
from gradgen.lower.broadcasting import MISFIT
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.elementwise import lazily, operand
from gradgen.lower.products import in_rows
from gradgen.lower.reductions import worst
from gradgen.lower.scalars import Scalars


def concatenate(ctx: Context, s: Assign) -> Atom:
    """The parts one after the other along `axis`."""
    type = array_type(s.target)
    parts = [ctx.array(arg) for arg in s.args]
    axis = s.param("axis", 0) % type.ndim
    _check_parts(ctx, parts, axis)
    lengths = [part.size(axis) for part in parts]
    total: Atom = ctx.whole.constant(0)
    starts = []
    for length in lengths:
        starts.append(total)
        total = ctx.whole.add(total, length)
    sizes = [total if k == axis else parts[0].size(k) for k in range(type.ndim)]
    out: Atom = ctx.empty(type, sizes)
    for part, start in zip(parts, starts, strict=True):

        def body(at: Position_, carried: tuple[Atom, ...], part=part, start=start) -> tuple[Atom, ...]:
            place = [ctx.whole.add(i, start) if k == axis else i for k, i in enumerate(at)]
            return (ctx.write(carried[0], place, Scalars(ctx).cast(part.element(at), type.dtype)),)

        out = ctx.nest(part.sizes(), (out,), body)[0]
    return out


def _check_parts(ctx: Context, parts: list[Lazy], axis: int | None) -> None:
    first = parts[0]
    for part in parts[1:]:
        for k, (a, b) in enumerate(zip(first.type.dims, part.type.dims, strict=True)):
            if k != axis and a != b:
                ctx.require(ctx.whole.compare("ne", first.size(k), part.size(k)), "ValueError", MISFIT)


def stack(ctx: Context, s: Assign) -> Atom:
    """Equal parts, numbers or arrays, along a new axis."""
    type = array_type(s.target)
    parts = [operand(ctx, arg) for arg in s.args]
    axis = s.param("axis", 0) % type.ndim
    arrays = [part for part in parts if isinstance(part, Lazy)]
    _check_parts(ctx, arrays, None) if arrays else None
    inner = arrays[0].sizes() if arrays else []
    out: Atom = ctx.empty(type, [*inner[:axis], ctx.whole.constant(len(parts)), *inner[axis:]])
    for number, part in enumerate(parts):

        def body(at: Position_, carried: tuple[Atom, ...], number=number, part=part) -> tuple[Atom, ...]:
            value = part.element(at) if isinstance(part, Lazy) else part
            place = [*at[:axis], ctx.whole.constant(number), *at[axis:]]
            return (ctx.write(carried[0], place, Scalars(ctx).cast(value, type.dtype)),)

        out = ctx.nest(inner, (out,), body)[0]
    return out


def array(ctx: Context, s: Assign) -> Atom:
    """A display of numbers, in row-major order."""
    type, shape = s.target.type, s.param("shape")
    assert isinstance(type, Array)
    out: Atom = ctx.empty(type, [ctx.whole.constant(size) for size in shape])
    for item, place in zip(s.args, np.ndindex(*shape), strict=True):
        value = Scalars(ctx).cast(ctx.use(item), type.dtype)
        out = ctx.write(out, [ctx.whole.constant(k) for k in place], value)
    return out


def reshaped(ctx: Context, array: Atom, sizes: Sequence[Atom], type: Type) -> Atom:
    """A view under another shape of an array that lies in memory row after row. Numba reshapes no other."""
    out = ctx.builder.emit("reshape", in_rows(ctx, array), *sizes, type=type, spelling=".reshape")
    ctx.contiguous.add(out)
    return out


@lazily("reshape")
def reshape(ctx: Context, s: Assign) -> Lazy:
    sizes = [ctx.use(size) for size in s.args[1:]]
    x, type, whole = ctx.array(s.args[0]), array_type(s.target), ctx.whole
    if not x.type.ndim:
        return Lazy(type, lambda axis: whole.constant(1), lambda at: x.element(()), True)
    if x.type.ndim > 1 or ctx.leaf(s.args[0]) is not None or any(whole.known(size) == -1 for size in sizes):
        view = reshaped(ctx, s.args[0], sizes, type)
        return replace(ctx.array(view), make=lambda: view)
    ctx.require(
        whole.compare("ne", whole.product(sizes), x.size(0)), "ValueError", "an array is reshaped to another size"
    )

    def element(at: Position_) -> Atom:
        flat: Atom = whole.constant(0)
        for size, i in zip(sizes, at, strict=True):
            flat = whole.add(whole.mul(flat, size), i)
        return x.element([flat])

    return Lazy(type, lambda axis: sizes[axis], element, x.free, x.leaves)


def ravel(ctx: Context, s: Assign) -> Atom:
    return reshaped(ctx, s.args[0], [ctx.whole.constant(-1)], s.target.type)


RUNNING = {"cumsum": ("add", 0), "cumprod": ("mul", 1), "cummax": ("maximum", None), "cummin": ("minimum", None)}


def cumulative(ctx: Context, s: Assign) -> Atom:
    """Running sums, products or extremes along `axis`; of all elements in rows where it is None."""
    x, type, scalars = ctx.array(s.args[0]), array_type(s.target), Scalars(ctx)
    op, start = RUNNING[s.op]
    number = Scalar(type.dtype)
    init = worst(ctx, op, type.dtype) if start is None else scalars.cast(ctx.whole.constant(start), type.dtype)
    axis = s.param("axis")
    if axis is None and x.type.ndim > 1:
        return _running_total(ctx, x, type, op, init)
    axis = (axis or 0) % x.type.ndim
    sizes = x.sizes()
    out = ctx.empty(type, sizes)

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        def along(i: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            place = [*at[:axis], i[0], *at[axis:]]
            total = scalars.apply(op, [inside[1], x.element(place)], number, {})
            return ctx.write(inside[0], place, total), total

        return (ctx.nest([sizes[axis]], (carried[0], init), along)[0],)

    return ctx.nest([*sizes[:axis], *sizes[axis + 1 :]], (out,), body)[0]


def _running_total(ctx: Context, x: Lazy, type: Array, op: str, init: Atom) -> Atom:
    sizes, whole = x.sizes(), ctx.whole
    out = ctx.empty(type, [whole.product(sizes)])

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        array, total, k = carried
        total = Scalars(ctx).apply(op, [total, x.element(at)], Scalar(type.dtype), {})
        return ctx.write(array, [k], total), total, whole.add(k, whole.constant(1))

    return ctx.nest(sizes, (out, init, whole.constant(0)), body)[0]


def asarray(ctx: Context, s: Assign) -> Atom:
    """A list of numbers, or of equal arrays, as an array."""
    source, type, whole = ctx.value(s.args[0]), s.target.type, ctx.whole
    if not isinstance(source.type, ListOf):
        return source
    assert isinstance(type, Array)
    element = source.type.element
    length = ctx.builder.emit("length", source, type=Scalar("int64", True))

    def item(i: Atom) -> Atom:
        return ctx.builder.emit("item", source, i, type=element)

    inner: list[Atom] = []
    if isinstance(element, Array):
        inner = list(_first_sizes(ctx, length, element, item))
    out = ctx.empty(type, [length, *inner])

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        value = item(at[0])
        if not inner:
            return (ctx.write(carried[0], at, value),)
        x = ctx.array(value)
        for axis, size in enumerate(inner):
            own = ctx.builder.emit("size", value, type=Scalar("int64", True), axis=axis)
            ctx.require(whole.compare("ne", own, size), "ValueError", "arrays of several shapes")
        return (ctx.nest(inner, carried, lambda place, c: (ctx.write(c[0], [*at, *place], x.element(place)),))[0],)

    return ctx.nest([length], (out,), body)[0]


def _first_sizes(ctx: Context, length: Atom, element: Array, item: Callable[[Atom], Atom]) -> tuple[Atom, ...]:
    """The sizes of the first array of a list, zeros for an empty list."""
    whole = ctx.whole
    types = [Scalar("int64", True)] * element.ndim

    def first() -> list[Atom]:
        array = item(whole.constant(0))
        return [ctx.builder.emit("size", array, type=Scalar("int64", True), axis=axis) for axis in range(element.ndim)]

    some = whole.compare("gt", length, whole.constant(0))
    return ctx.branch(some, types, first, lambda: [whole.constant(0)] * element.ndim)


def tolist(ctx: Context, s: Assign) -> Atom:
    """The rows of an array, or its numbers, as a list."""
    x, type = ctx.value(s.args[0]), s.target.type
    assert isinstance(type, ListOf)
    lazy = ctx.array(x)
    out = ctx.builder.emit("list", type=type, element=type.element)

    def body(i, carried):
        if dims_of(type.element):
            row: Atom = ctx.builder.emit("getitem", x, i, type=type.element, index=(At(0),))
            kept = ctx.array(row)
            row = ctx.make(Lazy(array_type(row), kept.size, kept.element))  # a list owns its items
        else:
            row = lazy.element([i])
        return (ctx.builder.emit("append", carried[0], row, type=type),)

    return ctx.loop(ctx.whole.constant(0), lazy.size(0), (out,), body)[0]


def zero_list(ctx: Context, s: Assign) -> Atom:
    """A list of zeros, item by item."""
    source, type = ctx.value(s.args[0]), s.target.type
    assert isinstance(type, ListOf)
    element = type.element
    length = ctx.builder.emit("length", source, type=Scalar("int64", True))
    out = ctx.builder.emit("list", type=type, element=element)

    def body(i: Atom, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        zero: Atom
        if isinstance(element, Array):
            sizes = ctx.array(ctx.builder.emit("item", source, i, type=element)).sizes()
            zero = ctx.builder.emit("zeros", *sizes, type=element, dtype=element.dtype)
        elif isinstance(element, Scalar):
            zero = Scalars(ctx).cast(ctx.whole.constant(0), element.dtype)
        else:
            raise ctx.refuse("Numba takes no list of lists that grows at run time", "use an array, or jit=False")
        return (ctx.builder.emit("append", carried[0], zero, type=type),)

    return ctx.loop(ctx.whole.constant(0), length, (out,), body)[0]


ASSEMBLING: dict[str, Callable[[Context, Assign], Atom]] = {
    "concatenate": concatenate,
    "stack": stack,
    "array": array,
    "ravel": ravel,
    "cumsum": cumulative,
    "cumprod": cumulative,
    "cummax": cumulative,
    "cummin": cumulative,
    "asarray": asarray,
    "tolist": tolist,
    "zeros_like": zero_list,
}
