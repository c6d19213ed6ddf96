"""Refusals of staging: the class, the place in the user's text, and the words.

The comment `#: fragment` on a line says that the refusal points there, at the fragment.
"""

# ruff: noqa
from __future__ import annotations

import inspect
import math
import random
import statistics
from typing import Any

import numpy as np
import pytest
import scipy.special

from gradgen.errors import GradgenError, UnknownFunction, UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.infer.signature import describe
from gradgen.stage import NeedsValue, stage

WEIGHTS = np.ones(3)


def generator(x):
    yield x  #: yield


async def coroutine(x):  #: async
    return x


def caught(x):
    try:  #: try
        return 1 / x
    except ZeroDivisionError:
        return 0.0


def managed(x):
    with open("f") as f:  #: with
        return x


def writes_global(x):
    global WEIGHTS  #: global
    WEIGHTS = x
    return x


def class_inside(x):
    class A:  #: class
        pass

    return x


def evaluated(x):
    return 2 * eval("x * 2")  #: eval


def unknown(x):
    return 2 * scipy.special.struve(1, x)  #: scipy


def in_helper(x):
    return helper(x)


def helper(x):
    return x + scipy.special.struve(1, x)  #: scipy


def of_the_standard_library(x):
    return statistics.mean([x, 2 * x])  #: statistics


def random_number(x):
    return random.random() * x  #: random.random


def string_as_data(x):
    return x + "a"  #: x +


def undefined_name(x):
    return no_such_name * x  #: no_such


def deleted(x):
    z = x
    del z
    return z  #: z


def no_attribute(x):
    return x.foo  #: x.foo


def no_function(x):
    return math.foo(x)  #: math.foo


def math_of_array(v):
    return math.exp(v)  #: math


def truth_of_array(v):
    if v:  #: if
        return v.sum()
    return 0.0


def set_display(x):
    return {1, x}  #: {1


def item_of_number(x):
    return x[0]  #: x[0


def float_as_index(v):
    return v[0.5]  #: v[0.5


def too_many_indices(v):
    return v[0, 0]  #: v[0


def missing_argument(x):
    return (lambda a, b: a)(x)  #: (lambda


def method_without_rule(v):
    v.tobytes()  #: v.tobytes
    return v[0]


def unpacks_number(x):
    a, b = x  #: a, b
    return a


def nothing_on_one_path(x):  #: def
    if x > 0:
        return x


def two_kinds_of_result(x):  #: def
    if x > 0:
        return x
    return (x, x)


def out_of_range(x):
    return [x][3]  #: [x]


def no_key(x):
    return {"a": x}["b"]  #: {"a"


def failing_import(x):
    import no_such_module  #: import

    return x


def sets_attribute(x):
    math.count = x  #: math.count
    return x


def changes_global_array(x):
    WEIGHTS[0] = x  #: WEIGHTS
    return x


def endless(x):  #: def
    while True:
        x = x * 2


def no_such_option(x):
    kind = "mean"
    if kind == "sum":
        return x * x
    raise ValueError(f"unknown kind {kind}")  #: raise


def alias_by_branch(v):
    u = v * 1.0
    w = u if v[0] > 0 else v
    w += 1  #: w +=
    return u.sum()


def reshaped_and_changed(v):
    w = v.ravel()
    v += 1  #: v +=
    return w.sum()


