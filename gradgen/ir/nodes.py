"""The representation: typed, structured, in single-assignment form, and with value semantics.

Every `Var` is assigned once. `If`, `For` and `While` hand values on through `yields`, `carried` and
`results` instead of overwriting. `Store`, `Accumulate` and the list updates name the version they
read and the version they make; whether the text updates in place is the writer's decision, from
liveness. So a value that the backward pass still needs cannot be lost by an overwrite: it is another
`Var`.

Does not know: Python's `ast`, the operations (see `rules`), how names are printed (see `write`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradgen.ir.types import Dim, Type


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the user's source a statement comes from. Lines count from 1, columns from 0."""

    filename: str
    line: int
    column: int
    text: str  # the user's statement on one line; an `if`, `for` or `while` gives its head
    end_column: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Var:
    """A value's name. `version` is unique within a program; `name` is "" for an unnamed intermediate.

    `of`: the value whose adjoint or tangent this is, for naming only.
    """

    name: str
    version: int
    type: Type
    of: Var | None = field(default=None, repr=False)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Var) and self.version == other.version and self.name == other.name)

    def __hash__(self) -> int:
        return self.version

    def __str__(self) -> str:
        return f"{self.name or '_'}.{self.version}"


@dataclass(frozen=True, slots=True)
class Const:
    value: int | float | bool | complex | None  # None: an Opaque that is not there
    type: Type
    spelling: str = ""  # the user's words for it where they say more than the digits: math.pi

    def __str__(self) -> str:
        return self.spelling or repr(self.value)


@dataclass(frozen=True, slots=True)
class Undefined:
    """The value of a name on a path that never assigned it. Prints as nothing at all."""

    type: Type

    def __str__(self) -> str:
        return "undefined"


Atom = Var | Const | Undefined


@dataclass(frozen=True, slots=True)
class At:
    """In an `Index`: the operand of that number (0 is the first one after the indexed array)."""

    operand: int


@dataclass(frozen=True, slots=True)
class Slice:
    """In an `Index`: start:stop:step, each absent, a constant or an operand.

    `size`: that of a slice known to lie within its axis, so that neither bound is cut or counts from the end.
    """

    start: int | At | None
    stop: int | At | None
    step: int | At | None
    size: Dim | None = None


ALL = Slice(None, None, None)  # of an axis
NEW_AXIS = None
Index = tuple[Any, ...]  # entries: int | At | Slice | NEW_AXIS | Ellipsis


@dataclass(frozen=True, slots=True)
class Block:
    statements: tuple[Statement, ...]
    yields: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """target = op(*args, **params). `spelling`: the user's words for the operation ("math.exp", ".sum")."""

    target: Var
    op: str
    args: tuple[Atom, ...]
    params: tuple[tuple[str, Any], ...] = ()
    spelling: str = ""
    origin: Origin | None = None

    def param(self, name: str, default: Any = None) -> Any:
        return dict(self.params).get(name, default)


@dataclass(frozen=True, slots=True)
class Accumulate:
    """target = prior + value, for adjoints; written `+=` where prior is not needed any more."""

    target: Var
    prior: Atom
    value: Atom
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """target = array with `array[index]` set to `value` (mode "set") or increased by it (mode "add").

    In mode "add" a place that the index names twice is increased twice.
    `array` may be an Array or a ListOf (then with one integer index).
    """

    target: Var
    array: Atom
    index: Index
    operands: tuple[Atom, ...]
    value: Atom
    mode: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class If:
    """results[k] = yields[k] of the branch taken.

    `recompute`, where the test is true anyway: nothing of what is inside is kept for backward, which runs it again.
    """

    test: Atom
    then: Block
    orelse: Block
    results: tuple[Var, ...]
    origin: Origin | None = None
    recompute: bool = False


@dataclass(frozen=True, slots=True)
class For:
    """for index in range(start, stop, step), with `carried` going round; `backward`: from its last item to its first.

    carried[k] is inits[k] in the first iteration and then what `body` yielded; results[k] is the last
    of these. After an iteration in which `leave` (an atom of the body) is true the loop ends.
    `trips`: the number of iterations begun, as a result. `levels`, if more than 1: of what the iterations
    carry, backward keeps what that many levels of segments begin with (`differentiate/segments.py`). `parallel`: its
    iterations may run side by side (`lower/parallel.py`); it carries arrays only.
    """

    index: Var
    start: Atom
    stop: Atom
    step: Atom
    carried: tuple[Var, ...]
    inits: tuple[Atom, ...]
    body: Block
    results: tuple[Var, ...]
    leave: Atom | None = None
    trips: Var | None = None
    backward: bool = False
    origin: Origin | None = None
    levels: int = 1
    parallel: bool = False


@dataclass(frozen=True, slots=True)
class While:
    """As `For`, while `test` yields true. `test` is a block over `carried` that yields one boolean."""

    test: Block
    carried: tuple[Var, ...]
    inits: tuple[Atom, ...]
    body: Block
    results: tuple[Var, ...]
    leave: Atom | None = None
    trips: Var | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Storage for a value that crosses iterations: last in, first out, all of one type."""

    name: str
    version: int
    type: Type

    def __str__(self) -> str:
        return f"{self.name or '_'}s.{self.version}"


@dataclass(frozen=True, slots=True)
class Open:
    """Make `slot` anew and empty."""

    slot: Slot
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Save:
    slot: Slot
    value: Atom
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Take back what was saved last and has not been taken back."""

    target: Var
    slot: Slot
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A formatted string for `Effect`: literal parts and atoms with their format specifications."""

    parts: tuple[str | tuple[Atom, str, str], ...]  # (atom, conversion "" | "r" | "s", format spec)


@dataclass(frozen=True, slots=True)
class Effect:
    """What is done for its own sake, in forward only. `kind`: "print", "raise" or "assert".

    print: args are atoms, strings and Texts; params sep, end. raise: `name` is the exception's name,
    args its arguments. assert: `test`, and args its message.
    """

    kind: str
    args: tuple[Atom | str | Text, ...] = ()
    test: Atom | None = None
    name: str = ""
    params: tuple[tuple[str, Any], ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """targets = function(*args), a function of the same program that cannot be inlined: recursion."""

    targets: tuple[Var, ...]
    function: str
    args: tuple[Atom, ...]
    origin: Origin | None = None


Statement = Assign | Accumulate | Store | If | For | While | Open | Save | Load | Effect | Call


@dataclass(frozen=True, slots=True)
class Function:
    """`body.yields` are the results.

    `role` "forward": of the results the last `cached` are values for the backward function, together with
    `slots_out`. `role` "backward": the first `cached` parameters are those values, with `slots_in`. A `Call`
    of either has one target, or argument, of type Opaque for all that is cached: the last target, the
    first argument.
    """

    name: str
    params: tuple[Var, ...]
    body: Block
    origin: Origin | None = None
    role: str = "plain"
    cached: int = 0
    slots_in: tuple[Slot, ...] = ()
    slots_out: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """`functions[0]` is the one that is called; the others are those it calls."""

    functions: tuple[Function, ...]

    @property
    def entry(self) -> Function:
        return self.functions[0]
