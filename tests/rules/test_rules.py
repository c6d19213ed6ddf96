"""Every row of the table, by the reference interpreter: types and values, gradients, forward mode, second order."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import linalg, special, stats

from gradgen.differentiate import gradient, jvp
from gradgen.ir import Array, Block, Function, Program, Scalar, is_complex, is_float, show
from gradgen.ir.verify import verify
from gradgen.rules import RULES
from gradgen.rules.build import builder_after
from tests.rules.building import program_of, type_of
from tests.rules.cases import ROWS, Row
from tests.support import differences
from tests.support.interpret import run
from tests.support.trees import widened

PARAMS = [pytest.param(row, id=f"{k}-{row.text}"[:60]) for k, row in enumerate(ROWS)]


def evaluated(row: Row, point: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"):
        modules = {"np": np, "math": math, "cmath": cmath, "linalg": linalg, "special": special, "stats": stats}
        return eval(row.text, modules, dict(point))


@pytest.mark.parametrize("unknown", [False, True], ids=["", "unknown sizes"])
@pytest.mark.parametrize("row", PARAMS)
def test_value_and_type(row: Row, unknown: bool) -> None:
    """The type that the table gives is that of NumPy's result, and so is the value."""
    for point in row.points:
        if unknown and not can_be_unknown(row, point):
            continue
        program = program_of(row.text, point, unknown)
        verify(program, RULES)
        (found,) = run(program, list(point.values()))
        expected = evaluated(row, point)
        assert np.shape(found) == np.shape(expected)
        kind, want = (type_of(value, "v") for value in (found, plain(expected)))
        assert kind.dtype == want.dtype and getattr(kind, "weak", False) == getattr(want, "weak", False), (
            f"{kind}, not {want}"
        )
        same = (
            np.array_equal(found, expected, equal_nan=True) if row.exact else np.allclose(found, expected, rtol=1e-12)
        )
        assert same or np.allclose(found, expected, rtol=1e-15, atol=0), f"{found!r}, not {expected!r}"


def can_be_unknown(row: Row, point: dict[str, Any]) -> bool:
    """Whether the row takes arrays of which no size is known."""
    needs_sizes = any(name in row.text for name in ("squeeze", ".item()", "np.cov", "np.corrcoef"))
    return any(isinstance(v, np.ndarray) for v in point.values()) and not needs_sizes


def plain(value: Any) -> Any:
    """NumPy's arrays without dimensions count as its scalars."""
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


@pytest.mark.parametrize("unknown", [False, True], ids=["", "unknown sizes"])
@pytest.mark.parametrize("row", PARAMS)
def test_gradient(row: Row, unknown: bool) -> None:
    for point in row.points:
        if unknown and not can_be_unknown(row, point):
            continue
        check_gradient(row, Weighted(row, point, unknown))


@pytest.mark.parametrize("row", PARAMS)
def test_forward_against_reverse(row: Row) -> None:
    for point in row.points:
        made = Weighted(row, point)
        if not made.active:
            continue
        gradients = made.gradients()
        pushed = jvp(made.program, made.active)
        verify(pushed, RULES)
        for direction in made.directions():
            *_, tangent = run(pushed, [*made.args, *direction])
            expected = inner(gradients, direction)
            assert np.isclose(
                tangent,
                expected,
                rtol=1e-5 if made.single or row.rtol > 1e-3 else 1e-9,
                atol=1e-6 if made.single else 1e-9,
                equal_nan=True,
            ), f"{tangent}, reverse says {expected}"


@pytest.mark.parametrize("row", [p for p in PARAMS if p.values[0].second and not p.values[0].gradients])
def test_second_order(row: Row) -> None:
    """The gradient's derivative along a direction: by reverse mode of the gradient, against forward mode of it."""
    for point in row.points[:4]:
        made = Weighted(row, point)
        if not made.active or made.single:
            continue
        direction = next(made.directions())
        first = gradient(made.program, made.active)
        product = dotted(first, direction)
        params = [p for p in product.entry.params if p in made.active]
        again = gradient(product, params)
        verify(again, RULES)
        found = run(again, [*made.args, *direction])
        other = next(made.directions(seed=1))
        estimates = differences.directional(lambda t, made=made, o=other, d=direction: made.slope(t, o, d))
        derivative = inner(found, other)
        scale = max(1.0, *(float(np.max(np.abs(f), initial=0.0)) for f in found))
        assert differences.agrees(derivative, estimates, scale, 10 * row.rtol), (
            f"{derivative}, differences of the gradient say {estimates}"
        )


def test_forward_mode_of_an_adjoint() -> None:
    """Of an operation that is found in gradients only, so that no row has it."""
    row = next(row for row in ROWS if row.text == "np.linalg.cholesky(x)" and np.isrealobj(row.points[0]["x"]))
    made = Weighted(row, row.points[0])
    first = gradient(made.program, made.active)
    assert "cholesky_adjoint" in show(first.entry)
    direction, other = made.directions()
    *_, tangent = run(jvp(first, first.entry.params[:1]), [*made.args, *direction])
    estimates = differences.directional(lambda t: made.slope(t, direction, other))
    assert differences.agrees(inner([tangent], other), estimates, 1.0, 10 * row.rtol)


