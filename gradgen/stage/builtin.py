"""Python's builtins, and functions of the standard library, that work on structures rather than on numbers.

Those that are operations on numbers (`abs`, `round`, `float`, ...) have callers in the rule table.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Array, Scalar
from gradgen.rules.build import constant_atom
from gradgen.rules.table import CALLERS
from gradgen.stage import operators
from gradgen.stage.arrays import atom_of, describe, is_array, is_numeric, type_of
from gradgen.stage.capture import capture_object
from gradgen.stage.iteration import is_static, leave_some, sized, static_items
from gradgen.stage.lists import length
from gradgen.stage.rulecalls import apply_caller, known_argument
from gradgen.stage.session import UNKNOWN, Frame, is_scalar
from gradgen.stage.special import asked
from gradgen.stage.values import (
    NONE,
    Bound,
    Closure,
    DictObject,
    Enumerated,
    Formatted,
    Generator,
    Group,
    Known,
    ListObject,
    Mapped,
    Partial,
    Range,
    Record,
    Reversed,
    RunList,
    Sliced,
    Zipped,
)

Handler = Callable[[Frame, tuple[Any, ...], dict[str, Any]], Any]
BUILTINS: dict[Any, Handler] = {}


def builtin(function: Any, least: int = 0, most: int | None = None, keywords: tuple[str, ...] = ()):
    """A decorator: the handler stages calls of `function`, with as many arguments and these keywords."""

    def enter(handler: Handler) -> Handler:
        def checked(frame: Frame, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
            name = getattr(function, "__name__", str(function))
            if len(args) < least or (most is not None and len(args) > most):
                raise UnsupportedType(f"`{name}` does not take {len(args)} arguments")
            for keyword in given:
                if keyword not in keywords:
                    raise UnsupportedSyntax(f"`{name}` with the argument `{keyword}`")
            return handler(frame, args, given)

        BUILTINS[function] = checked
        return handler

    return enter


@builtin(len, 1, 1)
def _len(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session, (value,) = frame.session, args
    special = asked(session, value, "__len__")
    if special is not None:
        return special
    content = operators.contents(session, value)
    if isinstance(content, ListObject | RunList):
        return length(session, content)
    if is_array(session, value):
        atom = atom_of(session, value)
        if not isinstance(atom.type, Array) or not atom.type.dims:
            raise UnsupportedType("`len` of an array without dimensions")
        constant = atom.type.dims[0].constant
        return constant_atom(constant) if constant is not None else session.emit("size", atom, axis=0, spelling="len")
    match value:
        case Known(value=str() | bytes() | range() | tuple() | list() | dict() as known):
            return constant_atom(len(known))
        case Range():
            return session.emit("maximum", sized(frame, value)[0], 0)
        case Formatted():
            raise UnsupportedType("strings cannot be computed with", way_out="leave them to `print`")
    if is_static(session, value) or isinstance(content, DictObject):
        return constant_atom(len(static_items(frame, value, "this")))
    raise UnsupportedType(f"`len` of {describe(session, value)}")


@builtin(range, 1, 3)
def _range(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    bounds = [_integer(frame, arg, "range") for arg in args]
    if len(bounds) == 1:
        bounds = [constant_atom(0), *bounds]
    step = bounds[2] if len(bounds) == 3 else constant_atom(1)
    return Range(bounds[0], bounds[1], step)


def _integer(frame: Frame, value: Any, what: str) -> Any:
    atom = atom_of(frame.session, value, f"an argument of `{what}`")
    if not isinstance(atom.type, Scalar) or not atom.type.dtype.startswith(("int", "uint", "bool")):
        raise UnsupportedType(f"`{what}` takes integers, not {atom.type}", way_out="`int(...)`")
    return atom


@builtin(enumerate, 1, 2, ("start",))
def _enumerate(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    first = args[1] if len(args) == 2 else keywords.get("start", constant_atom(0))
    return Enumerated(args[0], _integer(frame, first, "enumerate"))


@builtin(zip, 0, None, ("strict",))
def _zip(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return Zipped(args) if args else Group(())


@builtin(reversed, 1, 1)
def _reversed(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return Reversed(args[0])


@builtin(map, 2)
def _map(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return Mapped(args[0], args[1:])


@builtin(slice, 1, 3)
def _slice(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    parts = [None if isinstance(a, Known) and a.value is None else _integer(frame, a, "slice") for a in args]
    if len(parts) == 1:
        parts = [None, *parts]
    return Sliced(*parts, *[None] * (3 - len(parts)))


@builtin(tuple, 0, 1)
def _tuple(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return Group(tuple(static_items(frame, args[0], "what `tuple` takes"))) if args else Group(())


@builtin(list, 0, 1)
def _list(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session = frame.session
    if not args:
        return session.new(ListObject(()))
    content = operators.contents(session, args[0])
    if isinstance(content, RunList):
        return session.new(replace(content, frozen=""))
    if is_static(session, args[0]) or is_known_range(frame, args[0]):
        return session.new(ListObject(tuple(static_items(frame, args[0], "what `list` takes"))))
    from gradgen.stage.comprehensions import collect

    return collect(frame, args[0])


def is_known_range(frame: Frame, value: Any) -> bool:
    if not isinstance(value, Range):
        return False
    parts = [frame.session.number(part) for part in (value.start, value.stop, value.step)]
    return UNKNOWN not in parts and len(range(*parts)) <= 64


@builtin(dict, 0, 1, keywords=())
def _dict_of(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _dict(frame, args, keywords)


def _dict(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session = frame.session
    entries: dict[Any, Any] = {}
    if args:
        content = operators.contents(session, args[0])
        if isinstance(content, DictObject):
            entries.update(zip(content.keys, content.items, strict=True))
        else:
            for item in static_items(frame, args[0], "what `dict` takes"):
                key, value = static_items(frame, item, "an entry of a dict")
                entries[operators.static_key(session, key)] = value
    entries.update(keywords)
    return session.new(DictObject(tuple(entries), tuple(entries.values())))


BUILTINS[dict] = _dict  # any keyword is an entry


@builtin(sum, 1, 2, ("start",))
def _sum(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Item by item from the left, as Python adds."""
    session = frame.session
    if is_array(session, args[0]):
        return apply_caller(session, CALLERS[sum], args, keywords, "sum")
    total = args[1] if len(args) == 2 else keywords.get("start", constant_atom(0))
    if is_static(session, args[0]) or is_known_range(frame, args[0]):
        for item in static_items(frame, args[0], "what `sum` takes"):
            first = is_scalar(total) and session.number(total) == 0 and not hasattr(total, "version")
            total = item if first and _is_float_or_int(frame, item) else operators.binary(session, ast.Add, total, item)
        return total
    from gradgen.stage.comprehensions import fold, generated

    def add(so_far: Any, item: Any) -> Any:
        return operators.binary(session, ast.Add, so_far, item)

    statements, state = len(session.builder.statements), session.state.copy()
    try:
        return fold(frame, args[0], total, add, "total")
    except UnsupportedSyntax:
        if not is_scalar(total):
            raise
    # A sum of arrays, or of objects, is no number from its first item on.
    del session.builder.statements[statements:]
    session.state = state
    items = generated(frame, args[0]) if isinstance(args[0], Generator) else args[0]
    count, item_at = sized(frame, items)
    first = add(total, item_at(constant_atom(0)))
    rest = Range(constant_atom(1), count, constant_atom(1))
    return fold(frame, rest, first, lambda so_far, k: add(so_far, item_at(k)), "total")


