"""Two names for one object: views, and lists that are changed while something else refers to them."""

import numpy as np

from tests.support.table import program

V = np.array([0.6, -0.4, 1.2, 0.3])
M = np.array([[0.6, -0.4, 1.2], [0.3, 0.8, -0.7], [0.5, 1.1, 0.2]])


def view_of_a_changed_array_after_a_branch(m, x):
    rows = m * x
    other = m[0] * 2
    row = rows[-1]
    if x > 0:
        rows[1:, 0] = m[0][:-1]
    else:
        row = other
    return np.sum(row * row)


def view_of_a_changed_array_in_a_list(m, x, n):
    rows = m * x
    row = rows[0]
    rows[0, 0] = x * x
    kept = []
    for i in range(n):
        kept.append(row)
    return np.sum(kept[0] * kept[-1])


def view_of_a_changed_array_into_a_loop(m, x, n):
    rows = m * x
    row = rows[0]
    rows[0, 0] = x * x
    for i in range(n):
        if i == 1:
            row = m[1]
        else:
            row = row * 2
    return np.sum(row ** 2)


def items_changed_by_their_loop(x):
    items = [x, x * x, 1.0]
    s = 0.0
    for item in items:
        items[2] = item * x
        s += item
    return s * items[0]


def items_changed_by_their_loop_at_run_time(x, n):
    items = [x * i for i in range(n)]
    s = 0.0
    for item in items:
        items[-1] = item * x + 1
        s += item * item
    return s * items[1]


def neighbours_changed_by_their_loop(x):
    items = [x, 1.0, x * x]
    for i, item in enumerate(items):
        items[i] = item * x
        if i + 1 < len(items):
            items[i + 1] += item
    return items[0] * items[-1]


def reversed_and_zipped_items_changed(a, b):
    items = [a, b, a * b]
    s = 0.0
    for item in reversed(items):
        items[0] = items[0] * item
        s = s * 0.5 + item
    for item, factor in zip(items, [1.0, 2.0, 3.0]):
        s += item * factor
        items[2] = s
    return s


def entries_changed_by_their_loop(x):
    entries = {"a": x, "b": x * x, "c": 1.0}
    for key, value in entries.items():
        entries["c"] = entries["c"] + value
        entries[key] = entries[key] * x
    for value in entries.values():
        x = x * value
    return x


def rows_of_other_lengths_appended(m, x, n):
    items = [m[0] * x, m[1]]
    for i in range(n):
        items.append(m[i, ::-1])
    return np.sum(items[0] * items[-1])


def list_of_arrays_after_a_branch(v, x):
    a = v * x
    items = [a, v]
    if x > 0:
        items.append(v * v)
    return np.sum(items[0] * items[-1])


def copies_are_no_views(v, m):
    a = v * 2
    parts = [np.conjugate(a), np.meshgrid(a)[0], np.positive(a), a.astype(float), np.array(a), a[[0, 1, 2, 3]]]
    rows = [np.take(m, 0, axis=0), np.vstack(m)[0], np.stack(m)[1], np.apply_along_axis(lambda row: row, 0, m[2])]
    a *= 3
    m[...] = m * m[0]
    for part in parts:
        part[0] = v[1]
        a[1] += part[2]
    for row in rows:
        row[1] += a[0]
    return np.sum(sum(parts) * a) + np.sum(sum(rows) * m[0])


def views_are_no_copies(v, m):
    a = v * 2
    parts = [a.astype(float, copy=False), np.asarray(a), a.conj(), a.real, np.atleast_1d(a), np.squeeze(a), a[::-1][::-1]]
    rows = [m.T[0], np.swapaxes(m, 0, 1)[1], m[:1, 1:][0], np.rot90(m)[0], np.flip(m, 0)[1], m[None][0, 2]]
    for k, part in enumerate(parts):
        part[k % 4] = v[1] * a[0]
        a[1] += part[2]
    for row in rows:
        row[1] += a[0] * row[0]
        row *= m[1, 1]
    return np.sum(sum(parts) * a) + np.sum(m * m[0])


def reshaped_views_of_new_arrays(v, m):
    a = np.zeros(12)
    table = a.reshape(3, 4)
    table[1] = v * v
    table[:, 2] += m[0]
    a[::5] *= v[0]
    copied = m.copy()
    line = copied.ravel()
    line[2:5] = v[1:] * m[1]
    copied[2] *= line[0]
    doubled = copied * 2
    row = doubled[1:].reshape(-1)
    row[4] = v[3] * row[0]
    column = np.outer(v, m[0])
    column.reshape(2, 6)[1] -= v[2]
    part = v[::2].reshape(2, 1)
    part[1] = m[0, 0]
    return np.sum(table * table) + np.sum(line * m.ravel()) + np.sum(doubled * m) + np.sum(column) * np.sum(v)


def copies_where_views_would_be(m):
    a = m.copy()
    b = a.T.copy().reshape(-1)
    b[1] = m[0, 0] * 3
    c = a.flatten()
    c[2] *= m[1, 1]
    return np.sum(a * m) + np.sum(b * c)


def equal_values_one_changed(x):
    a, b = x * x, x * x
    a[0] = 2.0
    b += a
    return np.sum(a * b)


def equal_items_one_changed(x):
    items = [x * x, x * x]
    items[0][0] = 0.0
    return np.sum(items[0] * items[1])


def equal_results_one_changed(x):
    def cleared(v):
        v[0] = 0.0
        return v

    return np.sum(cleared(x * x) * (x * x) + (x * x))


def one_line_before_and_after_a_store(x):
    def step(v, i):
        v[i] = np.sin(v[i]) * np.sin(v[i]) + np.sin(v[i + 1])
        return v[i]

    y = x.copy()
    return step(y, 0) + step(y, 0) * step(y, 1) + np.sum(y * y) * np.sum(y * y)


PROGRAMS = [
    program(reshaped_views_of_new_arrays, (V, M)),
    program(copies_where_views_would_be, (M,)),
    program(copies_are_no_views, (V, M)),
    program(view_of_a_changed_array_after_a_branch, (M, 1.2), (M, -1.2)),
    program(view_of_a_changed_array_in_a_list, (M, 1.2, 3), argnums=(0, 1)),
    program(view_of_a_changed_array_into_a_loop, (M, 1.2, 3), (M, 1.2, 0), argnums=(0, 1)),
    program(items_changed_by_their_loop, (1.2,)),
    program(items_changed_by_their_loop_at_run_time, (1.2, 5), argnums=0),
    program(neighbours_changed_by_their_loop, (1.2,)),
    program(reversed_and_zipped_items_changed, (1.2, 0.7)),
    program(entries_changed_by_their_loop, (1.2,)),
    program(rows_of_other_lengths_appended, (M, 1.2, 3), argnums=(0, 1)),
    program(list_of_arrays_after_a_branch, (V, 1.2), (V, -1.2)),
    program(equal_values_one_changed, (V,)),
    program(equal_items_one_changed, (V,)),
    program(equal_results_one_changed, (V,)),
    program(one_line_before_and_after_a_store, (V,)),
]
