"""Complex numbers: their parts, and which operations take them.

JAX's convention: the gradient of a real f by z = a + ib is df/da - i df/db. An adjoint g pairs with a tangent t as
Re(sum(g t)), without a conjugate. So a holomorphic function has the partial, and a linear map the transpose, that its
rule says of real numbers; and a real function of z has the partial p for which its tangent is Re(p dz). That a real
value takes the real part of what is contributed to it is said in one place, `differentiate.accumulate`.

An operation that is not in TAKES_COMPLEX is refused for complex numbers: NumPy does not define it (`np.floor`), orders
them (`np.maximum`), or nobody has looked at its rule yet.
"""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType
from gradgen.ir import COMPLEX, Atom, Type, dims_of, dtype_of, is_complex, real_dtype, with_dims
from gradgen.rules.symbols import Sym, apply, mul, neg
from gradgen.rules.table import METHODS, TAKES_COMPLEX, Caller, caller, elementwise, linear, same

# Holomorphic, with the partials of real numbers, or with their own (`abs`, `acosh`, `pow`, `var`, `std`, `norm`).
TAKES_COMPLEX |= {
    "add", "sub", "mul", "div", "neg", "pos", "pow", "float_power", "exp", "log", "sqrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp2", "expm1", "log1p", "log2", "log10",
    "square", "reciprocal", "sinc", "sigmoid", "softplus", "abs", "identity", "copy", "cast", "where", "sum", "mean",
    "sumsq", "prod", "var", "std", "norm", "cumprod", "polyval",
}  # fmt: skip
# Linear and bilinear, without a conjugate.
TAKES_COMPLEX |= {
    "full", "full_like", "linspace", "array", "cumsum", "getitem", "trace", "list", "append", "shorten", "extend",
    "head", "tail", "item", "asarray", "tolist", "reshape", "ravel", "transpose", "squeeze", "expand_dims",
    "broadcast_to", "expand", "sum_to", "spread", "flip", "roll", "concatenate", "stack", "matmul", "dot", "outer",
    "take_along_axis", "choose", "pad", "insert", "delete",
}  # fmt: skip
# Constant.
TAKES_COMPLEX |= {
    "eq", "ne", "logical_and", "logical_or", "logical_xor", "logical_not", "not", "and", "or", "zeros_like",
    "ones_like", "empty_like", "isnan", "isinf", "isfinite", "any", "all", "count_nonzero", "length", "size", "count",
    "nonzero",
}  # fmt: skip
# Of complex numbers only.
TAKES_COMPLEX |= {"real", "imag", "conj", "angle", "abs2"}


