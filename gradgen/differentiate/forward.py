"""Forward mode: tangents go along with the values, statement by statement.

Each primal statement is kept and followed by the one that computes its tangent. A value that is not
active has no tangent, which stands for zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from gradgen.analyse.activity import active
from gradgen.differentiate.accumulate import Adjoints, match_dtype, real_for
from gradgen.differentiate.partials import arguments_of, plus, spread
from gradgen.differentiate.picks import selected
from gradgen.differentiate.several import Items, completed, is_item
from gradgen.errors import UnsupportedSyntax
from gradgen.ir import (
    Accumulate,
    Assign,
    Atom,
    Block,
    Call,
    For,
    If,
    Load,
    Open,
    Program,
    Save,
    Slot,
    Statement,
    Store,
    Undefined,
    Var,
    While,
    is_float,
)
from gradgen.rules import symbols
from gradgen.rules.build import Builder, builder_after, constant_atom
from gradgen.rules.symbols import Sym
from gradgen.rules.table import RULES


def jvp(program: Program, wrt: Sequence[Var]) -> Program:
    """The program with a tangent parameter for each of `wrt` and the first result's tangent, both put last."""
    function, builder = program.entry, builder_after(program)
    function, items = completed(function, builder)
    result = function.body.yields[0]
    marks = active(function, wrt, [result])
    builder.remember(function.body)
    tangents = {var: builder.var("", var.type, of=var) for var in wrt}
    pushforward = _Forward(builder, marks, items, {v: t for v, t in tangents.items() if v in marks})
    with builder.collect() as body:
        pushforward.statements(function.body)
        last = pushforward.full(result)
    params = (*function.params, *tangents.values())
    made = Block(tuple(body), (*function.body.yields, last))
    return Program((replace(function, name=f"{function.name}_jvp", params=params, body=made), *program.functions[1:]))


