"""Where loops touch memory: which arrays, at which places, and whether they only add to them.

Arrays are told by `Memory`: the versions that stores and loops make of one array are one, and what may share
a buffer (a view and its base, what a branch or a loop that swaps hands on) has a root in common. A place is
the linear form `variable + constant` of each index.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from gradgen.analyse.alias import makes_view
from gradgen.analyse.liveness import LIST_UPDATES
from gradgen.ir import (
    INT,
    Accumulate,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Call,
    Const,
    Effect,
    For,
    Function,
    If,
    ListOf,
    Load,
    Open,
    Save,
    Slot,
    Statement,
    Store,
    Var,
    While,
)
from gradgen.ir.known import integer_of
from gradgen.ir.walk import block_exits, blocks, operands, targets, within

Form = tuple[Var | None, int]  # variable + constant
Place = tuple[Form | None, ...]  # one for each axis; None where it is no linear form


class Memory:
    """The arrays of a function: `key` tells versions of one from other arrays, `roots` whose buffers it may share."""

    def __init__(self, function: Function, branches: bool = False):
        """`branches`: an array in which only one branch of an `if` stores stays that array."""
        self._branches = branches
        self._keys: dict[Var, Var] = {}
        self._roots: dict[Var, frozenset[Var]] = {}
        self._forms: dict[Atom, Form] = {}
        self._sums: dict[Atom, tuple[Atom, ...]] = {}
        self._products: dict[Atom, tuple[Atom, ...]] = {}
        self._extremes: dict[Atom, Assign] = {}
        self._indices: dict[Var | None, Var] = {}  # of merged loops
        self._least: dict[Var | None, int] = {}  # of the indices of loops
        self._note(function.body)

    def key(self, array: Atom) -> Var:
        assert isinstance(array, Var)
        return self._keys.get(array, array)

    def roots(self, array: Atom) -> frozenset[Var]:
        key = self.key(array)
        return self._roots.get(key, frozenset((key,)))

    def form(self, atom: Atom) -> Form | None:
        if isinstance(atom, Const):
            return (None, atom.value) if isinstance(atom.value, int) else None
        if not isinstance(atom, Var):
            return None
        base, offset = self._forms.get(atom, (atom, 0))
        while base in self._indices:
            base = self._indices[base]
        return base, offset

    def merged(self, index: Var, other: Var) -> None:
        """From here on the loop of `index` is part of that of `other`."""
        self._indices[index] = other

    def trips(self, loop: For) -> Atom | None:
        """The number of trips of a loop whose stop is written `start + trips * step`."""
        made = self._sums.get(loop.stop)
        if integer_of(loop.start) == 0:
            rest = loop.stop
        elif made is not None and loop.start in made:
            rest = made[1 - made.index(loop.start)]
        else:
            return None
        trips, by = self._products.get(rest, (rest, Const(1, INT)))
        return trips if self.form(by) == self.form(loop.step) else None

    def stride(self, loop: For, upwards: bool) -> Atom | None:
        """How far a loop over a part of a range, from `start` to `min(start + stride, end)`, goes at most."""
        made = self._extremes.get(loop.stop)
        found = made is not None and made.op == ("minimum" if upwards else "maximum")
        for bound in (loop.stop, *(made.args if made is not None and found else ())):
            parts = self._sums.get(bound, ())
            if loop.start in parts:
                return parts[1 - parts.index(loop.start)]
        return None

    def positive(self, atom: Atom) -> bool:
        """Whether the number is known to be more than 0."""
        made = self._extremes.get(atom)
        bounds = made.args if made is not None and made.op == "maximum" else (atom,)
        return any((integer_of(one) or 0) > 0 for one in bounds)

    def told(self, form: Form | None) -> TypeGuard[Form]:
        """Whether different values of the form are different places: none is negative, to be counted from the end."""
        if form is None:
            return False
        base, offset = form
        return offset + (0 if base is None else self._least.get(base, -offset - 1)) >= 0

    def apart(self, a: Place, b: Place) -> bool:
        """Whether the places are certainly different."""
        pairs = zip(a, b, strict=False)
        return any(self.told(x) and self.told(y) and x[0] == y[0] and x[1] != y[1] for x, y in pairs)

    def place(self, index: tuple, operands: tuple[Atom, ...]) -> Place:
        return tuple(
            (None, entry)
            if isinstance(entry, int)
            else self.form(operands[entry.operand])
            if isinstance(entry, At)
            else None
            for entry in index
        )

    def _note(self, block: Block) -> None:
        for s in block.statements:
            match s:
                case Assign(target=target, args=args):
                    if makes_view(s):
                        self._related(target, args)
                    elif s.op in ("add", "sub"):
                        self._linear(s)
                    if s.op == "add":
                        self._sums[target] = args
                    elif s.op == "mul":
                        self._products[target] = args
                    elif s.op in ("minimum", "maximum"):
                        self._extremes[target] = s
                case Store(target=target, array=Var() as array):
                    self._same(target, array)
                case Accumulate(target=target, prior=prior, value=value):
                    self._related(target, (prior, value))
                case For() | While():
                    self._loop(s)
                case If():
                    for inner in blocks(s):
                        self._note(inner)
                    for result, *sides in zip(s.results, s.then.yields, s.orelse.yields, strict=True):
                        if (
                            self._branches
                            and len({self.key(one) if isinstance(one, Var) else one for one in sides}) == 1
                        ):
                            self._same(result, sides[0])
                        else:
                            self._related(result, sides)

    def _loop(self, s: For | While) -> None:
        """What comes back as a version of what went in is one array; where a loop swaps, any may be any."""
        for var, init in zip(s.carried, s.inits, strict=True):
            self._same(var, init)
        if isinstance(s, For):
            self._range(s)
        for inner in blocks(s):
            self._note(inner)
        stays = [
            isinstance(made, Var) and self.key(made) == self.key(var)
            for var, made in zip(s.carried, s.body.yields, strict=True)
        ]
        for k, result in enumerate(s.results):
            if stays[k]:
                self._same(result, s.carried[k])
            else:
                self._related(result, (*s.inits, *s.body.yields))

    def _range(self, s: For) -> None:
        """Note the least value of the loop's index."""
        step = integer_of(s.step) or 0
        form = self.form(s.start) if step > 0 else self.form(s.stop) if step < 0 else None
        if form is not None:
            base, offset = form
            least = 0 if base is None else self._least.get(base)
            if least is not None:
                self._least[s.index] = least + offset + (step < 0)

    def _same(self, var: Var, other: Atom) -> None:
        if isinstance(other, Var):
            self._keys[var] = self.key(other)

    def _related(self, var: Var, others) -> None:
        if isinstance(var.type, Array | ListOf):
            known = [self.roots(other) for other in others if isinstance(other, Var)]
            self._roots[self.key(var)] = frozenset((self.key(var),)).union(*known)

    def _linear(self, s: Assign) -> None:
        a, b = s.args
        if isinstance(a, Const) and s.op == "add":
            a, b = b, a
        form = self.form(a)
        if form is not None and isinstance(b, Const) and isinstance(b.value, int):
            self._forms[s.target] = form[0], form[1] + (b.value if s.op == "add" else -b.value)


