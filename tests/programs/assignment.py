"""Assignment in all its forms, and names that are overwritten, swapped, deleted and shadowed."""

import math

import numpy as np

from tests.support.table import case, program


def overwritten(x):
    y = x ** 2
    y = y * x
    y = y + math.sin(y)
    return y


def overwritten_parameter(x):
    x = x * 2
    x = x * x
    return x


def overwritten_after_use(x):
    y = x ** 2
    z = y * x
    y = 5.0
    return z * y


def overwritten_with_constant(x, y):
    y = 3.0
    return x * y


def swap(x, y):
    x, y = y, x
    return x ** 2 - y


def rotate(x, y, z):
    x, y, z = y, z, x
    x, y, z = y, z, x
    return x * 100 + y * 10 + z ** 2


def several_targets(x):
    a = b = x ** 2
    a = a + 1
    return a * b


def chained_with_unpacking(x, y):
    p = (a, b) = (x * y, x)
    return p[0] * a + b


def nested_unpacking(x, y):
    (a, (b, c)), d = (x, (y, x * y)), x + y
    return a * b + c * d


def list_unpacking(x, y):
    [a, b] = [x * y, x - y]
    return a / b


def starred_unpacking(x, y):
    first, *rest = x, y, x * y
    *front, last = rest
    return first * last + front[0] + len(rest)


NODES = np.array([[0.0, 0.0], [1.0, 0.5], [0.5, 1.0]])


def array_items_spread(v, m):
    """How many items there are is taken from the arrays at hand."""
    w, *rest = v / np.linalg.norm(v)
    xs, ys, _ = zip(*m)
    *_, last = NODES
    return np.hypot(*(NODES[1] - last)) * w * rest[0] ** 2 + rest[-1] * sum(xs) * ys[-1]


def starred_rest_of_any_length(v):
    first, *rest, last = np.sin(v)
    *rows, end = v.reshape(-1, 2)
    squares = [x * x for x in rest]
    one, *others = squares
    return first * last * sum(rest) + one * others[-1] + np.sum(end) * sum(np.prod(row) for row in rows)


def unpacking_an_array(v):
    a, b, c = v
    return a * b - c ** 2


def unpacking_rows(m):
    first, second = m
    return (first * second).sum()


def annotated(x: float) -> float:
    y: float = x ** 2
    z: "float"
    z = y + 1
    return z * y


def augmented_scalars(x, y):
    s = x
    s += y
    s -= x * y
    s *= y
    s /= x
    s **= 2
    return s


def augmented_floor_and_mod(x, y):
    a = x * 3
    a //= y
    b = x * 5
    b %= y
    return a + b * x


def augmented_of_itself(x):
    x += x
    x *= x
    x -= x / 2
    return x


def augmented_array_name(v):
    w = v * 2
    w += v
    w *= w
    w -= 1.0
    w /= v
    return w.sum()


def augmented_array_with_scalar(v, s):
    w = v * 1.0
    w += s
    w *= s
    return w.sum()


def augmented_tuple(x, y):
    t = (x,)
    t += (y, x * y)
    return t[0] + t[1] * t[2]


def deleted(x):
    y = x ** 2
    z = y * x
    del y
    y = z + 1
    return y * z


def deleted_several(x, y):
    a, b = x * y, x + y
    c = a * b
    del a, b
    return c


def alias(x):
    y = x
    z = y
    y = y * 2
    return x + y * z


def alias_of_array(v):
    w = v
    u = w * w
    w = u + v
    return (w * v).sum()


def changes_shape(v):
    y = v.sum()
    y = y * v
    y = y @ v
    return y


def changes_type(x):
    n = 2
    n = n * x
    n = [n, x]
    n = n[0] + n[1]
    return n * x


def changes_from_tuple_to_scalar(x, y):
    r = (x, y)
    r = r[0] * r[1]
    return r ** 2


def shadowed_builtin(x):
    sum = x * 2
    max = sum + 1
    len = 3
    return sum * max + len


def shadowed_module(x):
    math = x + 1
    return math * x


def names_of_adjoints(x, y):
    dx = x * y
    dy = dx + y
    df = dx * dy
    f = df + x
    return f


def names_of_the_writer(x, np, cache):
    upstream = x * np
    cache = cache + upstream
    numba = cache * x
    return numba * np


