"""How builtins and functions of `math` and NumPy that are not one operation are staged."""

from __future__ import annotations

import builtins
import math

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import INT, Scalar, dims_of, with_dims
from gradgen.rules.creation import dtype_name
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import CALLERS, METHODS, Caller, boolean, caller, constant


def integral(args, params):
    return INT


for _name in ("floor", "ceil", "trunc"):
    constant(f"int_{_name}", type=integral)
    CALLERS[getattr(math, _name)] = Caller(lambda x, op=f"int_{_name}": apply(op, x), f"math.{_name}")
constant("int_round", type=integral)

for _function in (math.gcd, math.lcm, math.comb, math.perm, math.factorial, math.isqrt):
    constant(_function.__name__, _function, type=integral)
for _function in (math.isnan, math.isinf, math.isfinite):
    constant(_function.__name__, _function, type=boolean)
for _function in (np.isnan, np.isinf, np.isfinite):
    CALLERS[_function] = Caller(lambda x, op=_function.__name__: apply(op, x), f"np.{_function.__name__}")


def integer_like(args, params):
    a = args[0].type
    return with_dims(a.dtype, dims_of(a), isinstance(a, Scalar) and a.weak)


for _op, _function in {
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "invert": np.invert, "left_shift": np.left_shift, "right_shift": np.right_shift,
}.items():  # fmt: skip
    constant(_op, _function, type=integer_like)


@caller(math.pow, builtins.pow)
def pow_call(a, b):
    return apply("pow", a, b)


@caller(math.fsum)
def fsum(items):
    from gradgen.rules.creation import array

    return apply("sum", items if isinstance(items, Sym) and items.is_array else array(items), axis=None, keepdims=False)


@caller(math.prod)
def prod_call(items):
    from gradgen.rules.creation import array

    return apply("prod", items if isinstance(items, Sym) and items.is_array else array(items), axis=None, keepdims=False)


@caller(math.dist)
def dist(p, q):
    total = None
    for a, b in zip(p, q, strict=True):
        term = (a - b) ** 2
        total = term if total is None else total + term
    return apply("sqrt", total)


@caller(math.log)
def log_call(x, base=None):
    return apply("log", x) if base is None else apply("log", x) / apply("log", base)


@caller(np.where)
def where_call(condition, x=None, y=None):
    if x is None or y is None:
        raise UnsupportedValue("np.where with one argument has no fixed shape; use np.where(test, a, b)")
    return apply("where", condition, x, y)


@caller(np.clip, method="clip")
def clip(x, a_min=None, a_max=None, *, min=None, max=None):
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is not None:
        x = apply("maximum", x, low)
    return x if high is None else apply("minimum", x, high)


METHODS["conj"] = METHODS["conjugate"] = Caller(lambda x: x, ".conj")
METHODS["copy"] = Caller(lambda x: apply("copy", x), ".copy")
CALLERS[np.copy] = Caller(lambda x: apply("copy", x), "np.copy")
METHODS["item"] = Caller(lambda x: apply("cast", x, dtype="float64", weak=True) if not x.ndim else x, ".item")


@caller(method="astype")
def astype(x, dtype):
    return apply("cast", x, dtype=dtype_name(dtype), weak=False)


def _caster(kind):
    return lambda x: apply("cast", x, dtype=np.dtype(kind).name, weak=False)


for _kind in (np.float64, np.float32, np.int64, np.int32, np.bool_):
    CALLERS[_kind] = Caller(_caster(_kind), f"np.{_kind.__name__}")


def _weak(dtype):
    return lambda x=0: apply("cast", x, dtype=dtype, weak=True)


CALLERS[float] = Caller(_weak("float64"), "float")
CALLERS[int] = Caller(_weak("int64"), "int")
CALLERS[bool] = Caller(_weak("bool"), "bool")


def _extreme(op: str, reduce: str):
    def build(*args, key=None, default=None):
        if key is not None or default is not None:
            raise UnsupportedValue(f"`key` and `default` of {reduce} are not supported")
        if len(args) == 1:
            from gradgen.rules.reductions import as_array

            return apply(reduce, as_array(args[0]), axis=None, keepdims=False)
        best = args[0]
        for other in args[1:]:
            best = apply(op, best, other)
        return best

    return build


CALLERS[builtins.max] = Caller(_extreme("maximum", "max"), "max")
CALLERS[builtins.min] = Caller(_extreme("minimum", "min"), "min")


@caller(builtins.round)
def round_call(x, ndigits=None):
    return apply("int_round", x) if ndigits is None else apply("round", x, ndigits)


@caller(np.round, method="round")
def np_round(x, decimals=0):
    return apply("round", x, decimals)


def rounded(args, params):
    return args[0].type


constant("round", type=rounded)


@caller(builtins.divmod)
def divmod_call(a, b):
    return apply("floordiv", a, b), apply("mod", a, b)