def weight_of(row: Row, point: dict[str, Any]) -> Any:
    """Fixed weights for what the row gives; ones where it says its gradients."""
    result = np.asarray(evaluated(row, point))
    rng = np.random.default_rng(3)
    made = np.ones(result.shape) if row.gradients else differences.random_direction(result.shape, result.dtype, rng)
    return made if result.shape else np.asarray(made).item()


class Weighted:
    """sum(w * row), a number, for fixed weights w; of complex numbers its real part."""

    def __init__(self, row: Row, point: dict[str, Any], unknown: bool = False):
        self.row, self.point = row, point
        base = program_of(row.text, point, unknown)
        self.args = [*point.values(), self.weight()]
        self.program = dotted(base, [self.weight()])
        names = ("x", "y", "z")
        self.active = [p for p in self.program.entry.params if p.name in names and is_float(p.type)]
        self.places = [self.program.entry.params.index(p) for p in self.active]
        self.single = any(getattr(arg, "dtype", None) in (np.float32, np.complex64) for arg in self.args)

    def weight(self) -> Any:
        return weight_of(self.row, self.point)

    def gradients(self) -> tuple[Any, ...]:
        made = gradient(self.program, self.active)
        verify(made, RULES)
        found = run(made, self.args)
        for one, place in zip(found, self.places, strict=True):
            arg = self.args[place]
            assert np.shape(one) == np.shape(arg), (
                f"a gradient of shape {np.shape(one)} for an argument of {np.shape(arg)}"
            )
            dtype = np.asarray(arg).dtype
            assert np.asarray(one).dtype == dtype or not np.ndim(arg), (
                f"a gradient of {np.asarray(one).dtype} for {dtype}"
            )
        return found

    def directions(self, seed: int = 0) -> Iterator[list[Any]]:
        rng = np.random.default_rng(seed)
        for _ in range(2):
            parts = [
                differences.random_direction(np.shape(arg), np.asarray(arg).dtype, rng)
                for arg in (self.args[place] for place in self.places)
            ]
            yield [cast_like(part, self.args[place]) for part, place in zip(parts, self.places, strict=True)]

    def moved(self, t: float, direction: list[Any]) -> list[Any]:
        moved = [widened(arg) for arg in self.args]
        for place, part in zip(self.places, direction, strict=True):
            moved[place] = moved[place] + t * widened(part)
        return moved

    def value(self, t: float, direction: list[Any]) -> float:
        """In double precision, from NumPy itself."""
        *args, weight = self.moved(t, direction)
        point = dict(zip(self.point, args, strict=True))
        return float(np.sum(weight * widened(np.asarray(evaluated(self.row, point)))).real)

    def slope(self, t: float, move: list[Any], direction: list[Any]) -> float:
        """The gradient's product with `direction`, at the point moved by t times `move`."""
        found = run(gradient(self.program, self.active), self.moved(t, move))
        return inner(found, direction)


def check_gradient(row: Row, made: Weighted) -> None:
    if not made.active:
        return
    found = made.gradients()
    if row.constant:
        assert all(not np.any(one) for one in found)
        return
    if row.gradients:
        for one, expected in zip(found, row.gradients, strict=True):
            assert np.allclose(one, expected, equal_nan=True), f"{one!r}, not {expected!r}"
        return
    scale = max(1.0, *(float(np.sqrt(np.sum(np.abs(one) ** 2))) for one in found))
    for direction in made.directions():
        derivative = inner(found, direction)
        with np.errstate(all="ignore"):
            estimates = differences.directional(lambda t, d=direction: made.value(t, d))
        rtol = max(row.rtol, 1e-4) if made.single else row.rtol
        assert differences.agrees(derivative, estimates, scale, rtol), (
            f"{derivative}, differences say {estimates}: {found}"
        )


def dotted(program: Program, weights: Sequence[Any]) -> Program:
    """The sum of the products of a program's results with `weights`, which become parameters after its own."""
    builder = builder_after(program)
    params, total = list(program.entry.params), None
    for result, weight in zip(program.entry.body.yields, weights, strict=True):
        array = isinstance(result.type, Array)
        dtype, weak = np.asarray(weight).dtype.name, not isinstance(weight, np.generic)
        params.append(builder.var("w", Array(dtype, result.type.dims) if array else Scalar(dtype, weak)))
        term = builder.emit("mul", params[-1], result)
        term = builder.emit("sum", term, axis=None, keepdims=False) if array else term
        total = term if total is None else builder.emit("add", total, term)
    if total is not None and is_complex(total.type):
        total = builder.emit("real", total)
    body = Block((*program.entry.body.statements, *builder.statements), (total,))
    return Program((Function("f", tuple(params), body),))


def inner(found: Any, direction: list[Any]) -> float:
    return differences.along([np.asarray(widened(one)) for one in found], direction)


def cast_like(part: np.ndarray, arg: Any) -> Any:
    if isinstance(arg, np.ndarray):
        return part.astype(arg.dtype)
    return type(arg)(part)
