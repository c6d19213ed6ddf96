"""Elementwise operations, and the arrays that can be told element by element without memory.

Each function here gives a `Lazy`: arithmetic and functions of NumPy, `where`, casts; views such as a
transpose; arrays that a formula makes, such as `np.arange`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradgen.ir import INT, Array, Assign, Atom, Const, Scalar, Slice, Type, Var, dims_of, dtype_of, is_complex
from gradgen.lower.broadcasting import Broadcast, Fitted
from gradgen.lower.context import Context, Lazy, Position_, array_type, new_axis_view, same_dims
from gradgen.lower.scalars import Scalars

LAZY: dict[str, Callable[[Context, Assign], Lazy]] = {}


def lazily(*ops: str):
    """A decorator: the decorated function gives the elements of the result of these operations."""

    def enter(function):
        for op in ops:
            LAZY[op] = function
        return function

    return enter


def operand(ctx: Context, atom: Atom) -> Atom | Lazy:
    return ctx.array(atom) if isinstance(atom.type, Array) else ctx.use(atom)


def leaves_of(operands: Sequence[Atom | Lazy]) -> frozenset[Var]:
    return frozenset(leaf for o in operands if isinstance(o, Lazy) for leaf in o.leaves)


def elementwise(ctx: Context, s: Assign) -> Lazy:
    """The operation on the elements of its operands, broadcast."""
    operands = [operand(ctx, arg) for arg in s.args]
    shape = Broadcast(ctx, operands)
    type = array_type(s.target)

    def element(at: Position_) -> Atom:
        return Scalars(ctx).apply(s.op, shape.elements(at), Scalar(type.dtype), dict(s.params), s.spelling)

    return Lazy(type, shape.size, element, is_cheap(ctx, s), leaves_of(operands))


def is_cheap(ctx: Context, s: Assign) -> bool:
    """Whether computing an element costs about what reading it from memory would: `-x`, `2 * x`."""
    arrays = {ctx.leaf(arg) for arg in s.args if isinstance(arg.type, Array)}
    if s.op not in ("neg", "add", "sub", "mul") or None in arrays or len(arrays) != 1:
        return False
    return all(same_dims(arg, s.target) for arg in arrays if arg is not None)


@lazily("copy", "identity", "held", "pos")
def copy(ctx: Context, s: Assign) -> Lazy:
    x = ctx.array(s.args[0])
    return Lazy(x.type, x.size, x.element, leaves=x.leaves)


@lazily("cast")
def cast(ctx: Context, s: Assign) -> Lazy:
    x, dtype = ctx.array(s.args[0]), str(s.param("dtype"))
    return Lazy(array_type(s.target), x.size, lambda at: Scalars(ctx).cast(x.element(at), dtype), leaves=x.leaves)


@lazily("outer")
def outer(ctx: Context, s: Assign) -> Lazy:
    a, b = (ctx.array(arg) for arg in s.args)
    type = array_type(s.target)

    def element(at: Position_) -> Atom:
        factors = [a.element(unravel(ctx, a, at[0])), b.element(unravel(ctx, b, at[1]))]
        return Scalars(ctx).apply("mul", factors, Scalar(type.dtype), {})

    return Lazy(type, lambda axis: ctx.whole.product((a, b)[axis].sizes()), element, leaves=a.leaves | b.leaves)


def unravel(ctx: Context, lazy: Lazy, flat: Atom) -> list[Atom]:
    """The position of the element with that number, counted along the rows."""
    whole, at = ctx.whole, []
    for axis in range(lazy.type.ndim - 1, 0, -1):
        size = lazy.size(axis)
        at.append(whole.mod(flat, size))
        flat = whole.floordiv(flat, size)
    return [flat, *reversed(at)]


# Views


@lazily("transpose")
def transpose(ctx: Context, s: Assign) -> Lazy:
    x = ctx.array(s.args[0])
    axes = s.param("axes") or tuple(reversed(range(x.type.ndim)))
    axes = tuple(axis % x.type.ndim for axis in axes)

    def element(at: Position_) -> Atom:
        return x.element([at[axes.index(axis)] for axis in range(len(axes))])

    type, leaf = array_type(s.target), ctx.leaf(s.args[0])
    reverses = axes == tuple(reversed(range(len(axes))))
    make = None if leaf is None or not reverses else lambda: transposed(ctx, leaf, type)
    return Lazy(type, lambda axis: x.size(axes[axis]), element, x.free, x.leaves, make)


def transposed(ctx: Context, array: Var, type: Type) -> Var:
    """The view with its axes reversed."""
    out = ctx.builder.emit("transpose", array, type=type, axes=None)
    ctx.transposes[out] = array
    return out


@lazily("expand_dims")
def expand_dims(ctx: Context, s: Assign) -> Lazy:
    axis = s.param("axis")
    ndim = array_type(s.target).ndim
    return with_axes(ctx, s, [a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))])


def with_axes(ctx: Context, s: Assign, axes: Sequence[int]) -> Lazy:
    """The first operand with axes of size 1 put in."""
    x, type = ctx.array(s.args[0]), array_type(s.target)
    kept = [axis for axis in range(type.ndim) if axis not in axes]
    leaf = ctx.leaf(s.args[0])
    make = None if leaf is None else lambda: new_axis_view(ctx, leaf, axes, type)
    return Lazy(
        type,
        lambda axis: x.size(kept.index(axis)) if axis in kept else ctx.whole.constant(1),
        lambda at: x.element([at[axis] for axis in kept]),
        x.free,
        x.leaves,
        make,
    )


@lazily("squeeze")
def squeeze(ctx: Context, s: Assign) -> Lazy:
    x, type, axis = ctx.array(s.args[0]), array_type(s.target), s.param("axis")
    if axis is None:
        axes = [k for k, dim in enumerate(x.type.dims) if dim.is_one]
    else:
        axes = [a % x.type.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    kept = [k for k in range(x.type.ndim) if k not in axes]
    for k in axes:
        if not x.type.dims[k].is_one:
            several = ctx.whole.compare("ne", x.size(k), ctx.whole.constant(1))
            ctx.require(several, "ValueError", "cannot select an axis to squeeze out which has size not equal to one")

    def element(at: Position_) -> Atom:
        places = iter(at)
        return x.element([next(places) if k in kept else ctx.whole.constant(0) for k in range(x.type.ndim)])

    index = tuple(Slice(None, None, None) if k in kept else 0 for k in range(x.type.ndim))
    leaf = ctx.leaf(s.args[0])
    make = None if leaf is None else lambda: ctx.builder.emit("getitem", leaf, type=type, index=index)
    return Lazy(type, lambda axis: x.size(kept[axis]), element, x.free, x.leaves, make)


@lazily("spread")
def spread(ctx: Context, s: Assign) -> Lazy:
    """The cotangent of a reduction, with the reduced axes as 1."""
    g, like = s.args
    axis, keepdims = s.param("axis"), s.param("keepdims", False)
    have, want = len(dims_of(g.type)), len(dims_of(like.type))
    if keepdims or have == want:
        return ctx.array(g)
    axes = range(want) if axis is None else [a % want for a in (axis if isinstance(axis, tuple) else (axis,))]
    return with_axes(ctx, s, list(axes))


@lazily("expand")
def expand(ctx: Context, s: Assign) -> Lazy:
    """g repeated to the shape of `like`, whose elements are not read."""
    g, like = operand(ctx, s.args[0]), ctx.array(s.args[1])
    return stretched(ctx, g, array_type(s.target), like.size)


@lazily("broadcast_to")
def broadcast_to(ctx: Context, s: Assign) -> Lazy:
    sizes = [ctx.use(size) for size in s.args[1:]]
    return stretched(ctx, operand(ctx, s.args[0]), array_type(s.target), lambda axis: sizes[axis])


def stretched(ctx: Context, g: Atom | Lazy, type: Array, size: Callable[[int], Atom]) -> Lazy:
    fitted = Fitted(ctx, g, type.dims, size)
    free = not isinstance(g, Lazy) or g.free
    return Lazy(type, size, lambda at: Scalars(ctx).cast(fitted.element(at), type.dtype), free, leaves_of([g]))


@lazily("flip")
def flip(ctx: Context, s: Assign) -> Lazy:
    x, axis = ctx.array(s.args[0]), s.param("axis")
    axes = (
        range(x.type.ndim)
        if axis is None
        else [a % x.type.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    )
    last = {axis: ctx.whole.sub(x.size(axis), ctx.whole.constant(1)) for axis in axes}

    def element(at: Position_) -> Atom:
        return x.element([ctx.whole.sub(last[k], i) if k in last else i for k, i in enumerate(at)])

    return Lazy(x.type, x.size, element, x.free, x.leaves)


@lazily("roll")
def roll(ctx: Context, s: Assign) -> Lazy:
    """Each element as many places on as `shift` says, around the end; of all in a row where there is no axis."""
    x, shift, whole = ctx.array(s.args[0]), ctx.use(s.args[1]), ctx.whole
    axis = s.param("axis")

    def element(at: Position_) -> Atom:
        if axis is None and x.type.ndim > 1:
            flat: Atom = whole.constant(0)
            for size, i in zip(x.sizes(), at, strict=True):
                flat = whole.add(whole.mul(flat, size), i)
            return x.element(unravel(ctx, x, whole.mod(whole.sub(flat, shift), whole.product(x.sizes()))))
        along = (axis or 0) % x.type.ndim
        moved = whole.mod(whole.sub(at[along], shift), x.size(along))
        return x.element([*at[:along], moved, *at[along + 1 :]])

    return Lazy(x.type, x.size, element, x.free, x.leaves)


# Arrays made by a formula


def filled(ctx: Context, s: Assign, sizes: Callable[[int], Atom], value: Atom, op: str = "full") -> Lazy:
    type = array_type(s.target)

    def make() -> Atom:
        values = [Scalars(ctx).cast(value, type.dtype)] if op == "full" else []
        shape = [sizes(axis) for axis in range(type.ndim)]
        params = {name: value for name, value in s.params if name == "saves"}  # what names the array
        out = ctx.builder.emit(op, *shape, *values, type=type, dtype=type.dtype, **params)
        ctx.contiguous.add(out)
        return out

    return Lazy(type, sizes, lambda at: Scalars(ctx).cast(value, type.dtype), True, make=make)


NUMBERS = {"zeros": 0.0, "ones": 1.0, "empty": 0.0}


@lazily("zeros", "ones", "empty")
def constant(ctx: Context, s: Assign) -> Lazy:
    sizes = [ctx.use(size) for size in s.args]
    for size in sizes:
        known = ctx.whole.known(size)
        if known is not None and known < 0:
            raise ctx.refuse("negative dimensions are not allowed", "a size that is not negative")
    return filled(ctx, s, lambda axis: sizes[axis], number(s.target.type, NUMBERS[s.op]), s.op)


@lazily("full")
def full(ctx: Context, s: Assign) -> Lazy:
    *sizes, value = map(ctx.use, s.args)
    return (
        filled(ctx, s, lambda axis: sizes[axis], value)
        if isinstance(value.type, Scalar)
        else stretched(ctx, operand(ctx, value), array_type(s.target), lambda axis: sizes[axis])
    )


@lazily("zeros_like", "ones_like", "empty_like")
def constant_like(ctx: Context, s: Assign) -> Lazy:
    op = s.op.removesuffix("_like")
    return filled(ctx, s, ctx.array(s.args[0]).size, number(s.target.type, NUMBERS[op]), op)


@lazily("full_like")
def full_like(ctx: Context, s: Assign) -> Lazy:
    size, value = ctx.array(s.args[0]).size, ctx.use(s.args[1])
    if isinstance(value.type, Array):
        return stretched(ctx, operand(ctx, value), array_type(s.target), size)
    return filled(ctx, s, size, value)


def number(type: Type, value: float) -> Const:
    """`value` as a constant of the kind of the elements of `type`."""
    dtype = dtype_of(type)
    if dtype == "bool":
        return Const(bool(value), Scalar("bool", True))
    return (
        Const(int(value), Scalar("int64", True))
        if dtype.startswith(("int", "uint"))
        else Const(value, Scalar("float64", True))
    )


@lazily("eye")
def eye(ctx: Context, s: Assign) -> Lazy:
    n, m, k = ctx.use(s.args[0]), ctx.use(s.args[1]) if len(s.args) > 1 else ctx.use(s.args[0]), s.param("k", 0)
    type, whole = array_type(s.target), ctx.whole

    def element(at: Position_) -> Atom:
        test = whole.compare("eq", whole.add(at[0], whole.constant(k)), at[1])
        return Scalars(ctx).choose(test, number(type, 1), number(type, 0), type.dtype)

    return Lazy(type, lambda axis: (n, m)[axis], element)


@lazily("arange")
def arange(ctx: Context, s: Assign) -> Lazy:
    """start + i * step, as NumPy computes it; the length is the ceiling of (stop - start) / step."""
    start, stop, step = map(ctx.use, s.args)
    type, scalars, whole = array_type(s.target), Scalars(ctx), ctx.whole
    if all(dtype_of(arg.type).startswith(("int", "uint", "bool")) for arg in (start, stop, step)):
        if _is_size(stop) and whole.known(start) == 0 and whole.known(step) == 1:
            length: Atom = stop  # a size
        else:
            length = whole.most(
                whole.constant(0), whole.sub(whole.constant(0), whole.floordiv(whole.sub(start, stop), step))
            )
    else:
        steps = scalars.op("ceil", scalars.op("div", scalars.op("sub", stop, start), step), spelling="np.ceil")
        length = whole.most(whole.constant(0), ctx.builder.emit("cast", steps, type=INT, dtype="int64", weak=True))

    def element(at: Position_) -> Atom:
        if type.dtype == "int64":
            return whole.add(start, whole.mul(at[0], step))
        step_type = Scalar("int64" if type.dtype.startswith(("int", "uint")) else "float64")
        offset = scalars.apply("mul", [at[0], step], step_type, {})
        return scalars.cast(scalars.apply("add", [start, offset], step_type, {}), type.dtype)

    return Lazy(type, lambda axis: length, element, free=type.dtype == "int64")


def _is_size(atom: Atom) -> bool:
    """Whether a number is known to be that of an axis, and so not negative."""
    extent = getattr(atom.type, "extent", None)
    return extent is not None and extent.offset >= 0


@lazily("linspace")
def linspace(ctx: Context, s: Assign) -> Lazy:
    """a + i * ((b - a) / (n - 1)), and the last element b itself."""
    a, b, n = map(ctx.use, s.args)
    type, scalars, whole = array_type(s.target), Scalars(ctx), ctx.whole
    endpoint = s.param("endpoint", True)
    gaps = (
        whole.most(whole.constant(1), whole.sub(n, whole.constant(1))) if endpoint else whole.most(whole.constant(1), n)
    )
    held = "complex128" if is_complex(type) else "float64"
    step = scalars.op("div", scalars.op("sub", b, a, dtype=held), gaps, dtype=held)

    def element(at: Position_) -> Atom:
        value = scalars.op("add", a, scalars.op("mul", at[0], step, dtype=held), dtype=held)
        if endpoint:
            last = whole.compare("eq", at[0], gaps)
            value = scalars.choose(last, scalars.cast(b, held), value, held)
        return scalars.cast(value, type.dtype)

    return Lazy(type, lambda axis: n, element)
