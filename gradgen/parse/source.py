"""From a function to its text: the file's lines, the syntax tree, and the node of the function in it.

The whole file is parsed, so that lines and columns are those of the file wherever the function stands
in it. Works for everything that `linecache` knows: files, notebook cells, zipped modules.
"""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from types import CodeType, FunctionType
from typing import Any

from gradgen.errors import Position, SourceError
from gradgen.ir import Origin

ARGUMENTS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class SourceFile:
    """The text of one file, and its syntax tree."""

    def __init__(self, filename: str, lines: tuple[str, ...]):
        self.filename, self.lines = filename, lines
        self._origins: dict[ast.AST, Origin] = {}

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse("".join(self.lines), self.filename)

    @cached_property
    def definitions(self) -> list[Definition]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Definition)]

    @cached_property
    def instructions(self) -> set[tuple[Any, ...]]:
        """What the functions of the file do, as it is written now."""
        found, waiting = set(), [compile(self.tree, self.filename, "exec", dont_inherit=True)]
        while waiting:
            code = waiting.pop()
            found.add(instructions(code))
            waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
        return found

    def line(self, number: int) -> str:
        return self.lines[number - 1].rstrip("\n") if 0 < number <= len(self.lines) else ""

    def column(self, line: int, offset: int) -> int:
        """The column in characters; the syntax tree counts bytes of UTF-8."""
        return len(self.line(line).encode()[:offset].decode(errors="ignore"))

    def position(self, node: ast.AST) -> Position:
        line = getattr(node, "lineno", 1)
        return Position(self.filename, line, self.column(line, getattr(node, "col_offset", 0)), self.line(line))

    def origin(self, node: ast.stmt | ast.expr) -> Origin:
        """The one `Origin` of a statement; a compound statement is represented by its head."""
        if node not in self._origins:
            end = node.end_lineno or node.lineno
            last = self.column(end, node.end_col_offset or 0) if end == node.lineno else None
            first = self.column(node.lineno, node.col_offset)
            self._origins[node] = Origin(self.filename, node.lineno, first, self._text(node), last)
        return self._origins[node]

    def _text(self, node: ast.stmt | ast.expr) -> str:
        """The user's text of a statement on one line, without comments."""
        if isinstance(node, ast.Match):
            return f"match {ast.unparse(node.subject)}:"
        if isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.FunctionDef):
            head: Any = copy.copy(node)
            head.body, head.orelse, head.decorator_list = [ast.Pass()], [], []
            return ast.unparse(head).split("\n")[0]
        if node.end_lineno != node.lineno:
            return ast.unparse(node).replace("\n", " ")
        return self.line(node.lineno).encode()[node.col_offset : node.end_col_offset].decode().strip()


@dataclass(frozen=True, slots=True, eq=False)
class FunctionSource:
    file: SourceFile
    node: Definition

    @property
    def body(self) -> list[ast.stmt]:
        """The statements; a lambda is one `return`."""
        if isinstance(self.node, ast.Lambda):
            return [returning(self.node)]
        return self.node.body


@cache
def returning(node: ast.Lambda) -> ast.Return:
    """
    >>> ast.unparse(returning(ast.parse("lambda x: x + 1", mode="eval").body))
    'return x + 1'
    """
    return ast.copy_location(ast.Return(node.body), node.body)


@lru_cache(maxsize=256)
def _file(filename: str, lines: tuple[str, ...]) -> SourceFile:
    return SourceFile(filename, lines)


READ: ContextVar[list[FunctionType] | None] = ContextVar("READ", default=None)


@contextmanager
def reading() -> Iterator[list[FunctionType]]:
    """The functions whose source is read meanwhile.

    >>> with reading() as functions:
    ...     _ = source_of(reading)
    >>> functions == [reading]
    True
    """
    functions: list[FunctionType] = []
    token = READ.set(functions)
    try:
        yield functions
    finally:
        READ.reset(token)


