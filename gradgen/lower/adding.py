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
    At,
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
    dims_of,
)
from gradgen.ir.known import counts_up, runs_through
from gradgen.ir.walk import map_statement, operands, statement_free, targets, uses, within
from gradgen.lower.accesses import Memory, touched
from gradgen.lower.facts import has_effects


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
        last, store = next(
            ((s, store) for s in done[at + 1 :] if isinstance(s, For) and (store := self.adds(s, sums, zeros))),
            (None, None),
        )
        if last is None or store is None or self.read[sums] != 1:
            return done
        between, roots = done[at : done.index(last)], self.memory.roots(last.inits[0])
        if any(has_effects(s) or not roots.isdisjoint(touched(s, self.memory)[0]) for s in between):
            return done
        directly = self.directly(nest, zeros.target, sums, last, store)
        return [directly if s is nest else s for s in done if s is not zeros and s is not last]

    def only_adds(self, nest: For, zeros: Var) -> bool:
        """Whether all that the nest does with the array is to add to its elements."""
        made: dict[Atom, Statement] = {var: s for s in within(nest) for var in targets(s)}
        stores = [s for s in within(nest) if isinstance(s, Store) and self.is_of(s.array, zeros)]
        reads = [s for s in within(nest) if isinstance(s, Assign) and any(self.is_of(arg, zeros) for arg in s.args)]
        if not all(_is_element(s) and what_it_adds(s, made) is not None for s in stores):
            return False
        added = [(s.array, s) for s in stores if s.mode == "set"]
        own = all(any(_reads(s, array, store) for array, store in added) and self.read[s.target] == 1 for s in reads)
        return own and not any(isinstance(s, If | While | Accumulate) and self.is_in(s, zeros) for s in within(nest))

    def is_of(self, atom: Atom, array: Var) -> bool:
        return isinstance(atom, Var) and isinstance(atom.type, Array) and self.memory.key(atom) == array

    def is_in(self, s: Statement, array: Var) -> bool:
        return any(self.is_of(atom, array) for atom in (*operands(s), *statement_free(s), *targets(s)))

    def adds(self, loop: For, sums: Var, zeros: Assign) -> Store | None:
        """The store, if it does nothing but add each element to that of another array, at the place of the same name.

        The other array may have further axes, along which all lies at one place."""
        loops, inmost, other = [loop], loop, loop.inits[0] if loop.inits else None
        if not isinstance(other, Var) or self.read[other] != 1:
            return None
        while len(inmost.body.statements) == 1 and isinstance(inner := inmost.body.statements[0], For):
            if inner.inits != inmost.carried or inmost.body.yields != inner.results:
                return None
            inmost = inner
            loops.append(inner)
        plain = all(counts_up(one) and runs_through(one) and len(one.inits) == 1 for one in loops)
        if not plain or len(inmost.body.statements) != 2 or tuple(one.stop for one in loops) != zeros.args:
            return None
        one, store = inmost.body.statements
        if not isinstance(one, Assign) or not isinstance(store, Store) or inmost.body.yields != (store.target,):
            return None
        indices, array = tuple(each.index for each in loops), inmost.carried[0]
        reads = one.op == "getitem" and one.args == (sums, *indices) and one.param("index") == _all_of(indices)
        adds = (store.array, store.mode, store.value, store.operands) == (array, "add", one.target, indices)
        return store if reads and adds and array.type == other.type and _as_large(store, sums) else None

    def directly(self, nest: For, zeros: Var, sums: Var, last: For, store: Store) -> For:
        """The nest, with the other array instead of the zeros, at the places that `store` has."""
        (array,), (result,) = last.inits, last.results

        def use(atom: Atom) -> Atom:
            if atom == zeros:
                return array
            if atom == sums:
                return result
            return replace(atom, type=array.type) if isinstance(atom, Var) and self.is_of(atom, zeros) else atom

        def inner(block: Block) -> Block:
            return Block(tuple(map(statement, block.statements)), tuple(map(use, block.yields)))

        def statement(s: Statement) -> Statement:
            if isinstance(s, Store) and self.is_of(s.array, zeros):
                s = replace(s, index=_placed(store, s.index))
            elif isinstance(s, Assign) and s.op == "getitem" and self.is_of(s.args[0], zeros):
                s = replace(s, params=(("index", _placed(store, s.param("index"))),))
            return map_statement(s, use, inner, use)

        made = statement(nest)
        assert isinstance(made, For)
        return made


def _is_element(store: Store) -> bool:
    whole = len(store.index) == len(dims_of(store.array.type))
    atoms = (*store.operands, store.value)
    told = all(isinstance(entry, int | At) for entry in store.index)
    return whole and told and all(isinstance(atom.type, Scalar) for atom in atoms)


def _all_of(indices: tuple[Var, ...]) -> tuple[At, ...]:
    return tuple(map(At, range(len(indices))))


def _as_large(store: Store, sums: Var) -> bool:
    """Whether the axes that `sums` has are as long: places that count from the end would be others."""
    assert isinstance(store.array.type, Array)
    entries = list(zip(store.index, store.array.type.dims, strict=True))
    told = all(isinstance(entry, At) or (isinstance(entry, int) and entry >= 0) for entry, _ in entries)
    along = [(entry, dim) for entry, dim in entries if isinstance(entry, At)]
    same = [entry for entry, _ in along] == list(map(At, range(len(along))))
    return told and same and Array(store.array.type.dtype, tuple(dim for _, dim in along)) == sums.type


def _placed(store: Store, index: tuple) -> tuple:
    """`index`, of the zeros, in the other array."""
    entries = iter(index)
    return tuple(next(entries) if isinstance(entry, At) else entry for entry in store.index)
