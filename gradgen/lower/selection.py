"""Reading and storing parts of arrays: `x[...]`, `x[...] = v`, and the adjoint's `dx[...] += g`."""

from __future__ import annotations

from gradgen.ir import ALL, Array, Assign, Atom, ListOf, Scalar, Store, Var, dtype_of, is_bool
from gradgen.ir.types import Dim
from gradgen.lower.broadcasting import Fitted
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.elementwise import lazily, operand
from gradgen.lower.indexing import access, is_one_element, without_ellipsis
from gradgen.lower.scalars import Scalars
from gradgen.rules.table import RULES


@lazily("getitem")
def getitem(ctx: Context, s: Assign) -> Lazy:
    x, index, operands = ctx.array(s.args[0]), s.param("index"), [ctx.use(arg) for arg in s.args[1:]]
    selected = access(ctx, x, index, operands)
    type = array_type(s.target)
    basic = not any(isinstance(arg.type, Array) for arg in operands)

    leaf = ctx.leaf(s.args[0])

    def view() -> Atom:
        assert leaf is not None
        full = without_ellipsis(index, operands, x.type.ndim)
        if all(entry == ALL for entry in full):
            return leaf
        return ctx.builder.emit("getitem", leaf, *operands, type=type, index=full)

    def size(axis: int) -> Atom:
        return ctx.size_of(type.dims[axis], selected.sizes[axis])

    return Lazy(
        type,
        size,
        lambda at: x.element(selected.place(at)),
        free=x.free and basic,
        leaves=x.leaves | selected.leaves,
        make=view if basic and leaf is not None else None,
        part=basic and leaf is not None,
    )


@lazily("stays")
def stays(ctx: Context, s: Assign) -> Lazy:
    """Whether an element of `x[index]` is the last one that the index names its place for."""
    x = ctx.array(s.args[0])
    selected = access(ctx, x, s.param("index"), [ctx.use(arg) for arg in s.args[1:]])
    sizes = [size() for size in selected.sizes]

    def number(at: Position_) -> Atom:
        flat: Atom = ctx.whole.constant(0)
        for i, size in zip(at, sizes, strict=True):
            flat = ctx.whole.add(ctx.whole.mul(flat, size), i)
        return flat

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (ctx.write(carried[0], selected.place(at), number(at)),)

    (last,) = ctx.nest(sizes, (ctx.empty(Array("int64", x.type.dims), x.sizes()),), body)
    assert isinstance(last, Var)
    return Lazy(
        array_type(s.target),
        lambda axis: sizes[axis],
        lambda at: ctx.whole.compare("eq", ctx.read(last, selected.place(at)), number(at)),
        leaves=selected.leaves | {last},
    )


def read_element(ctx: Context, s: Assign) -> Atom:
    """x[...] that is one number."""
    x = ctx.array(s.args[0])
    selected = access(ctx, x, s.param("index"), [ctx.use(arg) for arg in s.args[1:]])
    return x.element(selected.place(()))


def store(ctx: Context, s: Store) -> Atom:
    """The array with a part set or added to."""
    array, operands = ctx.value(s.array), tuple(map(ctx.use, s.operands))
    if isinstance(array.type, ListOf):
        return ctx.builder.store(array, s.index, tuple(map(ctx.value, operands)), ctx.value(s.value), s.mode)
    type = array.type
    assert isinstance(type, Array)
    if is_one_element(s.index, operands, type.ndim):
        return ctx.builder.store(array, s.index, operands, _number(ctx, s.value, type.dtype), s.mode)
    value = operand(ctx, s.value)
    if isinstance(value, Lazy) and array in value.leaves:
        value = ctx.array(ctx.value(s.value))
    masks = [atom for atom in operands if isinstance(atom.type, Array) and is_bool(atom.type)]
    if masks and len(s.index) == 1 and not isinstance(value, Lazy):
        return _masked(ctx, array, ctx.array(masks[0]), value, s.mode)
    return _scattered(ctx, array, s, operands, value)


def _number(ctx: Context, value: Atom, dtype: str) -> Atom:
    """`value`, a number or an array of one element, as a number of `dtype`."""
    if isinstance(value.type, Array):
        lazy = ctx.array(value)
        return lazy.element([ctx.whole.constant(0)] * lazy.type.ndim)
    value = ctx.use(value)
    return (
        value
        if not isinstance(value.type, Scalar)
        else Scalars(ctx).cast(value, dtype)
        if dtype == "float32"
        else value
    )


def _scattered(ctx: Context, array: Atom, s: Store, operands: tuple[Atom, ...], value: Atom | Lazy) -> Atom:
    selected = access(ctx, ctx.array(array), s.index, operands)
    sizes = [size() for size in selected.sizes]
    fitted = Fitted(ctx, value, _dims(ctx, array, s, operands, len(sizes)), lambda axis: sizes[axis])

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (ctx.write(carried[0], selected.place(at), fitted.element(at), s.mode),)

    return ctx.nest(sizes, (array,), body)[0]


def _dims(ctx: Context, array: Atom, s: Store, operands: tuple[Atom, ...], ndim: int) -> tuple[Dim, ...]:
    """The dims of what is selected, where the table's type of `array[index]` tells them."""
    type = RULES["getitem"].type((array, *operands), {"index": s.index})
    return type.dims if isinstance(type, Array) else ()


def _masked(ctx: Context, array: Atom, mask: Lazy, value: Atom, mode: str) -> Atom:
    """A number where a mask of the array's leading axes holds: a choice at each element, without a branch."""
    scalars, sizes = Scalars(ctx), ctx.array(array).sizes()
    dtype = dtype_of(array.type)
    fitted = Fitted(ctx, mask, array_type(array).dims[: mask.type.ndim], lambda axis: sizes[axis])

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        test = fitted.element(at[: mask.type.ndim])
        other = ctx.read(carried[0], at) if mode == "set" else scalars.cast(ctx.whole.constant(0), dtype)
        chosen = scalars.choose(test, scalars.cast(value, dtype), other, dtype)
        return (ctx.write(carried[0], at, chosen, mode),)

    return ctx.nest(sizes, (array,), body)[0]
