"""Densities and distribution functions of `scipy.stats`, as their formulas: what SciPy checks first takes it 50 µs.

A scale that is not positive gives NaN, as in SciPy; what is outside of a density's support has the density 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gradgen.errors import UnknownFunction
from gradgen.ir import Scalar
from gradgen.rules.creation import as_array
from gradgen.rules.symbols import Sym, apply, known
from gradgen.rules.table import caller

LOG_2PI = math.log(2 * math.pi)
Density = Callable[..., Any]


def _number(x: Any) -> Any:
    x = as_array(x)
    return x if isinstance(x, Sym) else float(x)


def _positive(scale: Any) -> Any:
    """The scale, NaN where it is not one."""
    value = known(scale)
    if value is not None:
        return scale if value > 0 else math.nan
    return apply("where", scale > 0, scale, math.nan)


def _standard(x: Any, loc: Any, scale: Any) -> tuple[Sym, Any]:
    """(x - loc) / scale, and the scale."""
    x, loc, scale = _number(x), _number(loc), _positive(_number(scale))
    z = x if known(loc) == 0 else apply("sub", x, loc)
    z = z if known(scale) == 1 else apply("div", z, scale)
    z = z if isinstance(z, Sym) else apply("identity", z)
    plain = isinstance(z.type, Scalar) and z.type.weak
    return (apply("cast", z, dtype="float64", weak=False) if plain else z), scale


def _log(x: Any) -> Any:
    value = known(x)
    return math.log(value) if value is not None else apply("log", x)


def _over(value: Any, scale: Any) -> Any:
    return value if known(scale) == 1 else value / scale


def _less_log(value: Any, scale: Any) -> Any:
    return value if known(scale) == 1 else value - _log(scale)


# The logarithms of densities, of standard form: f(z, *shapes), and where they hold


def _normal(z):
    return -0.5 * z**2 - 0.5 * LOG_2PI


def _student(z, df):
    half = 0.5 * (df + 1)
    return (
        apply("gammaln", half)
        - apply("gammaln", 0.5 * df)
        - 0.5 * (_log(df) + math.log(math.pi))
        - half * apply("log1p", z**2 / df)
    )


def _gamma(z, a):
    return apply("xlogy", a - 1, z) - z - apply("gammaln", a)


def _beta(z, a, b):
    return apply("xlogy", a - 1, z) + apply("xlog1py", b - 1, -z) - apply("betaln", a, b)


def _chi2(z, df):
    half = 0.5 * df
    return apply("xlogy", half - 1, z) - 0.5 * z - apply("gammaln", half) - half * math.log(2)


def _expon(z):
    return -z


DENSITIES: dict[str, tuple[Density, tuple[float, float] | None]] = {
    "norm": (_normal, None),
    "t": (_student, None),
    "gamma": (_gamma, (0.0, math.inf)),
    "beta": (_beta, (0.0, 1.0)),
    "chi2": (_chi2, (0.0, math.inf)),
    "expon": (_expon, (0.0, math.inf)),
}


def _log_density(dist: Any, method: str, x: Any, args: tuple, loc: Any, scale: Any) -> tuple[Any, Any]:
    name = getattr(dist, "name", "")
    if name not in DENSITIES:
        raise UnknownFunction(f"no rule for `scipy.stats.{name}.{method}`", way_out="its formula")
    density, support = DENSITIES[name]
    shapes, loc, scale = _arguments(dist, args, loc, scale)
    z, scale = _standard(x, loc, scale)
    inside = None if support is None else _between(z, *support)
    return _less_log(density(z, *map(_numpy_number, shapes)), scale), inside


def _numpy_number(x: Any) -> Sym:
    x = _number(x)
    weak = not isinstance(x, Sym) or (isinstance(x.type, Scalar) and x.type.weak)
    return apply("cast", x, dtype="float64", weak=False) if weak else x


def _arguments(dist: Any, args: tuple, loc: Any, scale: Any) -> tuple[tuple, Any, Any]:
    """Shapes, and what is given by position after them."""
    number = len([one for one in (dist.shapes or "").split(",") if one.strip()])
    shapes, rest = args[:number], args[number:]
    if len(shapes) < number or len(rest) > 2:
        raise TypeError(f"`{dist.name}` takes {number} parameters, a location and a scale")
    return shapes, (rest[0] if rest else loc), (rest[1] if len(rest) > 1 else scale)


def _between(z: Sym, low: float, high: float) -> Any:
    return z >= low if high == math.inf else apply("logical_and", z >= low, z <= high)


@caller("scipy.stats.rv_continuous.logpdf")
def logpdf(dist, x, *args, loc=0, scale=1):
    value, inside = _log_density(dist, "logpdf", x, args, loc, scale)
    return value if inside is None else apply("where", inside, value, -math.inf)


@caller("scipy.stats.rv_continuous.pdf")
def pdf(dist, x, *args, loc=0, scale=1):
    if getattr(dist, "name", "") == "norm":
        _, loc, scale = _arguments(dist, args, loc, scale)
        z, scale = _standard(x, loc, scale)
        return _over(apply("exp", -0.5 * z**2) / math.sqrt(2 * math.pi), scale)
    value, inside = _log_density(dist, "pdf", x, args, loc, scale)
    density = apply("exp", value)
    return density if inside is None else apply("where", inside, density, 0.0)


@caller("scipy.stats.rv_discrete.logpmf")
def logpmf(dist, k, *args, loc=0):
    """Of the Poisson distribution, at whole numbers."""
    if getattr(dist, "name", "") != "poisson" or known(loc) != 0 or len(args) != 1:
        raise UnknownFunction(f"no rule for `scipy.stats.{getattr(dist, 'name', '')}.logpmf`", way_out="its formula")
    k, mu = _number(k), _numpy_number(args[0])
    return apply("xlogy", k, mu) - apply("gammaln", apply("add", k, 1)) - mu


@caller("scipy.stats.rv_discrete.pmf")
def pmf(dist, k, *args, loc=0):
    return apply("exp", logpmf(dist, k, *args, loc=loc))


def _normal_function(method: str, op: str, sign: int) -> None:
    """Of the normal distribution: a function of the standardised number, or of its opposite."""

    @caller(f"scipy.stats.rv_continuous.{method}")
    def build(dist, x, *args, loc=0, scale=1):
        _check_normal(dist, method)
        _, loc, scale = _arguments(dist, args, loc, scale)
        z, _ = _standard(x, loc, scale)
        return apply(op, z if sign > 0 else -z)


def _check_normal(dist: Any, method: str) -> None:
    if getattr(dist, "name", "") != "norm":
        raise UnknownFunction(f"no rule for `scipy.stats.{getattr(dist, 'name', '')}.{method}`", way_out="its formula")


_normal_function("cdf", "ndtr", 1)
_normal_function("logcdf", "log_ndtr", 1)
_normal_function("sf", "ndtr", -1)
_normal_function("logsf", "log_ndtr", -1)


def _normal_quantile(method: str, sign: int) -> None:
    @caller(f"scipy.stats.rv_continuous.{method}")
    def build(dist, q, *args, loc=0, scale=1):
        _check_normal(dist, method)
        _, loc, scale = _arguments(dist, args, loc, scale)
        loc, scale = _number(loc), _positive(_number(scale))
        z = sign * apply("ndtri", _number(q))
        z = z if known(scale) == 1 else z * scale
        return z if known(loc) == 0 else z + loc


_normal_quantile("ppf", 1)
_normal_quantile("isf", -1)
