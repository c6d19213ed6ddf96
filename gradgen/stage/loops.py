"""`for` and `while`: loops that run, and loops over known items that are written out one after the other."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gradgen.errors import GradgenError, UnsupportedSyntax
from gradgen.ir import INT, Assign, Atom, Const, Effect, For, Var, While
from gradgen.parse.liveness import Live, loop_live
from gradgen.parse.resolve import stored_names
from gradgen.rules.build import constant_atom
from gradgen.stage.carry import Loop, Peel, Staged, TestChanges, stage_loop
from gradgen.stage.dispatch import evaluate
from gradgen.stage.flow import Step, branch, everything, flow, proceed, run
from gradgen.stage.iteration import (
    Walk,
    check_length,
    counting,
    is_static,
    leave_some,
    present_item,
    static_items,
    walk,
)
from gradgen.stage.join import join, path, start
from gradgen.stage.merge import references
from gradgen.stage.operators import truth
from gradgen.stage.outcome import FALSE, RAISED, TRUE, Outcome
from gradgen.stage.session import UNKNOWN, Frame, Session
from gradgen.stage.targets import assign
from gradgen.stage.values import Checkpointed, Enumerated, Group, Range, Unusable

WRITTEN_OUT = 256  # iterations of a loop whose index must be known


class Unroll(Exception):
    """What is being staged needs the number that the index `version` of a loop is."""

    def __init__(self, version: int):
        super().__init__(version)
        self.version = version


@flow(ast.For)
def for_statement(frame: Frame, node: ast.For, rest: list[ast.stmt], live: Live) -> Step:
    given = evaluate(frame, node.iter)
    if any(isinstance(inner, ast.Break | ast.Return) for s in node.body for inner in ast.walk(s)):
        leave_some(frame.session, given)
    levels = given.levels if isinstance(given, Checkpointed) else 1
    iterable = counting(frame, given.iterable if isinstance(given, Checkpointed) else given)
    if is_static(frame.session, iterable):
        if levels > 1:
            raise UnsupportedSyntax(
                "a checkpointed loop over items that are known, which is written out",
                way_out="a loop over a range or an array",
            )
        return written_out(frame, node, static_items(frame, iterable, "what the loop goes over"), rest, live, iterable)
    numbers = _numbers(frame.session, iterable)
    before = frame.session.state.copy(), len(frame.session.builder.statements)
    index = _Index(frame.session, _index_name(node.target, iterable), numbers)
    try:
        return _for(frame, node, iterable, index, levels, rest, live)
    except Unroll as needed:
        if needed.version not in index.versions or numbers is None:
            raise
        frame.session.state = before[0]
        del frame.session.builder.statements[before[1] :]
        return written_out(frame, node, [constant_atom(number) for number in numbers], rest, live)


def _numbers(session: Session, iterable: Any) -> range | None:
    """The numbers of a short range of constants."""
    if not isinstance(iterable, Range):
        return None
    parts = [session.number(part) for part in (iterable.start, iterable.stop, iterable.step)]
    if UNKNOWN in parts or parts[2] == 0:
        return None
    numbers = range(*parts)
    return numbers if len(numbers) <= WRITTEN_OUT else None


def _index_name(target: ast.expr, iterable: Any) -> str:
    """The loop variable, where it is the index; the first of two that `enumerate` gives; else "i"."""
    if isinstance(iterable, Enumerated) and isinstance(target, ast.Tuple):
        target = target.elts[0]
    elif not isinstance(iterable, Range):
        return "i"
    return target.id if isinstance(target, ast.Name) else "i"


class _Index:
    """Makes the index variable of a loop, anew for each time that its body is staged."""

    def __init__(self, session: Session, name: str, numbers: range | None):
        self.session, self.name, self.numbers = session, name, numbers
        self.versions: set[int] = set()
        self.range: tuple[Atom, Atom, Atom] | None = None  # start, stop, step
        self.var: Var | None = None

    def make(self) -> Var:
        self.var = self.session.builder.var(self.name, INT)
        self.session.escaped.add(self.var.version)
        self.versions.add(self.var.version)
        if self.range is not None:
            self.session.ranges[self.var.version] = self.range
        if self.numbers is not None:
            self.session.unrollable.add(self.var.version)
        return self.var


def unrollable_index(session: Session, atom: Atom) -> int | None:
    """The version of the loop index from which an integer is computed, if that loop could be written out."""
    waiting, seen = [atom], 0
    while waiting and seen < 50:
        seen += 1
        one = waiting.pop()
        if not isinstance(one, Var):
            continue
        if one.version in session.unrollable:
            return one.version
        made = session.builder.definitions.get(one.version)
        if isinstance(made, Assign) and made.op in ("add", "sub", "mul", "floordiv", "mod", "neg", "identity"):
            waiting += made.args
    return None


@contextmanager
def held(session: Session, value: Any) -> Iterator[tuple[int, str]]:
    """What a loop goes over has no name, and is merged with other objects as what has one."""
    session.frames += 1
    key = (session.frames, "")
    session.state.names[key] = value
    try:
        yield key
    finally:
        session.state.names.pop(key, None)


def _for(
    frame: Frame, node: ast.For, iterable: Any, index: _Index, levels: int, rest: list[ast.stmt], live: Live
) -> Step:
    items = walk(frame, iterable)
    if levels > 1 and not isinstance(items.step, Const):
        raise UnsupportedSyntax(
            "a checkpointed loop over a range whose step is not known", way_out="a step that is a number"
        )
    inside = _live_inside(frame, node, rest, live)

    def iteration(at: Atom | None = None) -> Outcome:
        assign(frame, node.target, items.item(index.make() if at is None else at), None)
        with frame.session.going_over(references(iterable)):
            return run(frame, node.body, inside)

    def remaining(start: Atom, may_peel: bool) -> Staged:
        index.range = start, items.stop, items.step
        with held(frame.session, iterable) as key:
            staged = stage_loop(_loop(frame, node, iteration, None, inside, may_peel))
        if staged.outcome.state is not None:
            staged.outcome.state.names.pop(key, None)
        assert index.var is not None
        head = (index.var, start, items.stop, items.step)
        ran = (staged.carried, staged.inits, staged.body, staged.results)
        origin = frame.session.builder.origin
        frame.session.builder.append(For(*head, *ran, staged.leave, origin=origin, levels=levels))
        return staged

    before = len(frame.session.builder.statements)
    try:
        return _after(frame, node, remaining(items.start, may_peel=True), rest, live)
    except Peel:
        del frame.session.builder.statements[before:]
    return _peeled(
        frame,
        node,
        _begins(frame, items),
        lambda: iteration(items.start),
        lambda: remaining(_next(frame, items), False),
        rest,
        live,
    )


def _begins(frame: Frame, items: Walk) -> Atom:
    """Whether the loop has a first iteration."""
    session = frame.session
    step = session.number(items.step)
    if step is UNKNOWN:
        raise UnsupportedSyntax(
            "a variable changes its kind in a loop whose step is not known", way_out="give it one kind before the loop"
        )
    numbers = session.number(items.start), session.number(items.stop)
    if UNKNOWN not in numbers:
        return constant_atom(len(range(*numbers, step)) > 0)
    return session.emit("lt" if step > 0 else "gt", items.start, items.stop)


def _next(frame: Frame, items: Walk) -> Atom:
    numbers = frame.session.number(items.start), frame.session.number(items.step)
    if UNKNOWN not in numbers and isinstance(items.start, Const):
        return constant_atom(numbers[0] + numbers[1])
    return frame.session.emit("add", items.start, items.step)


def _live_inside(frame: Frame, node: ast.For | ast.While, rest: list[ast.stmt], live: Live) -> Live:
    later = everything(frame, rest, live, node)
    return loop_live(node, Live(later, live.at_break, live.at_continue))


def _loop(
    frame: Frame, node: ast.For | ast.While, iteration: Callable[[], Outcome], test: Any, inside: Live, may_peel: bool
) -> Loop:
    assigned = frozenset(stored_names([*node.body, *([node.target] if isinstance(node, ast.For) else [])]))
    key = (node, tuple(call.site for call in frame.session.calls), tuple(frame.session.written))
    matter = bool(node.orelse)
    return Loop(frame, key, iteration, test, inside.at_continue, inside.at_break, assigned, matter, may_peel)


def _after(frame: Frame, node: ast.For | ast.While, staged: Staged, rest: list[ast.stmt], live: Live) -> Step:
    """The `else` of a loop that was not left by `break`, and then what follows."""
    outcome = staged.outcome
    if not outcome.kinds:
        return RAISED
    if outcome.kinds == {"fall"} and staged.broke == FALSE:
        assert outcome.state is not None
        frame.session.state = outcome.state
        return [*node.orelse, *rest]

    def follow() -> Outcome:
        return _else(frame, node, staged.broke, rest, live)

    return proceed(frame, outcome, follow, everything(frame, (), live))


def _else(frame: Frame, node: ast.For | ast.While, broke: Atom, rest: list[ast.stmt], live: Live) -> Outcome:
    if broke in (FALSE, TRUE):
        return run(frame, [*([] if broke == TRUE else node.orelse), *rest], live)
    form = ast.copy_location(ast.If(ast.Constant(True), [], node.orelse), node)
    ended = branch(
        frame,
        broke,
        lambda after, live: run(frame, after, live),
        lambda after, live: run(frame, [*node.orelse, *after], live),
        form,
        rest,
        live,
    )
    return ended if isinstance(ended, Outcome) else run(frame, rest, live)


def _peeled(
    frame: Frame,
    node: ast.For | ast.While,
    begins: Atom,
    first: Callable[[], Outcome],
    others: Callable[[], Staged],
    rest: list[ast.stmt],
    live: Live,
) -> Step:
    """The first iteration apart, because a variable is of another kind before it than after it."""

    def finish(step: Step, after: list[ast.stmt], live: Live) -> Outcome:
        return step if isinstance(step, Outcome) else run(frame, after if step is None else step, live)

    def some(after: list[ast.stmt], live: Live) -> Outcome:
        outcome = without_continue(first())
        later = everything(frame, (), live)

        def onward() -> Outcome:
            return finish(_after(frame, node, others(), after, live), after, live)

        if "left" not in outcome.kinds:
            return proceed(frame, outcome, onward, later)
        if outcome.kinds == {"left"}:
            assert outcome.state is not None
            frame.session.state = outcome.state
            return run(frame, after, live)
        raise UnsupportedSyntax(
            "a `break` in a loop in which a variable changes its kind", way_out="give it one kind before the loop"
        )

    def none(after: list[ast.stmt], live: Live) -> Outcome:
        return run(frame, [*node.orelse, *after], live)

    if isinstance(begins, Const):
        return some(rest, live) if begins.value else none(rest, live)
    session, later, began = frame.session, everything(frame, (), live), start(frame.session)
    taken = path(session, lambda: some(rest, live))
    before = len(session.builder.statements)
    try:
        outcome = join(frame, begins, taken, path(session, lambda: none(rest, live)), later, began)
        if not isinstance(outcome.value, Unusable) or isinstance(taken.outcome.value, Unusable):
            return outcome
        why = outcome.value.why
    except GradgenError as error:
        why = error.message
    del session.builder.statements[before:]
    return join(frame, begins, taken, path(session, lambda: _no_iteration(frame, why)), later, began)


def _no_iteration(frame: Frame, why: str) -> Outcome:
    """Without an iteration the function cannot go on as it does with one: it raises when it comes to that."""
    message = f"a loop without iterations, after which there is no gradient: {why}"
    builder = frame.session.builder
    builder.append(Effect("raise", (message,), name="ValueError", origin=builder.origin))
    return RAISED


# Loops over known items


def written_out(
    frame: Frame, node: ast.For, items: list[Any], rest: list[ast.stmt], live: Live, iterable: Any = None
) -> Step:
    """The iterations one after the other. `iterable`: where the items come from, if not from a range."""
    inside = _live_inside(frame, node, rest, live)
    later = everything(frame, rest, live, node) | inside.at_continue
    session = frame.session

    def go(k: int) -> Outcome:
        while k < len(items):
            assign(frame, node.target, present_item(session, iterable, k, items[k]), None)
            session.written.append(k)
            try:
                outcome = without_continue(run(frame, node.body, inside))
            finally:
                session.written.pop()
            k += 1
            if outcome.kinds != {"fall"}:
                return proceed(frame, outcome, functools.partial(go, k), later)
            assert outcome.state is not None
            session.state = outcome.state
        check_length(session, iterable, len(items))
        return run(frame, node.orelse, live.with_after(later))

    with held(session, Group(tuple(items))) as key:
        outcome = after_left(go(0))
    if outcome.state is not None:
        outcome.state.names.pop(key, None)
    if outcome.kinds != {"fall"}:
        return proceed(frame, outcome, lambda: run(frame, rest, live), everything(frame, (), live))
    assert outcome.state is not None
    session.state = outcome.state
    return None


def without_continue(outcome: Outcome) -> Outcome:
    """How an iteration ended, seen from the loop: `continue` goes on to the next one, `break` leaves ("left")."""
    kinds = {{"continue": "fall", "break": "left"}.get(kind, kind) for kind in outcome.kinds}
    flags = {"left" if kind == "break" else kind: flag for kind, flag in outcome.flags.items() if kind != "continue"}
    return Outcome(outcome.state, frozenset(kinds), flags if len(kinds) > 1 else {}, outcome.value)


def after_left(outcome: Outcome) -> Outcome:
    """How a loop ended, seen from what follows it."""
    kinds = frozenset("fall" if kind == "left" else kind for kind in outcome.kinds)
    flags = {kind: flag for kind, flag in outcome.flags.items() if kind != "left"}
    return Outcome(outcome.state, kinds, flags if len(kinds) > 1 else {}, outcome.value)


# while


@flow(ast.While)
def while_statement(frame: Frame, node: ast.While, rest: list[ast.stmt], live: Live) -> Step:
    session = frame.session
    if stored_names([node.test]):
        return _testing_inside(frame, node, rest, live)
    before = session.state.copy(), len(session.builder.statements)
    with session.builder.collect():
        first = truth(session, evaluate(frame, node.test))
    session.state = before[0].copy()
    if isinstance(first, Const) and not first.value:
        return [*node.orelse, *rest]
    inside = _live_inside(frame, node, rest, live)

    def iteration() -> Outcome:
        return run(frame, node.body, inside)

    def test() -> Atom:
        return truth(session, evaluate(frame, node.test))

    def remaining(may_peel: bool) -> Staged:
        staged = stage_loop(_loop(frame, node, iteration, test, inside, may_peel))
        assert staged.test is not None
        ran = (staged.carried, staged.inits, staged.body, staged.results)
        session.builder.append(While(staged.test, *ran, staged.leave, origin=session.builder.origin))
        return staged

    try:
        return _after(frame, node, remaining(may_peel=True), rest, live)
    except TestChanges:
        session.state = before[0]
        del session.builder.statements[before[1] :]
        return _testing_inside(frame, node, rest, live)
    except Peel:
        session.state = before[0]
        del session.builder.statements[before[1] :]
    return _peeled(frame, node, test(), iteration, lambda: remaining(False), rest, live)


def _testing_inside(frame: Frame, node: ast.While, rest: list[ast.stmt], live: Live) -> Step:
    """A test that assigns: `while True` with the test as its first statement."""
    if node.orelse:
        raise UnsupportedSyntax("`else` of a loop whose test assigns", way_out="assign in the loop's body")
    leave = ast.copy_location(
        ast.If(node.test, [ast.copy_location(ast.Pass(), node)], [ast.copy_location(ast.Break(), node)]), node
    )
    always = ast.copy_location(ast.Constant(True), node.test)
    endless = ast.copy_location(ast.While(always, [leave, *node.body], []), node)
    return while_statement(frame, ast.fix_missing_locations(endless), rest, live)
