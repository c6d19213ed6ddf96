"""`check`: everything that must hold of the gradient of one function at one point. Does not time anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import gradgen
from tests.support import differences
from tests.support.trees import copied, flatten, is_float, is_number, map_leaves, widened

DIRECTIONS = 3
COMPONENTS = 6  # inputs of at most this many numbers are also checked one by one


def check(
    function: Callable[..., Any],
    *args: Any,
    argnums: Any = None,
    jit: bool | str = "both",
    kwargs: dict[str, Any] | None = None,
    value: Any = None,
    gradient: Any = None,
    second_order: bool = False,
    analytic: bool = False,
    pair: bool = True,
    exact: bool = True,
    rtol: float | None = None,
) -> None:
    """Check value and gradient of `function` at `args`, in one backend (`jit` True or False) or both ("both").

    argnums: positions or names, a tuple or one; None: every parameter that holds nothing but floats.
    value, gradient: known numbers (`gradient` one for each of argnums); a known gradient takes the
        place of differences, as at a kink.
    second_order: the gradient of each gradient with respect to a scalar is also checked.
    analytic: the function takes complex numbers; the gradient is also held against the complex step.
    pair: forward and backward are called too, and must agree with the joint function.
    exact: the Python backend gives the value bit for bit.
    """
    point = _Point(function, args, kwargs or {}, argnums)
    rtol = rtol if rtol is not None else (1e-3 if point.single else 1e-6)
    results = {}
    for backend in (False, True) if jit == "both" else (jit,):
        compiled = gradgen.grad(function, argnums=point.names, jit=backend)
        results[backend] = _check_backend(point, compiled, jit=backend, exact=exact, pair=pair)
    for backend, (found_value, found) in results.items():
        label = "jit" if backend else "python"
        if value is not None:
            _assert_close(found_value, value, 1e-5 if point.single else 1e-12, f"{label}: value")
        if gradient is not None:
            expected = gradient if len(point.names) > 1 or isinstance(gradient, tuple) else (gradient,)
            for name, one, other in zip(point.names, found, expected, strict=True):
                _assert_close(one, other, 1e-5 if point.single else 1e-12, f"{label}: gradient of {name}")
        else:
            _check_differences(point, found, rtol, label)
        if analytic:
            _check_complex_step(point, found, label)
    if len(results) == 2:
        _assert_close(results[True][1], results[False][1], 1e-4 if point.single else 1e-9, "jit against python")
    if second_order:
        _check_second_order(point, jit, rtol)


class _Point:
    """A function at arguments, as a function of the numbers that are differentiated."""

    def __init__(self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], argnums: Any):
        self.function, self.args, self.kwargs = function, args, kwargs
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        self.values = dict(bound.arguments)
        given = list(inspect.signature(function).parameters)
        if argnums is None:
            argnums = tuple(name for name in given if _differentiable(self.values[name]))
        elif isinstance(argnums, (int, str)):
            argnums = (argnums,)
        self.names = tuple(given[one] if isinstance(one, int) else one for one in argnums)
        assert self.names, f"{function}: nothing to differentiate"
        self.trees = {name: self.values[name] for name in self.names}
        dtypes = {
            leaf.dtype for leaf in flatten(list(self.values.values())) if isinstance(leaf, (np.ndarray, np.generic))
        }
        self.single = not dtypes.isdisjoint({np.dtype(np.float32), np.dtype(np.complex64)})

    def call(self, replaced: dict[str, Any]) -> Any:
        """The function's value, in double precision, with some parameters replaced."""
        bound = inspect.signature(self.function).bind(*copied(self.args), **copied(self.kwargs))
        bound.apply_defaults()
        for name, tree in bound.arguments.items():
            bound.arguments[name] = copied(replaced.get(name, widened(tree)))
        return self.function(*bound.args, **bound.kwargs)

    def moved(self, step: Any, direction: Sequence[Any]) -> Any:
        """The value at the point plus step times direction (one item for each leaf of the differentiated trees)."""
        parts: Iterator[Any] = iter(direction)
        return self.call(
            {n: map_leaves(lambda leaf: leaf + step * next(parts), widened(tree)) for n, tree in self.trees.items()}
        )


