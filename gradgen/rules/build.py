"""The builder: statements are made here, and typed by the table as they are made."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from gradgen.ir import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    Const,
    Dim,
    Index,
    Load,
    Open,
    Origin,
    Program,
    Save,
    Scalar,
    Slot,
    Statement,
    Store,
    Type,
    Var,
    constant_dim,
    is_complex,
)
from gradgen.ir.known import as_integer
from gradgen.ir.walk import block_params, operands, targets
from gradgen.ir.walk import statements as all_statements
from gradgen.rules.holes import Holes
from gradgen.rules.table import RULES, check_complex, check_kept


def constant_atom(value: bool | int | float | complex, spelling: str = "") -> Const:
    """A Python number as an atom.

    >>> str(constant_atom(2).type)
    'int'
    """
    if isinstance(value, bool):
        return Const(value, BOOL)
    if isinstance(value, int):
        return Const(value, replace(INT, extent=constant_dim(value)), spelling)
    return Const(value, FLOAT if isinstance(value, float) else COMPLEX, spelling)


def _is_infinite(atom: Atom) -> bool:
    return isinstance(atom, Const) and isinstance(atom.value, float) and math.isinf(atom.value)


def dim_of(atom: Atom) -> Dim:
    """The size of a dimension that is made `atom` long.

    Parentheses keep a number's name apart from the names of an array's dimensions.
    """
    if isinstance(atom, Const):
        return constant_dim(as_integer(atom))
    extent = getattr(atom.type, "extent", None)
    return extent or Dim(f"({atom})")


ASKING_FOR_NUMBERS = {"isnan", "isinf", "isfinite", "nanmax", "nanmin"}


class Builder:
    """Collects statements. One builder, or its `versions`, serves a whole program, so that versions stay unique."""

    def __init__(self, start: int = 0):
        self.next_version = start
        self.statements: list[Statement] = []
        self.origin: Origin | None = None  # given to statements that bring none
        self.definitions: dict[int, Assign | Accumulate] = {}  # by version, what made a value, of all appended here
        self.primal: dict[int, Assign] = {}  # as `definitions`, of the program that is being differentiated
        self.conditions: dict[int, tuple[Atom, bool] | None] = {}  # what `symbols` has found out of values, by version
        self.infinite: dict[int, bool] = {}
        self.poles: dict[int, bool] = {}
        self.writes_infinity = False  # whether the program that is being differentiated writes one
        self.asks_for_numbers = False  # whether it asks what is one, so that its parameters may be none
        self.holes = Holes()  # which arrays have zeros where something was left out

    def version(self) -> int:
        self.next_version += 1
        return self.next_version - 1

    def var(self, name: str, type: Type, of: Var | None = None) -> Var:
        return Var(name, self.version(), type, of)

    def append(self, statement: Statement) -> None:
        self.statements.append(statement)
        if isinstance(statement, Assign | Accumulate):
            self.definitions[statement.target.version] = statement
        self.holes.note(statement)

    def made_here(self, atom: Atom) -> Assign | Accumulate | None:
        """What made a value, of all appended here."""
        return self.definitions.get(atom.version) if isinstance(atom, Var) else None

    def made_by(self, atom: Atom) -> Assign | Accumulate | None:
        """What made a value, here or in the program that is being differentiated."""
        return self.made_here(atom) or (self.primal.get(atom.version) if isinstance(atom, Var) else None)

    def remember(self, primal: Block) -> None:
        """Let rules see what made the values of the program that is being differentiated."""
        self.infinite.clear()
        self.poles.clear()
        self.primal = {s.target.version: s for s in all_statements(primal) if isinstance(s, Assign)}
        self.writes_infinity = any(map(_is_infinite, (atom for s in all_statements(primal) for atom in operands(s))))
        self.asks_for_numbers = any(s.op in ASKING_FOR_NUMBERS for s in self.primal.values())

    def emit(
        self,
        op: str,
        *args: Any,
        name: str = "",
        spelling: str = "",
        of: Var | None = None,
        type: Type | None = None,
        **params: Any,
    ) -> Var:
        """Append `name = op(*args, **params)` and return its target. Python numbers become constants."""
        atoms = tuple(arg if hasattr(arg, "type") else constant_atom(arg) for arg in args)
        if type is None:
            check_complex(op, atoms)
            type = typed_for_spelling(RULES[op].type(atoms, params), spelling)
        target = self.var(name, type, of)
        self.append(Assign(target, op, atoms, tuple(params.items()), spelling, self.origin))
        return target

    def accumulate(self, prior: Atom, value: Atom, type: Type, name: str = "", of: Var | None = None) -> Var:
        target = self.var(name, type, of)
        self.append(Accumulate(target, prior, value, self.origin))
        return target

    def store(
        self,
        array: Atom,
        index: Index,
        operands: tuple[Atom, ...],
        value: Atom,
        mode: str = "set",
        name: str = "",
        of=None,
    ) -> Var:
        if isinstance(array, Var):
            name, of = name or array.name, of or array.of
        if isinstance(array.type, Array):
            check_kept(value.type, array.type.dtype)
        target = self.var(name, array.type, of)
        self.append(Store(target, array, index, operands, value, mode, self.origin))
        return target

    def slot(self, name: str, type: Type) -> Slot:
        return Slot(name, self.version(), type)

    def open(self, slot: Slot) -> None:
        self.append(Open(slot, self.origin))

    def save(self, slot: Slot, value: Atom) -> None:
        self.append(Save(slot, value, self.origin))

    def load(self, slot: Slot, target: Var) -> Var:
        self.append(Load(target, slot, self.origin))
        return target

    @contextmanager
    def collect(self) -> Iterator[list[Statement]]:
        """Within this context statements go to a list of their own, for an inner block.

        >>> builder = Builder()
        >>> with builder.collect() as body:
        ...     y = builder.emit("add", 1, 2)
        >>> len(body), len(builder.statements)
        (1, 0)
        """
        outer, self.statements = self.statements, []
        try:
            yield self.statements
        finally:
            self.statements = outer

    @contextmanager
    def at(self, origin: Origin | None) -> Iterator[None]:
        previous, self.origin = self.origin, origin
        try:
            yield
        finally:
            self.origin = previous


OF_PYTHON_NUMBERS = (".real", ".imag", ".conjugate", "np.real", "np.imag")  # of Python numbers they give such


def typed_for_spelling(type: Type, spelling: str) -> Type:
    """`math.exp` gives a Python number whatever it takes; `np.exp` a NumPy scalar even of a Python number."""
    if isinstance(type, Scalar) and spelling and spelling not in OF_PYTHON_NUMBERS:
        if spelling.startswith(("cmath.", "complex")):
            return Scalar("complex128" if is_complex(type) else type.dtype, weak=True)
        if spelling.startswith(("math.", "float", "int", "bool")):
            dtype = type.dtype if type.dtype in ("bool", "int64") else "float64"
            return Scalar(dtype, weak=True, extent=type.extent)
        if spelling.startswith(("np.", ".", "scipy.")) and type.extent is None:
            return Scalar(type.dtype, weak=False)
    return type


def builder_after(program: Program) -> Builder:
    """A builder whose versions are new to `program`."""
    highest = -1
    for function in program.functions:
        versions = [param.version for param in function.params] + [slot.version for slot in function.slots_in]
        for s in all_statements(function.body):
            versions += [var.version for var in (*targets(s), *block_params(s))]
            if isinstance(s, Open | Save | Load):
                versions.append(s.slot.version)
        highest = max([highest, *versions])
    return Builder(highest + 1)


def block(statements: list[Statement], yields: tuple[Atom, ...] = ()) -> Block:
    return Block(tuple(statements), yields)