@dataclass
class Accesses:
    """What a loop does to the arrays from outside it, and whether it does anything that must keep its turn.

    met, changed: by a root, the arrays that may share its buffer: all, and those that are written.
    """

    memory: Memory
    places: dict[Var, dict[Place, None]] = field(default_factory=dict)
    written: set[Var] = field(default_factory=set)
    not_only_added: set[Var] = field(default_factory=set)
    slots: set[Slot] = field(default_factory=set)
    effects: bool = False
    met: dict[Var, set[Var]] = field(default_factory=dict)
    changed: dict[Var, set[Var]] = field(default_factory=dict)

    def touch(self, key: Var, place: Place, mode: str) -> None:
        if key not in self.places:
            self._at_roots(key, self.met)
        self.places.setdefault(key, {}).setdefault(place)
        if mode != "read" and key not in self.written:
            self.written.add(key)
            self._at_roots(key, self.changed)
        if mode != "add":
            self.not_only_added.add(key)

    def include(self, other: Accesses, index: Var, into: Var) -> None:
        """What a loop of `index` does that is merged into this, of index `into`."""
        for key, places in other.places.items():
            mode = "read" if key not in other.written else "set" if key in other.not_only_added else "add"
            for place in places:
                moved = tuple((into, form[1]) if form is not None and form[0] == index else form for form in place)
                self.touch(key, moved, mode)
        self.slots |= other.slots
        self.effects |= other.effects

    def _at_roots(self, key: Var, known: dict[Var, set[Var]]) -> None:
        for root in self.memory.roots(key):
            known.setdefault(root, set()).add(key)


