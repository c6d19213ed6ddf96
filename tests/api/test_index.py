"""Texts that an earlier process wrote: taken if nothing that they depend on has changed, and never else.

A module that is loaded anew stands for another process: all its functions and objects are others.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradgen
from gradgen.run import index
from gradgen.target import Target

pytestmark = pytest.mark.usefixtures("texts_are_remembered")

HEAD = "import functools\nimport math\nimport numpy as np\nfrom dataclasses import dataclass\nimport gradgen\n"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    build = Target.build

    def counted(self: Target, *args: Any) -> Any:
        found.append(self.name)
        return build(self, *args)

    monkeypatch.setattr(Target, "build", counted)
    return found


def loaded(folder: Path, text: str, name: str = "model") -> Any:
    file = folder / f"{name}.py"
    file.write_text(HEAD + text)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    module.__dict__["__cached__"] = None
    exec(compile(file.read_text(), str(file), "exec"), module.__dict__)
    return module


def gradient(folder: Path, text: str, x: Any = 0.7, **options: Any) -> Any:
    module = loaded(folder, text)
    return gradgen.grad(module.f, **options)(getattr(module, "X", x))


F = "def f(x):\n    return "
MADE = "def made(a):\n    def {}(x):\n        return {}\n    return {}\n"
CLASS = "@dataclass\nclass C:\n    w: float\n    {}\n    def m(self):\n        return self.w * {}\nX = C(1.0)\n"

# What changes: the text of a module with `f` and perhaps its argument `X`, in which A stands for each of two texts in
# turn; and whether what was written for one serves the other.
CHANGES: dict[str, tuple[str, str, str, bool]] = {
    "nothing": (F + "x * A", "2.0", "2.0", True),
    "lines above": ("A" + F + "x * x", "", "B = 1\n\n\n", True),
    "the function": (F + "A", "x * x", "x * x * x", False),
    "a constant": (F + "A * x", "2.0", "3.0", False),
    "its sign": (F + "math.copysign(x, A)", "0.0", "-0.0", False),
    "a number outside": ("B = A\n" + F + "B * x", "2.0", "3.0", True),
    "its type": ("B = A\n" + F + "B * x", "2.0", "np.float32(0.1)", False),
    "a text": ("B = A\n" + F + "x if B == 'a' else 2 * x", "'a'", "'b'", False),
    "a structure": ("B = A\n" + F + "sum(B) * x", "(2.0, 3.0)", "(2.0, 3.0, 4.0)", False),
    "numbers in it": ("B = A\n" + F + "sum(B) * x", "[2.0, 3.0]", "[2.0, 4.0]", True),
    "a size": ("B = np.ones(A)\n" + F + "np.sum(B) * x", "3", "1", False),
    "a helper": ("def g(x):\n    return A\n" + F + "g(x)", "x * x", "x * x * x", False),
    "its default": ("B = A\ndef g(x, n=B):\n    return x * n\n" + F + "g(x)", "2.0", "3.0", False),
    "its helper": ("def h(x):\n    return A\ndef g(x):\n    return h(x)\n" + F + "g(x)", "x * x", "x * 5.0", False),
    "its global": ("B = A\ndef g(x):\n    return x if B == 'a' else 2 * x\n" + F + "g(x)", "'a'", "'b'", False),
    "an import": ("from numpy import A as s\n" + F + "s(x)", "sin", "cos", False),
    "a module": ("import A as m\n" + F + "m.sin(x)", "numpy", "math", False),
    "a builtin": ("A" + F + "abs(x)", "", "def abs(x):\n    return x * x\n", False),
    "a cell": (MADE.format("f", "a * x", "f") + "f = made(A)\n", "2.0", "3.0", True),
    "its function": (MADE.format("f", "a(x)", "f") + "f = made(lambda x: A)\n", "x * x", "x * 3", False),
    "a helper's cell": (MADE.format("g", "a * x", "g") + "g = made(A)\n" + F + "g(x)", "2.0", "3.0", False),
    "a class": ("class C:\n    B = A\n" + F + "x if C.B == 'a' else 2 * x", "'a'", "'b'", False),
    "a class's base": ("class C(A):\n    pass\n" + F + "x if issubclass(C, dict) else 2 * x", "dict", "list", False),
    "a method": (CLASS.format("", "A") + F + "x.m()", "2", "3", False),
    "a property": (CLASS.format("@property", "A") + F + "x.m", "2", "3", False),
    "a derivative": ("@gradgen.grad\ndef g(x):\n    return A\n" + F + "g(x)", "x**2", "x**3", False),
    "a partial": (
        "def h(a, x):\n    return a * x\ng = functools.partial(h, A)\n" + F + "g(x)",
        "2.0",
        "3.0",
        False,
    ),
    "the argument": ("X = A\n" + F + "np.sum(x * x)", "np.ones(3)", "np.ones(30)", False),
    "its number": (CLASS.format("", "2") + F + "x.w", "", "", True),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes(name: str, tmp_path: Path, builds: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pattern, *ways, serves = CHANGES[name]
    texts = [pattern.replace("A", way) for way in ways]
    with monkeypatch.context() as patched:
        patched.setattr(index, "place_for", lambda *_: None)
        expected = [repr(gradient(tmp_path, text)) for text in texts]
    for k in range(4):
        before, found = len(builds), repr(gradient(tmp_path, texts[k % 2]))
        assert found == expected[k % 2]
        assert k != 1 or (len(builds) == before) == serves


def test_forms_and_options_are_apart(tmp_path: Path, builds: list[str]) -> None:
    f = loaded(tmp_path, F + "x * x").f
    for _ in range(2):
        assert gradgen.grad(f)(3.0) == 6.0
        assert gradgen.value_and_grad(f)(3.0) == (9.0, 6.0)
        assert gradgen.grad(f).forward(3.0)[0] == 9.0
        assert gradgen.grad(f, argnums=(0,))(3.0) == (6.0,)
        assert len(builds) == 3
    g = loaded(tmp_path, F + "(x * x, x)").f
    assert gradgen.grad(g, has_aux=True)(3.0) == gradgen.grad(g, has_aux=True)(3.0) == (6.0, 3.0)


@pytest.mark.jit
def test_compiled_texts_are_apart_too(tmp_path: Path, builds: list[str]) -> None:
    f = loaded(tmp_path, "def f(x):\n    return np.sum(np.exp(x))").f
    for _ in range(2):
        for options in ({}, {"parallel": True}, {"reassociate": False}):
            assert gradgen.grad(f, jit=True, **options)(np.zeros(20_000))[7] == 1.0
        assert len(builds) == 3


def test_damaged_and_outdated(tmp_path: Path, builds: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = F + "x * x"
    gradient(tmp_path, text)
    (file,) = (tmp_path / "cache").glob("*.index")
    for content in (b"", file.read_bytes()[:50], file.read_bytes()[:-1] + b"x"):
        file.write_bytes(content)
        before = len(builds)
        assert gradient(tmp_path, text) == 1.4 and len(builds) == before + 1
    monkeypatch.setattr(index, "_versions", lambda: ("another",))
    assert gradient(tmp_path, text) == 1.4 and len(builds) == before + 2


def test_nothing_else_than_what_was_loaded(tmp_path: Path, builds: list[str]) -> None:
    """The file has been changed since: what the loaded function does is not written anywhere."""
    f = loaded(tmp_path, F + "x * 2.0").f
    (tmp_path / "model.py").write_text(HEAD + F + "x * 3.0")
    with pytest.raises(gradgen.GradgenError, match="another text"):
        gradgen.grad(f)(1.0)
    assert gradient(tmp_path, F + "x * 2.0") == 2.0
    assert gradient(tmp_path, F + "x * 3.0") == 3.0
