"""Comprehensions and generator expressions: loops that collect, or that fold as they go."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from gradgen.errors import UnsupportedType
from gradgen.ir import INT, Atom, Const, For
from gradgen.parse.resolve import stored_names
from gradgen.rules.build import constant_atom
from gradgen.stage.carry import Loop, stage_loop
from gradgen.stage.dispatch import evaluate, expression
from gradgen.stage.expressions import keep
from gradgen.stage.iteration import counting, exhaust, is_static, sized, static_items, walk
from gradgen.stage.join import join, path, start
from gradgen.stage.lists import HOLDS, append
from gradgen.stage.merge import references
from gradgen.stage.operators import static_key, truth
from gradgen.stage.outcome import Outcome, Raises, fell
from gradgen.stage.session import UNKNOWN, Frame, Session
from gradgen.stage.targets import assign
from gradgen.stage.values import DictObject, Generator, ListObject, Range, Ref

WRITTEN_OUT = 16  # a comprehension over a longer range of constants is a loop


@expression(ast.ListComp)
def list_comprehension(frame: Frame, node: ast.ListComp) -> Any:
    return _collected(frame, node)


@expression(ast.GeneratorExp)
def generator(frame: Frame, node: ast.GeneratorExp) -> Any:
    """The first iterable is evaluated now, everything else when somebody asks for the items."""
    return Generator(node, frame, evaluate(frame, node.generators[0].iter))


def generated(frame: Frame, value: Generator) -> Any:
    """The values of a generator expression, as a list."""
    return _collected(value.frame, value.node, value.first)


def _collected(frame: Frame, node: ast.ListComp | ast.GeneratorExp, first: Any = None) -> Ref:
    made = frame.session.new(ListObject(()))

    def add(inner: Frame) -> None:
        value = evaluate(inner, node.elt)
        keep(frame, value)
        append(frame.session, made, value)

    each(frame, node.generators, add, first)
    return _there(frame.session, made)


@expression(ast.DictComp)
def dict_comprehension(frame: Frame, node: ast.DictComp) -> Any:
    entries: dict[Any, Any] = {}

    def add(inner: Frame) -> None:
        key = static_key(frame.session, evaluate(inner, node.key))
        entries[key] = evaluate(inner, node.value)
        keep(frame, entries[key])

    each(frame, node.generators, add)
    return frame.session.new(DictObject(tuple(entries), tuple(entries.values())))


def collect(frame: Frame, iterable: Any) -> Ref:
    """`list(iterable)` where the run decides how long it is."""
    if isinstance(iterable, Generator):
        return generated(frame, iterable)
    made = frame.session.new(ListObject(()))
    inner = child(frame, frozenset())
    over(inner, iterable, lambda item: append(frame.session, made, item))
    return _there(frame.session, made)


def listed(frame: Frame, count: Atom, items: Callable[[Atom], Sequence[Any]]) -> Ref:
    """The list of all `items(k)` for each k below `count`."""
    session = frame.session
    made = session.new(ListObject(()))

    def add(k: Any) -> None:
        for item in items(k):
            append(session, made, item)

    over(child(frame, frozenset()), Range(constant_atom(0), count, constant_atom(1)), add)
    return _there(session, made)


def _there(session: Session, made: Ref) -> Ref:
    """The list, if it is one after the loop that has filled it."""
    if made.cell not in session.state.heap:
        raise UnsupportedType(HOLDS, way_out="several lists, or arrays")
    return made


def fold(frame: Frame, iterable: Any, first: Any, step: Callable[[Any, Any], Any], name: str) -> Any:
    """step(...step(step(first, item), item)..., item)"""
    inner = child(frame, frozenset({name}))
    inner.assign(name, first)

    def combine(item: Any) -> None:
        inner.assign(name, step(inner.lookup(name), item))

    if isinstance(iterable, Generator):
        generate(iterable, combine)
    else:
        over(inner, iterable, combine)
    result = inner.lookup(name)
    close(inner)
    return result


def fold_from_first(frame: Frame, iterable: Any, step: Callable[[Any, Any], Any], name: str) -> Any:
    """As `fold`, from the first item; of nothing this raises when it runs."""
    if isinstance(iterable, Generator):
        iterable = generated(frame, iterable)
        if is_static(frame.session, iterable):
            items = static_items(frame, iterable, f"what `{name}` takes")
            result = items[0]
            for item in items[1:]:
                result = step(result, item)
            return result
    count, item_at = sized(frame, iterable)
    first = item_at(constant_atom(0))
    rest = Range(constant_atom(1), count, constant_atom(1))
    return fold(frame, rest, first, lambda best, index: step(best, item_at(index)), "best")


def generate(generator: Generator, act: Callable[[Any], None]) -> None:
    """Run `act` on each value of a generator expression, which is used up then."""
    exhaust(generator.frame.session, generator)
    node = generator.node
    each(generator.frame, node.generators, lambda scope: act(evaluate(scope, node.elt)), generator.first)


def child(frame: Frame, names: frozenset[str]) -> Frame:
    """The scope of a comprehension."""
    session = frame.session
    session.frames += 1
    return Frame(
        session, session.frames, frame.file, names, frame.function, frame.name, frame, None, frame.owner, captured=True
    )


def close(inner: Frame) -> None:
    names = inner.session.state.names
    for key in [key for key in names if key[0] == inner.number]:
        del names[key]


def each(
    frame: Frame, generators: Sequence[ast.comprehension], act: Callable[[Frame], None], first: Any = None
) -> None:
    """Run `act` in the scope of a comprehension for all its items. `first`: the first iterable, if known."""
    inner = child(frame, frozenset(stored_names([g.target for g in generators])))

    def level(k: int) -> None:
        if k == len(generators):
            act(inner)
            return
        one = generators[k]
        if one.is_async:
            raise UnsupportedType("an `async` comprehension cannot be differentiated")

        def body(item: Any) -> None:
            assign(inner, one.target, item, None)
            filtered(inner, list(one.ifs), lambda: level(k + 1))

        known = first is not None and k == 0
        over(inner, first if known else evaluate(inner if k else frame, one.iter), body, one.target)

    level(0)
    close(inner)


def filtered(inner: Frame, tests: list[ast.expr], act: Callable[[], None]) -> None:
    if not tests:
        act()
        return
    session = inner.session
    test = truth(session, evaluate(inner, tests[0]))
    if isinstance(test, Const):
        if test.value:
            filtered(inner, tests[1:], act)
        return
    began = start(session)

    def taken() -> Outcome:
        filtered(inner, tests[1:], act)
        return fell(session.state)

    outcome = join(inner, test, path(session, taken), path(session, lambda: fell(session.state)), None, began)
    if outcome.state is None:
        raise Raises
    session.state = outcome.state


def over(inner: Frame, iterable: Any, body: Callable[[Any], None], target: ast.expr | None = None) -> None:
    """Run `body` for each item: one by one where they are known, else in a loop."""
    session = inner.session
    iterable = counting(inner, iterable)
    if is_static(session, iterable) or _is_short(inner, iterable):
        for k, item in enumerate(static_items(inner, iterable, "what is iterated over")):
            session.written.append(k)
            body(item)
            session.written.pop()
        return
    items = walk(inner, iterable)
    name = target.id if isinstance(target, ast.Name) and items.is_index else "i"
    made = []

    def iteration() -> Outcome:
        made.append(session.builder.var(name, INT))
        session.escaped.add(made[-1].version)
        session.ranges[made[-1].version] = items.start, items.stop, items.step
        item = items.item(made[-1])
        with session.going_over(references(iterable)):
            body(item)
        return fell(session.state)

    fresh = frozenset(stored_names([target])) if target is not None else frozenset()
    key = (target, session.position, tuple(call.site for call in session.calls), tuple(session.written))
    staged = stage_loop(Loop(inner, key, iteration, None, frozenset(), frozenset(), frozenset(), False, False, fresh))
    head = (made[-1], items.start, items.stop, items.step)
    session.builder.append(
        For(*head, staged.carried, staged.inits, staged.body, staged.results, origin=session.builder.origin)
    )
    assert staged.outcome.state is not None
    session.state = staged.outcome.state


def _is_short(frame: Frame, iterable: Any) -> bool:
    if not isinstance(iterable, Range):
        return False
    parts = [frame.session.number(part) for part in (iterable.start, iterable.stop, iterable.step)]
    return UNKNOWN not in parts and len(range(*parts)) <= WRITTEN_OUT
