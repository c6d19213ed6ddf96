"""Names that may have no value where they are read: a truth value beside each says whether it has one.

Python raises there. A text does so by itself where nothing stands for the missing value; but backward's placeholders
do (see `undefined`), and Numba never notices. So what is read in some branch or iteration only is asked for first,
unless the test of that branch is the one under which the name was assigned.

Does not look at reads that always happen, except for Numba, nor at the tests of `while`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradgen.differentiate.undefined import handed_over
from gradgen.ir import (
    BOOL,
    Assign,
    Atom,
    Block,
    Const,
    Effect,
    For,
    Function,
    If,
    Program,
    Statement,
    Undefined,
    Var,
    While,
)
from gradgen.ir.walk import operands, statements
from gradgen.rules.build import Builder, builder_after, constant_atom

TRUE, FALSE = constant_atom(True), constant_atom(False)
Key = object


def ask_for_values(program: Program, everywhere: bool = False) -> Program:
    """`everywhere`: also for reads that always happen."""
    builder = builder_after(program)
    return replace(program, functions=tuple(_Pass(function, builder).run(everywhere) for function in program.functions))


class _Pass:
    def __init__(self, function: Function, builder: Builder):
        self.function, self.builder = function, builder
        self.sources = dict(handed_over(function.body.statements))
        self.made = {s.target: s for s in statements(function.body) if isinstance(s, Assign)}
        self.lacking = self._lacking()
        self.when = dict(_assigned_when(function.body, self.lacking))
        self.flags: dict[Atom, Atom] = {}
        self.needed: set[Atom] = set()

    def run(self, everywhere: bool) -> Function:
        if not self.lacking:
            return self.function
        self._collect(self.function.body, frozenset(), everywhere)
        waiting = list(self.needed)
        while waiting:
            more = {atom for atom in self.sources.get(waiting.pop(), ()) if atom in self.lacking} - self.needed
            self.needed |= more
            waiting += more
        if not self.needed:
            return self.function
        return replace(self.function, body=self._block(self.function.body, frozenset(), everywhere, frozenset()))

    def _lacking(self) -> set[Atom]:
        """The variables that have no value on some path."""
        found: set[Atom] = set()
        while True:
            more = {
                var
                for var, given in self.sources.items()
                if var not in found and any(isinstance(one, Undefined) or one in found for one in given)
            }
            if not more:
                return found
            found |= more

    # What is read

    def _unsure(self, s: Statement, known: frozenset[Key]) -> list[Var]:
        """What `s` reads that may have no value there. `known`: the tests that hold."""
        given = () if isinstance(s, For | While) else operands(s)
        read = [atom for atom in given if isinstance(atom, Var) and atom in self.lacking]
        return [var for var in dict.fromkeys(read) if not known & {self._key(test) for test in self.when.get(var, ())}]

    def _collect(self, block: Block, known: frozenset[Key], ask: bool) -> None:
        for s in block.statements:
            if ask:
                self.needed.update(self._unsure(s, known))
            for inner, tests in self._inside(s, known):
                self._collect(inner, tests, True)

    def _inside(self, s: Statement, known: frozenset[Key]) -> list[tuple[Block, frozenset[Key]]]:
        match s:
            case If():
                return [(s.then, known | {self._key(s.test)}), (s.orelse, known)]
            case For() | While():
                return [(s.body, known)]
        return []

    def _key(self, test: object) -> Key:
        """The same for tests that are the same operation on the same values."""
        if isinstance(test, tuple):
            op, *rest = test
            return op, *(self._key(arg) for arg in rest)
        if isinstance(test, Const):
            return "number", test.value
        made = self.made.get(test) if isinstance(test, Var) else None
        if made is None:
            return test
        args = tuple(map(self._key, made.args))
        return ("gt", *args[::-1]) if made.op == "lt" else (made.op, *args, *made.params)

    # What is asked

    def _block(self, block: Block, known: frozenset[Key], ask: bool, asked: frozenset[Atom]) -> Block:
        made: list[Statement] = []
        for s in block.statements:
            unsure = [var for var in self._unsure(s, known) if var not in asked] if ask else []
            made += [one for var in unsure for one in self._question(var, s)]
            asked |= set(unsure)
            made.append(self._beside(s, known, asked))
        return replace(block, statements=tuple(made))

    def _question(self, var: Var, s: Statement) -> list[Statement]:
        missing = self.builder.var("", BOOL)
        message = f"cannot access local variable {var.name!r} where it is not associated with a value"
        raising = Effect("raise", (message,), name="UnboundLocalError", origin=s.origin)
        return [
            Assign(missing, "not", (self.flags[var],), origin=s.origin),
            If(missing, Block((raising,)), Block(()), (), s.origin),
        ]

    def _flag(self, atom: Atom) -> Atom:
        return FALSE if isinstance(atom, Undefined) else self.flags.get(atom, TRUE)

    def _named(self, of: Iterable[Var]) -> list[Var]:
        made = [self.builder.var(f"has_{var.name}" if var.name else "", BOOL) for var in of]
        self.flags.update(zip(of, made, strict=True))
        return made

    def _beside(self, s: Statement, known: frozenset[Key], asked: frozenset[Atom]) -> Statement:
        """The statement with the truth values beside what it hands on."""
        if isinstance(s, If):
            then, orelse = (self._block(inner, tests, True, asked) for inner, tests in self._inside(s, known))
            which = [k for k, result in enumerate(s.results) if result in self.needed]
            then, orelse = (
                replace(b, yields=(*b.yields, *(self._flag(b.yields[k]) for k in which))) for b in (then, orelse)
            )
            results = self._named([s.results[k] for k in which])
            return replace(s, then=then, orelse=orelse, results=(*s.results, *results))
        if isinstance(s, For | While):
            which = [k for k, var in enumerate(s.carried) if var in self.needed or s.results[k] in self.needed]
            inits = [self._flag(s.inits[k]) for k in which]
            carried = self._named([s.carried[k] for k in which])
            body = self._block(s.body, known, True, asked)
            body = replace(body, yields=(*body.yields, *(self._flag(body.yields[k]) for k in which)))
            results = self._named([s.results[k] for k in which])
            return replace(
                s,
                carried=(*s.carried, *carried),
                inits=(*s.inits, *inits),
                body=body,
                results=(*s.results, *results),
            )
        return s


def _assigned_when(block: Block, lacking: set[Atom]) -> Iterable[tuple[Var, tuple[object, ...]]]:
    """Tests under which variables have a value: that of the branch that assigns them; that the loop has gone round."""
    for s in statements(block):
        if isinstance(s, If):
            for result, then in zip(s.results, s.then.yields, strict=True):
                if not isinstance(then, Undefined) and then not in lacking:
                    yield result, (s.test,)
        elif isinstance(s, For) and isinstance(s.step, Const) and s.step.value == 1:
            for carried, result, given in zip(s.carried, s.results, s.body.yields, strict=True):
                if given not in lacking and not isinstance(given, Undefined):
                    yield carried, (("gt", s.index, s.start), ("ne", s.index, s.start))
                    yield result, (("gt", s.stop, s.start),)
