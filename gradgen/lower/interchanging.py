"""A search that each of many iterations makes is made for a block of them side by side, so that it is vectorised.

The nearest of a few centres is searched for one after the other: each comparison waits for the one before, and the loop
over the centres cannot be vectorised. Those of other points do not wait. So the search goes over the centres once for
a block of points, with what it carries in arrays of the block's length, and the loop over points is inmost:

    for i in range(n):                      for start in range(0, n, 256):
        best, place = inf, 0                    ...
        for j in range(k):                      for j in range(k):
            d = (x[i] - c[j]) ** 2                  for i in range(size):
            less = d < best                             d = (x[start + i] - c[j]) ** 2
            best = d if less else best                  less = d < best[i]
            place = j if less else place                best[i] = d if less else best[i]
        total[place] += best                            place[i] = j if less else place[i]
                                                for i in range(size):
                                                    total[place[i]] += best[i]

>>> from gradgen.ir import Const, Dim, Scalar, Store, show
>>> from gradgen.ir import FLOAT, Array, At
>>> n, k, i, j = (Var(name, v, INT) for v, name in enumerate("nkij"))
>>> n = Var("n", 0, Scalar("int64", True, Dim("n", least=16)))
>>> x, c, out, out0, out1, out2 = (Var(name, v, Array("float64", (Dim("n"),))) for v, name in enumerate("xcoooo", 4))
>>> xi, cj, d, best, new, found = (Var("", v, FLOAT) for v in range(10, 16))
>>> less, zero, one = Var("", 16, Scalar("bool")), Const(0, INT), Const(1, INT)
>>> at = (("index", (At(0),)),)
>>> search = For(j, zero, k, one, (best,), (Const(9.0, FLOAT),), Block((
...     Assign(xi, "getitem", (x, i), at), Assign(cj, "getitem", (c, j), at), Assign(d, "sub", (xi, cj)),
...     Assign(less, "lt", (d, best)), Assign(new, "where", (less, d, best))), (new,)), (found,))
>>> store = Store(out1, out0, (At(0),), (i,), found, "set")
>>> loop = For(i, zero, n, one, (out0,), (out,), Block((search, store), (out1,)), (out2,))
>>> before = Program((Function("f", (n, k, x, c, out), Block((loop,), (out2,))),))
>>> print(show(interchange_loops(before).entry))
f(n.0, k.1, x.4, c.5, o.6):
  _.19 = empty 256 dtype=float64
  o.9 _.48 = for _.21 in 0:n.0:256 with o.7=o.6, _.20=_.19:
    _.17 = maximum _.21 0
    _.22 = add _.21 256
    _.23 = minimum _.22 n.0
    _.18 = sub _.23 _.21
    _.27 = for _.24 in 0:_.18:1 with _.25=_.20:
      _.26 = _.25 with [_.24] = 9.0
      yield _.26
    _.41 = for _.28 in 0:k.1:1 with _.29=_.27:
      _.40 = for _.30 in 0:_.18:1 with _.31=_.29:
        _.32 = add _.17 _.30
        _.33 = _.31[_.30]
        _.34 = x.4[_.32]
        _.35 = c.5[_.28]
        _.36 = sub _.34 _.35
        _.37 = lt _.36 _.33
        _.38 = where _.37 _.36 _.33
        _.39 = _.31 with [_.30] = _.38
        yield _.39
      yield _.40
    o.47 = for _.42 in 0:_.18:1 with o.45=o.7:
      _.43 = add _.17 _.42
      _.44 = _.41[_.42]
      o.46 = o.45 with [_.43] = _.44
      yield o.46
    yield o.47 _.41
  yield o.9

Of 10^4 points and ten centres in the plane, the gradient takes half of the time. Done for loops outside of others whose
search reads what hangs on the iteration or on the place in the search, not on both: of the rows of a matrix the next
element lies beside the last. Sums are no searches: LLVM takes them apart. Not done: searches with loops inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from gradgen.analyse.independent import repeatable
from gradgen.ir import (
    INT,
    Array,
    Assign,
    Atom,
    Block,
    Const,
    Dim,
    For,
    Function,
    Program,
    Scalar,
    Statement,
    Var,
)
from gradgen.ir.instantiate import copied
from gradgen.ir.known import counts_up, runs_through
from gradgen.ir.walk import operands, statement_free, targets
from gradgen.lower.context import Context, Position_
from gradgen.lower.facts import has_effects
from gradgen.rules.build import Builder, builder_after
from gradgen.rules.table import RULES

BLOCK = 256  # iterations: what they carry stays in the first cache
MANY = 16  # iterations at least, by the signature


def interchange_loops(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    made: list[Statement] = []
    for s in function.body.statements:
        found = _found(s) if isinstance(s, For) else None
        made += [s] if found is None else _Writer(found, builder).statements()
    return replace(function, body=replace(function.body, statements=tuple(made)))


@dataclass
class _Found:
    """A loop, its search, the statements before that which the search needs."""

    loop: For
    search: For
    needed: tuple[Assign, ...]


def _found(loop: For) -> _Found | None:
    if not _is_plain(loop) or not _is_many(loop) or any(map(has_effects, loop.body.statements)):
        return None
    searches = (s for s in loop.body.statements if isinstance(s, For) and _is_search(s))
    return next((found for search in searches if (found := _apart(loop, search)) is not None), None)


def _apart(loop: For, search: For) -> _Found | None:
    """What is needed for it, if no iteration needs for its search what another one has left."""
    made: dict[Atom, Statement] = {var: s for s in loop.body.statements if s is not search for var in targets(s)}
    own = {loop.index, *loop.carried, *made}
    if not own.isdisjoint((search.start, search.stop, search.step, *search.inits)):
        return None
    needed = _needed(search, made)
    found = _Found(loop, search, tuple(s for s in loop.body.statements if s in needed and is_number(s)))
    read = {atom for s in (*needed, search) for atom in (*operands(s), *statement_free(s))}
    right = len(found.needed) == len(needed) and read.isdisjoint(loop.carried)
    return found if right and _reads_apart(found) else None


def _is_plain(loop: For) -> bool:
    return runs_through(loop) and not loop.backward and not loop.parallel


def _is_many(loop: For) -> bool:
    """Whether it goes over all of many places."""
    extent = getattr(loop.stop.type, "extent", None)
    return counts_up(loop) and extent is not None and extent.lower >= MANY


def is_number(s: Statement) -> TypeGuard[Assign]:
    """Whether it is an operation on numbers, or reads an element."""
    if not isinstance(s, Assign) or not isinstance(s.target.type, Scalar) or not repeatable(s):
        return False
    if s.op != "getitem" and RULES[s.op].kind not in ("elementwise", "constant"):
        return False
    return all(isinstance(arg.type, Scalar) for arg in (s.args[1:] if s.op == "getitem" else s.args))


def _is_search(loop: For) -> bool:
    """Whether numbers are chosen, iteration by iteration, and nothing else is done."""
    if not _is_plain(loop) or not all(map(is_number, loop.body.statements)):
        return False
    made: dict[Atom, Assign] = {s.target: s for s in loop.body.statements if isinstance(s, Assign)}
    steps = [(var, made.get(end)) for var, end in zip(loop.carried, loop.body.yields, strict=True)]
    chosen = any(s is not None and s.op == "where" and var in s.args[1:] for var, s in steps)
    return chosen and all(isinstance(var.type, Scalar) for var in loop.carried)


def _needed(search: For, made: dict[Atom, Statement]) -> list[Statement]:
    """What of the iteration the search hangs on."""
    needed: list[Statement] = []
    waiting: list[Atom] = [var for var in statement_free(search) if var in made]
    while waiting:
        s = made[waiting.pop()]
        if s not in needed:
            needed.append(s)
            waiting += [var for var in (*operands(s), *statement_free(s)) if var in made]
    return needed


def _reads_apart(found: _Found) -> bool:
    """Whether what is read hangs on the iteration or on the place in the search, not on both."""
    rows: set[Atom] = {found.loop.index}
    places: set[Atom] = {found.search.index, *found.search.carried}
    for s in (*found.needed, *found.search.body.statements):
        assert isinstance(s, Assign)
        by_row, by_place = not rows.isdisjoint(s.args), not places.isdisjoint(s.args)
        if s.op == "getitem" and by_row and by_place:
            return False
        rows |= {s.target} if by_row else set()
        places |= {s.target} if by_place else set()
    return True


class _Writer:
    """Writes the loop over blocks."""

    def __init__(self, found: _Found, builder: Builder):
        self.found, self.builder, self.ctx = found, builder, Context(builder)
        self.first, self.size = (builder.var("", INT) for _ in range(2))

    def statements(self) -> list[Statement]:
        loop, builder, ctx = self.found.loop, self.builder, self.ctx
        block, zero = Const(BLOCK, INT), Const(0, INT)
        with builder.collect() as ahead:
            arrays = [ctx.empty(_of_block(var), [block], var) for var in self.found.search.carried]
        inside_arrays = [ctx.again(array) for array in arrays]
        start = builder.var("", INT)
        with builder.collect() as inside:
            # At least 0, as compiled code cannot know of a start: or it looks for places that count from the end.
            builder.append(Assign(self.first, "maximum", (start, zero)))
            end = builder.emit("minimum", builder.emit("add", start, block), loop.stop)
            builder.append(Assign(self.size, "sub", (end, start)))
            kept = self._search(inside_arrays)
            last = self._last(kept)
        body = Block(tuple(inside), (*last, *kept))
        carried, inits = (*loop.carried, *inside_arrays), (*loop.inits, *arrays)
        results = (*loop.results, *map(ctx.again, arrays))
        made = replace(loop, index=start, step=block, carried=carried, inits=inits, body=body, results=results)
        return [*ahead, made]

    def _search(self, arrays: Sequence[Var]) -> tuple[Atom, ...]:
        """The search for all iterations of the block; the arrays with what it found."""
        search, ctx = self.found.search, self.ctx

        def begin(at: Position_, kept: tuple[Atom, ...]) -> list[Atom]:
            return [ctx.write(array, at, init) for array, init in zip(kept, search.inits, strict=True)]

        def step(place: Var, held: tuple[Var, ...]) -> tuple[Atom, ...]:
            def each(at: Position_, kept: tuple[Atom, ...]) -> list[Atom]:
                row = self.builder.emit("add", self.first, at[0])
                numbers = (ctx.read(array, at) for array in kept)
                given = {
                    self.found.loop.index: row,
                    search.index: place,
                    **dict(zip(search.carried, numbers, strict=True)),
                }
                again = Block((*self.found.needed, *search.body.statements), search.body.yields)
                body, _ = copied(again, self.builder.var, given=given)
                for s in body.statements:
                    self.builder.append(s)
                return [ctx.write(array, at, new) for array, new in zip(kept, body.yields, strict=True)]

            return ctx.nest([self.size], held, each)

        begun = ctx.nest([self.size], arrays, begin)
        return ctx.loop(search.start, search.stop, begun, step, search.step)

    def _last(self, kept: Sequence[Atom]) -> tuple[Atom, ...]:
        """The rest of each iteration, in their order; what it carries."""
        loop, search, builder = self.found.loop, self.found.search, self.builder
        at = builder.var("", INT)
        with builder.collect() as inside:
            row = builder.emit("add", self.first, at)
            found = [self.ctx.read(array, (at,)) for array in kept]
            rest = Block(tuple(s for s in loop.body.statements if s is not search), loop.body.yields)
            given = {loop.index: row, **dict(zip(search.results, found, strict=True))}
            carried = tuple(map(self.ctx.again, loop.carried))
            body, _ = copied(rest, builder.var, given={**given, **dict(zip(loop.carried, carried, strict=True))})
            for s in body.statements:
                builder.append(s)
        results = tuple(map(self.ctx.again, loop.carried))
        body = Block(tuple(inside), body.yields)
        zero, one = Const(0, INT), Const(1, INT)
        builder.append(For(at, zero, self.size, one, carried, loop.carried, body, results, origin=loop.origin))
        return results


def _of_block(var: Var) -> Array:
    assert isinstance(var.type, Scalar)
    return Array(var.type.dtype, (Dim(None, BLOCK),))
