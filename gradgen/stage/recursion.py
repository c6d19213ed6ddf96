"""Calls of functions that call themselves.

A call is inlined as long as it differs from those that it stands in: in the structure of its arguments,
in what is known of them. A call of the same form as one around it is a call at run time, of a function
of its own. The type of that function's result is that of the paths on which it does not call itself;
with this the others are staged, until types and results agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from gradgen.errors import UnsupportedSyntax
from gradgen.ir import Array, Atom, Call, Dim, Function, Type
from gradgen.ir.interface import Static, Tree, leaves, map_tree
from gradgen.ir.walk import free_variables
from gradgen.stage.forms import signature
from gradgen.stage.inline import Callee, bind, callee_of, inline
from gradgen.stage.merge import converted, joined_type, without_extent
from gradgen.stage.outcome import Raises
from gradgen.stage.separate import stage_apart
from gradgen.stage.session import Session
from gradgen.stage.trees import assemble, flatten
from gradgen.stage.values import Closure, Known

PASSES = 8
INLINED = 16  # calls of one function within each other that are inlined for what is known of their numbers


@dataclass(slots=True)
class Recursive:
    """A function that is called at run time, while it is being staged and after."""

    name: str
    types: list[Type]
    seen: list[Type] = field(default_factory=list)
    result: Any = None  # a tree of types, None as long as nothing is known of it
    recursed: bool = False
    settled: bool = False  # its text is made: what its types do not take in needs another function


def call_function(
    session: Session, function: FunctionType | Closure, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    callee = callee_of(session, function)
    around = [frame for frame in session.calls if frame.identity is callee.identity]
    if not around:
        return inline(session, callee, args, keywords)
    bound = bind(session, callee, args, keywords)
    exact, form = signature(session, bound), signature(session, bound, numbers=False)
    recursive = session.recursive.get((callee.identity, form))
    if recursive is None or (recursive.settled and not _takes(session, recursive, bound)):
        repeated = any(exact == frame.signature for frame in around) or len(around) > INLINED
        if not repeated or not any(frame.form == form for frame in around):
            return inline(session, callee, args, keywords)
        return _define_and_call(session, callee, form, bound)
    return _call(session, recursive, bound)


def _define_and_call(session: Session, callee: Callee, form: tuple, bound: dict[str, Any]) -> Any:
    trees, atoms = _taken_apart(session, bound)
    types = [without_extent(atom.type) for atom in atoms]
    recursive = Recursive(_name(session, callee), types)
    key = (callee.identity, form)
    session.recursive[key] = recursive
    body = _settled(session, callee, recursive, trees, _names(trees))
    recursive.settled = True
    origin = callee.source.file.origin(callee.source.node)
    session.functions.append(Function(recursive.name, body.params, body.block, origin))
    try:
        return _call(session, recursive, bound)
    finally:
        outer = [var for var in free_variables(body.block) if var not in body.params and var not in session.params]
        if outer:  # of an enclosing function, whose variables another call may find changed
            del session.recursive[key]


def _names(trees: dict[str, Any]) -> list[str]:
    """A plain parameter keeps its name; parts of structures are named after it."""
    names: list[str] = []
    for name, tree in trees.items():
        parts = leaves(tree)
        names += (
            [name] if len(parts) == 1 and not isinstance(tree, Tree) else [f"{name}_{k}" for k in range(len(parts))]
        )
    return names


def _name(session: Session, callee: Callee) -> str:
    base = callee.name if callee.name.isidentifier() else "function"
    return f"{base}_rec{len(session.functions) or ''}"


def _taken_apart(session: Session, bound: dict[str, Any]) -> tuple[dict[str, Any], list[Atom]]:
    atoms: list[Atom] = []
    trees = {}
    for name, value in bound.items():
        tree = flatten(session, value, atoms)
        trees[name] = Static(value) if isinstance(value, Known) else map_tree(lambda atom: atom.type, tree)
    return trees, atoms


def _settled(session: Session, callee: Callee, recursive: Recursive, trees: dict[str, Any], names: list[str]):
    """The body, staged until the types of parameters and results agree with those of its own calls."""
    for _ in range(PASSES):
        recursive.seen, recursive.recursed = list(recursive.types), False
        try:
            body = stage_apart(session, callee, trees, recursive.types, names)
        except Raises:
            raise UnsupportedSyntax(
                f"`{callee.name}` calls itself on every path", way_out="return without calling it in some case"
            ) from None
        result = _joined_result(
            session, recursive.result, map_tree(lambda atom: without_extent(atom.type), body.result)
        )
        if result is None:
            raise UnsupportedSyntax(
                f"`{callee.name}` returns values of different kinds", way_out="one kind on all paths"
            )
        if _same(result, recursive.result) and recursive.seen == recursive.types:
            return body
        recursive.result, recursive.types = result, recursive.seen
    raise UnsupportedSyntax(f"the types of `{callee.name}`, which calls itself, do not settle", way_out="a loop")


def _same(a: Any, b: Any) -> bool:
    return b is not None and leaves(a) == leaves(b)


def _joined_result(session: Session, before: Any, now: Any) -> Any:
    """The tree of types that takes in both; None where there is none."""
    if before is None:
        return now
    if isinstance(before, Tree) and isinstance(now, Tree):
        if (before.kind, before.keys) != (now.kind, now.keys):
            return None
        items = [_joined_result(session, a, b) for a, b in zip(before.items, now.items, strict=True)]
        return None if None in items else Tree(now.kind, now.keys, tuple(items))
    if isinstance(before, Static) or isinstance(now, Static):
        return now if type(before) is type(now) and before.value is now.value else None
    return generalised(session, before, now)


def generalised(session: Session, a: Type, b: Type) -> Type | None:
    """The type that takes in both; a dim that is a free symbol in `a` takes in every dim."""
    if isinstance(a, Array) and isinstance(b, Array) and a.dtype == b.dtype and a.ndim == b.ndim:
        pairs = zip(a.dims, b.dims, strict=True)
        return Array(a.dtype, tuple(x if x == y or _is_free(x) else Dim(session.symbol()) for x, y in pairs))
    return joined_type(session, without_extent(a), without_extent(b))


def _is_free(dim: Dim) -> bool:
    return dim.symbol is not None and dim.symbol.startswith("(n") and not dim.many and not dim.least


def _takes(session: Session, recursive: Recursive, bound: dict[str, Any]) -> bool:
    """Whether these arguments are of the types of the function's parameters, or become them without loss."""
    _, atoms = _taken_apart(session, bound)
    pairs = zip(recursive.types, atoms, strict=True)
    return all(generalised(session, known, atom.type) == known for known, atom in pairs)


def _call(session: Session, recursive: Recursive, bound: dict[str, Any]) -> Any:
    _, atoms = _taken_apart(session, bound)
    seen = []
    for known, atom in zip(recursive.seen, atoms, strict=True):
        joined = generalised(session, known, atom.type)
        if joined is None:
            raise UnsupportedSyntax("a function that calls itself with another kind of argument", way_out="a loop")
        seen.append(joined)
    recursive.seen = seen
    if recursive.result is None:
        raise Raises  # nothing is known of the result yet: this path is left for the next pass
    given = tuple(converted(session, atom, type) for atom, type in zip(atoms, recursive.types, strict=True))
    targets = tuple(session.builder.var("", type) for type in leaves(recursive.result))
    session.builder.append(Call(targets, recursive.name, given, session.builder.origin))
    return assemble(session, recursive.result, iter(targets))
