"""The types of the representation: what a value is, as far as the written text depends on it.

A type tells scalar from array, the dtype, the rank and, for each dimension, whether its size is
known to be 1, known not to be 1, or unknown until run time. Nothing here knows an operation.

>>> n = Dim("x.0", many=True)
>>> broadcast([(n, ONE), (n,)])
(Dim(x.0), Dim(x.0))
>>> common_dtype([Array("float32", (n,)), Scalar("float64", weak=True)])
('float32', False)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np


@dataclass(frozen=True, slots=True, repr=False)
class Dim:
    """The size of one dimension: `symbol + offset`, or the constant `offset` where `symbol` is None.

    Where `symbol + offset` is negative it is 0: nothing is left of a short axis, see `cut`. Equal dims have equal
    sizes. What the signature guarantees of the size of `symbol` itself: `many`, that it is not 1 (0 and 2, 3, ...
    remain); `least`, that it is not smaller than this.

    >>> n = Dim("x.0", many=True, least=16)
    >>> n.shifted(-2).never_one, n.shifted(-2).lower, n.shifted(-15).never_one
    (True, 14, False)
    """

    symbol: str | None
    offset: int = 0
    many: bool = False
    least: int = 0

    def __repr__(self) -> str:
        return f"Dim({self})"

    def __str__(self) -> str:
        if self.symbol is None:
            return str(self.offset)
        return self.symbol + (f"{self.offset:+d}" if self.offset else "")

    @property
    def constant(self) -> int | None:
        return self.offset if self.symbol is None else None

    @property
    def is_one(self) -> bool:
        return self.symbol is None and self.offset == 1

    @property
    def never_one(self) -> bool:
        if self.symbol is None:
            return self.offset != 1
        return (self.many and self.offset == 0) or self.least + self.offset > 1

    @property
    def lower(self) -> int:
        """No size that the dimension can have is smaller."""
        return max(0, self.offset + (0 if self.symbol is None else self.least))

    @property
    def cut(self) -> bool:
        """Whether `symbol + offset` may be negative."""
        return self.symbol is not None and self.least + self.offset < 0

    @property
    def whole(self) -> Dim:
        """The size of what this is a part of, or has more elements than."""
        return replace(self, offset=0)

    def shifted(self, by: int) -> Dim:
        """The size with so many elements more, or less.

        >>> n = Dim("x.0", many=True, least=16)
        >>> n.shifted(-12).shifted(3), n.shifted(-24).shifted(3)
        (Dim(x.0-9), Dim((x.0-24)+3))
        """
        return Dim(f"({self})", by) if by > 0 and self.cut else replace(self, offset=self.offset + by)

    @staticmethod
    def one_of(symbol: str, *dims: Dim) -> Dim:
        """The dim called `symbol` that has the size of one of `dims`."""
        return Dim(symbol, many=all(dim.never_one for dim in dims), least=min(dim.lower for dim in dims))


ONE = Dim(None, 1)


def constant_dim(size: int) -> Dim:
    return Dim(None, int(size))


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number. `weak`: a Python number, which takes the dtype of what it meets (NumPy 2's rule).

    `extent`, on integers: the dim whose size this number is known to be.
    """

    dtype: str
    weak: bool = False
    extent: Dim | None = None

    def __str__(self) -> str:
        short = {"float64": "float", "int64": "int", "complex128": "complex"}.get(self.dtype, self.dtype)
        return short if self.weak else f"np.{self.dtype}"


@dataclass(frozen=True, slots=True)
class Array:
    dtype: str
    dims: tuple[Dim, ...]

    @property
    def ndim(self) -> int:
        return len(self.dims)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.dims))}]"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose length is known at run time only; its items share one type."""

    element: Type

    def __str__(self) -> str:
        return f"list[{self.element}]"


@dataclass(frozen=True, slots=True)
class TupleOf:
    """Several results of one operation, taken apart by `item`."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that is only handed on: the cache of a recursive call, a random generator."""

    def __str__(self) -> str:
        return "opaque"


Type = Scalar | Array | ListOf | TupleOf | Opaque

FLOAT = Scalar("float64", weak=True)
INT = Scalar("int64", weak=True)
BOOL = Scalar("bool", weak=True)
COMPLEX = Scalar("complex128", weak=True)


def is_float(type: Type) -> bool:
    """Whether values of `type` have derivatives: real or complex floating point, at any depth."""
    match type:
        case Scalar(dtype=dtype) | Array(dtype=dtype):
            return dtype.startswith(("float", "complex"))
        case ListOf(element=element):
            return is_float(element)
        case TupleOf(items=items):
            return any(map(is_float, items))
    return False


def is_complex(type: Type) -> bool:
    return isinstance(type, Scalar | Array) and type.dtype.startswith("complex")


def real_dtype(dtype: str) -> str:
    """The dtype of the parts of a complex number; any other is its own.

    >>> real_dtype("complex64"), real_dtype("int64")
    ('float32', 'int64')
    """
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


