"""What a name can stand for while a function is staged.

A number is an atom of the program. Everything that Python can change in place (arrays, lists, dicts,
objects of the user's classes) is a `Ref` to a cell of the heap, so that two names for one object see each
other's changes. Everything else is known: structure, functions, strings, objects.

All of these are immutable; the heap is a dict from cells to the objects below, copied when control flow splits.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from gradgen.ir import Array, Assign, Atom, Const, Type, Undefined, Var
from gradgen.ir.interface import Path

if TYPE_CHECKING:
    from gradgen.parse.source import SourceFile
    from gradgen.stage.session import Frame


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a cell of the heap."""

    cell: int


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A Python value known when the text is written: a string, None, a function, a module, an object."""

    value: Any
    path: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A tuple, or an instance of a NamedTuple (`kind`)."""

    items: tuple[Any, ...]
    kind: type = tuple


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """What `.items()`, `.keys()` or `.values()` (`part`) of the dict `owner` gives."""

    owner: Ref
    part: str


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function or lambda defined in the text being staged."""

    node: ast.FunctionDef | ast.Lambda
    file: SourceFile
    frame: Frame
    defaults: dict[str, Any]
    name: str
    recomputed: bool = False  # backward keeps nothing of its calls


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A method with the value that it belongs to: of a user's object, or by name of a value of the program."""

    owner: Any
    method: Any


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """`functools.partial` made in the text being staged."""

    function: Any
    args: tuple[Any, ...]
    keywords: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """`a.flat` of an array."""

    owner: Ref


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    start: Atom
    stop: Atom
    step: Atom


@dataclass(frozen=True, slots=True, eq=False)
class Enumerated:
    iterable: Any
    start: Atom


@dataclass(frozen=True, slots=True, eq=False)
class Zipped:
    iterables: tuple[Any, ...]
    strict: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Reversed:
    iterable: Any


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """`map(function, *iterables)`."""

    function: Any
    iterables: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpointed:
    """`gradgen.checkpoint(iterable, levels)`, for a loop."""

    iterable: Any
    levels: int


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """A generator expression that has not run yet."""

    node: ast.GeneratorExp
    frame: Frame
    first: Any


@dataclass(frozen=True, slots=True, eq=False)
class Formatted:
    """A string with numbers of the program in it, for `print` and messages: see `ir.Text`."""

    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sliced:
    """`slice(a, b, c)`; absent parts are None."""

    start: Atom | None
    stop: Atom | None
    step: Atom | None


@dataclass(frozen=True, slots=True, eq=False)
class Unusable:
    """A name whose values on two paths cannot be one value; an error only where it is read."""

    why: str
    way_out: str = "give it one kind of value on all paths"


# What the heap holds


@dataclass(frozen=True, slots=True)
class View:
    """`chain` are the operations that lead from the array in `base` to the view; `seen` the version that they read.

    `doubtful`: whether it may be a copy, as the layout of the base in memory decides.
    """

    base: Ref
    chain: tuple[Assign, ...]
    seen: Atom | None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class ArrayObject:
    """`frozen`: why the array may not be changed in place, "" where it may. `in_rows`: see `layout`."""

    atom: Atom
    view: View | None = None
    frozen: str = ""
    in_rows: bool = False


@dataclass(frozen=True, slots=True)
class ListObject:
    """A list whose length is known."""

    items: tuple[Any, ...]
    frozen: str = ""


@dataclass(frozen=True, slots=True)
class RunList:
    """A list whose length is known at run time only.

    `template` is one item with numbered holes (`Hole`); `lists` holds, for each hole, the list of what
    fills it. A list of numbers or of arrays is one hole.
    """

    template: Any
    lists: tuple[Atom, ...]
    frozen: str = ""


@dataclass(frozen=True, slots=True)
class Hole:
    number: int


@dataclass(frozen=True, slots=True)
class DictObject:
    keys: tuple[Any, ...]
    items: tuple[Any, ...]
    frozen: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """An object: an instance of a dataclass, or of another class of the user's."""

    kind: type
    keys: tuple[str, ...]
    items: tuple[Any, ...]
    frozen: str = ""


HeapObject = ArrayObject | ListObject | RunList | DictObject | Record


@dataclass(slots=True)
class State:
    """Everything that statements change: the variables of all active calls, and the heap."""

    names: dict[tuple[int, str], Any] = field(default_factory=dict)
    heap: dict[int, HeapObject] = field(default_factory=dict)

    def copy(self) -> State:
        return State(dict(self.names), dict(self.heap))


NONE = Known(None)


def is_atom(value: Any) -> TypeGuard[Atom]:
    return isinstance(value, Var | Const | Undefined)


def is_array_type(type: Type) -> bool:
    return isinstance(type, Array)
