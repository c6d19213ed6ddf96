"""Lowering on random programs: loops must compute what the reference interpreter says the program means."""

from __future__ import annotations

import numpy as np
import pytest

from gradgen.ir.verify import verify
from gradgen.lower import lower
from gradgen.rules import RULES
from gradgen.run import numba_backend, python_backend
from gradgen.simplify import simplify
from gradgen.write import write
from tests.stages.test_write_random import Generator
from tests.support.interpret import run

ARGS = (np.array([0.1, 0.2, 0.3, 0.4]), np.array([-1.0, 1.0, 0.5, 0.25]), 0.7)


def assert_same(found, expected) -> None:
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


def check(seed: int, backend) -> None:
    program = simplify(Generator(seed).program())
    with np.errstate(all="ignore"):
        expected = run(program, ARGS, strict=False)
        lowered = lower(program)
        verify(lowered, RULES)
        lowered = simplify(lowered)
        verify(lowered, RULES)
        text = write(lowered, style="jit").source
        given = tuple(np.copy(arg) if isinstance(arg, np.ndarray) else arg for arg in ARGS)
        try:
            assert_same(run(lowered, ARGS, strict=False), expected)
            assert_same(backend.load(text, "<lowered>", ["f"])[0](*given), expected)
            assert_same(given, ARGS)
        except Exception as error:
            error.add_note(f"seed {seed}\n{text}")
            raise


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_random_programs(first: int) -> None:
    for seed in range(first, first + 50):
        check(seed, python_backend)


@pytest.mark.jit
@pytest.mark.parametrize("seed", range(3))
def test_random_programs_under_numba(seed: int) -> None:
    check(seed, numba_backend)
