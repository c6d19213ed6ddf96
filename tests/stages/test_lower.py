"""Lowering: each array operation as loops gives what NumPy gives, whatever the shapes, in Python and under Numba."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradgen.errors import UnsupportedSyntax
from gradgen.ir import FLOAT, INT, ONE, Array, Block, Dim, Effect, Function, Program, Scalar, Text, show
from gradgen.ir.verify import verify
from gradgen.lower import lower
from gradgen.rules import RULES
from gradgen.rules.build import Builder
from gradgen.run import numba_backend, python_backend
from gradgen.write import write
from gradgen.write.helpers import HELPERS
from tests.support.operations import OPERATIONS

RNG = np.random.default_rng(0)
MATRIX, VECTOR, COLUMN = RNG.normal(size=(3, 4)), RNG.normal(size=4), RNG.normal(size=(3, 1))
CUBE, EMPTY, FORTRAN = RNG.normal(size=(2, 3, 4)), np.zeros((0, 4)), np.asfortranarray(RNG.normal(size=(3, 4)))
STRIDED, WHOLE, SINGLE = CUBE[:, ::2, 1], RNG.integers(-5, 5, size=(3, 4)), MATRIX.astype(np.float32)
TALL = RNG.normal(size=(4, 5))
MASK = MATRIX > 0
PLACES = np.array([2, 0, -1, 2])


def type_of(value, name: str, unknown: bool):
    if isinstance(value, np.ndarray):
        return Array(
            value.dtype.name,
            tuple(
                ONE if size == 1 and not unknown else Dim(f"{name}.{k}", many=not unknown)
                for k, size in enumerate(value.shape)
            ),
        )
    if isinstance(value, np.generic):
        return Scalar(value.dtype.name)
    return FLOAT if isinstance(value, float) else INT


class Row:
    """An operation, its arguments, and what NumPy makes of them. `unknown`: which sizes are 1 is not known either."""

    def __init__(self, op: str, *args, want, unknown: bool = False, **params):
        self.op, self.args, self.want, self.params = op, args, np.asarray(want), params
        builder = Builder()
        inputs = [builder.var(f"x{k}", type_of(arg, f"x{k}", unknown)) for k, arg in enumerate(args)]
        result = builder.emit(op, *inputs, **params)
        self.function = Function("f", tuple(inputs), Block(tuple(builder.statements), (result,)))

    def __str__(self) -> str:
        shapes = " ".join(f"{np.asarray(a).dtype}{np.shape(a)}" for a in self.args)
        return f"{self.op} {shapes} {' '.join(f'{k}={v}' for k, v in self.params.items())}"

    def text(self) -> str:
        program = lower(Program((self.function,)))
        verify(program, RULES)
        return write(program, style="jit").source

    def check(self, function) -> None:
        got = function(*self.args)
        assert np.shape(got) == self.want.shape
        tolerance = 1e-6 if self.want.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(got, self.want, rtol=tolerance, atol=tolerance)
        if isinstance(got, np.ndarray):
            assert got.dtype == self.want.dtype


def elementwise_rows():
    functions = {
        "add": np.add,
        "maximum": np.maximum,
        "div": np.divide,
        "lt": np.less,
        "logaddexp": np.logaddexp,
        "mod": np.mod,
        "fmod": np.fmod,
    }
    pairs = [
        (MATRIX, VECTOR), (MATRIX, COLUMN), (VECTOR, COLUMN), (MATRIX, 2.0), (CUBE, MATRIX), (EMPTY, VECTOR),
        (FORTRAN, MATRIX), (STRIDED, STRIDED), (SINGLE, 2.5), (SINGLE, SINGLE), (WHOLE, MATRIX), (WHOLE, 3),
    ]  # fmt: skip
    with np.errstate(all="ignore"):
        for op, function in functions.items():
            yield from (Row(op, a, b, want=function(a, b)) for a, b in (pairs[:10] if op == "fmod" else pairs))
        for a, b in pairs[:6]:
            yield Row("mul", a, b, want=a * b, unknown=True)
    for op, function in {
        "exp": np.exp, "sign": np.sign, "floor": np.floor, "square": np.square, "neg": np.negative, "abs": np.abs,
        "cbrt": np.cbrt, "deg2rad": np.deg2rad, "sinc": np.sinc, "isfinite": np.isfinite,
    }.items():  # fmt: skip
        if op in RULES:
            yield from (Row(op, x, want=function(x)) for x in (MATRIX, SINGLE, STRIDED))
    yield Row("where", MASK, MATRIX, 0.0, want=np.where(MASK, MATRIX, 0.0))
    yield Row("cast", MATRIX, want=SINGLE, dtype="float32")
    yield Row("pow", SINGLE, 2, want=SINGLE**2)
    yield Row("pow", WHOLE, 2, want=WHOLE**2)
    yield Row("sigmoid", MATRIX, want=1 / (1 + np.exp(-MATRIX)))


REDUCTIONS = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod, "var": np.var,
    "std": np.std, "any": np.any, "all": np.all, "argmax": np.argmax, "argmin": np.argmin,
    "count_nonzero": np.count_nonzero, "norm": np.linalg.norm,
}  # fmt: skip
NO_EMPTY = ("max", "min", "argmax", "argmin", "mean", "var", "std", "norm")


def reduction_rows():
    for x in (MATRIX, CUBE, FORTRAN, SINGLE, WHOLE, VECTOR, EMPTY):
        for op, function in REDUCTIONS.items():
            for axis in (None, 0, -1, (0, 1)):
                several = isinstance(axis, tuple)
                if several and (x.ndim < 2 or op.startswith("arg")):
                    continue
                if op == "norm" and x.ndim > 2 and axis in (None, (0, 1)):
                    continue
                if x.size == 0 and op in NO_EMPTY and axis != -1:
                    continue
                for keepdims in (False, True):
                    yield Row(op, x, want=function(x, axis=axis, keepdims=keepdims), axis=axis, keepdims=keepdims)


def product_rows():
    pairs = [
        (MATRIX, TALL), (MATRIX, VECTOR), (VECTOR, TALL), (VECTOR, VECTOR), (CUBE, TALL),
        (CUBE, RNG.normal(size=(2, 4, 5))),
        (CUBE, VECTOR), (RNG.normal(size=(1, 3, 4)), RNG.normal(size=(6, 4, 2))), (VECTOR, RNG.normal(size=(2, 4, 5))),
        (WHOLE, WHOLE.T.copy()), (FORTRAN, TALL), (SINGLE, TALL.astype(np.float32)),
        (SINGLE, TALL), (CUBE[:, ::2], TALL),
        (np.zeros((2, 0)), np.zeros((0, 3))), (EMPTY, TALL),
    ]  # fmt: skip
    for a, b in pairs:
        yield Row("matmul", a, b, want=a @ b)
    yield Row("outer", MATRIX[0], VECTOR, want=np.outer(MATRIX[0], VECTOR))
    yield Row("trace", MATRIX, want=np.trace(MATRIX))


def shape_rows():
    yield Row("transpose", CUBE, want=CUBE.transpose(1, 2, 0), axes=(1, 2, 0))
    yield Row("transpose", MATRIX, want=MATRIX.T, axes=None)
    yield Row("expand_dims", MATRIX, want=MATRIX[:, None], axis=(1,))
    yield Row("squeeze", COLUMN, want=COLUMN[:, 0], axis=(1,))
    yield Row("flip", MATRIX, want=np.flip(MATRIX, 1), axis=1)
    yield Row("concatenate", MATRIX, FORTRAN, MATRIX, want=np.concatenate([MATRIX, FORTRAN, MATRIX], 1), axis=1)
    yield Row("stack", MATRIX, FORTRAN, want=np.stack([MATRIX, FORTRAN], 1), axis=1)
    yield Row("array", 1.0, 2.0, 3.5, 4.0, want=np.array([[1.0, 2.0], [3.5, 4.0]]), shape=(2, 2))
    yield Row("cumsum", MATRIX, want=np.cumsum(MATRIX, 0), axis=0)
    yield Row("cumsum", VECTOR, want=np.cumsum(VECTOR), axis=None)
    yield Row("reshape", FORTRAN, 2, 6, want=FORTRAN.reshape(2, 6))
    yield Row("ravel", STRIDED, want=STRIDED.ravel())
    yield Row("arange", 0, 7, 2, want=np.arange(0, 7, 2))
    yield Row("arange", 5, 0, -2, want=np.arange(5, 0, -2))
    yield Row("arange", 1.0, 2.0, 0.3, want=np.arange(1.0, 2.0, 0.3))
    yield Row("linspace", 0.0, 1.0, 5, want=np.linspace(0.0, 1.0, 5), endpoint=True)
    yield Row("linspace", 0.0, 1.0, 1, want=np.linspace(0.0, 1.0, 1), endpoint=True)
    yield Row("linspace", 0.0, 1.0, 4, want=np.linspace(0.0, 1.0, 4, endpoint=False), endpoint=False)
    yield Row("eye", 3, 4, want=np.eye(3, 4))
    yield Row("full", 3, 2.5, want=np.full(3, 2.5), dtype="float64")
    yield Row("zeros_like", MATRIX, want=np.zeros_like(MATRIX))
    yield Row("copy", FORTRAN, want=FORTRAN)
    yield Row("spread", VECTOR, MATRIX, want=VECTOR[None], axis=0, keepdims=False)
    yield Row("expand", COLUMN, MATRIX, want=np.broadcast_to(COLUMN, MATRIX.shape))
    yield Row("sum_to", MATRIX, COLUMN, want=MATRIX.sum(1, keepdims=True))
    yield Row("sum_to", MATRIX, COLUMN, want=MATRIX.sum(1, keepdims=True), unknown=True)
    yield Row("sum_to", CUBE, MATRIX, want=CUBE.sum(0), unknown=True)


ROWS = [*elementwise_rows(), *reduction_rows(), *product_rows(), *shape_rows()]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_loops_give_what_numpy_gives(row: Row) -> None:
    with np.errstate(all="ignore"):
        row.check(*python_backend.load(row.text(), "<lowered>", ["f"]))


def chosen() -> list[Row]:
    """One row of each operation, and those with float32 or unknown sizes."""
    first = {row.op: row for row in reversed(ROWS)}
    return list({id(r): r for r in [*first.values(), *product_rows(), *elementwise_rows()][:60]}.values())


@pytest.mark.jit
@pytest.mark.parametrize("row", chosen(), ids=str)
def test_numba_gives_what_numpy_gives(row: Row) -> None:
    row.check(*numba_backend.load(row.text(), "<lowered>", ["f"]))


def test_a_chain_and_its_reduction_are_one_loop() -> None:
    builder = Builder()
    vector = Array("float64", (Dim("x.0", many=True),))
    x, w = builder.var("x", vector), builder.var("w", vector)
    total = builder.emit("sum", builder.emit("exp", builder.emit("mul", x, w)), axis=None, keepdims=False)
    program = Program((Function("f", (x, w), Block(tuple(builder.statements), (total,))),))
    assert (
        show(lower(program).entry)
        == """\
