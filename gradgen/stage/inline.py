"""Calls of the user's functions: their text is staged in place of the call."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir.interface import Path, Root
from gradgen.parse.resolve import local_names
from gradgen.parse.source import FunctionSource, returning, source_of
from gradgen.stage.capture import capture
from gradgen.stage.flow import run_function
from gradgen.stage.forms import signature
from gradgen.stage.session import Frame, Session, constant
from gradgen.stage.targets import named
from gradgen.stage.values import Closure, DictObject, Group, Known

DEPTH = 60  # of calls within calls


@dataclass(frozen=True, slots=True)
class Callee:
    """A function to be staged: its text, where its free names are looked up, and its defaults."""

    source: FunctionSource
    name: str
    defaults: dict[str, Any]
    function: FunctionType | None
    parent: Frame | None
    identity: Any


def callee_of(session: Session, function: FunctionType | Closure, given: Collection[str] = ()) -> Callee:
    """`given`: parameters whose defaults are not asked for."""
    if isinstance(function, Closure):
        source = FunctionSource(function.file, function.node)
        return Callee(source, function.name, function.defaults, function.frame.function, function.frame, function.node)
    source = source_of(function)
    return Callee(source, function.__name__, _defaults(session, function, given), function, None, function.__code__)


def _defaults(session: Session, function: FunctionType, given: Collection[str]) -> dict[str, Any]:
    """The defaults that the function has now; the guard of its code holds the plain ones."""
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    pairs = [
        *zip(positional[len(positional) - len(defaults) :], defaults, strict=True),
        *(function.__kwdefaults__ or {}).items(),
    ]
    return {name: _default(session, function, name, value) for name, value in pairs if name not in given}


def _default(session: Session, function: FunctionType, name: str, value: Any) -> Any:
    if isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic):
        return constant(value)
    if value is None or isinstance(value, str | bytes):
        return Known(value)
    return capture(session, value, Path(Root("object", name, value)))


def inline(session: Session, callee: Callee, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The result of a call, its statements appended to the program."""
    if len(session.calls) >= DEPTH:
        raise UnsupportedSyntax(
            f"`{callee.name}` is the {DEPTH}th call within calls", way_out="fewer functions that call functions"
        )
    frame = open_frame(session, callee)
    bound = bind(session, callee, args, keywords)
    sign(session, frame, bound)
    for name, value in bound.items():
        frame.assign(name, named(frame, name, value, None))
    return run_body(session, callee, frame)


def sign(session: Session, frame: Frame, bound: dict[str, Any]) -> None:
    """Note the form of a call, by which a call within it is known as the same one again."""
    frame.signature, frame.form = signature(session, bound), signature(session, bound, numbers=False)


def open_frame(session: Session, callee: Callee) -> Frame:
    node = callee.source.node
    refuse_kinds(callee)
    session.frames += 1
    frame = Frame(
        session,
        session.frames,
        callee.source.file,
        local_names(node),
        callee.function,
        callee.name,
        callee.parent,
        node,
    )
    frame.owner = _class_of(callee)
    frame.identity, frame.site = callee.identity, session.position
    return frame


def refuse_kinds(callee: Callee) -> None:
    """Generators and coroutines are refused by name before anything is staged."""
    from gradgen.stage.dispatch import refused

    file, node = callee.source.file, callee.source.node
    probe = Frame(None, 0, file, frozenset(), None, callee.name)  # type: ignore[arg-type]
    if isinstance(node, ast.AsyncFunctionDef):
        raise refused(probe, node)
    for inner in _own(node):
        if isinstance(inner, ast.Yield | ast.YieldFrom):
            raise refused(probe, inner)


def _own(node: ast.AST):
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _class_of(callee: Callee) -> str:
    if callee.parent is not None:
        return callee.parent.owner
    parts = callee.function.__qualname__.split(".") if callee.function else []
    return parts[-2] if len(parts) > 1 and parts[-2] != "<locals>" else ""


def run_body(session: Session, callee: Callee, frame: Frame) -> Any:
    session.calls.append(frame)
    outer = session.builder.origin
    try:
        node = callee.source.node
        body = [returning(node)] if isinstance(node, ast.Lambda) else node.body
        return run_function(frame, body)
    finally:
        session.builder.origin = outer
        session.calls.pop()
        if not frame.captured:
            for key in [key for key in session.state.names if key[0] == frame.number]:
                del session.state.names[key]


def bind(session: Session, callee: Callee, args: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    """Parameters to values, by Python's rules; a call that does not fit is refused as Python would."""
    node = callee.source.node.args
    positional = [a.arg for a in (*node.posonlyargs, *node.args)]
    bound = dict(zip(positional, args, strict=False))
    rest = args[len(positional) :]
    if rest and node.vararg is None:
        raise _misfit(callee, f"takes {len(positional)} positional arguments, not {len(args)}")
    by_name = {a.arg for a in (*node.args, *node.kwonlyargs)}
    others = {}
    for name, value in keywords.items():
        if name in by_name and name in bound:
            raise _misfit(callee, f"got two values for `{name}`")
        if name in by_name:
            bound[name] = value
        elif node.kwarg is not None:
            others[name] = value
        else:
            raise _misfit(callee, f"has no parameter `{name}`")
    for name in (*positional, *(a.arg for a in node.kwonlyargs)):
        if name not in bound and name not in callee.defaults:
            raise _misfit(callee, f"got no value for `{name}`")
        bound.setdefault(name, callee.defaults.get(name))
    if node.vararg is not None:
        session.hold(rest)
        bound[node.vararg.arg] = Group(rest)
    if node.kwarg is not None:
        bound[node.kwarg.arg] = session.new(DictObject(tuple(others), tuple(others.values())))
    return bound


def _misfit(callee: Callee, why: str) -> UnsupportedType:
    return UnsupportedType(f"`{callee.name}` {why}")
