"""What the user writes twice in one line is computed once: `np.exp(-x) / (1 + np.exp(-x))`.

>>> from gradgen.ir import FLOAT, Assign, Block, Function, Program, Var, show
>>> x = Var("x", 0, FLOAT)
>>> a, b, y = (Var("", k, FLOAT) for k in (1, 2, 3))
>>> body = Block((Assign(a, "exp", (x,)), Assign(b, "exp", (x,)), Assign(y, "mul", (a, b))), (y,))
>>> before = Program((Function("f", (x,), body),))
>>> print(show(before.entry))
f(x.0):
  _.1 = exp x.0
  _.2 = exp x.0
  _.3 = mul _.1 _.2
  yield _.3
>>> print(show(share_repeated(before).entry))
f(x.0):
  _.1 = exp x.0
  _.3 = mul _.1 _.1
  yield _.3

Values are told by the versions of what they are computed from, so what is read before a store and after it is not the
same. What is written again in another line is computed again: lines are what the text is read by. So is what costs
nothing, a part or a view of an array, and an array that is changed in place later, as it would have to be copied.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from functools import partial

from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Opaque,
    Program,
    Scalar,
    Store,
    Var,
    While,
    is_integer,
)
from gradgen.ir.walk import map_statement, statements
from gradgen.simplify.copies import has_line

# What is as cheap, or as telling, where it is read; and what makes an array to be filled.
AS_IS = {
    "identity", "copy", "cast", "getitem", "item", "size", "count", "length", "neg", "real", "imag", "reshape", "ravel",
    "transpose", "squeeze", "expand_dims", "broadcast_to", "expand", "spread", "flip", "diagonal", "ascontiguous", "eq",
    "ne", "lt", "le", "gt", "ge", "and", "or", "not", "zeros", "ones", "full", "empty", "zeros_like", "ones_like",
    "full_like", "empty_like", "eye", "arange", "linspace", "array", "asarray",
}  # fmt: skip


def share_repeated(program: Program, arrays_only: bool = False) -> Program:
    """`arrays_only`: for a derivative, whose numbers are as telling where they are read."""
    return replace(program, functions=tuple(_in_function(each, arrays_only) for each in program.functions))


def _in_function(function: Function, arrays_only: bool) -> Function:
    sharing = _OfLines(_changed(function) | _lines(function), arrays_only)
    body = sharing.block(function.body, {})
    return replace(function, body=body) if sharing.same else function


class Sharing:
    """Of operations that give the same the first stands for the others, if `stands_for` lets it."""

    def __init__(self) -> None:
        self.same: dict[Atom, Atom] = {}  # what is computed again, by what it is
        self.numbers: dict[Atom, Hashable] = {}  # equal for equal values, shared or not

    def block(self, block: Block, known: dict[Hashable, Var]) -> Block:
        known = dict(known)
        made = []
        for s in block.statements:
            # What a statement that is run again keeps out of memory is not taken from outside it.
            outside = {} if isinstance(s, If) and s.recompute else known
            s = map_statement(s, self._use, partial(self.block, known=outside))
            if isinstance(s, Assign) and self.compares(s):
                first = known.setdefault(self.key(s), s.target)
                self.numbers[s.target] = first
                if first != s.target and self.stands_for(first, s):
                    self.same[s.target] = first
                    continue
            made.append(s)
        return Block(tuple(made), tuple(map(self._use, block.yields)))

    def compares(self, s: Assign) -> bool:
        """Whether the same operation of the same arguments has the same value, and nobody asks which of two it is."""
        if not isinstance(s.target.type, Scalar | Array) or s.op == "draw":
            return False
        return not any(isinstance(arg.type, Opaque) for arg in s.args)

    def key(self, s: Assign) -> Hashable:
        """`math.exp` and `np.exp` differ in what they raise and give; else the spelling says nothing."""
        return s.op, tuple(map(self.number, s.args)), s.params, s.target.type, s.spelling.split(".")[0]

    def stands_for(self, first: Var, again: Assign) -> bool:
        return False  # equal values are told, and left alone

    def _use(self, atom: Atom) -> Atom:
        return self.same.get(atom, atom)

    def number(self, atom: Atom) -> Hashable:
        """Signs of zero and kinds of numbers count: 0.0 is not -0.0, 1 is not 1.0."""
        return (repr(atom.value), atom.type) if isinstance(atom, Const) else self.numbers.get(atom, atom)


class _OfLines(Sharing):
    def __init__(self, apart: set[Atom], arrays_only: bool) -> None:
        super().__init__()
        self.apart = apart
        self.arrays_only = arrays_only

    def key(self, s: Assign) -> Hashable:
        return super().key(s), (s.origin.filename, s.origin.line) if s.origin is not None else None

    def stands_for(self, first: Var, again: Assign) -> bool:
        if again.op in AS_IS or has_line(again.target) or self.apart & {first, again.target}:
            return False
        return isinstance(first.type, Array) or not (self.arrays_only or is_integer(first.type))


def _lines(function: Function) -> set[Atom]:
    """What is written where it gets a name: `dk = 2 * dtotal`."""
    named = (s for s in statements(function.body) if isinstance(s, Assign) and has_line(s.target))
    return {s.args[0] for s in named if s.op in ("identity", "copy")}


def _changed(function: Function) -> set[Atom]:
    """What stores write into, or may: what loops carry on."""
    found: set[Atom] = set()
    for s in statements(function.body):
        match s:
            case Store(array=array):
                found.add(array)
            case Accumulate(prior=prior):
                found.add(prior)
            case For(inits=inits) | While(inits=inits):
                found.update(inits)
            case If(then=then, orelse=orelse):
                found.update((*then.yields, *orelse.yields))
    return found
