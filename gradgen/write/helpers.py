"""Small functions that the text brings along where it needs them, each as its source.

They are needed where something is not known until run time, or where Numba lacks it. They are plain Python and
NumPy, and valid for Numba where its style can need them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from gradgen.rules.special_functions import SPECIAL_FUNCTIONS

HELPERS = {
    "_sum_to": '''\
def _sum_to(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to it."""
    x = x.sum(axis=tuple(range(x.ndim - len(shape))))
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and x.shape[axis] != 1)
    return x.sum(axis=axes, keepdims=True) if axes else x
''',
    "_zeros": '''\
def _zeros(items):
    """Zeros in the structure of a list."""
    return [
        _zeros(x) if isinstance(x, list) else np.zeros_like(x) if isinstance(x, np.ndarray) else type(x)(0)
        for x in items
    ]
''',
    "_add": '''\
def _add(a, b):
    """The sum of two lists, item by item."""
    return [_add(x, y) if isinstance(x, list) else x + y for x, y in zip(a, b)]
''',
    "_stays": '''\
def _stays(x, index):
    """Where what `x[index] = values` stores is not overwritten by what it stores at the same place later."""
    order = np.arange(x[index].size).reshape(x[index].shape)
    last = np.empty(x.shape, dtype=int)
    last[index] = order
    return last[index] == order
''',
    "_fit": '''\
def _fit(x, sizes, axes):
    """Cut x off, or fill it up with zeros, to these sizes along these axes."""
    for n, axis in zip(sizes, axes):
        x = x[(slice(None),) * axis + (slice(n),)]
        lacking = [(0, 0)] * x.ndim
        lacking[axis] = (0, n - x.shape[axis])
        x = np.pad(x, lacking)
    return x
''',
    "_fft": '''\
def _fft(rows, sign):
    """The sums over j of rows[:, j] * exp(sign * 2j * pi * j * k / n), for each k; `sign` is 1.0 or -1.0."""
    n = rows.shape[1]
    rest = n
    for p in range(2, 20):
        while rest % p == 0:
            rest //= p
    if rest == 1:
        return _mixed_radix(rows, sign)
    # As 2 j k is j**2 + k**2 - (k - j)**2, it is a convolution, of any length that is long enough.
    m = 1
    while m < 2 * n - 1:
        m *= 2
    chirp = np.empty(n, np.complex128)
    kernel = np.zeros((1, m), np.complex128)
    for j in range(n):
        angle = sign * math.pi * (j * j % (2 * n)) / n
        chirp[j] = complex(math.cos(angle), math.sin(angle))
        kernel[0, j] = kernel[0, -j] = chirp[j].conjugate()
    kernel = _mixed_radix(kernel, -1.0)
    out, row = np.empty((rows.shape[0], n), np.complex128), np.zeros((1, m), np.complex128)
    for i in range(rows.shape[0]):
        for j in range(n, m):
            row[0, j] = 0.0
        for j in range(n):
            row[0, j] = rows[i, j] * chirp[j]
        spectrum = _mixed_radix(row, -1.0)
        for j in range(m):
            spectrum[0, j] *= kernel[0, j] * (1.0 / m)
        spectrum = _mixed_radix(spectrum, 1.0)
        for j in range(n):
            out[i, j] = spectrum[0, j] * chirp[j]
    return out
''',
    "_mixed_radix": '''\
