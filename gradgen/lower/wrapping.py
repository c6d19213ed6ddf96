"""A loop round a ring, `x[(i + 1) % n]`, is a loop without remainders, and one of the few places where it comes round.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(x):
...     return np.sum(x * np.roll(x, -1))
>>> before = simplify(lower(stage(f, {"x": describe(np.ones(3), "x")}).program))
>>> print(show(before.entry))
f(x.0):
  _.4 = size x.0 axis=0
  _.3 = for _.5 in 0:_.4:1 with _.6=0.0:
    _.7 = x.0[_.5]
    _.8 = add _.5 1
    _.9 = mod _.8 _.4
    _.10 = x.0[_.9]
    _.11 = mul _.7 _.10
    _.12 = add _.6 _.11
    yield _.12
  yield _.3
>>> print(show(split_rings(before).entry))
f(x.0):
  _.4 = size x.0 axis=0
  _.13 = sub _.4 1
  _.14 = maximum _.13 0
  _.24 = sub _.4 1
  _.23 = for _.15 in 0:_.24:1 with _.16=0.0:
    _.17 = x.0[_.15]
    _.18 = add _.15 1
    _.19 = add _.15 1
    _.20 = x.0[_.19]
    _.21 = mul _.17 _.20
    _.22 = add _.16 _.21
    yield _.22
  _.33 = for _.25 in _.14:_.4:1 with _.26=_.23:
    _.27 = x.0[_.25]
    _.28 = add _.25 1
    _.29 = mod _.28 _.4
    _.30 = x.0[_.29]
    _.31 = mul _.27 _.30
    _.32 = add _.26 _.31
    yield _.32
  yield _.33

A remainder takes as long as twenty additions, and elements at such places are read one by one: of periodic neighbours
on a grid of 300 x 300 a gradient takes a sixth of the time. The iterations stay in order. What is counted from the end
beside, as `x[i - 1]` is at 0, is left to the few, too. Where the ring is known to be long enough, up to four of them
are written out, `y[0] = x[n - 1]`, without remainders.

Done to innermost loops over 0, 1, ..., n - 1 with remainders by n of places up to eight apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from gradgen.ir import INT, Assign, Atom, Block, Const, For, Function, Program, Statement, Var, While
from gradgen.ir.instantiate import copied
from gradgen.ir.known import counts_up, extent_of, integer_of, runs_through
from gradgen.ir.walk import map_statement, statements, substitute
from gradgen.rules.build import Builder, builder_after
from gradgen.simplify.copies import replace_variables

FAR = 8  # places
FEW = 4  # iterations that are written out
LONG = 60  # statements, which are written out several times


def split_rings(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    results: dict[Var, Atom] = {}

    def block(block: Block) -> Block:
        return replace(block, statements=tuple(one for s in block.statements for one in statement(s)))

    def statement(s: Statement) -> list[Statement]:
        made = map_statement(s, lambda atom: atom, block)
        ring = _Ring(made, builder) if isinstance(made, For) and _is_innermost(made) else None
        if ring is None or not ring.remainders:
            return [made]
        with builder.at(made.origin), builder.collect() as parts:
            results.update(zip(ring.loop.results, ring.written(), strict=True))
        return parts

    made = replace(function, body=block(function.body))
    return replace_variables(made, results) if results else function


def _is_innermost(loop: For) -> bool:
    if not (counts_up(loop) and runs_through(loop)) or loop.parallel:
        return False
    inside = list(statements(loop.body))
    return len(inside) <= LONG and not any(isinstance(s, For | While) for s in inside)


def _places(loop: For) -> dict[Var, int]:
    """What is the loop's index but for a written number, round the ring: how far it is from there."""
    found: dict[Var, int] = {loop.index: 0}
    for s in statements(loop.body):
        by = _step(s, loop)
        if isinstance(s, Assign) and by is not None and isinstance(base := s.args[0], Var) and base in found:
            shift = found[base] + by
            found |= {s.target: shift} if abs(shift) <= FAR else {}
    return found


def _step(s: Statement, loop: For) -> int | None:
    """How far round the ring the statement's result is from its first operand, if it says so."""
    if _is_remainder(s, loop):
        return 0
    by = integer_of(s.args[1]) if isinstance(s, Assign) and s.op in ("add", "sub") else None
    return -by if by is not None and isinstance(s, Assign) and s.op == "sub" else by


def _is_remainder(s: Statement, loop: For) -> bool:
    return isinstance(s, Assign) and s.op == "mod" and s.args[1] == loop.stop


