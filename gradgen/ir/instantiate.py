"""Statements once more, under variables of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gradgen.ir.nodes import Atom, Block, Function, Load, Open, Save, Slot, Statement, Var
from gradgen.ir.types import Type
from gradgen.ir.walk import map_statement


def instantiate(
    function: Function,
    args: Sequence[Atom],
    var: Callable[[str, Type, Var | None], Var],
    slot: Callable[[str, Type], Slot],
) -> tuple[tuple[Statement, ...], tuple[Atom, ...]]:
    """The statements of `function` applied to `args`, and its results; `var` and `slot` make new ones of these."""
    body, _ = copied(function.body, var, slot, dict(zip(function.params, args, strict=True)))
    return body.statements, body.yields


def copied(
    block: Block,
    var: Callable[[str, Type, Var | None], Var],
    slot: Callable[[str, Type], Slot] | None = None,
    given: Mapping[Var, Atom] | None = None,
) -> tuple[Block, dict[Var, Atom]]:
    """`block` once more with variables of its own, at any depth, and which stands for which. Without `slot` it shares
    the slots; `given`: what stands for variables from outside."""
    renamed: dict[Var, Atom] = dict(given or {})
    slots: dict[Slot, Slot] = {}

    def use(atom: Atom) -> Atom:
        return renamed.get(atom, atom) if isinstance(atom, Var) else atom

    def define(old: Var) -> Var:
        of = renamed.get(old.of, old.of) if old.of else None
        made = var(old.name, old.type, of if isinstance(of, Var) else None)
        renamed[old] = made
        return made

    def inner(block: Block) -> Block:
        made = tuple([copy(statement) for statement in block.statements])
        return Block(made, tuple(map(use, block.yields)))

    def copy(statement: Statement) -> Statement:
        made = map_statement(statement, use, inner, define)
        if slot is not None and isinstance(made, Open | Save | Load):
            if made.slot not in slots:
                slots[made.slot] = slot(made.slot.name, made.slot.type)
            return replace(made, slot=slots[made.slot])
        return made

    return inner(block), renamed
