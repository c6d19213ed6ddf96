"""Which neighbouring loops become one, and that the results stay what they were."""

from __future__ import annotations

import linecache

import numpy as np
import pytest

from gradgen.infer.signature import describe
from gradgen.ir import For
from gradgen.lower import accesses, forward_stores, lower, merge_loops
from gradgen.run import python_backend
from gradgen.simplify import simplify
from gradgen.stage import stage
from gradgen.write import write

VECTOR = np.random.default_rng(0).standard_normal(20)
MATRIX = np.random.default_rng(1).standard_normal((20, 18))


def later_reads_what_earlier_made(x):
    y = np.exp(x)
    return np.sum(y) + np.sum(y * y)


def reads_before_the_later_overwrites(x):
    a, b = x.copy(), np.zeros(len(x))
    for i in range(len(x)):
        b[i] = a[i] * 2.0
    for i in range(len(x)):
        a[i] = 1.0
    return np.sum(a * b)


def reads_what_the_later_replaces(x):
    """By a new array each time: what the first loop reads is the one of before all."""
    y, c = x[0].copy(), np.zeros(len(x))
    for i in range(len(x)):
        c[i] = np.sum(x[i] * y)
    for i in range(len(x)):
        y = y + c[i] * x[i]
    return y


def reads_the_next_before_it_is_overwritten(x):
    a, b = x.copy(), np.zeros(len(x))
    for i in range(1, len(x)):
        b[i] = a[i - 1]
    for i in range(1, len(x)):
        a[i] = 1.0
    return a[3] * b[4] + b[5]


def needs_all_of_the_earlier(x):
    y = np.exp(x)
    return y / np.sum(y)


def reads_another_place(x):
    y, z = np.zeros(len(x)), np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = x[i] * 2.0
    for i in range(1, len(x)):
        z[i] = y[i - 1] + y[i]
    return z


def reads_a_view(x):
    a, b = x.copy(), np.zeros(len(x))
    v = a[1:]
    n = len(x) - 1
    for i in range(n):
        b[i] = v[i]
    for i in range(n):
        a[i] = 1.0
    return a + b


def swapped(x):
    a, b = x.copy(), np.zeros(len(x))
    for _ in range(3):
        for i in range(len(x)):
            b[i] = a[i] * 2.0
        for i in range(len(x)):
            a[i] = b[i] + 1.0
        a, b = b, a
    return a - b


def changed_at_other_places(x):
    a = np.zeros((20, 18))
    a[1:, 1:] += x[1:, 1:]
    a[:-1, 1:] += x[1:, 1:]
    a[1:, :-1] += x[1:, 1:]
    return a


def a_row_of_its_own(x):
    y = np.zeros((20, 18))
    for i in range(20):
        for j in range(1, 18):
            y[i, j] = y[i, j - 1] + x[i, j]
    for i in range(20):
        for j in range(17):
            y[i, j] = y[i, j + 1] * x[i, j]
    return y


def kept_as_it_was(x):
    a = x.copy()
    for i in range(len(x)):
        a[i] = a[i] * 2.0
    b = a.copy()
    for i in range(len(x)):
        a[i] = a[i] + b[0]
    return a + b


def other_bounds(x):
    y, z = np.zeros(len(x)), np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = x[i]
    for i in range(len(x)):
        z[i] = x[i]
    return y + z


def backwards(x):
    y, z = np.zeros(20), np.zeros(20)
    for i in range(20):
        y[i] = x[i] * 2.0
    for i in reversed(range(20)):
        z[i] = y[i] + 1.0
    return z


def past_others(x):
    a = np.exp(x)
    s = 0.0
    for i in range(3):
        s += x[i]
    b = a * s
    return np.sum(b) + s


def past_one_that_changes_what_it_reads(x):
    a, b, c = np.zeros(20), x.copy(), np.zeros(20)
    for i in range(20):
        a[i] = b[i] * 2.0
    for i in range(3):
        b[i] = a[i + 1]
    for i in range(20):
        c[i] = a[i] + b[i]
    return c + b


