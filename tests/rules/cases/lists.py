"""Rows: lists."""

from tests.rules.cases.row import F, row

ROWS = [
    row("np.sum(np.array(v)) * x", F, more={"v": [1.0, 2.0]}),
    row("v[1] * x + len(v)", F, more={"v": [1.0, 2.0]}),
]
