"""Rows: differences, interpolation, convolution, polynomials."""

import numpy as np

from tests.rules.cases.row import EMPTY, C, F, M, T, V, W, normal, row

L, P = normal(7), np.sort(normal(7))
WP = np.sort(W)
LENGTHS = ((L, V[:3]), (V[:3], L), (L, V), (V, L), (V, W), (V, V[:1]), (V[:1], V))
MODES = ("full", "same", "valid")

ROWS = [
    *(row(f"np.{name}({length}) * x", V[:1]) for name in ("hanning", "hamming", "blackman", "bartlett") for length in (7, 4)),
    row("np.hanning(n) * x", F, more={"n": 1}), row("np.bartlett(len(x)) * x", V), row("np.blackman(n) * x", F, more={"n": 0}),
    row("np.diff(x)", V, M), row("np.diff(x, axis=0)", M, EMPTY.T), row("np.diff(x, n=2)", V), row("np.diff(x, n=0)", V), row("np.diff(x, n=2, axis=0)", M), row("np.diff(x, prepend=0.0)", V, M), row("np.diff(x, append=y)", (V, F), (M, C)), row("np.diff(x, prepend=y, append=y, axis=1)", (M, C)),
    row("np.ediff1d(x)", V, M), row("np.ediff1d(x, to_begin=y, to_end=[1.0, 2.0])", (V, F)),
    row("np.gradient(x)", L), row("np.gradient(x, y)", (L, F), (L, P), exact=False), row("np.gradient(x, 2)", L), row("np.gradient(x, edge_order=2)", L), row("np.gradient(x, y, edge_order=2)", (L, F), (L, P), exact=False), row("np.gradient(x, axis=0)", M), row("np.gradient(x)[1]", M), row("np.gradient(x)[0]", M),
    row("np.gradient(x, 2.0, y)[1]", (M, WP), exact=False), row("np.gradient(x, y, axis=1, edge_order=2)", (M, WP), exact=False), row("np.gradient(x, y, axis=1)", (T, np.array([0.1, 0.7, 1.5])), exact=False), row("np.gradient(x, axis=(0, 2))[1]", T),
    *(row(f"np.convolve(x, y, mode='{mode}')", *LENGTHS, exact=False) for mode in MODES), *(row(f"np.correlate(x, y, mode='{mode}')", *LENGTHS, exact=False) for mode in MODES),
    row("np.convolve(x, [1.0, 2.0, 1.0], 'same')", L, exact=False), row("np.convolve(x, x)", V, exact=False), row("np.correlate(x, y)", (L, V), exact=False), row("np.convolve(x, n)", V, more={"n": np.array([2, -1])}, exact=False),
    row("np.interp(x, y, z)", (2 * L, WP, V), (F, WP, V), (2 * M, WP, V)), row("np.interp(x, y, z, left=1.0)", (2 * L, WP, V)), row("np.interp(x, y, z, right=x[0])", (2 * L, WP, V)), row("np.interp(x, y, z, -1.0, 2.0)", (3 * M, WP, V)), row("np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0])", F, L), row("np.interp(x, c, y)", (3 * L, V), more={"c": np.array([-1, 0, 2, 3])}),
    row("np.interp(x, y, z)", (L, W[:1], V[:1])), row("np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0])", np.array([0.0, 1.0, 2.0, 2.5, -1.0]), gradients=(np.array([2.0, -1.0, -1.0, 0.0, 0.0]),)),
    row("np.polyval(x, y)", (V, W), (V, F), (V, M), (V[:1], W)), row("np.polyval([1.0, -2.0, 3.0], x)", M, F), row("np.polyval([x, 2.0], 3.0)", F), row("np.polyval(x, y)", (V, np.array([0.0, 1.0]))), row("np.polyval(n, x)", V, more={"n": np.array([2, 0, 1])}),
    row("np.polyder(x)", V), row("np.polyder(x, 2)", V), row("np.polyint(x)", V), row("np.polyint(x, k=2.0)", V), row("np.polyint(x, 2, [1.0, y])", (V, F), exact=False), row("np.polyadd(x, y)", (L, V), (V, L), (V, W)), row("np.polysub(x, [1.0, 2.0])", V),
    row("np.unwrap(x)", 5 * L), row("np.unwrap(x, axis=0)", 5 * M), row("np.unwrap(x, period=2.0)", 5 * L), row("np.unwrap(x, discont=4.0)", 5 * L),
]  # fmt: skip
