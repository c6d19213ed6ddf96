"""The table of rule cases: one row an operation or use, which runs every check.

A row is an expression over x, y, z (differentiated) and others (not), and the points at which it is
checked. `kinked`: differences do not exist there; `gradients` says what the gradients of the sum are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    text: str
    points: tuple[dict[str, Any], ...]
    rtol: float = 1e-6
    second: bool = True  # whether the second derivative is checked too
    exact: bool = True  # whether the value is NumPy's to the last bit
    gradients: tuple[Any, ...] = ()
    constant: bool = False  # whether the derivative is zero everywhere
    tags: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.text


_RNG = np.random.default_rng(7)


def normal(*shape: int) -> np.ndarray:
    return _RNG.standard_normal(shape)


# Numbers without a kink, an integer or a zero among them.
F, S = 0.75, np.float64(-1.35)
V = np.array([1.3, 0.7, -2.2, 0.4])
W = np.array([0.6, -1.7, 0.9, 2.3])
M = normal(3, 4) * 1.5
N = normal(3, 4) + 0.3
C, R, ONE = normal(3, 1), normal(1, 4), np.array([[0.65]])
T = normal(2, 3, 4)
EMPTY = np.zeros((0, 4))
V32, M32 = V.astype(np.float32), M.astype(np.float32)
FORTRAN, STRIDED = np.asfortranarray(M), normal(6, 8)[::2, ::2]
INTS, MASK = np.array([2, 0, 3, 2]), np.array([True, False, True, True])

SHAPES = (F, S, V, M, T[:, :1], EMPTY, FORTRAN, STRIDED)
PAIRS = (
    (F, 1.6), (F, S), (S, V), (V, F), (V, W), (M, W), (V, N), (M, C), (C, R), (R, M), (T, N), (C, T), (ONE, M), (T, S),
    (ONE, V), (EMPTY, V), (C, F), (np.float64(0.4), S),
)  # fmt: skip

REMAINDERS = ((5.3, 1.6), (-5.3, S), (V * 5, 1.13), (V * 5, W), (M * 5, np.abs(C) + 1), (F, np.abs(V) + 0.1))


def at(*points: Any) -> tuple[dict[str, Any], ...]:
    """Points from positional values of x, y, z."""
    return tuple(dict(zip("xyz", p if isinstance(p, tuple) else (p,), strict=False)) for p in points)


def into(low: float, high: float, points: Sequence[Any] = SHAPES) -> tuple[dict[str, Any], ...]:
    """The points with every number moved smoothly into the open interval."""

    def move(x: Any) -> Any:
        moved = low + (high - low) / (1 + np.exp(-np.asarray(x, dtype=float)))
        return moved if isinstance(x, np.ndarray) else type(x)(moved)

    return at(*(tuple(map(move, p)) if isinstance(p, tuple) else move(p) for p in points))


def elementwise(text: str, *points: Any, **options: Any) -> Row:
    return Row(text, at(*(points or SHAPES)), **options)


def row(text: str, *points: Any, more: dict[str, Any] | None = None, **options: Any) -> Row:
    return Row(text, tuple({**p, **(more or {})} for p in at(*points)), **options)


def math_row(text: str, *points: Any, **options: Any) -> Row:
    return Row(text, at(*points), **options)


ARITHMETIC = [
    *(elementwise(f"x {op} y", *PAIRS) for op in "+-*/"),
    elementwise("-x"), elementwise("+x"), elementwise("abs(x)"), elementwise("x * x"), elementwise("x + x"),
    elementwise("x % y", *REMAINDERS),
    elementwise("x // y + x", *PAIRS[:6]),
    elementwise("2 - x"), elementwise("3 / x"), elementwise("x / 3"), elementwise("1 - 1 * x"),
    elementwise("x ** 2"), elementwise("x ** 3"), elementwise("x ** 0"), elementwise("x ** 1"), elementwise("x ** -1"),
    elementwise("x ** -2"), elementwise("2 ** x"), elementwise("True + x"),
    Row("x ** 0.5", into(0.2, 3)), Row("x ** -1.5", into(0.2, 3)), Row("x ** y", into(0.2, 2.5, PAIRS)),
    row("x ** y", (-1.5, 2.0), second=False, gradients=(-3.0, float("nan"))),
    row("x ** n", V, M, more={"n": 3}), row("x ** n", V, 0.0, np.zeros(2), more={"n": 0}, gradients=(0,), second=False),
    row("x ** y", (0.0, 2.0), (np.zeros(3), 2.0), gradients=(0.0, 0.0), second=False),
    row("x ** 2", 0.0, np.zeros(2), gradients=(0.0,)), row("x ** 1", 0.0, np.zeros(2), gradients=(1.0,), second=False),
    row("x + n", V, 1.5, more={"n": 2}), row("x * m", V, M, more={"m": MASK}), row("x * i", V, 2.0, more={"i": INTS}),
    row("x * 2", V32, M32, np.float32(0.7)), row("x + y", (V32, F), (V32, V), (np.float32(1.2), V32), (np.float32(0.5), 2.0)),
    row("(x > y) * x + (x == x) * y", *PAIRS), row("(x >= 0) & (x < 1)", V, S, constant=True),
    row("x * (x > 0) * ~(x > 1)", V, M),
]  # fmt: skip

FUNCTIONS = [
    *(elementwise(f"np.{name}(x)") for name in (
        "exp", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh", "exp2", "expm1", "cbrt", "square", "reciprocal",
        "negative", "positive", "abs", "absolute", "fabs", "deg2rad", "rad2deg", "radians", "degrees", "sinc",
    )),
    *(Row(f"np.{name}(x)", into(0.1, 4)) for name in ("log", "log2", "log10", "log1p", "sqrt")),
    *(Row(f"np.{name}(x)", into(-0.9, 0.9)) for name in ("arcsin", "arccos", "arctanh")),
    Row("np.arccosh(x)", into(1.2, 4)),
    *(elementwise(f"np.{name}(x, y)", *PAIRS) for name in (
        "add", "subtract", "multiply", "divide", "true_divide", "hypot", "arctan2", "logaddexp", "logaddexp2", "maximum", "minimum",
        "fmax", "fmin", "copysign",
    )),
    *(elementwise(f"np.{name}(x, y)", *REMAINDERS) for name in ("fmod", "mod", "remainder")),
    Row("np.power(x, y)", into(0.2, 2.5, PAIRS)), Row("np.float_power(x, y)", into(0.2, 2.5, PAIRS[:8])),
    row("np.exp(x)", V32, M32, np.float32(0.3)), row("np.sqrt(x * x + 1)", V32), row("np.maximum(x, 0.5)", V32),
    *(elementwise(f"np.{name}(x) * x", V, M, S) for name in ("sign", "floor", "ceil", "trunc", "rint", "round", "fix")),
    elementwise("np.round(x, 1) * x", V, 0.72), elementwise("x.round(2) * x", V),
    elementwise("np.where(x > y, x * y, x - y)", *PAIRS), elementwise("np.where(x > 0, x, 0.0)", V, M, S),
    row("np.where(m, x, y)", (V, W), (V, F), (F, V), (F, S), more={"m": MASK}),
    elementwise("np.clip(x, -1.0, 1.0)", V, M, S), elementwise("np.clip(x, None, 0.5) + x.clip(0.1)", V, M),
    row("np.clip(x, y, z)", (V, -0.5, 0.5), (M, C, 2.0), (V, V - 0.1, V + 0.2), (V, W, 2.5)),
    row("np.isfinite(x) * x + np.isnan(x)", V, S), row("np.logical_and(x > 0, x < 1) * x", V),
    row("np.logical_not(x > 0) * x + np.logical_xor(x > 0, x > 1) * 1.0", V), row("np.nan_to_num(x) * x", V),
    row("np.exp([x, y])", (F, S), (V, W)),
    row("np.modf(x)[0] * x", V), row("divmod(x, y)[1] * divmod(x, y)[0]", (V, 0.9), (5.3, 0.7)),
]  # fmt: skip

KINKS = [
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
    row("np.sinc(x)", np.array([0.0, 1.0]), gradients=([0, -1],), second=False),
    row("np.where(x > 0, np.log(x), 0.0)", np.array([2.0, -1.0, 0.0]), gradients=([0.5, 0, 0],), second=False),
    row("np.where(x != 0, np.sin(x) / x, 1.0)", np.array([0.0, 0.0]), gradients=([0, 0],), second=False),
    row("np.where(x > 0, np.sqrt(x) * y, y)", (np.array([0.0, 4.0]), 2.0), gradients=([0, 0.5], 3.0), second=False),
    row("np.where(x > 0, x * np.log(x), 0.0)", np.array([0.0, 1.0]), gradients=([0, 1],), second=False),
    row("np.prod(x)", np.array([2.0, 0.0, 3.0]), np.array([0.0, 0.0, 3.0])), row("np.cumprod(x)", np.array([2.0, 0.0, 3.0, 0.0])),
]  # fmt: skip

# Of Python numbers; math's other functions are in the test of constants.
SCALARS = [
    *(math_row(f"math.{name}(x)", 0.7, -1.3, np.float64(0.4)) for name in (
        "exp", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "exp2", "expm1", "cbrt", "fabs", "degrees", "radians",
        "erf", "erfc",
    )),
    *(math_row(f"math.{name}(x)", 0.7, 2.3) for name in ("log", "log2", "log10", "log1p", "sqrt", "gamma", "lgamma")),
    math_row("math.gamma(x)", -1.4, 12.5, rtol=1e-5), math_row("math.lgamma(x)", -1.4, 30.5),
    *(math_row(f"math.{name}(x)", 0.3, -0.6) for name in ("asin", "acos", "atanh")), math_row("math.acosh(x)", 1.7),
    *(math_row(f"math.{name}(x, y)", (0.7, 1.6), (2.3, -0.4), rtol=1e-5) for name in ("atan2", "hypot", "fmod", "remainder", "copysign")),
    math_row("math.pow(x, y)", (1.7, 2.2)), math_row("math.log(x, y)", (1.7, 2.2)), math_row("math.log(x, 10)", 1.7),
    math_row("math.hypot(x, y, z)", (1.0, 2.0, 2.5)), math_row("math.dist((x, y), (z, 1.0))", (1.0, 2.0, 2.5)),
    math_row("math.fsum([x, y, x * y])", (0.1, 0.7)), math_row("math.prod([x, y, 2.0])", (0.1, 0.7)),
    math_row("math.prod((x, y), start=3.0)", (0.1, 0.7)), math_row("math.ldexp(x, 3)", 0.7), math_row("math.modf(x)[0] * x", 1.7),
    math_row("math.floor(x) * x + math.ceil(x) * x - math.trunc(x)", 1.7, -0.3), math_row("math.isclose(x, y) * x", (1.0, 2.0)),
    math_row("max(x, y)", (0.7, 1.6), (1.6, 0.7)), math_row("min(x, y, 0.5, z)", (0.7, 1.6, 0.2)), math_row("max([x, y, x * y])", (0.7, 1.6)),
    math_row("sum([x, y, x * y])", (0.7, 1.6)), math_row("sum((x, y), 2.0)", (0.7, 1.6)), math_row("pow(x, 3)", 0.7),
    math_row("round(x) * x + round(x, 1) * x", 1.73), math_row("float(x) * 2 + int(x) * x + bool(x) * x", 1.7),
    math_row("np.float64(x) * x", 1.7), math_row("np.float32(x) * 2", 1.7, V, second=False, rtol=1e-2, exact=False),
    math_row("math.gcd(12, 18) * x + math.comb(5, 2)", 0.7), math_row("abs(x)", 0.7, -0.3), math_row("divmod(x, y)[1]", (5.3, 0.7)),
    math_row("math.nextafter(x, 2.0)", 1.7),
]  # fmt: skip

AXES = (
    "",
    ", axis=0",
    ", axis=-1",
    ", axis=(0, 1)",
    ", axis=1, keepdims=True",
    ", keepdims=True",
    ", axis=(-1, 0), keepdims=True",
)
REDUCTIONS = [
    *(row(f"np.{name}(x{axis})", M, T, FORTRAN, ONE, exact=name not in ("prod", "max", "min") or "(" not in axis)
      for name in ("sum", "mean", "prod", "max", "min", "var", "std", "linalg.norm") for axis in AXES
      if not (name == "linalg.norm" and axis in ("", ", keepdims=True"))),
    *(row(f"np.{name}(x)", V, F, EMPTY[:, 0] if name in ("sum", "prod") else W, second=name != "std") for name in ("sum", "mean", "prod", "max", "min", "var", "std")),
    *(row(f"x.{name}()", V, M) for name in ("sum", "mean", "prod", "max", "min", "var", "std")),
    *(row(f"x.{name}(axis=0)", M) for name in ("sum", "mean", "prod", "max", "min", "var", "std")), row("x.sum(1)", M),
    row("np.var(x, axis=0, ddof=1)", M), row("np.std(x, ddof=1)", V, M), row("x.var(ddof=1)", V),
    row("np.sum(x, where=m)", V, M, more={"m": MASK}, exact=False), row("np.mean(x, where=m)", V, M, more={"m": MASK}, exact=False),
    row("np.prod(x, where=m)", V, more={"m": MASK}), row("np.max(x, where=m, initial=-9.0)", V, more={"m": MASK}),
    row("np.sum(x, initial=2.0)", V), row("np.max(x, initial=0.9)", V), row("np.sum([x, y])", (F, S), (V, W)),
    row("sum(x)", V, M), row("max(x) * min(x)", V), row("np.sum(x * x, axis=0)", M32), row("np.mean(x)", V32),
    row("np.ptp(x)", V, M), row("np.average(x)", V), row("np.average(x, weights=y)", (V, np.abs(W)), (M, np.abs(N))),
    row("np.average(x, axis=0, weights=y)", (M, np.array([0.2, 0.5, 0.9]))),
    row("np.cumsum(x)", V, M), row("np.cumsum(x, axis=0)", M), row("np.cumsum(x, axis=-1)", M, T), row("x.cumsum()", V),
    row("np.cumprod(x)", V, M), row("np.cumprod(x, axis=0)", M), row("np.cumprod(x, axis=1)", T), row("x.cumprod()", V),
    row("np.linalg.norm(x)", V, M, exact=False), row("np.linalg.norm(x, axis=0)", M), row("np.linalg.norm(x, 2, 1)", M),
    *(row(f"np.linalg.norm(x, {ord})", V, exact=False) for ord in ("2", "1", "3", "np.inf", "-np.inf")),
    *(row(f"np.linalg.norm(x, {ord})", M, exact=False) for ord in ("'fro'", "1", "-1", "np.inf")),
    row("np.linalg.norm(x, 1, axis=1, keepdims=True)", M),
    row("np.argmax(x) * x", V, M), row("np.argmin(x, axis=0) * x", M), row("np.any(x > 1) * x", V), row("np.all(x > -9, axis=0) * x", M),
    row("np.count_nonzero(x > 0) * x", V), row("x.argmax() * x", V), row("(x > 0).any() * x", V),
]  # fmt: skip

A, B, K = normal(3, 4), normal(4, 2), normal(4)
STACK, OTHER, BATCH = normal(2, 3, 4), normal(2, 4, 5), normal(5, 1, 4, 2)
PRODUCTS = [(A, B), (A, K), (K, B), (K, K[::-1].copy()), (STACK, OTHER), (STACK, B), (A, OTHER), (STACK, K), (K, OTHER), (STACK, BATCH),
            (normal(1, 3, 4), OTHER), (np.zeros((3, 0)), np.zeros((0, 2))), (FORTRAN, B)]  # fmt: skip
LINALG = [
    row("x @ y", *PRODUCTS), row("np.matmul(x, y)", *PRODUCTS[:5]), row("np.dot(x, y)", *PRODUCTS[:4], (A, OTHER), (STACK, B), (STACK, OTHER), (F, V), (V, S), exact=False),
    row("x.dot(y)", *PRODUCTS[:4]), row("np.outer(x, y)", (V, K), (M, K)), row("np.inner(x, y)", (V, W), (M, N), (M, V), (V, M), (F, V), (M, T)),
    row("np.vdot(x, y)", (V, W), (M, N)), row("np.trace(x)", M, normal(3, 3)), row("x.trace()", M), row("x @ x", normal(3, 3)),
    row("np.diag(x)", V, M, normal(3, 3)), row("np.diag(x, 1)", V, M), row("np.diag(x, k=-1)", V, M), row("np.diagonal(x)", M, T), row("np.trace(x, 1)", M),
    row("np.tril(x)", M, T), row("np.triu(x, 1)", M), row("np.kron(x, y)", (A, B), (V, W), (A, V)), row("np.tensordot(x, y, 1)", (A, B), (STACK, B)),
    row("np.tensordot(x, y)", (A, N)), row("np.tensordot(x, y, axes=((0, 2), (1, 0)))", (STACK, normal(4, 2))), row("np.tensordot(x, y, axes=([1], [0]))", (A, OTHER[0])),
    row("x @ y", (V32, W.astype(np.float32)), (M32, V)), row("x.T @ x", M), row("x @ y @ x", (normal(3), normal(3, 3))),
]  # fmt: skip

INDEXING = [
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

SHAPE = [
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

CREATION = [
    row("np.array([x, y])", (F, S), (F, 2.0), (V, W)), row("np.array([[x, y], [y, 1.0]])", (F, S)), row("np.array([x, 1])", F), row("np.array((x, y, x))", (V, W)),
    row("np.array([[x, y], [y, x]])", (V, W)), row("np.asarray(x) * 2", V, F), row("np.array(x) * 2", V), row("np.array([x, y], dtype=np.float32)", (F, S), second=False, rtol=1e-2, exact=False),
    row("np.zeros(3) + x", F, np.float64(2)), row("np.zeros((3, 4)) + x", M, V), row("np.ones(x.shape) * x", V, M), row("np.ones(len(x)) * x", V), row("np.zeros_like(x) + x", V, F), row("np.ones_like(x) * x", M, F),
    row("np.full(3, x)", F), row("np.full((2, 3), x)", F, np.float64(1)), row("np.full((2, 4), x)", V), row("np.full_like(x, y)", (V, F), (V, W), (F, S)), row("np.full(4, 2) * x", V),
    row("np.arange(4) * x", V, F), row("np.arange(1, 5) * x", V), row("np.arange(0, 2, 0.5) * x", V), row("np.arange(n) * x", V, more={"n": 4}), row("np.arange(len(x)) * x", V), row("np.arange(4, dtype=float) * x", V), row("np.arange(n, 0, -1) * x", V, more={"n": 4}),
    row("np.linspace(0, 1, 4) * x", V), row("np.linspace(x, y, 5)", (F, 2.0)), row("np.linspace(x, y, 5, endpoint=False)", (F, S)), row("np.eye(4) @ x", V), row("np.eye(3, 4) * x", M), row("np.eye(4, k=1) @ x", V), row("np.identity(4) @ x", V),
    row("np.empty_like(x) * 0 + x", EMPTY),
]  # fmt: skip

LISTS = [
    row("np.array(xs) * y", V, more={}, tags=("skip",))
    if False
    else row("np.sum(np.array(v)) * x", F, more={"v": [1.0, 2.0]}),
    row("v[1] * x + len(v)", F, more={"v": [1.0, 2.0]}),
]

ROWS = [*ARITHMETIC, *FUNCTIONS, *KINKS, *SCALARS, *REDUCTIONS, *LINALG, *INDEXING, *SHAPE, *CREATION, *LISTS]
