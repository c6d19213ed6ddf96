"""Activity: which values carry a derivative from the differentiated parameters to the results.

A value is *varied* if it depends differentiably on one of the parameters, *useful* if one of the
results depends differentiably on it, and *active* if both. Only active values have adjoints. What cancels
(see `cancelling`) is not active either.

Loops, slots and recursive calls are solved by iterating until nothing is added.
"""

from __future__ import annotations

from collections.abc import Iterable

from gradgen.analyse.cancelling import cancelling
from gradgen.ir import (
    Accumulate,
    Assign,
    Atom,
    Block,
    Call,
    For,
    Function,
    If,
    Load,
    Save,
    Slot,
    Statement,
    Store,
    Var,
    While,
    is_float,
)
from gradgen.rules.table import RULES


def active(function: Function, wrt: Iterable[Var], results: Iterable[Atom]) -> frozenset[Var]:
    """The active variables of `function`, differentiating `results` by `wrt`."""
    wrt, results = tuple(wrt), tuple(results)
    marks = between(function, wrt, results)
    gone = cancelling(function, marks, results)
    return between(function, wrt, results, gone) if gone else marks


def between(
    function: Function, wrt: Iterable[Var], results: Iterable[Atom], without: frozenset[Var] = frozenset()
) -> frozenset[Var]:
    """The variables through which the results depend on `wrt`, where nothing goes through those in `without`."""
    varied = _Flow(True, without)
    varied.close(function.body, wrt)
    useful = _Flow(False, without)
    useful.close(function.body, [atom for atom in results if isinstance(atom, Var)])
    return frozenset(mark for mark in varied.marked & useful.marked if isinstance(mark, Var))


def differentiable_args(statement: Assign) -> tuple[Atom, ...]:
    """The arguments on which the result depends differentiably, as far as kinds and types tell."""
    if RULES[statement.op].kind == "constant" or not is_float(statement.target.type):
        return ()
    args = statement.args
    if statement.op == "where":
        args = args[1:]
    return tuple(arg for arg in args if is_float(arg.type))


class _Flow:
    """Marks variables along, or against, the direction in which values flow."""

    def __init__(self, forward: bool, without: frozenset[Var]):
        self.forward, self.without = forward, without
        self.marked: set[Var | Slot] = set()
        self.changed = True

    def close(self, body: Block, seeds: Iterable[Var]) -> None:
        self.marked.update(seed for seed in seeds if is_float(seed.type))
        while self.changed:
            self.changed = False
            self.block(body)

    def block(self, block: Block) -> None:
        for statement in block.statements if self.forward else reversed(block.statements):
            self.statement(statement)

    def edge(self, source: Atom | Slot, target: Atom | Slot) -> None:
        start, end = (source, target) if self.forward else (target, source)
        if start in self.marked and end not in self.marked and isinstance(end, Var | Slot) and is_float(end.type):
            if end in self.without:
                return
            self.marked.add(end)
            self.changed = True

    def edges(self, sources: Iterable[Atom], targets: Iterable[Atom]) -> None:
        for source, target in zip(sources, targets, strict=True):
            self.edge(source, target)

    def statement(self, s: Statement) -> None:
        match s:
            case Assign():
                for arg in differentiable_args(s):
                    self.edge(arg, s.target)
            case Accumulate():
                self.edge(s.prior, s.target)
                self.edge(s.value, s.target)
            case Store():
                self.edge(s.array, s.target)
                self.edge(s.value, s.target)
            case If():
                self.branches(s)
            case For() | While():
                self.loop(s)
            case Save():
                self.edge(s.value, s.slot)
            case Load():
                self.edge(s.slot, s.target)
            case Call():
                for arg in s.args:
                    for target in s.targets:
                        self.edge(arg, target)

    def branches(self, s: If) -> None:
        for branch in (s.then, s.orelse):
            if self.forward:
                self.block(branch)
            self.edges(branch.yields, s.results)
            if not self.forward:
                self.block(branch)

    def loop(self, s: For | While) -> None:
        def hand_on() -> None:
            self.edges(s.inits, s.carried)
            self.edges(s.body.yields, s.carried)
            self.edges(s.body.yields, s.results)
            self.edges(s.inits, s.results)

        hand_on()
        self.block(s.body)
        hand_on()
