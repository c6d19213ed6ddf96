"""The text that asks whether a value has a signature, and takes it apart on the way.

Checks are levels: statements that fetch or unpack, then conditions on what they made. A level's
statements run only when the conditions before them hold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from keyword import iskeyword
from types import FunctionType
from typing import Any

import numpy as np

from gradgen.infer.signature import Leaf, bounds, is_namedtuple, key
from gradgen.ir import Array, Dim, dtype_of
from gradgen.ir.interface import Static, Tree
from gradgen.run.namespace import Namespace
from gradgen.run.same import FunctionCheck, same

# What fetching a value that is not there raises: a global, an attribute, an item, an empty cell.
LOOKUP = (AttributeError, LookupError, ValueError, TypeError)


@dataclasses.dataclass
class Level:
    statements: list[str] = dataclasses.field(default_factory=list)
    conditions: list[str] = dataclasses.field(default_factory=list)
    risky: bool = False  # whether a statement can raise one of LOOKUP


# Takes the steps to a leaf, the leaf and its expression.
Found = Callable[[tuple, Leaf, str], None]


class Checks:
    """Collects levels."""

    def __init__(self, names: Namespace):
        self.names = names
        self.levels = [Level()]
        self.sizes: dict[str, list[str]] = {}  # what gives the size of a name

    def at(self, depth: int) -> Level:
        while len(self.levels) <= depth:
            self.levels.append(Level())
        return self.levels[depth]

    def require(self, depth: int, *conditions: str) -> None:
        known = self.at(depth).conditions
        known += [condition for condition in conditions if condition not in known]

    def type_is(self, expression: str, kind: type) -> str:
        return f"{self.names.refer(type, 'type')}({expression}) is {self.names.refer(kind, kind.__name__)}"

    def tree(
        self, tree: Any, expression: str, depth: int, found: Found, everything: bool = True, steps: tuple = ()
    ) -> None:
        """Require that the value of `expression` has the signature `tree`; hand each leaf to `found`.

        everything: else nothing is required of a leaf that needs no conversion.
        """
        if isinstance(tree, Tree):
            self._structure(tree, expression, depth, found, everything, steps)
        elif isinstance(tree, Static):
            self.require(depth, *self._static(tree.value, expression))
        else:
            if everything or tree.convert:
                self.require(depth, *self._leaf(tree, expression))
            found(steps, tree, self._converted(tree, expression))

    def _structure(self, tree: Tree, expression: str, depth: int, found: Found, everything: bool, steps: tuple) -> None:
        kind, keys = tree.kind, tree.keys
        self.require(depth, self.type_is(expression, kind))
        items = [self.names.fresh("item") for _ in keys]
        below = self.at(depth + 1)
        if dataclasses.is_dataclass(kind):
            below.risky = True
            parts = (attribute(expression, name) for name in keys)
            below.statements += [f"{item} = {part}" for item, part in zip(items, parts, strict=True)]
        else:
            if not is_namedtuple(kind):
                self.require(depth, f"{self.names.refer(len, 'len')}({expression}) == {len(keys)}")
            if kind is dict:
                self._items(expression, keys, items, depth)
            elif items:
                below.statements.append(f"{targets(items)} = {expression}")
        way = "attribute" if dataclasses.is_dataclass(kind) or is_namedtuple(kind) else "item"
        for name, item, part in zip(keys, items, tree.items, strict=True):
            self.tree(part, item, depth + 1, found, everything, (*steps, (way, name)))

    def _items(self, expression: str, keys: tuple, items: list[str], depth: int) -> None:
        """The items of a dict that has these keys in this order. Strings are looked up one by one: that is faster."""
        below = self.at(depth + 1)
        if items and all(type(one) is str for one in keys):
            found = [self.names.fresh("key") for _ in keys]
            below.risky = True
            below.statements.append(f"{targets(found)} = {expression}")
            below.statements += [f"{item} = {expression}[{one!r}]" for item, one in zip(items, keys, strict=True)]
            self.require(depth + 1, *(f"{name} == {one!r}" for name, one in zip(found, keys, strict=True)))
            return
        self.require(depth, self.equal(f"{self.names.refer(tuple, 'tuple')}({expression})", keys))
        if items:
            below.statements.append(f"{targets(items)} = {expression}.values()")

    def _leaf(self, leaf: Leaf, expression: str) -> list[str]:
        conditions = [self.type_is(expression, leaf.kind)]
        if not issubclass(leaf.kind, np.ndarray):
            extent = getattr(leaf.type, "extent", None)
            if extent is not None:
                self._named(extent, expression)
            return conditions
        dtype = np.dtype(leaf.swapped or dtype_of(leaf.type))
        name = self.names.refer(dtype, "dtype" if leaf.swapped else dtype.name)
        conditions.append(f"{expression}.dtype {'==' if leaf.swapped else 'is'} {name}")
        dims = leaf.type.dims if isinstance(leaf.type, Array) else ()
        if not dims:
            return [*conditions, f"not {expression}.ndim"]
        if all(dim.is_one for dim in dims):
            return [*conditions, f"{expression}.shape == {(1,) * len(dims)}"]
        if len(dims) == 1:  # a tuple of one size takes longer to make
            return [
                *conditions,
                f"{expression}.ndim == 1",
                self._size(f"{self.names.refer(len, 'len')}({expression})", dims[0]),
            ]
        shape = self.names.fresh("shape")
        conditions.append(f"{self.names.refer(len, 'len')}({shape} := {expression}.shape) == {len(dims)}")
        return conditions + [self._size(f"{shape}[{k}]", dim) for k, dim in enumerate(dims)]

    def _size(self, size: str, dim: Dim) -> str:
        """The check of one dimension's class, see `signature`."""
        low, high = bounds(dim)
        if low == high:
            return f"{size} == {low}"
        self._named(dim, size)
        return f"{size} >= {low}" if high is None else f"1 != {size} <= {high}"

    def _named(self, dim: Dim, size: str) -> None:
        if dim.symbol is not None:
            self.sizes.setdefault(dim.symbol, []).append(f"{size} - {dim.offset}" if dim.offset else size)

    def equal_sizes(self) -> None:
        """Require of what has been found so far that what gives the size of a name gives the same."""
        for alike in self.sizes.values():
            if len(alike) > 1:
                self.require(len(self.levels) - 1, " == ".join(alike))

    def _converted(self, leaf: Leaf, expression: str) -> str:
        match leaf.convert:
            case "float":
                return f"{self.names.refer(float, 'float')}({expression})"
            case "item":
                scalar = np.dtype(dtype_of(leaf.type)).type
                return f"{self.names.refer(scalar, scalar.__name__)}({expression}[()])"
            case "array":
                dtype = np.dtype(dtype_of(leaf.type))
                return f"{self.names.refer(np.asarray, 'asarray')}({expression}, {self.names.refer(dtype, dtype.name)})"
        return expression

    def _static(self, value: Any, expression: str) -> list[str]:
        if value is None:
            return [f"{expression} is None"]
        if type(value) in (str, int, bool):
            return [self.type_is(expression, type(value)), f"{expression} == {value!r}"]
        if isinstance(value, FunctionType):
            return [self.function(expression, FunctionCheck(value, closure=False))]
        kept = key(Static(value))
        if len(kept) == 2:  # type: ignore[arg-type]  # only its class is known
            return [self.type_is(expression, type(value))]
        return [self.equal(expression, value)]

    def function(self, expression: str, check: FunctionCheck) -> str:
        """The check, and before it, as it takes a while, whether this is the same object with the same parts."""
        whole = f"{self.names.refer(check, 'is_function')}({expression})"
        if check.kwdefaults is not None:  # a dict, which may have been changed
            return whole
        defaults = "None" if check.defaults is None else self.names.refer(check.defaults, "defaults")
        parts = (
            f"{expression} is {self.names.refer(check.function, 'function')}",
            f"{expression}.__code__ is {self.names.refer(check.code, 'code')}",
            f"{expression}.__defaults__ is {defaults}",
            f"{expression}.__kwdefaults__ is None",
        )
        return f"({' and '.join(parts)} or {whole})"

    def equal(self, expression: str, value: Any) -> str:
        kept = self.names.refer(value, "value")
        return f"{self.names.refer(same, 'same')}({expression}, {kept})"


def targets(names: Sequence[str]) -> str:
    """
    >>> targets("a"), targets("ab")
    ('a,', 'a, b')
    """
    return ", ".join(names) + "," * (len(names) == 1)


def attribute(expression: str, name: str) -> str:
    return f"getattr({expression}, {name!r})" if iskeyword(name) else f"{expression}.{name}"
