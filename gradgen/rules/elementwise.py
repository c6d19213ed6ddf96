"""Functions of one number, applied elementwise: exponentials, trigonometry, roots.

Partials are the textbook's (DLMF 4.20, 4.34 and 4.35), in terms of the result `y` where that saves work.
"""

from __future__ import annotations

import math

import numpy as np

from gradgen.rules.symbols import apply, where
from gradgen.rules.table import common, constant, elementwise, floating

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


@elementwise("abs", np.abs, np.fabs, abs, math.fabs, type=common, cost=1)
def abs_(y, x):
    return apply("sign", x)


@elementwise("hypot", np.hypot, math.hypot)
def hypot(y, a, b):
    return a / y, b / y


@elementwise("atan2", np.arctan2, math.atan2)
def atan2(y, a, b):
    square = a**2 + b**2
    return b / square, -a / square


@elementwise("logaddexp", np.logaddexp)
def logaddexp(y, a, b):
    return apply("exp", a - y), apply("exp", b - y)


@elementwise("copysign", np.copysign, math.copysign)
def copysign(y, a, b):
    return apply("sign", a) * apply("sign", b), 0


@elementwise("fmod", np.fmod, math.fmod)
def fmod(y, a, b):
    return 1, -apply("trunc", a / b)


@elementwise("deg2rad", np.deg2rad, math.radians)
def deg2rad(y, x):
    return math.pi / 180


@elementwise("rad2deg", np.rad2deg, math.degrees)
def rad2deg(y, x):
    return 180 / math.pi


@elementwise("maximum", np.maximum, type=common, cost=1)
def maximum(y, a, b):
    return where(a >= b, 1, 0), where(a >= b, 0, 1)


@elementwise("minimum", np.minimum, type=common, cost=1)
def minimum(y, a, b):
    return where(a <= b, 1, 0), where(a <= b, 0, 1)


@elementwise("erf", math.erf)
def erf(y, x):
    return 2 / math.sqrt(math.pi) * apply("exp", -(x**2))


@elementwise("erfc", math.erfc)
def erfc(y, x):
    return -2 / math.sqrt(math.pi) * apply("exp", -(x**2))


constant("sign", np.sign, type=common)
constant("floor", np.floor, type=floating)
constant("ceil", np.ceil, type=floating)
constant("trunc", np.trunc, type=floating)
constant("rint", np.rint, type=floating)
