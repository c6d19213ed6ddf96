"""Lists whose length is known at run time only."""

from __future__ import annotations

from gradgen.ir import INT, Array, Dim, ListOf, Scalar, TupleOf, dims_of, join
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import constant, linear, same


def display_type(args, params):
    element = params.get("element")
    for arg in args:
        element = arg.type if element is None else join(element, arg.type, f"item.{arg}")
    if isinstance(element, Scalar):
        element = Scalar(element.dtype, element.weak)
    return ListOf(element)


@linear("list", type=display_type)
def list_(g, *items, element=None):
    return tuple(apply("item", g, k) for k in range(len(items)))


@linear("append", type=same)
def append(g, xs, x):
    return apply("shorten", g), apply("item", g, -1)


@linear("shorten", type=same)
def shorten(g, xs):
    """The last item was dropped: its adjoint is zero."""
    last = apply("item", xs, -1)
    zero = apply("zeros_like", last) if last.is_array else apply("cast", 0.0, dtype=last.type.dtype, weak=last.type.weak)
    return apply("append", g, zero)


@linear("extend", type=same)
def extend(g, xs, more):
    return apply("head", g, apply("length", xs)), apply("tail", g, apply("length", xs))


@linear("head", type=same)
def head(g, xs, count):
    return apply("extend", g, apply("zeros_like", apply("tail", xs, count))), None


@linear("tail", type=same)
def tail(g, xs, start):
    return apply("extend", apply("zeros_like", apply("head", xs, start)), g), None


constant("length", type=lambda args, params: INT)


def item_type(args, params):
    sequence = args[0].type
    if isinstance(sequence, TupleOf):
        return sequence.items[params["index"]]
    return sequence.element


@linear("item", type=item_type)
def item(g, xs, k):
    builder = g.builder
    from gradgen.ir import At

    zeros = builder.emit("zeros_like", xs.atom)
    return Sym(builder.store(zeros, (At(0),), (k.atom,), g.atom, "add"), builder), None


def asarray_type(args, params):
    element = args[0].type.element
    return Array(element.dtype, (Dim(f"len({args[0]})"), *dims_of(element)))


@linear("asarray", type=asarray_type)
def asarray(g, xs):
    return apply("tolist", g)


def tolist_type(args, params):
    x = args[0].type
    return ListOf(Array(x.dtype, x.dims[1:]) if len(x.dims) > 1 else Scalar(x.dtype))


@linear("tolist", type=tolist_type)
def tolist(g, x):
    return apply("asarray", g)

