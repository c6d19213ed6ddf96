"""Generated programs, from real source files, against differences. The examples are the same in every run;
HYPOTHESIS_PROFILE=search looks at many new ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradgen
from tests.fuzz.expressions import ARRAYS, arrays, scalars
from tests.fuzz.programs import programs
from tests.support.check import check
from tests.support.modules import loaded

SCALARS = "import math\n\n\ndef f(x, y):\n    return {}\n"
OF_ARRAYS = "import numpy as np\n\n\ndef f({}):\n    return np.sum(0.0 * s + ({}))\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check_text(source: str, folder: Path, *args: object, **options: object) -> None:
    check(loaded(source, folder).f, *args, **options)  # type: ignore[arg-type]


@given(expression=scalars(["x", "y"]), x=st.sampled_from([0.7, -1.2]))
def test_scalar_expressions(expression: str, x: float, folder: Path) -> None:
    check_text(SCALARS.format(f"x * 0.0 + ({expression})"), folder, x, 0.45, jit=False)


@settings(max_examples=15)
@given(expression=scalars(["x", "y"], depth=3))
def test_scalar_expressions_to_second_order(expression: str, folder: Path) -> None:
    check_text(SCALARS.format(f"x * 0.0 + ({expression})"), folder, 0.7, 0.45, jit=False, second_order=True, rtol=1e-5)


@given(expression=arrays())
def test_array_expressions(expression: str, folder: Path) -> None:
    check_text(OF_ARRAYS.format(", ".join(ARRAYS), expression), folder, *ARRAYS.values(), jit=False)


@given(source=programs(), x=st.sampled_from([0.7, -1.2]), n=st.sampled_from([0, 1, 3]))
def test_programs(source: str, x: float, n: int, folder: Path) -> None:
    check_text(source, folder, x, 0.45, n, argnums=(0, 1), jit=False)


@pytest.mark.jit
@settings(max_examples=5)
@given(expression=arrays())
def test_array_expressions_under_jit(expression: str, folder: Path) -> None:
    check_text(OF_ARRAYS.format(", ".join(ARRAYS), expression), folder, *ARRAYS.values(), jit=True, pair=False)


@pytest.mark.jit
@settings(max_examples=5)
@given(source=programs())
def test_programs_under_jit(source: str, folder: Path) -> None:
    check_text(source, folder, 0.7, 0.45, 3, argnums=(0, 1), jit=True, pair=False)


@given(source=programs())
@settings(max_examples=10)
def test_the_text_is_the_same_each_time(source: str, folder: Path) -> None:
    function = loaded(source, folder).f
    texts = {gradgen.grad(function, argnums=(0, 1)).source(0.7, 0.45, 3) for _ in range(2)}
    assert len(texts) == 1
