"""Which names may still be read, on the syntax tree: liveness by Python's control flow.

A name is live before a statement if some path from there reads it before assigning it. Names that
nested functions read are live everywhere, since a call may come at any time.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from gradgen.parse.resolve import loaded_names, stored_names

Names = frozenset[str]
_NESTED = (ast.FunctionDef, ast.Lambda, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Live:
    """What is live where a block's statements can go: at its end, at `break` and at `continue`."""

    after: Names = frozenset()
    at_break: Names = frozenset()
    at_continue: Names = frozenset()

    def with_after(self, after: Names) -> Live:
        return Live(after, self.at_break, self.at_continue)


def live_before(statements: Sequence[ast.stmt], live: Live) -> Names:
    """The names live before these statements.

    >>> body = ast.parse("y = x\\nz = y + w\\nif z: w = 1\\nelse: v").body
    >>> sorted(live_before(body, Live(frozenset({"w", "z"}))))
    ['v', 'w', 'x']
    """
    after = live.after
    for statement in reversed(statements):
        after = _before(statement, live.with_after(after))
    return after


def _before(s: ast.stmt, live: Live) -> Names:
    match s:
        case ast.Assign(targets=targets, value=value):
            return (live.after - _plain(targets)) | _reads(targets) | loaded_names(value)
        case ast.AnnAssign(target=target, value=value):
            return (live.after - _plain([target])) | _reads([target]) | loaded_names(value) if value else live.after
        case ast.If(test=test, body=body, orelse=orelse):
            return loaded_names(test) | live_before(body, live) | live_before(orelse, live)
        case ast.For():
            return loaded_names(s.iter) | loop_live(s, live).at_continue
        case ast.While():
            return loop_live(s, live).at_continue
        case ast.Return(value=value):
            return loaded_names(value) if value else frozenset()
        case ast.Raise():
            return loaded_names(s)
        case ast.Break():
            return live.at_break
        case ast.Continue():
            return live.at_continue
        case ast.With(items=items, body=body):
            return frozenset().union(*map(loaded_names, items)) | live_before(body, live)
        case ast.Match(subject=subject, cases=cases):
            branches = (loaded_names(c.guard) if c.guard else frozenset() for c in cases)
            bodies = (live_before(c.body, live) for c in cases)
            patterns = (loaded_names(c.pattern) for c in cases)
            return loaded_names(subject).union(live.after, *branches, *bodies, *patterns)
        case ast.FunctionDef(name=name):
            return (live.after - {name}) | loaded_names(s)
    return live.after | loaded_names(s)


def loop_live(loop: ast.For | ast.While, live: Live) -> Live:
    """What is live at the places where a loop's body can go; `at_continue` is its head."""
    ended = live_before(loop.orelse, live)
    head = ended
    while True:
        inside = live_before(loop.body, Live(head, live.after, head))
        if isinstance(loop, ast.For):
            again = ended | (inside - _plain([loop.target])) | _reads([loop.target])
        else:
            again = ended | inside | loaded_names(loop.test)
        if again == head:
            return Live(head, live.after, head)
        head = again | head


def _plain(targets: Sequence[ast.expr]) -> Names:
    return frozenset(stored_names(targets))


def _reads(targets: Sequence[ast.expr]) -> Names:
    return frozenset().union(*map(loaded_names, targets))


@cache
def captured_names(node: ast.AST) -> Names:
    """The names that functions nested in `node` read."""
    nested = [n for n in ast.walk(node) if isinstance(n, _NESTED) and n is not node]
    return frozenset().union(*map(loaded_names, nested))


@cache
def always_exits(block: tuple[ast.stmt, ...]) -> bool:
    """Whether the statements never reach their end, as far as their form tells."""
    return any(_exits(s) for s in block)


def _exits(s: ast.stmt) -> bool:
    match s:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return True
        case ast.If(body=body, orelse=orelse):
            return always_exits(tuple(body)) and always_exits(tuple(orelse))
        case ast.With(body=body):
            return always_exits(tuple(body))
    return False


@cache
def may_exit(node: ast.AST) -> bool:
    """Whether a statement can leave its block other than at the end: by return, or its loop's break or continue."""
    return _may_exit(node, inside=False)


def _may_exit(node: ast.AST, inside: bool) -> bool:
    if isinstance(node, ast.Return):
        return True
    if isinstance(node, ast.Break | ast.Continue):
        return not inside
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.For | ast.While):
        return any(_may_exit(child, True) for child in node.body) or any(
            _may_exit(child, inside) for child in node.orelse
        )
    return any(_may_exit(child, inside) for child in ast.iter_child_nodes(node))


def falling_paths(block: Sequence[ast.stmt]) -> int:
    """On how many branches that have exits beside them control reaches the end of a block."""
    ways = 1
    for s in block:
        if _exits(s):
            return 0
        if isinstance(s, ast.If) and may_exit(s):
            ways *= falling_paths(s.body) + falling_paths(s.orelse)
    return ways
