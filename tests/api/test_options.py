"""The options of compiled code: what is refused, what they do, and that one never gets the machine code of another."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from gradgen import ArgumentError, grad, value_and_grad

PROGRAM = """\
import sys
from gradgen.run import backend
from gradgen.run.options import Options
text = "def f(x):\\n    return 1.0 / x\\n"
for error_model in sys.argv[1:]:
    (f,) = backend.load(text, ["f"], "jit", Options(error_model=error_model))
    try:
        print(f(0.0), sum(f.stats.cache_hits.values()))
    except ZeroDivisionError:
        print("raised", sum(f.stats.cache_hits.values()))
"""


def inverse(x):
    return 1.0 / x


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ArgumentError, match="error_model='fast'"):
        grad(inverse, jit=True, error_model="fast")
    with pytest.raises(ArgumentError, match="reassociate=1"):
        grad(inverse, jit=True, reassociate=1)
    with pytest.raises(ArgumentError, match=r"for compiled code\n.*jit=True, parallel=True"):
        grad(inverse, parallel=True)
    with pytest.raises(ArgumentError, match=r"reassociate=False does not\n.*leave one of them out"):
        grad(inverse, jit=True, parallel=True, reassociate=False)
    with pytest.raises(ArgumentError, match="parallel=2"):
        grad(inverse, jit=True, parallel=2)


def test_python_text_is_as_the_options_say_in_any_case():
    with pytest.raises(ZeroDivisionError):
        value_and_grad(inverse, reassociate=False, error_model="python")(0.0)


def test_options_go_where_the_gradient_goes():
    made = grad(inverse, jit=True, reassociate=False)
    for one in (made, made.value_and_grad, pickle.loads(pickle.dumps(made))):
        assert "reassociate=False" in repr(one)
    assert "error_model='python'" in grad(inverse, jit=True, error_model="python").source(1.0)


@pytest.mark.jit
def test_division_by_zero():
    assert value_and_grad(inverse, jit=True)(0.0) == (math.inf, -math.inf)
    for argument in (0.0, np.float64(0.0)):
        with pytest.raises(ZeroDivisionError):
            value_and_grad(inverse, jit=True, error_model="python")(argument)


@pytest.mark.jit
def test_machine_code_of_other_options_is_not_taken_from_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADGEN_CACHE_DIR", str(tmp_path))
    seen = [
        subprocess.run([sys.executable, "-c", PROGRAM, *given], capture_output=True, text=True, check=True).stdout
        for given in (["numpy"], ["python"], ["numpy", "python"])
    ]
    assert [one.split() for one in seen] == [["inf", "0"], ["raised", "0"], ["inf", "1", "raised", "1"]]
