"""What a loop reads of an array that it fills, at places where nothing is stored any more: backward finds it there.

In `for i in range(1, n): x[i] = b[i] * x[i - 1]` the place of `x[i - 1]` stands once it is read. Backward reads the
array as the loop has left it, and neither a copy of what was read nor a store of it is needed. The order of the
iterations and the places are linear inequalities in the loops' indices, and a later store to a place would have
to fulfil all of them (`ir.linear`). What is stored is read there as well: a Cholesky factor's pivots are its diagonal.

>>> from gradgen.ir import FLOAT, INT, Const, Dim
>>> from gradgen.ir.text import show_statement
>>> before, after = (Var("x", k, Array("float64", (Dim("x.0"),))) for k in range(2))
>>> i, past, ahead, old, new = (Var("", k, FLOAT if k > 4 else INT) for k in range(2, 7))
>>> one, at = Const(1, INT), (("index", (At(0),)),)
>>> places = Assign(past, "sub", (i, one)), Assign(ahead, "add", (i, one))
>>> reads = Assign(old, "getitem", (before, past), at), Assign(new, "getitem", (before, ahead), at)
>>> store = Store(Var("x", 7, before.type), before, (At(0),), (i,), old, "set")
>>> body = Block((*places, *reads, store), (store.target,))
>>> loop = For(i, one, Const(9, INT), one, (before,), (Var("x", 8, before.type),), body, (after,))
>>> [show_statement(s).strip() for s in standing(loop, {s.target.version: s for s in places}).values()]
['_.5 = x.1[_.3]']
>>> twice = Assign(Var("y", 9, FLOAT), "add", (old, old))
>>> body = Block((*places, *reads, twice, replace(store, value=twice.target)), (store.target,))
>>> found = standing(replace(loop, body=body), {s.target.version: s for s in places})
>>> [show_statement(s).strip() for s in found.values()]
['_.5 = x.1[_.3]', 'y.9 = x.1[_.2]']

Does not look at lists, nor at arrays that a loop swaps.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from gradgen.analyse.conditions import Numbers
from gradgen.ir import Array, Assign, At, Atom, Block, Const, For, If, Scalar, Slice, Store, Var, While, dims_of
from gradgen.ir.linear import Form
from gradgen.ir.walk import block_params, blocks, statements, targets
from gradgen.rules import sizes
from gradgen.rules.indexing import completed
from gradgen.rules.whole_numbers import Definitions, in_range

Loop = For | While
Stack = tuple[Loop, ...]  # the loops around a statement, outermost first
Tests = tuple[tuple[Atom, bool], ...]  # the tests around a statement, and whether they hold there
Range = tuple[Form | None, Form | None]  # the first and the last place along an axis, where they are known


def standing(loop: Loop, made: Definitions) -> dict[Var, Assign]:
    """The readings in `loop` of what is still there after it, and the values that are stored and still there, as
    readings of its results; and those of what was there before it, as readings of what it starts with.

    `made`: by version, what made the values of the program.
    """
    found: dict[Var, Assign] = {}
    going = zip(loop.inits, loop.carried, loop.body.yields, loop.results, strict=True)
    for init, carried, end, result in going:
        if isinstance(carried.type, Array):
            history = _history(loop, carried, end)
            if history is not None:
                checker = _Checker(loop, history, made)
                for s, stack, tests in _readings(loop.body, (loop,), (), history):
                    if checker.stands(s, stack, tests):
                        found[s.target] = replace(s, args=(result, *s.args[1:]))
                    elif _reads_much(s, stack, init) and checker.stood(s, stack, tests):
                        found[s.target] = replace(s, args=(init, *s.args[1:]))
    return found


def _reads_much(read: Assign, stack: Stack, array: Atom) -> bool:
    """Whether the readings take more memory than the array."""
    type = array.type
    assert isinstance(type, Array)
    return isinstance(read.target.type, Array) or len(stack) > type.ndim


@dataclass
class _History:
    """The stores to an array, in the order of the text, and its versions, each with the number of stores before it."""

    stores: list[tuple[Store, Stack]]
    versions: dict[Var, tuple[Stack, int]]


def _history(loop: Loop, carried: Var, end: Atom) -> _History | None:
    history = _History([], {})
    return history if _go_back(loop.body, carried, end, (loop,), history) else None


def _go_back(block: Block, start: Atom, end: Atom, stack: Stack, history: _History) -> bool:
    """Note what happens to the array from `start`, before the block, to `end`; whether it is one array all the way."""
    steps, version = _steps(block, end)
    if version != start or not isinstance(version, Var):
        return False
    history.versions.setdefault(version, (stack, len(history.stores)))
    for s, after in reversed(steps):
        if isinstance(s, Store):
            history.stores.append((s, stack))
        else:
            k = s.results.index(after)
            inner = (*stack, s) if isinstance(s, For | While) else stack
            first = s.carried[k] if isinstance(s, For | While) else _steps(s.then, s.then.yields[k])[1]
            sides = (s.then, s.orelse) if isinstance(s, If) else (s.body,)
            if not all(_go_back(side, first, side.yields[k], inner, history) for side in sides):
                return False
        history.versions[after] = stack, len(history.stores)
    return True


Step = tuple[Store | For | While | If, Var]  # and the version that it makes


def _steps(block: Block, end: Atom) -> tuple[list[Step], Atom]:
    """What in a block makes the version `end` of an array, last first, and the version from before the block."""
    made = {target: s for s in block.statements if isinstance(s, Store | For | While | If) for target in targets(s)}
    steps: list[Step] = []
    while isinstance(end, Var) and end in made:
        s = made[end]
        steps.append((s, end))
        if isinstance(s, Store):
            end = s.array
        elif isinstance(s, If):
            end = _steps(s.then, s.then.yields[s.results.index(end)])[1]
        else:
            end = s.inits[s.results.index(end)]
    return steps, end


def _readings(block: Block, stack: Stack, tests: Tests, history: _History) -> Iterator[tuple[Assign, Stack, Tests]]:
    """Of what is stored, one that could be made at once after the store."""
    made: set[Var] = set()
    for s in block.statements:
        if isinstance(s, Assign) and s.op == "getitem" and s.args[0] in history.versions:
            yield s, stack, tests
        elif isinstance(s, Assign):
            made.add(s.target)
        elif isinstance(s, Store) and s.target in history.versions and _sets_element(s):
            value = s.value
            if isinstance(value, Var) and value in made:
                yield Assign(value, "getitem", (s.target, *s.operands), (("index", s.index),)), stack, tests
        for inner in blocks(s):
            around = (*stack, s) if isinstance(s, For | While) else stack
            told = (*tests, (s.test, inner is s.then)) if isinstance(s, If) else tests
            yield from _readings(inner, around, told, history)


def _sets_element(s: Store) -> bool:
    value, array = s.value.type, s.array.type
    if not (isinstance(value, Scalar) and isinstance(array, Array) and value.dtype == array.dtype):
        return False
    numbers = all(isinstance(one, At | int) for one in s.index) and all(
        isinstance(one.type, Scalar) for one in s.operands
    )
    return s.mode == "set" and numbers and len(s.index) == len(array.dims)


class _Checker:
    """Whether places of one array are stored to after they are read, or before."""

    def __init__(self, loop: Loop, history: _History, made: Definitions):
        self.history = history
        inside = [loop, *statements(loop.body)]
        self.inside = {var for s in inside for var in block_params(s)}
        self.inside.update(var for s in inside[1:] for var in targets(s))
        self.sides = {side: Numbers(made, name=partial(self.name, side)) for side in ("read", "store")}
        self.sides["store"].least = self.sides["read"].least

    def name(self, side: str, var: Var) -> Hashable:
        """What a loop makes anew each time is something else where it is read than where it is stored."""
        return var, side if var in self.inside else ""

    def stands(self, read: Assign, stack: Stack, tests: Tests) -> bool:
        """Whether nothing is stored there later."""
        return self.alone(read, stack, tests, later=True)

    def stood(self, read: Assign, stack: Stack, tests: Tests) -> bool:
        """Whether nothing has been stored there before."""
        return self.alone(read, stack, tests, later=False)

    def alone(self, read: Assign, stack: Stack, tests: Tests, later: bool) -> bool:
        version = read.args[0]
        assert isinstance(version, Var)
        around, count = self.history.versions[version]
        facts = self.bounds(stack, "read")
        for test, holds in tests:
            facts += self.sides["read"].told(test, holds, facts)
        here = self.place(read.param("index"), read.args[1:], version, facts, "read")
        return all(
            self.apart(here, facts, store, store_stack, order)
            for number, (store, store_stack) in enumerate(self.history.stores)
            for order in self.orders(around, store_stack, later, (number >= count) == later)
        )

    def orders(self, read: Stack, store: Stack, later: bool, same: bool) -> Iterator[list[Form]]:
        """The ways in which the store can come after the reading: in a later iteration of some loop around both, or,
        if `same`, in the same of all; or, if not `later`, before it."""
        alike: list[Form] = []
        for one, other in zip(read, store, strict=False):
            if one is not other:
                break
            if isinstance(one, While):
                yield list(alike)
                continue
            by = self.step(one) if later else -self.step(one)
            forward = self.sides["store"].form(one.index) - self.sides["read"].form(one.index)
            yield [*alike, forward * by - 1] if by else list(alike)
            alike += [forward, forward * -1]
        if same:
            yield alike

    def step(self, loop: For) -> int:
        """1 where the index grows from one iteration to the next, -1 where it falls, 0 where that is not known."""
        step = loop.step.value if isinstance(loop.step, Const) else 0
        assert isinstance(step, int)
        sign = (step > 0) - (step < 0)
        return -sign if loop.backward else sign

    def apart(self, here: list[Range], known: list[Form], store: Store, stack: Stack, order: list[Form]) -> bool:
        bounds = self.bounds(stack, "store")
        there = self.place(store.index, store.operands, store.array, bounds, "store")
        facts = [*order, *known, *bounds]
        for ranges in zip(here, there, strict=True):
            facts += [
                last - first for first, _ in ranges for _, last in ranges if first is not None and last is not None
            ]
        return self.sides["read"].impossible(facts)

    def bounds(self, stack: Stack, side: str) -> list[Form]:
        """The ranges of the loops' indices."""
        form = self.sides[side].form
        loops = [loop for loop in stack if isinstance(loop, For)]
        return [
            fact for loop in loops for fact in in_range(form(loop.index), form(loop.start), form(loop.stop), loop.step)
        ]

    def place(self, index: tuple, operands: tuple[Atom, ...], array: Atom, facts: list[Form], side: str) -> list[Range]:
        """For each axis what the index names of it, or more."""
        dims = dims_of(array.type)
        if any(isinstance(atom.type, Array) for atom in operands):
            return [(None, None)] * len(dims)
        entries = [entry for entry in completed(index, operands, len(dims)) if entry is not None]
        numbers = self.sides[side]

        def known(bound: Any, size: Form | None) -> Form | None:
            """Where a bound points to, be it counted from the start or from the end."""
            atom = operands[bound.operand] if isinstance(bound, At) else None
            form = Form({}, bound) if atom is None else numbers.form(atom)
            if numbers.impossible([*facts, form * -1 - 1]):
                return form
            return form + size if size is not None and numbers.impossible([*facts, form]) else None

        found: list[Range] = []
        for entry, dim in zip(entries, dims, strict=True):
            size = None if sizes.is_derived(dim) else numbers.size(dim)
            if not isinstance(entry, Slice):
                at = known(entry, size)
                found.append((at, at))
                continue
            forwards = entry.step is None or (isinstance(entry.step, int) and entry.step > 0)
            first = known(entry.start, size) if forwards and entry.start is not None else None
            stop = known(entry.stop, size) if forwards and entry.stop is not None else None
            end = size if stop is None else stop
            found.append((Form({}) if first is None else first, None if end is None else end - 1))
        return found
