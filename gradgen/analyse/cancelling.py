"""Values that cancel: `m` in `m + log(sum(exp(x - m)))`, whose derivative is 0 whatever `m` is.

Stable formulas shift or scale their numbers by one that cancels in the end: the largest, a norm, a first element. The
adjoint of that number is a sum of terms that cancel, and if it is a maximum, its own adjoint a search for its place.
Both go: such a value is not active. The value is computed as the user wrote it.

Of everything made from the candidate `m`, the tangent is followed as `m` moves by `d`: it is `a d` (a *shift* of degree
`a`), or `a v d` where `v` is the value itself (a *scale* of degree `a`); and to begin with that of `m` may be read as
either. `exp` makes a scale of a shift and `log` the reverse; sums of shifts and products of scales add the degrees up.
Where all that is left has the degree 0, `m` cancels. `d` has the shape of `m`; `axes` says where its axes have gone, as
`m[:, None] - m[None, :]` is no difference of equal things, and a sum along one of them mixes several `d`.

Not followed: what loops and branches hand on, stores, complex numbers.

>>> import numpy as np
>>> from gradgen.analyse.activity import between
>>> from gradgen.infer.signature import describe
>>> from gradgen.stage import stage
>>> def f(x):
...     m = np.max(x)
...     return m + np.log(np.sum(np.exp(x - m)))
>>> entry = stage(f, {"x": describe(np.ones(3), "x")}).program.entry
>>> marks = between(entry, entry.params, entry.body.yields)
>>> sorted(var.name for var in cancelling(entry, marks, entry.body.yields) if var.name)
['m']
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from gradgen.ir import (
    ALL,
    Accumulate,
    Array,
    Assign,
    Atom,
    Const,
    Effect,
    Function,
    Scalar,
    Statement,
    Store,
    Type,
    Var,
    dims_of,
    is_complex,
    is_float,
    long_axes,
)
from gradgen.ir.walk import block_exits, blocks, operands, statements, targets
from gradgen.rules.reductions import axes_of
from gradgen.rules.table import RULES

REACH = 40  # statements: stable formulas are short, and the search has to be linear in the length of the program


@dataclass(frozen=True, slots=True)
class Degree:
    """How a value moves with the candidate: `kind` is "shift" or "scale".

    `axes[k]`: which axis of the value is the k-th of the candidate's that is not of size 1, counted from the last.
    """

    kind: str
    power: float
    axes: tuple[int, ...]


Given = Sequence[Degree | None]  # how the arguments of an operation move
Rule = Callable[[Assign, Given], Degree | None]


class _Mixed(Exception):
    """The value moves otherwise."""


def cancelling(function: Function, marks: frozenset[Var], results: Iterable[Atom]) -> frozenset[Var]:
    """Of the active variables `marks`, those on which the results do not depend."""
    order = list(statements(function.body))
    uses: dict[Var, list[int]] = {}
    candidates: dict[Hashable, list[Var]] = {}  # `x.max()` twice is one candidate
    for place, s in enumerate(order):
        for atom in dict.fromkeys(_read(s)):
            if isinstance(atom, Var) and atom in marks and _matters(s, marks):
                uses.setdefault(atom, []).append(place)
        for target in targets(s):
            if target in marks and _real(target.type):
                key = (s.op, s.args, s.params) if isinstance(s, Assign) else target
                candidates.setdefault(key, []).append(target)
    final = frozenset(results)
    found = (
        alike
        for alike in candidates.values()
        if any(_cancel(alike, kind, order, uses, final) for kind in ("shift", "scale"))
    )
    return frozenset(var for alike in found for var in alike)


def _read(s: Statement) -> list[Atom]:
    return [*operands(s), *(atom for inner in blocks(s) for atom in block_exits(s, inner))]


def _matters(s: Statement, marks: frozenset[Var]) -> bool:
    """Whether the statement hands a derivative on, as far as that is told by it alone."""
    if isinstance(s, Assign | Accumulate | Store):
        return s.target in marks
    return not isinstance(s, Effect)


def _real(type: Type) -> bool:
    return isinstance(type, Scalar | Array) and not is_complex(type)


def _cancel(
    roots: list[Var], kind: str, order: list[Statement], uses: dict[Var, list[int]], final: frozenset[Atom]
) -> bool:
    """Whether all that is made of `roots`, equal values moving by `kind`, ends in values that do not move."""
    if any(root in final or root not in uses for root in roots):
        return False
    start = Degree(kind, 1, tuple(axis for axis, _ in long_axes(roots[0].type)))
    moves = dict.fromkeys(roots, start)
    seen = {place for root in roots for place in uses[root]}
    waiting = sorted(seen)
    while waiting:
        if len(seen) > REACH:
            return False
        s = order[heapq.heappop(waiting)]
        if not isinstance(s, Assign | Accumulate) or not _real(s.target.type):
            return False
        try:
            found = _accumulated(s, moves) if isinstance(s, Accumulate) else _moved(s, moves)
        except _Mixed:
            return False
        if found is None:
            continue
        if s.target in final or s.target not in uses:
            return False
        moves[s.target] = found
        for place in uses[s.target]:
            if place not in seen:
                seen.add(place)
                heapq.heappush(waiting, place)
    return True


def _accumulated(s: Accumulate, moves: dict[Var, Degree]) -> Degree | None:
    return _sum(_of(s.prior, moves), _of(s.value, moves), 1)


def _of(atom: Atom, moves: dict[Var, Degree]) -> Degree | None:
    return moves.get(atom) if isinstance(atom, Var) else None


def _moved(s: Assign, moves: dict[Var, Degree]) -> Degree | None:
    """How the result moves, None if it does not; its arguments are seen at their places in the result."""
    rule = RULES[s.op]
    if rule.kind == "constant" or not is_float(s.target.type):
        return None
    given = [_of(arg, moves) for arg in s.args]
    if s.op == "where":
        return _either(s.args[1:], given[1:])
    if s.op in _RESHAPING or _reads_whole_axes(s):
        return _realigned(s, given[0])
    if s.op in ("expand", "broadcast_to"):
        return given[0]
    if rule.kind in ("reduction", "selection") or s.op in _ALONG:
        return _reduced(s, given[0])
    if s.op in _ELEMENTWISE:
        return _ELEMENTWISE[s.op](s, given)
    if rule.kind == "bilinear":
        left, right = (_through_product(s, k, one) for k, one in enumerate(given))
        return _product(left, right, 1)
    if rule.kind == "linear":
        return _linear(s, given)
    raise _Mixed


# Elementwise


def _sum(a: Degree | None, b: Degree | None, sign: float) -> Degree | None:
    if a is not None and b is not None and a.axes == b.axes:
        if a.kind == b.kind == "shift":
            return _powered(a, a.power + sign * b.power)
        if a == b:
            return a
    elif a is None or b is None:
        one = a or b
        if one is None or one.kind == "shift":
            return one if one is None or one is a else _powered(one, sign * one.power)
    raise _Mixed


def _product(a: Degree | None, b: Degree | None, sign: float) -> Degree | None:
    if any(one is not None and one.kind == "shift" for one in (a, b)) or (a and b and a.axes != b.axes):
        raise _Mixed
    one = a or b
    return one and _powered(one, (a.power if a else 0) + sign * (b.power if b else 0))


def _powered(one: Degree, power: float) -> Degree | None:
    return replace(one, power=power) if power else None


def _times(s: Assign, given: Given) -> Degree | None:
    """A shift times a literal is a shift of another degree."""
    a, b = given
    left, right = map(_literal, s.args)
    if a is not None and a.kind == "shift" and right:
        return _powered(a, a.power * right if s.op == "mul" else a.power / right)
    if b is not None and b.kind == "shift" and left and s.op == "mul":
        return _powered(b, b.power * left)
    return _product(a, b, 1 if s.op == "mul" else -1)


def _power(s: Assign, given: Given) -> Degree | None:
    base, exponent = given
    literal = _literal(s.args[1])
    if exponent is None and base is not None and base.kind == "scale" and literal is not None:
        return _powered(base, base.power * literal)
    raise _Mixed


def _literal(atom: Atom) -> float | None:
    return atom.value if isinstance(atom, Const) and isinstance(atom.value, int | float) else None


def _scaled(by: float) -> Rule:
    def rule(s: Assign, given: Given) -> Degree | None:
        (one,) = given
        if one is None or one.kind == "shift":
            raise _Mixed
        return _powered(one, one.power * by)

    return rule


def _turned(before: str, after: str) -> Rule:
    def rule(s: Assign, given: Given) -> Degree | None:
        (one,) = given
        if one is None or one.kind != before:
            raise _Mixed
        return replace(one, kind=after)

    return rule


def _negated(s: Assign, given: Given) -> Degree | None:
    (one,) = given
    return one and (_powered(one, -one.power) if one.kind == "shift" else one)


def _alike(s: Assign, given: Given) -> Degree | None:
    """One of several that move alike, or a mean of them."""
    if any(one != given[0] for one in given) or (s.op == "logaddexp" and given[0] and given[0].kind != "shift"):
        raise _Mixed
    return given[0]


def _either(args: tuple[Atom, ...], given: Given) -> Degree | None:
    """As `_alike`; a literal 0 is a scale of any degree."""
    a, b = given
    if a == b:
        return a
    one, other = (a, args[1]) if a is not None else (b, args[0])
    if one is None or one.kind == "shift" or _literal(other) != 0:
        raise _Mixed
    return one


_ELEMENTWISE: dict[str, Rule] = {
    "add": lambda s, given: _sum(given[0], given[1], 1),
    "sub": lambda s, given: _sum(given[0], given[1], -1),
    "mul": _times,
    "div": _times,
    "pow": _power,
    "neg": _negated,
    "exp": _turned("shift", "scale"),
    "log": _turned("scale", "shift"),
    "sqrt": _scaled(0.5),
    "square": _scaled(2),
    "reciprocal": _scaled(-1),
    "abs": _scaled(1),
    "maximum": _alike,
    "minimum": _alike,
    "logaddexp": _alike,
    "identity": _alike,
    "copy": _alike,
    "cast": _alike,
}


# Axes


_RESHAPING = {"reshape", "ravel", "expand_dims", "squeeze", "spread"}
_ALONG = {"softmax", "log_softmax"}
_SHIFTED = {
    "max": 1,
    "min": 1,
    "mean": 1,
    "logsumexp": 1,
    "logaddexp_reduce": 1,
    "softmax": 0,
    "log_softmax": 0,
    "var": 0,
    "std": 0,
}
_SCALED = {"sum": 1, "mean": 1, "max": 1, "min": 1, "norm": 1, "std": 1, "var": 2, "sumsq": 2}


def _reads_whole_axes(s: Assign) -> bool:
    """An integer takes an axis away; if that is of more than one place, `_realigned` sees it."""
    return s.op == "getitem" and all(isinstance(e, int) or e in (ALL, None, Ellipsis) for e in s.param("index"))


def _realigned(s: Assign, one: Degree | None) -> Degree | None:
    """The same elements in the same order, with axes of size 1 more or less."""
    if one is None:
        return None  # what moves is another argument, which only says the sizes
    before, after = long_axes(s.args[0].type), long_axes(s.target.type)
    if [dim for _, dim in before] != [dim for _, dim in after]:
        if not one.axes:
            return one
        raise _Mixed
    gone = {old: new for (old, _), (new, _) in zip(before, after, strict=True)}
    if not set(one.axes) <= set(gone):
        raise _Mixed
    return replace(one, axes=tuple(gone[axis] for axis in one.axes))


def _reduced(s: Assign, one: Degree | None) -> Degree | None:
    """A reduction along axes on which all move alike."""
    ndim = len(dims_of(s.args[0].type))
    axes = {axis - ndim for axis in axes_of(s.param("axis"), ndim)} if ndim else set()
    powers = {"shift": _SHIFTED, "scale": _SCALED}[one.kind] if one is not None else {}
    if one is None or s.op not in powers or not axes.isdisjoint(one.axes):
        raise _Mixed
    if len(dims_of(s.target.type)) < ndim:
        left = [k for k in range(-ndim, 0) if k not in axes]
        one = replace(one, axes=tuple(left.index(axis) - len(left) for axis in one.axes))
    return _powered(one, one.power * powers[s.op])


def _linear(s: Assign, given: Given) -> Degree | None:
    """Of one number for all elements: what is linear scales as they do, and what is read moves as they do."""
    floats = [one for arg, one in zip(s.args, given, strict=True) if is_float(arg.type)]
    first = floats[0]
    if first is None or first.axes or any(one != first for one in floats):
        raise _Mixed
    if first.kind == "shift" and s.op not in ("getitem", "item"):
        raise _Mixed
    return first


def _through_product(s: Assign, k: int, one: Degree | None) -> Degree | None:
    """Rows of the left factor of a matrix product, and columns of the right one, scale those of the product."""
    if one is None or not one.axes:
        return one
    left, right = (len(dims_of(arg.type)) for arg in s.args)
    kept = (left == 2, -2) if k == 0 else (right == 2, -1)
    if s.op not in ("matmul", "dot") or max(left, right) > 2 or min(left, right) < 1 or not kept[0]:
        raise _Mixed
    if one.axes != (kept[1],):
        raise _Mixed
    return replace(one, axes=(-1,)) if k == 0 and right == 1 else one
