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

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradgen.ir import COMPLEX, Assign, Atom, Const, Scalar, common_dtype, dtype_of, is_complex
from gradgen.lower.context import Context
from gradgen.rules.complex_numbers import of_complex

MATH = {name: f"math.{name}" for name in (
    "exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
    "atanh", "exp2", "expm1", "log1p", "log2", "log10", "atan2", "copysign", "erf", "erfc", "gamma", "lgamma",
    "fabs", "isinf", "isfinite",
)} | {"cbrt": "np.cbrt", "rint": "np.rint", "round": "round"}  # fmt: skip
ROUNDING = {"floor": "floor", "ceil": "ceil", "trunc": "trunc"}
ARITHMETIC = (
    "add",
    "sub",
    "mul",
    "div",
    "floordiv",
    "mod",
    "pow",
    "neg",
    "pos",
    "abs",
    "identity",
    "real",
    "imag",
    "conj",
    "complex",
)
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
        if isinstance(atom, Const) and dtype == "complex128":
            return Const(complex(_number(atom)), COMPLEX)
        if isinstance(atom, Const) and dtype in ("float64", "float32"):
            weak = dtype == "float64"
            number = _number(atom)
            assert not isinstance(number, complex)
            return Const(float(number), Scalar(dtype, weak), atom.spelling if weak else "")
        return self.ctx.builder.emit("cast", atom, type=Scalar(dtype), dtype=dtype, weak=False)

    def truth(self, atom: Atom) -> Atom:
        return atom if dtype_of(atom.type) == "bool" else self.op("ne", atom, 0, dtype="bool")

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
        if op == "pow" and type.dtype.startswith(("int", "uint")):
            self._whole_power(arguments[1])
        if op in MATH:
            spelling = of_complex(MATH[op]) if any(is_complex(a.type) for a in arguments) else MATH[op]
        elif op in ROUNDING:
            spelling = ("np." if type.dtype.startswith("float") else "math.") + ROUNDING[op]
        elif op == "abs" and dtype_of(arguments[0].type) == "complex128":
            spelling = "_modulus"
        elif spelling.startswith(("np.", ".", "scipy.")):
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

        A whole constant exponent stays: Numba multiplies. So does a number of decimals, which is an integer for Python.
        """

        def conform(k: int, atom: Atom) -> Atom:
            have = dtype_of(atom.type)
            if op in ("pow", "round") and k == 1 and isinstance(atom, Const) and have == "int64":
                return atom
            if op == "where" and k == 0:
                return atom
            if dtype == "complex64":
                return self.cast(atom, "complex64" if is_complex(atom.type) else "float32")
            if is_complex(atom.type):
                return atom  # it is the result that is real
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


def scalar(ctx: Context, s: Assign) -> Atom:
    """An Assign of numbers, as it is to be under Numba."""
    type = s.target.type
    assert isinstance(type, Scalar)
    return Scalars(ctx).apply(s.op, s.args, replace(type, extent=None), dict(s.params), s.spelling)


def _number(atom: Const) -> int | float | complex:
    assert atom.value is not None
    return atom.value
