"""Rows: reshaping, joining, flipping, repeating."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, ONE, STRIDED, V32, C, F, M, N, R, S, T, V, W, row

PAD_MODES = ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "mean", "maximum", "minimum")

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
    row("np.append(x, y)", (V, F), (M, N)), row("np.atleast_1d(x)", F, V, M), row("np.atleast_2d(x)", F, V, M),
    row("x.shape[0] * x", V, M), row("x.size * x", V, M), row("x.ndim * x", M), row("len(x) * x", V, M), row("np.shape(x)[1] * x", M), row("np.size(x) * x", M), row("np.size(x, 0) * x", M), row("np.ndim(x) * x", M),
    row("x.copy() * x", V), row("np.copy(x)", M), row("x.item() * 2", np.array([1.5]), ONE), row("x.astype(np.float32)", V, second=False, rtol=1e-2), row("x.astype(float)", V32, second=False, rtol=1e-2),
    row("x.mT", M, T), row("np.rollaxis(x, 2)", T), row("np.flipud(x) + np.fliplr(x)", M),
    row("np.reshape(x, (4, 3), order='F')", M, FORTRAN), row("x.reshape(3, -1, order='F')", T), row("x.ravel('F')", M, STRIDED), row("x.flatten(order='F')", M), row("x.copy(order='F') * np.copy(x, 'C')", M, FORTRAN), row("np.reshape(x, shape=(2, 6), copy=True)", M),
    row("x[:, ::2].reshape(-1)", M), row("x.swapaxes(0, 2).reshape(4, -1)", T), row("x.flat[3] * x.flat[-1]", M), row("x.item(1, 2) + x.item(5) + x.item((0, 1))", M), row("np.permute_dims(x, (1, 0, 2))", T), row("np.matrix_transpose(x)", T),
    row("np.repeat(x, [1, 2, 0, 3])", V), row("np.repeat(x, c, axis=-1)", M, more={"c": np.array([1, 0, 2, 3])}), row("np.repeat(x, n)", V, F, more={"n": 3}), row("np.tile(x, n)", V, more={"n": 2}), row("np.tile(x, (2, 1, 3))", M), row("np.tile(x, 3)", F),
    row("np.broadcast_arrays(x, y)[0] * np.broadcast_arrays(x, y)[1]", (V, M), (C, V), (C, R), (F, V)), row("np.roll(x, (1, 2), axis=(0, 1))", M), row("np.roll(x, 1, axis=(0, -1))", M), row("np.roll(x, (1, 2), axis=0)", M), row("np.roll(x, -n)", V, M, more={"n": 5}),
    row("np.flip(x, (0, 2))", T), row("np.rot90(x)", M), row("np.rot90(x, 2)", M), row("np.rot90(x, -1)", M), row("np.rot90(x, k=3, axes=(1, 2))", T), row("np.moveaxis(x, [0, 1], [-1, -2])", T), row("np.rollaxis(x, 0, 3)", T),
    row("np.split(x, 2)[1]", V), row("np.split(x, 3)[1] * np.split(x, 3)[2]", M), row("np.split(x, [1, 3], axis=1)[1]", M), row("np.array_split(x, 3)[0]", V), row("np.array_split(x, 3, axis=1)[2]", M, T), row("np.array_split(x, 5)[3]", V), row("np.split(x, [n])[1]", V, more={"n": 2}),
    row("np.hsplit(x, 2)[1]", M, V), row("np.vsplit(x, 3)[1]", M), row("np.dsplit(x, 2)[1]", T), row("np.unstack(np.stack((x, y)))[1] * x", (V, W)),
    row("np.concatenate((x, y), dtype=np.float32)", (V, W), second=False, rtol=1e-2), row("np.concatenate(x)", M, T), row("np.stack((x, y), axis=1, dtype=np.float32)", (V, W), second=False, rtol=1e-2), row("np.vstack((x, 1.0))", F), row("np.hstack((x, 1.0, y))", (F, V)), row("np.hstack(x)", M),
    row("np.dstack((x, y))", (V, W), (M, N), (T, T)), row("np.column_stack((x, 1.0))", F), row("np.atleast_3d(x)", F, V, M, T), row("np.atleast_2d(x, y)[1]", (V, W)),
    row("np.block([[x, y], [y, x]])", (M, N)), row("np.block([x, y])", (V, W)), row("np.block([[x, 1.0], [y, 2.0]])", (F, S)), row("np.block([[x[:3, None], y], [1.0, z]])", (V, M, W)), row("np.block(x)", V), row("np.block([[[x], [y]]])", (V, W)),
    row("np.insert(x, 1, y)", (V, F), (V, W), (M, F)), row("np.insert(x, -1, y)", (V, F)), row("np.insert(x, 4, 0.0)", V), row("np.insert(x, 1, y, axis=0)", (M, W), (M, F)), row("np.insert(x, 2, y, axis=1)", (M, V[:3])), row("np.insert(x, 2, y, axis=0)", (M, N)),
    row("np.insert(x, [1, 3], y)", (V, W[:2])), row("np.insert(x, [2, 1, 1], [5.0, 6.0, 7.0])", V), row("np.insert(x, [0, 2], y, axis=1)", (M, W[:2]), (M, N[:, :2]), (M, F)), row("np.insert(x, n, y)", (V, F), more={"n": 2}), row("np.insert(x, n, y)", (V, F), more={"n": -2}), row("np.insert(x, [1], y)", (V, W)),
    row("np.delete(x, 1)", V, M), row("np.delete(x, -1)", V), row("np.delete(x, 1, axis=1)", M, T), row("np.delete(x, [0, -1], axis=1)", M), row("np.delete(x, slice(0, 2))", V), row("np.delete(x, slice(None, None, 2), axis=1)", M), row("np.delete(x, n)", V, more={"n": 2}), row("np.delete(x, n)", V, more={"n": -3}),
    row("np.delete(x, n)", V, more={"n": np.array([1, 2])}), row("np.delete(x, x > 0)", V), row("np.resize(x, (3, 3))", V), row("np.resize(x, 3)", M), row("np.resize(x, (2, 5))", V, F), row("np.append(x, y, axis=1)", (M, N)),
    row("np.pad(x, 1)", V, M, EMPTY), row("np.pad(x, (1, 2))", M), row("np.pad(x, ((1, 2), (0, 3)))", M), row("np.pad(x, n)", V, more={"n": 2}), row("np.pad(x, ((0, n), (1, 0)))", M, more={"n": 2}), row("np.pad(x, 2, constant_values=3.0)", V), row("np.pad(x, 2, constant_values=y)", (V, F)),
    row("np.pad(x, 1, constant_values=((1.0, 2.0), (y, 4.0)))", (M, F)), row("np.pad(x, 1, constant_values=(5, 6))", M), row("np.pad(x, 2, 'empty')[2:-2]", V),
    *(row(f"np.pad(x, 2, mode='{mode}')", V, V[:1]) for mode in PAD_MODES), *(row(f"np.pad(x, ((1, 2), (0, 3)), mode='{mode}')", M, exact=False) for mode in PAD_MODES), *(row(f"np.pad(x, (9, 7), mode='{mode}')", V, V[:2]) for mode in PAD_MODES[:4]),
    *(row(f"np.pad(x, n, mode='{mode}')", M, more={"n": 2}) for mode in PAD_MODES), row("np.pad(x, 2, mode='linear_ramp', end_values=(y, 1.0))", (M, F)), row("np.pad(x, 2, mode='mean', stat_length=2)", V), row("np.pad(x, 2, mode='maximum', stat_length=((1, 2), (2, 9)))", M),
    row("np.lib.stride_tricks.sliding_window_view(x, 2)", V, M[0]), row("np.lib.stride_tricks.sliding_window_view(x, (2, 3))", M, FORTRAN), row("np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(0, -1))", T), row("np.lib.stride_tricks.sliding_window_view(x, n, axis=0)", M, more={"n": 3}),
    row("np.add.reduceat(x, i)", M[1], more={"i": np.array([0, 2, 2, 3, 1])}, exact=False), row("np.add.reduceat(x, [1])", V, exact=False),
]  # fmt: skip
