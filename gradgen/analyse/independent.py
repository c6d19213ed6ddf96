"""Loops whose iterations do not need one another: what they carry they only add to, or write at places of their own.

Such a loop keeps nothing for backward, which runs an iteration again and goes through it at once, in any order.

>>> from gradgen.ir import FLOAT, INT, Accumulate, Assign, Block, Const, For, Var
>>> s, e, t, i, r = (Var(name, k, FLOAT) for k, name in enumerate("setir"))
>>> def loop(*body):
...     return For(i, Const(0, INT), Const(9, INT), Const(1, INT), (s,), (s,), Block(body, (t,)), (r,))
>>> independent(loop(Assign(e, "exp", (Const(2.0, FLOAT),)), Accumulate(t, s, e)), frozenset())
True
>>> independent(loop(Assign(e, "exp", (s,)), Accumulate(t, s, e)), frozenset())
False

Numbers without an adjoint may go along, where they are cheap to have again: an alternating sign is carried by
the loop that backward runs, in the same order.

>>> independent(loop(Assign(t, "neg", (s,))), frozenset()), independent(loop(Assign(t, "neg", (s,))), {r})
(True, False)

Does not know of an element that is read in the iteration that wrote it: such a loop counts as one that needs its past.
"""

from __future__ import annotations

from collections.abc import Collection, Set

from gradgen.analyse.keep import is_cheap
from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Call,
    Const,
    Effect,
    For,
    If,
    Load,
    Open,
    Save,
    Scalar,
    Slice,
    Statement,
    Store,
    Undefined,
    Var,
    While,
    dims_of,
    is_bool,
)
from gradgen.ir.walk import blocks, operands, statement_free, statements, targets

# What gives something else when it is run again.
UNREPEATABLE = ("generator",)


def independent(loop: For, active: Set[Var]) -> bool:
    """Whether the iterations of `loop` can be run again one by one, in any order; `active`: what has an adjoint."""
    if loop.leave is not None or not all(repeatable(s) for s in statements(loop.body)):
        return False
    return all(_apart(loop, k, active) for k in range(len(loop.carried)))


def repeatable(s: Statement) -> bool:
    if isinstance(s, Assign):
        return s.op not in UNREPEATABLE
    return not isinstance(s, Save | Load | Open | Call | Effect)


def _apart(loop: For, k: int, active: Set[Var]) -> bool:
    """Whether no iteration needs what the k-th carried value was made of in others."""
    start, first, end, result = loop.carried[k], loop.inits[k], loop.body.yields[k], loop.results[k]
    if result not in active:
        return _uses(loop.body, start) == 0 or _adds_up(loop.body, start, end, None) or along(loop, k, active)
    same = not isinstance(first, Undefined) and _alike(first, start) and _alike(start, result)
    place = loop.index if _natural(loop) else None
    return same and _adds_up(loop.body, start, end, place)


def sets_once(loop: For, k: int) -> bool:
    """Whether an iteration of a loop that is independent sets no element of the k-th carried array twice."""
    chain = Chain(loop.index)
    return chain.leads(loop.body, loop.carried[k], loop.body.yields[k]) and chain.stores <= 1


def along(loop: For, k: int, active: Set[Var]) -> bool:
    """Whether the k-th carried value is a number without an adjoint that is soon had again."""
    start, first, end = loop.carried[k], loop.inits[k], loop.body.yields[k]
    number = isinstance(end.type, Scalar) and not isinstance(first, Undefined) and _alike(start, end)
    if not number or not active.isdisjoint({start, end, loop.results[k]}):
        return False
    return _sources(loop.body, {end}) is not None


def _sources(block: Block, wanted: Set[Atom]) -> set[Atom] | None:
    """What the values `wanted` of a block are made of before it, if cheap operations on numbers make them."""
    found = set(wanted)
    for s in reversed(block.statements):
        made = found.intersection(targets(s))
        if isinstance(s, If) and made:
            found.add(s.test)
            for side in (s.then, s.orelse):
                before = _sources(side, {side.yields[s.results.index(v)] for v in made})
                if before is None:
                    return None
                found |= before
        elif isinstance(s, Assign) and made and is_cheap(s):
            found.update(s.args)
        elif made:
            return None
    return found


def _alike(a: Atom, b: Atom) -> bool:
    kinds = Scalar, Array
    same = isinstance(a.type, kinds) and isinstance(b.type, kinds) and a.type.dtype == b.type.dtype
    return same and dims_of(a.type) == dims_of(b.type)


