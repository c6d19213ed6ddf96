"""Arrays with identity: reading through views, and changes in place that every alias sees.

An array's cell holds its current version. A view's cell holds the operations that lead to it from the
base; when the base has a newer version than the view has seen, the view is taken again. A change
through a view is a change of its base.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir import Array, Assign, At, Atom, Index, Scalar, Var, dims_of
from gradgen.rules.symbols import Sym, apply
from gradgen.stage.layout import keeps_rows, made_in_rows, splits_an_axis
from gradgen.stage.session import Session, is_scalar
from gradgen.stage.values import (
    ArrayObject,
    Bound,
    Closure,
    DictObject,
    Entries,
    Formatted,
    Group,
    Known,
    ListObject,
    Record,
    Ref,
    RunList,
    View,
)

# What these give shares memory with their first argument: always, or as the memory's layout decides.
ALWAYS_VIEWS = (
    "transpose", "expand_dims", "squeeze", "broadcast_to", "flip", "swapaxes", "moveaxis", "diagonal", "real", "imag",
)  # fmt: skip
PERHAPS_VIEWS = ("reshape", "ravel")


def read(session: Session, ref: Ref) -> Atom:
    """The current version of the array that `ref` refers to."""
    content = session.at(ref)
    assert isinstance(content, ArrayObject)
    if content.in_rows and isinstance(content.atom, Var):
        session.in_rows.add(content.atom.version)
    if content.view is None:
        return content.atom
    base = read(session, content.view.base)
    if base == content.view.seen:
        return content.atom
    atom: Atom = base
    name = getattr(content.atom, "name", "")
    for step in content.view.chain:
        again = {"spelling": step.spelling, "name": name if step is content.view.chain[-1] else "", **dict(step.params)}
        atom = session.emit(step.op, atom, *step.args[1:], **again)
    session.put(ref, replace(content, atom=atom, view=replace(content.view, seen=base)))
    return atom


def retake_views(session: Session) -> None:
    """Take views again whose base has a newer version, where states are going to be merged as they are."""
    from gradgen.stage.merge import reachable

    for cell in sorted(reachable(session.state, session.state.names.values())):
        if isinstance(session.at(Ref(cell)), ArrayObject):
            read(session, Ref(cell))


def atom_of(session: Session, value: Any, what: str = "this") -> Atom:
    """The number or array that a value is; refuses other values, naming what they are."""
    if is_scalar(value):
        return value
    if isinstance(value, Ref):
        content = session.at(value)
        if isinstance(content, ArrayObject):
            return read(session, value)
        if isinstance(content, RunList) and len(content.lists) == 1:
            return content.lists[0]
    raise UnsupportedType(f"{what} is {describe(session, value)}, not a number or an array")


def is_array(session: Session, value: Any) -> bool:
    return isinstance(value, Ref) and isinstance(session.at(value), ArrayObject)


def is_numeric(session: Session, value: Any) -> bool:
    return is_scalar(value) or is_array(session, value)


def type_of(session: Session, value: Any):
    """The type of a number or array, None of anything else."""
    if is_scalar(value):
        return value.type
    return session.at(value).atom.type if is_array(session, value) else None  # type: ignore[union-attr]


def describe(session: Session, value: Any) -> str:
    """What a value is, for messages."""
    if isinstance(value, Ref):
        names = {ListObject: "a list", RunList: "a list", DictObject: "a dict", ArrayObject: "an array"}
        content = session.at(value)
        return f"a {content.kind.__name__}" if isinstance(content, Record) else names[type(content)]
    return kind_of(value)


def kind_of(value: Any) -> str:
    """What a value is that is no object."""
    match value:
        case Known(value=None):
            return "None"
        case Known(value=str() as text):
            return f"the string {text!r}"
        case Known(value=known):
            return f"a {type(known).__name__}"
        case Group(kind=kind):
            return f"a {kind.__name__}"
        case Closure() | Bound():
            return "a function"
        case Entries(part=part):
            return f"the {part} of a dict"
        case Formatted():
            return "a string"
    return "a number" if is_scalar(value) else f"a {type(value).__name__.lower()}"


def wrap(session: Session, atom: Atom, sources: dict[Atom, Ref]) -> Any:
    """The value of an operation's result. `sources`: the arrays that it was given, by the versions read.

    A result that is one of these is the same object; one made of it by view operations is a view.
    """
    if not isinstance(atom.type, Array):
        return atom
    if atom in sources:
        return sources[atom]
    chain: list[Assign] = []
    current = atom
    while isinstance(current, Var) and current not in sources:
        step = session.builder.definitions.get(current.version)
        if not isinstance(step, Assign) or not _is_view(step):
            return _made(session, atom)
        chain.insert(0, step)
        current = step.args[0]
    if current not in sources:
        return _made(session, atom)
    in_rows, doubtful = getattr(session.at(sources[current]), "in_rows", False), False
    for step in chain:
        doubtful = doubtful or (step.op in PERHAPS_VIEWS and not in_rows and not splits_an_axis(step))
        in_rows = in_rows and keeps_rows(step)
    return session.new(ArrayObject(atom, View(sources[current], tuple(chain), current, doubtful), in_rows=in_rows))


def _made(session: Session, atom: Atom) -> Ref:
    """A new array."""
    return session.new(ArrayObject(atom, in_rows=made_in_rows(atom, session.in_rows, session.builder.definitions)))


def _is_view(step: Assign) -> bool:
    if step.op == "getitem":
        return is_basic(step.param("index"), step.args[1:])
    return step.op in ALWAYS_VIEWS or step.op in PERHAPS_VIEWS


def is_basic(index: Index, operands: tuple[Atom, ...]) -> bool:
    """Whether an index selects by integers and slices only, so that the selection is a view."""
    entries = (operands[entry.operand].type for entry in index if isinstance(entry, At))
    return all(isinstance(type, Scalar) and type.dtype != "bool" for type in entries)


def replace_content(session: Session, ref: Ref, atom: Atom) -> None:
    """The array that `ref` refers to has the contents `atom` from now on, for all its aliases and views."""
    session.writable(ref)
    content = session.at(ref)
    assert isinstance(content, ArrayObject)
    _no_doubtful_views(session, ref)
    if content.view is None:
        session.changed.add(ref.cell)
        session.put(ref, replace(content, atom=atom))
        return
    base = read(session, content.view.base)
    updated: Atom = atom
    versions = [base]
    for step in content.view.chain[:-1]:
        versions.append(session.emit(step.op, versions[-1], *step.args[1:], **dict(step.params)))
    for step, version in zip(reversed(content.view.chain), reversed(versions), strict=True):
        updated = _put_back(session, step, version, updated)
    replace_content(session, content.view.base, updated)
    session.put(ref, replace(content, atom=atom, view=replace(content.view, seen=updated)))


def _put_back(session: Session, step: Assign, base: Atom, changed: Atom) -> Atom:
    """The base of a view operation after its result became `changed`."""
    if step.op == "getitem":
        return session.store(base, step.param("index"), step.args[1:], changed)
    if step.op == "transpose":
        axes = step.param("axes")
        inverse = None if axes is None else tuple(sorted(range(len(axes)), key=lambda k: axes[k]))
        return session.emit("transpose", changed, axes=inverse)
    if step.op == "flip":
        return session.emit("flip", changed, **dict(step.params))
    if step.op in ("expand_dims", "squeeze", *PERHAPS_VIEWS):
        like = Sym(base, session.builder)
        sizes = [apply("size", like, axis=k) for k in range(len(dims_of(base.type)))]
        return session.emit("reshape", changed, *(size.atom for size in sizes))
    if step.op in ("real", "imag"):
        from gradgen.rules.complex_numbers import with_part

        return with_part(step.op, Sym(base, session.builder), Sym(changed, session.builder)).atom
    raise UnsupportedSyntax(f"an array cannot be changed through `{step.op}`", way_out="change the array itself")


def _no_doubtful_views(session: Session, ref: Ref) -> None:
    """Whether `reshape` gave a view or a copy is not known when the text is written."""
    root = root_of(session, ref)
    for cell, content in list(session.state.heap.items()):
        view = content.view if isinstance(content, ArrayObject) else None
        if view is None or not view.doubtful:
            continue
        other = Ref(cell)
        if root_of(session, other) == root and (other == ref or _is_reachable(session, other)):
            raise UnsupportedSyntax(
                "whether a reshaped array shares memory with this one is not known when the gradient is written",
                way_out="copy one of them: `.reshape(...).copy()`",
            )


def keep_unchanged(session: Session, values: tuple[Any, ...], why: str) -> None:
    """These arrays may share memory or not: none of them can be changed in place."""
    for value in values:
        if is_array(session, value):
            root = root_of(session, value)
            session.put(root, replace(session.at(root), frozen=why))


def root_of(session: Session, ref: Ref) -> Ref:
    """The array whose memory a view looks at."""
    content = session.at(ref)
    while isinstance(content, ArrayObject) and content.view is not None:
        ref = content.view.base
        content = session.at(ref)
    return ref


def _is_reachable(session: Session, ref: Ref) -> bool:
    from gradgen.stage.merge import reachable

    return ref.cell in reachable(session.state, session.state.names.values())
