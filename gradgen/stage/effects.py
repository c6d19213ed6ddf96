"""What is done for its own sake: `print`, `assert`, `raise`, and the strings for them."""

from __future__ import annotations

import ast
import builtins
import string
from collections.abc import Callable
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Const, Effect, Text
from gradgen.stage.arrays import atom_of, describe, is_numeric
from gradgen.stage.dispatch import evaluate
from gradgen.stage.lists import as_run_list
from gradgen.stage.operators import contents, truth
from gradgen.stage.session import Frame, is_scalar
from gradgen.stage.values import DictObject, Formatted, Group, Known, ListObject, RunList

Part = Any  # a literal string, or (atom, conversion, format specification)
CONVERSIONS: dict[str, Callable[[Any], str]] = {"r": repr, "s": str, "a": ascii}


def text_of(frame: Frame, node: ast.JoinedStr) -> Any:
    """An f-string."""
    parts: list[Part] = []
    for piece in node.values:
        if isinstance(piece, ast.Constant):
            parts.append(piece.value)
            continue
        assert isinstance(piece, ast.FormattedValue)
        conversion = "" if piece.conversion == -1 else chr(piece.conversion)
        spec = "" if piece.format_spec is None else known_text(frame, evaluate(frame, piece.format_spec))
        parts += pieces(frame, evaluate(frame, piece.value), conversion, spec)
    if all(isinstance(part, str) for part in parts):
        return Known("".join(parts))
    return Formatted(tuple(parts))


def known_text(frame: Frame, value: Any) -> str:
    if isinstance(value, Known) and isinstance(value.value, str):
        return value.value
    raise UnsupportedType("a format specification must be known when the gradient is written")


def pieces(frame: Frame, value: Any, conversion: str, spec: str) -> list[Part]:
    """A value as parts of a string."""
    session = frame.session
    if is_scalar(value) and isinstance(value, Const) and not value.spelling:
        return [_format(value.value, conversion, spec)]
    if is_numeric(session, value):
        return [(atom_of(session, value), conversion, spec)]
    match value:
        case Known(value=known):
            return [_format(known, conversion, spec)]
        case Formatted() if not spec:
            return list(value.parts)
    content = contents(session, value)
    if isinstance(content, ListObject) and not spec:
        return _listed(frame, "[", content.items, "]")
    if isinstance(value, Group) and not spec:
        return _listed(frame, "(", value.items, ",)" if len(value.items) == 1 else ")")
    if isinstance(content, DictObject) and not spec:
        parts: list[Part] = ["{"]
        for k, (key, item) in enumerate(zip(content.keys, content.items, strict=True)):
            parts += [f"{', ' if k else ''}{key!r}: ", *pieces(frame, item, "r", "")]
        return [*parts, "}"]
    if isinstance(content, RunList) and len(content.lists) == 1 and not spec:
        return [(as_run_list(session, content).lists[0], conversion, spec)]
    raise UnsupportedType(f"{describe(session, value)} in a string")


def _listed(frame: Frame, opening: str, items: tuple[Any, ...], closing: str) -> list[Part]:
    parts: list[Part] = [opening]
    for k, item in enumerate(items):
        parts += [*([", "] if k else []), *pieces(frame, item, "r", "")]
    return [*parts, closing]


def _format(value: Any, conversion: str, spec: str) -> str:
    return format(CONVERSIONS[conversion](value) if conversion else value, spec)


def formatted_value(frame: Frame, value: Any, conversion: str, spec: str) -> Part:
    """The one part that `str(value)` is."""
    found = pieces(frame, value, conversion, spec)
    if len(found) != 1:
        raise UnsupportedType(f"{describe(frame.session, value)} as a string", way_out="an f-string in `print`")
    return found[0]


def format_call(frame: Frame, template: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Formatted:
    """`"...".format(...)` with plain fields."""
    parts: list[Part] = []
    count = 0
    for literal, field, spec, conversion in string.Formatter().parse(template):
        if literal:
            parts.append(literal)
        if field is None:
            continue
        if field == "" or field.isdigit():
            value = args[int(field) if field else count]
            count += 1
        elif field in keywords:
            value = keywords[field]
        else:
            raise UnsupportedSyntax(f"the field {{{field}}} of `.format`", way_out="an f-string")
        parts += pieces(frame, value, conversion or "", spec or "")
    return Formatted(tuple(parts))


def parts_of(value: Any) -> tuple[Part, ...]:
    return value.parts if isinstance(value, Formatted) else (value.value,)


def argument(frame: Frame, value: Any) -> Any:
    """An argument of an effect: an atom, a string, or a text."""
    if is_numeric(frame.session, value):
        return atom_of(frame.session, value)
    if isinstance(value, Known) and isinstance(value.value, str):
        return value.value
    parts = tuple(pieces(frame, value, "", ""))
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else Text(parts)


def show(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """`print(...)`"""
    params = []
    for name, value in keywords.items():
        if name == "flush":
            continue
        if name not in ("sep", "end"):
            raise UnsupportedSyntax(f"`print` with the argument `{name}`", way_out="`print` to the standard output")
        if not (isinstance(value, Known) and value.value is None):
            params.append((name, known_text(frame, value)))
    shown = tuple(argument(frame, arg) for arg in args)
    builder = frame.session.builder
    builder.append(Effect("print", shown, params=tuple(params), origin=builder.origin))


def assert_effect(frame: Frame, node: ast.Assert) -> None:
    session = frame.session
    test = truth(session, evaluate(frame, node.test))
    if isinstance(test, Const) and test.value:
        return
    message = () if node.msg is None else (argument(frame, evaluate(frame, node.msg)),)
    session.builder.append(Effect("assert", message, test=test, origin=session.builder.origin))


def raise_effect(frame: Frame, node: ast.Raise) -> None:
    session = frame.session
    if node.exc is None:
        raise UnsupportedSyntax("`raise` without an exception", way_out="name the exception")
    call = node.exc if isinstance(node.exc, ast.Call) else None
    kind = evaluate(frame, call.func if call else node.exc)
    if not (isinstance(kind, Known) and isinstance(kind.value, type) and issubclass(kind.value, BaseException)):
        raise UnsupportedType(f"{describe(session, kind)} is not an exception")
    name = kind.value.__name__
    if getattr(builtins, name, None) is not kind.value:
        name = "RuntimeError"  # the text knows the builtin exceptions only
    args = tuple(argument(frame, evaluate(frame, arg)) for arg in call.args) if call else ()
    session.builder.append(Effect("raise", args, name=name, origin=session.builder.origin))
