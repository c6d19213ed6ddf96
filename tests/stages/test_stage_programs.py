"""Staging alone, on every row of the tables of programs: the staged program gives what the function gives."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from gradgen.infer.select import Arguments, of_trees
from gradgen.infer.signature import signature, types_of
from gradgen.ir.interface import Static, Tree
from gradgen.ir.verify import verify
from gradgen.rules import RULES
from gradgen.run.fetch import resolve
from gradgen.stage import NeedsValue, stage
from tests.programs.test_programs import ROWS
from tests.support.interpret import run
from tests.support.trees import copied, flatten


def staged_result(function: Any, args: Any, kwargs: dict[str, Any], strict: bool = True) -> Any:
    """What the staged program of `function` gives for these arguments, as the function would return it."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    given = of_trees({name: signature(value, name) for name, value in arguments.items()}, ())
    staged = _staged(function, given, arguments)
    verify(staged.program, RULES)
    values = [_value(resolve(one.path, arguments)) for one in staged.inputs]
    results = iter(run(staged.program, values, strict))
    return _built(staged.result, results)


def _staged(function: Any, given: Arguments, arguments: dict[str, Any]) -> Any:
    """Staged again with each number that the text must know."""
    while True:
        try:
            return stage(function, {name: types_of(tree) for name, tree in given.trees.items()})
        except NeedsValue as needed:
            more = needed.path and given.with_known(needed.path, arguments, needed.axis)
            if not more:
                raise
            given = more


def _value(value: Any) -> Any:
    return value[()] if isinstance(value, np.ndarray) and not value.ndim else value


def _built(tree: Any, results: Any) -> Any:
    if isinstance(tree, Tree):
        items = [_built(item, results) for item in tree.items]
        return dict(zip(tree.keys, items, strict=True)) if tree.kind is dict else items
    return tree.value if isinstance(tree, Static) else next(results)


def assert_same(found: Any, expected: Any) -> None:
    ours, theirs = flatten(found), flatten(expected)
    assert len(ours) == len(theirs), (found, expected)
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(other, float | int | np.ndarray | np.generic):
            a, b = np.asarray(one), np.asarray(other)
            assert a.shape == b.shape, (one, other)
            assert np.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True), (one, other)


@pytest.mark.parametrize("row", ROWS)
def test_program(row: Any) -> None:
    for case in row.cases:
        with np.errstate(all="ignore"):
            expected = row.function(*copied(case.args), **copied(case.kwargs))
        assert_same(staged_result(row.function, copied(case.args), copied(case.kwargs)), expected)
