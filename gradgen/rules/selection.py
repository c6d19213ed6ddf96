"""Choosing elements: by masks, conditions and places; and the indices that do so.

Places are constants. What is read by them, or chosen by a condition, is read by an index, or by `np.where`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import ALL, Array, At, Atom, Dim, Type, dims_of, dtype_of, is_bool, with_dims
from gradgen.rules.creation import shape_sizes
from gradgen.rules.elementwise import clip
from gradgen.rules.reductions import as_array, axes_of
from gradgen.rules.shape import shape_of
from gradgen.rules.sorting import flat, sort, unique
from gradgen.rules.symbols import Sym, apply, known, static
from gradgen.rules.symbols import where as choose_
from gradgen.rules.table import caller, common, constant, elementwise

# Where something holds


def found(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """As many as an index by the mask selects."""
    return Array("int64", (Dim(f"true({args[0]})"),))


constant("nonzero", type=found)


def truth(x: Sym) -> Sym:
    return x if is_bool(x.type) else apply("ne", x, 0)


@caller(np.nonzero, method="nonzero")
def nonzero(a):
    """For each axis the places of the elements that are not 0."""
    mask = truth(_array(a, "np.nonzero"))
    return tuple(apply("nonzero", mask, axis=k) for k in range(mask.ndim))


@caller(np.flatnonzero)
def flatnonzero(a):
    return apply("nonzero", flat(truth(_array(a, "np.flatnonzero"))), axis=0)


@caller(np.argwhere)
def argwhere(a):
    return apply("stack", *nonzero(a), axis=1)


def _array(a: Any, name: str) -> Sym:
    x = as_array(a)
    if not isinstance(x, Sym) or not x.is_array:
        raise UnsupportedType(f"`{name}` of a number", way_out="np.atleast_1d(x)")
    return x


@caller(np.where)
def where(condition, x=None, y=None):
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise UnsupportedValue("np.where with two arguments", way_out="np.where(test, a, b)")
    test = as_array(condition)
    return apply("where", truth(test) if isinstance(test, Sym) else bool(test), as_array(x), as_array(y))


# By a condition


@caller(np.compress)
def compress(condition, a, axis=None):
    """The rows at which the condition, which may be shorter than there are rows, holds."""
    return _compressed(condition, a, axis)


@caller(method="compress")
def compress_method(a, condition, axis=None):
    return _compressed(condition, a, axis)


def _compressed(condition: Any, a: Any, axis: Any) -> Sym:
    x = as_array(a)
    x, axis = (flat(x), 0) if axis is None else (x, axes_of((axis,), x.ndim)[0])
    return apply("getitem", x, flatnonzero(condition), index=(*(ALL,) * axis, At(0)))


@caller(np.extract)
def extract(condition, arr):
    return apply("getitem", flat(as_array(arr)), flatnonzero(condition), index=(At(0),))


@caller(np.select)
def select(condlist, choicelist, default=0):
    """The first choice whose condition holds."""
    if not isinstance(condlist, list | tuple) or not isinstance(choicelist, list | tuple):
        raise UnsupportedType("np.select takes lists", way_out="nested np.where")
    if len(condlist) != len(choicelist) or not condlist:
        raise UnsupportedValue(
            "np.select needs as many choices as conditions, and one at least", way_out="a choice for each condition"
        )
    result = as_array(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = apply("where", as_array(condition), as_array(choice), result)
    return result


# By places


def chosen(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    type = common(args[1:], params)
    return with_dims(dtype_of(type), dims_of(common(args, params)))


@elementwise("choose", np.choose, type=chosen, cost=1)
def choose(y, place, *choices):
    """Each choice takes what is read of it."""
    return None, *(choose_(place.equals(k), 1, 0) for k in range(len(choices)))


def _choose(a: Any, choices: Any, mode: str) -> Sym:
    place = as_array(a)
    if isinstance(choices, Sym):
        number = dims_of(choices.type)[0].constant if choices.ndim else None
        if number is None:
            raise UnsupportedType("np.choose among the rows of an array", way_out="a list of the rows")
        choices = [apply("getitem", choices, index=(k,)) for k in range(number)]
    return apply("choose", _within(place, len(choices), mode), *map(as_array, choices))


def _within(place: Any, number: Any, mode: str) -> Any:
    """Places beyond the ends, as `mode` has them."""
    if mode == "clip":
        return clip(place, 0, number - 1)
    if mode == "wrap":
        return apply("mod", place, number)
    if mode != "raise":
        raise UnsupportedValue(f"mode={mode!r}", way_out="raise, clip or wrap")
    return place


@caller(np.choose)
def choose_call(a, choices, out=None, mode="raise"):
    if out is not None:
        raise UnsupportedValue("`out` of np.choose", way_out="x[:] = np.choose(...)")
    return _choose(a, choices, mode)


@caller(method="choose")
def choose_method(a, choices, out=None, mode="raise"):
    return choose_call(a, choices, out, mode)


@caller(np.take, method="take")
def take(a, indices, axis=None, out=None, mode="raise"):
    if out is not None:
        raise UnsupportedValue("`out` of np.take", way_out="x[:] = np.take(...)")
    x, places = as_array(a), as_array(indices)
    if axis is None:
        x, axis = flat(x), 0
    axis = axes_of((axis,), x.ndim)[0]
    places = _within(places, apply("size", x, axis=axis), mode)
    before = (ALL,) * axis
    if not isinstance(places, Sym):
        taken = apply("getitem", x, index=(*before, int(places)))
    else:
        taken = apply("getitem", x, places, index=(*before, At(0)))
    # A row that an integer names is a view where it is an index, and a copy where it is taken.
    return taken if isinstance(places, Sym) and places.is_array else apply("copy", taken) if taken.is_array else taken


# Among others


def one_of(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims("bool", dims_of(args[0].type))


constant("isin", np.isin, type=one_of, cost=10)


@caller(np.isin)
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    """How the others are looked up changes nothing."""
    x, others = as_array(element), as_array(test_elements)
    found = apply("isin", x, others)
    return apply("logical_not", found) if static(invert, "`invert`") else found


def _common(a: Any, b: Any, common: bool) -> Sym:
    """The distinct elements of a that b has too, or has not."""
    one = unique(a)
    shared = isin(one, b)
    return apply("getitem", one, shared if common else apply("logical_not", shared), index=(At(0),))


@caller(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False):
    return _common(ar1, ar2, True)


@caller(np.setdiff1d)
def setdiff1d(ar1, ar2):
    return _common(ar1, ar2, False)


@caller(np.union1d)
def union1d(ar1, ar2):
    return unique(apply("concatenate", *(flat(as_array(x)) for x in (ar1, ar2)), axis=0))


@caller(np.setxor1d)
def setxor1d(ar1, ar2):
    return sort(apply("concatenate", setdiff1d(ar1, ar2), setdiff1d(ar2, ar1), axis=0))


# Positions in sorted arrays


def sought(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims("int64", dims_of(args[1].type))


constant("searchsorted", np.searchsorted, type=sought, cost=10)


@caller(np.searchsorted, method="searchsorted")
def searchsorted(a, v, side="left", sorter=None):
    x = as_array(a)
    if sorter is not None:
        x = apply("getitem", x, as_array(sorter), index=(At(0),))
    if side not in ("left", "right"):
        raise UnsupportedValue(f"side={side!r} of np.searchsorted", way_out="left or right")
    return apply("searchsorted", x, as_array(v), side=side)


def binned(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    return with_dims("int64", dims_of(args[0].type))


constant("digitize", np.digitize, type=binned, cost=10)


@caller(np.digitize)
def digitize(x, bins, right=False):
    return apply("digitize", as_array(x), as_array(bins), right=bool(right))


# Indices


@caller(np.unravel_index)
def unravel_index(indices, shape, order="C"):
    if order != "C":
        raise UnsupportedValue(f"order={order!r} of np.unravel_index", way_out="the shape in reverse")
    row, made = as_array(indices), []
    sizes = shape_sizes(shape)
    for size in reversed(sizes[1:]):
        made.append(apply("mod", row, size))
        row = apply("floordiv", row, size)
    return (apply("copy", row) if len(sizes) == 1 else row, *reversed(made)) if sizes else ()


@caller(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims, mode="raise", order="C"):
    if order != "C":
        raise UnsupportedValue(f"order={order!r} of np.ravel_multi_index", way_out="both in reverse")
    sizes = shape_sizes(dims)
    places = [_within(as_array(place), size, mode) for place, size in zip(multi_index, sizes, strict=True)]
    row = places[0]
    for place, size in zip(places[1:], sizes[1:], strict=True):
        row = apply("add", apply("mul", row, size), place)
    return row


def _triangle(compare: str):
    def indices(n, k=0, m=None):
        """Row by row, the places where the column is at most (or at least) k beyond the row."""
        rows = apply("expand_dims", apply("arange", 0, n, 1), axis=(1,))
        columns = apply("arange", 0, n if m is None else m, 1)
        return nonzero(apply(compare, columns, rows if isinstance(k, int) and k == 0 else apply("add", rows, k)))

    return indices


triu_indices = caller(np.triu_indices)(_triangle("ge"))
tril_indices = caller(np.tril_indices)(_triangle("le"))


@caller(np.triu_indices_from)
def triu_indices_from(arr, k=0):
    rows, columns = shape_of(arr)
    return triu_indices(rows, k, columns)


@caller(np.tril_indices_from)
def tril_indices_from(arr, k=0):
    rows, columns = shape_of(arr)
    return tril_indices(rows, k, columns)


@caller(np.diag_indices)
def diag_indices(n, ndim=2):
    return (apply("arange", 0, n, 1),) * ndim


@caller(np.diag_indices_from)
def diag_indices_from(arr):
    return diag_indices(shape_of(arr)[0], arr.ndim)


def standing(x: Sym, axis: int, ndim: int) -> Sym:
    """A vector along `axis` of `ndim`, with all the others as 1."""
    return apply("getitem", x, index=(*(None,) * axis, ALL, *(None,) * (ndim - 1 - axis))) if ndim > 1 else x


@caller(np.indices)
def indices(dimensions, dtype=int, sparse=False):
    """For each axis the places along it, in the full shape."""
    sizes = list(dimensions)
    each = [standing(apply("arange", 0, size, 1), k, len(sizes)) for k, size in enumerate(sizes)]
    each = [one if np.dtype(dtype) == np.int64 else apply("cast", one, dtype=np.dtype(dtype).name) for one in each]
    if static(sparse, "`sparse`"):
        return tuple(each)
    return apply("stack", *(apply("broadcast_to", one, *sizes) for one in each), axis=0)


def grid(key: Any, name: str) -> Any:
    """`np.mgrid[a:b, c:d]`: the numbers of each slice along an axis, in the full shape; `np.ogrid` along that only."""
    slices = key if isinstance(key, tuple) else (key,)
    if not all(isinstance(one, slice) for one in slices):
        raise UnsupportedValue(f"an index of np.{name} that is no slice")
    lines = [_line(one.start, one.stop, one.step) for one in slices]
    if len(lines) == 1 and not isinstance(key, tuple):
        return lines[0]
    each = [standing(one, k, len(lines)) for k, one in enumerate(lines)]
    if name == "ogrid":
        return tuple(each)
    sizes = [apply("size", one, axis=0) for one in lines]
    return apply("stack", *(apply("broadcast_to", one, *sizes) for one in each), axis=0)


def _line(start: Any, stop: Any, step: Any) -> Sym:
    """The numbers of a slice; an imaginary step says how many, the last among them."""
    number = known(step)
    if isinstance(number, complex):
        return apply("linspace", 0 if start is None else start, stop, int(abs(number)), endpoint=True)
    return apply("arange", 0 if start is None else start, stop, 1 if step is None else step)


@caller(np.ix_)
def ix_(*args):
    """Index arrays that select all combinations."""
    vectors = [as_array(arg) for arg in args]
    if any(v.ndim != 1 for v in vectors):
        raise UnsupportedValue("np.ix_ of arrays that are no vectors", way_out="np.ravel of each")
    places = [flatnonzero(v) if is_bool(v.type) else v for v in vectors]
    return tuple(standing(v, k, len(places)) for k, v in enumerate(places))


@caller(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """Each vector along an axis of its own; the first two swapped where the indexing is "xy"."""
    vectors = [flat(as_array(x)) for x in xi]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(order) > 1:
        order[:2] = [1, 0]
    elif indexing not in ("xy", "ij"):
        raise UnsupportedValue(f"indexing={indexing!r} of np.meshgrid", way_out="xy or ij")
    each = [standing(x, order[k], len(vectors)) for k, x in enumerate(vectors)]
    if static(sparse, "`sparse`") or len(each) == 1:
        return [apply("copy", one) for one in each] if static(copy, "`copy`") else each
    if not static(copy, "`copy`"):
        raise UnsupportedValue("`copy` of np.meshgrid: grids that share memory", way_out="sparse=True")
    sizes = [shape_of(vectors[k])[0] for k in order]
    return [apply("copy", apply("broadcast_to", one, *sizes)) for one in each]
