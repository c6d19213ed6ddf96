"""Reductions that leave NaN out: as if what is NaN were not there. Its gradient is 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradgen.ir import is_float
from gradgen.rules import quantiles, reductions
from gradgen.rules.reductions import as_array, chosen_axis, first_of, reduced, same_dtype
from gradgen.rules.shape import moveaxis
from gradgen.rules.sorting import sorted_places, upright
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import CALLERS, caller, constant, reduction


def without_nan(x: Sym, instead: float) -> Sym:
    return apply("where", apply("isnan", x), instead, x)


def _numbers(x: Sym) -> Sym:
    """Where x is a number."""
    return apply("invert", apply("isnan", x))


@reduction("nanmax", np.nanmax, type=reduced(same_dtype))
def nanmax(y, x, *, axis=None, keepdims=False):
    return first_of(without_nan(x, -math.inf), axis, "argmax")


@reduction("nanmin", np.nanmin, type=reduced(same_dtype))
def nanmin(y, x, *, axis=None, keepdims=False):
    return first_of(without_nan(x, math.inf), axis, "argmin")


constant("nanargmax", np.nanargmax, type=reduced(lambda dtype: "int64"))
constant("nanargmin", np.nanargmin, type=reduced(lambda dtype: "int64"))


# How these are called


def _refused(name: str, **given: Any) -> None:
    quantiles.refused(f"np.{name}", **given)


def _has_nan(x: Sym) -> bool:
    return is_float(x.type)


def _filled(name: str, function: Any, instead: float) -> None:
    plain = CALLERS[getattr(np, name.removeprefix("nan"))].build

    @caller(function)
    def build(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None):
        """A sum or a product, of which NaN takes no part as 0 or 1."""
        x = as_array(a)
        x = without_nan(x, instead) if _has_nan(x) else x
        return plain(x, axis, dtype, out, keepdims, initial=initial, where=where)


_filled("nansum", np.nansum, 0.0)
_filled("nanprod", np.nanprod, 1.0)


def _running(name: str, function: Any, instead: float) -> None:
    plain = CALLERS[getattr(np, name.removeprefix("nan"))].build

    @caller(function)
    def build(a, axis=None, dtype=None, out=None):
        x = as_array(a)
        return plain(without_nan(x, instead) if _has_nan(x) else x, axis, dtype, out)


_running("nancumsum", np.nancumsum, 0.0)
_running("nancumprod", np.nancumprod, 1.0)


def _extreme(op: str, function: Any) -> None:
    @caller(function)
    def build(a, axis=None, out=None, keepdims=False, initial=None, where=None):
        _refused(op, out=out, initial=initial, where=where)
        x = as_array(a)
        return reductions.one_by_one(op if _has_nan(x) else op.removeprefix("nan"), x, axis, keepdims)


_extreme("nanmax", np.nanmax)
_extreme("nanmin", np.nanmin)


def _place(op: str, function: Any) -> None:
    @caller(function)
    def build(a, axis=None, out=None, *, keepdims=False):
        _refused(op, out=out)
        x = as_array(a)
        return apply(op, x, axis=chosen_axis(axis, x), keepdims=bool(keepdims) and x.is_array)


_place("nanargmax", np.nanargmax)
_place("nanargmin", np.nanargmin)


@caller(np.nanmean)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None):
    return reductions.mean_call(a, axis, dtype, out, keepdims, where=_taking_part(as_array(a), where))


def _taking_part(x: Sym, where: Any) -> Any:
    if not _has_nan(x):
        return where
    return _numbers(x) if where is None else apply("logical_and", _numbers(x), where)


def _spread(op: str, function: Any) -> None:
    plain = CALLERS[getattr(np, op.removeprefix("nan"))].build

    @caller(function)
    def build(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=None, mean=None, correction=None):
        x = as_array(a)
        more = {"where": _taking_part(x, where), "mean": mean, "correction": correction}
        return plain(x, axis, dtype, out, ddof, keepdims, **more)


_spread("nanvar", np.nanvar)
_spread("nanstd", np.nanstd)


@caller(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    _refused("nanmedian", out=out, overwrite_input=overwrite_input)
    x, one, axes = quantiles.along_one(quantiles.ordered(a, "np.nanmedian"), axis)
    if x.ndim == 1:
        return quantiles.kept(apply("median", _left(x), axis=0), axes, keepdims)
    n = apply("sum", _numbers(x), axis=one, keepdims=True)
    order = sorted_places(x, one)
    low, high = (_read(x, order, apply("floordiv", k, 2), one) for k in (n - 1, n))
    return quantiles.kept(apply("squeeze", 0.5 * (low + high), axis=(one,)), axes, keepdims)


def _left(x: Sym) -> Sym:
    from gradgen.ir import At

    return apply("getitem", x, _numbers(x), index=(At(0),))


def _read(x: Sym, order: Sym, place: Sym, axis: int) -> Sym:
    return apply("take_along_axis", x, apply("take_along_axis", order, place, axis=axis), axis=axis)


def _quantiles(name: str, function: Any, share: Any) -> None:
    @caller(function)
    def build(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
        given = {"out": out, "overwrite_input": overwrite_input, "weights": weights}
        q = share(as_array(q))
        quantiles.check(f"np.{name}", q, method, **given)
        x, one, axes = quantiles.along_one(quantiles.ordered(a, f"np.{name}"), axis)
        lead = q.ndim if isinstance(q, Sym) else 0
        if x.ndim == 1:
            return quantiles.kept(apply("quantile", _left(x), q, axis=0, method=method), axes, keepdims, lead)
        return quantiles.kept(_of_each(x, q, one, method), axes, keepdims, lead)


def _of_each(x: Sym, q: Any, axis: int, method: str) -> Sym:
    """Quantiles of rows that have different numbers of elements: those after them in their order are NaN."""
    n = apply("sum", _numbers(x), axis=axis, keepdims=True)
    lead = q.ndim if isinstance(q, Sym) else 0
    below, above, share = quantiles.neighbours(upright(q, axis, x.ndim) if lead else q, n, method)
    order = sorted_places(x, axis)
    value = _read(x, order, below, axis)
    if above is not None:
        value = value * (1 - share) + _read(x, order, above, axis) * share
    weak = not isinstance(q, Sym) or getattr(q.type, "weak", False)
    value = reductions.in_dtype(value, x.dtype if weak else np.result_type(x.dtype, q.dtype).name)
    return moveaxis(value, axis, 0) if lead else apply("squeeze", value, axis=(axis,))


_quantiles("nanquantile", np.nanquantile, lambda q: q)
_quantiles("nanpercentile", np.nanpercentile, quantiles.hundredth)