def names_with_underscores(x, _x, __x):
    _ = x * _x
    __ = _ + __x
    return __ * _


def name_is_own_function(x):
    name_is_own_function = x * 2
    return name_is_own_function * x


def primed_names(x, dx, ddx, x_, x1, x_1):
    dx_ = x * dx
    return dx_ * ddx + x_ * x1 * x_1


def keywords_almost(x):
    lambda_ = x * 2
    class_ = lambda_ + x
    return class_ * lambda_


def unicode_names(α, β):
    γ = α * β
    Δx = γ ** 2 + α
    return Δx * β


def parameter_called_self(self, y):
    return self * y + self


def first_parameter_df(df, dfd):
    return df * dfd + df ** 2


def many_uses(x):
    a = x * 2
    return a + a * a + a * a * a + math.sin(a) * a


def many_stages(x):
    a = x + 1
    b = a * 2
    c = b - x
    d = c * b
    e = d / a
    g = e ** 2
    h = g + d
    i = h * c
    j = i - e
    return j / h


def statement_with_semicolons(x):
    a = x * 2; b = a + x; c = a * b
    return c


def pass_and_docstring(x):
    """A docstring is not a statement of the program."""
    pass
    "nor is this string"
    ...
    return x * 3


def expression_statement(x):
    x * 2
    x > 3
    return x


def long_line(x, y):
    return (
        x * y  # a comment inside
        + x ** 2
        - y
        / (
            x + 1
        )
    )


_V = np.array([1.3, 0.7, -2.0])
_M = np.array([[1.3, 0.7, -2.0], [0.4, 1.1, 0.9]])

PROGRAMS = [
    program(overwritten, (1.3,), pair=True),
    program(overwritten_parameter, (1.3,), second_order=True),
    program(overwritten_after_use, (1.3,)),
    program(overwritten_with_constant, case(1.3, 0.7, gradient=(3.0, 0.0))),
    program(swap, (1.3, 0.7)),
    program(rotate, (1.3, 0.7, -2.0)),
    program(several_targets, (1.3,)),
    program(chained_with_unpacking, (1.3, 0.7)),
    program(nested_unpacking, (1.3, 0.7)),
    program(list_unpacking, (1.3, 0.7)),
    program(starred_unpacking, (1.3, 0.7)),
    program(array_items_spread, (_V, _M), (np.array([0.3, 0.8, -0.6, 1.1]), _M)),
    program(starred_rest_of_any_length, (np.linspace(0.1, 2.0, 18),)),
    program(unpacking_an_array, (_V,)),
    program(unpacking_rows, (_M,)),
    program(annotated, (1.3,)),
    program(augmented_scalars, (1.3, 0.7), second_order=True),
    program(augmented_floor_and_mod, (1.3, 0.7)),
    program(augmented_of_itself, (1.3,)),
    program(augmented_array_name, (_V,), pair=True),
    program(augmented_array_with_scalar, (_V, 1.5)),
    program(augmented_tuple, (1.3, 0.7)),
    program(deleted, (1.3,)),
    program(deleted_several, (1.3, 0.7)),
    program(alias, (1.3,)),
    program(alias_of_array, (_V,)),
    program(changes_shape, (_V,)),
    program(changes_type, (1.3,)),
    program(changes_from_tuple_to_scalar, (1.3, 0.7)),
    program(shadowed_builtin, (1.3,)),
    program(shadowed_module, (1.3,)),
    program(names_of_adjoints, (1.3, 0.7), second_order=True, pair=True),
    program(names_of_the_writer, (1.3, 0.7, -2.0), pair=True),
    program(names_with_underscores, (1.3, 0.7, -2.0)),
    program(name_is_own_function, (1.3,), pair=True),
    program(primed_names, (1.3, 0.7, -2.0, 0.5, 3.0, 1.1), second_order=True),
    program(keywords_almost, (1.3,)),
    program(unicode_names, (1.3, 0.7), pair=True),
    program(parameter_called_self, (1.3, 0.7)),
    program(first_parameter_df, (1.3, 0.7), pair=True),
    program(many_uses, (1.3,)),
    program(many_stages, (1.3,), second_order=True),
    program(statement_with_semicolons, (1.3,)),
    program(pass_and_docstring, (1.3,)),
    program(expression_statement, (1.3,)),
    program(long_line, (1.3, 0.7)),
]
