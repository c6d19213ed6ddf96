"""Values that cancel: which are found, and that gradients are the same where none is looked for."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import gradgen
from gradgen.analyse import activity
from gradgen.analyse.activity import between
from gradgen.analyse.cancelling import cancelling
from gradgen.infer.signature import describe
from gradgen.pipeline import staged_program
from gradgen.simplify import simplify
from tests.programs.cancelling import PROGRAMS
from tests.support.table import Program

STAY = {
    "a_stage_escapes", "the_largest_escapes", "the_largest_twice_too_often", "logsumexp_along_the_wrong_axis",
    "a_product_sums_over_what_is_shifted", "crossed", "crossed_sum", "summed_in_a_loop", "in_one_branch", "direction",
}  # fmt: skip


def found(row: Program) -> bool:
    names = inspect.signature(row.function).parameters
    arguments = {name: describe(value, name) for name, value in zip(names, row.cases[0].args, strict=True)}
    entry = simplify(staged_program(row.function, arguments).program).entry
    chosen = np.atleast_1d(row.options.get("argnums", 0))
    wrt = tuple(entry.params[k] for k in chosen)
    marks = between(entry, wrt, entry.body.yields)
    return bool(cancelling(entry, marks, entry.body.yields))


@pytest.mark.parametrize("row", PROGRAMS, ids=lambda row: row.name)
def test_what_cancels_is_found_and_nothing_else(row: Program) -> None:
    assert found(row) == (row.name not in STAY)


@pytest.mark.parametrize("row", PROGRAMS, ids=lambda row: row.name)
def test_gradients_are_the_same_without_it(row: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    argnums = row.options.get("argnums", 0)
    for case in row.cases:
        made = gradgen.grad(row.function, argnums=argnums)(*case.args)
        with monkeypatch.context() as patched:
            patched.setattr(activity, "cancelling", lambda *_: frozenset())
            plain = gradgen.grad(row.function, argnums=argnums)(*case.args)
        for one, other in zip(*((x if isinstance(x, tuple) else (x,)) for x in (made, plain)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_infinities_and_nan_stay() -> None:
    from tests.programs.cancelling import logsumexp

    derivative = gradgen.grad(logsumexp)
    np.testing.assert_array_equal(derivative(np.array([0.0, -np.inf, 0.0])), [0.5, 0.0, 0.5])
    with np.errstate(invalid="ignore"):
        assert np.all(np.isnan(derivative(np.array([np.inf, 1.0]))))
        assert np.all(np.isnan(derivative(np.array([-np.inf, -np.inf]))))
        assert np.all(np.isnan(derivative(np.array([np.nan, 1.0]))))
