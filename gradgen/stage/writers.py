"""Calls that write into an array that they are given: `np.copyto`, `a.fill`, `np.add.at`, `out=` and the like.

Each is staged as the stores that it comes to, so that it needs no derivative of its own, and all aliases of the array
see it. `WRITERS` holds functions, `WRITING_METHODS` methods of arrays. What takes `out=` is in `out`.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.ir import Array, Scalar, dims_of, is_bool
from gradgen.rules.build import constant_atom
from gradgen.stage import operators
from gradgen.stage.arrays import describe, is_array, type_of
from gradgen.stage.flat import apply, attribute, repeated, store_flat
from gradgen.stage.rulecalls import known_argument
from gradgen.stage.scatter import add_each, update_each
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.subscripts import item_of, store
from gradgen.stage.updates import check_cast, replace_by
from gradgen.stage.values import NONE, Group, Known, Ref

Writer = Callable[..., Any]
WRITERS: dict[Any, Writer] = {}
WRITING_METHODS: dict[str, Writer] = {}
WHOLE = Known(Ellipsis)
# What changes an array in a way that has no gradient: why, and what to write instead.
REFUSED_WRITERS: dict[Any, tuple[str, str]] = {
    np.random.shuffle: ("`np.random.shuffle` orders an array at random", "`x[order]` with an `order` from outside"),
}
REFUSED_METHODS = {
    "setflags": ("`.setflags` says whether an array can be written to", "the function without it"),
    "resize": ("`.resize` changes the size of an array in place", "`a = np.resize(a, shape)`"),
}


def writes(*functions: Any, method: str = "") -> Callable[[Writer], Writer]:
    """A decorator: the handler stages calls of these functions, or of that method; its parameters are theirs."""

    def enter(handler: Writer) -> Writer:
        for function in functions:
            WRITERS[function] = handler
        if method:
            WRITING_METHODS[method] = handler
        return handler

    return enter


def refuse_writer(found: tuple[str, str] | None) -> None:
    if found is not None:
        raise UnsupportedSyntax(found[0], way_out=found[1])


def call_writer(frame: Frame, handler: Writer, args: tuple[Any, ...], keywords: dict[str, Any], shown: str) -> Any:
    try:
        bound = _signature(handler).bind(frame, *args, **keywords)
    except TypeError as error:
        raise UnsupportedSyntax(f"`{shown}` cannot be called like this: {error}") from None
    first = args[0] if args else next(iter(keywords.values()))
    if not is_array(frame.session, first):
        raise UnsupportedType(f"`{shown}` writes into an array, not into {describe(frame.session, first)}")
    result = handler(*bound.args, **bound.kwargs)
    return NONE if result is None else result


@functools.cache
def _signature(function: Any) -> inspect.Signature:
    return inspect.signature(function)


def _refuse_other(frame: Frame, value: Any, usual: Any, what: str) -> None:
    """An argument that may only be what it is when it is not given."""
    if value is not usual and known_argument(frame.session, value, what) != usual:
        raise UnsupportedValue(f"{what} other than {usual!r}", way_out="a call without it")


# Whole arrays


@writes(method="fill")
def fill(frame: Frame, a: Any, value: Any) -> None:
    if not is_scalar(value):
        raise UnsupportedType(
            f"`.fill` takes a number, not {describe(frame.session, value)}", way_out="`a[...] = value`"
        )
    store(frame, a, WHOLE, value)


@writes(np.copyto)
def copyto(frame: Frame, dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    session = frame.session
    rule = casting if isinstance(casting, str) else known_argument(session, casting, "`casting` of np.copyto")
    if rule != "unsafe":
        check_cast(type_of(session, dst), type_of(session, src), "np.copyto", rule)
    store_all(frame, dst, where_told(frame, where, src, dst))


def store_all(frame: Frame, a: Ref, value: Any) -> None:
    """`a[...] = value`; an array that was just made for it takes the place of the contents."""
    session = frame.session
    given, kept = type_of(session, value), type_of(session, a)
    if isinstance(value, Ref) and session.is_new(value) and given == kept:
        replace_by(session, a, value)
    else:
        store(frame, a, WHOLE, value)


def where_told(frame: Frame, where: Any, new: Any, old: Any) -> Any:
    """What is written where a copy or a ufunc may write at some places only."""
    if where is True or (is_scalar(where) and frame.session.number(where) is True):
        return new
    return apply(frame, np.where, where, new, old)


@writes(method="sort")
def sort(frame: Frame, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    """Which sort it is makes no difference to the numbers."""
    _refuse_other(frame, order, None, "`order` of `.sort`")
    replace_by(frame.session, a, apply(frame, np.sort, a, axis=axis))


@writes(method="partition")
def partition(frame: Frame, a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> None:
    _refuse_other(frame, order, None, "`order` of `.partition`")
    replace_by(frame.session, a, apply(frame, np.partition, a, kth, axis=axis))


def store_array_attribute(frame: Frame, a: Ref, name: str, value: Any) -> None:
    """`a.flat = value`, `a.real = value`"""
    match name:
        case "flat":
            store_flat(frame, a, apply(frame, np.arange, attribute(frame, a, "size")), value)
        case "real":
            store(frame, a, WHOLE, value)
        case "T":
            store(frame, attribute(frame, a, "T"), WHOLE, value)
        case "shape":
            raise UnsupportedSyntax("assigning to the shape of an array", way_out="`b = a.reshape(...)`")
        case _:
            raise UnsupportedSyntax(f"assigning to `.{name}` of an array")


# Places counted along the rows


@writes(np.put, method="put")
def put(frame: Frame, a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    _refuse_other(frame, mode, "raise", "`mode` of np.put")
    places = apply(frame, np.asarray, ind)
    store_flat(
        frame, a, places if len(dims_of(type_of(frame.session, places))) < 2 else apply(frame, np.ravel, places), v
    )


@writes(np.place)
def place(frame: Frame, arr: Any, mask: Any, vals: Any) -> None:
    mask = _as_mask(frame, mask, "np.place")
    store(frame, arr, mask, repeated(frame, vals, apply(frame, np.count_nonzero, mask)))


@writes(np.putmask)
def putmask(frame: Frame, a: Any, mask: Any, values: Any) -> None:
    session = frame.session
    mask = _as_mask(frame, mask, "np.putmask")
    kept, given = type_of(session, a), type_of(session, values)
    if not isinstance(given, Scalar) and dims_of(given) != dims_of(kept):
        size = attribute(frame, a, "size")
        values = apply(frame, np.reshape, repeated(frame, values, size), attribute(frame, a, "shape"))
    store_all(frame, a, apply(frame, np.where, mask, values, a))


def _as_mask(frame: Frame, mask: Any, what: str) -> Any:
    type = type_of(frame.session, mask)
    if not isinstance(type, Array):
        raise UnsupportedType(f"the mask of {what} is {describe(frame.session, mask)}, not an array")
    return mask if is_bool(type) else operators.compare(frame.session, ast.NotEq, mask, constant_atom(0))


@writes(np.fill_diagonal)
def fill_diagonal(frame: Frame, a: Any, val: Any, wrap: Any = False) -> None:
    _refuse_other(frame, wrap, False, "`wrap` of np.fill_diagonal")
    session = frame.session
    type = type_of(session, a)
    if type.ndim < 2:
        raise UnsupportedType("np.fill_diagonal takes an array of at least two dimensions")
    sizes = [item_of(frame, attribute(frame, a, "shape"), constant_atom(axis)) for axis in range(type.ndim)]
    same = all(dim == type.dims[0] for dim in type.dims)
    if type.ndim > 2 and not same:
        raise UnsupportedType("np.fill_diagonal of more than two dimensions that are not known to be equal")
    count = sizes[0] if same else apply(frame, min, *sizes)
    at = apply(frame, np.arange, count)
    store(frame, a, Group((at,) * type.ndim), repeated(frame, val, count))


@writes(np.put_along_axis)
def put_along_axis(frame: Frame, arr: Any, indices: Any, values: Any, axis: Any) -> None:
    session = frame.session
    along = known_argument(session, axis, "the axis of np.put_along_axis")
    if along is None:
        store_flat(frame, arr, indices, values)
        return
    ndim = len(dims_of(type_of(session, arr)))
    if ndim != len(dims_of(type_of(session, indices))):
        raise UnsupportedType("np.put_along_axis takes indices of as many dimensions as the array has")
    key = []
    for k in range(ndim):
        if k == along % ndim:
            key.append(indices)
            continue
        numbers = apply(frame, np.arange, item_of(frame, attribute(frame, arr, "shape"), constant_atom(k)))
        shape = Group(tuple(constant_atom(-1 if k == other else 1) for other in range(ndim)))
        key.append(apply(frame, np.reshape, numbers, shape) if ndim > 1 else numbers)
    store(frame, arr, Group(tuple(key)), values)


WRITERS[np.add.at] = functools.partial(add_each, ast.Add)
WRITERS[np.subtract.at] = functools.partial(add_each, ast.Sub)
for _ufunc in (np.multiply, np.divide, np.power, np.maximum, np.minimum, np.fmax, np.fmin):
    WRITERS[_ufunc.at] = functools.partial(update_each, _ufunc)
