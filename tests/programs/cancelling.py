"""Values that cancel, such as the largest in a stable logsumexp, and their like that do not."""

import numpy as np

from tests.support.table import case, program


def logsumexp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def logsumexp_on_one_line(x):
    return np.log(np.sum(np.exp(x - x.max()))) + x.max()


def logsumexp_of_rows(x):
    m = np.max(x, axis=1, keepdims=True)
    return np.sum((np.log(np.sum(np.exp(x - m), axis=1)) + m[:, 0]) ** 2)


def logsumexp_of_columns(x):
    m = np.max(x, axis=0)
    return np.sum((m + np.log(np.sum(np.exp(x - m), axis=0))) ** 2)


def logsumexp_of_reshaped(x):
    m = x.max(axis=1)
    s = np.exp(x - m.reshape(-1, 1)).sum(1)
    return np.sum(np.sin(np.log(s) + m))


def logsumexp_along_the_wrong_axis(x):
    m = np.max(x, axis=0)
    return np.sum((np.max(m) + np.log(np.sum(np.exp(x - m), axis=1))) ** 2)


def logsumexp_by_the_first(x):
    m = x[0] * 1.5
    return m + np.log(np.sum(np.exp(x - m)))


def logsumexp_whose_largest_is_infinite(x):
    m = np.max(x)
    m = np.where(np.isfinite(m), m, 0.0)
    return m + np.log(np.sum(np.exp(x - m)))


def logsumexp_by_a_loop(x):
    m = x[0]
    for i in range(1, len(x)):
        if x[i] > m:
            m = x[i]
    return m + np.log(np.sum(np.exp(x - m)))


def stages_are_used_again(x):
    m = np.max(x)
    e = np.exp(x - m)
    s = np.sum(e)
    return m + np.log(s) + np.sum((e / s) ** 2)


def a_stage_escapes(x):
    m = np.max(x)
    e = np.exp(x - m)
    s = np.sum(e)
    return m + np.log(s) + np.sum(e * e)


def the_largest_escapes(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m))) + 0.5 * m


def the_largest_twice_too_often(x):
    m = np.max(x)
    return 2 * m + np.log(np.sum(np.exp(x - m)))


def weighted(x, w):
    m = np.max(x)
    return m + np.log(np.sum(w * np.exp(x - m)))


def with_a_temperature(x, t):
    m = np.max(x) / 0.5
    return t * (m * 2.0 + np.log(np.sum(np.exp(x - 2.0 * m))))


def softmax(x, w):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return np.sum(p * w)


