"""Orders of elements: sort, argsort, partition, unique, and reading along an axis in an order.

What is sorted is read in its order, `x[np.argsort(x, kind="stable")]`: an order is a constant, and equal elements keep
theirs, so that each element of the result is one of x. Of equal ones `unique` takes the first.

Not here: `a.sort()` and `a.partition()`, which write into `a`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import ALL, Array, At, Atom, Dim, Type, broadcast, dims_of, dtype_of, with_dims
from gradgen.rules.reductions import as_array, axes_of
from gradgen.rules.shape import ravel_call
from gradgen.rules.symbols import Placed, Sym, apply, static
from gradgen.rules.table import caller, constant, linear


def places(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """A place for each element of the first argument."""
    return with_dims("int64", dims_of(args[0].type))


constant("argsort", np.argsort, type=places, cost=10)
constant("argpartition", np.argpartition, type=places, cost=5)


def along(x: Sym, order: Sym, axis: int) -> tuple[tuple, tuple[Sym, ...]]:
    """The index, and its operands, of what `np.take_along_axis(x, order, axis)` reads.

    An order that has no such axis is one place along it for each place along the others.
    """
    if x.ndim == 1:
        return (At(0),), (order,)
    others = [k for k in range(x.ndim) if k != axis or order.ndim == x.ndim]
    operands = [
        order if k == axis else upright(apply("arange", 0, apply("size", x, axis=k), 1), others.index(k), order.ndim)
        for k in range(x.ndim)
    ]
    return tuple(map(At, range(x.ndim))), tuple(operands)


def upright(x: Sym, axis: int, ndim: int) -> Sym:
    """A vector along `axis` of `ndim`; axes of size 1 in front of it are left out."""
    return apply("getitem", x, index=(ALL, *(None,) * (ndim - 1 - axis))) if axis < ndim - 1 else x


def read_along(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Along `axis` as many as there are places; else x and these are broadcast."""
    x, order = args
    dims, axis = dims_of(order.type), params["axis"]
    read = dims_of(x.type)[:axis] + dims[axis : axis + 1] + dims_of(x.type)[axis + 1 :]
    return Array(dtype_of(x.type), broadcast((read, dims)))


@linear("take_along_axis", np.take_along_axis, type=read_along)
def take_along_axis(g, x, order, *, axis, distinct=False):
    """g goes back to its places. `distinct`: they are all of x's, each of them once."""
    index, operands = along(x, order, axis)
    if not distinct:
        return Placed(g, index, operands), None
    builder = g.builder
    empty = builder.emit("empty_like", x.atom, of=x.atom)
    return Sym(builder.store(empty, index, tuple(o.atom for o in operands), g.atom, of=x.atom), builder), None


def in_order(x: Sym, order: Sym, axis: int) -> Sym:
    """x with its elements along `axis` in another order."""
    return apply("take_along_axis", x, order, axis=axis, distinct=True)


# How these are called


def flat(x: Sym) -> Sym:
    """All elements in a row."""
    return x if x.ndim == 1 else ravel_call(x)


def _line(name: str, a: Any, axis: Any) -> tuple[Sym, int]:
    """What is sorted, and along which axis; of an axis None all elements in a row."""
    x = as_array(a)
    if not isinstance(x, Sym) or not x.is_array:
        raise UnsupportedValue(f"np.{name} of a number", way_out="np.atleast_1d(x)")
    if axis is None:
        return flat(x), 0
    return x, axes_of((static(axis, "the axis"),), x.ndim)[0]


_KINDS = (None, "quicksort", "mergesort", "heapsort", "stable", "introselect")


def _checked_kind(kind: Any, stable: Any, order: Any) -> Any:
    """The kind of sorting that is asked for, None where all will do."""
    if kind not in _KINDS:
        raise UnsupportedValue(f"sorting of kind {kind!r}", way_out="stable")
    if order is not None:
        raise UnsupportedValue("`order`, which is for arrays with fields", way_out="np.lexsort")
    return "stable" if stable else kind