def _natural(loop: For) -> bool:
    """Whether the index is never negative: -1 would be a second name for the last place."""
    if not isinstance(loop.step, Const) or not isinstance(loop.step.value, int):
        return False
    bound, least = (loop.start, 0) if loop.step.value > 0 else (loop.stop, -1)
    return isinstance(bound, Const) and isinstance(bound.value, int) and bound.value >= least


def _adds_up(body: Block, start: Var, end: Atom, place: Var | None) -> bool:
    """Whether `end` is `start` with values added, or with elements set at `place`, and nothing else reads it.

    `place`: the loop's index, if elements may be set where it is the position along some axis.
    """
    chain = Chain(place)
    return chain.leads(body, start, end) and len(chain.ways) <= 1


class Chain:
    """What becomes of a value, statement by statement. `ways`: "add", the axis along which elements are set, or which
    of the operations `folds`, as they are spelled, of which it is one argument. `stores`: how often an element may be
    set."""

    def __init__(self, place: Var | None, folds: Collection[tuple[str, str]] = ()):
        self.place, self.folds = place, folds
        self.ways: set[str | int] = set()
        self.stores = 0

    def leads(self, block: Block, start: Var, end: Atom) -> bool:
        current, past = start, set[Var]()
        for s in block.statements:
            read = {*operands(s), *statement_free(s)}
            if not past.isdisjoint(read):
                return False
            if current in read:
                following = self.next(s, current)
                if following is None or not _alike(current, following):
                    return False
                past.add(current)
                current = following
        return current == end and block.yields.count(current) == 1 and past.isdisjoint(block.yields)

    def next(self, s: Statement, current: Var) -> Var | None:
        """What `current` becomes in a statement that changes it and does nothing else with it."""
        if sum(atom == current for atom in operands(s)) > 1:
            return None
        match s:
            case Accumulate():
                return self.added(s.target) if s.prior == current else None
            case Assign() if s.op == "add" or (s.op == "sub" and s.args[0] == current):
                return self.added(s.target)
            case Assign() if (s.op, s.spelling) in self.folds:
                self.ways.add(s.op)
                return s.target
            case Store() if s.array == current:
                return self.stored(s)
            case For() if s.leave is None and current in s.inits and current not in statement_free(s):
                return self.repeated(s, s.inits.index(current))
            case If() if s.test != current:
                return self.chosen(s, current)
        return None

    def added(self, target: Var) -> Var:
        self.ways.add("add")
        return target

    def stored(self, s: Store) -> Var | None:
        if s.mode == "add":
            return self.added(s.target)
        axes = [
            k for k, entry in enumerate(s.index) if isinstance(entry, At) and s.operands[entry.operand] == self.place
        ]
        if not axes or not all(_is_one_axis(entry, s) for entry in s.index[: axes[0]]):
            return None
        self.ways.add(axes[0])
        self.stores += 1
        return s.target

    def repeated(self, s: For, k: int) -> Var | None:
        """What a loop inside makes of it. Where places are not each iteration's own, one may be set twice."""
        before, own = self.stores, Chain(s.index if _natural(s) else None)
        if not self.leads(s.body, s.carried[k], s.body.yields[k]):
            return None
        if self.stores > before and not (own.leads(s.body, s.carried[k], s.body.yields[k]) and len(own.ways) == 1):
            self.stores += 1
        return s.results[k]

    def chosen(self, s: If, current: Var) -> Var | None:
        before = self.stores
        for k, result in enumerate(s.results):
            counts = []
            for branch in (s.then, s.orelse):
                self.stores = before
                if self.leads(branch, current, branch.yields[k]):
                    counts.append(self.stores)
            if len(counts) == 2:
                self.stores = max(counts)
                return result
        return None


def _is_one_axis(entry: object, s: Store) -> bool:
    """Whether an entry of a store's index is for one axis: a mask may be for several."""
    if isinstance(entry, At):
        return not is_bool(s.operands[entry.operand].type)
    return isinstance(entry, int | Slice)


def _uses(block: Block, var: Var) -> int:
    """How often a block reads a variable, at any depth."""
    found = block.yields.count(var)
    for s in block.statements:
        found += operands(s).count(var)
        if isinstance(s, For | While) and s.leave == var:
            found += 1
        found += sum(_uses(inner, var) for inner in blocks(s))
    return found
