"""Rows: covariances and histograms."""

import numpy as np

from tests.rules.cases.row import M32, M, N, V, W, row

X = np.array([1.9, -1.05, 0.5, 3.0, -0.7, 1.1, 0.2])
Y = np.linspace(-1.0, 2.0, 7) ** 2
PLACES = np.array([0, 2, 1, 2, 0, 5, 1])
ROWS = [
    row("np.bincount(i, x)", Y, more={"i": PLACES}), row("np.bincount(i, weights=x, minlength=9) ** 2", Y, more={"i": PLACES}), row("np.bincount(i)[2] * x", V, more={"i": PLACES}), row("np.bincount(i, minlength=8) * y", (V, 0.4), more={"i": PLACES}),
    row("np.histogram(x, 4, weights=y)[0] ** 2", (X, Y), exact=False), row("np.histogram(x, 4)[0] * y", (X, 0.3)), row("np.histogram(x, 4)[1]", X), row("np.histogram(x, bins=[-1.0, 0.1, 0.8, 2.0], weights=y)[0]", (X, Y),exact=False), row("np.histogram(x, bins=e, weights=y, density=True)[0]", (X, Y), more={"e": np.array([-2.0,0.1,0.8,4.0])},exact=False), row("np.histogram(x, 3, range=(-0.8, 2.5), weights=y)[0]", (X, Y),exact=False), row("np.histogram(x, 5, density=True)[0] * y", (X, 0.5)), row("np.histogram(x, n, weights=y)[0]", (X, Y), more={"n": 3},exact=False), row("np.histogram(x, 3, weights=y)[0]", (M, N), exact=False), row("np.histogram(x, 3, weights=i)[0] * y", (X, 0.5), more={"i": PLACES}), row("np.histogram(x, 3, weights=y)[0]", (X, Y), exact=False, second=False),
    row("np.cov(x)", M, V, exact=False), row("np.cov(x, rowvar=False)", M, exact=False), row("np.cov(x, y)", (V, W), (M, N), exact=False), row("np.cov(x, bias=True)", M,exact=False), row("np.cov(x, ddof=2)", M,exact=False), row("np.cov(x.T)", M,exact=False),row("np.cov(x, aweights=y)", (M, np.abs(W)),exact=False), row("np.cov(x, fweights=i)", M, more={"i":np.array([1,2,1,3])},exact=False), row("np.cov(x, aweights=y, fweights=i, ddof=0)", (M, np.abs(W)), more={"i":np.array([1,2,1,3])},exact=False), row("np.cov(x)", M32, rtol=1e-3,exact=False),
    row("np.corrcoef(x)[0, 1]", M,exact=False), row("np.corrcoef(x)[np.triu_indices(3, 1)]", M,exact=False), row("np.corrcoef(x, y)[0, 1]", (V, W),exact=False), row("np.corrcoef(x, rowvar=False)[0, 2]", M,exact=False),
    row("np.histogram_bin_edges(x, 4)", X, M), row("np.histogram(x, 3)[1]", V.astype(np.float32), M),
]  # fmt: skip
