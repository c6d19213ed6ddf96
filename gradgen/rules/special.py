"""Known composites that stand as one stage, and special functions.

Of a composite the value is the user's own text, and the derivative its stable, short form.
"""

from __future__ import annotations

import math

from gradgen.ir import FLOAT, Atom, Block, Var, While
from gradgen.rules.build import constant_atom
from gradgen.rules.reductions import averaged, reduced
from gradgen.rules.symbols import Sym, apply, share, where
from gradgen.rules.table import common, elementwise, floating, general, reduction


@elementwise("sigmoid")
def sigmoid(y, x):
    """1 / (1 + exp(-x))"""
    return (1 - y) * y


@elementwise("softplus")
def softplus(y, x, *, overflows=False):
    """log(1 + exp(x)): the derivative exp(x) / (1 + exp(x)) is 1 - exp(-y), which does not overflow.

    `overflows`: it may.
    """
    return apply("sigmoid", x) if overflows else -apply("expm1", -y)


@elementwise("relu", type=common, cost=1)
def relu(y, x):
    return where(x > 0, 1, 0)


@reduction("logsumexp", type=reduced(averaged), cost=10)
def logsumexp(y, x, *, axis=None, keepdims=False):
    """log(sum(exp(x))): the derivative is the softmax."""
    return share(x, y)


def _softmax_tangent(y, args, tangents, *, axis=None):
    (dx,) = tangents
    return y * (dx - apply("sum", y * dx, axis=axis, keepdims=True))


@general("softmax", type=floating, tangent=_softmax_tangent, cost=20)
def softmax(g, y, x, *, axis=None):
    """exp(x) / sum(exp(x))"""
    return y * (g - apply("sum", g * y, axis=axis, keepdims=True))


def _log_softmax_tangent(y, args, tangents, *, axis=None):
    (dx,) = tangents
    return dx - apply("sum", apply("exp", y) * dx, axis=axis, keepdims=True)


@general("log_softmax", type=floating, tangent=_log_softmax_tangent, cost=20)
def log_softmax(g, y, x, *, axis=None):
    """x - log(sum(exp(x)))"""
    return g - apply("exp", y) * apply("sum", g, axis=axis, keepdims=True)


# Special functions that `math` has


@elementwise("erf", "scipy.special.erf", math.erf, type=floating)
def erf(y, x):
    return 2 / math.sqrt(math.pi) * apply("exp", -(x**2))


@elementwise("erfc", "scipy.special.erfc", math.erfc, type=floating)
def erfc(y, x):
    return -2 / math.sqrt(math.pi) * apply("exp", -(x**2))


@elementwise("gamma", math.gamma, type=floating, cost=20)
def gamma(y, x):
    return y * digamma(x)


@elementwise("lgamma", math.lgamma, type=floating, cost=20)
def lgamma(y, x):
    return digamma(x)


# B(2k) / 2k, the coefficients of digamma's asymptotic series in 1 / z^2 (DLMF 5.11.2).
_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760)
_FAR = 8  # where the first term left out is below 1e-13


def digamma(x: Sym) -> Sym:
    """The logarithmic derivative of gamma: psi(x) = psi(x + 1) - 1 / x up to where the series is exact."""
    z, total = _raised(x)
    square = 1 / (z * z)
    series: Sym | float = _SERIES[-1]
    for coefficient in _SERIES[-2::-1]:
        series = coefficient + series * square
    return total + apply("log", z) - 0.5 / z - series * square


def _raised(x: Sym) -> tuple[Sym, Sym]:
    """x + n >= 8, and -sum(1 / (x + k) for k < n): a loop, as n hangs on x."""
    builder = x.builder
    zero: Atom = constant_atom(0.0)
    carried = (builder.var("", FLOAT), builder.var("", FLOAT))
    with builder.collect() as head:
        test = Sym(carried[0], builder) < _FAR
    with builder.collect() as body:
        z, total = (Sym(var, builder) for var in carried)
        onward = (total - 1 / z, z + 1)
    results = (Var("", builder.version(), FLOAT), Var("", builder.version(), FLOAT))
    blocks = Block(tuple(head), (test.atom,)), Block(tuple(body), (onward[1].atom, onward[0].atom))
    builder.append(While(blocks[0], carried, (x.atom, zero), blocks[1], results, origin=builder.origin))
    return Sym(results[0], builder), Sym(results[1], builder)
