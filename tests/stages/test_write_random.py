"""The writer on random programs: the text must compute what the reference interpreter says the program means.

Names come from a small set and are reused; arrays are stored to, viewed, swapped, kept and returned, in
branches and loops; so names have to be shared and told apart, and copies made where they are needed.
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from gradgen.ir import (
    BOOL,
    FLOAT,
    INT,
    Array,
    At,
    For,
    Function,
    If,
    ListOf,
    Program,
    Slice,
    Type,
    Var,
    While,
    constant_dim,
)
from gradgen.ir.verify import verify
from gradgen.rules import RULES
from gradgen.rules.build import Builder, block, constant_atom
from gradgen.simplify import simplify
from gradgen.write import write
from tests.support.interpret import run

SIZE = 4
VECTOR = Array("float64", (constant_dim(SIZE),))
LIST = ListOf(FLOAT)
ROWS = ListOf(VECTOR)
NAMES = ["a", "b", "dx", "", "", "np", "s"]


class Generator:
    """Makes one random program. `scope`: the values in reach, by type."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.builder = Builder()
        self.scope: list[Var] = []

    def program(self) -> Program:
        b = self.builder
        params = (b.var("x", VECTOR), b.var("y", VECTOR), b.var("p", FLOAT))
        self.scope += params
        self.scope.append(b.emit("list", p := params[2], p, type=LIST, name="l"))
        rows = [b.emit("copy", param, type=VECTOR) if self.random.random() < 0.8 else param for param in params[:2]]
        self.scope.append(b.emit("list", *rows, type=ROWS, name="r"))
        self.scope.append(params[0])
        self.statements(self.random.randint(3, 8), depth=0)
        types = [VECTOR, VECTOR, FLOAT, LIST, ROWS]
        results = [self.pick(type) for type in self.random.sample(types, self.random.randint(2, 5))]
        return Program((Function("f", params, block(b.statements, tuple(results))),))

    def name(self) -> str:
        return self.random.choice(NAMES)

    def pick(self, type: Type):
        """A value of the type, a recent one most likely."""
        found = [var for var in self.scope if var.type == type]
        return found[-1 - min(int(self.random.expovariate(0.5)), len(found) - 1)]

    def number(self):
        return self.pick(FLOAT) if self.random.random() < 0.8 else constant_atom(self.random.choice([0.5, -1.0, 2.0]))

    def statements(self, count: int, depth: int) -> None:
        for _ in range(count):
            kinds = [
                self.scalar,
                self.vector,
                self.view,
                self.store,
                self.store,
                self.element,
                self.accumulate,
                self.appending,
            ]
            kinds += [self.identity, self.row, self.reduction]
            if depth < 3:
                kinds += [self.branch, self.loop, self.loop, self.condition, self.kept]
            kind = self.random.choice(kinds)
            if kind in (self.branch, self.loop, self.condition, self.kept):
                kind(depth)
            else:
                self.scope.append(kind())

    def scalar(self) -> Var:
        op = self.random.choice(["add", "sub", "mul", "maximum"])
        return self.builder.emit(op, self.number(), self.number(), name=self.name(), type=FLOAT)

    def vector(self) -> Var:
        op = self.random.choice(["add", "sub", "mul"])
        other = self.pick(VECTOR) if self.random.random() < 0.6 else self.number()
        return self.builder.emit(op, self.pick(VECTOR), other, name=self.name(), type=VECTOR)

    def identity(self) -> Var:
        source = self.pick(self.random.choice([VECTOR, FLOAT]))
        of = self.random.choice([None, self.pick(source.type)])
        return self.builder.emit("identity", source, name="" if of else self.name(), of=of, type=source.type)

    def view(self) -> Var:
        index = self.random.choice([(Slice(None, None, -1),), (Ellipsis,)])
        return self.builder.emit("getitem", self.pick(VECTOR), index=index, name=self.name(), type=VECTOR)

    def element(self) -> Var:
        place = self.random.randrange(SIZE)
        read = self.builder.emit("getitem", self.pick(VECTOR), index=(place,))
        return self.builder.emit("cast", read, dtype="float64", weak=True, name=self.name())

    def reduction(self) -> Var:
        total = self.builder.emit("sum", self.pick(VECTOR), axis=None, keepdims=False)
        return self.builder.emit(
            "cast", self.builder.emit("mul", total, 0.25), dtype="float64", weak=True, name=self.name()
        )

    def store(self) -> Var:
        mode = self.random.choice(["set", "add"])
        whole = self.random.random() < 0.3
        if whole:
            return self.builder.store(self.pick(VECTOR), (Slice(1, None, None),), (), self.shifted(), mode)
        place = self.pick(INT) if any(v.type == INT for v in self.scope) else constant_atom(self.random.randrange(SIZE))
        return self.builder.store(self.pick(VECTOR), (At(0),), (place,), self.number(), mode)

    def shifted(self):
        type = Array("float64", (constant_dim(SIZE - 1),))
        return self.builder.emit("getitem", self.pick(VECTOR), index=(Slice(None, -1, None),), type=type)

    def accumulate(self) -> Var:
        type = self.random.choice([VECTOR, FLOAT])
        prior = self.pick(type)
        value = self.pick(VECTOR) if type == VECTOR and self.random.random() < 0.5 else self.number()
        return self.builder.accumulate(prior, value, type, of=self.pick(type))

    def appending(self) -> Var:
        type = self.random.choice([LIST, ROWS])
        item = self.number() if type == LIST else self.pick(VECTOR)
        return self.builder.emit("append", self.pick(type), item, type=type, name=self.name())

    def row(self) -> Var:
        return self.builder.emit("item", self.pick(ROWS), self.random.choice([0, -1]), type=VECTOR, name=self.name())

    # Structure

    def inside(self, depth: int, first: list[Var], types: list[Type]) -> tuple[list, list]:
        outer = list(self.scope)
        self.scope += first
        with self.builder.collect() as statements:
            self.statements(self.random.randint(1, 4), depth + 1)
            yields = [self.pick(type) for type in types]
        self.scope = outer
        return statements, yields

    def handed_on(self) -> list[Type]:
        return [self.random.choice([VECTOR, VECTOR, FLOAT, LIST, ROWS]) for _ in range(self.random.randint(0, 3))]

    def branch(self, depth: int) -> None:
        test = self.builder.emit("lt", self.number(), self.number(), type=BOOL)
        types = self.handed_on()
        sides = [block(body, tuple(yields)) for body, yields in (self.inside(depth, [], types) for _ in range(2))]
        results = tuple(self.builder.var(self.name(), type) for type in types)
        self.builder.append(If(test, sides[0], sides[1], results))
        self.scope += results

    def loop(self, depth: int) -> None:
        b = self.builder
        types = self.handed_on()
        index = b.var(self.random.choice(["i", ""]), INT)
        inits = tuple(self.pick(type) for type in types)
        carried = tuple(b.var(self.random.choice([init.name, self.name()]), init.type) for init in inits)
        body, yields = self.inside(depth, [index, *carried], types)
        self.maybe_rotated(carried, types, yields)
        results = tuple(b.var(self.random.choice([c.name, self.name()]), c.type) for c in carried)
        start, stop, step = self.random.choice([(0, 3, 1), (1, 4, 1), (3, 0, -1), (0, 0, 1), (0, 4, 2)])
        bounds = map(constant_atom, (start, stop, step))
        backward = self.random.random() < 0.3
        leave = self.leaving(body) if self.random.random() < 0.3 else None
        trips = b.var("", INT) if self.random.random() < 0.3 and not backward else None
        b.append(For(index, *bounds, carried, inits, block(body, tuple(yields)), results, leave, trips, backward))
        self.scope += results

    def leaving(self, body: list):
        outer = self.builder.statements
        self.builder.statements = body
        flag = self.builder.emit("lt", self.number(), 0.3, type=BOOL)
        self.builder.statements = outer
        return flag

    def maybe_rotated(self, carried, types, yields) -> None:
        """Let two carried arrays change places."""
        if len(types) > 1 and types[0] == types[1] and self.random.random() < 0.5:
            yields[0], yields[1] = self.random.choice([(carried[1], carried[0]), (carried[1], yields[0])])

    def condition(self, depth: int) -> None:
        b = self.builder
        types = [INT, *self.handed_on()]
        inits = (constant_atom(0), *(self.pick(type) for type in types[1:]))
        carried = tuple(b.var("k" if k == 0 else self.name(), type) for k, type in enumerate(types))
        with b.collect() as test:
            checked = b.emit("lt", carried[0], 3, type=BOOL)
        body, yields = self.inside(depth, list(carried[1:]), types[1:])
        with b.collect() as more:
            onward = b.emit("add", carried[0], 1, name="k", type=INT)
        results = tuple(b.var(c.name, c.type) for c in carried)
        body = [*more, *body]
        leave = self.leaving(body) if self.random.random() < 0.3 else None
        trips = b.var("trips", INT) if self.random.random() < 0.5 else None
        b.append(While(block(test, (checked,)), carried, inits, block(body, (onward, *yields)), results, leave, trips))
        self.scope += results[1:]

    def kept(self, depth: int) -> None:
        """A loop that saves an array in each iteration, and a loop that takes them back."""
        b = self.builder
        slot = b.slot("", VECTOR)
        b.open(slot)
        start, end = self.pick(VECTOR), b.var("h", VECTOR)
        carried = b.var("h", VECTOR)
        outer = list(self.scope)
        self.scope.append(carried)
        with b.collect() as body:
            self.statements(1, depth + 1)
            b.save(slot, self.pick(VECTOR))
            self.statements(2, depth + 1)
            onward = self.pick(VECTOR)
        self.scope = [*outer, end]
        bounds = (constant_atom(0), constant_atom(3), constant_atom(1))
        b.append(For(b.var("t", INT), *bounds, (carried,), (start,), block(body, (onward,)), (end,)))
        adjoint, total = b.var("", VECTOR, end), b.var("", VECTOR, end)
        outer = list(self.scope)
        with b.collect() as body:
            back = b.load(slot, b.var("h", VECTOR))
            self.scope += [adjoint, back]
            self.statements(2, depth + 1)
            onward = b.accumulate(adjoint, back, VECTOR, of=end)
        self.scope = [*outer, total]
        b.append(For(b.var("t", INT), *bounds, (adjoint,), (end,), block(body, (onward,)), (total,), backward=True))


def execute(source: str, args: tuple):
    namespace: dict = {}
    exec(compile(source, "<written>", "exec"), namespace)
    return namespace["f"](*args)


def plain(value):
    return [plain(item) for item in value] if isinstance(value, list | tuple) else np.asarray(value)


def assert_same(found, expected) -> None:
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_array_equal(found, expected)


def check(seed: int) -> None:
    program = Generator(seed).program()
    verify(program, RULES)
    args = (np.array([0.1, 0.2, 0.3, 0.4]), np.array([-1.0, 1.0, 0.5, 0.25]), 0.7)
    with np.errstate(all="ignore"):
        expected = run(program, args, strict=False)
        for each in (program, simplify(program)):
            verify(each, RULES)
            source = write(each).source
            given = tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args)
            try:
                found = execute(source, given)
                assert_same(plain(found), plain(list(expected)))
                for one, other in zip(given, args, strict=True):
                    np.testing.assert_array_equal(one, other)
            except Exception as error:
                error.add_note(f"seed {seed}\n{source}")
                raise


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_random_programs(first):
    for seed in range(first, first + 50):
        check(seed)
