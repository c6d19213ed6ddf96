"""Derivatives of derivatives: scalar functions with branches and loops, and gradients used inside functions."""

import math

import numpy as np

import gradgen
from tests.support.table import case, program


def polynomial(x):
    return x ** 4 - 3 * x ** 3 + x


def two_variables(x, y):
    return x ** 3 * y ** 2 + math.sin(x * y)


def quotient(x, y):
    return x / (1 + y ** 2) - y / x


def with_branch(x):
    if x > 1:
        return x ** 3
    return math.exp(x)


def with_branch_overwriting(x, y):
    z = x * y
    if z > 1:
        z = z ** 2 * x
    else:
        z = z - y ** 3
    return z * x


def with_loop(x):
    y = x
    for i in range(4):
        y = y * x + i * math.sin(y)
    return y


def with_loop_of_run_time_length(x, n):
    y = x
    for i in range(n):
        y = y * y * 0.5 + x
    return y


def with_nested_loops(x):
    s = 0.0
    for i in range(3):
        t = x
        for j in range(i + 1):
            t = t * x
        s += t * math.cos(s)
    return s


def with_while(x):
    y = x
    while y < 20:
        y = y * y * 0.4 + x
    return y


def with_break(x):
    y = x
    for i in range(20):
        y = y * 1.3 + 0.1 * y ** 2
        if y > 10:
            break
    return y


def with_branch_in_loop(x):
    y = x
    for i in range(6):
        if y > 2:
            y = y / (1 + x)
        else:
            y = y * y + x
    return y


def with_list(x):
    ys = [x]
    for i in range(4):
        ys.append(ys[-1] * x)
    return sum(ys)


def with_helper(x):
    return polynomial(x) * with_branch(x)


def with_gates(x):
    s = 1 / (1 + math.exp(-x))
    p = math.log(1 + math.exp(x))
    return s * p + max(x, 0.0) ** 2 + abs(x) * x


def with_arrays_inside(x):
    v = np.array([x, x ** 2, 1.0])
    return np.sum(np.exp(v * 0.3)) + v @ v


third = gradgen.grad(gradgen.grad(polynomial))


def third_derivative(x):
    return third(x)


slope = gradgen.grad(two_variables)


def gradient_penalty(x, y):
    return two_variables(x, y) + slope(x, y) ** 2


def _energy(v):
    return np.sum(v ** 4) + np.sum(v[1:] * v[:-1])


force = gradgen.grad(_energy)


def hessian_vector_product(v, u):
    return np.sum(force(v) * u)


def newton_step_with_gradient(x):
    f = gradgen.grad(polynomial)
    for _ in range(3):
        x = x - f(x) * 0.01
    return x


V = np.array([1.3, 0.7, -2.0])

def adjoint_copied_and_read(x, y, p):
    a = p * x
    b = np.sin(p)
    a[0] = x * x
    for i in range(2):
        b -= p[i] * y
    return np.sum(a * b) + a[0] * y + np.sum(a * b)


def _with_early_return(x, y):
    for i in range(4):
        y = y * x
        if y > 2.0:
            return y
    return y + x


def names_shared_by_what_a_loop_carries(x, y, p, q, n):
    a = p * x
    b = np.sin(p)
    k = q * y
    items = [a, p, b]
    items[0][0] = _with_early_return(x, 0.5)
    for i in range(n):
        b -= k[:, i]
    return np.sum(a * b) + a[0] * k[1, 0] + np.sum(items[0] * items[-1])


@gradgen.grad(argnums="s")
def _slope(v, s):
    return np.sum(v * s ** 3)


def slope_by_a_number_is_a_number(v, s):
    return _slope(v, s) * s


PROGRAMS = [
    program(
        names_shared_by_what_a_loop_carries,
        (1.3, 0.7, V, np.outer(V, V) + 0.3, 2),
        argnums=("x", "y"),
        second_order=True,
    ),
    program(adjoint_copied_and_read, (1.3, 0.7, V), argnums=("x", "y"), second_order=True),
    program(polynomial, (1.3,), (-0.7,), second_order=True),
    program(two_variables, (1.3, 0.7), second_order=True),
    program(quotient, (1.3, 0.7), second_order=True),
    program(with_branch, (1.3,), (0.7,), second_order=True),
    program(with_branch_overwriting, (1.3, 0.7), (1.3, 2.7), second_order=True),
    program(with_loop, (1.3,), second_order=True),
    program(with_loop_of_run_time_length, (1.3, 3), (1.3, 0), second_order=True, argnums=0),
    program(with_nested_loops, (1.3,), second_order=True),
    program(with_while, (1.3,), second_order=True),
    program(with_break, (1.3,), second_order=True),
    program(with_branch_in_loop, (1.3,), (0.4,), second_order=True),
    program(with_list, (1.3,), second_order=True),
    program(with_helper, (1.3,), second_order=True),
    program(with_gates, (1.3,), (-1.3,), second_order=True),
    program(with_arrays_inside, (1.3,), second_order=True),
    program(third_derivative, case(1.3, value=12 * 1.3 ** 2 - 18 * 1.3, gradient=24 * 1.3 - 18)),
    program(gradient_penalty, (1.3, 0.7)),
    program(hessian_vector_product, (V, V ** 2)),
    program(newton_step_with_gradient, (1.3,)),
    program(slope_by_a_number_is_a_number, (np.ones(3, np.float32), 1.3), argnums="s"),
]
