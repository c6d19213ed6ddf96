"""What is known of whole numbers: each as a sum of loop indices, sizes, and what else is known by name only.

>>> from gradgen.ir import INT, Const
>>> i, j = Var("i", 0, INT), Var("j", 1, INT)
>>> known = WholeNumbers({1: Assign(j, "add", (i, Const(2, INT)))}, {0: (Const(0, INT), Const(9, INT), Const(1, INT))})
>>> [known.proves(form) for form in (known.form(i), known.form(j) - 2, known.form(j) - 3, known.form(j) * -1 + 10)]
[True, True, False, True]

Says of no number that it is large or small but by linear inequalities (`ir.linear`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace

from gradgen.ir import (
    Accumulate,
    Assign,
    At,
    Atom,
    Const,
    Dim,
    Index,
    Scalar,
    Slice,
    Statement,
    Var,
    constant_dim,
    dtype_of,
)
from gradgen.ir.known import as_integer, integer_of
from gradgen.ir.linear import Form, contradict
from gradgen.rules import sizes
from gradgen.rules.indexing import axes_of

Definitions = Mapping[int, Assign | Accumulate]
Range = tuple[Atom, Atom, Atom]  # start, stop, step


class WholeNumbers:
    """`made`: by version, what made the values of the program. `ranges`: of loops, by the versions of their indices.
    `name`: what a variable is called.
    """

    def __init__(
        self,
        made: Definitions,
        ranges: Mapping[int, Range] | None = None,
        name: Callable[[Var], Hashable] | None = None,
    ):
        self.made, self.ranges = made, ranges or {}
        self.name = name or (lambda var: var)
        self.least: dict[str, int] = {}  # of the sizes that occur
        self.dims: dict[Hashable, Dim] = {}

    def form(self, atom: Atom) -> Form:
        if isinstance(atom, Const):
            return Form({}, as_integer(atom))
        assert isinstance(atom, Var)
        s = self.made.get(atom.version)
        extent = atom.type.extent if isinstance(atom.type, Scalar) else None
        if extent is not None and not sizes.is_derived(extent) and not _maybe_cut(extent, s):
            return self.size(extent)
        if isinstance(s, Assign) and dtype_of(atom.type) == "int64":
            match s.op, s.args:
                case (("identity" | "pos"), (value,)):
                    return self.form(value)
                case "neg", (value,):
                    return self.form(value) * -1
                case "add", (a, b) if _whole(a) and _whole(b):
                    return self.form(a) + self.form(b)
                case "sub", (a, b) if _whole(a) and _whole(b):
                    return self.form(a) - self.form(b)
                case "mul", ((Const(value=int() as by), a) | (a, Const(value=int() as by))) if _whole(a):
                    return self.form(a) * by
        return Form.variable(self.name(atom))

    def size(self, dim: Dim) -> Form:
        """The size of an axis, or less: where `dim` would be negative, it is 0."""
        if dim.symbol is None:
            return Form({}, dim.offset)
        self.least[dim.symbol] = max(dim.least, self.least.get(dim.symbol, 0))
        self.dims[dim.symbol] = dim.whole
        return Form({dim.symbol: 1}, dim.offset)

    def extent(self, dim: Dim) -> Form:
        """As `size`, in terms of the number that an array was made as long as."""
        made = re.fullmatch(r"\(\w*\.(\d+)\)", dim.symbol or "")
        s = self.made.get(int(made[1])) if made else None
        return self.size(dim) if s is None else self.form(s.target) + dim.offset

    def dim(self, form: Form) -> Dim:
        """The size that a form is: that of an array where it is one, else one that is called after the form."""
        if not form.factors:
            return constant_dim(form.number)
        ((name, factor), *more) = sorted(form.factors.items(), key=str)
        if factor == 1 and not more and name in self.dims:
            return self.dims[name].shifted(form.number)
        if factor == 1 and not more and not form.number:
            return Dim(f"({name})")
        terms = [f"{factor}*{name}" for name, factor in [(name, factor), *more]]
        return Dim(f"({'+'.join(terms)}{form.number:+d})")

    def slice_within(self, entry: Slice, dim: Dim, operands: tuple[Atom, ...]) -> Slice:
        """The slice, with its size if it lies within an axis as long as `dim`."""
        bounds = (entry.start, entry.stop)
        entry = replace(entry, size=None)
        if entry.step not in (None, 1) or not any(isinstance(bound, At) for bound in bounds):
            return entry
        length = self.extent(dim)

        def place(bound: int | At | None, default: Form) -> Form:
            if isinstance(bound, At):
                return self.form(operands[bound.operand])
            return default if bound is None else length + bound if bound < 0 else Form({}, bound)

        start, stop = place(entry.start, Form({})), place(entry.stop, length)
        if not all(map(self.proves, (start, stop - start, length - stop))):
            return entry
        return replace(entry, size=self.dim(stop - start))

    def impossible(self, facts: list[Form]) -> bool:
        """Whether these cannot all be 0 or more."""
        names = {name for fact in facts for name in fact.factors if isinstance(name, str)}
        return contradict([*facts, *(Form.variable(name) - self.least[name] for name in names)])

    def proves(self, form: Form) -> bool:
        """Whether it is 0 or more wherever the indices that it hangs on are in their ranges."""
        return self.impossible([form * -1 - 1, *self._ranges_of(form)])

    def _ranges_of(self, form: Form) -> list[Form]:
        facts, waiting, seen = [], [form], set[Hashable]()
        while waiting:
            for name in waiting.pop().factors:
                if name not in seen and isinstance(name, Var) and name.version in self.ranges:
                    start, stop, step = self.ranges[name.version]
                    bounds = in_range(Form.variable(name), self.form(start), self.form(stop), step)
                    facts += bounds
                    waiting += bounds
                seen.add(name)
        return facts


def within_axes(index: Index, dims: tuple[Dim, ...], operands: tuple[Atom, ...], known: WholeNumbers) -> Index:
    """The index with the sizes of those slices that are known to lie within their axes."""
    if not any(isinstance(entry, Slice) for entry in index):
        return index
    made, axis = list(index), 0
    for k, entry in enumerate(index):
        if isinstance(entry, Slice):
            made[k] = known.slice_within(entry, dims[axis], operands)
        axis = (
            len(dims) - axes_of(index[k + 1 :], operands) if entry is Ellipsis else axis + axes_of((entry,), operands)
        )
    return tuple(made)


def in_range(index: Form, start: Form, stop: Form, step: Atom) -> list[Form]:
    """What is 0 or more for an index of a loop."""
    by = integer_of(step)
    if not by:
        return []
    return [index - start, stop - index - 1] if by > 0 else [start - index, index - stop - 1]


def _maybe_cut(extent: Dim, s: Statement | None) -> bool:
    """Whether the number may be another than the extent says: the size of what a slice left of a shorter axis is 0."""
    computed = isinstance(s, Assign) and s.op != "size"
    return extent.symbol is not None and extent.offset < -extent.least and not computed


def _whole(atom: Atom) -> bool:
    return isinstance(atom.type, Scalar) and atom.type.dtype == "int64"
