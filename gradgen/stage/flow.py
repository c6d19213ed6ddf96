"""Statements in order, and branches: `if`, `match`, `with`, `return`, `break`, `continue`, `raise`.

`run` stages a list of statements and says how they can end (`Outcome`). What follows a branch from which
one side returns goes into the other side. Where both sides may go on, what follows is staged once, behind a
test of how the branch ended. Where a name that is read later cannot be one value after a branch, what
follows is staged in both sides.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradgen.errors import GradgenError, UnsupportedSyntax
from gradgen.ir import Atom, Const
from gradgen.parse.liveness import Live, falling_paths, live_before, may_exit
from gradgen.stage.dispatch import STATEMENTS, evaluate, located, refused
from gradgen.stage.join import Path, join, path, start
from gradgen.stage.merge import NoJoin
from gradgen.stage.operators import either, truth
from gradgen.stage.outcome import FALSE, RAISED, Outcome, Raises, fell
from gradgen.stage.session import Frame, origin
from gradgen.stage.values import NONE, Known, Unusable

Step = Outcome | list[ast.stmt] | None
Follow = Callable[[list[ast.stmt], Live], Outcome]
FLOW: dict[type[ast.stmt], Callable[[Frame, Any, list[ast.stmt], Live], Step]] = {}


def flow(*kinds: type[ast.stmt]):
    """A decorator: the function stages these statements and says how they end, or what is to follow."""

    def enter(function):
        FLOW.update(dict.fromkeys(kinds, function))
        return function

    return enter


def run(frame: Frame, statements: Sequence[ast.stmt], live: Live) -> Outcome:
    """Stage the statements from the present state on. `live`: what is read where they can go."""
    left = list(statements)
    while left:
        node, rest = left[0], left[1:]
        try:
            with origin(frame, node):
                ended = _step(frame, node, rest, live)
        except GradgenError as error:
            located(error, frame.file.position(node))
            raise
        except Raises:
            return RAISED
        if isinstance(ended, Outcome):
            return ended
        left = rest if ended is None else ended
    return fell(frame.session.state)


def _step(frame: Frame, node: ast.stmt, rest: list[ast.stmt], live: Live) -> Step:
    if type(node) in FLOW:
        return FLOW[type(node)](frame, node, rest, live)
    handler = STATEMENTS.get(type(node))
    if handler is None:
        raise refused(frame, node)
    return handler(frame, node)


def run_function(frame: Frame, body: Sequence[ast.stmt]) -> Any:
    """The result of a function's body."""
    outcome = run(frame, body, Live())
    if outcome.state is None:
        raise Raises
    frame.session.state = outcome.state
    if (
        outcome.falls
        and "return" in outcome.kinds
        and not (isinstance(outcome.value, Known) and outcome.value.value is None)
    ):
        raise UnsupportedSyntax(
            f"`{frame.name}` returns a value on one path and nothing on another",
            way_out="return a value at its end too",
        )
    if isinstance(outcome.value, Unusable):
        why = outcome.value.why.replace("this value", f"the result of `{frame.name}`")
        raise UnsupportedSyntax(why, way_out=outcome.value.way_out)
    return NONE if outcome.value is None else outcome.value


def everything(frame: Frame, rest: Sequence[ast.stmt], live: Live, node: ast.AST | None = None) -> frozenset[str]:
    """The names that may be read after a statement, wherever control goes from it."""
    names = live_before(rest, live)
    if node is None or may_exit(node):
        names |= live.at_break | live.at_continue
    return names


# Branches


@flow(ast.If)
def if_statement(frame: Frame, node: ast.If, rest: list[ast.stmt], live: Live) -> Step:
    test = truth(frame.session, evaluate(frame, node.test))
    if isinstance(test, Const):
        return [*(node.body if test.value else node.orelse), *rest]
    return branch(
        frame,
        test,
        lambda after, live: run(frame, [*node.body, *after], live),
        lambda after, live: run(frame, [*node.orelse, *after], live),
        node,
        rest,
        live,
    )


