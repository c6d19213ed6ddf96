"""Reductions as loops: sums, products, extremes, means, truth values, places of extremes.

Where the reduced axes are the last ones, numbers are accumulated; else an array is, row by row, so that
memory is walked through in order and the inner loop vectorises. float32 is summed in float64 where
numbers are accumulated: NumPy's pairwise sum is about that exact. As in NumPy, an extreme of nothing
raises ValueError, and NaN is handed on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gradgen.ir import ONE, Array, Assign, Atom, Const, Scalar, TupleOf, Type, dims_of, dtype_of, is_complex, real_dtype
from gradgen.lower.broadcasting import stretches
from gradgen.lower.context import Context, Lazy, Position_, array_type, of_array
from gradgen.lower.scalars import Scalars
from gradgen.rules.reductions import averaged

WIDER = {"float32": "float64", "complex64": "complex128"}
Combine = Callable[[Atom, Atom], Atom]  # (accumulated, element) -> accumulated


@dataclass(frozen=True)
class Shape:
    """Which axes of `x` are reduced, and how the result is read and written."""

    x: Lazy
    reduced: tuple[int, ...]
    keepdims: bool
    type: Type

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(axis for axis in range(self.x.type.ndim) if axis not in self.reduced)

    @property
    def last(self) -> bool:
        """Whether all kept axes come before the reduced ones."""
        return not self.kept or not self.reduced or self.kept[-1] < self.reduced[0]

    def count(self, ctx: Context) -> Atom:
        return ctx.whole.product(self.x.size(axis) for axis in self.reduced)

    def result_at(self, ctx: Context, at: Position_) -> list[Atom]:
        """The position in the result for a position in x."""
        if self.keepdims:
            return [ctx.whole.constant(0) if axis in self.reduced else at[axis] for axis in range(self.x.type.ndim)]
        return [at[axis] for axis in self.kept]

    def result_sizes(self, ctx: Context) -> list[Atom]:
        one = ctx.whole.constant(1)
        if self.keepdims:
            return [one if axis in self.reduced else self.x.size(axis) for axis in range(self.x.type.ndim)]
        return [self.x.size(axis) for axis in self.kept]


def shape_of(x: Lazy, axis, keepdims: bool, type: Type) -> Shape:
    ndim = x.type.ndim
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return Shape(x, tuple(sorted(a % ndim for a in axes)), bool(keepdims), type)


def fold(
    ctx: Context,
    shape: Shape,
    init: Atom,
    combine: Combine,
    finish: Callable[[Atom], Atom],
    element: Callable[[Position_], Atom],
) -> Atom:
    """Go over x once, accumulating from `init`; the result is an array of `shape.type`, or a number."""
    if dims_of(shape.type) and not shape.last:
        return _by_rows(ctx, shape, init, combine, finish, element)
    return each(ctx, shape, lambda at: finish(_over(ctx, shape, at, init, combine, element)))


def each(ctx: Context, shape: Shape, number: Callable[[Position_], Atom]) -> Atom:
    """The array of what `number` gives for each position along the kept axes, or the one number."""
    return each_of(ctx, (shape,), lambda at: (number(at),))[0]


def each_of(ctx: Context, shapes: Sequence[Shape], numbers: Callable[[Position_], Sequence[Atom]]) -> Sequence[Atom]:
    """As `each`, of several numbers at a position; the shapes reduce the same axes of one array."""
    first = shapes[0]
    if not first.kept:
        return [_single(ctx, shape, number) for shape, number in zip(shapes, numbers(()), strict=True)]
    outs = [ctx.empty(of_array(shape.type), shape.result_sizes(ctx)) for shape in shapes]

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        places = [shape.result_at(ctx, filled(ctx, shape, at)) for shape in shapes]
        return tuple(ctx.write(*given) for given in zip(carried, places, numbers(at), strict=True))

    return ctx.nest([first.x.size(axis) for axis in first.kept], outs, body)


def _single(ctx: Context, shape: Shape, number: Atom) -> Atom:
    """The one number, as an array where the reduced axes are kept."""
    if not isinstance(shape.type, Array) or not shape.type.dims:
        return number
    zeros = [ctx.whole.constant(0)] * shape.type.ndim
    return ctx.write(ctx.empty(shape.type, shape.result_sizes(ctx)), zeros, number)


def filled(ctx: Context, shape: Shape, kept: Position_, reduced: Position_ | None = None) -> list[Atom]:
    places = dict(zip(shape.kept, kept, strict=True))
    places.update(zip(shape.reduced, reduced or [ctx.whole.constant(0)] * len(shape.reduced), strict=True))
    return [places[axis] for axis in range(shape.x.type.ndim)]


def _over(
    ctx: Context, shape: Shape, kept: Position_, init: Atom, combine: Combine, element: Callable[[Position_], Atom]
) -> Atom:
    """The number accumulated over the reduced axes."""

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (combine(carried[0], element(filled(ctx, shape, kept, at))),)

    return ctx.nest([shape.x.size(axis) for axis in shape.reduced], (init,), body)[0]


def _by_rows(
    ctx: Context, shape: Shape, init: Atom, combine: Combine, finish, element: Callable[[Position_], Atom]
) -> Atom:
    """Accumulate into an array, going over x in the order of memory."""
    type, sizes = shape.type, shape.result_sizes(ctx)
    assert isinstance(type, Array)
    held = Array(dtype_of(init.type) if dtype_of(init.type) in ("int64", "bool") else type.dtype, type.dims)
    out: Atom = _filled_with(ctx, held, sizes, init)

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        place = shape.result_at(ctx, at)
        return (ctx.write(carried[0], place, combine(ctx.read(carried[0], place), element(at))),)

    summed = ctx.nest(shape.x.sizes(), (out,), body)[0]

    def last(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (ctx.write(carried[0], at, finish(ctx.read(carried[0], at))),)

    if finish is same and held.dtype == type.dtype:
        return summed
    if held.dtype == type.dtype:
        return ctx.nest(sizes, (summed,), last)[0]
    result = ctx.empty(type, sizes)
    return ctx.nest(sizes, (result,), lambda at, carried: (ctx.write(carried[0], at, finish(ctx.read(summed, at))),))[0]


def _filled_with(ctx: Context, type: Array, sizes: list[Atom], init: Atom) -> Atom:
    if isinstance(init, Const) and init.value == 0 and type.dtype != "bool":
        zeros = ctx.builder.emit("zeros", *sizes, type=type, dtype=type.dtype)
        ctx.contiguous.add(zeros)
        return zeros
    empty = ctx.empty(type, sizes)
    return ctx.nest(sizes, (empty,), lambda at, carried: (ctx.write(carried[0], at, init),))[0]


def same(value: Atom) -> Atom:
    return value


# The reductions


class Reduction:
    """What all reductions need: the operand by its elements, its shape, arithmetic on numbers."""

    def __init__(self, ctx: Context, s: Assign):
        self.ctx, self.s, self.scalars = ctx, s, Scalars(ctx)
        self.x = ctx.array(s.args[0])
        self.shape = shape_of(self.x, s.param("axis"), s.param("keepdims", False), s.target.type)
        self.dtype = dtype_of(s.target.type)
        self.sums_numbers = self.shape.last or not dims_of(s.target.type)

    def held(self, dtype: str) -> str:
        """The dtype in which numbers of `dtype` are accumulated."""
        return WIDER.get(dtype, dtype) if self.sums_numbers else dtype

    def square(self, x: Atom, number: Scalar) -> Atom:
        """|x|**2, a real number."""
        if is_complex(x.type):
            real, imag = (self.scalars.apply(part, [x], number, {}) for part in ("real", "imag"))
            return self.scalars.apply("add", [self.square(real, number), self.square(imag, number)], number, {})
        return self.scalars.apply("mul", [x, x], number, {})

    def const(self, value: float, dtype: str) -> Atom:
        if dtype == "bool":
            return Const(bool(value), Scalar("bool", True))
        if dtype.startswith(("int", "uint")):
            return Const(int(value), Scalar("int64", True))
        return self.scalars.cast(Const(float(value), Scalar("float64", True)), dtype)

    def folded(self, init: Atom, combine: Combine, finish=same, element=None) -> Atom:
        return fold(self.ctx, self.shape, init, combine, finish, element or self.x.element)

    def each(self, number: Callable[[Position_], Atom]) -> Atom:
        return each(self.ctx, self.shape, number)

    def nonempty(self, name: str) -> None:
        """Raise where there is nothing to choose from."""
        whole = self.ctx.whole
        for axis in self.shape.reduced:
            size = self.x.size(axis)
            if whole.known(size) is None:
                self.ctx.require(
                    whole.compare("eq", size, whole.constant(0)),
                    "ValueError",
                    f"zero-size array to reduction operation {name} which has no identity",
                )


def _sum(ctx: Context, s: Assign, combine: str, start: float) -> Atom:
    r = Reduction(ctx, s)
    held = r.held(r.dtype)
    number = Scalar(held)

    def step(total: Atom, x: Atom) -> Atom:
        return r.scalars.apply(combine, [total, _as(r.scalars, x, held)], number, {})

    return r.folded(r.const(start, held), step, (lambda x: r.scalars.cast(x, r.dtype)) if held != r.dtype else same)


def _as(scalars: Scalars, x: Atom, dtype: str) -> Atom:
    """A truth value as a number; other numbers as they are."""
    return scalars.cast(x, dtype) if dtype_of(x.type) in ("bool", "float32", "complex64") else x


def sum_(ctx: Context, s: Assign) -> Atom:
    return _sum(ctx, s, "add", 0.0)


def prod(ctx: Context, s: Assign) -> Atom:
    return _sum(ctx, s, "mul", 1.0)


def mean(ctx: Context, s: Assign) -> Atom:
    r = Reduction(ctx, s)
    held = r.held(r.dtype)
    count = r.scalars.cast(r.shape.count(ctx), real_dtype(held)) if held in WIDER else r.shape.count(ctx)

    def finish(total: Atom) -> Atom:
        return r.scalars.cast(r.scalars.apply("div", [total, count], Scalar(held), {}), r.dtype)

    return r.folded(
        r.const(0.0, held),
        lambda total, x: r.scalars.apply("add", [total, _as(r.scalars, x, held)], Scalar(held), {}),
        finish,
    )


def _variance(ctx: Context, s: Assign, root: bool) -> Atom:
    """The mean first, then the mean square distance from it."""
    r = Reduction(ctx, s)
    means_type = Array(averaged(r.x.type.dtype), tuple(_one_where(r.shape, axis) for axis in range(r.x.type.ndim)))
    means = _means(r, means_type)
    divisor = _less(ctx, r.shape.count(ctx), s.param("ddof", 0))
    held, number = r.held(r.dtype), Scalar(r.held(r.dtype))

    def element(at: Position_) -> Atom:
        difference = Scalar("complex128") if is_complex(r.x.type) else number
        return r.square(r.scalars.apply("sub", [r.x.element(at), means(at)], difference, {}), number)

    def finish(total: Atom) -> Atom:
        result = r.scalars.apply(
            "div", [total, r.scalars.cast(divisor, held) if held == "float32" else divisor], number, {}
        )
        return r.scalars.cast(r.scalars.apply("sqrt", [result], number, {}) if root else result, r.dtype)

    return r.folded(
        r.const(0.0, held), lambda total, x: r.scalars.apply("add", [total, x], number, {}), finish, element
    )


def _less(ctx: Context, count: Atom, ddof: float) -> Atom:
    return (
        ctx.whole.sub(count, ctx.whole.constant(ddof)) if isinstance(ddof, int) else Scalars(ctx).op("sub", count, ddof)
    )


def _one_where(shape: Shape, axis: int):
    return ONE if axis in shape.reduced else shape.x.type.dims[axis]


def _means(r: Reduction, type: Array) -> Callable[[Position_], Atom]:
    """The mean for a position in x."""
    full = not r.shape.kept
    target = r.ctx.builder.var("", Scalar(type.dtype) if full else type)
    params = (("axis", None if full else r.shape.reduced), ("keepdims", not full))
    value = mean(r.ctx, Assign(target, "mean", r.s.args[:1], params))
    if full:
        return lambda at: value
    shape = Shape(r.x, r.shape.reduced, True, type)
    return lambda at: r.ctx.read(value, shape.result_at(r.ctx, at))


def var(ctx: Context, s: Assign) -> Atom:
    return _variance(ctx, s, False)


def std(ctx: Context, s: Assign) -> Atom:
    return _variance(ctx, s, True)


def norm(ctx: Context, s: Assign) -> Atom:
    """The root of the sum of squares, or of other powers of the sizes."""
    r = Reduction(ctx, s)
    held = r.held(r.dtype)
    number, order = Scalar(held), s.param("ord")

    def power(x: Atom, exponent: float) -> Atom:
        return r.scalars.apply("pow", [x, Const(exponent, Scalar("float64", True))], number, {})

    def step(total: Atom, x: Atom) -> Atom:
        x = x if is_complex(x.type) else _as(r.scalars, x, held)
        if order is None:
            term = r.square(x, number)
        else:
            term = power(r.scalars.apply("abs", [x], number, {}), float(order))
        return r.scalars.apply("add", [total, term], number, {})

    def finish(total: Atom) -> Atom:
        root = r.scalars.apply("sqrt", [total], number, {}) if order is None else power(total, 1 / order)
        return r.scalars.cast(root, r.dtype)

    return r.folded(r.const(0.0, held), step, finish)


def _extreme(ctx: Context, s: Assign, op: str) -> Atom:
    r = Reduction(ctx, s)
    r.nonempty({"max": "maximum", "min": "minimum"}[op])
    step, number = f"{op}imum", Scalar(r.dtype)

    def combine(best: Atom, x: Atom) -> Atom:
        if r.dtype.startswith("float"):  # as one operation, which the backend vectorises
            return ctx.builder.emit(step, best, x, type=number, spelling=f"np.{step}")
        return r.scalars.apply(step, [best, x], number, {})

    return r.folded(worst(ctx, step, r.dtype), combine)


def _search(r: Reduction, op: str, kept: Position_, place: bool) -> list[Atom]:
    """The extreme of the elements at `kept`, and with `place` where its first one is; the first NaN if there is one.

    Whether there is a NaN is found out beside the comparisons and not by them: so the chain from one iteration to
    the next is a single instruction, without a branch. Where the first one is tells the number of those before it.
    """
    whole, scalars, dtype = r.ctx.whole, r.scalars, r.x.type.dtype
    may_be_nan = dtype.startswith("float")
    sizes = [r.x.size(axis) for axis in r.shape.reduced]

    def body(at: Position_, carried: tuple[Atom, ...]) -> Sequence[Atom]:
        best, *more = carried
        x = r.x.element(filled(r.ctx, r.shape, kept, at))
        wins = scalars.op("gt" if op == "max" else "lt", x, best, dtype="bool")
        yields = [scalars.choose(wins, x, best, dtype)]
        if may_be_nan:
            nan = scalars.op("bitwise_or", more.pop(0), scalars.op("ne", x, x, dtype="bool"), dtype="bool")
            yields.append(nan)
        if place:
            yields.append(whole.choose(wins, _flat(r, at, sizes), more.pop(0)))
        if place and may_be_nan:
            yields.append(whole.add(more.pop(0), whole.choose(nan, whole.constant(0), whole.constant(1))))
        return yields

    zero = whole.constant(0)
    start = [worst(r.ctx, f"{op}imum", dtype), *[r.const(False, "bool")] * may_be_nan, *[zero] * place]
    best, *found = r.ctx.nest(sizes, [*start, *[zero] * (place and may_be_nan)], body)
    if not may_be_nan:
        return [best, *found]
    nan, *places = found
    best = scalars.choose(nan, scalars.cast(Const(math.nan, Scalar("float64", True)), dtype), best, dtype)
    return [best, whole.choose(nan, places[1], places[0])] if place else [best]


def _flat(r: Reduction, at: Position_, sizes: Sequence[Atom]) -> Atom:
    """The number of a position, counted along the last axis first."""
    number: Atom = r.ctx.whole.constant(0)
    for i, size in zip(at, sizes, strict=True):
        number = r.ctx.whole.add(r.ctx.whole.mul(number, size), i)
    return number


def worst(ctx: Context, op: str, dtype: str) -> Atom:
    """What is the other one's `maximum`, or `minimum`, with every number of `dtype`."""
    if dtype == "bool":
        return Const(op == "minimum", Scalar("bool", True))
    if dtype.startswith(("int", "uint")):
        info = np.iinfo(dtype)
        return Const(int(info.min if op == "maximum" else info.max), Scalar("int64", True))
    infinity = Const(-math.inf if op == "maximum" else math.inf, Scalar("float64", True))
    return Scalars(ctx).cast(infinity, dtype) if dtype != "float64" else infinity


