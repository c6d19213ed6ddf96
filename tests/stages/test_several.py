"""Operations with several results: items at every place, in text and gradients; what is refused at run time."""

from __future__ import annotations

import numpy as np
import pytest

import gradgen
from gradgen.differentiate import gradient, jvp, pair
from gradgen.errors import UnsupportedType
from gradgen.ir import FLOAT, Array, Assign, Block, Const, Dim, Function, If, Program, Scalar, Var
from gradgen.ir.verify import verify
from gradgen.rules import RULES
from gradgen.rules.build import Builder
from gradgen.simplify import simplify
from gradgen.write import write
from tests.support.interpret import run

N = Dim("a.0", many=True)
MATRIX, VECTOR = Array("float64", (N, N)), Array("float64", (N,))
A = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 3.0]])


def item(builder: Builder, several: Var, index: int, type: Array) -> tuple[Assign, Var]:
    target = builder.var("", type)
    return Assign(target, "item", (several,), (("index", index),)), target


def scattered() -> Program:
    """The eigenvalues twice, one of them taken inside a branch."""
    builder = Builder()
    a, x = builder.var("a", MATRIX), builder.var("x", FLOAT)
    both = builder.emit("eigh", a)
    first, w = item(builder, both, 0, VECTOR)
    second, v = item(builder, both, 1, MATRIX)
    builder.append(first)
    builder.append(second)
    test = builder.emit("gt", x, 0)
    with builder.collect() as inner:
        again, other = item(builder, both, 0, VECTOR)
        builder.append(again)
        largest = builder.emit("getitem", other, index=(2,))
        product = builder.emit("mul", largest, x)
    result = builder.var("", Scalar("float64"))
    builder.append(If(test, Block(tuple(inner), (product,)), Block((), (Const(0.0, FLOAT),)), (result,)))
    squares = builder.emit("sum", builder.emit("mul", w, w), axis=None, keepdims=False)
    corner = builder.emit("getitem", v, index=(0, 0))
    total = builder.emit("add", builder.emit("add", squares, builder.emit("mul", 0.0, corner)), result)
    return Program((Function("f", (a, x), Block(tuple(builder.statements), (total,))),))


@pytest.mark.parametrize("x", [0.7, -0.7])
def test_items_in_several_places_add_up(x: float) -> None:
    program = scattered()
    made = gradient(program, program.entry.params)
    verify(made, RULES)
    by_a, by_x = run(made, [A, x], strict=False)
    w, v = np.linalg.eigh(A)
    weights = 2 * w
    weights[2] += max(x, 0.0)
    full = (v * weights) @ v.T
    assert np.allclose(by_a, np.tril(full) + np.tril(full, -1))
    assert np.isclose(by_x, w[2] if x > 0 else 0.0)
    pushed = jvp(program, program.entry.params[:1])
    verify(pushed, RULES)
    direction = np.tri(3)
    assert np.isclose(run(pushed, [A, x, direction], strict=False)[-1], np.sum(by_a * direction))


def test_a_tuple_that_is_not_taken_apart_at_once_has_a_name() -> None:
    text = write(simplify(scattered())).source
    assert "eigh_a = np.linalg.eigh(a)" in text
    assert text.count("eigh_a[0]") == 2 and text.count("eigh_a[1]") == 1


def test_a_tuple_is_taken_apart_where_it_is_made() -> None:
    builder = Builder()
    a = builder.var("a", MATRIX)
    both = builder.emit("svd", a)
    u, vt = (builder.emit("item", both, index=k, name=name) for k, name in ((0, "u"), (2, "vt")))
    total = builder.emit("sum", builder.emit("matmul", u, vt), axis=None, keepdims=False)
    program = Program((Function("f", (a,), Block(tuple(builder.statements), (total,))),))
    assert "u, _, vt = np.linalg.svd(a)" in write(program).source
    both_ways = write(simplify(pair(program, program.entry.params))).source
    assert "u, S, vt = np.linalg.svd(a)" in both_ways  # the gradient reads the singular values, too


def left_vectors(a):
    return np.sum(np.linalg.svd(a)[0] ** 3)


def right_vectors(a):
    _, s, Vt = np.linalg.svd(a)
    return np.sum(Vt[0]) * s[0]


def orthogonal(a):
    return np.sum(np.linalg.qr(a)[0])


def in_the_plane(a):
    return np.sum(np.cross(a, 2 * a[::-1]))


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.jit)], ids=["python", "jit"])
@pytest.mark.parametrize(
    ("function", "shape", "says"),
    [
        (left_vectors, (3, 2), "full_matrices=False"),
        (right_vectors, (2, 3), "full_matrices=False"),
        (orthogonal, (2, 3), "more columns than rows"),
        (in_the_plane, (4, 2), "3|three|two elements"),
    ],
)
def test_what_depends_on_the_shape_is_refused_when_it_is_known(function, shape, says: str, jit: bool) -> None:
    x = np.random.default_rng(0).standard_normal(shape)
    with pytest.raises((ValueError, UnsupportedType), match=says):
        gradgen.grad(function, jit=jit)(x)


def test_sizes_of_a_matrix_are_not_doubted() -> None:
    """What has one argument gives it a contribution of its size: no sum decides that at run time."""

    def f(a, n):
        return np.sum(np.linalg.inv(a[:n, :n]))

    text = gradgen.grad(f).source(np.eye(3), 2)
    assert "_sum_to" not in text
