"""What is known of an argument: its tree of types, and what of it is part of the key."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from gradgen.errors import ArgumentError, UnsupportedType
from gradgen.infer.select import Choice, Selection, arguments, select
from gradgen.infer.shapes import exact
from gradgen.infer.signature import Leaf, declared, describe, key, signature
from gradgen.ir import BOOL, FLOAT, INT, ONE, Array, Dim, Scalar
from gradgen.ir.interface import Path, Root, Static, Tree, leaves


class Layer(NamedTuple):
    W: Any
    b: Any


@dataclasses.dataclass
class Model:
    layers: list
    rate: float
    name: str = "m"


class Colour(enum.Enum):
    RED = 1


def same_key(a: Any, b: Any) -> bool:
    return key(signature(a, "x")) == key(signature(b, "x"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, FLOAT),
        (2, INT),
        (True, BOOL),
        (np.float32(1), Scalar("float32")),
        (np.int64(1), Scalar("int64")),
        (np.bool_(True), Scalar("bool")),
        (np.array(2.0), Scalar("float64")),
        (np.ones((3, 1), np.float32), Array("float32", (Dim("x.0", many=True), ONE))),
        (np.ones((0,)), Array("float64", (Dim("x.0", many=True),))),
        (np.ones((1, 1)), Array("float64", (ONE, ONE))),
        (np.ones(3).astype(">f8"), Array("float64", (Dim("x.0", many=True),))),
    ],
)
def test_types(value, expected):
    assert describe(value, "x") == expected


def test_structures():
    model = Model([Layer(np.ones((2, 3)), 1.0)], 0.5)
    tree = describe(model, "m")
    assert tree.kind is Model and tree.keys == ("layers", "rate", "name")
    layers, rate, name = tree.items
    assert layers.kind is list and layers.items[0].kind is Layer and layers.items[0].keys == ("W", "b")
    assert layers.items[0].items[0] == Array(
        "float64", (Dim("m.layers[0].W.0", many=True), Dim("m.layers[0].W.1", many=True))
    )
    assert rate == FLOAT and name.value == "m"
    assert [str(leaf) for leaf in leaves(describe({"a": (1.0, [2]), "b": {}}, "d"))] == ["float", "int"]


@pytest.mark.parametrize("value", [None, "relu", len, math, np.float32, Colour.RED, lambda: 0, object(), slice(1, 2)])
def test_static(value):
    assert signature(value, "x").value is value


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0), (1, True), (True, 1.0), (1.0, np.float64(1.0)), (np.float32(1), np.float64(1)), ("a", "b"),
        (None, "None"),
        ((1.0,), [1.0]), ((1.0,), (1.0, 2.0)), ({"a": 1.0}, {"b": 1.0}), ({"a": 1.0, "b": 1.0}, {"b": 1.0, "a": 1.0}),
        ({1: 1.0}, {True: 1.0}), (np.ones(3), np.ones(1)), (np.ones(3), np.ones((3, 3))),
        (np.ones(3), np.ones(3, np.float32)),
        (np.array(1.0), np.float64(1.0)), (len, abs), (slice(1), slice(2)),
        (functools.partial(len), functools.partial(len)),
        (lambda: 1, lambda: 1), (Layer(1.0, 1.0), (1.0, 1.0)), (range(2), range(3)), (np.float32, np.float64),
    ],
)  # fmt: skip
def test_keys_differ(a, b):
    assert not same_key(a, b)


def made(s: float):
    return lambda t, k=2: t * s * k


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1.0, -0.0), (1.0, math.nan), (3, 4), (np.ones(3), np.zeros(5)), ("a", "".join(["a"])), (object(), object()),
        (made(1.0), made(2.0)), ({"a": 1.0}, {"a": 2.0}), (slice(1), slice(1)), (Colour.RED, Colour(1)),
    ],
)  # fmt: skip
def test_keys_agree(a, b):
    assert same_key(a, b)


def exact_dims(*shapes):
    values = {f"x{k}": np.ones(shape) for k, shape in enumerate(shapes)}
    trees = exact({name: signature(value, name) for name, value in values.items()}, values)
    return [str(dim) for tree in trees.values() for dim in tree.type.dims]


@pytest.mark.parametrize(
    ("shapes", "dims"),
    [
        ([(4, 3)], ["x0.0", "3"]),
        ([(20, 3, 1, 16, 15)], ["x0.0", "3", "1", "x0.3", "15"]),
        ([(3, 3)], ["3", "3"]),
        ([(3, 4)], ["x0.0", "4"]),
        ([(0, 3)], ["x0.0", "3"]),
        ([3, (3, 5), 5], ["x0.0", "x0.0", "x1.1", "x1.1"]),
        ([3, (20, 3), 20], ["3", "x1.0", "3", "x1.0"]),
        ([1, (1, 20), (20, 1)], ["1", "1", "x1.1", "x1.1", "1"]),
        ([20, (24, 25), 15], ["x0.0", "x0.0+4", "x1.1", "x2.0"]),
        ([16, 8, 9, (8, 9), 0], ["x0.0", "8", "x2.0", "8", "x2.0", "x4.0"]),
        ([15, 8], ["x0.0", "x1.0"]),
    ],
)
def test_exact_shapes(shapes, dims):
    assert exact_dims(*shapes) == dims


def test_static_numbers_by_value():
    distinct = [key(Static(value)) for value in (0.0, -0.0, 1.0, 1, True, math.nan)]
    assert len(set(distinct)) == 6
    assert key(Static(math.nan)) == key(Static(float("nan")))


def test_differentiated_int_is_a_float():
    assert signature(3, "x", differentiated=True) == Leaf(FLOAT, int, "float")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.arange(3), "`w` is an array of dtype int64, which has no gradient"),
        (True, "`w` is a bool"),
        (np.int32(3), "`w` is a int32"),
        ({"a": [1.0, np.arange(2)]}, r"`w\['a'\]\[1\]` is an array of dtype int64"),
        ("a", "`w` is of type str"),
        (len, "`w` is of type builtin_function_or_method"),
    ],
)
def test_refused_when_differentiated(value, message):
    with pytest.raises(UnsupportedType, match=message) as caught:
        signature(value, "w", differentiated=True)
    assert "Instead:" in str(caught.value)


def test_in_a_differentiated_structure_the_rest_goes_along():
    tree = signature(
        {"w": 1.0, "name": "a", "bias": True, "act": np.tanh, "none": None, "n": 3}, "p", differentiated=True
    )
    assert [item.value if isinstance(item, Static) else item.type for item in tree.items] == [
        FLOAT,
        "a",
        True,
        np.tanh,
        None,
        FLOAT,
    ]


@pytest.mark.parametrize("value", [np.array(["a"]), np.array([None]), np.ma.array([1.0]), np.zeros(2, "datetime64[s]")])
def test_refused_arrays(value):
    with pytest.raises(UnsupportedType, match="`w` is a"):
        signature(value, "w")


def f(w, b=1.0, *rest, rate: float = 0.5, **options):
    return w


OF = inspect.signature(f)


@pytest.mark.parametrize(
    ("argnums", "names", "several"),
    [
        (0, [("w", None)], False),
        (-1, [("b", None)], False),
        ("rate", [("rate", None)], False),
        ((0, "rate"), [("w", None), ("rate", None)], True),
        (("w",), [("w", None)], True),
        (2, [("rest", 0)], False),
        ("other", [("options", "other")], False),
        ("rest", [("rest", None)], False),
    ],
)
def test_select(argnums, names, several):
    found = select(argnums, OF, "f")
    assert [
        (one.parameter, one.key if isinstance(one.key, (int, str)) else None) for one in found.choices or ()
    ] == names
    assert found.several is several


@pytest.mark.parametrize("argnums", [5, -3, "nope", 1.5, None, True, (), (0, "w"), (0, 7)])
def test_select_refuses(argnums):
    with pytest.raises(ArgumentError, match="argnums"):
        select(argnums, inspect.signature(lambda w, b: w), "f")


def test_positions_among_leaves():
    values = {"w": (1.0, None, 2), "b": 1.0, "rest": (np.ones(2), 3), "rate": 0.5, "options": {"k": 1.0}}
    found = arguments(values, select(("b", "w", 3, "k"), OF, "f"), OF)
    assert found.wrt == (2, 0, 1, 4, 6)
    assert found.trees["rest"].items[1].kind is int and found.trees["rest"].items[1].type == FLOAT
    assert found.gradients[1].kind is tuple


def test_all_that_can_be_differentiated():
    of = inspect.signature(lambda w, X, y, n=3, *, k: w)
    values = {"w": {"a": np.ones(2)}, "X": np.ones((2, 2)), "y": np.arange(2), "n": 4, "k": 2}
    assert Selection(None, True).among(values, of.parameters) == (Choice("w"), Choice("X"), Choice("k"))
    with pytest.raises(ArgumentError, match="no argument holds"):
        Selection(None, True).among({"y": np.arange(2)}, inspect.signature(lambda y: y).parameters)


def test_declared():
    def g(a, b: int, c: bool, d: np.float32, e=None, h=(1.0, 2), *rest, **options): ...

    found = {one.name: declared(one, one.name == "b") for one in inspect.signature(g).parameters.values()}
    assert [found[name].type for name in "abcd"] == [FLOAT, FLOAT, BOOL, Scalar("float32")]
    assert found["e"].value is None and [leaf.type for leaf in leaves(found["h"])] == [FLOAT, INT]
    assert found["rest"] == Tree(tuple, (), ()) and found["options"] == Tree(dict, (), ())


def test_a_number_becomes_part_of_the_signature():
    values = {"x": np.ones((2, 3)), "p": {"axis": 1, "n": (2, 3.0)}}
    of = inspect.signature(lambda x, p: x)
    found = arguments(values, select(0, of, "f"), of)
    path = Path(Root("argument", "p"), (("item", "n"), ("item", 0)))
    made = found.with_known(path, values)
    assert made.trees["p"].items[1].items[0].value == 2 and made.wrt == (0,)
    assert made.with_known(path, values) is None
    assert found.with_known(Path(Root("argument", "x")), values) is None
    assert found.with_known(Path(Root("global", "n", {})), values) is None
    both = arguments({"x": 1.0, "p": 2}, select((0, 1), of, "f"), of)
    assert both.with_known(Path(Root("argument", "p")), {"x": 1.0, "p": 2}) is None
