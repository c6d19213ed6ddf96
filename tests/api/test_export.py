"""Exported modules run alone: in a process that cannot import gradgen."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from gradgen import cli, grad

RUN = """
import sys, json
sys.modules["gradgen"] = None
import numpy as np
from typing import NamedTuple
import loss_grad as m
def plain(x):
    if isinstance(x, dict): return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (tuple, list)): return [plain(v) for v in x]
    return x if isinstance(x, str) else np.asarray(x).tolist()
CODE
print(json.dumps(plain(result)))
"""


def run(folder, code):
    text = RUN.replace("CODE", code)
    done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


SCALE = 3.0
TABLE = np.array([1.0, 2.0])


class Pair(NamedTuple):
    a: object
    b: object


@dataclasses.dataclass
class Settings:
    rate: float
    name: str = "x"


def test_plain_arguments(tmp_path):
    def loss(x, y=2.0):
        return x * y * y

    grad(loss, argnums=(0, 1)).export(tmp_path / "loss_grad.py", 3.0, 2.0)
    text = (tmp_path / "loss_grad.py").read_text()
    assert text.startswith(
        '"""Forward and backward functions of `loss` in test_export.py, written by gradgen.\n\nx: float\ny: float\n"'
    )
    assert "gradgen" not in text.split('"""')[2]
    code = (
        "value, cache = m.loss_forward(3.0, 2.0); result = value, m.loss_backward(cache), m.loss_backward(cache, 2.0)"
    )
    assert run(tmp_path, code) == [12.0, [4.0, 12.0], [8.0, 24.0]]
    assert run(tmp_path, "result = m.loss_value_and_grad(3.0, 2.0)") == [12.0, [4.0, 12.0]]


def test_structures_globals_and_static_arguments(tmp_path):
    def loss(p, s, pair, *, kind="sum", rate=0.5):
        total = np.sum(p["w"] * TABLE) * SCALE if kind == "sum" else 0.0
        return total * rate + s.rate * pair.a[0] + pair.b

    g = grad(loss, argnums=("p", "s", "pair"))
    g.export(tmp_path / "loss_grad.py", {"w": np.ones(2)}, Settings(2.0), Pair((3.0,), 4.0))
    code = """
class Settings:
    def __init__(self, rate, name="x"): self.rate, self.name = rate, name
class Pair(NamedTuple):
    a: object
    b: object
p, s, pair = {"w": np.ones(2)}, Settings(2.0), Pair((3.0,), 4.0)
value, cache = m.loss_forward(p, s, pair, TABLE=np.array([1.0, 2.0]))
w, t, q = m.loss_backward(cache)
again, (w2, t2, q2) = m.loss_value_and_grad(p, s, pair, TABLE=np.array([1.0, 2.0]), rate=0.5, SCALE=3.0)
result = value, w, t.rate, t.name, q, again, w2, q2
"""
    expected = {"w": [1.5, 3.0]}
    assert run(tmp_path, code) == [14.5, expected, 3.0, "x", [[2.0], 1.0], 14.5, expected, [[2.0], 1.0]]


def test_defaults(tmp_path):
    def loss(x, a=2.0, b=TABLE, *, c=3):
        return np.sum(x * a * b) * c

    grad(loss).export(tmp_path / "loss_grad.py", np.ones(2))
    assert "def loss_forward(x, a, b, *, c=3):" in (tmp_path / "loss_grad.py").read_text()
    found = run(tmp_path, "result = m.loss_value_and_grad(np.ones(2), 2.0, np.array([1.0, 2.0]))")
    assert found == [18.0, [6.0, 12.0]]


def test_has_aux_and_one_in_a_tuple(tmp_path):
    def loss(x):
        return x * x, {"x": x}

    grad(loss, argnums=("x",), has_aux=True).export(tmp_path / "loss_grad.py", 3.0)
    code = "result = m.loss_value_and_grad(3.0), m.loss_forward(3.0)[0], m.loss_backward(m.loss_forward(3.0)[1])"
    assert run(tmp_path, code) == [[[9.0, {"x": 3.0}], [6.0]], [9.0, {"x": 3.0}], [6.0]]


@pytest.mark.jit
def test_for_numba(tmp_path):
    def loss(w, x):
        return np.sum(np.exp(w * x))

    w = np.array([0.5, 1.0])
    g = grad(loss, jit=True)
    g.export(tmp_path / "loss_grad.py", w, w)
    text = (tmp_path / "loss_grad.py").read_text()
    assert text.count("@numba.njit") >= 3 and "@numba.njit" in g.source()
    found = run(tmp_path, "result = m.loss_value_and_grad(np.array([0.5, 1.0]), np.array([0.5, 1.0]))[1]")
    assert np.allclose(found, w * np.exp(w * w))


MODEL = """
import numpy as np
import gradgen

def loss(w, x, scale: float = 2.0):
    return np.sum(w * x) * scale

@gradgen.grad(argnums=("w", "x"))
def decorated(w, x):
    return w * x
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    (tmp_path / "cli_model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("cli_model", None)


def test_command_source(model, capsys):
    assert cli.main(["source", "cli_model.py:decorated"]) == 0
    assert "def decorated_backward(cache" in capsys.readouterr().out
    assert cli.main(["source", "cli_model:loss", "--argnums", "w,x", "--types", "w=float64[:,1]", "x=float64[3]"]) == 0
    assert "def loss_forward(w, x" in capsys.readouterr().out


def test_command_export(model):
    assert cli.main(["export", "cli_model.py:loss", "out.py", "--types", "w=float64[3]", "x=float64[3]"]) == 0
    assert "def loss_value_and_grad(w, x, scale=2.0)" in (model / "out.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cli_model.py:nope"], "cli_model.py has no nope"),
        (["nope.py:f"], "there is no file nope.py"),
        (["nope_:f"], "No module named"),
        (["loss"], "is not of the form"),
        (["cli_model.py:loss", "--argnums", "5"], "argnums=5: loss"),
        (["cli_model.py:loss", "--types", "w=what"], "no dtype"),
        (["cli_model.py:loss", "--types", "w"], "is not of the form"),
    ],
)
def test_command_refuses(model, capsys, arguments, message):
    assert cli.main(["source", *arguments]) == 1
    assert message in capsys.readouterr().err
