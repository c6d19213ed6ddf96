"""What goes round a loop: the state before the body and after it, fitted to each other until they agree.

The body is staged with the values that it found at first. Whatever it leaves changed becomes a carried
variable, of a type that takes in both values, and the body is staged again; when nothing changes any
more the last staging is the loop's body. Types found once are remembered, so that a loop within a loop
needs its passes only once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gradgen.ir import BOOL, Array, Atom, Block, Const, Dim, ListOf, Statement, Type, Undefined, Var, dims_of
from gradgen.ir.walk import free_variables, substitute
from gradgen.parse.liveness import captured_names
from gradgen.rules.sizes import is_since
from gradgen.stage.arrays import retake_views
from gradgen.stage.join import FLAG_NAMES, absent, appended
from gradgen.stage.merge import MISSING, Merger, converted, joined_type, type_of, without_extent
from gradgen.stage.operators import either
from gradgen.stage.outcome import FALSE, RAISED, Outcome, Raises
from gradgen.stage.session import Awaiting, Frame, Session
from gradgen.stage.values import (
    ArrayObject,
    Bound,
    DictObject,
    Enumerated,
    Group,
    HeapObject,
    ListObject,
    Range,
    Record,
    Ref,
    Reversed,
    RunList,
    State,
    Unusable,
    Zipped,
    is_atom,
)

PASSES = 12


class Peel(Exception):
    """A variable is of another kind after the first iteration than before it."""


class TestChanges(Exception):
    """The test of a `while` changes a list or an array, or assigns a variable."""


@dataclass(slots=True)
class Carried:
    """A variable that goes round: what it is at first, and after the body. Either may be MISSING or a Listing."""

    var: Var
    init: Any
    after: Any = None
    free: set[str] = field(default_factory=set)  # symbols of its type that stand for any size


class Carrier(Merger):
    """Merges the state at the head with that after the body; a pair that differs is a carried variable."""

    def __init__(self, session: Session, head: State, after: State, carried: dict[int, Carried], began: Start):
        super().__init__(session, head, after)
        self.before, self.began = carried, began
        self.carried: dict[int, Carried] = {}
        self.changed = False
        self.leaving = False  # values that only a `return` takes along, with nothing at the head

    def value(self, a: Any, b: Any, name: str) -> Any:
        if is_atom(a) and is_atom(b) and a == b:
            return self.keep(a, name)
        return super().value(a, b, name)

    def content(self, a: Any, b: Any, name: str) -> Any:
        if isinstance(a, ArrayObject) and a is b and a.view is None:
            atom = self.keep(a.atom, name)
            return a if atom == a.atom else replace(a, atom=atom)
        return super().content(a, b, name)

    def keep(self, atom: Atom, name: str) -> Any:
        """A number that the body left as it was."""
        return (
            self.pair(atom, atom, name)
            if isinstance(atom, Var) and atom.version in self.before and self.counting
            else atom
        )

    def pair(self, a: Any, b: Any, name: str) -> Any:
        known = self.before.get(a.version) if isinstance(a, Var) else None
        if known is None and a == b:
            return a
        if a is MISSING and is_atom(b) and not (isinstance(b, Var) and b.version >= self.began.version):
            return b  # it is there without the loop
        if known is not None and self._accepts(known, b):
            used = self.carried.get(known.var.version)
            if used is None or used.after == b:
                self.carried[known.var.version] = replace(known, after=known.var if b is MISSING else b)
                return known.var
        return self._new(known.init if known else a, a, b, name, known.free if known else set())

    def _accepts(self, carried: Carried, part: Any) -> bool:
        type = type_of(self.session, part)
        if part is MISSING or type is None:
            return True  # an empty listing
        joined = _round(self.session, carried.var.type, type, carried.free)
        return joined is not None and joined[0] == carried.var.type

    def _new(self, init: Any, a: Any, b: Any, name: str, free: set[str]) -> Any:
        types = [t for t in (type_of(self.session, a), type_of(self.session, b)) if t is not None]
        if not types:
            return Unusable(f"the type of the items of `{name}` is not known")
        found = _round(self.session, types[0], types[-1], free)
        if found is not None and init is MISSING:
            found = _of_any_iteration(self.session, found, self.began)
        if found is None:
            left, right = types
            return Unusable(
                f"{'`' + name + '`' if name else 'a value'} is of type {left} before an iteration and {right} after it"
            )
        var = self.session.builder.var(name or getattr(a, "name", ""), found[0])
        self.session.escaped.add(var.version)
        self.carried[var.version] = Carried(var, init, b, found[1])
        if self.session.is_without_dimensions(init):
            self.session.without_dimensions.add(var.version)
        if (init is MISSING and not self.leaving) or self.session.partial & _versions(init, b):
            self.session.partial.add(var.version)
        self.changed = self.changed or not self.leaving
        return var


def _versions(*parts: Any) -> set[int]:
    return {part.version for part in parts if isinstance(part, Var)}


def _takes(free: Dim, dim: Dim) -> bool:
    """Whether what is known of a symbol for any size holds for `dim` too."""
    return free.least <= dim.lower and (not free.many or dim.never_one)


def _round(session: Session, a: Type, b: Type, free: set[str]) -> tuple[Type, set[str]] | None:
    """The type that takes in both, and its symbols that stand for any size (those in `free` do already)."""
    if isinstance(a, Array) and isinstance(b, Array) and a.dtype == b.dtype and a.ndim == b.ndim:
        dims, free = [], set(free)
        for x, y in zip(a.dims, b.dims, strict=True):
            if x == y or (x.symbol in free and _takes(x, y)):
                dims.append(x)
            else:
                # A size that has changed before may go on doing so: then it has no bound.
                least = 0 if x.symbol in free else min(x.lower, y.lower)
                dims.append(Dim(session.symbol(), many=x.never_one and y.never_one, least=least))
                free.add(dims[-1].symbol or "")
        return Array(a.dtype, tuple(dims)), free
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        element = _round(session, a.element, b.element, free)
        return None if element is None else (ListOf(element[0]), element[1])
    joined = joined_type(session, without_extent(a), without_extent(b))
    return None if joined is None else (joined, free)


def _of_any_iteration(session: Session, found: tuple[Type, set[str]], began: Start) -> tuple[Type, set[str]]:
    """The type of what an iteration leaves and a later one finds: what is called after values of the one that
    made it is any size in the other, where the same words stand for values of its own."""
    type, free = found
    if isinstance(type, ListOf):
        element, free = _of_any_iteration(session, (type.element, free), began)
        return ListOf(element), free
    if not isinstance(type, Array):
        return found
    dims = tuple(
        Dim(session.symbol(), many=dim.never_one) if is_since(dim, began.version, began.symbol) else dim
        for dim in type.dims
    )
    return Array(type.dtype, dims), free | {x.symbol or "" for x, y in zip(dims, type.dims, strict=True) if x != y}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a loop begins: later versions and symbols are those of an iteration."""

    version: int
    symbol: int


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop whose body can be staged again and again, from the present state.

    `iteration` stages one iteration; `test`, of a `while`, gives its truth. `head`: the names live where
    an iteration begins; `after`: where the loop has ended. `assigned`: what its text assigns.
    `key`: by which its types are remembered.
    """

    frame: Frame
    key: Any
    iteration: Callable[[], Outcome]
    test: Callable[[], Atom] | None
    head: frozenset[str]
    after: frozenset[str]
    assigned: frozenset[str]
    breaks_matter: bool  # whether it must be known afterwards that the loop ended by `break`
    may_peel: bool
    fresh: frozenset[str] = frozenset()  # names that each iteration begins with, and that end with it


@dataclass(frozen=True, slots=True)
class Staged:
    """The parts of the loop statement, and what holds after it."""

    carried: tuple[Var, ...]
    inits: tuple[Atom, ...]
    test: Block | None
    body: Block
    leave: Atom | None
    results: tuple[Var, ...]
    outcome: Outcome
    broke: Atom


def stage_loop(loop: Loop) -> Staged:
    """Stage the body until its state goes round."""
    session = loop.frame.session
    arrived = session.state.copy()
    retake_views(session)
    entry, began = session.state, Start(session.builder.next_version, session.symbols)
    state, carried = _first_guess(loop, entry)
    patient = True
    for _ in range(PASSES):
        awaiting = Awaiting(_unassigned(loop, state), _empty(state)) if patient else Awaiting(set(), set())
        test_statements, test, body, outcome = _one_pass(loop, state, awaiting)
        merger = Carrier(session, state, outcome.state or State(dict(state.names), dict(state.heap)), carried, began)
        names = merger.names(_wanted(loop, state, outcome.state or state))
        if loop.may_peel and any(
            isinstance(value, Unusable) and not isinstance(state.names.get(key), Unusable)
            for key, value in names.items()
        ):
            session.state = arrived  # what was made here goes with the attempt
            raise Peel
        merger.counting = False
        _objects(merger, entry)
        changed = merger.changed or any(
            isinstance(value, Unusable) and not isinstance(state.names.get(key), Unusable)
            for key, value in names.items()
        )
        if not changed and awaiting.met:
            patient = False
            continue
        if not changed:
            session.state = entry
            return _finished(loop, merger, names, test_statements, test, body, outcome)
        carried = {**carried, **merger.carried}
        _remember(loop, names)
        state = State({**state.names, **names}, {**state.heap, **merger.finished_heap()})
    raise AssertionError(f"the types of the loop in `{loop.frame.name}` do not settle")


def _unassigned(loop: Loop, state: State) -> set[tuple[int, str]]:
    number = loop.frame.number
    return {(number, name) for name in loop.assigned if (number, name) not in state.names}


def _empty(state: State) -> set[int]:
    return {cell for cell, content in state.heap.items() if isinstance(content, ListObject) and not content.items}


def _one_pass(
    loop: Loop, head: State, awaiting: Awaiting
) -> tuple[list[Statement], Atom | None, list[Statement], Outcome]:
    session = loop.frame.session
    session.state = head.copy()
    test_statements: list[Statement] = []
    test = None
    if loop.test is not None:
        with session.assigning() as assigns, session.builder.collect() as test_statements:
            test = loop.test()
        heap = session.state.heap
        if assigns() or any(_is_changed(heap.get(cell), content) for cell, content in head.heap.items()):
            raise TestChanges
        session.state = head.copy()  # what the test computes is not there in the body
    session.awaiting.append(awaiting)
    try:
        with session.builder.collect() as body:
            outcome = loop.iteration()
            if outcome.state is not None:
                session.state = outcome.state
                retake_views(session)
    except Raises:
        outcome = RAISED
    finally:
        session.awaiting.pop()
    return test_statements, test, body, outcome


def _is_changed(now: HeapObject | None, before: HeapObject) -> bool:
    """Whether the object is another; a view that was merely taken again is not."""
    return not _is_same(now, before) and not (isinstance(before, ArrayObject) and before.view is not None)


def _is_same(now: Any, before: Any) -> bool:
    """Whether values or objects are the same, part by part where paths that met have made them anew."""
    if isinstance(now, Group | ListObject | DictObject | Record) and type(now) is type(before):
        alike = len(now.items) == len(before.items) and all(map(_is_same, now.items, before.items))
        if isinstance(now, Group):
            return alike and now.kind is before.kind  # type: ignore[union-attr]
        return alike and replace(now, items=()) == replace(before, items=())
    return now is before or now == before


def _wanted(loop: Loop, head: State, after: State) -> list[tuple[int, str]]:
    keys = dict.fromkeys([*head.names, *after.names])
    number = loop.frame.number
    if loop.frame.captured and loop.frame.node is None:
        return [key for key in keys if (key in head.names if key[0] != number else key[1] not in loop.fresh)]
    live = loop.head | loop.after | (captured_names(loop.frame.node) if loop.frame.captured else frozenset())
    return [key for key in keys if (key in head.names if key[0] != number else key[1] in live)]


def _objects(merger: Carrier, entry: State) -> None:
    """Merge the objects that were there before the loop, named or not."""
    for cell in {**entry.heap, **{c: None for c in merger.b.heap if c in merger.session.outer}}:
        merger.reference(Ref(cell), Ref(cell), "")


def _first_guess(loop: Loop, entry: State) -> tuple[State, dict[int, Carried]]:
    """Numbers that the body assigns are carried from the start."""
    session, frame = loop.frame.session, loop.frame
    state = entry.copy()
    carried: dict[int, Carried] = {}
    remembered = session.loops.get(loop.key, {})
    for name in sorted(loop.assigned & (loop.head | loop.after)):
        value = state.names.get((frame.number, name))
        if not is_atom(value) or isinstance(value, Undefined):
            continue
        type = without_extent(value.type)
        type = (name in remembered and joined_type(session, type, remembered[name])) or type
        var = session.builder.var(name, type)
        session.escaped.add(var.version)
        if session.partial & _versions(value):
            session.partial.add(var.version)
        if session.is_without_dimensions(value):
            session.without_dimensions.add(var.version)
        carried[var.version] = Carried(var, value)
        state.names[frame.number, name] = var
    return state, carried


def _remember(loop: Loop, names: dict[tuple[int, str], Any]) -> None:
    found = loop.frame.session.loops.setdefault(loop.key, {})
    for (frame, name), value in names.items():
        if frame == loop.frame.number and is_atom(value):
            found[name] = value.type


def _finished(
    loop: Loop,
    merger: Carrier,
    names: dict[tuple[int, str], Any],
    test_statements: list[Statement],
    test: Atom | None,
    body: list[Statement],
    outcome: Outcome,
) -> Staged:
    session = loop.frame.session
    merger.leaving = merger.counting = True
    value = None if outcome.value is None else merger.value(MISSING, outcome.value, "")
    state = State(names, merger.finished_heap())
    with appended(session, body):
        broke, returned = outcome.condition("break"), outcome.condition("return")
        leave = either(session, broke, returned)
    flags = _flags(loop, merger, outcome, {"break": broke, "return": returned})
    moving = [c for c in merger.carried.values() if c.after != c.var]
    still = {c.var: _as_init(session, c) for c in merger.carried.values() if c.after == c.var}
    still |= {c.var: _forgotten(c) for v, c in merger.before.items() if v not in merger.carried}
    with appended(session, body):
        yields = tuple(
            Undefined(c.var.type) if c.after is MISSING else converted(session, c.after, c.var.type) for c in moving
        )
    inits = tuple(_as_init(session, c) for c in moving)
    around = {dim.symbol for var in free_variables(Block(tuple(body))) for dim in dims_of(var.type)}
    results = tuple(session.builder.var(c.var.name, _at_the_end(session, c, around)) for c in moving)
    session.escaped.update(result.version for result in results)
    session.partial.update(r.version for r, c in zip(results, moving, strict=True) if c.var.version in session.partial)
    ended: dict[Var, Atom] = {**still, **dict(zip((c.var for c in moving), results, strict=True))}
    whole = substitute(Block(tuple(body), (*yields, leave)), still)
    tested = substitute(Block(tuple(test_statements), () if test is None else (test,)), still)
    kinds = _kinds(loop, outcome, test)
    after = Outcome(
        renamed_state(state, ended),
        kinds,
        {"return": ended[flags["return"]]} if "return" in flags and len(kinds) > 1 else {},
        None if value is None else renamed(value, ended),
    )
    return Staged(
        tuple(c.var for c in moving),
        inits,
        None if test is None else tested,
        Block(whole.statements, whole.yields[:-1]),
        None if leave == FALSE else whole.yields[-1],
        results,
        after,
        ended[flags["break"]] if "break" in flags else FALSE,
    )


def _at_the_end(session: Session, carried: Carried, around: set[str | None]) -> Type:
    """The type after the loop: a size that each iteration has its own of gets another symbol."""
    type = carried.var.type
    if not isinstance(type, Array):
        return type
    own = {dim.symbol for dim in type.dims} & carried.free
    if carried.init is MISSING:
        own |= {dim.symbol for dim in type.dims} - around
    dims = (Dim.one_of(session.symbol(), d) if d.symbol and d.symbol in own else d for d in type.dims)
    return Array(type.dtype, tuple(dims))


def _kinds(loop: Loop, outcome: Outcome, test: Atom | None) -> frozenset[str]:
    """How the loop can end: one that is never left by its test ends by `break` or `return` only."""
    endless = isinstance(test, Const) and bool(test.value) and "break" not in outcome.kinds
    return frozenset({"return"} & outcome.kinds) | (frozenset() if endless else frozenset({"fall"}))


def _flags(loop: Loop, merger: Carrier, outcome: Outcome, conditions: dict[str, Atom]) -> dict[str, Var]:
    """Variables that say afterwards how the loop ended."""
    made = {}
    for kind, condition in conditions.items():
        if kind in outcome.kinds and (kind == "return" or loop.breaks_matter):
            type = BOOL if isinstance(condition, Const) else condition.type
            var = merger.session.builder.var(FLAG_NAMES[kind], type)
            merger.carried[var.version] = Carried(var, FALSE, condition)
            made[kind] = var
    return made


def _forgotten(carried: Carried) -> Atom:
    """What stands for a variable of an object that nothing leads to any more."""
    return carried.init if is_atom(carried.init) else Undefined(carried.var.type)


def _as_init(session: Session, carried: Carried) -> Atom:
    if carried.init is MISSING:
        return absent(carried.var.type, carried.var.name)
    return converted(session, carried.init, carried.var.type)


# States with their variables replaced


def renamed(value: Any, mapping: dict[Var, Atom]) -> Any:
    """A value with its variables replaced."""
    if isinstance(value, Var):
        return mapping.get(value, value)
    match value:
        case Group(items=items):
            return Group(tuple(renamed(item, mapping) for item in items), value.kind)
        case Bound(owner=owner):
            return Bound(renamed(owner, mapping), value.method)
        case Range():
            return Range(*(renamed(part, mapping) for part in (value.start, value.stop, value.step)))
        case Enumerated():
            return Enumerated(renamed(value.iterable, mapping), renamed(value.start, mapping))
        case Reversed():
            return Reversed(renamed(value.iterable, mapping))
        case Zipped():
            return Zipped(tuple(renamed(item, mapping) for item in value.iterables), value.strict)
    return value


def renamed_object(content: HeapObject, mapping: dict[Var, Atom]) -> HeapObject:
    match content:
        case ArrayObject(view=view) if view is not None:
            # What the view has seen inside the loop is gone: it is taken again from its base.
            steps = tuple(replace(s, args=tuple(renamed(arg, mapping) for arg in s.args)) for s in view.chain)
            return replace(content, atom=renamed(content.atom, mapping), view=replace(view, chain=steps, seen=None))
        case ArrayObject():
            return replace(content, atom=renamed(content.atom, mapping))
        case RunList():
            return replace(content, lists=tuple(renamed(one, mapping) for one in content.lists))
    return replace(content, items=tuple(renamed(item, mapping) for item in content.items))


def renamed_state(state: State, mapping: dict[Var, Atom]) -> State:
    names = {key: renamed(value, mapping) for key, value in state.names.items()}
    return State(names, {cell: renamed_object(content, mapping) for cell, content in state.heap.items()})
