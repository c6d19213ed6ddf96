"""Liveness: what is still read after each step of a function, and which variables cannot share a name.

A function is laid out as the text will run it: a list of *steps*, each with what it reads, what it
writes and which steps may come next. Values that an `If` or a loop hands on appear as writes of
their own (`carried` takes `inits`, then `yields`; `results` take `carried`), all of one hand-over at
once. A backward pass over the steps then says what is live after each.

`reads` says which variables stand behind an atom, `written` whether a statement has a line of its own, and
`writes` what that line gives values to: the writer folds some values into the expressions that read them, and
what those read is read there; and it unpacks tuples where they are made.

>>> from gradgen.ir import FLOAT, Assign, Block, Function, Var
>>> x, y, z = (Var(name, k, FLOAT) for k, name in enumerate("xyz"))
>>> f = Function("f", (x,), Block((Assign(y, "exp", (x,)), Assign(z, "mul", (x, y))), (z,)))
>>> flow = liveness(f)
>>> sorted(v.name for v in flow.live_after(f.body.statements[0]))
['x', 'y']
>>> flow.interfere(x, y), flow.interfere(x, z)
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    For,
    Function,
    If,
    ListOf,
    Statement,
    Store,
    Undefined,
    Var,
    While,
)
from gradgen.ir.walk import operands, targets

LIST_UPDATES = ("append", "extend", "shorten")


@dataclass(slots=True)
class Step:
    """`same[k]`: the variable of which `writes[k]` becomes a copy, if any. `early`: writes come before reads."""

    reads: list[Var] = field(default_factory=list)
    writes: list[Var] = field(default_factory=list)
    same: list[Var | None] = field(default_factory=list)
    early: list[Var] = field(default_factory=list)
    ends: list[Var] = field(default_factory=list)  # written without a value: what they held is not read later
    next: list[int] = field(default_factory=list)


class Flow:
    """The result: live variables and interference, both as bits in integers.

    `conflicts[a]` has the bit of b where b is live when a is written; they interfere if a has b's, or b has a's.
    """

    def __init__(self, steps: list[Step], at: dict[int, int]):
        self.steps, self.at = steps, at
        self.number: dict[Var, int] = {}
        for step in steps:
            for var in (*step.reads, *step.writes, *step.ends):
                self.number.setdefault(var, len(self.number))
        self.variables = list(self.number)
        self.live = self._solve()
        self.conflicts = self._conflicts()

    def bits(self, variables: Iterable[Var]) -> int:
        mask = 0
        for var in variables:
            mask |= 1 << self.number[var]
        return mask

    def members(self, mask: int) -> Iterator[Var]:
        while mask:
            low = mask & -mask
            yield self.variables[low.bit_length() - 1]
            mask ^= low

    def live_after(self, statement: Statement) -> Iterator[Var]:
        """What is live after the statement's own step (for an `If` or loop: after its test or inits)."""
        return self.members(self.live[self.at[id(statement)]])

    def separate(self, copies: Iterable[Var]) -> None:
        """These are written as copies, in memory of their own, and may be changed apart from what they copy."""
        apart = set(copies)
        for step in self.steps if apart else ():
            step.same = [None if var in apart else source for var, source in zip(step.writes, step.same, strict=True)]
        self.conflicts = self._conflicts() if apart else self.conflicts

    def interfere(self, a: Var, b: Var) -> bool:
        one, other = self.number[a], self.number[b]
        return bool(self.conflicts[one] >> other & 1 or self.conflicts[other] >> one & 1)

    def _solve(self) -> list[int]:
        reads = [self.bits(step.reads) for step in self.steps]
        keeps = [~self.bits((*step.writes, *step.ends)) for step in self.steps]
        before, after = [0] * len(self.steps), [0] * len(self.steps)
        changed = True
        while changed:
            changed = False
            for k in range(len(self.steps) - 1, -1, -1):
                out = 0
                for successor in self.steps[k].next:
                    out |= before[successor]
                entry = reads[k] | (out & keeps[k])
                changed = changed or entry != before[k] or out != after[k]
                before[k], after[k] = entry, out
        return after

    def _conflicts(self) -> list[int]:
        """For each variable what must keep its name when this one is written. (Going over pairs takes too long.)"""
        conflicts = [0] * len(self.variables)
        for step, live in zip(self.steps, self.live, strict=True):
            together = self.bits(step.writes)
            for var, source in zip(step.writes, step.same, strict=True):
                others = live | self.bits(step.early)
                if source is not None:
                    others &= ~self.bits((source,))
                conflicts[self.number[var]] |= (others | together) & ~self.bits((var,))
        return conflicts


