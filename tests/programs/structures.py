"""Parameters that are tuples, lists, dicts, NamedTuples and dataclasses, nested; keywords, defaults, stars."""

import copy
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from tests.support.table import case, program


class Layer(NamedTuple):
    weight: np.ndarray
    bias: np.ndarray


class Point(NamedTuple):
    x: float
    y: float = 2.0

    def norm(self):
        return (self.x ** 2 + self.y ** 2) ** 0.5


@dataclass
class Params:
    w: np.ndarray
    b: float

    def predict(self, v):
        return self.w @ v + self.b


@dataclass(frozen=True)
class Nested:
    first: Params
    rest: list
    table: dict = field(default_factory=dict)


def of_tuple(p):
    a, b = p
    return a * b + p[0] ** 2


def of_list(p):
    s = 0.0
    for e in p:
        s = s * 2 + e ** 2
    return s * len(p)


def of_dict(p):
    return p["a"] * np.sum(p["b"]) + p["a"] ** 2


def of_dict_items(p):
    s = 0.0
    for name, e in p.items():
        s = s + np.sum(e * e)
    return s


def of_named_tuple(layer, v):
    return np.sum(np.tanh(layer.weight @ v + layer.bias))


def of_named_tuple_unpacked(layer, v):
    w, b = layer
    return np.sum(w @ v + b) * layer[1][0]


def of_named_tuple_method(p):
    return p.norm() * p.x


def of_dataclass(p, v):
    return p.predict(v) ** 2 + p.b


def of_nested(p, v):
    y = p.first.predict(v)
    for e in p.rest:
        y = y * e
    return y * p.table["k"][0] + p.table["k"][1]


def of_nested_lists(p):
    return p[0][1][0] * p[0][0] + p[1]["x"][2] ** 2


def layers_in_list(layers, v):
    for w, b in layers:
        v = np.tanh(w @ v + b)
    return np.sum(v ** 2)


def layers_of_named_tuples(layers, v):
    for layer in layers:
        v = np.maximum(layer.weight @ v + layer.bias, 0.0)
    return np.sum(v)


def layers_in_dict(p, v):
    h = np.tanh(p["W1"] @ v + p["b1"])
    return np.sum((p["W2"] @ h + p["b2"]) ** 2)


def unused_part(p):
    return p["used"] ** 2


def makes_structures(x, y):
    p = Point(x, y=y * 2)
    q = Params(np.array([x, y]), x * y)
    r = p._replace(x=y)
    return p.norm() + q.predict(np.array([1.0, 2.0])) + r.x * r.y


def items_with_names(x, y):
    p = Point(x * 2, x * y)
    first, second = p._replace(y=x + y)
    whole, by_name = divmod(x, 0.3), dict(k=x - y)
    rest, value = whole[1], by_name["k"]
    return first * p.x + second * p.y + rest * whole[1] + value * by_name["k"] + _twice(x / y)


def _twice(*items):
    (item,) = items
    return item * items[0]


def items_of_the_last_of_many(x, n):
    pairs = [(x * k, x + k) for k in range(n)]
    last = pairs[-1]
    a = last[0]
    return a * last[0] + last[1]


def items_of_a_changed_one(x, y):
    p, times = Params(np.array([x, y]), x * y), partial(lambda a, b: a * b, x + y)
    b, p.w[0] = p.b, 3.0
    p.b = b * p.b + y
    b = p.b
    items = [x]
    items.insert(0, b * y)
    first = items[0]
    return b * p.b * times(x) + times(2.0) * first * items[0] + np.sum(p.w)


def default_of_field(x):
    p = Point(x)
    return p.x * p.y


def mixed_with_static(x, options):
    return x ** 2 * options["scale"] if options["mode"] == "scaled" else x


def integers_in_structures(x, options):
    y = x
    for i in range(options["steps"]):
        y = y * x
    return y * options["shape"][1]


def keywords(x, y=2.0, *, scale=1.5, offset):
    return x * y * scale + offset ** 2


def defaults(x, power=3, kind=None):
    return x ** power if kind is None else x


def default_that_is_active(x, y=2.0):
    return x * y ** 2


def positional_only(x, y, /, z):
    return x * y * z


