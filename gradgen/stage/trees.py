"""Between staged values and trees (see `ir.interface`): a value taken apart into its atoms, and put together again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradgen.ir import Array, Atom, ListOf
from gradgen.ir.interface import Static, Tree
from gradgen.stage.arrays import is_array, read
from gradgen.stage.session import Session
from gradgen.stage.values import (
    ArrayObject,
    DictObject,
    Group,
    Hole,
    Known,
    ListObject,
    Record,
    Ref,
    RunList,
    is_atom,
)


def flatten(session: Session, value: Any, atoms: list[Atom]) -> Any:
    """The tree of a value over its atoms, which are also added to `atoms` in order. Other values become Statics."""
    if is_atom(value):
        atoms.append(value)
        return value
    if is_array(session, value):
        atoms.append(read(session, value))
        return atoms[-1]
    if isinstance(value, Group):
        keys = value.kind._fields if hasattr(value.kind, "_fields") else tuple(range(len(value.items)))
        return Tree(value.kind, keys, tuple(flatten(session, item, atoms) for item in value.items))
    if isinstance(value, Ref):
        return _flatten_object(session, session.at(value), atoms)
    return Static(value.value if isinstance(value, Known) else value)


def _flatten_object(session: Session, content: Any, atoms: list[Atom]) -> Any:
    match content:
        case ListObject(items=items):
            return Tree(list, tuple(range(len(items))), tuple(flatten(session, item, atoms) for item in items))
        case DictObject(keys=keys, items=items):
            return Tree(dict, keys, tuple(flatten(session, item, atoms) for item in items))
        case Record(kind=kind, keys=keys, items=items):
            return Tree(kind, keys, tuple(flatten(session, item, atoms) for item in items))
        case RunList(lists=(only,)):
            atoms.append(only)
            return only
    return Static(content)


def assemble(session: Session, tree: Any, atoms: Iterator[Atom]) -> Any:
    """The value of a tree whose leaves are the next of `atoms`."""
    if isinstance(tree, Static):
        return tree.value if only_staged(tree.value) else Known(tree.value)
    if isinstance(tree, Tree):
        items = tuple(assemble(session, item, atoms) for item in tree.items)
        return build(session, tree.kind, tree.keys, items)
    return of_atom(session, next(atoms))


def only_staged(value: Any) -> bool:
    """Whether a Static holds a value that only staging knows: a nested function, a range, a string with numbers."""
    return type(value).__module__ == Known.__module__


def of_atom(session: Session, atom: Atom) -> Any:
    if isinstance(atom.type, Array):
        return session.new(ArrayObject(atom))
    if isinstance(atom.type, ListOf):
        return session.new(RunList(Hole(0), (atom,)))
    return atom


def build(session: Session, kind: type, keys: tuple[Any, ...], items: tuple[Any, ...]) -> Any:
    """A structure of staged values."""
    if kind is list:
        return session.new(ListObject(items))
    if kind is dict:
        return session.new(DictObject(keys, items))
    if issubclass(kind, tuple):
        session.hold(items)
        return Group(items, kind)
    return session.new(Record(kind, keys, items))


def cells(session: Session, value: Any) -> dict[int, Any]:
    """The objects that a value leads to, as they are now: to see later whether they were changed."""
    from gradgen.stage.merge import reachable

    return {cell: session.at(Ref(cell)) for cell in reachable(session.state, [value])}