def _mixed_radix(rows, sign):
    """As _fft, where n is a product of small numbers: factor by factor, after Stockham."""
    n = rows.shape[1]
    root = np.empty(n, np.complex128)
    for j in range(n):
        angle = sign * 2 * math.pi * j / n
        root[j] = complex(math.cos(angle), math.sin(angle))
    out = np.empty((rows.shape[0], n), np.complex128)
    x, y = np.empty(n, np.complex128), np.empty(n, np.complex128)
    factor = np.empty(20, np.complex128)
    for row in range(rows.shape[0]):
        for s in range(n):
            x[s] = rows[row, s]
        done, left = 1, n
        while left > 1:
            p = 4 if left % 4 == 0 else 2
            while left % p:
                p += 1
            left //= p
            for k in range(done):
                i, o = k * left * p, k * left
                if p == 4:
                    w1, w2, w3 = root[k * left], root[2 * k * left], root[3 * k * left]
                    for s in range(left):
                        a, b = x[i + s], x[i + s + left] * w1
                        c, d = x[i + s + 2 * left] * w2, x[i + s + 3 * left] * w3
                        even, odd = a + c, b + d
                        y[o + s], y[o + s + 2 * done * left] = even + odd, even - odd
                        even, odd = a - c, complex(sign * (d - b).imag, sign * (b - d).real)
                        y[o + s + done * left], y[o + s + 3 * done * left] = even + odd, even - odd
                    continue
                for q in range(p):
                    for r in range(p):
                        factor[r] = root[(k + q * done) * r * left % n]
                    for s in range(left):
                        total = x[i + s]
                        for r in range(1, p):
                            total += factor[r] * x[i + s + r * left]
                        y[o + s + q * done * left] = total
            done *= p
            x, y = y, x
        for s in range(n):
            out[row, s] = x[s]
    return out
''',
    "_cholesky_adjoint": '''\
