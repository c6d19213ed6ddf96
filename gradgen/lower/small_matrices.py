"""Inverses and determinants of matrices of two or three rows, whose size is written: by elimination, written out.

>>> import numpy as np
>>> from gradgen.infer.shapes import exact
>>> from gradgen.infer.signature import signature, types_of
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.stage import stage
>>> def f(a):
...     return np.linalg.det(a)
>>> tree = exact({"a": signature(np.eye(2), "a")}, {"a": np.eye(2)})["a"]
>>> before = stage(f, {"a": types_of(tree)}).program
>>> print(show(before.entry))
f(a.0):
  _.1 = det a.0
  yield _.1
>>> print(show(lower(before).entry))
f(a.0):
  _.2 = a.0[0, 0]
  _.3 = a.0[0, 1]
  _.4 = a.0[1, 0]
  _.5 = a.0[1, 1]
  _.6 = abs _.4
  _.7 = abs _.2
  _.8 = gt _.6 _.7
  _.9 = where _.8 _.4 _.2
  _.10 = where _.8 _.5 _.3
  _.11 = where _.8 _.2 _.4
  _.12 = where _.8 _.3 _.5
  _.13 = eq _.9 0.0
  _.14 = where _.13 1.0 _.9
  _.15 = div _.11 _.14
  _.16 = mul _.15 _.10
  _.17 = sub _.12 _.16
  _.18 = mul _.9 _.17
  _.19 = neg _.18
  _.1 = where _.8 _.19 _.18
  yield _.1

LAPACK is made for large matrices: in a Kalman filter its calls, and the memory that they ask for, take three quarters
of the time, and a second to compile. As there, the others of a column are divided by the largest number, so a matrix
of large or small numbers is inverted as well, and one that LAPACK finds to be singular raises.

Does not do systems of equations, or complex numbers.
"""

from __future__ import annotations

from gradgen.ir import Array, Assign, Atom, Const, Scalar, dims_of, dtype_of
from gradgen.lower.context import Context
from gradgen.lower.scalars import Scalars

LARGEST = 3


def is_small(s: Assign) -> bool:
    """Whether it is the inverse or determinant of one such matrix."""
    if s.op not in ("inv", "det") or dtype_of(s.target.type) not in ("float32", "float64"):
        return False
    dims = dims_of(s.args[0].type)
    return len(dims) == 2 and all(dim.constant is not None and 1 < dim.constant <= LARGEST for dim in dims)


def small(ctx: Context, s: Assign) -> Atom:
    made = _Elimination(ctx, s)
    return made.inverse() if s.op == "inv" else made.determinant()


class _Elimination:
    """Of a matrix: what exchanges rows is asked as it goes, as nothing is known of the numbers before."""

    def __init__(self, ctx: Context, s: Assign):
        self.ctx, self.type = ctx, s.target.type
        self.number = Scalar(dtype_of(s.target.type))
        self.scalars = Scalars(ctx)
        x = ctx.array(s.args[0])
        self.n = x.type.dims[0].constant or 0
        places = list(map(ctx.whole.constant, range(self.n)))
        self.rows = [[self.scalars.cast(x.element([i, j]), self.number.dtype) for j in places] for i in places]
        self.exchanged: list[tuple[Atom, int, int]] = []

    def op(self, op: str, *args: Atom) -> Atom:
        return self.scalars.apply(op, args, self.number, {})

    def to_number(self, value: float) -> Const:
        return Const(value, self.number)

    def is_zero(self, atom: Atom) -> Atom:
        return self.scalars.apply("eq", [atom, self.to_number(0.0)], Scalar("bool"), {})

    def exchange(self, k: int) -> Atom:
        """Have the largest number of a column on the diagonal, and give it."""
        rows = self.rows
        for i in range(k + 1, self.n):
            sizes = [self.op("abs", rows[one][k]) for one in (i, k)]
            larger = self.scalars.apply("gt", sizes, Scalar("bool"), {})
            rows[k], rows[i] = self.chosen(larger, rows[i], rows[k])
            self.exchanged.append((larger, i, k))
        return rows[k][k]

    def clear(self, k: int, factors: list[Atom]) -> None:
        """Make the elements below the k-th of the diagonal zero; in their place stay the factors that do."""
        for i, by in enumerate(factors, k + 1):
            row = self.rows[i]
            row[k] = by
            for j in range(k + 1, self.n):
                row[j] = self.op("sub", row[j], self.op("mul", by, self.rows[k][j]))

    def chosen(self, test: Atom, a: list[Atom], b: list[Atom]) -> tuple[list[Atom], list[Atom]]:
        """These two where the test holds, and turned else."""
        pairs = list(zip(a, b, strict=True))
        return [self.op("where", test, x, y) for x, y in pairs], [self.op("where", test, y, x) for x, y in pairs]

    def determinant(self) -> Atom:
        """The product of the diagonal. A column that is zero stays so."""
        total: Atom = self.exchange(0)
        for k in range(1, self.n):
            pivot = self.rows[k - 1][k - 1]
            divisor = self.op("where", self.is_zero(pivot), self.to_number(1.0), pivot)
            self.clear(k - 1, [self.op("div", self.rows[i][k - 1], divisor) for i in range(k, self.n)])
            total = self.op("mul", total, self.exchange(k))
        for larger, _, _ in self.exchanged:
            total = self.op("where", larger, self.op("neg", total), total)
        return total

    def inverse(self) -> Atom:
        """Of both triangles, column by column; then the columns are exchanged as the rows were."""
        for k in range(self.n):
            pivot = self.exchange(k)
            self.ctx.require(self.is_zero(pivot), "np.linalg.LinAlgError", "Singular matrix")
            self.clear(k, [self.op("div", self.rows[i][k], pivot) for i in range(k + 1, self.n)])
        columns = [self.column(j) for j in range(self.n)]
        for larger, i, k in reversed(self.exchanged):
            columns[k], columns[i] = self.chosen(larger, columns[i], columns[k])
        constant = self.ctx.whole.constant
        assert isinstance(self.type, Array)
        out: Atom = self.ctx.empty(self.type, [constant(self.n)] * 2)
        for i in range(self.n):
            for j in range(self.n):
                out = self.ctx.write(out, [constant(i), constant(j)], columns[j][i])
        return out

    def column(self, j: int) -> list[Atom]:
        """What the matrix, its rows exchanged, makes the j-th unit vector."""
        n, rows = self.n, self.rows
        found: dict[int, Atom] = {j: self.to_number(1.0)}
        for i in range(j + 1, n):
            terms = [rows[i][j] if k == j else self.op("mul", rows[i][k], found[k]) for k in range(j, i)]
            found[i] = self.op("neg", self.total(terms))
        for i in reversed(range(n)):
            terms = [self.op("mul", rows[i][k], found[k]) for k in range(i + 1, n)]
            if i in found and terms:
                found[i] = self.op("sub", found[i], self.total(terms))
            elif terms:
                found[i] = self.op("neg", self.total(terms))
            found[i] = self.op("div", found[i], rows[i][i])
        return [found[i] for i in range(n)]

    def total(self, terms: list[Atom]) -> Atom:
        first, *others = terms
        for term in others:
            first = self.op("add", first, term)
        return first
