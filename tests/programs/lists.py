"""Lists that grow, shrink and change; comprehensions and generator expressions; dicts with constant keys."""

import math

import numpy as np

from tests.support.table import case, program


def append_constant_count(x):
    ys = []
    for i in range(4):
        ys.append(x ** i)
    return ys[1] * ys[3] + ys[-1]


def append_run_time_count(x, n):
    ys = [x]
    for i in range(n):
        ys.append(ys[-1] * x + i)
    return ys[-1] * len(ys)


def append_then_sum(v):
    ys = []
    for i in range(len(v)):
        ys.append(v[i] ** 2)
    return sum(ys)


def append_then_loop(v):
    ys = []
    for e in v:
        ys.append(e * e)
    s = 0.0
    for y in ys:
        s = s * 0.5 + y
    return s


def append_in_branch(v):
    ys = []
    for e in v:
        if e > 0:
            ys.append(e)
    s = 0.0
    for y in ys:
        s += y ** 2
    return s * len(ys)


def append_arrays(v, n):
    states = [v]
    for i in range(n):
        states.append(np.sin(states[-1]) + v)
    return np.sum(states[-1] * states[0])


def append_then_stack(v):
    rows = []
    for i in range(3):
        rows.append(v * i + v ** 2)
    return np.stack(rows).sum(axis=0)[1]


def append_then_array(v):
    ys = []
    for e in v:
        ys.append(math.sin(e))
    return np.sum(np.array(ys) ** 2)


def append_outside_loop(x):
    ys = []
    ys.append(x)
    ys.append(x * 2)
    ys.append(ys[0] * ys[1])
    return sum(ys)


def extends(x):
    ys = [x]
    ys.extend([x * 2, x ** 2])
    ys += [1.0, x]
    return ys[2] * ys[1] + ys[4] * len(ys)


def extends_in_loop(x, n):
    ys = []
    for i in range(n):
        ys.extend([x * i, x ** 2])
    return sum(ys)


def pops(x):
    ys = [x, x ** 2, x ** 3]
    last = ys.pop()
    first = ys.pop(0)
    return last * first + ys[0] * len(ys)


def pops_in_loop(v):
    stack = []
    for e in v:
        stack.append(e * e)
    s = 0.0
    while stack:
        s = s * 0.5 + stack.pop()
    return s


def stack_machine(x, y):
    stack = [x, y]
    stack.append(stack.pop() * stack.pop())
    stack.append(x)
    stack.append(stack.pop() + stack.pop())
    return stack[0]


def item_stores(x, y):
    ys = [x, y, 0.0]
    ys[2] = ys[0] * ys[1]
    ys[0] = ys[2] + 1
    ys[1] += ys[0]
    ys[-1] *= x
    return ys[0] * ys[1] + ys[2]


def item_stores_in_loop(x):
    ys = [x, 0.0, 0.0, 0.0]
    for i in range(1, 4):
        ys[i] = ys[i - 1] * x + i
    return ys[3] + ys[1]


def two_names_for_a_list(x):
    ys = [x]
    zs = ys
    zs.append(x ** 2)
    return ys[1] * len(ys)


def list_is_copied(x):
    ys = [x, x ** 2]
    zs = list(ys)
    ws = ys[:]
    us = ys.copy()
    zs[0] = 5.0
    ws.append(x ** 3)
    us[1] = 0.0
    return ys[0] * ys[1] + zs[1] + ws[2] + us[0] + len(ys)


def slices_of_lists(x, y):
    ys = [x, y, x * y, x + y]
    return ys[1:3][1] * ys[::2][0] + ys[::-1][0]


def list_of_lists(x):
    grid = [[x, 2.0], [x ** 2, 1.0]]
    grid[0][1] = grid[1][0] * 3
    return grid[0][0] * grid[0][1] + grid[1][1]


def list_repeated(x):
    ys = [x] * 3
    zs = [0.0] * 2 + ys
    return zs[2] * zs[4] + zs[0]


def list_membership(x):
    allowed = [1, 2, 3]
    return x ** 2 if 2 in allowed and 5 not in allowed else x


def list_methods(x):
    ys = [x, x ** 2]
    ys.insert(1, x * 3)
    ys.reverse()
    return ys[0] * ys[1] + ys[2]


def list_argument_not_changed(ys, x):
    ys = ys + [x]
    return ys[0] * ys[-1]


def comprehension(v):
    ys = [e ** 2 for e in v]
    return ys[0] * ys[-1]


def comprehension_over_range(x):
    ys = [x ** i for i in range(4)]
    return sum(ys) * ys[2]


def comprehension_run_time(x, n):
    ys = [x * i for i in range(n)]
    return sum(ys) * x


def comprehension_with_condition(v):
    return sum([e * e for e in v if e > 0])


def comprehension_nested(m):
    return sum([e * i for i, row in enumerate(m) for e in row])


def comprehension_with_two_conditions(x):
    return sum([x ** i * j for i in range(4) if i % 2 for j in range(3) if j != i])


