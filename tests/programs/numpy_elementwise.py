"""NumPy's elementwise functions, alone and in formulas, with every pairing of shapes that broadcasts."""

import numpy as np

from tests.support.table import case, program


def add_sub(a, b):
    return np.sum((a + b) * (a - b))


def mul_div(a, b):
    return np.sum(a * b / (b + 3) - b / a)


def power(a, b):
    return np.sum(np.abs(a) ** b + a ** 3)


def exponent_as_argument(v, w, p):
    away, share = np.abs(v - w), np.where(w > 0.5, v, 1.0 - w)
    return np.sum(away**p * (p - 1.0) + share**2 * away ** (p - 1) + away ** (3 - p))


def ufuncs_of_arithmetic(a, b):
    c = np.add(a, b) * np.subtract(a, b) + np.multiply(a, b) / np.divide(b, a) - np.true_divide(a, b)
    return np.sum(np.negative(c) + np.positive(c) * np.power(np.abs(a), b) + np.square(a) + np.reciprocal(b))


def remainders(a, b):
    return np.sum(np.mod(a, b) * a + np.remainder(a, b) + np.floor_divide(a, b) * b + np.fmod(a, b) + a % b + a // b)


def trigonometric(a):
    return np.sum(np.sin(a) * np.cos(a) + np.tan(a / 2) + np.arcsin(a / 3) * np.arccos(a / 4) + np.arctan(a))


def hyperbolic(a):
    return np.sum(np.sinh(a) * np.tanh(a) + np.cosh(a) + np.arcsinh(a) * np.arctanh(a / 3) + np.arccosh(a * a + 1.5))


def exponential(a):
    return np.sum(np.exp(a) + np.exp2(a) * np.expm1(a))


def logarithmic(a):
    b = np.abs(a) + 0.5
    return np.sum(np.log(b) * np.log2(b) + np.log10(b) * np.log1p(b) + np.sqrt(b) + np.cbrt(a))


def two_argument(a, b):
    return np.sum(np.arctan2(a, b) + np.hypot(a, b) * np.logaddexp(a, b) + np.logaddexp2(a, b) + np.copysign(a, b))


def angles(a):
    return np.sum(np.deg2rad(a) * np.rad2deg(a) + np.degrees(a) + np.radians(a) * a + np.sinc(a))


def kinked(a, b):
    return np.sum(np.abs(a) * np.fabs(b) + np.maximum(a, b) * np.minimum(a, b) + np.fmax(a, b) - np.fmin(a, 0.0))


def piecewise_constant(a):
    return np.sum(np.sign(a) * a + np.floor(a) * a + np.ceil(a) + np.trunc(a) * a + np.rint(a) * a + np.round(a, 1))


def clips(a):
    return np.sum(np.clip(a, -1.0, 1.0) * a + np.clip(a, 0.0, None) + a.clip(None, 1.0) ** 2 + a.clip(-0.5, 0.5))


def clips_to_active_bounds(a, lo, hi):
    return np.sum(np.clip(a, lo, hi) ** 2)


def where(a, b):
    return np.sum(np.where(a > b, a * b, a - b))


def where_with_scalars(a):
    return np.sum(np.where(a > 0, a ** 2, 0.0) + np.where(a < 0, 1.0, a))


def where_does_not_leak(a):
    return np.sum(np.where(a > 0, np.log(np.where(a > 0, a, 1.0)), 0.0))


def where_with_safe_log(a):
    return np.sum(np.where(a > 0, np.log(a), 0.0))


def where_with_safe_division(a):
    return np.sum(np.where(a != 0, np.sin(a) / a, 1.0))


def comparisons_as_data(a, b):
    return np.sum((a > b) * a + (a <= b) * b + (a == a) * a * b + np.greater(a, b) * a - np.logical_not(a > 0) * b)


def masks_combined(a, b):
    inside = (a > -1) & (b < 1) | ~(a > b)
    both = np.logical_and(a > 0, b > 0)
    either = np.logical_or(a > 0, b > 0) ^ both
    return np.sum(inside * a + both * b ** 2 + either * a * b)


def predicates(a):
    return np.sum(np.where(np.isfinite(a) & ~np.isnan(a) & ~np.isinf(a), a ** 2, 0.0))


def functions_of_scalars(x, y):
    return np.sin(x) * np.exp(y) + np.maximum(x, y) + np.sqrt(x * x + y * y) + np.abs(x) + np.where(x > y, x, y * 2)


def scalars_and_arrays_mixed(x, a):
    return np.sum(np.exp(x) * a + np.sin(a) * x + np.maximum(a, x) + np.power(np.abs(a), x))


def unary_of_array(a):
    return np.sum(-a + (+a) * a - abs(a))


def three_way_broadcast(a, b, c):
    return np.sum(a * b + b * c - a / (c + 3))


def broadcast_chain(a, b):
    t = a + b
    u = t * b
    w = u - a
    return np.sum(w * w)


def softplus(a):
    return np.sum(np.log(1 + np.exp(a)) + np.log1p(np.exp(-a)))


def sigmoids(a):
    return np.sum(1 / (1 + np.exp(-a)) + np.exp(a) / (1 + np.exp(a)) + 1.0 / (1.0 + np.exp(-a)) * a)


def relus(a):
    return np.sum(np.maximum(0, a) + np.maximum(a, 0.0) ** 2 + a * (a > 0) + np.where(a > 0, a, 0))


def softmax(a):
    e = np.exp(a - np.max(a))
    p = e / np.sum(e)
    return np.sum(p * p)


def softmax_rows(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p * p)[:, 0].sum()


def log_softmax(a):
    m = np.max(a)
    logp = a - m - np.log(np.sum(np.exp(a - m)))
    return logp[0] * 2 - logp[-1]


def logsumexp(a):
    m = a.max()
    return m + np.log(np.sum(np.exp(a - m)))


def cross_entropy(a, labels):
    shifted = a - a.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(labels)), labels].mean()


