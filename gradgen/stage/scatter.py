"""`np.add.at(a, i, v)`: an update that counts as often as the index names a place."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from gradgen.analyse.distinct import may_repeat
from gradgen.errors import UnsupportedSyntax
from gradgen.ir import Array, dims_of
from gradgen.rules import symbols
from gradgen.rules.build import constant_atom
from gradgen.rules.symbols import Sym
from gradgen.stage.arrays import atom_of, is_array, read, replace_content, type_of
from gradgen.stage.flat import apply, attribute
from gradgen.stage.session import Frame
from gradgen.stage.subscripts import array_index, item_of, store
from gradgen.stage.updates import check_cast
from gradgen.stage.values import Range


def add_each(kind: type[ast.operator], frame: Frame, a: Any, indices: Any, b: Any) -> None:
    """`np.add.at(a, indices, b)`, `np.subtract.at(a, indices, b)`"""
    session = frame.session
    session.writable(a)
    index, operands = array_index(session, indices)
    if type_of(session, b) is None:
        b = apply(frame, np.asarray, b)
    check_cast(type_of(session, a), type_of(session, b), "at")
    added = atom_of(session, b)
    if kind is ast.Sub:
        with symbols.using(session.builder):
            added = symbols.neg(Sym(added, session.builder)).atom
    made = session.store(read(session, a), index, operands, added, "add")
    session.escaped.add(made.version)
    replace_content(session, a, made)


def update_each(function: np.ufunc, frame: Frame, a: Any, indices: Any, b: Any) -> None:
    """`function.at(a, indices, b)`: one place after the other, where one may be named twice."""
    from gradgen.stage.comprehensions import child, over

    session = frame.session
    index, operands = array_index(session, indices)
    if not may_repeat(index, operands, session.builder.definitions):
        store(frame, a, indices, apply(frame, function, item_of(frame, a, indices), b))
        return
    if not is_array(session, indices) or len(dims_of(type_of(session, indices))) != 1:
        raise UnsupportedSyntax(
            f"`np.{function.__name__}.at` with an index that may name a place twice and is no vector", way_out="a loop"
        )
    many = isinstance(type_of(session, b), Array)

    def one(k: Any) -> None:
        place = item_of(frame, indices, k)
        value = item_of(frame, b, k) if many else b
        store(frame, a, place, apply(frame, function, item_of(frame, a, place), value))

    over(child(frame, frozenset()), Range(constant_atom(0), attribute(frame, indices, "size"), constant_atom(1)), one)
