"""A loop cut into parts, each with accumulators of its own: how that is written. `parallel.py` says of which loops.

The loop over parts carries arrays only: `totals`, `extremes`, with a number for each part, `copies`, with an array for
each part, and arrays of which an iteration changes its own places. What the parts have made is put together in order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gradgen.ir import (
    BOOL,
    INT,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    For,
    If,
    Scalar,
    Statement,
    Store,
    Type,
    Var,
)
from gradgen.ir.known import integer_of
from gradgen.ir.walk import map_statement
from gradgen.lower.accesses import Memory
from gradgen.lower.work import Work, begins_at_zero
from gradgen.rules.build import Builder, dim_of

PARTS = 64  # so many that threads which are late do not matter
COPIES = 16  # of an array that is added to
WORK = 500_000  # operations: below, what it takes to wake threads counts
BLOCKED = 20  # operations for each row of a block, at least
COPYING = 8  # how many operations in the loop make up for one element of a copy
ZERO, ONE = Const(0, INT), Const(1, INT)


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the carried values, by number: `folded` numbers, by their operation and how it is spelled;
    `added` arrays, of which each part has a copy. The others are arrays with places for each iteration. `work`: of an
    iteration."""

    folded: dict[int, tuple[str, str]]
    added: frozenset[int]
    work: Work


def cut(loop: For, plan: Plan, memory: Memory, builder: Builder) -> list[Statement]:
    with builder.at(loop.origin), builder.collect() as made:
        _Cut(loop, plan, memory, builder).write()
    return made


