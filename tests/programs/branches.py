"""`if`, `elif`, `else`, early returns, `match`, `assert`, `raise`: every mix of paths."""

import math

import numpy as np

from tests.support.table import case, program


def overwrite_in_branch(x):
    y = x
    if x > 0:
        y = x ** 2
    return y * x


def overwrite_in_both(x):
    y = x
    if x > 0:
        y = y * 2
    else:
        y = y * y
    return y * y


def defined_only_in_branches(x, y):
    if x > y:
        big, small = x, y
    else:
        big, small = y, x
    return big ** 2 - small


def elif_chain(x):
    if x < -1:
        y = -x
    elif x < 0:
        y = x ** 2
    elif x < 1:
        y = math.sin(x)
    else:
        y = math.log(x)
    return y * x


def early_return(x):
    if x < 0:
        return x ** 2
    return x ** 3


def all_return(x):
    if x < 0:
        return x ** 2
    elif x < 1:
        return x ** 3
    else:
        return x


def return_or_fall_through(x):
    y = x * 2
    if x < 0:
        y = y + 1
    elif x < 1:
        return y * y
    else:
        y = y * x
    z = y + x
    return z * y


def returns_at_three_depths(x, y):
    a = x * y
    if a > 0:
        if x > 1:
            return a * x
        a = a + y
        if y > 1:
            if a > 3:
                return a ** 2
            a = a * 3
    a = a * 2
    return a + x


def return_before_more_work(x):
    if x > 10:
        return 0.0
    y = x ** 2
    if y > 4:
        return y
    z = y * x
    if z > 1:
        return z
    return z * x


def nested(x, y):
    if x > 0:
        if y > 0:
            z = x * y
        else:
            z = x - y
    else:
        if y > 0:
            z = y / x
        else:
            z = x ** 2
    return z * x


def branch_reads_both(x, y):
    a = x * y
    b = x + y
    if a > b:
        c = a * b
        a = c
    else:
        c = a - b
        b = c
    return a * b * c


def condition_overwritten(x):
    t = x
    if t > 0:
        t = -t
        y = t * 2
    else:
        y = t * 3
    return y * t


def condition_of_array(v):
    if np.sum(v) > 0:
        return (v * v).sum()
    return v.sum()


def condition_on_shape(v):
    if v.ndim == 1:
        return (v ** 2).sum()
    elif v.shape[0] == v.shape[1]:
        return v.sum()
    return v[0, 0]


def condition_is_flag(x, square):
    if square:
        return x ** 2
    return x ** 3


def condition_on_none(x, scale):
    if scale is None:
        scale = 2.0
    return x * scale


def condition_on_string(x, kind):
    if kind == "square":
        return x ** 2
    elif kind in ("cube", "third"):
        return x ** 3
    return x


def truth_of_number(x, n):
    if n:
        x = x * n
    if x:
        x = x + 1
    if not n:
        x = x ** 2
    return x


def array_in_branch(v, t):
    if t > 0:
        w = v * t
    else:
        w = v ** 2
    return (w * v).sum()


def new_shape_in_branch(v):
    w = v
    if v[0] > 0:
        w = np.outer(v, v)
    return np.sum(w)


def scalar_or_array(v):
    if v[0] > 0:
        r = v * 2
    else:
        r = v[1]
    return np.sum(r * r)


def int_or_float(x):
    if x > 0:
        n = 2
    else:
        n = 0.5
    return x * n + n


def none_or_number(x):
    best = None
    if x > 0:
        best = x * 2
    if best is None:
        return x
    return best * x


def branch_in_one_argument_only(x, y):
    z = x
    if x > 0:
        z = y
    return z * 2


def branch_without_activity(x, n):
    if n > 3:
        k = 2
    else:
        k = 5
    return x ** k


def both_sides_equal(x):
    if x > 0:
        y = x * x
    else:
        y = x * x
    return y


def singular_side_not_taken(x):
    if x > 0:
        return math.sqrt(x)
    return 0.0 * x


def singularity_guarded_by_ternary(x):
    return math.sin(x) / x if x != 0 else 1.0


def pass_branch(x):
    if x > 0:
        pass
    else:
        x = x ** 2
    return x * 2


def empty_else_with_delete(x):
    y = x * 2
    if x > 0:
        z = y
        del y
    else:
        z = y ** 2
    return z


def asserts(x):
    assert x > 0
    y = math.log(x)
    assert y < 100, f"too large: {y}"
    return y * x


def raises(x):
    if x < 0:
        raise ValueError("negative")
    return math.sqrt(x) * x


def raises_in_else(x):
    if x > 2:
        y = x
    elif x > 0:
        y = x ** 2
    else:
        raise ValueError(f"not positive: {x}")
    return y * x


def match_number(x, n):
    match n:
        case 1:
            return x
        case 2:
            y = x ** 2
        case 3 | 4:
            y = x ** 3
        case _:
            y = -x
    return y * 2


def match_string(x, kind):
    match kind:
        case "exp":
            return math.exp(x)
        case "square" | "sq":
            return x ** 2
    return x


