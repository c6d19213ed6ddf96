"""Which function stages which node of the syntax tree, and the position that every refusal gets."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradgen.errors import GradgenError, Position, UnsupportedSyntax
from gradgen.parse.subset import refusal

if TYPE_CHECKING:
    from gradgen.stage.session import Frame

EXPRESSIONS: dict[type[ast.expr], Callable[[Frame, Any], Any]] = {}
STATEMENTS: dict[type[ast.stmt], Callable[[Frame, Any], None]] = {}


def expression(*kinds: type[ast.expr]):
    """A decorator: the function gives the value of these expressions."""

    def enter(function):
        EXPRESSIONS.update(dict.fromkeys(kinds, function))
        return function

    return enter


def statement(*kinds: type[ast.stmt]):
    """A decorator: the function carries out these statements, after which the next one follows."""

    def enter(function):
        STATEMENTS.update(dict.fromkeys(kinds, function))
        return function

    return enter


def evaluate(frame: Frame, node: ast.expr) -> Any:
    """The value of an expression; what it takes is appended to the program."""
    outer, frame.session.position = frame.session.position, frame.file.position(node)
    try:
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            raise refused(frame, node)
        return handler(frame, node)
    except GradgenError as error:
        located(error, frame.file.position(node))
        raise
    finally:
        frame.session.position = outer


def refused(frame: Frame, node: ast.AST) -> GradgenError:
    at = frame.file.position(node)
    text = ast.unparse(node).split("\n")[0]
    return refusal(node, at) or UnsupportedSyntax(f"`{text}` cannot be differentiated", at)


def located(error: GradgenError, position: Position) -> None:
    """Give the error a position, if it has none: what is raised deepest inside points most precisely."""
    if error.position is None:
        error.position = position
        error.filename, error.lineno, error.col_offset = position.filename, position.line, position.column
