"""Where two paths meet: one `If` whose results are the values that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from gradgen.errors import UnsupportedSyntax
from gradgen.ir import Atom, Block, Const, If, Scalar, Statement, Type, Undefined, Var
from gradgen.parse.liveness import captured_names
from gradgen.stage.arrays import retake_views
from gradgen.stage.merge import MISSING, Listing, Merger, NoJoin, converted, joined_type, type_of, without_extent
from gradgen.stage.outcome import FALSE, RAISED, TRUE, Outcome, Raises
from gradgen.stage.session import UNKNOWN, Frame, Session
from gradgen.stage.values import Ref, State, Unusable, is_atom

FLAG_NAMES = {"return": "returned", "break": "stopped", "continue": "skipped", "left": "stopped"}


@dataclass(slots=True)
class Path:
    """The statements of one path, and how it ended."""

    statements: list[Statement]
    outcome: Outcome


def path(session: Session, stage: Callable[[], Outcome]) -> Path:
    """Stage one path, from the present state, into statements of its own; the present state stays."""
    before = session.state
    session.state = before.copy()
    try:
        with session.builder.collect() as statements:
            try:
                outcome = stage()
                if outcome.state is not None:
                    session.state = outcome.state
                    retake_views(session)
            except Raises:
                outcome = RAISED
    finally:
        session.state = before
    return Path(statements, outcome)


@dataclass(frozen=True, slots=True)
class Start:
    """Where two paths part: values and cells up to here are known to both."""

    version: int
    cell: int


def start(session: Session) -> Start:
    return Start(session.builder.next_version, session.cells)


class _Joiner(Merger):
    """Pairs become results of the `If`."""

    def __init__(self, session: Session, paths: tuple[Path, Path], start: Start):
        a, b = (p.outcome.state or State() for p in paths)
        super().__init__(session, a, b)
        self.paths, self.first = paths, start.version
        self.known_cells = [cell for cell in {**a.heap, **b.heap} if cell <= start.cell or cell in session.outer]
        self.made: dict[tuple, Var] = {}
        self.yields: tuple[list[Atom], list[Atom]] = ([], [])

    def pair(self, a: Any, b: Any, name: str) -> Any:
        if a is MISSING or b is MISSING:
            present = b if a is MISSING else a
            if not isinstance(present, Var) or present.version < self.first:
                return present  # it is there on both paths, though only one may read it
        key = (a, b, name)
        if key not in self.made:
            types = [t for t in (type_of(self.session, a), type_of(self.session, b)) if t is not None]
            joined = types[0] if len(types) == 1 else joined_type(self.session, *types) if types else None
            if joined is None:
                if isinstance(a, Listing) or isinstance(b, Listing) or not types:
                    return Unusable(f"`{name}` is a list whose items have no common type")
                return self.unusable_types(a, b, name)
            self.made[key] = self._result(a, b, name, without_extent(joined))
        return self.made[key]

    def objects(self) -> None:
        """Merge the objects that were there before the paths parted, named or not."""
        self.counting = False
        for cell in self.known_cells:
            a, b = (MISSING if self._at(state, cell) is MISSING else Ref(cell) for state in (self.a, self.b))
            self.reference(a, b, "")

    def unusable_types(self, a: Any, b: Any, name: str) -> Unusable:
        return Unusable(
            f"{'`' + name + '`' if name else 'this value'} is of type {a.type} on one path and {b.type} on another"
        )

    def _result(self, a: Any, b: Any, name: str, type: Any) -> Var:
        for part, made, target in zip((a, b), self.paths, self.yields, strict=True):
            if part is MISSING:
                gone = made.outcome.kinds <= {"return"}  # nothing reads it after this path
                target.append(absent(type, "" if gone else name))
                continue
            with appended(self.session, made.statements):
                target.append(converted(self.session, part, type))
        numbers = [self.session.number(part) if is_atom(part) else UNKNOWN for part in (a, b)]
        result = self.session.builder.var(name, type)
        named = bool(name) or not isinstance(type, Scalar)
        lost = any(
            part is MISSING and not made.outcome.kinds <= {"return"}
            for part, made in zip((a, b), self.paths, strict=True)
        )
        if (named and lost) or self.session.partial & _versions(a, b):
            self.session.partial.add(result.version)
        if name:
            self.session.escaped.add(result.version)
        if (
            numbers[0] is not UNKNOWN
            and numbers[0] == numbers[1]
            and type_of(self.session, a) == type_of(self.session, b)
        ):
            self.session.known[result.version] = numbers[0]
        return result


class appended:
    """Statements made within go to the end of `statements`."""

    def __init__(self, session: Session, statements: list[Statement]):
        self.builder, self.statements = session.builder, statements

    def __enter__(self) -> None:
        self.outer, self.builder.statements = self.builder.statements, self.statements

    def __exit__(self, *_: object) -> None:
        self.builder.statements = self.outer


def _versions(*parts: Any) -> set[int]:
    return {part.version for part in parts if isinstance(part, Var)}


def absent(type: Type, name: str) -> Atom:
    """What stands for the value that a path does not have.

    A variable is undefined there, and reading it raises as in Python. The value that a path returns is never
    read where another path was taken: there a number is as good as none, and can be converted like the others.
    """
    if name or not isinstance(type, Scalar):
        return Undefined(type)
    zero: Any = {"bool": False}.get(type.dtype, 0 if type.dtype.startswith(("int", "uint")) else 0.0)
    return Const(zero, without_extent(type))


def join(
    frame: Frame, test: Atom, then: Path, orelse: Path, live: Iterable[str] | None, began: Start, strict: bool = False
) -> Outcome:
    """Append the `If` of two paths, and give the outcome of both together.

    `live`: the names of the frame that are read later; None for all. `began`: where the paths part.
    `strict`: raise NoJoin where a live name cannot be one value.
    """
    session = frame.session
    paths = (then, orelse)
    joiner = _Joiner(session, paths, began)
    names = joiner.names(_wanted(frame, paths, live))
    if strict:
        for value in names.values():
            if isinstance(value, Unusable):
                raise NoJoin(value.why)
    value = _joined_value(joiner, then.outcome, orelse.outcome)
    joiner.objects()
    flags = _flags(joiner, then.outcome, orelse.outcome, test)
    blocks = [Block(tuple(p.statements), tuple(y)) for p, y in zip(paths, joiner.yields, strict=True)]
    if blocks[0].statements or blocks[1].statements or joiner.made:
        results = tuple(joiner.made.values())
        session.builder.append(If(test, blocks[0], blocks[1], results, session.builder.origin))
    kinds = then.outcome.kinds | orelse.outcome.kinds
    if not kinds:
        return RAISED
    state = State(names, joiner.finished_heap())
    return Outcome(state, kinds, flags() if len(kinds) > 1 else {}, value)


def _wanted(frame: Frame, paths: tuple[Path, Path], live: Iterable[str] | None) -> list[tuple[int, str]]:
    keys = dict.fromkeys(key for p in paths if p.outcome.state for key in p.outcome.state.names)
    if live is None or (frame.captured and frame.node is None):
        return list(keys)
    live = {*live, *(captured_names(frame.node) if frame.captured else ())}
    return [key for key in keys if key[0] != frame.number or key[1] in live]


def _joined_value(joiner: _Joiner, a: Outcome, b: Outcome) -> Any:
    if a.value is None and b.value is None:
        return None
    left, right = (MISSING if o.value is None else o.value for o in (a, b))
    return joiner.value(left, right, "")


def _flags(joiner: _Joiner, a: Outcome, b: Outcome, test: Atom) -> Callable[[], dict[str, Atom]]:
    """At run time, which of several endings it was."""
    kinds = (a.kinds | b.kinds) - {"fall"}
    pairs = (
        {kind: (a.condition(kind), b.condition(kind)) for kind in sorted(kinds)} if len(a.kinds | b.kinds) > 1 else {}
    )
    made = {
        kind: joiner.value(*pair, FLAG_NAMES[kind])
        for kind, pair in pairs.items()
        if pair not in ((TRUE, FALSE), (FALSE, TRUE))
    }

    def finish() -> dict[str, Atom]:
        session = joiner.session
        for kind, (left, _) in pairs.items():
            if kind not in made:
                made[kind] = test if left == TRUE else session.emit("not", test)
        return made

    return finish


def usable(value: Any) -> Any:
    """The value of an expression or call, or the refusal that it is."""
    if isinstance(value, Unusable):
        raise UnsupportedSyntax(value.why, way_out=value.way_out)
    return value
