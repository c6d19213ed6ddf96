"""Rows: reductions."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, INTS, M32, MASK, ONE, V32, C, F, M, N, S, T, V, W, normal, row

AXES = (
    "",
    ", axis=0",
    ", axis=-1",
    ", axis=(0, 1)",
    ", axis=1, keepdims=True",
    ", keepdims=True",
    ", axis=(-1, 0), keepdims=True",
)
W3, SOME = np.array([0.2, 0.5, 0.9]), np.array([[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1]], bool)
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
    row("np.std(x, correction=0)", V), row("np.var(x, correction=1, axis=0)", M), row("np.var(x, axis=(0, 1))", M, T), row("np.var(x, where=m)", V, M, more={"m": MASK}, exact=False), row("np.std(x, axis=1, where=m, ddof=1)", M, more={"m": SOME}, exact=False), row("np.var(x, axis=1, mean=y, keepdims=True)", (M, C), exact=False), row("np.std(x, axis=1, mean=y)", (M, C), exact=False), row("np.std(x, axis=1, mean=np.mean(x, axis=1, keepdims=True))", M, exact=False), row("np.mean(x, where=m)", V32, more={"m": MASK}, exact=False),
    row("np.any(x > 0, where=m) * x", V, more={"m": MASK}), row("np.all(x > 0, axis=1, where=m) * y", (M, 0.7), more={"m": MASK}),
    row("np.average(x, weights=y, returned=True)[1]", (V, W)), row("np.average(x, axis=1, weights=y, returned=True)[1]", (M, np.abs(W)), exact=False), row("np.average(x, axis=1, returned=True)[1] * x[:, 0]", M), row("np.average(x, axis=(0, 1), weights=y)", (T, np.abs(M[:2,:3])), exact=False), row("np.average(x, axis=(2, 0), weights=y)", (T, np.abs(normal(4,2))), exact=False), row("np.average(x, axis=0, weights=y, keepdims=True)", (M, np.abs(N)), (M, W3), exact=False), row("np.average(x, axis=-1, weights=[0.1, 0.2, 0.3, 0.4])", M, exact=False), row("np.average(i, weights=x)", W3+1, more={"i": np.array([1,2,3])}),
    row("np.cumulative_sum(x)", V), row("np.cumulative_sum(x, axis=1)", M), row("np.cumulative_prod(x, axis=0, include_initial=True)", V, M), row("np.cumulative_sum(x, include_initial=True)", V),
    row("np.trapezoid(x)", V, M), row("np.trapezoid(x, dx=0.3, axis=0)", M, exact=False), row("np.trapezoid(x, y)", (V, np.sort(W)), (M, np.sort(W))), row("np.trapezoid(x, y, axis=0)", (M, W3), (M, N), (T, np.array([0.1, 0.4]))), row("np.trapezoid([1.0, 2.0, 4.0], x)", W3),
    row("np.heaviside(x, y)", (V, W), (F, S)), row("np.heaviside(x, y)", (np.array([0.0, 1.0]), np.array([0.5, 0.5])), gradients=(0.0, np.array([1.0, 0.0]))),
    row("np.nan_to_num(x)", F, S, V, V32), row("np.nan_to_num(x, nan=1.0, posinf=5.0)", np.array([np.nan, np.inf, 1.0, -np.inf]), gradients=(np.array([0, 0, 1.0, 0]),)), row("np.nan_to_num(i) * x", V, more={"i": INTS}),
    row("np.prod(x, axis=(0, 2))", T, exact=False), row("np.ptp(x, axis=0)", M), row("np.ptp(x, axis=(0, 1), keepdims=True)", M), row("np.max(x, axis=0, where=m, initial=-1.0)", M, more={"m": MASK}),
    row("np.prod(x)", np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 0.0]), np.array([[1.0, 0.0], [0.0, 2.0]])), row("np.cumprod(x)", np.array([1.0, 0.0, 2.0]), np.array([[1.0, 0.0], [0.0, 2.0]])), row("np.clip(x, None, 0.5)", V), row("np.clip(x, y, None)", (M, W)),
    row("np.sum(x, axis=())", M), row("np.cumsum(x, dtype=np.float32)", V32), row("np.sum(x, axis=0)", EMPTY, EMPTY.T), row("np.mean(x, axis=0)", EMPTY.T),
    row("np.logaddexp2(x, y)", (V, W)), row("np.fmax(x, y) + np.fmin(x, y) ** 2", (V, W)), row("np.cumsum(x)", F),
]  # fmt: skip
