"""Lowering of reads, stores and additions through every kind of index, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from gradgen.ir import INT, Array, At, Block, Dim, Function, Program, Slice, Var
from gradgen.ir.verify import verify
from gradgen.lower import lower
from gradgen.rules import RULES
from gradgen.rules.build import Builder
from gradgen.run import numba_backend, python_backend
from gradgen.write import write

RNG = np.random.default_rng(1)
X = RNG.normal(size=(5, 6, 4))
MASK, PLACES, OTHERS = X[:, :, 0] > 0, np.array([2, 0, -1, 2]), np.array([1, 1, 3, 0])


class At_:
    """An index that is written as in Python: INDEX[1:, 2]."""

    def __getitem__(self, index):
        return index if isinstance(index, tuple) else (index,)


INDEX = At_()
INDICES = [
    INDEX[2], INDEX[-1], INDEX[1:], INDEX[:-1], INDEX[::2], INDEX[::-1], INDEX[4:1:-2], INDEX[-3:],
    INDEX[1:100], INDEX[7:], INDEX[3:1],
    INDEX[1:4, ::-2], INDEX[:, 2], INDEX[..., 1], INDEX[:, None], INDEX[None, ..., 0], INDEX[0, :, 1:3],
    INDEX[1, 2, 3], INDEX[...],
    INDEX[PLACES], INDEX[:, PLACES], INDEX[PLACES, OTHERS], INDEX[PLACES, :, OTHERS], INDEX[0, :, OTHERS],
    INDEX[:, 0, OTHERS],
    INDEX[PLACES[:, None], OTHERS], INDEX[1:, PLACES, ::2], INDEX[MASK], INDEX[MASK, 1:3], INDEX[MASK[:, 0]],
    INDEX[:, MASK[0]],
    INDEX[MASK & False],
]  # fmt: skip


def described(index) -> str:
    return ",".join(
        "mask" if isinstance(e, np.ndarray) and e.dtype == bool else "array" if isinstance(e, np.ndarray) else str(e)
        for e in index
    )


class Program_:
    """A function of one array, its index's operands and, for stores, a value."""

    def __init__(self, x: np.ndarray, index, dynamic: bool):
        self.builder, self.args = Builder(), [x]
        self.params: list[Var] = [
            self.builder.var("x", Array("float64", tuple(Dim(f"x.{k}", many=True) for k in range(x.ndim))))
        ]
        self.dynamic = dynamic
        self.index = tuple(self.entry(e) for e in index)
        self.operands = tuple(self.params[1:])

    def operand(self, value) -> At:
        number = len(self.args)
        type = INT
        if isinstance(value, np.ndarray):
            type = Array(
                value.dtype.name, tuple(Dim(f"i{number}.{k}", many=size != 1) for k, size in enumerate(value.shape))
            )
        self.args.append(value)
        self.params.append(self.builder.var(f"i{number}", type))
        return At(number - 1)

    def entry(self, e):
        if isinstance(e, slice):
            return Slice(
                *(
                    self.operand(part) if self.dynamic and part is not None else part
                    for part in (e.start, e.stop, e.step)
                )
            )
        if isinstance(e, np.ndarray) or (self.dynamic and isinstance(e, int)):
            return self.operand(e)
        return e

    def param(self, value) -> Var:
        self.args.append(value)
        type = Array("float64", tuple(Dim(f"v.{k}") for k in range(value.ndim)))
        self.params.append(self.builder.var("v", type))
        return self.params[-1]

    def text(self, result) -> str:
        function = Function("f", tuple(self.params), Block(tuple(self.builder.statements), (result,)))
        lowered = lower(Program((function,)))
        verify(lowered, RULES)
        return write(lowered, style="jit").source


def reading(index, dynamic: bool = False):
    made = Program_(X, index, dynamic)
    read = made.builder.emit("getitem", made.params[0], *made.operands, index=made.index)
    return made, made.text(read), X[index]


def storing(index, mode: str, dynamic: bool = False):
    made = Program_(X, index, dynamic)
    value = RNG.normal(size=X[index].shape)
    want = X.copy()
    if mode == "set":
        want[index] = value
    else:
        np.add.at(want, index, value)
    result = made.builder.store(made.params[0], made.index, made.operands, made.param(np.asarray(value)), mode)
    return made, made.text(result), want


def check(made: Program_, text: str, want, backend) -> None:
    before = X.copy()
    (function,) = backend.load(text, "<lowered>", ["f"])
    np.testing.assert_allclose(function(*made.args), want, rtol=1e-13)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("dynamic", [False, True], ids=["known", "dynamic"])
@pytest.mark.parametrize("index", INDICES, ids=described)
def test_reading(index, dynamic: bool) -> None:
    check(*reading(index, dynamic), python_backend)


@pytest.mark.parametrize("mode", ["set", "add"])
@pytest.mark.parametrize("dynamic", [False, True], ids=["known", "dynamic"])
@pytest.mark.parametrize("index", INDICES, ids=described)
def test_storing(index, dynamic: bool, mode: str) -> None:
    check(*storing(index, mode, dynamic), python_backend)


@pytest.mark.jit
@pytest.mark.parametrize("index", [INDICES[k] for k in (5, 11, 14, 20, 22, 27)], ids=described)
def test_under_numba(index) -> None:
    check(*reading(index), numba_backend)
    check(*storing(index, "add"), numba_backend)


@pytest.mark.parametrize("mode", ["set", "add"])
def test_a_number_at_a_mask(mode: str) -> None:
    made = Program_(X, (MASK,), False)
    want = X.copy()
    want[MASK] = 2.5 + (X[MASK] if mode == "add" else 0.0)
    from gradgen.rules.build import constant_atom

    result = made.builder.store(made.params[0], made.index, made.operands, constant_atom(2.5), mode)
    check(made, made.text(result), want, python_backend)


def test_a_store_that_reads_its_array() -> None:
    """x[1:] = x[:-1] * 2 takes the old elements."""
    made = Program_(X, INDEX[:-1], False)
    x = made.params[0]
    doubled = made.builder.emit("mul", made.builder.emit("getitem", x, index=made.index), 2.0)
    result = made.builder.store(x, (Slice(1, None, None),), (), doubled)
    want = X.copy()
    want[1:] = want[:-1] * 2
    check(made, made.text(result), want, python_backend)
