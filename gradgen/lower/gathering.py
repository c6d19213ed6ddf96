"""Loops that add the elements of one array at several places are one loop, over places, which gathers what each gets.

The adjoint of a stencil is such a thing. A loop for each place reads and writes all of the array that is added to, and
loops over one row at different places cannot be merged (`merging`).

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(v):
...     t, w = np.exp(v[1:]), np.zeros(len(v))
...     w[1:] += t
...     w[:-1] -= t
...     return w
>>> before = simplify(lower(stage(f, {"v": describe(np.ones(20), "v")}).program))
>>> print(show(before.entry))
f(v.0):
  _.10 = size v.0 axis=0
  _.11 = sub _.10 1
  t.12 = empty _.11 dtype=float64
  t.2 = for _.13 in 0:_.11:1 with t.14=t.12:
    _.15 = add _.13 1
    _.16 = v.0[_.15]
    _.17 = exp _.16
    t.18 = t.14 with [_.13] = _.17
    yield t.18
  w.4 = zeros _.10 dtype=float64
  w.6 = for _.27 in 0:_.11:1 with w.28=w.4:
    _.29 = add _.27 1
    _.30 = t.2[_.27]
    w.31 = w.28 with [_.29] += _.30
    yield w.31
  w.9 = for _.36 in 0:_.11:1 with w.37=w.6:
    _.38 = t.2[_.36]
    _.39 = neg _.38
    w.40 = w.37 with [_.36] += _.39
    yield w.40
  yield w.9
>>> print(show(simplify(gather_sums(before)).entry))
f(v.0):
  _.10 = size v.0 axis=0
  _.11 = sub _.10 1
  _.43 = add _.11 2
  t.41 = zeros _.43 dtype=float64
  t.42 = for _.13 in 0:_.11:1 with t.44=t.41:
    _.15 = add _.13 1
    _.16 = v.0[_.15]
    _.17 = exp _.16
    _.46 = add _.13 1
    t.45 = t.44 with [_.46] = _.17
    yield t.45
  w.4 = zeros _.10 dtype=float64
  _.48 = add _.11 1
  w.9 = for _.47 in 0:_.48:1 with w.49=w.4:
    _.50 = t.42[_.47]
    _.51 = add _.47 1
    _.52 = t.42[_.51]
    _.53 = sub _.50 _.52
    w.54 = w.49 with [_.47] += _.53
    yield w.54
  yield w.9

The zeros around what is added need no cases at the edges. A stencil on a square of 300 takes two thirds of the time.

Only where the places differ along the last axis, and the loops run over all of an array that is not empty and of which
elements are read and nothing else. What is added may be multiplied by written numbers, but not by others: with an
infinite one, zeros would not stay zeros.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradgen.ir import (
    INT,
    Array,
    Assign,
    Atom,
    Block,
    Const,
    For,
    Function,
    Program,
    Scalar,
    Statement,
    Store,
    Type,
    Var,
    dims_of,
    dtype_of,
)
from gradgen.ir.known import counts_up, runs_through
from gradgen.ir.walk import map_statement, statements, targets, uses
from gradgen.lower.accesses import Memory, Place
from gradgen.rules.build import Builder, builder_after

FARTHEST = 8  # how far apart the places may be along an axis


def gather_sums(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    gathering = _Gathering(Memory(function), uses(function), builder)
    return replace(function, body=gathering.block(function.body))


@dataclass(frozen=True)
class _Nest:
    """Loops, one for each axis, that store into one array, and into nothing else."""

    loops: tuple[For, ...]
    store: Store
    offsets: tuple[int, ...]  # of the places stored to from the loops' indices
    made: dict[Atom, Assign]  # the numbers computed inside

    @property
    def stops(self) -> tuple[Atom, ...]:
        return tuple(loop.stop for loop in self.loops)

    @property
    def before(self) -> Atom:
        return self.loops[0].inits[0]

    @property
    def after(self) -> Var:
        return self.loops[0].results[0]


@dataclass(frozen=True)
class _Term:
    """A nest that adds the elements of an array. `factors`: what is done to each, last first."""

    nest: _Nest
    source: Var
    factors: tuple[Assign, ...]


class _Gathering:
    def __init__(self, memory: Memory, read: Counter[Var], builder: Builder):
        self.memory, self.read, self.builder = memory, read, builder

    def block(self, block: Block) -> Block:
        inner = tuple(map_statement(s, lambda atom: atom, self.block) for s in block.statements)
        block = replace(block, statements=inner)
        for terms in self.chains(block):
            block = self.gathered(block, terms)
        return block

    # What is looked for

    def chains(self, block: Block) -> list[list[_Term]]:
        """Terms of one array, each added to what the one before has left."""
        found: list[list[_Term]] = []
        for s in block.statements:
            term = self.term(s)
            if term is None:
                continue
            last = found[-1][-1] if found else None
            if last is not None and self.read[last.nest.after] == 1 and _continues(term, last):
                found[-1].append(term)
            else:
                found.append([term])
        return [terms for terms in found if len({term.nest.offsets for term in terms}) == len(terms) > 1]

    def nest(self, s: Statement) -> _Nest | None:
        loops: list[For] = []
        made: dict[Atom, Assign] = {}
        inmost: Statement = s
        while isinstance(inmost, For) and _is_plain(inmost) and (not loops or inmost.inits == loops[-1].carried):
            loops.append(inmost)
            *others, inmost = inmost.body.statements
            if not all(isinstance(one, Assign) for one in others):
                return None
            made |= {one.target: one for one in others if isinstance(one, Assign)}
        if not loops or not isinstance(inmost, Store) or inmost.array != loops[-1].carried[0]:
            return None
        ends = [*(loop.results for loop in loops[1:]), (inmost.target,)]
        place = self.memory.place(inmost.index, inmost.operands)
        if [loop.body.yields for loop in loops] != ends or not self._in_order(place, loops):
            return None
        return _Nest(tuple(loops), inmost, tuple(form[1] for form in place if form), made)

    def _in_order(self, place: Place, loops: list[For]) -> bool:
        indices = [form and form[0] for form in place]
        return indices == [loop.index for loop in loops] and all(map(self.memory.told, place))

    def term(self, s: Statement) -> _Term | None:
        nest = self.nest(s)
        if nest is None or nest.store.mode != "add":
            return None
        factors: list[Assign] = []
        one = nest.made.get(nest.store.value)
        while one is not None and _is_factor(one):
            factors.append(one)
            one = next((nest.made[arg] for arg in one.args if arg in nest.made), None)
        if one is None or one.op != "getitem" or isinstance(one.target.type, Array):
            return None
        place = self.memory.place(one.param("index"), one.args[1:])
        straight = place == tuple((loop.index, 0) for loop in nest.loops)
        source = one.args[0]
        return _Term(nest, source, tuple(factors)) if straight and isinstance(source, Var) else None

    # What is made of it

    def gathered(self, block: Block, terms: list[_Term]) -> Block:
        """The block with a nest that gathers, at the place of the last term; as it is, where that cannot be."""
        source, ends = terms[0].source, [(term.nest.after,) for term in terms]
        given = next((s for s in block.statements if isinstance(s, For) and s.results == (source,)), None)
        fill = None if given is None else self.nest(given)
        empty = next((s for s in block.statements if isinstance(s, Assign) and fill and s.target == fill.before), None)
        if fill is None or empty is None or not self._fills(fill, empty, terms[0].nest):
            return block
        others = [s for s in statements(block) if self._reads(s, source)]
        reach = [(min(axis), max(axis)) for axis in zip(*(term.nest.offsets for term in terms), strict=True)]
        near = all(high - low <= FARTHEST for low, high in reach) and reach[-1][0] < reach[-1][1]
        if len(others) != self.read[source] or not near:
            return block
        wide = _Wide(source, [high - low for low, high in reach], self.builder)
        made: list[Statement] = []
        for s in block.statements:
            if s is empty:
                made += wide.zeros(empty)
            elif s is given:
                made.append(wide.filled(fill))
            elif targets(s) == ends[-1]:
                made += self.gather(terms, reach, wide)
            elif targets(s) not in ends:
                made += wide.read(s)
        return replace(block, statements=tuple(made))

    def _fills(self, fill: _Nest, empty: Assign, term: _Nest) -> bool:
        """Whether the nest fills all of the empty array, as far as the terms' loops go, and nothing else sees it."""
        some = all(dim.lower > 0 for dim in dims_of(empty.target.type))
        alone = self.read[empty.target] == 1 and empty.op == "empty" and empty.args == fill.stops == term.stops
        return some and alone and fill.store.mode == "set" and not any(fill.offsets)

    def _reads(self, s: Statement, source: Var) -> bool:
        """Whether it reads one element, at a place that is told."""
        if not isinstance(s, Assign) or s.op != "getitem" or s.args[0] != source or isinstance(s.target.type, Array):
            return False
        return all(map(self.memory.told, self.memory.place(s.param("index"), s.args[1:])))

    def gather(self, terms: list[_Term], reach: list[tuple[int, int]], wide: _Wide) -> Iterator[Statement]:
        """For each place, what all terms add to it, in their order."""
        builder, first, last = self.builder, terms[0].nest, terms[-1].nest
        type, index = first.store.target.type, first.store.index
        number = Scalar(dtype_of(type))
        indices = [builder.var(loop.index.name, loop.index.type) for loop in first.loops]
        with builder.at(first.loops[0].origin), builder.collect() as before:
            stops = [_moved(stop, high - low, builder) for stop, (low, high) in zip(first.stops, reach, strict=True)]
        with builder.at(first.store.origin), builder.collect() as body:
            array = builder.var(last.after.name, type, last.after.of)
            places = tuple(_moved(i, low, builder) for i, (low, _) in zip(indices, reach, strict=True))
            total: Atom | None = None
            for term in terms:
                away = [high - by for (_, high), by in zip(reach, term.nest.offsets, strict=True)]
                at = [_moved(i, by, builder) for i, by in zip(indices, away, strict=True)]
                value: Atom = builder.emit("getitem", wide.after, *at, type=number, index=index)
                less = bool(term.factors) and term.factors[0].op == "neg"
                for s in reversed(term.factors[less:]):
                    args = [value if arg in term.nest.made else arg for arg in s.args]
                    value = builder.emit(s.op, *args, type=s.target.type)
                if total is not None:
                    total = builder.emit("sub" if less else "add", total, value, type=number)
                else:
                    total = builder.emit("neg", value, type=number) if less else value
            assert total is not None
            end = builder.store(array, index, places, total, "add")
        levels = [_Level(i, stop, ()) for i, stop in zip(indices, stops, strict=True)]
        yield from before
        yield _nested(levels, first.before, last.after, array, Block(tuple(body), (end,)), first.loops[0], builder)


