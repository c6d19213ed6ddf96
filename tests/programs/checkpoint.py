"""`gradgen.checkpoint`: loops and functions of which backward keeps little, and runs again what it needs."""

import math

import numpy as np

import gradgen
from gradgen import checkpoint
from tests.support.table import case, program


def steps(x, n):
    for t in checkpoint(range(n)):
        x = x * math.sin(x) + 0.1 * t
    return x


def steps_over_arrays(u, c, n):
    for t in checkpoint(range(n)):
        u = u + c * np.sin(u) * t
    return np.sum(u * u)


def three_levels(u, c, n):
    for _ in checkpoint(range(n), levels=3):
        u = u + c * np.sin(u)
    return np.sum(u * u)


def five_levels(x, n):
    for t in checkpoint(range(n), 5):
        x = x * math.cos(x) + t
    return x


def one_level(x, n):
    for _ in checkpoint(range(n), levels=1):
        x = x * math.cos(x)
    return x


def from_to_by(x, a, b):
    for t in checkpoint(range(a, b, 3)):
        x = x * math.sin(x + t)
    for t in checkpoint(range(b, a, -2)):
        x = x * math.cos(x + t)
    return x


def last_index_after(x, n):
    t = -1
    for t in checkpoint(range(n)):
        x = x * 1.1 + t
    return x * t


def left_early(x, n, limit):
    for t in checkpoint(range(n)):
        x = x * x * 0.4 + 1.0
        if x > limit:
            break
    return x * t


def returned_early(x, n, limit):
    for _ in checkpoint(range(n)):
        x = x * x * 0.4 + 1.0
        if x > limit:
            return x * x
    return math.sin(x)


def left_in_three_levels(x, n, limit):
    for t in checkpoint(range(n), levels=3):
        if t % 2:
            continue
        x = x * x * 0.4 + 1.0
        if x > limit:
            break
    else:
        x = x * 3.0
    return x


def in_place(u, c, n):
    v = u.copy()
    for _ in checkpoint(range(n)):
        v[1:-1] = v[1:-1] + c * (v[2:] - 2 * v[1:-1] + v[:-2]) * v[1:-1]
        v[0] = v[1] * v[1]
    return np.sum(v * v)


def element_by_element(u, c, n):
    v = u.copy()
    for _ in checkpoint(range(n)):
        for i in range(1, v.size - 1):
            v[i] = v[i] + c * v[i - 1] * (v[i + 1] - v[i])
    return np.sum(v * v)


def swapped(u, c, n):
    a, b = u.copy(), np.zeros_like(u)
    for _ in checkpoint(range(n)):
        for i in range(1, u.size - 1):
            b[i] = a[i] + c * a[i] * (a[i + 1] - a[i - 1])
        a, b = b, a
    return np.sum(a * a) + b[1]


def changes_an_argument(u, c, n):
    for t in checkpoint(range(n)):
        u[t % 3] = u[t % 3] * math.sin(c * u[0] + u[-1])
    return np.sum(u ** 2)


def parameters_of_each_step(w, u):
    for t in checkpoint(range(w.shape[0])):
        u = np.tanh(w[t] * u + u[0])
    return np.sum(u)


def over_rows(w, u):
    for row in checkpoint(w):
        u = np.tanh(row * u)
    return np.sum(u)


def over_enumerated(w, u):
    for t, row in checkpoint(enumerate(w)):
        u = np.tanh(row * u + t)
    return np.sum(u)


def history(u, c, n):
    h = np.zeros(n)
    for t in checkpoint(range(n)):
        u = np.tanh(c * u)
        h[t] = u[0] * u[1]
    return np.sum(h ** 2)


def reads_its_history(c, n):
    h = np.zeros(n + 2)
    h[0], h[1] = 1.0, c
    for t in checkpoint(range(2, n + 2)):
        h[t] = math.sin(h[t - 1] * c) + 0.5 * h[t - 2]
    return np.sum(h ** 2)


def grows_a_list(x, n):
    xs = [x]
    for _ in checkpoint(range(n)):
        x = x * math.sin(x)
        xs.append(x * xs[-1])
    return sum(xs)


def loop_in_loop(u, c, n):
    for _ in checkpoint(range(n)):
        for _ in checkpoint(range(n + 1)):
            u = u + c * np.sin(u)
        c = c * 0.9
    return np.sum(u)


def in_a_plain_loop(x, n):
    for k in range(n):
        for t in checkpoint(range(k * n)):
            x = x * math.sin(x + t)
        x = x + 1.0
    return x


