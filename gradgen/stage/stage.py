"""The entry: one function, one signature, one program."""

from __future__ import annotations

import functools
from types import FunctionType, MethodType
from typing import Any

from gradgen.errors import GradgenError, InternalError, SourceError
from gradgen.ir import Block, Function, Program
from gradgen.ir.interface import Path, Root, Staged, Static, Tree
from gradgen.stage import choice, comprehensions, expressions, loops, statements, subscripts
from gradgen.stage.arrays import is_array, read
from gradgen.stage.capture import from_tree
from gradgen.stage.flow import Raises
from gradgen.stage.inline import Callee, callee_of, open_frame, run_body
from gradgen.stage.session import Session
from gradgen.stage.values import DictObject, Group, Known, ListObject, Record, Ref, RunList, is_atom

HANDLERS = (choice, comprehensions, expressions, loops, statements, subscripts)  # imported for what they enter


def stage(function: Any, arguments: dict[str, Any], *, name: str | None = None) -> Staged:
    """The program of `function` for arguments of these types.

    `arguments`: for each parameter in order, the tree of its types (see `ir.interface`); `*args` is a tree
    of kind tuple, `**kwargs` one of kind dict. Raises GradgenError, with the place in the user's text; of
    these `NeedsValue` says which number, given as a type, would have to be known: staging again with
    `Static(number)` in its place gives the program for that number.
    """
    session = Session()
    try:
        return _stage(session, function, arguments, name)
    except GradgenError:
        raise
    except RecursionError as error:
        raise GradgenError("the function is nested too deeply to be staged", session.position, "split it up") from error
    except Exception as error:
        raise InternalError(f"staging failed: {type(error).__name__}: {error}", session.position) from error


def _stage(session: Session, function: Any, arguments: dict[str, Any], name: str | None) -> Staged:
    function, owner = _unwrapped(function)
    callee = callee_of(session, function, arguments)
    frame = open_frame(session, callee)
    values = {}
    for parameter, tree in arguments.items():
        path = Path(Root("argument", parameter))
        values[parameter] = from_tree(session, tree, path)
    parameters = tuple((parameter, _shape(session, value)) for parameter, value in values.items())
    for parameter, value in {**_owned(callee, owner), **values}.items():
        frame.assign(parameter, value)
    try:
        result = run_body(session, callee, frame)
    except Raises:
        raise GradgenError(f"`{callee.name}` raises on every path", callee.source.file.position(callee.source.node)) from None
    yields: list[Any] = []
    tree = _result(session, result, yields)
    body = Block(tuple(session.builder.statements), tuple(yields))
    entry = Function(name or _identifier(callee.name), tuple(session.params), body, callee.source.file.origin(callee.source.node))
    return Staged(Program((entry,)), tuple(session.inputs), parameters, tree, tuple(session.guards.values()))


def _unwrapped(function: Any) -> tuple[FunctionType, Any]:
    """The Python function behind a method, a callable object, a decorated function; and what it is bound to."""
    if isinstance(function, FunctionType):
        return function, None
    if isinstance(function, MethodType):
        return function.__func__, function.__self__  # type: ignore[return-value]
    for attribute in ("primal", "py_func", "__wrapped__"):
        inner = getattr(function, attribute, None)
        if inner is not None and not isinstance(function, type | functools.partial):
            return _unwrapped(inner)
    method = getattr(type(function), "__call__", None)
    if isinstance(method, FunctionType):
        return method, function
    shown = getattr(function, "__name__", repr(function))
    raise SourceError(f"`{shown}` has no Python source that could be read", way_out="wrap it in a function of your own")


def _owned(callee: Callee, owner: Any) -> dict[str, Any]:
    """`self` of a bound method."""
    if owner is None:
        return {}
    first = callee.source.node.args
    name = [a.arg for a in (*first.posonlyargs, *first.args)][0]
    return {name: Known(owner, Path(Root("object", name, owner)))}


def _identifier(name: str) -> str:
    return name if name.isidentifier() else "function"


def _shape(session: Session, value: Any) -> Any:
    """The tree of a parameter's variables."""
    return _result(session, value, [])


def _result(session: Session, value: Any, yields: list[Any]) -> Any:
    """The tree of a value; its numbers and arrays are added to `yields`."""
    if is_atom(value):
        yields.append(value)
        return value
    if is_array(session, value):
        yields.append(read(session, value))
        return yields[-1]
    if isinstance(value, Group):
        keys = value.kind._fields if hasattr(value.kind, "_fields") else tuple(range(len(value.items)))
        return Tree(value.kind, keys, tuple(_result(session, item, yields) for item in value.items))
    if isinstance(value, Ref):
        return _object(session, session.at(value), yields)
    return Static(value.value if isinstance(value, Known) else value)


def _object(session: Session, content: Any, yields: list[Any]) -> Any:
    match content:
        case ListObject(items=items):
            return Tree(list, tuple(range(len(items))), tuple(_result(session, item, yields) for item in items))
        case DictObject(keys=keys, items=items):
            return Tree(dict, keys, tuple(_result(session, item, yields) for item in items))
        case Record(kind=kind, keys=keys, items=items):
            return Tree(kind, keys, tuple(_result(session, item, yields) for item in items))
        case RunList(lists=(only,)):
            yields.append(only)
            return only
    return Static(content)

