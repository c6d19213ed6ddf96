"""Products with a matrix of which a triangle is zero, or of which only a triangle is read, are done by strips.

Which elements of a matrix may not be zero, and which are read, is told by the first and the last of the diagonals that
they lie on: `np.diag(v)` has the diagonal 0, and `np.tril_indices(d, -1)` are the places below it. So half of the work
of `x @ q.T` falls away, and of the adjoint of `q` only what goes back to its triangle is computed. The gradient of a
Gaussian mixture in 64 dimensions takes two thirds of the time.

>>> import numpy as np
>>> from gradgen.differentiate import gradient
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(x, q):
...     return np.sum(np.sin(x @ np.tril(q).T))
>>> program = stage(f, {"x": describe(np.ones((50, 20)), "x"), "q": describe(np.ones((20, 20)), "q")}).program
>>> before = simplify(gradient(program, program.entry.params[1:], 1, value=False))
>>> print(show(before.entry))
f_grad(x.0, q.1):
  _.2 = tril q.1 k=0
  _.3 = transpose _.2 axes=None
  _.4 = matmul x.0 _.3
  _.7 = cos _.4
  _.9 = transpose x.0 axes=None
  _.10 = matmul _.9 _.7
  _.11 = transpose _.10 axes=None
  _.12 = tril _.11 k=0
  _.13 = identity _.12
  yield _.13
>>> print(show(use_triangles(before).entry))
f_grad(x.0, q.1):
  _.2 = tril q.1 k=0
  _.3 = transpose _.2 axes=None
  _.4 = dot_by_triangle x.0 _.3 upper=True
  _.7 = cos _.4
  _.9 = transpose x.0 axes=None
  _.10 = triangle_of_dot _.9 _.7 upper=True
  _.11 = transpose _.10 axes=None
  _.12 = tril _.11 k=0
  _.13 = identity _.12
  yield _.13

What is not finite in the first factor would make NaN of those zeros: the helper looks for that, and multiplies with all
of them then. What is not read may be anything. Done to products of two real matrices, of more rows and columns than a
strip has; not to stacks, to a first factor that is a triangle, and to what loops carry or slots keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gradgen.ir import (
    BOOL,
    Accumulate,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    Function,
    Program,
    Statement,
    Store,
    Var,
    dims_of,
)
from gradgen.ir.walk import block_exits, blocks, map_statement, operands, statements
from gradgen.lower.context import Context, Lazy, array_type
from gradgen.lower.products import contiguous, sizes_of_factors

STRIP = 16  # as the helpers have it
ELEMENTWISE = ("add", "sub", "mul", "div", "neg", "identity", "copy")


@dataclass(frozen=True)
class Band:
    """Diagonals, by column - row, from the first to the last."""

    first: float = -math.inf
    last: float = math.inf

    def __or__(self, other: Band) -> Band:
        if self.first > self.last or other.first > other.last:
            return other if self.first > self.last else self
        return Band(min(self.first, other.first), max(self.last, other.last))

    def turned(self) -> Band:
        return Band(-self.last, -self.first)

    def upper(self) -> bool | None:
        """Whether they are all above the main diagonal or on it; None where they are on both sides."""
        return True if self.first >= 0 else False if self.last <= 0 else None


ALL, NONE = Band(), Band(math.inf, -math.inf)


def use_triangles(program: Program) -> Program:
    return replace(program, functions=tuple(map(_function, program.functions)))


def _function(function: Function) -> Function:
    if not any(isinstance(s, Assign) and _is_long(s) for s in statements(function.body)):
        return function
    found = _Triangles(function)

    def inner(block: Block) -> Block:
        return Block(tuple(map(statement, block.statements)), block.yields)

    def statement(s: Statement) -> Statement:
        if isinstance(s, Assign) and _is_long(s):
            upper = found.filled.get(s.args[1], ALL).upper()
            if upper is not None:
                return replace(s, op="dot_by_triangle", params=(("upper", upper),))
            upper = found.read.get(s.target, ALL).upper()
            if upper is not None:
                return replace(s, op="triangle_of_dot", params=(("upper", upper),))
        return map_statement(s, lambda atom: atom, inner)

    return replace(function, body=inner(function.body))


def _is_long(s: Assign) -> bool:
    """Whether it is a product of matrices that may have several strips."""
    if s.op not in ("matmul", "dot") or not all(_rank(arg) == 2 for arg in s.args) or _rank(s.target) != 2:
        return False
    dtypes = {array_type(atom).dtype for atom in (*s.args, s.target)}
    many = all(dim.constant is None or dim.constant > STRIP for arg in s.args for dim in dims_of(arg.type))
    return len(dtypes) == 1 and dtypes < {"float32", "float64"} and many


def _rank(atom: Atom) -> int:
    return atom.type.ndim if isinstance(atom.type, Array) else 0


class _Triangles:
    """Of the matrices of a function: where they may not be zero, and where they are read."""

    def __init__(self, function: Function):
        self.made: dict[Atom, Assign] = {}
        self.filled: dict[Atom, Band] = {}  # diagonals outside of which there are zeros
        self.read: dict[Atom, Band] = {}
        for s in statements(function.body):
            if isinstance(s, Assign):
                self.made[s.target] = s
            if isinstance(s, Assign | Store) and _rank(s.target) == 2:
                self.filled[s.target] = self._filled(s)
        self._walk(function.body)

    def _filled(self, s: Assign | Store) -> Band:
        match s:
            case Assign(op="diag", args=(vector,)) if _rank(vector) == 1:
                return Band(s.param("k", 0), s.param("k", 0))
            case Assign(op="tril" | "triu", args=(matrix,)):
                return _within(self.filled.get(matrix, ALL), s)
            case Assign(op="transpose", args=(matrix,)) if _rank(matrix) == 2:
                return self.filled.get(matrix, ALL).turned()
            case Assign(op="identity" | "copy" | "neg", args=(matrix,)):
                return self.filled.get(matrix, ALL)
            case Assign(op="zeros" | "zeros_like"):
                return NONE
            case Assign(op="cholesky"):
                return Band(last=0)
            case Store():
                return self.filled.get(s.array, ALL) | self._places(s.index, s.operands)
        return ALL

    def _places(self, index: tuple, given: tuple[Atom, ...]) -> Band:
        """The diagonals of `matrix[index]`, if the index arrays are those of `np.tril_indices` or `np.triu_indices`."""
        if index != (At(0), At(1)):
            return ALL
        rows, columns = (self.made.get(atom) for atom in given)
        if rows is None or columns is None or (rows.op, columns.op) != ("nonzero", "nonzero"):
            return ALL
        test = self.made.get(rows.args[0])
        axes = rows.param("axis"), columns.param("axis")
        if axes != (0, 1) or rows.args != columns.args or test is None or test.op not in ("le", "ge"):
            return ALL
        column, row = test.args
        offset = self._offset(row)
        if offset is None or not self._is_range(column):
            return ALL
        return Band(last=offset) if test.op == "le" else Band(first=offset)

    def _offset(self, row: Atom) -> int | None:
        """How far a column of rows is from `np.arange(n)[:, None]`."""
        made = self.made.get(row)
        if made is not None and made.op == "add" and isinstance(made.args[1], Const):
            by = made.args[1].value
            return by if isinstance(by, int) and self._offset(made.args[0]) == 0 else None
        if made is None or made.op != "expand_dims" or made.param("axis") != (1,):
            return None
        return 0 if self._is_range(made.args[0]) else None

    def _is_range(self, atom: Atom) -> bool:
        made = self.made.get(atom)
        bounds = made.args if made is not None and made.op == "arange" and len(made.args) == 3 else ()
        return bool(bounds) and [one.value if isinstance(one, Const) else None for one in bounds[::2]] == [0, 1]

    def _walk(self, block: Block) -> None:
        """From the end, as what is read of a result tells what is read of its operands."""
        for atom in block.yields:
            self._note(atom, ALL)
        for s in reversed(block.statements):
            for inner in blocks(s):
                for atom in block_exits(s, inner):
                    self._note(atom, ALL)
                self._walk(inner)
            self._operands(s)

    def _note(self, atom: object, band: Band) -> None:
        if isinstance(atom, Var) and _rank(atom) == 2:
            self.read[atom] = self.read.get(atom, NONE) | band

    def _operands(self, s: Statement) -> None:
        for atom in operands(s):
            self._note(atom, self._read(s, atom))

    def _read(self, s: Statement, atom: Atom) -> Band:
        """What a statement reads of an operand: all of it, but where only a part of the result is read."""
        if not isinstance(s, Assign | Accumulate | Store) or _rank(atom) != 2:
            return ALL
        asked = self.read.get(s.target, NONE)
        match s:
            case Assign(op="transpose"):
                return asked.turned()
            case Assign(op="tril" | "triu"):
                return _within(asked, s)
            case Assign(op="diagonal") if dict(s.params).keys() <= {"offset"}:
                return Band(s.param("offset", 0), s.param("offset", 0))
            case Assign(op="getitem", args=(matrix, *given)) if atom == matrix:
                return self._places(s.param("index"), tuple(given))
            case Assign() if s.op not in ELEMENTWISE:
                return ALL
            case Store() if atom != s.array or atom == s.value:
                return ALL
        return asked if dims_of(atom.type) == dims_of(s.target.type) else ALL


def _within(band: Band, s: Assign) -> Band:
    """What `np.tril` or `np.triu` leaves of it."""
    k = s.param("k", 0)
    return Band(band.first, min(band.last, k)) if s.op == "tril" else Band(max(band.first, k), band.last)


# The products


def dot_by_triangle(ctx: Context, s: Assign) -> Atom:
    """The triangle in memory row after row: BLAS takes strips of columns sooner from there."""
    x, t = s.args
    base = ctx.transposes.get(ctx.value(t))
    if base is not None:
        like = ctx.array(t)
        t = ctx.make(Lazy(like.type, like.size, lambda at: ctx.read(base, at[::-1])))
    return _product(ctx, s, contiguous(ctx, x), contiguous(ctx, t))


def triangle_of_dot(ctx: Context, s: Assign) -> Atom:
    a, b = (contiguous(ctx, factor) for factor in s.args)
    return _product(ctx, s, a, b)


def _product(ctx: Context, s: Assign, a: Atom, b: Atom) -> Atom:
    type = array_type(s.target)
    out = ctx.builder.emit(s.op, a, b, Const(s.param("upper"), BOOL), type=type)
    ctx.contiguous.add(out)
    sizes_of_factors(ctx, type, ctx.array(a), ctx.array(b))
    return out
