"""Each optimisation that `--without` leaves out does something for a program here, whose gradient stays without it.

The passes that loops go through in rounds are left out in `test_improving.py`, of many programs.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from gradgen import pipeline
from gradgen.infer.select import arguments, select
from gradgen.infer.signature import types_of
from gradgen.lower import improving
from gradgen.run import python_backend
from tests.benchmarks.problem import named
from tests.programs import linalg_products, windows
from tests.stages import test_improving as loops
from tests.stages.test_tabled import of_columns
from tests.support.without import OPTIMISATIONS, changes

RNG = np.random.default_rng(11)
X, W = RNG.standard_normal((18, 17)), RNG.standard_normal((17, 20))
REGRESSION = W[:, 0], X[0], X, X[:, 1]


def each_element(x):
    s = 0.0
    for i in range(len(x)):
        s += np.sin(x[i]) * x[i]
    return s


def attracted(x, v, steps):
    for _ in range(steps):
        a = np.zeros(len(x))
        for i in range(len(x)):
            for j in range(len(x)):
                d = x[j] - x[i]
                a[i] += d / (d * d + 0.1) ** 1.5
        v = v + 0.01 * a
        x = x + 0.01 * v
    return np.sum(x * x)


def every_row(x):
    s = 0.0
    for i in range(len(x)):
        s += np.max(x @ x[i])
    return s


def sum_of_a_product(a, b):
    return np.sum(np.tanh(a) @ b)


def product_written_twice(a, b):
    return np.sum(np.tanh(a @ b) * (a @ b))


def turned_product(w, x, c):
    return np.sum(np.tanh(x) @ w * c)


def gram(x):
    return np.sum(np.sin(x.T @ x))


def some_elements(x):
    y = x * 2.0
    m = x > 0.1
    y[m] = np.sqrt(y[m])
    return np.sum(y)


def small_inverse(a, x):
    return np.sum(np.linalg.inv(a) @ x)


def powers(x, p):
    return np.sum(np.abs(x) ** p)


def swept_beside_a_number(a, c):
    """What the adjoint adds two places away is a number that the loop carries."""
    a, t = a.copy(), 1.0
    for i in range(1, len(a) - 1):
        t = t * c + a[i + 1]
        a[i] = 0.5 * a[i - 1] + a[i + 1]
    return t + np.sum(a**2)


def rated(r, winners, losers):
    return np.sum(np.log1p(np.exp(r[losers] - r[winners])))


def by_triangles(x, log_diagonal, low):
    """A matrix of which more than a strip is zero, of whose adjoint a triangle is read; then one without zeros."""
    d = len(log_diagonal)
    q = np.diag(np.exp(log_diagonal))
    q[np.tril_indices(d, -1)] = low
    total = np.sum(np.sin(x @ q.T))
    q[np.triu_indices(d, 1)] = low
    return total + np.sum(np.sin(x @ q))


def read_in_two_lines(steps):
    x, total = np.array([1.0, 2.0]), 0.0
    for step in steps:
        x = x + step
        total += np.sin(x[0]) * x[1]
        total += np.arctan2(x[0], x[1])
    return total


def problem(name):
    found = named(name)
    return found.function, found.arguments(next(iter(found.sizes))), found.argnums


def case(function):
    return next(row for row in loops.CASES if row[0] is function)


convolution = loops.convolved, (RNG.normal(size=(3, 4, 11, 2)), RNG.normal(size=(3, 3, 2, 16))), (0, 1)
ROWS = {
    "independent": (each_element, (X[0],), (0,)),
    "rerun": (attracted, (X[0], X[1], 3), (0, 1)),
    "most_again": case(loops.runge_kutta),
    "standing": case(loops.stored_twice_and_read_between),
    "at_once": (each_element, (X[0],), (0,)),
    "cancelling": case(loops.mixture),
    "exact": (small_inverse, (X[:2, :2], X[:2]), (0,)),
    "repeated_values": (product_written_twice, (X, W), (0,)),
    "share_slots": (read_in_two_lines, (X[:, :2],), (0,)),
    "shapes": case(loops.makes_what_cannot_be_made),
    "branches": case(loops.added_to_in_part),
    "repeated": (sum_of_a_product, (X, W), (0, 1)),
    "sums": case(loops.turned_mixture),
    "transposes": (turned_product, (W, X, X @ W), (0,)),
    "few_sums": case(loops.triangular_root),
    "choose_masked": (some_elements, (X,), (0,)),
    "batch_products": (every_row, (X,), (0,)),
    "tabulate_exponentials": (of_columns, (X[:, 0], X[:, 1:] @ W[1:, :18], X.T), (0, 1, 2)),
    "let_overflow": (linalg_products.regressions, REGRESSION, (0, 1)),
    "all_with_vectors": (linalg_products.regressions, REGRESSION, (0, 1)),
    "stay_apart": (rated, (X[0], np.argsort(X[1]), np.argsort(X[2])), (0,)),
    "rowwise": (of_columns, (X[:, 0], X[:, 1:] @ W[1:, :18], X.T), (0, 1, 2)),
    "symmetric": (gram, (X,), (0,)),
    "small_matrices": (small_inverse, (X[:2, :2], X[:2]), (0, 1)),
    "triangles": (by_triangles, (X.T, X[:, 0] / 9, RNG.standard_normal(153) / 9), (0, 1, 2)),
    "picks": case(loops.nearest),
    "add_directly": convolution,
    "multiply_windows": convolution,
    "split_recurrences": (swept_beside_a_number, (X[:, 0], 0.9), (0, 1)),
    "unroll_loops": case(loops.logistic),
    "visit_bits": problem("determinant"),
    "run_powers": problem("least_squares"),
    "block_rows": case(loops.two_layers),
    "lay_columns": case(loops.two_layers),
    "interchange_loops": case(loops.nearest),
    "strip_rows": (loops.blended, (X[0, :9], X[:, :9], X[:, 9:12]), (0, 1, 2)),
    "turn_matrices": (loops.blended, (X[0, :9], X[:9, :9], X[:9, 9:12]), (0, 1, 2)),
    "ask_exponents": (powers, (X[0], 2.0), (0,)),
    "add_last": case(loops.swept),
    "reuse_arrays": (linalg_products.regressions, REGRESSION, (0, 1)),
    "replace_arrays": case(loops.two_layers),
    "split_rings": (windows.rings, (X[0], X[1]), (0, 1)),
    "remove_dead": case(loops.two_layers),
    "ask_rows": (small_inverse, (X[:2, :2], X[:2]), (0,)),
}


def built(function, args, argnums):
    """The text for these sizes, and what it gives."""
    signature = inspect.signature(function)
    values = signature.bind(*args).arguments
    found = arguments(values, select(argnums, signature, function.__name__), signature).exact(values)
    trees = {name: types_of(tree) for name, tree in found.trees.items()}
    compiled = pipeline.build(function, trees, found.wrt, "grad", "jit")
    (run,) = python_backend.load(compiled.source, "<without>", compiled.entries)
    made = run(*(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args))
    return compiled.source, made if len(argnums) > 1 else (made,)


@pytest.mark.parametrize("name", [*OPTIMISATIONS, *(each.__name__ for each in (*improving.BETWEEN, *improving.LAST))])
def test_the_gradient_stays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, gradients = built(*ROWS[name])
    for change in changes(name):
        monkeypatch.setattr(*change)
    other, others = built(*ROWS[name])
    assert other != source
    for one, two in zip(gradients, others, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-12)
