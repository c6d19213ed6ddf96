"""Inverses and determinants that are written out agree with LAPACK's, and raise where these do."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.texts import as_python, compiled

RNG = np.random.default_rng(11)


def inverse(a):
    b = np.linalg.inv(a)
    return np.sum(b * b)


def determinant(a):
    return np.linalg.det(a)


def written_out(function, a):
    made = compiled(function, [a], form="value_and_grad", sizes=True)
    code = [line for line in made.source.splitlines() if not line.lstrip().startswith("#")]
    assert not any("linalg.inv" in line or "linalg.det" in line for line in code)
    return as_python(made)


def matrices(n):
    """Of each order of rows, large and small ones, with zeros where a pivot might be, and all but singular ones."""
    for scale in (1.0, 1e-60, 1e60):
        yield from scale * RNG.normal(size=(20, n, n))
    yield from np.eye(n)[[list(RNG.permutation(n)) for _ in range(6)]]
    yield from 1.0 + 1e-9 * RNG.normal(size=(5, n, n))
    yield from np.exp(20 * RNG.normal(size=(20, n, 1))) * RNG.normal(size=(20, n, n))


@pytest.mark.parametrize("n", [2, 3])
def test_written_out_agrees_with_lapack(n) -> None:
    run_inverse, run_determinant = (written_out(one, np.ones((n, n))) for one in (inverse, determinant))
    for a in matrices(n):
        b, condition = np.linalg.inv(a), np.linalg.cond(a / np.max(np.abs(a), axis=1, keepdims=True))
        near = {"rtol": 1e-14 * max(condition, 10.0)}
        value, gradient = run_inverse(a)
        np.testing.assert_allclose(value, np.sum(b * b), **near)
        size = np.max(np.abs(b)) ** 3
        np.testing.assert_allclose(gradient / size, -2 * b.T @ (b / size) @ b.T, atol=near["rtol"], rtol=1e-9)
        value, gradient = run_determinant(a)
        np.testing.assert_allclose(value, np.linalg.det(a), **near)
        np.testing.assert_allclose(gradient, np.linalg.det(a) * b.T, rtol=1e-6, atol=1e-6 * np.max(np.abs(gradient)))


@pytest.mark.parametrize(
    "a", [np.zeros((2, 2)), np.ones((2, 2)), np.ones((3, 3)), np.eye(3)[[0, 1, 1]], np.eye(3) - np.eye(3)[2]]
)
def test_what_is_singular_for_lapack_raises(a) -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        np.linalg.inv(a)
    for function in (inverse, determinant):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            written_out(function, a)(a)


def test_a_determinant_without_a_gradient_may_be_zero() -> None:
    def scaled(x, a):
        return x * np.linalg.det(a)

    args = 2.0, np.array([[0.0, 1.0], [0.0, 3.0]])
    assert as_python(compiled(scaled, args, form="value_and_grad", sizes=True))(*args) == (0.0, 0.0)


def test_not_a_number_stays() -> None:
    a = np.array([[np.nan, 1.0], [2.0, 3.0]])
    for function in (inverse, determinant):
        value, gradient = written_out(function, a)(a)
        assert np.isnan(value)
        assert np.isnan(gradient).all()