def comprehension_of_comprehensions(x):
    grid = [[x ** i + j for j in range(3)] for i in range(2)]
    return grid[1][2] * grid[0][1]


def comprehension_variable_does_not_leak(x):
    i = x * 2
    ys = [i * x for i in range(3)]
    return i * ys[2]


def comprehension_to_array(v):
    return np.array([e * 2 for e in v]) @ v


def comprehension_unpacks(v, w):
    return sum([a * b for a, b in zip(v, w)])


def generator_in_sum(v):
    return sum(e ** 2 for e in v)


def generator_in_sum_with_start(v):
    return sum((e ** 2 for e in v), 10.0) + sum([], 1.0)


def generator_in_max(v):
    return max(e ** 2 for e in v)


def generator_in_min(x, y):
    return min(e * 3 for e in (x, y, x * y))


def generator_with_condition(v):
    return sum(e for e in v if e > 0) * sum(1 for e in v if e > 0)


def generator_nested(m):
    return sum(m[i, j] * (i + j) for i in range(2) for j in range(3))


def generator_any_all(v):
    if any(e < 0 for e in v) and not all(e < 0 for e in v):
        return (v * v).sum()
    return v.sum()


def dict_display(x, y):
    d = {"a": x * y, "b": x, 3: y}
    return d["a"] * d["b"] + d[3]


def dict_store(x):
    d = {}
    d["a"] = x
    d["b"] = d["a"] ** 2
    d["a"] += d["b"]
    return d["a"] * d["b"]


def dict_items(x, y):
    d = {"a": x, "b": y}
    s = 0.0
    for name, e in d.items():
        s = s * 2 + e
        if name == "a":
            s = s * x
    return s


def dict_keys_and_values(x, y):
    d = {"a": x, "b": y}
    s = sum(d.values())
    for k in d:
        s = s * d[k]
    for k in d.keys():
        s = s + d[k]
    return s


def dict_get_in_len(x):
    d = {"a": x}
    return d.get("a") * 2 + d.get("z", x ** 2) + len(d) + (x if "a" in d else 0.0)


def dict_views_show_the_dict(x, n):
    d = {"a": x, "b": 2.0}
    keys, pair = d.keys(), (d.values(), d.items())
    for _ in range(n):
        d["b"] = d["b"] * x
    d["c"] = x ** 2
    s = sum(pair[0]) * len(keys) + (x if "c" in keys else 0.0)
    for name, e in zip(keys, pair[1]):
        s = s + d[name] * e[1]
    return s


def equal_dicts(x, y):
    d, e = {"a": x, "b": y}, {"b": y, "a": x}
    s = x ** 2 if d == e else y
    e["a"] = y
    return s * x if d != e else s


def dict_comprehension(x):
    d = {k: x * n for n, k in enumerate("abc")}
    return d["b"] * d["c"]


def dict_constructor_and_merge(x, y):
    d = dict(a=x, b=y)
    e = {**d, "c": x * y}
    f = d | {"a": 2.0}
    return e["a"] * e["c"] + f["a"] * f["b"]


def dict_updated_in_loop(x):
    d = {"sum": 0.0, "last": x}
    for i in range(3):
        d["last"] = d["last"] * x
        d["sum"] += d["last"]
    return d["sum"] * d["last"]


def dict_pop_and_del(x, y):
    d = {"a": x, "b": y, "c": x * y}
    e = d.pop("a")
    del d["b"]
    return e * d["c"] * len(d)


def fibonacci_table(x):
    table = [x, x]
    for i in range(6):
        table.append(table[i] + table[i + 1] * 0.5)
    return table[-1]


_V = np.array([1.3, 0.7, -2.0, 0.4])
_M = np.array([[1.3, 0.7, -2.0], [0.4, 1.1, 0.9]])
_E = np.zeros(0)

def list_of_each_iteration_kept_for_backward(x, n):
    y = x
    for i in range(n):
        items = [x * j for j in range(i)]
        for item in items:
            y = y * math.sin(item + y)
        y += sum(items)
    return y


def beside_an_array(w, m):
    s = np.sum(m @ w) + np.sum(w * m + [0.5, 1.5]) + np.sum((1.0, 2.0) - m)
    return s + np.sum(m[0] < w) * m[0, 0] + np.sum(m[(m > [0.3, 0.6])] ** 2)


def made_in_a_loop_beside_an_array(v):
    parts = []
    for i in range(len(v)):
        parts.append(v[i] ** 2)
    return np.sum(v * parts)


def made_by_a_test_as_an_index(m, n):
    s = 0.0
    for j in range(n):
        kept = [k for k in range(n) if k != j]
        s += np.sum(m[kept] ** 2) * m[0, j] + np.prod(m[1:, kept])
    return s


