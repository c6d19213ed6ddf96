"""What reversing has at hand at every statement, and the primal values that are not alive any more where an adjoint
reads them (`restore`).

Does not decide what is recomputed and what saved (`analyse.keep`).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from gradgen.analyse import keep
from gradgen.differentiate.accumulate import Adjoints
from gradgen.differentiate.several import Items
from gradgen.ir import (
    Assign,
    Atom,
    Block,
    For,
    Function,
    If,
    Load,
    Save,
    Scalar,
    Slot,
    Statement,
    Store,
    Var,
    While,
    dims_of,
)
from gradgen.ir.walk import block_params, free_variables, map_statement, substitute, targets
from gradgen.ir.walk import statements as all_statements
from gradgen.rules.build import Builder


class State:
    def __init__(self, builder: Builder, marks: frozenset[Var], items: Items, function: Function, frugal: bool = False):
        self.builder, self.items, self.changed, self.frugal = builder, items, changed_later(function), frugal
        self.sizes = {dim: (var, axis) for var in function.params for axis, dim in enumerate(dims_of(var.type))}
        self.standing: dict[Var, Assign] = {}  # what is read in loops and can be read again after them
        self.adjoints = Adjoints(builder, marks)
        self.marks = marks
        self.new_slots: list[Slot] = []  # made since the last statement of the outermost block, which opens them
        self.adjoint_slots: dict[Slot, Slot] = {}
        self.called: dict[str, None] = {}  # the functions of which a forward and a backward are needed
        self.most = keep.most_again(frugal)
        self.iterated: frozenset[Var] = frozenset()  # what the loops around the current statement define anew each time
        self.again: dict[Var, Var] = {}  # by their indices, loops run again and those of the primal
        self.repeating = False  # whether the current statement is one of an iteration that will run again
        self.following: tuple[Statement, ...] = ()  # what comes after the current statement in its block

    def block(self, block: Block, in_loop: bool, outermost: bool = False) -> list[Statement]:
        """Append the adjoint of a block's statements; return them as the primal has to run them."""
        raise NotImplementedError

    def active_outside(self, s: If | For | While) -> list[Var]:
        """The active values from outside that the inner blocks read, in the order of first use."""
        inner = (s.then, s.orelse) if isinstance(s, If) else (s.body,)
        params = set(() if isinstance(s, If) else s.carried)
        found: dict[Var, None] = {}
        for block in inner:
            for var in free_variables(block):
                if var in self.marks and var not in params:
                    found.setdefault(var)
        return list(found)

    def adjoint_type(self, var: Atom):
        return replace(var.type, extent=None) if isinstance(var.type, Scalar) else var.type

    # Values that are not alive any more

    def _of_parameter(self, s: Assign) -> Assign:
        """The size of an array as that of a parameter, which is at hand, where they are the same."""
        dim = dims_of(s.args[0].type)[s.param("axis")]
        if dim not in self.sizes:
            return s
        array, axis = self.sizes[dim]
        return replace(s, args=(array,), params=(("axis", axis),), spelling="")

    def restore(self, region: Region, in_loop: bool) -> Region:
        """Give the adjoint statements of an inner block the primal values of that block.

        Outside loops a branch's values become results of the branch. In a loop they are recomputed at
        the head of the adjoint block, or saved where they are defined and loaded there.
        """
        if in_loop:
            region.ask_before()
        needed = [v for v in region.needed() if v in region.defined]
        if region.index is not None and isinstance(region.loop, For):
            needed = [v for v in needed if v != region.loop.index]
            region.rename({region.loop.index: region.index})
        if not in_loop:
            region.exported = tuple((var, self.builder.var(var.name, var.type, var.of)) for var in needed)
            region.rename(dict(region.exported))
            return region
        lost = {var for var in self.iterated if not isinstance(var.type, Scalar)}
        region.definitions |= {var: s for var, s in self.standing.items() if _is_reading(region.definitions.get(var))}
        region.definitions |= {var: self._of_parameter(s) for var, s in region.definitions.items() if s.op == "size"}
        plan = keep.plan(needed, region.definitions, region.defined | lost, region.free, self.most, self.standing)
        again = [s.target for s in plan.recomputed]
        fresh = {v: self.builder.var(v.name, v.type, v.of) for v in (*plan.saved, *again)}
        slots = {var: self.builder.slot(_slot_name(var), var.type) for var in plan.saved}
        self.new_slots += slots.values()
        region.save(slots)
        region.rename(dict(fresh))
        head: list[Statement] = [Load(fresh[var], slots[var]) for var in plan.saved]
        index = {region.loop.index: region.index} if isinstance(region.loop, For) and region.index else {}
        renaming = {**fresh, **index}
        for s in plan.recomputed:
            args = tuple(renaming.get(a, a) if isinstance(a, Var) else a for a in s.args)
            head.append(replace(s, target=fresh[s.target], args=args, origin=None))
        region.statements = head + region.statements
        return region


