"""`np.einsum` as loops: one for each letter of the result, and inside them one for each letter that is summed over.

Where it is a product of two matrices or vectors, it is a call of BLAS. Not done here: products of three and more
operands two at a time; as in NumPy, all their letters are loops around one product.
"""

from __future__ import annotations

from gradgen.ir import ONE, Array, Assign, Atom, Scalar, Var
from gradgen.lower.broadcasting import Broadcast
from gradgen.lower.context import Context, Lazy, Position_, array_type, dtype_of
from gradgen.lower.elementwise import transposed
from gradgen.lower.products import product
from gradgen.lower.scalars import Scalars
from gradgen.rules.einsum import Spec


def einsum(ctx: Context, s: Assign) -> Atom:
    spec = Spec.parse(s.param("subscripts"), [_rank(arg) for arg in s.args])
    made = _by_blas(ctx, s, spec)
    return _by_loops(ctx, s, spec) if made is None else made


def _rank(atom: Atom) -> int:
    return atom.type.ndim if isinstance(atom.type, Array) else 0


def _by_blas(ctx: Context, s: Assign, spec: Spec) -> Atom | None:
    """Of two factors that share one letter, which the result has not."""
    if len(spec.operands) != 2 or not dtype_of(s.target.type).startswith(("float", "complex")):
        return None
    a, b = zip(spec.operands, s.args, strict=True)
    common = set(a[0]) & set(b[0])
    free = [letters.replace("".join(common), "") for letters, _ in (a, b)]
    if len(common) != 1 or not all(
        1 <= len(letters) <= 2 and len(set(letters)) == len(letters) for letters, _ in (a, b)
    ):
        return None
    if spec.result == "".join(reversed(free)) != "".join(free):
        a, b, free = b, a, free[::-1]
    (over,) = common
    dims = [array_type(x).dims[letters.index(over)] for letters, x in (a, b)]
    if spec.result != "".join(free) or (dims[0] != dims[1] and not (dims[0].never_one and dims[1].never_one)):
        return None
    left = a[1] if a[0].endswith(over) else _turned(ctx, a[1])
    right = b[1] if b[0].startswith(over) else _turned(ctx, b[1])
    return product(ctx, Assign(s.target, "dot", (left, right)))


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
