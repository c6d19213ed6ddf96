"""Python's builtins, and the functions of `math`: each differentiable one, the others as constants."""

import itertools
import math

import numpy as np

from tests.support.table import case, program


def absolute(x):
    return abs(x) * x + abs(x - 1)


def smallest_and_largest(x, y, z):
    return min(x, y) * max(x, y, z) + min(x, y, z, 2.0)


def max_of_a_list(x, y):
    parts = [x, y, x * y]
    return max(parts) * min(parts)


def max_of_an_array(v):
    return max(v) * min(v)


def max_with_constant(x):
    return max(0.0, x) + min(x, 3) ** 2 + max(x, 0)


def max_with_default(x):
    return max([], default=x) * 2


def sum_of_a_tuple(x, y):
    return sum((x, y, x * y)) * sum([x, 1], 2.0)


def sum_of_an_array(v):
    return sum(v) * sum(v * v)


def pow_of_two(x, y):
    return pow(x, 3) + pow(x, y)


def conversions(x):
    return float(x) * 2 + int(x) * x + bool(x) * x + float(3) * x + float("2.5") * x + float(x > 0) * x


def rounding(x):
    return round(x) * x + round(x, 1) + math.floor(x) * x + math.ceil(x) + math.trunc(x) * x


def length(v):
    return v[0] * len(v) + v[1] * len((1, 2)) + v[2] * len("abc")


def divided(x, y):
    q, r = divmod(x, y)
    return q * x + r * y


def isinstance_and_type(x, v):
    if isinstance(x, float) and isinstance(v, np.ndarray) and callable(abs):
        return x * v.sum()
    return x


def tuple_and_list_of_range(x):
    n = tuple(range(1, 4))
    k = list(range(3))
    return x ** n[1] + x * k[2]


def enumerate_zip_as_values(x, y):
    pairs = list(zip((x, y), (2.0, 3.0)))
    named = list(enumerate([x, y]))
    return pairs[0][0] * pairs[1][1] + named[1][1] * named[1][0]


def inverse_trigonometry(x):
    return math.asin(x) + math.acos(x / 2) * math.atan(x)


def trigonometry(x):
    return math.sin(x) * math.cos(x) + math.tan(x)


def hyperbolic(x):
    return math.sinh(x) + math.cosh(x) * math.tanh(x)


def inverse_hyperbolic(x):
    return math.asinh(x) + math.acosh(x + 1) * math.atanh(x / 3)


def exponentials(x):
    return math.exp(x) + math.expm1(x) * math.exp2(x)


def logarithms(x):
    return math.log(x) + math.log(x, 3) * math.log2(x) + math.log10(x) * math.log1p(x)


def logarithm_to_active_base(x, y):
    return math.log(x, y)


def roots(x):
    return math.sqrt(x) + math.cbrt(x) * x


def two_arguments(x, y):
    return math.atan2(y, x) + math.hypot(x, y) * math.pow(x, y) + math.fmod(x, y)


def signs(x, y):
    return math.fabs(x) * math.copysign(x, y) + math.fabs(-x * y)


def hypot_of_three(x, y, z):
    return math.hypot(x, y, z) * math.hypot(x)


def distance(x, y):
    return math.dist((x, y), (1.0, 2.0)) + math.dist([x], [y])


def angles(x):
    return math.degrees(x) * 0.01 + math.radians(x) * x


def error_functions(x):
    return math.erf(x) * math.erfc(x / 2)


def gamma_functions(x):
    return math.gamma(x) * math.lgamma(x + 1)


def product_and_fsum(x, y):
    return math.prod((x, y, 2.0)) + math.prod([x, y], start=3.0) + math.fsum([x, y, x * y])


def dot_of_lists(x, y):
    return sum(a * b for a, b in zip([x, y], [y, x]))


def constants_of_math(x):
    return math.pi * x + math.e * x ** 2 + math.tau * x


def predicates_of_math(x):
    if math.isnan(x) or math.isinf(x) or not math.isfinite(x):
        return 0.0
    return x ** 2 if math.isclose(x, 1.3) else x


def integers_of_math(x, n):
    return x * math.factorial(n) + x ** 2 * math.comb(5, 2) + math.gcd(12, 18) * x + math.isqrt(17) * x


def parts_of_a_number(x):
    fraction, whole = math.modf(x)
    return fraction * x + whole


def stable_logistic(x):
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


def normal_density(x, mu, sigma):
    z = (x - mu) / sigma
    return math.exp(-0.5 * z * z) / (sigma * math.sqrt(2 * math.pi))


def haversine(a, b, c, d):
    p, q = math.radians(a), math.radians(c)
    h = math.sin((q - p) / 2) ** 2 + math.cos(p) * math.cos(q) * math.sin(math.radians(d - b) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(h))