def max_(ctx: Context, s: Assign) -> Atom:
    return _extreme(ctx, s, "max")


def min_(ctx: Context, s: Assign) -> Atom:
    return _extreme(ctx, s, "min")


def _truth(ctx: Context, s: Assign, op: str, start: bool) -> Atom:
    r = Reduction(ctx, s)
    return r.folded(r.const(start, "bool"), lambda held, x: r.scalars.op(op, held, r.scalars.truth(x), dtype="bool"))


def any_(ctx: Context, s: Assign) -> Atom:
    return _truth(ctx, s, "bitwise_or", False)


def all_(ctx: Context, s: Assign) -> Atom:
    return _truth(ctx, s, "bitwise_and", True)


def count_nonzero(ctx: Context, s: Assign) -> Atom:
    r, whole = Reduction(ctx, s), ctx.whole
    return r.folded(
        whole.constant(0),
        lambda n, x: whole.add(n, whole.choose(r.scalars.truth(x), whole.constant(1), whole.constant(0))),
    )


def _place(ctx: Context, s: Assign, op: str) -> Atom:
    """The first place of the extreme, or of a NaN."""
    r = Reduction(ctx, s)
    r.nonempty(f"arg{op}")
    return r.each(lambda kept: _search(r, op, kept, place=True)[1])


