"""Fourier transforms: of real and complex numbers, along axes, of other lengths, in other norms."""

from tests.rules.cases.complex_numbers import SINGLE, A, G
from tests.rules.cases.row import FORTRAN, INTS, STRIDED, V32, M, Row, T, V, normal, row

V5, A7 = normal(5), normal(7) + 1j * normal(7)
V1, A1 = normal(1), normal(1) + 1j * normal(1)
LONG = normal(23) + 1j * normal(23)  # by way of a convolution
_COMPLEX = (A, A7, G, A1, V, M, LONG, SINGLE)
_HALVES = (A[:3], G, A7, V, SINGLE)  # halves of spectra, of which two numbers count in part

ROWS: list[Row] = [
    *(row(f"np.fft.{name}(x)", *_COMPLEX, V32, FORTRAN, STRIDED, second=False) for name in ("fft", "ifft")),
    row("np.fft.rfft(x)", V, V5, V1, M, V32, T, normal(23), STRIDED, second=False),
    row("np.fft.irfft(x)", *_HALVES, normal(13) + 1j * normal(13), second=False),
    row("np.fft.hfft(x)", *_HALVES, second=False),
    row("np.fft.ihfft(x)", V, V5, M, second=False),
    # Lengths: cut off and filled up
    *(row(f"np.fft.{name}(x, {n})", A7, V5, G, second=False) for name in ("fft", "ifft") for n in (4, 9)),
    *(row(f"np.fft.rfft(x, {n})", V5, M, second=False) for n in (4, 8)),
    *(row(f"np.fft.irfft(x, {n})", A, G, V5, second=False) for n in (5, 6, 9)),
    row("np.fft.hfft(x, 5)", A, second=False),
    row("np.fft.ihfft(x, n=6)", V, second=False),
    # Axes and norms
    row("np.fft.fft(x, axis=0)", G, M, T, second=False),
    row("np.fft.ifft(x, n=5, axis=1)", T, second=False),
    row("np.fft.rfft(x, axis=1)", T, second=False),
    row("np.fft.irfft(x, 4, 0)", G, second=False),
    *(
        row(f"np.fft.{name}(x, norm='{norm}')", A if name in ("fft", "ifft", "irfft") else V5, second=False)
        for name in ("fft", "ifft", "rfft", "irfft")
        for norm in ("ortho", "forward", "backward")
    ),
    *(
        row(f"np.fft.{name}(x, 6, norm='ortho')", V5, second=False)
        for name in ("fft", "rfft", "irfft", "hfft", "ihfft")
    ),
    # Several axes
    *(row(f"np.fft.{name}(x)", G, M, T, FORTRAN, second=False) for name in ("fft2", "ifft2", "fftn", "ifftn")),
    *(row(f"np.fft.{name}(x)", M, T, second=False) for name in ("rfft2", "rfftn")),
    *(row(f"np.fft.{name}(x)", G, T, second=False) for name in ("irfft2", "irfftn")),
    row("np.fft.fft2(x, s=(2, 5))", G, M, second=False),
    row("np.fft.rfft2(x, s=(4, 3))", M, second=False),
    row("np.fft.irfft2(x, (3, 5))", G, second=False),
    row("np.fft.fftn(x, axes=(0, 2), norm='ortho')", T, second=False),
    row("np.fft.rfftn(x, axes=(2, 0))", T, second=False),
    row("np.fft.irfftn(x, (4, 5), (1, 0))", T, second=False),
    # Together
    row("np.fft.irfft(np.fft.rfft(x) * np.exp(-np.fft.rfftfreq(4)))", V, second=False, exact=False),
    row("np.fft.ifft(np.fft.fft(x) * np.fft.fft(y)).real", (V, V[::-1].copy()), exact=False),
    row("np.abs(np.fft.fft(x)) ** 2", V, A, exact=False),
    row("np.fft.fft(k) * x", V, more={"k": INTS}, second=False),
    # Places and frequencies
    *(row(f"np.fft.{name}(x)", V5, A, G, T, second=False) for name in ("fftshift", "ifftshift")),
    *(row(f"np.fft.{name}(x, axes=1)", G, T, second=False) for name in ("fftshift", "ifftshift")),
    row("np.fft.fftshift(x, axes=(0, 1))", G, second=False),
    row("np.fft.fftfreq(5, x)", 0.3),
    row("np.fft.rfftfreq(6, x)", 0.3),
    row("x * np.fft.fftfreq(5)", V5, second=False),
]