def _differentiable(tree: Any) -> bool:
    leaves = flatten(tree)
    return bool(leaves) and all(is_float(leaf) for leaf in leaves)


def _check_backend(point: _Point, compiled: Any, *, jit: bool, exact: bool, pair: bool) -> tuple[Any, tuple[Any, ...]]:
    label = "jit" if jit else "python"
    before = copied([point.args, point.kwargs])
    with np.errstate(all="ignore"):
        expected = point.function(*copied(point.args), **copied(point.kwargs))
        found, gradients = compiled.value_and_grad(*point.args, **point.kwargs)
        again = compiled.value_and_grad(*point.args, **point.kwargs)
    _assert_close(
        [*point.args, *point.kwargs.values()], [*before[0], *before[1].values()], 0, f"{label}: caller's data"
    )
    assert np.ndim(found) == 0, f"{label}: the value is not a scalar: {found!r}"
    _assert_close(found, expected, 0 if exact and not jit else (1e-5 if point.single else 1e-10), f"{label}: value")
    if not jit and isinstance(expected, float):
        assert type(found) is type(expected), f"{label}: the value is a {type(found).__name__}: {found!r}"
    assert isinstance(gradients, tuple), f"{label}: gradients of several arguments are a tuple, not {gradients!r}"
    assert len(gradients) == len(point.names), f"{label}: {len(gradients)} gradients for {point.names}"
    for name, one in zip(point.names, gradients, strict=True):
        _check_shape(one, point.trees[name], f"{label}: gradient of {name}")
    _assert_close(again, (found, gradients), 0, f"{label}: the second call")
    if pair:
        _check_pair(point, compiled, found, gradients, label)
    return found, gradients


def _check_shape(gradient: Any, tree: Any, what: str) -> None:
    """The gradient has the structure, shapes and dtypes of its argument."""
    structure = [type(tree)] if not is_number(tree) and not isinstance(tree, np.ndarray) else []
    if structure:
        assert type(gradient) is type(tree), f"{what} is a {type(gradient).__name__}, not {type(tree).__name__}"
    leaves, given = flatten(gradient), flatten(tree)
    assert len(leaves) == len(given), f"{what} has {len(leaves)} leaves, its argument {len(given)}"
    for one, other in zip(leaves, given, strict=True):
        assert np.shape(one) == np.shape(other), f"{what} has shape {np.shape(one)}, its argument {np.shape(other)}"
        if type(other) in (float, complex):
            assert type(one) is type(other), f"{what} is {type(one).__name__}, its argument {type(other).__name__}"
        if isinstance(other, np.ndarray):
            assert isinstance(one, np.ndarray), f"{what} is {type(one).__name__}, its argument an array"
        python = complex if type(other) is complex else float
        dtype = other.dtype if isinstance(other, (np.ndarray, np.generic)) else np.dtype(python)
        assert np.asarray(one).dtype == dtype, f"{what} has dtype {np.asarray(one).dtype}, its argument {dtype}"


def _check_pair(point: _Point, compiled: Any, value: Any, gradients: tuple[Any, ...], label: str) -> None:
    """forward then backward is the joint function; a cache can be used twice; backward is linear in upstream."""
    rtol = 1e-5 if point.single else 1e-10
    with np.errstate(all="ignore"):
        result, cache = compiled.forward(*point.args, **point.kwargs)
        once = compiled.backward(cache, 1.0)
        _assert_close(result, value, rtol, f"{label}: forward's value")
        _assert_close(once, gradients, rtol, f"{label}: backward against the joint function")
        twice = compiled.backward(cache, 2.0)
        _assert_close(twice, map_leaves(lambda leaf: 2 * leaf, gradients), rtol, f"{label}: backward with upstream 2")


