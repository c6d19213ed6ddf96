"""Rows: reshaping, joining, flipping, repeating."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, ONE, V32, C, F, M, N, R, S, T, V, W, row

ROWS = [
    row("x.reshape(4, 3)", M), row("x.reshape((2, -1))", M, V), row("np.reshape(x, -1)", M, T), row("x.reshape(2, 3, 2)", M), row("x.reshape(x.shape[1], x.shape[0])", M),
    row("x.reshape(-1) * x.ravel()", M), row("x.ravel()", M, V, FORTRAN), row("np.ravel(x)", T), row("x.flatten()", M, V), row("x.T", M, V, T), row("np.transpose(x)", M, T),
    row("np.transpose(x, (1, 0, 2))", T), row("x.transpose(2, 0, 1)", T), row("x.transpose()", M), row("x.transpose((0, 2, 1))", T), row("np.swapaxes(x, 0, -1)", T), row("x.swapaxes(0, 1)", M),
    row("np.moveaxis(x, 0, -1)", T), row("np.squeeze(x)", C, ONE, R), row("x.squeeze(0)", R), row("np.squeeze(x, axis=1)", C), row("x.squeeze()", R),
    row("np.expand_dims(x, 0)", V, M), row("np.expand_dims(x, (0, -1))", V), row("np.expand_dims(x, -1) * x", V), row("x[:, np.newaxis] - x", V),
    row("np.broadcast_to(x, (2, 4))", V, F, R), row("np.broadcast_to(x, (3, 4))", C), row("np.flip(x)", V, M), row("np.flip(x, 1)", M), row("np.roll(x, 1)", V, M), row("np.roll(x, -1, axis=0)", M),
    row("np.repeat(x, 2)", V, M), row("np.repeat(x, 3, axis=0)", M), row("x.repeat(2)", V), row("np.tile(x, 2)", V, M), row("np.tile(x, (2, 1))", V, M),
    row("np.concatenate((x, y))", (V, W), (M, N), (V, EMPTY[:, 0])), row("np.concatenate([x, y], axis=1)", (M, N), (M, C)), row("np.concatenate((x, y), axis=-1)", (M, C)), row("np.concatenate((x, y, x), axis=None)", (M, V)),
    row("np.stack((x, y))", (V, W), (M, N), (F, S)), row("np.stack([x, y], axis=1)", (V, W), (M, N)), row("np.stack((x, y), axis=-1)", (M, N)),
    row("np.hstack((x, y))", (V, W), (M, N), (F, S), (M, C)), row("np.vstack((x, y))", (V, W), (M, N), (M, V[None])), row("np.column_stack((x, y))", (V, W), (M, C), (M, np.array([1.0, 2, 3]))),
    row("np.append(x, y)", (V, F), (M, N)), row("np.atleast_1d(x)", F, V, M), row("np.atleast_2d(x)", F, V, M), row("np.diff(x)", V, M), row("np.diff(x, axis=0)", M), row("np.diff(x, n=2)", V),
    row("x.shape[0] * x", V, M), row("x.size * x", V, M), row("x.ndim * x", M), row("len(x) * x", V, M), row("np.shape(x)[1] * x", M), row("np.size(x) * x", M), row("np.size(x, 0) * x", M), row("np.ndim(x) * x", M),
    row("x.copy() * x", V), row("np.copy(x)", M), row("x.item() * 2", np.array([1.5]), ONE), row("x.astype(np.float32)", V, second=False, rtol=1e-2), row("x.astype(float)", V32, second=False, rtol=1e-2),
    row("x.mT", M, T), row("np.rollaxis(x, 2)", T), row("np.flipud(x) + np.fliplr(x)", M),
]  # fmt: skip
