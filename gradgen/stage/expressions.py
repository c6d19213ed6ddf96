"""Expressions: constants, names, operators, displays, attributes and calls.

Subscripts, comprehensions and what a call does are in files of their own; expressions that run only in part
(`and`, `or`, the ternary) are in `choice`.
"""

from __future__ import annotations

import ast
import difflib
from types import ModuleType
from typing import Any

import numpy as np

from gradgen.errors import GradgenError, UnknownFunction, UnsupportedSyntax, UnsupportedType
from gradgen.rules.build import constant_atom
from gradgen.rules.table import METHODS
from gradgen.stage import operators
from gradgen.stage.arrays import describe, is_numeric
from gradgen.stage.calls import call
from gradgen.stage.capture import attribute, capture
from gradgen.stage.choice import all_true
from gradgen.stage.dispatch import evaluate, expression, located
from gradgen.stage.iteration import static_items
from gradgen.stage.rulecalls import apply_caller
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.special import guard_method, of_class
from gradgen.stage.targets import assign
from gradgen.stage.values import (
    Bound,
    Closure,
    DictObject,
    Flat,
    Group,
    Known,
    ListObject,
    Partial,
    Record,
    Ref,
    is_atom,
)


@expression(ast.Constant)
def constant(frame: Frame, node: ast.Constant) -> Any:
    value = node.value
    return constant_atom(value) if isinstance(value, bool | int | float | complex) else Known(value)


@expression(ast.Name)
def name(frame: Frame, node: ast.Name) -> Any:
    return frame.lookup(node.id)