def gelu(a):
    return np.sum(0.5 * a * (1 + np.tanh(np.sqrt(2 / np.pi) * (a + 0.044715 * a ** 3))))


def huber(r, delta):
    return np.sum(np.where(np.abs(r) <= delta, 0.5 * r ** 2, delta * (np.abs(r) - 0.5 * delta)))


def logistic_loss(w, X, y):
    return np.mean(np.log(1 + np.exp(-y * (X @ w)))) + 0.1 * np.sum(w ** 2)


def normal_log_density(v, mu, sigma):
    z = (v - mu) / sigma
    return np.sum(-0.5 * z ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi))


def reassigned_intermediates(a):
    b = np.exp(a)
    c = b * a
    b = c + b
    c = b * b
    return np.sum(c - b)


def same_array_on_both_sides(a):
    return np.sum(a * a + a / (a * a + 1) - a ** 2)


def kink_of_abs(a):
    return np.sum(np.abs(a))


def kink_of_maximum(a, b):
    return np.sum(np.maximum(a, b))


def kink_of_minimum(a, b):
    return np.sum(np.minimum(a, b))


def kink_of_relu(a):
    return np.sum(np.maximum(0.0, a))


def kink_of_relu_other_order(a):
    return np.sum(np.maximum(a, 0))



_RNG = np.random.default_rng(5)
S = 1.1
V = np.array([1.3, 0.7, -2.0, 0.4])
M = _RNG.standard_normal((3, 4)) + 0.1
C = _RNG.standard_normal((3, 1)) + 0.1
R = _RNG.standard_normal((1, 4)) + 0.1
T = _RNG.standard_normal((2, 3, 4)) + 0.1
ONE = np.array([[0.7]])
EMPTY = np.zeros((0, 4))
PAIRS = [
    (V, V * 0.7 + 0.1), (V, S), (S, V), (M, V), (V, M), (M, C), (C, R), (R, M), (T, M), (C, T), (ONE, M), (T, S),
    (ONE, V), (V, ONE), (EMPTY, V),
]
SOME = [(V, V * 0.7 + 0.1), (V, S), (M, C), (C, R)]
POSITIVE = np.abs(M) + 0.5

