"""Fourier transforms, which Numba does not have: rows of a matrix, by a function that the text brings along.

Each axis in turn is made the last one, in complex128; what it is cut to or filled up with is done on the way, and so
is the half of a spectrum put together to the whole. Factors of a norm are multiplied as the result is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gradgen.ir import FLOAT, Array, Assign, Atom, Const, Dim, Scalar
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.elementwise import lazily
from gradgen.lower.scalars import Scalars

COMPLEX = Scalar("complex128")
Element = Callable[[Position_], Atom]


@dataclass(frozen=True)
class Stage:
    """A complex array on its way, by its sizes and elements. `made`: it is in memory as it stands."""

    sizes: list[Atom]
    element: Element
    made: Atom | None = None


def transform(ctx: Context, s: Assign) -> Atom:
    """fft, ifft, rfft and irfft along the axes of `s`."""
    work = _Transform(ctx, s)
    axes: tuple[int, ...] = tuple(s.param("axes"))
    lengths = work.lengths(axes)
    stage = Stage(work.x.sizes(), work.x.element)
    if s.op == "irfft":
        for axis in axes[:-1]:
            stage = work.along(stage, axis, lengths[axis])
        stage = work.along(stage, axes[-1], lengths[axes[-1]], mirrored=True)
    else:
        for axis in reversed(axes):
            stage = work.along(stage, axis, lengths[axis])
            if s.op == "rfft" and axis == axes[-1]:
                stage = work.halved(stage, axis)
    return work.scaled(stage, [lengths[axis] for axis in axes])


class _Transform:
    def __init__(self, ctx: Context, s: Assign):
        self.ctx, self.s, self.scalars = ctx, s, Scalars(ctx)
        self.x = ctx.array(s.args[0])
        self.type = array_type(s.target)

    def lengths(self, axes: Sequence[int]) -> dict[int, Atom]:
        """The number of places of each axis that is transformed."""
        ctx, whole = self.ctx, self.ctx.whole
        given = {axis: ctx.use(size) for axis, size in zip(axes, self.s.args[1:], strict=False)}
        found = {axis: given.get(axis, self.x.size(axis)) for axis in axes}
        if self.s.op == "irfft" and not given:
            last = axes[-1]
            found[last] = whole.mul(whole.constant(2), whole.sub(self.x.size(last), whole.constant(1)))
        for length in found.values():
            if whole.known(length) is None:
                message = "Invalid number of FFT data points (0) specified."
                ctx.require(whole.compare("lt", length, whole.constant(1)), "ValueError", message)
        return found

    def along(self, stage: Stage, axis: int, length: Atom, mirrored: bool = False) -> Stage:
        """The sums along an axis, to be made the last one and `length` long."""
        ctx, whole = self.ctx, self.ctx.whole
        others = [k for k in range(len(stage.sizes)) if k != axis]
        sizes = [*(stage.sizes[k] for k in others), length]
        fits = stage.sizes[axis] == length
        read = self._mirrored(stage, axis, length) if mirrored else stage.element if fits else fitted(ctx, stage, axis)

        def turned(at: Position_) -> list[Atom]:
            places = list(at[:-1])
            places.insert(axis, at[-1])
            return places

        def put(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return (ctx.write(carried[0], at, self.scalars.cast(read(turned(at)), "complex128")),)

        dims = tuple(self._dim(size) for size in sizes)
        rows = ctx.nest(sizes, (ctx.empty(Array("complex128", dims), sizes),), put)[0]
        rows = self._reshaped(rows, [whole.product(sizes[:-1]), length])
        sign = Const(1.0 if self.s.op in ("ifft", "irfft") else -1.0, FLOAT)
        made = ctx.builder.emit("fourier_rows", rows, sign, type=rows.type)
        ctx.contiguous.add(made)
        back = self._reshaped(made, sizes)

        def element(at: Position_) -> Atom:
            return ctx.read(back, [*(at[k] for k in others), at[axis]])

        out = list(stage.sizes)
        out[axis] = length
        return Stage(out, element, back if axis == len(others) else None)

    def _dim(self, size: Atom) -> Dim:
        from gradgen.rules.build import dim_of

        return dim_of(size)

    def _reshaped(self, array: Atom, sizes: Sequence[Atom]) -> Any:
        ctx = self.ctx
        type = Array("complex128", tuple(self._dim(size) for size in sizes))
        if len(sizes) == array_type(array).ndim:
            return array
        out = ctx.builder.emit("reshape", array, *sizes, type=type)
        ctx.contiguous.add(out)
        return out

    def _mirrored(self, stage: Stage, axis: int, length: Atom) -> Element:
        """Of the first half of a spectrum all of it: element n - k is the conjugate of element k."""
        ctx, whole = self.ctx, self.ctx.whole
        half = whole.add(whole.floordiv(length, whole.constant(2)), whole.constant(1))
        read = fitted(ctx, stage, axis)

        def element(at: Position_) -> Atom:
            here = at[axis]
            first = whole.compare("lt", here, half)
            there = [*at[:axis], whole.choose(first, here, whole.sub(length, here)), *at[axis + 1 :]]
            value = self.scalars.cast(read(there), "complex128")
            return self.scalars.choose(first, value, self.scalars.apply("conj", [value], COMPLEX, {}), "complex128")

        return element

    def halved(self, stage: Stage, axis: int) -> Stage:
        whole, sizes = self.ctx.whole, list(stage.sizes)
        sizes[axis] = whole.add(whole.floordiv(sizes[axis], whole.constant(2)), whole.constant(1))
        return Stage(sizes, stage.element)

    def scaled(self, stage: Stage, lengths: Sequence[Atom]) -> Atom:
        """The result in its dtype, and in the norm that was asked for."""
        inverse, norm = self.s.op in ("ifft", "irfft"), self.s.param("norm") or "backward"
        real = self.s.op == "irfft"
        plain = norm == ("forward" if inverse else "backward")
        if plain and stage.made is not None and not real and self.type.dtype == "complex128":
            return stage.made
        scalars, held = self.scalars, Scalar("float64" if real else "complex128")
        factor: Atom | None = None
        if not plain:
            count = self.ctx.whole.product(lengths)
            root = scalars.op("sqrt", count, spelling="math.sqrt") if norm == "ortho" else count
            factor = scalars.op("div", Const(1.0, FLOAT), root)

        def element(at: Position_) -> Atom:
            value = stage.element(at)
            if real:
                value = scalars.apply("real", [value], held, {})
            if factor is not None:
                value = scalars.apply("mul", [value, factor], held, {})
            return scalars.cast(value, self.type.dtype)

        return self.ctx.make(Lazy(self.type, lambda axis: stage.sizes[axis], element), self.s.target)


def fitted(ctx: Context, stage: Stage, *axes: int) -> Element:
    """The elements of an array that is filled up with zeros along these axes, as far as it goes on."""
    scalars, whole = Scalars(ctx), ctx.whole

    def element(at: Position_) -> Atom:
        with ctx.block():
            probe = stage.element([whole.constant(0)] * len(at)).type
        assert isinstance(probe, Scalar)
        inside: Atom | None = None
        for axis in axes:
            test = whole.compare("lt", at[axis], stage.sizes[axis])
            inside = test if inside is None else scalars.op("bitwise_and", inside, test, dtype="bool")
        assert inside is not None
        type = Scalar(probe.dtype)
        zero = scalars.cast(whole.constant(0), type.dtype)
        return ctx.branch(inside, [type], lambda: [scalars.cast(stage.element(at), type.dtype)], lambda: [zero])[0]

    return element


@lazily("fit")
def fit(ctx: Context, s: Assign) -> Lazy:
    x, type = ctx.array(s.args[0]), array_type(s.target)
    sizes = dict(zip(s.param("axes"), map(ctx.use, s.args[1:]), strict=True))
    element = fitted(ctx, Stage(x.sizes(), x.element), *sizes)
    return Lazy(type, lambda axis: sizes.get(axis) or x.size(axis), element)


@lazily("fftshift", "ifftshift")
def shifted(ctx: Context, s: Assign) -> Lazy:
    """fftshift moves by n // 2 on, ifftshift back."""
    x, whole, axes = ctx.array(s.args[0]), ctx.whole, s.param("axes")
    by = {}
    for axis in axes:
        half = whole.floordiv(x.size(axis), whole.constant(2))
        by[axis] = half if s.op == "ifftshift" else whole.sub(x.size(axis), half)

    def element(at: Position_) -> Atom:
        places = [whole.mod(whole.add(i, by[k]), x.size(k)) if k in by else i for k, i in enumerate(at)]
        return x.element(places)

    return Lazy(x.type, x.size, element, x.free, x.leaves)


@lazily("fftfreq", "rfftfreq")
def frequencies(ctx: Context, s: Assign) -> Lazy:
    n, d = map(ctx.use, s.args)
    type, scalars, whole = array_type(s.target), Scalars(ctx), ctx.whole
    half = whole.floordiv(n, whole.constant(2))
    size = n if s.op == "fftfreq" else whole.add(half, whole.constant(1))
    scale = scalars.op("div", Const(1.0, FLOAT), scalars.op("mul", n, d))

    def element(at: Position_) -> Atom:
        k = at[0]
        if s.op == "fftfreq":
            k = whole.choose(whole.compare("lt", k, whole.sub(n, half)), k, whole.sub(k, n))
        return scalars.op("mul", k, scale)

    return Lazy(type, lambda axis: size, element)


FOURIER: dict[str, Callable[[Context, Assign], Atom]] = dict.fromkeys(("fft", "ifft", "rfft", "irfft"), transform)
