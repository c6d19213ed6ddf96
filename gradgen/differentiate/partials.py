"""From a rule to contributions: the adjoint of one operation.

The seven kinds of rules meet adjoints here, and nowhere else (see `rules.table` for what each returns).
"""

from __future__ import annotations

from typing import Any

from gradgen.differentiate.accumulate import Adjoints, expanded, match_dtype
from gradgen.differentiate.picking import Through
from gradgen.differentiate.picks import Pick, first_along, index_of_flat, new_axes
from gradgen.differentiate.repeated import by_repeated
from gradgen.differentiate.symmetric import by_own_transpose
from gradgen.ir import ALL, Array, Assign, At, Atom, Var, dims_of
from gradgen.rules import symbols
from gradgen.rules.reductions import axes_of
from gradgen.rules.symbols import Placed, Sym
from gradgen.rules.table import RULES


def reverse_assign(s: Assign, adjoint: Sym, adjoints: Adjoints) -> None:
    """Add what `s.target`'s finished adjoint contributes to the adjoints of `s.args`."""
    if s.op in ("getitem", "item"):
        _reverse_read(s, adjoint, adjoints)
        return
    kind = RULES[s.op].kind
    _BY_KIND[kind](s, adjoint, adjoints)


def reverse_pick(s: Assign, pick: Pick, adjoints: Adjoints) -> bool:
    """As `reverse_assign`, where the adjoint has one place along an axis; whether all arguments take such a one."""
    return Through(s, pick, adjoints, arguments_of(s.params)).taken()


def reverse_several(s: Assign, items: tuple[Var, ...], adjoints: Adjoints) -> None:
    """As `reverse_assign`, of an operation with several results; the rule gets None for an adjoint that is 0."""
    taken = [adjoints.take(item) for item in items]
    if all(one is None for one in taken):
        return
    builder = adjoints.builder
    g = tuple(
        None if one is None else Sym(adjoints.full(one, item), builder) for one, item in zip(taken, items, strict=True)
    )
    y = tuple(Sym(item, builder) for item in items)
    _contribute_each(s, _derivative(s)(g, y, *_syms(s, adjoints), **arguments_of(s.params)), adjoints)


def _syms(s: Assign, adjoints: Adjoints) -> list[Sym]:
    return [Sym(arg, adjoints.builder) for arg in s.args]