def part(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    type = args[0].type
    return with_dims(real_dtype(dtype_of(type)), dims_of(type), getattr(type, "weak", False))


@elementwise("real", np.real, type=part, cost=1)
def real(y, z):
    return 1


@elementwise("imag", np.imag, type=part, cost=1)
def imag(y, z):
    """The real part of -i z."""
    return -1j


@linear("conj", np.conj, type=same)
def conj(g, z):
    """Re(g conj(t)) is Re(conj(g) t)."""
    return apply("conj", g) if is_complex(g.type) else g


@elementwise("angle", np.angle, cmath.phase, type=part)
def angle(y, z):
    """The imaginary part of log z."""
    return -1j / z


@elementwise("abs2", type=part, cost=2)
def abs2(y, z):
    """abs(z) ** 2, which has no kink at 0."""
    return 2 * apply("conj", z)


def joined(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return COMPLEX


@elementwise("complex", complex, type=joined, cost=1)
def complex_(y, a, b):
    return 1, 1j


# Parts of expressions, for adjoints


def real_part(x: Any) -> Any:
    """Re(x); of a product with a real or imaginary factor that factor times a part of the other one."""
    return _part(x, "real")


def _part(x: Any, which: str) -> Any:
    if not isinstance(x, Sym) or not is_complex(x.type):
        return x if which == "real" else 0
    if x.value is not None:
        return getattr(x.value, which)
    if x.op == "neg":
        return neg(_part(x.args[0], which))
    if x.op == "mul":
        a, b = x.args
        for factor, other in ((a, b), (b, a)):
            if not is_complex(factor.type):
                of_other = _part(other, which)
                return mul(a, of_other) if factor is a else mul(of_other, b)
            if factor.value is not None and not factor.value.real:  # Re(i b w) = -b Im(w), Im(i b w) = b Re(w)
                scale = factor.value.imag if which == "imag" else -factor.value.imag
                return mul(_short(scale), _part(other, "real" if which == "imag" else "imag"))
    return apply(which, x)


def _short(number: float) -> float:
    """1.0 as 1, which is not written."""
    return int(number) if number in (1, -1) else number


def with_part(which: str, z: Sym, part: Sym) -> Sym:
    """z with another real or imaginary part."""
    real, imag = (part, apply("imag", z)) if which == "real" else (apply("real", z), part)
    return apply("cast", apply("add", real, apply("mul", 1j, imag)), dtype=z.dtype, weak=False)


# How these are called


def of_complex(text: str) -> str:
    """`math.exp` for complex numbers; NumPy's functions take both.

    >>> of_complex("math.exp"), of_complex("math.exp2")
    ('cmath.exp', 'np.exp2')
    """
    module, _, function = text.rpartition(".")
    if module != "math":
        return text
    return f"cmath.{function}" if hasattr(cmath, function) else f"np.{function}"


def _is_complex(x: Any) -> bool:
    return is_complex(x.type) if isinstance(x, Sym) else isinstance(x, complex)


def _numbers(x: Any) -> Any:
    from gradgen.rules.creation import as_array

    return as_array(x)


@caller(np.real, method="real")
def real_call(val):
    z = _numbers(val)
    return apply("real", z) if _is_complex(z) else z


@caller(np.imag, method="imag")
def imag_call(val):
    z = _numbers(val)
    if _is_complex(z):
        return apply("imag", z)
    return apply("zeros_like", z) if isinstance(z, Sym) else 0 * z


def conj_call(x):
    """A method that gives real numbers as they are."""
    z = _numbers(x)
    return apply("conj", z) if _is_complex(z) else z


@caller(np.conj, np.conjugate)
def conj_function(x):
    """A ufunc, which makes an array of its own of real numbers, too."""
    z = conj_call(x)
    return apply("copy", z) if isinstance(z, Sym) and z.is_array and not _is_complex(z) else z


METHODS["conj"] = Caller(conj_call, ".conj")
METHODS["conjugate"] = Caller(conj_call, ".conjugate")


@caller(np.angle)
def angle_call(z, deg=False):
    z = _numbers(z)
    made = apply("angle", z, spelling="np.angle") if _is_complex(z) else apply("atan2", 0.0, z, spelling="np.arctan2")
    return made * (180 / np.pi) if deg else made


@caller(np.real_if_close)
def real_if_close(a, tol=100):
    z = _numbers(a)
    if _is_complex(z):
        raise UnsupportedType(
            "whether np.real_if_close gives real numbers is known only at run time", way_out="`.real`"
        )
    return z


@caller(np.iscomplexobj)
def iscomplexobj(x):
    return _is_complex(_numbers(x))


@caller(np.isrealobj)
def isrealobj(x):
    return not _is_complex(_numbers(x))


@caller(np.iscomplex)
def iscomplex(x):
    return apply("ne", imag_call(x), 0)


@caller(np.isreal)
def isreal(x):
    return apply("eq", imag_call(x), 0)


@caller(complex)
def complex_call(real=0, imag=None):
    if isinstance(real, str):
        return complex(real)
    if imag is None:
        from gradgen.rules.scalar import converted

        return converted(real, "complex128", weak=True)
    if _is_complex(real) or _is_complex(imag):
        raise UnsupportedType("`complex` of complex numbers", way_out="a + 1j * b")
    return apply("complex", *(converted_number(x) for x in (real, imag)))


def converted_number(x: Any) -> Any:
    from gradgen.rules.scalar import converted

    return converted(x, "float64", weak=True) if isinstance(x, Sym) and (x.is_array or x.dtype == "float32") else x


def _of_cmath(name: str, op: str) -> None:
    function = getattr(cmath, name)

    def build(x):
        """A real number is taken as a complex one: cmath.sqrt(-1.0) is 1j."""
        z = x if _is_complex(x) else apply("cast", x, dtype="complex128", weak=True)
        return apply(op, z, spelling=f"cmath.{name}")

    caller(function)(build)


for _name in ("exp", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
              "atanh", "log10"):  # fmt: skip
    _of_cmath(_name, _name)
for _name in ("isnan", "isinf", "isfinite"):
    _of_cmath(_name, _name)
_of_cmath("phase", "angle")


@caller(cmath.log)
def cmath_log(x, base=None):
    log = _logarithm(x)
    return log if base is None else log / _logarithm(base)


def _logarithm(x: Any) -> Any:
    z = x if _is_complex(x) else apply("cast", x, dtype="complex128", weak=True)
    return apply("log", z, spelling="cmath.log")


@caller(cmath.polar)
def polar(z):
    return apply("abs", z), apply("angle", z) if _is_complex(z) else apply("atan2", 0.0, z)


@caller(cmath.rect)
def rect(r, phi):
    return apply("complex", mul(r, apply("cos", phi)), mul(r, apply("sin", phi)))
