"""Expressions of which only a part runs: `and`, `or`, `a if test else b`, chained comparisons."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from gradgen.ir import BOOL, Assign, Atom, Const, Scalar, Statement, Var
from gradgen.stage.dispatch import evaluate, expression
from gradgen.stage.join import Path, join, path, start, usable
from gradgen.stage.operators import both, either, truth
from gradgen.stage.outcome import Outcome, Raises, fell
from gradgen.stage.session import Frame, Session, is_scalar

# Operations on numbers that neither raise nor cost anything: these may run whether they are needed or not.
HARMLESS = {"lt", "le", "gt", "ge", "eq", "ne", "add", "sub", "mul", "neg", "pos", "not", "and", "or", "abs"}


def choose(frame: Frame, test: Atom, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """The value of `yes()` where the test holds, else that of `no()`; only one of them runs."""
    if isinstance(test, Const):
        return yes() if test.value else no()
    session = frame.session
    began = start(session)

    outcome = join(frame, test, _valued(session, yes), _valued(session, no), None, began)
    return _taken_up(session, outcome)


def _taken_up(session: Session, outcome: Outcome) -> Any:
    if outcome.state is None:
        raise Raises
    session.state = outcome.state
    return usable(outcome.value)


def _valued(session: Session, part: Callable[[], Any]) -> Path:
    def run():
        value = part()
        return fell(session.state, value)

    return path(session, run)


@expression(ast.IfExp)
def ternary(frame: Frame, node: ast.IfExp) -> Any:
    test = truth(frame.session, evaluate(frame, node.test))
    return choose(frame, test, lambda: evaluate(frame, node.body), lambda: evaluate(frame, node.orelse))


@expression(ast.BoolOp)
def boolean(frame: Frame, node: ast.BoolOp) -> Any:
    parts: list[Callable[[], Any]] = [partial(evaluate, frame, value) for value in node.values]
    return all_true(frame, parts) if isinstance(node.op, ast.And) else any_true(frame, parts)


def all_true(frame: Frame, parts: list[Callable[[], Any]]) -> Any:
    """`a and b and ...`: the first that is false, else the last."""
    return _chain(frame, parts, conjunction=True)


def any_true(frame: Frame, parts: list[Callable[[], Any]]) -> Any:
    """`a or b or ...`: the first that is true, else the last."""
    return _chain(frame, parts, conjunction=False)


def _chain(frame: Frame, parts: list[Callable[[], Any]], conjunction: bool) -> Any:
    session = frame.session
    first = parts[0]()
    if len(parts) == 1:
        return first
    test = truth(session, first)
    if isinstance(test, Const):
        return _chain(frame, parts[1:], conjunction) if bool(test.value) == conjunction else first
    began = start(session)
    rest = _valued(session, lambda: _chain(frame, parts[1:], conjunction))
    if (
        is_truth(first)
        and rest.outcome.state is not None
        and is_truth(rest.outcome.value)
        and _is_harmless(session, rest)
    ):
        session.builder.statements += rest.statements
        return (both if conjunction else either)(session, test, rest.outcome.value)
    skipped = _valued(session, lambda: first)
    paths = (rest, skipped) if conjunction else (skipped, rest)
    outcome = join(frame, test, *paths, None, began)
    return _taken_up(session, outcome)


def is_truth(value: Any) -> bool:
    return is_scalar(value) and value.type.dtype == BOOL.dtype


def _is_harmless(session: Session, taken: Path) -> bool:
    """Whether a path may run although it is not needed."""
    return taken.outcome.state == session.state and all(_cannot_fail(session, s) for s in taken.statements)


def _cannot_fail(session: Session, statement: Statement) -> bool:
    operands = (*statement.args, statement.target) if isinstance(statement, Assign) else ()
    if any(isinstance(atom, Var) and atom.version in session.partial for atom in operands):
        return False
    return bool(operands) and statement.op in HARMLESS and all(isinstance(atom.type, Scalar) for atom in operands)  # type: ignore[union-attr]