def arguments_of(params: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """A statement's parameters as a rule's keywords; `text`, the user's spelling of a gate, is not mathematics."""
    return {name: value for name, value in params if name != "text"}


def _elementwise(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    partials = _listed(_derivative(s)(Sym(s.target, adjoints.builder), *_syms(s, adjoints), **arguments_of(s.params)))
    totals: dict[Atom, Any] = {}  # x * x contributes once, by 2 * x
    for arg, partial in zip(s.args, partials, strict=True):
        if adjoints.is_active(arg) and partial is not None:
            totals[arg] = plus(totals[arg], partial) if arg in totals else partial
    # `x = a * x` writes the adjoint of the new x over that of the old one, so it does that last.
    for arg, partial in sorted(totals.items(), key=lambda item: item[0].name == s.target.name != ""):  # type: ignore[union-attr]
        adjoints.contribute(arg, times(partial, g), like=s.target)


def times(partial: Any, g: Sym) -> Any:
    return g if isinstance(partial, int) and partial == 1 else symbols.mul(partial, g)


def plus(a: Any, b: Any) -> Any:
    same = isinstance(a, Sym) and isinstance(b, Sym) and a.atom == b.atom
    return symbols.mul(2, a) if same else symbols.add(a, b)


def _reduction(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    x = Sym(s.args[0], adjoints.builder)
    params = arguments_of(s.params)
    kept = spread(Sym(s.target, adjoints.builder), x, s)
    partial = _derivative(s)(kept, x, **params)
    adjoints.contribute(s.args[0], times(partial, spread(g, x, s)), like=s.args[0])


def spread(value: Sym, x: Sym, s: Assign) -> Sym:
    """A reduction's result, or its adjoint, with the reduced axes back as 1, so that it broadcasts against x."""
    if not value.is_array or s.param("keepdims", False):
        return value
    full = Sym(s.target, value.builder)
    value = expanded(value, s.target) if value.ndim < full.ndim else value
    axes = axes_of(s.param("axis"), x.ndim)
    return symbols.apply("getitem", value, index=tuple(None if k in axes else ALL for k in range(x.ndim)))


def _selection(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    x = s.args[0]
    if not isinstance(x.type, Array):
        adjoints.contribute(x, g, like=s.target)
        return
    known, ndim = adjoints.places.get(s.target), len(dims_of(x.type))
    # A loop that is run again in segments has other variables, and its places are found in backward.
    places = (
        _derivative(s)(*_syms(s, adjoints), axis=s.param("axis")) if known is None else Sym(known, adjoints.builder)
    )
    if s.param("axis") is None and ndim > 1:
        index, operands = index_of_flat(x, places)
        adjoints.add_at(x, index, tuple(one.atom for one in operands), first_along(g, None).atom)
        return
    axis = -1 if s.param("axis") is None else s.param("axis") % ndim - ndim
    adjoints.pick(x, Pick(first_along(g, axis) if s.param("keepdims", False) else g, axis, places))


def _linear(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    few = by_repeated(s, g)
    if few is not None:
        for arg, contribution in zip(s.args, few, strict=False):
            adjoints.contribute(arg, contribution, like=arg)
        return
    full = expanded(g, s.target)
    own = by_own_transpose(s, full)
    if own is not None:
        adjoints.contribute(own[0], own[1], like=own[0])
        return
    _contribute_each(s, _derivative(s)(full, *_syms(s, adjoints), **arguments_of(s.params)), adjoints)


def _general(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    full = expanded(match_dtype(g, s.target.type), s.target)  # also of a complex value: it may start sums
    y = Sym(s.target, adjoints.builder)
    _contribute_each(s, _derivative(s)(full, y, *_syms(s, adjoints), **arguments_of(s.params)), adjoints)


def _constant(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    raise AssertionError(f"{s.op} has no derivative and cannot be active")


def _contribute_each(s: Assign, contributions: Any, adjoints: Adjoints) -> None:
    for arg, contribution in zip(s.args, _listed(contributions), strict=False):
        if isinstance(contribution, Placed | tuple):
            for part in _listed(contribution):
                atoms = tuple(operand.atom for operand in part.operands)
                adjoints.add_at(arg, part.index, atoms, part.value.atom)
        elif isinstance(contribution, Sym):
            # A product of vectors and matrices broadcasts nothing, nor does what has one argument: what it gives has
            # the argument's sizes, by any name.
            product = RULES[s.op].kind == "bilinear" and contribution.ndim == len(dims_of(arg.type)) <= 2
            exact = product or (RULES[s.op].kind == "general" and len(s.args) == 1)
            adjoints.contribute(arg, contribution, like=arg if exact else contribution.atom)


def _reverse_read(s: Assign, g: Sym, adjoints: Adjoints) -> None:
    new = new_axes(s)
    if new:
        adjoints.contribute(s.args[0], _without(g, new), like=s.args[0])
        return
    adjoints.add_at(s.args[0], s.param("index", None) or (At(0),), s.args[1:], g.atom)


def _without(g: Sym, new: list[int]) -> Sym:
    """An adjoint without the axes (counted from the last) that a view has put in: a sum along them keeps none."""
    drop = [axis + g.ndim for axis in new if axis + g.ndim >= 0]
    if not drop:
        return g
    made = g.builder.made_here(g.atom)
    if isinstance(made, Assign) and made.op == "sum" and made.param("keepdims", False):
        axis = made.param("axis")
        if sorted(axes_of(axis, g.ndim)) == drop:
            return symbols.apply("sum", Sym(made.args[0], g.builder), axis=axis, keepdims=False)
    return symbols.apply("getitem", g, index=tuple(0 if k in drop else ALL for k in range(g.ndim)))


def _derivative(s: Assign):
    derivative = RULES[s.op].derivative
    assert derivative is not None, s.op
    return derivative


def _listed(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


_BY_KIND = {
    "elementwise": _elementwise,
    "reduction": _reduction,
    "selection": _selection,
    "linear": _linear,
    "bilinear": _linear,
    "general": _general,
    "constant": _constant,
}
