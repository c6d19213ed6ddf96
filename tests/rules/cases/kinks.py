"""Rows: kinks, jumps, and values that selection must not let through."""

import numpy as np

from tests.rules.cases.row import V, row

ROWS = [
    row("np.maximum(x, y)", (np.array([1.0, 1.0]), np.array([1.0, 2.0])), gradients=([1, 0], [0, 1])),
    row("np.minimum(x, y)", (np.array([1.0, 1.0]), np.array([1.0, 2.0])), gradients=([1, 1], [0, 0])),
    row("np.fmax(x, y)", (np.array([1.0, np.nan]), np.array([1.0, 2.0])), gradients=([1, 0], [0, 1]), second=False),
    row("np.abs(x)", np.array([0.0, -2.0, 3.0]), gradients=([0, -1, 1],)), row("abs(x)", 0.0, gradients=(0.0,)),
    row("np.maximum(x, 0)", np.array([0.0, -1.0, 2.0]), gradients=([0, 0, 1],)),
    row("np.maximum(0.0, x)", np.array([0.0, -1.0, 2.0]), gradients=([0, 0, 1],)),
    row("max(x, 0.0)", 0.0, gradients=(0.0,)), row("max(x, y)", (1.0, 1.0), gradients=(1.0, 0.0)),
    row("min(x, y)", (1.0, 1.0), gradients=(1.0, 0.0)),
    row("np.max(x)", np.array([1.0, 3.0, 3.0]), gradients=([0, 1, 0],)),
    row("np.max(x, axis=0)", np.array([[1.0, 3.0], [1.0, 2.0]]), gradients=([[1, 1], [0, 0]],)),
    row("np.min(x)", np.array([[1.0, 3.0], [1.0, 2.0]]), gradients=([[1, 0], [0, 0]],)),
    row("np.clip(x, -1.0, 1.0)", np.array([-1.0, 1.0, 0.3, 5.0]), gradients=([1, 1, 1, 0],)),
    row("np.linalg.norm(x)", np.zeros(3), gradients=([0, 0, 0],), second=False),
    row("np.std(x)", np.ones(3), gradients=([0, 0, 0],), second=False),
    row("x ** (y ** 2 + 2)", (0.0, V), gradients=(0.0, [0, 0, 0, 0]), second=False),
    row("(x - 1.5) ** (y + 2)", (0.2, np.float64(0.0)), gradients=(-2.6, np.nan), second=False),
    row("(x - 1.5) ** (y + 2)", (0.2, np.zeros(4)), gradients=(-2.6 * 4, [np.nan] * 4), second=False),
    row("np.sinc(x)", np.array([0.0, 1.0]), gradients=([0, -1],), second=False),
    row("np.where(x > 0, np.log(x), 0.0)", np.array([2.0, -1.0, 0.0]), gradients=([0.5, 0, 0],), second=False),
    row("np.where(x != 0, np.sin(x) / x, 1.0)", np.array([0.0, 0.0]), gradients=([0, 0],), second=False),
    row("np.where(x > 0, np.sqrt(x) * y, y)", (np.array([0.0, 4.0]), 2.0), gradients=([0, 0.5], 3.0), second=False),
    row("np.where(x > 0, x * np.log(x), 0.0)", np.array([0.0, 1.0]), gradients=([0, 1],), second=False),
    row("np.where(x > 5, np.log(y), x)", (np.array([1.0, 2.0]), 0.0), gradients=([1, 1], 0.0), second=False),
    row("np.where(x > 5, np.log(y[0]), x)", (np.array([1.0]), np.zeros(2)), gradients=([1], [0, 0]), second=False),
    row("np.prod(x)", np.array([2.0, 0.0, 3.0]), np.array([0.0, 0.0, 3.0])), row("np.cumprod(x)", np.array([2.0, 0.0, 3.0, 0.0])),
]  # fmt: skip
