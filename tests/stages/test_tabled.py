"""Exponentials taken once before a loop: what is found, and that the gradient is that of the text as it is written."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

import gradgen
from tests.support.texts import as_python, compiled

RNG = np.random.default_rng(5)
N, M = 18, 18
A, B, C = RNG.normal(size=N), RNG.normal(size=(N, M)), RNG.normal(size=(6, N))


def of_columns(a, b, c):
    for t in range(len(c)):
        x = a[:, None] + b
        m = np.max(x, axis=0)
        a = m + np.log(np.sum(np.exp(x - m), axis=0)) + c[t]
    return np.sum(np.sin(a))


def of_rows(a, b, c):
    """The largest taken out and added again with its axis; a sum of three terms; the first step is another."""
    for t in range(len(c)):
        if t == 0:
            a = a + c[0]
        else:
            x = b + (a + c[t]) - 0.3
            m = x.max(axis=1, keepdims=True)
            a = (np.log(np.exp(x - m).sum(axis=1, keepdims=True)) + m)[:, 0]
    return np.sum(np.sin(a))


def of_scipy(a, b, c):
    for row in c:
        a = logsumexp(a + np.transpose(b) / 2.0, axis=-1) + row
    return logsumexp(a)


def of_numpy(a, b, c):
    for row in c:
        a = np.logaddexp.reduce(a[:, None] - b + row, axis=0)
    return np.sum(a**2)


def without_a_largest(a, b, c):
    k = 0
    while k < len(c):
        a = np.log(np.exp(a[:, np.newaxis] + b).sum(0)) - 2.0
        k += 1
    return np.sum(a * c[0])


def sinkhorn(f, cost, logs):
    eps = 0.5
    g = np.zeros(len(f))
    for row in logs:
        f = eps * (row - logsumexp((g[None, :] - cost) / eps, axis=1))
        g = -eps * logsumexp((f[:, None] - cost) / eps, axis=0)
        if np.max(np.abs(g)) > 1e3:
            break
    return np.sum(f) + np.sum(g * logs[0])


def of_a_batch(a, b, c):
    """Three sequences side by side."""
    a = np.stack([a, 2 * a, a - 1])
    for row in c:
        a = logsumexp(a[:, :, None] + b[None], axis=1) + row
    return np.sum(np.sin(a))


def of_a_batch_by_columns(a, b, c):
    a = np.stack([a, 2 * a, a - 1])
    for row in c:
        x = a[:, None, :] + b + row[:, None]
        m = np.max(x, axis=2)
        a = m + np.log(np.sum(np.exp(x - m[:, :, None]), axis=2))
    return np.sum(np.sin(a))


def taken_from_others(a, b, c):
    """What is taken out is not what is added: the largest of the columns is added to rows."""
    for row in c:
        x = a[:, None] + b
        m = np.max(x, axis=1)
        a = m + np.log(np.sum(np.exp(x - m[:, None] * 0.5 - 1.0), axis=0)) * 0.1 + row
    return np.sum(np.sin(a))


def taken_across(a, b, c):
    """The largest of the rows is taken from columns, as both have as many."""
    for row in c:
        x = a[:, None] + b
        m = np.max(x, axis=1)
        a = m + np.log(np.sum(np.exp(x - m), axis=0)) + row
    return np.sum(np.sin(a))


FOUND = (of_columns, of_rows, of_scipy, of_numpy, without_a_largest, sinkhorn, of_a_batch, of_a_batch_by_columns)


def gradients(function, *args):
    """By the compiled text, run as Python, and by the text in Python style."""
    text = compiled(function, args, (0, 1, 2), sizes=True)
    with np.errstate(all="ignore"):
        return text, as_python(text)(*args), gradgen.grad(function, argnums=(0, 1, 2))(*args)


def close(found, expected, rtol=1e-9):
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, two, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("function", [*FOUND, taken_from_others, taken_across], ids=lambda f: f.__name__)
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_gradient(function, scale) -> None:
    text, found, expected = gradients(function, A * scale, B * scale, C)
    assert "table" in text.source
    close(found, expected)


ODD = {
    "no room for what the largest leaves": (A * 400, B),
    "no room in the matrix": (A, B * 400),
    "begins in one state": (np.where(np.arange(N) == 3, 0.0, -np.inf), B),
    "moves that do not happen": (A, np.where(np.tri(N, M) > 0, B, -np.inf)),
    "from one state to one": (np.where(np.arange(N) == 3, 0.0, -np.inf), np.where(np.eye(N, M, 2) > 0, B, -np.inf)),
    "a way that is hardly taken": (
        np.where(np.eye(1, N, 3)[0] > 0, 0.0, -250.0),
        np.where(np.tri(N, M) > 0, B, -250.0),
    ),
    "beside a large one": (np.where(np.arange(N) == 3, -np.inf, A), B + 290 * np.eye(N, M) - 145),
    "nan": (np.full(N, np.nan), B),
    "one nan": (A, np.where(np.eye(N, M) > 0, np.nan, B)),
    "infinite": (A, np.full((N, M), np.inf)),
    "one infinite": (np.where(np.arange(N) == 3, np.inf, A), B),
}


def test_what_has_no_room_is_done_as_written() -> None:
    fast, plain = (gradgen.grad(of_columns, argnums=(0, 1, 2), jit=jit) for jit in (True, False))
    assert "table" in fast.source(A, B, C)
    for a, b in [(A, B), *ODD.values()]:
        with np.errstate(all="ignore"):
            close(fast(a, b, C), plain(a, b, C))


def test_single_precision_has_less_room() -> None:
    for scale in (1.0, 30.0):
        args = [one.astype(np.float32) for one in (A * scale, B * scale, C)]
        text, found, expected = gradients(of_columns, *args)
        assert "<= np.float32(40.0)" in text.source
        close(found, expected, 1e-3)


def changed(a, b, c):
    for row in c:
        a = logsumexp(a[:, None] + b, axis=0)
        b = b + row
    return np.sum(a)


def not_in_a_loop(a, b, c):
    return np.sum(logsumexp(a[:, None] + b, axis=0)) + np.sum(c)


def exponentials_read(a, b, c):
    total = 0.0
    for row in c:
        e = np.exp(a[:, None] + b)
        a = np.log(np.sum(e, axis=0)) + row
        total += np.max(e) * 1e-6
    return total


def three_times(a, b, c):
    for row in c:
        a = logsumexp(a[:, None] + b, axis=0) + logsumexp(a - b, axis=1) + logsumexp(a + b, axis=1) + row
    return np.sum(a)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (changed, (A, B, C)),
        (not_in_a_loop, (A, B, C)),
        (exponentials_read, (A, B, C)),
        (three_times, (A, B, C)),
        (of_columns, (A[:3], B[:3, :3], C[:, :3])),
        (of_columns, (A, B.astype(np.float32), C)),
    ],
    ids=["changed", "no loop", "read", "three", "short", "mixed"],
)
def test_left_as_written(function, args) -> None:
    text, found, expected = gradients(function, *args)
    assert "table" not in text.source
    close(found, expected)


def test_terms_in_order() -> None:
    assert "table" not in compiled(of_columns, (A, B, C), sizes=True, reassociate=False).source
