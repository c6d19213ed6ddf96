"""What has just been stored in an element is not read back from memory: merged loops use the value itself.

An array of which then nothing is read any more goes with what nobody reads (`simplify.dead`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradgen.ir import Array, Assign, Atom, Block, Function, Program, Scalar, Store, Undefined, Var
from gradgen.ir.walk import map_statement
from gradgen.lower.accesses import Memory, Place


def forward_stores(program: Program) -> Program:
    return replace(program, functions=tuple(_function(function) for function in program.functions))


def _function(function: Function) -> Function:
    return replace(function, body=_block(function.body, Memory(function), {}, {}))


@dataclass(frozen=True, slots=True)
class _Stored:
    """The element that made a version of an array, out of the version `before`."""

    place: Place
    value: Atom
    before: Atom


def _block(block: Block, memory: Memory, stored: dict[Var, _Stored], known: dict[Atom, Atom]) -> Block:
    """`stored`: by version of an array; `known`: what has been read, by what it is."""
    stored, known = dict(stored), dict(known)

    def use(atom: Atom) -> Atom:
        return known.get(atom, atom)

    made = []
    for s in block.statements:
        s = map_statement(s, use, lambda inner: _block(inner, memory, stored, known))
        match s:
            case Assign(op="getitem", args=(Var() as array, *operands), target=target) if array in stored:
                last = stored[array]
                if memory.place(s.param("index"), tuple(operands)) == last.place and _same_number(last.value, array):
                    known[target] = last.value
                    continue
            case Store(mode="set", target=target):
                place = memory.place(s.index, s.operands)
                if None not in place:
                    s = _over_last(s, stored, place)
                    stored[target] = _Stored(place, s.value, s.array)
        made.append(s)
    return Block(tuple(made), tuple(map(use, block.yields)))


def _over_last(s: Store, stored: dict[Var, _Stored], place: Place) -> Store:
    """A store over what the last one stored makes that one needless."""
    last = stored.get(s.array) if isinstance(s.array, Var) else None
    return replace(s, array=last.before) if last is not None and last.place == place else s


def _same_number(value: Atom, array: Var) -> bool:
    """Whether an element that is stored comes back as it is."""
    if isinstance(value, Undefined) or not isinstance(value.type, Scalar) or not isinstance(array.type, Array):
        return False
    return value.type.dtype == array.type.dtype
