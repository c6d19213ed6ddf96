"""The functions of `scipy.special`, by name: SciPy is not imported here, only by a text whose user has called it.

Partials are the textbook's (DLMF 5, 7, 8 and 10). Of orders of Bessel functions, and of the parameters of incomplete
gamma and beta functions, there is none in closed form: a program that varies them is refused.
"""

from __future__ import annotations

import math
from typing import Any

from gradgen.errors import UnsupportedValue
from gradgen.ir import Atom, Scalar, Type
from gradgen.rules.creation import as_array
from gradgen.rules.elementwise import LOG_10
from gradgen.rules.symbols import Sym, Unavailable, apply, where
from gradgen.rules.table import CALLERS, RULES, Caller, caller, direct, elementwise, floating

ROOT_2PI, ROOT_PI = math.sqrt(2 * math.pi), math.sqrt(math.pi)


def special(op: str, cost: int = 20):
    """A decorator: the partials of an elementwise function of that name."""
    return elementwise(op, f"scipy.special.{op}", type=of_numpy, cost=cost)


def of_numpy(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """As of `np.exp`; of a Python number SciPy makes one of NumPy's too."""
    type = floating(args, params)
    return Scalar(type.dtype) if isinstance(type, Scalar) else type


# Logistic functions and entropies


@special("expit", cost=10)
def expit(y, x):
    return (1 - y) * y


@special("logit", cost=10)
def logit(y, x):
    return 1 / (x * (1 - x))


@special("log_expit", cost=10)
def log_expit(y, x):
    return apply("expit", -x)


@special("xlogy", cost=10)
def xlogy(r, x, y):
    """x log(y), and 0 where x is."""
    return apply("log", y), x / _unless_both_zero(x, y)


@special("xlog1py", cost=10)
def xlog1py(r, x, y):
    return apply("log1p", y), x / _unless_both_zero(x, 1 + y)


def _unless_both_zero(x: Sym, y: Sym) -> Sym:
    """y, which 0 is divided by too: what x is not 0 for stays infinite."""
    return where(apply("logical_and", x.equals(0), y.equals(0)), 1.0, y)


@special("entr", cost=10)
def entr(y, x):
    """-x log(x)"""
    return -apply("log", x) - 1


@special("rel_entr", cost=10)
def rel_entr(r, x, y):
    """x log(x / y)"""
    return apply("log", x / y) + 1, -x / y


@special("kl_div", cost=10)
def kl_div(r, x, y):
    """x log(x / y) - x + y"""
    return apply("log", x / y), 1 - x / y


@special("huber", cost=2)
def huber(y, delta, r):
    near = apply("abs", r) <= delta
    return where(near, 0, apply("abs", r) - delta), where(near, r, delta * apply("sign", r))


@special("pseudo_huber", cost=5)
def pseudo_huber(y, delta, r):
    """delta^2 (sqrt(1 + (r / delta)^2) - 1)"""
    root = apply("sqrt", 1 + (r / delta) ** 2)
    return 2 * y / delta - r**2 / (delta * root), r / root


@special("exp10", cost=10)
def exp10(y, x):
    return LOG_10 * y


# Error functions and the normal distribution


@special("erfcx")
def erfcx(y, x):
    return 2 * x * y - 2 / ROOT_PI


@special("erfi")
def erfi(y, x):
    return 2 / ROOT_PI * apply("exp", x**2)


@special("dawsn")
def dawsn(y, x):
    return 1 - 2 * x * y


@special("erfinv")
def erfinv(y, x):
    return ROOT_PI / 2 * apply("exp", y**2)


@special("erfcinv")
def erfcinv(y, x):
    return -ROOT_PI / 2 * apply("exp", y**2)


@special("ndtr")
def ndtr(y, x):
    return apply("exp", -0.5 * x**2) / ROOT_2PI


@special("log_ndtr")
def log_ndtr(y, x):
    return apply("exp", -0.5 * x**2 - y) / ROOT_2PI


@special("ndtri")
def ndtri(y, x):
    return ROOT_2PI * apply("exp", 0.5 * y**2)


# Gamma and beta functions


@elementwise("special_gamma", "scipy.special.gamma", type=of_numpy, cost=20)
def gamma(y, x):
    return y * apply("psi", x)


@special("gammaln")
def gammaln(y, x):
    return apply("psi", x)


@special("rgamma")
def rgamma(y, x):
    return -y * apply("psi", x)


@special("gammasgn", cost=1)
def gammasgn(y, x):
    return 0


@special("psi")
def psi(y, x):
    return apply("polygamma", 1, x)


@special("polygamma", cost=50)
def polygamma(y, n, x):
    """The order is a whole number."""
    return 0, apply("polygamma", n + 1, x)


@special("beta")
def beta(y, a, b):
    both = apply("psi", a + b)
    return y * (apply("psi", a) - both), y * (apply("psi", b) - both)


@special("betaln")
def betaln(y, a, b):
    both = apply("psi", a + b)
    return apply("psi", a) - both, apply("psi", b) - both


@special("betainc", cost=100)
def betainc(y, a, b, x):
    logarithm = apply("xlogy", a - 1, x) + apply("xlog1py", b - 1, -x) - apply("betaln", a, b)
    return Unavailable("betainc by a"), Unavailable("betainc by b"), apply("exp", logarithm)


@special("gammainc", cost=100)
def gammainc(y, a, x):
    return Unavailable("gammainc by a"), apply("exp", apply("xlogy", a - 1, x) - x - apply("gammaln", a))


@special("gammaincc", cost=100)
def gammaincc(y, a, x):
    return Unavailable("gammaincc by a"), -apply("exp", apply("xlogy", a - 1, x) - x - apply("gammaln", a))


# Bessel functions


@special("j0")
def j0(y, x):
    return -apply("j1", x)


@special("j1")
def j1(y, x):
    return 0.5 * (apply("j0", x) - apply("jv", 2, x))


@special("y0")
def y0(y, x):
    return -apply("y1", x)


@special("y1")
def y1(y, x):
    return 0.5 * (apply("y0", x) - apply("yn", 2, x))


def _between_orders(op: str, sign: int, scale: float) -> None:
    """The slope is half the sum, or difference, of the functions of the neighbouring orders."""

    @special(op, cost=50)
    def derivative(y, n, x):
        low, high = apply(op, n - 1, x), apply(op, n + 1, x)
        return Unavailable(f"{op} by its order"), scale * (low + high if sign > 0 else low - high)


_between_orders("jv", -1, 0.5)
_between_orders("yn", -1, 0.5)
_between_orders("yv", -1, 0.5)
_between_orders("iv", 1, 0.5)
_between_orders("kv", 1, -0.5)
_between_orders("kn", 1, -0.5)


@special("ive", cost=50)
def ive(y, n, x):
    slope = 0.5 * (apply("ive", n - 1, x) + apply("ive", n + 1, x)) - apply("sign", x) * y
    return Unavailable("ive by its order"), slope


@special("kve", cost=50)
def kve(y, n, x):
    return Unavailable("kve by its order"), y - 0.5 * (apply("kve", n - 1, x) + apply("kve", n + 1, x))


@special("i0")
def i0(y, x):
    return apply("i1", x)


@special("i1")
def i1(y, x):
    return 0.5 * (apply("i0", x) + apply("iv", 2, x))


@special("i0e")
def i0e(y, x):
    return apply("i1e", x) - apply("sign", x) * y


@special("i1e")
def i1e(y, x):
    return 0.5 * (apply("i0e", x) + apply("ive", 2, x)) - apply("sign", x) * y


@special("k0")
def k0(y, x):
    return -apply("k1", x)


@special("k1")
def k1(y, x):
    return -0.5 * (apply("k0", x) + apply("kn", 2, x))


# What NumPy, or the table under another name, has


for _name in ("cbrt", "exp2", "expm1", "log1p", "erf", "erfc", "sinc"):
    CALLERS[f"scipy.special.{_name}"] = Caller(direct(_name, f"scipy.special.{_name}"), f"scipy.special.{_name}")


def _along(op: str):
    def build(x, axis=None):
        return apply(op, as_array(x), axis=_axis(axis))

    return build


def _axis(axis: Any) -> Any:
    if isinstance(axis, Sym):
        raise UnsupportedValue("the axis must be known when the gradient is written", way_out="write it as a constant")
    return axis


caller("scipy.special.softmax")(_along("softmax"))
caller("scipy.special.log_softmax")(_along("log_softmax"))


@caller("scipy.special.logsumexp")
def logsumexp(a, axis=None, *, keepdims=False):
    return apply("logsumexp", as_array(a), axis=_axis(axis), keepdims=bool(keepdims))


@caller("scipy.special.multigammaln")
def multigammaln(a, d):
    """The sum of d gammalns half apart, and a constant."""
    if isinstance(d, Sym):
        raise UnsupportedValue("the dimension of multigammaln must be known when the gradient is written")
    total: Any = d * (d - 1) * 0.25 * math.log(math.pi)
    for k in range(d):
        total = total + apply("gammaln", a - 0.5 * k if k else a)
    return total


SPECIAL = frozenset(op for op, rule in RULES.items() if rule.spelling.startswith("scipy.special."))