f(x.0, w.1):
  _.5 = size x.0 axis=0
  _.4 = for _.6 in 0:_.5:1 with _.7=0.0:
    _.8 = x.0[_.6]
    _.9 = w.1[_.6]
    _.10 = mul _.8 _.9
    _.11 = exp _.10
    _.12 = add _.7 _.11
    yield _.12
  yield _.4"""
    )


def test_a_value_read_twice_is_an_array() -> None:
    builder = Builder()
    x = builder.var("x", Array("float64", (Dim("x.0", many=True),)))
    y = builder.emit("exp", x)
    total = builder.emit("sum", builder.emit("mul", y, y), axis=None, keepdims=False)
    text = show(lower(Program((Function("f", (x,), Block(tuple(builder.statements), (total,))),))).entry)
    assert text.count("empty") == 1
    assert text.count("exp") == 1


@pytest.mark.parametrize("shapes", [((3,), (4,)), ((3, 4), (3,)), ((2, 3), (3, 3))])
def test_shapes_that_do_not_fit_raise(shapes) -> None:
    a, b = (np.zeros(shape) for shape in shapes)
    for unknown in (False, True):
        builder = Builder()
        x, y = builder.var("x", type_of(a, "x", unknown)), builder.var("y", type_of(b, "y", unknown))
        function = Function("f", (x, y), Block((), (builder.emit("add", x, y),)))
        row = Function("f", function.params, Block(tuple(builder.statements), function.body.yields))
        text = write(lower(Program((row,))), style="jit").source
        (made,) = python_backend.load(text, "<lowered>", ["f"])
        with pytest.raises(ValueError, match="broadcast"):
            made(a, b)


def test_formatted_text_is_refused() -> None:
    x = Builder().var("x", FLOAT)
    effect = Effect("print", (Text(("x is ", (x, "", ".3f"))),))
    with pytest.raises(UnsupportedSyntax, match="f-string"):
        lower(Program((Function("f", (x,), Block((effect,), (x,))),)))


def test_places_among_evenly_spaced_edges():
    made = {"np": np}
    exec(HELPERS["_place"], made)
    for edges in (np.linspace(-1.0, 2.0, 8), np.linspace(1e16, 1e16 + 6, 40), np.linspace(0.0, 1.0, 1), np.empty(0)):
        near = [np.nextafter(one, to) for one in edges for to in (-np.inf, one, np.inf)]
        for x in (*near, *np.random.default_rng(0).uniform(-1.5, 2.5, 50), np.inf, -np.inf, np.nan):
            assert made["_place"](edges, x) == np.searchsorted(edges, x, side="right"), (edges, x)


@pytest.mark.parametrize("name", ["_cholesky_adjoint", "_cholesky_adjoint_by_loops"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_adjoint_of_a_matrix_by_blocks_of_its_factor(name, dtype):
    made = {"np": np}
    exec(HELPERS[name], made)
    for n in (0, 1, 5, 64, 65, 130):  # rows of a block: 64
        a, g = np.random.default_rng(n).normal(size=(2, n, n))
        factor, g = np.linalg.cholesky(a @ a.T + n * np.eye(n)).astype(dtype), np.asfortranarray(g, dtype)
        kept = factor.copy(), g.copy()
        found, expected = made[name](factor, g), OPERATIONS["cholesky_adjoint"](factor, g)
        assert found.dtype == dtype and not np.triu(found, 1).any()
        np.testing.assert_allclose(found, expected, atol=np.finfo(dtype).eps * 50)
        assert np.array_equal(factor, kept[0]) and np.array_equal(g, kept[1])


def test_modulus_of_numbers_that_are_too_large_or_small_to_be_squared():
    made = {"math": math}
    exec(HELPERS["_modulus"], made)
    parts = (0.0, -0.0, 1.0, -3.0, 4.0, 1e-310, 1e-200, 1e-145, -1e145, 1e160, 1e308, np.inf, np.nan)
    for z in (complex(a, b) for a in parts for b in parts):
        np.testing.assert_allclose(made["_modulus"](z), abs(z), rtol=4e-16, atol=0)
