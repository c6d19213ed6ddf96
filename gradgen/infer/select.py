"""`argnums`: which arguments are differentiated."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Number
from types import EllipsisType
from typing import Any

from gradgen.errors import ArgumentError, UnsupportedType
from gradgen.infer.shapes import exact
from gradgen.infer.signature import LARGE, Leaf, signature
from gradgen.ir import Array, constant_dim, is_float
from gradgen.ir.interface import Path, Static, Tree, leaves, map_tree

Argnum = int | str
WHOLE = object()
_WAYS = "a position, a name, or a tuple of these; argnums=... means all"


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter, or with `key` one item of a *args (a position) or **kwargs (a name)."""

    parameter: str
    key: Any = WHOLE


@dataclass(frozen=True, slots=True)
class Selection:
    """choices: what is differentiated; None: every parameter that can be. several: gradients come as a tuple."""

    choices: tuple[Choice, ...] | None
    several: bool

    def among(self, values: Mapping[str, Any], parameters: Mapping[str, inspect.Parameter]) -> tuple[Choice, ...]:
        if self.choices is not None:
            return self.choices
        found = tuple(Choice(name) for name, value in values.items() if differentiable(value, parameters[name]))
        if not found:
            raise ArgumentError("argnums=...: no argument holds floating point numbers", way_out="pass a float")
        return found


def select(argnums: Any, of: inspect.Signature, name: str, skip: int = 0) -> Selection:
    """What `argnums` means for a function `name` of this signature; positions count from parameter `skip`.

    >>> f = inspect.signature(lambda w, b, *, rate: None)
    >>> select(("b", -2), f, "f")
    Selection(choices=(Choice(parameter='b', key=<object ...>), Choice(parameter='w', key=<object ...>)), several=True)
    """
    if isinstance(argnums, EllipsisType):
        return Selection(None, True)
    given = tuple(argnums) if isinstance(argnums, tuple | list) else (argnums,)
    if not given:
        raise ArgumentError("argnums is empty", way_out=_WAYS)
    choices = tuple(_choice(one, of, name, skip) for one in given)
    if len(set(choices)) < len(choices):
        raise ArgumentError(f"argnums={argnums!r} names an argument twice")
    return Selection(choices, isinstance(argnums, tuple | list))


def _choice(argnum: Any, of: inspect.Signature, name: str, skip: int) -> Choice:
    parameters = of.parameters
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    positional = [one.name for one in parameters.values() if one.kind in by_position][skip:]
    rest = {one.kind: one.name for one in parameters.values()}
    if isinstance(argnum, str):
        if argnum in parameters:
            return Choice(argnum)
        if inspect.Parameter.VAR_KEYWORD in rest:
            return Choice(rest[inspect.Parameter.VAR_KEYWORD], argnum)
    elif isinstance(argnum, int) and not isinstance(argnum, bool):
        if -len(positional) <= argnum < len(positional):
            return Choice(positional[argnum])
        if argnum >= 0 and inspect.Parameter.VAR_POSITIONAL in rest:
            return Choice(rest[inspect.Parameter.VAR_POSITIONAL], argnum - len(positional))
    else:
        raise ArgumentError(f"argnums={argnum!r} is neither a position nor a name", way_out=_WAYS)
    known = ", ".join(parameters) or "none"
    raise ArgumentError(f"argnums={argnum!r}: {name}() has no such parameter", way_out=f"one of these: {known}")