def slices_at_run_time(v):
    xs = [x * x for x in v]
    s = 0.0
    for i in range(2, len(v)):
        s += sum(xs[i - 1 : i + 2]) * v[i] + sum(xs[:i]) * v[0] + sum(xs[i:]) * sum(xs[-2:-1])
    return s + sum(xs[40:]) + sum(xs[:40]) + sum(xs[-40:-1]) + sum(xs[:-40]) * 2.0


def differences_of_neighbours(v):
    path = [v]
    for x in v:
        path.append(np.sin(path[-1]) * x)
    return sum(np.sum((b - a) ** 2) for a, b in zip(path[:-1], path[1:])) + np.sum(np.array(path[1:])[:, 0])


def lists_of_lists_read_twice(v, k):
    rows = [[x * y for y in v] for x in v]
    s = sum(rows[k]) * rows[k][1]
    for row, after in zip(rows, rows[1:] + rows):
        s += sum(row) * after[0]
    last = list(rows[-1])
    last.append(s)
    return sum(last) * last[0]


def matrix_of_nested_lists(v):
    a = np.array([[x * y + (x - y) ** 2 for y in v] for x in v])
    return np.linalg.det(a + np.eye(len(v))) + np.sum(a[1])


PROGRAMS = [
    program(made_by_a_test_as_an_index, (_M, 2), argnums=0),
    program(beside_an_array, ([0.7, -1.2], np.array([[0.5, 0.7], [-0.2, 1.1], [0.4, 0.9]]))),
    program(made_in_a_loop_beside_an_array, (np.array([0.5, 0.7, -0.2]),)),
    program(append_constant_count, (1.3,), pair=True),
    program(append_run_time_count, (1.3, 3), (1.3, 0), argnums=0, pair=True, second_order=True),
    program(append_then_sum, (_V,), (_E,)),
    program(append_then_loop, (_V,), (_E,), pair=True),
    program(append_in_branch, (_V,), (-_V,)),
    program(append_arrays, (_V, 3), (_V, 0), argnums=0),
    program(append_then_stack, (_V,)),
    program(append_then_array, (_V,)),
    program(append_outside_loop, (1.3,)),
    program(extends, (1.3,)),
    program(extends_in_loop, (1.3, 3), (1.3, 0), argnums=0),
    program(pops, (1.3,)),
    program(pops_in_loop, (_V,), (_E,)),
    program(stack_machine, (1.3, 0.7)),
    program(item_stores, (1.3, 0.7)),
    program(item_stores_in_loop, (1.3,)),
    program(two_names_for_a_list, (1.3,)),
    program(list_is_copied, (1.3,)),
    program(slices_of_lists, (1.3, 0.7)),
    program(lists_of_lists_read_twice, (_V, 2), argnums=0, python_only="list of lists"),
    program(matrix_of_nested_lists, (_V,), python_only="list of lists"),
    program(slices_at_run_time, (np.linspace(0.3, 1.2, 5),), (_V[:0],)),
    program(differences_of_neighbours, (_V,)),
    program(list_of_lists, (1.3,)),
    program(list_repeated, (1.3,)),
    program(list_membership, (1.3,)),
    program(list_methods, (1.3,)),
    program(list_argument_not_changed, ([1.3, 0.7], 2.0)),
    program(comprehension, (_V,)),
    program(comprehension_over_range, (1.3,)),
    program(comprehension_run_time, (1.3, 3), (1.3, 0), argnums=0),
    program(comprehension_with_condition, (_V,), (-_V,)),
    program(comprehension_nested, (_M,)),
    program(comprehension_with_two_conditions, (1.3,)),
    program(comprehension_of_comprehensions, (1.3,)),
    program(comprehension_variable_does_not_leak, (1.3,)),
    program(comprehension_to_array, (_V,)),
    program(comprehension_unpacks, (_V, _V ** 2)),
    program(generator_in_sum, (_V,), (_E,)),
    program(generator_in_sum_with_start, (_V,)),
    program(generator_in_max, (_V,)),
    program(generator_in_min, (1.3, 0.7), (1.3, -0.7)),
    program(generator_with_condition, (_V,)),
    program(generator_nested, (_M,)),
    program(generator_any_all, (_V,), (np.abs(_V),)),
    program(dict_display, (1.3, 0.7)),
    program(dict_store, (1.3,), pair=True),
    program(dict_items, (1.3, 0.7)),
    program(dict_keys_and_values, (1.3, 0.7)),
    program(dict_get_in_len, (1.3,)),
    program(dict_views_show_the_dict, (1.3, 2), (0.7, 0)),
    program(equal_dicts, (1.3, 0.7)),
    program(dict_comprehension, (1.3,)),
    program(dict_constructor_and_merge, (1.3, 0.7)),
    program(dict_updated_in_loop, (1.3,)),
    program(dict_pop_and_del, (1.3, 0.7)),
    program(fibonacci_table, (1.3,)),
    program(list_of_each_iteration_kept_for_backward, (1.3, 3), (1.3, 1), (1.3, 0), argnums=0, pair=True),
]