PROGRAMS = [
    program(add_sub, *PAIRS),
    program(mul_div, *PAIRS, pair=True),
    program(power, *SOME),
    program(exponent_as_argument, (V, 2 * V + 3.1, 2.0), (V, 2 * V + 3.1, 2.5)),
    program(exponent_as_argument, (V, 2 * V + 3.1, 2), argnums=(0, 1)),
    program(ufuncs_of_arithmetic, *SOME),
    program(remainders, (V * 5, np.abs(V) + 1.1), (V * 5, 2.1), (M * 5, np.abs(C) + 1.1)),
    program(trigonometric, (V,), (M,), (S,), analytic=False),
    program(hyperbolic, (V,), (M,)),
    program(exponential, (V,), (M,), analytic=True),
    program(logarithmic, (V,), (M,)),
    program(two_argument, *SOME),
    program(angles, (V,), (M,)),
    program(kinked, *SOME),
    program(piecewise_constant, (V + 0.123,), (M,)),
    program(clips, (V,), (M,)),
    program(clips_to_active_bounds, (V, -0.5, 0.5), (M, C * 0.1 - 0.5, 1.1), (V, -np.abs(V) * 0.5, np.abs(V) * 0.5 + 0.1)),
    program(where, *SOME),
    program(where_with_scalars, (V,), (M,)),
    program(where_does_not_leak, (V,)),
    program(where_with_safe_log, case(np.array([2.0, -1.0, 0.0]), gradient=np.array([0.5, 0.0, 0.0])), (V,)),
    program(where_with_safe_division, case(np.array([0.0]), gradient=np.array([0.0])), (V,)),
    program(comparisons_as_data, *SOME),
    program(masks_combined, *SOME),
    program(predicates, (V,)),
    program(functions_of_scalars, (1.3, 0.7), (np.float64(0.3), np.float64(0.7)), second_order=False),
    program(scalars_and_arrays_mixed, (1.1, V), (1.1, M)),
    program(unary_of_array, (V,)),
    program(three_way_broadcast, (V, C, S), (M, R, C), (T, C, V)),
    program(broadcast_chain, (C, R), (V, M), (S, M)),
    program(softplus, (V,), (np.float64(0.5),)),
    program(sigmoids, (V,), (M,), analytic=True),
    program(relus, (V,), (M,)),
    program(softmax, (V,)),
    program(softmax_rows, (M,), pair=True),
    program(log_softmax, (V,)),
    program(logsumexp, (V,), (V * 300,)),
    program(cross_entropy, (M, np.array([1, 0, 3])), argnums=0),
    program(gelu, (V,), analytic=True),
    program(huber, (V, 1.0), (M, 0.5)),
    program(logistic_loss, (V, M, np.array([1.0, -1.0, 1.0])), argnums=(0,), pair=True),
    program(normal_log_density, (V, 0.3, 1.2), (V, V * 0.5, np.abs(V)), analytic=True),
    program(reassigned_intermediates, (V,), analytic=True),
    program(same_array_on_both_sides, (V,), analytic=True),
    program(kink_of_abs, case(np.array([0.0, -1.0, 2.0]), gradient=np.array([0.0, -1.0, 1.0]))),
    program(
        kink_of_maximum,
        case(np.array([1.0, 1.0]), np.array([1.0, 2.0]), gradient=(np.array([1.0, 0.0]), np.array([0.0, 1.0]))),
    ),
    program(
        kink_of_minimum,
        case(np.array([1.0, 1.0]), np.array([1.0, 2.0]), gradient=(np.array([1.0, 1.0]), np.array([0.0, 0.0]))),
    ),
    program(kink_of_relu, case(np.array([0.0, -1.0, 2.0]), gradient=np.array([0.0, 0.0, 1.0]))),
    program(kink_of_relu_other_order, case(np.array([0.0, -1.0, 2.0]), gradient=np.array([0.0, 0.0, 1.0]))),
]
