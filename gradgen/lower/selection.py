"""Reading and storing parts of arrays: `x[...]`, `x[...] = v`, and the adjoint's `dx[...] += g`."""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Array, Assign, Atom, ListOf, Scalar, Store, is_bool
from gradgen.ir.types import Dim
from gradgen.lower.broadcasting import Fitted
from gradgen.lower.context import Context, Lazy, Position_
from gradgen.lower.elementwise import is_leaf, lazily, operand
from gradgen.lower.indexing import access, is_one_element
from gradgen.lower.scalars import Scalars


@lazily("getitem")
def getitem(ctx: Context, s: Assign) -> Lazy:
    x, index, operands = ctx.array(s.args[0]), s.param("index"), [ctx.use(arg) for arg in s.args[1:]]
    selected = access(ctx, x, index, operands)
    type = s.target.type
    assert isinstance(type, Array)
    basic = not any(isinstance(arg.type, Array) for arg in operands)

    def view() -> Atom:
        return ctx.builder.emit("getitem", *x.leaves, *operands, type=type, index=index)

    def size(axis: int) -> Atom:
        return ctx.size_of(type.dims[axis], selected.sizes[axis])

    return Lazy(
        type,
        size,
        lambda at: x.element(selected.place(at)),
        free=x.free and basic,
        leaves=x.leaves | selected.leaves,
        make=view if basic and is_leaf(ctx, s.args[0]) else None,
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
        value = ctx.value(s.value)
        return ctx.builder.store(array, s.index, tuple(map(ctx.value, operands)), value, s.mode)
    type = array.type
    assert isinstance(type, Array)
    if is_one_element(s.index, operands, type.ndim):
        value = _number(ctx, s.value, type.dtype)
        return ctx.builder.store(array, s.index, operands, value, s.mode)
    value = operand(ctx, s.value)
    if isinstance(value, Lazy) and array in value.leaves:
        value = ctx.array(ctx.value(s.value))
    if len(operands) == 1 and len(s.index) == 1 and is_bool(operands[0].type) and isinstance(operands[0].type, Array):
        if not isinstance(value, Lazy):
            return _masked(ctx, array, ctx.array(operands[0]), value, s.mode)
    return _scattered(ctx, array, s, operands, value)


def _number(ctx: Context, value: Atom, dtype: str) -> Atom:
    """`value`, a number or an array of one element, as a number of `dtype`."""
    if isinstance(value.type, Array):
        lazy = ctx.array(value)
        return lazy.element([ctx.whole.constant(0)] * lazy.type.ndim)
    value = ctx.use(value)
    return value if not isinstance(value.type, Scalar) else Scalars(ctx).cast(value, dtype) if dtype == "float32" else value


def _scattered(ctx: Context, array: Atom, s: Store, operands: tuple[Atom, ...], value: Atom | Lazy) -> Atom:
    selected = access(ctx, ctx.array(array), s.index, operands)
    sizes = [size() for size in selected.sizes]
    fitted = Fitted(ctx, value, _dims(ctx, array, s, operands, len(sizes)), lambda axis: sizes[axis])

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (ctx.write(carried[0], selected.place(at), fitted.element(at), s.mode),)

    return ctx.nest(sizes, (array,), body)[0]


def _dims(ctx: Context, array: Atom, s: Store, operands: tuple[Atom, ...], ndim: int) -> tuple[Dim, ...]:
    """The dims of what is selected, where the table's type of `array[index]` tells them."""
    from gradgen.rules.table import RULES

    type = RULES["getitem"].type((array, *operands), {"index": s.index})
    return type.dims if isinstance(type, Array) else ()


def _masked(ctx: Context, array: Atom, mask: Lazy, value: Atom, mode: str) -> Atom:
    """A number where a mask of the array's leading axes holds: a choice at each element, without a branch."""
    scalars, sizes = Scalars(ctx), ctx.array(array).sizes()
    dtype = array.type.dtype  # type: ignore[union-attr]
    fitted = Fitted(ctx, replace(mask, type=Array("bool", mask.type.dims)), array.type.dims[: mask.type.ndim], lambda axis: sizes[axis])  # type: ignore[union-attr]

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        test = fitted.element(at[: mask.type.ndim])
        other = ctx.read(carried[0], at) if mode == "set" else scalars.cast(ctx.whole.constant(0), dtype)  # type: ignore[arg-type]
        chosen = scalars.choose(test, scalars.cast(value, dtype), other, dtype)
        return (ctx.write(carried[0], at, chosen, mode),)

    return ctx.nest(sizes, (array,), body)[0]
