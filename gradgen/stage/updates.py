"""Changes in place of whole arrays and of parts of them: `a += v`, `a[i] += v`.

An array keeps its dtype and shape whatever it is changed to. What is added stays an addition (`ir.Store` in mode
"add"), so that backward need not clear a place that it fills again.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from gradgen.analyse.distinct import may_repeat
from gradgen.errors import UnsupportedType
from gradgen.ir import Array, Atom, Index, Scalar, Type, Var, common_dtype, is_float
from gradgen.rules import symbols
from gradgen.rules.symbols import Sym
from gradgen.rules.table import check_kept
from gradgen.stage import operators
from gradgen.stage.arrays import atom_of, read, replace_content, type_of
from gradgen.stage.session import Session
from gradgen.stage.values import ArrayObject, Ref


def update_array(session: Session, kind: type[ast.operator], array: Ref, value: Any) -> None:
    """`a += v` on an array: its contents change, its dtype and shape do not, and all its aliases see it."""
    content = session.at(array)
    assert isinstance(content, ArrayObject)
    if content.view is not None and len(content.view.chain) == 1 and content.view.chain[0].op == "getitem":
        (step,) = content.view.chain
        if add_at(session, kind, content.view.base, step.param("index"), step.args[1:], value, part=array):
            return
    old = read(session, array)
    name = getattr(old, "name", "") or getattr(content.atom, "name", "")
    result = fitting(session, old.type, atom_of(session, operators.binary(session, kind, array, value)))
    if isinstance(result, Var) and name:
        result = session.rename(result, name) or result
    replace_content(session, array, result)


def fitting(session: Session, type: Type, result: Atom) -> Atom:
    """The result of an operation as the new contents of an array of that type."""
    _check_holds(type, result.type)
    assert isinstance(type, Array)
    if result.type.dtype != type.dtype:  # type: ignore[union-attr]
        return session.emit("cast", result, dtype=type.dtype, weak=False)
    return result


def _check_holds(kept: Type, given: Type) -> None:
    assert isinstance(kept, Array)
    if not isinstance(given, Array) or given.ndim != kept.ndim:
        raise UnsupportedType(f"an array of {kept.ndim} dimensions cannot hold the result of this operation in place")
    check_kept(given, kept.dtype)
    if not np.can_cast(given.dtype, kept.dtype, "same_kind"):
        raise UnsupportedType(
            f"an array of {kept.dtype} cannot hold {given.dtype}, the result of this operation, in place"
        )


def updated_part(session: Session, kind: type[ast.operator], part: Any, value: Any) -> Any:
    """What `a[index] <op>= value` stores, `part` being what is there."""
    result = operators.binary(session, kind, part, value)
    type = type_of(session, part)
    return session.value_of(fitting(session, type, atom_of(session, result))) if isinstance(type, Array) else result


def add_at(
    session: Session,
    kind: type[ast.operator],
    ref: Ref,
    index: Index,
    operands: tuple[Atom, ...],
    value: Any,
    part: Any,
) -> bool:
    """`array[index] += value` or `-=` as an addition to `part`, if it is one: not where a place is named twice,
    which `+=` increases once, nor where the sum would be cast."""
    array, given, there = read(session, ref), type_of(session, value), type_of(session, part)
    if kind not in (ast.Add, ast.Sub) or not isinstance(given, Scalar | Array) or not is_float(array.type):
        return False
    if common_dtype([there, given])[0] != array.type.dtype:  # type: ignore[union-attr]
        return False
    if may_repeat(index, operands, session.builder.definitions):
        return False
    added = atom_of(session, value)
    if isinstance(given, Array) and isinstance(there, Array):
        _check_holds(there, given if given.ndim > there.ndim else there)
    elif isinstance(given, Array):
        return False
    if kind is ast.Sub:
        added = symbols.neg(Sym(added, session.builder)).atom
    made = session.builder.store(array, index, operands, added, "add")
    session.escaped.add(made.version)
    replace_content(session, ref, made)
    return True
