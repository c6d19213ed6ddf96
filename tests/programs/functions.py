"""Calls to the user's own functions, lambdas, nested definitions, closures, partial, objects, recursion."""

import functools
import math
import operator
from functools import partial

import numpy as np

import gradgen
from tests.programs import helpers
from tests.programs.helpers import Line, cube as third_power, softplus
from tests.support.table import case, program

SCALE = 2.5
WEIGHTS = np.array([0.5, -1.0, 2.0, 0.3])
CONFIG = {"rate": 0.1, "powers": (2, 3)}


def _square(x):
    return x * x


def _affine(x, a=2.0, b=1.0):
    return a * x + b


def _sum_and_product(x, y):
    s = x + y
    p = x * y
    return s, p


def _absolute(x):
    if x < 0:
        return -x
    return x


def _power(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
    return y


def _first_above(v, limit):
    for i in range(len(v)):
        if v[i] > limit:
            return v[i] * 2
    return v[0]


def calls_helper(x):
    return _square(x) + _square(x + 1)


def calls_with_keywords(x, y):
    return _affine(x) + _affine(x, 3.0) + _affine(b=y, x=x) + _affine(x, a=y)


def calls_for_several(x, y):
    s, p = _sum_and_product(x, y)
    pair = _sum_and_product(s, p)
    return s * p + pair[0] * pair[-1]


def calls_with_branch(x):
    return _absolute(x) * x + _absolute(x - 5)


def calls_with_loop(x, n):
    return _power(x, 3) + _power(x, n)


def calls_with_return_in_loop(v):
    return _first_above(v, 1.0) * _first_above(v, 100.0)


def calls_in_loop(x):
    for i in range(4):
        x = _affine(_square(x) * 0.1, b=i)
    return x


def calls_of_calls(x):
    return _square(_square(_affine(x)))


def names_do_not_mix(x, y):
    s = x * 3
    p, q = _sum_and_product(y, s)
    return s + p * q


def _changes_its_parameter(x):
    x = x * 2
    x = x + 1
    return x


def parameter_of_helper_changes(x):
    y = _changes_its_parameter(x)
    return x * y


def _branch_on_static(x, kind="square"):
    if kind == "square":
        return x ** 2
    return x ** 3


def helper_with_static(x):
    return _branch_on_static(x) + _branch_on_static(x, kind="cube")


def _returns_dict(x):
    return {"double": 2 * x, "square": x ** 2}


def helper_returns_dict(x):
    d = _returns_dict(x)
    return d["double"] * d["square"]


def _appends(ys, x):
    ys.append(x)


def helper_changes_list(x):
    ys = [x]
    _appends(ys, x ** 2)
    _appends(ys, ys[1] * x)
    return ys[2] + ys[1]


def _returns_nothing(x):
    y = x * 2


def helper_without_result(x):
    r = _returns_nothing(x)
    return x if r is None else 0.0


def other_module(x):
    return helpers.cube(x) + third_power(x) * softplus(x)


def other_module_with_global(x):
    return helpers.scaled(x) * x


def other_module_calls_on(x):
    return helpers.twice_cubed(x)


def module_function_on_array(v):
    return helpers.normalised(v)[0]


def lambdas(x, y):
    f = lambda a: a * a
    g = lambda a, b=2.0: f(a) * b + x
    return g(x) + g(y, b=y) + (lambda: x * y)()


def lambda_with_rebound_closure(x):
    k = 2.0
    f = lambda a: a * k
    k = 3.0
    return f(x)


def nested_definition(x, y):
    def inner(a):
        b = a * y
        return b + x

    return inner(x) * inner(2.0)


def nested_definition_twice(x):
    def outer(a):
        def inner(b):
            return a * b * x

        return inner(a + 1)

    return outer(x)


def nested_with_default(x):
    scale = x * 2

    def inner(a, s=scale):
        return a * s

    scale = 100.0
    return inner(x)


def nested_definition_in_loop(x):
    total = 0.0
    for i in range(3):

        def step(a):
            return a * i + x

        total = step(total)
    return total


def nested_with_star(x, y):
    def add(*parts, **named):
        total = 0.0
        for part in parts:
            total = total * 2 + part
        for key, value in named.items():
            total = total * value
        return total

    args = (x, y)
    options = {"b": x}
    return add(x, y, x * y) + add(*args, **options) + add() + add(y, a=x)


def function_as_argument(x):
    def apply(f, a):
        return f(a)

    return apply(_square, x) + apply(math.sin, x) + apply(lambda a: a * 3, x)


def functions_in_a_tuple(x):
    for f in (math.sin, _square, np.exp):
        x = f(x) * 0.5
    return x


def functions_in_a_dict(x, kind):
    table = {"sin": math.sin, "square": _square}
    return table[kind](x)


def function_returned(x):
    def make(k):
        return lambda a: a ** k

    return make(2)(x) + make(3)(x)


def composed(x):
    def compose(f, g):
        return lambda a: f(g(a))

    return compose(math.exp, math.sin)(x)


def partials(x, y):
    f = partial(_affine, a=y)
    g = functools.partial(_sum_and_product, x)
    return f(x) + g(y)[1] + partial(math.pow, x)(2.0)


def mapped(x, y):
    return sum(map(_square, (x, y))) + sum(list(map(lambda a, b: a * b, [x, y], [y, 2.0])))


def reduced(x, y):
    return functools.reduce(lambda a, b: a * b + 1, (x, y, 2.0)) + functools.reduce(operator.mul, [x, y], 3.0)


def operator_module(x, y):
    return operator.add(x, operator.mul(x, y)) - operator.truediv(y, x) + operator.neg(x)


def recursion(x, n):
    if n == 0:
        return 1.0
    return x * recursion(x, n - 1)


def _horner(c, x, i):
    if i == len(c):
        return 0.0
    return c[i] + x * _horner(c, x, i + 1)


def recursive_helper(c, x):
    return _horner(c, x, 0)


def _continued_fraction(x, depth):
    if depth == 0:
        return x
    return x / (1.0 + _continued_fraction(x * 0.5, depth - 1))


def data_dependent_recursion(x):
    if x > 10.0:
        return x
    return data_dependent_recursion(x * 1.7) * 1.1


def _sum_of_powers(x, base, n):
    if n <= 0:
        return 1.0
    return x + _sum_of_powers(base * x, base, n - 1)


def recursion_of_ints_then_of_floats(x, n):
    return _sum_of_powers(2, 3, n) * _sum_of_powers(x, 1, n) * _sum_of_powers(1, x * x, n)


def _through_a_lambda(x):
    y = (lambda z: z * x)(2.0)
    return y * x


def helper_with_a_lambda_in_a_comprehension(x, n):
    return sum([_through_a_lambda(x * i) for i in range(n)])


def static_recursion(x):
    return _continued_fraction(x, 3)


def global_scalar(x):
    return x * SCALE + SCALE ** 2


def global_array(v):
    return (v * WEIGHTS).sum()


def global_dict(x):
    for p in CONFIG["powers"]:
        x = x ** p * CONFIG["rate"]
    return x


def module_attribute(x):
    return x * math.pi + np.e * math.tau * x ** 2 + helpers.FACTOR * x


def method_call(x):
    line = LINE
    return line.at(x) + LINE.slope * x


LINE = Line(2.0, -1.0)


def make_closure(scale, offsets):
    def closed(x):
        return (x * scale + offsets).sum()

    return closed


def make_nested_closure(scale):
    def helper(x):
        return x * scale

    def closed(x):
        return helper(helper(x)) * x

    return closed


def objects_as_parameters(x, line):
    return line.at(x) * x


class Model:
    """Holds what a fitted model holds."""

    kind = "quadratic"

    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias
        self.scale = 2.0

    def predict(self, v):
        return self._raw(v) * self.scale + self.bias

    def _raw(self, v):
        return v @ self.weights

    def loss(self, v):
        if self.kind == "quadratic":
            return (self.predict(v) - 1.0) ** 2
        return self.predict(v)

    @property
    def double(self):
        return self.scale * 2

    @staticmethod
    def squared(x):
        return x * x

    @classmethod
    def named(cls, x):
        return x if cls.kind == "quadratic" else x * 2

    def uses_the_rest(self, v):
        return self.squared(v[0]) * self.double + self.named(v[1])

    def __call__(self, v):
        return self.predict(v) ** 2


MODEL = Model(WEIGHTS, 0.5)


def uses_model(v):
    return MODEL.predict(v) * MODEL(v)


@gradgen.grad
def decorated(x):
    return x ** 3


@gradgen.value_and_grad(argnums=(0, 1))
def decorated_with_options(x, y):
    return x ** 2 * y


def calls_decorated(x):
    """A decorated function is called for its gradient."""
    return decorated(x) * x


def calls_primal_of_decorated(x):
    return decorated.primal(x) * x


def calls_value_and_grad(x, y):
    value, (dx, dy) = decorated_with_options(x, y)
    return value * dx + dy


def grad_inside(x, y):
    inner = gradgen.grad(lambda a: a ** 2 * y)
    return inner(x) * x


_V = np.array([1.3, 0.7, -2.0, 0.4])

def recursion_in_a_loop(v, n):
    def damped(a, k):
        return a if k <= 0 else 0.5 * damped(math.sin(a), k - 1)

    s = 0.0
    for i in range(n):
        s += damped(v[i], i)
    return s


def assigns_around_it(x, n):
    """A test that assigns, and what it assigns is carried by the loop around."""
    total, calls = x, 0

    def more():
        nonlocal total, calls
        calls += 1
        if total > 2:
            total = total / 3
        total = total * 1.5
        return calls < n

    while more():
        total += x * x
    return total * calls


def two_counters(v):
    def counter(start):
        total = start

        def add(x):
            nonlocal total
            total = total * x + start
            return total

        return add

    f, g = counter(v[0]), counter(0.5)
    s = 0.0
    for x in v:
        s += f(x) * g(x * 2)
        if x > 0:
            f(x)
    return s * g(1.0) + sum(f(x) for x in v)


def newton_with_powers(y, n):
    """Newton's iteration that raises to a power that is an argument, and ends early."""
    x = 1.0
    for _ in range(50):
        step = (x ** n + x - y) / (n * x ** (n - 1) + 1.0)
        x -= step
        if abs(step) < 1e-12:
            break
    return x


PROGRAMS = [
    program(calls_helper, (1.3,), second_order=True, pair=True),
    program(calls_with_keywords, (1.3, 0.7)),
    program(calls_for_several, (1.3, 0.7)),
    program(calls_with_branch, (1.3,), (-1.3,), second_order=True),
    program(calls_with_loop, (1.3, 4), (1.3, 0), argnums=0),
    program(calls_with_return_in_loop, (_V,), (-_V,)),
    program(calls_in_loop, (1.3,)),
    program(calls_of_calls, (1.3,)),
    program(names_do_not_mix, (1.3, 0.7)),
    program(parameter_of_helper_changes, (1.3,)),
    program(helper_with_static, (1.3,)),
    program(helper_returns_dict, (1.3,)),
    program(helper_changes_list, (1.3,)),
    program(helper_without_result, (1.3,)),
    program(other_module, (1.3,)),
    program(other_module_with_global, (1.3,)),
    program(other_module_calls_on, (1.3,)),
    program(module_function_on_array, (_V,)),
    program(lambdas, (1.3, 0.7)),
    program(lambda_with_rebound_closure, case(1.3, gradient=3.0)),
    program(nested_definition, (1.3, 0.7)),
    program(nested_definition_twice, (1.3,)),
    program(nested_with_default, (1.3,)),
    program(nested_definition_in_loop, (1.3,)),
    program(nested_with_star, (1.3, 0.7)),
    program(function_as_argument, (1.3,)),
    program(functions_in_a_tuple, (1.3,)),
    program(functions_in_a_dict, (1.3, "sin"), (1.3, "square"), argnums=0),
    program(function_returned, (1.3,)),
    program(composed, (1.3,)),
    program(partials, (1.3, 0.7)),
    program(assigns_around_it, (1.3, 5), (1.3, 1), argnums=0),
    program(two_counters, (_V,)),
    program(newton_with_powers, (1.3, 2), (1.3, 3), argnums=0),
    program(mapped, (1.3, 0.7)),
    program(reduced, (1.3, 0.7)),
    program(operator_module, (1.3, 0.7)),
    program(recursion, (1.3, 3), (1.3, 0), argnums=0, python_only="recurs|calls itself"),
    program(recursive_helper, (_V, 1.3), python_only="recurs|calls itself"),
    program(data_dependent_recursion, (1.3,), (11.0,), python_only="recurs|calls itself"),
    program(recursion_in_a_loop, (_V, 3), argnums=0, python_only="recurs|calls itself"),
    program(recursion_of_ints_then_of_floats, (1.3, 3), (0.4, 1), argnums=0, python_only="recurs|calls itself"),
    program(helper_with_a_lambda_in_a_comprehension, (1.3, 3), (1.3, 0), argnums=0),
    program(static_recursion, (1.3,)),
    program(global_scalar, (1.3,)),
    program(global_array, (_V,)),
    program(global_dict, (1.3,)),
    program(module_attribute, (1.3,)),
    program(method_call, (1.3,)),
    program(make_closure(2.0, WEIGHTS), (_V,)),
    program(make_closure(3.0, 1.5), (_V,)),
    program(make_nested_closure(1.5), (1.3,)),
    program(objects_as_parameters, (1.3, LINE), argnums=0),
    program(MODEL.loss, (_V,)),
    program(MODEL.uses_the_rest, (_V,)),
    program(MODEL, (_V,)),
    program(uses_model, (_V,), pair=True),
    program(partial(_affine, a=3.0), (1.3,), argnums="x"),
    program(lambda x: x ** 2 * 3, (1.3,)),
    program(calls_decorated, case(1.3, gradient=9 * 1.3 ** 2)),
    program(calls_primal_of_decorated, case(1.3, gradient=4 * 1.3 ** 3)),
    program(calls_value_and_grad, (1.3, 0.7)),
    program(grad_inside, case(1.3, 0.7, gradient=(4 * 1.3 * 0.7, 2 * 1.3 ** 2))),
]
