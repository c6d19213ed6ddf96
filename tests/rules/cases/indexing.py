"""Rows: reading parts of arrays."""

import numpy as np

from tests.rules.cases.row import INTS, MASK, M, N, T, V, W, normal, row

ROWS = [
    *(row(f"x[{i}]", V) for i in ("0", "-1", "1:", ":-1", "::2", "::-1", "1:3", "None", "...", ":, None", "[2, 0, 2]", "x > 0", "1:1", "-2:", "5:")),
    *(row(f"x[{i}]", M) for i in ("0", "0, 1", ":, 1", "1:, :-1", "..., 0", "None, :, 0", "::2, ::-1", "1", "-1, -1", ":, None, :", "[0, 0, 1]", ":, [1, 1]", "[0, 2], [1, 3]", "x > 0")),
    *(row(f"x[{i}]", T) for i in ("0, :, [0, 1, 1]", ":, [0, 1], [1, 1]", "[0, 1], :, [1, 1]", "..., 1", "0, ..., None", "[[0], [1]], [0, 2]", "1, [0, 1], 2:")),
    row("x[i]", V, more={"i": INTS}), row("x[i]", normal(4, 2), more={"i": INTS}), row("x[:, i]", M, more={"i": INTS}),
    row("x[m]", V, normal(4, 2), more={"m": MASK}), row("x[:, m]", M, more={"m": MASK}), row("x[n]", V, M, more={"n": 2}),
    row("x[n:]", V, M, more={"n": 1}), row("x[:n] * x[n:]", V, more={"n": 2}), row("x[n:k] + x[n:k]", V, more={"n": 1, "k": 3}),
    row("x[::n]", V, more={"n": 2}), row("x[1:] - x[:-1]", V, M), row("x[:, 1:] * y[:, :-1]", (M, N)), row("x[1:-1] + x[2:] + x[:-2]", V),
    row("x[0] * x[-1]", V), row("x[1:] * y", (V, 0.3), (V, np.array([0.4]))), row("x[:1] * y", (V, W)), row("x[:n] * y", (V, W), more={"n": 1}),
    row("np.take(x, i)", V, M, more={"i": INTS}), row("np.take(x, i, axis=1)", M, more={"i": INTS}), row("x.take([0, 2, 0])", V), row("np.take(x, 1, axis=0)", M),
    row("x[i, 0]", M, more={"i": np.array([[0, 1], [2, 2]])}), row("x[x.shape[0] - 1]", V),
    row("x[x.shape[0] :] + 1", V),
    row("x[1 : len(x) - 1] + x[2:] * x[: len(x) - 2]", V), row("x[:x.shape[0] - 1] * x[1:]", V),
]  # fmt: skip
