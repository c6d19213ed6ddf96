"""Products of a matrix with each row or column of another one, in a loop, are one product of matrices before it.

BLAS makes that in a fifth of the time of products of vectors, and its adjoint, too: the adjoints of all iterations are
put together in one matrix. The gradient of a covariance, made column by column, takes a fifth of the time.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.stage import stage
>>> def f(x):
...     total = 0.0
...     for i in range(len(x)):
...         total += np.max(x @ x[i])
...     return total
>>> before = stage(f, {"x": describe(np.ones((20, 30)), "x")}).program
>>> print(show(before.entry))
f(x.0):
  total.1 = identity 0.0
  _.2 = size x.0 axis=0
  total.15 = for i.10 in 0:_.2:1 with total.9=0.0:
    _.11 = x.0[i.10]
    _.12 = matmul x.0 _.11
    _.13 = max _.12 axis=None keepdims=False
    total.14 = add total.9 _.13
    yield total.14
  yield total.15
>>> print(show(batch_products(before).entry))
f(x.0):
  total.1 = identity 0.0
  _.2 = size x.0 axis=0
  _.16 = transpose x.0
  _.17 = matmul x.0 _.16
  total.15 = for i.10 in 0:_.2:1 with total.9=0.0:
    _.11 = x.0[i.10]
    _.12 = _.17[i.10]
    _.13 = max _.12 axis=None keepdims=False
    total.14 = add total.9 _.13
    yield total.14
  yield total.15

Done where all rows or columns are taken, and all of the matrix that they are multiplied with. If the two are one
matrix, a few rows or columns may be left out, as they are read there, and only those of its columns may be taken that
come after, or before: half of what is made is not read then. What nothing reads is not multiplied: it may be infinite.
Axes must be known to be 16 or longer: shorter products are loops that become one with what is around.

Does not look into branches, nor at loops that may end early, of which few iterations may run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradgen.ir import ALL, Array, Assign, At, Atom, Block, Const, For, Program, Slice, Statement, Var, dims_of
from gradgen.ir.walk import block_params, map_statement, statements, targets
from gradgen.rules.build import Builder, builder_after

LONG = 16


@dataclass(frozen=True)
class _Part:
    """Of a matrix: the columns (`axis` 1) or rows (0) that `index` says, with its operands; None: all of it."""

    matrix: Var
    axis: int = 1
    index: At | Slice | None = None
    operands: tuple[Atom, ...] = ()


def batch_products(program: Program) -> Program:
    builder = builder_after(program)
    made = (replace(f, body=_block(f.body, builder)) for f in program.functions)
    return replace(program, functions=tuple(made))


def _block(block: Block, builder: Builder) -> Block:
    kept: list[Statement] = []
    for s in block.statements:
        s = map_statement(s, lambda atom: atom, lambda inner: _block(inner, builder))
        if isinstance(s, For) and s.leave is None and _steps(s):
            batching = _Batching(s, builder)
            with builder.collect() as before, builder.at(s.origin):
                body = tuple([batching.statement(one) for one in s.body.statements])
            kept += before
            s = replace(s, body=replace(s.body, statements=body))
        kept.append(s)
    return Block(tuple(kept), block.yields)


def _steps(loop: For) -> bool:
    starts = isinstance(loop.start, Const) and loop.start.value in range(LONG)
    return starts and isinstance(loop.step, Const) and loop.step.value == 1


class _Batching:
    """Of one loop: what its iterations take of matrices from before it, and the products that are made there."""

    def __init__(self, loop: For, builder: Builder):
        self.loop, self.builder = loop, builder
        self.inside = {*block_params(loop), *(var for s in statements(loop.body) for var in targets(s))}
        self.made = {s.target: s for s in loop.body.statements if isinstance(s, Assign)}
        self.products: dict[tuple[_Part, Var, int], Var] = {}

    def statement(self, s: Statement) -> Statement:
        """A product as it is read from that of the matrices; any other statement as it is."""
        if not isinstance(s, Assign) or s.op != "matmul":
            return s
        both = [self._part(arg) for arg in s.args]
        ranks = [len(dims_of(arg.type)) for arg in s.args]
        vector, matrix = both if ranks == [1, 2] else both[::-1]
        if vector is None or matrix is None or sorted(ranks) != [1, 2] or not self._takes_all(vector, matrix):
            return s
        along = 0 if matrix is both[1] else 1  # the axis of the matrix that is summed over
        if not _fit(vector, matrix, along) or not self._reads_half(matrix, vector, along):
            return s
        index: tuple[At | Slice, ...] = (At(0),)
        if isinstance(matrix.index, Slice):
            start, stop = (At(b.operand + 1) if isinstance(b, At) else b for b in _bounds(matrix.index))
            index = (At(0), replace(matrix.index, start=start, stop=stop))
        args = (self._product(vector, matrix.matrix, along), self.loop.index, *matrix.operands)
        return replace(s, op="getitem", args=args, params=(("index", index),), spelling="")

    def _product(self, vector: _Part, matrix: Var, along: int) -> Var:
        key = vector, matrix, along
        if key not in self.products:
            rows = vector.matrix if vector.axis == 0 else self.builder.emit("transpose", vector.matrix)
            columns = matrix if along == 0 else self.builder.emit("transpose", matrix)
            self.products[key] = self.builder.emit("matmul", rows, columns)
        return self.products[key]

    def _part(self, atom: Atom) -> _Part | None:
        """What it is of a matrix from before the loop."""
        s = self.made.get(atom) if isinstance(atom, Var) else None
        if s is not None and s.op != "getitem":
            return None
        matrix = atom if s is None else s.args[0]
        if not isinstance(matrix, Var) or matrix in self.inside or len(dims_of(matrix.type)) != 2:
            return None
        if s is None:
            return _Part(matrix)
        index = s.param("index")
        taken = [(axis, entry) for axis, entry in enumerate(index) if entry != ALL]
        if len(index) > 2 or len(taken) != 1:
            return None
        ((axis, entry),) = taken
        return _Part(matrix, axis, entry, s.args[1:]) if isinstance(entry, At | Slice) else None

    def _takes_all(self, vector: _Part, matrix: _Part) -> bool:
        """Whether the loop goes over all rows, or columns; or all but a few, if `matrix` has these, too."""
        if not isinstance(vector.index, At) or vector.operands != (self.loop.index,):
            return False
        size, stop = dims_of(vector.matrix.type)[vector.axis], getattr(self.loop.stop.type, "extent", None)
        if vector.matrix != matrix.matrix:
            return self.loop.start == Const(0, self.loop.start.type) and stop == size
        return stop is not None and stop.symbol == size.symbol and -LONG < stop.offset - size.offset <= 0

    def _reads_half(self, matrix: _Part, vector: _Part, along: int) -> bool:
        """Whether of the products with the matrix all are read; or, of its own columns, those before or after one."""
        if matrix.index is None:
            return True
        own = (matrix.matrix, matrix.axis) == (vector.matrix, vector.axis) and matrix.axis != along
        if not own or not isinstance(matrix.index, Slice) or matrix.index.step is not None:
            return False
        size = dims_of(matrix.matrix.type)[matrix.axis]
        start, stop = (matrix.operands[b.operand] if isinstance(b, At) else b for b in _bounds(matrix.index))
        to_end = stop is None or getattr(getattr(stop, "type", None), "extent", None) == size
        return (self._is_near(start) and to_end) or (start in (None, 0) and self._is_near(stop))

    def _is_near(self, bound: object) -> bool:
        """Whether it is the loop's index, or that and a number."""
        made = self.made.get(bound) if isinstance(bound, Var) else None
        if made is None or made.op != "add":
            return bound == self.loop.index
        return made.args[0] == self.loop.index and isinstance(made.args[1], Const)


def _fit(vector: _Part, matrix: _Part, along: int) -> bool:
    """Whether the matrices can be multiplied whatever they are, and are long along all axes."""
    rows, columns = vector.matrix.type, matrix.matrix.type
    assert isinstance(rows, Array)
    assert isinstance(columns, Array)
    long = all(dim.lower >= LONG for dim in (*rows.dims, *columns.dims))
    return long and rows.dims[1 - vector.axis] == columns.dims[along] and rows.dtype == columns.dtype


def _bounds(part: Slice) -> tuple[int | At | None, int | At | None]:
    return part.start, part.stop
