"""Names that some paths lack: arrays, lists and numbers that backward saves, or takes shapes from, all the same."""

import math

import numpy as np

from tests.support.table import program

V = np.array([0.6, -0.4, 1.2, 0.3])


def array_of_a_loop_without_trips(v, n):
    for i in range(n):
        t = v * i
    s = np.sum(v)
    if n > 0:
        s = s + np.sum(t) * s
    return s


def array_of_one_branch(v):
    if v[0] > 0:
        t = v * 2
    s = np.sum(v)
    if v[0] > 0:
        s = s + np.sum(t) * s
    return s


def array_of_one_branch_in_a_loop(v, n):
    s = np.sum(v)
    for i in range(n):
        if v[i] > 0:
            t = v * s
        s = s * 1.1
        if v[i] > 0:
            s = s + np.sum(t) * s
    return s


def number_of_one_branch_in_a_loop(x, n):
    s = x
    for i in range(n):
        if x > 0:
            t = x * s
        s = s * 1.1
        if x > 0:
            s = s + t * t * s
    return s


def number_of_the_iteration_before(x, n):
    s = x
    for i in range(n):
        if i > 0:
            s = s * t * t  # noqa: F821
        t = math.sin(s)
    return s


def array_of_the_iteration_before(v, n):
    s = v * 1
    for i in range(n):
        if i > 0:
            s = s * t * t  # noqa: F821
        t = np.sin(s) * v
    return np.sum(s)


def array_of_another_size_each_time(v, n):
    s = np.sum(v)
    for i in range(n):
        if i > 0:
            s = s * np.sum(t * t)  # noqa: F821
        t = v[i:] * s
    return s


def size_decided_by_break(v, n):
    for i in range(n):
        if v[i] > 1.0:
            w = v[: i + 1] * 2
            break
        w = v[i:] * v[0]
    s = np.sum(v)
    if n > 2:
        s += np.sum(w) * s
    return s


def nested_branches(v, n):
    if n > 0:
        if v[0] > 0:
            t = v * n
        else:
            u = v * 2
            t = u * u
    s = np.sum(v)
    for i in range(n):
        s = s + t[0] * s if i > 0 else s * 2
    return s


def list_of_one_branch(v, n):
    if n > 0:
        t = []
        for i in range(n):
            t.append(v * i)
    s = np.sum(v)
    if n > 0:
        s = s + np.sum(t[0] * t[-1]) * s
    return s


def list_made_anew_by_each_iteration(x, n):
    s = x
    ls = [x]
    for i in range(n):
        ls = []
        for j in range(i + 1):
            ls.append(x * j * s)
        s += ls[-1] * ls[0] + sum(ls)
    return s + ls[-1]


def left_before_it_is_assigned(v, x):
    items = [x, x * x]
    if x > 1.0:
        p = v
    else:
        if v[1] > 0.0:
            return x * 1.3
        p = v * 2
    items.append(float(p[1]))
    return items[0] * items[-1]


def shorter_by_each_iteration(v, n):
    t = v * 2
    s = 0.0
    for i in range(n):
        t = t[1:] * t[:-1] + v[0]
        s += np.sum(t * t) * t[0]
    return s


def rows_of_one_branch(a, c, n):
    """What backward is handed of the branch that was not taken has no shape."""
    a = 2.0 * a
    a[:] = np.reshape(np.reshape(a, (n, -1, 1, c.shape[0])) @ c, (n, -1, c.shape[0])) if n > 1 else a[:1] @ c
    return np.sum(a * a) * a[0, 0, 0]


PROGRAMS = [
    program(rows_of_one_branch, (np.arange(12.0).reshape(2, 2, 3) / 9, np.ones((3, 3)) - np.eye(3), 1), argnums=(0, 1)),
    program(shorter_by_each_iteration, (V, 3), (V, 0)),
    program(array_of_a_loop_without_trips, (V, 0), (V, 3)),
    program(array_of_one_branch, (V,), (-V,)),
    program(array_of_one_branch_in_a_loop, (V, 2), (-V, 2)),
    program(number_of_one_branch_in_a_loop, (1.2, 3), (-1.2, 3), (1.2, 0), argnums=0),
    program(number_of_the_iteration_before, (1.2, 3), (1.2, 0), argnums=0),
    program(array_of_the_iteration_before, (V, 3), (V, 0)),
    program(array_of_another_size_each_time, (V, 3), (V, 0)),
    program(size_decided_by_break, (V, 4), (V, 0)),
    program(nested_branches, (V, 0), (V, 2), (-V, 2)),
    program(list_of_one_branch, (V, 0), (V, 2), python_only="Numba cannot compile"),
    program(list_made_anew_by_each_iteration, (1.2, 3), argnums=0),
    program(left_before_it_is_assigned, (V, 1.2), (V, 0.7), (-V, 0.7)),
]
