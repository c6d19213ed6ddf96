"""Loops that go over many rows again and again, for each of some columns, go over a strip of the rows at a time.

Of 10^5 points of which each follows some bones, each bone has a loop over all points: what it reads of them comes from
memory again for each bone, and a matrix with a column for each bone is read down its columns. So all bones are done for
a strip of points, whose columns are copied, and then for the next:

    for b in range(k):                          for start in range(0, n, 264):
        for i in range(n):                          for i in range(size):
            y[i] += w[i, b] * x[i]                      for b in range(k):
    for i in range(n):                                      w_by_column[b, i] = w[start + i, b]
        r[i] = f(y[i])                              for b in range(k):
    for b in range(k):                                  for i in range(size):
        s = 0.0                                             y[i] += w_by_column[b, i] * x[start + i]
        for i in range(n):                          for i in range(size):
            s += w[i, b] * r[i]                         r[i] = f(y[i])
        g[b] = s                                    for b in range(k):
                                                        s = g[b]
                                                        for i in range(size):
                                                            s += w_by_column[b, i] * r[i]
                                                        g[b] = s

What is as long as there are rows, and nobody else reads, is as long as a strip, and a sum goes on where the last strip
left it: each row meets the same numbers in the same order as before.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(w):
...     y = np.zeros(w.shape[0])
...     for b in range(w.shape[1]):
...         for i in range(w.shape[0]):
...             y[i] += w[i, b] * b
...     s = 0.0
...     for i in range(w.shape[0]):
...         s += y[i] * y[i]
...     return s
>>> before = simplify(lower(stage(f, {"w": describe(np.ones((20, 9)), "w")}).program))
>>> print(show(before.entry))
f(w.0):
  _.54 = size w.0 axis=0
  _.55 = size w.0 axis=1
  y.3 = zeros _.54 dtype=float64
  y.37 = for b.22 in 0:_.55:1 with y.21=y.3:
    y.36 = for i.31 in 0:_.54:1 with y.30=y.21:
      _.33 = w.0[i.31, b.22]
      _.34 = mul _.33 b.22
      y.35 = y.30 with [i.31] += _.34
      yield y.35
    yield y.36
  s.53 = for i.48 in 0:_.54:1 with s.47=0.0:
    _.49 = y.37[i.48]
    _.50 = y.37[i.48]
    _.51 = mul _.49 _.50
    s.52 = add s.47 _.51
    yield s.52
  yield s.53
>>> print(show(strip_rows(before).entry))
f(w.0):
  _.54 = size w.0 axis=0
  _.55 = size w.0 axis=1
  y.60 = empty 264 dtype=float64
  w_by_column.63 = empty _.55 264 dtype=float64
  y.37 w_by_column.62 s.53 = for start.56 in 0:_.54:264 with y.61=y.60, w_by_column.64=w_by_column.63, s.65=0.0:
    _.66 = add start.56 264
    end.58 = minimum _.66 _.54
    size.59 = sub end.58 start.56
    first.57 = maximum start.56 0
    y.71 = for _.67 in 0:size.59:1 with y.68=y.61:
      y.70 = y.68 with [_.67] = 0.0
      yield y.70
    _.72 = sub size.59 1
    w_by_column.86 = for _.73 in 0:size.59:2 with w_by_column.74=w_by_column.64:
      _.75 = add first.57 _.73
      _.76 = add _.73 1
      _.77 = minimum _.76 _.72
      _.78 = add first.57 _.77
      w_by_column.85 = for _.79 in 0:_.55:1 with w_by_column.80=w_by_column.74:
        _.81 = w.0[_.75, _.79]
        w_by_column.82 = w_by_column.80 with [_.79, _.73] = _.81
        _.83 = w.0[_.78, _.79]
        w_by_column.84 = w_by_column.82 with [_.79, _.76] = _.83
        yield w_by_column.84
      yield w_by_column.85
    y.89 = for b.22 in 0:_.55:1 with y.21=y.71:
      y.36 = for i.87 in 0:size.59:1 with y.30=y.21:
        _.33 = w_by_column.86[b.22, i.87]
        _.34 = mul _.33 b.22
        y.35 = y.30 with [i.87] += _.34
        yield y.35
      yield y.36
    s.92 = for i.90 in 0:size.59:1 with s.47=s.65:
      _.49 = y.89[i.90]
      _.50 = y.89[i.90]
      _.51 = mul _.49 _.50
      s.52 = add s.47 _.51
      yield s.52
    yield y.89 w_by_column.86 s.92
  yield s.53

Of 10^5 points that each follow 21 bones, the gradient takes two thirds of the time, and little memory beside.

Done to what `rows.py` finds, and to loops in which there are loops over all rows, numbers, and stores of what these sum
up from zero, each at a place of its own of an array that is made here. Not done: loops around these; in parallel parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gradgen.ir import (
    INT,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    Dim,
    For,
    Function,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    dims_of,
)
from gradgen.ir.known import extent_of, goes_along, runs_through
from gradgen.ir.walk import map_statement, operands, statement_free, targets, uses, within
from gradgen.lower.accesses import Memory, Place
from gradgen.lower.context import Position_, array_type
from gradgen.lower.interchanging import is_number
from gradgen.lower.rowblocks import Carried, Writer
from gradgen.lower.rows import OWN, Rows
from gradgen.lower.shrinking import zero
from gradgen.rules.build import Builder, builder_after
from gradgen.simplify.dead import remove_dead

STRIP = 264  # rows, which stay in the second cache: an even number, and no power of two, whose rows share cache lines
MANY = 16  # rows at least, by the signature
FEW = 8  # columns


def strip_rows(program: Program) -> Program:
    builder = builder_after(program)
    made = replace(program, functions=tuple(_function(function, builder) for function in program.functions))
    return program if made == program else remove_dead(made)


def _function(function: Function, builder: Builder) -> Function:
    memory = Memory(function)
    for rows in dict.fromkeys(_inner_rows(function)):
        found = _Strips(function, rows, memory, {})
        if found.gathered():
            made = _Writer(found, builder).statements()
            return replace(function, body=replace(function.body, statements=tuple(made)))
    return function


def _inner_rows(function: Function) -> Iterator[Dim]:
    """Of how many rows loops in loops are."""
    for s in function.body.statements:
        for loop in s.body.statements if isinstance(s, For) else ():
            extent = extent_of(loop) if isinstance(loop, For) else None
            if extent is not None and extent.constant is None and extent.lower >= MANY:
                yield extent


@dataclass(frozen=True)
class _Sum:
    """What a loop over rows carries from zero, and where it is stored."""

    var: Var
    store: Store


@dataclass
class _Strips(Rows):
    """`zeros`: arrays that sums over rows are stored in; they are to start as zeros."""

    zeros: set[Var] = field(default_factory=set)
    changed: set[Var] = field(default_factory=set)

    def gathered(self) -> bool:
        """Whether a matrix is read down its columns, or what one loop leaves of the rows another one reads."""
        self.part()
        nests = [s for s in self.chain if isinstance(s, For) and self.is_nest(s)]
        if not nests or not self.may_be_apart():
            return False
        self.changed = {key for s in self.chain for key, _, changes, _ in self.places(s) if changes}
        self.zeros = {self.memory.key(one.store.array) for s in nests for one in self.sums_of(s) or ()}
        if not all(self._changes_rows(s) for s in nests):
            return False
        touching = [{key for key, *_ in self.places(s)} for s in self.chain if isinstance(s, For)]
        if any(sum(key in one for one in touching) > 1 for key in self.zeros) or not self._starts_here():
            return False
        local = self.local()
        passed_on = any(sum(key in one for one in touching) > 1 for key in local)
        return passed_on or any(self.columns(s) for s in nests)

    def fits(self, s: Assign | For) -> bool:
        if isinstance(s, For):
            return self.is_over_rows(s) or self.is_nest(s)
        return self.is_new(s) and len(s.args) == 1

    def ends(self, s: Assign | For) -> bool:
        return isinstance(s, For)

    def stays(self, s: Statement) -> bool:
        return self.is_nest(s)

    def over_rows(self, s: For) -> list[For]:
        return [one for one in s.body.statements if isinstance(one, For)] if self.is_nest(s) else [s]

    def is_nest(self, s: Statement) -> bool:
        """Whether it is a loop in which there are loops over rows, and nothing that must not be done again."""
        if not isinstance(s, For) or self.is_over_rows(s) or not runs_through(s) or s.parallel:
            return False
        inner = [one for one in s.body.statements if isinstance(one, For)]
        if not inner or not all(self.is_over_rows(one) and not one.parallel for one in inner):
            return False
        if not all(isinstance(var.type, Array) for var in s.carried):
            return False
        made = {var for one in s.body.statements for var in targets(one)}
        stores = [one for one in s.body.statements if isinstance(one, Store)]
        rest = (one for one in s.body.statements if not isinstance(one, For | Store))
        sums = self.sums_of(s)
        return (
            all(map(is_number, rest))
            and sums is not None
            and len(sums) == len(stores)
            and {one.stop for one in inner}.isdisjoint(made)
            and self._are_own(s, sums, made)
        )

    def sums_of(self, nest: For) -> list[_Sum] | None:
        """What the loops over rows carry, if all of it is stored, and nothing else done with it."""
        read = uses(replace(self.function, body=nest.body))
        stores = {one.value: one for one in nest.body.statements if isinstance(one, Store) and one.mode == "set"}
        found = []
        for loop in nest.body.statements:
            if not isinstance(loop, For):
                continue
            for var, init, result in zip(loop.carried, loop.inits, loop.results, strict=True):
                if isinstance(var.type, Array):
                    continue
                store = stores.get(result)
                starts = isinstance(init, Const) and init.value == 0
                if store is None or not starts or read[result] != 1 or not _keeps(store.array, var):
                    return None
                found.append(_Sum(var, store))
        return found

    def _are_own(self, nest: For, sums: list[_Sum], made: set[Var]) -> bool:
        """Whether each sum is stored at a place of its own in each iteration, and nothing else touches the array."""
        places: dict[Var, list[Place]] = {}
        for one in sums:
            index, given = one.store.index, one.store.operands
            place, key = self.memory.place(index, given), self.memory.key(one.store.array)
            if not all(isinstance(entry, At | int) for entry in index) or not made.isdisjoint(given):
                return False
            if not any(self.memory.told(form) and form[0] == nest.index for form in place):
                return False
            if not all(self.memory.apart(place, other) for other in places.setdefault(key, [])):
                return False
            places[key].append(place)
        stores = [one.store for one in sums]
        for s in within(nest):
            touched = {self.memory.key(atom) for atom in operands(s) if isinstance(atom, Var)}
            if s not in stores and not isinstance(s, For) and not touched.isdisjoint(places):
                return False
        return not any(
            isinstance(atom.type, Array) and self.memory.key(atom) in places
            for s in nest.body.statements
            if isinstance(s, For)
            for atom in s.carried
        )

    def _changes_rows(self, nest: For) -> bool:
        """Whether each loop over rows changes what is the row's own: an iteration is done again for the next strip."""
        places = [(key, place) for key, place, changes, _ in self.places(nest) if changes]
        return all(place == OWN or key in self.zeros for key, place in places)

    def _starts_here(self) -> bool:
        """Whether the arrays of `zeros` are made here, and touched by nothing before."""
        made = set[Var]()
        for s in (*self.before, *self.chain):
            if isinstance(s, Assign) and s.op in ("empty", "zeros"):
                made.add(s.target)
        touched = {
            root
            for s in self.before
            if not (isinstance(s, Assign) and s.target in made)
            for atom in (*operands(s), *statement_free(s))
            if isinstance(atom, Var)
            for root in self.memory.roots(atom)
        }
        return self.zeros <= made - touched

    def columns(self, nest: For) -> list[Assign]:
        """The elements of columns that the loops over rows read of a matrix which nothing changes."""
        return [
            s
            for loop in self.over_rows(nest)
            for s in loop.body.statements
            if isinstance(s, Assign)
            and self._is_of_column(s, loop, nest)
            and self.memory.key(s.args[0]) not in self.changed
        ]

    def _is_of_column(self, s: Assign, loop: For, nest: For) -> bool:
        if s.op != "getitem" or len(dims_of(s.args[0].type)) != 2 or isinstance(s.target.type, Array):
            return False
        rows, columns = dims_of(s.args[0].type)
        index = s.param("index")
        if not (isinstance(index[0], At) and s.args[1 + index[0].operand] == loop.index and self.is_rows(rows)):
            return False
        if isinstance(index[1], int):
            return columns.constant is not None and 0 <= index[1] < columns.constant
        return (
            isinstance(index[1], At)
            and s.args[1 + index[1].operand] == nest.index
            and goes_along(nest, columns)
            and (columns.constant is None or columns.constant > FEW)
        )