def extremes(ctx: Context, s: Assign) -> list[Callable[[], Atom]]:
    """How to have the extreme, and its place."""
    assert isinstance(s.target.type, TupleOf)
    op, types = s.param("op"), s.target.type.items
    given = (
        replace(s, target=ctx.builder.var("", type), params=(("axis", s.param("axis")), ("keepdims", keepdims)))
        for type, keepdims in zip(types, s.param("keepdims"), strict=True)
    )
    r, other = (Reduction(ctx, one) for one in given)
    r.nonempty({"max": "maximum", "min": "minimum"}[op])
    found = each_of(ctx, (r.shape, other.shape), lambda kept: _search(r, op, kept, place=True))
    return [lambda: found[0], lambda: found[1]]


def argmax(ctx: Context, s: Assign) -> Atom:
    return _place(ctx, s, "max")


def argmin(ctx: Context, s: Assign) -> Atom:
    return _place(ctx, s, "min")


def sum_to(ctx: Context, s: Assign) -> Atom:
    """Summed back to the shape of `like`, axes of unknown size among it: where one is 1, all go to its one place."""
    g, like = ctx.array(s.args[0]), ctx.array(s.args[1])
    type = array_type(s.target)
    lead = g.type.ndim - type.ndim
    sizes = like.sizes()
    flags = [None if dim.is_one else stretches(ctx, size, dim) for dim, size in zip(type.dims, sizes, strict=True)]
    out = ctx.builder.emit("zeros", *sizes, type=type, dtype=type.dtype)

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        place = [
            ctx.whole.constant(0) if f is None else ctx.whole.mul(i, f) for i, f in zip(at[lead:], flags, strict=True)
        ]
        return (ctx.write(carried[0], place, g.element(at), "add"),)

    return ctx.nest(g.sizes(), (out,), body)[0]


REDUCTIONS: dict[str, Callable[[Context, Assign], Atom]] = {
    "sum": sum_,
    "prod": prod,
    "mean": mean,
    "norm": norm,
    "var": var,
    "std": std,
    "max": max_,
    "min": min_,
    "any": any_,
    "all": all_,
    "count_nonzero": count_nonzero,
    "argmax": argmax,
    "argmin": argmin,
    "sum_to": sum_to,
}
ONE_PASS = (frozenset(REDUCTIONS) | {"extreme"}) - {"var", "std"}
