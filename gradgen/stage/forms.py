"""The form of a call: what two calls of a function must share for one staging of its body to serve both."""

from __future__ import annotations

from typing import Any

from gradgen.ir import Array, Atom, Scalar, Type
from gradgen.ir.interface import Static, Tree
from gradgen.stage.session import UNKNOWN, Session
from gradgen.stage.trees import flatten


def signature(session: Session, bound: dict[str, Any], numbers: bool = True) -> tuple:
    """The form of a call: structures, kinds of numbers, ranks, known values; with `numbers` also known numbers."""

    def one(value: Any) -> Any:
        atoms: list[Atom] = []
        return _form(flatten(session, value, atoms), session, numbers)

    return tuple((name, one(value)) for name, value in bound.items())


def _form(tree: Any, session: Session, numbers: bool) -> Any:
    if isinstance(tree, Tree):
        return tree.kind, tree.keys, tuple(_form(item, session, numbers) for item in tree.items)
    if isinstance(tree, Static):
        value = tree.value
        return ("known", value) if isinstance(value, str | type(None)) else ("object", id(value))
    known = session.number(tree) if numbers else UNKNOWN
    return (_kind(tree.type), None if known is UNKNOWN else (type(known), known))


def _kind(type: Type) -> Any:
    match type:
        case Scalar(dtype=dtype):
            return "number" if dtype != "bool" else "truth"
        case Array(dtype=dtype):
            return dtype, type.ndim
    return str(type)
