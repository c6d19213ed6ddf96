"""Fourier transforms, as NumPy spells them.

The matrix of a discrete Fourier transform is symmetric, so its transpose is the transform itself, in the same norm. A
transform that takes a length first cuts its input off or fills it up with zeros (`fit`); its transpose does so last.
One of real numbers gives the half of the spectrum of which the other is the conjugate: its transpose fills up what is
missing with zeros, since there is nothing to be added there.

An operation has the axes in the user's order, the halved one last, and the lengths as further arguments, if any.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import Array, Atom, Dim, Type, constant_dim, dims_of, dtype_of, is_complex, real_dtype
from gradgen.rules.build import dim_of
from gradgen.rules.complex_numbers import conj_call
from gradgen.rules.creation import shape_sizes
from gradgen.rules.reductions import as_array, axes_of
from gradgen.rules.symbols import Sym, apply, known, where
from gradgen.rules.table import TAKES_COMPLEX, caller, elementwise, linear

Axes = tuple[int, ...]
INVERSE_NORM = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def complex_dtype(dtype: str) -> str:
    """That of a spectrum.

    >>> complex_dtype("float32"), complex_dtype("int8")
    ('complex64', 'complex128')
    """
    return "complex64" if dtype in ("float16", "float32", "complex64") else "complex128"


def half(dim: Dim) -> Dim:
    """n // 2 + 1, of which n is at least 1."""
    return Dim(f"half({dim})", many=dim.never_one) if dim.constant is None else constant_dim(dim.constant // 2 + 1)


def whole(dim: Dim) -> Dim:
    """2 (n - 1), which is not 0."""
    return Dim(f"whole({dim})", many=True) if dim.constant is None else constant_dim(2 * (dim.constant - 1))


def lengths(args: tuple[Atom, ...], axes: Axes) -> list[Dim]:
    """The dims of the transformed array, before one is halved."""
    dims = list(dims_of(args[0].type))
    for axis, size in zip(axes, args[1:], strict=False):
        dims[axis] = dim_of(size)
    return dims


def full(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array(complex_dtype(dtype_of(args[0].type)), tuple(lengths(args, params["axes"])))


def halved(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    axes = params["axes"]
    dims = lengths(args, axes)
    dims[axes[-1]] = half(dims[axes[-1]])
    return Array(complex_dtype(dtype_of(args[0].type)), tuple(dims))


def doubled(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    axes = params["axes"]
    dims = lengths(args, axes)
    if len(args) == 1:
        dims[axes[-1]] = whole(dims[axes[-1]])
    return Array(real_dtype(complex_dtype(dtype_of(args[0].type))), tuple(dims))


def fitted(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return Array(dtype_of(args[0].type), tuple(lengths(args, params["axes"])))


@linear("fit", type=fitted, cost=5)
def fit(g, x, *sizes, axes):
    """Cut off, or filled up with zeros, to these sizes along these axes."""
    return _as_long_as(x, g, axes)


def _as_long_as(x: Sym, value: Sym, axes: Axes) -> Sym:
    if all(dims_of(value.type)[axis] == dims_of(x.type)[axis] for axis in axes):
        return value
    return apply("fit", value, *(apply("size", x, axis=axis) for axis in axes), axes=axes)


def _transpose(op: str):
    def transpose(g, x, *sizes, axes, norm=None):
        made = apply(op, g, axes=axes, norm=norm)
        return _as_long_as(x, made, axes) if sizes else made

    return transpose


linear("fft", np.fft.fft, type=full, cost=100)(_transpose("fft"))
linear("ifft", np.fft.ifft, type=full, cost=100)(_transpose("ifft"))


@linear("rfft", np.fft.rfft, type=halved, cost=100)
def rfft(g, x, *sizes, axes, norm=None):
    """The transform of the half, filled up with zeros; x takes the real part of it."""
    given = sizes or [apply("size", x, axis=axis) for axis in axes]
    made = apply("fft", g, *given, axes=axes, norm=norm)
    return _as_long_as(x, made, axes) if sizes else made


@linear("irfft", np.fft.irfft, type=doubled, cost=100)
def irfft(g, x, *sizes, axes, norm=None):
    """All frequencies but the first, and the last of an even number, stand for themselves and their conjugate."""
    last = axes[-1]
    spectrum = apply("rfft", g, axes=axes, norm=INVERSE_NORM[norm])
    place = apply("arange", 0, apply("size", spectrum, axis=last), 1)
    factor = where((2 * place % apply("size", g, axis=last)).equals(0), 1.0, 2.0)
    if last < g.ndim - 1:
        factor = apply("expand_dims", factor, axis=tuple(range(1, g.ndim - last)))
    made = apply("conj", spectrum) * factor
    return _as_long_as(x, made, axes) if sizes else made


@linear("fftshift", np.fft.fftshift, type=lambda args, params: args[0].type)
def fftshift(g, x, *, axes):
    return apply("ifftshift", g, axes=axes)


@linear("ifftshift", np.fft.ifftshift, type=lambda args, params: args[0].type)
def ifftshift(g, x, *, axes):
    return apply("fftshift", g, axes=axes)


def frequencies(halve: bool):
    def type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
        dim = dim_of(args[0])
        return Array("float64", (half(dim) if halve else dim,))

    return type


for _op, _halve in (("fftfreq", False), ("rfftfreq", True)):

    @elementwise(_op, getattr(np.fft, _op), type=frequencies(_halve), cost=1)
    def frequency(y, n, d):
        """k / (n d)"""
        return None, -y / d


TAKES_COMPLEX |= {"fit", "fft", "ifft", "irfft", "fftshift", "ifftshift"}


# How these are called


def _axis(axis: Any, x: Sym) -> int:
    """A known axis, counted from 0."""
    return axes_of((known(axis),), x.ndim)[0]


def _norm(norm: Any) -> str | None:
    if norm not in (None, *INVERSE_NORM):
        raise UnsupportedValue(f"norm={norm!r}", way_out='"backward", "ortho" or "forward"')
    return norm


def _checked(a: Any, out: Any, op: str) -> Sym:
    x = as_array(a)
    if out is not None:
        raise UnsupportedValue(f"`out` of np.fft.{op}", way_out="assign the result")
    if not x.ndim:
        raise UnsupportedType(f"np.fft.{op} of a number")
    if op == "rfft" and is_complex(x.type):
        raise UnsupportedType("np.fft.rfft of complex numbers", way_out="np.fft.fft")
    return x


def _along_one(op: str, function: Any) -> None:
    @caller(function)
    def build(a, n=None, axis=-1, norm=None, out=None):
        x = _checked(a, out, op)
        sizes = () if n is None else (n,)
        return apply(op, x, *sizes, axes=(_axis(axis, x),), norm=_norm(norm), spelling=f"np.fft.{op}")


def _along_several(op: str, function: Any, default: Any) -> None:
    name = function.__name__

    @caller(function)
    def build(a, s=None, axes=default, norm=None, out=None):
        x = _checked(a, out, op)
        given = None if s is None else shape_sizes(s)
        if axes is None:
            count = x.ndim if given is None else len(given)
            axes = tuple(range(x.ndim - count, x.ndim))
        places = tuple(_axis(axis, x) for axis in axes)
        if len(set(places)) < len(places):
            raise UnsupportedValue(f"np.fft.{name} along one axis twice", way_out="two calls")
        if given is not None and len(given) != len(places):
            raise UnsupportedValue("the shape and the axes have different lengths")
        return apply(op, x, *_all_sizes(x, given, places), axes=places, norm=_norm(norm), spelling=f"np.fft.{name}")


def _all_sizes(x: Sym, given: list[Any] | None, axes: Axes) -> list[Any]:
    """A size of -1 is that of the axis."""
    if given is None:
        return []
    return [apply("size", x, axis=axis) if known(size) == -1 else size for size, axis in zip(given, axes, strict=True)]


for _op in ("fft", "ifft", "rfft", "irfft"):
    _along_one(_op, getattr(np.fft, _op))
    _along_several(_op, getattr(np.fft, f"{_op}2"), (-2, -1))
    _along_several(_op, getattr(np.fft, f"{_op}n"), None)


@caller(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None, out=None):
    """The spectrum of what is the conjugate of itself mirrored is real."""
    x = _checked(conj_call(a), out, "hfft")
    sizes = () if n is None else (n,)
    return apply("irfft", x, *sizes, axes=(_axis(axis, x),), norm=INVERSE_NORM[_norm(norm)])


@caller(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None, out=None):
    x = _checked(a, out, "rfft")
    sizes = () if n is None else (n,)
    return apply("conj", apply("rfft", x, *sizes, axes=(_axis(axis, x),), norm=INVERSE_NORM[_norm(norm)]))


def _shift(op: str, function: Any) -> None:
    @caller(function)
    def build(x, axes=None):
        x = as_array(x)
        if axes is None:
            places = tuple(range(x.ndim))
        else:
            places = tuple(_axis(axis, x) for axis in (axes if isinstance(axes, tuple | list) else (axes,)))
        return apply(op, x, axes=places, spelling=f"np.fft.{op}")


def _frequency(op: str, function: Any) -> None:
    @caller(function)
    def build(n, d=1.0, device=None):
        if device is not None:
            raise UnsupportedValue(f"`device` of np.fft.{op}")
        return apply(op, n, d, spelling=f"np.fft.{op}")


for _op in ("fftshift", "ifftshift"):
    _shift(_op, getattr(np.fft, _op))
for _op in ("fftfreq", "rfftfreq"):
    _frequency(_op, getattr(np.fft, _op))
