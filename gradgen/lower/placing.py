"""An array of zeros with one element in each row is told by a test of the place, not stored and read back.

The adjoint of `p[np.arange(n), labels]` is one. Where it is read, or added to, at all places,

    d = zeros (n, m)                     for i in range(n):
    for i in range(n):                       label = labels[i]
        d[i, labels[i]] += g                 for k in range(m):
    for i in range(n):                           d[i, k] = (g if k == label else 0.0) + x[i, k]
        for k in range(m):
            d[i, k] += x[i, k]

so nothing is zeroed, and no iteration writes to a place that only its data tell: loops over rows can be vectorised.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Store, Var, show
>>> n = Dim("n")
>>> table, whole = Array("float64", (n, Dim("m"))), Array("int64", (n,))
>>> labels, rows, m, g = Var("labels", 0, whole), Var("n", 1, INT), Var("m", 2, INT), Var("g", 3, FLOAT)
>>> i, p, y = Var("i", 4, INT), Var("", 5, INT), Var("y", 6, FLOAT)
>>> a, b, c, d = (Var("d", k, table) for k in range(7, 11))
>>> inside = Block((Assign(p, "getitem", (labels, i), (("index", (At(0),)),)),
...                 Store(c, b, (At(0), At(1)), (i, p), g, "add")), (c,))
>>> body = Block((Assign(a, "zeros", (rows, m), (("dtype", "float64"),)),
...               For(i, Const(0, INT), rows, Const(1, INT), (b,), (a,), inside, (d,)),
...               Assign(y, "getitem", (d,), (("index", (3, 2)),))), (y,))
>>> before = Program((Function("f", (labels, rows, m, g), body),))
>>> print(show(before.entry))
f(labels.0, n.1, m.2, g.3):
  d.7 = zeros n.1 m.2 dtype=float64
  d.10 = for i.4 in 0:n.1:1 with d.8=d.7:
    _.5 = labels.0[i.4]
    d.9 = d.8 with [i.4, _.5] += g.3
    yield d.9
  y.6 = d.10[3, 2]
  yield y.6
>>> print(show(tell_places(before).entry))
f(labels.0, n.1, m.2, g.3):
  _.11 = labels.0[3]
  _.12 = lt _.11 0
  _.13 = add m.2 _.11
  _.14 = where _.12 _.13 _.11
  _.15 = eq _.14 2
  y.6 = where _.15 g.3 0.0
  yield y.6

Done where such an array is read by elements and added to as a whole only, and what tells the place and the element is
cheap, and stays as it was. Not done: more than one element in a row; arrays of other than two axes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gradgen.ir import (
    INT,
    Assign,
    At,
    Atom,
    Block,
    Const,
    For,
    Function,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    dims_of,
)
from gradgen.ir.instantiate import copied
from gradgen.ir.known import counts_up, runs_through
from gradgen.ir.walk import map_statement, statements, uses, within
from gradgen.lower.accesses import Memory, touched
from gradgen.lower.filling import Fill, filled_by
from gradgen.lower.numbers import Whole
from gradgen.rules import RULES
from gradgen.rules.build import Builder, builder_after

MANY = 6  # statements that tell the place and the element
DEAR = 10  # what an operation costs, from here on


def tell_places(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


@dataclass(frozen=True)
class _Single:
    """An array of zeros, and the loop that stores one element in each of its rows."""

    zeros: Assign
    loop: For
    store: Store

    @property
    def array(self) -> Var:
        return self.loop.results[0]


def _function(function: Function, builder: Builder) -> Function:
    read = uses(function)
    memory = Memory(function)
    found: dict[Atom, _Single] = {one.array: one for one in _singles(function, read, memory)}
    fills: dict[Store, tuple[_Single, Fill]] = {}
    for s in statements(function.body):
        for init in s.inits if isinstance(s, For) else ():
            one = found.get(init)
            fill = filled_by(s, replace(one.zeros, target=one.array), read) if one and isinstance(s, For) else None
            if one and fill and fill.store.mode == "add":
                fills[fill.store] = one, fill
    told = Counter(s.args[0] for s in statements(function.body) if isinstance(s, Assign) and _reads(s, found, memory))
    told.update(one.array for one, _ in fills.values())
    found = {array: one for array, one in found.items() if told[array] == read[one.array] > 0}
    if not found:
        return function
    fills = {store: pair for store, pair in fills.items() if pair[0].array in found}
    return replace(function, body=_Telling(found, fills, builder).block(function.body))


def _singles(function: Function, read: Counter[Var], memory: Memory) -> Iterator[_Single]:
    made: dict[Atom, Assign] = {
        s.target: s
        for s in statements(function.body)
        if isinstance(s, Assign) and s.op == "zeros" and len(s.args) == len(dims_of(s.target.type)) == 2
    }
    later: set[object] = set()  # what is changed from here on
    for s in reversed(function.body.statements) if made else ():
        for loop in within(s):
            zeros = made.get(loop.inits[0]) if isinstance(loop, For) and len(loop.inits) == 1 else None
            if zeros is not None and isinstance(loop, For) and read[zeros.target] == 1 and loop.body.statements:
                store = loop.body.statements[-1]
                changed = later if loop == s else later | touched(s, memory)[1]
                if isinstance(store, Store) and _stores_once(loop, store, zeros, changed, read, memory):
                    yield _Single(zeros, loop, store)
        later |= touched(s, memory)[1]


def _stores_once(
    loop: For, store: Store, zeros: Assign, changed: set[object], read: Counter[Var], memory: Memory
) -> bool:
    """Whether the loop over all rows does that in each, with a few steps whose operands stay as they are."""
    steps = loop.body.statements[:-1]
    over_all = counts_up(loop) and runs_through(loop) and not loop.backward and loop.stop == zeros.args[0]
    if not over_all or not _is_own(store, loop, read) or len(steps) >= MANY:
        return False
    return all(isinstance(s, Assign) and _is_cheap(s) and changed.isdisjoint(_sources(s, memory)) for s in steps)


def _is_own(store: Store, loop: For, read: Counter[Var]) -> bool:
    """Whether it is the one store into the loop's array, in the iteration's own row."""
    entries = all(isinstance(entry, At) for entry in store.index) and len(store.operands) == 2
    own = entries and store.operands[store.index[0].operand] == loop.index != store.operands[store.index[1].operand]
    type = store.value.type
    alike = isinstance(type, Scalar) and type.dtype == getattr(store.array.type, "dtype", None)
    only = store.array == loop.carried[0] and read[loop.carried[0]] == 1 and loop.body.yields == (store.target,)
    return own and alike and only


def _is_cheap(s: Assign) -> bool:
    return isinstance(s.target.type, Scalar) and (s.op == "getitem" or s.op not in RULES or RULES[s.op].cost < DEAR)


def _sources(s: Assign, memory: Memory) -> Iterator[Var]:
    return (root for arg in s.args if isinstance(arg, Var) for root in memory.roots(arg))


def _reads(s: Statement, found: dict[Atom, _Single], memory: Memory) -> bool:
    """Whether it reads an element of one of the arrays, at a place that does not count from the end."""
    if not (isinstance(s, Assign) and s.op == "getitem" and s.args[0] in found):
        return False
    index = s.param("index")
    return len(index) == 2 and all(memory.told(form) for form in memory.place(index, s.args[1:]))


@dataclass(frozen=True)
class _Telling:
    """Writes the function without the arrays `found`."""

    found: dict[Atom, _Single]
    fills: dict[Store, tuple[_Single, Fill]]
    builder: Builder
    ahead: dict[Atom, tuple[Atom, list[Statement]]] = field(default_factory=dict)  # of loops, by their index
    known: dict[tuple[Var, Atom], tuple[Atom, Atom]] = field(default_factory=dict)

    def block(self, block: Block) -> Block:
        made = tuple(one for s in block.statements for one in self.statement(s))
        return Block(made, block.yields)

    def statement(self, s: Statement) -> list[Statement]:
        with self.builder.collect() as made, self.builder.at(s.origin):
            if isinstance(s, Assign) and s.op == "zeros" and any(one.zeros == s for one in self.found.values()):
                pass
            elif isinstance(s, For) and s.results and s.results[0] in self.found:
                self.empty(self.found[s.results[0]])
            elif isinstance(s, Assign) and s.op == "getitem" and s.args[0] in self.found:
                at = [s.args[1 + e.operand] if isinstance(e, At) else Const(e, INT) for e in s.param("index")]
                self.element(self.found[s.args[0]], at, s.target)
            elif isinstance(s, Store) and s in self.fills:
                value = self.builder.var("", s.value.type)
                self.element(self.fills[s][0], list(s.operands), value)
                total = self.builder.emit("add", value, s.value, type=s.value.type)
                self.builder.append(replace(s, value=total, mode="set"))
            elif isinstance(s, For):
                self.ahead[s.index] = s.stop, []
                body = self.block(s.body)
                body = replace(body, statements=(*self.ahead.pop(s.index)[1], *body.statements))
                self.builder.append(replace(s, body=body))
            else:
                self.builder.append(map_statement(s, lambda atom: atom, self.block))
        return made

    def empty(self, one: _Single) -> None:
        """What is added to is filled, and so it is there beforehand."""
        if any(single is one for single, _ in self.fills.values()):
            self.builder.append(replace(one.zeros, target=one.array, op="empty"))

    def element(self, one: _Single, at: list[Atom], target: Var) -> None:
        """Let `target` be what is at that place."""
        row, column = at
        if (one.array, row) in self.known:
            place, value = self.known[one.array, row]
        elif row in self.ahead and self.ahead[row][0] == one.loop.stop:  # once a row: it is read for each
            with self.builder.collect() as made:
                place, value = self.known[one.array, row] = self.place(one, row)
            self.ahead[row][1].extend(made)
        else:
            place, value = self.place(one, row)
        here = Whole(self.builder).compare("eq", place, column)
        chosen = here, value, Const(0.0, target.type)
        self.builder.append(Assign(target, "where", chosen, origin=self.builder.origin))

    def place(self, one: _Single, row: Atom) -> tuple[Atom, Atom]:
        """Of the row's one element, and its value."""
        whole, loop, store = Whole(self.builder), one.loop, one.store
        inside = Block(loop.body.statements[:-1], (store.operands[store.index[1].operand], store.value))
        told, _ = copied(inside, self.builder.var, given={loop.index: row})
        self.builder.statements.extend(told.statements)
        place, value = told.yields
        from_end = whole.compare("lt", place, whole.constant(0))
        return whole.choose(from_end, whole.add(one.zeros.args[1], place), place), value
