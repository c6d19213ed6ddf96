"""Complex numbers: their parts, functions of them, and what becomes complex on the way."""

import numpy as np

from tests.rules.cases.row import EMPTY, FORTRAN, INTS, M, N, Row, S, V, W, elementwise, math_row, normal, row

Z, U = 0.6 - 1.1j, np.complex128(-0.8 + 0.45j)
A = np.array([0.6 - 0.3j, -1.1 + 0.7j, 0.4 + 1.9j, -0.5 - 0.8j])
B = np.array([1.2 + 0.4j, 0.3 - 0.9j, -0.7 + 0.2j, 0.8 + 1.1j])
G, H = normal(3, 4) + 1j * normal(3, 4), normal(3, 4) + 1j * normal(3, 4)
COLUMN, STACK = normal(3, 1) + 1j * normal(3, 1), normal(2, 3, 4) + 1j * normal(2, 3, 4)
SINGLE = A.astype(np.complex64)
COMPLEX = (Z, U, A, G, STACK[:, :1], EMPTY + 0j, np.asfortranarray(G), STACK[1].T[::2], SINGLE)
# Complex numbers with one another, and with real ones.
PAIRS = (
    (Z, 1.6 + 0.2j), (Z, U), (Z, 0.7), (0.7, Z), (U, A), (A, B), (A, V), (V, A), (G, H), (G, COLUMN), (COLUMN, V),
    (A, S), (1.3, A), (STACK, N), (EMPTY + 0j, V), (SINGLE, 1j * SINGLE), (SINGLE, np.float32(1.5)),
)  # fmt: skip
_FUNCTIONS = (
    "exp", "log", "sqrt", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh",
    "arccosh", "arctanh", "exp2", "expm1", "log1p", "log2", "log10", "square", "reciprocal", "sinc",
)  # fmt: skip

