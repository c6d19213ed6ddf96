"""Where a program is run: at a usual point, and at one that differs from it in sizes, numbers or memory layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.fuzz.writer import COLUMNS, ROWS

ALIKE = ("usual", "no trips", "one trip")
SPECIAL = ("usual", "usual", "no trips", "one trip", "one column", "one row", "empty", "strided", "numpy numbers")


def points(seed: int, alike: bool = False) -> list[dict[str, Any]]:
    """Two points: the values of all parameters by name. Their numbers have many digits, so that no sums of them tie.

    alike: of most seeds both points are of the same types, for which one text serves.
    """
    rng = np.random.default_rng(seed)
    return [_point(rng, "usual"), _point(rng, str(rng.choice(ALIKE if alike and seed % 4 else SPECIAL)))]


def _point(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    rows = {"one row": 1, "empty": 0}.get(kind, ROWS)
    columns = {"one column": 1, "empty": 0}.get(kind, COLUMNS)
    values = {
        "x": float(rng.normal()),
        "y": float(rng.normal()),
        "n": {"no trips": 0, "one trip": 1}.get(kind, ROWS),
        "v": rng.normal(size=columns),
        "w": rng.normal(size=columns),
        "m": rng.normal(size=(rows, columns)),
        "order": rng.integers(0, max(columns, 1), columns),
    }
    if kind == "numpy numbers":
        values["x"], values["y"] = np.float64(values["x"]), np.float64(values["y"])
    if kind == "strided":
        values["v"], values["m"] = np.repeat(values["v"], 2)[::2], np.asfortranarray(values["m"])
    return values