class _Wide:
    """An array with zeros around it. `by`: how many before and after, along each axis."""

    def __init__(self, source: Var, by: list[int], builder: Builder):
        assert isinstance(source.type, Array)
        dims = tuple(dim.shifted(2 * more) for dim, more in zip(source.type.dims, by, strict=True))
        self.source, self.by, self.builder = source, by, builder
        self.before, self.after = (self.version(replace(source.type, dims=dims)) for _ in range(2))

    def version(self, type: Type) -> Var:
        return self.builder.var(self.source.name, type, self.source.of)

    def zeros(self, empty: Assign) -> list[Statement]:
        with self.builder.at(empty.origin), self.builder.collect() as made:
            sizes = tuple(_moved(n, 2 * more, self.builder) for n, more in zip(empty.args, self.by, strict=True))
        return [*made, replace(empty, target=self.before, op="zeros", args=sizes)]

    def filled(self, fill: _Nest) -> For:
        levels = [_Level(loop.index, loop.stop, loop.body.statements[:-1]) for loop in fill.loops]
        array, end = (self.version(self.before.type) for _ in range(2))
        with self.builder.at(fill.store.origin), self.builder.collect() as body:
            places = self.places(fill.store.operands)
        store = replace(fill.store, target=end, array=array, operands=places)
        inmost = Block((*body, store), (end,))
        return _nested(levels, self.before, self.after, array, inmost, fill.loops[0], self.builder)

    def places(self, given: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(_moved(atom, more, self.builder) for atom, more in zip(given, self.by, strict=True))

    def read(self, s: Statement) -> list[Statement]:
        """`s`, with what it reads of the array as it was."""
        if isinstance(s, Assign) and s.op == "getitem" and s.args[0] == self.source:
            with self.builder.at(s.origin), self.builder.collect() as made:
                places = self.places(s.args[1:])
            return [*made, replace(s, args=(self.after, *places))]
        return [map_statement(s, lambda atom: atom, self._read_in)]

    def _read_in(self, block: Block) -> Block:
        return replace(block, statements=tuple(made for s in block.statements for made in self.read(s)))


@dataclass(frozen=True)
class _Level:
    index: Var
    stop: Atom
    before: tuple[Statement, ...]  # what is computed before the next loop, or before the store


def _nested(
    levels: list[_Level], init: Atom, result: Var, inmost: Var, body: Block, like: For, builder: Builder
) -> For:
    """Loops around `body`, which makes of the array `inmost` another version."""
    carried = [*(builder.var(result.name, result.type, result.of) for _ in levels[1:]), inmost]
    results = [result, *(builder.var(result.name, result.type, result.of) for _ in levels[1:])]
    inits = [init, *carried[:-1]]
    for level, array, start, end in reversed(list(zip(levels, carried, inits, results, strict=True))):
        body = replace(body, statements=(*level.before, *body.statements))
        loop = replace(
            like, index=level.index, stop=level.stop, carried=(array,), inits=(start,), body=body, results=(end,)
        )
        body = Block((loop,), (end,))
    return loop


def _moved(atom: Atom, by: int, builder: Builder) -> Atom:
    return builder.emit("add", atom, by, type=INT) if by else atom


def _is_plain(loop: For) -> bool:
    """Whether it counts upwards from 0 to its stop, and carries one array."""
    plain = counts_up(loop) and runs_through(loop) and not loop.backward and not loop.parallel
    return plain and len(loop.carried) == 1 and bool(loop.body.statements)


def _continues(term: _Term, last: _Term) -> bool:
    return term.nest.before == last.nest.after and term.source == last.source and term.nest.stops == last.nest.stops


def _is_factor(s: Assign) -> bool:
    """Whether zero stays zero: a sign changed, or a product with a number that is written."""
    if s.op == "neg":
        return True
    known = [arg.value for arg in s.args if isinstance(arg, Const)]
    finite = len(known) == 1 and isinstance(known[0], int | float) and math.isfinite(known[0])
    return s.op == "mul" and finite
