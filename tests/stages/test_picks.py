"""Adjoints with one place along an axis: the gradients are the same where they are made as arrays at once."""

from __future__ import annotations

import re

import numpy as np
import pytest

import gradgen
from gradgen.differentiate import reverse
from gradgen.lower import blocks
from tests.programs.picks import PROGRAMS, C, X, nearest_centre, viterbi
from tests.support.table import Program


def gradients(row: Program, **options: object) -> list[np.ndarray]:
    argnums = row.options.get("argnums", 0)
    made = [gradgen.grad(row.function, argnums=argnums, **options)(*case.args) for case in row.cases]
    return [part for one in made for part in (one if isinstance(one, tuple) else (one,))]


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
@pytest.mark.parametrize("row", PROGRAMS, ids=lambda row: row.name)
def test_gradients_are_the_same_without_picks(row: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    made = gradients(row)
    monkeypatch.setattr(reverse, "reverse_pick", lambda *_: False)
    for one, other in zip(made, gradients(row), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.jit
@pytest.mark.parametrize("name", ["nearest_centre", "two_extremes_of_one", "kept_axes", "viterbi"])
def test_gradients_are_the_same_without_pairs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = (one for one in PROGRAMS if one.name == name)
    made = gradients(row, jit=True)
    monkeypatch.setattr(blocks, "paired", lambda block, builder: block)
    for one, other in zip(made, gradients(row, jit=True), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_the_backward_pass_of_nearest_centres_looks_at_one_centre_a_point() -> None:
    text = gradgen.grad(nearest_centre).source(C, X)
    assert "np.add.at(dc, argmin_d, -(2 * (x - c[argmin_d]) * dnearest_centre))" in text, text


def test_the_compiled_one_keeps_a_place_for_each_point() -> None:
    text = gradgen.grad(nearest_centre, jit=True).source(C, X)
    assert re.findall(r"np\.empty\(.*\)", text) == ["np.empty(n_x, dtype=np.int64)"], text


def test_the_places_of_a_recurrence_are_kept_and_its_sums_are_not() -> None:
    text = gradgen.grad(viterbi, argnums=1).source(X[0], np.ones((2, 2)), X)
    assert text.count(".append(") == 2, text
