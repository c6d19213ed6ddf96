"""Expressions of scalars: arithmetic, comparisons, boolean values, displays."""

import math

from tests.support.table import case, program


def constant_power(x):
    return x ** 3 - 2 * x ** 2 + x ** 1 + x ** 0


def negative_power(x):
    return x ** -2 + x ** -1


def half_power(x):
    return x ** 0.5 + x ** -1.5


def active_exponent(x):
    return 2.0 ** x


def active_both(x, y):
    return x ** y


def power_of_negative_base(x):
    return x ** 3 + (-x) ** 2


def zero_to_a_constant(x):
    return x ** 2 + x ** 1 + 3 * x


def zero_to_the_zero(x):
    n = 0
    return x ** n + x


def zero_base_active_exponent(x, y):
    return x ** y + x * y


def power_tower(x):
    return x ** x ** x


def run_time_integer_exponent(x, n):
    return x ** n


def unary(x):
    return -x + +x - -(-x)


def division_chain(x, y, z):
    return x / y / z - x / (y / z)


def floor_division(x, y):
    return x // y + x * y


def modulo(x, y):
    return x % y + x


def modulo_of_negative(x, y):
    return x % y * x


def floor_and_modulo_identity(x, y):
    return (x // y) * y + x % y


def integer_arithmetic_aside(x, n):
    half = n // 2
    odd = n % 2
    return x * half + x ** odd - n


def integer_shifts_aside(x, n):
    return x * (n << 2) + (n >> 1) * x - x * (n & 3) + (n | 8) - (n ^ 5) + (~n)


def precedence(x, y):
    return -x ** 2 + (-y) ** 2 * x - x - (y - x) / (x - (y + 1))


def deep_nesting(x):
    return ((((((x + 1) * 2) - 3) / 4) ** 2 + 5) * 6) ** 0.5


def reused_subexpression(x):
    return (x + 1) * (x + 1) / (x + 1)


def comparison_as_number(x, y):
    return (x > y) * x + (x <= y) * y


def chained_comparison(x, y):
    return x * x if 0 < x < y else y * y


def long_chain(x):
    return x if -1 <= x <= 0 < x + 2 != 5 else x ** 2


def boolean_and_as_value(x, y):
    return (x and y) * 2 + x


def boolean_or_as_value(x, y):
    return (y or x) * x


def boolean_chain_as_value(x, y, z):
    return (x or y or z) + (x and y and z)


def not_in_test(x):
    return x if not x > 0 else x ** 2


def and_or_in_test(x, y):
    return x * y if (x > 0 and y > 0) or not (x < 0 or y < 0) else x - y


def short_circuit_guard(x):
    return x if x != 0 and 1 / x > 0.5 else x ** 2


def ternary(x, y):
    return x ** 2 if x > y else x * y


def nested_ternary(x):
    return -x if x < -1 else x ** 2 if x < 1 else 2 * x - 1


def ternary_inside(x, y):
    return 3 * (x if x > y else y) ** 2 + (0.0 if x > 1 else x)


def ternary_of_constant(x):
    return 5.0 if x < 0 else x


def walrus(x):
    return (a := x * 2) + a ** 2


def walrus_in_test(x):
    if (square := x * x) > 1:
        return square * x
    return square


def walrus_in_loop(x):
    total = 0.0
    while (total := total + x) < 5.0:
        pass
    return total * x


def tuple_display(x, y):
    pair = (x * y, x + y)
    return pair[0] * pair[1]


def list_display(x, y):
    parts = [x, y, x * y]
    return parts[0] + parts[-1] * parts[1]


def nested_display(x, y):
    tree = ((x, [y, x * y]), {"k": x + y})
    return tree[0][1][1] * tree[1]["k"] + tree[0][0]


def starred_display(x, y):
    parts = [x, y]
    more = [*parts, x * y, *parts[:1]]
    return more[0] * more[2] + more[3]


def concatenated_tuples(x, y):
    t = (x,) + (y, x * y)
    u = t * 2
    return u[5] * u[0] + len(u) * u[1]


def f_string(x):
    label = f"x is {x:.3f} and {x!r}"
    print(label)
    return x * 2


def printing(x):
    y = x ** 2
    print("y =", y, f"{x:.1f}", sep=" ", end="\n")
    return y * x


def constants_of_all_kinds(x):
    a, b, c, d = 1, 2.5, True, 1_000
    return a * x + b * x ** 2 + c * x + d * x + 0x10 * x + 1e-3


def result_is_parameter(x):
    return x


def result_is_constant(x):
    return 3.0


def unused_parameter(x, y):
    return x * 2


def parameter_used_once_in_dead_code(x, y):
    waste = y ** 2
    return x * 2


def long_product(a, b, c, d, e):
    return a * b * c * d * e


def same_operand_twice(x):
    return x * x + x - x + x / x


def cancelling(x, y):
    return (x - y) + (y - x) + x * 0 + y * 1


def numerically_delicate(x):
    return math.log(1 + math.exp(x)) - x / 2


def infinities_are_passed(x):
    return min(x, math.inf) + max(-math.inf, x)


PROGRAMS = [
    program(constant_power, (1.3,), (-0.7,), (0.0,), second_order=True, pair=True),
    program(negative_power, (1.3,), (-0.7,), second_order=True),
    program(half_power, (1.3,)),
    program(active_exponent, (1.3,), (-2.0,), second_order=True),
    program(active_both, (1.3, 2.7), (0.4, -1.2), (2.0, 3.0), second_order=True),
    program(power_of_negative_base, (-1.3,), second_order=True),
    program(zero_to_a_constant, (0.0,)),
    program(zero_to_the_zero, case(0.0, value=1.0, gradient=1.0), (2.0,)),
    # 0 ** y is 0 for y > 0, so it does not change with y; x ** y grows with x as y * x ** (y - 1).
    program(zero_base_active_exponent, case(0.0, 2.0, gradient=(2.0, 0.0)), case(0.0, 1.0, gradient=(2.0, 0.0))),
    program(power_tower, (1.4,)),
    program(run_time_integer_exponent, (1.3, 3), (-1.3, 2), (-1.3, 3), (0.7, 0), argnums="x"),
    program(unary, (1.3,)),
    program(division_chain, (1.3, 0.7, -2.0)),
    program(floor_division, (7.3, 2.0), (-7.3, 2.0)),
    program(modulo, (7.3, 2.0), (7.3, 2.5)),
    program(modulo_of_negative, (-7.3, 2.0), (7.3, -2.0), (-7.3, -2.0)),
    program(floor_and_modulo_identity, (7.3, 2.0), (-7.3, 2.0)),
    program(integer_arithmetic_aside, (1.3, 7), (1.3, 6), argnums="x"),
    program(integer_shifts_aside, (1.3, 7), argnums="x"),
    program(precedence, (1.3, 0.7)),
    program(deep_nesting, (2.3,)),
    program(reused_subexpression, (1.3,)),
    program(comparison_as_number, (1.3, 0.7), (0.7, 1.3)),
    program(chained_comparison, (1.3, 2.7), (-1.3, 2.7), (3.0, 2.7)),
    program(long_chain, (-0.5,), (0.5,), (-1.5,)),
    program(boolean_and_as_value, (1.3, 0.7)),
    program(boolean_or_as_value, case(1.3, 0.0, value=1.3 * 1.3, gradient=(2.6, 0.0)), (1.3, 0.7)),
    program(boolean_chain_as_value, (1.3, 0.7, 2.0), case(0.0, 0.7, 2.0, gradient=(1.0, 1.0, 0.0))),
    program(not_in_test, (1.3,), (-1.3,)),
    program(and_or_in_test, (1.3, 0.7), (-1.3, 0.7), (-1.0, -2.0)),
    program(short_circuit_guard, case(0.0, gradient=0.0), (1.3,), (3.0,)),
    program(ternary, (1.3, 0.7), (0.7, 1.3), pair=True),
    program(nested_ternary, (-2.0,), (0.5,), (2.0,)),
    program(ternary_inside, (1.3, 0.7), (0.7, 1.3)),
    program(ternary_of_constant, (-1.0,), (2.0,)),
    program(walrus, (1.3,)),
    program(walrus_in_test, (1.3,), (0.3,)),
    program(walrus_in_loop, (1.3,)),
    program(tuple_display, (1.3, 0.7)),
    program(list_display, (1.3, 0.7)),
    program(nested_display, (1.3, 0.7)),
    program(starred_display, (1.3, 0.7)),
    program(concatenated_tuples, (1.3, 0.7)),
    program(f_string, (1.3,), python_only="f-string"),
    program(printing, (1.3,), python_only="f-string"),
    program(constants_of_all_kinds, (1.3,)),
    program(result_is_parameter, (1.3,)),
    program(result_is_constant, case(1.3, gradient=0.0)),
    program(unused_parameter, case(1.3, 0.7, gradient=(2.0, 0.0))),
    program(parameter_used_once_in_dead_code, case(1.3, 0.7, gradient=(2.0, 0.0))),
    program(long_product, (1.3, 0.7, -2.0, 3.0, 0.5)),
    program(same_operand_twice, (1.3,), second_order=True),
    program(cancelling, (1.3, 0.7)),
    program(numerically_delicate, (0.5,), (-3.0,), second_order=True),
    program(infinities_are_passed, (1.3,)),
]
