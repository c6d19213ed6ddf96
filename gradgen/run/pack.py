"""The text that makes the user's result out of the flat values that a generated function returns.

Does not copy: a generated function returns memory of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from gradgen.infer.signature import Leaf
from gradgen.ir import Array, Scalar
from gradgen.ir.interface import Static, Tree, leaves
from gradgen.run.namespace import Namespace


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """What a function returns, flat, and what the user gets.

    result: the tree of the function's own result (leaves: atoms with a type); with `has_aux` a pair. The flat
    values are those of `result`, of which the first is left out in form "grad", then the gradients.
    gradients: the signatures of what is differentiated; several: they come as a tuple.
    converts: whether NumPy scalars come back as Python's, as they do from compiled code.
    cache: the class of what a forward function keeps.
    """

    form: str
    result: Any
    has_aux: bool
    gradients: tuple[Any, ...]
    several: bool
    converts: bool
    cache: type = tuple


def lines(layout: Layout, call: str, names: Namespace) -> list[str]:
    """Statements that call and return."""
    flat = leaves(layout.result) if layout.form != "backward" else []
    returned = flat[1:] if layout.form == "grad" else flat
    wanted = [leaf for tree in layout.gradients for leaf in leaves(tree)] if layout.form != "forward" else []
    values = [names.fresh("value") for _ in returned]
    gradients = [names.fresh("gradient") for _ in wanted]
    targets = values + gradients
    if layout.form == "forward":
        targets = [*values, names.fresh("cache")]
    fixes = [line for value, atom in zip(values, returned, strict=True) for line in _fix_value(value, atom.type, layout, names)]
    for name, leaf in zip(gradients, wanted, strict=True):
        fixes += _fix_gradient(name, leaf, layout.converts, names)
    result = _result(layout, values, gradients, targets, names)
    if not fixes and result == targets[0] and len(targets) == 1:
        return [f"return {call}"]
    return [f"{', '.join(targets)} = {call}" if targets else call, *fixes, f"return {result}"]


def _result(layout: Layout, values: Sequence[str], gradients: Sequence[str], targets: Sequence[str], names: Namespace) -> str:
    parts = iter(gradients)
    packed = [structure(tree, parts, names) for tree in layout.gradients]
    gradient = display(packed) if layout.several else "".join(packed)
    value, aux = "", ""
    if layout.form != "backward":
        shown = iter(values)
        of = layout.result.items if layout.has_aux else (layout.result,)
        value = structure(of[0], shown, names) if layout.form != "grad" else ""
        aux = structure(of[1], shown, names) if layout.has_aux else ""
    match layout.form:
        case "grad":
            return f"({gradient}, {aux})" if aux else gradient
        case "backward":
            return gradient
    first = f"({value}, {aux})" if aux else value
    if layout.form == "forward":
        return f"({first}, {names.refer(layout.cache, 'Cache')}({targets[-1]}))"
    return f"({first}, {gradient})"


def structure(tree: Any, parts: Iterator[str], names: Namespace) -> str:
    """The expression of a structure whose leaves are the next of `parts`.

    >>> structure(Tree(dict, ("w",), (Tree(tuple, (0,), (1.0,)),)), iter("a"), Namespace([]))
    "{'w': (a,)}"
    """
    if isinstance(tree, Static):
        return repr(tree.value) if tree.value is None or type(tree.value) is str else names.refer(tree.value, "value")
    if not isinstance(tree, Tree):
        return next(parts)
    items = [structure(item, parts, names) for item in tree.items]
    if tree.kind is tuple:
        return display(items)
    if tree.kind is list:
        return f"[{', '.join(items)}]"
    if tree.kind is dict:
        keys = (repr(key) if type(key) in (int, str) else names.refer(key, "key") for key in tree.keys)
        return f"{{{', '.join(f'{key}: {item}' for key, item in zip(keys, items, strict=True))}}}"
    kind = names.refer(tree.kind, tree.kind.__name__)
    if dataclasses.is_dataclass(tree.kind):
        return f"{names.refer(instance, 'instance')}({kind}, {names.refer(tree.keys, 'fields')}, {display(items)})"
    return f"{kind}._make({display(items)})"


def display(items: Iterable[str]) -> str:
    """A tuple display.

    >>> display("a"), display("ab"), display("")
    ('(a,)', '(a, b)', '()')
    """
    items = list(items)
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def instance(kind: type, fields: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A dataclass instance without a call of its `__init__`: what that checks holds of parameters, not of gradients."""
    made = object.__new__(kind)
    for name, value in zip(fields, values, strict=True):
        object.__setattr__(made, name, value)
    return made


def _fix_value(name: str, type: Any, layout: Layout, names: Namespace) -> list[str]:
    """Compiled code returns Python numbers; a float32 must stay one. A float64 is as good as a Python float."""
    if layout.converts and isinstance(type, Scalar) and not type.weak and type.dtype not in ("float64", "int64", "bool"):
        return [f"{name} = {_scalar(type.dtype, names)}({name})"]
    return []


def _fix_gradient(name: str, leaf: Leaf, converts: bool, names: Namespace) -> list[str]:
    dtype = leaf.type.dtype  # type: ignore[union-attr]
    if isinstance(leaf.type, Array):
        return []
    if leaf.convert == "item":
        return [f"{name} = {names.refer(np.array, 'array')}({name}, {names.refer(np.dtype(dtype), 'dtype')})"]
    if leaf.type.weak:  # type: ignore[union-attr]
        kind = names.refer(float, "float")
        # Compiled code returns Python floats; Python code may have met np.exp on the way.
        return [] if converts else [f"if {names.refer(type, 'type')}({name}) is not {kind}:", f"    {name} = {kind}({name})"]
    scalar = _scalar(dtype, names)
    return [f"if {names.refer(type, 'type')}({name}) is not {scalar}:", f"    {name} = {scalar}({name})"]


def _scalar(dtype: str, names: Namespace) -> str:
    kind = np.dtype(dtype).type
    return names.refer(kind, kind.__name__)
