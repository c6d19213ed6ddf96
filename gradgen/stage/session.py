"""The staging of one program: its builder, what is known of its values, and the calls being staged.

A `Session` lives as long as one call of `stage`; a `Frame` as long as one call of a function in it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from gradgen.errors import Position, UnsupportedSyntax, UnsupportedValue
from gradgen.infer.signature import LARGE
from gradgen.ir import Array, Assign, Atom, Const, Dim, For, If, Index, Scalar, Statement, Type, Var, While, dims_of
from gradgen.ir.interface import Guard, Input, Path
from gradgen.ir.walk import operands, statement_free
from gradgen.parse.resolve import resolve
from gradgen.parse.source import SourceFile
from gradgen.rules.build import Builder, constant_atom
from gradgen.rules.whole_numbers import Range, WholeNumbers, within_axes
from gradgen.stage.outcome import Raises
from gradgen.stage.values import ArrayObject, Group, HeapObject, Ref, State, Unusable

UNKNOWN = object()


class NeedsValue(UnsupportedValue):
    """A number must be known when the text is written; `path` says which argument it is (see `stage`), or with
    `axis` of which array it is the size."""

    def __init__(self, message: str, path: Path | None = None, way_out: str = "", axis: int | None = None):
        super().__init__(message, None, way_out)
        self.path, self.axis = path, axis


@dataclass(frozen=True, slots=True)
class Captured:
    """An input of the program: where it comes from, and its value now (UNKNOWN for an argument's leaf)."""

    path: Path
    value: Any


@dataclass(slots=True)
class Awaiting:
    """The names that a loop assigns and that have no value before it, and the lists (`cells`) that are empty
    before it; `met`: whether one was read."""

    names: set[tuple[int, str]]
    cells: set[int]
    met: bool = False


class Session:
    """What all frames share. `state` is replaced when control flow splits and joins."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.state = State()
        self.params: list[Var] = []
        self.inputs: list[Input] = []
        self.guards: dict[tuple, Guard] = {}
        self.known: dict[int, Any] = {}  # by version: the Python numbers that variables are known to be
        self.captured: dict[int, Captured] = {}  # by version of a parameter
        self.fetched: dict[tuple, Any] = {}  # values of captured paths, each fetched once
        self.escaped: set[int] = set()  # versions of unnamed values that something refers to
        self.loops: dict[tuple, Any] = {}  # what a loop's carried variables were found to be in an earlier pass
        self.calls: list[Frame] = []
        self.recursive: dict[tuple, Any] = {}  # functions called at run time, by identity and form
        self.functions: list[Any] = []  # their texts
        self.awaiting: list[Awaiting] = []  # of the loops being staged, outermost first
        self.partial: set[int] = set()  # versions of variables that have no value on some path
        self.ranges: dict[int, Range] = {}  # of loops, by the versions of their indices
        self.unrollable: set[int] = set()  # versions of indices of loops that could be written out
        self.written: list[int] = []  # the iterations of loops being written out
        self.gone_over: list[int] = []  # cells of the lists that loops being staged go over
        self.in_rows: set[int] = set()  # versions of arrays that lie in memory row after row: see `layout`
        self.without_dimensions: set[int] = set()  # versions of numbers that NumPy has as arrays
        self.frames = 0
        self.reached: set[int] = set()  # frames whose variables a function nested in them has assigned
        self.cells = 0
        self.changed: set[int] = set()  # cells of arrays that were changed in place
        self.merged: dict[int, set[int]] = {}  # of cells made where paths meet: those that they may be
        self.outer: dict[int, HeapObject] = {}  # objects from outside, there on every path, as they are at the call
        self.capturing = False
        self.symbols = 0
        self.position: Position | None = None
        self.random: Any = None  # NumPy's own generator, once the program has seeded it
        self.called = ""  # the user's words for the function being called

    # Statements

    def emit(self, op: str, *args: Any, **options: Any) -> Var:
        if op == "getitem":
            options["index"] = self._within(args[0], options["index"], args[1:])
        return self.builder.emit(op, *args, **options)

    def store(self, array: Atom, index: Index, operands: tuple[Atom, ...], value: Atom, mode: str = "set") -> Var:
        return self.builder.store(array, self._within(array, index, operands), operands, value, mode)

    def _within(self, array: Atom, index: Index, operands: tuple[Atom, ...]) -> Index:
        return within_axes(index, dims_of(array.type), operands, WholeNumbers(self.builder.definitions, self.ranges))

    def is_without_dimensions(self, atom: Atom) -> bool:
        """Whether a number is to NumPy an array without dimensions, under whatever name."""
        while isinstance(atom, Var) and atom.version not in self.without_dimensions:
            made = self.builder.definitions.get(atom.version)
            if not isinstance(made, Assign) or made.op != "identity":
                return False
            (atom,) = made.args
        return isinstance(atom, Var)

    def param(self, name: str, type: Type, path: Path, value: Any = UNKNOWN) -> Var:
        """A new parameter of the program, fetched from `path`."""
        var = self.builder.var(name, type)
        self.params.append(var)
        self.inputs.append(Input(path))
        self.captured[var.version] = Captured(path, value)
        self.escaped.add(var.version)
        return var

    def named_sizes(self) -> set[str | None]:
        """What the sizes of inputs are called."""
        return {dim.symbol for param in self.params for dim in dims_of(param.type)}

    def guard(self, path: Path | None, kind: str, expected: Any) -> None:
        if path is not None:
            self.guards.setdefault((place(path), kind), Guard(path, kind, expected))

    def symbol(self) -> str:
        """A new name for the size of a dimension of which nothing is known, and which may vary."""
        self.symbols += 1
        return f"(n{self.symbols})"

    # What is known

    def number(self, atom: Atom) -> Any:
        """The Python number that a scalar is known to be, else UNKNOWN."""
        if isinstance(atom, Const):
            return atom.value
        if isinstance(atom, Var) and atom.version in self.known:
            return self.known[atom.version]
        extent = getattr(atom.type, "extent", None)
        return UNKNOWN if extent is None or extent.constant is None else extent.constant

    def demand(self, atom: Atom, what: str) -> Any:
        """The number that an atom is; of a global it is taken, and guarded, now. Else a refusal naming `what`."""
        value = self.number(atom)
        if value is not UNKNOWN:
            return value
        source = self.captured.get(atom.version) if isinstance(atom, Var) else None
        if source is not None and source.value is not UNKNOWN:
            self.guard(source.path, "equal", source.value)
            return source.value
        raise NeedsValue(
            f"{what} must be known when the gradient is written, and depends on the data here",
            None if source is None else source.path,
            "write it as a constant",
        )

    def count(self, dim: Dim) -> int | None:
        """The size of what is taken apart item by item, where it is known or a few items of an argument or a global:
        of a global it is guarded, now, and of an argument asked for. None where only the run knows it."""
        if dim.constant is not None:
            return dim.constant
        for param in self.params:
            for axis, own in enumerate(dims_of(param.type)):
                if own.symbol == dim.symbol and own.least < LARGE:
                    source = self.captured[param.version]
                    if source.value is UNKNOWN:
                        message = "how many items there are must be known when the gradient is written"
                        raise NeedsValue(message, source.path, "call it with an argument", axis)
                    size: int = source.value.shape[axis]
                    steps = (*source.path.steps, ("attribute", "shape"), ("item", axis))
                    self.guard(Path(source.path.root, steps), "equal", size)
                    return max(0, size - own.offset + dim.offset)
        return None

    # The heap

    def hold(self, values: Iterable[Any]) -> None:
        """A structure refers to these values from now on: they cannot take another name."""
        for value in values:
            if isinstance(value, Var):
                self.escaped.add(value.version)
            elif isinstance(value, Group):
                self.hold(value.items)

    def new(self, content: HeapObject) -> Ref:
        self.hold(getattr(content, "items", ()))
        self.cells += 1
        heap = self.outer if self.capturing else self.state.heap
        heap[self.cells] = content
        return Ref(self.cells)

    def at(self, ref: Ref) -> HeapObject:
        return self.state.heap.get(ref.cell) or self.outer[ref.cell]

    def put(self, ref: Ref, content: HeapObject) -> None:
        self.hold(getattr(content, "items", ()))
        self.state.heap[ref.cell] = content

    def value_of(self, atom: Atom) -> Any:
        """An atom as a value: an array gets a cell of its own."""
        return self.new(ArrayObject(atom)) if isinstance(atom.type, Array) else atom

    def resizable(self, ref: Ref) -> None:
        """Refuse where the list may not get another length."""
        self.writable(ref)
        if ref.cell in self.gone_over:
            raise grows("list")

    @contextmanager
    def going_over(self, refs: Iterable[Ref]) -> Iterator[None]:
        """Within, these are what a loop takes its items from: how many there are was asked before it began."""
        before = len(self.gone_over)
        self.gone_over += [ref.cell for ref in refs]
        try:
            yield
        finally:
            del self.gone_over[before:]

    def writable(self, ref: Ref) -> None:
        if ref.cell in self.outer:
            raise UnsupportedSyntax(
                "this changes an object outside of the function", way_out="change a copy: `x.copy()`"
            )
        why = self.at(ref).frozen
        if why:
            raise UnsupportedSyntax(why, way_out="make a copy first: `x = x.copy()`")

    # Names

    @contextmanager
    def assigning(self) -> Iterator[Callable[[], bool]]:
        """Gives whether functions called within have assigned variables of what is around them."""
        outer, inner, frames = self.reached, set[int](), self.frames
        self.reached = inner
        try:
            yield lambda: any(number <= frames for number in inner)
        finally:
            self.reached = outer | inner

    def awaited(self, frame: int, name: str) -> None:
        """A name without a value, in a loop that assigns it later: this path is left until its type is known."""
        for awaiting in self.awaiting:
            if (frame, name) in awaiting.names:
                awaiting.met = True
                raise Raises

    def awaited_items(self, value: Any) -> None:
        """As `awaited`, of an item of a list that is empty, in a loop that fills it later."""
        for awaiting in self.awaiting:
            if isinstance(value, Ref) and value.cell in awaiting.cells:
                awaiting.met = True
                raise Raises

    def is_new(self, value: Any) -> bool:
        """Whether the value was just made, and nothing refers to it yet."""
        atom = getattr(self.at(value), "atom", None) if isinstance(value, Ref) else value
        return isinstance(atom, Var) and not atom.name and atom.version not in self.escaped

    def rename(self, var: Var, name: str) -> Var | None:
        """The unnamed value that a statement just made, by its name from now on; None where others know it already."""
        if not self.is_new(var):
            return None
        for k in range(len(self.builder.statements) - 1, -1, -1):
            statement = self.builder.statements[k]
            if var in operands(statement) or var in statement_free(statement):
                return None  # `counts, edges = np.histogram(x)`: the counts are made with the edges
            renamed = _with_name(statement, var, name)
            if renamed is not None:
                self.builder.statements[k], made = renamed
                self.escaped.add(var.version)
                if isinstance(renamed[0], Assign):
                    self.builder.definitions[var.version] = renamed[0]
                return made
        return None


def _with_name(statement: Statement, var: Var, name: str) -> tuple[Statement, Var] | None:
    made = replace(var, name=name)
    if isinstance(statement, Assign):
        return (replace(statement, target=made), made) if statement.target == var else None
    if isinstance(statement, If | For | While) and var in statement.results:
        return replace(statement, results=tuple(made if r == var else r for r in statement.results)), made
    return None


def place(path: Path) -> tuple:
    """A path as a key."""
    steps = tuple((kind, type(key), key) for kind, key in path.steps)
    return path.root.kind, path.root.name, id(path.root.scope), steps


@dataclass(slots=True, eq=False)
class Frame:
    """One call: where its names live (`number`), what is around it, and where its text is.

    `locals` are the names that its text assigns; a comprehension's frame has its variables only and
    `parent` is the frame around it. `function` is the Python function, of a nested one that of its
    outermost parent.
    """

    session: Session
    number: int
    file: SourceFile
    locals: frozenset[str]
    function: FunctionType | None
    name: str
    parent: Frame | None = None
    node: Any = None
    owner: str = ""  # the class that private names belong to
    captured: bool = False  # whether a nested function refers to this frame
    identity: Any = None
    site: Any = None  # where the call stands
    signature: tuple = ()  # see `forms`
    form: tuple = ()

    def lookup(self, name: str) -> Any:
        """The value of a name, by Python's rules of scope."""
        if name in self.locals:
            value = self.session.state.names.get((self.number, name))
            if value is None:
                self.session.awaited(self.number, name)
                raise UnsupportedSyntax(f"`{name}` has no value here", way_out=f"assign `{name}` before it is read")
            if isinstance(value, Unusable):
                raise UnsupportedSyntax(value.why, way_out=value.way_out)
            return value
        if self.parent is not None:
            return self.parent.lookup(name)
        return self.outside(name)

    def outside(self, name: str) -> Any:
        from gradgen.stage.capture import capture

        assert self.function is not None
        found = resolve(self.function, name)
        if found is None:
            raise UnsupportedSyntax(f"the name `{name}` is not defined", way_out=f"define or import `{name}`")
        value, root = found
        return capture(self.session, value, Path(root))

    def assign(self, name: str, value: Any) -> None:
        scope = self.scope(name)
        if scope is not self:
            self.session.reached.add(scope.number)
        self.session.state.names[scope.number, name] = value

    def scope(self, name: str) -> Frame:
        """The frame that a name belongs to which is assigned here: this one, unless it is declared `nonlocal`."""
        scope: Frame | None = self
        while scope is not None and name not in scope.locals:
            scope = scope.parent
        return scope or self

    def private(self, attribute: str) -> str:
        """`__x` within a class is `_Class__x`."""
        if self.owner and attribute.startswith("__") and not attribute.endswith("__"):
            return f"_{self.owner.lstrip('_')}{attribute}"
        return attribute


def grows(what: str) -> UnsupportedSyntax:
    return UnsupportedSyntax(
        f"a {what} whose length changes while a loop goes over it", way_out="a loop over a copy: `for x in list(xs):`"
    )


def constant(value: bool | int | float | complex, spelling: str = "") -> Const:
    return constant_atom(value, spelling)


def is_scalar(value: Any) -> bool:
    return hasattr(value, "type") and isinstance(value.type, Scalar)


@contextmanager
def origin(frame: Frame, node: ast.stmt | ast.expr) -> Iterator[None]:
    """Statements made within come from this statement of the user's."""
    with frame.session.builder.at(frame.file.origin(node)):
        yield
