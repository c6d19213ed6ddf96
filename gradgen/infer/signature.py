"""The signature of a call: what is known of an argument's value when the text is written.

A value becomes a tree (see `ir.interface`) whose leaves are `Leaf`s: the type, and how the value is
made ready for a program of that type. What is not computed with, such as a string, None, a function or
an object, becomes `Static`.

Does not look into functions and objects: what the program reads of those is guarded path by path.

>>> describe({"w": np.ones((3, 1)), "rate": 0.5}, "p")
Tree(kind=<class 'dict'>, keys=('w', 'rate'), items=(Array(dtype='float64', dims=(Dim(p['w'].0), Dim(1))), \
Scalar(dtype='float64', weak=True, extent=None)))
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import inspect
import types
from collections.abc import Hashable
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType
from gradgen.ir import BOOL, COMPLEX, FLOAT, INT, ONE, Array, Dim, Scalar, Type, dtype_of
from gradgen.ir.interface import Static, Tree, map_tree


@dataclasses.dataclass(frozen=True, slots=True)
class Leaf:
    """A value that the program computes with. `kind` is the class of the caller's value.

    `convert`: how it becomes a value of `type`. "": it is one; "float": by float(), as for an int that is
    differentiated; "item": out of an array without dimensions; "array": as a plain array of native byte order.
    `swapped`: the dtype of an array whose bytes are in the other order, else "".
    """

    type: Type
    kind: builtins.type
    convert: str = ""
    swapped: str = ""


_PYTHON: dict[type, Scalar] = {float: FLOAT, int: INT, bool: BOOL, complex: COMPLEX}
_BY_VALUE = (str, bytes, range, slice, np.dtype)
_BY_IDENTITY = (type, types.ModuleType, types.BuiltinFunctionType, types.MethodType, np.ufunc, enum.Enum)
_NUMERIC = "biufc"


def describe(value: Any, name: str) -> Any:
    """The tree of types of a value that is not differentiated, such as a global."""
    return types_of(signature(value, name))


def types_of(tree: Any) -> Any:
    """The tree of types of a tree of `Leaf`s."""
    return map_tree(lambda leaf: leaf.type, tree)


def signature(value: Any, name: str, differentiated: bool = False) -> Any:
    """The tree of `Leaf`s of an argument. `name` is how the source writes it.

    In a structure that is differentiated, what is no number goes with it unchanged: a gradient has it too.
    """
    if differentiated and children(value) is None:
        leaf = _leaf(value, name)
        if leaf is not None:
            return _differentiable(leaf, name)
        if value is not None:
            kind = type(value).__name__
            raise UnsupportedType(f"`{name}` is of type {kind}, which has no gradient", way_out=_ELSEWHERE)
    return _signature(value, name, differentiated)


def _signature(value: Any, name: str, differentiated: bool) -> Any:
    parts = children(value)
    if parts is not None:
        kind, keys, items = parts
        names = (name + step(kind, key) for key in keys)
        return Tree(
            kind,
            keys,
            tuple(_signature(item, at, differentiated) for item, at in zip(items, names, strict=True)),
        )
    leaf = _leaf(value, name)
    if leaf is None or (differentiated and leaf.kind is bool):
        return Static(value)
    return _differentiable(leaf, name) if differentiated else leaf


_ELSEWHERE = "differentiate with respect to other arguments, chosen with argnums=..."


def children(value: Any) -> tuple[type, tuple[Any, ...], tuple[Any, ...]] | None:
    """Class, keys and items of a structure; None for anything else."""
    kind = type(value)
    if kind is tuple or kind is list:
        return kind, tuple(range(len(value))), tuple(value)
    if kind is dict:
        return kind, tuple(value), tuple(value.values())
    if is_namedtuple(kind):
        return kind, kind._fields, tuple(value)
    if dataclasses.is_dataclass(kind):
        names = tuple(field.name for field in dataclasses.fields(kind))
        if all(hasattr(value, name) for name in names):
            return kind, names, tuple(getattr(value, name) for name in names)
    return None


def is_namedtuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields") and hasattr(kind, "_make")


def step(kind: type, key: Any) -> str:
    """How the source goes from a structure to one of its items.

    >>> step(dict, "w"), step(tuple, 0)
    ("['w']", '[0]')
    """
    return f"[{key!r}]" if kind in (tuple, list, dict) else f".{key}"


def _leaf(value: Any, name: str) -> Leaf | None:
    kind = type(value)
    if kind in _PYTHON:
        return Leaf(_PYTHON[kind], kind)
    if isinstance(value, np.generic) and value.dtype.kind in _NUMERIC:
        return Leaf(Scalar(value.dtype.name), kind)
    if isinstance(value, np.ndarray):
        return _array(value, name)
    if isinstance(value, float):
        return Leaf(FLOAT, kind, "float")
    return None


def _array(value: np.ndarray, name: str) -> Leaf:
    kind, dtype = type(value), value.dtype
    if dtype.kind not in _NUMERIC or dtype.metadata:
        raise UnsupportedType(f"`{name}` is an array of dtype {dtype}", way_out="an array of numbers")
    if kind not in (np.ndarray, np.memmap):
        raise UnsupportedType(f"`{name}` is a {kind.__module__}.{kind.__name__}", way_out=f"np.asarray({name})")
    if not value.ndim:
        return Leaf(Scalar(dtype.name), kind, "item", "" if dtype.isnative else dtype.str)
    dims = tuple(_dim(f"{name}.{k}", size) for k, size in enumerate(value.shape))
    plain = kind is np.ndarray and dtype.isnative
    return Leaf(Array(dtype.name, dims), kind, "" if plain else "array", "" if dtype.isnative else dtype.str)


LARGE = 16  # from this size on, what is left of an axis when a few elements are cut off its ends is not 1


def _dim(symbol: str, size: int) -> Dim:
    """Of three classes, each with a text of its own: 1, small, large."""
    return ONE if size == 1 else Dim(symbol, many=True, least=LARGE if size >= LARGE else 0)


def bounds(dim: Dim) -> tuple[int, int | None]:
    """The least and the largest size of an axis that has this place in a signature. 1 is one of several for none.

    >>> from gradgen.ir import constant_dim
    >>> bounds(_dim("x", 1)), bounds(_dim("x", 5)), bounds(_dim("x", 50)), bounds(constant_dim(3))
    ((1, 1), (0, 15), (16, None), (3, 3))
    """
    if dim.constant is not None:
        return dim.constant, dim.constant
    return (LARGE, None) if dim.least else (0, LARGE - 1)


def _differentiable(leaf: Leaf, name: str) -> Leaf:
    """The leaf, with a Python int taken for a float; raises for what has no derivative."""
    if leaf.kind is int:
        return Leaf(FLOAT, int, "float")
    dtype = dtype_of(leaf.type)
    if dtype.startswith(("float", "complex")):
        return leaf
    what = f"an array of dtype {dtype}" if issubclass(leaf.kind, np.ndarray) else f"a {leaf.kind.__name__}"
    made = f"{name}.astype(float)" if isinstance(leaf.type, Array) else f"float({name})"
    raise UnsupportedType(f"`{name}` is {what}, which has no gradient", way_out=f"{made}, or leave it out of argnums")


def key(tree: Any) -> Hashable:
    """Equal for two signatures that one text serves, as far as arguments decide it.

    >>> key(Static("a")) == key(Static("a")), key(signature(1, "x")) == key(signature(True, "x"))
    (True, False)
    """
    if isinstance(tree, Tree):
        return tree.kind, tuple((type(key), key) for key in tree.keys), tuple(key(item) for item in tree.items)
    return ("static", *_static_key(tree.value)) if isinstance(tree, Static) else tree


def _static_key(value: Any) -> tuple[Any, ...]:
    """Strings and their like by value, functions by their code, objects by their class, the rest by identity.

    Identity is held by the value itself, not by its `id`, which a later object could take over.
    """
    if value is None or isinstance(value, _BY_VALUE):
        return type(value), _by_value(value)
    if type(value) in _PYTHON:
        return type(value), repr(value)  # tells -0.0 from 0.0, and NaN is NaN
    if isinstance(value, types.FunctionType):
        return types.FunctionType, *function_key(value)
    if isinstance(value, _BY_IDENTITY) or _is_callable_wrapper(value):
        return type(value), Same(value)
    return (type(value),)


def function_key(function: types.FunctionType) -> tuple[Hashable, ...]:
    """What makes a function the same one, but for what its cells hold."""
    named = tuple((function.__kwdefaults__ or {}).items())
    defaults = (*(function.__defaults__ or ()), *(item for pair in named for item in pair))
    # By value where that says all, so that a lambda made anew for each call is the same function.
    plain = all(type(one) in (int, float, bool, str, type(None)) for one in defaults)
    kept = tuple((type(one), repr(one)) if plain else Same(one) for one in defaults)
    return function.__code__, Same(function.__globals__), kept


def _by_value(value: Any) -> Hashable:
    return (value.start, value.stop, value.step) if isinstance(value, slice) else value


def _is_callable_wrapper(value: Any) -> bool:
    """functools.partial and its like: what they call is not seen in their class."""
    return callable(value) and (hasattr(value, "func") or hasattr(value, "__wrapped__"))


class Same:
    """Compares an object by identity, and keeps it alive."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def declared(parameter: inspect.Parameter, differentiated: bool) -> Any:
    """The signature of a parameter of which no value is known: from its default, its annotation, or a Python float.

    An annotation that names an array says nothing of rank and dtype: a float again.
    """
    match parameter.kind:
        case parameter.VAR_POSITIONAL:
            return Tree(tuple, (), ())
        case parameter.VAR_KEYWORD:
            return Tree(dict, (), ())
    if parameter.default is not parameter.empty:
        return signature(parameter.default, parameter.name, differentiated)
    kind = _annotated(parameter.annotation)
    leaf = Leaf(_PYTHON[kind] if kind in _PYTHON else Scalar(np.dtype(kind).name), kind)
    return _differentiable(leaf, parameter.name) if differentiated else leaf


def _annotated(annotation: Any) -> type:
    """The class of number that an annotation, or its text, names."""
    if isinstance(annotation, str):
        name = annotation.strip("'\" ")
        annotation = {kind.__name__: kind for kind in _PYTHON}.get(name) or getattr(np, name.rpartition(".")[2], None)
    # An abstract class such as np.floating has no dtype of its own.
    concrete = (
        isinstance(annotation, type)
        and issubclass(annotation, np.number | np.bool_)
        and annotation in np.sctypeDict.values()
    )
    return annotation if concrete or annotation in tuple(_PYTHON) else float
