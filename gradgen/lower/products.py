"""Matrix products: calls of BLAS on contiguous matrices of one float dtype, loops for the rest.

A transpose is handed to BLAS as it is. Stacks of matrices go product by product. A product of two vectors, and of a
part of a matrix with a vector, is a loop: to copy `a[i, :j]` for BLAS, or only to call it, takes longer than the
product in the loops of triangular solvers; and the last bit of BLAS's hangs on where the vectors lie. So are products
of points with a matrix of a few rows and columns, whose sizes are written: a mixture of two-dimensional components
takes three quarters of the time, ten points of a hand half. And so are products of a vector with a matrix of a few
columns, and sums over its rows: no slower than BLAS, and one loop with what makes the rows, which then need no memory.
In an iteration a matrix times a vector is a loop, too, where what is added to another matrix is a multiple of that
vector for each row: one loop does both, and the gradient of a hidden Markov model of 32 states takes 0.8 of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradgen.ir import Array, Assign, Atom, Block, Dim, Scalar, Var, dtype_of, with_dims
from gradgen.lower.broadcasting import Broadcast
from gradgen.lower.context import Context, Lazy, Position_, always, array_type, index_of
from gradgen.lower.scalars import Scalars

SHORT = 4  # rows and columns
LONG = 16  # what is summed up
FEW = 8  # columns of a matrix that is multiplied with a vector


def matmul(ctx: Context, s: Assign) -> Atom:
    """`a @ b`."""
    a, b = s.args
    if _rank(a) <= 2 and _rank(b) <= 2:
        return product(ctx, s)
    return _stacked(ctx, s)


def dot(ctx: Context, s: Assign) -> Atom:
    """`np.dot(a, b)`: the last axis of a with the last but one of b."""
    a, b = s.args
    if 1 <= _rank(a) <= 2 and 1 <= _rank(b) <= 2:
        return product(ctx, s)
    x, y = ctx.array(a), ctx.array(b)
    split = x.type.ndim - 1
    over = max(0, y.type.ndim - 2)

    def terms(at: Position_, k: Atom) -> tuple[Atom, Atom]:
        right = list(at[split:])
        right.insert(over, k)
        return x.element([*at[:split], k]), y.element(right)

    sizes = [*x.sizes()[:-1], *(y.size(axis) for axis in range(y.type.ndim) if axis != over)]
    _agree(ctx, x, split, y, over)
    return contraction(ctx, s, sizes, x.size(split), terms)


def _rank(atom: Atom) -> int:
    return atom.type.ndim if isinstance(atom.type, Array) else 0


def product(ctx: Context, s: Assign) -> Atom:
    """Of vectors and matrices."""
    if is_few_sums(s):
        return _few_sums(ctx, s)
    a, b = s.args
    type = s.target.type
    dtype = dtype_of(type)
    by_loops = s.target in ctx.by_rows or _is_short(ctx, a, b) or _is_small(ctx, a, b)
    if by_loops or dtype not in ("float32", "float64", "complex64", "complex128"):
        return _by_loops(ctx, s)
    out = ctx.builder.emit(
        "dot", contiguous(ctx, converted(ctx, a, dtype)), contiguous(ctx, converted(ctx, b, dtype)), type=type
    )
    if isinstance(type, Array):
        ctx.contiguous.add(out)
        sizes_of_factors(ctx, type, ctx.array(a), ctx.array(b))
    return out


def rowwise(block: Block) -> set[Var]:
    """Products of a matrix with a vector beside an outer product of which each row is that vector, too, as in the
    adjoint of `u @ a`, which is `a @ dy` and `outer(u, dy)`: one loop over the rows makes both."""
    made = [s for s in block.statements if isinstance(s, Assign)]
    rows = {s.args[1] for s in made if s.op == "outer"}
    return {
        s.target
        for s in made
        if s.op in ("matmul", "dot") and [_rank(arg) for arg in s.args] == [2, 1] and s.args[1] in rows
    }


def sizes_of_factors(ctx: Context, type: Array, x: Lazy, y: Lazy) -> None:
    """Let the product's sizes be asked of its factors: it may be made for nothing but its size."""
    sizes = [*x.sizes()[:-1], *(y.sizes()[1:] if y.type.ndim > 1 else [])]
    for dim, size in zip(type.dims, sizes, strict=True):
        ctx.size_of(dim, always(size))


def _is_short(ctx: Context, a: Atom, b: Atom) -> bool:
    """Whether a product takes no longer than it would take to have its factors in memory, row after row."""
    ranks = _rank(a) + _rank(b)
    return ranks == 2 or (ranks == 3 and any(_rank(x) == 2 and _is_part(ctx, x) for x in (a, b)))


