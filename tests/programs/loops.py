"""`for`: over ranges, arrays, static structures; zero trips; what is carried; break, continue, else, return."""

import math

import numpy as np

from tests.support.table import case, program


def constant_range(x):
    y = 1.0
    for i in range(5):
        y = y * x + i
    return y


def run_time_range(x, n):
    y = 1.0
    for i in range(n):
        y = y * x
    return y


def range_with_start(x, a, b):
    y = x
    for i in range(a, b):
        y = y + x ** i
    return y


def range_with_step(x, a, b, s):
    y = 0.0
    for i in range(a, b, s):
        y += i * x ** 2
    return y


def negative_step(x):
    y = x
    for i in range(5, 0, -1):
        y = y * x + i
    return y


def negative_step_to_minus_one(v):
    y = 0.0
    for i in range(len(v) - 1, -1, -1):
        y = y * 0.5 + v[i] ** 2
    return y


def index_read_in_loop(v):
    s = 0.0
    for i in range(len(v)):
        s += v[i] * v[i - 1]
    return s


def index_of_two(m):
    s = 0.0
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            s += m[i, j] ** 2 * (i + 1) - m[i][j] * j
    return s


def loop_variable_after(x, n):
    i = -1
    for i in range(n):
        x = x * 1.5
    return x * i


def loop_variable_overwritten(x):
    y = 0.0
    for i in range(4):
        i = i * x
        y += i * i
    return y + i


def loop_variable_rebound_after(x):
    for i in range(3):
        x = x * 2
    i = x ** 2
    return i * x


def bounds_changed_inside(x, n):
    for i in range(n):
        n = n + 10
        x = x + n * 0.01 * x
    return x * n


def carried_integer(x):
    k = 0
    y = x
    for i in range(6):
        if i % 2 == 0:
            k += 1
        y = y * x + k
    return y * k


def carried_several(x):
    a, b = 0.0, x
    for i in range(6):
        a, b = b, a + b * x
    return a * b


def swap_in_loop(x, y):
    for i in range(5):
        x, y = y, x * 0.5 + y * x
    return x + y


def rotation_in_loop(a, b, c, n):
    for i in range(n):
        a, b, c = b, c, a * b
    return a + 2 * b + 3 * c


def unrelated_inside(x):
    y = x
    for i in range(3):
        t = x ** 2
        y = y + t * i
    return y * t


def defined_in_loop_used_after(x):
    for i in range(3):
        y = x * i
        x = x + y
    return x * y


def first_iteration_differs(x):
    y = 0
    for i in range(4):
        y = y + x * i
    return y * x


def overwritten_in_loop(x):
    y = x
    for i in range(4):
        z = y * y
        y = math.sin(z)
        z = z + y
        y = y + 0.1 * z
    return y


def nested_loops(x):
    total = 0.0
    for i in range(3):
        inner = x
        for j in range(i):
            inner = inner * x + j
        total += inner
    return total


def triangular(m):
    s = 0.0
    for i in range(m.shape[0]):
        for j in range(i, m.shape[1]):
            s = s * 0.9 + m[i, j]
    return s


def nested_carried_through(x):
    y = x
    for i in range(3):
        for j in range(2):
            y = y * 1.1 + x * j
        y = y ** 1.2
    return y


def three_deep(x):
    s = 0.0
    for i in range(2):
        for j in range(2):
            for k in range(2):
                s = s * x + i + j * k
    return s


def two_loops_in_sequence(x):
    y = x
    for i in range(3):
        y = y * x
    z = y
    for i in range(2):
        z = z * y + x
    return z


def branch_in_loop(v):
    s = 0.0
    for i in range(len(v)):
        if v[i] > 0:
            s += v[i] ** 2
        else:
            s -= v[i]
    return s


def branch_on_carried(x):
    y = x
    for i in range(8):
        if y > 2:
            y = y / 2
        else:
            y = y * y + 0.3
    return y


def branch_assigns_some(x):
    y, z = x, 1.0
    for i in range(5):
        if i % 2:
            y = y * 1.5
        else:
            z = z * y
    return y * z


