"""Going over programs: what a statement reads and defines, and programs with parts replaced.

Every pass that has to treat all statements alike does it through these, so that a new kind of
statement is made known here once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from operator import is_
from typing import Any

from gradgen.ir.nodes import (
    Accumulate,
    Assign,
    Atom,
    Block,
    Call,
    Effect,
    For,
    Function,
    If,
    Load,
    Open,
    Save,
    Statement,
    Store,
    Text,
    Var,
    While,
)

NESTED = If | For | While  # statements with blocks of their own


def blocks(statement: Statement) -> tuple[Block, ...]:
    """The blocks directly inside a statement, in the order in which they run."""
    match statement:
        case If():
            return statement.then, statement.orelse
        case For():
            return (statement.body,)
        case While():
            return statement.test, statement.body
    return ()


def operands(statement: Statement) -> tuple[Atom, ...]:
    """The atoms that the statement itself reads, in the enclosing block; not those of its blocks."""
    match statement:
        case Assign():
            return statement.args
        case Accumulate():
            return statement.prior, statement.value
        case Store():
            return (statement.array, *statement.operands, statement.value)
        case If():
            return (statement.test,)
        case For():
            return (statement.start, statement.stop, statement.step, *statement.inits)
        case While():
            return statement.inits
        case Save():
            return (statement.value,)
        case Call():
            return statement.args
        case Effect():
            return (*((statement.test,) if statement.test is not None else ()), *_texts_atoms(statement.args))
        case Open() | Load():
            return ()


def _texts_atoms(args: tuple) -> Iterator[Atom]:
    for arg in args:
        if isinstance(arg, Text):
            yield from (part[0] for part in arg.parts if not isinstance(part, str))
        elif not isinstance(arg, str):
            yield arg


def targets(statement: Statement) -> tuple[Var, ...]:
    """The variables that the enclosing block has after the statement."""
    match statement:
        case Assign() | Accumulate() | Store() | Load():
            return (statement.target,)
        case If():
            return statement.results
        case For() | While():
            return statement.results + ((statement.trips,) if statement.trips else ())
        case Call():
            return statement.targets
    return ()


def block_params(statement: Statement) -> tuple[Var, ...]:
    """The variables that the statement defines for its blocks."""
    match statement:
        case For():
            return (statement.index, *statement.carried)
        case While():
            return statement.carried
    return ()


def block_exits(statement: Statement, block: Block) -> tuple[Atom, ...]:
    """The atoms that `block`, a block of `statement`, hands out when it ends."""
    leaves = isinstance(statement, For | While) and block is statement.body and statement.leave is not None
    return (*block.yields, statement.leave) if leaves else block.yields  # type: ignore[union-attr, arg-type]


def statements(block: Block) -> Iterator[Statement]:
    """All statements of a block at every depth, each before those inside it."""
    for statement in block.statements:
        yield statement
        if isinstance(statement, NESTED):
            for inner in blocks(statement):
                yield from statements(inner)


def within(statement: Statement) -> Iterator[Statement]:
    """The statement, and all inside it at every depth."""
    yield statement
    for block in blocks(statement):
        yield from statements(block)


def free_variables(block: Block, exits: tuple[Atom, ...] | None = None) -> dict[Var, None]:
    """What a block reads and does not define, in the order of first use (a dict serves as ordered set)."""
    free: dict[Var, None] = {}
    defined: set[Var] = set()
    for statement in block.statements:
        read = operands(statement)
        for atom in (*read, *statement_free(statement)) if isinstance(statement, NESTED) else read:
            if isinstance(atom, Var) and atom not in defined:
                free[atom] = None
        defined.update(targets(statement))
    for atom in block.yields if exits is None else exits:
        if isinstance(atom, Var) and atom not in defined:
            free[atom] = None
    return free


def statement_free(statement: Statement) -> dict[Var, None]:
    """What the blocks of a statement read from outside it."""
    free: dict[Var, None] = {}
    if not isinstance(statement, NESTED):
        return free
    params = set(block_params(statement))
    for block in blocks(statement):
        for var in free_variables(block, block_exits(statement, block)):
            if var not in params:
                free.setdefault(var)
    return free


def uses(function: Function) -> Counter[Var]:
    """How often each variable is read."""
    uses: Counter[Var] = Counter()

    def count(atoms) -> None:
        uses.update(atom for atom in atoms if isinstance(atom, Var))

    count(function.body.yields)
    for statement in statements(function.body):
        count(operands(statement))
        for block in blocks(statement):
            count(block_exits(statement, block))
    return uses


Rename = Callable[[Atom], Atom]


def map_statement(
    statement: Statement, use: Rename, block: Callable[[Block], Block], define=lambda var: var
) -> Statement:
    """A copy of `statement`: each atom read replaced by `use`, each target by `define`, each inner block by `block`.

    `leave`, and the yields of inner blocks, belong to the inner block: `block` renames the yields,
    `use` renames `leave`.
    """
    match statement:
        case Assign():  # most statements are: here `replace` would take half of the time
            target, args = define(statement.target), tuple(map(use, statement.args))
            if target is statement.target and all(map(is_, args, statement.args)):
                return statement
            return Assign(target, statement.op, args, statement.params, statement.spelling, statement.origin)
        case Accumulate():
            return _with(
                statement, target=define(statement.target), prior=use(statement.prior), value=use(statement.value)
            )
        case Store():
            return _with(
                statement,
                target=define(statement.target),
                array=use(statement.array),
                operands=tuple(map(use, statement.operands)),
                value=use(statement.value),
            )
        case If():
            test = use(statement.test)
            then, orelse = block(statement.then), block(statement.orelse)
            return _with(statement, test=test, then=then, orelse=orelse, results=tuple(map(define, statement.results)))
        case For() | While():
            return _map_loop(statement, use, block, define)
        case Save():
            return _with(statement, value=use(statement.value))
        case Load():
            return _with(statement, target=define(statement.target))
        case Call():
            return _with(statement, args=tuple(map(use, statement.args)), targets=tuple(map(define, statement.targets)))
        case Effect():
            given: Atom | None = None if statement.test is None else use(statement.test)
            return replace(statement, test=given, args=tuple(_map_text(arg, use) for arg in statement.args))
        case Open():
            return statement


def _with(part: Any, **fields: Any) -> Any:
    """`part` with these fields; itself, where each is what it was, which is so for most statements that are mapped."""
    for name, new in fields.items():
        old = getattr(part, name)
        if new is not old and not (isinstance(new, tuple) and len(new) == len(old) and all(map(is_, new, old))):
            return replace(part, **fields)
    return part


def _map_loop(loop: For | While, use: Rename, block, define) -> For | While:
    inits = tuple(map(use, loop.inits))
    if isinstance(loop, For):
        bounds = {name: use(getattr(loop, name)) for name in ("start", "stop", "step")}
        head = {**bounds, "index": define(loop.index)}
    else:
        head = {}
    carried = tuple(map(define, loop.carried))
    if isinstance(loop, While):
        head["test"] = block(loop.test)
    body = block(loop.body)
    leave: Atom | None = None if loop.leave is None else use(loop.leave)
    trips = loop.trips and define(loop.trips)
    results = tuple(map(define, loop.results))
    return _with(loop, inits=inits, carried=carried, body=body, leave=leave, trips=trips, results=results, **head)


def _map_text(arg, use: Rename):
    if isinstance(arg, Text):
        return Text(tuple(part if isinstance(part, str) else (use(part[0]), *part[1:]) for part in arg.parts))
    return arg if isinstance(arg, str) else use(arg)


def substitute(block: Block, mapping: Mapping[Var, Atom]) -> Block:
    """`block` with the variables of `mapping` replaced where they are read."""
    if not mapping:
        return block

    def use(atom: Atom) -> Atom:
        return mapping.get(atom, atom) if isinstance(atom, Var) else atom

    def inner(block: Block) -> Block:
        body = tuple(map_statement(statement, use, inner) for statement in block.statements)
        return _with(block, statements=body, yields=tuple(map(use, block.yields)))

    return inner(block)