def _is_small(ctx: Context, a: Atom, b: Atom) -> bool:
    """Whether the loops of a product of matrices are known to be short but for one; of a product of a matrix and a
    vector the one over columns."""
    x, y = (one.type.dims if isinstance(one.type, Array) else () for one in (a, b))
    if len(x) == len(y) == 2:
        short = [dim.constant is not None and dim.constant <= SHORT for dim in (x[0], x[1], y[1])]
        return sum(short) >= 2
    columns = y[1] if len(y) == 2 else x[_transposed(ctx, a) is None]
    return columns.constant is not None and columns.constant <= FEW


def _transposed(ctx: Context, matrix: Atom) -> Var | None:
    """What it is the transpose of, in memory."""
    return None if _is_part(ctx, matrix) else ctx.transposes.get(ctx.value(matrix))


def _is_part(ctx: Context, atom: Atom) -> bool:
    value = ctx.use(atom)
    if isinstance(value, Var) and value in ctx.lazies:
        return ctx.lazies[value].part
    return value in ctx.parts and value not in ctx.contiguous


def converted(ctx: Context, atom: Atom, dtype: str) -> Atom:
    """The array in the dtype of the product, which BLAS wants of both factors."""
    x = ctx.array(atom)
    if x.type.dtype == dtype:
        return atom
    type = Array(dtype, x.type.dims)
    return ctx.make(Lazy(type, x.size, lambda at: Scalars(ctx).cast(x.element(at), dtype), leaves=x.leaves))


def contiguous(ctx: Context, atom: Atom) -> Atom:
    """The array in memory, row after row, or a transpose of such."""
    value = ctx.value(atom)
    assert isinstance(value, Var)
    if value in ctx.contiguous:
        return value
    base = ctx.transposes.get(value)
    if base is not None and array_type(value).ndim == 2:
        if base in ctx.contiguous:
            return value
        return ctx.builder.emit("transpose", contiguous(ctx, base), type=value.type, axes=None)
    return ctx.remembered(("contiguous", value), lambda: row_major(ctx, value))


def row_major(ctx: Context, value: Var) -> Var:
    out = ctx.builder.emit("ascontiguous", value, type=value.type)
    ctx.contiguous.add(out)
    return out


def _by_loops(ctx: Context, s: Assign) -> Atom:
    """Also of integers, for which there is no BLAS. Rows of a matrix are walked along, be they added or summed up."""
    vectors = _rank(s.args[0]) == _rank(s.args[1]) == 1
    x, y = (
        ctx.array(arg if vectors or ctx.array(arg).free or _is_part(ctx, arg) else ctx.value(arg)) for arg in s.args
    )
    split = x.type.ndim - 1
    _agree(ctx, x, split, y, 0)
    if split == 0 and y.type.ndim == 2:
        return _sum_of_rows(ctx, s, x, y)
    if y.type.ndim == 1 and split == 1 and (rows := _transposed(ctx, s.args[0])) is not None:
        return _sum_of_rows(ctx, s, y, ctx.array(rows))

    def terms(at: Position_, k: Atom) -> tuple[Atom, Atom]:
        return x.element([*at[:split], k]), y.element([k, *at[split:]])

    return contraction(ctx, s, [*x.sizes()[:-1], *y.sizes()[1:]], x.size(split), terms)


def is_few_sums(s: Assign) -> bool:
    """Whether a product of matrices is a few sums over many rows: one loop does all, and reads each element once."""
    if s.op not in ("matmul", "dot") or not all(_rank(arg) == 2 for arg in s.args):
        return False
    (rows, length), (_, columns) = (array_type(arg).dims for arg in s.args)
    return _is_at_most(rows, SHORT) and _is_at_most(columns, SHORT) and not _is_at_most(length, LONG)


def _is_at_most(dim: Dim, most: int) -> bool:
    return dim.constant is not None and dim.constant <= most


def _few_sums(ctx: Context, s: Assign) -> Atom:
    x, y = map(ctx.array, s.args)
    _agree(ctx, x, 1, y, 0)
    type, scalars, whole = array_type(s.target), Scalars(ctx), ctx.whole
    rows, columns = ([whole.constant(k) for k in range(dim.constant or 0)] for dim in type.dims)
    number = Scalar(type.dtype)

    def body(k: Position_, carried: tuple[Atom, ...]) -> list[Atom]:
        left = [scalars.cast(x.element([i, k[0]]), type.dtype) for i in rows]
        right = [scalars.cast(y.element([k[0], j]), type.dtype) for j in columns]
        terms = (scalars.apply("mul", [a, b], number, {}) for a in left for b in right)
        return [scalars.apply("add", [total, term], number, {}) for total, term in zip(carried, terms, strict=True)]

    zeros = [scalars.cast(whole.constant(0), type.dtype)] * (len(rows) * len(columns))
    totals = iter(ctx.nest([x.size(1)], zeros, body))
    out: Atom = ctx.empty(type, [x.size(0), y.size(1)])
    for i in rows:
        for j in columns:
            out = ctx.write(out, [i, j], next(totals))
    return out