def is_integer(type: Type) -> bool:
    return isinstance(type, Scalar | Array) and type.dtype.startswith(("int", "uint"))


def is_bool(type: Type) -> bool:
    return isinstance(type, Scalar | Array) and type.dtype == "bool"


def dtype_of(type: Type) -> str:
    """Of a number or an array."""
    assert isinstance(type, Scalar | Array), type
    return type.dtype


def dims_of(type: Type) -> tuple[Dim, ...]:
    return type.dims if isinstance(type, Array) else ()


def long_axes(type: Type) -> list[tuple[int, Dim]]:
    """The axes that are not known to be of size 1, counted from the last, which is -1, and their sizes."""
    dims = dims_of(type)
    return [(k - len(dims), dim) for k, dim in enumerate(dims) if not dim.is_one]


def with_dims(dtype: str, dims: tuple[Dim, ...], weak: bool = False) -> Scalar | Array:
    """What a NumPy operation returns: a scalar where no dimension is left."""
    return Array(dtype, dims) if dims else Scalar(dtype, weak)


_WEAK = {"float64": 0.0, "int64": 0, "bool": False, "complex128": 0j}


@lru_cache(maxsize=4096)
def _common_dtype(keys: tuple[tuple[str, bool], ...]) -> tuple[str, bool]:
    if all(weak for _, weak in keys):
        return max((dtype for dtype, _ in keys), key=["bool", "int64", "float64", "complex128"].index), True
    return np.result_type(*(_WEAK[d] if weak else np.dtype(d) for d, weak in keys)).name, False


def common_dtype(types: Iterable[Type]) -> tuple[str, bool]:
    """The dtype that NumPy 2 gives to the elementwise combination of `types`, and whether it stays weak."""
    return _common_dtype(tuple((dtype_of(t), isinstance(t, Scalar) and t.weak) for t in types))


def operator_dtype(a: Type, b: Type) -> tuple[str, bool]:
    """As `common_dtype`, of `a + b`: Python's complex numbers take a np.float64, which is a Python float, for one.

    >>> operator_dtype(COMPLEX, Scalar("float64")), operator_dtype(Scalar("float64"), COMPLEX)
    (('complex128', True), ('complex128', False))
    """
    if a == COMPLEX and b == Scalar("float64"):
        return "complex128", True
    return common_dtype([a, b])


def broadcast_dim(a: Dim, b: Dim) -> Dim:
    """The dim of `a` broadcast against `b`, taking for granted that they fit.

    A dim that cannot be 1 decides. Of two dims that could both be 1 neither decides: the result is
    a dim of its own, named after both.
    """
    if a == b or b.is_one:
        return a
    if a.is_one:
        return b
    if a.constant is not None and a.never_one:
        return a
    if b.constant is not None and b.never_one:
        return b
    if a.never_one and b.never_one:
        return b if _is_made_up(a) and not _is_made_up(b) else a
    if a.never_one:
        return a
    if b.never_one:
        return b
    parts = _alternatives(a) | _alternatives(b)
    for whole in (a, b):
        if parts == _alternatives(whole):
            return whole
    return Dim(f"max({' | '.join(sorted(parts))})")


def _is_made_up(dim: Dim) -> bool:
    """Whether the size is not that of an argument: of what a loop carries it is known inside the loop only."""
    return dim.symbol is not None and dim.symbol.startswith("(")


def _alternatives(dim: Dim) -> set[str]:
    """The dims of which `dim` is whichever is not 1."""
    text = str(dim)
    return set(text[4:-1].split(" | ")) if text.startswith("max(") and not dim.offset else {text}


def broadcast(shapes: Iterable[Sequence[Dim]]) -> tuple[Dim, ...]:
    result: list[Dim] = []
    for shape in shapes:
        padded = [ONE] * (len(result) - len(shape)) + list(shape)
        result = [ONE] * (len(padded) - len(result)) + result
        result = [broadcast_dim(a, b) for a, b in zip(result, padded, strict=True)]
    return tuple(result)


def join(a: Type, b: Type, unknown: str) -> Type | None:
    """The type of a value that is an `a` on one path and a `b` on the other; None where there is none.

    Dims that differ become symbols made from `unknown`, a name that the caller has not used before.
    """
    if a == b:
        return a
    match a, b:
        case Scalar(), Scalar():
            dtype, weak = common_dtype([a, b])
            return Scalar(dtype, weak)
        case Array(), Array() if a.dtype == b.dtype and a.ndim == b.ndim:
            dims = (x if x == y else Dim(f"{unknown}.{k}") for k, (x, y) in enumerate(zip(a.dims, b.dims, strict=True)))
            return Array(a.dtype, tuple(dims))
        case ListOf(), ListOf():
            element = join(a.element, b.element, unknown)
            return element and ListOf(element)
    return None
