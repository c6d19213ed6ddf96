"""Adjoints: the one place that decides on `=`, `+=`, zero, and the sum back to an operand's shape.

An adjoint may be *unexpanded*: of a type that broadcasts to the primal value's, standing for its
repetition. The adjoint of x in `sum(x)` is one number, and stays one as long as nobody needs more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeGuard

from gradgen.differentiate.picks import Pick, Places, index_of
from gradgen.differentiate.repeated import sums
from gradgen.ir import (
    COMPLEX,
    ONE,
    Array,
    Assign,
    Atom,
    Const,
    Dim,
    Index,
    ListOf,
    Scalar,
    Type,
    Var,
    broadcast,
    dims_of,
    is_complex,
    operator_dtype,
    real_dtype,
    with_dims,
)
from gradgen.rules import symbols
from gradgen.rules.build import Builder, constant_atom
from gradgen.rules.complex_numbers import real_part
from gradgen.rules.symbols import Sym


class Adjoints:
    """The current adjoint of each value, absent where it is zero. Scopes nest as blocks do."""

    def __init__(self, builder: Builder, active: frozenset[Var]):
        self.builder = builder
        self.active = active
        self.current: dict[Var, Atom] = {}
        self.picks: dict[Var, Pick] = {}  # adjoints with one place along an axis, which are not made as arrays yet
        self.places: Places = {}
        self.at_places: dict[Any, Sym] = {}  # what primal values have there, each read once in a block

    @contextmanager
    def scope(self, start: dict[Var, Atom]) -> Iterator[dict[Var, Atom]]:
        """Inside, adjoints start as `start`; what they have become is in the dict that is given."""
        outer = self.current, self.picks, self.at_places
        self.current, self.picks, self.at_places = dict(start), {}, {}
        try:
            yield self.current
        finally:
            self.current, self.picks, self.at_places = outer

    def take(self, var: Atom) -> Atom | None:
        """The finished adjoint of a value whose definition has been reached, or None for zero."""
        self.settle((var,))
        return self.current.pop(var, None) if isinstance(var, Var) else None

    def take_pick(self, var: Var) -> Pick | None:
        """The finished adjoint, where it is a pick."""
        return self.picks.pop(var, None)

    def pick(self, to: Atom, pick: Pick) -> None:
        """Add a pick to the adjoint of `to`."""
        if not self.is_active(to):
            return
        assert isinstance(to, Var)
        value = match_precision(pick.value, to.type)
        self.settle((to,))
        self.picks[to] = replace(pick, value=value)
        if to in self.current:
            self.settle((to,))

    def settle(self, variables: Iterable[Atom]) -> None:
        """Make the adjoints of these that are picks as arrays."""
        for var in variables:
            pick = self.picks.pop(var, None) if isinstance(var, Var) else None
            found = index_of(var, pick) if pick is not None else None
            if pick is not None and found is not None:
                index, operands = found
                self.add_at(var, index, tuple(one.atom for one in operands), pick.value.atom)

    def add_at(self, x: Atom, index: Index, operands: tuple[Atom, ...], value: Atom) -> None:
        """What is read at x[index] adds its adjoint there: nothing of x's size is made for one element."""
        if not self.is_active(x):
            return
        assert isinstance(x, Var)
        self.settle((x,))
        total = self.full(self.current.get(x), x)
        self.current[x] = self.builder.store(total, index, operands, value, "add", of=x)

    def is_active(self, atom: Atom) -> TypeGuard[Var]:
        return isinstance(atom, Var) and atom in self.active

    def hand_on(self, to: Atom, adjoint: Atom) -> None:
        """Add the adjoint of a value that `to` becomes at the end of a block or the start of a loop."""
        self.settle((to,))
        if self.is_active(to) and to not in self.current:
            self.current[to] = real_for(Sym(adjoint, self.builder), to.type).atom
        else:
            self.contribute(to, Sym(adjoint, self.builder))

    def contribute(self, to: Atom, value: Any, like: Atom | None = None) -> None:
        """Add `value`, a contribution shaped as (or unexpanded towards) the value `like`, to the adjoint of `to`.

        Where `like` is broader than `to`, the axes along which `to` was broadcast are summed.
        """
        if not self.is_active(to) or value is None or symbols.is_zero(value):
            return
        assert isinstance(to, Var)
        if not isinstance(value, Sym):
            value = Sym(constant_atom(value if isinstance(value, complex) else float(value)), self.builder)
        value = real_for(value, to.type)
        if symbols.is_zero(value):
            return
        value = sum_to_shape(value, to if like is None else like, to)
        value = match_precision(value, to.type)
        self.settle((to,))
        prior = self.current.get(to)
        if prior is None:
            self.current[to] = self._first(to, value)
        else:
            type = adjoint_type(prior.type, value.type)
            self.current[to] = self.builder.accumulate(prior, value.atom, type, of=to)

    def _first(self, to: Var, value: Sym) -> Atom:
        """A named value's adjoint gets a line of its own; that of an unnamed one is the expression itself,
        called after the value if it needs a name."""
        if not to.name and not to.of:
            return self._named_after(to, value.atom)
        return self.builder.emit("identity", value.atom, of=to)

    def _named_after(self, to: Var, made: Atom) -> Atom:
        last = self.builder.statements[-1] if self.builder.statements else None
        if not isinstance(last, Assign) or last.target != made or last.target.name or last.target.of:
            return made
        target = replace(last.target, of=to)
        self.builder.statements[-1] = replace(last, target=target)
        return target

    def full(self, adjoint: Atom | None, like: Atom) -> Atom:
        """The adjoint of `like`, zeros where it is None, in the full shape and the dtype of `like`."""
        if adjoint is None:
            return self.zero(like)
        value = match_dtype(Sym(adjoint, self.builder), like.type)
        return expanded(value, like).atom

    def owned(self, adjoint: Atom | None, like: Atom) -> Atom:
        """As `full`, in memory of its own: a gradient that is handed to the caller."""
        if adjoint is None:
            return self.zero(like)
        value = match_dtype(Sym(adjoint, self.builder), like.type)
        if like.type == COMPLEX and not is_complex(value.type):
            value = symbols.apply("cast", value, dtype="complex128", weak=True)
        if isinstance(like.type, ListOf) or not is_unexpanded(value.type, like.type):
            return value.atom
        if not value.is_array:
            return symbols.apply("full_like", like, value).atom
        return symbols.apply("copy", expanded(value, like)).atom

    def zero(self, like: Atom) -> Atom:
        if not isinstance(like.type, Scalar):
            return self.builder.emit("zeros_like", like)
        if like.type == COMPLEX:
            return Const(0j, COMPLEX)
        if like.type.dtype == "float64":
            return Const(0.0, Scalar("float64", like.type.weak))
        return self.builder.emit("cast", 0.0, dtype=like.type.dtype, weak=False)