class _Cut:
    def __init__(self, loop: For, plan: Plan, memory: Memory, builder: Builder):
        self.loop, self.plan, self.memory, self.builder = loop, plan, memory, builder
        self.emit = builder.emit
        self.keys = {memory.key(loop.carried[k]) for k in plan.added}
        self.versions: dict[Var, Var] = {}  # of arrays, with an axis for the parts
        self.part = builder.var("part", INT)
        self.by_one = integer_of(loop.step) in (1, -1)
        self.upwards = (integer_of(loop.step) or 1) > 0

    def write(self) -> None:
        loop, plan = self.loop, self.plan
        last, first = (loop.stop, loop.start) if self.upwards else (loop.start, loop.stop)
        plain = self.upwards and begins_at_zero(loop)
        self.trips = self.span = loop.stop if plain else self.emit("sub", last, first, type=INT)
        if not self.by_one:
            fewer = self.emit("floordiv", self.emit("sub", self.span, ONE, type=INT), loop.step, type=INT)
            self.trips = self.named("blocks", self.emit("add", fewer, ONE, type=INT))
        self.sizes = {k: self.sizes_of(loop.inits[k]) for k in plan.added}
        self.parts = self.count()
        before = tuple(map(self.prior, range(len(loop.carried))))
        around = tuple(map(self.version, range(len(loop.carried))))
        with self.builder.collect() as body:
            ends = self.one_part(around)
        own = {*plan.folded, *plan.added}
        results = tuple(self.version(k) if k in own else var for k, var in enumerate(loop.results))
        whole = self.over(self.part, self.parts, around, before, Block(tuple(body), ends), results)
        self.builder.append(replace(whole, parallel=True))
        self.fold(results)
        for k in sorted(plan.added):
            self.add_up(k, results[k])

    def over(
        self,
        index: Var,
        stop: Atom,
        carried: tuple[Var, ...],
        inits: tuple[Atom, ...],
        body: Block,
        to: tuple[Var, ...],
    ) -> For:
        return For(index, ZERO, stop, ONE, carried, inits, body, to, origin=self.loop.origin)

    def sizes_of(self, array: Atom) -> list[Var]:
        assert isinstance(array.type, Array)
        return [self.emit("size", array, axis=axis) for axis in range(array.type.ndim)]

    def product(self, first: Atom, factors: list[Var] | tuple[Atom, ...]) -> Atom:
        for factor in factors:
            first = self.emit("mul", first, factor, type=INT)
        return first

    def count(self) -> Atom:
        """The number of parts: one where it is not worth it."""
        work, most = self.plan.work, Const(COPIES if self.sizes else PARTS, INT)
        if isinstance(self.trips, Const) and not work.factors and not self.sizes:
            return most  # they are known to be many
        if not self.by_one:
            work = Work((), BLOCKED)
        steps = self.product(self.span, work.factors)
        worth = self.emit("gt", steps, rounded(WORK / work.cost), type=BOOL)
        for sizes in self.sizes.values():
            elements = self.product(Const(rounded(COPIES * COPYING / work.cost), INT), sizes)
            worth = self.emit("and", worth, self.emit("gt", steps, elements, type=BOOL), type=BOOL)
        parts = self.builder.var("parts", INT)
        self.builder.append(If(worth, Block((), (most,)), Block((), (ONE,)), (parts,), self.loop.origin))
        return parts

    def called(self, k: int) -> str:
        """The name of the array with what each part makes of a carried value."""
        return "copies" if k in self.plan.added else "totals" if self.plan.folded[k][0] == "add" else "extremes"

    def version(self, k: int) -> Var:
        """Of the array that the loop over parts carries for the k-th carried value."""
        var = self.loop.carried[k]
        if k in self.plan.folded or k in self.plan.added:
            return self.builder.var(self.called(k), self.of_parts(var.type))
        return self.like(var)

    def like(self, var: Var) -> Var:
        return self.builder.var(var.name, var.type, var.of)

    def of_parts(self, type: Type) -> Array:
        assert isinstance(type, Scalar | Array)
        return Array(type.dtype, (dim_of(self.parts), *(type.dims if isinstance(type, Array) else ())))

    def prior(self, k: int) -> Atom:
        """The array that the loop over parts begins with."""
        if k not in self.plan.folded and k not in self.plan.added:
            return self.loop.inits[k]
        type = self.of_parts(self.loop.carried[k].type)
        op = "empty" if k in self.plan.folded else "zeros"
        sizes = self.sizes.get(k, [])
        return self.emit(op, self.parts, *sizes, name=self.called(k), type=type, dtype=type.dtype)

    # One part

    def one_part(self, around: tuple[Var, ...]) -> tuple[Atom, ...]:
        """The statements of a part, and what it makes of the arrays `around` it."""
        loop, folded = self.loop, self.plan.folded
        start, stop = self.named("start", self.start()), self.named("stop", self.bound(self.following()))
        results = tuple(self.like(var) if k in folded else self.version(k) for k, var in enumerate(loop.carried))
        inits = tuple(self.begin(k) if k in folded else var for k, var in enumerate(around))
        carried = tuple(var if k in folded else self.copy(var) for k, var in enumerate(loop.carried))
        trips = self.emit("sub", stop, start, type=INT) if self.upwards else self.emit("sub", start, stop, type=INT)
        step = self.builder.var("step", INT)
        made = self.over(step, trips, carried, inits, self.iteration(start, step), results)
        self.builder.append(made if self.by_one else replace(made, step=loop.step))
        return tuple(
            self.builder.store(around[k], (At(0),), (self.part,), result) if k in folded else result
            for k, result in enumerate(results)
        )

    def iteration(self, start: Var, step: Var) -> Block:
        """An iteration of the loop. That its index is counted from one of at least 0 lets LLVM know that it is not
        counted from the end of an array, and does not overflow where rows are multiplied with their lengths."""
        body = self.with_copies(self.loop.body)
        index = Assign(self.loop.index, "add" if self.upwards else "sub", (start, step), origin=self.loop.origin)
        return replace(body, statements=(index, *body.statements))

    def start(self) -> Var:
        bound = self.bound(self.part)
        if not self.upwards or not self.memory.told(self.memory.form(self.loop.start)):
            return bound
        least = self.loop.start if isinstance(self.loop.start, Const) else ZERO
        return self.emit("maximum", least, bound, type=INT, spelling="max")

    def following(self) -> Var:
        return self.emit("add", self.part, ONE, type=INT)

    def named(self, name: str, value: Atom) -> Var:
        return self.emit("identity", value, name=name, type=INT)

    def bound(self, part: Var) -> Var:
        """The first index of a part."""
        before = self.emit("floordiv", self.emit("mul", self.trips, part, type=INT), self.parts, type=INT)
        if not self.by_one:
            before = self.emit("mul", before, self.loop.step, type=INT)
        if self.upwards and begins_at_zero(self.loop):
            return before
        return self.emit("add" if self.upwards else "sub", self.loop.start, before, type=INT)

    def begin(self, k: int) -> Atom:
        """What a number is in the first iteration of each part."""
        type = self.loop.carried[k].type
        if self.plan.folded[k][0] != "add":
            return self.loop.inits[k]
        assert isinstance(type, Scalar)
        zero = 0j if type.dtype.startswith("complex") else 0.0 if type.dtype.startswith("float") else 0
        return Const(zero, replace(type, extent=None))

    def copy(self, atom: Atom) -> Var:
        """A version of an array as that of the copies which all parts have of it."""
        assert isinstance(atom, Var)
        if self.memory.key(atom) not in self.keys:
            return atom
        if atom not in self.versions:
            self.versions[atom] = self.builder.var("copies", self.of_parts(atom.type))
        return self.versions[atom]

    def with_copies(self, block: Block) -> Block:
        return Block(tuple(map(self.in_copy, block.statements)), tuple(map(self.use, block.yields)))

    def use(self, atom: Atom) -> Atom:
        return self.copy(atom) if isinstance(atom, Var) else atom

    def in_copy(self, s: Statement) -> Statement:
        made = map_statement(s, self.use, self.with_copies, self.copy)
        if isinstance(made, Store) and made.target in self.versions.values():
            shifted = (At(entry.operand + 1) if isinstance(entry, At) else entry for entry in made.index)
            return replace(made, index=(At(0), *shifted), operands=(self.part, *made.operands))
        return made

    # All parts together

    def fold(self, results: tuple[Var, ...]) -> None:
        """The numbers of all parts become one each."""
        loop, folded = self.loop, self.plan.folded
        if not folded:
            return
        part, carried = self.builder.var("part", INT), tuple(self.like(loop.carried[k]) for k in folded)
        with self.builder.collect() as body:
            ends = []
            for (k, (op, spelling)), var in zip(folded.items(), carried, strict=True):
                assert isinstance(var.type, Scalar)
                item = self.emit("getitem", results[k], part, type=Scalar(var.type.dtype), index=(At(0),))
                ends.append(self.emit(op, var, item, name=var.name, of=var.of, type=var.type, spelling=spelling))
        inits, made = tuple(loop.inits[k] for k in folded), tuple(loop.results[k] for k in folded)
        self.builder.append(self.over(part, self.parts, carried, inits, Block(tuple(body), tuple(ends)), made))

    def add_up(self, k: int, copies: Var) -> None:
        """The array with what all parts have added to their copies."""
        bounds, result = [self.parts, *self.sizes[k]], self.loop.results[k]
        indices = [self.builder.var("part" if at == 0 else "", INT) for at in range(len(bounds))]
        assert isinstance(result.type, Array)
        carried = [self.like(result) for _ in bounds]
        results = [result, *(self.like(result) for _ in self.sizes[k])]
        entries = tuple(map(At, range(len(bounds))))
        with self.builder.collect() as body:
            item = self.emit("getitem", copies, *indices, type=Scalar(result.type.dtype), index=entries)
            made = self.builder.store(carried[-1], entries[:-1], tuple(indices[1:]), item, "add")
        block = Block(tuple(body), (made,))
        for at in range(len(bounds) - 1, -1, -1):
            init = carried[at - 1] if at else self.loop.inits[k]
            nest = self.over(indices[at], bounds[at], (carried[at],), (init,), block, (results[at],))
            block = Block((nest,), (results[at],))
        self.builder.append(nest)


def rounded(value: float) -> int:
    """A whole number of one digit, not more than `value`, and at least 1.

    >>> rounded(7692.3), rounded(0.3)
    (7000, 1)
    """
    if value < 1:
        return 1
    digit: int = 10 ** int(math.log10(value))
    return int(value // digit) * digit
