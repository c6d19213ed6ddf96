"""Rows: choosing elements, and the indices that do."""

import numpy as np

from tests.rules.cases.row import INTS, MASK, M, N, T, V, W, row

PLACES = np.array([0, 2, 1, 1])
ROWS = [
    row("x[np.where(x > 0)[0]]", V), row("x[np.where(x > 0)]", V, M, T), row("np.nonzero(x > 0)[1] * y", (M, 0.7)), row("x[np.nonzero(x)]", V),
    row("x[np.flatnonzero(x > 0.5)] ** 2", V), row("np.argwhere(x > 0) * y", (M, 0.7)), row("x[(x > 0).nonzero()]", M),
    row("np.compress(m, x)", V, more={"m": MASK}), row("np.compress([True, False, True], x, axis=0)", M), row("np.compress(m[:2], x, axis=1)", M, more={"m": MASK}), row("x.compress(m, axis=1)", M, more={"m":MASK}), row("np.compress([0, 1], x)", V, M),
    row("np.extract(x > 0, x * y)", (V, W), (M, N)),
    row("np.select([x > 1, x > 0], [x * y, y], 0.5)", (V, W), (M, W)), row("np.select([x > 1, x > 0], [x ** 2, 2])", V),
    row("np.choose(i, [x, y, x * y])", (V, W), more={"i": PLACES}), row("np.choose(i, [x, 2.0, y], mode='clip')", (V, W), (0.5, W), more={"i": PLACES + 1}), row("np.choose(i, (x, y), mode='wrap')", (V, W), more={"i": PLACES}), row("i.choose([x, y, 1])", (V, W), more={"i": PLACES}),
    row("np.take(x, i, mode='wrap')", V, more={"i": np.array([5,-1,2])}), row("np.take(x, i, axis=1, mode='clip')", M, more={"i": np.array([5,-1,2])}), row("np.take(x, [[0, 1], [2, 0]], axis=0)", M), row("x.take(i, axis=1)", M, more={"i": INTS}), row("np.take(x, i)", T, more={"i": INTS}), row("np.take(x, 1)", M, V),
    row("np.isin(i, [0, 2]) * x", V, more={"i": INTS}), row("np.isin(i, k, invert=True) * x", V, more={"i": INTS, "k": np.array([[0],[3]])}),
    row("np.searchsorted(np.sort(x), y) * y", (V, W), (V, 0.5)), row("np.searchsorted(np.sort(x), y, side='right') * y", (V, N)), row("np.digitize(x, [-1.0, 0.0, 1.0]) * x", V, M), row("np.digitize(x, np.array([1.0, 0.0]), right=True) * x", V),
    row("x.searchsorted(0.3) * x", np.sort(V)),
    row("x[np.unravel_index(np.argmax(x), x.shape)]", M, T), row("x.ravel()[np.ravel_multi_index((i, i), x.shape)]", M, more={"i": np.array([1, 2])}),
    row("x[np.triu_indices(3)]", M), row("x[np.triu_indices(3, 1)]", M), row("x[np.tril_indices(3, -1, 4)]", M), row("x[np.triu_indices_from(x, k=1)]", M), row("x[np.diag_indices(3)]", M), row("x[np.tril_indices(x.shape[0])]", M),
    row("x[np.ix_([0, 2], [1, 3])]", M), row("x[np.ix_(x[:, 0] > -9, [1, 3])]", M), row("np.indices((3, 4))[1] * x", M), row("np.indices(x.shape, sparse=True)[0] * x", M),
    row("np.meshgrid(x, y)[0] * np.meshgrid(x, y)[1]", (V, W[:3])), row("np.meshgrid(x, y, indexing='ij')[0]", (V, W[:3])), row("np.meshgrid(x, y, sparse=True)[1]", (V, W[:3])), row("np.meshgrid(x, y, x)[2] * np.meshgrid(x, y, x)[0]", (V, W[:3])),
    row("np.where(i, x, y)", (V, W), more={"i": np.array([1,0,1,1])}),
]  # fmt: skip
