"""`match`: constants, alternatives, captures, sequences and mappings of known form."""

from __future__ import annotations

import ast
from typing import Any

from gradgen.errors import UnsupportedSyntax
from gradgen.ir import Atom, Const
from gradgen.parse.liveness import Live
from gradgen.rules.build import constant_atom
from gradgen.stage import operators
from gradgen.stage.choice import choose
from gradgen.stage.dispatch import evaluate
from gradgen.stage.flow import Step, branch, run
from gradgen.stage.operators import both, either, equal, truth
from gradgen.stage.outcome import FALSE, TRUE, Outcome
from gradgen.stage.session import Frame
from gradgen.stage.values import DictObject, Group, Known, ListObject


def match_cases(frame: Frame, node: ast.Match, subject: Any, k: int, rest: list[ast.stmt], live: Live) -> Step:
    """The cases from the k-th on, and what follows."""
    if k == len(node.cases):
        return rest
    case = node.cases[k]
    captured: dict[str, Any] = {}
    test = matches(frame, case.pattern, subject, captured)

    def others(after: list[ast.stmt], live: Live) -> Outcome:
        step = match_cases(frame, node, subject, k + 1, after, live)
        return step if isinstance(step, Outcome) else run(frame, after if step is None else step, live)

    if test == FALSE:
        return match_cases(frame, node, subject, k + 1, rest, live)
    for name, value in captured.items():
        frame.assign(name, value)
    if case.guard is not None:
        guard = case.guard
        test = choose(frame, test, lambda: truth(frame.session, evaluate(frame, guard)), lambda: FALSE)
    if isinstance(test, Const):
        return [*case.body, *rest] if test.value else match_cases(frame, node, subject, k + 1, rest, live)
    cases: list[ast.stmt] = [
        ast.copy_location(ast.If(ast.Constant(True), c.body, []), node) for c in node.cases[k + 1 :]
    ]
    form = ast.copy_location(ast.If(ast.Constant(True), case.body, cases), node)
    return branch(frame, test, lambda after, live: run(frame, [*case.body, *after], live), others, form, rest, live)


def matches(frame: Frame, pattern: ast.pattern, subject: Any, captured: dict[str, Any]) -> Atom:
    """Whether the subject is of the pattern, as a truth value; names bound on the way go to `captured`."""
    session = frame.session
    match pattern:
        case ast.MatchValue(value=value):
            return equal(session, subject, evaluate(frame, value))
        case ast.MatchSingleton(value=value):
            return operators.compare(session, ast.Is, subject, Known(value) if value is None else constant_atom(value))
        case ast.MatchOr(patterns=patterns):
            result: Atom = FALSE
            for one in patterns:
                result = either(session, result, matches(frame, one, subject, captured))
            return result
        case ast.MatchAs(pattern=inner, name=name):
            result = TRUE if inner is None else matches(frame, inner, subject, captured)
            if name is not None:
                captured[name] = subject
            return result
        case ast.MatchSequence(patterns=patterns):
            return _sequence(frame, patterns, subject, captured)
        case ast.MatchMapping(keys=keys, patterns=patterns, rest=None):
            return _mapping(frame, keys, patterns, subject, captured)
    raise UnsupportedSyntax(f"the pattern `{ast.unparse(pattern)}`", way_out="`if` and `isinstance`")


def _sequence(frame: Frame, patterns: list[ast.pattern], subject: Any, captured: dict[str, Any]) -> Atom:
    content = operators.contents(frame.session, subject)
    items = subject.items if isinstance(subject, Group) else content.items if isinstance(content, ListObject) else None
    if items is None:
        return FALSE
    if any(isinstance(p, ast.MatchStar) for p in patterns):
        raise UnsupportedSyntax("a starred pattern", way_out="unpack with `a, *b = ...`")
    if len(items) != len(patterns):
        return FALSE
    result: Atom = TRUE
    for one, item in zip(patterns, items, strict=True):
        result = both(frame.session, result, matches(frame, one, item, captured))
    return result


def _mapping(
    frame: Frame, keys: list[ast.expr], patterns: list[ast.pattern], subject: Any, captured: dict[str, Any]
) -> Atom:
    content = operators.contents(frame.session, subject)
    if not isinstance(content, DictObject):
        return FALSE
    result: Atom = TRUE
    for key, one in zip(keys, patterns, strict=True):
        known = operators.static_key(frame.session, evaluate(frame, key))
        if known not in content.keys:
            return FALSE
        item = content.items[content.keys.index(known)]
        result = both(frame.session, result, matches(frame, one, item, captured))
    return result