def match_with_capture(x, n):
    match n:
        case 0:
            y = x ** 2
        case k:
            y = x * k
    return y * x


def match_without_default(x, n):
    y = x
    match n:
        case -1:
            y = x ** 2
        case 2.5:
            y = x ** 3
    return y


def with_errstate(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.log(x)
        z = y / x
    return z * x


def import_inside(x):
    import math as m
    from math import sin, cos as cosine
    return m.exp(x) * sin(x) + cosine(x)


def huber(r, delta):
    a = abs(r)
    if a <= delta:
        return 0.5 * r ** 2
    return delta * (a - 0.5 * delta)


def leaky(x, slope):
    y = x
    if y < 0:
        y *= slope
    return y * y


def piecewise_in_sequence(x):
    total = 0.0
    if x > 0:
        total += x
    if x > 1:
        total += x ** 2
    if x > 2:
        total += x ** 3
    return total


_V = np.array([1.3, 0.7, -2.0])

def known_by_a_known_test(y, n, v):
    for x in v:
        if n == n or math.cos(1.0) < 1.0:
            if x:
                continue
        y -= 0
    return y


def loop_in_a_branch(v, c):
    """What forward keeps for backward stays in the branch that both are."""
    total = 0.0
    if c < 1.0:
        for _ in range(3):
            v = np.where(v > 3.0, v * 0.7, v)
        total = np.sum(v * v)
    return total


PROGRAMS = [
    program(loop_in_a_branch, (np.arange(6.0) + 0.2, 0.5), (np.arange(6.0), 2.0), argnums=0),
    program(known_by_a_known_test, (1.3, 2, np.array([1.3, 0.0])), argnums=0),
    program(overwrite_in_branch, (1.3,), (-1.3,), second_order=True, pair=True),
    program(overwrite_in_both, (1.3,), (-1.3,), second_order=True),
    program(defined_only_in_branches, (1.3, 0.7), (0.7, 1.3)),
    program(elif_chain, (-2.0,), (-0.5,), (0.5,), (2.0,), second_order=True),
    program(early_return, (-1.3,), (1.3,), second_order=True),
    program(all_return, (-1.3,), (0.3,), (1.3,)),
    program(return_or_fall_through, (-1.3,), (0.3,), (1.3,), second_order=True, pair=True),
    program(returns_at_three_depths, (1.3, 0.7), (0.3, 0.7), (0.9, 2.0), (0.5, 4.0), (-1.3, 0.7)),
    program(return_before_more_work, (11.0,), (3.0,), (1.5,), (0.5,)),
    program(nested, (1.3, 0.7), (1.3, -0.7), (-1.3, 0.7), (-1.3, -0.7)),
    program(branch_reads_both, (1.3, 0.7), (3.3, 2.7)),
    program(condition_overwritten, (1.3,), (-1.3,)),
    program(condition_of_array, (_V + 1,), (_V - 3,)),
    program(condition_on_shape, (_V,), (np.outer(_V, _V),), (np.outer(_V, _V)[:2],)),
    program(condition_is_flag, (1.3, True), (1.3, False), argnums=0),
    program(condition_on_none, (1.3, None), (1.3, 3.0), argnums=0),
    program(condition_on_string, (1.3, "square"), (1.3, "third"), (1.3, "other"), argnums=0),
    program(truth_of_number, (1.3, 2), (1.3, 0), argnums=0),
    program(array_in_branch, (_V, 1.5), (_V, -1.5)),
    program(new_shape_in_branch, (_V,), (-_V,)),
    program(scalar_or_array, (_V,), (-_V,)),
    program(int_or_float, (1.3,), (-1.3,)),
    program(none_or_number, (1.3,), (-1.3,)),
    program(branch_in_one_argument_only, (1.3, 0.7), (-1.3, 0.7)),
    program(branch_without_activity, (1.3, 2), (1.3, 7), argnums=0),
    program(both_sides_equal, (1.3,), (-1.3,)),
    program(singular_side_not_taken, case(0.0, gradient=0.0), (1.3,)),
    program(singularity_guarded_by_ternary, case(0.0, gradient=0.0), (1.3,)),
    program(pass_branch, (1.3,), (-1.3,)),
    program(empty_else_with_delete, (1.3,), (-1.3,)),
    program(asserts, (1.3,)),
    program(raises, (1.3,)),
    program(raises_in_else, (1.3,), (2.3,)),
    program(match_number, (1.3, 1), (1.3, 2), (1.3, 4), (1.3, 9), argnums=0),
    program(match_string, (1.3, "exp"), (1.3, "sq"), (1.3, "none"), argnums=0),
    program(match_with_capture, (1.3, 0), (1.3, 3), argnums=0),
    program(match_without_default, (1.3, -1), (1.3, 2.5), (1.3, 7), argnums=0),
    program(with_errstate, (1.3,)),
    program(import_inside, (1.3,)),
    program(huber, (0.5, 1.0), (-2.0, 1.0), (2.0, 1.0), second_order=True),
    program(leaky, (1.3, 0.1), (-1.3, 0.1)),
    program(piecewise_in_sequence, (-1.0,), (0.5,), (1.5,), (2.5,)),
]
