"""How a pick goes through what has made an array: the adjoint of one operation, known at one place along an axis.

What is read at the places is computed there again, `x[i] - c[best[i]]` for `(x - c)[i, best[i]]`: that is a small part
of what forward has computed, which then need not be kept.
What is handed on waits until all of the operation's arguments are known to take it: else nothing has happened, and
the adjoint is made as an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard

from gradgen.differentiate.accumulate import Adjoints, as_long, expanded, match_precision, sum_to_shape
from gradgen.differentiate.picks import Pick, index_of, view_entries
from gradgen.ir import ALL, Assign, At, Atom, Dim, Index, Var, dims_of, is_complex
from gradgen.rules import symbols
from gradgen.rules.build import constant_atom
from gradgen.rules.symbols import Sym
from gradgen.rules.table import RULES

Give = Callable[[], None]


class CannotTake(Exception):
    """The pick has to become an array."""


class Through:
    """The operation `s`, of which the result's adjoint is `pick`. `arguments_of(s.params)`: the rule's keywords."""

    def __init__(self, s: Assign, pick: Pick, adjoints: Adjoints, params: dict[str, Any]):
        self.s, self.pick, self.adjoints, self.builder, self.params = s, pick, adjoints, adjoints.builder, params
        self.size = dims_of(s.target.type)[pick.axis]

    def taken(self) -> bool:
        """Hand the pick on to the arguments, if they all take it."""
        if any(is_complex(atom.type) for atom in (self.s.target, *self.s.args)):
            return False
        try:
            if self.s.op == "sum":
                gives = [self.through_sum()]
            elif RULES[self.s.op].kind == "elementwise":
                gives = self.through_elementwise()
            else:
                return False
        except CannotTake:
            return False
        for give in gives:
            give()
        return True

    def through_elementwise(self) -> list[Give]:
        read = [self.read(arg) for arg in self.s.args]
        y = self.read(self.s.target)
        others = list(dims_of(self.s.target.type))
        del others[self.pick.axis]
        if y.ndim != len(others) or any(not as_long(d, o) for d, o in zip(dims_of(y.type), others, strict=True)):
            raise CannotTake  # it stands for more elements than it has
        partials = RULES[self.s.op].derivative(y, *read, **self.params)  # type: ignore[misc]
        totals: dict[Var, Any] = {}
        for arg, partial in zip(self.s.args, partials if isinstance(partials, tuple) else (partials,), strict=True):
            if isinstance(arg, Var) and self.adjoints.is_active(arg) and partial is not None:
                totals[arg] = symbols.add(totals[arg], partial) if arg in totals else partial
        products = ((arg, symbols.mul(partial, self.pick.value)) for arg, partial in totals.items())
        return [self.give(arg, value, y) for arg, value in products if not symbols.is_zero(value)]

    def through_sum(self) -> Give:
        """Along other axes: the same value at all places that were added up."""
        x, pick = self.s.args[0], self.pick
        ndim = len(dims_of(x.type))
        given = self.s.param("axis")
        reduced = {axis % ndim for axis in (given if isinstance(given, tuple) else (given,))}
        if self.s.param("keepdims", False):
            return self.hand_on(x, Pick(pick.value, pick.axis, pick.places, pick.after))
        kept = [k for k in range(ndim) if k not in reduced]
        axis = kept[pick.axis]
        behind = ndim - 1 - axis
        after = pick.after
        if pick.places.is_array:
            if after != -pick.axis - 1 or any(k < axis for k in reduced):
                raise CannotTake
            after = behind
        value = _with_ones(pick.value, [k in reduced for k in range(ndim) if k != axis])
        return self.hand_on(x, Pick(value, axis - ndim, pick.places, after))

    # Reading at the places

    def read(self, atom: Atom) -> Sym:
        """What a value has at the places, shaped to broadcast against the other axes of the result."""
        key = atom, self.pick.places.atom, self.pick.axis, self.pick.after
        if key not in self.adjoints.at_places:
            self.adjoints.at_places[key] = self.read_anew(atom)
        return self.adjoints.at_places[key]

    def read_anew(self, atom: Atom) -> Sym:
        axis, dims, sym = self.pick.axis, dims_of(atom.type), Sym(atom, self.builder)
        if len(dims) < -axis:
            return sym
        made = self.builder.primal.get(atom.version) if isinstance(atom, Var) else None
        if dims[axis].is_one and not self.size.is_one:
            base = _without_new_axis(made, axis)
            index = tuple(0 if k == len(dims) + axis else ALL for k in range(len(dims)))
            return symbols.apply("getitem", sym, index=index) if base is None else Sym(base, self.builder)
        self.check(dims[axis])
        if _puts_axes_in_front(made):
            return self.read(made.args[0])
        vector = self.upright_vector(made)
        if vector is not None:
            return symbols.apply("getitem", Sym(vector, self.builder), self.pick.places, index=(At(0),))
        if made is not None and RULES[made.op].kind == "elementwise":
            return symbols.apply(made.op, *map(self.read, made.args), **dict(made.params))
        return self.read_there(atom)

    def read_there(self, atom: Atom) -> Sym:
        index, operands = self.index(atom, self.pick)
        return symbols.apply("getitem", Sym(atom, self.builder), *operands, index=index)

    def index(self, atom: Atom, pick: Pick) -> Any:
        found = index_of(atom, pick)
        if found is None:
            raise CannotTake
        return found

    def check(self, dim: Dim) -> None:
        """An axis that may be repeated along the places, as only the run knows, is no axis to read along."""
        if dim != self.size and not dim.never_one:
            raise CannotTake

    # Handing on

    def give(self, arg: Var, value: Any, y: Sym) -> Give:
        """Add `value`, which has a number for each of y, to the adjoint of `arg`."""
        axis, dims = self.pick.axis, dims_of(arg.type)
        made = self.builder.primal.get(arg.version)
        if len(dims) < -axis:
            return lambda: self.adjoints.contribute(arg, value, like=y.atom)
        if dims[axis].is_one and not self.size.is_one:
            base = _without_new_axis(made, axis)
            if base is not None:
                return lambda: self.adjoints.contribute(base, value, like=y.atom)
            place = y.ndim + 1 + axis
            spread = symbols.apply("expand_dims", expanded(_sym(value, y), y.atom), axis=(place,))
            return lambda: self.adjoints.contribute(arg, spread, like=spread.atom)
        self.check(dims[axis])
        viewed = made.args[0] if _puts_axes_in_front(made) else None
        if isinstance(viewed, Var):
            return self.give(viewed, value, y)
        vector = self.upright_vector(made)
        if vector is not None:
            there = symbols.apply("getitem", Sym(vector, self.builder), self.pick.places, index=(At(0),))
            return self.add_at(vector, (At(0),), (self.pick.places,), value, y, there)
        whole = dims_of(self.s.target.type)
        if len(dims) == len(whole) and all(d == w or d.never_one for d, w in zip(dims, whole, strict=True)):
            pick = self.pick
            return self.hand_on(arg, Pick(_sym(value, y), axis, pick.places, pick.after))
        index, operands = self.index(arg, self.pick)
        return self.add_at(arg, index, operands, value, y, self.read_there(arg))

    def add_at(self, arg: Atom, index: Index, operands: tuple[Sym, ...], value: Any, y: Sym, there: Sym) -> Give:
        """Add `value` where the argument is read, as `there`; summed where the argument was repeated."""
        part = sum_to_shape(match_precision(_sym(value, y), arg.type), y.atom, there.atom)  # type: ignore[arg-type]
        return lambda: self.adjoints.add_at(arg, index, tuple(one.atom for one in operands), part.atom)

    def upright_vector(self, made: Assign | None) -> Atom | None:
        """The vector that a view `v[:, None]` has along the axis."""
        entries = view_entries(made)
        if made is None or entries.count(ALL) != 1 or entries[self.pick.axis] is None:
            return None
        return None if self.pick.after and self.pick.places.is_array else made.args[0]

    def hand_on(self, to: Atom, pick: Pick) -> Give:
        self.index(to, pick)
        return lambda: self.adjoints.pick(to, pick)


def _sym(value: Any, like: Sym) -> Sym:
    return value if isinstance(value, Sym) else Sym(constant_atom(float(value)), like.builder)


def _puts_axes_in_front(made: Assign | None) -> TypeGuard[Assign]:
    """Whether the view is `x[None, ...]`, whose other axes count from the last as those of x do."""
    entries = view_entries(made)
    return bool(entries) and None not in entries[entries.count(None) :]


def _without_new_axis(made: Assign | None, axis: int) -> Atom | None:
    """What a view has the axis (counted from the last), and maybe others in front, in addition to."""
    entries = view_entries(made)
    if made is None or not entries or entries[axis] is not None:
        return None
    others = entries[: len(entries) + axis] + entries[len(entries) + axis + 1 :]
    return made.args[0] if None not in others[others.count(None) :] else None


def _with_ones(value: Sym, new: list[bool]) -> Sym:
    """`value`, aligned with the last of the axes that are not `new`, with an axis of size 1 for each that is."""
    left, places = value.ndim, []
    for k in range(len(new) - 1, -1, -1):
        if not left:
            break
        places.append((k, new[k]))
        left -= not new[k]
    first = places[-1][0] if places else 0
    axes = tuple(sorted(k - first for k, is_new in places if is_new))
    return symbols.apply("expand_dims", value, axis=axes) if axes else value
