"""Rows: operators."""

import numpy as np

from tests.rules.cases.row import INTS, M32, MASK, PAIRS, REMAINDERS, V32, F, M, Row, S, V, elementwise, into, row

ROWS = [
    *(elementwise(f"x {op} y", *PAIRS) for op in "+-*/"),
    elementwise("-x"), elementwise("+x"), elementwise("abs(x)"), elementwise("x * x"), elementwise("x + x"),
    elementwise("x % y", *REMAINDERS),
    elementwise("x // y + x", *PAIRS[:6]),
    elementwise("2 - x"), elementwise("3 / x"), elementwise("x / 3"), elementwise("1 - 1 * x"),
    elementwise("x ** 2"), elementwise("x ** 3"), elementwise("x ** 0"), elementwise("x ** 1"), elementwise("x ** -1"),
    elementwise("x ** -2"), elementwise("2 ** x"), elementwise("True + x"),
    Row("x ** 0.5", into(0.2, 3)), Row("x ** -1.5", into(0.2, 3)), Row("x ** y", into(0.2, 2.5, PAIRS)),
    row("x / y", (3e-200, 2e-180), second=False, gradients=(5e179, -7.5e159)),
    row("x ** y", (-1.5, 2.0), second=False, gradients=(-3.0, float("nan"))),
    row("x ** n", V, M, more={"n": 3}), row("x ** n", V, 0.0, np.zeros(2), more={"n": 0}, gradients=(0,), second=False),
    row("x ** y", (0.0, 2.0), (np.zeros(3), 2.0), gradients=(0.0, 0.0), second=False),
    row("x ** 2", 0.0, np.zeros(2), gradients=(0.0,)), row("x ** 1", 0.0, np.zeros(2), gradients=(1.0,), second=False),
    row("x + n", V, 1.5, more={"n": 2}), row("x * m", V, M, more={"m": MASK}), row("x * i", V, 2.0, more={"i": INTS}),
    row("x * 2", V32, M32, np.float32(0.7)), row("x + y", (V32, F), (V32, V), (np.float32(1.2), V32), (np.float32(0.5), 2.0)),
    row("(x > y) * x + (x == x) * y", *PAIRS), row("(x >= 0) & (x < 1)", V, S, constant=True),
    row("x * (x > 0) * ~(x > 1)", V, M),
]  # fmt: skip
