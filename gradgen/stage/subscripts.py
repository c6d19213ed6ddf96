"""Subscripts: reading and storing items of arrays, lists, tuples and dicts.

Stores into arrays make a new version of the array's contents (`ir.Store`), which all aliases see.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.ir import NEW_AXIS, Array, At, Atom, Index, Scalar, Slice, dims_of, dtype_of
from gradgen.rules import symbols
from gradgen.rules.build import constant_atom
from gradgen.rules.selection import grid
from gradgen.rules.symbols import Sym
from gradgen.rules.table import Caller
from gradgen.stage import operators
from gradgen.stage.arrays import atom_of, describe, is_array, read, replace_content, wrap
from gradgen.stage.dispatch import evaluate, expression
from gradgen.stage.lists import as_run_list, current_holes, form, freeze, item_at, same_form, sliced
from gradgen.stage.loops import Unroll, unrollable_index
from gradgen.stage.merge import converted
from gradgen.stage.rulecalls import apply_caller, to_rule
from gradgen.stage.session import UNKNOWN, Frame, Session, is_scalar
from gradgen.stage.special import asked
from gradgen.stage.updates import add_at, updated_part
from gradgen.stage.values import DictObject, Flat, Formatted, Group, Known, ListObject, Range, Ref, RunList, Sliced

BRACKETS = tuple({type(one) for one in (np.r_, np.c_, np.mgrid, np.ogrid, np.s_)})
LONG = 8  # a list of that many numbers is indexed at run time rather than its loop written out


@expression(ast.Slice)
def slice_value(frame: Frame, node: ast.Slice) -> Any:
    parts = [None if part is None else _bound(frame, part) for part in (node.lower, node.upper, node.step)]
    return Sliced(*parts)


def _bound(frame: Frame, node: ast.expr) -> Atom | None:
    value = evaluate(frame, node)
    if isinstance(value, Known) and value.value is None:
        return None
    atom = atom_of(frame.session, value, "a slice's bound")
    if not isinstance(atom.type, Scalar) or not atom.type.dtype.startswith(("int", "uint", "bool")):
        raise UnsupportedType("a slice's bound must be an integer", way_out="int(...)")
    return atom


@expression(ast.Subscript)
def subscript(frame: Frame, node: ast.Subscript) -> Any:
    owner = evaluate(frame, node.value)
    return item_of(frame, owner, evaluate(frame, node.slice))


def item_of(frame: Frame, owner: Any, key: Any) -> Any:
    """`owner[key]`"""
    session = frame.session
    special = asked(session, owner, "__getitem__", key)
    if special is not None:
        return special
    if is_array(session, owner):
        atom = read(session, owner)
        index, operands = array_index(session, key)
        _check_rank(atom, index, operands)
        return wrap(session, session.emit("getitem", atom, *operands, index=index), {atom: owner})
    if is_scalar(owner):
        if isinstance(owner.type, Scalar) and not owner.type.weak and isinstance(key, Group) and not key.items:
            return owner
        raise UnsupportedType("a number has no items")
    content = operators.contents(session, owner)
    match content:
        case DictObject():
            return _of_dict(session, content, key)
        case ListObject():
            return _of_sequence(session, content, key, owner)
        case RunList():
            return _of_run_list(session, content, key)
    match owner:
        case Group():
            return _of_sequence(session, owner, key, owner)
        case Known(value=str() | tuple() | list() | dict() | range() as known):
            return _of_known(session, known, key)
        case Known(value=known) if isinstance(known, BRACKETS):
            from gradgen.stage.grids import bracketed

            return bracketed(frame, known, key)
        case Range():
            return _of_range(session, owner, key)
        case Flat():
            from gradgen.stage.flat import flat_item

            return flat_item(frame, owner.owner, key)
        case Known(value=known) if known is np.mgrid or known is np.ogrid:
            name = "mgrid" if known is np.mgrid else "ogrid"
            return apply_caller(session, Caller(grid, ""), (key, Known(name)), {}, f"np.{name}")
        case Formatted():
            raise UnsupportedType("strings cannot be computed with", way_out="leave them to `print`")
    raise UnsupportedType(f"{describe(session, owner)} has no items")


def _of_known(session: Session, known: Any, key: Any) -> Any:
    from gradgen.stage.entries import key_value

    try:
        return key_value(known[operators.static_key(session, key)])
    except (LookupError, TypeError) as error:
        raise UnsupportedValue(f"there is no such item: {error}") from error


def _of_range(session: Session, owner: Range, key: Any) -> Any:
    numbers = [session.demand(part, "the range") for part in (owner.start, owner.stop, owner.step)]
    return constant_atom(range(*numbers)[operators.static_key(session, key)])


def _of_dict(session: Session, content: DictObject, key: Any) -> Any:
    known = operators.static_key(session, key)
    for one, item in zip(content.keys, content.items, strict=True):
        if one == known:
            return item
    raise UnsupportedValue(f"the dict has no key {known!r}")


def _of_sequence(session: Session, content: ListObject | Group, key: Any, owner: Any) -> Any:
    """An item, or a slice, of a list or tuple of known length."""
    items = content.items
    if isinstance(key, Sliced):
        part = items[_known_slice(session, key)]
        return Group(part) if isinstance(content, Group) else session.new(ListObject(part))
    if not is_scalar(key) or not key.type.dtype.startswith(("int", "uint", "bool")):
        raise UnsupportedType(f"{describe(session, key)} is not an index of {describe(session, owner)}")
    number = known_index(session, key, items)
    if number is not UNKNOWN:
        if not items:
            session.awaited_items(owner)
        if not -len(items) <= number < len(items):
            raise UnsupportedValue(f"index {number} is out of range: {describe(session, owner)} has {len(items)} items")
        return items[number]
    return _held(session, item_at(session, as_run_list(session, ListObject(items)), key))


def known_index(session: Session, key: Atom, items: tuple[Any, ...]) -> Any:
    """The number that an index into known items is; UNKNOWN where it is taken at run time."""
    number = session.number(key)
    if number is not UNKNOWN:
        return number
    index = unrollable_index(session, key)
    plain = len(items) > LONG and all(is_scalar(item) for item in items)
    if index is not None and not plain:
        raise Unroll(index)
    return UNKNOWN


def _known_slice(session: Session, key: Sliced) -> slice:
    parts = (key.start, key.stop, key.step)
    for part in parts:
        index = None if part is None else unrollable_index(session, part)
        if index is not None:
            raise Unroll(index)
    return slice(*(None if part is None else session.demand(part, "a bound of a list's slice") for part in parts))


def _of_run_list(session: Session, content: RunList, key: Any) -> Any:
    if isinstance(key, Sliced):
        return sliced(session, content, key)
    if not is_scalar(key):
        raise UnsupportedType(f"{describe(session, key)} is not an index of a list")
    return _held(session, item_at(session, content, key))


def _held(session: Session, item: Any) -> Any:
    session.hold((item,) if isinstance(item, Group) else ())
    return item


# Arrays


def array_index(session: Session, key: Any) -> tuple[Index, tuple[Atom, ...]]:
    """The template of an index, and its operands."""
    operands: list[Atom] = []
    entries = key.items if isinstance(key, Group) else (key,)
    return tuple(_entry(session, entry, operands) for entry in entries), tuple(operands)


def _entry(session: Session, entry: Any, operands: list[Atom]) -> Any:
    match entry:
        case Known(value=None):
            return NEW_AXIS
        case Known(value=value) if value is Ellipsis:
            return Ellipsis
        case Sliced(start=start, stop=stop, step=step):
            return Slice(*(_operand(session, part, operands) for part in (start, stop, step)))
        case Known(value=slice() as known):
            return Slice(known.start, known.stop, known.step)
        case Range(start=start, stop=stop, step=step):
            operands.append(session.emit("arange", start, stop, step))
            return At(len(operands) - 1)
    content = operators.contents(session, entry)
    if isinstance(content, ListObject | RunList):
        sym = symbols_array(session, entry)
        operands.append(sym.atom)
        return At(len(operands) - 1)
    atom = atom_of(session, entry, "an index")
    if dtype_of(atom.type).startswith(("float", "complex")):
        raise UnsupportedType(
            "an index must be an integer, a slice, a mask or an array of integers, not a float", way_out="`int(...)`"
        )
    if isinstance(atom.type, Scalar) and atom.type.dtype == "bool":
        raise UnsupportedType("a single truth value as an index", way_out="an `if`")
    return _operand(session, atom, operands)


def symbols_array(session: Session, ref: Ref) -> Sym:
    """A list of integers as an array."""
    from gradgen.rules.creation import as_array

    with symbols.using(session.builder):
        return as_array(to_rule(session, ref, {}))


def _operand(session: Session, atom: Atom | None, operands: list[Atom]) -> Any:
    if atom is None:
        return None
    number = session.number(atom)
    if isinstance(number, int) and isinstance(atom.type, Scalar) and atom.type.weak:
        return int(number)
    if atom not in operands:
        operands.append(atom)
    return At(operands.index(atom))


def _check_rank(atom: Atom, index: Index, operands: tuple[Atom, ...]) -> None:
    used = 0
    for entry in index:
        if isinstance(entry, At) and isinstance(type := operands[entry.operand].type, Array):
            used += type.ndim if type.dtype == "bool" else 1
        elif entry is not NEW_AXIS and entry is not Ellipsis:
            used += 1
    rank = len(dims_of(atom.type))
    if used > rank:
        raise UnsupportedType(f"{used} indices for an array of {rank} dimension{'s' * (rank != 1)}")


# Stores


def store_item(frame: Frame, target: ast.Subscript, value: Any) -> None:
    """`owner[key] = value`"""
    owner = evaluate(frame, target.value)
    key = evaluate(frame, target.slice)
    store(frame, owner, key, value)


def store(frame: Frame, owner: Any, key: Any, value: Any) -> None:
    session = frame.session
    if asked(session, owner, "__setitem__", key, value) is not None:
        return
    if is_array(session, owner):
        _store_in_array(session, owner, key, value)
        return
    if isinstance(owner, Flat):
        from gradgen.stage.flat import store_flat_item

        store_flat_item(frame, owner.owner, key, value)
        return
    content = operators.contents(session, owner)
    match content:
        case DictObject():
            _store_in_dict(session, owner, content, key, value)
        case ListObject():
            _store_in_list(session, owner, content, key, value)
        case RunList():
            _store_in_run_list(session, owner, content, key, value)
        case _:
            raise UnsupportedType(f"items of {describe(session, owner)} cannot be assigned")


def _store_in_array(session: Session, ref: Ref, key: Any, value: Any) -> None:
    """A new version of the array, with its dtype and shape."""
    session.writable(ref)
    array = read(session, ref)
    assert isinstance(array.type, Array)
    index, operands = array_index(session, key)
    _check_rank(array, index, operands)
    stored = _fitting_value(session, array, value)
    made = session.store(array, index, operands, stored)
    session.escaped.add(made.version)
    replace_content(session, ref, made)


def _fitting_value(session: Session, array: Atom, value: Any) -> Atom:
    content = operators.contents(session, value)
    if isinstance(value, Group) or isinstance(content, ListObject | RunList):
        from gradgen.rules.creation import as_array

        with symbols.using(session.builder):
            sym = as_array(to_rule(session, value, {}))
        return sym.atom
    atom = atom_of(session, value, "what is stored")
    kept, given = dtype_of(array.type), dtype_of(atom.type)
    if given.startswith("float") and kept.startswith(("int", "uint", "bool")):
        return session.emit("cast", atom, dtype=kept, weak=False)
    return atom


def _store_in_dict(session: Session, ref: Ref, content: DictObject, key: Any, value: Any) -> None:
    session.writable(ref)
    entries = dict(zip(content.keys, content.items, strict=True))
    entries[operators.static_key(session, key)] = _kept(session, value)
    session.put(ref, replace(content, keys=tuple(entries), items=tuple(entries.values())))


def _kept(session: Session, value: Any) -> Any:
    if is_scalar(value) and hasattr(value, "version"):
        session.escaped.add(value.version)
    return value


def _store_in_list(session: Session, ref: Ref, content: ListObject, key: Any, value: Any) -> None:
    session.writable(ref)
    if isinstance(key, Sliced):
        from gradgen.stage.iteration import static_items

        items = list(content.items)
        items[_known_slice(session, key)] = static_items(session.calls[-1], value, "what is stored")
        session.put(ref, replace(content, items=tuple(items)))
        return
    number = known_index(session, atom_of(session, key, "an index"), content.items)
    if number is UNKNOWN:
        run_list = as_run_list(session, content)
        session.put(ref, run_list)
        _store_in_run_list(session, ref, run_list, key, value)
        return
    if not -len(content.items) <= number < len(content.items):
        raise UnsupportedValue(f"index {number} is out of range: the list has {len(content.items)} items")
    number %= len(content.items)
    session.put(
        ref, replace(content, items=(*content.items[:number], _kept(session, value), *content.items[number + 1 :]))
    )


def _store_in_run_list(session: Session, ref: Ref, content: RunList, key: Any, value: Any) -> None:
    session.writable(ref)
    shape = form(value, session.state, [0])
    if isinstance(key, Sliced) or not same_form(content.template, shape):
        raise UnsupportedSyntax(
            "storing something of another kind into a list whose length depends on the data", way_out="an array"
        )
    index, operands = array_index(session, key)
    lists = []
    atoms = current_holes(session, value)
    freeze(session.state, value)
    for one, atom in zip(content.lists, atoms, strict=True):
        item = converted(session, atom, one.type.element)  # type: ignore[union-attr]
        at = operands or (constant_atom(index[0]),)
        made = session.store(one, (At(0),), at, item)
        session.escaped.add(made.version)
        lists.append(made)
    session.put(ref, replace(content, lists=tuple(lists)))


def augment_item(frame: Frame, target: ast.Subscript, kind: type[ast.operator], value_node: ast.expr) -> None:
    """`owner[key] += value`: read, compute, store; the index is computed once."""
    from gradgen.stage.statements import augmented_value

    session = frame.session
    owner = evaluate(frame, target.value)
    key = evaluate(frame, target.slice)
    before = item_of(frame, owner, key)
    found = read(session, owner) if is_array(session, owner) else None
    value = evaluate(frame, value_node)
    if found is not None:
        index, operands = array_index(session, key)
        session.writable(owner)
        # Python has read the item by now: what the value's own evaluation stored there does not count.
        unchanged = read(session, owner) == found
        if not unchanged or not add_at(session, kind, owner, index, operands, value, part=before):
            store(frame, owner, key, updated_part(session, kind, before, value))
        return
    after = augmented_value(frame, kind, before, value)
    if after is not before:
        store(frame, owner, key, after)


def delete_item(frame: Frame, target: ast.Subscript) -> None:
    session = frame.session
    owner, key = evaluate(frame, target.value), evaluate(frame, target.slice)
    content = operators.contents(session, owner)
    if isinstance(content, DictObject | ListObject):
        session.resizable(owner)
    if isinstance(content, DictObject):
        known = operators.static_key(session, key)
        entries = {k: v for k, v in zip(content.keys, content.items, strict=True) if k != known}
        session.put(owner, replace(content, keys=tuple(entries), items=tuple(entries.values())))
    elif isinstance(content, ListObject):
        items = list(content.items)
        del items[operators.static_key(session, key)]
        session.put(owner, replace(content, items=tuple(items)))
    else:
        raise UnsupportedSyntax(f"`del` of an item of {describe(session, owner)}")