ROWS: list[tuple[Any, type[GradgenError], str]] = [
    (generator, UnsupportedSyntax, "`yield` makes a generator"),
    (coroutine, UnsupportedSyntax, "`async`"),
    (caught, UnsupportedSyntax, "`try` has no gradient"),
    (managed, UnsupportedSyntax, "`with` is supported for `np.errstate"),
    (writes_global, UnsupportedSyntax, "assigning to a global"),
    (class_inside, UnsupportedSyntax, "a class cannot be defined inside"),
    (evaluated, UnsupportedSyntax, "`eval` runs text"),
    (unknown, UnknownFunction, "no rule for `scipy.special.struve`"),
    (in_helper, UnknownFunction, "no rule for `scipy.special.struve`"),
    (of_the_standard_library, UnknownFunction, "no rule for `statistics.mean`; nearest: np.mean"),
    (random_number, UnknownFunction, "no rule for `random.random`"),
    (string_as_data, UnsupportedType, "`+` of a number and the string 'a'"),
    (undefined_name, UnsupportedSyntax, "the name `no_such_name` is not defined"),
    (deleted, UnsupportedSyntax, "`z` has no value here"),
    (no_attribute, UnsupportedType, "a number has no attribute `foo`"),
    (no_function, UnsupportedType, "`math` has no attribute `foo`"),
    (math_of_array, UnsupportedType, "`math.exp` takes a number, not an array"),
    (truth_of_array, UnsupportedType, "the truth of an array"),
    (set_display, UnsupportedSyntax, "sets have no order"),
    (item_of_number, UnsupportedType, "a number has no items"),
    (float_as_index, UnsupportedType, "an index must be an integer"),
    (too_many_indices, UnsupportedType, "2 indices for an array of 1 dimension"),
    (missing_argument, UnsupportedType, "`<lambda>` got no value for `b`"),
    (method_without_rule, UnknownFunction, "no rule for the method `.tobytes` of an array"),
    (unpacks_number, UnsupportedType, "what is unpacked is a number"),
    (nothing_on_one_path, UnsupportedSyntax, "returns a value on one path and nothing on another"),
    (
        two_kinds_of_result,
        UnsupportedSyntax,
        "the result of `two_kinds_of_result` is a number on one path and a tuple on",
    ),
    (out_of_range, UnsupportedValue, "index 3 is out of range"),
    (no_key, UnsupportedValue, "the dict has no key 'b'"),
    (failing_import, UnsupportedSyntax, "this import fails"),
    (sets_attribute, UnsupportedSyntax, "changes an object outside of the function"),
    (changes_global_array, UnsupportedSyntax, "changes an object outside of the function"),
    (endless, UnsupportedSyntax, "`endless` never returns"),
    (no_such_option, UnsupportedSyntax, "`no_such_option` never returns: it raises ValueError here"),
    (alias_by_branch, UnsupportedSyntax, "may be one of two, depending on the path"),
    (reshaped_and_changed, UnsupportedSyntax, "whether a reshaped array shares memory"),
]


def place(function: Any) -> tuple[int, int]:
    """Where the refusal is to point: the marked line of the function, or of the helper that it calls."""
    function = helper if function is in_helper else function
    lines, first = inspect.getsourcelines(function)
    for k, line in enumerate(lines):
        text, mark, fragment = line.rstrip().partition("  #: ")
        if mark:
            return first + k, text.index(fragment)
    raise AssertionError("no line is marked")


@pytest.mark.parametrize(("function", "kind", "message"), ROWS, ids=[row[0].__name__ for row in ROWS])
def test_refusal(function: Any, kind: type[GradgenError], message: str) -> None:
    arguments = {
        name: describe(WEIGHTS if name == "v" else 1.5, name) for name in inspect.signature(function).parameters
    }
    with pytest.raises(kind) as caught:
        stage(function, arguments)
    error = caught.value
    assert message in error.message
    assert error.filename == __file__
    assert (error.lineno, error.col_offset) == place(function)
    assert error.position.text == inspect.getsource(inspect.getmodule(function)).split("\n")[error.lineno - 1]


def test_a_number_that_must_be_known_names_its_argument() -> None:
    def f(x, n):
        return (x, 2 * x)[n]

    def g(x, n):
        return {0: x, 1: 2 * x}[n]

    with pytest.raises(NeedsValue) as caught:
        stage(g, {"x": describe(1.0, "x"), "n": describe(1, "n")})
    assert caught.value.path.root.name == "n"
    assert stage(f, {"x": describe(1.0, "x"), "n": describe(1, "n")}).result is not None
