"""float64 and float32 as NumPy 2 keeps them, integer and boolean data, 0-d, empty, strided and read-only arrays."""

import math

import numpy as np

from tests.support.table import case, program


def single(v):
    return np.sum(v * v + 2 * v)


def single_with_python_scalars(v):
    return np.sum(v ** 2 * 0.5 + 1.0 / (1.0 + np.exp(-v)) - 3 * v)


def single_times_weak_parameter(v, s):
    return np.sum(v * s + s ** 2)


def single_meets_double(v, w):
    return np.sum(v * w)


def single_scalar(x):
    return x * x + np.sin(x) * 2


def single_in_loop(v):
    s = np.float32(0.0)
    for e in v:
        s = s + e * e
    return s


def single_matmul(a, v):
    return np.sum((a @ v) ** 2)


def single_reductions(a):
    return np.mean(a) + np.std(a) + np.max(a) + np.sum(a.mean(axis=0) ** 2)


def cast_to_single(v):
    return np.sum(v.astype(np.float32) ** 2)


def cast_to_double(v):
    return np.sum(v.astype(np.float64) ** 2) + np.sum(np.asarray(v, dtype=float))


def cast_through_string(v):
    return np.sum(v.astype("float64") ** 2)


def integer_data(v, n):
    return np.sum(v * n + n ** 2) + v[0] * n.sum() + np.mean(n) * v[1]


def boolean_data(v, b):
    return np.sum(v * b) + np.sum(v[b] ** 2) + b.sum() * v[0] + (v * (1 - b)).sum()


def integer_scalar_data(x, n):
    return x ** n * n


def integer_division_of_data(v, n):
    return np.sum(v * (n // 2)) + np.sum(v * (n % 3)) + np.sum(v / n)


def integer_ufuncs(v, n):
    return np.sum(v * np.maximum(n, 2)) + np.sum(v * np.abs(-n)) + np.sum(v * np.sqrt(n))


def boolean_arithmetic(x, flag):
    return x * flag + (not flag) * x ** 2


def zero_dimensional(x):
    return x * x + np.sin(x) * x.sum()


def zero_dimensional_and_array(x, v):
    return np.sum(v * x) + x[()] * 2


def empty(v):
    return np.sum(v * v) + 1.0


def empty_rows(m):
    return np.sum(m ** 2) + m.shape[1] * 1.0


def strided(v):
    return np.sum(v[1:] * v[:-1]) + v[0] * v @ v


def two_dimensional(m):
    s = m @ m.T
    return np.sum(s ** 2) + np.sum(m.reshape(-1)[::2] ** 3) + m[0, 1] * m[-1, -1]


def loops_over(m):
    s = 0.0
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            s += m[i, j] * s + m[i, j]
    return s


def python_int_argument(x, y):
    return x ** 2 * y + x / 2


def python_int_and_bool_data(x, n, flag):
    return x * n if flag else x ** n


def numpy_scalar_argument(x):
    return x ** 2 + math.sin(x)


def numpy_integer_data(x, n):
    s = x
    for i in range(n):
        s = s * x
    return s


def weak_scalar_stays_weak(v):
    s = 0.1
    for i in range(3):
        s = s * 2
    return np.sum(v * s)


def float32_constructor(x):
    return np.float64(x) ** 2 + float(np.float64(x))


def finfo_as_constant(v):
    return np.sum(v / (np.abs(v) + np.finfo(np.float64).eps))


def size_one_array(v):
    return v[0] ** 2 + np.sum(v * 3)


def large_integers(x):
    return x * 2 ** 53 / 2 ** 52


def _read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


_RNG = np.random.default_rng(12)
V = np.array([1.3, 0.7, -2.0, 0.4])
M = _RNG.standard_normal((3, 4))
N = np.array([1, 2, 3, 4])
F = V.astype(np.float32)
WIDE = _RNG.standard_normal((6, 8))

PROGRAMS = [
    program(single, (F,), (M.astype(np.float32),), pair=True),
    program(single_with_python_scalars, (F,)),
    program(single_times_weak_parameter, (F, 1.3), (F, np.float32(1.3)), (F, np.float64(1.3))),
    program(single_meets_double, (F, V), (V, F)),
    program(single_scalar, (np.float32(1.3),)),
    program(single_in_loop, (F,)),
    program(single_matmul, (M.astype(np.float32), F)),
    program(single_reductions, (M.astype(np.float32),)),
    # A cast in the function rounds: differences of it see steps.
    program(cast_to_single, case(V, gradient=2 * V.astype(np.float32)), rtol=1e-3),
    program(cast_to_double, (F,), (V,)),
    program(cast_through_string, (F,), (V,)),
    program(integer_data, (V, N), (V, N.astype(np.int32)), argnums=0),
    program(boolean_data, (V, V > 0), argnums=0),
    program(integer_scalar_data, (1.3, np.int64(3)), (1.3, 3), argnums=0),
    program(integer_division_of_data, (V, N), argnums=0),
    program(integer_ufuncs, (V, N), argnums=0),
    program(boolean_arithmetic, (1.3, True), (1.3, False), (1.3, np.bool_(True)), argnums=0),
    program(zero_dimensional, (np.array(1.3),)),
    program(zero_dimensional_and_array, (np.array(1.3), V)),
    program(empty, case(np.zeros(0), gradient=np.zeros(0)), case(np.zeros((0, 3)), gradient=np.zeros((0, 3)))),
    program(empty_rows, case(np.zeros((3, 0)), gradient=np.zeros((3, 0)))),
    program(strided, (WIDE[0, ::2],), (WIDE[::2, 1],), (V[::-1],), (_read_only(V),)),
    program(
        two_dimensional, (WIDE.T[:3],), (WIDE[::2, ::3],), (np.asfortranarray(M),), (M[::-1, ::-1],), (_read_only(M),)
    ),
    program(loops_over, (WIDE[::3, ::4],), (np.asfortranarray(M[:2]),), (_read_only(M[:, :2]),)),
    program(python_int_argument, case(3, -4, gradient=(-23.5, 9.0)), case(3, 2.0, gradient=(12.5, 9.0)), argnums=(0, 1)),
    program(python_int_and_bool_data, (1.3, 3, True), (1.3, 3, False), argnums=0),
    program(numpy_scalar_argument, (np.float64(1.3),), (1.3,)),
    program(numpy_integer_data, (1.3, np.int64(3)), (1.3, np.int32(2)), argnums=0),
    program(weak_scalar_stays_weak, (F,)),
    program(float32_constructor, (1.3,)),
    program(finfo_as_constant, (V,)),
    program(size_one_array, (np.array([1.3]),)),
    program(large_integers, (1.3,)),
]