class _Forward:
    def __init__(self, builder: Builder, marks: frozenset[Var], items: Items, tangents: dict[Var, Atom]):
        self.builder, self.marks, self.items, self.tangents = builder, marks, items, tangents
        self.adjoints = Adjoints(builder, marks)  # for its zeros and shapes
        self.slots: dict[Slot, Slot] = {}

    def tangent(self, atom: Atom) -> Sym | None:
        found = self.tangents.get(atom) if isinstance(atom, Var) else None
        return None if found is None else Sym(found, self.builder)

    def full(self, atom: Atom) -> Atom:
        tangent = self.tangent(atom)
        if isinstance(atom, Undefined):
            return atom
        return self.adjoints.full(None if tangent is None else tangent.atom, atom)

    def statements(self, block: Block) -> None:
        for statement in block.statements:
            with self.builder.at(statement.origin):
                self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case If():
                self.branches(s)
            case For() | While():
                self.loop(s)
            case Call():
                raise UnsupportedSyntax(f"forward mode does not go through the recursive function {s.function}")
            case _:
                self.builder.append(s)
                self.follow(s)

    def follow(self, s: Statement) -> None:
        """The tangent of what a statement without inner blocks, just appended, has made."""
        match s:
            case Assign() if is_item(s):
                if s.target == self.items[s.args[0]][-1] and s.args[0] in self.marks:  # type: ignore[index]
                    self.several(s.args[0])  # type: ignore[arg-type]
            case Assign() if s.target in self.marks and s.target not in self.items:
                self.assign(s)
            case Accumulate() if s.target in self.marks:
                parts = [t for t in (self.tangent(s.prior), self.tangent(s.value)) if t is not None]
                self.define(s.target, parts[0] if len(parts) == 1 else symbols.add(*parts))
            case Store() if s.target in self.marks:
                self.store(s)
            case Open():
                self.slots[s.slot] = self.builder.slot("d" + s.slot.name, s.slot.type)
                if is_float(s.slot.type):
                    self.builder.open(self.slots[s.slot])
            case Save() if is_float(s.slot.type):
                self.builder.save(self.slots[s.slot], self.full(s.value))
            case Load() if is_float(s.slot.type):
                target = self.builder.var("", s.slot.type, of=s.target)
                self.builder.load(self.slots[s.slot], target)
                if s.target in self.marks:
                    self.tangents[s.target] = target

    def define(self, target: Var, value: Any) -> None:
        """The tangent of `target`, in the full shape of it; a literal 0 is none."""
        value = real_for(value, target.type)
        if value is None or symbols.is_zero(value):
            return
        made = match_dtype(value, target.type).atom
        made = self.adjoints.full(made, target)
        self.tangents[target] = self.builder.emit("identity", made, of=target) if target.name else made

    def assign(self, s: Assign) -> None:
        rule = RULES[s.op]
        args = [Sym(arg, self.builder) for arg in s.args]
        tangents = [self.tangent(arg) for arg in s.args]
        if all(t is None for t in tangents):
            return
        y, params = Sym(s.target, self.builder), arguments_of(s.params)
        if s.op in ("getitem", "item"):
            value: Any = symbols.apply(s.op, tangents[0], *args[1:], **params)
        elif rule.kind == "elementwise":
            value = _elementwise(s, y, args, tangents)
        elif rule.kind == "reduction":
            partial = rule.derivative(spread(y, args[0], s), args[0], **params)  # type: ignore[misc]
            product = symbols.mul(partial, tangents[0])
            axis = {"axis": s.param("axis"), "keepdims": s.param("keepdims", False)}
            value = 0 if symbols.is_zero(product) else symbols.apply("sum", product, **axis)
        elif rule.kind == "selection" and args[0].is_array:
            places = rule.derivative(args[0], axis=s.param("axis"))  # type: ignore[misc]
            value = selected(tangents[0], s.param("axis"), places, s.param("keepdims", False))  # type: ignore[arg-type]
        elif rule.kind == "selection":
            value = tangents[0]
        elif rule.kind == "bilinear":
            a, b = args
            da, db = tangents
            parts = [symbols.apply(s.op, *p, **params) for p in ((da, b), (a, db)) if None not in p]
            value = parts[0] if len(parts) == 1 else symbols.add(*parts)
        elif rule.kind == "linear":
            full = [
                Sym(self.adjoints.full(None if t is None else t.atom, x.atom), self.builder)
                if is_float(x.type) or rule.joins
                else x
                for t, x in zip(tangents, args, strict=True)
            ]
            value = symbols.apply(s.op, *full, **params)
        else:
            value = rule.tangent(y, args, tangents, **params)  # type: ignore[misc]
        self.define(s.target, value)

    def several(self, made: Var) -> None:
        """The tangents of all results of an operation, when the last of them has been taken."""
        s = self.builder.definitions[made.version]
        assert isinstance(s, Assign)
        args = [Sym(arg, self.builder) for arg in s.args]
        tangents = [self.tangent(arg) for arg in s.args]
        if all(t is None for t in tangents):
            return
        items = self.items[made]
        y = tuple(Sym(item, self.builder) for item in items)
        values = RULES[s.op].tangent(y, args, tangents, **arguments_of(s.params))  # type: ignore[misc]
        for item, value in zip(items, values, strict=True):
            if item in self.marks:
                self.define(item, value() if callable(value) else value)

    def store(self, s: Store) -> None:
        array = self.full(s.array)
        value = self.tangent(s.value)
        zero = constant_atom(0.0)
        made = self.builder.store(
            array, s.index, s.operands, zero if value is None else value.atom, s.mode, of=s.target
        )
        self.tangents[s.target] = made

    def branches(self, s: If) -> None:
        moving = [k for k, result in enumerate(s.results) if result in self.marks]
        blocks = []
        for branch in (s.then, s.orelse):
            with self.builder.collect() as body:
                self.statements(branch)
                more = tuple(self.full(branch.yields[k]) for k in moving)
            blocks.append(Block(tuple(body), branch.yields + more))
        results = self._results(s, moving)
        self.builder.append(replace(s, then=blocks[0], orelse=blocks[1], results=s.results + results))

    def _results(self, s: If | For | While, moving: list[int]) -> tuple[Var, ...]:
        made = tuple(self.builder.var("", s.results[k].type, of=s.results[k]) for k in moving)
        self.tangents.update(zip((s.results[k] for k in moving), made, strict=True))
        return made

    def loop(self, s: For | While) -> None:
        moving = [k for k, carried in enumerate(s.carried) if carried in self.marks or s.results[k] in self.marks]
        inits = tuple(self.full(s.inits[k]) for k in moving)
        params = tuple(self.builder.var("", s.carried[k].type, of=s.carried[k]) for k in moving)
        self.tangents.update(zip((s.carried[k] for k in moving), params, strict=True))
        with self.builder.collect() as body:
            self.statements(s.body)
            more = tuple(self.full(s.body.yields[k]) for k in moving)
        made = Block(tuple(body), s.body.yields + more)
        results = self._results(s, moving)
        self.builder.append(
            replace(s, carried=s.carried + params, inits=s.inits + inits, body=made, results=s.results + results)
        )


def _elementwise(s: Assign, y: Sym, args: list[Sym], tangents: list[Sym | None]) -> Any:
    partials = RULES[s.op].derivative(y, *args, **arguments_of(s.params))  # type: ignore[misc]
    listed = partials if isinstance(partials, tuple) else (partials,)
    total: Any = 0
    for partial, tangent in zip(listed, tangents, strict=True):
        if tangent is not None and partial is not None:
            total = plus(total, symbols.mul(partial, tangent))
    return total
