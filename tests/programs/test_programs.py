"""Every program of this folder, in both backends. A module's `PROGRAMS` are its rows."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import gradgen
from tests.support.check import check
from tests.support.table import Program


def _rows() -> list[object]:
    rows = []
    for found in sorted(pkgutil.iter_modules([str(Path(__file__).parent)]), key=lambda module: module.name):
        if not found.name.startswith("test_"):
            module = importlib.import_module(f"tests.programs.{found.name}")
            rows += [pytest.param(row, id=f"{found.name}-{row.name}") for row in module.PROGRAMS]
    return rows


ROWS = _rows()


@pytest.mark.parametrize("row", ROWS)
def test_python(row: Program) -> None:
    for case in row.cases:
        check(
            row.function,
            *case.args,
            kwargs=case.kwargs,
            value=case.value,
            gradient=case.gradient,
            jit=False,
            **row.options,
        )


@pytest.mark.jit
@pytest.mark.parametrize("row", ROWS)
def test_jit(row: Program) -> None:
    if row.python_only:
        case = row.cases[0]
        argnums = row.options.get("argnums", 0)
        with pytest.raises(gradgen.GradgenError, match=row.python_only):
            gradgen.grad(row.function, argnums=argnums, jit=True)(*case.args, **case.kwargs)
        return
    # The pair is compiled apart from the joint function, at twice the time: one program a module shows it.
    options = {"pair": False, **row.options, "exact": False}
    for case in row.cases:
        check(
            row.function, *case.args, kwargs=case.kwargs, value=case.value, gradient=case.gradient, jit=True, **options
        )
