"""A function's body staged apart: as a function of its own rather than in place of a call.

What the body reads from around it (globals, the variables of an enclosing function) become further
parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from gradgen.errors import UnsupportedSyntax
from gradgen.ir import Atom, Block, Call, Function, Type, Var
from gradgen.ir.walk import blocks, free_variables, map_statement, substitute
from gradgen.stage.inline import Callee, open_frame, run_body
from gradgen.stage.session import Session
from gradgen.stage.trees import assemble, cells, flatten
from gradgen.stage.values import ArrayObject


@dataclass(frozen=True, slots=True)
class Body:
    """`result`: the tree of the result over `block.yields`."""

    params: tuple[Var, ...]
    block: Block
    result: Any


def stage_apart(session: Session, callee: Callee, trees: dict[str, Any], types: list[Type], names: list[str]) -> Body:
    """The body for arguments of the structure `trees`, whose leaves are of `types`."""
    before, statements = session.state, session.builder.statements
    session.state = before.copy()
    try:
        with session.assigning() as assigns, session.builder.collect() as made:
            params = tuple(session.builder.var(name, type) for name, type in zip(names, types, strict=True))
            session.escaped.update(param.version for param in params)
            atoms = iter(params)
            frame = open_frame(session, callee)
            objects = {}
            for name, tree in trees.items():
                value = assemble(session, tree, atoms)
                objects.update(cells(session, value))
                frame.assign(name, value)
            result = run_body(session, callee, frame)
            _check_untouched(session, callee, objects, before)
            if assigns():
                message = f"`{callee.name}` assigns a variable of the enclosing function"
                raise UnsupportedSyntax(message, way_out="return the new value")
            yields: list[Atom] = []
            shape = flatten(session, result, yields)
    finally:
        session.state, session.builder.statements = before, statements
    return Body(params, Block(tuple(made), tuple(yields)), shape)


def _check_untouched(session: Session, callee: Callee, objects: dict[int, Any], before: Any) -> None:
    """What the body changes of its arguments, or of what is around it, would be lost to the caller."""
    for cell, content in {**objects, **before.heap}.items():
        now = session.state.heap.get(cell)
        if now is not None and _is_changed(now, content):
            raise UnsupportedSyntax(
                f"`{callee.name}` changes an object of its caller's in place", way_out="return the new value"
            )


def _is_changed(now: Any, content: Any) -> bool:
    if isinstance(now, ArrayObject) and isinstance(content, ArrayObject):
        return now.view is None and now.atom != content.atom
    return now is not content and now != content


def closed(session: Session, entry: Function, functions: Iterable[Function]) -> tuple[Function, ...]:
    """The functions, entry first, with what each reads from around it as further parameters."""
    functions = list(functions)
    outer = _outer_variables(functions)
    made = [_extended(entry, outer, {})]
    for function in functions:
        own = {var: session.builder.var(var.name, var.type) for var in outer[function.name]}
        made.append(_extended(function, outer, own))
    return tuple(made)


def _outer_variables(functions: list[Function]) -> dict[str, list[Var]]:
    """For each function what it, and the functions that it calls, read from around it."""
    free = {f.name: [v for v in free_variables(f.body) if v not in f.params] for f in functions}
    called = {f.name: set(calls(f.body)) for f in functions}
    changed = True
    while changed:
        changed = False
        for f in functions:
            more = [
                v for name in sorted(called[f.name]) for v in free[name] if v not in free[f.name] and v not in f.params
            ]
            if more:
                free[f.name] += list(dict.fromkeys(more))
                changed = True
    return free


def calls(block: Block) -> Iterable[str]:
    """The functions that are called at run time."""
    for statement in block.statements:
        if isinstance(statement, Call):
            yield statement.function
        for inner in blocks(statement):
            yield from calls(inner)


def _extended(function: Function, outer: dict[str, list[Var]], own: dict[Var, Var]) -> Function:
    def inner(block: Block) -> Block:
        return Block(tuple(map(extend, block.statements)), block.yields)

    def extend(statement: Any) -> Any:
        if isinstance(statement, Call):
            return replace(statement, args=(*statement.args, *outer[statement.function]))
        return map_statement(statement, lambda atom: atom, inner)

    body = substitute(inner(function.body), own)
    return replace(function, params=(*function.params, *own.values()), body=body)
