"""What has been stored in an element, or read from it, is not read back from memory; what is stored over, not stored.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Dim, Function, Program, Scalar, Store, Var, show
>>> a, b, c, d = (Var("a", k, Array("float64", (Dim("n"),))) for k in range(4))
>>> i, x, y = Var("i", 4, INT), *(Var(name, k, Scalar("float64")) for k, name in ((5, "x"), (6, "")))
>>> index = (("index", (At(0),)),)
>>> body = Block((Store(b, a, (At(0),), (i,), x, "set"), Store(c, b, (At(0),), (i,), x, "add"),
...               Assign(y, "getitem", (c, i), index)), (c, y))
>>> before = Program((Function("f", (a, i, x), body),))
>>> print(show(before.entry))
f(a.0, i.4, x.5):
  a.1 = a.0 with [i.4] = x.5
  a.2 = a.1 with [i.4] += x.5
  _.6 = a.2[i.4]
  yield a.2 _.6
>>> print(show(forward_stores(before).entry))
f(a.0, i.4, x.5):
  _.7 = add x.5 x.5
  a.2 = a.0 with [i.4] = _.7
  yield a.2 _.7

What a version of an array is known to hold stays known of the next one for other places, as far as their indices
tell them apart. An array of which then nothing is read any more goes with what nobody reads (`simplify.dead`).
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Array, Assign, Atom, Block, Function, Program, Scalar, Store, Undefined, Var, dtype_of
from gradgen.ir.walk import map_statement, statements, uses
from gradgen.lower.accesses import Memory, Place
from gradgen.rules.build import Builder, builder_after

Held = dict[Place, Atom]  # the elements of one version of an array that are known


def forward_stores(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    made = replace(function, body=_Forwarding(Memory(function), builder).block(function.body, {}))
    return _without_overwritten(made)


class _Forwarding:
    def __init__(self, memory: Memory, builder: Builder):
        self.memory, self.builder = memory, builder
        self.known: dict[Atom, Atom] = {}  # what has been read, by what it is

    def use(self, atom: Atom) -> Atom:
        return self.known.get(atom, atom)

    def block(self, block: Block, outside: dict[Var, Held]) -> Block:
        held = dict(outside)
        with self.builder.collect() as made:
            for s in block.statements:
                s = map_statement(s, self.use, lambda inner: self.block(inner, held))
                match s:
                    case Assign(op="getitem", args=(Var() as array, *operands), target=target) if _is_element(s):
                        place = self.memory.place(s.param("index"), tuple(operands))
                        value = held.get(array, {}).get(place)
                        if value is not None:
                            self.known[target] = value
                            continue
                        if None not in place:
                            held[array] = {**held.get(array, {}), place: target}
                    case Store(array=Var() as array, target=target):
                        place = self.memory.place(s.index, s.operands)
                        if None not in place:
                            s = self.stored(s, array, place, held)
                self.builder.append(s)
        return Block(tuple(made), tuple(map(self.use, block.yields)))

    def stored(self, s: Store, array: Var, place: Place, held: dict[Var, Held]) -> Store:
        """The store, of the sum where what it adds to is known; notes what the new version holds."""
        before = held.get(array, {})
        if s.mode == "add" and place in before and _same_number(s.value, array):
            with self.builder.at(s.origin):
                total = self.builder.emit("add", before[place], s.value, type=Scalar(dtype_of(array.type)))
            s = replace(s, mode="set", value=total)
        held[s.target] = {other: value for other, value in before.items() if self.memory.apart(place, other)}
        if s.mode == "set" and _same_number(s.value, array):
            held[s.target][place] = s.value
        return s


def _is_element(s: Assign) -> bool:
    return isinstance(s.target.type, Scalar) and isinstance(s.args[0].type, Array)


def _same_number(value: Atom, array: Var) -> bool:
    """Whether an element that is stored comes back as it is."""
    if isinstance(value, Undefined) or not isinstance(value.type, Scalar) or not isinstance(array.type, Array):
        return False
    return value.type.dtype == array.type.dtype


def _without_overwritten(function: Function) -> Function:
    """The function without stores over which the next one stores before anybody has read."""
    read = uses(function)
    stores = {s.target: s for s in statements(function.body) if isinstance(s, Store)}
    gone: dict[Atom, Atom] = {}  # what such a store made, by what it was made from
    for s in stores.values():
        last = stores.get(s.array) if isinstance(s.array, Var) else None
        if last is not None and s.mode == "set" and read[last.target] == 1 and _same_place(s, last):
            gone[last.target] = last.array

    def use(atom: Atom) -> Atom:
        while atom in gone:
            atom = gone[atom]
        return atom

    def block(block: Block) -> Block:
        kept = (s for s in block.statements if not (isinstance(s, Store) and s.target in gone))
        return Block(tuple(map_statement(s, use, inner) for s in kept), tuple(map(use, block.yields)))

    inner = block
    return replace(function, body=block(function.body)) if gone else function


def _same_place(a: Store, b: Store) -> bool:
    return (a.index, a.operands) == (b.index, b.operands) and isinstance(a.array.type, Array)