_V = np.array([1.3, 0.7, -2.0, 0.4])
_M = np.array([[1.3, 0.7], [-2.0, 0.4], [0.6, -1.1]])

def extremes_by_a_key(points, x):
    far = max(points, key=lambda p: p @ p)
    a, b = max([(x, 1.0), (x * x, 2.0), (1.0, x)], key=lambda pair: pair[0] * pair[1])
    nearest = min(range(len(points)), key=lambda k: np.sum((points[k] - far) ** 4) + (k == 0))
    return far[0] * a * b + np.sum(points[nearest]) + max(-3.0, x, key=abs) * x


def sorted_at_run_time(points, x):
    near = sorted(points, key=np.linalg.norm)
    low, *middle, high = sorted([x, x * x, 0.1])
    ties = sorted([x, 0.3, x, 0.5], reverse=True)
    named = sorted({"b": 2.0, "a": x}.items())
    falling = sorted(-points[:, 0], reverse=True)
    steps = sum((k + 1) * v for k, v in enumerate(falling[1:]))
    return near[0][0] * near[-1][1] + low * high + middle[0] + ties[1] + 3 * named[0][1] + steps


def iterators_at_run_time(points, m):
    rows, columns = m.shape
    out = np.zeros((rows, columns))
    for i, j in itertools.product(range(rows), range(columns)):
        out[i, j] = m[i, j] ** 2 * (i + 1)
    pairs = itertools.combinations(points, 2)
    s = sum(np.sum((p - q) ** 2) for p, q in pairs) + sum(1.0 for _ in pairs)
    for p, q in itertools.pairwise(points):
        s += p[0] * q[1]
    levels = list(itertools.accumulate(m[1], lambda a, b: 0.9 * a + b))
    return np.sum(out) + s * levels[-1] + sum(itertools.accumulate([s, 2.0], initial=m[0, 0]))


PROGRAMS = [
    program(absolute, (1.3,), (-1.3,), second_order=True, pair=True),
    program(smallest_and_largest, (1.3, 0.7, 3.0), (1.3, 2.7, 0.1)),
    program(max_of_a_list, (1.3, 0.7), (1.3, -0.7)),
    program(max_of_an_array, (_V,)),
    program(max_with_constant, (1.3,), (-1.3,), (5.0,)),
    program(max_with_default, (1.3,)),
    program(sum_of_a_tuple, (1.3, 0.7)),
    program(sum_of_an_array, (_V,)),
    program(pow_of_two, (1.3, 0.7), second_order=True),
    program(conversions, (1.3,), (-1.3,)),
    program(rounding, (1.32,), (-1.32,)),
    program(length, (_V,)),
    program(divided, (7.3, 2.0), (-7.3, 2.0)),
    program(isinstance_and_type, (1.3, _V)),
    program(tuple_and_list_of_range, (1.3,)),
    program(enumerate_zip_as_values, (1.3, 0.7)),
    program(inverse_trigonometry, (0.3,), second_order=True),
    program(trigonometry, (1.3,), second_order=True),
    program(hyperbolic, (1.3,), second_order=True),
    program(inverse_hyperbolic, (1.3,), second_order=True),
    program(exponentials, (1.3,), second_order=True),
    program(logarithms, (1.3,), second_order=True),
    program(logarithm_to_active_base, (1.3, 2.7), second_order=True),
    program(roots, (1.3,), second_order=True),
    program(two_arguments, (1.3, 0.7), second_order=True),
    program(signs, (1.3, -0.7), (-1.3, 0.7)),
    program(hypot_of_three, (1.3, 0.7, -2.0), second_order=True),
    program(distance, (1.3, 0.7)),
    program(angles, (1.3,)),
    program(error_functions, (0.3,), second_order=True),
    # Numba's gamma is another library's: it differs in the last digits.
    program(gamma_functions, (2.3,)),
    program(product_and_fsum, (1.3, 0.7)),
    program(extremes_by_a_key, (_M, 1.3), (_M, 0.4)),
    program(sorted_at_run_time, (_M, 1.3), (_M, 0.4)),
    program(iterators_at_run_time, (_M, _M.T)),
    program(dot_of_lists, (1.3, 0.7)),
    program(constants_of_math, (1.3,)),
    program(predicates_of_math, case(1.3, gradient=2.6), (1.4,)),
    program(integers_of_math, (1.3, 4), argnums=0),
    program(parts_of_a_number, (1.3,), (-1.3,)),
    program(stable_logistic, (1.3,), (-1.3,), second_order=True),
    program(normal_density, (1.3, 0.7, 2.0), second_order=True),
    program(haversine, (52.2, 21.0, 48.1, 11.6)),
]
