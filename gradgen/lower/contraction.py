"""`np.einsum` and `np.tensordot` as loops: one for each letter of the result, inside them one for each that is summed.

Where it is a product of two matrices, after a reshape, it is a call of BLAS. Not done here: products of three and more
operands two at a time; as in NumPy, all their letters are loops around one product.
"""

from __future__ import annotations

from gradgen.ir import ONE, Array, Assign, Atom, Scalar, Var, dtype_of, with_dims
from gradgen.lower.assembling import reshaped
from gradgen.lower.broadcasting import MISFIT, Broadcast
from gradgen.lower.context import Context, Lazy, Position_, array_type
from gradgen.lower.elementwise import lazily, transpose, transposed
from gradgen.lower.products import product
from gradgen.lower.scalars import Scalars
from gradgen.rules.einsum import LETTERS, Spec
from gradgen.rules.sizes import product as product_of
from gradgen.rules.tensordot import free_axes, paired_axes


def einsum(ctx: Context, s: Assign) -> Atom:
    return summed(ctx, s, Spec.parse(s.param("subscripts"), [_rank(arg) for arg in s.args]))


def tensordot(ctx: Context, s: Assign) -> Atom:
    """The einsum that it is."""
    ranks = _rank(s.args[0]), _rank(s.args[1])
    over = paired_axes(s.param("axes"), ranks)
    left, right = list(LETTERS[: ranks[0]]), list(LETTERS[ranks[0] : sum(ranks)])
    for a, b in zip(*over, strict=True):
        right[b] = left[a]
    free = [left[a] for a in free_axes(over[0], ranks[0])] + [right[b] for b in free_axes(over[1], ranks[1])]
    return summed(ctx, s, Spec(("".join(left), "".join(right)), "".join(free)))


def summed(ctx: Context, s: Assign, spec: Spec) -> Atom:
    made = _by_blas(ctx, s, spec)
    return _by_loops(ctx, s, spec) if made is None else made


def _rank(atom: Atom) -> int:
    return atom.type.ndim if isinstance(atom.type, Array) else 0


def _by_blas(ctx: Context, s: Assign, spec: Spec) -> Atom | None:
    """Of two factors, the letters that both have being those that the result has not: as one product of matrices."""
    if len(spec.operands) != 2 or not dtype_of(s.target.type).startswith(("float", "complex")):
        return None
    (a, b), (x, y) = spec.operands, s.args
    over = "".join(letter for letter in a if letter in b)
    rows, columns = ("".join(letter for letter in part if letter not in over) for part in (a, b))
    unique = all(len(set(part)) == len(part) for part in (a, b))
    if not over or not unique or set(spec.result) != set(rows + columns):
        return None
    for letter in over:
        dims = [array_type(factor).dims[part.index(letter)] for part, factor in ((a, x), (b, y))]
        if dims[0] != dims[1] and not (dims[0].never_one and dims[1].never_one):
            return None
    if spec.result == columns + rows != rows + columns:
        a, b, x, y, rows, columns = b, a, y, x, columns, rows
    for letter in over:
        sizes = [ctx.array(factor).size(part.index(letter)) for part, factor in ((a, x), (b, y))]
        if sizes[0] != sizes[1]:
            ctx.require(ctx.whole.compare("ne", *sizes), "ValueError", MISFIT)
    inner = [ctx.array(factor).sizes() for factor in (x, y)]
    outer = [inner[0][a.index(letter)] for letter in rows] + [inner[1][b.index(letter)] for letter in columns]
    left, right = _as_matrix(ctx, x, a, rows, over), _as_matrix(ctx, y, b, over, columns)
    flat = (*array_type(left).dims[:-1], *array_type(right).dims[1:])
    made = product(ctx, Assign(ctx.builder.var("", with_dims(dtype_of(s.target.type), flat)), "dot", (left, right)))
    if len(outer) != len(flat):
        dims = [array_type(x).dims[a.index(letter)] for letter in rows]
        dims += [array_type(y).dims[b.index(letter)] for letter in columns]
        made = reshaped(ctx, made, outer, Array(dtype_of(s.target.type), tuple(dims)))
    return made if spec.result == rows + columns else _permuted(ctx, made, rows + columns, spec.result)


def _as_matrix(ctx: Context, atom: Atom, letters: str, first: str, second: str) -> Atom:
    """The factor with these letters for rows, and these for columns; a vector where one of both is empty."""
    if len(first) <= 1 and len(second) <= 1:
        return atom if letters == first + second else _turned(ctx, atom)
    x = ctx.array(atom)
    groups = [[letters.index(letter) for letter in group] for group in (first, second) if group]
    flat = [ctx.whole.product(x.size(axis) for axis in group) for group in groups]
    type = Array(x.type.dtype, tuple(product_of(x.type.dims[axis] for axis in group) for group in groups))
    return reshaped(ctx, _permuted(ctx, atom, letters, first + second), flat, type)


