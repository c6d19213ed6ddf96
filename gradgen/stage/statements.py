"""Simple statements: assignments, expressions, `del`, `assert`, `import`, nested functions."""

from __future__ import annotations

import ast
import importlib
from types import ModuleType
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir.interface import Path, Root
from gradgen.stage import operators
from gradgen.stage.arrays import is_array
from gradgen.stage.dispatch import evaluate, statement
from gradgen.stage.expressions import closure
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.special import changed_by_method
from gradgen.stage.targets import assign, assign_in_parallel
from gradgen.stage.updates import update_array
from gradgen.stage.values import Known, ListObject, RunList

SEQUENCES = (ast.Tuple, ast.List)


@statement(ast.Assign)
def assignment(frame: Frame, node: ast.Assign) -> None:
    first = node.targets[0]
    if len(node.targets) == 1 and isinstance(first, SEQUENCES) and isinstance(node.value, SEQUENCES):
        elements = [*first.elts, *node.value.elts]
        if len(first.elts) == len(node.value.elts) and not any(isinstance(e, ast.Starred) for e in elements):
            assign_in_parallel(frame, first.elts, node.value.elts)
            return
    value = evaluate(frame, node.value)
    for target in node.targets:
        assign(frame, target, value, node.value)
        if isinstance(target, ast.Name):
            value = frame.lookup(target.id)


@statement(ast.AnnAssign)
def annotated(frame: Frame, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assign(frame, node.target, evaluate(frame, node.value), node.value)


@statement(ast.AugAssign)
def augmented(frame: Frame, node: ast.AugAssign) -> None:
    """`x += v`: a new value of a number's name; a change in place of an array or a list."""
    from gradgen.stage.subscripts import augment_item

    target = node.target
    if isinstance(target, ast.Subscript):
        augment_item(frame, target, type(node.op), node.value)
        return
    reading = ast.copy_location(
        ast.Name(target.id, ast.Load())
        if isinstance(target, ast.Name)
        else ast.Attribute(target.value, target.attr, ast.Load()),
        target,
    )
    before = evaluate(frame, reading)
    value = evaluate(frame, node.value)
    after = augmented_value(frame, type(node.op), before, value)
    if after is not before:
        assign(frame, target, after, node.value)


def augmented_value(frame: Frame, kind: type[ast.operator], before: Any, value: Any) -> Any:
    """The object or number that `before <op>= value` leaves."""
    session = frame.session
    content = operators.contents(session, before)
    special = changed_by_method(session, kind, before, value)
    if special is not None:
        return special
    if is_array(session, before):
        update_array(session, kind, before, value)
        return before
    if isinstance(content, ListObject | RunList) and kind is ast.Add:
        from gradgen.stage.methods import extend_list

        extend_list(frame, before, value)
        return before
    if is_scalar(before) and session.is_without_dimensions(before):
        # A change in place that other names for it would see; a number has none to see it.
        raise UnsupportedType("an array without dimensions is changed in place", way_out="a number, such as 0.0")
    return operators.binary(session, kind, before, value)


@statement(ast.Expr)
def expression(frame: Frame, node: ast.Expr) -> None:
    if not isinstance(node.value, ast.Constant):
        evaluate(frame, node.value)


@statement(ast.Pass)
def nothing(frame: Frame, node: ast.Pass) -> None:
    pass


@statement(ast.Global, ast.Nonlocal)
def declaration(frame: Frame, node: ast.Global | ast.Nonlocal) -> None:
    """Harmless where the name is only read, or a variable of a function that is staged; other writes are refused."""
    from gradgen.parse.resolve import stored_names
    from gradgen.stage.dispatch import refused

    function = frame.session.calls[-1].node
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    written = stored_names(body) & set(node.names)
    if any(isinstance(node, ast.Global) or name not in frame.scope(name).locals for name in written):
        raise refused(frame, node)


@statement(ast.Delete)
def deletion(frame: Frame, node: ast.Delete) -> None:
    for target in node.targets:
        for one in target.elts if isinstance(target, SEQUENCES) else [target]:
            if isinstance(one, ast.Name):
                frame.lookup(one.id)
                if one.id not in frame.locals:
                    raise UnsupportedSyntax(f"`del {one.id}` of a variable of the enclosing function")
                del frame.session.state.names[frame.number, one.id]
            elif isinstance(one, ast.Subscript):
                from gradgen.stage.subscripts import delete_item

                delete_item(frame, one)
            else:
                raise UnsupportedSyntax(f"`del {ast.unparse(one)}` changes an object outside of the function")


@statement(ast.Assert)
def assertion(frame: Frame, node: ast.Assert) -> None:
    from gradgen.stage.effects import assert_effect

    assert_effect(frame, node)


def _imported(name: str, package: str | None = None) -> ModuleType:
    try:
        return importlib.import_module(name, package)
    except ImportError as error:
        raise UnsupportedSyntax(f"this import fails: {error}") from error


@statement(ast.Import)
def importing(frame: Frame, node: ast.Import) -> None:
    for alias in node.names:
        module = _imported(alias.name)
        top = module if alias.asname else importlib.import_module(alias.name.split(".")[0])
        name = alias.asname or alias.name.split(".")[0]
        frame.assign(name, Known(top, Path(Root("object", name, top))))


@statement(ast.ImportFrom)
def importing_from(frame: Frame, node: ast.ImportFrom) -> None:
    from gradgen.stage.capture import capture

    package = frame.function.__globals__.get("__package__") if frame.function else None
    module = _imported("." * node.level + (node.module or ""), package)
    for alias in node.names:
        if alias.name == "*":
            raise UnsupportedSyntax("`import *` inside a function")
        found = getattr(module, alias.name, None)
        if found is None:
            found = importlib.import_module(f"{module.__name__}.{alias.name}")
        root = Path(Root("object", module.__name__, module), (("attribute", alias.name),))
        frame.assign(alias.asname or alias.name, capture(frame.session, found, root))


@statement(ast.FunctionDef)
def nested_function(frame: Frame, node: ast.FunctionDef) -> None:
    made: Any = closure(frame, node, node.name)
    for decorator in reversed(node.decorator_list):
        from gradgen.stage.calls import call

        made = call(frame.session, evaluate(frame, decorator), (made,), {}, frame)
    frame.assign(node.name, made)
