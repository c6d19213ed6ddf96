"""What `.items()`, `.keys()` and `.values()` give: views, which show what their dict holds when one looks."""

from __future__ import annotations

from typing import Any

from gradgen.rules.build import constant_atom
from gradgen.stage.session import Session
from gradgen.stage.values import DictObject, Entries, Group, Known


def shown(session: Session, view: Entries) -> list[Any]:
    """The items of a view as they are now."""
    content = session.at(view.owner)
    assert isinstance(content, DictObject)
    keys = list(map(key_value, content.keys))
    if view.part == "items":
        return [Group(pair) for pair in zip(keys, content.items, strict=True)]
    return keys if view.part == "keys" else list(content.items)


def key_value(key: Any) -> Any:
    """A dict's key as a value."""
    if isinstance(key, tuple):
        return Group(tuple(map(key_value, key)))
    return constant_atom(key) if isinstance(key, bool | int | float | complex) else Known(key)
