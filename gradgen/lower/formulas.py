"""Elements that their place tells are not read from memory: of a range, of what one number fills, of a copy.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Store, Var
>>> from gradgen.ir import show
>>> vector = Array("int64", (Dim("n"),))
>>> n, i, y = (Var(name, at, INT) for at, name in enumerate("niy"))
>>> a, b, c, d = (Var("a", at, vector) for at in range(4, 8))
>>> stored = Block((Store(c, b, (At(0),), (i,), i, "set"),), (c,))
>>> fill = For(i, Const(0, INT), n, Const(1, INT), (b,), (a,), stored, (d,))
>>> body = Block((Assign(a, "empty", (n,), (("dtype", "int64"),)), fill,
...               Assign(y, "getitem", (d,), (("index", (2,)),))), (y,))
>>> before = Program((Function("f", (n,), body),))
>>> print(show(before.entry))
f(n.0):
  a.4 = empty n.0 dtype=int64
  a.7 = for i.1 in 0:n.0:1 with a.5=a.4:
    a.6 = a.5 with [i.1] = i.1
    yield a.6
  y.2 = a.7[2]
  yield y.2
>>> print(show(use_formulas(before).entry))
f(n.0):
  a.4 = empty n.0 dtype=int64
  a.7 = for i.1 in 0:n.0:1 with a.5=a.4:
    a.6 = a.5 with [i.1] = i.1
    yield a.6
  y.2 = identity 2
  yield y.2

This is done to arrays that are made empty and filled by one store, so that what is read at a place is what was stored
there. What is stored must be a number from outside the loops, one of their indices, or the same element of an array
that never changes. Anything that would have to be computed again stays in memory.

Of an array of zeros that nothing is stored in, each element is 0.0: so is the adjoint of a column beside the one that
is read, and a tenth of the time of bundle adjustment goes with it.

>>> zeros = Assign(a, "zeros", (n,), (("dtype", "float64"),))
>>> x = Var("x", 9, FLOAT)
>>> read = Assign(x, "getitem", (a, i), (("index", (At(0),)),))
>>> print(show(use_formulas(Program((Function("f", (n, i), Block((zeros, read), (x,))),))).entry))
f(n.0, i.1):
  a.4 = zeros n.0 dtype=float64
  x.9 = identity 0.0
  yield x.9
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from gradgen.ir import (
    Array,
    Assign,
    At,
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
)
from gradgen.ir.walk import block_params, blocks, map_statement, operands, targets
from gradgen.lower.accesses import Memory


def use_formulas(program: Program) -> Program:
    return replace(program, functions=tuple(map(_function, program.functions)))


@dataclass(frozen=True)
class _Formula:
    """What `store` stores, `element` if that is an element of another array; without a store, zeros."""

    store: Store | None
    element: Assign | None


def _function(function: Function) -> Function:
    memory = Memory(function)
    formulas = _formulas(function, memory)
    if not formulas:
        return function

    def block(block: Block, visible: frozenset[Atom]) -> Block:
        made = []
        for s in block.statements:
            inside = partial(block_, visible=visible.union(block_params(s)))
            s = map_statement(s, lambda atom: atom, inside)
            visible = visible.union(targets(s))
            if isinstance(s, Assign) and _is_element(s):
                formula = formulas.get(memory.key(s.args[0]))
                s = s if formula is None else _told(s, formula, visible, memory)
            made.append(s)
        return Block(tuple(made), block.yields)

    block_ = block
    return replace(function, body=block(function.body, frozenset(function.params)))


def _is_element(s: Assign) -> bool:
    return s.op == "getitem" and isinstance(s.target.type, Scalar) and isinstance(s.args[0], Var)


class _Facts:
    """Of a function: where values are made, and which arrays change."""

    def __init__(self, function: Function, memory: Memory):
        self.memory = memory
        self.indices: set[Var | None] = set()
        self.elements: dict[Atom, Assign] = {}
        self.empty: set[Var] = set()
        self.zeros: set[Var] = set()
        self.stores: dict[Var, list[Store]] = {}
        self.mixed: set[Var] = set()  # of which a branch, a loop or a view may be one
        self.written: set[Var] = set()
        self.loops: dict[Atom, frozenset[Var | int]] = dict.fromkeys(function.params, frozenset())
        self._visit(function.body, frozenset())

    def _visit(self, block: Block, loops: frozenset[Var | int]) -> None:
        for s in block.statements:
            self._note(s)
            self.loops.update(dict.fromkeys(targets(s), loops))
            inside = loops | {id(s)} if isinstance(s, For | While) else loops
            self.loops.update(dict.fromkeys(block_params(s), inside))
            for inner in blocks(s):
                self._visit(inner, inside)

    def _note(self, s: Statement) -> None:
        match s:
            case Assign(op="empty", target=target):
                self.empty.add(target)
            case Assign(op="zeros", target=target):
                self.zeros.add(target)
            case Assign() if _is_element(s):
                self.elements[s.target] = s
            case Store(array=Var() as array):
                self.stores.setdefault(self.memory.key(array), []).append(s)
            case For():
                self.indices.add(s.index)
        arrays = [var for var in (*operands(s), *targets(s)) if isinstance(var, Var) and isinstance(var.type, Array)]
        for var in arrays:
            roots = self.memory.roots(var)
            if not isinstance(s, Assign | For | If):
                self.written |= roots
            if roots != {self.memory.key(var)}:
                self.mixed |= roots

    def as_old(self, atom: Atom, array: Var) -> bool:
        """Whether the value is the same as long as the array is there."""
        return isinstance(atom, Const) or self.loops[atom] <= self.loops[array]


def _formulas(function: Function, memory: Memory) -> dict[Var, _Formula]:
    """The arrays whose elements are told by their places."""
    facts = _Facts(function, memory)
    found = dict.fromkeys(facts.zeros - facts.mixed - facts.written, _Formula(None, None))
    for array in facts.empty - facts.mixed:
        stores = facts.stores.get(array, [])
        formula = _formula(array, stores[0], facts) if len(stores) == 1 else None
        if formula is not None:
            found[array] = formula
    return found


def _formula(array: Var, store: Store, facts: _Facts) -> _Formula | None:
    type, memory = array.type, facts.memory
    if store.mode != "set" or not isinstance(type, Array) or not isinstance(store.value, Var | Const):
        return None
    places = memory.place(store.index, store.operands)
    own = all(place is not None and place[0] in facts.indices and place[1] == 0 for place in places)
    plain = all(isinstance(entry, At) for entry in store.index) and len(set(store.operands)) == type.ndim
    if not own or not plain or getattr(store.value.type, "dtype", None) != type.dtype:
        return None
    element = facts.elements.get(store.value)
    if element is None:
        tells = store.value in store.operands or facts.as_old(store.value, array)
        return _Formula(store, None) if tells and isinstance(store.value.type, Scalar) else None
    source = element.args[0]
    assert isinstance(source, Var)
    same = element.param("index") == store.index and element.args[1:] == store.operands
    stays = facts.written.isdisjoint(memory.roots(source)) and facts.as_old(source, array)
    return _Formula(store, element) if same and stays else None


def _told(s: Assign, formula: _Formula, visible: frozenset[Atom], memory: Memory) -> Assign:
    """The element without the array, where what it takes is at hand."""
    store, index, given = formula.store, s.param("index"), s.args[1:]
    if store is None:
        type = s.target.type
        plain = isinstance(type, Scalar) and type.dtype == "float64"
        return Assign(s.target, "identity", (Const(0.0, type),), origin=s.origin) if plain else s
    if formula.element is None and store.value not in store.operands:
        known = isinstance(store.value, Const) or store.value in visible
        return Assign(s.target, "identity", (store.value,), origin=s.origin) if known else s
    if not all(memory.told(form) for form in memory.place(index, given)):
        return s  # a place counted from the end
    if formula.element is not None:
        source = formula.element.args[0]
        return replace(s, args=(source, *given)) if source in visible else s
    entry = index[store.operands.index(store.value)]
    value = given[entry.operand] if isinstance(entry, At) else Const(entry, store.value.type)
    return Assign(s.target, "identity", (value,), origin=s.origin)
