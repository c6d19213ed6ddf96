"""Places of an array counted along its rows: `a.flat[k]`, and what `np.put` and the like take.

A place is told by an index for each axis, so that reading and storing there are those of the array itself.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from gradgen.ir import Array, Scalar, dims_of, is_bool
from gradgen.rules.build import constant_atom
from gradgen.rules.sizes import product
from gradgen.stage import operators
from gradgen.stage.arrays import atom_of, is_array, type_of
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.subscripts import item_of, store
from gradgen.stage.values import Group, Known, ListObject, Ref


def apply(frame: Frame, function: Any, *args: Any, **keywords: Any) -> Any:
    """The value of a call, as the user could have written it."""
    from gradgen.stage.calls import call

    def given(value: Any) -> Any:
        return constant_atom(value) if isinstance(value, int) else value

    named = {name: given(value) for name, value in keywords.items()}
    return call(frame.session, Known(function), tuple(map(given, args)), named, frame)


def attribute(frame: Frame, owner: Any, name: str) -> Any:
    from gradgen.stage.expressions import get_attribute

    return get_attribute(frame, owner, name)


def store_flat(frame: Frame, a: Ref, places: Any, value: Any) -> None:
    """Store at places that are counted along the rows; the values are repeated, as there are more places."""
    if is_array(frame.session, places):
        value = repeated(frame, value, attribute(frame, places, "size"))
    store(frame, a, _unraveled(frame, a, places), value)


def flat_item(frame: Frame, a: Ref, key: Any) -> Any:
    """`a.flat[key]`, which is a copy."""
    session = frame.session
    found = item_of(frame, a, _unraveled(frame, a, _flat_places(frame, a, key)))
    return session.value_of(atom_of(session, found)) if is_array(session, found) else found


def store_flat_item(frame: Frame, a: Ref, key: Any, value: Any) -> None:
    """`a.flat[key] = value`"""
    store_flat(frame, a, _flat_places(frame, a, key), value)


def _flat_places(frame: Frame, a: Ref, key: Any) -> Any:
    """A number, or an array of them, for any index into `a.flat`."""
    session = frame.session
    if is_scalar(key):
        return key
    type = type_of(session, key)
    if isinstance(type, Array) and not is_bool(type):
        return key
    return item_of(frame, apply(frame, np.arange, attribute(frame, a, "size")), key)


def _unraveled(frame: Frame, a: Ref, places: Any) -> Any:
    """The index for places counted along the rows: for two axes `places // n, places % n`."""
    session = frame.session
    ndim = len(dims_of(type_of(session, a)))
    key = []
    for axis in range(ndim - 1, 0, -1):
        size = item_of(frame, attribute(frame, a, "shape"), constant_atom(axis))
        key.append(operators.binary(session, ast.Mod, places, size))
        places = operators.binary(session, ast.FloorDiv, places, size)
    return Group((places, *reversed(key))) if key else places


def repeated(frame: Frame, value: Any, count: Any) -> Any:
    """`count` numbers from those of `value`, which are taken again from the first where they are fewer."""
    session = frame.session
    if isinstance(operators.contents(session, value), ListObject) or isinstance(value, Group):
        value = apply(frame, np.array, value)
    type = type_of(session, value)
    if type is None or isinstance(type, Scalar):
        return value
    extent = getattr(count.type, "extent", None)
    if type.ndim > 1:
        value = apply(frame, np.ravel, value)
    number = product(type.dims)
    if number.is_one:
        return item_of(frame, value, constant_atom(0))
    if number == extent:
        return value
    turn = operators.binary(session, ast.Mod, apply(frame, np.arange, count), attribute(frame, value, "size"))
    return item_of(frame, value, turn)
