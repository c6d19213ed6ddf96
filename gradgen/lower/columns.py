"""Arrays of many rows of a few elements lie column after column, where loops over the rows are all that use them.

A softmax over ten classes of many samples takes, for each sample, three loops over ten elements, too short for vectors,
and sums and extremes across a vector. Where the array of a class's elements lies in one piece, these loops are written
out by LLVM, and the loop over the samples is vectorised: eight samples at once.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Store, Var, show
>>> from gradgen.ir import constant_dim
>>> n, m = Dim("n"), Dim("m")
>>> x, w = Var("x", 0, Array("float64", (n, m))), Var("w", 1, Array("float64", (m, constant_dim(5))))
>>> z = Var("z", 2, Array("float64", (n, constant_dim(5))))
>>> rows, i, k, y = Var("n", 3, INT), Var("i", 4, INT), Var("k", 5, INT), Var("y", 6, FLOAT)
>>> s, t, u, r, total, last = (Var(name, 7 + at, FLOAT) for at, name in enumerate("sstrrr"))
>>> inner = Block((Assign(y, "getitem", (z, i, k), (("index", (At(0), At(1))),)), Assign(t, "maximum", (s, y))), (t,))
>>> loop = For(k, Const(0, INT), Const(5, INT), Const(1, INT), (s,), (Const(0.0, FLOAT),), inner, (u,))
>>> each = Block((loop, Assign(total, "add", (r, u))), (total,))
>>> body = Block((Assign(z, "dot", (x, w)),
...               For(i, Const(0, INT), rows, Const(1, INT), (r,), (Const(0.0, FLOAT),), each, (last,))), (last,))
>>> before = Program((Function("f", (x, w, rows), body),))
>>> print(show(before.entry))
f(x.0, w.1, n.3):
  z.2 = dot x.0 w.1
  r.12 = for i.4 in 0:n.3:1 with r.10=0.0:
    t.9 = for k.5 in 0:5:1 with s.7=0.0:
      y.6 = z.2[i.4, k.5]
      s.8 = maximum s.7 y.6
      yield s.8
    r.11 = add r.10 t.9
    yield r.11
  yield r.12
>>> print(show(lay_columns(before).entry))
f(x.0, w.1, n.3):
  _.13 = transpose w.1 axes=None
  _.14 = transpose x.0 axes=None
  z.15 = dot _.13 _.14
  r.12 = for i.4 in 0:n.3:1 with r.10=0.0:
    t.9 = for k.5 in 0:5:1 with s.7=0.0:
      y.6 = z.15[k.5, i.4]
      s.8 = maximum s.7 y.6
      yield s.8
    r.11 = add r.10 t.9
    yield r.11
  yield r.12

Done to arrays that are made here, by a product or empty, with 5 to 15 columns, and that only such loops touch, and
products `x.T @ array` of which elements are read: so nobody sees how they lie in memory. A loop over rows is one of
those if the loops in it are short, and what else it touches are vectors, each at the row's place or at one that is the
same for all rows: with any other the loop would not be vectorised, and the rows are better as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Block,
    For,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    dims_of,
)
from gradgen.ir.known import integer_of, runs_through
from gradgen.ir.walk import block_exits, blocks, map_statement, operands, statements, targets, uses
from gradgen.lower.accesses import Memory
from gradgen.rules.build import Builder, builder_after

COLUMNS = range(5, 16)  # fewer are arrays of their own (see `splitting`)


def lay_columns(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    found = _Found(function)
    turned = found.turned()
    if not turned:
        return function
    return replace(function, body=_Turning(found, turned, builder).block(function.body))


class _Found:
    """What touches the arrays of a function that may be turned, by what each is first."""

    def __init__(self, function: Function):
        self.memory = Memory(function)
        self.read = uses(function)
        self.transposes: dict[Atom, Assign] = {}
        self.element_reads: dict[Atom, int] = {}
        self.candidates: set[Var] = set()
        for s in statements(function.body):
            if isinstance(s, Assign):
                if s.op == "transpose":
                    self.transposes[s.target] = s
                if s.op == "getitem" and isinstance(s.target.type, Scalar):
                    self.element_reads[s.args[0]] = self.element_reads.get(s.args[0], 0) + 1
                if _is_made(s) and s.args[0] not in self.transposes:
                    self.candidates.add(s.target)
        self.refused: set[Var] = set()
        self.groups: list[set[Var]] = []  # the arrays that a loop over rows touches
        self.looped: set[Var] = set()
        for atom in function.body.yields:
            self.refuse(atom)
        self.visit(function.body, ())

    def key(self, atom: object) -> Var | None:
        """The array, if it may be turned."""
        if not isinstance(atom, Var):
            return None
        key = self.memory.key(atom)
        return key if key in self.candidates else None

    def refuse(self, *atoms: object) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.refused |= self.memory.roots(atom)

    def turned(self) -> set[Var]:
        left = self.candidates & self.looped - self.refused
        while lost := {one for group in self.groups for one in group if not group <= left} & left:
            left -= lost
        return left

    def visit(self, block: Block, loops: tuple[For, ...]) -> None:
        for s in block.statements:
            match s:
                case For():
                    self.pairs(s.carried, s.inits, s.body.yields, s.results)
                    self.visit(s.body, (*loops, s))
                case Store() if self.key(s.array) is not None:
                    self.touch(s.array, s.index, s.operands, loops)
                    self.refuse(s.value)
                case Assign(op="getitem", target=Var(type=Scalar()), args=(array, *given)) if (
                    self.key(array) is not None
                ):
                    self.touch(array, s.param("index"), tuple(given), loops)
                case Assign() if self.key(s.target) == s.target:
                    self.refuse(*s.args)
                case Assign(op="dot", args=(left, right)) if self.key(right) is not None:
                    summed = left in self.transposes and self.read[s.target] == self.element_reads.get(s.target)
                    self.refuse(left, *(() if summed else (right,)))
                case _:
                    self.refuse(*operands(s), *(atom for inner in blocks(s) for atom in block_exits(s, inner)))
                    for inner in blocks(s):
                        self.visit(inner, loops)

    def pairs(self, *columns: tuple[Atom, ...]) -> None:
        """What a loop carries is one array all along."""
        for found in zip(*columns, strict=True):
            if len({self.key(atom) for atom in found}) > 1:
                self.refuse(*found)

    def touch(self, array: Atom, index: tuple, given: tuple[Atom, ...], loops: tuple[For, ...]) -> None:
        key = self.key(array)
        assert key is not None
        over = next((loop for loop in loops if _at(index, 0, given) == loop.index), None)
        if over is None or len(index) != 2 or not all(isinstance(entry, At | int) for entry in index):
            self.refuse(key)
            return
        self.looped.add(key)
        group = set(self.beside(over))
        self.groups.append({key, *group})

    def beside(self, loop: For) -> Iterator[Var]:
        """The arrays of rows that a loop over rows touches, itself among them if it cannot be vectorised."""
        inner = {var for s in statements(loop.body) for var in targets(s)}
        fixed = {s.index for s in statements(loop.body) if isinstance(s, For) and _is_short(s)}
        short = all(_is_short(s) for s in statements(loop.body) if isinstance(s, For))
        if not short or not all(_is_plain(s) for s in (*statements(loop.body), loop)):
            yield loop.index
        for s in statements(loop.body):
            match s:
                case Store(array=array, index=index, operands=given):
                    pass
                case Assign(op="getitem", args=(array, *rest)):
                    index, given = s.param("index"), tuple(rest)
                case _:
                    continue
            places = [_at(index, axis, given) for axis in range(len(index))]
            if (key := self.key(array)) is not None:
                yield key
                good = places[0] == loop.index and all(one not in inner or one in fixed for one in places[1:])
            else:
                good = len(places) == 1 and (
                    places[0] not in inner or places[0] in fixed or self.is_row(places[0], loop)
                )
            if not good:
                yield loop.index

    def is_row(self, place: Atom | None, loop: For) -> bool:
        """Whether it is the row, or a number of rows further on."""
        made = next((s for s in loop.body.statements if place in targets(s)), None)
        inner = {var for s in statements(loop.body) for var in targets(s)}
        return isinstance(made, Assign) and made.op == "add" and loop.index in made.args and inner.isdisjoint(made.args)


def _is_made(s: Assign) -> bool:
    dims = dims_of(s.target.type)
    if len(dims) != 2 or dims[1].constant not in COLUMNS or dims[0].constant is not None:
        return False
    return s.op in ("empty", "zeros") or (s.op == "dot" and all(len(dims_of(arg.type)) == 2 for arg in s.args))


def _at(index: tuple, axis: int, given: tuple[Atom, ...]) -> Atom | None:
    entry = index[axis]
    return given[entry.operand] if isinstance(entry, At) else None


def _is_short(loop: For) -> bool:
    start, stop = integer_of(loop.start), integer_of(loop.stop)
    return start is not None and stop is not None and stop - start <= COLUMNS[-1]


def _is_plain(s: Statement) -> bool:
    """Whether vectors can do it: short loops, numbers and elements."""
    if isinstance(s, For):
        return runs_through(s) and not s.backward
    return isinstance(s, If | Store) or (isinstance(s, Assign) and isinstance(s.target.type, Scalar))


@dataclass
class _Turning:
    """Writes the function with the arrays `turned`."""

    found: _Found
    turned: set[Var]
    builder: Builder
    new: dict[Var, Var] = field(default_factory=dict)

    def is_turned(self, atom: object) -> bool:
        return self.found.key(atom) in self.turned

    def use(self, atom: Atom) -> Atom:
        return self.define(atom) if isinstance(atom, Var) and self.is_turned(atom) else atom

    def define(self, var: Var) -> Var:
        if not self.is_turned(var):
            return var
        if var not in self.new:
            self.new[var] = self.builder.var(var.name, _reversed(var), var.of)
        return self.new[var]

    def block(self, block: Block) -> Block:
        made = tuple(one for s in block.statements for one in self.statement(s))
        return Block(made, tuple(map(self.use, block.yields)))

    def statement(self, s: Statement) -> list[Statement]:
        with self.builder.at(s.origin), self.builder.collect() as made:
            match s:
                case Store(array=array) if self.is_turned(array):
                    s = replace(s, index=s.index[::-1])
                case Assign(op="getitem", args=(array, *_)) if self.is_turned(array):
                    s = replace(s, params=(("index", s.param("index")[::-1]),))
                case Assign(op="dot", args=(left, right)) if self.is_turned(s.target):
                    s = replace(s, args=(self.transpose(right), self.transpose(left)))
                case Assign(op="dot", args=(left, right)) if self.is_turned(right):
                    first = self.found.transposes[left].args[0]
                    product = self.builder.emit("dot", self.use(right), first, type=_reversed(s.target))
                    s = Assign(s.target, "transpose", (product,), (("axes", None),), origin=s.origin)
                case Assign() if self.is_turned(s.target):
                    s = replace(s, args=s.args[::-1])
            self.builder.append(map_statement(s, self.use, self.block, self.define))
        return made

    def transpose(self, matrix: Atom) -> Var:
        return self.builder.emit("transpose", matrix, type=_reversed(matrix), axes=None)


def _reversed(atom: Atom) -> Array:
    assert isinstance(atom.type, Array)
    return replace(atom.type, dims=atom.type.dims[::-1])
