"""What a name that a function does not assign means: a closure's cell, a global or a builtin.

Also which names a function does assign, by Python's rule: a name assigned anywhere in a function's own
text is local everywhere in it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from functools import cache
from types import FunctionType
from typing import Any

from gradgen.ir.interface import Root

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def resolve(function: FunctionType, name: str) -> tuple[Any, Root] | None:
    """The value that `name` has now for `function`, and where it was found; None where it has none.

    >>> value, root = resolve(resolve, "ast")
    >>> value is ast, root.kind
    (True, 'global')
    """
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    if name in cells:
        try:
            return cells[name].cell_contents, Root("closure", name, cells[name])
        except ValueError:  # the enclosing function has not assigned it yet
            return None
    if name in function.__globals__:
        return function.__globals__[name], Root("global", name, function.__globals__)
    if hasattr(builtins, name):
        # A global of that name made later takes the builtin's place: the path starts where that would be.
        return getattr(builtins, name), Root("global", name, function.__globals__)
    return None


@cache
def local_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that are local to a function.

    >>> sorted(local_names(ast.parse("def f(a, *b):\\n    c = [d for d in (e := a)]").body[0]))
    ['a', 'b', 'c', 'e']
    """
    arguments = node.args
    names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    declared = {name for n in _own_nodes(body) if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    return frozenset((names | stored_names(body)) - declared)


def stored_names(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that these nodes bind in the scope they stand in."""
    found: set[str] = set()
    for node in _own_nodes(nodes):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found.update((alias.asname or alias.name).split(".")[0] for alias in aliases)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
    return found


def _own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes below `nodes` that belong to the same scope; of comprehensions only their walrus targets."""
    for node in nodes:
        yield node
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, _COMPREHENSIONS):
            yield from (n.target for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            continue
        yield from _own_nodes(ast.iter_child_nodes(node))


@cache
def loaded_names(node: ast.AST) -> frozenset[str]:
    """The names that a node may read, at any depth: nested functions and comprehensions included."""
    own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
    return frozenset(
        own | {n.target.id for n in ast.walk(node) if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)}
    )
