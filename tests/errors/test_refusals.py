"""Each refusal: its class, file, line, column, words, way out, and the printed caret; in both backends alike."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradgen
from gradgen.errors import UnsupportedSyntax
from tests.errors.rows import MISTAKES, ROWS, Refusal
from tests.support.modules import loaded


def marked(source: str) -> tuple[str, tuple[int, int] | None]:
    """The text without its mark, and where the mark was: (line, column).

    >>> marked("a\\nb = «c\\n")
    ('a\\nb = c\\n', (2, 4))
    """
    before, mark, after = source.partition("«")
    if not mark:
        return source, None
    return before + after, (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1))


def refused(row: Refusal, folder: Path, *, jit: bool) -> tuple[gradgen.GradgenError, str]:
    text, _ = marked(row.source)
    module = loaded(text, folder, row.name)
    with pytest.raises(row.kind) as caught:
        gradgen.grad(module.f, jit=jit, **row.options)(*row.args)
    return caught.value, text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("jit", [False, True], ids=["python", "jit"])
def test_refusal(row: Refusal, jit: bool, tmp_path: Path) -> None:
    error, text = refused(row, tmp_path, jit=jit)
    printed = str(error)
    assert not isinstance(error, gradgen.InternalError), printed
    for fragment in row.says:
        assert fragment in printed, printed
    _, place = marked(row.source)
    if place is not None:
        line, column = place
        assert (error.filename, error.lineno, error.col_offset) == (str(tmp_path / f"{row.name}.py"), line, column), (
            printed
        )
        at_fault = text.splitlines()[line - 1]
        shown = printed.splitlines()
        assert shown[1] == "    " + at_fault.rstrip()
        assert shown[2].rstrip().endswith("^") and len(shown[2]) == 4 + column + 1


@pytest.mark.parametrize("row", [row for row in ROWS if row not in MISTAKES], ids=lambda row: row.name)
def test_says_what_to_write_instead(row: Refusal, tmp_path: Path) -> None:
    error, _ = refused(row, tmp_path, jit=False)
    assert error.way_out, str(error)


def test_the_second_call_is_refused_alike(tmp_path: Path) -> None:
    module = loaded("def f(x):\n    yield x\n", tmp_path, "again")
    gradient = gradgen.grad(module.f)
    messages = []
    for _ in range(2):
        with pytest.raises(gradgen.UnsupportedSyntax) as caught:
            gradient(1.0)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


UNBOUND = "def f(x):\n    if x > 5:\n        y = x\n    return y\n"


def test_a_name_without_a_value_at_run_time(tmp_path: Path) -> None:
    """Which path is taken only the run knows: it says there what Python would say. Numba does not notice."""
    gradient = gradgen.value_and_grad(loaded(UNBOUND, tmp_path, "unbound").f)
    assert gradient(6.0) == (6.0, 1.0)
    with pytest.raises(NameError, match="y"):
        gradient(1.0)


def repeated_square(x: float, n: int) -> float:
    return x if n <= 0 else repeated_square(x * x, n - 1)


def test_second_derivative_of_a_function_that_calls_itself() -> None:
    with pytest.raises(UnsupportedSyntax, match=r"test_refusals.py:\d+:\d+: `repeated_square`.*derivative of a deriv"):
        gradgen.grad(gradgen.grad(repeated_square))(1.3, 2)
