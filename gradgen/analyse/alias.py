"""Ownership: which updates may be made in place, and where the text must copy first.

The representation has values only; the text has buffers. A `Store` may be written `a[i] = v` where
nothing that is still read shares the buffer of `a`, and the buffer is the function's own: not a
parameter, not a cache entry. Otherwise a copy is made: of the view or saved value that shares the
buffer, of the array on entry to the loop that updates it, or, where neither helps, at the update.

Every array and list value has *roots*: tokens for the buffers that it may be. An operation that
makes a fresh array is a root, so is a parameter; a view has the roots of what it views. What an `If`
or a loop hands on is a root of its own, related to those roots from outside which it may be: so two
arrays that a time loop swaps stay apart as long as they come in apart.

>>> import gradgen.rules
>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, Function, Store, Var
>>> vector = Array("float64", (Dim("n"),))
>>> x, y, z = (Var(name, k, vector) for k, name in enumerate("xyz"))
>>> store = Store(z, y, (At(0),), (Const(0, INT),), Const(1.0, FLOAT), "set")
>>> def updated(op):
...     f = Function("f", (x,), Block((Assign(y, op, (x,)), store), (z,)))
...     return ownership(f, liveness(f)).in_place(store)
>>> updated("copy"), updated("identity")  # the second would change the caller's array
(True, False)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gradgen.analyse.liveness import LIST_UPDATES, Flow, liveness
from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    Call,
    For,
    Function,
    If,
    ListOf,
    Load,
    Opaque,
    Open,
    Save,
    Scalar,
    Slot,
    Statement,
    Store,
    TupleOf,
    Var,
    While,
)
from gradgen.ir.walk import block_params, blocks, statements, targets
from gradgen.rules.table import RULES

Root = Hashable
Roots = frozenset[Root]

# Linear operations may hand out views, except those that are known to make a fresh array. All others make one.
FRESH = frozenset(
    [
        "cumsum",
        "concatenate",
        "stack",
        "full",
        "full_like",
        "linspace",
        "array",
        "asarray",
        "trace",
        "tril",
        "triu",
        "diag",
        "roll",
        "conj",
        "delete",
        "insert",
    ]
)


@dataclass(slots=True)
class Ownership:
    """Where the text copies. Statements are told by identity."""

    copied_updates: set[int] = field(default_factory=set)  # copy the array, then update the copy
    copied_views: set[int] = field(default_factory=set)  # an Assign whose result is copied
    copied_slots: set[Slot] = field(default_factory=set)  # what is saved in them is copied
    copied_inits: set[tuple[int, int]] = field(default_factory=set)  # (a loop, the number of a carried value)
    copied_results: set[int] = field(default_factory=set)  # results of the function

    def in_place(self, update: Statement) -> bool:
        return id(update) not in self.copied_updates

    def copies(self, function: Function) -> Iterable[Var]:
        """The variables that start as copies of others."""
        for s in statements(function.body):
            if isinstance(s, Assign) and id(s) in self.copied_views:
                yield s.target
            elif isinstance(s, For | While):
                yield from (var for k, var in enumerate(s.carried) if (id(s), k) in self.copied_inits)

    def size(self) -> int:
        return len(self.copied_updates) + len(self.copied_views) + len(self.copied_slots) + len(self.copied_inits)


def ownership(function: Function, flow: Flow | None = None) -> Ownership:
    """Decide for every update of `function`. Each round adds the copies that the one before found missing."""
    decided = Ownership()
    flow = flow or liveness(function)
    while True:
        before = decided.size()
        analysis = _Analysis(function, flow, decided)
        analysis.run()
        if decided.size() == before:
            analysis.results()
            return decided


def makes_view(s: Assign) -> bool:
    """Whether the result may share the buffer of an argument."""
    if s.op in FRESH or not isinstance(s.target.type, Array | ListOf | TupleOf):
        return False
    if s.op in ("identity", "ascontiguous", "real", "imag") or s.op not in RULES:
        return True
    if s.op == "expand":  # a number fills an array of its own
        return isinstance(s.args[0].type, Array)
    if s.op == "getitem":  # masks and index arrays make copies
        return not any(isinstance(arg.type, Array) for arg in s.args[1:])
    return RULES[s.op].kind == "linear"


def may_update_in_place(s: Accumulate) -> bool:
    """Whether `+=` leaves an array of the right type."""
    if isinstance(s.target.type, Array):
        return s.prior.type == s.target.type
    return False


@dataclass(slots=True)
class _Cell:
    """The buffers of a value: its own, and those of its items, if it is a list."""

    own: Roots = frozenset()
    items: Roots = frozenset()

    def both(self) -> Roots:
        return self.own | self.items


_NOTHING = _Cell()


class _Analysis:
    def __init__(self, function: Function, flow: Flow, decided: Ownership):
        self.function, self.flow, self.decided = function, flow, decided
        self.cells: dict[Var, _Cell] = {}
        self.slots: dict[Slot, Roots] = {slot: frozenset() for slot in function.slots_in}
        self.related: dict[Root, set[Root]] = {}
        self.foreign: set[Root] = set()
        self.made_by: dict[Var, Assign] = {
            s.target: s for s in statements(function.body) if isinstance(s, Assign) and isinstance(s.target.type, Array)
        }
        self.loops: list[For | While] = []  # around the current statement
        self.entered: dict[
            Root, tuple[For | While, int, Roots]
        ] = {}  # a carried value's root: its loop, number, inits' roots
        self.recording = True
        # What earlier rounds have decided, which the cells know of. What this one decides serves again in it.
        self.copied_views, self.copied_inits = frozenset(decided.copied_views), frozenset(decided.copied_inits)
        self.buffers = flow.bits(v for v in flow.variables if not isinstance(v.type, Scalar))

    def run(self) -> None:
        for param in self.function.params:
            root = ("parameter", param.version)
            self.foreign.add(root)
            self.cells[param] = self._cell(param, root)
        self.block(self.function.body)

    def results(self) -> None:
        """Results share no buffer with a parameter, nor with one another."""
        body = self.function.body
        count = len(body.yields) - (self.function.cached if self.function.role == "forward" else 0)
        given: Roots = frozenset()
        for k, atom in enumerate(body.yields[:count]):
            roots = self.of(atom).own
            if any(root in self.foreign for root in roots) or self.meet(roots, given):
                self.decided.copied_results.add(k)
            else:
                given |= self.of(atom).both()

    # Values

    def of(self, atom: Atom) -> _Cell:
        return self.cells.get(atom, _NOTHING) if isinstance(atom, Var) else _NOTHING

    def _cell(self, var: Var, root: Root) -> _Cell:
        match var.type:
            case Array() | TupleOf() | Opaque():
                return _Cell(frozenset((root,)))
            case ListOf(element=element):
                items = frozenset() if isinstance(element, Scalar) else frozenset((("items", root),))
                if root in self.foreign:
                    self.foreign |= items
                return _Cell(frozenset((root,)), items)
        return _NOTHING

    def meet(self, a: Iterable[Root], b: Roots) -> bool:
        """Whether a buffer of `a` may be one of `b`."""
        return any(root in b or not self.related.get(root, set()).isdisjoint(b) for root in a)

    def relate(self, a: Root, others: Iterable[Root]) -> None:
        for b in others:
            if a != b:
                self.related.setdefault(a, set()).add(b)
                self.related.setdefault(b, set()).add(a)

    # Statements

    def block(self, block: Block) -> None:
        for statement in block.statements:
            self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case Assign() if s.op in LIST_UPDATES:
                self.update(s, s.target, s.args[0], s.args[1:])
            case Assign():
                self.assign(s)
            case Accumulate() if may_update_in_place(s):
                self.update(s, s.target, s.prior)
            case Accumulate():
                self.cells[s.target] = self._cell(s.target, s.target.version)
            case Store():
                self.update(s, s.target, s.array, (s.value,) if isinstance(s.array.type, ListOf) else ())
            case If():
                self.branches(s)
            case For() | While():
                self.loop(s)
            case Open():
                self.slots[s.slot] = frozenset()
            case Save():
                if s.slot not in self.decided.copied_slots:
                    self.slots[s.slot] = self.slots.get(s.slot, frozenset()) | self.of(s.value).both()
            case Load():
                root = ("loaded", s.target.version)
                self.foreign.add(root)
                cell = self._cell(s.target, root)
                self.cells[s.target] = cell
                for each in cell.both():
                    self.relate(each, self.slots.get(s.slot, frozenset()))
            case Call():
                kept = frozenset(root for arg in s.args for root in self.of(arg).both())
                for target in s.targets:
                    cell = self._cell(target, target.version)
                    self.cells[target] = _Cell(cell.own | kept) if isinstance(target.type, Opaque) else cell

    def assign(self, s: Assign) -> None:
        cells = [self.of(arg) for arg in (s.args[:1] if s.op == "expand" else s.args)]  # behind it a shape is told
        own = frozenset().union(*(cell.own for cell in cells))
        items = frozenset().union(*(cell.items for cell in cells))
        fresh = self._cell(s.target, s.target.version)
        match s.op:
            case "list":
                self.cells[s.target] = _Cell(fresh.own, own | items)
            case "head" | "tail":
                self.cells[s.target] = _Cell(fresh.own, items)
            case "tolist":
                self.cells[s.target] = _Cell(fresh.own, own)
            case "item" if isinstance(s.args[0], Var) and isinstance(s.args[0].type, TupleOf):
                result = ("result", s.args[0].version, s.param("index"))
                self.cells[s.target] = _Cell(frozenset((result,))) if fresh.own else _NOTHING
            case "item" if isinstance(s.args[0].type, ListOf):
                self.cells[s.target] = _Cell(items, items) if fresh.own else _NOTHING
            case _ if not fresh.own:
                self.cells[s.target] = _NOTHING
            case _ if makes_view(s) and own and id(s) not in self.decided.copied_views:
                self.cells[s.target] = _Cell(own, items)
                if s.op in ("expand", "broadcast_to", "diagonal"):
                    root = ("read-only", s.target.version)
                    self.foreign.add(root)
                    self.cells[s.target] = _Cell(own | {root})
            case _:
                self.cells[s.target] = fresh

    def update(self, s: Statement, target: Var, prior: Atom, added: tuple[Atom, ...] = ()) -> None:
        cell = self.of(prior)
        if id(s) not in self.decided.copied_updates and self.recording:
            self._object(s, target, cell)
        kept = (
            cell.items.union(*(self.of(atom).both() for atom in added))
            if isinstance(target.type, ListOf)
            else cell.items
        )
        copied = id(s) in self.decided.copied_updates or not isinstance(prior, Var)
        own = self._cell(target, target.version).own if copied else cell.own
        self.cells[target] = _Cell(own, kept)

    # Objections to an update in place

    def _object(self, s: Statement, target: Var, prior: _Cell) -> None:
        """Record what has to be copied for the update `s` of `prior` to be in place, or that it cannot be."""
        remedies: list[tuple[set, Any]] = []
        for objection in self._objections(s, target, prior):
            remedy = self._remedy(*objection)
            if remedy is None:
                self.decided.copied_updates.add(id(s))
                return
            remedies.append(remedy)
        for where, what in remedies:
            where.add(what)

    def _objections(self, s: Statement, target: Var, prior: _Cell) -> Iterable[tuple[Root, Var | Slot | None, Roots]]:
        """(a root of the array, what else may hold it, the roots of that); None for a caller's buffer."""
        live = self.flow.live[self.flow.at[id(s)]] & self.buffers
        others = [(var, self.of(var).both()) for var in self.flow.members(live) if var != target]
        holders: list[tuple[Var | Slot, Roots]] = [*others, *self.slots.items()]
        for root in sorted(prior.own, key=str):
            if root in self.foreign:
                yield root, None, frozenset()
            for holder, roots in holders:
                if self.meet((root,), roots):
                    yield root, holder, roots

    def _remedy(self, root: Root, holder: Var | Slot | None, roots: Roots) -> tuple[set, Any] | None:
        if isinstance(holder, Slot):
            return self.decided.copied_slots, holder
        if holder is not None:
            made = self.made_by.get(holder)
            if made is not None and makes_view(made) and id(made) not in self.copied_views:
                return self.decided.copied_views, id(made)
        entry = self._entry(root, roots)
        return entry and (self.decided.copied_inits, entry)

    def _entry(self, root: Root, roots: Roots) -> tuple[int, int] | None:
        """The outermost loop on whose entry a copy keeps `root` apart from `roots`, or from the caller's buffers."""
        found = None
        while root in self.entered and root not in roots:
            loop, k, inits = self.entered[root]
            shared = self._shared(inits, roots)
            if not shared or (id(loop), k) in self.copied_inits:
                return self._swapped(loop, roots) or found
            if (id(loop), k) in self.decided.copied_inits:
                return id(loop), k  # decided in this round: the next one sees whether that is enough
            if loop in self.loops:  # else one beside them, whose result this was
                found = (id(loop), k)
            root = shared[0]
        return found

    def _shared(self, inits: Roots, roots: Roots) -> list[Root]:
        """Those of `inits` that may be one of `roots`; without any, those that are the caller's."""
        return [root for root in inits if (self.meet((root,), roots) if roots else root in self.foreign)]

    def _swapped(self, loop: For | While, roots: Roots) -> tuple[int, int] | None:
        """As `_entry`, where the fault is with another value that the loop carries, which becomes this one."""
        carried = [(k, inits) for around, k, inits in self.entered.values() if around is loop and loop in self.loops]
        faulty = ((id(loop), k) for k, inits in carried if self._shared(inits, roots))
        return next((entry for entry in faulty if entry not in self.copied_inits), None)

    # Structure

    def branches(self, s: If) -> None:
        outer = dict(self.slots)
        ends = []
        for branch in (s.then, s.orelse):
            self.slots = dict(outer)
            self.block(branch)
            ends.append(([self.of(atom) for atom in branch.yields], self.slots))
        self.slots = {
            slot: ends[0][1].get(slot, frozenset()) | ends[1][1].get(slot, frozenset())
            for slot in ends[0][1] | ends[1][1]
        }
        cells = [self._cell(var, ("branch", var.version)) for var in s.results]
        self._hand_over(cells, [end[0] for end in ends])
        self.cells.update(zip(s.results, cells, strict=True))

    def loop(self, s: For | While) -> None:
        cells = [self._cell(var, ("carried", var.version)) for var in s.carried]
        inits = [self._init(s, k, atom) for k, atom in enumerate(s.inits)]
        for k, (cell, init) in enumerate(zip(cells, inits, strict=True)):
            for root in cell.own:
                self.entered[root] = (s, k, init.own)
        saved = sorted(
            {inner.slot for inner in statements(s.body) if isinstance(inner, Save)}, key=lambda slot: slot.version
        )
        kept = [_Cell(frozenset((("kept", id(s), slot.version),))) for slot in saved]
        inner = _made_inside(s)
        own = frozenset(root for cell in cells + kept for root in cell.both())  # of the last time that it was entered
        starts = inits + [_Cell(self.slots.get(slot, frozenset())) for slot in saved]
        self._hand_over(cells + kept, [starts], inner, own)
        recording = self.recording
        self.recording = False
        self.loops.append(s)
        before = -1
        while before != (before := self._relations()):
            self._iteration(s, cells, saved, kept, inner)
        self.recording = recording
        if recording:
            self._iteration(s, cells, saved, kept, inner)
        self.loops.pop()
        self.cells.update(zip(s.results, cells, strict=True))
        self.slots.update(zip(saved, (cell.own for cell in kept), strict=True))

    def _init(self, s: For | While, k: int, atom: Atom) -> _Cell:
        cell = self.of(atom)
        return _Cell(frozenset(), cell.items) if (id(s), k) in self.decided.copied_inits else cell

    def _iteration(
        self, s: For | While, cells: list[_Cell], saved: list[Slot], kept: list[_Cell], inner: frozenset[Hashable]
    ) -> None:
        self.cells.update(zip(s.carried, cells, strict=True))
        self.slots.update(zip(saved, (cell.own for cell in kept), strict=True))
        if isinstance(s, While):
            self.block(s.test)
        self.block(s.body)
        ends = [self.of(atom) for atom in s.body.yields] + [_Cell(self.slots[slot]) for slot in saved]
        own = frozenset(root for cell in cells + kept for root in cell.both())
        self._hand_over(cells + kept, [ends], inner, own)

    def _relations(self) -> int:
        return sum(map(len, self.related.values())) + len(self.foreign)

    def _hand_over(
        self,
        to: list[_Cell],
        ways: list[list[_Cell]],
        inner: frozenset[Hashable] = frozenset(),
        own: Roots = frozenset(),
    ) -> None:
        """Each of `to` becomes, in each way, the value beside it: relate it to what that may be.

        What an iteration makes (`inner`) the next one makes anew, so there it can be another buffer; and what
        a carried value was (`own`) it need not be any more.
        """
        parts = [(k, part) for k in range(len(to)) for part in ("own", "items") if getattr(to[k], part)]
        for way in ways:
            for number, (k, part) in enumerate(parts):
                (root,) = getattr(to[k], part)
                source = getattr(way[k], part)
                for each in source:
                    reached = {each, *self.related.get(each, ())}
                    self.relate(root, (r for r in reached if r not in own and _maker(r) not in inner))
                    if each in self.foreign:
                        self.foreign.add(root)
                for j, other in parts[:number]:
                    if self.meet(source, getattr(way[j], other)):
                        self.relate(root, getattr(to[j], other))


def _maker(root: Root) -> Hashable:
    """What a root was made by: a variable's version, or a loop for what is kept in slots."""
    match root:
        case ("items", inner):
            return _maker(inner)
        case (_, maker, *_):
            return maker
    return root


def _made_inside(s: For | While) -> frozenset[Hashable]:
    """The makers of roots that each iteration makes anew."""
    made: set[Hashable] = set()
    for block in blocks(s):
        for inner in statements(block):
            made.update(var.version for var in (*targets(inner), *block_params(inner)))
            made.add(id(inner))
    return frozenset(made)
