"""Padding, leaving out and putting in, convolution, interpolation and polynomials as loops."""

from __future__ import annotations

from collections.abc import Callable

from gradgen.ir import BOOL, INT, Assign, Atom, Const, Scalar, dtype_of
from gradgen.lower.broadcasting import Fitted
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.elementwise import lazily, number, operand
from gradgen.lower.scalars import Scalars


def pad(ctx: Context, s: Assign) -> Atom:
    """x in the middle of an array of one value."""
    x, type, whole = ctx.array(s.args[0]), array_type(s.target), ctx.whole
    widths = [ctx.use(width) for width in s.args[1:]]
    for width in widths:
        _require_natural(ctx, width)
    before, after = widths[::2], widths[1::2]
    sizes = [whole.add(whole.add(x.size(k), before[k]), after[k]) for k in range(type.ndim)]
    value = s.param("value", 0)
    out: Atom
    if value:
        out = ctx.builder.emit("full", *sizes, number(type, value), type=type, dtype=type.dtype)
    else:
        out = ctx.builder.emit("zeros", *sizes, type=type, dtype=type.dtype)
    ctx.contiguous.add(out)

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        place = [whole.add(i, width) for i, width in zip(at, before, strict=True)]
        return (ctx.write(carried[0], place, x.element(at)),)

    return ctx.nest(x.sizes(), (out,), body)[0]


def _require_natural(ctx: Context, width: Atom) -> None:
    if ctx.whole.known(width) is None:
        negative = ctx.whole.compare("lt", width, ctx.whole.constant(0))
        ctx.require(negative, "ValueError", "index can't contain negative values")


@lazily("pad_index")
def pad_index(ctx: Context, s: Assign) -> Lazy:
    """The number of the element that stands at each place: of what is beyond an end, counted back into the array."""
    x, whole, mode = ctx.array(s.args[0]), ctx.whole, s.param("mode")
    before, after = (ctx.use(width) for width in s.args[1:])
    for width in (before, after):
        _require_natural(ctx, width)
    n, one = x.size(0), whole.constant(1)
    ctx.require(whole.compare("eq", n, whole.constant(0)), "ValueError", "can't extend an empty axis")
    last = whole.sub(n, one)
    size = whole.add(whole.add(n, before), after)
    period = {"reflect": whole.most(whole.add(last, last), one), "symmetric": whole.add(n, n)}.get(str(mode), n)

    def element(at: Position_) -> Atom:
        place = whole.sub(at[0], before)
        if mode == "edge":
            return whole.least(whole.most(place, whole.constant(0)), last)
        place = whole.mod(place, period)
        if mode == "wrap":
            return place
        back = whole.sub(period, place if mode == "reflect" else whole.add(place, one))
        return whole.least(place, back)

    return Lazy(array_type(s.target), lambda axis: size, element)


@lazily("delete")
def delete(ctx: Context, s: Assign) -> Lazy:
    x, place, whole = ctx.array(s.args[0]), ctx.use(s.args[1]), ctx.whole
    axis = s.param("axis") or 0
    _require_below(ctx, place, x.size(axis))
    size = whole.sub(x.size(axis), whole.constant(1))

    def element(at: Position_) -> Atom:
        moved = whole.choose(whole.compare("lt", at[axis], place), at[axis], whole.add(at[axis], whole.constant(1)))
        return x.element([*at[:axis], moved, *at[axis + 1 :]])

    return Lazy(array_type(s.target), lambda k: size if k == axis else x.size(k), element, leaves=x.leaves)


def _require_below(ctx: Context, place: Atom, size: Atom) -> None:
    """A place from 0 to below `size`."""
    whole = ctx.whole
    low = whole.compare("lt", place, whole.constant(0))
    high = whole.compare("ge", place, size)
    ctx.require(whole.emit("or", low, high, type=BOOL), "IndexError", "the place is out of bounds")


