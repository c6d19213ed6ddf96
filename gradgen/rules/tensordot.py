"""`np.tensordot`, `np.kron`, and the cross product of vectors in space.

The contribution to a factor of a tensordot is the tensordot of the adjoint with the other factor, along the axes that
this one has left, its axes then put back in order. That of `c = a x b` is `b x g` to a and `g x a` to b.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType, UnsupportedValue
from gradgen.ir import Array, Atom, Type, broadcast, common_dtype, constant_dim, dims_of, with_dims
from gradgen.rules import sizes
from gradgen.rules.einsum import LETTERS
from gradgen.rules.linalg import ordered, shape_syms, vectors
from gradgen.rules.symbols import Sym, add, apply
from gradgen.rules.table import TAKES_COMPLEX, caller, general

TAKES_COMPLEX |= {"tensordot", "kron", "cross"}

Axes = tuple[tuple[int, ...], tuple[int, ...]]


def paired_axes(axes: Any, ranks: tuple[int, int]) -> Axes:
    """The axes of both factors that are summed over, each with its partner.

    >>> paired_axes(1, (2, 3)), paired_axes(((0, -1), (1, 0)), (3, 2)), paired_axes((-1, 0), (2, 2))
    (((1,), (0,)), ((0, 2), (1, 0)), ((1,), (0,)))
    """
    if isinstance(axes, int):
        if not 0 <= axes <= min(ranks):
            raise UnsupportedValue(
                f"np.tensordot along {axes} axes of arrays of {ranks[0]} and {ranks[1]} dimensions",
                way_out="fewer axes",
            )
        return tuple(range(ranks[0] - axes, ranks[0])), tuple(range(axes))
    given = [tuple(axis) if isinstance(axis, tuple | list) else (axis,) for axis in axes]
    if len(given) != 2 or len(given[0]) != len(given[1]):
        raise UnsupportedValue("np.tensordot along unequal numbers of axes", way_out="as many axes of each factor")
    for listed, ndim in zip(given, ranks, strict=True):
        inside = all(isinstance(a, int) and -ndim <= a < ndim for a in listed)
        if not inside or len({a % ndim for a in listed}) < len(listed):
            raise UnsupportedValue(
                f"np.tensordot along axes {listed} of an array of {ndim} dimensions", way_out="axes that it has"
            )
    return tuple(a % ranks[0] for a in given[0]), tuple(b % ranks[1] for b in given[1])


def free_axes(over: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return tuple(axis for axis in range(ndim) if axis not in over)


def tensordot_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    dims = [dims_of(arg.type) for arg in args]
    over = paired_axes(params["axes"], (len(dims[0]), len(dims[1])))
    left = (dims[k][axis] for k in (0, 1) for axis in free_axes(over[k], len(dims[k])))
    return with_dims(common_dtype([arg.type for arg in args])[0], tuple(left))


def _product_tangent(op: str):
    def tangent(y, args, tangents, **params):
        (a, b), (da, db) = args, tangents
        left = 0 if da is None else apply(op, da, b, **params)
        return left if db is None else add(left, apply(op, a, db, **params))

    return tangent


@general("tensordot", np.tensordot, type=tensordot_type, tangent=_product_tangent("tensordot"))
def tensordot(g, y, a, b, *, axes):
    over = paired_axes(axes, (a.ndim, b.ndim))
    free = free_axes(over[0], a.ndim), free_axes(over[1], b.ndim)
    of_a, of_b = tuple(range(len(free[0]))), tuple(range(len(free[0]), g.ndim))
    by_a = times(g, b, (of_b, free[1]))
    by_b = times(a, g, (free[0], of_a))
    # What the factor has summed over comes in the order of the other one's axes.
    order_a = [*free[0], *(over[0][over[1].index(axis)] for axis in sorted(over[1]))]
    order_b = [*(over[1][over[0].index(axis)] for axis in sorted(over[0])), *free[1]]
    return tuple(
        ordered(by, [order.index(axis) for axis in range(len(order))])
        for by, order in ((by_a, order_a), (by_b, order_b))
    )


def times(a: Sym, b: Sym, axes: Axes) -> Sym:
    """The tensordot; of a number the product."""
    if not a.ndim or not b.ndim:
        return a * b
    if axes == (tuple(range(a.ndim - len(axes[0]), a.ndim)), tuple(range(len(axes[1])))):
        return apply("tensordot", a, b, axes=len(axes[0]))
    return apply("tensordot", a, b, axes=axes)


@caller(np.tensordot)
def tensordot_call(a, b, axes=2):
    a, b = vectors(a, b)
    over = paired_axes(axes, (a.ndim, b.ndim))
    if not isinstance(axes, int) and a.ndim and b.ndim:
        return apply("tensordot", a, b, axes=over)
    return times(a, b, over)


@caller(np.linalg.tensordot)
def linalg_tensordot(x1, x2, /, *, axes=2):
    return tensordot_call(x1, x2, axes)


# Kronecker products


def kron_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    a, b = (dims_of(arg.type) for arg in args)
    dtype, _ = common_dtype([arg.type for arg in args])
    return Array(dtype, tuple(sizes.product(pair) for pair in zip(a, b, strict=True)))


@general("kron", np.kron, type=kron_type, tangent=_product_tangent("kron"))
def kron(g, y, a, b):
    """Each element of a has met all of b, and the other way round: sums over the blocks."""
    outer, inner = LETTERS[: a.ndim], LETTERS[a.ndim : 2 * a.ndim]
    mixed = "".join(i + j for i, j in zip(outer, inner, strict=True))
    both = zip(shape_syms(a), shape_syms(b), strict=True)
    blocks = apply("reshape", g, *(size for pair in both for size in pair))
    by_a = apply("einsum", blocks, b, subscripts=f"{mixed},{inner}->{outer}")
    return by_a, apply("einsum", blocks, a, subscripts=f"{mixed},{outer}->{inner}")


@caller(np.kron)
def kron_call(a, b):
    """Each element of a times all of b, as blocks."""
    a, b = vectors(a, b)
    if not a.ndim or not b.ndim:
        return apply("mul", a, b)
    ndim = max(a.ndim, b.ndim)
    a, b = (apply("reshape", x, *([1] * (ndim - x.ndim)), *shape_syms(x)) if x.ndim < ndim else x for x in (a, b))
    return apply("kron", a, b)


# Cross products


def cross_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    a, b = (dims_of(arg.type) for arg in args)
    return Array(common_dtype([arg.type for arg in args])[0], (*broadcast([a[:-1], b[:-1]]), constant_dim(3)))


@general("cross", np.linalg.cross, type=cross_type, tangent=_product_tangent("cross"))
def cross(g, y, a, b):
    return apply("cross", b, g), apply("cross", g, a)


@caller(np.cross)
def cross_call(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Of vectors in space. Those in the plane, which NumPy has given up, raise where the text runs: np.linalg.cross."""
    a, b = vectors(a, b)
    if axis is not None:
        axisa = axisb = axisc = axis
    if not a.ndim or not b.ndim:
        raise UnsupportedType("np.cross of a number", way_out="vectors")
    a, b = _axis_last(a, axisa), _axis_last(b, axisb)
    if any(dims_of(x.type)[-1].constant == 2 for x in (a, b)):
        raise UnsupportedType("np.cross of vectors of two elements", way_out="a[0] * b[1] - a[1] * b[0]")
    made = apply("cross", a, b, spelling="np.linalg.cross")
    return ordered(made, _moved(made.ndim, made.ndim - 1, axisc % made.ndim))


@caller(np.linalg.cross)
def linalg_cross(x1, x2, /, *, axis=-1):
    return cross_call(x1, x2, axis=axis)


def _axis_last(x: Sym, axis: int) -> Sym:
    if not -x.ndim <= axis < x.ndim:
        raise UnsupportedValue(
            f"axis {axis} is out of bounds for an array of {x.ndim} dimensions", way_out="an axis that it has"
        )
    return ordered(x, _moved(x.ndim, axis % x.ndim, x.ndim - 1))


def _moved(ndim: int, source: int, to: int) -> list[int]:
    order = [axis for axis in range(ndim) if axis != source]
    order.insert(to, source)
    return order