def _keeps(array: Atom, number: Var) -> bool:
    """Whether the array holds the number as it is."""
    return isinstance(number.type, Scalar) and number.type.dtype == array_type(array).dtype


@dataclass
class _Copy:
    """Of a strip's rows of a matrix: one column, or all, each in one piece."""

    matrix: Var
    column: int | None
    count: Atom
    carried: Carried


class _Writer(Writer):
    """Writes the loop over strips."""

    found: _Strips

    def __init__(self, found: _Strips, builder: Builder):
        super().__init__(found, builder)
        self.zeroed: list[Carried] = []
        self.copies: dict[tuple[Atom, int | None], _Copy] = {}
        self.reads: dict[int, _Copy] = {}  # by the identity of the statement

    def statements(self) -> list[Statement]:
        return [self._as_zeros(s) for s in super().statements()]

    def _as_zeros(self, s: Statement) -> Statement:
        return replace(s, op="zeros") if isinstance(s, Assign) and s.target in self.found.zeros else s

    def _rows(self) -> Atom:
        return next(self.found.over_rows(s)[0].stop for s in self.found.chain if isinstance(s, For))

    def _block(self) -> Atom:
        return Const(STRIP, INT)

    def _prepare(self, s: Assign | For) -> None:
        if isinstance(s, Assign) and self.memory.key(s.target) in self.local:
            made = self._of_strip(s.target, s.target)
            self.env[s.target] = made.var
            if s.op == "zeros":
                self.zeroed.append(made)
            return
        super()._prepare(s)
        if isinstance(s, For) and self.found.is_nest(s):
            for read in self.found.columns(s):
                self._prepare_copy(read, s)

    def _prepare_copy(self, read: Assign, nest: For) -> None:
        matrix, column = read.args[0], read.param("index")[1]
        assert isinstance(matrix, Var)
        one = column if isinstance(column, int) else None
        if (matrix, one) not in self.copies:
            type = array_type(matrix)
            name = f"{matrix.name}_by_column" if one is None else f"{matrix.name}_{one}"
            dims = type.dims[::-1] if one is None else type.dims[:1]
            like = Var(name, 0, Array(type.dtype, dims), matrix.of)
            made = self._of_strip(like, self.ctx.again(like), *((nest.stop,) if one is None else ()))
            self.copies[matrix, one] = _Copy(matrix, one, nest.stop, made)
        self.reads[id(read)] = self.copies[matrix, one]

    def _of_strip(self, like: Var, result: Var, *sizes: Atom) -> Carried:
        """An array as long as a strip, made before the loop, which ends with it as `result`."""
        array = self.ctx.empty(array_type(like), [*sizes, self._block()], like)
        made = self.ctx.again(array)
        self.carried.append(Carried(array, made, made, result))
        return self.carried[-1]

    def _carry(self, var: Var, init: Atom, result: Var) -> None:
        self._carry_on(var, init, result)

    # Inside the loop

    def _write_chain(self) -> None:
        self._begin()
        for copy in self.copies.values():
            if copy.column is None:
                self._copy_all(copy)
        super()._write_chain()

    def _begin(self) -> None:
        """Zeros, and single columns that are copied."""
        columns = [copy for copy in self.copies.values() if copy.column is not None]
        begun = [*(copy.carried for copy in columns), *self.zeroed]

        def put(at: Position_, kept: tuple[Atom, ...]) -> Iterator[Atom]:
            row = self.builder.emit("add", self.first, at[0])
            for array, copy in zip(kept, columns, strict=False):
                yield self.ctx.write(array, at, self.ctx.read(copy.matrix, (row, Const(copy.column, INT))))
            for array in kept[len(columns) :]:
                yield self.ctx.write(array, at, zero(Scalar(array_type(array).dtype)))

        made = self.ctx.nest([self.size], [one.latest for one in begun], lambda at, kept: tuple(put(at, kept)))
        for one, latest in zip(begun, made, strict=True):
            one.latest = latest

    def _copy_all(self, copy: _Copy) -> None:
        """Two rows at a time, the last one twice if need be: LLVM would scatter a single one, which takes longer."""
        emit, ctx = self.builder.emit, self.ctx
        last = emit("sub", self.size, 1)

        def rows(at: Var, kept: tuple[Var, ...]) -> tuple[Atom, ...]:
            pair = [(at, emit("add", self.first, at))]
            after = emit("add", at, 1)
            pair.append((after, emit("add", self.first, emit("minimum", after, last))))

            def put(column: Position_, kept: tuple[Atom, ...]) -> tuple[Atom, ...]:
                for place, row in pair:
                    kept = (ctx.write(kept[0], (*column, place), ctx.read(copy.matrix, (row, *column))),)
                return kept

            return ctx.nest([copy.count], kept, put)

        (copy.carried.latest,) = ctx.loop(Const(0, INT), self.size, (copy.carried.latest,), rows, 2)

    def _write(self, s: Assign | For) -> None:
        if isinstance(s, For) and self.found.is_nest(s):
            self._nest(s)
        elif isinstance(s, For):
            self._loop(s)

    def _nest(self, s: For) -> None:
        sums = {one.var: one.store for one in self.found.sums_of(s) or ()}
        latest: dict[Var, Atom] = {self.memory.key(var): var for var in s.carried}
        with self.builder.collect() as inside:
            for one in s.body.statements:
                if isinstance(one, For):
                    with self.builder.at(one.origin):
                        inits = tuple(
                            self._so_far(sums[var], latest) if var in sums else self._use(init)
                            for var, init in zip(one.carried, one.inits, strict=True)
                        )
                    self.builder.append(replace(self._in_block(one), inits=inits))
                else:
                    self.builder.append(map_statement(one, self._use, lambda block: block))
                if isinstance(one, Store):
                    latest[self.memory.key(one.target)] = one.target
        body = Block(tuple(inside), tuple(map(self._use, s.body.yields)))
        self.builder.append(self._handing_on(s, replace(s, body=body)))

    def _so_far(self, store: Store, latest: dict[Var, Atom]) -> Atom:
        """What the strips before have summed up."""
        array = latest[self.memory.key(store.array)]
        type = Scalar(array_type(array).dtype)
        return self.builder.emit("getitem", array, *store.operands, type=type, index=store.index)

    def _placed(self, s: Statement, made: Statement, index: Var) -> Statement:
        copy = self.reads.get(id(s))
        if copy is None:
            return super()._placed(s, made, index)
        assert isinstance(made, Assign)
        if copy.column is not None:
            return replace(made, args=(copy.carried.latest, index), params=(("index", (At(0),)),))
        return replace(made, args=(copy.carried.latest, made.args[2], index), params=(("index", (At(0), At(1))),))
