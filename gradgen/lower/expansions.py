"""Functions of numbers that Numba lacks, or is slow to compile, written out in simpler ones."""

from __future__ import annotations

import math

from gradgen.ir import Atom, Const, Scalar
from gradgen.lower.scalars import EXPANSIONS, Scalars, expansion


def _extreme(comparison: str, number: bool):
    """The first operand where it compares so, or is NaN (or, for `number`, where the second is NaN)."""

    def expand(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
        if type.dtype == "int64" and not number:
            spelling = "max" if comparison == "ge" else "min"
            return s.ctx.builder.emit(f"{spelling}imum", *args, type=type, spelling=spelling)
        a, b = (s.cast(arg, type.dtype) for arg in args)
        test = s.op(comparison, a, b, dtype="bool")
        nan = b if number else a
        if type.dtype.startswith("float"):
            test = s.op("bitwise_or", test, s.op("ne", nan, nan, dtype="bool"), dtype="bool")
        return s.choose(test, a, b, type.dtype)

    return expand


EXPANSIONS |= {
    "maximum": _extreme("ge", False),
    "minimum": _extreme("le", False),
    "fmax": _extreme("ge", True),
    "fmin": _extreme("le", True),
}


@expansion("where")
def _where(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    test, a, b = args
    return s.choose(s.truth(test), s.cast(a, type.dtype), s.cast(b, type.dtype), type.dtype)


@expansion("choose")
def _choose(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """The last choice, if it is none of those before it."""
    place, *choices = args
    result = s.cast(choices[-1], type.dtype)
    for k in range(len(choices) - 2, -1, -1):
        result = s.choose(s.op("eq", place, k, dtype="bool"), s.cast(choices[k], type.dtype), result, type.dtype)
    return result


@expansion("sign")
def _sign(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    (x,) = args
    one, minus = s.cast(s.ctx.whole.constant(1), type.dtype), s.cast(s.ctx.whole.constant(-1), type.dtype)
    below = s.choose(s.op("lt", x, 0, dtype="bool"), minus, x, type.dtype)
    return s.choose(s.op("gt", x, 0, dtype="bool"), one, below, type.dtype)


@expansion("square")
def _square(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.apply("mul", [args[0], args[0]], type, {})


@expansion("reciprocal")
def _reciprocal(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.apply("div", [s.ctx.whole.constant(1), args[0]], type, {})


@expansion("sigmoid")
def _sigmoid(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """1 / (1 + exp(-x))"""
    power = s.apply("exp", [s.apply("neg", [args[0]], type, {})], type, {})
    return s.apply("reciprocal", [s.apply("add", [s.ctx.whole.constant(1), power], type, {})], type, {})


@expansion("softplus")
def _softplus(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """log(1 + exp(x))"""
    return s.apply("log1p", [s.apply("exp", [args[0]], type, {})], type, {})


@expansion("relu")
def _relu(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.apply("maximum", [args[0], s.ctx.whole.constant(0)], type, {})


@expansion("hypot")
def _hypot(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """Of any number of sides, two at a time."""
    length = args[0]
    for side in args[1:]:
        both = s.cast(length, type.dtype), s.cast(side, type.dtype)
        length = s.ctx.builder.emit("hypot", *both, type=type, spelling="math.hypot")
    return length if len(args) > 1 else s.apply("abs", args, type, {})


@expansion("fsum")
def _fsum(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    total = args[0]
    for other in args[1:]:
        total = s.apply("add", [total, other], type, {})
    return total


@expansion("ieee_remainder")
def _ieee_remainder(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """a - b rint(a / b)"""
    a, b = args
    nearest = s.apply("rint", [s.apply("div", [a, b], type, {})], type, {})
    return s.apply("sub", [a, s.apply("mul", [b, nearest], type, {})], type, {})


@expansion("heaviside")
def _heaviside(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    x, middle = args
    zero, one = (s.cast(s.ctx.whole.constant(k), type.dtype) for k in (0, 1))
    side = s.choose(s.op("gt", x, 0, dtype="bool"), one, s.cast(x, type.dtype), type.dtype)
    side = s.choose(s.op("lt", x, 0, dtype="bool"), zero, side, type.dtype)
    return s.choose(s.op("eq", x, 0, dtype="bool"), s.cast(middle, type.dtype), side, type.dtype)


@expansion("signbit")
def _signbit(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.op("lt", s.op("copysign", 1.0, args[0], spelling="math.copysign"), 0, dtype="bool")


@expansion("float_power")
def _float_power(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.apply("pow", [s.cast(args[0], type.dtype), args[1]], type, {})


@expansion("fmod")
def _fmod(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """Numba has no fmod; its `%` of two positive numbers is one, exactly."""
    a, b = args
    if not type.dtype.startswith("float"):
        remainder = s.apply("mod", [s.apply("abs", [a], type, {}), s.apply("abs", [b], type, {})], type, {})
        return s.choose(s.op("lt", a, 0, dtype="bool"), s.apply("neg", [remainder], type, {}), remainder, type.dtype)
    remainder = s.apply("mod", [s.apply("abs", [a], type, {}), s.apply("abs", [b], type, {})], type, {})
    return s.apply("copysign", [remainder, a], type, {})


def _scaled(factor: float):
    def expand(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
        return s.apply("mul", [args[0], Const(factor, Scalar("float64", True))], type, {})

    return expand


EXPANSIONS |= {
    "deg2rad": _scaled(math.pi / 180),
    "radians": _scaled(math.pi / 180),
    "rad2deg": _scaled(180 / math.pi),
    "degrees": _scaled(180 / math.pi),
}


def _log_of_sum(base: str):
    exponential, logarithm = ("exp", "log1p") if base == "e" else ("exp2", "log1p")

    def expand(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
        """max + log(1 + exp(-|a - b|)); equal infinities are their own result."""
        a, b = args
        high = s.apply("maximum", [a, b], type, {})
        gap = s.apply("neg", [s.apply("abs", [s.apply("sub", [a, b], type, {})], type, {})], type, {})
        rest = s.apply(logarithm, [s.apply(exponential, [gap], type, {})], type, {})
        if base == "2":
            rest = s.apply("mul", [rest, Const(1 / math.log(2), Scalar("float64", True))], type, {})
        return s.choose(
            s.op("eq", a, b, dtype="bool"),
            _plus_log2(s, a, base, type),
            s.apply("add", [high, rest], type, {}),
            type.dtype,
        )

    return expand


def _plus_log2(s: Scalars, a: Atom, base: str, type: Scalar) -> Atom:
    return s.apply("add", [a, Const(math.log(2) if base == "e" else 1.0, Scalar("float64", True))], type, {})


EXPANSIONS |= {"logaddexp": _log_of_sum("e"), "logaddexp2": _log_of_sum("2")}


@expansion("sinc")
def _sinc(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    x = s.apply("mul", [args[0], Const(math.pi, Scalar("float64", True))], type, {})
    ratio = s.apply("div", [s.apply("sin", [x], type, {}), x], type, {})
    return s.choose(s.op("eq", x, 0, dtype="bool"), s.cast(s.ctx.whole.constant(1), type.dtype), ratio, type.dtype)


@expansion("logical_and")
def _logical_and(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.op("bitwise_and", *map(s.truth, args), dtype="bool")


@expansion("logical_or")
def _logical_or(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.op("bitwise_or", *map(s.truth, args), dtype="bool")


@expansion("logical_xor")
def _logical_xor(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.op("ne", *map(s.truth, args), dtype="bool")


@expansion("logical_not")
def _logical_not(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.op("not", s.truth(args[0]), dtype="bool")


@expansion("invert")
def _invert(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    if type.dtype == "bool":
        return s.op("not", args[0], dtype="bool")
    return s.apply("bitwise_xor", [args[0], s.ctx.whole.constant(-1)], type, {})


@expansion("isnan")
def _isnan(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.op("ne", args[0], args[0], dtype="bool")


@expansion("angle")
def _angle(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    parts = [s.op(part, args[0], dtype=type.dtype) for part in ("imag", "real")]
    return s.apply("atan2", parts, type, {})
