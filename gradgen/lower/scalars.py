"""Operations on numbers, as Numba computes them soonest and as NumPy would have.

What differs from NumPy, and is settled here:

- dtype: Numba computes float32 with a Python number in float64, where NumPy 2 stays in float32. Numbers
  that meet float32 are cast to it. Small integers, which Numba widens, are cast back. `+`, `*` and `-` of
  truth values are `or`, `and` and `xor`.
- `maximum`, `minimum` become comparisons that hand NaN on, which vectorise.
- functions are `math`'s, of which Numba has float32 forms too; they compile in less time than ufuncs and
  give NaN or inf where Python's raise.
- `np.sign`, `square`, `deg2rad` and the like are written out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradgen.ir import Assign, Atom, Const, Scalar, common_dtype
from gradgen.lower.context import Context

MATH = {
    name: f"math.{name}"
    for name in [
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "acosh",
        "atanh",
        "exp2",
        "expm1",
        "log1p",
        "log2",
        "log10",
        "hypot",
        "atan2",
        "copysign",
        "erf",
        "erfc",
        "gamma",
        "lgamma",
        "fabs",
    ]
} | {"cbrt": "np.cbrt", "rint": "np.rint", "round": "round", "isinf": "math.isinf", "isfinite": "math.isfinite"}
UNKNOWN_TO_NUMBA = ("comb", "perm", "factorial", "isqrt", "lcm")
ROUNDING = {"floor": "floor", "ceil": "ceil", "trunc": "trunc"}
ARITHMETIC = ("add", "sub", "mul", "div", "floordiv", "mod", "pow", "neg", "pos", "abs", "identity")
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
SMALL = ("int8", "int16", "int32", "uint8", "uint16", "uint32")

Expansion = Callable[["Scalars", list[Atom], Scalar], Atom]
EXPANSIONS: dict[str, Expansion] = {}


class Scalars:
    """Emits operations on numbers into the builder of `ctx`."""

    def __init__(self, ctx: Context):
        self.ctx = ctx

    def op(self, op: str, *args: Atom | float, dtype: str = "float64", spelling: str = "", **params) -> Atom:
        return self.ctx.builder.emit(op, *args, type=Scalar(dtype), spelling=spelling, **params)

    def cast(self, atom: Atom, dtype: str) -> Atom:
        """`atom` as a number of `dtype`; as it is where that makes no difference to Numba."""
        have = atom.type
        assert isinstance(have, Scalar)
        if have.dtype == dtype:
            return atom
        if isinstance(atom, Const) and dtype in ("float64", "float32"):
            weak = dtype == "float64"
            return Const(float(atom.value), Scalar(dtype, weak), atom.spelling if weak else "")  # type: ignore[arg-type]
        return self.ctx.builder.emit("cast", atom, type=Scalar(dtype), dtype=dtype, weak=False)

    def truth(self, atom: Atom) -> Atom:
        return atom if atom.type.dtype == "bool" else self.op("ne", atom, 0, dtype="bool")  # type: ignore[union-attr]

    def choose(self, test: Atom, a: Atom, b: Atom, dtype: str) -> Atom:
        return self.op("where", test, a, b, dtype=dtype)

    def apply(self, op: str, args: Sequence[Atom], type: Scalar, params: dict, spelling: str = "") -> Atom:
        """op(*args) as a number of `type`."""
        if "text" in params:
            return self._written_out(params["text"], args, type)
        common, _ = common_dtype([arg.type for arg in args]) if args else (type.dtype, False)
        arguments = list(args)
        if op in EXPANSIONS:
            arguments = self._conformed(op, arguments, common)
            return EXPANSIONS[op](self, arguments, type)
        if type.dtype == "bool" and op in ("add", "mul", "sub"):
            return self._boolean(op, arguments)
        if op in COMPARISONS:
            arguments = self._conformed(op, arguments, common)
        elif op in ARITHMETIC or op in MATH or op in ROUNDING:
            arguments = self._conformed(op, arguments, type.dtype)
        if op == "pow" and not type.dtype.startswith("float"):
            self._whole_power(arguments[1])
        if op in MATH:
            spelling = MATH[op]
        elif op in ROUNDING:
            spelling = ("np." if type.dtype.startswith("float") else "math.") + ROUNDING[op]
        elif spelling.startswith(("np.", ".")):
            spelling = ""
        result: Atom = self.ctx.builder.emit(op, *arguments, type=type, spelling=spelling, **params)
        if type.dtype in SMALL and op != "cast":
            result = self.ctx.builder.emit("cast", result, type=Scalar(type.dtype), dtype=type.dtype, weak=False)
        return result

    def _whole_power(self, exponent: Atom) -> None:
        """Python has a fraction for `2 ** -1`, and NumPy an error; Numba would have 0."""
        if not isinstance(exponent, Const):
            negative = self.ctx.whole.compare("lt", exponent, self.ctx.whole.constant(0))
            self.ctx.require(negative, "ValueError", "a whole number to a negative power")

    def _written_out(self, text: Any, args: Sequence[Atom], type: Scalar) -> Atom:
        """A recognised composite, as the user wrote it: nested (op, spelling, arguments[, params])."""
        if isinstance(text, int):
            return args[text]
        if not isinstance(text, tuple):
            return text
        op, spelling, inner, *params = text
        number = Scalar("bool") if op in COMPARISONS else Scalar(type.dtype)
        return self.apply(op, [self._written_out(part, args, type) for part in inner], number, dict(*params), spelling)

    def _conformed(self, op: str, args: list[Atom], dtype: str) -> list[Atom]:
        """The arguments in float32 where that is what is computed in, or out of it where it is not.

        A whole constant exponent stays: Numba multiplies.
        """

        def conform(k: int, atom: Atom) -> Atom:
            have = atom.type.dtype  # type: ignore[union-attr]
            if op == "pow" and k == 1 and isinstance(atom, Const) and have == "int64":
                return atom
            if op == "where" and k == 0:
                return atom
            if dtype == "float32" or (
                have == "float32" and dtype == "float64" and op not in ("lt", "le", "gt", "ge", "eq", "ne")
            ):
                return self.cast(atom, dtype)
            return atom

        return [conform(k, atom) for k, atom in enumerate(args)]

    def _boolean(self, op: str, args: list[Atom]) -> Atom:
        a, b = map(self.truth, args)
        return self.op({"add": "bitwise_or", "mul": "bitwise_and", "sub": "ne"}[op], a, b, dtype="bool")


def expansion(*ops: str):
    def enter(function: Expansion) -> Expansion:
        for op in ops:
            EXPANSIONS[op] = function
        return function

    return enter


def _extreme(comparison: str, number: bool):
    """The first operand where it compares so, or is NaN (or, for `number`, where the second is NaN)."""

    def expand(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
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


@expansion("float_power")
def _float_power(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    return s.apply("pow", [s.cast(args[0], "float64"), args[1]], type, {})


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


def scalar(ctx: Context, s: Assign) -> Atom:
    """An Assign of numbers, as it is to be under Numba."""
    type = s.target.type
    assert isinstance(type, Scalar)
    if s.op in UNKNOWN_TO_NUMBA:
        raise ctx.refuse(f"Numba knows no math.{s.op}", "use jit=False")
    return Scalars(ctx).apply(s.op, s.args, replace(type, extent=None), dict(s.params), s.spelling)