ROWS: list[Row] = [
    # Parts
    elementwise("np.real(x)", *COMPLEX, V, second=False),
    elementwise("np.imag(x)", *COMPLEX, V, second=False),
    elementwise("np.conj(x)", *COMPLEX, V, second=False),
    elementwise("np.conjugate(x)", A, second=False),
    elementwise("x.real * x.imag", *COMPLEX),
    elementwise("x.conjugate() * x", Z, U, A, G),
    elementwise("x.conj() * x", U, A, G),
    elementwise("abs(x)", *COMPLEX),
    elementwise("np.abs(x)", *COMPLEX),
    elementwise("np.abs(x) ** 2", *COMPLEX),
    elementwise("np.angle(x)", *COMPLEX),
    elementwise("np.angle(x, deg=True)", Z, A),
    row("np.abs(x)", np.zeros(2, complex), gradients=([0j, 0j],), second=False),
    # Arithmetic
    *(elementwise(f"x {op} y", *PAIRS) for op in ("+", "-", "*", "/")),
    elementwise("-x", *COMPLEX),
    elementwise("+x", Z, A),
    elementwise("1j * x", *COMPLEX, 0.3, S, V, M, FORTRAN),
    elementwise("x + 1j * y", (0.3, 0.4), (V, W), (M, V), (1.5, V)),
    elementwise("x * (1 + 2j)", Z, V),
    elementwise("x ** 2", *COMPLEX),
    elementwise("x ** 3", *COMPLEX),
    elementwise("x ** -1", *COMPLEX),
    elementwise("x ** 0.5", *COMPLEX),
    elementwise("x ** (0.5 + 1j)", Z, A, 0.7, V),
    elementwise("x ** y", (Z, 1.3), (0.7, Z), (A, B), (V, A), (A, V), (Z, U), rtol=1e-5, exact=False),
    elementwise("np.float_power(x, y)", (A, B), (A, V), exact=False),
    elementwise("x ** 2 + y", (0j, Z), (np.zeros(3, complex), A[:3])),
    # Functions
    *(elementwise(f"np.{name}(x)", *COMPLEX) for name in _FUNCTIONS),
    *(
        math_row(f"cmath.{name}(x)", Z, 0.4)
        for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh")
    ),
    *(math_row(f"cmath.{name}(x)", Z) for name in ("acosh", "atanh", "log10", "phase")),
    math_row("cmath.sqrt(x)", -1.5),
    math_row("cmath.log(x, 2.0)", Z),
    math_row("cmath.rect(x, y)", (1.3, 0.4)),
    math_row("cmath.polar(x)[0] * cmath.polar(x)[1]", Z),
    math_row("complex(x, y) ** 2", (0.4, -0.7)),
    math_row("complex(x) * 1j", 0.4, Z),
    elementwise("1 / (1 + np.exp(-x))", Z, A, G),
    elementwise("np.log(1 + np.exp(x))", Z, A, G),
    # Conversions
    elementwise("np.complex128(x)", 0.3, S, Z, second=False),
    row("x.astype(complex) * 1j", V, M, A, second=False),
    row("x.astype(np.complex64)", V, A, second=False, rtol=2e-3),
    row("np.array([x, 1j, y]) * 2", (0.3, Z), second=False),
    row("np.asarray(x, dtype=complex)", V, second=False),
    row("np.where(k, x, y)", (A, B), (A, 0.0), (V, B), more={"k": np.array([True, False, True, True])}, second=False),
    row("np.where(np.abs(x) > 1, np.log(x), 0)", A, np.array([0j, 2j, 1 + 1j])),
    row("np.concatenate((x, y))", (A, V), (V, A), second=False),
    row("np.stack([x, y, 1j * x])", (V, A), second=False),
    row("np.full(3, x)", Z, second=False),
    row("np.linspace(x, y, 4)", (Z, 1.0), second=False, exact=False),
    # Reductions
    *(
        row(f"np.{name}(x)", A, G, EMPTY[:0].reshape(0) + 0j if name in ("sum", "prod") else A)
        for name in ("sum", "mean", "prod", "var", "std", "linalg.norm")
    ),
    *(row(f"np.{name}(x, axis=1)", G) for name in ("sum", "mean", "prod", "var", "std", "linalg.norm")),
    *(
        row(f"np.{name}(x, axis=0)", SINGLE[None] * SINGLE[:, None], G, exact=False)
        for name in ("sum", "mean", "prod", "var", "std", "linalg.norm")
    ),
    row("np.var(x, ddof=1, keepdims=True)", G),
    row("np.linalg.norm(x, 1)", A),
    row("np.linalg.norm(x, 3)", A, exact=False),
    row("np.linalg.norm(x, np.inf)", A),
    row("np.linalg.norm(x, 'fro')", G),
    row("np.linalg.norm(x)", np.zeros(3, complex), gradients=(np.zeros(3, complex),), second=False),
    row("np.cumsum(x)", A, G, second=False),
    row("np.cumprod(x, axis=0)", A, G),
    row("np.average(x, weights=y)", (A, np.abs(V)), exact=False),
    row("np.nansum(x)", A),
    row("np.diff(x)", A, G, second=False),
    row("np.gradient(x)", A, second=False),
    row("np.trapezoid(x, k)", A, more={"k": V}, second=False),
    # Products
    *(row(f"np.{name}(x, y)", (A, B), (A, V), (V, B), exact=False) for name in ("dot", "vdot", "inner", "outer")),
    row("np.vdot(x, y)", (G, H), exact=False),
    row("np.linalg.vecdot(x, y)", (G, H), (G, V), exact=False),
    row("x @ y", (G, H.T), (A, G.T), (G, A), (M, A), (G, V), (STACK, H.T), exact=False),
    row("np.tensordot(x, y, axes=([0], [0]))", (G, M), exact=False),
    row("np.kron(x, y)", (A[:2], V[:3])),
    row("np.trace(x[:, :3])", G, second=False),
    row("np.linalg.solve(x, y)", (G[:, :3], H[:, 0]), (G[:, :3], M), (M[:, :3], H), exact=False),
    row("np.linalg.inv(x)", G[:, :3], exact=False),
    row("np.linalg.det(x)", G[:, :3], exact=False),
    row("np.einsum('ij,kj->ik', x, y)", (G, H), (G, M), exact=False),
    row("np.cross(x, y)", (A[:3], B[:3]), (A[:3], V[:3])),
    row("np.polyval(x, y)", (A, Z), (A, B), (V, A), exact=False),
    row("np.diag(x) @ y", (A, G.T), second=False, exact=False),
    row("np.triu(x) + np.tril(x, -1) * 2j", G, second=False),
    # Places
    row("np.pad(x, (1, 2))", A, second=False),
    row("np.insert(x, 1, y)", (A, Z), (A, 0.3), second=False),
    row("np.delete(x, 1)", A, second=False),
    row("np.repeat(x, 2)", A, second=False),
    row("np.tile(x, 2)", A, second=False),
    row("x[np.nonzero(k)]", A, more={"k": np.array([1, 0, 1, 0])}, second=False),
    row("np.take_along_axis(x, k, axis=1)", G, more={"k": np.array([[1, 0], [2, 2], [3, 1]])}, second=False),
    row("np.choose(k, [x, y])", (A, B), (A, V), more={"k": np.array([0, 1, 1, 0])}, second=False),
    row("x[1:] * x[:-1]", A, G),
    row("x[k]", A, more={"k": INTS}, second=False),
    row("x.T.reshape(2, 6)", G, second=False),
    row("np.roll(np.flip(x), 1)", A, G, second=False),
]