def _permuted(ctx: Context, atom: Atom, letters: str, order: str) -> Atom:
    if letters == order:
        return atom
    axes, type = tuple(letters.index(letter) for letter in order), array_type(atom)
    target = ctx.builder.var("", Array(type.dtype, tuple(type.dims[axis] for axis in axes)))
    return ctx.make(transpose(ctx, Assign(target, "transpose", (atom,), (("axes", axes),))))


def _turned(ctx: Context, atom: Atom) -> Var:
    value = ctx.value(atom)
    assert isinstance(value, Var)
    type = array_type(value)
    return transposed(ctx, value, Array(type.dtype, type.dims[::-1]))


def _by_loops(ctx: Context, s: Assign, spec: Spec) -> Atom:
    letters = list(dict.fromkeys(spec.result + "".join(spec.operands)))
    operands = [_spread(ctx, arg, part, letters) for part, arg in zip(spec.operands, s.args, strict=True)]
    shape = Broadcast(ctx, operands)
    sizes, split = shape.sizes(), len(spec.result)
    type, scalars = s.target.type, Scalars(ctx)
    number = Scalar(dtype_of(type))
    zero = scalars.cast(ctx.whole.constant(0), number.dtype)

    def term(at: Position_) -> Atom:
        first, *rest = shape.elements(at)
        made = scalars.cast(first, number.dtype)
        for factor in rest:
            made = scalars.apply("mul", [made, factor], number, {})
        return made

    def total(at: Position_) -> Atom:
        if split == len(sizes):
            return term(at)

        def body(inner: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return (scalars.apply("add", [carried[0], term([*at, *inner])], number, {}),)

        return ctx.nest(sizes[split:], (zero,), body)[0]

    if not isinstance(type, Array):
        return total(())
    out = ctx.empty(type, sizes[:split])
    return ctx.nest(sizes[:split], (out,), lambda at, carried: (ctx.write(carried[0], at, total(at)),))[0]


def _spread(ctx: Context, arg: Atom, part: str, letters: list[str]) -> Atom | Lazy:
    """The operand with an axis for every letter, of size 1 where it has none; a letter twice is its diagonal."""
    if not part:
        return ctx.use(arg)
    x = ctx.array(arg)
    for axis, letter in enumerate(part):
        first = part.index(letter)
        if first != axis and x.type.dims[first] != x.type.dims[axis]:
            differs = ctx.whole.compare("ne", x.size(first), x.size(axis))
            ctx.require(differs, "ValueError", "the diagonal of an operand of np.einsum that is not square")
    dims = tuple(x.type.dims[part.index(letter)] if letter in part else ONE for letter in letters)

    def size(axis: int) -> Atom:
        return x.size(part.index(letters[axis])) if letters[axis] in part else ctx.whole.constant(1)

    def element(at: Position_) -> Atom:
        return x.element([at[letters.index(letter)] for letter in part])

    return Lazy(Array(x.type.dtype, dims), size, element, x.free, x.leaves)


@lazily("kron")
def kron(ctx: Context, s: Assign) -> Lazy:
    """a[i // n] b[i % n], along each axis."""
    a, b = (ctx.array(arg) for arg in s.args)
    type, whole = array_type(s.target), ctx.whole

    def element(at: Position_) -> Atom:
        outer = [whole.floordiv(i, b.size(axis)) for axis, i in enumerate(at)]
        inner = [whole.mod(i, b.size(axis)) for axis, i in enumerate(at)]
        return Scalars(ctx).apply("mul", [a.element(outer), b.element(inner)], Scalar(type.dtype), {})

    return Lazy(type, lambda axis: whole.mul(a.size(axis), b.size(axis)), element, leaves=a.leaves | b.leaves)


@lazily("cross")
def cross(ctx: Context, s: Assign) -> Lazy:
    """c[k] = a[k + 1] b[k + 2] - a[k + 2] b[k + 1], counted round."""
    operands, whole = [ctx.array(arg) for arg in s.args], ctx.whole
    for x in operands:
        if x.type.dims[-1].constant != 3:
            differs = whole.compare("ne", x.size(x.type.ndim - 1), whole.constant(3))
            ctx.require(differs, "ValueError", "a cross product is of vectors of three elements")
    shape, type, scalars = Broadcast(ctx, operands), array_type(s.target), Scalars(ctx)
    number = Scalar(type.dtype)

    def element(at: Position_) -> Atom:
        one, two = ([*at[:-1], whole.mod(whole.add(at[-1], whole.constant(k)), whole.constant(3))] for k in (1, 2))
        terms = [[shape.element(0, left), shape.element(1, right)] for left, right in ((one, two), (two, one))]
        return scalars.apply("sub", [scalars.apply("mul", term, number, {}) for term in terms], number, {})

    leaves = frozenset(leaf for x in operands for leaf in x.leaves)
    return Lazy(type, lambda axis: shape.size(axis), element, leaves=leaves)