def breaks(x, limit):
    y = x
    for i in range(100):
        if y > limit:
            break
        y = y * 1.5
    return y * i


def breaks_at_once(x):
    for i in range(10):
        if x > 0:
            break
        x = x * 2
    return x


def breaks_after_work(x):
    y = 0.0
    for i in range(10):
        y += x ** i
        if i == 3:
            z = y * 2
            break
        y = y * 0.5
    return y * z


def continues(x):
    y = 0.0
    for i in range(7):
        if i % 3 == 0:
            continue
        y = y * x + i
    return y


def break_and_continue(v):
    s = 0.0
    for i in range(len(v)):
        if v[i] < 0:
            continue
        s += v[i]
        if s > 2:
            break
        s = s * 1.5
    return s


def returns_from_loop(v):
    s = 1.0
    for i in range(len(v)):
        s = s * v[i]
        if s < 0:
            return s * i
    return s


def returns_from_nested(m):
    s = 0.0
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            s += m[i, j]
            if s > 3:
                return s * m[i, j]
        s *= 0.5
    return s - 1


def break_in_inner(m):
    s = 0.0
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            if m[i, j] < 0:
                break
            s += m[i, j] ** 2
        else:
            s *= 2
    return s


def break_in_both(x):
    s = x
    for i in range(5):
        for j in range(5):
            if j > i:
                break
            s = s * 1.1
        if s > 3:
            break
    return s


def else_without_break(x):
    for i in range(3):
        x = x * 2
    else:
        x = x ** 2
    return x


def else_with_break(x, limit):
    for i in range(5):
        x = x * 2
        if x > limit:
            break
    else:
        x = x ** 2
    return x


def over_array(v):
    s = 0.0
    for e in v:
        s += e ** 2
    return s


def over_rows(m):
    s = 0.0
    for row in m:
        s = s * 0.5 + (row * row).sum()
    return s


def over_rows_and_elements(m):
    s = 0.0
    for row in m:
        for e in row:
            s = s * 0.9 + e
    return s


def over_transposed(m):
    s = 0.0
    for column in m.T:
        s += column[0] * column[-1]
    return s


def over_slice(v):
    s = 0.0
    for e in v[1:]:
        s = s * e + e
    return s


def over_tuple(x, y):
    s = 0.0
    for e in (x, y, x * y):
        s = s * 2 + e
    return s


def over_list_of_constants(x):
    y = 0.0
    for c in [1.0, -2.0, 0.5]:
        y = y * x + c
    return y


def over_mixed_structure(x, v):
    s = 0.0
    for name, scale in (("a", 2.0), ("b", 3)):
        if name == "a":
            s += scale * x
        else:
            s += scale * v.sum()
    return s


def over_list_of_arrays(layers, v):
    for w in layers:
        v = np.tanh(w @ v)
    return v.sum()


def over_list_of_pairs(layers, v):
    for w, b in layers:
        v = np.tanh(w @ v + b)
    return v.sum()


def enumerated(v):
    s = 0.0
    for i, e in enumerate(v):
        s += i * e ** 2
    return s


def enumerated_from(v):
    s = 0.0
    for i, e in enumerate(v, 2):
        s += e ** i
    return s


def zipped(u, v):
    s = 0.0
    for a, b in zip(u, v):
        s = s * a + b
    return s


def zipped_with_range(v):
    s = 0.0
    for i, e in zip(range(10), v):
        s += (i + 1) * e ** 2
    return s


def enumerated_zip(u, v):
    s = 0.0
    for i, (a, b) in enumerate(zip(u, v)):
        s += i * a * b
    return s


def reversed_range(x):
    y = 0.0
    for i in reversed(range(5)):
        y = y * x + i
    return y


def reversed_array(v):
    y = 0.0
    for e in reversed(v):
        y = y * 0.5 + e ** 2
    return y


def zipped_matrices(a, b):
    s = 0.0
    for p, q in zip(a, b):
        s += p @ q
    return s


def power_iteration(m, v):
    for i in range(4):
        w = m @ v
        v = w / np.sqrt(np.sum(w * w))
    return v @ (m @ v)


