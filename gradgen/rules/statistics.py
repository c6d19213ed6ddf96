"""Covariances, and histograms.

Counts are constants, and so are the bins that elements fall into: a histogram varies with its weights, and its edges
with the extremes of the data between which they lie.

Not here: histograms in several dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import ALL, Array, At, Atom, Dim, Slice, Type, dims_of, is_complex, is_float, is_integer
from gradgen.rules.build import dim_of
from gradgen.rules.creation import as_array, dtype_name
from gradgen.rules.quantiles import array_of, floats, ordered
from gradgen.rules.reductions import average, conjugate
from gradgen.rules.shape import concatenate_call, transpose_call
from gradgen.rules.sorting import flat
from gradgen.rules.symbols import Sym, apply, require, static, where
from gradgen.rules.table import caller, linear

# Covariances


@caller(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """Products of the variables' distances from their means, over the observations less the degrees of freedom."""
    ddof = (0 if static(bias, "`bias`") else 1) if ddof is None else static(ddof, "`ddof`")
    dtype = _dtype(dtype, m, y)
    x = _variables(m, rowvar, dtype)
    if y is not None:
        more = as_array(y)
        one = static(rowvar, "`rowvar`") or more.ndim == 1 or _is_one(dims_of(more.type)[0])
        x = concatenate_call((x, _variables(more, one, dtype)), 0)
    weights = _product(fweights, aweights)
    if weights is None:
        centred = x - apply("mean", x, axis=1, keepdims=True)
        number: Any = apply("size", x, axis=1)
        number = number - ddof if ddof else number
        scaled = centred
    else:
        centred = x - average(x, 1, weights, keepdims=True)
        number = _freedom(weights, aweights, ddof)
        scaled = centred * weights
    c = apply("matmul", centred, conjugate(transpose_call(scaled))) / _positive(number, ddof)
    return apply("getitem", c, index=(0, 0)) if y is None and _is_one(dims_of(x.type)[0]) else c


def _positive(number: Any, ddof: Any) -> Any:
    """Fewer observations than degrees of freedom are none."""
    return number if 0 <= ddof <= 1 else apply("maximum", number, 0)


def _dtype(dtype: Any, *given: Any) -> str:
    """Double precision at least, where nothing else is asked for."""
    arrays = [array_of(x, "np.cov").dtype for x in given if x is not None]
    return np.result_type("float64", *arrays).name if dtype is None else dtype_name(dtype)


def _variables(m: Any, rowvar: Any, dtype: str) -> Sym:
    """A row for each variable."""
    x = array_of(m, "np.cov")
    x = apply("cast", x, dtype=dtype, weak=False) if x.dtype != dtype else x
    if x.ndim == 1:
        return apply("expand_dims", x, axis=(0,))
    if x.ndim != 2:
        raise UnsupportedType("np.cov of an array of more than two dimensions", way_out="a row for each variable")
    return x if static(rowvar, "`rowvar`") else transpose_call(x)


def _is_one(rows: Dim) -> bool:
    if rows.is_one or rows.never_one:
        return rows.is_one
    raise UnsupportedValue(
        "whether there is one variable is not known when the gradient is written", way_out="np.var of one variable"
    )


def _product(fweights: Any, aweights: Any) -> Any:
    given = [floats(array_of(w, "np.cov")) for w in (fweights, aweights) if w is not None]
    return None if not given else given[0] if len(given) == 1 else given[0] * given[1]


def _freedom(weights: Sym, aweights: Any, ddof: Any) -> Sym:
    total = apply("sum", weights, axis=None, keepdims=False)
    if ddof == 0:
        return total
    if aweights is None:
        return total - ddof
    return total - ddof * apply("sum", weights * as_array(aweights), axis=None, keepdims=False) / total


