"""The body of a parallel loop, as a function of its own: `for part in prange(parts): f_part(part, ...)`.

What the body needs are its parameters, in the order in which it reads them; what it does, it does to the elements of
arrays. So threads share no variables, and Numba compiles the function as it does any other.

>>> loop = ast.parse("for part in range(parts):\\n    s = math.exp(x[part])\\n    y[part] = s * s").body[0]
>>> made = apart(loop, "f_part", {"parts", "part", "s", "x", "y"})
>>> print(ast.unparse(made), ast.unparse(loop), sep="\\n")
def f_part(part, x, y):
    s = math.exp(x[part])
    y[part] = s * s
for part in prange(parts):
    f_part(part, x, y)
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from gradgen.ir import For, Function
from gradgen.ir.walk import statements
from gradgen.write.tree import call, name


def part_names(function: Function) -> list[str]:
    """What the functions that are split off from this one may be called, one for each parallel loop.

    >>> from gradgen.ir import Block
    >>> part_names(Function("f", (), Block(())))
    []
    """
    count = sum(isinstance(s, For) and s.parallel for s in statements(function.body))
    return [f"{function.name}_part{f'_{k + 1}' if k else ''}" for k in range(count)]


def apart(loop: ast.For, called: str, variables: Collection[str]) -> ast.FunctionDef:
    """The function `called`, of which `loop` becomes calls. `variables`: of the function around it."""
    assert isinstance(loop.target, ast.Name)
    assert isinstance(loop.iter, ast.Call)
    body = ast.Module(loop.body, [])
    stored = {node.id for node in ast.walk(body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    needed = dict.fromkeys([loop.target.id, *(one for one in _read(body) if one in variables and one not in stored)])
    head = ast.arguments([], [ast.arg(one) for one in needed], None, [], [], None, [])
    made = ast.FunctionDef(called, head, loop.body, [], lineno=0)
    loop.iter.func = name("prange")
    loop.body = [ast.Expr(call(name(called), [name(one) for one in needed]))]
    return made


def changes(loop: ast.For, names: Collection[str]) -> bool:
    """Whether the loop gives one of these names another value, rather than an element of it."""
    stored = (node for node in ast.walk(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return any(node.id in names for node in stored)


def _read(node: ast.AST) -> Iterator[str]:
    """The names that are read, as they stand in the text."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for inner in ast.iter_child_nodes(node):
        yield from _read(inner)