def carried_array(v, n):
    w = v
    for i in range(n):
        w = np.sin(w) + v * 0.1
    return w.sum()


def grows_rank(v):
    y = 0.0
    for i in range(3):
        y = y + v * i
    return np.sum(y * y)


def recurrence(v, a, b):
    h = 0.0
    loss = 0.0
    for t in range(v.shape[0]):
        h = math.tanh(a * h + b * v[t])
        loss += (h - 0.5) ** 2
    return loss


def rnn(xs, w, u):
    h = np.zeros(u.shape[0])
    for t in range(xs.shape[0]):
        h = np.tanh(u @ h + w @ xs[t])
    return h.sum()


def euler(y, k, n):
    dt = 0.1
    for _ in range(n):
        y = y + dt * (-k * y + y ** 2)
    return y


def horner(c, x):
    r = 0.0
    for i in range(len(c)):
        r = r * x + c[i]
    return r


def product(v):
    p = 1.0
    for e in v:
        p *= e
    return p


def running_maximum(v):
    m = v[0]
    for i in range(1, len(v)):
        if v[i] > m:
            m = v[i]
    return m ** 2


def no_activity_in_loop(x):
    n = 0
    for i in range(10):
        n += i
    return x * n


def loop_of_constants_scales(x):
    s = 0.0
    t = 1.0
    for i in range(4):
        t = t * 0.5
        s += t
    return s * x


def swapped_and_added(x):
    a, b = x, x * 2
    for i in range(5):
        a, b = b, a + 0.1 * b
    return np.sum(a) + np.sum(b * x)


def zero_times(x, y):
    for i in range(0):
        x = y
    return x * 2


def collatz_like(x, n):
    y = x
    for i in range(20):
        if n == 1:
            break
        if n % 2 == 0:
            n = n // 2
            y = y * 0.9
        else:
            n = 3 * n + 1
            y = y + x
    return y * n


def long_loop(x):
    y = x
    for i in range(1000):
        y = y + 0.001 * math.sin(y)
    return y


def view_around_loops_that_end_at_once(v, w, m):
    p = m.T
    for _ in range(0):
        pass
    for _ in zip(v, w):
        while True:
            break
    return np.sum(p)


_V = np.array([1.3, 0.7, -2.0, 0.4])
_M = np.array([[1.3, 0.7, -2.0], [0.4, 1.1, 0.9]])
_P = np.array([[1.3, 0.7, 2.0], [0.4, 1.1, 0.9]])
_E = np.zeros(0)
def powers_along_loops(c, t, x):
    """Running products, but of what the loop itself changes."""
    total = np.sum((t[:, None] ** np.arange(c.size) @ c) ** 2)
    for k in range(c.size):
        total += c[k] * x**k
    for k in range(4):
        t[0] = t[0] * 1.5
        total += t[0] ** k
    for k in range(4):
        x = x + 0.1
        total += x**k
    return total


_RNG = np.random.default_rng(7)
_SQUARE = _RNG.standard_normal((4, 4))

