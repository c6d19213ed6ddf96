"""Which text an earlier process wrote for a call, so that another one needs no compiler.

A record holds the text and all that staging read besides the arguments' types: what the guards of a call name, and
the functions whose source was read. It is found by the code of the function and its signature, gradgen's own files and
the versions of what it uses, and taken if each guard holds: not the same object, as within a process, but the same
object of a library, the same code, an equal value. Where something was read of which that cannot be said, such as a
class of the user's, there is no record.

Does not hold machine code, which lies beside the text.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import linecache
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path as File
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from gradgen.infer.signature import describe
from gradgen.ir.interface import Guard, Input, Path, Root, Tree
from gradgen.parse.source import instructions
from gradgen.run.fetch import resolve, text
from gradgen.run.files import cache_folder, private_folder, read, sources, written
from gradgen.run.same import same

LIBRARIES = ("builtins", "functools", "itertools", "math", "numpy", "operator", "scipy")
PLAIN = (bool, int, float, str, bytes, type(None))
KEPT = 8  # records for one key


class Unsaid(Exception):
    """What a text depends on cannot be said to another process."""


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """What is needed of a written text to call it, see `ir.interface.Staged`."""

    source: str
    entries: tuple[str, ...]
    inputs: tuple[Input, ...]
    guards: tuple[Guard, ...]
    result: Any
    apart: tuple[tuple[int, int], ...]
    unsure: tuple[int, ...]


def recalled(place: File, function: FunctionType, arguments: Mapping[str, Any]) -> Record | None:
    """The record at `place` whose guards hold for a call with `arguments`."""
    for source, entries, inputs, guards, result, apart, unsure in _kept(place):
        try:
            found_inputs = tuple(_fetched(one, function, arguments) for one in inputs)
            found = tuple(_held(one, function, arguments) for one in guards)
        except (Unsaid, LookupError, AttributeError, ValueError, TypeError):
            continue
        return Record(source, entries, found_inputs, found, result, apart, unsure)
    return None


def remember(
    place: File, record: Record, function: FunctionType, was_read: Sequence[FunctionType], arguments: Mapping[str, Any]
) -> None:
    """Keep a record, if all that it depends on can be said. `was_read`: the functions whose source was read."""
    try:
        paths = [one.path for one in record.inputs]
        inputs = tuple((_said_path(path, function), _type(path, arguments)) for path in paths)
        guards = tuple(_said(one, function, arguments) for one in record.guards)
        guarded = {id(one.expected) for one in record.guards if one.kind == "code"}
        if any(one is not function and id(one.__code__) not in guarded for one in was_read):
            return
        _require(all(kind in (tuple, list, dict) for kind in _kinds(record.result)))
        said = (record.source, record.entries, inputs, guards, record.result, record.apart, record.unsure)
        kept = pickle.dumps([said, *_kept(place)][:KEPT])
    except (Unsaid, pickle.PicklingError, LookupError, AttributeError, TypeError):
        return
    written(place, hashlib.sha256(kept).digest() + kept)


def place_for(function: Callable[..., Any], signature: Any, form: tuple[Any, ...]) -> File | None:
    """The file of the records for a function and a signature; None where there can be none."""
    try:
        folder = private_folder(cache_folder())
        if folder is None or not isinstance(function, FunctionType):
            return None
        parts = (_of_code(function.__code__), spelled(signature), form, _versions())
    except (Unsaid, RuntimeError):
        return None
    return folder / f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}.index"


def _kept(place: File) -> list[Any]:
    kept = read(place)
    if kept is None or hashlib.sha256(kept[32:]).digest() != kept[:32]:
        return []
    found: list[Any] = pickle.loads(kept[32:])
    return found


@functools.cache
def _versions() -> tuple[Any, ...]:
    """Of what writes texts. gradgen's own files count by name, size and time, as for Python's own caches."""
    own = sources(File(__file__).parents[1])
    if not own:
        raise Unsaid  # it lies in no folder
    return sys.version, sys.flags.optimize, np.__version__, own


def _of_function(function: Any) -> str:
    """A digest of a function that is read, but for what its cells hold."""
    plain = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    _require(type(function) is FunctionType and all(type(one) in PLAIN for one in plain))
    parts = (_of_code(function.__code__), function.__defaults__, function.__kwdefaults__)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _of_code(code: CodeType) -> tuple[Any, ...]:
    """What a function does, and its lines, which may have been changed since."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : _last_line(code)]
    _require(bool(lines))
    return *instructions(code), code.co_flags, tuple(lines)


def _last_line(code: CodeType) -> int:
    inner = [_last_line(one) for one in code.co_consts if isinstance(one, CodeType)]
    return max(inner + [line for _, _, line in code.co_lines() if line is not None])


