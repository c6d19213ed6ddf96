"""The text that makes the user's result out of the flat values that a generated function returns.

Does not copy: a generated function returns memory of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from gradgen.infer.signature import Leaf
from gradgen.ir import Array, Scalar, dtype_of, is_complex
from gradgen.ir.interface import Static, Tree, leaves
from gradgen.run.namespace import Namespace


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """What a function returns, flat and in this order, and what the user gets.

    value, aux: trees of atoms, None where they are not returned. gradients: the signatures of what is
    differentiated, None where a cache comes in their place; several: they come as a tuple. cache: the class of
    what a forward function keeps. converts: whether NumPy scalars come back as Python's, as from compiled code.
    """

    value: Any
    aux: Any
    gradients: tuple[Any, ...] | None
    several: bool
    converts: bool
    cache: type = tuple


def lines(layout: Layout, call: str, names: Namespace, shaped_as: Sequence[tuple[int, str]] = ()) -> list[str]:
    """Statements that call and return. shaped_as: numbers of gradients that are asked for the shapes of expressions."""
    targets: list[str] = []
    fixes: list[str] = []

    def part(tree: Any, hint: str, fix: Callable[..., list[str]]) -> str:
        made = [names.fresh(hint) for _ in leaves(tree)]
        targets.extend(made)
        for name, leaf in zip(made, leaves(tree), strict=True):
            fixes.extend(fix(name, leaf, layout.converts, names))
        return structure(tree, iter(made), names)

    value = "" if layout.value is None else part(layout.value, "value", _fix_value)
    aux = "" if layout.aux is None else part(layout.aux, "aux", _fix_value)
    if layout.gradients is None:
        targets.append(names.fresh("cache"))
        last = f"{names.refer(layout.cache, 'Cache')}({targets[-1]})"
    else:
        first = len(targets)
        gradients = [part(tree, "gradient", _fix_gradient) for tree in layout.gradients]
        for k, argument in shaped_as:
            gradient = targets[first + k]
            fixes.append(f"if {gradient}.shape != {argument}.shape:")
            fixes.append(f"    {names.refer(misfit, 'misfit')}({gradient}, {argument})")
        last = display(gradients) if layout.several else gradients[0]
    if value:
        result = display([display([value, aux]) if aux else value, last])
    else:
        result = display([last, aux]) if aux else last
    if not fixes and result == (targets[0] if len(targets) == 1 else display(targets)):
        return [f"return {call}"]
    return [f"{', '.join(targets)} = {call}" if targets else call, *fixes, f"return {result}"]


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
    if not issubclass(tree.kind, tuple):
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
    made: Any = object.__new__(kind)
    for name, value in zip(fields, values, strict=True):
        object.__setattr__(made, name, value)
    return made


def misfit(gradient: np.ndarray, argument: np.ndarray) -> NoReturn:
    """As NumPy does where both meet; but of an operation whose result nobody wants, only the gradient is left."""
    shapes = f"{argument.shape} {gradient.shape}"
    raise ValueError(f"operands could not be broadcast together with shapes {shapes}")


def _fix_value(name: str, atom: Any, converts: bool, names: Namespace) -> list[str]:
    """Compiled code returns Python numbers; a float32 must stay one. A float64 is as good as a Python float."""
    kind = atom.type
    if (
        converts
        and isinstance(kind, Scalar)
        and not kind.weak
        and kind.dtype not in ("float64", "int64", "bool", "complex128")
    ):
        return [f"{name} = {_scalar(kind.dtype, names)}({name})"]
    return []


def _fix_gradient(name: str, leaf: Leaf, converts: bool, names: Namespace) -> list[str]:
    dtype = dtype_of(leaf.type)
    if isinstance(leaf.type, Array):
        return []
    if leaf.convert == "item":
        return [f"{name} = {names.refer(np.array, 'array')}({name}, {names.refer(np.dtype(dtype), 'dtype')})"]
    if isinstance(leaf.type, Scalar) and leaf.type.weak:
        if is_complex(leaf.type):
            return _made(name, names.refer(complex, "complex"), names)  # the gradient itself may be real
        kind = names.refer(float, "float")
        # Compiled code returns Python floats; Python code may have met np.exp on the way.
        return [] if converts else _made(name, kind, names)
    return _made(name, _scalar(dtype, names), names)


def _made(name: str, kind: str, names: Namespace) -> list[str]:
    return [f"if {names.refer(type, 'type')}({name}) is not {kind}:", f"    {name} = {kind}({name})"]


def _scalar(dtype: str, names: Namespace) -> str:
    kind = np.dtype(dtype).type
    return names.refer(kind, kind.__name__)