def _is_float_or_int(frame: Frame, item: Any) -> bool:
    """0 + item is the item: but for truth values, and for structures."""
    return is_scalar(item) and item.type.dtype != "bool"


@builtin(any, 1, 1)
def _any(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _quantified(frame, args[0], operators.either, False)


@builtin(all, 1, 1)
def _all(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return _quantified(frame, args[0], operators.both, True)


def _quantified(frame: Frame, value: Any, combine: Callable[..., Any], start: bool) -> Any:
    session = frame.session
    leave_some(session, value)
    result: Any = constant_atom(start)
    if is_static(session, value) or is_known_range(frame, value):
        for item in static_items(frame, value, "what this takes"):
            result = combine(session, result, operators.truth(session, item))
        return result
    if is_array(session, value):
        name = "all" if start else "any"
        return session.emit(name, atom_of(session, value), axis=None, keepdims=False)
    from gradgen.stage.comprehensions import fold

    return fold(
        frame, value, result, lambda so_far, item: combine(session, so_far, operators.truth(session, item)), "found"
    )


@builtin(isinstance, 2, 2)
def _isinstance(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    kinds = _classes(frame, args[1])
    return constant_atom(issubclass(class_of(frame, args[0]), kinds))


@builtin(issubclass, 2, 2)
def _issubclass(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    (kind,) = _classes(frame, args[0])
    return constant_atom(issubclass(kind, _classes(frame, args[1])))


def _classes(frame: Frame, value: Any) -> tuple[type, ...]:
    if isinstance(value, Group):
        return tuple(kind for item in value.items for kind in _classes(frame, item))
    if isinstance(value, Known) and hasattr(value.value, "__args__"):  # int | float
        return tuple(value.value.__args__)
    if isinstance(value, Known) and isinstance(value.value, type):
        return (value.value,)
    raise UnsupportedType(f"{describe(frame.session, value)} is not a class")


def class_of(frame: Frame, value: Any) -> type:
    """The class that the value has when the program runs."""
    session = frame.session
    if is_numeric(session, value):
        type = type_of(session, value)
        if isinstance(type, Array):
            return np.ndarray
        python = {"float64": float, "int64": int, "bool": bool, "complex128": complex}
        return python[type.dtype] if type.weak else np.dtype(type.dtype).type
    content = operators.contents(session, value)
    match content:
        case ListObject() | RunList():
            return list
        case DictObject():
            return dict
        case Record(kind=kind):
            return kind
    match value:
        case Group(kind=kind):
            return kind
        case Known(value=known):
            return known.__class__
        case Formatted():
            return str
        case Range():
            return range
        case Partial():
            return functools.partial
        case Closure():
            return _len.__class__
        case Bound():
            return "".join.__class__
    raise UnsupportedType(f"the class of {describe(session, value)} is not known")


@builtin(type, 1, 1)
def _type(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return Known(class_of(frame, args[0]))


@builtin(callable, 1, 1)
def _callable(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    value = args[0]
    return constant_atom(
        callable(value.value) if isinstance(value, Known) else isinstance(value, Closure | Bound | Partial)
    )


@builtin(hasattr, 2, 2)
def _hasattr(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    owner, name = args
    known = owner.value if isinstance(owner, Known) else class_of(frame, owner)
    content = operators.contents(frame.session, owner)
    fields = content.keys if isinstance(content, Record) else ()
    return constant_atom(name.value in fields or hasattr(known, name.value))


@builtin(getattr, 2, 3)
def _getattr(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.expressions import get_attribute

    owner, name = args[:2]
    if not isinstance(name, Known) or not isinstance(name.value, str):
        raise UnsupportedType("the name of an attribute must be a string known when the gradient is written")
    if len(args) == 3 and not _hasattr(frame, (owner, name), {}).value:
        return args[2]
    return get_attribute(frame, owner, name.value)


@builtin(print)
def _print(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.effects import show

    show(frame, args, keywords)
    return NONE


BUILTINS[print] = _print  # it takes keywords of its own


@builtin(str, 0, 1)
def _str(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.effects import formatted_value

    return Formatted((formatted_value(frame, args[0], "s", ""),)) if args else Known("")


@builtin(repr, 1, 1)
def _repr(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.effects import formatted_value

    return Formatted((formatted_value(frame, args[0], "r", ""),))


def _evaluated_now(function: Any) -> None:
    """A function of known values only, such as `np.finfo(np.float64)`."""

    @builtin(function)
    def handler(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        return Known(function(*(known_argument(frame.session, arg, "this argument") for arg in args)))


for _function in (np.finfo, np.iinfo, np.dtype):
    _evaluated_now(_function)


def _quadrature(function: Any) -> None:
    """Points and weights of so many, which are made now."""

    @builtin(function, 1, 1)
    def handler(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        made = function(frame.session.demand(args[0], "the number of points"))
        points, weights = made
        return Group(
            (capture_object(frame.session, points, "points"), capture_object(frame.session, weights, "weights"))
        )


for _rule in (legendre.leggauss, hermite.hermgauss, hermite_e.hermegauss, laguerre.laggauss, chebyshev.chebgauss):
    _quadrature(_rule)


@builtin(functools.partial, 1)
def _partial(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    frame.session.hold((*args, *keywords.values()))
    return Partial(args[0], args[1:], keywords)


BUILTINS[functools.partial] = _partial  # any keyword is kept


@builtin(functools.reduce, 2, 3)
def _reduce(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    from gradgen.stage.calls import call
    from gradgen.stage.comprehensions import fold, fold_from_first

    session = frame.session

    def step(so_far: Any, item: Any) -> Any:
        return call(session, args[0], (so_far, item), {}, frame)

    if is_static(session, args[1]):
        items = static_items(frame, args[1], "what `reduce` takes")
        start = list(args[2:]) + items
        return functools.reduce(step, start)
    return (
        fold(frame, args[1], args[2], step, "total")
        if len(args) == 3
        else fold_from_first(frame, args[1], step, "reduce")
    )


_OPERATORS: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add, operator.sub: ast.Sub, operator.mul: ast.Mult, operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv, operator.mod: ast.Mod, operator.pow: ast.Pow, operator.matmul: ast.MatMult,
}  # fmt: skip


def _operator(function: Any, kind: type[ast.operator]) -> None:
    """An operator under its name in `operator`."""

    @builtin(function, 2, 2)
    def handler(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        return operators.binary(frame.session, kind, *args)


for _function, _kind in _OPERATORS.items():
    _operator(_function, _kind)
BUILTINS[operator.neg] = lambda frame, args, keywords: operators.unary(frame.session, ast.USub, *args)
