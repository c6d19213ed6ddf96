"""Rows: functions of numbers, elementwise."""

import numpy as np

from tests.rules.cases.row import M32, MASK, PAIRS, REMAINDERS, V32, C, F, M, Row, S, V, W, elementwise, into, row

ROWS = [
    *(elementwise(f"np.{name}(x)") for name in (
        "exp", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh", "exp2", "expm1", "cbrt", "square", "reciprocal",
        "negative", "positive", "abs", "absolute", "fabs", "deg2rad", "rad2deg", "radians", "degrees", "sinc",
    )),
    *(Row(f"np.{name}(x)", into(0.1, 4)) for name in ("log", "log2", "log10", "log1p", "sqrt")),
    *(Row(f"np.{name}(x)", into(-0.9, 0.9)) for name in ("arcsin", "arccos", "arctanh")),
    Row("np.arccosh(x)", into(1.2, 4)),
    *(elementwise(f"np.{name}(x, y)", *PAIRS) for name in (
        "add", "subtract", "multiply", "divide", "true_divide", "hypot", "arctan2", "logaddexp", "logaddexp2", "maximum", "minimum",
        "fmax", "fmin", "copysign",
    )),
    *(elementwise(f"np.{name}(x, y)", *REMAINDERS) for name in ("fmod", "mod", "remainder")),
    Row("np.power(x, y)", into(0.2, 2.5, PAIRS)), Row("np.float_power(x, y)", into(0.2, 2.5, PAIRS[:8])),
    row("np.exp(x)", V32, M32, np.float32(0.3)), row("np.sqrt(x * x + 1)", V32), row("np.maximum(x, 0.5)", V32),
    *(elementwise(f"np.{name}(x) * x", V, M, S) for name in ("sign", "floor", "ceil", "trunc", "rint", "round", "fix")),
    elementwise("np.round(x, 1) * x", V, 0.72), elementwise("x.round(2) * x", V),
    elementwise("np.where(x > y, x * y, x - y)", *PAIRS), elementwise("np.where(x > 0, x, 0.0)", V, M, S),
    row("np.where(m, x, y)", (V, W), (V, F), (F, V), (F, S), more={"m": MASK}),
    elementwise("np.clip(x, -1.0, 1.0)", V, M, S), elementwise("np.clip(x, None, 0.5) + x.clip(0.1)", V, M),
    row("np.clip(x, y, z)", (V, -0.5, 0.5), (M, C, 2.0), (V, V - 0.1, V + 0.2), (V, W, 2.5)),
    row("np.isfinite(x) * x + np.isnan(x)", V, S), row("np.logical_and(x > 0, x < 1) * x", V),
    row("np.logical_not(x > 0) * x + np.logical_xor(x > 0, x > 1) * 1.0", V), row("np.nan_to_num(x) * x", V),
    row("np.exp([x, y])", (F, S), (V, W)),
    row("np.modf(x)[0] * x", V), row("divmod(x, y)[1] * divmod(x, y)[0]", (V, 0.9), (5.3, 0.7)),
]  # fmt: skip
