"""The Numba backend: compiled functions that call one another, NumPy's errors, machine code on disk."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from gradgen.run import numba_backend

pytestmark = pytest.mark.jit

TEXT = """\
import math
import numpy as np


def total(x):
    value = 0.0
    for i in range(x.shape[0]):
        value = value + _inverse(x[i])
    return value


def _inverse(x):
    return 1.0 / x
"""


def test_functions_call_one_another_and_divide_as_numpy() -> None:
    (total,) = numba_backend.load(TEXT, "<text>", ["total"])
    assert total(np.array([1.0, 4.0])) == 1.25
    assert total(np.array([1.0, 0.0])) == math.inf
    assert total.targetoptions["nogil"]


def test_the_text_computes_in_its_order_unless_asked() -> None:
    (exact,) = numba_backend.load(TEXT, "<text>", ["total"])
    (fast,) = numba_backend.load(TEXT, "<text>", ["total"], fastmath={"reassoc", "contract"})
    x = np.array([1e-17, 1.0, -1e-17])
    assert exact(x) == total_of(x)
    assert fast(x) == pytest.approx(total_of(x), rel=1e-15)
    assert not exact.targetoptions.get("fastmath")


def total_of(x: np.ndarray) -> float:
    value = 0.0
    for item in x:
        value = value + 1.0 / item
    return value


def test_machine_code_is_kept_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "text.py"
    file.write_text(TEXT)
    for hits in (0, 1):
        (total,) = numba_backend.load(TEXT, str(file), ["total"])
        total(np.ones(3))
        assert sum(total.stats.cache_hits.values()) == hits
