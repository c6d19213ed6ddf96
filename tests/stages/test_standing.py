"""What a loop reads and does not overwrite is read again after it: gradients are the same with and without that."""

from __future__ import annotations

import random

import numpy as np
import pytest

import gradgen
from gradgen.differentiate import loops
from tests.support.modules import loaded

SIZE = 9


def place(generator: random.Random, indices: tuple[str, ...]) -> str:
    """A place, or a range of places, in a matrix. All are inside it, counted from either end."""
    entries = []
    for _ in range(2):
        i = generator.choice(indices)
        single = [i, f"{i} - 1", f"{i} + 1", f"{i} - n", "2", "-3", f"n - 1 - {i}"]
        entries.append(generator.choice([*single, f":{i}", f"{i}:", f"{i} - 2:{i}", "1:-1"]))
    return f"a[{', '.join(entries)}]"


def source(seed: int) -> str:
    """Loops that store into a matrix what they read of it elsewhere."""
    generator = random.Random(seed)
    head = ["for i in range(2, n - 2):", "for i in range(n - 3, 1, -1):", "for i in range(2, n - 2, 2):"]
    inner = ["for j in range(2, n - 2):", "for j in range(2, i):", "for j in range(i, n - 2):"]
    inner += ["for j in range(i - 1, 1, -1):"]
    lines = [f"    {generator.choice(head)}"]
    for _ in range(generator.randint(1, 2)):
        indent, indices = " " * 8, ("i",)
        if generator.random() < 0.6:
            lines.append(indent + generator.choice(inner))
            indent, indices = indent + "    ", ("i", "j")
        elif generator.random() < 0.3:
            lines.append(f"{indent}if a[i, i] > 0.5:")
            indent += "    "
        for _ in range(generator.randint(1, 2)):
            read = [f"np.sum({place(generator, indices)})" for _ in range(2)]
            mode = generator.choice(["=", "=", "+=", "*="])
            values = [f"np.sin({read[0]}) * np.cos({read[1]})", f"np.exp(-{read[0]})", f"{read[0]} / (5 + {read[1]})"]
            lines.append(f"{indent}{place(generator, indices)} {mode} {generator.choice(values)}")
    return "\n".join(["import numpy as np", "", "def f(a, n):", *lines, "    return np.sum(a * a)"])


@pytest.mark.parametrize("seed", range(80))
def test_the_gradient_is_the_same_without(seed, monkeypatch, tmp_path):
    matrix = np.random.default_rng(seed).uniform(0.2, 0.9, (SIZE, SIZE))
    found = gradgen.grad(loaded(source(seed), tmp_path, "on").f)(matrix, SIZE)
    monkeypatch.setattr(loops, "standing", lambda loop, made: {})
    assert np.array_equal(found, gradgen.grad(loaded(source(seed), tmp_path, "off").f)(matrix, SIZE)), source(seed)


def recurrence(x, n):
    for i in range(1, n):
        x[i] = x[i - 1] ** 2
    return np.sum(x)


def downwards(x, n):
    for i in range(n - 1, 0, -1):
        x[i - 1] = x[i] ** 2
    return np.sum(x)


def against_the_order(x, n):
    for i in range(n - 1, 0, -1):
        x[i] = x[i - 1] ** 2
    return np.sum(x)


def in_time(x, n):
    for _ in range(2):
        for i in range(1, n):
            x[i] = x[i - 1] ** 2
    return np.sum(x)


def linear_in_time(x, n):
    """The bounds of the inner loop are sizes of what the outer one changes, and the argument's."""
    for _ in range(n):
        for i in range(1, len(x) - 1):
            x[i] = x[i - 1] + 2.0 * x[i + 1]
    return np.sum(x)


def over_sets(x, n):
    """A set without one of its members has been filled; a mask tells members as a shift does."""
    total = np.ones(8)
    for c in range(1, 8):
        s = 0.0
        for j in range(3):
            if (c >> j) & 1:
                s += x[j] * total[c - (1 << j)]
            if c & (1 << j):
                s *= total[c ^ (1 << j)]
        total[c] = s
    return total[-1]


def over_other_sets(x, n):
    """A place that is 0 or more for some bits only, and one that is filled later."""
    total = np.ones(8)
    for c in range(1, 8):
        s = 0.0
        for j in range(3):
            if (c >> j) & 1:
                s += x[j] * total[c - (2 << j)]
            else:
                s += x[j] * total[c ^ (1 << j)]
        total[c] = s
    return total[-1]


def under_a_test(x, n):
    for i in range(n):
        for j in range(n):
            if j < i:
                x[i] *= x[j]
    return np.sum(x)


def not_yet_stored(x, n):
    """What is read is as it was before the loop."""
    for i in range(n):
        for _ in range(2):
            x[i] += np.sum(x[i + 1 :] ** 2)
    return np.sum(x)


def just_stored(x, n):
    """One element of what is read has been stored in this iteration, and is stored to again."""
    for i in range(1, n):
        x[i] = np.sin(x[i]) * x[0]
        x[0] += 0.1 * np.sum(x[i : i + 2] ** 2)
    for i in range(n - 2):
        x[i] = 2 * x[i]
        x[i + 1] = 0.1 * np.sum(x[i : i + 3] ** 2)
    return np.sum(x)


KEPT = [(recurrence, 0), (downwards, 0), (against_the_order, 1), (in_time, 1), (linear_in_time, 0)]
KEPT += [(over_sets, 1), (over_other_sets, 2), (under_a_test, 1)]
KEPT += [(not_yet_stored, 0), (just_stored, 5)]


@pytest.mark.parametrize(("function", "saves"), KEPT)
def test_only_what_is_overwritten_is_saved(function, saves):
    text = gradgen.grad(function).source(np.ones(SIZE), SIZE)
    assert text.count("append") == saves


@pytest.mark.parametrize("function", [function for function, _ in KEPT])
def test_what_is_read_again_is_what_was_read(function, monkeypatch):
    x = np.random.default_rng(0).uniform(0.2, 0.9, SIZE)
    found = gradgen.grad(function)(x, SIZE)
    monkeypatch.setattr(loops, "standing", lambda loop, made: {})
    assert np.array_equal(found, gradgen.grad(lambda x, n: function(x, n))(x, SIZE))
