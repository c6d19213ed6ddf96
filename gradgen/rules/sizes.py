"""Sizes as symbols: what the size of a product, a slice or a selection is called, so that equal ones have equal names.

>>> n = Dim("x.0", many=True)
>>> sliced(n, 1, None, None) == sliced(n, None, -1, None)
True
>>> product([n, constant_dim(1), constant_dim(3)])
Dim((3*x.0))
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from gradgen.ir import Atom, Const, Dim, constant_dim
from gradgen.ir.known import as_integer

Bound = int | Atom | None


def product(dims: Iterable[Dim]) -> Dim:
    """The number of elements of an array with these dims."""
    number, factors = 1, []
    for dim in dims:
        if dim.constant is not None:
            number *= dim.constant
        else:
            factors.append(dim)
    if not factors or number == 0:
        return constant_dim(number)
    if len(factors) == 1 and number == 1:
        return factors[0]
    names = ([str(number)] if number != 1 else []) + sorted(f"({dim})" if dim.offset else str(dim) for dim in factors)
    # A product of sizes is 1 only if all of them are.
    many = number != 1 or any(dim.never_one for dim in factors)
    return Dim(f"({'*'.join(names)})", many=many, least=number * math.prod(dim.lower for dim in factors))


def quotient(dims: Sequence[Dim], others: Sequence[Dim]) -> Dim:
    """The size that a -1 stands for where an array with `dims` is reshaped to `others` and it."""
    left, rest = list(dims), []
    for dim in others:
        if dim in left:
            left.remove(dim)
        elif not dim.is_one:
            rest.append(dim)
    top, bottom = product(left), product(rest)
    if bottom.is_one:
        return top
    if top.constant is not None and bottom.constant:
        return constant_dim(top.constant // bottom.constant)
    return Dim(f"({top}/{bottom})")


def total(dims: Iterable[Dim]) -> Dim:
    """The size of an axis along which arrays of these sizes are put one after the other."""
    number, parts = 0, []
    for dim in dims:
        if dim.constant is not None:
            number += dim.constant
        elif dim.cut:
            parts.append(dim)
        else:
            number += dim.offset
            parts.append(dim.whole)
    if not parts:
        return constant_dim(number)
    if len(parts) == 1:
        return parts[0].shifted(number)
    return Dim(f"({'+'.join(sorted(map(str, parts)))})", number, least=sum(dim.lower for dim in parts))


def known_bound(bound: Bound) -> Bound:
    """A bound as a Python int where its value is known."""
    if isinstance(bound, Const):
        return as_integer(bound)
    extent = _extent(bound)
    return bound if extent is None or extent.constant is None else extent.constant


def sliced(dim: Dim, start: Bound, stop: Bound, step: Bound) -> Dim:
    """The size of x[start:stop:step] along an axis of size `dim`."""
    start, stop, step = known_bound(start), known_bound(stop), known_bound(step)
    start, stop = _from_the_end(dim, start), _from_the_end(dim, stop)
    step = 1 if step is None else step
    stop = None if isinstance(step, int) and step > 0 and _is_end(dim, stop) else stop
    if isinstance(step, int) and abs(step) == 1 and start is None and stop is None:
        return dim
    if dim.constant is not None and all(b is None or isinstance(b, int) for b in (start, stop, step)) and step != 0:
        return constant_dim(len(range(*slice(start, stop, step).indices(dim.constant))))
    # Where n is unknown, x[a:-b] has max(0, n - a - b) elements; all slices of that size get the same name.
    first = 0 if start is None else start
    left_out = 0 if stop is None else stop if isinstance(stop, int) and stop < 0 else None
    if step == 1 and isinstance(first, int) and first >= 0 and left_out is not None:
        return dim.shifted(left_out - first)
    return _of_large(dim, start, stop, step) or Dim(f"{dim}[{_name(start)}:{_name(stop)}:{_name(step)}]")


def _of_large(dim: Dim, start: Bound, stop: Bound, step: Bound) -> Dim | None:
    """The size of a slice whose bounds lie within an axis of any size that `dim` can have.

    >>> n = Dim("x.0", many=True, least=16)
    >>> _of_large(n, None, 5, 1), _of_large(n, None, None, 2).least, _of_large(n, -12, 5, 1).least
    (Dim(5), 8, 0)
    """
    if not isinstance(step, int) or step == 0:
        return None
    if any(not (b is None or (isinstance(b, int) and abs(b) <= dim.lower)) for b in (start, stop)):
        return None
    part = slice(start, stop, step)
    # It grows with the axis, or shrinks, or is the same for all sizes; and where the axis is twice as long, no bound
    # from its start is beyond one from its end any more.
    sizes = (dim.lower, 2 * dim.lower + abs(step) + 1)
    least, most = sorted(len(range(*part.indices(size))) for size in sizes)
    if least == most:
        return constant_dim(least)
    return Dim(f"{dim}[{_name(start)}:{_name(stop)}:{_name(step)}]", least=least)


def _from_the_end(dim: Dim, bound: Bound) -> Bound:
    """The bound n - k of an axis of size n as -k.

    Beyond k = 2 the two differ where n is smaller than k (n - k is negative, and counts from the end itself).
    """
    extent = _extent(bound)
    if extent is None or extent.symbol is None or extent.symbol != dim.symbol or dim.offset != 0:
        return bound
    return extent.offset if extent.offset in (-1, -2) else bound


def _is_end(dim: Dim, bound: Bound) -> bool:
    return _extent(bound) == dim and dim.offset >= 0


def _extent(bound: Bound) -> Dim | None:
    """The size that the bound is, not one that is 0 where the bound may be negative."""
    extent: Dim | None = getattr(getattr(bound, "type", None), "extent", None)
    return None if extent is None or extent.cut else extent


def _name(bound: Bound) -> str:
    if bound is None:
        return ""
    extent = _extent(bound)
    return str(bound if extent is None else extent)


def is_derived(dim: Dim) -> bool:
    """Whether the size hangs on values that may differ from one iteration to the next."""
    return dim.symbol is not None and any(c in dim.symbol for c in "[(")


def is_since(dim: Dim, version: int, symbol: int) -> bool:
    """Whether the size is called after a value of that version or a later one, or is an unknown one made later.

    >>> is_since(Dim("v.0[k.7:]"), 7, 0), is_since(Dim("v.0[k.7:]"), 8, 0), is_since(Dim("(n3)"), 8, 2)
    (True, False, True)
    """
    versions = re.findall(r"\.(\d+)", dim.symbol or "")
    unknown = re.findall(r"\(n(\d+)\)", dim.symbol or "")
    return any(int(one) >= version for one in versions) or any(int(one) > symbol for one in unknown)


def generalised(dim: Dim, name: str) -> Dim:
    """The dim where it is the same in all iterations, else an unknown one of that name."""
    return Dim(name) if is_derived(dim) else dim
