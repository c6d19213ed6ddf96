"""Linear systems and decompositions: calls of LAPACK, one for each matrix of a stack.

Numba knows them for contiguous matrices of one float dtype. What it does otherwise than NumPy: a matrix with an
infinity or NaN in it raises, and an array without elements is refused by some.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradgen.ir import Array, Assign, Atom, Scalar, TupleOf, Type, Var, dims_of
from gradgen.lower.broadcasting import Broadcast
from gradgen.lower.context import Context, Position_, always, array_type, of_array
from gradgen.lower.products import contiguous, converted, in_rows, leading, matrix_at, row_major
from gradgen.lower.small_matrices import is_small, small
from gradgen.rules.solving import linalg_dtype

Sizes = list[Atom]
Shapes = Callable[
    [Context, Sizes, Sizes], list[Sizes]
]  # of the results for one matrix; of the matrix, and the second operand

NUMBER: Sizes = []


def _svd_shapes(ctx: Context, a: Sizes, b: Sizes) -> list[Sizes]:
    least = ctx.whole.least(*a)
    return [[a[0], least], [least], [least, a[1]]]


def _qr_shapes(ctx: Context, a: Sizes, b: Sizes) -> list[Sizes]:
    least = ctx.whole.least(*a)
    return [[a[0], least], [least, a[1]]]


SHAPES: dict[str, Shapes] = {
    "solve": lambda ctx, a, b: [[a[1], *b[1:]]],
    "inv": lambda ctx, a, b: [a],
    "cholesky": lambda ctx, a, b: [a],
    "pinv": lambda ctx, a, b: [a[::-1]],
    "det": lambda ctx, a, b: [NUMBER],
    "matrix_rank": lambda ctx, a, b: [NUMBER],
    "slogdet": lambda ctx, a, b: [NUMBER, NUMBER],
    "eigh": lambda ctx, a, b: [a[1:], a],
    "eig": lambda ctx, a, b: [a[1:], a],
    "svd": _svd_shapes,
    "qr": _qr_shapes,
}


def several(ctx: Context, s: Assign) -> list[Callable[[], Atom]]:
    """How to have each of the operation's results."""
    dtype = linalg_dtype(*(arg.type for arg in s.args if isinstance(arg.type, Array)))
    args = [converted(ctx, arg, dtype) if isinstance(arg.type, Array) else ctx.value(arg) for arg in s.args]
    if all(len(dims_of(arg.type)) <= 2 for arg in args):
        return _called(ctx, s, args, s.target.type)
    return _of_stack(ctx, s, args)


def single(ctx: Context, s: Assign) -> Atom:
    """An operation with one result."""
    return several(ctx, s)[0]()


def of_factor(ctx: Context, s: Assign) -> Atom:
    """The adjoint of a matrix, by a function that the text brings along, which leaves it row by row."""
    dtype = linalg_dtype(s.target.type)
    args = (contiguous(ctx, converted(ctx, arg, dtype)) for arg in s.args)
    out = ctx.builder.emit("cholesky_adjoint_by_loops", *args, type=s.target.type)
    ctx.contiguous.add(out)
    return out


LINALG: dict[str, Callable[[Context, Assign], Atom]] = {
    **dict.fromkeys(("solve", "inv", "cholesky", "pinv", "det", "matrix_rank"), single),
    "cholesky_adjoint": of_factor,
}


def _called(ctx: Context, s: Assign, args: list[Atom], type: Type) -> list[Callable[[], Atom]]:
    """Of one matrix: how each result is had from the call."""
    if is_small(s := replace(s, args=tuple(args), target=replace(s.target, type=type))):
        return [lambda: small(ctx, s)]
    params = dict(s.params)
    if params.pop("UPLO", "L") == "U":
        args = [ctx.builder.emit("transpose", args[0], type=args[0].type, axes=None)]
    args = [contiguous(ctx, arg) if isinstance(arg.type, Array) else arg for arg in args]
    made = ctx.builder.emit(s.op, *args, type=type, **params)
    if not isinstance(type, TupleOf):
        return [lambda: _in_rows(ctx, made)]

    def item(k: int) -> Callable[[], Atom]:
        return lambda: _in_rows(ctx, ctx.builder.emit("item", made, type=type.items[k], index=k))

    return [item(k) for k in range(len(type.items))]


def _in_rows(ctx: Context, made: Var) -> Atom:
    """What LAPACK leaves lies column by column."""
    if isinstance(made.type, Scalar):
        return made
    if array_type(made).ndim < 2:
        ctx.contiguous.add(made)
        return made
    return row_major(ctx, made)


def _of_stack(ctx: Context, s: Assign, args: list[Atom]) -> list[Callable[[], Atom]]:
    """Matrix by matrix, the stacks broadcast against each other."""
    arrays = [in_rows(ctx, arg) if isinstance(arg.type, Array) else arg for arg in args]
    stacks = [ctx.array(arg) for arg in arrays]
    batch = Broadcast(ctx, [leading(stack) for stack in stacks])
    core = [stack.sizes()[-2:] for stack in stacks]
    shapes = SHAPES[s.op](ctx, core[0], core[1] if len(core) > 1 else [])
    if s.op == "svd" and s.param("full_matrices", True):
        shapes = [[core[0][0]] * 2, shapes[1], [core[0][1]] * 2]
    whole = s.target.type.items if isinstance(s.target.type, TupleOf) else (s.target.type,)
    outs = [ctx.empty(of_array(type), [*batch.sizes(), *shape]) for type, shape in zip(whole, shapes, strict=True)]
    kinds = [_inner(type, len(shape)) for type, shape in zip(whole, shapes, strict=True)]
    inner = TupleOf(tuple(kinds)) if isinstance(s.target.type, TupleOf) else kinds[0]

    def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        one = [matrix_at(ctx, arg, batch, k, at) for k, arg in enumerate(arrays)]
        made = [result() for result in _called(ctx, s, one, inner)]
        return tuple(_put(ctx, out, at, part, shape) for out, part, shape in zip(carried, made, shapes, strict=True))

    finished = ctx.nest(batch.sizes(), outs, body)
    return list(map(always, finished))


def _inner(type: Type, rank: int) -> Type:
    """The result for one matrix."""
    stack = of_array(type)
    return Array(stack.dtype, stack.dims[stack.ndim - rank :]) if rank else Scalar(stack.dtype)


def _put(ctx: Context, out: Atom, at: Position_, part: Atom, sizes: Sizes) -> Atom:
    if not sizes:
        return ctx.write(out, at, part)

    def put(place: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (ctx.write(inside[0], [*at, *place], ctx.read(part, place)),)

    return ctx.nest(sizes, (out,), put)[0]
