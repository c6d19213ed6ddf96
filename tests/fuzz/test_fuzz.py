"""A slice of the random programs, the same in every run: right or refused. `python -m tests.fuzz` judges others."""

from __future__ import annotations

import dataclasses
import inspect
from collections import Counter
from pathlib import Path

import pytest

import gradgen
from gradgen.rules import RULES
from gradgen.rules.symbols import apply
from tests.fuzz.points import points
from tests.fuzz.shrink import shrink
from tests.fuzz.verdict import judge
from tests.fuzz.writer import program
from tests.support.modules import loaded


def assert_right_or_refused(seeds: range, folder: Path, size: int, jit: bool = False, second: bool = False) -> None:
    kinds: Counter[str] = Counter()
    for seed in seeds:
        text = program(seed, size)
        found = judge(text, seed, folder, jit, second)
        kinds[found.kind] += 1
        if found.defect:
            small = shrink(text, lambda text: judge(text, seed, folder, jit, second).key == found.key)
            detail = judge(small, seed, folder, jit, second).detail
            pytest.fail(f"seed {seed}: {found.kind}, {found.reason}\n{detail}\n\n{small}")
    assert kinds["right"] >= 0.3 * len(seeds), kinds


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_programs(first: int, tmp_path: Path) -> None:
    assert_right_or_refused(range(first, first + 50), tmp_path, size=7)


def test_gradients_of_gradients(tmp_path: Path) -> None:
    assert_right_or_refused(range(30), tmp_path, size=3, second=True)


@pytest.mark.jit
@pytest.mark.parametrize("first", range(0, 8, 4))
def test_programs_under_jit(first: int, tmp_path: Path) -> None:
    assert_right_or_refused(range(first, first + 4), tmp_path, size=3, jit=True)


@pytest.mark.parametrize("seed", range(5))
def test_the_text_is_the_same_each_time(seed: int, tmp_path: Path) -> None:
    function = loaded(program(seed), tmp_path).f
    point = points(seed)[0]
    case = [point[name] for name in inspect.signature(function).parameters]
    try:
        texts = {gradgen.grad(function, argnums="x").source(*case) for _ in range(2)}
    except gradgen.GradgenError:
        return
    assert len(texts) == 1


def test_a_wrong_gradient_is_found_and_shrunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that says twice the derivative: the judge sees it, and the shrinker leaves little of the program."""
    wrong = dataclasses.replace(RULES["sin"], derivative=lambda out, x: 2 * apply("cos", x))
    monkeypatch.setitem(RULES, "sin", wrong)
    text = "import math\ndef f(x, y, n):\n    for i in range(n):\n        y += math.sin(x) * i\n    return y * y"
    assert judge(text, 1, tmp_path).key == ("wrong", "gradient")
    small = shrink(text, lambda text: judge(text, 1, tmp_path).kind == "wrong")
    assert len(small.splitlines()) <= 5, small