def in_a_branch(x, n):
    if x > 0:
        for _ in checkpoint(range(n)):
            x = x * math.sin(x)
    return x * x


def branches_inside(x, n):
    y = 0.0
    for t in checkpoint(range(n)):
        if t % 3 == 0:
            y = y + x * x
        else:
            x = x * math.cos(y)
    return x * y


def while_inside(x, n):
    for _ in checkpoint(range(n)):
        x = x * 0.3
        while x < 2.0:
            x = x * x + 1.0
    return x


def made_in_the_loop(u, n):
    for t in checkpoint(range(n)):
        v = np.sin(u) * t
        u = u + v * v
    return np.sum(u * v)


def draws_in_the_loop(u, n):
    for t in checkpoint(range(n)):
        noise = np.random.default_rng(t).standard_normal(3)
        u = u * noise + np.sin(u)
    return np.sum(u)


def prints_in_the_loop(x, n):
    for t in checkpoint(range(n)):
        if x > 1e9:
            raise ValueError("too large")
        x = x * math.sin(x) + t
    return x



@checkpoint
def step(u, c):
    e = np.exp(-u * u)
    s = np.sin(c * e)
    return s * s + u


def of_a_function(u, c):
    return np.sum(step(step(u, c), c * c))


def of_a_function_in_a_loop(u, c, n):
    for _ in range(n):
        u = step(u, c)
    return np.sum(u)


def of_a_function_in_a_loop_in_segments(u, c, n):
    for _ in checkpoint(range(n)):
        u = step(u, c) * 0.5
    return np.sum(u)


@checkpoint
def relax(u, c):
    for i in range(1, u.size):
        u[i] = math.sin(u[i]) * c + u[i - 1]


def changes_what_it_takes(u, c, n):
    v = u.copy()
    for _ in range(n):
        relax(v, c)
    relax(v, c)
    return np.sum(v * v)


@checkpoint
def two_results(x, y):
    if x > y:
        return x * y, math.sin(x)
    return x + y, math.cos(y)


def of_two_results(x, y):
    a, b = two_results(x, y)
    a, b = two_results(b, a)
    return a * b


@checkpoint
def calls_another(x):
    a, b = two_results(x, x * x)
    return a * math.exp(b)


@checkpoint
def grown(u, c):
    for t in range(4):
        u = u * c
        if u[0] > 1.0 + t:
            return u * u
    return u


def of_a_function_that_returns_from_a_loop(u, c):
    return np.sum(grown(grown(u, c), c))


def nested_calls(x):
    return calls_another(x) * x


def of_a_function_inside(x, n):
    @checkpoint
    def again(y):
        z = math.sin(y * x)
        return z * z + y

    y = x
    for _ in range(n):
        y = again(y)
    return y


def of_a_lambda(x):
    again = checkpoint(lambda y: math.sin(y) * y)
    return again(again(x)) * x


@checkpoint
def unchanged(x, y):
    return x, y * y


def of_what_is_handed_through(x, y):
    a, b = unchanged(x, y)
    return a * b * x


@checkpoint
def power(x, n):
    if n <= 0:
        return 1.0
    return math.sin(x) * power(x, n - 1) + x


def calls_itself(x, n):
    return power(x, n)


@checkpoint
def factorisation(a):
    w, v = np.linalg.eigh(a @ a.T)
    return np.sum(np.abs(v[:, 0])), w


def of_several_results(a):
    s, w = factorisation(a)
    return s * np.sum(w ** 2)


@checkpoint
def draws(u, seed):
    return u * np.random.default_rng(seed).standard_normal(3) + np.sin(u)


def of_random_numbers(u):
    return np.sum(draws(draws(u, 1), 2))


def with_a_gradient_inside(x, n):
    for _ in checkpoint(range(n)):
        x = x - 0.1 * gradgen.grad(lambda y: y ** 4)(x)
    return x


@checkpoint
def term(a, w):
    e = math.exp(-a * a) * w
    return math.sin(e) * e


def of_a_function_in_independent_iterations(x, w):
    s = 0.0
    for i in range(x.shape[0]):
        s = s + term(x[i], w) * w
    return s * s


def in_independent_iterations(x, w, n):
    s = 0.0
    for i in range(x.shape[0]):
        u = x[i]
        for t in checkpoint(range(n)):
            u = np.sin(u * w) + t
        s += u * w
    return s * s


