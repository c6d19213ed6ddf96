"""Zeros that a nest adds to, and that are then added whole to another array: the nest adds to that array.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var, show
>>> n, i, j = Var("n", 0, Scalar("int64")), Var("i", 1, INT), Var("j", 2, INT)
>>> number, zero, one, at = Scalar("float64"), Const(0, INT), Const(1, INT), (("index", (At(0),)),)
>>> x, y, t0, t1, t2, t3, y1, y2, y3 = (Var(name, k, Array("float64", (Dim("n"),)))
...                                     for k, name in enumerate("xyttttyyy", 3))
>>> a, b = Var("", 12, number), Var("", 13, number)
>>> add = Block((Assign(a, "getitem", (x, i), at), Store(t2, t1, (At(0),), (i,), a, "add")), (t2,))
>>> over = Block((Assign(b, "getitem", (t3, j), at), Store(y2, y1, (At(0),), (j,), b, "add")), (y2,))
>>> body = Block((Assign(t0, "zeros", (n,), (("dtype", "float64"),)), For(i, zero, n, one, (t1,), (t0,), add, (t3,)),
...               For(j, zero, n, one, (y1,), (y,), over, (y3,))), (y3,))
>>> before = Program((Function("f", (n, x, y), body),))
>>> print(show(before.entry))
f(n.0, x.3, y.4):
  t.5 = zeros n.0 dtype=float64
  t.8 = for i.1 in 0:n.0:1 with t.6=t.5:
    _.12 = x.3[i.1]
    t.7 = t.6 with [i.1] += _.12
    yield t.7
  y.11 = for j.2 in 0:n.0:1 with y.9=y.4:
    _.13 = t.8[j.2]
    y.10 = y.9 with [j.2] += _.13
    yield y.10
  yield y.11
>>> print(show(add_directly(before).entry))
f(n.0, x.3, y.4):
  y.11 = for i.1 in 0:n.0:1 with t.6=y.4:
    _.12 = x.3[i.1]
    t.7 = t.6 with [i.1] += _.12
    yield t.7
  yield y.11

The adjoint of what an iteration reads is summed over what it was broadcast along, and added to the sum over iterations:
of the weights of a convolution, for each pixel. Sums are taken in another order. Done where the nest does nothing but
add to the zeros, and nothing from there on, up to where they are added, touches the other array, which is as large.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    For,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    While,
)
from gradgen.ir.walk import map_statement, operands, statement_free, targets, uses, within
from gradgen.lower.accesses import Memory, touched
from gradgen.lower.facts import has_effects
from gradgen.lower.filling import filled_by


def add_directly(program: Program) -> Program:
    return replace(program, functions=tuple(map(_function, program.functions)))


def what_it_adds(store: Store, made: Mapping[Atom, Statement]) -> Atom | None:
    """What the store adds to its element, if it does: `made` tells what makes a value."""
    if store.mode == "add":
        return store.value
    total = made.get(store.value)
    if not isinstance(total, Assign) or total.op != "add":
        return None
    for old, more in (total.args, total.args[::-1]):
        if _reads(made.get(old), store.array, store):
            return more
    return None


def _reads(s: Statement | None, array: Atom, store: Store) -> bool:
    """Whether it reads the element of the array that has the store's place."""
    found = isinstance(s, Assign) and s.op == "getitem" and s.args == (array, *store.operands)
    return found and isinstance(s, Assign) and s.param("index") == store.index


def _function(function: Function) -> Function:
    adding = _Adding(Memory(function), uses(function))
    return replace(function, body=adding.block(function.body))


class _Adding:
    def __init__(self, memory: Memory, read: Counter[Var]):
        self.memory, self.read = memory, read

    def block(self, block: Block) -> Block:
        done = list(block.statements)
        for made in block.statements:
            if isinstance(made, Assign) and made.op == "zeros" and self.read[made.target] == 1:
                done = self.without(made, done)
        return Block(tuple(map_statement(s, lambda atom: atom, self.block) for s in done), block.yields)

    def without(self, zeros: Assign, done: list[Statement]) -> list[Statement]:
        """The statements without these zeros; as they are, where that cannot be."""
        at = next((k for k, s in enumerate(done) if zeros.target in operands(s)), 0)
        nest = done[at]
        if not isinstance(nest, For) or zeros.target not in nest.inits or not self.only_adds(nest, zeros.target):
            return done
        sums = nest.results[nest.inits.index(zeros.target)]
        last = next((s for s in done[at + 1 :] if isinstance(s, For) and self.adds(s, sums, zeros)), None)
        if last is None or self.read[sums] != 1:
            return done
        between, roots = done[at : done.index(last)], self.memory.roots(last.inits[0])
        if any(has_effects(s) or not roots.isdisjoint(touched(s, self.memory)[0]) for s in between):
            return done
        directly = self.directly(nest, zeros.target, sums, last)
        return [directly if s is nest else s for s in done if s is not zeros and s is not last]

    def only_adds(self, nest: For, zeros: Var) -> bool:
        """Whether all that the nest does with the array is to add to its elements."""
        made: dict[Atom, Statement] = {var: s for s in within(nest) for var in targets(s)}
        stores = [s for s in within(nest) if isinstance(s, Store) and self.is_of(s.array, zeros)]
        reads = [s for s in within(nest) if isinstance(s, Assign) and any(self.is_of(arg, zeros) for arg in s.args)]
        if not all(isinstance(s.value.type, Scalar) and what_it_adds(s, made) is not None for s in stores):
            return False
        added = [(s.array, s) for s in stores if s.mode == "set"]
        own = all(any(_reads(s, array, store) for array, store in added) and self.read[s.target] == 1 for s in reads)
        return own and not any(isinstance(s, If | While | Accumulate) and self.is_in(s, zeros) for s in within(nest))

    def is_of(self, atom: Atom, array: Var) -> bool:
        return isinstance(atom, Var) and isinstance(atom.type, Array) and self.memory.key(atom) == array

    def is_in(self, s: Statement, array: Var) -> bool:
        return any(self.is_of(atom, array) for atom in (*operands(s), *statement_free(s), *targets(s)))

    def adds(self, loop: For, sums: Var, zeros: Assign) -> bool:
        """Whether it does nothing but add the elements to those of another array, each to that at its own place."""
        array = loop.inits[0] if len(loop.inits) == 1 else None
        if not isinstance(array, Var) or self.read[array] != 1:
            return False
        fill = filled_by(loop, replace(zeros, target=array), self.read)
        if fill is None or fill.store.mode != "add" or sum(1 for _ in within(loop)) != len(zeros.args) + 2:
            return False
        one, store = fill.inside[0], fill.store
        straight = _reads(one, sums, store) and isinstance(one, Assign) and one.target == store.value
        # Of arrays of other sizes, places that count from the end would be others.
        return straight and array.type == sums.type

    def directly(self, nest: For, zeros: Var, sums: Var, last: For) -> For:
        """The nest, with the other array instead of the zeros."""
        (array,), (result,) = last.inits, last.results

        def use(atom: Atom) -> Atom:
            if atom == zeros:
                return array
            if atom == sums:
                return result
            return replace(atom, type=array.type) if isinstance(atom, Var) and self.is_of(atom, zeros) else atom

        def inner(block: Block) -> Block:
            return Block(
                tuple(map_statement(s, use, inner, use) for s in block.statements), tuple(map(use, block.yields))
            )

        made = map_statement(nest, use, inner, use)
        assert isinstance(made, For)
        return made