def _cholesky_adjoint(l, g):
    """The adjoint of a matrix from its Cholesky factor l and the adjoint g of that: by blocks, from the last."""
    n, g = len(l), np.tril(g)
    half = np.tril(np.ones((min(n, 64), min(n, 64)), l.dtype))
    np.fill_diagonal(half, 0.5)
    for i in range((n - 1) // 64 * 64, -1, -64):
        j = min(i + 64, n)
        left, block = np.ascontiguousarray(l[i:j, :i]), np.ascontiguousarray(l[i:j, i:j])
        inverse = np.linalg.inv(block)
        below = np.ascontiguousarray(g[j:, i:j]) @ inverse
        g[j:, i:j] = below
        g[j:, :i] -= below @ left
        g[i:j, :j] -= below.T @ np.ascontiguousarray(l[j:, :j])
        inner = half[: j - i, : j - i] * (block.T @ np.ascontiguousarray(g[i:j, i:j]))
        inner = inverse.T @ inner @ inverse
        inner = inner + inner.T
        g[i:j, :i] -= inner @ left
        g[i:j, i:j] = half[: j - i, : j - i] * inner
    return g
''',
    "_cholesky_adjoint_by_loops": '''\
def _cholesky_adjoint_by_loops(l, g):
    """As _cholesky_adjoint, of matrices that lie row after row: products of matrices, and loops, which compile soon."""
    n = l.shape[0]
    a = np.zeros((n, n), l.dtype)
    for r in range(n):
        for c in range(r + 1):
            a[r, c] = g[r, c]
    for i in range((n - 1) // 64 * 64, -1, -64):
        j = min(i + 64, n)
        left, block = np.ascontiguousarray(l[i:j, :i]), np.ascontiguousarray(l[i:j, i:j])
        inverse = np.zeros((j - i, j - i), l.dtype)
        for r in range(j - i):
            inverse[r, r] = 1.0
            for k in range(r):
                for c in range(k + 1):
                    inverse[r, c] -= block[r, k] * inverse[k, c]
            for c in range(r + 1):
                inverse[r, c] /= block[r, r]
        below = np.dot(np.ascontiguousarray(a[j:, i:j]), inverse)
        moved = np.dot(below, left)
        for r in range(n - j):
            for c in range(i):
                a[j + r, c] -= moved[r, c]
            for c in range(j - i):
                a[j + r, i + c] = below[r, c]
        moved = np.dot(below.T, np.ascontiguousarray(l[j:, :j]))
        for r in range(j - i):
            for c in range(j):
                a[i + r, c] -= moved[r, c]
        inner = np.dot(block.T, np.ascontiguousarray(a[i:j, i:j]))
        for r in range(j - i):
            inner[r, r] /= 2
            for c in range(r + 1, j - i):
                inner[r, c] = 0.0
        inner = np.dot(np.dot(inverse.T, inner), inverse)
        for r in range(j - i):
            for c in range(r):
                inner[r, c] += inner[c, r]
                inner[c, r] = inner[r, c]
                a[i + r, i + c] = inner[r, c]
            a[i + r, i + r] = inner[r, r]
            for c in range(r + 1, j - i):
                a[i + r, i + c] = 0.0
            inner[r, r] *= 2
        moved = np.dot(inner, left)
        for r in range(j - i):
            for c in range(i):
                a[i + r, c] -= moved[r, c]
    return a
''',
    "_dot_by_triangle": '''\
def _dot_by_triangle(x, t, upper):
    """np.dot(x, t), where t has zeros below its diagonal, or above it: strip by strip, without most of them."""
    n = t.shape[0]
    if n == 0 or n != t.shape[1]:
        return np.dot(x, t)
    out = np.empty((x.shape[0], n), x.dtype)
    for start in range(0, n, 16):
        stop = min(start + 16, n)
        if upper:
            out[:, start:stop] = np.dot(x[:, :stop], t[:stop, start:stop])
        else:
            out[:, start:stop] = np.dot(x[:, start:], t[start:, start:stop])
    # What is not finite times zero is not zero. This column has seen all of x.
    return out if np.all(np.isfinite(out[:, n - 1 if upper else 0])) else np.dot(x, t)
''',
    "_triangle_of_dot": '''\
def _triangle_of_dot(a, b, upper):
    """What is on the diagonal of np.dot(a, b) and above it, or below it: strip by strip, the rest mostly zeros."""
    rows, columns = a.shape[0], b.shape[1]
    out = np.zeros((rows, columns), a.dtype)
    for start in range(0, rows, 16):
        stop = min(start + 16, rows)
        if upper:
            out[start:stop, start:] = np.dot(a[start:stop], b[:, start:])
        else:
            out[start:stop, :stop] = np.dot(a[start:stop], b[:, :stop])
    return out
''',
    "_place": '''\
def _place(edges, x):
    """np.searchsorted(edges, x, side="right") where the edges are evenly spaced, but for rounding."""
    last = edges.shape[0] - 1
    if last < 0 or x < edges[0]:
        return 0
    low, high = edges[0], edges[last]
    if not x < high:
        return last + 1
    k = max(0, min(int((x - low) / (high - low) * last), last - 1))
    while edges[k + 1] <= x:
        k += 1
    while edges[k] > x:
        k -= 1
    return k + 1
''',
    "_modulus": '''\
def _modulus(z):
    """abs(z), by a root where no square is too large or too small: the function for all z takes eight times as long."""
    square = z.real * z.real + z.imag * z.imag
    return math.sqrt(square) if 1e-280 < square < 1e300 else abs(z)
''',
    "_lowest_bit": '''\
def _lowest_bit(number):
    """The place of the lowest bit that is set, as the count of those below: processors have an instruction for it."""
    below = (number & -number) - 1
    place = 0
    while below != 0:
        below &= below - 1
        place += 1
    return place
''',
    "_last": '''\
def _last(start, stop, step):
    """The last item of a range, or the item before its first where it is empty."""
    return start + (max(0, -((start - stop) // step)) - 1) * step
''',
} | SPECIAL_FUNCTIONS


def with_helpers(needed: Collection[str]) -> list[str]:
    """The helpers that these call too, all in the order of the table.

    >>> with_helpers({"_fft"})
    ['_fft', '_mixed_radix']
    """
    found: set[str] = set()
    waiting = list(needed)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for other in HELPERS if re.search(rf"\b{other}\(", HELPERS[name])]
    return [name for name in HELPERS if name in found]
