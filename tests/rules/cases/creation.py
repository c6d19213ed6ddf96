"""Rows: new arrays."""

import numpy as np

from tests.rules.cases.row import EMPTY, F, M, S, V, W, row

ROWS = [
    row("np.array([x, y])", (F, S), (F, 2.0), (V, W)), row("np.array([[x, y], [y, 1.0]])", (F, S)), row("np.array([x, 1])", F), row("np.array((x, y, x))", (V, W)),
    row("np.array([[x, y], [y, x]])", (V, W)), row("np.asarray(x) * 2", V, F), row("np.array(x) * 2", V), row("np.array([x, y], dtype=np.float32)", (F, S), second=False, rtol=1e-2, exact=False),
    row("np.zeros(3) + x", F, np.float64(2)), row("np.zeros((3, 4)) + x", M, V), row("np.ones(x.shape) * x", V, M), row("np.ones(len(x)) * x", V), row("np.zeros_like(x) + x", V, F), row("np.ones_like(x) * x", M, F),
    row("np.full(3, x)", F), row("np.full((2, 3), x)", F, np.float64(1)), row("np.full((2, 4), x)", V), row("np.full_like(x, y)", (V, F), (V, W), (F, S)), row("np.full(4, 2) * x", V),
    row("np.arange(4) * x", V, F), row("np.arange(1, 5) * x", V), row("np.arange(0, 2, 0.5) * x", V), row("np.arange(n) * x", V, more={"n": 4}), row("np.arange(len(x)) * x", V), row("np.arange(4, dtype=float) * x", V), row("np.arange(n, 0, -1) * x", V, more={"n": 4}),
    row("np.linspace(0, 1, 4) * x", V), row("np.linspace(x, y, 5)", (F, 2.0)), row("np.linspace(x, y, 5, endpoint=False)", (F, S)), row("np.eye(4) @ x", V), row("np.eye(3, 4) * x", M), row("np.eye(4, k=1) @ x", V), row("np.identity(4) @ x", V),
    row("np.empty_like(x) * 0 + x", EMPTY), row("np.arange(x, x + 3.2, y)", (F, 0.7)), row("np.arange(x, 3.0)", F), row("np.zeros(4, 'f8') + x", V), row("np.zeros((4,), dtype=x.dtype, order='F') + x", V), row("np.ones(n, float) * x", V, more={"n": 4}),
    row("np.tri(3, 4) * x", M), row("np.tri(4) @ x", V), row("np.tri(3, 4, -1) * x", M), row("np.tri(3, 4, n) * x", M, more={"n": 1}), row("np.vander(x)", V, exact=False), row("np.vander(x, 3)", V, np.array([0.0, 1.0, 2.0]), exact=False), row("np.vander(x, N=3, increasing=True)", V, exact=False),
    row("np.logspace(x, y, 4)", (F, 1.3), exact=False), row("np.logspace(x, 2.0, 3, base=2.0)", F, exact=False), row("np.require(x) * 2", M), row("np.ascontiguousarray(x) * 2", M), row("np.full((2, 3), x, 'float32')", F, second=False, rtol=1e-2),
]  # fmt: skip