def adjoint_type(a: Type, b: Type) -> Type:
    """The type of the sum of two adjoints of one value."""
    if isinstance(a, ListOf):
        return a
    dtype, weak = operator_dtype(a, b)
    return with_dims(dtype, broadcast([dims_of(a), dims_of(b)]), weak)


def real_for(value: Any, type: Type) -> Any:
    """The real part of a complex contribution to a real value: what moves that is real, and Re(g t) = Re(g) t."""
    return value if is_complex(type) else real_part(value)


def match_precision(value: Sym, type: Type) -> Sym:
    """An adjoint in its value's precision. One of a complex value may be real: it becomes complex when it must."""
    if isinstance(type, Scalar | Array) and is_complex(type) and not is_complex(value.type):
        type = replace(type, dtype=real_dtype(type.dtype))
    return match_dtype(value, type)


def match_dtype(value: Sym, type: Type) -> Sym:
    """An adjoint in its value's dtype. Python numbers are left alone: they take the dtype of what they meet."""
    value = real_for(value, type)
    have, want = value.type, type
    if not (isinstance(have, Scalar | Array) and isinstance(want, Scalar | Array)) or have.dtype == want.dtype:
        return value
    if isinstance(have, Scalar) and (have.weak or (isinstance(want, Scalar) and want.weak)):
        return value
    return symbols.apply("cast", value, dtype=want.dtype, weak=False)


