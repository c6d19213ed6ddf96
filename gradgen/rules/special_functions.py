"""Special functions of one number, for texts that Numba compiles: of `scipy.special` it knows what `math` has.

Each is plain Python; names of others among them may be used. They agree with SciPy to about 1e-13, tails included.
The formulas are DLMF's: 5.5 and 5.11 (gamma), 7.12 (error functions), 25.11 (zeta).
"""

from __future__ import annotations

SPECIAL_FUNCTIONS = {
    "_expit": '''\
def _expit(x):
    """1 / (1 + exp(-x))"""
    return 1.0 / (1.0 + math.exp(-x))
''',
    "_log_expit": '''\
def _log_expit(x):
    """log(1 / (1 + exp(-x)))"""
    return x - math.log1p(math.exp(x)) if x < 0.0 else -math.log1p(math.exp(-x))
''',
    "_logit": '''\
def _logit(x):
    """log(x / (1 - x)), exact near 1 / 2 too"""
    if 0.3 < x < 0.65:
        s = 2.0 * (x - 0.5)
        return math.log1p(s) - math.log1p(-s)
    return math.log(x / (1.0 - x))
''',
    "_xlogy": '''\
def _xlogy(x, y):
    """x log(y), and 0 where x is"""
    return 0.0 if x == 0.0 and y == y else x * math.log(y)
''',
    "_xlog1py": '''\
def _xlog1py(x, y):
    """x log(1 + y), and 0 where x is"""
    return 0.0 if x == 0.0 and y == y else x * math.log1p(y)
''',
    "_entr": '''\
def _entr(x):
    """-x log(x)"""
    if x > 0.0 or x != x:
        return -x * math.log(x)
    return 0.0 if x == 0.0 else -math.inf
''',
    "_rel_entr": '''\
def _rel_entr(x, y):
    """x log(x / y)"""
    if x != x or y != y:
        return math.nan
    if x > 0.0 and y > 0.0:
        return x * math.log(x / y) if abs(x - y) > 0.5 * y else x * math.log1p((x - y) / y)
    return 0.0 if x == 0.0 and y >= 0.0 else math.inf
''',
    "_kl_div": '''\
def _kl_div(x, y):
    """x log(x / y) - x + y"""
    if x != x or y != y:
        return math.nan
    if x > 0.0 and y > 0.0:
        return _rel_entr(x, y) - x + y
    return y if x == 0.0 and y >= 0.0 else math.inf
''',
    "_huber": '''\
def _huber(delta, r):
    """r^2 / 2 near 0, and linear beyond delta"""
    if delta < 0.0:
        return math.inf
    return 0.5 * r * r if abs(r) <= delta else delta * (abs(r) - 0.5 * delta)
''',
    "_pseudo_huber": '''\
def _pseudo_huber(delta, r):
    """delta^2 (sqrt(1 + (r / delta)^2) - 1)"""
    if delta < 0.0:
        return math.inf
    if delta == 0.0 or r == 0.0:
        return 0.0
    u = (r / delta) ** 2
    return delta * delta * (u / (math.sqrt(1.0 + u) + 1.0))
''',
    "_exp10": '''\
def _exp10(x):
    """10 to the power of x"""
    return 10.0**x
''',
    "_ndtr": '''\
def _ndtr(x):
    """The normal distribution function"""
    return 0.5 * math.erfc(-x * math.sqrt(0.5))
''',
    "_log_ndtr": '''\
def _log_ndtr(x):
    """The logarithm of the normal distribution function"""
    if x > 0.0:
        return math.log1p(-0.5 * math.erfc(x * math.sqrt(0.5)))
    if x > -20.0 or x != x:
        return math.log(0.5 * math.erfc(-x * math.sqrt(0.5)))
    term, total, square = 1.0, 0.0, 1.0 / (x * x)
    for k in range(1, 12):
        term *= -(2.0 * k - 1.0) * square
        total += term
    return -0.5 * x * x - math.log(-x) - 0.5 * math.log(2.0 * math.pi) + math.log1p(total)
''',
    "_erfcx": '''\
def _erfcx(x):
    """exp(x^2) erfc(x)"""
    if x < 5.0 or x != x:
        return math.exp(x * x) * math.erfc(x) if x > -27.0 or x != x else math.inf
    fraction = x
    for k in range(60, 0, -1):
        fraction = x + 0.5 * k / fraction
    return 1.0 / (fraction * math.sqrt(math.pi))
''',
    "_erfc_tail": '''\
def _erfc_tail(y):
    """Where erfc is y, at most 1 / 2: Newton's method on logarithms"""
    goal = math.log(y)
    x = math.sqrt(-goal)
    for _ in range(12):
        share = _erfcx(x)
        step = (math.log(share) - x * x - goal) * share * 0.5 * math.sqrt(math.pi)
        x += step
        if abs(step) < 1e-9 * x:
            share = _erfcx(x)
            return x + (math.log(share) - x * x - goal) * share * 0.5 * math.sqrt(math.pi)
    return x
''',
    "_erf_centre": '''\
def _erf_centre(y):
    """Where erf is y, at most 1 / 2 from 0: Newton's method"""
    x = 0.5 * math.sqrt(math.pi) * y
    for _ in range(12):
        step = (math.erf(x) - y) * 0.5 * math.sqrt(math.pi) * math.exp(x * x)
        x -= step
        if abs(step) < 1e-16 * abs(x):
            return x
    return x
''',
    "_erfcinv": '''\
def _erfcinv(y):
    """The inverse of erfc"""
    if not 0.0 < y < 2.0:
        return math.inf if y == 0.0 else -math.inf if y == 2.0 else math.nan
    if y < 0.5:
        return _erfc_tail(y)
    return _erf_centre(1.0 - y) if y <= 1.5 else -_erfc_tail(2.0 - y)
''',
    "_erfinv": '''\
def _erfinv(y):
    """The inverse of erf"""
    if not -1.0 < y < 1.0:
        return math.copysign(math.inf, y) if abs(y) == 1.0 else math.nan
    if abs(y) <= 0.5:
        return _erf_centre(y)
    return math.copysign(_erfc_tail(1.0 - abs(y)), y)
''',
    "_ndtri": '''\
def _ndtri(p):
    """The quantile of the normal distribution"""
    if 0.25 < p < 0.75:
        return math.sqrt(2.0) * _erfinv(2.0 * p - 1.0)
    return -math.sqrt(2.0) * _erfcinv(2.0 * p) if p < 0.5 else math.sqrt(2.0) * _erfcinv(2.0 * (1.0 - p))
''',
    "_gamma": '''\
def _gamma(x):
    """The gamma function, which has poles at the whole numbers that are not positive"""
    if x <= 0.0 and x % 1.0 == 0.0:
        return math.copysign(math.inf, x) if x == 0.0 else math.nan
    return math.gamma(x)
''',
    "_rgamma": '''\
def _rgamma(x):
    """1 / gamma(x)"""
    return 0.0 if x <= 0.0 and x % 1.0 == 0.0 else 1.0 / math.gamma(x)
''',
    "_gammaln": '''\
def _gammaln(x):
    """log(abs(gamma(x)))"""
    return math.inf if x <= 0.0 and x % 1.0 == 0.0 else math.lgamma(x)
''',
    "_gammasgn": '''\
def _gammasgn(x):
    """The sign of the gamma function"""
    if x > 0.0 or x != x:
        return 1.0 if x == x else math.nan
    if x == 0.0:
        return math.copysign(1.0, x)
    if x % 1.0 == 0.0 or x == -math.inf:
        return math.nan
    return 1.0 if math.floor(x) % 2.0 == 0.0 else -1.0
''',
    "_psi": '''\
def _psi(x):
    """The logarithmic derivative of the gamma function"""
    if x > 0.0 or x != x:
        return _psi_positive(x)
    if x % 1.0 == 0.0:
        return math.nan if x < 0.0 else -math.copysign(math.inf, x)
    return _psi_positive(1.0 - x) - math.pi / math.tan(math.pi * (x - math.floor(x)))
''',
    "_psi_positive": '''\
def _psi_positive(x):
    """By its series for large x; around its zero by its derivatives there, so that it is exact relative to itself"""
    root = 1.4616321449683622
    total = 0.0
    if abs(x - root) < 0.3:
        d = (x - root) - 9.549995429965697e-17
        power, factorial = 1.0, 1.0
        for n in range(1, 40):
            power *= d
            factorial *= n
            total += _polygamma_sum(n, root) / factorial * power
        return total
    while x < 12.0:
        total -= 1.0 / x
        x += 1.0
    s = 1.0 / (x * x)
    tail = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132 - s * (691 / 32760 - s / 12))))))
    return total + math.log(x) - 0.5 / x - tail
''',
    "_polygamma": '''\
def _polygamma(n, x):
    """The n-th derivative of psi"""
    if n == 0:
        return _psi(float(x))
    return math.inf if x <= 0.0 and x % 1.0 == 0.0 else _polygamma_sum(n, float(x))
''',
    "_polygamma_sum": '''\
def _polygamma_sum(n, x):
    """The n-th derivative of psi as a sum, of which Euler and Maclaurin's formula gives what is left"""
    s = n + 1.0
    total = 0.0
    while x < 14.0 + n:
        total += x ** (-s)
        x += 1.0
    total += x ** (1.0 - s) / (s - 1.0) + 0.5 * x ** (-s)
    term = x ** (-s - 1.0) * s
    bernoulli = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600)
    for k in range(7):
        total += bernoulli[k] * term
        term *= (s + 2.0 * k + 1.0) * (s + 2.0 * k + 2.0) / (x * x)
    return math.gamma(s) * total * (1.0 if n % 2 else -1.0)
''',
    "_betaln": '''\
def _betaln(a, b):
    """log(abs(beta(a, b))): for a large argument by Stirling's formula, in which what is large cancels by itself"""
    if a > b:
        a, b = b, a
    if a <= 0.0 or b < 12.0:
        return _gammaln(a) + _gammaln(b) - _gammaln(a + b)
    rest = (_stirling(b) - _stirling(a + b)) - (b - 0.5) * math.log1p(a / b)
    if a < 12.0:
        return math.lgamma(a) - a * math.log(a + b) + a + rest
    return (_stirling(a) + 0.5 * math.log(2.0 * math.pi / a)) + a * math.log(a / (a + b)) + rest
''',
    "_stirling": '''\
def _stirling(x):
    """What Stirling's formula for log(gamma(x)) leaves out"""
    s = 1.0 / (x * x)
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * 691 / 360360))))) / x
''',
    "_beta": '''\
def _beta(a, b):
    """gamma(a) gamma(b) / gamma(a + b)"""
    if a > 0.0 and b > 0.0:
        return math.exp(_betaln(a, b))
    return _gamma(a) * _gamma(b) * _rgamma(a + b)
''',
}
