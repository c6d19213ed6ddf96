"""Special methods of the user's classes: what operators, brackets, `len`, `in` and truth mean for their objects.

An object is an instance of a dataclass, a NamedTuple or a plain class. What its class does not say itself, or what
`dataclass` has written for it, is not here: where Python would ask a built-in class, what asks refuses.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import math
import sys
from types import BuiltinFunctionType, FunctionType
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Scalar
from gradgen.ir.interface import Path, Root
from gradgen.stage.session import Session
from gradgen.stage.values import ArrayObject, Bound, Group, Known, Record, Ref, is_atom

_NAMES: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor",
    ast.LShift: "lshift", ast.RShift: "rshift", ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert",
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
}  # fmt: skip
_CONVERSIONS = {
    abs: "__abs__", float: "__float__", int: "__int__", complex: "__complex__", round: "__round__",
    math.floor: "__floor__", math.ceil: "__ceil__", math.trunc: "__trunc__", reversed: "__reversed__",
}  # fmt: skip
_TURNED = {"eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_WRITTEN = ("__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__init__", "__repr__")  # by `dataclass`


def special(session: Session, value: Any, name: str) -> Bound | None:
    """The method `name` that the user has written for the class of `value`."""
    kind = class_of_object(session, value)
    found = None if kind is None else inspect.getattr_static(kind, name, None)
    if not isinstance(found, FunctionType):
        return None
    guard_method(session, kind, name, found)
    by_dataclass = dataclasses.is_dataclass(kind) and name in _WRITTEN and found.__code__.co_filename == "<string>"
    return None if by_dataclass else Bound(value, found)


def guard_method(session: Session, kind: Any, name: str, found: Any, *further: tuple[str, Any]) -> None:
    """A class that gets another method later needs another text."""
    if isinstance(found, FunctionType):
        session.guard(Path(of_class(kind, name).root, (("attribute", name), *further)), "code", found.__code__)


def of_class(kind: type, name: str) -> Path:
    """Where an attribute of a class is."""
    return Path(Root("object", kind.__name__, kind), (("attribute", name),))


def class_of_object(session: Session, value: Any) -> type | None:
    """The class of an object of the user's."""
    if isinstance(value, Ref):
        content = session.at(value)
        return content.kind if isinstance(content, Record) else None
    if isinstance(value, Group):
        return None if value.kind is tuple else value.kind
    if not isinstance(value, Known) or isinstance(value.value, type):
        return None
    kind = type(value.value)
    return None if kind.__module__.split(".")[0] in (*sys.stdlib_module_names, "numpy", "scipy") else kind


def converted(session: Session, function: Any, args: tuple[Any, ...]) -> Any:
    """`abs(x)` and its like as a method of x; None where its class has none."""
    name = _CONVERSIONS.get(function) if isinstance(function, type | BuiltinFunctionType) else None
    return asked(session, args[0], name, *args[1:]) if name and args else None


def asked(session: Session, value: Any, name: str, *args: Any) -> Any:
    """`value.name(*args)` of a special method; None where the class has none."""
    from gradgen.stage.calls import call

    method = special(session, value, name)
    return None if method is None else call(session, method, args, {})


def by_method(session: Session, kind: type[ast.AST], *operands: Any) -> Any:
    """An operator or a comparison as a method of one of its operands; None where none has it."""
    name = _NAMES[kind]
    if len(operands) == 1:
        return asked(session, operands[0], f"__{name}__")
    a, b = operands
    turned = f"__{_TURNED.get(name, 'r' + name)}__"
    ways = [(f"__{name}__", a, b), (turned, b, a)]
    one, other = (class_of_object(session, operand) for operand in operands)
    if one is other and name not in _TURNED:
        del ways[1]
    elif one is not other and other is not None and issubclass(other, one or tuple):
        ways.reverse()
    if _is_numpy(session, a) and special(session, b, turned) is not None:
        raise UnsupportedType(f"NumPy goes before the method `{turned}` of the other side", way_out="the other order")
    for method, owner, beside in ways:
        result = asked(session, owner, method, beside)
        if result is not None and not (isinstance(result, Known) and result.value is NotImplemented):
            return result
    return None


def changed_by_method(session: Session, kind: type[ast.AST], owner: Any, value: Any) -> Any:
    """`owner <operator>= value` as a method; None where there is none for a change in place."""
    return asked(session, owner, f"__i{_NAMES[kind]}__", value)


def _is_numpy(session: Session, value: Any) -> bool:
    """Whether it is an array or a number of NumPy's, whose operators come before those of what is on their right."""
    if isinstance(value, Ref):
        return isinstance(session.at(value), ArrayObject)
    return is_atom(value) and not (isinstance(value.type, Scalar) and value.type.weak)


def refuse_iteration(session: Session, value: Any) -> None:
    """An object that says itself what its items are."""
    if special(session, value, "__iter__") is not None:
        kind = class_of_object(session, value)
        message = f"`{kind.__name__}` has an `__iter__` of its own" if kind else "an `__iter__` of its own"
        raise UnsupportedSyntax(message, way_out="a method that returns a tuple or a list")