PROGRAMS = [
    program(powers_along_loops, (np.array([0.3, -1.2, 0.7, 0.4]), np.array([1.1, -0.4, 0.0]), 0.8), argnums=(0, 2)),
    program(swapped_and_added, (np.array([1.0, 2.0, -0.5]),)),
    program(constant_range, (1.3,), second_order=True, pair=True),
    program(run_time_range, (1.3, 4), (1.3, 1), (1.3, 0), argnums=0, second_order=True),
    program(range_with_start, (1.3, 2, 5), (1.3, 5, 2), argnums=0),
    program(range_with_step, (1.3, 0, 10, 3), (1.3, 10, 0, -3), (1.3, 0, 10, -3), argnums=0),
    program(negative_step, (1.3,)),
    program(negative_step_to_minus_one, (_V,)),
    program(index_read_in_loop, (_V,), (_V[:1],), (_E,)),
    program(index_of_two, (_M,)),
    program(loop_variable_after, (1.3, 3), (1.3, 0), argnums=0),
    program(loop_variable_overwritten, (1.3,)),
    program(loop_variable_rebound_after, (1.3,)),
    program(bounds_changed_inside, (1.3, 3), argnums=0),
    program(carried_integer, (1.3,)),
    program(carried_several, (1.3,), second_order=True),
    program(swap_in_loop, (1.3, 0.7), second_order=True, pair=True),
    program(rotation_in_loop, (1.3, 0.7, -2.0, 5), (1.3, 0.7, -2.0, 0), argnums=(0, 1, 2)),
    program(unrelated_inside, (1.3,)),
    program(defined_in_loop_used_after, (1.3,)),
    program(first_iteration_differs, (1.3,)),
    program(overwritten_in_loop, (1.3,), second_order=True),
    program(nested_loops, (1.3,), second_order=True, pair=True),
    program(triangular, (_M,), (_M.T,)),
    program(nested_carried_through, (1.3,)),
    program(three_deep, (1.3,)),
    program(two_loops_in_sequence, (1.1,)),
    program(branch_in_loop, (_V,), pair=True),
    program(branch_on_carried, (1.3,), (0.3,), second_order=True),
    program(branch_assigns_some, (1.3,)),
    program(breaks, (1.3, 5.0), (9.0, 5.0), second_order=False),
    program(breaks_at_once, (1.3,), (-1.3,)),
    program(breaks_after_work, (1.3,)),
    program(continues, (1.3,), second_order=True),
    program(break_and_continue, (_V,), (_V[::-1],), (_V * 0.1,)),
    program(returns_from_loop, (_V,), (-_V,), (_V[:2],), pair=True),
    program(returns_from_nested, (_P,), (_P * 3,), (_P * 0.1,)),
    program(break_in_inner, (_M,), (_P,)),
    program(break_in_both, (1.3,), (0.5,)),
    program(else_without_break, (1.3,)),
    program(else_with_break, (1.3, 5.0), (1.3, 500.0)),
    program(over_array, (_V,), (_E,), pair=True),
    program(over_rows, (_M,)),
    program(over_rows_and_elements, (_M,)),
    program(over_transposed, (_M,)),
    program(over_slice, (_V,)),
    program(over_tuple, (1.3, 0.7)),
    program(over_list_of_constants, (1.3,)),
    program(over_mixed_structure, (1.3, _V)),
    program(over_list_of_arrays, ([_SQUARE, _SQUARE.T], _V)),
    program(over_list_of_pairs, ([(_SQUARE, _V), (_SQUARE.T, -_V)], _V)),
    program(enumerated, (_V,)),
    program(enumerated_from, (_V,)),
    program(zipped, (_V, _V[:3]), (_V, _E)),
    program(zipped_with_range, (_V,)),
    program(enumerated_zip, (_V, _V ** 2)),
    program(reversed_range, (1.3,)),
    program(reversed_array, (_V,)),
    program(zipped_matrices, (_M, _P)),
    program(power_iteration, (_SQUARE, _V)),
    program(carried_array, (_V, 3), (_V, 0), argnums=0),
    program(grows_rank, (_V,)),
    program(recurrence, (_V, 0.5, 1.2), (_E, 0.5, 1.2)),
    program(rnn, (_RNG.standard_normal((3, 2)), _RNG.standard_normal((4, 2)), _SQUARE)),
    program(euler, (0.5, 1.3, 10), argnums=(0, 1), second_order=True),
    program(horner, (_V, 1.3)),
    program(product, (_V,), (np.array([1.3, 0.0, 2.0]),), (np.array([0.0, 0.0, 2.0]),)),
    program(running_maximum, (_V,)),
    program(no_activity_in_loop, (1.3,)),
    program(loop_of_constants_scales, (1.3,)),
    program(zero_times, case(1.3, 0.7, gradient=(2.0, 0.0))),
    program(collatz_like, (1.3, 6), (1.3, 1), argnums=0),
    program(long_loop, (1.3,)),
    program(view_around_loops_that_end_at_once, (_V, _V, _M), argnums=2),
]
