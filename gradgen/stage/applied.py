"""NumPy's iterators over places, and functions that apply the user's own: along an axis, or to indices.

`np.vectorize`, `np.frompyfunc` and `np.nditer` are not here: what they do at each element, a loop says as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import At, dims_of
from gradgen.rules.build import constant_atom
from gradgen.rules.creation import dtype_name, shape_sizes
from gradgen.rules.symbols import Sym, apply, using
from gradgen.rules.table import CALLERS
from gradgen.stage.arrays import atom_of, is_array, read, wrap
from gradgen.stage.builtin import BUILTINS, builtin
from gradgen.stage.rulecalls import apply_caller, known_argument, to_rule
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.values import Group, Known, Mapped, Partial, Range


@builtin(np.ndindex)
def _ndindex(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The places of an array of this shape, row after row."""
    shape = args[0].items if len(args) == 1 and isinstance(args[0], Group) else args
    if not all(map(is_scalar, shape)):
        raise UnsupportedType("`np.ndindex` takes a shape")
    return counted(frame, _place_of, (), shape)


@builtin(np.ndenumerate, 1, 1)
def _ndenumerate(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The places of an array, each with the element there."""
    session = frame.session
    x = atom_of(session, args[0], "what `np.ndenumerate` takes")
    shape = tuple(session.emit("size", x, axis=axis) for axis in range(len(dims_of(x.type))))
    return counted(frame, _entry_of, (args[0],), shape)


def counted(frame: Frame, function: Any, first: tuple[Any, ...], shape: Any) -> Any:
    """`function(*first, *shape, k)` for each k below the product of the shape."""
    total: Any = constant_atom(1)
    for k, size in enumerate(shape):
        total = frame.session.emit("mul", total, size) if k else size
    return Mapped(Partial(Known(function), (*first, *shape), {}), (Range(constant_atom(0), total, constant_atom(1)),))


def _place_of() -> None:
    """`_place_of(*shape, k)`: the place of the k-th element, counted along the rows."""


def _entry_of() -> None:
    """`_entry_of(x, *shape, k)`: the place of the k-th element of x, and the element."""


@builtin(_place_of)
def _staged_place(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return place_of(frame, args)


def place_of(frame: Frame, args: tuple[Any, ...]) -> Group:
    """Of `*shape, k`: the place of the k-th element."""
    *shape, rest = args
    place = []
    for size in reversed(shape[1:]):
        place.append(frame.session.emit("mod", rest, size))
        rest = frame.session.emit("floordiv", rest, size)
    return Group((rest, *reversed(place)) if shape else ())


@builtin(_entry_of)
def _staged_entry(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    array, *counted = args
    session = frame.session
    place = place_of(frame, tuple(counted))
    session.escaped.update(k.version for k in place.items)  # the element is read by them: they keep their names
    index = tuple(At(k) for k in range(len(place.items)))
    return Group((place, session.emit("getitem", read(session, array), *place.items, index=index)))


@builtin(np.fromfunction, 2, 2, ("dtype",))
def _fromfunction(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The function of the indices, an array for each axis."""
    from gradgen.stage.calls import call

    session = frame.session
    dtype = dtype_name(known_argument(session, keywords["dtype"], "the dtype") if "dtype" in keywords else None)
    shape = shape_sizes(to_rule(session, args[1], {}, "np.fromfunction"))
    indices = []
    with using(session.builder):
        for axis, size in enumerate(shape):
            along = apply("arange", 0, size, 1, dtype=dtype)
            others = tuple(k for k in range(len(shape)) if k != axis)
            wide = apply("expand_dims", along, axis=others) if others else along
            full = apply("broadcast_to", wide, *shape) if others else wide
            indices.append(wrap(session, full.atom, {}))
    return call(session, args[0], tuple(indices), {}, frame)


@builtin(np.apply_along_axis, 3)
def _apply_along_axis(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The function of each row along the axis, the results in place of the rows."""
    from gradgen.stage.calls import call
    from gradgen.stage.comprehensions import collect

    session = frame.session
    function, given, array, *more = args
    x = Sym(atom_of(session, array, "what `np.apply_along_axis` takes"), session.builder)
    axis = known_argument(session, given, "the axis")
    if x.ndim == 1:
        result = call(session, function, (array, *more), {}, frame)
        return (
            apply_caller(session, CALLERS[np.copy], (result,), {}, "np.copy") if is_array(session, result) else result
        )
    if x.ndim != 2 or axis not in (-2, -1, 0, 1):
        raise UnsupportedSyntax("`np.apply_along_axis` of more than two dimensions", way_out="a loop over the rows")
    if more:
        raise UnsupportedSyntax("`np.apply_along_axis` with further arguments", way_out="a lambda that holds them")
    rows = array if axis % 2 else apply_caller(session, CALLERS[np.transpose], (array,), {}, "np.transpose")
    results = collect(frame, Mapped(function, (rows,)))
    made = apply_caller(session, CALLERS[np.array], (results,), {}, "np.array")
    if len(dims_of(atom_of(session, made).type)) == 1 or axis % 2:
        return made
    return apply_caller(session, CALLERS[np.transpose], (made,), {}, "np.transpose")


_ELEMENTWISE = "calls a function at each element, which NumPy does no faster than a loop"


def _refused(function: Any, name: str) -> None:
    def handler(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        raise UnsupportedSyntax(f"`{name}` {_ELEMENTWISE}", way_out="functions of NumPy on whole arrays, or a loop")

    BUILTINS[function] = handler


_refused(np.vectorize, "np.vectorize")
_refused(np.frompyfunc, "np.frompyfunc")