def star_arguments(x, *rest):
    s = x
    for e in rest:
        s = s * e + x
    return s * len(rest)


def star_keywords(x, **named):
    s = x
    for key, value in named.items():
        s = s * value
    return s + named["b"]


_RNG = np.random.default_rng(13)
V = np.array([1.3, 0.7, -2.0])
W = _RNG.standard_normal((3, 3))
B = _RNG.standard_normal(3)

@dataclass(frozen=True)
class State:
    at: Point
    v: np.ndarray
    energy: float = 0.5


def functions_of_dataclasses(state, dt):
    for _ in range(3):
        state = replace(state, at=state.at._replace(x=state.at.x + dt * state.v[0]), v=state.v * (1 - dt))
    entries = asdict(state)
    at, v, energy = astuple(state)
    entries["v"][0] = 3.0
    v[1] = 2.0
    numbers = sum(getattr(state.at, name) ** 2 for name in ("x", "y")) * len(fields(state))
    return at[0] * energy * np.sum(state.v * entries["v"] * v) + numbers


def copies_of_structures(v, x):
    s = {"a": v * x, "b": [x, [x * 2]]}
    deep, flat = copy.deepcopy(s), copy.copy(s)
    deep["a"][0] = 5.0
    flat["a"][1] = x
    deep["b"][1].append(3.0)
    flat["b"].append(x * x)
    w = copy.copy(s["a"])
    w *= 2
    return np.sum(s["a"] * deep["a"] * w) + s["b"][2] + deep["b"][1][1] * deep["b"][0]


PROGRAMS = [
    program(of_tuple, ((1.3, 0.7),), pair=True),
    program(of_list, ([1.3, 0.7, 2.0],), ([1.3],)),
    program(of_dict, ({"a": 1.3, "b": V},), ({"b": V, "a": np.float64(1.3)},), pair=True),
    program(of_dict_items, ({"a": 1.3, "b": V, "c": W},)),
    program(of_named_tuple, (Layer(W, B), V), pair=True),
    program(of_named_tuple_unpacked, (Layer(W, B), V)),
    program(of_named_tuple_method, (Point(1.3, 0.7),)),
    program(of_dataclass, (Params(B, 1.3), V), pair=True),
    program(of_nested, (Nested(Params(B, 1.3), [0.7, 2.0], {"k": (1.1, 0.9)}), V)),
    program(of_nested_lists, (([1.3, (0.7,)], {"x": V}),)),
    program(layers_in_list, ([(W, B), (W.T, -B)], V)),
    program(layers_of_named_tuples, ((Layer(W, B), Layer(W.T, B)), V)),
    program(layers_in_dict, ({"W1": W, "b1": B, "W2": W[:2], "b2": B[:2]}, V)),
    program(unused_part, case({"used": 1.3, "not": V}, gradient=({"used": 2.6, "not": np.zeros(3)},))),
    program(makes_structures, (1.3, 0.7)),
    program(items_with_names, (1.3, 0.7)),
    program(items_of_the_last_of_many, (1.3, 3)),
    program(items_of_a_changed_one, (1.3, 0.7)),
    program(default_of_field, (1.3,)),
    program(mixed_with_static, (1.3, {"mode": "scaled", "scale": 2.0}), argnums=0),
    program(integers_in_structures, (1.3, {"steps": 3, "shape": (2, 5)}), argnums=0),
    program(keywords, case(1.3, offset=0.7), case(1.3, 0.5, offset=0.7, scale=3.0), case(y=1.3, x=0.5, offset=0.1)),
    program(defaults, (1.3,), (1.3, 2), case(1.3, kind=None, power=4), argnums=0),
    program(default_that_is_active, (1.3,), (1.3, 0.7), argnums=("x", "y")),
    program(positional_only, (1.3, 0.7, 2.0), case(1.3, 0.7, z=2.0)),
    program(star_arguments, (1.3, 0.7, 2.0), (1.3,), argnums=0),
    program(star_keywords, case(1.3, a=0.7, b=2.0), argnums=0),
    program(functions_of_dataclasses, (State(Point(1.0, 2.0), V), 0.7)),
    program(copies_of_structures, (V, 0.7)),
]
