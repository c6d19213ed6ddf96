"""`while`: data-dependent trips, Newton iterations, `while True`, break, continue, else, return."""

import math

import numpy as np

from tests.support.table import case, program


def doubles(x):
    while x < 10:
        x = x * 2
    return x


def counts(x, n):
    y = x
    i = 0
    while i < n:
        y = y * x + i
        i += 1
    return y * i


def newton_square_root(a):
    x = a
    while abs(x * x - a) > 1e-13:
        x = 0.5 * (x + a / x)
    return x


def newton_for_an_equation(a, b):
    x = 1.0
    for _ in range(50):
        step = (math.exp(x) - a * x - b) / (math.exp(x) - a)
        x = x - step
        if abs(step) < 1e-14:
            break
    return x


def forever_with_break(x):
    y = x
    while True:
        y = y * 1.5
        if y > 20:
            break
    return y


def forever_with_return(x):
    while True:
        x = x ** 2 + 0.5
        if x > 10:
            return x * 2


def forever_with_break_in_the_middle(x):
    n = 0
    while True:
        y = x * n
        if y > 4:
            break
        n += 1
        x = x + 0.1 * y
    return x * y + n


def with_continue(x):
    i = 0
    s = 0.0
    while i < 6:
        i += 1
        if i % 2:
            continue
        s = s * x + i
    return s


def with_else(x, limit):
    n = 0
    while n < 4:
        x = x * 1.5
        if x > limit:
            break
        n += 1
    else:
        x = x ** 2
    return x


def nested_while(x):
    s = 0.0
    i = 0
    while i < 3:
        j = 0
        while j < i:
            s = s * x + j
            j += 1
        s += x
        i += 1
    return s


def while_in_for(v):
    s = 0.0
    for e in v:
        while e < 3:
            e = e * 1.7
        s += e
    return s


def for_in_while(x):
    y = x
    while y < 50:
        for i in range(3):
            y = y + x * i
    return y


def zero_trips(x):
    while x < 0:
        x = x * 2
    return x * 3


def compound_condition(x, y):
    n = 0
    while x < 10 and y > 0.1 and n < 50:
        x, y = x + y, y * 0.7
        n += 1
    return x * y


def condition_with_call(v):
    while np.sum(v * v) > 0.5:
        v = v * 0.7
    return v.sum()


def halving(x, n):
    while n:
        x = x * 0.5 + n
        n //= 2
    return x


def power_by_squaring(x, n):
    result = 1.0
    base = x
    while n > 0:
        if n % 2 == 1:
            result = result * base
        base = base * base
        n = n // 2
    return result


def bisection(a):
    low, high = 0.0, 4.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        if middle ** 3 > 5.0:
            high = middle
        else:
            low = middle
    return a * low


def fixed_point(w, b):
    x = np.zeros(b.shape[0])
    change = 1.0
    while change > 1e-14:
        new = np.tanh(w @ x + b)
        change = np.max(np.abs(new - x))
        x = new
    return x.sum()


def time_until(v, g):
    t = 0.0
    h = 10.0
    while h > 0:
        v = v + g * 0.1
        h = h - v * 0.1
        t += 0.1
    return h + t * v


def returns_from_while_in_for(v, limit):
    s = 0.0
    for i in range(len(v)):
        while s < v[i]:
            s = s + 0.3 * v[i]
            if s > limit:
                return s ** 2
        s *= 0.5
    return s


def geometric_series(r):
    term = 1.0
    total = 0.0
    while term > 1e-17:
        total += term
        term *= r
    return total


_V = np.array([1.3, 0.7, 2.0])
_RNG = np.random.default_rng(8)

def _early(x):
    for i in range(3):
        if x * i > 0.7:
            return x * 0.9
    return x - 1.0


def else_after_a_test_that_branches(x, n):
    kept = [(x, x * x), (1.0, x)]
    k = 0
    while k < n and (_early(x) if x > 0.1 else x) > 0.2:
        k += 1
        x = x * 0.8
        if x < 0.3:
            break
    else:
        x = x * kept[0][1]
    return x * kept[1][1]


PROGRAMS = [
    program(else_after_a_test_that_branches, (1.3, 2), (1.3, 9), (-1.3, 2), (0.37, 3), argnums=0),
    program(doubles, (1.3,), (20.0,), second_order=True, pair=True),
    program(counts, (1.3, 3), (1.3, 0), argnums=0),
    program(newton_square_root, case(2.0, value=math.sqrt(2), gradient=0.5 / math.sqrt(2)), (9.5,)),
    program(newton_for_an_equation, (1.5, 2.0), pair=True),
    program(forever_with_break, (1.3,), second_order=True),
    program(forever_with_return, (1.3,), pair=True),
    program(forever_with_break_in_the_middle, (1.3,)),
    program(with_continue, (1.3,)),
    program(with_else, (1.3, 3.0), (1.3, 100.0)),
    program(nested_while, (1.3,)),
    program(while_in_for, (_V,)),
    program(for_in_while, (1.3,)),
    program(zero_trips, (1.3,)),
    program(compound_condition, (1.3, 0.7)),
    program(condition_with_call, (_V,)),
    program(halving, (1.3, 5), (1.3, 0), argnums=0),
    program(power_by_squaring, (1.1, 10), (1.1, 0), argnums=0, second_order=True),
    program(bisection, (1.3,)),
    program(fixed_point, (_RNG.standard_normal((3, 3)) * 0.3, _V)),
    program(time_until, (0.0, 9.8)),
    program(returns_from_while_in_for, (_V, 1.5), (_V, 100.0), argnums=0),
    program(geometric_series, case(0.5, gradient=4.0)),
]
