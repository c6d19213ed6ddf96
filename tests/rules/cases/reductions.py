"""Rows: reductions."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, M32, MASK, ONE, V32, F, M, N, S, T, V, W, row

AXES = (
    "",
    ", axis=0",
    ", axis=-1",
    ", axis=(0, 1)",
    ", axis=1, keepdims=True",
    ", keepdims=True",
    ", axis=(-1, 0), keepdims=True",
)
ROWS = [
    *(row(f"np.{name}(x{axis})", M, T, FORTRAN, ONE, exact=name not in ("prod", "max", "min") or "(" not in axis)
      for name in ("sum", "mean", "prod", "max", "min", "var", "std", "linalg.norm") for axis in AXES
      if not (name == "linalg.norm" and axis in ("", ", keepdims=True"))),
    *(row(f"np.{name}(x)", V, F, EMPTY[:, 0] if name in ("sum", "prod") else W, second=name != "std") for name in ("sum", "mean", "prod", "max", "min", "var", "std")),
    *(row(f"x.{name}()", V, M) for name in ("sum", "mean", "prod", "max", "min", "var", "std")),
    *(row(f"x.{name}(axis=0)", M) for name in ("sum", "mean", "prod", "max", "min", "var", "std")), row("x.sum(1)", M),
    row("np.var(x, axis=0, ddof=1)", M), row("np.std(x, ddof=1)", V, M), row("x.var(ddof=1)", V),
    row("np.sum(x, where=m)", V, M, more={"m": MASK}, exact=False), row("np.mean(x, where=m)", V, M, more={"m": MASK}, exact=False),
    row("np.prod(x, where=m)", V, more={"m": MASK}), row("np.max(x, where=m, initial=-9.0)", V, more={"m": MASK}),
    row("np.sum(x, initial=2.0)", V), row("np.max(x, initial=0.9)", V), row("np.sum([x, y])", (F, S), (V, W)),
    row("sum(x)", V, M), row("max(x) * min(x)", V), row("np.sum(x * x, axis=0)", M32), row("np.mean(x)", V32),
    row("np.ptp(x)", V, M), row("np.average(x)", V), row("np.average(x, weights=y)", (V, np.abs(W)), (M, np.abs(N))),
    row("np.average(x, axis=0, weights=y)", (M, np.array([0.2, 0.5, 0.9]))),
    row("np.cumsum(x)", V, M), row("np.cumsum(x, axis=0)", M), row("np.cumsum(x, axis=-1)", M, T), row("x.cumsum()", V),
    row("np.cumprod(x)", V, M), row("np.cumprod(x, axis=0)", M), row("np.cumprod(x, axis=1)", T), row("x.cumprod()", V),
    row("np.linalg.norm(x)", V, M, exact=False), row("np.linalg.norm(x, axis=0)", M), row("np.linalg.norm(x, 2, 1)", M),
    *(row(f"np.linalg.norm(x, {ord})", V, exact=False) for ord in ("2", "1", "3", "np.inf", "-np.inf")),
    *(row(f"np.linalg.norm(x, {ord})", M, exact=False) for ord in ("'fro'", "1", "-1", "np.inf")),
    row("np.linalg.norm(x, 1, axis=1, keepdims=True)", M),
    row("np.argmax(x) * x", V, M), row("np.argmin(x, axis=0) * x", M), row("np.any(x > 1) * x", V), row("np.all(x > -9, axis=0) * x", M),
    row("np.count_nonzero(x > 0) * x", V), row("x.argmax() * x", V), row("(x > 0).any() * x", V),
]  # fmt: skip
