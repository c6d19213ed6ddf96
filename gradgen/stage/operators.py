"""Operators on staged values: arithmetic, comparisons, truth, and what `+`, `*`, `==`, `in` mean for structures."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import BOOL, Array, Atom, Const, Scalar, Var, dims_of, is_float
from gradgen.rules import CALLERS
from gradgen.rules.build import constant_atom
from gradgen.stage import gates
from gradgen.stage.arrays import atom_of, describe, is_array, is_numeric, type_of, wrap
from gradgen.stage.entries import shown
from gradgen.stage.rulecalls import apply_caller
from gradgen.stage.session import UNKNOWN, Session, is_scalar
from gradgen.stage.special import asked, by_method, refuse_iteration
from gradgen.stage.values import (
    Bound,
    Closure,
    DictObject,
    Entries,
    Formatted,
    Group,
    Known,
    ListObject,
    Range,
    Record,
    Ref,
    RunList,
)

BINARY: dict[type[ast.operator], tuple[str, str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("add", "+", operator.add),
    ast.Sub: ("sub", "-", operator.sub),
    ast.Mult: ("mul", "*", operator.mul),
    ast.Div: ("div", "/", operator.truediv),
    ast.FloorDiv: ("floordiv", "//", operator.floordiv),
    ast.Mod: ("mod", "%", operator.mod),
    ast.Pow: ("pow", "**", operator.pow),
    ast.MatMult: ("matmul", "@", operator.matmul),
    ast.BitAnd: ("bitwise_and", "&", operator.and_),
    ast.BitOr: ("bitwise_or", "|", operator.or_),
    ast.BitXor: ("bitwise_xor", "^", operator.xor),
    ast.LShift: ("left_shift", "<<", operator.lshift),
    ast.RShift: ("right_shift", ">>", operator.rshift),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("lt", "<", operator.lt),
    ast.LtE: ("le", "<=", operator.le),
    ast.Gt: ("gt", ">", operator.gt),
    ast.GtE: ("ge", ">=", operator.ge),
    ast.Eq: ("eq", "==", operator.eq),
    ast.NotEq: ("ne", "!=", operator.ne),
}
UNARY: dict[type[ast.unaryop], tuple[str, str, Callable[[Any], Any]]] = {
    ast.USub: ("neg", "-", operator.neg),
    ast.UAdd: ("pos", "+", operator.pos),
    ast.Invert: ("bitwise_invert", "~", operator.invert),
}
TRUE, FALSE = constant_atom(True), constant_atom(False)


def binary(session: Session, kind: type[ast.operator], a: Any, b: Any) -> Any:
    """a <operator> b."""
    op, symbol, compute = BINARY[kind]
    if is_numeric(session, a) and is_numeric(session, b):
        return numeric(session, op, symbol, compute, a, b)
    special = by_method(session, kind, a, b)
    if special is not None:
        return special
    a, b = as_beside(session, a, b), as_beside(session, b, a)
    if is_numeric(session, a) and is_numeric(session, b):
        return numeric(session, op, symbol, compute, a, b)
    special = _structural(session, kind, a, b)
    if special is not None:
        return special
    raise UnsupportedType(f"`{symbol}` of {describe(session, a)} and {describe(session, b)}")


def as_beside(session: Session, value: Any, other: Any) -> Any:
    """The value; a list or a tuple of numbers as the array that NumPy makes of it beside an array."""
    is_sequence = isinstance(value, Group) or isinstance(contents(session, value), ListObject | RunList)
    if not is_sequence or not is_array(session, other):
        return value
    return apply_caller(session, CALLERS[np.asarray], (value,), {}, "np.asarray")


def numeric(session: Session, op: str, symbol: str, compute: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    left, right = atom_of(session, a), atom_of(session, b)
    if op == "matmul":
        _check_product(left, right)
    if op.startswith("bitwise") or op.endswith("shift"):
        _check_integers(symbol, left, right)
    result = session.emit(op, left, right)
    learn(session, result, compute, left, right)
    return wrap(session, gates.recognise(session, result), {})


def _check_product(left: Atom, right: Atom) -> None:
    for atom in (left, right):
        if not dims_of(atom.type):
            raise UnsupportedType("`@` needs arrays, and one side is a number", way_out="`*` multiplies by a number")


def _check_integers(symbol: str, *atoms: Atom) -> None:
    if any(is_float(atom.type) for atom in atoms):
        raise UnsupportedType(f"`{symbol}` needs integers or booleans, and one side is a float")


def learn(session: Session, result: Atom, compute: Callable[..., Any], *operands: Atom) -> None:
    """Remember the number that `result` is, if the operands are known Python numbers."""
    if not isinstance(result, Var) or not all(isinstance(o.type, Scalar) and o.type.weak for o in operands):
        return
    values = [session.number(operand) for operand in operands]
    if any(value is UNKNOWN for value in values):
        return
    try:
        number = compute(*values)
    except (ArithmeticError, ValueError):
        return
    if isinstance(number, bool | int | float):
        session.known[result.version] = number


def _structural(session: Session, kind: type[ast.operator], a: Any, b: Any) -> Any:
    """`+` and `*` of sequences and strings, `%` of strings, `|` of dicts; None where there is nothing of the kind."""
    if isinstance(a, Known) and isinstance(b, Known) and isinstance(a.value, str | bytes):
        try:
            return Known(BINARY[kind][2](a.value, b.value))
        except TypeError:
            return None
    if kind is ast.Add:
        return _concatenated(session, a, b)
    if kind is ast.Mult:
        return _repeated(session, a, b) or _repeated(session, b, a)
    if kind is ast.BitOr:
        return _merged(session, a, b)
    return None


def _concatenated(session: Session, a: Any, b: Any) -> Any:
    if isinstance(a, Group) and isinstance(b, Group):
        return Group(a.items + b.items)
    first, second = contents(session, a), contents(session, b)
    if isinstance(first, ListObject) and isinstance(second, ListObject):
        return session.new(ListObject(first.items + second.items))
    if isinstance(first, ListObject | RunList) and isinstance(second, ListObject | RunList):
        from gradgen.stage.lists import copied, extend

        made = copied(session, a)
        extend(session, made, b)
        return made
    if any(isinstance(v, Formatted) or (isinstance(v, Known) and isinstance(v.value, str)) for v in (a, b)):
        from gradgen.stage.effects import parts_of

        if all(isinstance(v, Formatted) or (isinstance(v, Known) and isinstance(v.value, str)) for v in (a, b)):
            return Formatted((*parts_of(a), *parts_of(b)))
    return None


def contents(session: Session, value: Any) -> Any:
    return session.at(value) if isinstance(value, Ref) else None


def _repeated(session: Session, sequence: Any, times: Any) -> Any:
    content = contents(session, sequence)
    if not is_scalar(times) or not times.type.dtype.startswith("int"):
        return None
    if isinstance(sequence, Group) and sequence.kind is tuple:
        return Group(sequence.items * session.demand(times, "how often a tuple is repeated"))
    if isinstance(content, ListObject):
        number = session.number(times)
        if number is not UNKNOWN:
            return session.new(ListObject(content.items * number))
        from gradgen.stage.comprehensions import listed

        return listed(session.calls[-1], times, lambda k: content.items)
    if isinstance(sequence, Known) and isinstance(sequence.value, str):
        return Known(sequence.value * session.demand(times, "how often a string is repeated"))
    return None


def _merged(session: Session, a: Any, b: Any) -> Any:
    first, second = contents(session, a), contents(session, b)
    if not (isinstance(first, DictObject) and isinstance(second, DictObject)):
        return None
    merged = dict(zip(first.keys, first.items, strict=True)) | dict(zip(second.keys, second.items, strict=True))
    return session.new(DictObject(tuple(merged), tuple(merged.values())))


def unary(session: Session, kind: type[ast.unaryop], x: Any) -> Any:
    if kind is ast.Not:
        return negated(session, truth(session, x))
    op, symbol, compute = UNARY[kind]
    if not is_numeric(session, x):
        special = by_method(session, kind, x)
        if special is not None:
            return special
        raise UnsupportedType(f"`{symbol}` of {describe(session, x)}")
    atom = atom_of(session, x)
    if isinstance(atom, Const) and not atom.spelling and not isinstance(atom.value, bool) and op != "bitwise_invert":
        return constant_atom(compute(atom.value))
    if op == "bitwise_invert":
        _check_integers(symbol, atom)
        op = "bitwise_not" if "bitwise_not" in _operations() else "invert" if "invert" in _operations() else op
    result = session.emit(op, atom)
    learn(session, result, compute, atom)
    return wrap(session, result, {})


def _operations():
    from gradgen.rules.table import RULES

    return RULES


# Truth


def truth(session: Session, x: Any) -> Atom:
    """The truth of a value, as a boolean atom; a constant where it is known."""
    if is_numeric(session, x):
        return _truth_of_number(session, atom_of(session, x))
    for name in ("__bool__", "__len__"):
        special = asked(session, x, name)
        if special is not None:
            return truth(session, special)
    return (
        constant_atom(_truth_of_structure(session, x))
        if not _is_run_list(session, x)
        else _longer_than_zero(session, x)
    )


def _truth_of_number(session: Session, atom: Atom) -> Atom:
    if isinstance(atom.type, Array) and not all(dim.is_one for dim in atom.type.dims):
        raise UnsupportedType(
            "the truth of an array is that of no single number", way_out="`.any()` or `.all()`, or np.where"
        )
    number = session.number(atom)
    if number is not UNKNOWN:
        return constant_atom(bool(number))
    if isinstance(atom.type, Scalar) and atom.type.dtype == "bool":
        return atom
    if isinstance(atom.type, Array):
        atom = session.emit("getitem", atom, index=tuple(0 for _ in atom.type.dims)) if atom.type.dims else atom
    return session.emit("ne", atom, 0)


def _is_run_list(session: Session, x: Any) -> bool:
    return isinstance(contents(session, x), RunList)


def _longer_than_zero(session: Session, x: Any) -> Atom:
    return session.emit("gt", session.emit("length", session.at(x).lists[0]), 0)  # type: ignore[union-attr]


def _truth_of_structure(session: Session, x: Any) -> bool:
    content = contents(session, x)
    if isinstance(content, ListObject | DictObject):
        return bool(content.items)
    match x:
        case Group(items=items):
            return bool(items)
        case Entries():
            return bool(shown(session, x))
        case Known(value=value):
            try:
                return bool(value)
            except (TypeError, ValueError) as error:
                raise UnsupportedType(f"the truth of {describe(session, x)} is not known: {error}") from error
        case Formatted() | Range():
            raise UnsupportedType(f"the truth of {describe(session, x)} cannot be used", way_out="compare explicitly")
    return True


def negated(session: Session, test: Atom) -> Atom:
    return constant_atom(not test.value) if isinstance(test, Const) else session.emit("not", test)


# Comparisons


def compare(session: Session, kind: type[ast.cmpop], a: Any, b: Any) -> Any:
    """The result of one comparison: a truth value, or an array of them."""
    if kind in (ast.Is, ast.IsNot):
        return constant_atom(_is(session, a, b) == (kind is ast.Is))
    if kind in (ast.In, ast.NotIn):
        found = _contains(session, b, a)
        return found if kind is ast.In else negated(session, found)
    op, symbol, compute = COMPARISONS[kind]
    if is_numeric(session, a) and is_numeric(session, b):
        return _compare_numbers(session, op, compute, atom_of(session, a), atom_of(session, b))
    special = by_method(session, kind, a, b)
    if special is not None:
        return special
    a, b = as_beside(session, a, b), as_beside(session, b, a)
    if is_numeric(session, a) and is_numeric(session, b):
        return _compare_numbers(session, op, compute, atom_of(session, a), atom_of(session, b))
    equality = kind in (ast.Eq, ast.NotEq)
    if equality:
        return _equality(session, a, b, kind is ast.Eq)
    if isinstance(a, Group) and isinstance(b, Group):
        raise UnsupportedSyntax(f"`{symbol}` of tuples cannot be differentiated", way_out="compare their items")
    if isinstance(a, Known) and isinstance(b, Known):
        try:
            return constant_atom(bool(compute(a.value, b.value)))
        except TypeError as error:
            raise UnsupportedType(str(error)) from error
    raise UnsupportedType(f"`{symbol}` of {describe(session, a)} and {describe(session, b)}")


def _compare_numbers(session: Session, op: str, compute: Callable[[Any, Any], Any], a: Atom, b: Atom) -> Any:
    known = session.number(a), session.number(b)
    if UNKNOWN not in known:
        return constant_atom(bool(compute(*known)))
    return wrap(session, session.emit(op, a, b), {})


def _is(session: Session, a: Any, b: Any) -> bool:
    if isinstance(a, Known) and isinstance(b, Known):
        return a.value is b.value
    if isinstance(a, Known) or isinstance(b, Known):
        known, other = (a, b) if isinstance(a, Known) else (b, a)
        if known.value is None or not (is_scalar(other) and isinstance(known.value, bool)):
            return False
    if is_scalar(a) and is_scalar(b) and a.type == b.type == BOOL:
        raise UnsupportedSyntax("`is` between truth values", way_out="`==`")
    return a == b if isinstance(a, Ref) or isinstance(b, Ref) else a is b


def _equality(session: Session, a: Any, b: Any, wanted: bool) -> Atom:
    result = equal(session, a, b)
    return result if wanted else negated(session, result)


def equal(session: Session, a: Any, b: Any) -> Atom:
    """`a == b` as one truth value, through structures."""
    if is_numeric(session, a) and is_numeric(session, b):
        return truth(session, compare(session, ast.Eq, a, b))
    special = by_method(session, ast.Eq, a, b)
    if special is not None:
        return truth(session, special)
    pair = _items(session, a), _items(session, b)
    if None not in pair and type(contents(session, a)) is type(contents(session, b)):
        if len(pair[0]) != len(pair[1]):
            return FALSE
        return _all(session, [equal(session, x, y) for x, y in zip(*pair, strict=True)])
    if isinstance(a, Known) and isinstance(b, Known):
        return constant_atom(bool(a.value == b.value))
    if isinstance(a, Formatted) or isinstance(b, Formatted):
        raise UnsupportedType("a string made from numbers cannot be compared", way_out="compare the numbers")
    if isinstance(a, Closure | Bound) or isinstance(b, Closure | Bound):
        return constant_atom(a is b)
    return _equal_objects(session, a, b)


def _equal_objects(session: Session, a: Any, b: Any) -> Atom:
    """`a == b` of what is neither numbers, nor sequences whose items are known one by one."""
    one, other = contents(session, a), contents(session, b)
    if isinstance(one, DictObject) and isinstance(other, DictObject):
        if set(one.keys) != set(other.keys):
            return FALSE
        entries = dict(zip(other.keys, other.items, strict=True))
        return _all(session, [equal(session, x, entries[k]) for k, x in zip(one.keys, one.items, strict=True)])
    lists = isinstance(one, ListObject | RunList) and isinstance(other, ListObject | RunList)
    records = isinstance(one, Record) and isinstance(other, Record)
    if lists or records or (isinstance(a, Entries) and isinstance(b, Entries)):
        raise UnsupportedType(
            f"`==` of {describe(session, a)} and {describe(session, b)}", way_out="compare their items"
        )
    return FALSE


def _items(session: Session, value: Any) -> Any:
    content = contents(session, value)
    if isinstance(value, Group):
        return value.items
    return content.items if isinstance(content, ListObject) else None


def _all(session: Session, tests: list[Atom]) -> Atom:
    result: Atom = TRUE
    for test in tests:
        result = both(session, result, test)
    return result


def both(session: Session, a: Atom, b: Atom) -> Atom:
    """a and b, of truth values already computed."""
    if isinstance(a, Const):
        return b if a.value else FALSE
    if isinstance(b, Const):
        return a if b.value else FALSE
    return session.emit("and", a, b)


def either(session: Session, a: Atom, b: Atom) -> Atom:
    if isinstance(a, Const):
        return TRUE if a.value else b
    if isinstance(b, Const):
        return TRUE if b.value else a
    return session.emit("or", a, b)


def _contains(session: Session, container: Any, item: Any) -> Atom:
    special = asked(session, container, "__contains__", item)
    if special is not None:
        return truth(session, special)
    refuse_iteration(session, container)
    content = contents(session, container)
    if isinstance(content, DictObject):
        key = static_key(session, item)
        return constant_atom(any(key == k and type(key) is type(k) for k in content.keys))
    items = shown(session, container) if isinstance(container, Entries) else _items(session, container)
    if items is not None:
        result: Atom = FALSE
        for candidate in items:
            result = either(session, result, equal(session, item, candidate))
        return result
    if isinstance(container, Known) and isinstance(item, Known):
        try:
            return constant_atom(item.value in container.value)
        except TypeError as error:
            raise UnsupportedType(str(error)) from error
    if isinstance(container, Range) and is_scalar(item):
        return _in_range(session, container, item)
    if type_of(session, container) is not None and is_array(session, container):
        hits = atom_of(session, compare(session, ast.Eq, container, item))
        return session.emit("any", hits, axis=None, keepdims=False)
    raise UnsupportedType(f"`in` {describe(session, container)}")


def _in_range(session: Session, values: Range, item: Atom) -> Atom:
    if session.number(values.step) != 1:
        raise UnsupportedSyntax("`in range(...)` with a step", way_out="compare with the bounds")
    above = atom_of(session, compare(session, ast.GtE, item, values.start))
    below = atom_of(session, compare(session, ast.Lt, item, values.stop))
    return both(session, above, below)


def static_key(session: Session, value: Any) -> Any:
    """The Python value that a dict's key, or anything else that must be known, is."""
    if is_scalar(value):
        return session.demand(value, "a key")
    match value:
        case Known(value=known):
            return known
        case Group(items=items):
            return tuple(static_key(session, item) for item in items)
    raise UnsupportedType(f"{describe(session, value)} cannot be a key here", way_out="use a constant as the key")
