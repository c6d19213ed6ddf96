"""Assignment to names, tuples of targets, items and attributes."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from types import MemberDescriptorType
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Const, Var
from gradgen.stage.arrays import describe, is_array
from gradgen.stage.dispatch import evaluate
from gradgen.stage.iteration import beginning_rest_and_end, is_of_any_length, static_items
from gradgen.stage.session import UNKNOWN, Frame, is_scalar
from gradgen.stage.values import Group, Known, ListObject, Record, Ref


def assign(frame: Frame, target: ast.expr, value: Any, source: ast.expr | None) -> None:
    """`target = value`. `source` is the expression that the value comes from, None where it comes from elsewhere."""
    match target:
        case ast.Name(id=name):
            frame.assign(name, named(frame, name, value, source))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            _unpack(frame, elements, value, source)
        case ast.Subscript():
            from gradgen.stage.subscripts import store_item

            store_item(frame, target, value)
        case ast.Attribute():
            _store_attribute(frame, target, value)
        case _:
            raise UnsupportedSyntax(f"`{ast.unparse(target)}` cannot be assigned to")


def named(frame: Frame, name: str, value: Any, source: ast.expr | None) -> Any:
    """The value as the variable `name` of the program.

    An intermediate that was just made takes the name; another number that the text assigns is a statement
    of its own, as in the text.
    """
    session = frame.session
    if isinstance(value, Ref):
        _name_array(frame, name, value)
        return value
    if isinstance(value, Group):
        session.hold(value.items)
    if not is_scalar(value):
        return value
    if isinstance(value, Var):
        renamed = session.rename(value, name)
        if renamed is not None:
            return renamed
    if (
        value.type is not None
        and (isinstance(value, Const) or (isinstance(value, Var) and value.name != name))
        and source is not None
    ):
        made = session.emit("identity", value, name=name, type=value.type)
        session.escaped.add(made.version)
        number = session.number(value)
        if number is not UNKNOWN:
            session.known[made.version] = number
        return made
    return value


def _name_array(frame: Frame, name: str, ref: Ref) -> None:
    """An array that was just made takes the name; further names are names of the same object."""
    from gradgen.stage.values import ArrayObject, RunList

    content = frame.session.at(ref)
    if isinstance(content, ArrayObject) and isinstance(content.atom, Var):
        renamed = frame.session.rename(content.atom, name)
        if renamed is not None:
            frame.session.put(ref, replace(content, atom=renamed))
    elif isinstance(content, RunList):
        lists = tuple(
            (frame.session.rename(one, name) or one) if isinstance(one, Var) else one for one in content.lists
        )
        frame.session.put(ref, replace(content, lists=lists))


def _unpack(frame: Frame, targets: list[ast.expr], value: Any, source: ast.expr | None) -> None:
    """Targets in a row, of which one may be starred."""
    stars = [k for k, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if not stars:
        items = static_items(frame, value, "what is unpacked", len(targets))
        if len(items) != len(targets):
            raise UnsupportedType(f"{len(items)} values cannot be unpacked into {len(targets)} targets")
        for target, item in zip(targets, items, strict=True):
            assign(frame, target, item, source)
        return
    first = stars[0]
    after = len(targets) - first - 1
    if is_of_any_length(frame.session, value):
        parts = beginning_rest_and_end(frame, value, first, after)
    else:
        items = static_items(frame, value, "what is unpacked")
        if len(items) < first + after:
            raise UnsupportedType(
                f"{len(items)} values cannot be unpacked into {first + after} targets and a starred one"
            )
        end = len(items) - after
        parts = [*items[:first], frame.session.new(ListObject(tuple(items[first:end]))), *items[end:]]
    for target, item in zip(targets, parts, strict=True):
        assign(frame, target.value if isinstance(target, ast.Starred) else target, item, source)


def _store_in_record(frame: Frame, owner: Ref, content: Record, name: str, value: Any) -> None:
    """`owner.name = value`: of an attribute that the object has, or a further one."""
    kind = content.kind
    found = inspect.getattr_static(kind, name, None)
    if isinstance(found, property) and found.fset is not None:
        from gradgen.stage.calls import call

        call(frame.session, Known(found.fset), (owner, value), {})
        return
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        raise UnsupportedType(f"`{kind.__name__}` is frozen: its attribute `{name}` cannot be assigned")
    if hasattr(type(found), "__set__") and not isinstance(found, MemberDescriptorType):
        raise UnsupportedType(f"`{kind.__name__}` does not let its attribute `{name}` be assigned")
    if inspect.getattr_static(kind, "__setattr__") is not inspect.getattr_static(object, "__setattr__"):
        raise UnsupportedSyntax(f"`{kind.__name__}` has a `__setattr__` of its own")
    frame.session.writable(owner)
    entries = {**dict(zip(content.keys, content.items, strict=True)), name: value}
    frame.session.put(owner, replace(content, keys=tuple(entries), items=tuple(entries.values())))


def assign_in_parallel(frame: Frame, targets: list[ast.expr], sources: list[ast.expr]) -> None:
    """`a, b = x, y` without making the tuple: all of the right side first, then the targets from left to right."""
    values = [evaluate(frame, source) for source in sources]
    for target, value, source in zip(targets, values, sources, strict=True):
        assign(frame, target, value, source)


def _store_attribute(frame: Frame, target: ast.Attribute, value: Any) -> None:
    owner = evaluate(frame, target.value)
    if is_array(frame.session, owner):
        from gradgen.stage.writers import store_array_attribute

        store_array_attribute(frame, owner, target.attr, value)
        return
    content = frame.session.at(owner) if isinstance(owner, Ref) else None
    if isinstance(owner, Ref) and isinstance(content, Record):
        _store_in_record(frame, owner, content, frame.private(target.attr), value)
        return
    if isinstance(owner, Group):
        raise UnsupportedType(f"an attribute of {describe(frame.session, owner)} cannot be assigned")
    raise UnsupportedSyntax(
        f"assigning to `{ast.unparse(target)}` changes an object outside of the function",
        way_out="use a local variable, and return it",
    )
