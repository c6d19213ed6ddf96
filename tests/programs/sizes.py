"""Arrays whose size differs from one iteration to the next, or from item to item, and is sometimes 1."""

import numpy as np

from tests.support.table import program

V = np.array([0.7, -0.4, 1.2, 0.9])


def slice_of_the_iteration_before(v, n):
    k = 0
    s = 0.0
    for i in range(n):
        part = v[k:] * v[0]
        if i > 0:
            s += np.sum(before * part)  # noqa: F821
        before = part
        k = 3
    return s


def slice_of_the_first_iteration(v, n):
    k = 0
    for i in range(n):
        if i == 0:
            first = v[k:] * v[0]
        last = v[k:] * v[1]
        k = 3
    return np.sum(first * last)


def slice_of_the_iteration_before_while(v, n):
    k = 0
    s = 0.0
    while k < n:
        part = v[k:] * v[0]
        if k > 0:
            s += np.sum(before * part)  # noqa: F821
        before = part
        k += 3
    return s


def mask_of_the_iteration_before(v, n):
    s = 0.0
    chosen = v > -5
    for i in range(n):
        part = v[chosen] * v[0]
        if i > 0:
            s += np.sum(before * part)  # noqa: F821
        before = part
        chosen = v > 1.0
    return s


def last_item_and_the_one_before(v, n):
    items = [v[:1] * 2 for i in range(n)]
    items.append(v * v)
    s = 0.0
    for i in range(n):
        item = items[-1]
        if i > 0:
            s += np.sum(before * item)  # noqa: F821
        before = item
        items.pop()
    return s


def items_of_two_sizes(x, n, m):
    items = []
    for i in range(n):
        items.append(np.ones(m) * x * (i + 1))
    items.append(np.ones(1) * x)
    return np.sum(items[0] * items[-1])


def items_of_all_sizes(v, n):
    items = [v[k:] * 2 for k in range(n)]
    s = 0.0
    for item in items:
        s += np.sum(item * items[-1])
    return s


def last_item_of_a_list_that_is_empty_at_first(v, n):
    k = 0
    s = 0.0
    items = []
    for i in range(n):
        part = v[k:] * v[0]
        if i > 0:
            s += np.sum(items[-1] * part)
        items.append(part)
        k = 3
    return s


def number_that_fills_one_place(x, v):
    v[::2] = np.concatenate((np.arange(1), np.full(1, x)))
    return np.sum(v) + x


def left_by_itself(v):
    for _ in range(3):
        v -= v
        m = v
    return np.sum(m)


def slices_that_are_there_where_there_is_more(v):
    y = v * 2.0
    y[12:-12:2] = v[0]
    return np.sum(y * v) + np.sum(v[-12:12:-1] ** 2) + len(v[-16:3]) * v[1]


def slices_that_end_before_they_start(v):
    inner = v[12:-12]
    s = np.sum(np.concatenate([inner, v[:7]]) * v[17:]) + np.sum(v[-16:3] * v[:4])
    for i in range(len(v) - 24):
        s = np.sin(s * v[i])
    y = np.ones(len(inner) + 7)
    y[:] = v[17:]
    return s + np.sum(y**3) + np.sum(v[: len(v) - len(inner)]) + v[0] * len(v[16 : len(v) : -1])


def nothing_and_two_more(v, n):
    none = np.outer(v[n:], np.ones(4)).ravel()
    y = np.append(none[:-2], [1.0, 2.0])
    return np.sum(y * np.arange(1.0, len(y) + 1.0)) * v[0] + np.sum(np.pad(v[:0:-1], 1) ** 2)


def length_of_a_row_of_a_loop_that_keeps(a):
    t = 1.0
    for row in a:
        row = np.exp(row)
        n = len(row)
        t = np.sin(t) * np.sum(row**2) / (n * np.sum(row))
    return t


PROGRAMS = [
    program(left_by_itself, (V[:1],), (V,)),
    program(slice_of_the_iteration_before, (V, 2), (V, 0)),
    program(slice_of_the_first_iteration, (V, 2)),
    program(slice_of_the_iteration_before_while, (V, 6), (V, 0)),
    program(mask_of_the_iteration_before, (V, 2)),
    program(last_item_and_the_one_before, (V, 2)),
    program(items_of_two_sizes, (1.2, 3, 4), argnums=0),
    program(items_of_all_sizes, (V, 4)),
    program(last_item_of_a_list_that_is_empty_at_first, (V, 2)),
    program(slices_that_are_there_where_there_is_more, (np.sin(np.arange(40.0)),)),
    program(slices_that_end_before_they_start, (np.cos(np.arange(18.0)),)),
    program(nothing_and_two_more, (V, 4)),
    program(number_that_fills_one_place, (1.3, np.array([0.3, 0.8, -0.6]))),
    program(length_of_a_row_of_a_loop_that_keeps, (np.array([[0.7, -0.4, 1.2], [0.3, 0.8, -0.6]]),)),
]
