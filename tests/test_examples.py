"""Every example runs and says what it is for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.pages import ROOT, environment

SAYS = {
    "lecture": ["df/dx = 2.059570, df/dy = 1.592233", "# backprop f = num * invden"],
    "diabetes": [
        "def loss_backward(cache",
        "largest error against central differences: ",
        "gradgen, jit",
        "scale 33.0",
    ],
    "two_layer_network": ["step     0: loss 1.1", "training accuracy 0.9"],
    "ode_fit": ["at the start: squared error of logarithms 5.970", "rates 0.540, 0.0272, 0.796, 0.0237"],
}


def test_every_example_is_here() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == set(SAYS)


@pytest.mark.jit
@pytest.mark.parametrize("name", SAYS)
def test_example(name: str) -> None:
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py")]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for words in SAYS[name]:
        assert words in run.stdout, run.stdout
    if name == "diabetes":
        error = float(run.stdout.split("central differences: ")[1].split()[0])
        assert error < 1e-7