def source_of(function: FunctionType) -> FunctionSource:
    """Where `function` is written.

    >>> source_of(source_of).node.name
    'source_of'
    """
    functions = READ.get()
    if functions is not None:
        functions.append(function)
    code = function.__code__
    linecache.checkcache(code.co_filename)
    lines = tuple(linecache.getlines(code.co_filename, function.__globals__))
    if not lines:
        raise _unreadable(function, f"its file {code.co_filename!r} cannot be read")
    file = _file(code.co_filename, lines)
    try:
        candidates = list(_candidates(file, code))
    except SyntaxError as error:
        raise _unreadable(function, f"its file {code.co_filename!r} is not valid Python: {error.msg}") from error
    if not candidates:
        raise _unreadable(function, f"line {code.co_firstlineno} of {code.co_filename!r} holds another text now")
    if len(candidates) > 1:
        candidates = _by_column(file, candidates, code) or candidates
    if len(candidates) > 1:
        candidates = _by_code(file, candidates, code) or candidates
    if len(candidates) > 1:
        raise _unreadable(function, "several lambdas on its line have the same text; put them on lines of their own")
    # What tests assert is written out anew by some test runners.
    asserts = any(isinstance(node, ast.Assert) for node in ast.walk(candidates[0]))
    if not asserts and instructions(code) not in file.instructions:
        raise _unreadable(
            function,
            f"{code.co_filename!r} holds another text than was loaded",
            "load it again, with `importlib.reload`; what changes functions as they are loaded cannot be followed",
        )
    return FunctionSource(file, candidates[0])


def _unreadable(
    function: FunctionType, why: str, way_out: str = "define the function in a file or a notebook cell"
) -> SourceError:
    return SourceError(f"the source of `{function.__name__}` cannot be read: {why}", way_out=way_out)


def _candidates(file: SourceFile, code: CodeType) -> Iterator[Definition]:
    """The definitions that begin where the code says: name and first line, a decorator's counting."""
    for node in file.definitions:
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        if name == code.co_name and code.co_firstlineno in _first_lines(node):
            yield node


def _first_lines(node: Definition) -> tuple[int, ...]:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return (node.lineno, *(decorator.lineno for decorator in decorators[:1]))


def _by_column(file: SourceFile, candidates: list[Definition], code: CodeType) -> list[Definition]:
    """Those whose text holds all of the code's instructions, and the innermost of these."""
    spans = [
        ((line, column), (end_line, end_column))
        for line, end_line, column, end_column in code.co_positions()
        if None not in (line, end_line, column, end_column) and (column, end_column) != (0, 0)
    ]
    if not spans:
        return []
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    holding = [n for n in candidates if _begin(_whole_body(n)) <= first and last <= _end(_whole_body(n))]
    return sorted(holding, key=_begin)[-1:]


def _whole_body(node: Definition) -> ast.AST:
    return node.body if isinstance(node, ast.Lambda) else node


def _begin(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]


def _end(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def _by_code(file: SourceFile, candidates: list[Definition], code: CodeType) -> list[Definition]:
    """Without columns (`-X no_debug_ranges`): those that compile to the same instructions."""
    wanted = instructions(code)
    return [node for node in candidates if any(instructions(other) == wanted for other in _compiled(node))]


def _compiled(node: Definition) -> Iterator[CodeType]:
    module = ast.Module([ast.copy_location(ast.Expr(node), node)] if isinstance(node, ast.Lambda) else [node], [])
    whole = compile(module, "<comparison>", "exec")
    yield from (constant for constant in whole.co_consts if isinstance(constant, CodeType))


def instructions(code: CodeType) -> tuple[Any, ...]:
    """What the code does, apart from where it is written.

    >>> instructions((lambda x: x * 1).__code__) == instructions((lambda x: x * True).__code__)
    False
    """
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ARGUMENTS)
    return *names, *counts, code.co_code, tuple(map(_constant, code.co_consts))


def _constant(value: Any) -> Any:
    """Equal for constants that are the same: 1 and True are not."""
    if isinstance(value, CodeType):
        return instructions(value)
    if isinstance(value, tuple | frozenset):
        items = [repr(_constant(one)) for one in value]
        return type(value).__name__, tuple(items if isinstance(value, tuple) else sorted(items))
    return type(value).__name__, repr(value)