def differentiable(value: Any, parameter: inspect.Parameter) -> bool:
    """Whether `argnums=...` takes the parameter: it holds floats, or Python ints that are not declared as ints."""
    try:
        found: list[Leaf] = leaves(signature(value, parameter.name))
    except UnsupportedType:
        return False
    counts = parameter.annotation in (int, "int") or isinstance(parameter.default, int)
    return bool(found) and all(is_float(leaf.type) or (leaf.kind is int and not counts) for leaf in found)


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call. trees: of each parameter; choices: what is differentiated; wrt: its positions
    among all leaves; gradients: the signature of each gradient."""

    trees: dict[str, Any]
    choices: tuple[Choice, ...]
    wrt: tuple[int, ...]
    gradients: tuple[Any, ...]

    def exact(self, values: Mapping[str, Any]) -> Arguments:
        """With what compiled code is to know of the sizes in this call."""
        return of_trees(exact(self.trees, values), self.choices)

    def with_known(self, path: Path, values: Mapping[str, Any], axis: int | None = None) -> Arguments | None:
        """The number at `path`, or the size of the array there, as part of the signature; None where the number is
        differentiated, or none of `values`, and where the size is too large for a text of its own."""
        if path.root.kind != "argument" or path.root.name not in values:
            return None
        name = path.root.name
        if axis is not None:
            return self._with_size(path, values, axis)
        tree = _known(self.trees[name], list(path.steps), values[name])
        made = of_trees({**self.trees, name: tree}, self.choices)
        return made if len(made.wrt) == len(self.wrt) and tree != self.trees[name] else None

    def _with_size(self, path: Path, values: Mapping[str, Any], axis: int) -> Arguments | None:
        leaf, array = self.trees[path.root.name], values[path.root.name]
        for kind, key in path.steps:
            leaf = leaf.items[leaf.keys.index(key)]
            array = getattr(array, key) if kind == "attribute" else array[key]
        dim, size = leaf.type.dims[axis], array.shape[axis]
        if size >= LARGE:
            return None
        known = {dim.symbol: size - dim.offset}
        return of_trees(
            {one: map_tree(lambda leaf: _sized(leaf, known), tree) for one, tree in self.trees.items()}, self.choices
        )


def _sized(leaf: Leaf, known: Mapping[str | None, int]) -> Leaf:
    """With the sizes that are `known`, by their symbols, as numbers."""
    type = leaf.type
    if isinstance(type, Array):
        dims = (constant_dim(known[dim.symbol] + dim.offset) if dim.symbol in known else dim for dim in type.dims)
        return replace(leaf, type=Array(type.dtype, tuple(dims)))
    return leaf


def arguments(values: Mapping[str, Any], selection: Selection, of: inspect.Signature) -> Arguments:
    """The signature of a call with `values`, one for each parameter."""
    choices = selection.among(values, of.parameters)
    for one in choices:
        if one.key is not WHOLE and one.key not in dict(_items(values[one.parameter])):
            missing = f"{one.parameter}[{one.key!r}]"
            raise ArgumentError(f"{missing}, which is to be differentiated, was not passed")
    trees = {name: _tree(value, name, choices) for name, value in values.items()}
    return of_trees(trees, choices)


def of_trees(trees: dict[str, Any], choices: tuple[Choice, ...]) -> Arguments:
    positions: dict[Choice, tuple[int, ...]] = {}
    chosen: dict[Choice, Any] = {}
    count = 0
    for name, tree in trees.items():
        whole = Choice(name)
        items = [(whole, tree)]
        if any(one.parameter == name and one.key is not WHOLE for one in choices):
            items = [(Choice(name, key), item) for key, item in zip(tree.keys, tree.items, strict=True)]
        for choice, item in items:
            size = len(leaves(item))
            positions[choice], chosen[choice] = tuple(range(count, count + size)), item
            count += size
    wrt = tuple(position for one in choices for position in positions[one])
    return Arguments(trees, choices, wrt, tuple(chosen[one] for one in choices))


def _known(tree: Any, steps: list[tuple[str, Any]], value: Any) -> Any:
    """`tree` with what `steps` lead to as a known value."""
    if not steps:
        return Static(value) if isinstance(tree, Leaf) and isinstance(value, Number) else tree
    (kind, key), *rest = steps
    items = list(tree.items)
    place = tree.keys.index(key)
    items[place] = _known(items[place], rest, getattr(value, key) if kind == "attribute" else value[key])
    return Tree(tree.kind, tree.keys, tuple(items))


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else list(enumerate(value))


def _tree(value: Any, name: str, choices: tuple[Choice, ...]) -> Any:
    keys = {one.key for one in choices if one.parameter == name}
    if not keys or WHOLE in keys:
        return signature(value, name, bool(keys))
    items = _items(value)
    parts = tuple(signature(item, f"{name}[{key!r}]", key in keys) for key, item in items)
    return Tree(type(value), tuple(key for key, _ in items), parts)