def accesses(loop: For, memory: Memory) -> Accesses:
    found = Accesses(memory)
    for s in within(loop):
        _note(s, found, memory)
    return found


def _note(s: Statement, found: Accesses, memory: Memory) -> None:
    match s:
        case Store(array=Var() as array):
            found.touch(memory.key(array), memory.place(s.index, s.operands), s.mode)
        case Assign(op="getitem", args=(Var() as array, *operands)) if not isinstance(s.target.type, Array):
            found.touch(memory.key(array), memory.place(s.param("index"), tuple(operands)), "read")
        case Assign(op="size" | "count" | "empty" | "zeros"):
            pass
        case Assign() | Accumulate():
            whole = (s.target, *(s.args if isinstance(s, Assign) else (s.prior, s.value)))
            for var in arrays(whole):
                found.touch(memory.key(var), (), "set" if isinstance(s, Accumulate) else "read")
        case Save(slot=slot) | Load(slot=slot) | Open(slot=slot):
            found.slots.add(slot)
        case Call() | Effect():
            found.effects = True
        case For() | While() | If():
            handed_on = {memory.key(var) for var in (s.results if isinstance(s, If) else s.carried)}
            for inner in blocks(s):
                for var in arrays(block_exits(s, inner)):
                    if memory.key(var) not in handed_on:
                        found.touch(memory.key(var), (), "read")


def unrelated(a: Accesses, b: Accesses) -> bool:
    """Whether what one writes under one name the other does not touch under another."""
    for key in b.places:
        others = a.met if key in b.written else a.changed
        for root in b.memory.roots(key):
            if others.get(root, set()) - {key}:
                return False
    return True


def in_own_part(places: list[tuple[Place, Var]], memory: Memory) -> bool:
    """Whether along some axis each iteration stays at index + constant, the same for all accesses.

    `places`: each with the index of the loop that it is in.
    """
    return any(_own_part(places, axis, memory) for axis in range(min(len(place) for place, _ in places)))


def _own_part(places: list[tuple[Place, Var]], axis: int, memory: Memory) -> bool:
    offsets = set()
    for place, index in places:
        form = place[axis]
        if form is None or form[0] != index or not memory.told(form):
            return False
        offsets.add(form[1])
    return len(offsets) == 1


def arrays(atoms) -> Iterator[Var]:
    return (atom for atom in atoms if isinstance(atom, Var) and isinstance(atom.type, Array | ListOf))


Touched = tuple[set[Var | Slot], set[Var | Slot]]


def touched(s: Statement, memory: Memory) -> Touched:
    """The arrays that a statement may read or change, by what they may be, and those that it may change; slots, too."""
    found: Touched = set(), set()
    for one in within(s):
        if isinstance(one, Save | Load | Open):
            found[0].add(one.slot)
            found[1].add(one.slot)
        if isinstance(one, Assign) and one.op in ("size", "count"):
            continue
        changed = one.array if isinstance(one, Store) else one.prior if isinstance(one, Accumulate) else None
        if isinstance(one, Assign) and one.op in LIST_UPDATES:
            changed = one.args[0]
        exits = [atom for block in blocks(one) for atom in block_exits(one, block)]
        for var in arrays((*operands(one), *targets(one), *exits)):
            found[0].update(memory.roots(var))
        for var in arrays((changed,)):
            found[1].update(memory.roots(var))
    return found
