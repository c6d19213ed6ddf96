"""The generated text, pinned. After a change that is meant: `--update-golden`, and read the diff."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gradgen
from tests.golden.programs import GOLDEN, Golden

FOLDER = Path(__file__).parent

LECTURE = """\
def f_forward(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy ** 2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f, (sigy, num, sigx, xpy, den, invden)


def f_backward(cache, df=1.0):
    sigy, num, sigx, xpy, den, invden = cache
    # backprop f = num * invden
    dnum = invden * df
    dinvden = num * df
    # backprop invden = 1.0 / den
    dden = -1.0 / den ** 2 * dinvden
    # backprop den = sigx + xpysqr
    dsigx = dden
    dxpysqr = dden
    # backprop xpysqr = xpy ** 2
    dxpy = 2 * xpy * dxpysqr
    # backprop xpy = x + y
    dx = dxpy
    dy = dxpy
    # backprop sigx = 1.0 / (1 + math.exp(-x))
    dx += (1 - sigx) * sigx * dsigx
    # backprop num = x + sigy
    dx += dnum
    dsigy = dnum
    # backprop sigy = 1.0 / (1 + math.exp(-y))
    dy += (1 - sigy) * sigy * dsigy
    return dx, dy
"""


def text(row: Golden) -> str:
    """Forward and backward, as `source` gives them."""
    gradient = gradgen.value_and_grad(row.function, argnums=row.argnums, jit=row.jit)
    return gradient.source(*row.args).strip() + "\n"


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row.file.removesuffix(".txt"))
def test_text(row: Golden, update_golden: bool) -> None:
    path = FOLDER / row.file
    if update_golden:
        path.write_text(text(row), encoding="utf-8")
    assert text(row) == path.read_text(encoding="utf-8")


def test_the_lecture_is_the_lecture() -> None:
    """The reference case is here in full, so that no update of the golden files can change it."""
    assert text(GOLDEN[0]).removeprefix("import math\n\n\n") == LECTURE


PRINT_ALL = "from tests.golden.test_golden import GOLDEN, text; print(*map(text, GOLDEN), sep='', end='')"


def test_another_process_writes_the_same_bytes() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINT_ALL],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ".", "PATH": "", "HOME": str(Path.home())},
            cwd=FOLDER.parents[1],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {"".join(map(text, GOLDEN)).encode()}
