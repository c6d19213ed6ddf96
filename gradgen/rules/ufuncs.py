"""The methods of NumPy's elementwise functions: `np.add.outer`, `np.add.reduce`, `np.maximum.accumulate`.

`outer` of every function of two arguments that has a rule; the others of those that have a reduction or a scan.
This file is imported after those that enter the functions. Not here: `np.add.at`, which writes into an array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import ALL, is_complex
from gradgen.rules import reductions
from gradgen.rules.symbols import Sym, apply, share
from gradgen.rules.table import CALLERS, caller, reduction, spelling_of


def _outer(function: np.ufunc) -> None:
    build = CALLERS[function].build

    @caller(function.outer, spelling=f"{spelling_of(function)}.outer")
    def outer(A, B):
        """The function of each element of A and each of B: A gets an axis for each of B's."""
        a, b = (reductions.as_array(x) for x in (A, B))
        if a.ndim and b.ndim:
            a = apply("getitem", a, index=(*(ALL,) * a.ndim, *(None,) * b.ndim))
        return build(a, b)


for _function in [f for f in CALLERS if isinstance(f, np.ufunc) and f.nin == 2 and f.nout == 1 and f.signature is None]:
    _outer(_function)


def _reduce(function: np.ufunc, build: Any) -> None:
    """As the reduction, but along the first axis where none is named."""

    @caller(function.reduce, spelling=f"{spelling_of(function)}.reduce")
    def reduce(array, axis=0, dtype=None, out=None, keepdims=False, **more):
        x = reductions.as_array(array)
        given = {} if dtype is None else {"dtype": dtype}
        return build(x, axis if x.is_array else None, out=out, keepdims=keepdims, **given, **more)


for _function, _build in (
    (np.add, reductions.sum_call),
    (np.multiply, reductions.prod_call),
    (np.maximum, CALLERS[np.max].build),
    (np.minimum, CALLERS[np.min].build),
    (np.logical_and, CALLERS[np.all].build),
    (np.logical_or, CALLERS[np.any].build),
):
    _reduce(_function, _build)


@reduction("logaddexp_reduce", "np.logaddexp.reduce", type=reductions.reduced(reductions.averaged), cost=20)
def logaddexp_reduce(y, x, *, axis, keepdims=False):
    """log(sum(exp(x))) along one axis: the derivative is the softmax."""
    return share(x, y)


@caller(np.logaddexp.reduce, spelling="np.logaddexp.reduce")
def logaddexp_reduce_call(array, axis=0, dtype=None, out=None, keepdims=False):
    if dtype is not None or out is not None:
        raise UnsupportedValue("`dtype` or `out` of np.logaddexp.reduce", way_out="np.logaddexp.reduce without it")
    x = reductions.as_array(array)
    if not x.is_array:
        raise UnsupportedValue("np.logaddexp.reduce of a number", way_out="the number")
    (axis,) = reductions.axes_of(0 if axis is None and x.ndim == 1 else (axis,), x.ndim)
    return apply("logaddexp_reduce", x, axis=axis, keepdims=bool(keepdims))


def _accumulate(function: np.ufunc, op: str) -> None:
    @caller(function.accumulate, spelling=f"{spelling_of(function)}.accumulate")
    def accumulate(array, axis=0, dtype=None, out=None):
        if out is not None:
            raise UnsupportedValue(f"`out` of {spelling_of(function)}.accumulate", way_out="x[:] = ...")
        x = reductions.as_array(array)
        if not isinstance(x, Sym) or not x.is_array:
            raise UnsupportedValue(f"{spelling_of(function)}.accumulate of a number", way_out="np.atleast_1d(x)")
        if op in ("cummax", "cummin") and is_complex(x.type):
            raise UnsupportedValue(f"{spelling_of(function)}.accumulate of complex numbers", way_out="np.abs(x)")
        (axis,) = reductions.axes_of((axis,), x.ndim)
        x = x if dtype is None else CALLERS[np.asarray].build(x, dtype)
        return apply(op, x, axis=axis)


for _function, _op in ((np.add, "cumsum"), (np.multiply, "cumprod"), (np.maximum, "cummax"), (np.minimum, "cummin")):
    _accumulate(_function, _op)
