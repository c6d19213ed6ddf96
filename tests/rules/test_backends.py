"""Every row of the table once more, from source to gradients: in Python at each point, under jit at one."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import gradgen
from tests.rules.cases import ROWS, Row
from tests.rules.test_rules import evaluated, weight_of
from tests.support.check import check

HEADER = "import cmath\nimport math\n\nimport numpy as np\nfrom scipy import linalg, special, stats\n"
NUMBERED = list(enumerate(ROWS))
PARAMS = [pytest.param(k, row, id=f"{k}-{row.text}"[:60]) for k, row in NUMBERED]


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A module with a function for each row: sum(w * row)."""
    path = tmp_path_factory.mktemp("rows") / "rows.py"
    path.write_text(HEADER + "".join(_text(k, row) for k, row in NUMBERED))
    spec = importlib.util.spec_from_file_location("rows", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _text(k: int, row: Row) -> str:
    names = ", ".join(row.points[0])
    real = ".real" if any(np.iscomplexobj(evaluated(row, point)) for point in row.points) else ""
    return f"\n\ndef row_{k}({names}, w):\n    return np.sum(w * ({row.text})){real}\n"


def _check(function: Callable[..., Any], row: Row, point: dict[str, Any], jit: bool) -> None:
    weight = weight_of(row, point)
    names = tuple(name for name in ("x", "y", "z") if name in point)
    gradient = None
    if row.gradients:
        gradient = tuple(
            np.broadcast_to(g, np.shape(point[name])) for g, name in zip(row.gradients, names, strict=True)
        )
        gradient = tuple(g if np.ndim(g) else float(g) for g in gradient)
    with np.errstate(all="ignore"):
        check(
            function, *point.values(), weight, argnums=names, jit=jit, gradient=gradient,
            pair=not jit and row.rtol < 1e-3, exact=row.exact and not jit and _rows(point), rtol=max(row.rtol, 1e-6),
        )  # fmt: skip


def _rows(point: dict[str, Any]) -> bool:
    """Whether arrays lie row after row: `check` calls the primal with copies that do, and sums them in that order."""
    return all(value.flags.c_contiguous for value in point.values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize(("k", "row"), PARAMS)
def test_python(functions: ModuleType, k: int, row: Row) -> None:
    for point in row.points:
        _check(getattr(functions, f"row_{k}"), row, point, jit=False)


@pytest.mark.jit
@pytest.mark.parametrize(("k", "row"), PARAMS)
def test_jit(functions: ModuleType, k: int, row: Row) -> None:
    """At the point of the largest rank: each point has a signature of its own, and compiles anew."""
    point = max(row.points, key=lambda p: sum(np.ndim(value) for value in p.values() if np.ndim(value) < 3))
    if row.python_only:
        with pytest.raises(gradgen.GradgenError, match=row.python_only):
            _check(getattr(functions, f"row_{k}"), row, point, jit=True)
        return
    _check(getattr(functions, f"row_{k}"), row, point, jit=True)
