"""Functions of numbers, applied elementwise: exponentials, trigonometry, roots, roundings, extremes.

Partials are the textbook's (DLMF 4.20, 4.34 and 4.35), in terms of the result `y` where that saves work.

At kinks: `abs` has the derivative 0 at 0; `maximum` and its like hand the gradient to the first among
equals, but to a constant 0 rather than to what stands before it, so that max(x, 0) is relu in both orders.
"""

from __future__ import annotations

import builtins
import math

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import INT, Scalar, dims_of, is_complex, real_dtype, with_dims
from gradgen.rules.symbols import Sym, apply, is_zero, share, static, where
from gradgen.rules.table import boolean, caller, common, constant, elementwise, floating, operand, spelling_of

LOG_2, LOG_10 = math.log(2.0), math.log(10.0)


@elementwise("exp", np.exp, math.exp)
def exp(y, x):
    return y


@elementwise("log", np.log, math.log)
def log(y, x):
    return 1 / x


@elementwise("sqrt", np.sqrt, math.sqrt, cost=5)
def sqrt(y, x):
    return 0.5 / y


@elementwise("cbrt", np.cbrt, math.cbrt)
def cbrt(y, x):
    return 1 / (3 * y**2)


@elementwise("sin", np.sin, math.sin)
def sin(y, x):
    return apply("cos", x)


@elementwise("cos", np.cos, math.cos)
def cos(y, x):
    return -apply("sin", x)


@elementwise("tan", np.tan, math.tan)
def tan(y, x):
    return 1 + y**2


@elementwise("asin", np.arcsin, math.asin)
def asin(y, x):
    return 1 / apply("sqrt", 1 - x**2)


@elementwise("acos", np.arccos, math.acos)
def acos(y, x):
    return -1 / apply("sqrt", 1 - x**2)


@elementwise("atan", np.arctan, math.atan)
def atan(y, x):
    return 1 / (1 + x**2)


@elementwise("sinh", np.sinh, math.sinh)
def sinh(y, x):
    return apply("cosh", x)


@elementwise("cosh", np.cosh, math.cosh)
def cosh(y, x):
    return apply("sinh", x)


@elementwise("tanh", np.tanh, math.tanh)
def tanh(y, x):
    return 1 - y**2


@elementwise("asinh", np.arcsinh, math.asinh)
def asinh(y, x):
    return 1 / apply("sqrt", x**2 + 1)


@elementwise("acosh", np.arccosh, math.acosh)
def acosh(y, x):
    """Of complex numbers in two roots, of which each has the cut that acosh has."""
    if is_complex(x.type):
        return 1 / (apply("sqrt", x - 1) * apply("sqrt", x + 1))
    return 1 / apply("sqrt", x**2 - 1)


@elementwise("atanh", np.arctanh, math.atanh)
def atanh(y, x):
    return 1 / (1 - x**2)


@elementwise("exp2", np.exp2, math.exp2)
def exp2(y, x):
    return LOG_2 * y


@elementwise("expm1", np.expm1, math.expm1)
def expm1(y, x):
    return y + 1


@elementwise("log1p", np.log1p, math.log1p)
def log1p(y, x):
    return 1 / (1 + x)


@elementwise("log2", np.log2, math.log2)
def log2(y, x):
    return 1 / (LOG_2 * x)


@elementwise("log10", np.log10, math.log10)
def log10(y, x):
    return 1 / (LOG_10 * x)


@elementwise("square", np.square, type=common, cost=1)
def square(y, x):
    return 2 * x


@elementwise("reciprocal", np.reciprocal, type=common, cost=1)
def reciprocal(y, x):
    return -(y**2)


@elementwise("deg2rad", np.deg2rad, np.radians, math.radians, cost=1)
def deg2rad(y, x):
    return math.pi / 180


@elementwise("rad2deg", np.rad2deg, np.degrees, math.degrees, cost=1)
def rad2deg(y, x):
    return 180 / math.pi


@elementwise("sinc", np.sinc)
def sinc(y, x):
    """sin(pi x) / (pi x): (cos(pi x) - y) / x, and 0 at 0."""
    zero = x.equals(0)
    slope = (apply("cos", math.pi * x) - y) / (where(zero, 1.0, x) if y.is_array else x)
    return where(zero, 0, slope)


# Functions of two or more numbers


@elementwise("hypot", np.hypot, math.hypot)
def hypot(y, *sides):
    return tuple(side / y for side in sides)


@elementwise("atan2", np.arctan2, math.atan2)
def atan2(y, a, b):
    square = a**2 + b**2
    return b / square, -a / square


@elementwise("logaddexp", np.logaddexp)
def logaddexp(y, a, b):
    return share(a, y), share(b, y)


@elementwise("logaddexp2", np.logaddexp2)
def logaddexp2(y, a, b):
    return share(a, y, "exp2"), share(b, y, "exp2")


@elementwise("copysign", np.copysign, math.copysign, cost=1)
def copysign(y, a, b):
    """|a| with the sign of b, which -0.0 has too."""
    return apply("sign", a) * apply("copysign", 1.0, b), 0


@elementwise("fmod", np.fmod, math.fmod, cost=5)
def fmod(y, a, b):
    """a - b trunc(a / b), whose last factor does not vary."""
    return 1, -apply("trunc", a / b)


@elementwise("ieee_remainder", math.remainder, cost=5)
def remainder(y, a, b):
    return 1, -apply("rint", a / b)


@elementwise("ldexp", np.ldexp, math.ldexp, type=lambda args, params: floating(args[:1], params), cost=1)
def ldexp(y, x, power):
    return apply("exp2", power), None


@elementwise("nextafter", np.nextafter, math.nextafter, cost=1)
def nextafter(y, x, towards):
    return 1, 0


