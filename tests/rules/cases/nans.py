"""Rows: reductions that leave NaN out."""

import numpy as np

from tests.rules.cases.row import INTS, MASK, V32, M, V, row

X = np.array([2.0, -1.0, np.nan, 3.0, -0.7, 1.1, 0.2])
A = np.array([[1.0, np.nan, -0.5, 2.0], [0.3, 1.7, np.nan, np.nan], [0.9, -1.1, 0.4, 3.0]])
Q = np.array([0.1, 0.55, 0.9])
AXES = ("", ", axis=0", ", axis=1, keepdims=True")
ROWS = [
    *(row(f"np.{f}(x{a})", A, M, *([X] if not a else []), exact=False, second="std" not in f) for f in ("nansum","nanprod","nanmean","nanvar","nanstd","nanmax","nanmin","nanmedian") for a in AXES),
    row("np.nanmax(x, axis=(0, 1))", A), row("np.nanmean(x, axis=(-1, 0))", A, exact=False), row("np.nanvar(x, axis=1, ddof=1)", A, exact=False), row("np.nancumsum(x)", X, A), row("np.nancumprod(x, axis=1)", A), row("np.nanargmax(x) * y", (X, 0.5)), row("np.nanargmin(x, axis=1) * y", (A, 0.5)),
    row("np.nanquantile(x, 0.3)", X, A, exact=False), row("np.nanpercentile(x, [20, 70], axis=1)", A, exact=False), row("np.nanquantile(x, y, axis=0, keepdims=True)", (A, 0.4), exact=False), row("np.nanquantile(x, q, axis=1, method='hazen')", A, more={"q": Q}, exact=False), row("np.nanquantile(x, 0.5, axis=1, method='nearest')", A), row("np.nanmedian(x)", V32),row("np.nanmean(x)", V32), row("np.nansum(i) * x", V, more={"i": INTS}), row("np.nanmax(i) * x", V, more={"i": INTS}),
    row("np.nansum(x, where=m)", A, more={"m": MASK}, exact=False), row("np.nanmean(x, where=m, axis=1)", A, more={"m": MASK}, exact=False),
    row("np.nanmax(x, axis=1)", -np.abs(A) - 0.5), row("np.nanmin(x)", np.abs(A) + 0.5), row("np.nanargmax(x) * y", (-np.abs(X) - 0.5, 0.7)), row("np.nanargmin(x) * y", (np.abs(X) + 0.5, 0.7)),
    row("np.nanmedian(x, axis=0)", A.astype(np.float32)), row("np.nanquantile(x, 0.0, axis=1)", A.astype(np.float32)),
]  # fmt: skip
