"""What every valid program fulfils; run after each step of the pipeline, so that a fault shows where it is made.

Checked: each variable is defined once and before it is read, in its block or one around it; the
counts of carried values, inits, yields and results agree; a value handed from one variable to
another has its type, as far as dtype and rank go; operations are known. Not checked: the types of
results of operations (the table made them), and what the program computes.

>>> from gradgen.ir import FLOAT, Assign, Block, Function, Program, Var
>>> x, y = Var("x", 0, FLOAT), Var("y", 1, FLOAT)
>>> verify(Program((Function("f", (x,), Block((Assign(y, "exp", (x,)),), (y,))),)))
>>> verify(Program((Function("f", (x,), Block((), (y,))),)))
Traceback (most recent call last):
    ...
gradgen.errors.classes.InternalError: the results of f: y.1 is read and not defined
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from gradgen.errors import InternalError, Position
from gradgen.ir.nodes import (
    Accumulate,
    Assign,
    Atom,
    Block,
    Call,
    For,
    Function,
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
)
from gradgen.ir.text import show_statement
from gradgen.ir.types import Array, ListOf, Scalar, Type
from gradgen.ir.walk import block_exits, block_params, operands, targets


def verify(program: Program, ops: Collection[str] | None = None) -> None:
    """Raise InternalError where `program` is not valid. `ops`: the operations that exist, None for any."""
    names = [function.name for function in program.functions]
    if len(set(names)) < len(names):
        raise InternalError(f"two functions of one name: {', '.join(names)}")
    for function in program.functions:
        _Checker(function, program, ops).run()


class _Checker:
    def __init__(self, function: Function, program: Program, ops: Collection[str] | None):
        self.function = function
        self.functions = {f.name: f for f in program.functions}
        self.ops = ops
        self.defined: dict[int, Var] = {}  # by version, in the whole function: single assignment
        self.visible: set[int] = set()  # the versions that the current place can read
        self.slots: set[Slot] = set(function.slots_in)
        self.saved: set[Slot] = set(function.slots_in)
        self.loaded: set[Slot] = set()
        self.statement: Statement | None = None

    def run(self) -> None:
        function = self.function
        self.define(function.params)
        for statement in function.body.statements:
            self.visit(statement)
        self.statement = None
        self.read(function.body.yields)
        self.require(function.cached <= len(function.params if function.role == "backward" else function.body.yields),
                     "more is cached than there is")  # fmt: skip
        for slot in function.slots_out:
            self.require(slot in self.slots, f"slot {slot} is handed out and not opened")
        for slot in self.loaded - self.saved:
            self.fail(f"slot {slot} is loaded and nothing was saved in it")

    def fail(self, message: str) -> None:
        if self.statement is None:
            raise InternalError(f"the results of {self.function.name}: {message}")
        origin = self.statement.origin
        where = None if origin is None else Position(origin.filename, origin.line, origin.column)
        raise InternalError(f"{self.function.name}: {message}, in `{show_statement(self.statement)}`", where)

    def require(self, condition: bool, message: str) -> None:
        if not condition:
            self.fail(message)

    def read(self, atoms: Iterable[Atom]) -> None:
        for atom in atoms:
            if isinstance(atom, Var):
                self.require(atom.version in self.visible, f"{atom} is read and not defined")
                self.require(self.defined[atom.version].type == atom.type, f"{atom} is read with another type")

    def define(self, variables: Iterable[Var]) -> None:
        for var in variables:
            self.require(var.version not in self.defined, f"{var} is defined twice")
            self.defined[var.version] = var
            self.visible.add(var.version)

    def visit(self, s: Statement) -> None:
        self.statement = s
        self.read(operands(s))
        match s:
            case Assign():
                self.require(self.ops is None or s.op in self.ops, f"operation {s.op!r} is not known")
            case Accumulate():
                self.require(not isinstance(s.prior, Undefined), "an undefined value is accumulated to")
            case Store():
                self.require(s.mode in ("set", "add"), f"mode {s.mode!r} is not known")
                self.require(isinstance(s.array.type, Array | ListOf), "a store into what is no array")
                self.edge(s.array, s.target)
            case Open():
                self.slots.add(s.slot)
            case Save() | Load():
                self.require(s.slot in self.slots, f"slot {s.slot} is not open")
                self.edge(s.value, s.slot) if isinstance(s, Save) else self.edge(s.slot, s.target)
                (self.saved if isinstance(s, Save) else self.loaded).add(s.slot)
            case If():
                self.branches(s)
            case For() | While():
                self.loop(s)
            case Call():
                self.call(s)
        self.statement = s
        self.define(targets(s))

    def block(self, s: Statement, block: Block, count: int) -> None:
        for statement in block.statements:
            self.visit(statement)
        self.statement = s
        self.require(len(block.yields) == count, f"a block yields {len(block.yields)} values, not {count}")
        self.read(block_exits(s, block))

    def branches(self, s: If) -> None:
        for branch in (s.then, s.orelse):
            outside = set(self.visible)
            self.block(s, branch, len(s.results))
            self.visible = outside
            self.edges(branch.yields, s.results)

    def loop(self, s: For | While) -> None:
        counts = len(s.carried), len(s.inits), len(s.results)
        self.require(len(set(counts)) == 1, f"there are {counts} carried values, inits and results")
        if isinstance(s, For) and s.parallel:
            self.require(all(isinstance(var.type, Array) for var in s.carried), "a parallel loop carries a number")
        self.edges(s.inits, s.carried)
        outside = set(self.visible)
        self.define(block_params(s))
        if isinstance(s, While):
            inside = set(self.visible)
            self.block(s, s.test, 1)
            self.visible = inside
        self.block(s, s.body, len(s.carried))
        self.visible = outside
        self.edges(s.body.yields, s.carried)
        self.edges(s.carried, s.results)

    def call(self, s: Call) -> None:
        self.require(s.function in self.functions, f"function {s.function} does not exist")
        callee = self.functions[s.function]
        results, params = len(callee.body.yields), len(callee.params)
        if callee.role == "forward":
            results += 1 - callee.cached
        elif callee.role == "backward":
            params += 1 - callee.cached
        self.require(len(s.targets) == results, f"{s.function} has {results} results")
        self.require(len(s.args) == params, f"{s.function} takes {params} arguments")

    def edges(self, sources: Iterable[Atom], to: Iterable[Var]) -> None:
        for source, target in zip(sources, to, strict=True):
            self.edge(source, target)

    def edge(self, source: Atom | Slot, target: Atom | Slot) -> None:
        fits = isinstance(source, Undefined) or hands_on(source.type, target.type)
        self.require(fits, f"{source} of type {source.type} goes to {target} of type {target.type}")


_KINDS = "buifc"  # each a part of the next


def hands_on(source: Type, target: Type) -> bool:
    """Whether a value of type `source` may become one of type `target` as it is.

    >>> from gradgen.ir import FLOAT, INT
    >>> hands_on(INT, FLOAT), hands_on(FLOAT, INT)
    (True, False)
    """
    match source, target:
        case Scalar(), Scalar():
            return _KINDS.index(np.dtype(source.dtype).kind) <= _KINDS.index(np.dtype(target.dtype).kind)
        case Array(), Array():
            return source.dtype == target.dtype and source.ndim == target.ndim
        case ListOf(), ListOf():
            return hands_on(source.element, target.element)
    return type(source) is type(target)
