"""Rows: medians and quantiles."""

import numpy as np

from gradgen.rules.quantiles import METHODS
from tests.rules.cases.row import FORTRAN, V32, M, T, V, row

X = np.array([2.0, -1.0, 0.5, 3.0, -0.7, 1.1, 0.2])
Q = np.array([0.1, 0.55, 0.9])
EXACT = np.array([0.12, 0.5, 0.83, 3 / 7, 2 / 7, 0.999, 0.001])  # some of them on an element
ROWS = [
    row("np.median(x)", V, X, M, T), row("np.median(x, axis=0)", M, T, FORTRAN), row("np.median(x, axis=-1, keepdims=True)", M, T), row("np.median(x, axis=(0, 2))", T), row("np.median(x, keepdims=True)", M, X), row("np.median(x * x)", X, V32), row("np.median(x)", np.array([1.0, 2.0, 1.0]), gradients=(np.array([0,0,1.0]),)),
    row("np.quantile(x, 0.3)", X, M, exact=False), row("np.quantile(x, 0.3, axis=0)", M, T, exact=False), row("np.quantile(x, q, axis=1)", M, T, more={"q": Q}, exact=False), row("np.quantile(x, q, axis=1, keepdims=True)", M, more={"q": Q}, exact=False),
    row("np.quantile(x, y)", (X, 0.3), (X, Q), exact=False), row("np.quantile(x, y, axis=1)", (M, Q), (T, 0.4), exact=False), row("np.percentile(x, [10, 50, 90])", X, exact=False), row("np.percentile(x, 25, axis=-1)", T, exact=False), row("np.percentile(x, y, keepdims=True)", (M, 33.0), exact=False), row("np.quantile(x, 0.3, axis=(0, 1))", T, M, exact=False), row("np.quantile(x, 0.3)", V32, exact=False), row("np.quantile(x, q)", X, more={"q": np.array([0.0, 0.5, 1.0])}, exact=False),
    *(row(f"np.quantile(x, q, method={m!r})", X, more={"q": EXACT},exact=False) for m in METHODS),
    *(row(f"np.quantile(x, y, method={m!r})", (X,0.3),exact=False) for m in METHODS),
    *(row(f"np.quantile(x, {q}, method={m!r})", X) for q in ("0.0", "1.0", "0", "1") for m in ("linear", "nearest", "midpoint", "weibull")),
    row("np.percentile(x, 0, axis=0)", M), row("np.percentile(x, 100)", M), row("np.percentile(x, 50)", X),
]  # fmt: skip
