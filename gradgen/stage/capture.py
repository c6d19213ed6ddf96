"""Values from outside: globals, cells of closures, attributes and items of objects.

Numbers and arrays become inputs of the program, fetched at every call; what the text itself depends
on is known, and guarded.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from gradgen.infer.signature import describe
from gradgen.ir import Array, Dim, Type
from gradgen.ir.interface import Path, Static, Tree, map_tree
from gradgen.rules.table import CALLERS
from gradgen.stage.session import UNKNOWN, Session, constant, place
from gradgen.stage.trees import build, of_atom
from gradgen.stage.values import Bound, Known

CONSTANTS = {
    id(value): f"{prefix}.{name}"
    for module, prefix in ((np, "np"), (math, "math"))
    for name in ("pi", "e", "inf", "nan", "tau", "euler_gamma")
    if isinstance(value := getattr(module, name, None), float)
}
_PLAIN = (str, bytes, type(None), type(Ellipsis), type(NotImplemented), range, slice, np.dtype)
_LIBRARIES = ("numpy", "math", "builtins", "operator", "functools", "itertools", "typing")


def capture(session: Session, value: Any, path: Path) -> Any:
    """The staged value of the Python value found at `path`."""
    key = place(path)
    if key not in session.fetched:
        before, session.capturing = session.capturing, True
        try:
            session.fetched[key] = _capture(session, value, path)
        finally:
            session.capturing = before
    return session.fetched[key]


def _capture(session: Session, value: Any, path: Path) -> Any:
    if isinstance(value, float) and id(value) in CONSTANTS:
        if not _of_library(path):
            session.guard(path, "is", value)
        return constant(value, CONSTANTS[id(value)])
    name = name_of(path)
    tree = _apart(session, describe(value, name))
    if isinstance(tree, Static):
        _guard(session, value, path)
        return Known(value, path)
    if isinstance(tree, Tree):
        session.guard(path, "tree", tree)
    return from_tree(session, tree, path, value)


def _apart(session: Session, tree: Any) -> Any:
    """With names for the sizes that no other input's have: an argument, or an attribute of another object, may be
    called the same."""
    met = session.named_sizes()

    def named(dim: Dim) -> Dim:
        while dim.symbol is not None and dim.symbol in met:
            dim = replace(dim, symbol=dim.symbol + "'")
        return dim

    def of_array(type: Type) -> Type:
        return Array(type.dtype, tuple(map(named, type.dims))) if isinstance(type, Array) else type

    return map_tree(of_array, tree)


def name_of(path: Path) -> str:
    """
    >>> from gradgen.ir.interface import Root
    >>> name_of(Path(Root("argument", "p"), (("attribute", "w"), ("item", 0))))
    'p_w_0'
    """
    parts = [path.root.name, *(str(key) for _, key in path.steps)]
    if path.root.kind != "argument" and path.steps and path.steps[-1][0] == "attribute":
        parts = [str(path.steps[-1][1])]
    elif path.root.name == "self" and len(parts) > 1:
        parts = parts[1:]
    name = "_".join(parts)
    cleaned = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in name)
    return cleaned if cleaned.isidentifier() else "v_" + cleaned


def _guard(session: Session, value: Any, path: Path) -> None:
    """What must hold at a call for a known value to be known again."""
    if path.root.kind == "global" and not path.steps and path.root.name not in path.root.scope:  # a builtin
        session.guard(path, "is", value)
        return
    if path.steps and _is_library(value):
        return  # attributes of NumPy and math stay what they are
    if isinstance(value, FunctionType):
        session.guard(path, "code", value.__code__)
    elif isinstance(value, ModuleType | type) or inspect.isroutine(value) or _callable_of_library(value):
        session.guard(path, "is", value)
    elif isinstance(value, _PLAIN):
        session.guard(path, "equal", value)
    elif path.root.kind != "object":
        session.guard(path, "class", type(value))


def _callable_of_library(value: Any) -> bool:
    return isinstance(value, np.ufunc)


def _is_library(value: Any) -> bool:
    if isinstance(value, ModuleType):
        return value.__name__.split(".")[0] in _LIBRARIES
    try:
        if value in CALLERS:
            return True
    except TypeError:
        pass
    module = getattr(value, "__module__", None) or ""
    return module.split(".")[0] in _LIBRARIES or isinstance(value, np.ufunc)


def _of_library(path: Path) -> bool:
    """Whether a path is an attribute of NumPy's or math's module, which stays what it is."""
    root = path.root
    return len(path.steps) == 1 and root.kind == "global" and _is_library(root.scope.get(root.name))


def from_tree(session: Session, tree: Any, path: Path, value: Any = None) -> Any:
    """A staged value for a tree of types: its leaves become inputs. `value`: what it is made from, if known."""
    if isinstance(tree, Static):
        return known_value(tree.value, path)
    if isinstance(tree, Tree):
        return _structure(session, tree, path, value)
    return of_atom(session, session.param(name_of(path), tree, path, UNKNOWN if value is None else value))


def known_value(value: Any, path: Path | None) -> Any:
    if isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic):
        return constant(value)
    return Known(value, path)


def _structure(session: Session, tree: Tree, path: Path, value: Any) -> Any:
    way = "item" if tree.kind in (tuple, list, dict) else "attribute"
    items = []
    for key, item in zip(tree.keys, tree.items, strict=True):
        inner = None if value is None else value[key] if way == "item" else getattr(value, key)
        items.append(from_tree(session, item, Path(path.root, (*path.steps, (way, key))), inner))
    return build(session, tree.kind, tree.keys, tuple(items))


def attribute(session: Session, owner: Known, name: str) -> Any:
    """An attribute of an object from outside."""
    value = owner.value
    try:
        static = inspect.getattr_static(value, name)
    except AttributeError:
        static = None
    if isinstance(static, property) and not isinstance(value, type | ModuleType):
        from gradgen.stage.calls import call

        return call(session, Known(static.fget), (owner,), {})
    found = getattr(value, name)
    if isinstance(value, np.ufunc):  # its methods are other objects at each look, and the ufunc is guarded already
        return Known(found)
    if owner.path is None and isinstance(found, float):
        return constant(float(found))  # np.finfo(...).eps
    if owner.path is None:
        return known_value(found, None) if not isinstance(found, np.ndarray) else capture_object(session, found, name)
    if inspect.ismethod(found) and not isinstance(value, type | ModuleType):
        session.guard(
            Path(owner.path.root, (*owner.path.steps, ("attribute", name), ("attribute", "__func__"))),
            "code",
            found.__func__.__code__,
        )
        return Bound(owner, found.__func__)
    return capture(session, found, Path(owner.path.root, (*owner.path.steps, ("attribute", name))))


def capture_object(session: Session, value: Any, name: str) -> Any:
    from gradgen.ir.interface import Root

    return capture(session, value, Path(Root("object", name, value)))
