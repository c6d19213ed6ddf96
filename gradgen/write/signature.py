"""The head and the return of a written function: parameters and results as the user's structures, or flat.

A `Layout` gives each parameter's structure; its leaves are unpacked at the top and the results are put
together at the end. A NamedTuple or dataclass is made through the parameter that has its class, so that
the text imports nothing of the user's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from gradgen.errors import InternalError
from gradgen.ir import Function, Scalar, Slot, Var
from gradgen.ir.interface import Static, Tree, leaves
from gradgen.write.slots import Slots
from gradgen.write.tree import assign, attribute, call, constant, name, subscript, tuple_


@dataclass(frozen=True, slots=True)
class Layout:
    """`parameters`: (name, tree of Vars) for each of the user's parameters; parameters of the function that
    are in none of them follow. `result`: a tree with a leaf for each result, in order; None for a flat tuple."""

    parameters: tuple[tuple[str, Any], ...] = ()
    result: Any = None

    def taken(self) -> set[str]:
        """The names that the text has beside those of variables."""
        return {name for name, tree in self.parameters if not isinstance(tree, Var)}


Names = dict[Var, str]


def arguments(function: Function, layout: Layout | None, names: Names, cache: str) -> ast.arguments:
    params = list(function.params)
    given: list[str] = []
    defaults: list[ast.expr] = []
    if function.role == "backward":
        given, params = [cache], params[function.cached :]
        if len(params) == 1 and isinstance(params[0].type, Scalar):
            defaults = [constant(1.0)]
    elif layout is not None:
        given = [names[tree] if isinstance(tree, Var) else text for text, tree in layout.parameters]
        inside = {leaf for _, tree in layout.parameters for leaf in leaves(tree)}
        params = [param for param in params if param not in inside]
    all_names = given + [names[param] for param in params]
    return ast.arguments([], [ast.arg(text) for text in all_names], None, [], [], None, defaults)


def unpacking(
    function: Function, layout: Layout | None, names: Names, slots: Slots, slot_names: dict[Slot, str], cache: str
):
    """The first statements: from what is passed to variables."""
    made: list[ast.stmt] = []
    if function.role == "backward":
        parts = [names[param] for param in function.params[: function.cached]]
        parts += [slot_names[slot] for slot in function.slots_in]
        if parts:
            made.append(ast.Assign([_places(parts)], name(cache), lineno=0))
        made += [statement for slot in function.slots_in for statement in slots.handed_in(slot)]
    elif layout is not None:
        for text, tree in layout.parameters:
            if isinstance(tree, Tree):
                made += _unpacked(tree, name(text), names)
    return made


def _places(parts: Sequence[str]) -> ast.expr:
    return ast.Tuple([ast.Name(part, ast.Store()) for part in parts], ast.Store())


def _unpacked(tree: Tree, value: ast.expr, names: Names) -> list[ast.stmt]:
    if tree.kind in (tuple, list) and tree.items and all(isinstance(item, Var) for item in tree.items):
        return [ast.Assign([_places([names[item] for item in tree.items])], value, lineno=0)]
    made: list[ast.stmt] = []
    for key, item in zip(tree.keys, tree.items, strict=True):
        part = _part(tree, key, value)
        if isinstance(item, Tree):
            made += _unpacked(item, part, names)
        elif isinstance(item, Var):
            made.append(assign(names[item], part))
    return made


def _part(tree: Tree, key: Any, value: ast.expr) -> ast.expr:
    if tree.kind in (tuple, list, dict):
        return subscript(value, constant(key))
    return attribute(value, key)


def returned(
    function: Function, layout: Layout | None, values: Sequence[ast.expr], slots: Slots, names: Names
) -> ast.Return:
    """The return statement; `values` are the results as expressions."""
    if function.role == "forward":
        count = len(values) - function.cached
        cached = [*values[count:], *(slots.handed_out(slot) for slot in function.slots_out)]
        return ast.Return(tuple_([*_results(layout, values[:count]), tuple_(cached)]))
    results = _results(layout, values)
    return ast.Return(results[0] if len(results) == 1 else tuple_(results))


def _results(layout: Layout | None, values: Sequence[ast.expr]) -> list[ast.expr]:
    if layout is None or layout.result is None:
        return list(values)
    rest = iter(values)
    made = _built(layout.result, lambda: next(rest), layout)
    return [made]


def _built(tree: Any, leaf: Callable[[], ast.expr], layout: Layout) -> ast.expr:
    if isinstance(tree, Static):
        return constant(tree.value)
    if not isinstance(tree, Tree):
        return leaf()
    items = [_built(item, leaf, layout) for item in tree.items]
    if tree.kind is tuple:
        return tuple_(items)
    if tree.kind is list:
        return ast.List(items, ast.Load())
    if tree.kind is dict:
        return ast.Dict([constant(key) for key in tree.keys], items)
    found = next((at for text, given in layout.parameters if (at := _place_of(tree.kind, given, name(text)))), None)
    if found is None:
        raise InternalError(f"no parameter is a {tree.kind.__name__}, which the result is")
    if is_dataclass(tree.kind) or hasattr(tree.kind, "_fields"):
        return call(call(name("type"), [found]), **dict(zip(tree.keys, items, strict=True)))
    raise InternalError(f"a result of type {tree.kind.__name__}")


def _place_of(kind: type, tree: Any, value: ast.expr) -> ast.expr | None:
    """Where in a parameter a value of this class is."""
    if not isinstance(tree, Tree):
        return None
    if tree.kind is kind:
        return value
    for key, item in zip(tree.keys, tree.items, strict=True):
        found = _place_of(kind, item, _part(tree, key, value))
        if found is not None:
            return found
    return None
