"""Methods of lists, dicts, tuples, strings and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradgen.errors import UnknownFunction, UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.rules.build import constant_atom
from gradgen.stage import lists, operators
from gradgen.stage.arrays import describe, is_array
from gradgen.stage.entries import key_value
from gradgen.stage.iteration import is_static, static_items
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.values import NONE, DictObject, Entries, Generator, Group, Known, ListObject, Ref, RunList

Method = Callable[[Frame, Any, tuple[Any, ...]], Any]


def call_method(frame: Frame, owner: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session = frame.session
    content = operators.contents(session, owner)
    table: dict[str, Method] = {}
    if isinstance(content, ListObject | RunList):
        table = LIST
    elif isinstance(content, DictObject):
        table = DICT
    elif isinstance(owner, Group):
        if name == "_replace":
            session.hold(keywords.values())
            return _replaced(owner, keywords)
        table = TUPLE
    elif isinstance(owner, Known) and isinstance(owner.value, str):
        return _of_string(frame, owner.value, name, args, keywords)
    elif is_scalar(owner) and name == "is_integer" and not args:
        return operators.equal(session, owner, session.emit("floor", owner))
    if is_array(session, owner) or is_scalar(owner):
        raise UnknownFunction(
            f"no rule for the method `.{name}` of {describe(session, owner)}", way_out="a function of NumPy"
        )
    if name not in table:
        raise UnsupportedSyntax(f"the method `.{name}` of {describe(session, owner)}")
    if keywords:
        raise UnsupportedSyntax(f"the method `.{name}` with the argument `{next(iter(keywords))}`")
    return table[name](frame, owner, args)


def _one(args: tuple[Any, ...], name: str) -> Any:
    if len(args) != 1:
        raise UnsupportedType(f"`.{name}` takes one argument, not {len(args)}")
    return args[0]


# Lists


def _append(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    value = _one(args, "append")
    if is_scalar(value) and hasattr(value, "version"):
        frame.session.escaped.add(value.version)
    lists.append(frame.session, owner, value)
    return NONE


def extend_list(frame: Frame, owner: Ref, values: Any) -> Any:
    """`xs.extend(values)`, `xs += values`"""
    session = frame.session
    content = operators.contents(session, values)
    if isinstance(content, ListObject | RunList):
        lists.extend(session, owner, values)
    elif is_static(session, values):
        for item in static_items(frame, values, "what the list is extended by"):
            lists.append(session, owner, item)
    else:
        from gradgen.stage.comprehensions import child, generate, over

        def add(item: Any) -> None:
            lists.append(session, owner, item)

        if isinstance(values, Generator):
            generate(values, add)
        else:
            over(child(frame, frozenset()), values, add)
    return NONE


def _pop(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    session = frame.session
    session.resizable(owner)
    content = session.at(owner)
    if isinstance(content, RunList):
        if args:
            raise UnsupportedSyntax("`.pop(i)` of a list whose length depends on the data", way_out="`.pop()`")
        return lists.pop(session, owner)
    assert isinstance(content, ListObject)
    k = session.demand(args[0], "which item is popped") if args else -1
    if not content.items or not -len(content.items) <= k < len(content.items):
        raise UnsupportedValue("pop from a list that has no such item")
    items = list(content.items)
    taken = items.pop(k)
    session.put(owner, replace(content, items=tuple(items)))
    return taken


def _known_list(frame: Frame, owner: Ref, name: str) -> list[Any]:
    content = frame.session.at(owner)
    frame.session.writable(owner)
    if not isinstance(content, ListObject):
        raise UnsupportedSyntax(f"`.{name}` of a list whose length depends on the data")
    return list(content.items)


def _insert(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    items = _known_list(frame, owner, "insert")
    items.insert(frame.session.demand(args[0], "where an item is inserted"), args[1])
    frame.session.put(owner, ListObject(tuple(items)))
    return NONE


def _reverse(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    frame.session.put(owner, ListObject(tuple(_known_list(frame, owner, "reverse")[::-1])))
    return NONE


def _clear(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    frame.session.resizable(owner)
    frame.session.put(owner, ListObject(()))
    return NONE


def _copy(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    return lists.copied(frame.session, owner)


def _index(frame: Frame, owner: Any, args: tuple[Any, ...]) -> Any:
    wanted = _one(args, "index")
    for k, item in enumerate(static_items(frame, owner, "this")):
        test = operators.equal(frame.session, item, wanted)
        if not hasattr(test, "value"):
            raise UnsupportedSyntax("`.index` of numbers that only the run knows", way_out="`np.argmax(x == value)`")
        if test.value:
            return constant_atom(k)
    raise UnsupportedValue("`.index`: there is no such item")


def _count(frame: Frame, owner: Any, args: tuple[Any, ...]) -> Any:
    total: Any = constant_atom(0)
    for item in static_items(frame, owner, "this"):
        test = operators.equal(frame.session, item, _one(args, "count"))
        total = operators.numeric(frame.session, "add", "+", lambda a, b: a + b, total, test)
    return total


LIST: dict[str, Method] = {
    "append": _append,
    "extend": lambda frame, owner, args: extend_list(frame, owner, _one(args, "extend")),
    "pop": _pop,
    "insert": _insert,
    "reverse": _reverse,
    "clear": _clear,
    "copy": _copy,
    "index": _index,
    "count": _count,
}
TUPLE: dict[str, Method] = {
    "index": _index,
    "count": _count,
    "_asdict": lambda frame, owner, args: _as_dict(frame, owner),
}


def _replaced(owner: Group, keywords: dict[str, Any]) -> Group:
    """`.replace` of a NamedTuple."""
    fields = owner.kind._fields  # type: ignore[attr-defined]
    if any(name not in fields for name in keywords):
        raise UnsupportedType(f"`{owner.kind.__name__}` has no such field")
    return Group(tuple(keywords.get(name, item) for name, item in zip(fields, owner.items, strict=True)), owner.kind)


def _as_dict(frame: Frame, owner: Group) -> Any:
    return frame.session.new(DictObject(owner.kind._fields, owner.items))  # type: ignore[attr-defined]


# Dicts


def _entries(frame: Frame, owner: Ref) -> dict[Any, Any]:
    content = frame.session.at(owner)
    assert isinstance(content, DictObject)
    return dict(zip(content.keys, content.items, strict=True))


def _put(frame: Frame, owner: Ref, entries: dict[Any, Any]) -> None:
    frame.session.writable(owner)
    frame.session.put(owner, DictObject(tuple(entries), tuple(entries.values())))


def _get(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    entries = _entries(frame, owner)
    return entries.get(operators.static_key(frame.session, args[0]), args[1] if len(args) > 1 else NONE)


def _dict_pop(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    entries = _entries(frame, owner)
    key = operators.static_key(frame.session, args[0])
    if key not in entries and len(args) < 2:
        raise UnsupportedValue(f"the dict has no key {key!r}")
    taken = entries.pop(key, args[1] if len(args) > 1 else None)
    _put(frame, owner, entries)
    return taken


def _update(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    other = operators.contents(frame.session, _one(args, "update"))
    if not isinstance(other, DictObject):
        raise UnsupportedType("`.update` takes a dict here")
    _put(frame, owner, {**_entries(frame, owner), **dict(zip(other.keys, other.items, strict=True))})
    return NONE


def _setdefault(frame: Frame, owner: Ref, args: tuple[Any, ...]) -> Any:
    entries = _entries(frame, owner)
    key = operators.static_key(frame.session, args[0])
    entries.setdefault(key, args[1] if len(args) > 1 else NONE)
    _put(frame, owner, entries)
    return entries[key]


DICT: dict[str, Method] = {
    "items": lambda frame, owner, args: Entries(owner, "items"),
    "keys": lambda frame, owner, args: Entries(owner, "keys"),
    "values": lambda frame, owner, args: Entries(owner, "values"),
    "get": _get,
    "pop": _dict_pop,
    "update": _update,
    "setdefault": _setdefault,
    "copy": lambda frame, owner, args: frame.session.new(replace(frame.session.at(owner), frozen="")),
}


# Strings


def _of_string(frame: Frame, text: str, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A method of a known string: run now, if what it takes is known too."""
    if all(isinstance(arg, Known) for arg in (*args, *keywords.values())) and not name.startswith("_"):
        return key_value(getattr(text, name)(*(arg.value for arg in args), **{k: v.value for k, v in keywords.items()}))
    if name == "format":
        from gradgen.stage.effects import format_call

        return format_call(frame, text, args, keywords)
    raise UnsupportedType(f"`.{name}` of a string with numbers of the program", way_out="an f-string in `print`")