def sorted_places(x: Sym, axis: int) -> Sym:
    """The order of x along `axis`, in which equal elements keep theirs."""
    return apply("argsort", x, axis=axis, kind="stable")


@caller(np.argsort, method="argsort")
def argsort(a, axis=-1, kind=None, order=None, *, stable=None):
    kind = _checked_kind(kind, stable, order)
    x, axis = _line("argsort", a, axis)
    return apply("argsort", x, axis=axis, **({} if kind is None else {"kind": kind}))


@caller(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    _checked_kind(kind, stable, order)
    x, axis = _line("sort", a, axis)
    return in_order(x, sorted_places(x, axis), axis)


def _nth(kth: Any) -> Any:
    """Which places a partition puts right: an integer or several."""
    return tuple(static(k, "`kth`") for k in kth) if isinstance(kth, list | tuple) else static(kth, "`kth`")


@caller(np.argpartition, method="argpartition")
def argpartition(a, kth, axis=-1, kind="introselect", order=None):
    _checked_kind(kind, None, order)
    x, axis = _line("argpartition", a, axis)
    return apply("argpartition", x, kth=_nth(kth), axis=axis)


@caller(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """Which elements come before the kth is as `np.argpartition` has it, where NumPy leaves it open."""
    order_ = argpartition(a, kth, axis, kind, order)
    x, axis = _line("partition", a, axis)
    return in_order(x, order_, axis)


@caller(np.take_along_axis)
def take_along_axis_call(arr, indices, axis=-1):
    x, axis = _line("take_along_axis", arr, axis)
    order = as_array(indices)
    if order.ndim != x.ndim:
        raise UnsupportedValue(
            "np.take_along_axis of places that have other dimensions than the array",
            way_out="np.expand_dims(places, axis)",
        )
    return apply("take_along_axis", x, order, axis=axis)


@caller(np.lexsort)
def lexsort(keys, axis=-1):
    """By the last key first: each key in turn puts the order of those before it in its own."""
    rows = [as_array(key) for key in keys] if isinstance(keys, list | tuple) else _rows(keys)
    if not rows or any(row.ndim != 1 for row in rows):
        raise UnsupportedValue("np.lexsort of keys that are no vectors", way_out="np.ravel of each")
    order = sorted_places(rows[0], 0)
    for row in rows[1:]:
        order = apply("getitem", order, sorted_places(apply("getitem", row, order, index=(At(0),)), 0), index=(At(0),))
    return order


def _rows(keys: Sym) -> list[Sym]:
    number = dims_of(keys.type)[0].constant if keys.ndim == 2 else None
    if number is None:
        raise UnsupportedValue("np.lexsort of an array of keys", way_out="a tuple of keys")
    return [apply("getitem", keys, index=(k,)) for k in range(number)]


# Distinct elements


def _distinct(what: str):
    def rule(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
        return Array("int64", (Dim(f"unique({args[0]})"),))

    constant(f"unique_{what}", type=rule, cost=20)


_distinct("index")
_distinct("counts")
constant("unique_inverse", type=places, cost=20)


@caller(np.unique)
def unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    """Each element is the first of its equals in x."""
    if axis is not None:
        raise UnsupportedValue("`axis` of np.unique", way_out="np.unique of the rows' keys, and an index")
    if not equal_nan:
        raise UnsupportedValue("`equal_nan` of np.unique", way_out="leave it out")
    x = as_array(ar)
    row = flat(x)
    first = apply("unique_index", row)
    made = [apply("getitem", row, first, index=(At(0),))]
    made += [first] if return_index else []
    made += [apply("unique_inverse", x)] if return_inverse else []
    made += [apply("unique_counts", row)] if return_counts else []
    return tuple(made) if len(made) > 1 else made[0]


@caller(np.unique_all)
def unique_all(x):
    return unique(x, True, True, True)


@caller(np.unique_values)
def unique_values(x):
    return unique(x)


@caller(np.unique_counts)
def unique_counts(x):
    return unique(x, return_counts=True)


@caller(np.unique_inverse)
def unique_inverse(x):
    return unique(x, return_inverse=True)
