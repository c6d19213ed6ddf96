"""An array with an axis along which every place is a number known beforehand becomes an array for each of these.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var, show
>>> from gradgen.ir import constant_dim
>>> two, number = Array("float64", (Dim("n"), constant_dim(2))), Scalar("float64")
>>> n, i, x, y = Var("n", 0, INT), Var("i", 1, INT), Var("x", 2, number), Var("y", 3, number)
>>> a, b, c, d, e = (Var("a", k, two) for k in range(4, 9))
>>> inner = Block((Store(c, b, (At(0), 0), (i,), x, "set"), Store(d, c, (At(0), 1), (i,), x, "set")), (d,))
>>> body = Block((Assign(a, "empty", (n, Const(2, INT)), (("dtype", "float64"),)),
...               For(i, Const(0, INT), n, Const(1, INT), (b,), (a,), inner, (e,)),
...               Assign(y, "getitem", (e, Const(0, INT)), (("index", (At(0), 1)),))), (y,))
>>> before = Program((Function("f", (n, x), body),))
>>> print(show(before.entry))
f(n.0, x.2):
  a.4 = empty n.0 2 dtype=float64
  a.8 = for i.1 in 0:n.0:1 with a.5=a.4:
    a.6 = a.5 with [i.1, 0] = x.2
    a.7 = a.6 with [i.1, 1] = x.2
    yield a.7
  y.3 = a.8[0, 1]
  yield y.3
>>> print(show(split_arrays(before).entry))
f(n.0, x.2):
  a_0.9 = empty n.0 dtype=float64
  a_1.10 = empty n.0 dtype=float64
  a_0.15 a_1.16 = for i.1 in 0:n.0:1 with a_0.11=a_0.9, a_1.12=a_1.10:
    a_0.13 = a_0.11 with [i.1] = x.2
    a_1.14 = a_1.12 with [i.1] = x.2
    yield a_0.13 a_1.14
  y.3 = a_1.16[0]
  yield y.3

So the coordinates of points lie apart: points beside each other can be loaded at once, and a vector that one iteration
makes is some numbers. An array stays whole where neither would be so, as each takes its time to be made. Done to arrays
that the function makes, and only stores numbers in and reads numbers from; not to what it returns, which must lie as
NumPy has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import prod

from gradgen.ir import (
    Array,
    Assign,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    While,
    with_dims,
)
from gradgen.ir.known import integer_of
from gradgen.ir.walk import map_statement, statements
from gradgen.lower.accesses import Form
from gradgen.lower.shrinking import Found, without_axes, zero
from gradgen.rules.build import Builder, builder_after

ARRAYS = 4  # that one array becomes: each takes its time to be made
NUMBERS = 16


def split_arrays(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    while True:
        found = Found(function, inside=False)
        axes = {made.target: axis for made in found.arrays() if (axis := _axis(found, made)) is not None}
        if not axes:
            return function
        function = replace(function, body=_Splitting(found, axes, builder).block(function.body))


def _axis(found: Found, made: Assign) -> int | None:
    """An axis with a few places, each of which is told by a number wherever it is touched."""
    places = found.uses[made.target].places
    known = {axis: size for axis, atom in enumerate(made.args) if (size := integer_of(atom)) is not None}
    split = [axis for axis in known if all(_is_number(place[axis], known[axis]) for place in places)]
    parts = prod(known[axis] for axis in split)
    if not split:
        return None
    if len(split) == len(made.args):
        return split[0] if parts <= NUMBERS else None
    return split[0] if parts <= ARRAYS and _gains(found, made, split[0]) else None


def _gains(found: Found, made: Assign, axis: int) -> bool:
    """Whether an inmost loop goes along an axis before that one, where elements beside each other then lie together,
    or an iteration of a loop has a part of zeros of its own, which is then some numbers."""
    places = found.uses[made.target].places
    ahead = [{place[k] for place in places} for k in range(axis)]
    loops = {form[0] for forms in ahead for form in forms if form is not None} & found.loops.keys()
    own = made.op == "zeros" and any(len(forms) == 1 for forms in ahead)
    return any(own or _is_vector(found.loops[index]) for index in loops)


def _is_vector(loop: For) -> bool:
    size = integer_of(loop.stop)
    return (size is None or size > ARRAYS) and not any(isinstance(s, For | While) for s in statements(loop.body))


def _is_number(form: Form | None, size: object) -> bool:
    return form is not None and form[0] is None and isinstance(size, int) and 0 <= form[1] < size


@dataclass
class _Splitting:
    """`axes`: of the arrays to be split, by the variable that each is first."""

    found: Found
    axes: dict[Var, int]
    builder: Builder
    parts: dict[Atom, tuple[Var, ...]] = field(default_factory=dict)  # of each version

    def axis(self, atom: Atom) -> int | None:
        return self.axes.get(self.found.memory.key(atom)) if isinstance(atom, Var) else None

    def block(self, block: Block) -> Block:
        made = tuple(made for s in block.statements for made in self.statement(s))
        return Block(made, self.taken_apart(block.yields))

    def taken_apart(self, atoms: Iterable[Atom]) -> tuple[Atom, ...]:
        return tuple(part for atom in atoms for part in self.parts.get(atom, (atom,)))

    def defined(self, variables: Iterable[Var]) -> tuple[Var, ...]:
        variables = tuple(variables)
        for var in variables:
            if (axis := self.axis(var)) is not None:
                self.parts[var] = tuple(self.part(var, axis, k) for k in range(self.count(var, axis)))
        return tuple(part for var in variables for part in self.parts.get(var, (var,)))

    def count(self, var: Var, axis: int) -> int:
        size = self.found.made[self.found.memory.key(var)].args[axis]
        assert isinstance(size, Const)
        assert isinstance(size.value, int)
        return size.value

    def part(self, var: Var, axis: int, k: int) -> Var:
        type = var.type
        assert isinstance(type, Array)
        dims = (*type.dims[:axis], *type.dims[axis + 1 :])
        return self.builder.var(f"{var.name}_{k}" if var.name else "", with_dims(type.dtype, dims), var.of)

    def statement(self, s: Statement) -> tuple[Statement, ...]:
        match s:
            case Assign(target=target) if target in self.axes:
                return tuple(self.allocation(s, part) for part in self.defined([target]))
            case Assign(op="getitem", args=(array, *_)) if (axis := self.axis(array)) is not None:
                return (self.element(s, axis),)
            case Store(array=array) if (axis := self.axis(array)) is not None:
                return (self.stored(s, axis),)
            case For():
                return (self.loop(s),)
            case If():
                then, orelse = self.block(s.then), self.block(s.orelse)
                return (replace(s, then=then, orelse=orelse, results=self.defined(s.results)),)
        return (map_statement(s, lambda atom: atom, self.block),)

    def loop(self, s: For) -> For:
        inits, carried = self.taken_apart(s.inits), self.defined(s.carried)
        return replace(s, inits=inits, carried=carried, body=self.block(s.body), results=self.defined(s.results))

    def allocation(self, s: Assign, part: Var) -> Assign:
        if isinstance(part.type, Scalar):
            return Assign(part, "identity", (zero(part.type),), origin=s.origin)
        axis = self.axes[s.target]
        return replace(s, target=part, args=(*s.args[:axis], *s.args[axis + 1 :]))

    def place(self, array: Atom, axis: int, index: tuple, given: tuple[Atom, ...]) -> tuple[int, tuple, tuple]:
        """Which part it is, and the index into that."""
        form = self.found.memory.place(index, given)[axis]
        assert form is not None
        assert isinstance(array.type, Array)
        kept = [k for k in range(array.type.ndim) if k != axis]
        return form[1], *without_axes(index, given, kept)

    def element(self, s: Assign, axis: int) -> Assign:
        array, given = s.args[0], s.args[1:]
        k, index, left = self.place(array, axis, s.param("index"), given)
        part = self.parts[array][k]
        if isinstance(part.type, Scalar):
            return Assign(s.target, "identity", (part,), origin=s.origin)
        return replace(s, args=(part, *left), params=(("index", index),))

    def stored(self, s: Store, axis: int) -> Statement:
        k, index, left = self.place(s.array, axis, s.index, s.operands)
        parts = self.parts[s.array]
        part, target = parts[k], self.part(s.target, axis, k)
        self.parts[s.target] = (*parts[:k], target, *parts[k + 1 :])
        if isinstance(part.type, Array):
            return replace(s, target=target, array=part, index=index, operands=left)
        if s.mode == "add":
            return Assign(target, "add", (part, s.value), origin=s.origin)
        return Assign(target, "identity", (s.value,), origin=s.origin)
