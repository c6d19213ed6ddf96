"""Fourier transforms in whole programs: filters, spectral steps in time, transforms written out by hand."""

import numpy as np

from tests.support.table import program

_S = np.array([0.7, -0.4, 1.2, 0.9, 0.1, -1.3, 0.5, 0.3])
_K = np.array([0.5, 0.25, -0.1])
_Z = _S + 1j * _S[::-1] ** 2
_IMAGE = np.outer(_S[:6], np.cos(_S))
_ODD = _S[:7]


def power_spectrum(signal, target):
    return np.sum((np.abs(np.fft.rfft(signal)) ** 2 - target) ** 2)


def low_pass(signal, cutoff):
    f = np.fft.rfftfreq(signal.size)
    gain = 1 / (1 + (f / cutoff) ** 2)
    return np.sum(np.fft.irfft(np.fft.rfft(signal) * gain, n=signal.size) ** 2)


def convolved(signal, kernel):
    """By the theorem, with both filled up to the length of the result."""
    n = len(signal) + len(kernel) - 1
    product = np.fft.rfft(signal, n) * np.fft.rfft(kernel, n)
    return np.sum(np.fft.irfft(product, n) ** 3)


def correlation_lag(a, b):
    c = np.fft.ifft(np.fft.fft(a) * np.conj(np.fft.fft(b))).real
    return np.sum(c * np.arange(c.size))


def spectral_heat(u, nu, steps):
    """The heat equation on a circle, each step in Fourier space."""
    n = u.shape[0]
    k = 2 * np.pi * np.fft.fftfreq(n, 1 / n)
    decay = np.exp(-nu * k**2 * 0.01)
    for _ in range(steps):
        u = np.fft.ifft(np.fft.fft(u) * decay).real
        u = u - 0.01 * u**3
    return np.sum(u**2)


def schroedinger(psi, potential, steps):
    """Split steps: half the potential, all of the kinetic energy, half the potential."""
    n = psi.size
    k = 2 * np.pi * np.fft.fftfreq(n)
    kinetic = np.exp(-0.5j * k**2 * 0.1)
    half = np.exp(-0.5j * potential * 0.1)
    for _ in range(steps):
        psi = half * psi
        psi = np.fft.ifft(kinetic * np.fft.fft(psi))
        psi = half * psi
    return np.sum(np.abs(psi) ** 2 * np.arange(n))


def blurred(image, width):
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.rfftfreq(image.shape[1])
    transfer = np.exp(-((fy**2 + fx**2) * width**2))
    sharp = np.fft.irfft2(np.fft.rfft2(image) * transfer, s=image.shape)
    return np.sum((sharp - image) ** 2)


def centred_spectrum(image):
    spectrum = np.fft.fftshift(np.fft.fft2(image))
    rows, columns = np.mgrid[0:6, 0:8]
    weight = (rows - 3) ** 2 + (columns - 4) ** 2
    return np.sum(np.abs(spectrum) * weight)


def odd_length(signal):
    spectrum = np.fft.rfft(signal)
    return np.sum(np.fft.irfft(spectrum, signal.size) * signal) + spectrum[-1].imag


def too_short_inverse(signal):
    """An inverse of even length, of a spectrum of an odd one."""
    return np.sum(np.fft.irfft(np.fft.rfft(signal)) ** 2)


def written_out(x):
    """The sum itself, as a product with a matrix of powers."""
    n = x.shape[0]
    k = np.arange(n)
    matrix = np.exp(-2j * np.pi * k[:, None] * k / n)
    return np.sum(np.abs(matrix @ x - 0.9 * np.fft.fft(x)) ** 2)


def radix_two(x):
    """Cooley and Tukey's, in place."""
    y = x.astype(complex)
    n = y.size
    size = 2
    order = np.array([0, 4, 2, 6, 1, 5, 3, 7])
    y = y[order]
    while size <= n:
        half = size // 2
        w = np.exp(-2j * np.pi * np.arange(half) / size)
        for start in range(0, n, size):
            even = y[start : start + half].copy()
            odd = y[start + half : start + size] * w
            y[start : start + half] = even + odd
            y[start + half : start + size] = even - odd
        size *= 2
    return np.sum(np.abs(y) ** 2 * np.arange(n))


def single_precision(signal):
    return np.sum(np.abs(np.fft.fft(signal)) ** 2)


def half_of_rows(image):
    total = 0.0
    for row in image:
        total += np.abs(np.fft.rfft(row)[1]) ** 2
    return total


def hermitian(z):
    return np.sum(np.fft.hfft(z) ** 2) + np.sum(np.fft.ihfft(z.real).imag)


def orthonormal(z):
    y = np.fft.fft(z, norm="ortho")
    return np.vdot(y, y).real - np.vdot(z, z).real * 0.5


PROGRAMS = [
    program(power_spectrum, (_S, 1.0), (_ODD, 0.3), argnums=0),
    program(low_pass, (_S, 0.2), (_ODD, 0.3), exact=False),
    program(convolved, (_S, _K), (_ODD, _S)),
    program(correlation_lag, (_S, _S**2), (_Z, _S)),
    program(spectral_heat, (_S, 0.7, 3), argnums=(0, 1)),
    program(schroedinger, (_Z, _S, 2), argnums=(0, 1)),
    program(blurred, (_IMAGE, 0.8)),
    program(centred_spectrum, (_IMAGE,)),
    program(odd_length, (_ODD,), (_S,)),
    program(too_short_inverse, (_ODD,)),
    program(written_out, (_ODD,), (_Z,)),
    program(radix_two, (_S,)),
    program(single_precision, (_S.astype(np.float32),), (_Z.astype(np.complex64),)),
    program(half_of_rows, (_IMAGE,)),
    program(hermitian, (_Z,)),
    program(orthonormal, (_Z,)),
]
