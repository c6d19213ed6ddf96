"""The entry: one function, one signature, one program."""

from __future__ import annotations

import functools
import inspect
import linecache
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from gradgen.errors import GradgenError, InternalError, Position, SourceError, UnsupportedSyntax
from gradgen.ir import Array, Block, Effect, Function, Program
from gradgen.ir.interface import Path, Root, Staged
from gradgen.stage import choice, comprehensions, expressions, loops, statements, subscripts
from gradgen.stage.capture import capture, from_tree
from gradgen.stage.dispatch import located
from gradgen.stage.inline import Callee, callee_of, open_frame, run_body, sign
from gradgen.stage.outcome import Raises
from gradgen.stage.separate import closed
from gradgen.stage.session import Session
from gradgen.stage.trees import flatten
from gradgen.stage.values import ArrayObject, Known

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
    held = _held(function)
    function, owner = _unwrapped(function)
    callee = callee_of(session, function, arguments)
    frame = open_frame(session, callee)
    values = {}
    for parameter, tree in arguments.items():
        path = Path(Root("argument", parameter))
        values[parameter] = from_tree(session, tree, path)
    parameters = tuple((parameter, flatten(session, value, [])) for parameter, value in values.items())
    arrays = {cell: content.atom for cell, content in session.state.heap.items() if isinstance(content, ArrayObject)}
    bound = {**_owned(callee, owner), **_given(session, callee, held), **values}
    for parameter, value in bound.items():
        frame.assign(parameter, value)
    try:
        sign(session, frame, bound)
        result = run_body(session, callee, frame)
    except Raises:
        raise _never_returns(session, callee) from None
    except GradgenError as error:
        located(error, callee.source.file.position(callee.source.node))
        raise
    yields: list[Any] = []
    tree = flatten(session, result, yields)
    body = Block(tuple(session.builder.statements), tuple(yields))
    entry = Function(
        name or _identifier(callee.name), tuple(session.params), body, callee.source.file.origin(callee.source.node)
    )
    program = Program(closed(session, entry, session.functions))
    return Staged(
        program, tuple(session.inputs), parameters, tree, tuple(session.guards.values()), _apart(session, arrays)
    )


def _never_returns(session: Session, callee: Callee) -> UnsupportedSyntax:
    last = session.builder.statements[-1] if session.builder.statements else None
    if isinstance(last, Effect) and last.kind == "raise" and last.origin is not None:
        at = last.origin
        position = Position(at.filename, at.line, at.column, linecache.getline(at.filename, at.line).rstrip("\n"))
        message = f"`{callee.name}` never returns: it raises {last.name} here, whatever numbers it is given"
        return UnsupportedSyntax(message, position, "call it with options for which it returns")
    message = f"`{callee.name}` never returns: it raises, or goes on without end, on every path"
    return UnsupportedSyntax(message, callee.source.file.position(callee.source.node))


def _apart(session: Session, arrays: dict[int, Any]) -> tuple[tuple[int, int], ...]:
    """The pairs of inputs that must not share memory: an argument that is changed, and any other array."""
    changed, waiting = set(), list(session.changed)
    while waiting:
        cell = waiting.pop()
        changed |= {cell} & arrays.keys()
        waiting += session.merged.pop(cell, ())
    written = [k for k, param in enumerate(session.params) if any(arrays[cell] == param for cell in changed)]
    others = [k for k, param in enumerate(session.params) if isinstance(param.type, Array)]
    return tuple((k, other) for k in written for other in others if other != k and not (other in written and other < k))


def _unwrapped(function: Any) -> tuple[FunctionType, Any]:
    """The Python function behind a method, a callable object, a decorated function; and what it is bound to."""
    if isinstance(function, FunctionType):
        return function, None
    if isinstance(function, MethodType):
        return function.__func__, function.__self__  # type: ignore[return-value]
    if isinstance(function, functools.partial):
        return _unwrapped(function.func)
    for attribute in ("primal", "py_func", "__wrapped__"):
        inner = getattr(function, attribute, None)
        if inner is not None and not isinstance(function, type | type(np.sum)):
            return _unwrapped(inner)
    method = inspect.getattr_static(type(function), "__call__", None)
    if isinstance(method, FunctionType):
        return method, function
    shown = getattr(function, "__name__", repr(function))
    raise SourceError(f"`{shown}` has no Python source that could be read", way_out="wrap it in a function of your own")


def _held(function: Any) -> functools.partial | None:
    return function if isinstance(function, functools.partial) and function.args else None


def _given(session: Session, callee: Callee, held: functools.partial | None) -> dict[str, Any]:
    """The positional arguments that functools.partial holds; those held by name are defaults of the call."""
    if held is None:
        return {}
    node = callee.source.node.args
    names = [a.arg for a in (*node.posonlyargs, *node.args)]
    if len(held.args) > len(names):
        raise GradgenError("functools.partial that holds a part of `*args`", way_out="a function that makes the call")
    paths = (Path(Root("object", name, held), (("attribute", "args"), ("item", k))) for k, name in enumerate(names))
    return {name: capture(session, one, path) for name, one, path in zip(names, held.args, paths, strict=False)}


def _owned(callee: Callee, owner: Any) -> dict[str, Any]:
    """`self` of a bound method."""
    if owner is None:
        return {}
    first = callee.source.node.args
    name = next(a.arg for a in (*first.posonlyargs, *first.args))
    return {name: Known(owner, Path(Root("object", name, owner)))}


def _identifier(name: str) -> str:
    return name if name.isidentifier() else "function"