def insert(ctx: Context, s: Assign) -> Atom:
    x, type, whole = ctx.array(s.args[0]), array_type(s.target), ctx.whole
    place, axis = ctx.use(s.args[1]), s.param("axis") or 0
    value = operand(ctx, s.args[2])
    one = whole.constant(1)
    size = whole.add(x.size(axis), one)
    _require_below(ctx, place, size)
    sizes = [size if k == axis else x.size(k) for k in range(type.ndim)]
    out: Atom = ctx.empty(type, sizes)

    def moved(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        to = whole.choose(whole.compare("lt", at[axis], place), at[axis], whole.add(at[axis], one))
        return (ctx.write(carried[0], [*at[:axis], to, *at[axis + 1 :]], x.element(at)),)

    out = ctx.nest(x.sizes(), (out,), moved)[0]
    others = [k for k in range(type.ndim) if k != axis]
    fitted = Fitted(ctx, value, [type.dims[k] for k in others], lambda k: sizes[others[k]])

    def put(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        element = Scalars(ctx).cast(fitted.element(at), type.dtype)
        return (ctx.write(carried[0], [*at[:axis], place, *at[axis:]], element),)

    return ctx.nest([sizes[k] for k in others], (out,), put)[0]


@lazily("tri")
def tri(ctx: Context, s: Assign) -> Lazy:
    n, m, *offset = map(ctx.use, s.args)
    type, whole = array_type(s.target), ctx.whole

    def element(at: Position_) -> Atom:
        test = whole.compare("le", at[1], whole.add(at[0], offset[0]) if offset else at[0])
        return Scalars(ctx).choose(test, number(type, 1), number(type, 0), type.dtype)

    return Lazy(type, lambda axis: (n, m)[axis], element)


def convolve(ctx: Context, s: Assign) -> Atom:
    """The sum of a[i] v[k - i], or for correlate of a[i] v[i - k], over the places where both have elements."""
    whole, scalars, type = ctx.whole, Scalars(ctx), array_type(s.target)
    a, v = (ctx.array(ctx.value(arg)) for arg in s.args)
    n, m, mode = a.size(0), v.size(0), s.param("mode", "full")
    zero: Atom = whole.constant(0)
    one: Atom = whole.constant(1)
    short, long = whole.least(n, m), whole.most(n, m)
    ctx.require(whole.compare("eq", short, zero), "ValueError", "an operand is empty")
    rest = whole.sub(short, one)
    skipped: Atom
    if mode == "full":
        skipped, size = zero, whole.sub(whole.add(n, m), one)
    elif mode == "valid":
        skipped, size = rest, whole.sub(long, rest)
    else:
        skipped, size = whole.floordiv(rest, whole.constant(2)), long
        if s.op == "correlate":
            turned = whole.floordiv(short, whole.constant(2))
            skipped = whole.choose(whole.compare("lt", n, m), turned, skipped)
    kind = Scalar(type.dtype)

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        k = whole.add(at[0], skipped)
        first = whole.most(zero, whole.add(whole.sub(k, m), one))
        stop = whole.least(n, whole.add(k, one))

        def add(i: Atom, total: tuple[Atom, ...]) -> tuple[Atom, ...]:
            j = whole.sub(k, i) if s.op == "convolve" else whole.sub(whole.add(i, whole.sub(m, one)), k)
            product = scalars.apply("mul", [a.element([i]), v.element([j])], kind, {})
            return (scalars.apply("add", [total[0], product], kind, {}),)

        total = ctx.loop(first, stop, (scalars.cast(zero, type.dtype),), add)[0]
        return (ctx.write(carried[0], at, total),)

    return ctx.nest([size], (ctx.empty(type, [size]),), body)[0]


@lazily("interp")
def interp(ctx: Context, s: Assign) -> Lazy:
    x, at_number = ctx.array(s.args[0]), interpolation(ctx, s)
    return Lazy(array_type(s.target), x.size, lambda at: at_number(x.element(at)), leaves=x.leaves)


def interpolation(ctx: Context, s: Assign) -> Callable[[Atom], Atom]:
    """The value at a number, as NumPy computes it: from the point to the left, along the slope."""
    whole, scalars = ctx.whole, Scalars(ctx)
    points, values = (ctx.value(arg) for arg in s.args[1:3])
    xp, fp = ctx.array(points), ctx.array(values)
    last, zero, one = whole.sub(xp.size(0), whole.constant(1)), whole.constant(0), whole.constant(1)
    differs = whole.compare("ne", xp.size(0), fp.size(0))
    ctx.require(differs, "ValueError", "fp and xp are not of the same length.")
    ctx.require(whole.compare("eq", xp.size(0), zero), "ValueError", "array of sample points is empty")
    ends = [ctx.use(arg) for arg in s.args[3:]] or [fp.element([zero]), fp.element([last])]
    low, high = xp.element([zero]), xp.element([last])

    def at(x: Atom) -> Atom:
        found = ctx.builder.emit("searchsorted", points, x, type=INT, side="right")
        left = whole.most(whole.sub(whole.least(found, last), one), zero)
        right = whole.least(whole.add(left, one), last)
        a, b, fa, fb = xp.element([left]), xp.element([right]), fp.element([left]), fp.element([right])
        slope = scalars.op("div", scalars.op("sub", fb, fa), scalars.op("sub", b, a))
        value = scalars.op("add", scalars.op("mul", slope, scalars.op("sub", x, a)), fa)
        value = scalars.choose(scalars.op("eq", x, a, dtype="bool"), fa, value, "float64")
        value = scalars.choose(scalars.op("eq", x, high, dtype="bool"), fp.element([last]), value, "float64")
        value = scalars.choose(scalars.op("lt", x, low, dtype="bool"), ends[0], value, "float64")
        return scalars.choose(scalars.op("gt", x, high, dtype="bool"), ends[1], value, "float64")

    return at


@lazily("polyval")
def polyval(ctx: Context, s: Assign) -> Lazy:
    x = ctx.array(s.args[1])
    at_number = horner(ctx, s)
    return Lazy(array_type(s.target), x.size, lambda at: at_number(x.element(at)), leaves=x.leaves)


def horner(ctx: Context, s: Assign) -> Callable[[Atom], Atom]:
    dtype = dtype_of(s.target.type)
    scalars, kind = Scalars(ctx), Scalar(dtype)
    coefficients = ctx.array(ctx.value(s.args[0]))

    def at(x: Atom) -> Atom:
        def add(i: Atom, total: tuple[Atom, ...]) -> tuple[Atom, ...]:
            product = scalars.apply("mul", [total[0], x], kind, {})
            return (scalars.apply("add", [product, coefficients.element([i])], kind, {}),)

        start = scalars.cast(ctx.whole.constant(0), dtype)
        return ctx.loop(ctx.whole.constant(0), coefficients.size(0), (start,), add)[0]

    return at


def numbers(ctx: Context, s: Assign) -> Atom:
    """Of one number, the number."""
    makers = {"interp": interpolation, "polyval": horner}
    place = 1 if s.op == "polyval" else 0
    return makers[s.op](ctx, s)(ctx.use(s.args[place]))


def unwrap(ctx: Context, s: Assign) -> Atom:
    """Along the axis, the whole periods that keep the next element within half a period of the last, summed up."""
    x, type, whole, scalars = ctx.array(s.args[0]), array_type(s.target), ctx.whole, Scalars(ctx)
    axis, period = s.param("axis", -1) % type.ndim, float(s.param("period", 6.283185307179586))
    half, discont = period / 2, float(s.param("discont", period / 2))
    sizes, kind = x.sizes(), Scalar(type.dtype)

    def corrected(step: Atom) -> Atom:
        """What has to be added to a step for it to be within half a period."""
        within = scalars.op("sub", scalars.op("mod", scalars.op("add", step, half), period), half)
        at_end = scalars.op(
            "and", scalars.op("eq", within, -half, dtype="bool"), scalars.op("gt", step, 0, dtype="bool"), dtype="bool"
        )
        within = scalars.choose(at_end, _float(half), within, "float64")
        size = scalars.apply("abs", [step], kind, {})
        small = scalars.op("lt", size, discont, dtype="bool")
        return scalars.choose(small, _float(0.0), scalars.op("sub", within, step), "float64")

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        def place(i: Atom) -> list[Atom]:
            return [*at[:axis], i, *at[axis:]]

        def along(i: Atom, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            previous = x.element(place(whole.most(whole.sub(i, whole.constant(1)), whole.constant(0))))
            here = x.element(place(i))
            total = scalars.op("add", inside[1], corrected(scalars.op("sub", here, previous)))
            value = scalars.cast(scalars.op("add", here, total), type.dtype)
            return ctx.write(inside[0], place(i), value), total

        return (ctx.loop(whole.constant(0), sizes[axis], (carried[0], _float(0.0)), along)[0],)

    out = ctx.empty(type, sizes)
    return ctx.nest([*sizes[:axis], *sizes[axis + 1 :]], (out,), body)[0]


def _float(value: float) -> Const:
    return Const(value, Scalar("float64", True))


SIGNAL: dict[str, Callable[[Context, Assign], Atom]] = {
    "pad": pad,
    "insert": insert,
    "convolve": convolve,
    "correlate": convolve,
    "unwrap": unwrap,
    "interp": numbers,
    "polyval": numbers,
}