def past_one_that_reads_what_it_changes(x):
    a, b = np.zeros(20), x.copy()
    s = 0.0
    for i in range(20):
        a[i] = x[i] * 2.0
    for i in range(3):
        s += b[i] * a[i + 1]
    for i in range(20):
        b[i] = a[i] * x[i]
    return b * s


def past_a_check(x):
    a = np.zeros(20)
    for i in range(20):
        a[i] = x[i] * 2.0
    if a[0] > 100.0:
        raise ValueError("too large")
    b = np.zeros(20)
    for i in range(20):
        b[i] = a[i] * x[i]
    return b


def beside_a_recurrence(x):
    a, b = np.zeros(20), np.zeros(20)
    for i in range(1, 20):
        a[i] = a[i - 1] * 0.5 + x[i]
    for i in range(1, 20):
        b[i] = np.exp(x[i])
    return a * b


def indices_of_both_signs(x):
    a, b = np.zeros(3), np.zeros(6)
    for i in range(-3, 3):
        a[i] = x[i + 3] * (i + 4)
    for i in range(-3, 3):
        b[i + 3] = a[i] * x[i]
    return b


# A function, and the loops of its text.
CASES = [
    (later_reads_what_earlier_made, VECTOR, 1),
    (reads_before_the_later_overwrites, VECTOR, 1),
    (reads_what_the_later_replaces, MATRIX, 5),
    (reads_the_next_before_it_is_overwritten, VECTOR, 3),
    (needs_all_of_the_earlier, VECTOR, 2),
    (reads_another_place, VECTOR, 2),
    (reads_a_view, VECTOR, 4),
    (swapped, VECTOR, 4),
    (changed_at_other_places, MATRIX, 3),
    (a_row_of_its_own, MATRIX, 3),
    (kept_as_it_was, VECTOR, 2),
    (other_bounds, VECTOR, 2),
    (backwards, VECTOR, 2),
    (past_others, VECTOR, 2),
    (past_one_that_changes_what_it_reads, VECTOR, 4),
    (past_one_that_reads_what_it_changes, VECTOR, 5),
    (past_a_check, VECTOR, 2),
    (beside_a_recurrence, VECTOR, 3),
    (indices_of_both_signs, VECTOR, 2),
]


def lowered(function, x) -> str:
    program = simplify(lower(stage(function, {"x": describe(x, "x")}).program))
    return write(simplify(forward_stores(merge_loops(program)))).source


@pytest.mark.parametrize(("function", "x", "loops"), CASES, ids=lambda one: getattr(one, "__name__", ""))
def test_loops_are_merged_where_results_stay(function, x, loops) -> None:
    text = lowered(function, x)
    (compiled,) = python_backend.load(text, "<merged>", [function.__name__])
    np.testing.assert_allclose(compiled(x), function(x), rtol=1e-13)
    assert text.count("for ") == loops, text


def test_what_was_stored_is_not_read_back() -> None:
    text = lowered(later_reads_what_earlier_made, VECTOR)
    assert "empty" not in text, text


def test_work_is_in_proportion_to_length(monkeypatch):
    """Each loop is looked at once, however many become one."""
    looked = []
    note = accesses._note
    monkeypatch.setattr(accesses, "_note", lambda *args: looked.append(note(*args)))
    found = []
    for lines in (20, 40):
        loop = "    y{0} = np.zeros(n)\n    for i in range(n):\n        y{0}[i] = np.sin(y{1}[i])\n"
        text = "".join(loop.format(k + 1, k) for k in range(lines))
        source = f"def f(x):\n    n, y0 = len(x), x\n{text}    return np.sum(y{lines})\n"
        linecache.cache["<long>"] = (len(source), None, source.splitlines(keepends=True), "<long>")
        scope = {"np": np}
        exec(compile(source, "<long>", "exec"), scope)
        lowered = simplify(lower(stage(scope["f"], {"x": describe(VECTOR, "x")}).program))
        loops = sum(isinstance(s, For) for s in lowered.entry.body.statements)
        looked.clear()
        merged = merge_loops(lowered)
        assert loops > lines and sum(isinstance(s, For) for s in merged.entry.body.statements) == 1
        found.append(len(looked))
    assert found[1] < 2.2 * found[0]
