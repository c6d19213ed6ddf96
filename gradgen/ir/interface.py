"""What lies between a program's flat parameters and the user's call: structures, inputs and guards.

A *tree* describes a structured value: a leaf (a `Type`, a `Var` or any atom, as the place demands) or a
`Tree` over further trees. `Input` says where the value of a parameter is found at a call; `Guard`
what else the written text depends on. These are facts; fetching and checking are done in `run`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradgen.ir.nodes import Program


@dataclass(frozen=True, slots=True)
class Tree:
    """A structure. `kind` is the class (tuple, list, dict, a NamedTuple, a dataclass).

    `keys`: indices for tuples and lists, keys for dicts, field names for NamedTuples and dataclasses.
    """

    kind: type
    keys: tuple[Any, ...]
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """A value known when the text is written and not computed with: a string, None, a function, a module, an object."""

    value: Any


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree in order; Statics are not leaves."""
    if isinstance(tree, Tree):
        return [leaf for item in tree.items for leaf in leaves(item)]
    return [] if isinstance(tree, Static) else [tree]


def statics(tree: Any) -> list[Any]:
    """The values of a tree's Statics in order."""
    if isinstance(tree, Tree):
        return [value for item in tree.items for value in statics(item)]
    return [tree.value] if isinstance(tree, Static) else []


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    if isinstance(tree, Tree):
        return Tree(tree.kind, tree.keys, tuple(map_tree(function, item) for item in tree.items))
    return tree if isinstance(tree, Static) else function(tree)


@dataclass(frozen=True, slots=True)
class Root:
    """Where a path starts. kind "argument": parameter `name` of the call; "global": `name` in the dict
    `scope` (a module's globals, else the builtins); "closure": the cell `scope`; "object": `scope` itself."""

    kind: str
    name: str
    scope: Any = None


@dataclass(frozen=True, slots=True)
class Path:
    """A root and steps from it: ("item", key) or ("attribute", name)."""

    root: Root
    steps: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter of the program that is fetched from `path` at every call."""

    path: Path


@dataclass(frozen=True, slots=True)
class Guard:
    """What must still hold at a call for the text to be the right one.

    kind "is": the value at `path` is `expected`; "code": it is a function whose `__code__` is `expected`;
    "class": its class is `expected`; "equal": it has the type of `expected` and equals it;
    "tree": its structure and types are the tree `expected`.
    """

    path: Path
    kind: str
    expected: Any


@dataclass(frozen=True, slots=True)
class Staged:
    """A user's function, staged for one signature.

    `inputs[k]` says where the value of `program.entry.params[k]` comes from: first the leaves of the
    arguments in order, then globals, closures and attributes. `parameters`: (name, tree of Vars) for each
    parameter of the user's function in its order. `result`: the tree of the result over the atoms of
    `program.entry.body.yields`. `apart`: pairs of parameters by number, arrays of which the function changes the first,
    and which must not share memory.
    """

    program: Program
    inputs: tuple[Input, ...]
    parameters: tuple[tuple[str, Any], ...]
    result: Any
    guards: tuple[Guard, ...]
    apart: tuple[tuple[int, int], ...] = ()
