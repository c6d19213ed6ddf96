"""Lists that travel from forward to backward, as arrays.

An empty list of Numba's is of no type when it comes back from Python. So a list of numbers travels as
an array; a list of arrays as one array of all elements and one of all sizes.
"""

from __future__ import annotations

from gradgen.ir import INT, Array, Assign, Atom, Dim, ListOf, Scalar, Var
from gradgen.lower.assembling import asarray, tolist
from gradgen.lower.context import Context, Position_, array_type

SIZE = Scalar("int64", True)


def vector(ctx: Context, dtype: str) -> Array:
    return Array(dtype, (Dim(f"flat.{ctx.builder.version()}"),))


def packed(ctx: Context, atom: Atom) -> list[Atom]:
    """What travels for a cached value: itself, unless it is a list."""
    if not isinstance(atom.type, ListOf):
        return [atom]
    element = atom.type.element
    if isinstance(element, Scalar):
        target = ctx.builder.var("", vector(ctx, element.dtype))
        return [asarray(ctx, Assign(target, "asarray", (atom,)))]
    if not isinstance(element, Array):
        raise ctx.refuse("Numba takes no list of lists that grows at run time", "use an array, or jit=False")
    length = ctx.builder.emit("length", atom, type=SIZE)
    sizes = _sizes(ctx, atom, element, length)
    return [_elements(ctx, atom, element, length), sizes]


def _item(ctx: Context, items: Atom, i: Atom, element: Array) -> Var:
    return ctx.builder.emit("item", items, i, type=element)


def _sizes(ctx: Context, items: Atom, element: Array, length: Atom) -> Atom:
    """The sizes of all items, one after the other."""
    whole, rank = ctx.whole, ctx.whole.constant(element.ndim)
    out = ctx.empty(vector(ctx, "int64"), [whole.mul(length, rank)])

    def body(i: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
        array: Atom = carried[0]
        for axis, size in enumerate(_shape(ctx, _item(ctx, items, i, element))):
            array = ctx.write(array, [whole.add(whole.mul(i, rank), whole.constant(axis))], size)
        return (array,)

    return ctx.loop(whole.constant(0), length, (out,), body)[0]


def _shape(ctx: Context, array: Var) -> list[Atom]:
    """The sizes as they are: items of a list may differ where their type says nothing of it."""
    return [ctx.builder.emit("size", array, type=SIZE, axis=axis) for axis in range(array_type(array).ndim)]


def _elements(ctx: Context, items: Atom, element: Array, length: Atom) -> Atom:
    whole = ctx.whole

    def count(i: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
        return (whole.add(carried[0], whole.product(_shape(ctx, _item(ctx, items, i, element)))),)

    (total,) = ctx.loop(whole.constant(0), length, (whole.constant(0),), count)
    out = ctx.empty(vector(ctx, element.dtype), [total])

    def fill(i: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
        item = _item(ctx, items, i, element)

        def put(at: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return ctx.write(inside[0], [inside[1]], ctx.read(item, at)), whole.add(inside[1], whole.constant(1))

        return ctx.nest(_shape(ctx, item), carried, put)

    return ctx.loop(whole.constant(0), length, (out, whole.constant(0)), fill)[0]


def parameters(ctx: Context, param: Var) -> list[Var]:
    """The parameters in which `param`, a cached value, travels."""
    if not isinstance(param.type, ListOf):
        return [param]
    element = param.type.element
    if isinstance(element, Scalar):
        return [ctx.builder.var("", vector(ctx, element.dtype), param.of)]
    assert isinstance(element, Array)
    return [ctx.builder.var("", vector(ctx, dtype)) for dtype in (element.dtype, "int64")]


def unpack(ctx: Context, param: Var, parts: list[Var]) -> None:
    """Make `param` again of what has travelled for it."""
    if not isinstance(param.type, ListOf):
        return
    element = param.type.element
    if isinstance(element, Scalar):
        ctx.bind(param, tolist(ctx, Assign(param, "tolist", (parts[0],))))
    else:
        assert isinstance(element, Array)
        ctx.bind(param, _rebuilt(ctx, param, element, *parts))


def _rebuilt(ctx: Context, param: Var, element: Array, elements: Var, sizes: Var) -> Atom:
    whole, rank = ctx.whole, ctx.whole.constant(element.ndim)
    length = whole.floordiv(ctx.size(sizes, 0), rank)
    out = ctx.builder.emit("list", type=param.type, element=element)

    def body(i: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
        first = whole.mul(i, rank)
        shape: list[Atom] = []
        for axis in range(element.ndim):
            size = ctx.read(sizes, [whole.add(first, whole.constant(axis))])
            shape.append(ctx.builder.emit("cast", size, type=INT, dtype="int64", weak=True))

        def take(at: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return ctx.write(inside[0], at, ctx.read(elements, [inside[1]])), whole.add(inside[1], whole.constant(1))

        item, onward = ctx.nest(shape, (ctx.empty(element, shape), carried[1]), take)
        return ctx.builder.emit("append", carried[0], item, type=param.type), onward

    return ctx.loop(whole.constant(0), length, (out, whole.constant(0)), body)[0]
