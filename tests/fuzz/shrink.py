"""Shrinks a program that shows a defect: ever smaller trees of Python that still show it.

Any text of Python may be shrunk; nothing is known of how it was made.

>>> text = "def f(x, n):\\n    y = x + n\\n    return y * abs(x)"
>>> print(shrink(text, lambda text: "return" in text and "abs(x)" in text))
def f():
    return abs(x)
"""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator


def shrink(source: str, fails: Callable[[str], bool], seconds: float = 60) -> str:
    """The smallest text found in this time for which `fails` holds, as it does for `source`."""
    end = time.monotonic() + seconds
    tree = ast.parse(source)
    start = 0
    while True:
        # After a success go on from there: what could not be taken away before seldom can be now.
        for k, smaller in enumerate(_smaller(tree)):
            if k < start:
                continue
            if time.monotonic() > end:
                return ast.unparse(tree)
            text = ast.unparse(smaller)
            if fails(text):
                tree, start = ast.parse(text), k
                break
        else:
            if start == 0:
                return ast.unparse(tree)
            start = 0


def _smaller(tree: ast.Module) -> Iterator[ast.Module]:
    """Trees in which one thing is gone: statements first, last to first, then parts of expressions."""
    for edits in (_statement_edits, _expression_edits):
        count = sum(1 for _ in edits(copy.deepcopy(tree)))
        for k in range(count):
            changed = copy.deepcopy(tree)
            for j, edit in enumerate(edits(changed)):
                if j == k:
                    edit()
                    break
            yield changed


def _statement_edits(tree: ast.AST) -> Iterator[Callable[[], object]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            if len(block) > 3:
                half = len(block) // 2
                yield lambda block=block, half=half: block.__setitem__(slice(0, half), [])
                yield lambda block=block, half=half: block.__setitem__(slice(half, len(block) - 1), [])
            for k in reversed(range(len(block))):
                keep = [ast.Pass()] if field == "body" and len(block) == 1 and not isinstance(node, ast.Module) else []
                if not isinstance(block[k], ast.Pass) or not keep:
                    yield lambda block=block, k=k, keep=keep: block.__setitem__(slice(k, k + 1), keep)
                for inside in ("body", "orelse"):
                    inner = getattr(block[k], inside, None)
                    if isinstance(inner, list) and inner and not isinstance(block[k], ast.FunctionDef):
                        yield lambda block=block, k=k, inner=inner: block.__setitem__(slice(k, k + 1), inner)


def _expression_edits(tree: ast.AST) -> Iterator[Callable[[], object]]:
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                for k, item in enumerate(value):
                    if isinstance(item, (ast.expr, ast.arg, ast.keyword)):
                        yield lambda value=value, k=k: value.pop(k)
                    if isinstance(item, ast.expr):
                        for other in _instead(item):
                            yield lambda value=value, k=k, other=other: value.__setitem__(k, other)
            elif isinstance(value, ast.expr):
                for other in _instead(value):
                    yield lambda node=node, field=field, other=other: setattr(node, field, other)
                if field in ("lower", "upper", "step"):
                    yield lambda node=node, field=field: setattr(node, field, None)


def _instead(node: ast.expr) -> Iterator[ast.expr]:
    """Smaller expressions to take the place of one: its parts, a constant."""
    if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        if not isinstance(node, (ast.Name, ast.Constant)):
            yield ast.Constant(1.0)
            yield from (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
            yield from (grand for child in ast.iter_child_nodes(node) for grand in _instead_of_parts(child))
        elif isinstance(node, ast.Name):
            yield ast.Constant(1.0)
    elif isinstance(node, ast.Subscript):
        yield ast.Name(node.value.id, ast.Store()) if isinstance(node.value, ast.Name) else node.value


def _instead_of_parts(node: ast.AST) -> Iterator[ast.expr]:
    yield from (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