def log_softmax(x, labels):
    m = np.max(x, axis=1, keepdims=True)
    log_p = x - m - np.log(np.sum(np.exp(x - m), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


def masked_softmax(x):
    e = np.where(x > -0.5, np.exp(x - np.max(x)), 0.0)
    return np.sum((e / np.sum(e)) ** 3)


def forward_algorithm(log_a, log_b):
    alpha = log_b[0]
    for t in range(1, log_b.shape[0]):
        s = alpha[:, None] + log_a
        m = np.max(s, axis=0)
        alpha = m + np.log(np.sum(np.exp(s - m), axis=0)) + log_b[t]
    m = np.max(alpha)
    return m + np.log(np.sum(np.exp(alpha - m)))


def forward_algorithm_by_products(log_a, log_b):
    a, alpha = np.exp(log_a), log_b[0]
    for t in range(1, log_b.shape[0]):
        m = np.max(alpha)
        alpha = m + np.log(np.exp(alpha - m) @ a) + log_b[t]
    m = np.max(alpha)
    return m + np.log(np.sum(np.exp(alpha - m)))


def rows_of_a_product(x, w):
    m = np.max(x, axis=1, keepdims=True)
    return np.sum((m + np.log(np.exp(x - m) @ np.exp(w))) ** 2)


def columns_of_a_product(x, w):
    m = np.max(x, axis=0)
    return np.sum((m + np.log(np.exp(w) @ np.exp(x - m))) ** 2)


def a_product_sums_over_what_is_shifted(x, w):
    m = np.max(x, axis=0)
    return np.sum((np.max(m) + np.log(np.exp(x - m) @ np.exp(w))) ** 2)


def crossed(x):
    m = np.max(x, axis=0)
    return np.sum((m[:, None] - m[None, :]) ** 2 * x)


def crossed_sum(x):
    m = np.max(x, axis=0)
    return np.sum(np.sin(m[:, None] - m + x))


def safe_norm(x):
    largest = np.max(np.abs(x))
    return largest * np.sqrt(np.sum((x / largest) ** 2))


def safe_norm_of_rows(x):
    largest = np.max(np.abs(x), axis=1)
    y = x / largest[:, None]
    return np.sum(np.sqrt(np.sum(y * y, axis=1)) * largest * np.arange(1, len(x) + 1))


def direction(x, scale):
    y = x / scale
    return np.sum((y / np.linalg.norm(y)) ** 3) + scale


def spread_of_the_centred(x):
    y = x - np.mean(x)
    return np.var(y) + np.std(y * 2.0)


def per_item(x):
    total = 0.0
    out = np.empty(len(x))
    for i in range(len(x)):
        m = np.max(x[i])
        out[i] = m + np.log(np.sum(np.exp(x[i] - m)))
        total += out[i] ** 2
    return total + out[0]


def summed_in_a_loop(x):
    m = np.max(x)
    s = 0.0
    for i in range(len(x)):
        s += np.exp(x[i] - m)
    return m + np.log(s)


def in_one_branch(x, flag):
    m = np.max(x)
    if flag > 0:
        return m + np.log(np.sum(np.exp(x - m)))
    return np.sum(np.exp(x - m))


rng = np.random.default_rng(25)
V = rng.normal(size=5)
W = rng.uniform(0.5, 1.5, size=5)
M = rng.normal(size=(4, 3))
S = rng.normal(size=(3, 3))
T = rng.normal(size=(6, 3))

PROGRAMS = [
    program(logsumexp, case(V), case(V[:1]), case(np.full(3, 2.0)), case(V + 1000)),
    program(logsumexp_on_one_line, case(V)),
    program(logsumexp_of_rows, case(M), case(M[:, :1]), case(M[:1])),
    program(logsumexp_of_columns, case(M), case(M[:, :1]), case(M[:1])),
    program(logsumexp_of_reshaped, case(M), case(M[:1])),
    program(logsumexp_along_the_wrong_axis, case(M), case(S)),
    program(logsumexp_by_the_first, case(V)),
    program(logsumexp_whose_largest_is_infinite, case(V)),
    program(logsumexp_by_a_loop, case(V), case(V[:1])),
    program(stages_are_used_again, case(V)),
    program(a_stage_escapes, case(V)),
    program(the_largest_escapes, case(V)),
    program(the_largest_twice_too_often, case(V)),
    program(weighted, case(V, W), argnums=(0, 1)),
    program(with_a_temperature, case(V, 1.3), argnums=(0, 1)),
    program(softmax, case(V, W), case(M, S[0]), argnums=(0, 1)),
    program(log_softmax, case(M, np.array([0, 2, 1, 2]))),
    program(masked_softmax, case(V)),
    program(forward_algorithm, case(S, T), case(S, T[:1]), argnums=(0, 1)),
    program(forward_algorithm_by_products, case(S, T), argnums=(0, 1)),
    program(rows_of_a_product, case(M, S), case(M, S[0]), argnums=(0, 1)),
    program(columns_of_a_product, case(M, T[:2, :3].repeat(2, axis=1)[:, :4]), argnums=(0, 1)),
    program(a_product_sums_over_what_is_shifted, case(M, S), argnums=(0, 1)),
    program(crossed, case(S)),
    program(crossed_sum, case(S)),
    program(safe_norm, case(V)),
    program(safe_norm_of_rows, case(M)),
    program(direction, case(V, 2.0), argnums=(0, 1)),
    program(spread_of_the_centred, case(V)),
    program(per_item, case(M)),
    program(summed_in_a_loop, case(V)),
    program(in_one_branch, case(V, 1), case(V, -1)),
]
