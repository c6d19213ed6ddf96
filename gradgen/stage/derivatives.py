"""Calls of decorated functions: the derivative is a program itself, and is put in place of the call."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import FLOAT, Atom, Var
from gradgen.ir.instantiate import instantiate
from gradgen.ir.interface import Path, Staged, Static, Tree
from gradgen.stage.arrays import is_array, read
from gradgen.stage.capture import build
from gradgen.stage.merge import without_extent
from gradgen.stage.session import Frame, Session, place
from gradgen.stage.values import DictObject, Group, Known, ListObject, Record, Ref, is_atom


def call_derivative(frame: Frame, derivative: Known, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """`derivative(*args, **keywords)` for an object that knows itself as a program (`__gradgen_staged__`)."""
    session, value = frame.session, derivative.value
    arguments = _bound(session, value.primal, args, keywords)
    atoms: list[Atom] = []
    trees = {name: _tree(session, argument, atoms) for name, argument in arguments.items()}
    staged: Staged = value.__gradgen_staged__(trees)
    return put_in(session, staged, atoms, derivative.path)


def _bound(session: Session, function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    from gradgen.stage.calls import capture_default

    signature = inspect.signature(function)
    try:
        bound = signature.bind(*args, **keywords)
    except TypeError as error:
        raise UnsupportedType(f"`{getattr(function, '__name__', 'the function')}`: {error}") from None
    found: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            found[name] = Group(bound.arguments.get(name, ()))
        elif parameter.kind is parameter.VAR_KEYWORD:
            named = bound.arguments.get(name, {})
            found[name] = session.new(DictObject(tuple(named), tuple(named.values())))
        elif name in bound.arguments:
            found[name] = bound.arguments[name]
        else:
            found[name] = capture_default(session, name, parameter.default)
    return found


def _tree(session: Session, value: Any, atoms: list[Atom]) -> Any:
    """The tree of types of a staged value; its numbers and arrays are added to `atoms`."""
    if is_atom(value):
        atoms.append(value)
        return without_extent(value.type)
    if is_array(session, value):
        atoms.append(read(session, value))
        return atoms[-1].type
    if isinstance(value, Group):
        keys = value.kind._fields if hasattr(value.kind, "_fields") else tuple(range(len(value.items)))
        return Tree(value.kind, keys, tuple(_tree(session, item, atoms) for item in value.items))
    content = session.at(value) if isinstance(value, Ref) else None
    match content:
        case ListObject(items=items):
            return Tree(list, tuple(range(len(items))), tuple(_tree(session, item, atoms) for item in items))
        case DictObject(keys=keys, items=items):
            return Tree(dict, keys, tuple(_tree(session, item, atoms) for item in items))
        case Record(kind=kind, keys=keys, items=items):
            return Tree(kind, keys, tuple(_tree(session, item, atoms) for item in items))
    if isinstance(value, Known):
        return Static(value.value)
    raise UnsupportedSyntax("a function defined inside, as an argument of a gradient", way_out="define the function outside")


def put_in(session: Session, staged: Staged, atoms: list[Atom], path: Path | None) -> Any:
    """The statements of a program for these arguments, and its result as a value."""
    entry = staged.program.entry
    if len(staged.program.functions) > 1:
        raise UnsupportedSyntax("the gradient of a recursive function inside another function", way_out="a loop")
    given: list[Atom] = []
    for k, one in enumerate(staged.inputs):
        given.append(_converted(session, atoms[k], entry.params[k]) if k < len(atoms) else _input(session, one.path, entry.params[k]))
    session.guards.update({(place(guard.path), guard.kind): guard for guard in staged.guards})
    made, results = instantiate(entry, given, session.builder.var, session.builder.slot)
    origin = session.builder.origin
    for statement in made:
        session.builder.append(statement if getattr(statement, "origin", None) else _placed(statement, origin))
    numbers = iter(results)
    return _value(session, staged.result, numbers)


def _placed(statement: Any, origin: Any) -> Any:
    return replace(statement, origin=origin) if hasattr(statement, "origin") else statement


def _converted(session: Session, atom: Atom, param: Var) -> Atom:
    """An int where the gradient takes a float."""
    if param.type == FLOAT and getattr(atom.type, "dtype", "") == "int64" and getattr(atom.type, "weak", False):
        return session.emit("cast", atom, dtype="float64", weak=True)
    return atom


def _input(session: Session, path: Path, param: Var) -> Atom:
    """An input of the inner program: one of this one too."""
    for var, known in zip(session.params, session.inputs, strict=True):
        if place(known.path) == place(path):
            return var
    return session.param(param.name, param.type, path)


def _value(session: Session, tree: Any, numbers: Any) -> Any:
    if isinstance(tree, Static):
        return Known(tree.value)
    if isinstance(tree, Tree):
        items = tuple(_value(session, item, numbers) for item in tree.items)
        return build(session, tree.kind, tree.keys, items)
    return session.value_of(next(numbers))