@caller(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Covariances over the product of the two standard deviations; cut at 1 and -1, which rounding may pass."""
    c = cov(x, y, rowvar, dtype=dtype)
    if is_complex(c.type):
        raise UnsupportedType("np.corrcoef of complex numbers", way_out="np.cov and the roots of its diagonal")
    if not c.is_array:
        return c / c
    deviation = apply("sqrt", apply("diagonal", c))
    c = c / apply("getitem", deviation, index=(ALL, None)) / apply("getitem", deviation, index=(None, ALL))
    return apply("minimum", apply("maximum", c, -1.0), 1.0)


# Histograms


def counted(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """As many as the largest place says, at least as many as asked for."""
    dtype = "int64" if len(args) == 2 else "float64"
    return Array(dtype, (Dim(f"bincount({args[0]},{args[-1]})"),))


@linear("bincount", np.bincount, type=counted)
def bincount(g, places, weights, least):
    """Each weight was added at its place."""
    return None, apply("getitem", g, places, index=(At(0),)), None


@caller(np.bincount)
def bincount_call(x, weights=None, minlength=0):
    places = array_of(x, "np.bincount")
    if places.ndim != 1 or not (is_integer(places.type) or places.dtype == "bool"):
        raise UnsupportedType("np.bincount takes a vector of integers", way_out=".astype(int)")
    return apply("bincount", places, *_weights(weights), minlength)


def _weights(weights: Any) -> list[Sym]:
    return [] if weights is None else [flat(ordered(weights, "weights"))]


@caller(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """The numbers of elements, or the sums of their weights, between neighbouring edges."""
    x = flat(ordered(a, "np.histogram"))
    edges, number = _edges(x, bins, range)
    given = _weights(weights)
    if range is not None or not _is_number(bins):
        low, high = (apply("getitem", edges, index=(end,)) for end in (0, -1))
        inside = apply("bitwise_and", x >= low, x <= high)
        x, *given = (apply("getitem", one, inside, index=(At(0),)) for one in (x, *given))
    # The last bin has both its edges.
    places = apply("minimum", apply("searchsorted", edges, x, side="right") - 1, number - 1)
    counts = _counts(places, given, number)
    if weights is not None and not is_float(as_array(weights).type):
        counts = apply("cast", counts, dtype=as_array(weights).dtype, weak=False)
    if density is not None and static(density, "`density`"):
        widths = apply("getitem", edges, index=(Slice(1, None, None),)) - apply(
            "getitem", edges, index=(Slice(None, -1, None),)
        )
        counts = counts / widths / apply("sum", counts, axis=None, keepdims=False)
    return counts, edges


@caller(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    return _edges(flat(ordered(a, "np.histogram_bin_edges")), bins, range)[0]


def _counts(places: Sym, weights: list[Sym], number: Any) -> Sym:
    builder, dtype = places.builder, "float64" if weights else "int64"
    size = number if isinstance(number, Sym) else apply("cast", number, dtype="int64", weak=True)
    least = number.atom if isinstance(number, Sym) else number
    dim = dim_of(number.atom) if isinstance(number, Sym) else None
    type = Array(dtype, (dim or dim_of(size.atom),))
    return Sym(builder.emit("bincount", places.atom, *(w.atom for w in weights), least, type=type), builder)


def _is_number(bins: Any) -> bool:
    return isinstance(bins, int) or (isinstance(bins, Sym) and not bins.is_array and is_integer(bins.type))


def _edges(x: Sym, bins: Any, range: Any) -> tuple[Sym, Any]:
    """The edges, and how many bins are between them."""
    if isinstance(bins, str):
        raise UnsupportedValue(f"bins={bins!r} of np.histogram", way_out="a number of bins, or their edges")
    if not _is_number(bins):
        edges = array_of(bins, "np.histogram")
        if edges.ndim != 1:
            raise UnsupportedValue("the edges of a histogram are a vector", way_out="np.ravel(edges)")
        known = dims_of(edges.type)[0].constant
        return edges, apply("size", edges, axis=0) - 1 if known is None else known - 1
    low, high = _ends(x, range)
    edges = apply("linspace", low, high, bins + 1, endpoint=True)
    return edges if x.dtype == "float64" else apply("cast", edges, dtype=x.dtype, weak=False), bins


def _ends(x: Sym, range: Any) -> tuple[Any, Any]:
    """The range that is asked for, or from the least to the largest element; where both are equal it is 1 wide."""
    if range is not None:
        low, high = range
        if not isinstance(low, Sym) and not isinstance(high, Sym):
            return (low - 0.5, high + 0.5) if low == high else (low, high)
    else:
        low, high = (apply(op, x, axis=None, keepdims=False) for op in ("min", "max"))
        # As NumPy, refuse to divide a range without ends.
        require(apply("isfinite", high - low), "ValueError", "the range of a histogram is not finite")
    same = apply("eq", low, high)
    return where(same, low - 0.5, low), where(same, high + 0.5, high)