class Region:
    """An inner block of the primal, with its adjoint's statements, while the two are fitted to each other."""

    def __init__(self, block: Block, primal, statements, exits, loop=None, index: Var | None = None, free=frozenset()):
        self.block, self.primal, self.statements, self.exits = block, primal, statements, exits
        self.loop, self.index, self.free = loop, index, free
        self.exported: tuple[tuple[Var, Var], ...] = ()
        params = () if loop is None else block_params(loop)
        self.defined = {*params, *(var for s in primal for var in targets(s))}
        self.definitions = {s.target: s for s in primal if isinstance(s, Assign)}

    def needed(self) -> dict[Var, None]:
        return free_variables(Block(tuple(self.statements), self.exits))

    def rename(self, mapping: Mapping[Var, Atom]) -> None:
        renamed = substitute(Block(tuple(self.statements), self.exits), mapping)
        self.statements, self.exits = list(renamed.statements), renamed.yields

    def ask_before(self) -> None:
        """Of an array that the adjoint reads nothing of but its sizes, these are asked in the primal: numbers are kept,
        not the array. A Fourier transform in steps kept two, and took twice the time."""
        adjoint = Block(tuple(self.statements), self.exits)
        sizes = [s for s in all_statements(adjoint) if isinstance(s, Assign) and s.op == "size"]
        without = {s.target for s in sizes}
        read = free_variables(_leaving_out(adjoint, without))
        first: dict[tuple[Atom, int], Assign] = {}
        renamed: dict[Var, Atom] = {}
        for s in sizes:
            array = s.args[0]
            if array in self.defined and array not in read:
                renamed[s.target] = first.setdefault((array, s.param("axis")), s).target
        if renamed:
            left = substitute(_leaving_out(adjoint, set(renamed)), renamed)
            self.statements, self.exits = list(left.statements), left.yields
            self._add_to_primal(tuple(first.values()))

    def _add_to_primal(self, asked: tuple[Assign, ...]) -> None:
        """Each after what makes the array that it asks."""
        made = {var for s in self.primal for var in targets(s)}
        body: list[Statement] = [s for s in asked if s.args[0] not in made]
        for statement in self.primal:
            body.append(statement)
            body += [s for s in asked if s.args[0] in targets(statement)]
        self.primal = body
        self.definitions |= {s.target: s for s in asked}
        self.defined |= {s.target for s in asked}

    def save(self, slots: dict[Var, Slot]) -> None:
        """Save each of these values where it is defined."""
        params = [
            Save(slot, var) for var, slot in slots.items() if var not in {t for s in self.primal for t in targets(s)}
        ]
        body: list[Statement] = list(params)
        for statement in self.primal:
            body.append(statement)
            body += [Save(slots[var], var, statement.origin) for var in targets(statement) if var in slots]
        self.primal = body


def _leaving_out(block: Block, made: Set[Var]) -> Block:
    """The block without the operations that make these."""

    def inner(block: Block) -> Block:
        kept = [s for s in block.statements if not (isinstance(s, Assign) and s.target in made)]
        return Block(tuple(map_statement(s, lambda atom: atom, inner) for s in kept), block.yields)

    return inner(block)


def changed_later(function: Function) -> frozenset[Var]:
    """The arrays that something is stored into: to keep one as it is, the text would have to copy it."""
    found: set[Atom] = set()
    for s in all_statements(function.body):
        if isinstance(s, Store):
            found.add(s.array)
        elif isinstance(s, For | While):
            found.update(s.inits)
    return frozenset(atom for atom in found if isinstance(atom, Var))


def _slot_name(var: Var) -> str:
    return var.name or (f"d{var.of.name}" if var.of else "")


def _is_reading(made: Assign | None) -> bool:
    return made is not None and made.op == "getitem"
