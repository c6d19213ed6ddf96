"""Random programs, staged and interpreted: what Python gives, or a refusal."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from gradgen.errors import GradgenError, InternalError
from tests.fuzz.points import points
from tests.fuzz.writer import program
from tests.stages.test_stage_programs import assert_same, staged_result
from tests.support.modules import loaded
from tests.support.trees import copied


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_program(seed: int, tmp_path: Path) -> None:
    function = loaded(program(seed), tmp_path).f
    for point in points(seed):
        case = [point[name] for name in inspect.signature(function).parameters]
        try:
            expected = function(*copied(case))
        except (ArithmeticError, LookupError, AttributeError, NameError, RecursionError, TypeError, ValueError):
            continue
        try:
            found = staged_result(function, copied(case), {}, strict=False)
        except InternalError:
            raise
        except GradgenError:
            return
        assert_same(found, expected)