@expression(ast.BinOp)
def binary(frame: Frame, node: ast.BinOp) -> Any:
    """A long sum is deeply nested to the left: that side is gone down in a loop."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    value = evaluate(frame, chain[-1].left)
    for part in reversed(chain):
        right = evaluate(frame, part.right)
        try:
            value = operators.binary(frame.session, type(part.op), value, right)
        except GradgenError as error:
            located(error, frame.file.position(part))
            raise
    return value


@expression(ast.UnaryOp)
def unary(frame: Frame, node: ast.UnaryOp) -> Any:
    return operators.unary(frame.session, type(node.op), evaluate(frame, node.operand))


@expression(ast.Compare)
def comparison(frame: Frame, node: ast.Compare) -> Any:
    """a < b < c is `a < b and b < c`, with b computed once."""
    left = evaluate(frame, node.left)
    if len(node.ops) == 1:
        return operators.compare(frame.session, type(node.ops[0]), left, evaluate(frame, node.comparators[0]))

    def step(k: int, left: Any):
        def test() -> Any:
            right = evaluate(frame, node.comparators[k])
            results[k] = right
            return operators.compare(frame.session, type(node.ops[k]), left if k == 0 else results[k - 1], right)

        return test

    results: dict[int, Any] = {}
    return all_true(frame, [step(k, left) for k in range(len(node.ops))])


@expression(ast.Tuple, ast.List)
def display(frame: Frame, node: ast.Tuple | ast.List) -> Any:
    items: list[Any] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            items += static_items(frame, evaluate(frame, element.value), "what `*` spreads")
        else:
            items.append(evaluate(frame, element))
            keep(frame, items[-1])
    return Group(tuple(items)) if isinstance(node, ast.Tuple) else frame.session.new(ListObject(tuple(items)))


def keep(frame: Frame, value: Any) -> None:
    """A structure refers to this value from now on: it cannot take another name."""
    if is_atom(value) and hasattr(value, "version"):
        frame.session.escaped.add(value.version)


@expression(ast.Dict)
def dictionary(frame: Frame, node: ast.Dict) -> Any:
    entries: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            spread = evaluate(frame, value)
            content = operators.contents(frame.session, spread)
            if not isinstance(content, DictObject):
                raise UnsupportedType(f"`**` of {describe(frame.session, spread)}")
            entries.update(zip(content.keys, content.items, strict=True))
            continue
        known = operators.static_key(frame.session, evaluate(frame, key))
        entries[known] = evaluate(frame, value)
        keep(frame, entries[known])
    return frame.session.new(DictObject(tuple(entries), tuple(entries.values())))


@expression(ast.NamedExpr)
def walrus(frame: Frame, node: ast.NamedExpr) -> Any:
    value = evaluate(frame, node.value)
    scope = frame.scope(node.target.id)
    assign(scope, node.target, value, node.value)
    return scope.lookup(node.target.id)


@expression(ast.Lambda)
def function(frame: Frame, node: ast.Lambda) -> Any:
    return closure(frame, node, "<lambda>")


def closure(frame: Frame, node: ast.FunctionDef | ast.Lambda, name: str) -> Closure:
    """A nested function: its defaults are computed now, its body when it is called."""
    arguments = node.args
    positional = (*arguments.posonlyargs, *arguments.args)
    defaults = {}
    for argument, default in zip(
        positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
    ):
        defaults[argument.arg] = evaluate(frame, default)
    for argument, keyword in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword is not None:
            defaults[argument.arg] = evaluate(frame, keyword)
    for value in defaults.values():
        keep(frame, value)
    around: Frame | None = frame
    while around is not None:
        around.captured = True
        around = around.parent
    return Closure(node, frame.file, frame, defaults, name)


@expression(ast.Call)
def function_call(frame: Frame, node: ast.Call) -> Any:
    function = evaluate(frame, node.func)
    args: list[Any] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            args += static_items(frame, evaluate(frame, argument.value), "what `*` spreads")
        else:
            args.append(evaluate(frame, argument))
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        value = evaluate(frame, keyword.value)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
            continue
        content = operators.contents(frame.session, value)
        if not isinstance(content, DictObject):
            raise UnsupportedType(f"`**` of {describe(frame.session, value)}")
        keywords.update(zip(content.keys, content.items, strict=True))
    frame.session.called = ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""
    return call(frame.session, function, tuple(args), keywords, frame)


@expression(ast.Starred)
def starred(frame: Frame, node: ast.Starred) -> Any:
    raise UnsupportedSyntax("`*` can stand in calls, displays and targets only")


@expression(ast.Attribute)
def read_attribute(frame: Frame, node: ast.Attribute) -> Any:
    return get_attribute(frame, evaluate(frame, node.value), frame.private(node.attr))


PROPERTIES = ("T", "shape", "size", "ndim", "dtype", "real", "imag", "mT", "nbytes", "itemsize", "flat")


def get_attribute(frame: Frame, owner: Any, name: str) -> Any:
    """`owner.name`; a method is bound to its owner."""
    session = frame.session
    if is_numeric(session, owner):
        return _of_number(frame, owner, name)
    content = operators.contents(session, owner)
    if isinstance(content, Record) and name in content.keys:
        return content.items[content.keys.index(name)]
    if isinstance(content, Record):
        return _of_class(frame, owner, content.kind, name)
    if isinstance(owner, Group) and hasattr(owner.kind, "_fields"):
        if name in owner.kind._fields:
            return owner.items[owner.kind._fields.index(name)]
        return (
            Bound(owner, name)
            if name in ("_replace", "_asdict", "index", "count")
            else _of_class(frame, owner, owner.kind, name)
        )
    if isinstance(owner, Known) and not isinstance(owner.value, str | bytes):
        if not hasattr(owner.value, name):
            shown = owner.value.__name__ if isinstance(owner.value, ModuleType | type) else type(owner.value).__name__
            near = difflib.get_close_matches(name, dir(owner.value), n=1)
            raise UnsupportedType(f"`{shown}` has no attribute `{name}`", way_out=f"`.{near[0]}`" if near else "")
        return attribute(session, owner, name)
    if isinstance(owner, Partial) and name in ("func", "args", "keywords"):
        raise UnsupportedSyntax(f"`.{name}` of a partial function")
    if isinstance(owner, Ref | Group | Known) or is_scalar(owner):
        return Bound(owner, name)
    raise UnsupportedType(f"{describe(session, owner)} has no attribute `{name}`")


def _of_number(frame: Frame, owner: Any, name: str) -> Any:
    """An attribute of a number or array; a method waits for its call."""
    if name == "flat" and isinstance(owner, Ref):
        return Flat(owner)
    if name in PROPERTIES and name in METHODS:
        return apply_caller(frame.session, METHODS[name], (owner,), {}, f".{name}")
    if name not in METHODS and name not in ("is_integer", "tolist") and not hasattr(np.ndarray, name):
        raise UnsupportedType(f"{describe(frame.session, owner)} has no attribute `{name}`")
    if name in PROPERTIES:
        raise UnknownFunction(f"no rule for the attribute `.{name}` of {describe(frame.session, owner)}")
    return Bound(owner, name)


def _of_class(frame: Frame, owner: Any, kind: type, name: str) -> Any:
    """A method, property or constant that an instance of a dataclass or NamedTuple has from its class."""
    import inspect

    try:
        found = inspect.getattr_static(kind, name)
    except AttributeError:
        raise UnsupportedType(f"`{kind.__name__}` has no attribute `{name}`") from None
    session = frame.session
    if isinstance(found, property):
        guard_method(session, kind, name, found.fget, ("attribute", "fget"))
        return call(session, Known(found.fget), (owner,), {}, frame)
    if isinstance(found, classmethod):
        guard_method(session, kind, name, found.__func__, ("attribute", "__func__"))
        return Bound(Known(kind), Known(found.__func__))
    if isinstance(found, staticmethod):
        guard_method(session, kind, name, found.__func__)
        return Known(found.__func__)
    if inspect.isroutine(found):
        guard_method(session, kind, name, found)
        return Bound(owner, found)
    return capture(session, found, of_class(kind, name))


@expression(ast.JoinedStr)
def formatted(frame: Frame, node: ast.JoinedStr) -> Any:
    from gradgen.stage.effects import text_of

    return text_of(frame, node)
