"""What each operation of the representation computes, for the reference interpreter: plain Python and NumPy.

An operation that is not named here is the NumPy function that the rule table gives for it, or on Python
numbers the one of `math`. Written apart from the rules, so that a mistake there shows here.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradgen.ir import Array, Assign, ListOf, Scalar, Type
from gradgen.rules.table import RULES

OPERATIONS: dict[str, Callable[..., Any]] = {}


def compute(s: Assign, args: list[Any]) -> Any:
    """The value of an Assign, as the kind of number that its target is declared to be."""
    params = dict(s.params)
    text = params.pop("text", None)
    if text is not None:
        return _conform(_template(text, args), s.target.type)
    return _conform(_apply(s.op, s.spelling, args, params, s.target.type), s.target.type)


def _apply(op: str, spelling: str, args: list[Any], params: dict[str, Any], type: Type | None) -> Any:
    if spelling in ("sum", "max", "min") and op == spelling:
        return {"sum": sum, "max": max, "min": min}[op](*args)
    plain = all(isinstance(arg, bool | int | float | complex) for arg in args)
    weak = plain if type is None else isinstance(type, Scalar) and type.weak
    if op in OPERATIONS:
        function = OPERATIONS[op]
        if op in _TYPED:
            params["type"] = type
    else:
        function = _function(op, spelling, plain and weak and not any(isinstance(arg, complex) for arg in args))
    try:
        return function(*args, **params)
    except (ZeroDivisionError, OverflowError, ValueError):
        if not plain:
            raise
        numpy = [np.int64(arg) if isinstance(arg, int) else np.dtype(arg.__class__).type(arg) for arg in args]
        return OPERATIONS.get(op, _function(op, "", False))(*numpy, **params)


def _template(text: Any, args: list[Any]) -> Any:
    """A recognised composite, as the user wrote it: see `stage.gates`."""
    if isinstance(text, int):
        return args[text]
    if not isinstance(text, tuple):
        return text.value
    op, spelling, inner, *params = text
    return _apply(op, spelling, [_template(part, args) for part in inner], dict(*params), None)


def _function(op: str, spelling: str, plain: bool) -> Callable[..., Any]:
    rule = RULES[op]
    if spelling.startswith("."):
        spelling = ""
    default = (rule.scalar_spelling or rule.spelling) if plain else (rule.spelling or rule.scalar_spelling)
    text = spelling or default
    if not text:
        raise NotImplementedError(f"the interpreter does not know {op!r}")
    if text.startswith("scipy."):
        import scipy.special

        return eval(text, {"scipy": scipy})
    return eval(text, {"np": np, "math": math, "cmath": cmath})


def _conform(value: Any, type: Type) -> Any:
    """A NumPy number where a Python one is declared, and the other way round; other differences stay, and are found."""
    if isinstance(type, Scalar):
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if (
            type.weak
            and isinstance(value, np.generic)
            and value.dtype.name in ("bool", "int64", "float64", "complex128")
        ):
            return value.item()
        if not type.weak and isinstance(value, bool | int | float | complex):
            return np.dtype(type.dtype).type(value)
    return value


def operation(*ops: str):
    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        for op in ops:
            OPERATIONS[op] = function
        return function

    return enter


_TYPED = ("asarray", "array", "zeros_like", "ones_like", "list")

OPERATIONS |= {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "mod": operator.mod,
    "floordiv": operator.floordiv, "pow": operator.pow, "matmul": operator.matmul,
    "neg": operator.neg, "pos": operator.pos,
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
    "not": operator.not_, "bitwise_and": operator.and_, "bitwise_or": operator.or_, "bitwise_xor": operator.xor,
    "invert": operator.invert, "left_shift": operator.lshift, "right_shift": operator.rshift,
    "identity": lambda x: x,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "abs": abs, "real": lambda z: z.real, "imag": lambda z: z.imag, "conj": lambda z: z.conjugate(),
    "complex": complex,
    "fsum": lambda *items: math.fsum(items),
    "int_floor": math.floor, "int_ceil": math.ceil, "int_trunc": math.trunc, "int_round": round,
    "length": len,
    "size": lambda x, axis: x.shape[axis],
    "count": lambda x: x.size,
    "append": lambda xs, x: [*xs, x],
    "extend": lambda xs, more: [*xs, *more],
    "shorten": lambda xs: xs[:-1],
    "head": lambda xs, n: xs[:n],
    "tail": lambda xs, n: xs[n:],
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "relu": lambda x: np.maximum(x, 0),
    "diagonal": lambda x, offset=0, axis1=0, axis2=1: np.diagonal(x, offset, axis1, axis2).copy(),
    "tensordot": lambda a, b, axes: np.tensordot(a, b, axes)[()],
    "einsum": lambda *xs, subscripts: np.einsum(subscripts, *xs),
    "full": lambda *args, dtype: np.full(args[:-1], args[-1], dtype),
    "reshape": lambda x, *sizes: np.reshape(x, sizes).copy(),
    "broadcast_to": lambda x, *sizes: np.broadcast_to(x, sizes).copy(),
    "transpose": lambda x, axes=None: np.transpose(x, axes),
    "expand": lambda g, like: np.broadcast_to(g, np.shape(like)).copy(),
    "stack": lambda *xs, axis=0: np.stack(xs, axis),
    "concatenate": lambda *xs, axis=0: np.concatenate(xs, axis),
    "eye": lambda n, m=None, k=0, dtype="float64": np.eye(n, m, k, dtype),
    **{name: getattr(np, name) for name in ("bartlett", "blackman", "hamming", "hanning")},
    "linspace": lambda a, b, n, endpoint=True, dtype=None: np.linspace(a, b, n, endpoint, dtype=dtype),
    "arange": lambda start, stop, step, dtype=None: np.arange(start, stop, step, dtype=dtype),
    "round": lambda x, digits=0: round(x, digits) if isinstance(x, int | float) else np.round(x, digits),
    "zeros": lambda *sizes, dtype="float64": np.zeros(sizes, dtype),
    "ones": lambda *sizes, dtype="float64": np.ones(sizes, dtype),
    "doubled": lambda x: np.concatenate((x, np.full_like(x, np.nan if x.dtype.kind in "fc" else 7))),
    "empty": lambda *sizes, dtype="float64", saves=None: np.full(sizes, np.nan if dtype[0] in "fc" else 7, dtype),
    "empty_like": lambda x, dtype=None: np.full_like(x, np.nan if x.dtype.kind in "fc" else 7, dtype=dtype),
    "cummax": lambda x, axis: np.maximum.accumulate(x, axis),
    "cummin": lambda x, axis: np.minimum.accumulate(x, axis),
    "bincount": lambda x, *more: np.bincount(x, *more[:-1], minlength=more[-1]),
    "pad": lambda x, *widths, value=0: np.pad(x, [*zip(widths[::2], widths[1::2], strict=True)], constant_values=value),
    "pad_index": lambda k, *widths, mode: np.pad(k, widths, mode=mode),
    "convolve": lambda a, v, mode="full": np.convolve(a, v, mode),
    "correlate": lambda a, v, mode="full": np.correlate(a, v, mode),
    "repeat": np.repeat, "searchsorted": np.searchsorted, "interp": np.interp, "unwrap": np.unwrap,
    "tri": lambda n, m, k=0, dtype="float64": np.tri(n, m, k, dtype),
    "nonzero": lambda x, axis: np.nonzero(x)[axis],
    "unique_index": lambda x: np.unique(x, return_index=True)[1],
    "unique_inverse": lambda x: np.unique(x, return_inverse=True)[1],
    "unique_counts": lambda x: np.unique(x, return_counts=True)[1],
    "choose": lambda place, *choices: np.choose(place, choices),
    "take_along_axis": lambda x, order, axis, distinct=False: np.take_along_axis(x, order, axis),
    "full_like": lambda x, value, dtype=None: np.full_like(x, value, dtype=dtype),
}  # fmt: skip


for _name in ("fft", "ifft", "rfft", "irfft"):

    @operation(_name)
    def _fourier(x: Any, *sizes: int, axes: tuple[int, ...], norm: Any = None, name: str = _name) -> Any:
        return getattr(np.fft, f"{name}n")(x, sizes or None, axes, norm)


for _name in ("fftshift", "ifftshift"):

    @operation(_name)
    def _shift(x: Any, axes: tuple[int, ...], name: str = _name) -> Any:
        return getattr(np.fft, name)(x, axes)


@operation("fit")
def _fit(x: Any, *sizes: int, axes: tuple[int, ...]) -> Any:
    for n, axis in zip(sizes, axes, strict=True):
        x = np.take(x, range(min(n, x.shape[axis])), axis)
        x = np.pad(x, [(0, n - x.shape[axis] if k == axis else 0) for k in range(x.ndim)])
    return x


@operation("fourier_rows")
def _fourier_rows(rows: Any, sign: int) -> Any:
    return np.fft.fft(rows) if sign < 0 else np.fft.ifft(rows, norm="forward")


@operation("cholesky_adjoint", "cholesky_adjoint_by_loops")
def _cholesky_adjoint(factor: Any, g: Any) -> Any:
    inner = np.linalg.solve(factor.T, np.linalg.solve(factor.T, _with_half_diagonal(factor.T @ g)).T)
    return _with_half_diagonal(inner + inner.T)


def _with_half_diagonal(x: Any) -> Any:
    return (np.tril(x) + np.tril(x, -1)) / 2


@operation("generator")
def _generator(*seeds: int, kind: str) -> Any:
    return eval(kind, {"np": np})(*seeds)


@operation("draw")
def _draw(generator: Any, *args: Any, method: str, sizes: int | None, bounds: int, dtype: str, weak: bool) -> Any:
    count = sizes or 0
    size = None if sizes is None else args[:count]
    return getattr(generator, method)(*args[count : count + bounds], size=size)


@operation("copy")
def _copy(x: Any) -> Any:
    return [_copy(item) for item in x] if isinstance(x, list) else np.array(x) if isinstance(x, np.ndarray) else x


@operation("cast")
def _cast(x: Any, dtype: str, weak: bool = False) -> Any:
    if isinstance(x, np.ndarray):
        return x.astype(dtype)
    made = np.dtype(dtype).type(x)
    return made.item() if weak else made


@operation("maximum")
def _maximum(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, int | float) and isinstance(b, int | float) else np.maximum(a, b)


@operation("minimum")
def _minimum(a: Any, b: Any) -> Any:
    return min(a, b) if isinstance(a, int | float) and isinstance(b, int | float) else np.minimum(a, b)


@operation("where")
def _where(test: Any, a: Any, b: Any) -> Any:
    if any(isinstance(x, np.ndarray) for x in (test, a, b)):
        return np.where(test, a, b)
    if any(isinstance(x, np.generic) for x in (a, b)):
        return np.where(test, a, b)[()]
    return a if test else b


@operation("getitem")
def _getitem(x: np.ndarray, *operands: Any, index: tuple) -> Any:
    from tests.support.interpret import index_of

    return x[index_of(index, operands)]


@operation("stays")
def _stays(x: np.ndarray, *operands: Any, index: tuple) -> np.ndarray:
    """Which of the places that an index names are not named again later."""
    from tests.support.interpret import index_of

    places = np.arange(x.size).reshape(x.shape)[index_of(index, operands)]
    seen: set[int] = set()
    result = np.zeros(places.size, dtype=bool)
    for k in reversed(range(places.size)):
        result[k] = places.flat[k] not in seen
        seen.add(int(places.flat[k]))
    return result.reshape(places.shape)


@operation("item")
def _item(sequence: Any, k: Any = None, index: int | None = None) -> Any:
    return sequence[k if index is None else index]


@operation("list")
def _list(*items: Any, element: Any = None, type: Type | None = None) -> list:
    assert isinstance(type, ListOf) or type is None
    return list(items)


@operation("array")
def _array(*items: Any, shape: tuple[int, ...], dtype: str | None = None, type: Type | None = None) -> np.ndarray:
    return np.array(items, dtype).reshape(shape)


@operation("asarray")
def _asarray(items: list, type: Type | None = None) -> np.ndarray:
    """Of an empty list the shape is not known; the dtype is."""
    assert isinstance(type, Array)
    return np.array(items, type.dtype) if items else np.zeros((0,) * type.ndim, type.dtype)


@operation("tolist")
def _tolist(x: np.ndarray, plain: bool = False) -> list:
    return x.tolist() if plain else list(x)


@operation("zeros_like")
def _zeros_like(x: Any, dtype: str | None = None, type: Type | None = None) -> Any:
    return _filled(x, 0, dtype)


@operation("ones_like")
def _ones_like(x: Any, dtype: str | None = None, type: Type | None = None) -> Any:
    return _filled(x, 1, dtype)


def _filled(x: Any, value: int, dtype: str | None) -> Any:
    if isinstance(x, list | tuple):
        return x.__class__(_filled(item, value, dtype) for item in x)
    return np.full_like(x, value, dtype=dtype) if isinstance(x, np.ndarray) else x.__class__(value)


@operation("spread")
def _spread(g: Any, like: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if keepdims or not isinstance(g, np.ndarray):
        return g
    axes = range(like.ndim) if axis is None else [a % like.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    return np.expand_dims(g, tuple(axes))


@operation("sum_to")
def _sum_to(g: Any, like: Any) -> Any:
    """Sum over the axes along which something of the shape of `like` was broadcast to that of g."""
    shape = np.shape(like)
    g = g.sum(axis=tuple(range(g.ndim - len(shape)))) if g.ndim > len(shape) else g
    axes = tuple(k for k, size in enumerate(shape) if size == 1 and g.shape[k] != 1)
    return g.sum(axis=axes, keepdims=True) if axes else g


@operation("norm")
def _norm(x: Any, axis: Any = None, keepdims: bool = False, ord: Any = None) -> Any:
    if ord is not None:
        return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)
    return np.sqrt(np.sum((np.conj(x) * x).real, axis=axis, keepdims=keepdims))
