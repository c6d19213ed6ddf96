"""Orders along an axis, what is read by them, and places where something holds.

Numba sorts a row; rows along another axis are taken out one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradgen.ir import INT, Array, Assign, At, Atom, Slice
from gradgen.lower.composites import written
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.indexing import true_places
from gradgen.lower.scalars import Scalars
from gradgen.rules.nans import without_nan
from gradgen.rules.quantiles import Neighbours, middle, read
from gradgen.rules.sorting import along
from gradgen.rules.symbols import Sym, apply, require


def argsort(ctx: Context, s: Assign) -> Atom:
    """The order of each row, in which equal elements keep theirs: so any kind of sorting, and any partition."""
    x, axis, type = ctx.array(s.args[0]), s.param("axis"), array_type(s.target)
    if x.type.ndim == 1:
        return _order(ctx, ctx.value(s.args[0]), type)
    sizes = x.sizes()
    row_type = Array(x.type.dtype, (x.type.dims[axis],))

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        def place(i: Position_) -> list[Atom]:
            return [*at[:axis], i[0], *at[axis:]]

        row = ctx.make(Lazy(row_type, lambda _: sizes[axis], lambda i: x.element(place(i))))
        order = ctx.array(_order(ctx, row, Array("int64", row_type.dims)))
        return ctx.nest([sizes[axis]], carried, lambda i, inside: (ctx.write(inside[0], place(i), order.element(i)),))

    return ctx.nest([*sizes[:axis], *sizes[axis + 1 :]], (ctx.empty(type, sizes),), body)[0]


def _order(ctx: Context, row: Atom, type: Array) -> Atom:
    order = ctx.builder.emit("argsort", row, type=type, kind="mergesort", axis=0)
    ctx.contiguous.add(order)
    return order


@written("take_along_axis")
def take_along_axis(x: Sym, order: Sym, *, axis: int, distinct: bool = False) -> Sym:
    index, operands = along(x, order, axis)
    return apply("getitem", x, *operands, index=index)


def nonzero(ctx: Context, s: Assign) -> Atom:
    mask = ctx.value(s.args[0])
    places = ctx.remembered(("true", mask), lambda: true_places(ctx, ctx.array(mask)))
    return places[s.param("axis")]


def called(ctx: Context, s: Assign) -> Atom:
    """Numba has the function, though not the method."""
    return ctx.builder.emit(s.op, *map(ctx.value, s.args), type=s.target.type, **dict(s.params))


def places(ctx: Context, s: Assign) -> Atom:
    """Among evenly spaced edges a division finds the place, ten times as fast as a search."""
    edges, x = map(ctx.use, s.args)
    double = all(isinstance(one.type, Array) and one.type.dtype == "float64" for one in (edges, x))
    if edges not in ctx.even or s.param("side") != "right" or not double:
        return called(ctx, s)
    among, of = ctx.value(edges), ctx.array(x)

    def element(at: Position_) -> Atom:
        return ctx.builder.emit("even_place", among, of.element(at), type=INT)

    return ctx.make(Lazy(array_type(s.target), of.size, element))


def bincount(ctx: Context, s: Assign) -> Atom:
    """Weights in double precision, as NumPy has them."""
    places, *weights, least = s.args
    given = [_in_double(ctx, w) for w in weights]
    return ctx.builder.emit("bincount", ctx.value(places), *given, ctx.use(least), type=s.target.type)


def _in_double(ctx: Context, weights: Atom) -> Atom:
    x = ctx.array(weights)
    if x.type.dtype == "float64":
        return ctx.value(weights)
    wide = Lazy(Array("float64", x.type.dims), x.size, lambda at: Scalars(ctx).cast(x.element(at), "float64"))
    return ctx.make(wide)


@written("isin")
def isin(x: Sym, others: Sym) -> Sym:
    """Compared with all of them."""
    others = others if others.ndim == 1 else apply("ravel", others)
    column = apply("expand_dims", x, axis=(x.ndim,)) if x.is_array else x
    return apply("any", apply("eq", column, others), axis=x.ndim, keepdims=False)


def _starts(x: Sym) -> tuple[Sym, Sym]:
    """The order of x, and in this order where another element starts. NaNs are equal."""
    order = apply("argsort", x, axis=0)
    row = apply("getitem", x, order, index=(At(0),))
    here, before = (apply("getitem", row, index=(Slice(*bounds),)) for bounds in ((1, None, None), (None, -1, None)))
    differs = apply("ne", here, before)
    if x.dtype.startswith("float"):
        number = apply("logical_or", apply("eq", here, here), apply("eq", before, before))
        differs = apply("logical_and", differs, number)
    first = apply("ones_like", row, dtype="bool")
    return order, Sym(x.builder.store(first.atom, (Slice(1, None, None),), (), differs.atom), x.builder)


@written("unique_index")
def unique_index(x: Sym) -> Sym:
    order, start = _starts(x)
    return apply("getitem", order, start, index=(At(0),))


@written("unique_counts")
def unique_counts(x: Sym) -> Sym:
    """The distances between starts."""
    _, start = _starts(x)
    places = apply("nonzero", start, axis=0)
    ends = apply("roll", places, -1, axis=0)
    all_ = apply("count", x)
    return apply("sub", apply("where", apply("gt", ends, places), ends, all_), places)


@written("unique_inverse")
def unique_inverse(x: Sym) -> Sym:
    flat = x if x.ndim == 1 else apply("ravel", x)
    order, start = _starts(flat)
    number = apply("sub", apply("cumsum", start, axis=0), 1)
    places = apply("empty_like", order)
    made = Sym(x.builder.store(places.atom, (At(0),), (order.atom,), number.atom), x.builder)
    return made if x.ndim == 1 else apply("reshape", made, *(apply("size", x, axis=k) for k in range(x.ndim)))


@written("median")
def median(x: Sym, *, axis: int) -> Sym:
    value = apply("mean", read(x, along(x, middle(x, axis), axis)), axis=axis, keepdims=False)
    return _unless_nan(x, value, axis)


@written("quantile")
def quantile(x: Sym, q: Sym, *, axis: int, method: str) -> Sym:
    require(apply("gt", apply("size", x, axis=axis), 0), "IndexError", "nothing has no quantiles")
    near = Neighbours(x, q, axis, method)
    value = near.front(near.value(x))
    return _unless_nan(x, value, axis)


def _without_nan(op: str, instead: float) -> None:
    @written(f"nan{op}")
    def extreme(x: Sym, *, axis: Any = None, keepdims: bool = False) -> Sym:
        """NaN where there is nothing else."""
        if not x.is_array:
            return x
        nan = apply("isnan", x)
        best = apply(op, apply("where", nan, instead, x), axis=axis, keepdims=keepdims)
        return apply("where", apply("all", nan, axis=axis, keepdims=keepdims), math.nan, best)

    @written(f"nanarg{op}")
    def place(x: Sym, *, axis: Any = None, keepdims: bool = False) -> Sym:
        return apply(f"arg{op}", without_nan(x, instead), axis=axis, keepdims=keepdims)


_without_nan("max", -math.inf)
_without_nan("min", math.inf)


def _unless_nan(x: Sym, value: Sym, axis: int) -> Sym:
    """NaN where there is one along the axis: these have no order."""
    none = apply("any", apply("isnan", x), axis=None if x.ndim == 1 else axis, keepdims=False)
    return apply("where", none, math.nan, value)


ORDERING: dict[str, Callable[[Context, Assign], Atom]] = {
    "argsort": argsort,
    "argpartition": argsort,
    "nonzero": nonzero,
    "searchsorted": places,
    "digitize": called,
    "bincount": bincount,
}
