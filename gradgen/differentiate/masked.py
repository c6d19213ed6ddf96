"""Elements that a mask selects, changed by what is computed of elements that it selects, are a choice of each element.

>>> import numpy as np
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(x):
...     y = x * 2
...     y[y > 0] = 3 / y[y > 0] + x[y > 0]
...     return np.sum(y)
>>> before = stage(f, {"x": describe(np.ones(3), "x")}).program
>>> print(show(before.entry))
f(x.0):
  y.1 = mul x.0 2
  _.2 = gt y.1 0
  _.3 = y.1[_.2]
  _.4 = div 3 _.3
  _.5 = gt y.1 0
  _.6 = x.0[_.5]
  _.7 = add _.4 _.6
  _.8 = gt y.1 0
  y.9 = y.1 with [_.8] = _.7
  _.10 = sum y.9 axis=None keepdims=False
  yield _.10
>>> print(show(simplify(choose_masked(before)).entry))
f(x.0):
  y.1 = mul x.0 2
  _.8 = gt y.1 0
  _.11 = where _.8 y.1 1.0
  _.12 = div 3 _.11
  _.13 = add _.12 x.0
  y.9 = where _.8 _.13 y.1
  _.10 = sum y.9 axis=None keepdims=False
  yield _.10

The choice is one loop with what is around it, and vectorised: no places are looked for, and no elements gathered. An
n-body simulation that masks its distances, and its gradient, take 0.6 times as long, and are compiled in 0.4 times.

What the mask leaves out is computed, too, so only cheap operations are. There they are done to 1: nothing raises, and
an adjoint, which a choice selects, is not NaN where an infinite element was left out. Not done where the elements are
read elsewhere as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import replace

from gradgen.analyse.rerun import element_cost
from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    Function,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    dims_of,
    is_float,
)
from gradgen.ir.walk import map_statement, statements, uses
from gradgen.rules.build import Builder, builder_after

SELECTING = ("add", "sub", "neg", "maximum", "minimum")  # whose adjoints are not multiplied with what is left out
CHEAP = (*SELECTING, "mul", "div", "pow", "square", "reciprocal", "sqrt", "exp", "log", "sin", "cos", "tanh", "abs")
RAISING = {"div": 1, "pow": 0, "reciprocal": 0}  # by the operand that must not be 0
COST = 24  # of all operations on an element: to find its place and to gather it costs as much
SELECTED = (At(0),)


def choose_masked(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple([_Choosing(f, builder).function for f in program.functions]))


class _Choosing:
    def __init__(self, function: Function, builder: Builder):
        self.builder = builder
        self.made = {s.target: s for s in statements(function.body) if isinstance(s, Assign)}
        self.uses: Counter[Var] = uses(function)
        self.ones = set[Var]()  # values of which what the mask leaves out is 1
        self.function = replace(function, body=self._block(function.body))

    def _block(self, block: Block) -> Block:
        kept: list[Statement] = []
        for s in block.statements:
            s = map_statement(s, lambda atom: atom, self._block)
            kept += self._chosen(s) if isinstance(s, Store) else [s]
        return replace(block, statements=tuple(kept))

    def _chosen(self, s: Store) -> list[Statement]:
        """The store; or what is computed of all elements, and a choice."""
        mask = self._mask(s)
        if mask is None or self._cost(s.value, mask, dims_of(mask.type)) > COST:
            return [s]
        with self.builder.collect() as before, self.builder.at(s.origin):
            value = self._of_all(s.value, mask, False)
        of_all, array = value.type, s.target.type
        same = isinstance(of_all, Array) and isinstance(array, Array) and of_all.dtype == array.dtype
        return [*before, Assign(s.target, "where", (mask, value, s.array), origin=s.origin)] if same else [s]

    def _mask(self, s: Store) -> Var | None:
        """What selects the elements that are set, of all axes."""
        if s.mode != "set" or s.index != SELECTED or not isinstance(s.target.type, Array):
            return None
        mask = s.operands[0]
        whole = isinstance(mask.type, Array) and mask.type.dtype == "bool" and mask.type.dims == s.target.type.dims
        return mask if whole and isinstance(mask, Var) and isinstance(s.value.type, Array) else None

    def _cost(self, atom: Atom, mask: Var, dims: tuple) -> float:
        """Of the operations that make a number of elements that the mask selects; too much where there are others."""
        if not isinstance(atom.type, Array):
            return 0 if isinstance(atom.type, Scalar) else COST + 1
        s = self.made.get(atom) if isinstance(atom, Var) else None
        if s is None or self.uses[s.target] > 1:
            return COST + 1
        if s.op == "getitem":
            own = s.param("index") == SELECTED and self._key(s.args[1]) == self._key(mask)
            return 0 if own and dims_of(s.args[0].type) == dims else COST + 1
        if s.op not in CHEAP:
            return COST + 1
        return element_cost(s) + sum(self._cost(arg, mask, dims) for arg in s.args)

    def _key(self, mask: Atom) -> Hashable:
        """The same for comparisons of the same values."""
        s = self.made.get(mask) if isinstance(mask, Var) else None
        return (s.op, s.args, s.params) if s is not None and s.op in ("lt", "le", "gt", "ge", "eq", "ne") else mask

    def _of_all(self, atom: Atom, mask: Var, guarded: bool) -> Atom:
        """Of all elements what `atom` is of the selected ones. `guarded`: made of 1 where it is left out."""
        if not isinstance(atom, Var):
            return atom
        s = self.made[atom] if isinstance(atom.type, Array) else None
        if s is None or s.op == "getitem":
            whole = atom if s is None else s.args[0]
            return self._or_one(whole, mask) if guarded and is_float(whole.type) else whole
        args = [self._of_all(arg, mask, guarded or s.op not in SELECTING) for arg in s.args]
        raising = None if _is_product(s) else RAISING.get(s.op)
        if raising is not None:
            args[raising] = self._or_one(args[raising], mask)
        return self.builder.emit(s.op, *args, name=atom.name, spelling=s.spelling, **dict(s.params))

    def _or_one(self, x: Atom, mask: Var) -> Atom:
        if not isinstance(x, Var) or not isinstance(x.type, Scalar | Array) or x in self.ones:
            return x
        made = self.builder.emit("where", mask, x, 1.0 if is_float(x.type) else 1)
        self.ones.add(made)
        return made


def _is_product(s: Assign) -> bool:
    exponent = s.args[1] if s.op == "pow" else None
    return isinstance(exponent, Const) and isinstance(exponent.value, int) and exponent.value >= 0
