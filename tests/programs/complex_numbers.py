"""Complex numbers in whole programs: as intermediates, as arguments, in loops, branches and structures."""

import cmath
import math
from typing import NamedTuple

import numpy as np

from tests.support.table import case, program

_V, _W = np.array([0.7, -0.4, 1.2, 0.9]), np.array([0.2, 1.1, -0.6, 0.5])
_A = np.array([0.6 - 0.3j, -1.1 + 0.7j, 0.4 + 1.9j, -0.5 - 0.8j])
_B = np.array([1.2 + 0.4j, 0.3 - 0.9j, -0.7 + 0.2j, 0.8 + 1.1j])
_M = np.outer(_A, _B) + np.diag(_V)
_OF_LOG = np.conj(np.log(2j)) / abs(np.log(2j)) / 2j
_WEIGHT = 0.3 - 0.8j


def phases(x, amplitude):
    """Interference: a real signal through complex exponentials."""
    field = amplitude * np.exp(1j * x)
    return np.abs(np.sum(field)) ** 2


def holomorphic(z):
    return (z**2 * np.exp(-z) + 1 / z).real


def not_holomorphic(z):
    return abs(z) * z.real + z.imag**2 - (z * z.conjugate()).real


def python_numbers(a, b):
    z = complex(a, b)
    w = cmath.exp(z) + z**2 + cmath.sqrt(a)
    return abs(w) + cmath.phase(w) * w.real


def polar(r, phi):
    z = cmath.rect(r, phi)
    length, angle = cmath.polar(z * (1 + 2j))
    return length * angle


def real_in_complex_loop(x, n):
    """A total that starts real and becomes complex."""
    total = 0.0
    for k in range(n):
        total = total * x + 1j**k
    return abs(total) ** 2


def accumulated(z, n):
    total = 0j
    for k in range(n):
        total += z**k / (k + 1)
    return total.imag


def mandelbrot(c, n):
    z = 0j
    for _ in range(n):
        z = z * z + c
        if abs(z) > 2:
            break
    return abs(z)


def newton(z, steps):
    while steps > 0:
        z = z - (z**3 - 1) / (3 * z**2)
        steps -= 1
    return z.real + 2 * z.imag


def branch_real_or_complex(x):
    z = x
    if x > 0:
        z = x * 1j
    w = z * (2 - 1j)
    return w.real + 3 * w.imag


def stored(v, z):
    a = np.zeros(4, dtype=complex)
    for i in range(4):
        a[i] = v[i] * z
    a[1:3] *= 1j
    a[0] = v[1]
    a[3] += z * z
    return np.sum(np.abs(a) ** 2)


def parts_stored(v):
    z = np.zeros(4, dtype=complex)
    z.real[:] = v
    z.imag[1:] = v[:-1] ** 2
    w = z * z
    return np.sum(w.real) - np.sum(w.imag)


def part_is_a_view(z):
    w = z * 2
    r = w.real
    w[0] = 1j * z[1]
    return np.sum(r * r) + np.sum(w.imag)


def astype_then_recurrence(v):
    u = v.astype(complex)
    for i in range(1, 4):
        u[i] = u[i - 1] * u[i] * (0.5 + 0.5j) + v[i]
    return np.linalg.norm(u)


def broadcast(x, z):
    """A real number against a complex array: its gradient is the real part of a sum."""
    return np.sum(np.abs(x * z + x**2) ** 2)


def matrix(m, v):
    y = m @ v
    return np.vdot(y, y).real + np.trace(m).imag


def real_matrix_complex_vector(m, z):
    return np.sum((m @ z).imag ** 2)


def hermitian(m, z):
    return np.real(np.conj(z) @ (m + m.conj().T) @ z)


def statistics(z):
    return np.var(z) + np.std(z) * np.mean(z).real + np.prod(z).imag


def selected(z):
    big = np.abs(z) > 1
    w = np.where(big, np.log(z), z * z)
    return np.sum(w[big].imag) + np.sum(w.real)


def where_does_not_leak(z):
    return np.sum(np.where(z != 0, np.abs(np.log(np.where(z != 0, z, 1))), 0.0))


def global_weight(x):
    return abs(x + _WEIGHT) ** 2


def default_weight(x, weight=1 + 2j):
    return (x * weight).imag ** 2


class Wave(NamedTuple):
    amplitude: complex
    frequency: float


