"""Rows: orders of elements, and distinct ones."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, INTS, STRIDED, M, N, T, V, W, normal, row

X = np.array([2.0, -1.0, 0.5, 3.0, -0.7, 1.1, 0.2])
SQUARE = normal(4, 4)
EQUAL = np.array([2.0, -1.0, 0.5, 2.0, -1.0, 0.5, 0.2])
PLACES, FEW = np.array([[0, 2, 1, 0], [1, 1, 0, 2]]), np.array([[3, 0], [1, 1], [2, -1]])
MANY = np.arange(60.0) * 7 % 4  # equal ones keep their order
RANKS = np.argsort(np.argsort(MANY, kind="stable")).astype(float)
ROWS = [
    row("np.sort(x)", V, M, T), row("np.sort(x, axis=0)", V, M, T), row("np.sort(x, axis=None)", M), row("np.argsort(x) * x", V, M),
    row("x.argsort(0) * x", M), row("np.sort(x, kind='stable')", V), row("np.sort(x)", np.array([1.0, 2.0, 1.0, 0.5]), gradients=(1.0,)), row("np.sort(x, axis=1)", T, FORTRAN, STRIDED, EMPTY, EMPTY.T),
    row("np.partition(x, 2)[2]", X), row("np.sum(np.partition(x, (1,3), axis=0)[:2], axis=0)", np.concatenate([M,N])), row("x[np.argpartition(x, 3)[:3]].sum()", X),
    row("np.take_along_axis(x, i, 0)", M, more={"i": PLACES}), row("np.take_along_axis(x, i, axis=1)", M, more={"i": FEW}), row("np.take_along_axis(x, i[:1], axis=1)", M, more={"i": FEW}),
    row("np.take_along_axis(x, np.argsort(y, axis=1), axis=1)", (M, N)), row("np.take_along_axis(x, np.expand_dims(np.argmax(x, axis=0), 0), axis=0)", M),row("np.take_along_axis(x, i, axis=None)", M, more={"i": np.array([5, 2, 5])}),
    row("x[np.lexsort((x, i))]", V, more={"i": np.array([1,0,1,0])}), row("x[np.lexsort((i, x, x))]", V, more={"i": np.array([1,0,1,0])}),
    row("np.sort(x)[::-1] * np.sort(y)", (V, W)), row("np.sort(x[::2])", X), row("np.sort(x * x)", V),
    row("x + np.sort(x)", V),row("np.unique(x)", V, M), row("np.unique(x)", EQUAL, gradients=(np.array([1,1,1,0,0,0,1.0]),)), row("np.unique(x, return_index=True)[1] * y", (V, 0.3)), row("x * np.unique(i, return_inverse=True)[1]", V, more={"i": INTS}), row("np.unique(i, return_counts=True)[1] * y", (V, 0.5), (V[:2], 1.1), more={"i": INTS}), row("np.unique(i, True, True, True)[2].sum() * x", V, more={"i": np.array([[1,2],[2,2]])}),
    row("np.unique(i, return_inverse=True)[1] * x", np.array([[1.0,2.0],[2.0,2.0]]), more={"i": np.array([[1,2],[2,2]])}),
    row("np.union1d(x, y)", (V, W), (M, W)), row("np.setxor1d(x, y)", (V, W)), row("np.unique_all(x)[0]", V), row("np.unique_values(x)", V),
    row("np.intersect1d(x, y) * x[0]", (V, V[1:]), gradients=(np.array([-1.1, 1.3, 1.3, 1.3]), 0.0)), row("np.setdiff1d(x, i)", V, more={"i": np.array([0.7])}, gradients=(np.array([1.0, 0.0, 1.0, 1.0]),)),
    row("x[np.where(x > 0)[0], np.where(x > 0)[0]]", SQUARE), row("x[np.argsort(x, axis=0), np.argsort(x, axis=1)]", SQUARE), row("x[np.argsort(x, axis=1), np.arange(4)]", SQUARE),
    row("x[np.argsort(x, axis=0)[::-1], np.arange(4)]", SQUARE), row("x[np.argsort(x, axis=0)[i], np.arange(4)]", SQUARE, more={"i": np.array([0, 0, 2])}), row("x[np.argsort(y), np.argsort(y)]", (SQUARE, W)),
    row("np.sort(x) * np.arange(60.0)", MANY, gradients=(RANKS,)), row("np.sort(x, axis=0) * np.arange(60.0)[:, None]", np.stack([MANY, MANY], axis=1), gradients=(np.stack([RANKS, RANKS], axis=1),)),
    row("x[np.nonzero(m)[0]]", SQUARE, more={"m": SQUARE > 0}), row("x[np.nonzero(m)[1], np.nonzero(m)[0]]", SQUARE, more={"m": SQUARE > 0}),
]  # fmt: skip