def _check_differences(point: _Point, gradients: tuple[Any, ...], rtol: float, label: str) -> None:
    leaves = [np.asarray(leaf, dtype=np.result_type(leaf, float)) for leaf in flatten(gradients)]
    scale = float(np.sqrt(sum(float((np.abs(leaf) ** 2).sum()) for leaf in leaves)))
    for direction in _directions(leaves):
        derivative = differences.along(leaves, direction)
        estimates = differences.directional(lambda t, d=direction: point.moved(t, d))  # type: ignore[misc]
        assert differences.agrees(derivative, estimates, scale, rtol), (
            f"{label}: the gradient says {derivative!r} along {direction}, differences say {estimates}; "
            f"the gradient: {dict(zip(point.names, gradients, strict=True))}"
        )


def _directions(leaves: list[np.ndarray]) -> Iterator[list[Any]]:
    """Random unit directions; for few numbers also each axis, of complex numbers both."""
    rng = np.random.default_rng(20)
    sizes = sum(leaf.size for leaf in leaves)
    for _ in range(DIRECTIONS if sizes > 1 else 0):
        parts = [differences.random_direction(leaf.shape, leaf.dtype, rng) for leaf in leaves]
        length = np.sqrt(sum(float((np.abs(part) ** 2).sum()) for part in parts)) or 1.0
        yield [_plain(part / length) for part in parts]
    if sizes <= COMPONENTS:
        for k, leaf in enumerate(leaves):
            for index in np.ndindex(leaf.shape):
                for axis in (1.0, 1j) if np.iscomplexobj(leaf) else (1.0,):
                    parts = [np.zeros(other.shape, other.dtype) for other in leaves]
                    parts[k][index] = axis
                    yield [_plain(part) for part in parts]


def _plain(part: Any) -> Any:
    """A direction of a scalar is a Python number, so that it leaves the argument's kind as it is."""
    return np.asarray(part).item() if np.ndim(part) == 0 else part


def _check_complex_step(point: _Point, gradients: tuple[Any, ...], label: str) -> None:
    leaves = [np.asarray(leaf) for leaf in flatten(gradients)]
    for direction in _directions(leaves):
        derivative = sum(float((leaf * part).sum()) for leaf, part in zip(leaves, direction, strict=True))
        expected = differences.complex_step(lambda t, d=direction: point.moved(t, d))  # type: ignore[misc]
        _assert_close(derivative, expected, 1e-11, f"{label}: against the complex step along {direction}")


def _check_second_order(point: _Point, jit: bool | str, rtol: float) -> None:
    """grad(grad(f)) for every pair of scalar arguments, against differences of the gradient."""
    for backend in (False, True) if jit == "both" else (bool(jit),):
        for first in point.names:
            inner = gradgen.grad(point.function, argnums=first, jit=backend)
            for second in point.names:
                outer = gradgen.grad(inner, argnums=second, jit=backend)
                found = outer(*point.args, **point.kwargs)
                derivative = _Point(gradgen.grad(point.function, argnums=first), point.args, point.kwargs, second)
                estimates = differences.directional(lambda t, d=derivative: d.moved(t, [1.0]))  # type: ignore[misc]
                assert differences.agrees(float(found), estimates, max(abs(float(found)), 1.0), rtol), (
                    f"{'jit' if backend else 'python'}: d2/d{second}d{first} is {found!r}, differences say {estimates}"
                )


def _assert_close(found: Any, expected: Any, rtol: float, what: str) -> None:
    """The same structure with the same numbers; NaN equals NaN; the bound is relative to the largest number."""
    leaves, others = flatten(found), flatten(expected)
    assert len(leaves) == len(others), f"{what}: {found!r} has another structure than {expected!r}"
    for one, other in zip(leaves, others, strict=True):
        if not isinstance(other, (float, int, complex, np.ndarray, np.generic)):
            continue
        a, b = np.asarray(one), np.asarray(other)
        assert a.shape == b.shape, f"{what}: shape {a.shape}, not {b.shape}: {one!r}, not {other!r}"
        if not np.issubdtype(b.dtype, np.number) or b.size == 0:
            assert (a == b).all(), f"{what}: {one!r}, not {other!r}"
            continue
        finite = np.abs(b[np.isfinite(b)])
        bound = rtol * max(float(finite.max(initial=0.0)), 1e-3)
        with np.errstate(invalid="ignore"):
            same = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= bound)
        assert same.all(), f"{what}: {one!r}, not {other!r}"
