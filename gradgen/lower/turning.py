"""A matrix of which loops read each column from top to bottom is copied once, its columns as rows.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var, show
>>> number, rows, columns = Scalar("float64"), Dim("a.0", many=True), Dim("a.1", many=True)
>>> a = Var("a", 0, Array("float64", (rows, columns)))
>>> n, m = Var("", 1, Scalar("int64", True, rows)), Var("", 2, Scalar("int64", True, columns))
>>> i, j, x, y, z = Var("i", 3, INT), Var("j", 4, INT), *(Var("", k, number) for k in (5, 6, 7))
>>> v0, v1, v2, v3, v4, v5 = (Var("v", k, Array("float64", (rows,))) for k in range(8, 14))
>>> zero, one, index = Const(0, INT), Const(1, INT), (("index", (At(0), At(1))),)
>>> down = Block((Assign(x, "getitem", (a, i, j), index), Store(v3, v2, (At(0),), (i,), x, "add")), (v3,))
>>> across = Block((For(i, zero, n, one, (v2,), (v1,), down, (v4,)),), (v4,))
>>> body = Block((Assign(n, "size", (a,), (("axis", 0),)), Assign(m, "size", (a,), (("axis", 1),)),
...               Assign(v0, "zeros", (n,), (("dtype", "float64"),)),
...               For(j, zero, m, one, (v1,), (v0,), across, (v5,))), (v5,))
>>> before = Program((Function("f", (a,), body),))
>>> print(show(before.entry))
f(a.0):
  _.1 = size a.0 axis=0
  _.2 = size a.0 axis=1
  v.8 = zeros _.1 dtype=float64
  v.13 = for j.4 in 0:_.2:1 with v.9=v.8:
    v.12 = for i.3 in 0:_.1:1 with v.10=v.9:
      _.5 = a.0[i.3, j.4]
      v.11 = v.10 with [i.3] += _.5
      yield v.11
    yield v.12
  yield v.13
>>> print(show(turn_matrices(before).entry))
f(a.0):
  _.1 = size a.0 axis=0
  _.2 = size a.0 axis=1
  v.8 = zeros _.1 dtype=float64
  a_by_column.14 = empty _.2 _.1 dtype=float64
  a_by_column.22 = for _.15 in 0:_.1:1 with a_by_column.16=a_by_column.14:
    a_by_column.21 = for _.17 in 0:_.2:1 with a_by_column.18=a_by_column.16:
      _.19 = a.0[_.15, _.17]
      a_by_column.20 = a_by_column.18 with [_.17, _.15] = _.19
      yield a_by_column.20
    yield a_by_column.21
  v.13 = for j.4 in 0:_.2:1 with v.9=v.8:
    v.12 = for i.3 in 0:_.1:1 with v.10=v.9:
      _.5 = a_by_column.22[j.4, i.3]
      v.11 = v.10 with [i.3] += _.5
      yield v.11
    yield v.12
  yield v.13

LLVM cannot load at once what lies apart, and leaves such a loop scalar. Points of a hand, of which each follows all
bones by a weight: the gradient takes half of the time for 544, and a third for 10^5.

Done to an argument as it is given, where a loop over all columns has an inmost one over all rows whose iterations do
not wait for one another. The copy, as large as the argument, is made before the outermost loop around. A matrix of a
few columns whose number is written stays: its rows are loaded whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    For,
    Function,
    Program,
    Statement,
    Var,
    dims_of,
)
from gradgen.ir.known import goes_along
from gradgen.ir.walk import blocks, map_statement, within
from gradgen.lower.accesses import Memory
from gradgen.lower.context import Context
from gradgen.lower.facts import facts_of
from gradgen.rules.build import Builder, builder_after

FEW = 8  # columns


def turn_matrices(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    found = _Reads(function)
    if not found.down:
        return function
    ctx, made = Context(builder), list[Statement]()
    turned: dict[Atom, Atom] = {}
    for s in function.body.statements:
        inside = {id(one) for one in within(s)}
        for read in found.down:
            if id(read.element) in inside and read.matrix not in turned:
                with builder.collect() as copying:
                    turned[read.matrix] = _turned(read, ctx)
                made += copying
        made.append(s)
    reads = {id(read.element) for read in found.down}
    return replace(function, body=_reading(Block(tuple(made), function.body.yields), reads, turned))


@dataclass(frozen=True)
class _Read:
    """An element of column `j` in row `i`, in loops over all of both."""

    element: Assign
    matrix: Var
    sizes: tuple[Atom, Atom]


class _Reads:
    """Those down the columns of a function's arguments. `known`: what is at hand before the loop that is looked at."""

    def __init__(self, function: Function):
        self.memory = Memory(function)
        self.matrices = set(filter(_is_wide, function.params))
        self.known = set(function.params)
        self.down: list[_Read] = []
        for s in function.body.statements:
            if isinstance(s, For) and self.matrices:
                self._look(s, ())
            if isinstance(s, Assign):
                self.known.add(s.target)

    def _look(self, loop: For, around: tuple[For, ...]) -> None:
        inner = [s for s in loop.body.statements if isinstance(s, For)]
        for one in inner:
            self._look(one, (*around, loop))
        if not around or inner or any(blocks(s) for s in loop.body.statements) or facts_of(loop, self.memory).chain:
            return
        for s in loop.body.statements:
            if isinstance(s, Assign) and s.op == "getitem" and s.args[0] in self.matrices and len(s.args) == 3:
                self._note(s, loop, around)

    def _note(self, s: Assign, loop: For, around: tuple[For, ...]) -> None:
        matrix, row, column = s.args
        assert isinstance(matrix, Var)
        over = next((one for one in around if one.index == column), None)
        if over is None or row != loop.index or s.param("index") != (At(0), At(1)):
            return
        whole = all(goes_along(one, dim) for one, dim in zip((loop, over), dims_of(matrix.type), strict=True))
        if whole and all(isinstance(one.stop, Const) or one.stop in self.known for one in (loop, over)):
            self.down.append(_Read(s, matrix, (loop.stop, over.stop)))


def _is_wide(var: Var) -> bool:
    type = var.type
    if not isinstance(type, Array) or type.ndim != 2:
        return False
    return all(dim.constant is None or dim.constant > FEW for dim in type.dims)


def _turned(read: _Read, ctx: Context) -> Atom:
    """The copy, written along the rows as they lie."""
    type = read.matrix.type
    assert isinstance(type, Array)
    rows, columns = read.sizes
    like = Var(f"{read.matrix.name}_by_column", 0, type)
    out = ctx.empty(Array(type.dtype, type.dims[::-1]), [columns, rows], like)

    def put(at: Sequence[Atom], carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (ctx.write(carried[0], at[::-1], ctx.read(read.matrix, at)),)

    return ctx.nest([rows, columns], (out,), put)[0]


def _reading(block: Block, reads: set[int], turned: dict[Atom, Atom]) -> Block:
    def inner(block: Block) -> Block:
        return Block(tuple(map(statement, block.statements)), block.yields)

    def statement(s: Statement) -> Statement:
        if isinstance(s, Assign) and id(s) in reads:
            matrix, row, column = s.args
            return replace(s, args=(turned[matrix], column, row))
        return map_statement(s, lambda atom: atom, inner)

    return inner(block)
