"""Calls of functions that have a rule: staged values in, what the rule's caller builds out.

The caller gets numbers and arrays as `Sym`s, structures as Python structures of these, known integers as
Python integers, and everything else as it is.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from gradgen.errors import GradgenError, UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.ir import Assign, Atom, Const, ListOf, Scalar, Var, is_bool, is_complex, is_integer
from gradgen.rules import symbols
from gradgen.rules.build import constant_atom, typed_for_spelling
from gradgen.rules.symbols import Sym
from gradgen.rules.table import RULES, Caller
from gradgen.stage import gates
from gradgen.stage.arrays import describe, is_array, read, wrap
from gradgen.stage.session import UNKNOWN, Session, is_scalar
from gradgen.stage.values import DictObject, Flat, Group, Hole, Known, ListObject, Ref, RunList, Sliced, is_atom

# What these give may be the array that they are given, or a view of it. All others make a new one.
# fmt: off
MAY_SHARE = frozenset([
    "T", "mT", "array", "array_split", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "astype",
    "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to", "conj", "conjugate", "diag",
    "diagonal", "diff", "dsplit", "einsum", "expand_dims", "flip", "fliplr", "flipud", "hsplit", "imag",
    "matrix_transpose", "meshgrid", "moveaxis", "ravel", "real", "real_if_close", "require", "reshape", "rollaxis",
    "rot90", "sliding_window_view", "split", "squeeze", "swapaxes", "transpose", "unstack", "view", "vsplit",
])
# fmt: on
# What makes arrays even of no dimensions, which staging takes for numbers.
MAKES_ARRAYS = frozenset(name + suffix for name in ("zeros", "ones", "empty", "full") for suffix in ("", "_like")) | {
    "array",
    "asarray",
    "asanyarray",
}


def apply_caller(session: Session, caller: Caller, args: tuple[Any, ...], keywords: dict[str, Any], shown: str) -> Any:
    """The value of a call of a function that has a rule. `shown`: how the user named it."""
    sources: dict[Atom, Ref] = {}
    given = [to_rule(session, arg, sources, shown) for arg in args]
    named = {name: to_rule(session, value, sources, shown) for name, value in keywords.items()}
    _check_call(caller, given, named, shown)
    if shown.startswith("math.") and any(isinstance(a, Sym) and a.ndim for a in given):
        raise UnsupportedType(f"`{shown}` takes a number, not an array", way_out=f"`np.{shown.removeprefix('math.')}`")
    if shown.startswith("math.") and any(isinstance(a, Sym) and is_complex(a.type) for a in given):
        raise UnsupportedType(f"`{shown}` takes no complex numbers", way_out=f"`c{shown}`")
    before = len(session.builder.statements)
    try:
        with symbols.using(session.builder):
            result = caller.build(*given, **named)
    except (TypeError, ValueError, AttributeError, LookupError) as raised:
        error = (
            raised if isinstance(raised, GradgenError) else UnsupportedValue(f"`{shown}` of these arguments: {raised}")
        )
        if not _made_known(session, (*args, *keywords.values()), error):
            raise error from raised
        del session.builder.statements[before:]
        return apply_caller(session, caller, args, keywords, shown)
    last = caller.spelling.rsplit(".", 1)[-1]
    made = from_rule(session, _spelled(session, caller, result, before), sources if last in MAY_SHARE else {})
    if last in MAKES_ARRAYS and is_scalar(made) and isinstance(made, Var):
        session.without_dimensions.add(made.version)
    return made


def _made_known(session: Session, values: tuple[Any, ...], error: GradgenError) -> bool:
    """Whether an axis or a flag from outside was taken for what it is now. Of an argument: `NeedsValue`."""
    for value in values:
        inner = value.items if isinstance(value, Group) else (value,)
        for atom in inner:
            if is_scalar(atom) and (is_integer(atom.type) or is_bool(atom.type)) and session.number(atom) is UNKNOWN:
                source = session.captured.get(getattr(atom, "version", -1))
                if source is not None:
                    session.known[atom.version] = session.demand(atom, error.message)
                    return True
    return False


@cache
def _signature(build: Any) -> inspect.Signature:
    return inspect.signature(build)


def _check_call(caller: Caller, args: list[Any], keywords: dict[str, Any], shown: str) -> None:
    try:
        _signature(caller.build).bind(*args, **keywords)
    except TypeError as error:
        raise UnsupportedSyntax(f"`{shown}` cannot be called like this: {error}") from None


def to_rule(session: Session, value: Any, sources: dict[Atom, Ref], shown: str = "") -> Any:
    if is_scalar(value):
        return _number(session, value)
    match value:
        case Known(value=known):
            return known
        case Group(items=items):
            return tuple(to_rule(session, item, sources, shown) for item in items)
        case Sliced(start=start, stop=stop, step=step):
            return slice(
                *(None if part is None else to_rule(session, part, sources, shown) for part in (start, stop, step))
            )
        case Ref():
            return _object(session, value, sources, shown)
        case Flat(owner=owner):
            return symbols.apply("ravel", Sym(read(session, owner), session.builder))
    raise UnsupportedType(f"`{shown}` of {describe(session, value)}")


def _number(session: Session, atom: Atom) -> Any:
    """Known integers as Python integers, so that they can be axes and sizes; other numbers as Syms."""
    value = session.number(atom)
    plain = isinstance(value, bool | int) and not (isinstance(atom, Const) and atom.spelling)
    return value if plain and isinstance(atom.type, Scalar) and atom.type.weak else Sym(atom, session.builder)


def _object(session: Session, ref: Ref, sources: dict[Atom, Ref], shown: str) -> Any:
    content = session.at(ref)
    if is_array(session, ref):
        atom = read(session, ref)
        sources.setdefault(atom, ref)
        return Sym(atom, session.builder)
    match content:
        case ListObject(items=items):
            return [to_rule(session, item, sources, shown) for item in items]
        case RunList(lists=(only,)):
            return _of_rows(session, Sym(only, session.builder))
        case DictObject(keys=keys, items=items):
            return {key: to_rule(session, item, sources, shown) for key, item in zip(keys, items, strict=True)}
    raise UnsupportedType(f"`{shown}` of {describe(session, ref)}")


def _of_rows(session: Session, items: Sym) -> Sym:
    """A list; one of lists, as NumPy takes it, as a list of arrays."""
    from gradgen.stage.comprehensions import listed

    if not isinstance(items.type, ListOf) or not isinstance(items.type.element, ListOf):
        return items

    def row(k: Atom) -> list[Any]:
        inner = _of_rows(session, Sym(session.emit("item", items.atom, k), session.builder))
        return [session.value_of(session.emit("asarray", inner.atom))]

    made = session.at(listed(session.calls[-1], session.emit("length", items.atom), row))
    assert isinstance(made, RunList)
    return Sym(made.lists[0], session.builder)


def from_rule(session: Session, result: Any, sources: dict[Atom, Ref]) -> Any:
    """What a caller built, as a staged value."""
    if isinstance(result, Sym) and isinstance(result.type, ListOf):
        return session.new(RunList(Hole(0), (result.atom,)))
    if isinstance(result, Sym):
        return wrap(session, result.atom, sources)
    if is_atom(result):
        return wrap(session, result, sources)
    if isinstance(result, tuple):
        items = tuple(from_rule(session, item, sources) for item in result)
        session.hold(items)
        return Group(items, type(result) if hasattr(result, "_fields") else tuple)
    if isinstance(result, list):
        return session.new(ListObject(tuple(from_rule(session, item, sources) for item in result)))
    if isinstance(result, bool | int | float | complex) and not isinstance(result, np.generic):
        return constant_atom(result)
    if isinstance(result, np.bool_ | np.number):
        return Const(result.item(), Scalar(result.dtype.name))
    return Known(result)


def _spelled(session: Session, caller: Caller, result: Any, before: int) -> Any:
    """The result with the user's spelling on its statement, where this one statement is what the user called."""
    made = session.builder.statements[before:]
    if not (isinstance(result, Sym) and made and isinstance(made[-1], Assign) and made[-1].target == result.atom):
        return result
    last = made[-1]
    if len(made) == 1 and _is_called(caller.spelling, last.op) and not last.spelling:
        type = typed_for_spelling(last.target.type, caller.spelling)
        target = replace(last.target, type=type)
        session.builder.statements[-1] = spelled = replace(last, target=target, spelling=caller.spelling)
        session.builder.definitions[target.version] = spelled
        result = Sym(target, session.builder)
    return Sym(gates.recognise(session, result.atom), session.builder)


def _is_called(spelling: str, op: str) -> bool:
    """Whether an operation alone is what a function or method of this spelling computes.

    >>> _is_called("np.exp", "exp"), _is_called(".sum", "sum"), _is_called("np.square", "mul")
    (True, True, False)
    """
    rule = RULES[op]
    if "." not in spelling:
        return spelling == rule.scalar_spelling
    last = spelling.rsplit(".", 1)[-1]
    return last == op or spelling in (rule.spelling, rule.scalar_spelling) or last == rule.spelling.rsplit(".", 1)[-1]


def known_argument(session: Session, value: Any, what: str) -> Any:
    """The Python value of an argument that must be known: an axis, a flag."""
    if is_scalar(value):
        return session.demand(value, what)
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Group):
        return tuple(known_argument(session, item, what) for item in value.items)
    raise UnsupportedValue(f"{what} must be known when the gradient is written")
