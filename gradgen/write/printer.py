"""From Python's `ast` to text, by `astor`, with comments set in and every line traced to the user's.

`astor` prints no comments, and tells no line numbers. So each statement is printed with a marker before
it, a bare name that no program has; afterwards the markers go, comments take the place of some, and
what stands below a marker is the text of its statement.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

import astor
from astor.source_repr import split_lines

from gradgen.ir import Origin

WIDTH = 100
_LONE_TARGET = re.compile(r"^(\s*)(\w+), =")  # `x, = cache`, in which the comma is easily missed
_IMAGINARY = re.compile(r"^(\d+)\.0j$")  # 1.0j, which is written 1j
_MARKER = re.compile(r"\s*_origin_(\d+)_$")


def print_function(
    function: ast.FunctionDef, origins: Mapping[ast.stmt, Origin]
) -> tuple[list[str], dict[int, Origin]]:
    """The lines of a function, and which of them (from 0) come from where."""
    marked: list[Origin] = []
    _mark(function.body, origins, marked, function.name)
    source = astor.to_source(ast.fix_missing_locations(function), indent_with="    ", pretty_source=_in_lines)
    lines: list[str] = []
    traced: dict[int, Origin] = {}
    open_: dict[int, Origin] = {}  # by indentation: the statement that a line belongs to
    group: dict[int, Origin] = {}  # by indentation: the origin of the last statement there, which a comment has told
    for line in source.rstrip("\n").split("\n"):
        marker = _MARKER.match(line)
        depth = len(line) - len(line.lstrip())
        if marker is None:
            lines.append(_LONE_TARGET.sub(r"\1(\2,) =", line))
            inner = [d for d in open_ if d <= depth]
            if inner:
                traced[len(lines) - 1] = open_[max(inner)]
            if line.rstrip().endswith(":"):
                group = {d: o for d, o in group.items() if d <= depth}
            continue
        origin = marked[int(marker[1])]
        open_ = {d: o for d, o in open_.items() if d < depth} | {depth: origin}
        group = {d: o for d, o in group.items() if d <= depth}
        if origin.text.startswith(("backprop ", "again ")) and group.get(max(group, default=0)) != origin:
            lines.append(line[:depth] + "# " + origin.text)
            traced[len(lines) - 1] = origin
        group[depth] = origin
    return lines, traced


def _in_lines(tokens: Iterable[str]) -> str:
    """The text, with long lines broken, but none within a dotted name."""
    joined: list[str] = []
    for token in tokens:
        token = _IMAGINARY.sub(r"\1j", token)
        # A closing bracket stays a token of its own: `astor` looks for its pair.
        last = joined[-1] if joined else ""
        follows = last.endswith(".") if token.isidentifier() else token == "." and last.isidentifier()
        if follows or (token == "." and joined and joined[-1].replace(".", "").isidentifier()):
            joined[-1] += token
        else:
            joined.append(token)
    return "".join(split_lines(joined, maxline=WIDTH))


def _mark(body: list[ast.stmt], origins: Mapping[ast.stmt, Origin], marked: list[Origin], function: str) -> None:
    """Put a marker before each statement with an origin, at every depth."""
    result: list[ast.stmt] = []
    for statement in body:
        origin = origins.get(statement)
        if origin is not None:
            result.append(ast.Expr(ast.Name(f"_origin_{len(marked)}_", ast.Load())))
            marked.append(origin)
        result.append(statement)
        for part in ("body", "orelse"):
            inner = getattr(statement, part, None)
            # A marker before an inner `if` would keep it from being printed as `elif`.
            if inner and not (part == "orelse" and len(inner) == 1 and isinstance(inner[0], ast.If)):
                _mark(inner, origins, marked, function)
            elif inner:
                _mark_chain(inner[0], origins, marked, function)
    body[:] = result


def _mark_chain(branch: ast.stmt, origins: Mapping[ast.stmt, Origin], marked: list[Origin], function: str) -> None:
    holder = [branch]
    _mark(holder, {s: o for s, o in origins.items() if s is not branch}, marked, function)
