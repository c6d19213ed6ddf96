"""Products with a matrix, and loops over its rows, in blocks of rows: a matrix that is read twice stays near.

The gradient of a loss of `x @ w` multiplies with `x`, goes over the rows of the product, and multiplies with `x`
transposed. Where `x` is larger than the cache, it comes from memory twice, and what lies between is as long as `x` is.
So all of it is done for a block of rows, and then for the next. Products of blocks with matrices are still calls of
BLAS, those with vectors are loops (`rowproducts.py`), unless `by_loops=False`:

    for start in range(0, n, 1024):                 for what was   z = x @ w
        rows = x[start:min(start + 1024, n)]                       for i in range(n):
        z = rows @ w                                                   r[i] = f(z[i], y[i])
        for i in range(len(rows)):                                 dw = x.T @ r
            r[i] = f(z[i], y[start + i])
        dw += rows.T @ r

>>> import numpy as np
>>> from gradgen.differentiate import gradient
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(w, x):
...     return np.sum(np.sin(x @ w))
>>> staged = stage(f, {"w": describe(np.ones(20), "w"), "x": describe(np.ones((50, 20)), "x")}).program
>>> before = simplify(lower(simplify(gradient(staged, staged.entry.params[:1], 1, value=False))))
>>> print(show(before.entry))
f_grad(w.0, x.1):
  _.10 = ascontiguous x.1
  _.11 = ascontiguous w.0
  _.12 = dot _.10 _.11
  _.13 = size x.1 axis=0
  _.15 = empty _.13 dtype=float64
  _.5 = for _.16 in 0:_.13:1 with _.17=_.15:
    _.18 = _.12[_.16]
    _.19 = cos _.18
    _.20 = _.17 with [_.16] = _.19
    yield _.20
  _.23 = transpose _.10 axes=None
  _.9 = dot _.23 _.5
  yield _.9
>>> print(show(block_rows(before, by_loops=False).entry))
f_grad(w.0, x.1):
  _.10 = ascontiguous x.1
  _.11 = ascontiguous w.0
  _.13 = size x.1 axis=0
  _.28 = size _.10 axis=1
  _.29 = zeros _.28 dtype=float64
  _.31 = maximum _.28 1
  _.32 = floordiv 16384 _.31
  _.33 = maximum _.32 32
  _.9 = for start.24 in 0:_.13:_.33 with _.30=_.29:
    _.34 = add start.24 _.33
    end.26 = minimum _.34 _.13
    size.27 = sub end.26 start.24
    _.35 = _.10[start.24:end.26]
    _.12 = dot _.35 _.11
    _.15 = empty size.27 dtype=float64
    _.5 = for _.36 in 0:size.27:1 with _.17=_.15:
      _.18 = _.12[_.36]
      _.19 = cos _.18
      _.20 = _.17 with [_.36] = _.19
      yield _.20
    _.38 = transpose _.35 axes=None
    _.39 = dot _.38 _.5
    _.44 = for _.40 in 0:_.28:1 with _.41=_.30:
      _.42 = _.39[_.40]
      _.43 = _.41 with [_.40] += _.42
      yield _.43
    yield _.44
  yield _.9

Of 10^6 rows of ten numbers a logistic loss takes half of the time, and a hundredth of the memory.

What is done in blocks are products `x @ w` with what no block changes, loops over all rows that touch what others of
them change in their own row only, and the products `x.T @ r` that sum over rows, into a sum of blocks. It is done only
for a matrix that is read, or made, and then summed over. Not done: inside of loops; the choice of a block's size by the
cache of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradgen.ir import (
    INT,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    For,
    Function,
    Program,
    Slice,
    Statement,
    Store,
    Var,
    dims_of,
)
from gradgen.ir.walk import map_statement
from gradgen.lower.accesses import Memory
from gradgen.lower.context import Context, Position_, array_type
from gradgen.lower.rowproducts import ROWS, add_rows, all_with_vectors, times
from gradgen.lower.rows import Rows, place_of, summed_over
from gradgen.rules.build import Builder, builder_after
from gradgen.simplify.dead import remove_dead

ELEMENTS = 16384  # of a block of the matrix: with what is made of it, within the second cache
LEAST = 32  # rows of a block, however long they are
NAMES = "start", "first", "end", "size"
MANY = 16  # rows at least, by the signature


def block_rows(program: Program, by_loops: bool = True) -> Program:
    """`by_loops`: products with vectors are loops, too."""
    builder = builder_after(program)
    made = replace(program, functions=tuple(_function(one, builder, by_loops) for one in program.functions))
    return program if made == program else remove_dead(made)


def _function(function: Function, builder: Builder, by_loops: bool) -> Function:
    memory = Memory(function)
    transposes: dict[Atom, Atom] = {
        s.target: s.args[0] for s in function.body.statements if isinstance(s, Assign) and s.op == "transpose"
    }
    matrices = (summed_over(s, transposes) for s in function.body.statements)
    for rows in dict.fromkeys(dims_of(matrix.type)[0] for matrix in matrices if matrix is not None):
        if rows.lower < MANY:
            continue
        found = Rows(function, rows, memory, transposes)
        if found.gathered():
            made = Writer(found, builder, by_loops and all_with_vectors(found)).statements()
            return replace(function, body=replace(function.body, statements=tuple(made)))
    return function


@dataclass
class Carried:
    """What goes from block to block: an array of all rows, or a sum over them."""

    init: Atom
    var: Var
    latest: Atom
    result: Var


class Writer:
    """Writes the loop over blocks of rows."""

    def __init__(self, found: Rows, builder: Builder, by_loops: bool = False):
        self.found, self.builder, self.memory, self.by_loops = found, builder, found.memory, by_loops
        self.ctx = Context(builder)
        self.local = found.local()
        self.env: dict[Atom, Atom] = {}
        self.carried: list[Carried] = []
        self.of: dict[Var, Carried] = {}  # by what a loop over rows carries
        self.ahead: list[Statement] = []
        self.widths: dict[Var, Atom] = {}  # of local arrays
        self.parts: dict[Atom, Var] = {}
        self.start, self.first, self.end, self.size = (builder.var(name, INT) for name in NAMES)

    def statements(self) -> list[Statement]:
        found, builder = self.found, self.builder
        with builder.collect() as self.ahead:
            for s in found.chain:
                self._prepare(s)
                if self.by_loops and (found.is_product(s) or found.is_sum(s)):
                    self._agree(s)
            rows, block = self._rows(), self._block()
        with builder.collect() as inside:
            stop = builder.emit("add", self.start, block)
            builder.append(Assign(self.end, "minimum", (stop, rows)))
            builder.append(Assign(self.size, "sub", (self.end, self.start)))
            # At least 0, as compiled code cannot know of a start: or it looks for places that count from the end.
            builder.append(Assign(self.first, "maximum", (self.start, Const(0, INT))))
            self._write_chain()
        body = Block(tuple(inside), tuple(one.latest for one in self.carried))
        names = [tuple(getattr(one, name) for one in self.carried) for name in ("var", "init", "result")]
        loop = For(self.start, Const(0, INT), rows, block, names[0], names[1], body, names[2])
        return [*found.before, *self.ahead, loop, *found.after]

    def _prepare(self, s: Assign | For) -> None:
        """What is had before the loop, and carried by it."""
        if isinstance(s, For):
            for var, init, result in zip(s.carried, s.inits, s.results, strict=True):
                self._carry(var, init, result)
        elif self.found.is_new(s) and self.memory.key(s.target) not in self.local:
            self.builder.append(s)
        elif self.found.is_new(s) and len(s.args) > 1:
            self.widths[self.memory.key(s.target)] = s.args[1]
        elif self.found.is_product(s) and len(dims_of(s.target.type)) > 1:
            self.widths[self.memory.key(s.target)] = self.builder.emit("size", s.args[1], axis=1)
        elif self.found.is_sum(s):
            type = array_type(s.target)
            zeros = self.builder.emit("zeros", *self._sum_sizes(s), type=type, dtype=type.dtype)
            made = self.ctx.again(s.target)
            self.carried.append(Carried(zeros, made, made, s.target))

    def _agree(self, s: Assign) -> None:
        """The axes that are summed over must be equally long, which BLAS asks itself."""
        matrix, other = self._factors(s) if self.found.is_sum(s) else s.args
        dim = self.found.rows if self.found.is_sum(s) else dims_of(matrix.type)[1]
        if self.memory.key(other) in self.local or self.found.are_equal(dim, dims_of(other.type)[0]):
            return
        assert isinstance(other, Var)
        size = self._rows() if self.found.is_sum(s) else self._width(matrix)
        differ = self.ctx.whole.compare("ne", size, self.ctx.size(other, 0))
        self.ctx.require(differ, "ValueError", "shapes not aligned")

    def _carry(self, var: Var, init: Atom, result: Var) -> None:
        if self.memory.key(var) not in self.local:
            self._carry_on(var, init, result)

    def _carry_on(self, var: Var, init: Atom, result: Var) -> None:
        one = next((one for one in self.carried if one.result == init), None)
        if one is None:
            made = self.ctx.again(var)
            one = Carried(init, made, made, result)
            self.carried.append(one)
            if isinstance(var.type, Array):
                self.env[init] = made
        one.result, self.of[var] = result, one

    def _rows(self) -> Atom:
        for s in self.found.chain:
            if isinstance(s, For):
                return s.stop
            if self.found.is_new(s):
                return s.args[0]
        return self.builder.emit("size", self._matrix(), axis=0)

    def _block(self) -> Atom:
        """How many rows a block has."""
        if self.by_loops:
            return Const(ROWS, INT)
        width = self._width(self._matrix())
        known = self.ctx.whole.known(width)
        if known is not None:
            return Const(max(ELEMENTS // max(known, 1), LEAST), INT)
        block = self.builder.emit("floordiv", ELEMENTS, self.builder.emit("maximum", width, 1))
        return self.builder.emit("maximum", block, LEAST)

    def _matrix(self) -> Var:
        last = next(s for s in self.found.chain if self.found.is_sum(s))
        matrix = summed_over(last, self.found.transposes)
        assert matrix is not None
        return matrix

    def _width(self, array: Atom) -> Atom:
        key = self.memory.key(array)
        if key in self.widths:
            return self.widths[key]
        whole = next((one.init for one in self.carried if self.memory.key(one.result) == key), array)
        assert isinstance(whole, Var)
        self.widths[key] = self.ctx.size(whole, 1)
        return self.widths[key]

    def _factors(self, s: Assign) -> tuple[Atom, Atom]:
        """Of a sum over rows: the matrix, and what it is multiplied with."""
        left, right = s.args
        if left in self.found.transposes:
            return self.found.transposes[left], right
        return right, left

    def _sum_sizes(self, s: Assign) -> list[Atom]:
        return [self._width(one) for one in self._factors(s) if len(dims_of(one.type)) == 2]

    # Inside the loop

    def _use(self, atom: Atom) -> Atom:
        return self.env.get(atom, atom)

    def _write_chain(self) -> None:
        for s in self.found.chain:
            with self.builder.at(s.origin):
                self._write(s)

    def _write(self, s: Assign | For) -> None:
        if isinstance(s, For):
            self._loop(s)
        elif self.found.is_new(s):
            if self.memory.key(s.target) in self.local:
                rows = self.ctx.whole.constant(ROWS) if self.by_loops else self.size
                self.builder.append(replace(s, args=(rows, *s.args[1:])))
        elif self.found.is_product(s) and self.by_loops:
            matrix, vector = s.args
            times(self.ctx, s.target, self._part(matrix), vector, self.size, self._width(matrix))
        elif self.found.is_product(s):
            self.builder.append(replace(s, args=(self._part(s.args[0]), s.args[1])))
        elif self.found.is_sum(s):
            self._sum(s)

    def _part(self, array: Atom) -> Atom:
        """The block's rows."""
        array = self._use(array)
        if self.memory.key(array) in self.local:
            return array
        if array not in self.parts:
            index = (Slice(At(0), At(1), None),)
            self.parts[array] = self.builder.emit("getitem", array, self.start, self.end, type=array.type, index=index)
        return self.parts[array]

    def _sum(self, s: Assign) -> None:
        matrix, other = map(self._part, self._factors(s))
        one = next(one for one in self.carried if one.result == s.target)
        if self.by_loops:
            one.latest = add_rows(self.ctx, one.latest, other, matrix, self.size, self._width(self._factors(s)[0]))
            return
        turned = s.args[0] in self.found.transposes
        left = self.builder.emit("transpose", matrix, type=s.args[0].type, axes=None) if turned else other
        made = self.builder.emit("dot", left, other if turned else matrix, type=s.target.type)

        def add(at: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return (self.ctx.write(inside[0], at, self.ctx.read(made, at), "add"),)

        assert isinstance(one.init, Var)
        sizes = next(s.args for s in self.ahead if isinstance(s, Assign) and s.target == one.init)
        (one.latest,) = self.ctx.nest(sizes, (one.latest,), add)

    def _loop(self, s: For) -> None:
        self.builder.append(self._handing_on(s, self._in_block(s)))

    def _handing_on(self, s: For, made: For) -> For:
        """`made` of `s`, with what goes into it in a block, and comes out of it."""
        inits, results = [], []
        for var, init, result in zip(s.carried, s.inits, s.results, strict=True):
            one = self.of.get(var)
            inits.append(self._use(init) if one is None else one.latest)
            results.append(result if one is None else self.ctx.again(result))
            if one is not None:
                one.latest = self.env[result] = results[-1]
        return replace(made, inits=tuple(inits), results=tuple(results))

    def _in_block(self, s: For) -> For:
        """The loop over the block's rows."""
        index, at = (self.builder.var(s.index.name, s.index.type, s.index.of) for _ in range(2))
        place = Assign(at, "add", (self.first, index))
        body = self._by_block(s, index, at)
        return replace(s, index=index, stop=self.size, body=replace(body, statements=(place, *body.statements)))

    def _by_block(self, loop: For, index: Var, at: Var) -> Block:
        """The loop's body, with `index` in the block and `at` of all rows."""

        def use(atom: Atom) -> Atom:
            return at if atom == loop.index else self.env.get(atom, atom)

        def inner(block: Block) -> Block:
            return Block(tuple(map(statement, block.statements)), tuple(map(use, block.yields)))

        def statement(s: Statement) -> Statement:
            return self._placed(s, map_statement(s, use, inner), index)

        return inner(loop.body)

    def _placed(self, s: Statement, made: Statement, index: Var) -> Statement:
        """`made` of `s`, with the place in the block where `s` touches what is made for a block."""
        found = place_of(s, self.local, self.memory)
        if found is None:
            return made
        if isinstance(made, Store):
            return replace(made, operands=_with(made.operands, found[0], index))
        assert isinstance(made, Assign)
        return replace(made, args=_with(made.args, found[0] + 1, index))


def _with(atoms: tuple[Atom, ...], k: int, atom: Atom) -> tuple[Atom, ...]:
    return (*atoms[:k], atom, *atoms[k + 1 :])