def is_unexpanded(adjoint: Type, type: Type) -> bool:
    """Whether an adjoint of this type lacks axes, or has ones, where the value's type does not; or may have.

    >>> from gradgen.ir import Dim
    >>> vector = Array("float64", (Dim("x.0", many=True),))
    >>> is_unexpanded(Scalar("float64"), vector), is_unexpanded(vector, vector)
    (True, False)
    """
    have, want = dims_of(adjoint), dims_of(type)
    return len(have) < len(want) or any(not as_long(h, w) for h, w in zip(have, want, strict=True))


def as_long(have: Dim, want: Dim) -> bool:
    """Whether a dimension that broadcasts to `want` is known not to be repeated for that."""
    return have == want or have.never_one or want.is_one


def expanded(value: Sym, like: Atom) -> Sym:
    if isinstance(like.type, ListOf) or not is_unexpanded(value.type, like.type):
        return value
    return symbols.apply("expand", value, like)


def sum_to_shape(value: Sym, like: Atom, to: Var) -> Sym:
    """Sum `value`, the contribution of a `like`, over the axes along which `to` was broadcast to `like`.

    An axis along which `value` itself is unexpanded is summed by multiplying with its length.
    """
    if not isinstance(like.type, Scalar | Array) or dims_of(like.type) == dims_of(to.type):
        return value
    made = dims_of(like.type)
    want = (ONE,) * (len(made) - len(dims_of(to.type))) + dims_of(to.type)
    have = (ONE,) * (len(made) - len(dims_of(value.type))) + dims_of(value.type)
    if any(not h.is_one and not as_long(h, m) for h, m in zip(have, made, strict=True)):
        value, have = expanded(value, like), made
    lead = len(made) - len(dims_of(to.type))
    summed, counted, unknown = [], [], False
    for axis, (m, w, h) in enumerate(zip(made, want, have, strict=True)):
        if m.is_one or m == w or (w.never_one and axis >= lead):
            continue
        if not w.is_one:
            unknown = True
        elif h.is_one:
            counted.append(axis)
        else:
            summed.append(axis)
    if unknown and value.is_array:
        return symbols.apply("sum_to", expanded(value, like), to)
    if unknown:  # how often each of its elements was repeated
        whole, part = (symbols.apply("count", Sym(atom, value.builder)) for atom in (like, to))
        return value * (whole // symbols.apply("maximum", part, 1))
    for axis in counted:
        value = value * symbols.apply("size", Sym(like, value.builder), axis=axis)
    return _reduce(value, have, made, summed, lead)


def _reduce(value: Sym, have: tuple, made: tuple, summed: list[int], lead: int) -> Sym:
    """Sum over `summed`; of the axes kept as 1 those below `lead`, which the operand does not have, go."""
    missing = len(made) - len(dims_of(value.type))  # leading axes that `value` does not have either
    drop = [a - missing for a in range(lead) if a >= missing]
    keep = [a - missing for a in summed if a >= lead]
    drop_summed = [a for a in drop if a + missing in summed]
    if drop_summed and not keep and len(drop_summed) == value.ndim:
        return symbols.apply("sum", value, axis=None, keepdims=False)
    if drop_summed and not keep and len(drop) == len(drop_summed):
        if value.ndim == 2:
            return sums(value, drop_summed[0])
        return symbols.apply("sum", value, axis=_axis(drop_summed), keepdims=False)
    if keep or drop_summed:
        value = symbols.apply("sum", value, axis=_axis(sorted(keep + drop_summed)), keepdims=True)
    if drop and len(drop) == value.ndim:  # a number: np.squeeze would give an array, and a view
        return symbols.apply("getitem", value, index=(0,) * value.ndim)
    return symbols.apply("squeeze", value, axis=tuple(drop)) if drop else value


def _axis(axes: list[int]) -> int | tuple[int, ...]:
    return axes[0] if len(axes) == 1 else tuple(axes)
