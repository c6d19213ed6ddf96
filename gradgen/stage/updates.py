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
from gradgen.ir import Array, Atom, Index, Scalar, Type, Var, common_dtype, dtype_of, is_float
from gradgen.rules import symbols
from gradgen.rules.symbols import Sym
from gradgen.rules.table import check_kept
from gradgen.stage import operators
from gradgen.stage.arrays import atom_of, read, replace_content, type_of
from gradgen.stage.session import Session
from gradgen.stage.values import ArrayObject, Ref

CAST = "an array of floats, or `.astype(...)` of what is written"


def update_array(session: Session, kind: type[ast.operator], array: Ref, value: Any) -> None:
    """`a += v` on an array: its contents change, its dtype and shape do not, and all its aliases see it."""
    content = session.at(array)
    assert isinstance(content, ArrayObject)
    if content.view is not None and len(content.view.chain) == 1 and content.view.chain[0].op == "getitem":
        (step,) = content.view.chain
        if add_at(session, kind, content.view.base, step.param("index"), step.args[1:], value, part=array):
            return
    replace_by(session, array, operators.binary(session, kind, array, value))


def fitting(session: Session, type: Type, result: Atom) -> Atom:
    """The result of an operation as the new contents of an array of that type."""
    _check_holds(type, result.type)
    assert isinstance(type, Array)
    if dtype_of(result.type) != dtype_of(type):
        return session.emit("cast", result, dtype=type.dtype, weak=False)
    return result


def _check_holds(kept: Type, given: Type) -> None:
    assert isinstance(kept, Array)
    if not isinstance(given, Array) or given.ndim != kept.ndim:
        raise UnsupportedType(f"an array of {kept.ndim} dimensions cannot hold the result of this operation in place")
    check_kept(given, kept.dtype)
    if not np.can_cast(given.dtype, kept.dtype, "same_kind"):
        raise UnsupportedType(
            f"an array of {kept.dtype} cannot hold {given.dtype}, the result of this operation, in place", way_out=CAST
        )


def check_cast(kept: Type, given: Type | None, what: str, rule: Any = "same_kind") -> None:
    """Refuse what NumPy refuses to cast; a Python number is cast as its kind is."""
    if isinstance(given, Scalar) and given.weak:
        dtype = {"float64": "float16", "int64": "int8", "complex128": "complex64"}.get(given.dtype, given.dtype)
    elif isinstance(given, Scalar | Array):
        dtype = given.dtype
    else:
        return
    assert isinstance(kept, Array)
    if not np.can_cast(dtype, kept.dtype, rule):
        raise UnsupportedType(
            f"an array of {kept.dtype} cannot hold {given.dtype}, which `{what}` writes into it", way_out=CAST
        )


def replace_by(session: Session, ref: Ref, value: Any) -> None:
    """The array has the contents `value` from now on, under the name that it has."""
    content = session.at(ref)
    assert isinstance(content, ArrayObject)
    made = fitting(session, read(session, ref).type, atom_of(session, value))
    name = getattr(content.atom, "name", "")
    if name and isinstance(made, Var):
        made = session.rename(made, name) or made
    replace_content(session, ref, made)


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
    if common_dtype([there, given])[0] != dtype_of(array.type):
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
    made = session.store(array, index, operands, added, "add")
    session.escaped.add(made.version)
    replace_content(session, ref, made)
    return True