class _Ring:
    """A loop, and how far from its index what hangs on that is, round the ring."""

    def __init__(self, loop: For, builder: Builder):
        self.loop, self.builder, self.places = loop, builder, _places(loop)
        made = {s.target: s for s in statements(loop.body) if isinstance(s, Assign) and s.target in self.places}
        self.remainders = {var for var, s in made.items() if _is_remainder(s, loop)}
        self.bases = {var: s.args[0] for var, s in made.items() if isinstance(s.args[0], Var)}
        self.low, self.high = -min(self.places.values()), max(self.places.values())
        extent = extent_of(loop)
        self.long = extent is not None and extent.lower >= self.low + self.high

    def written(self) -> tuple[Atom, ...]:
        """Appends the parts of the loop, one after another; gives its results."""
        first = Const(self.low, INT)
        parts = [partial(self._part, first, self._last, self._straight())]
        if self.long and self.low + self.high <= FEW:
            parts = [partial(self._once, at) for at in range(self.low)] + parts
            parts += [partial(self._once, at) for at in range(-self.high, 0)]
        else:
            least, most = (partial(self.builder.emit, op, spelling=op[:3]) for op in ("minimum", "maximum"))
            if self.low:
                end = first if self.long else least(first, self.loop.stop)
                parts.insert(0, partial(self._part, self.loop.start, lambda: end, self.loop.body))
            if self.high:
                start = self._last() if self.long else most(self._last(), first)
                parts.append(partial(self._part, start, lambda: self.loop.stop, self.loop.body))
        values = self.loop.inits
        for part in reversed(parts) if self.loop.backward else parts:
            values = part(values)
        return values

    def _last(self) -> Atom:
        return self.builder.emit("sub", self.loop.stop, self.high) if self.high else self.loop.stop

    def _part(self, start: Atom, stop: Callable[[], Atom], body: Block, values: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """The loop from `start` to `stop`."""
        own = [self.builder.var(var.name, var.type, var.of) for var in (self.loop.index, *self.loop.carried)]
        given = dict(zip((self.loop.index, *self.loop.carried), own, strict=True))
        again, _ = copied(body, self.builder.var, given=given)
        results = tuple(self.builder.var(var.name, var.type, var.of) for var in self.loop.results)
        part = replace(self.loop, index=own[0], start=start, stop=stop(), carried=tuple(own[1:]), inits=values)
        self.builder.append(replace(part, body=again, results=results))
        return results

    def _once(self, at: int, values: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """The iteration at a place from the start, or, below 0, from the end."""
        told: dict[Var, Atom] = {var: self._place(at, var) for var in self.places}
        left = self._other(lambda s: iter(()))
        given = {**told, **dict(zip(self.loop.carried, values, strict=True))}
        again, _ = copied(left, self.builder.var, given=given)
        for s in again.statements:
            self.builder.append(s)
        return again.yields

    def _place(self, at: int, var: Var) -> Atom:
        """What `var` is in that iteration."""
        k = at + self.places[var]
        if not self._is_from_end(at, var):
            return Const(k, INT)
        return self.builder.emit("add" if k > 0 else "sub", self.loop.stop, abs(k)) if k else self.loop.stop

    def _is_from_end(self, at: int, var: Var) -> bool:
        """Whether it lies so far from the ring's end; what is added to a remainder does not come round itself."""
        if var == self.loop.index:
            return at < 0
        return at + self.places[var] < 0 if var in self.remainders else self._is_from_end(at, self.bases[var])

    def _straight(self) -> Block:
        """The loop's body where nothing comes round."""

        def told(s: Assign) -> Iterator[Statement]:
            shift = self.places[s.target]
            if shift:
                op, by = "add" if shift > 0 else "sub", Const(abs(shift), INT)
                yield Assign(s.target, op, (self.loop.index, by), origin=s.origin)

        here: dict[Var, Atom] = {var: self.loop.index for var, shift in self.places.items() if not shift}
        return substitute(self._other(told), here)

    def _other(self, told: Callable[[Assign], Iterator[Statement]]) -> Block:
        """The loop's body with others in the place of the statements that make `places`."""

        def inner(block: Block) -> Block:
            return replace(block, statements=tuple(one for s in block.statements for one in statement(s)))

        def statement(s: Statement) -> Iterator[Statement]:
            if isinstance(s, Assign) and s.target in self.places:
                yield from told(s)
            else:
                yield map_statement(s, lambda atom: atom, inner)

        return inner(self.loop.body)