def liveness(
    function: Function,
    reads: Callable[[Atom], Iterable[Var]] | None = None,
    written: Callable[[Statement], bool] | None = None,
    writes: Callable[[Statement], tuple[Var, ...]] = targets,
) -> Flow:
    layout = _Layout(reads or _itself, written or (lambda statement: True), writes)
    layout.step(writes=function.params)
    layout.block(function.body)
    layout.step(reads=function.body.yields)
    layout.steps[-1].next.clear()
    return Flow(layout.steps, layout.at)


def _itself(atom: Atom) -> tuple[Var, ...]:
    return (atom,) if isinstance(atom, Var) else ()


class _Layout:
    def __init__(
        self,
        reads: Callable[[Atom], Iterable[Var]],
        written: Callable[[Statement], bool],
        writes: Callable[[Statement], tuple[Var, ...]],
    ):
        self.reads, self.written, self.writes = reads, written, writes
        self.steps: list[Step] = []
        self.at: dict[int, int] = {}  # by id(statement)

    def step(self, reads: Iterable[Atom] = (), writes: Iterable[Var] = (), statement: Statement | None = None) -> Step:
        """Append a step that goes on to the next one."""
        made = Step([var for atom in reads for var in self.reads(atom)], list(writes))
        made.same = [None] * len(made.writes)
        made.next.append(len(self.steps) + 1)
        if statement is not None:
            self.at[id(statement)] = len(self.steps)
        self.steps.append(made)
        return made

    def hand_over(self, to: Iterable[Var], sources: Iterable[Atom]) -> Step:
        made = self.step()
        for target, source in zip(to, sources, strict=True):
            if isinstance(source, Undefined):
                made.ends.append(target)
                continue
            behind = list(self.reads(source))
            made.reads += behind
            made.writes.append(target)
            made.same.append(source if behind == [source] and isinstance(source, Var) else None)
        return made

    def block(self, block: Block) -> None:
        for statement in block.statements:
            if self.written(statement):
                self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case If():
                self.branches(s)
            case For() | While():
                self.loop(s)
            case Store():
                made = self.step(operands(s), (s.target,), s)
                made.early = [v for atom in (*s.operands, s.value) for v in self.reads(atom) if v != s.array]
            case Accumulate(target=Var(type=Array() | ListOf())):
                made = self.step(operands(s), (s.target,), s)
                made.early = [v for v in self.reads(s.value) if v != s.prior]
            case Assign(op="identity", args=(Var() as source,)) if list(self.reads(source)) == [source]:
                self.step((source,), (s.target,), s).same = [source]
            case Assign() if s.op in LIST_UPDATES:
                made = self.step(s.args, (s.target,), s)
                made.early = [v for atom in s.args[1:] for v in self.reads(atom) if v != s.args[0]]
            case _:
                self.step(operands(s), self.writes(s), s)

    def branches(self, s: If) -> None:
        test = self.step((s.test,), (), s)
        self.block(s.then)
        end = self.hand_over(s.results, s.then.yields)
        test.next.append(len(self.steps))
        self.block(s.orelse)
        self.hand_over(s.results, s.orelse.yields)
        end.next[:] = [len(self.steps)]
        self.step()

    def loop(self, s: For | While) -> None:
        counter = [s.trips] if s.trips else []
        self.at[id(s)] = len(self.steps)
        self.step((), counter)
        self.hand_over(s.carried, s.inits)
        if isinstance(s, For):
            self.step((s.start, s.stop, s.step))
        head = len(self.steps)
        if isinstance(s, While):
            self.block(s.test)
            test = self.step(s.test.yields)
            self.step(counter, counter)
        else:
            test = self.step()
            self.step(counter, (s.index, *counter))
        self.block(s.body)
        self.hand_over(s.carried, s.body.yields)
        end = self.step(() if s.leave is None else (s.leave,))
        end.next[:] = [head] if s.leave is None else [head, len(self.steps)]
        test.next.append(len(self.steps))
        self.hand_over(s.results, s.carried)