# Guards, as another process can take them. A path begins with an argument, a global of a module or of the function
# itself, or a cell of the function.


def _said_path(path: Path, function: FunctionType) -> tuple[Any, ...]:
    root = path.root
    _require(all(type(name) in PLAIN for _, name in path.steps))
    match root.kind:
        case "argument":
            return "argument", None, root.name, path.steps
        case "global":
            module = None if root.scope is function.__globals__ else root.scope["__name__"]
            _require(module is None or vars(sys.modules[module]) is root.scope)
            return "global", module, root.name, path.steps
        case "closure":
            _require(_cells(function)[root.name] is root.scope)
            return "closure", None, root.name, path.steps
    raise Unsaid


def _path(said: tuple[Any, ...], function: FunctionType) -> Path:
    kind, module, name, steps = said
    scope: Any = None
    if kind == "global":
        scope = function.__globals__ if module is None else vars(sys.modules[module])
    elif kind == "closure":
        scope = _cells(function)[name]
    return Path(Root(kind, name, scope), steps)


def _type(path: Path, arguments: Mapping[str, Any]) -> Any:
    """What the program takes an input to be; the types of arguments are known by the signature."""
    return None if path.root.kind == "argument" else _described(path, arguments)


def _fetched(said: tuple[Any, ...], function: FunctionType, arguments: Mapping[str, Any]) -> Input:
    where, type = said
    path = _path(where, function)
    _require(_type(path, arguments) == type)
    return Input(path)


def _cells(function: FunctionType) -> dict[str, Any]:
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))


def _said(guard: Guard, function: FunctionType, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    path = _said_path(guard.path, function)
    match guard.kind:
        case "is":
            return path, "is", _reference(guard.expected)
        case "code":
            found = resolve(guard.path, arguments)
            _require(guard.path.root.kind != "argument" and getattr(found, "__closure__", ()) is None)
            _require(found.__code__ is guard.expected)
            return path, "code", _of_function(found)
        case "equal":
            _require(type(guard.expected) in PLAIN)
            return path, "equal", guard.expected
        case "tree":
            return path, "tree", _described(guard.path, arguments)
    raise Unsaid


def _held(said: tuple[Any, ...], function: FunctionType, arguments: Mapping[str, Any]) -> Guard:
    """The guard, if it holds."""
    where, kind, expected = said
    path = _path(where, function)
    value = resolve(path, arguments)
    match kind:
        case "is":
            _require(_reference(value) == expected)
            expected = value
        case "code":
            _require(getattr(value, "__closure__", ()) is None and _of_function(value) == expected)
            expected = value.__code__
        case "equal":
            _require(same(value, expected))
        case "tree":
            _require(_described(path, arguments) == expected)
    return Guard(path, kind, expected)


def _reference(value: Any) -> tuple[str, ...]:
    """The name of a library's module, or of what is in it, and the library's version."""
    if isinstance(value, ModuleType):
        module, name = value.__name__, ""
    else:
        module = getattr(value, "__module__", None) or ("numpy" if isinstance(value, np.ufunc) else "builtins")
        name = getattr(value, "__qualname__", None) or value.__name__
        _require(getattr(sys.modules[module], name) is value)
    library = sys.modules[module.partition(".")[0]]
    _require(sys.modules[module] is value or bool(name))
    _require(library.__name__ in LIBRARIES)
    return module, name, getattr(library, "__version__", "")


def _kinds(tree: Any) -> Iterator[type]:
    if isinstance(tree, Tree):
        yield tree.kind
        for item in tree.items:
            yield from _kinds(item)


def _described(path: Path, arguments: Mapping[str, Any]) -> Any:
    return spelled(describe(resolve(path, arguments), text(path)))


def spelled(value: Any) -> Any:
    """A signature, or another value of which all can be said, in plain tuples.

    >>> spelled(describe(2.0, "x"))
    ('Scalar', ('str', "'float64'"), ('bool', 'True'), ('NoneType', 'None'))
    """
    if type(value) in PLAIN:
        return type(value).__name__, repr(value)
    if isinstance(value, tuple):
        return tuple(map(spelled, value))
    if isinstance(value, dict):
        return tuple((spelled(name), spelled(item)) for name, item in value.items())
    if isinstance(value, type):
        return value.__module__, value.__qualname__
    if not dataclasses.is_dataclass(value):
        raise Unsaid
    return type(value).__name__, *(spelled(getattr(value, field.name)) for field in dataclasses.fields(value))


def _require(holds: bool) -> None:
    if not holds:
        raise Unsaid
