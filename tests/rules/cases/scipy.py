"""Rows: the functions of scipy.special, and the densities of scipy.stats."""

import numpy as np

from tests.rules.cases.row import C, F, M, Row, V, W, at, row

A, B, P, Z = np.abs(V) + 0.1, np.abs(W) + 0.2, np.array([0.1, 0.5, 0.93, 1e-2]), np.array([-1.3, 0.7, 2.2, -4.4])
EDGE = np.array([0.2, 0.5, 1.2, -0.3])

EVERYWHERE = (
    "expit",
    "log_expit",
    "erf",
    "erfc",
    "erfcx",
    "ndtr",
    "log_ndtr",
    "cbrt",
    "expm1",
    "exp2",
    "exp10",
    "sinc",
)
BESSEL = ("j0", "j1", "i0", "i1", "i0e", "i1e")
POSITIVE = ("gamma", "gammaln", "rgamma", "psi", "digamma", "log1p")
PAIRS = ("xlogy", "xlog1py", "rel_entr", "kl_div", "huber", "pseudo_huber", "beta", "betaln")


def python(text: str, *points: object) -> Row:
    """Numba has nothing of the kind, and is not asked."""
    return Row(text, at(*points), exact=False, python_only="Numba has no")


ROWS = [
    *(row(f"special.{name}(x)", F, np.float64(0.3), Z, exact=False) for name in EVERYWHERE), *(row(f"special.{name}(x)", P, 0.3, exact=False) for name in ("logit", "erfinv", "erfcinv", "ndtri", "entr")),
    *(row(f"special.{name}(x)", A, 0.75, M**2 + 0.3, exact=False) for name in POSITIVE), *(row(f"special.{name}(x, y)", (A, B), (0.85, B), (A, 1.35), (C**2 + 0.1, A), exact=False) for name in PAIRS),
    *(python(f"special.{name}(x)", Z, 0.75) for name in (*BESSEL, "erfi", "dawsn")), *(python(f"special.{name}(x)", A, 0.75) for name in ("y0", "y1", "k0", "k1")),
    python("special.jn(2, x)", A), python("special.jv(1.5, x)", A), python("special.yn(1, x)", A), python("special.yv(0.5, x)", A), python("special.iv(2, x)", A), python("special.ive(2, x)", Z), python("special.kv(1.5, x)", A), python("special.kn(1, x)", A), python("special.kve(1.5, x)", A),
    python("special.betainc(1.5, 2.0, x)", P), python("special.gammainc(1.5, x)", A), python("special.gammaincc(1.5, x)", A, 0.75),
    row("special.gamma(x)", Z, exact=False), row("special.gammaln(x)", Z, exact=False), row("special.psi(x)", Z, exact=False), row("special.polygamma(1, x)", A, 0.75, exact=False), row("special.polygamma(n, x)", A, more={"n": 2}, exact=False), row("special.multigammaln(x, 3)", 3.5, exact=False),
    row("special.gammasgn(x) * x", Z), row("special.huber(1.0, x)", Z), row("special.xlogy(x, y)", (np.array([0.0, 1.0]), np.array([0.5, 2.0]))), row("special.xlogy(2.0, x)", A, exact=False),
    row("special.logsumexp(x)", Z, M, 800 * M, exact=False), row("special.logsumexp(x, axis=1)", M, exact=False), row("special.logsumexp(x, axis=0, keepdims=True)", 800 * M, exact=False), row("special.softmax(x)", Z, exact=False), row("special.softmax(x, axis=1)", 800 * M, M, exact=False), row("special.log_softmax(x, axis=-1)", M, exact=False),
    row("stats.norm.pdf(x)", Z, 0.3, exact=False), row("stats.norm.pdf(x, loc=y, scale=z)", (Z, V, B), exact=False), row("stats.norm.logpdf(x, y, z)", (Z, 0.5, 1.3), exact=False), row("stats.norm.cdf(x, y, z)", (Z, 0.5, 1.3), exact=False), row("stats.norm.logcdf(x)", Z, exact=False), row("stats.norm.sf(x, 1.0)", Z, exact=False),
    row("stats.norm.logsf(x, scale=y)", (Z, 2.0), exact=False), row("stats.norm.ppf(x, y, z)", (P, 0.5, 1.3), exact=False), row("stats.norm.isf(x)", P, exact=False), row("stats.norm.logpdf(x, scale=2)", 0.3, exact=False),
    row("stats.t.logpdf(x, y)", (Z, 3.5), exact=False), row("stats.t.pdf(x, 4, 0.5, y)", (Z, 2.0), exact=False), row("stats.gamma.logpdf(x, y)", (A, 3.5), exact=False), row("stats.gamma.pdf(x, 2.0, scale=y)", (A, 3.5), exact=False), row("stats.beta.logpdf(x, y, z)", (P, 3.5, 2.0), exact=False), row("stats.beta.pdf(x, 2, 3)", EDGE, exact=False),
    row("stats.chi2.logpdf(x, y)", (A, 3.5), exact=False), row("stats.expon.logpdf(x, scale=y)", (A, 3.5), exact=False), row("stats.poisson.logpmf(n, x)", A, more={"n": np.array([0, 1, 2, 3])}, exact=False), row("stats.poisson.pmf(2, x)", 0.75, exact=False),
]  # fmt: skip
