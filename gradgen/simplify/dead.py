"""What nobody reads goes: operations, results of branches, what loops carry, what is saved.

Needed is what the results of the function, its effects, and the tests of what is needed read, at any
remove. A value that a loop carries is needed if it is read after the loop, or in an iteration by
something needed.

>>> from gradgen.ir import FLOAT, INT, Assign, Block, Const, For, Function, Program, Var, show
>>> x, n, i = Var("x", 0, FLOAT), Var("n", 1, INT), Var("i", 2, INT)
>>> (s0, s1, s2), (y0, y1, y2) = (Var("s", k, FLOAT) for k in (3, 4, 5)), (Var("y", k, FLOAT) for k in (6, 7, 8))
>>> zero, one = Const(0, INT), Const(1, INT)
>>> body = Block((Assign(s1, "add", (s0, x)), Assign(y1, "exp", (y0,))), (s1, y1))
>>> loop = For(i, zero, n, one, (s0, y0), (x, x), body, (s2, y2))
>>> before = Program((Function("f", (x, n), Block((loop,), (s2,))),))
>>> print(show(before.entry))
f(x.0, n.1):
  s.5 y.8 = for i.2 in 0:n.1:1 with s.3=x.0, y.6=x.0:
    s.4 = add s.3 x.0
    y.7 = exp y.6
    yield s.4 y.7
  yield s.5
>>> print(show(remove_dead(before).entry))
f(x.0, n.1):
  s.5 = for i.2 in 0:n.1:1 with s.3=x.0:
    s.4 = add s.3 x.0
    yield s.4
  yield s.5
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradgen.ir import (
    Atom,
    Block,
    Call,
    Effect,
    For,
    Function,
    If,
    Load,
    Open,
    Program,
    Save,
    Slot,
    Statement,
    Var,
    While,
)
from gradgen.ir.walk import blocks, operands, statements, targets
from gradgen.simplify.unchanging import selected


def remove_dead(program: Program) -> Program:
    """Functions that are not called any more go, too; the first, and the backward of a first forward, are called."""
    effectful = _effectful(program)
    functions = [_in_function(function, effectful) for function in program.functions]
    entries = 2 if program.entry.role == "forward" and len(functions) > 1 and functions[1].role == "backward" else 1
    called = _called(functions, entries)
    return Program(tuple(f for k, f in enumerate(functions) if k < entries or f.name in called))


def _effectful(program: Program) -> set[str]:
    """The functions that print, raise or assert, or call one that does."""
    found: set[str] = set()
    while True:
        more = {
            function.name
            for function in program.functions
            for s in statements(function.body)
            if isinstance(s, Effect) or (isinstance(s, Call) and s.function in found)
        }
        if more <= found:
            return found
        found |= more


def _called(functions: list[Function], entries: int) -> set[str]:
    by_name = {function.name: function for function in functions}
    found: set[str] = set()
    waiting = [function.name for function in functions[:entries]]
    while waiting:
        for s in statements(by_name[waiting.pop()].body):
            if isinstance(s, Call) and s.function not in found:
                found.add(s.function)
                waiting.append(s.function)
    return found


def _in_function(function: Function, effectful: set[str]) -> Function:
    needs = _Needs(function, effectful)
    return replace(function, body=needs.pruned(function.body))


class _Needs:
    """Which variables, slots and statements are needed: marked until nothing is added."""

    def __init__(self, function: Function, effectful: set[str]):
        self.effectful = effectful
        self.needed: set[Var | Slot] = set(function.slots_out)
        self.changed = True
        self.read(function.body.yields)
        while self.changed:
            self.changed = False
            self.mark(function.body)

    def read(self, atoms: Iterable[Atom | Slot]) -> None:
        for atom in atoms:
            if isinstance(atom, Var | Slot) and atom not in self.needed:
                self.needed.add(atom)
                self.changed = True

    def is_needed(self, s: Statement) -> bool:
        match s:
            case Effect():
                return True
            case Open() | Save() | Load() if s.slot in self.needed:
                return True
            case Open() | Save():
                return False
            case Call() if s.function in self.effectful:
                return True
        if any(target in self.needed for target in targets(s)):
            return True
        return any(self.is_needed(inner) for block in blocks(s) for inner in block.statements)

    def mark(self, block: Block) -> None:
        for s in reversed(block.statements):
            if self.is_needed(s):
                match s:
                    case If():
                        self.branches(s)
                    case For() | While():
                        self.loop(s)
                    case _:
                        self.simple(s)

    def simple(self, s: Statement) -> None:
        self.read(operands(s))
        if isinstance(s, Load):
            self.read((s.slot,))

    def branches(self, s: If) -> None:
        self.read((s.test,))
        for branch in (s.then, s.orelse):
            self.read(value for value, result in zip(branch.yields, s.results, strict=True) if result in self.needed)
            self.mark(branch)

    def loop(self, s: For | While) -> None:
        if isinstance(s, For):
            self.read((s.start, s.stop, s.step))
        else:
            self.read(s.test.yields)
            self.mark(s.test)
        if s.leave is not None:
            self.read((s.leave,))
        before = -1
        while before != (before := len(self.needed)):
            for carried, init, given, result in zip(s.carried, s.inits, s.body.yields, s.results, strict=True):
                if carried in self.needed or result in self.needed:
                    self.read((carried, init, given))
            self.mark(s.body)
            if isinstance(s, While):
                self.mark(s.test)

    # What is left

    def pruned(self, block: Block) -> Block:
        return Block(tuple(self.pruned_statement(s) for s in block.statements if self.is_needed(s)), block.yields)

    def pruned_statement(self, s: Statement) -> Statement:
        match s:
            case If():
                s = replace(s, then=self.pruned(s.then), orelse=self.pruned(s.orelse))
                return selected(s, [result in self.needed for result in s.results])
            case For() | While():
                s = replace(s, body=self.pruned(s.body), trips=s.trips if s.trips in self.needed else None)
                if isinstance(s, While):
                    s = replace(s, test=self.pruned(s.test))
                return selected(
                    s, [c in self.needed or r in self.needed for c, r in zip(s.carried, s.results, strict=True)]
                )
        return s
