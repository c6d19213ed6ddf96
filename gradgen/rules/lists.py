"""Lists whose length is known at run time only, and tuples that one operation gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradgen.errors import UnsupportedType
from gradgen.ir import INT, Array, At, Atom, Const, Dim, ListOf, Scalar, TupleOf, Type, dims_of, join
from gradgen.rules import sizes
from gradgen.rules.symbols import Sym, apply
from gradgen.rules.table import constant, linear, same


def display_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    element = params.get("element")
    for arg in args:
        element = arg.type if element is None else join(element, arg.type, f"item({arg})")
        if element is None:
            raise UnsupportedType("the items of a list that grows in a loop must be of one type")
    if element is None:
        raise UnsupportedType("of an empty list the type of its items is not known")
    return ListOf(general(element))


def general(element: Type) -> Type:
    """The type of any item: what is known of one item's size is not known of all."""
    return replace(element, extent=None) if isinstance(element, Scalar) else element


@linear("list", type=display_type, joins=True)
def list_(g, *items, element=None):
    return tuple(apply("item", g, k) for k in range(len(items)))


@linear("append", type=same, joins=True)
def append(g, xs, x):
    return apply("shorten", g), apply("item", g, -1)


@linear("shorten", type=same)
def shorten(g, xs):
    """The last item was dropped: its adjoint is zero."""
    return apply("append", g, zero_of(apply("item", xs, -1)))


def zero_of(x: Sym) -> Any:
    if isinstance(x.type, Scalar):
        return Sym(Const(0.0, Scalar(x.type.dtype, x.type.weak)), x.builder)
    return apply("zeros_like", x)


@linear("extend", type=same, joins=True)
def extend(g, xs, more):
    return apply("head", g, apply("length", xs)), apply("tail", g, apply("length", xs))


@linear("head", type=same)
def head(g, xs, count):
    """The first `count` items."""
    return apply("extend", g, apply("zeros_like", apply("tail", xs, count))), None


@linear("tail", type=same)
def tail(g, xs, start):
    """The items from `start` on."""
    return apply("extend", apply("zeros_like", apply("head", xs, start)), g), None


constant("length", type=lambda args, params: INT)


def item_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    sequence = args[0].type
    if isinstance(sequence, TupleOf):
        return sequence.items[params["index"]]
    assert isinstance(sequence, ListOf)
    element = sequence.element
    if isinstance(element, Array):
        # A size that hangs on values of the iteration that made the item is not that of other items.
        named = (sizes.generalised(dim, f"item({args[0]},{args[1]}).{k}") for k, dim in enumerate(element.dims))
        return Array(element.dtype, tuple(named))
    return element


@linear("item", type=item_type)
def item(g, xs, k):
    builder = g.builder
    zeros = builder.emit("zeros_like", xs.atom)
    return Sym(builder.store(zeros, (At(0),), (k.atom,), g.atom, "add"), builder), None


def asarray_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    assert isinstance(args[0].type, ListOf)
    element = args[0].type.element
    if not isinstance(element, Scalar | Array):
        raise UnsupportedType("a list of lists of unknown lengths cannot become an array")
    return Array(element.dtype, (Dim(f"len({args[0]})"), *dims_of(element)))


@linear("asarray", type=asarray_type)
def asarray(g, xs):
    return apply("tolist", g)


def tolist_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """The rows of an array, or its numbers: NumPy's, or `plain` ones of Python."""
    x = args[0].type
    assert isinstance(x, Array)
    return ListOf(Array(x.dtype, x.dims[1:]) if len(x.dims) > 1 else Scalar(x.dtype, bool(params.get("plain"))))


@linear("tolist", type=tolist_type)
def tolist(g, x, *, plain=False):
    return apply("asarray", g)