def _sum_of_rows(ctx: Context, s: Assign, x: Lazy, y: Lazy) -> Atom:
    """A vector times a matrix: the rows of the matrix, each as often as the vector says."""
    type, scalars = array_type(s.target), Scalars(ctx)
    out = ctx.builder.emit("zeros", y.size(1), type=type, dtype=type.dtype)
    ctx.contiguous.add(out)

    def add_row(k: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
        factor = x.element([k])

        def add(at: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            term = scalars.apply("mul", [factor, y.element([k, *at])], Scalar(type.dtype), {})
            return (ctx.write(inside[0], at, term, "add"),)

        return ctx.nest([y.size(1)], carried, add)

    return ctx.loop(ctx.whole.constant(0), x.size(0), (out,), add_row)[0]


def _agree(ctx: Context, x: Lazy, left: int, y: Lazy, right: int) -> None:
    """The axes that are summed over must be equally long."""
    if x.type.dims[left] != y.type.dims[right]:
        ctx.require(ctx.whole.compare("ne", x.size(left), y.size(right)), "ValueError", "shapes not aligned")


def contraction(
    ctx: Context, s: Assign, sizes: Sequence[Atom], length: Atom, terms: Callable[[Position_, Atom], tuple[Atom, Atom]]
) -> Atom:
    """For each position in `sizes` the sum over k of the product of two terms."""
    type, scalars = s.target.type, Scalars(ctx)
    dtype = dtype_of(type)
    number = Scalar(dtype)
    zero = scalars.cast(ctx.whole.constant(0), dtype)

    def total(at: Position_) -> Atom:
        def body(k: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            term = scalars.apply("mul", terms(at, k[0]), number, {})
            return (scalars.apply("add", [carried[0], term], number, {}),)

        return ctx.nest([length], (zero,), body)[0]

    if not isinstance(type, Array):
        return total(())
    out = ctx.empty(type, sizes)
    return ctx.nest(sizes, (out,), lambda at, carried: (ctx.write(carried[0], at, total(at)),))[0]


def trace(ctx: Context, s: Assign) -> Atom:
    x, scalars = ctx.array(s.args[0]), Scalars(ctx)
    dtype = dtype_of(s.target.type)

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (scalars.apply("add", [carried[0], x.element([at[0], at[0]])], Scalar(dtype), {}),)

    return ctx.nest([ctx.whole.least(*x.sizes())], (scalars.cast(ctx.whole.constant(0), dtype),), body)[0]


def _stacked(ctx: Context, s: Assign) -> Atom:
    """Stacks of matrices, broadcast against each other; a vector serves as in `np.matmul`."""
    type = array_type(s.target)
    a, b = (in_rows(ctx, converted(ctx, arg, type.dtype)) for arg in s.args)
    x, y = ctx.array(a), ctx.array(b)
    batch = Broadcast(ctx, [leading(x), leading(y)])
    rows = [x.size(x.type.ndim - 2)] if x.type.ndim > 1 else []
    columns = [y.size(y.type.ndim - 1)] if y.type.ndim > 1 else []
    sizes = [*batch.sizes(), *rows, *columns]
    out = ctx.empty(type, sizes)
    matrix_dims = type.dims[batch.ndim :]

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        left, right = matrix_at(ctx, a, batch, 0, at), matrix_at(ctx, b, batch, 1, at)
        inner = Assign(ctx.builder.var("", with_dims(type.dtype, matrix_dims)), "dot", (left, right))
        made = product(ctx, inner)
        if not matrix_dims:
            return (ctx.write(carried[0], at, made),)

        def put(place: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return (ctx.write(inside[0], [*at, *place], ctx.read(made, place)),)

        return (ctx.nest([*rows, *columns], (carried[0],), put)[0],)

    return ctx.nest(batch.sizes(), (out,), body)[0]


def in_rows(ctx: Context, atom: Atom) -> Atom:
    """The array in memory, row after row."""
    value = ctx.value(atom)
    assert isinstance(value, Var)
    return value if value in ctx.contiguous else ctx.remembered(("contiguous", value), lambda: row_major(ctx, value))


def leading(x: Lazy) -> Lazy:
    """The stack's own axes, to be broadcast; of what is there only the places are asked."""
    return Lazy(Array(x.type.dtype, x.type.dims[:-2]), x.size, x.element)


def matrix_at(ctx: Context, array: Atom, batch: Broadcast, which: int, at: Position_) -> Atom:
    """One matrix of a stack: a view, which is contiguous as the stack is."""
    type = array.type
    assert isinstance(type, Array)
    if type.ndim <= 2:
        return array
    index, operands = index_of(batch.place(which, at))
    out = ctx.builder.emit("getitem", array, *operands, type=Array(type.dtype, type.dims[-2:]), index=index)
    ctx.contiguous.add(out)
    return out
