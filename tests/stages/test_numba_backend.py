"""The Numba backend: compiled functions that call one another, NumPy's errors, machine code on disk."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradgen.run import numba_backend
from gradgen.run.options import Options

pytestmark = pytest.mark.jit

TEXT = """\
import math
import os
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


def test_machine_code_is_kept_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "text.py"
    file.write_text(TEXT)
    for hits in (0, 1):
        (total,) = numba_backend.load(TEXT, str(file), ["total"])
        total(np.ones(3))
        assert sum(total.stats.cache_hits.values()) == hits


def test_what_texts_bring_along_is_compiled_once() -> None:
    other = TEXT.replace("value = 0.0", "value = 1.0")
    (first,), (second,) = (numba_backend.load(text, f"<{k}>", ["total"]) for k, text in enumerate((TEXT, other)))
    assert first(np.ones(3)) == 3.0
    assert second(np.ones(3)) == 4.0
    assert first.py_func.__globals__["_inverse"] is second.py_func.__globals__["_inverse"]


def test_machine_code_with_a_helper_of_another_text_is_found_by_a_new_process(tmp_path: Path) -> None:
    """The first text has the helper compiled; the second's machine code must not ask for the first."""
    program = (
        "from gradgen.run import numba_backend\n"
        "import numpy as np, sys\n"
        "for name in sys.argv[1:]:\n"
        "    (total,) = numba_backend.load(open(name).read(), name, ['total'])\n"
        "    print(total(np.ones(3)), sum(total.stats.cache_hits.values()))\n"
    )
    files = [tmp_path / "one.py", tmp_path / "two.py"]
    for file, start in zip(files, ("0.0", "1.0"), strict=True):
        file.write_text(TEXT.replace("value = 0.0", f"value = {start}"))
    shown = [
        subprocess.run([sys.executable, "-c", program, *map(str, given)], capture_output=True, text=True, check=True)
        for given in (files, files[1:])
    ]
    assert [one.stdout.split() for one in shown] == [["3.0", "0", "4.0", "0"], ["4.0", "1"]]


SUMS = """\
def total(x):
    value = 0.0
    for i in range(x.shape[0]):
        value += x[i]
    return value


def compensated(x):
    value = 0.0
    lost = 0.0
    for i in range(x.shape[0]):
        term = x[i] - lost
        new = value + term
        lost = (new - value) - term
        value = new
    return value
"""


def test_terms_of_a_sum_may_change_places_unless_asked() -> None:
    fast = numba_backend.load(SUMS, "<sums>", ["total", "compensated"])
    exact = numba_backend.load(SUMS, "<sums>", ["total", "compensated"], Options(reassociate=False))
    x = np.random.default_rng(0).standard_normal(10_001)
    in_order = 0.0
    for term in x.tolist():
        in_order += term
    assert exact[0](x) == in_order
    assert fast[0](x) == pytest.approx(in_order, rel=1e-13)
    assert exact[1](x) == fast[1](x) == pytest.approx(math.fsum(x), rel=1e-16)
    for odd in (math.inf, -math.inf, math.nan):
        x[77] = odd
        np.testing.assert_equal(fast[0](x), odd)
    flagged = [one.inspect_llvm(one.signatures[0]).count("reassoc") > 0 for one in (*fast, *exact)]
    assert flagged == [True, False, False, False]


def test_sums_are_vectorised() -> None:
    program = f"""
import numpy as np
from gradgen.run import numba_backend
from gradgen.run.options import Options
from gradgen.run.options import Options
for reassociate in (True, False):
    (total,) = numba_backend.load({SUMS!r}, "<sums>", ["total"], Options(reassociate=reassociate))
    total(np.ones(8))
    print(total.inspect_asm(total.signatures[0]).count("vaddpd") > 0)
"""
    given = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx,+avx2"}
    run = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **given}, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["True", "False"]