_U = np.linspace(0.4, 1.3, 6)
_W = np.linspace(0.3, 0.9, 30).reshape(10, 3)
_COUNTS = (0, 1, 2, 3, 4, 8, 9, 10, 17)

PROGRAMS = [
    program(steps, *((1.3, n) for n in _COUNTS), argnums=0, second_order=True, pair=True),
    program(steps_over_arrays, *((_U, 0.1, n) for n in _COUNTS), argnums=(0, 1), pair=True),
    program(three_levels, *((_U, 0.1, n) for n in (0, 1, 2, 7, 28)), argnums=(0, 1), pair=True),
    program(five_levels, (0.3, 0), (0.3, 11), argnums=0, second_order=True),
    program(one_level, (1.3, 4), argnums=0),
    program(from_to_by, (1.3, 0, 10), (1.3, 10, 0), (1.3, 3, 4), (1.3, -5, 14), argnums=0, second_order=True),
    program(last_index_after, (1.3, 0), (1.3, 6), argnums=0),
    program(left_early, (1.3, 12, 3.0), (1.3, 3, 99.0), (1.3, 9, 1.4), argnums=0, second_order=True),
    program(returned_early, (1.3, 12, 3.0), (1.3, 3, 99.0), (1.3, 0, 1.4), argnums=0),
    program(left_in_three_levels, (1.3, 30, 3.0), (1.3, 4, 99.0), (1.3, 0, 9.0), argnums=0, second_order=True),
    program(in_place, (_U, 0.1, 5), (_U, 0.1, 0), argnums=(0, 1), pair=True),
    program(element_by_element, (_U, 0.1, 5), argnums=(0, 1), pair=True),
    program(swapped, (_U, 0.1, 5), (_U, 0.1, 4), (_U, 0.1, 0), argnums=(0, 1), pair=True),
    program(changes_an_argument, (_U, 0.4, 7), argnums=(0, 1)),
    program(parameters_of_each_step, (_W, _U[:3]), (_W[:0], _U[:3]), argnums=(0, 1)),
    program(over_rows, (_W, _U[:3]), argnums=(0, 1)),
    program(over_enumerated, (_W, _U[:3]), argnums=(0, 1)),
    program(history, (_U, 0.9, 7), argnums=(0, 1)),
    program(reads_its_history, (0.7, 9), argnums=0),
    program(grows_a_list, (1.3, 7), argnums=0),
    program(loop_in_loop, (_U, 0.1, 3), (_U, 0.1, 0), argnums=(0, 1)),
    program(in_a_plain_loop, (1.3, 4), argnums=0, second_order=True),
    program(in_a_branch, (1.3, 4), (-1.3, 4), argnums=0),
    program(branches_inside, (0.7, 7), argnums=0, second_order=True),
    program(while_inside, (0.7, 5), argnums=0),
    program(made_in_the_loop, (_U, 4), argnums=0),
    program(draws_in_the_loop, (_U[:3], 7), argnums=0, python_only="random generators"),
    program(prints_in_the_loop, (1.3, 7), argnums=0),
    program(of_a_function, (_U, 0.7), argnums=(0, 1), pair=True),
    program(of_a_function_in_a_loop, (_U, 0.7, 3), argnums=(0, 1), pair=True),
    program(of_a_function_in_a_loop_in_segments, (_U, 0.7, 6), argnums=(0, 1)),
    program(changes_what_it_takes, (_U, 0.7, 3), argnums=(0, 1), pair=True),
    program(of_a_function_in_independent_iterations, (_U, 0.7), argnums=(0, 1), pair=True),
    program(in_independent_iterations, (_U, 0.7, 5), (_U, 0.7, 0), argnums=(0, 1), pair=True),
    program(of_two_results, (1.3, 0.7), (0.7, 1.3), second_order=True, pair=True),
    program(of_a_function_that_returns_from_a_loop, (_U, 1.6), (_U, 0.7)),
    program(nested_calls, (1.3,), (0.7,), second_order=True),
    program(of_a_function_inside, (1.3, 3), argnums=0, second_order=True),
    program(of_a_lambda, (1.3,)),
    program(of_what_is_handed_through, (1.3, 0.7)),
    program(calls_itself, (1.3, 3), case(1.3, 0, gradient=(0.0,)), argnums=0, python_only="recursion"),
    program(of_several_results, (np.array([[1.3, 0.2], [0.4, 2.0]]),)),
    program(of_random_numbers, (_U[:3],), python_only="random generators"),
    program(with_a_gradient_inside, (0.3, 5), argnums=0),
]