def branch(
    frame: Frame, test: Atom, then: Follow, orelse: Follow, node: ast.stmt, rest: list[ast.stmt], live: Live
) -> Step:
    """An `If` on a test that only the run knows, and what follows it.

    `then` and `orelse` stage a side with the statements that are to follow in it.
    """
    session = frame.session
    began = start(session)

    def sides(after: list[ast.stmt], live: Live) -> tuple[Path, Path]:
        return path(session, lambda: then(after, live)), path(session, lambda: orelse(after, live))

    if may_exit(node) and (falling_paths([node]) <= 1 or _is_short(rest)):
        return join(frame, test, *sides(rest, live), everything(frame, (), live), began)
    later = everything(frame, rest, live, node)
    both = sides([], live.with_after(later))
    if not any(p.outcome.falls for p in both):
        return join(frame, test, *both, later, began)
    try:
        outcome = join(frame, test, *both, later, began, strict=bool(rest))
    except NoJoin:
        return join(frame, test, *sides(rest, live), everything(frame, (), live), began)
    if outcome.kinds == {"fall"}:
        assert outcome.state is not None
        session.state = outcome.state
        return None
    return proceed(frame, outcome, lambda: run(frame, rest, live), everything(frame, (), live))


def _is_short(rest: list[ast.stmt]) -> bool:
    """Whether what follows is so little that it may stand twice."""
    return not rest or (
        len(rest) == 1 and isinstance(rest[0], ast.Return) and isinstance(rest[0].value, ast.Name | ast.Constant | None)
    )


def proceed(frame: Frame, outcome: Outcome, follow: Callable[[], Outcome], later: frozenset[str]) -> Outcome:
    """What follows an outcome, where it fell through. `later`: the names live at the end of what follows."""
    session = frame.session
    if not outcome.falls:
        return outcome
    assert outcome.state is not None
    session.state = outcome.state
    if len(outcome.kinds) == 1:
        return follow()
    others = outcome.kinds - {"fall"}
    stopped: Atom = FALSE
    for kind in sorted(others):
        stopped = either(session, stopped, outcome.flags[kind])
    began = start(session)

    def ended() -> Outcome:
        kept = outcome.only(*others)
        return Outcome(session.state, kept.kinds, kept.flags, kept.value)

    return join(frame, stopped, path(session, ended), path(session, follow), later, began)


# Ends


@flow(ast.Return)
def return_statement(frame: Frame, node: ast.Return, rest: list[ast.stmt], live: Live) -> Step:
    value = NONE if node.value is None else evaluate(frame, node.value)
    session = frame.session
    if not frame.captured:
        for key in [key for key in session.state.names if key[0] == frame.number]:
            del session.state.names[key]
    return Outcome(session.state, frozenset({"return"}), value=value)


@flow(ast.Break)
def break_statement(frame: Frame, node: ast.Break, rest: list[ast.stmt], live: Live) -> Step:
    return Outcome(frame.session.state, frozenset({"break"}))


@flow(ast.Continue)
def continue_statement(frame: Frame, node: ast.Continue, rest: list[ast.stmt], live: Live) -> Step:
    return Outcome(frame.session.state, frozenset({"continue"}))


@flow(ast.Raise)
def raise_statement(frame: Frame, node: ast.Raise, rest: list[ast.stmt], live: Live) -> Step:
    from gradgen.stage.effects import raise_effect

    raise_effect(frame, node)
    return RAISED


@flow(ast.With)
def with_statement(frame: Frame, node: ast.With, rest: list[ast.stmt], live: Live) -> Step:
    """`np.errstate` says what NumPy does about warnings; the values are the same with and without."""
    for item in node.items:
        if not (isinstance(item.context_expr, ast.Call) and item.optional_vars is None):
            raise refused(frame, node)
        function = evaluate(frame, item.context_expr.func)
        if not (isinstance(function, Known) and function.value is np.errstate):
            raise refused(frame, node)
        for keyword in item.context_expr.keywords:
            if not (isinstance(keyword.value, ast.Constant) and keyword.value.value in ("ignore", "warn")):
                raise UnsupportedSyntax(
                    "`np.errstate` that raises or calls", frame.file.position(item.context_expr), "`ignore`"
                )
    return [*node.body, *rest]


@flow(ast.Match)
def match_statement(frame: Frame, node: ast.Match, rest: list[ast.stmt], live: Live) -> Step:
    from gradgen.stage.patterns import match_cases

    return match_cases(frame, node, evaluate(frame, node.subject), 0, rest, live)