@elementwise("maximum", np.maximum, type=common, cost=1)
def maximum(y, a, b):
    first = a > b if is_zero(b) else a >= b
    return where(first, 1, 0), where(first, 0, 1)


@elementwise("minimum", np.minimum, type=common, cost=1)
def minimum(y, a, b):
    first = a < b if is_zero(b) else a <= b
    return where(first, 1, 0), where(first, 0, 1)


@elementwise("fmax", np.fmax, type=common, cost=1)
def fmax(y, a, b):
    """As maximum, but a number wins over NaN."""
    return where(y.equals(a), 1, 0), where(y.equals(a), 0, 1)


@elementwise("fmin", np.fmin, type=common, cost=1)
def fmin(y, a, b):
    return where(y.equals(a), 1, 0), where(y.equals(a), 0, 1)


# Kinks and steps


def sized(args, params):
    """The type of an absolute value."""
    x = args[0].type
    return with_dims(real_dtype(x.dtype), dims_of(x), isinstance(x, Scalar) and x.weak)


@elementwise("abs", np.abs, abs, type=sized, cost=1)
def abs_(y, x):
    """The sign; of complex numbers conj(x) / |x|, and 0 at 0."""
    return apply("conj", x) / where(y.equals(0), 1.0, y) if is_complex(x.type) else apply("sign", x)


def _fabs(function):
    def build(x):
        """Unlike abs, of integers it gives a float."""
        x = x if is_floating(x) else apply("cast", x, dtype="float64", weak=is_weak(x))
        return apply("abs", x, spelling=spelling_of(function))

    caller(function)(build)


_fabs(np.fabs)
_fabs(math.fabs)


def is_floating(x) -> bool:
    return isinstance(x, float) or (isinstance(x, Sym) and x.dtype.startswith(("float", "complex")))


def is_weak(x) -> bool:
    return not isinstance(x, Sym) or (isinstance(x.type, Scalar) and x.type.weak)


constant("sign", np.sign, type=common)
constant("signbit", np.signbit, type=boolean)


@elementwise("heaviside", np.heaviside, cost=1)
def heaviside(y, x, middle):
    """A step of x; what it is at 0 is the other number."""
    return 0, where(x.equals(0), 1, 0)


constant("spacing", np.spacing, type=floating)
constant("rint", np.rint, type=floating)
constant("isnan", np.isnan, math.isnan, type=boolean)
constant("isinf", np.isinf, math.isinf, type=boolean)
constant("isfinite", np.isfinite, math.isfinite, type=boolean)


def rounded(args, params):
    """NumPy rounds integers to themselves; np.floor(3) is 3.0 before NumPy 2.1, but nobody's derivative hangs on it."""
    return common(args[:1], params)


def integral(args, params):
    return INT


for _name in ("floor", "ceil", "trunc"):
    constant(_name, getattr(np, _name), type=rounded)
    # math's give Python ints.
    constant(f"int_{_name}", getattr(math, _name), type=integral)
constant("int_round", type=integral)
constant("round", type=rounded)


@caller(builtins.round)
def round_number(x, ndigits=None):
    return apply("int_round", x) if ndigits is None else apply("round", x, ndigits)


@caller(np.round, np.around, method="round")
def round_(x, decimals=0):
    return apply("round", x, decimals)


@caller(np.fix)
def fix(x):
    return apply("trunc", x)


@caller(np.modf, math.modf)
def modf(x):
    """The fractional and the whole part, both with the sign of x."""
    return apply("fmod", x, 1.0), apply("trunc", x)


@caller(np.divmod, builtins.divmod)
def divmod_(a, b):
    return apply("floordiv", a, b), apply("mod", a, b)


@caller(np.clip, method="clip")
def clip(x, a_min=None, a_max=None, *, min=None, max=None):
    """At a bound the gradient goes to x, as to the first among equals."""
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    x = operand(x)
    if low is None and high is None:
        return apply("copy", x)
    x = x if low is None else apply("maximum", x, operand(low))
    return x if high is None else apply("minimum", x, operand(high))


@caller(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Replaced elements have the derivative 0."""
    if not static(copy, "`copy`"):
        raise UnsupportedValue("`copy` of np.nan_to_num", way_out="x[:] = np.nan_to_num(x)")
    from gradgen.rules.creation import as_array

    x = as_array(x)
    x = x if isinstance(x, Sym) else apply("identity", x)
    if not is_floating(x):
        return apply("copy", x)
    if is_complex(x.type):
        raise UnsupportedType("np.nan_to_num of complex numbers", way_out="its real and imaginary parts")
    info = np.finfo(x.dtype)
    high = float(info.max) if posinf is None else posinf
    low = float(info.min) if neginf is None else neginf
    finite = apply("where", x.equals(math.inf), high, apply("where", x.equals(-math.inf), low, x))
    filled = apply("where", apply("isnan", x), nan, finite)
    return filled if x.is_array else apply("cast", filled, dtype=x.dtype, weak=False)


@caller(np.isposinf)
def isposinf(x):
    return apply("eq", operand(x), math.inf)


@caller(np.isneginf)
def isneginf(x):
    return apply("eq", operand(x), -math.inf)


@caller(np.isclose)
def isclose(a, b, rtol=1e-5, atol=1e-8):
    return apply("le", apply("abs", a - b), atol + rtol * apply("abs", b))


@caller(np.allclose)
def allclose(a, b, rtol=1e-5, atol=1e-8):
    return apply("all", isclose(a, b, rtol, atol), axis=None, keepdims=False)


@caller(np.array_equal)
def array_equal(a, b):
    return apply("all", apply("eq", a, b), axis=None, keepdims=False)