def structure(wave, t):
    z = wave.amplitude * np.exp(2j * math.pi * wave.frequency * t)
    return np.sum(z.real**2)


def listed(z):
    powers = [z]
    for _ in range(3):
        powers.append(powers[-1] * z)
    return sum(powers).real


def impedance(r, l, c, omega):
    z = r + 1j * omega * l + 1 / (1j * omega * c)
    return abs(1 / z)


def angle_in_degrees(z):
    return np.sum(np.angle(z, deg=True) * np.abs(z))


def wavefunction(psi, v):
    """One step of Crank-Nicolson's kind, by hand, and its energy."""
    n = psi.shape[0]
    out = np.zeros_like(psi)
    for i in range(1, n - 1):
        out[i] = psi[i] + 0.1j * (psi[i + 1] - 2 * psi[i] + psi[i - 1]) - 0.1j * v[i] * psi[i]
    return np.sum(np.abs(out) ** 2 * v)


def adjoint_that_is_real(z, u):
    """What y gets is real, and has no imaginary part to hand to that of z."""
    y = u + (u.real + 1j * z.imag)
    return np.sum(y.real**2)


def real_adjoint_of_a_scan(z):
    return np.sum(np.cumprod(z).real)


def parts_of_parts(z, u):
    w = z * 1.0
    w.real[1:] = u.real[1:]
    v = z * 1j
    v.imag[:2] = (u + w).real[:2]
    return np.sum(np.abs(v) ** 2)


def questions(z):
    if np.iscomplexobj(z) and not np.isrealobj(z):
        return np.sum(np.abs(z) * np.iscomplex(z)) + np.sum(z.real * np.isreal(z))
    return 0.0


def recursive(z, n):
    if n == 0:
        return z
    return recursive(z * z + 1j, n - 1)


def of_recursive(z, n):
    return abs(recursive(z, n))


PROGRAMS = [
    program(phases, (_V, 1.3), (0.4, 0.7 - 0.2j), (_V, _A)),
    program(holomorphic, (0.7 - 0.4j,), (np.complex128(1 + 1j),), (0.6,)),
    program(not_holomorphic, (0.7 - 0.4j,), (-1.2 + 0.1j,), case(0j, gradient=0j)),
    program(python_numbers, (0.7, -0.4), (-0.7, 0.4)),
    program(polar, (0.7, 0.4)),
    program(real_in_complex_loop, (0.7, 3), (0.7, 0), argnums=0),
    program(accumulated, (0.4 + 0.6j, 4), (0.4 + 0.6j, 0), argnums=0),
    program(mandelbrot, (0.3 + 0.5j, 6), (1 + 1j, 6), argnums=0),
    program(newton, (0.4 + 0.9j, 3), argnums=0),
    program(branch_real_or_complex, (0.7,), (-0.7,)),
    program(stored, (_V, 0.6 - 0.3j), (_V, 0.5)),
    program(parts_stored, (_V,)),
    program(part_is_a_view, (_A,)),
    program(astype_then_recurrence, (_V,)),
    program(broadcast, (0.7, _A), (_V, 0.6 - 0.3j), (_V[:, None], _A), (np.float32(0.7), _A.astype(np.complex64))),
    program(matrix, (_M, _A), (_M, _V)),
    program(real_matrix_complex_vector, (_M.real.copy(), _A)),
    program(hermitian, (_M, _A)),
    program(statistics, (_A,)),
    program(selected, (_A,)),
    program(where_does_not_leak, case(np.array([0j, 2j]), gradient=np.array([0j, _OF_LOG]))),
    program(global_weight, (0.7,), (0.7 + 0.1j,)),
    program(default_weight, (0.7,), argnums=0),
    program(structure, (Wave(0.7 - 0.4j, 0.3), _V), argnums=0),
    program(listed, (0.7 - 0.4j,)),
    program(impedance, (0.7, 0.4, 1.2, 0.9), (0.7, 0.4, 1.2, 0.9 + 0.3j)),
    program(angle_in_degrees, (_A,)),
    program(wavefunction, (_A, _V)),
    program(adjoint_that_is_real, (_A, _B)),
    program(real_adjoint_of_a_scan, (_A,)),
    program(parts_of_parts, (_A, _B)),
    program(questions, (_A,)),
    program(of_recursive, (0.3 + 0.2j, 2), argnums=0, python_only="recurs|calls itself"),
]
