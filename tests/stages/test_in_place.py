"""What the text copies: an array that a loop changes is copied before the loop, if at all."""

from __future__ import annotations

import re

import pytest

import gradgen
from tests.programs import kernels
from tests.support.table import Program

UPDATED = ["heat", "jacobi", "seidel", "lu", "cholesky", "thomas", "levinson_durbin", "rotations", "three_buffers"]
COPY = re.compile(r"^ {8,}(\w+) = \1\.copy\(\)$", re.MULTILINE)


@pytest.mark.parametrize("row", [row for row in kernels.PROGRAMS if row.name in UPDATED], ids=lambda row: row.name)
def test_no_array_is_copied_in_each_iteration(row: Program) -> None:
    text = gradgen.grad(row.function, argnums=row.options.get("argnums", 0)).source(*row.cases[0].args)
    assert not COPY.findall(text), text
