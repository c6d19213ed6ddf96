"""Rows: functions of Python numbers."""

import numpy as np

from tests.rules.cases.row import V, math_row

# Of Python numbers; math's other functions are in the test of constants.
ROWS = [
    *(math_row(f"math.{name}(x)", 0.7, -1.3, np.float64(0.4)) for name in (
        "exp", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "exp2", "expm1", "cbrt", "fabs", "degrees", "radians",
        "erf", "erfc",
    )),
    *(math_row(f"math.{name}(x)", 0.7, 2.3) for name in ("log", "log2", "log10", "log1p", "sqrt", "gamma", "lgamma")),
    math_row("math.gamma(x)", -1.4, 12.5, rtol=1e-5), math_row("math.lgamma(x)", -1.4, 30.5),
    *(math_row(f"math.{name}(x)", 0.3, -0.6) for name in ("asin", "acos", "atanh")), math_row("math.acosh(x)", 1.7),
    *(math_row(f"math.{name}(x, y)", (0.7, 1.6), (2.3, -0.4), rtol=1e-5) for name in ("atan2", "hypot", "fmod", "remainder", "copysign")),
    math_row("math.pow(x, y)", (1.7, 2.2)), math_row("math.log(x, y)", (1.7, 2.2)), math_row("math.log(x, 10)", 1.7),
    math_row("math.hypot(x, y, z)", (1.0, 2.0, 2.5)), math_row("math.dist((x, y), (z, 1.0))", (1.0, 2.0, 2.5)),
    math_row("math.fsum([x, y, x * y])", (0.1, 0.7)), math_row("math.prod([x, y, 2.0])", (0.1, 0.7)),
    math_row("math.prod((x, y), start=3.0)", (0.1, 0.7)), math_row("math.ldexp(x, 3)", 0.7), math_row("math.modf(x)[0] * x", 1.7),
    math_row("math.floor(x) * x + math.ceil(x) * x - math.trunc(x)", 1.7, -0.3), math_row("math.isclose(x, y) * x", (1.0, 2.0)),
    math_row("max(x, y)", (0.7, 1.6), (1.6, 0.7)), math_row("min(x, y, 0.5, z)", (0.7, 1.6, 0.2)), math_row("max([x, y, x * y])", (0.7, 1.6)),
    math_row("sum([x, y, x * y])", (0.7, 1.6)), math_row("sum((x, y), 2.0)", (0.7, 1.6)), math_row("pow(x, 3)", 0.7),
    math_row("round(x) * x + round(x, 1) * x", 1.73), math_row("float(x) * 2 + int(x) * x + bool(x) * x", 1.7),
    math_row("np.float64(x) * x", 1.7), math_row("np.float32(x) * 2", 1.7, V, second=False, rtol=1e-2, exact=False),
    math_row("math.gcd(12, 18) * x + math.comb(5, 2)", 0.7), math_row("abs(x)", 0.7, -0.3), math_row("divmod(x, y)[1]", (5.3, 0.7)),
    math_row("math.nextafter(x, 2.0)", 1.7),
]  # fmt: skip
