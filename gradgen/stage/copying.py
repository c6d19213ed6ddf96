"""`copy` and the functions of `dataclasses`: structures made of structures."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import replace
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedType
from gradgen.rules.table import CALLERS
from gradgen.stage import operators
from gradgen.stage.arrays import describe, is_array
from gradgen.stage.builtin import BUILTINS, builtin
from gradgen.stage.rulecalls import apply_caller
from gradgen.stage.session import Frame, Session
from gradgen.stage.values import DictObject, Group, Known, ListObject, Record, Ref


def _dataclass(frame: Frame, value: Any, name: str) -> Record:
    content = operators.contents(frame.session, value)
    if not isinstance(content, Record) or not dataclasses.is_dataclass(content.kind):
        raise UnsupportedType(f"`{name}` takes an instance of a dataclass, not {describe(frame.session, value)}")
    return content


@builtin(dataclasses.replace, 1, 1)
def _replace(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The class called with the fields that the instance has, and the new ones."""
    from gradgen.stage.calls import call

    content = _dataclass(frame, args[0], "replace")
    items = dict(zip(content.keys, content.items, strict=True))
    given = {f.name: items[f.name] for f in dataclasses.fields(content.kind) if f.init and f.name not in keywords}
    return call(frame.session, Known(content.kind), (), {**given, **keywords}, frame)


BUILTINS[dataclasses.replace] = _replace  # any keyword is a field


@builtin(dataclasses.asdict, 1, 1)
def _asdict(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    _dataclass(frame, args[0], "asdict")
    return _copied(frame.session, args[0], {}, dict)


@builtin(dataclasses.astuple, 1, 1)
def _astuple(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    _dataclass(frame, args[0], "astuple")
    return _copied(frame.session, args[0], {}, tuple)


@builtin(dataclasses.fields, 1, 1)
def _fields(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    value = args[0]
    return Known(
        dataclasses.fields(value.value if isinstance(value, Known) else _dataclass(frame, value, "fields").kind)
    )


@builtin(copy.deepcopy, 1, 1)
def _deepcopy(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _copied(frame.session, args[0], {}, None)


@builtin(copy.copy, 1, 1)
def _copy(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session, value = frame.session, args[0]
    if isinstance(value, Ref) and not is_array(session, value):
        return session.new(replace(session.at(value), frozen=""))
    return _copied(session, value, {}, None)


def _copied(session: Session, value: Any, made: dict[int, Any], records: type | None) -> Any:
    """The value with copies of all objects in it, each once; dataclass instances as `records`, if that is a class."""
    if isinstance(value, Group):
        return Group(tuple(_copied(session, item, made, records) for item in value.items), value.kind)
    if not isinstance(value, Ref):
        return value
    if value.cell not in made:
        made[value.cell] = _copied_object(session, value, made, records)
    return made[value.cell]


def _copied_object(session: Session, ref: Ref, made: dict[int, Any], records: type | None) -> Any:
    content = session.at(ref)
    if is_array(session, ref):
        return apply_caller(session, CALLERS[np.copy], (ref,), {}, "np.copy")
    if not isinstance(content, ListObject | DictObject | Record):
        return session.new(replace(content, frozen=""))
    items = tuple(_copied(session, item, made, records) for item in content.items)
    if isinstance(content, Record) and records is dict:
        return session.new(DictObject(content.keys, items))
    if isinstance(content, Record) and records is tuple:
        return Group(items)
    return session.new(replace(content, items=items, frozen=""))
