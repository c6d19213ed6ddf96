"""What a call is of: a builtin, a function with a rule, the user's own function, a method, a callable object."""

from __future__ import annotations

import collections
import dataclasses
import difflib
import functools
import inspect
import sysconfig
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from gradgen.errors import GradgenError, UnknownFunction, UnsupportedSyntax, UnsupportedType
from gradgen.infer.signature import is_namedtuple
from gradgen.ir.interface import Path, Root
from gradgen.parse.subset import REFUSED_CALLS
from gradgen.rules.table import CALLERS, METHODS, Caller, caller_of
from gradgen.stage import applied, copying, draws, iterators, ordered, piecewise  # noqa: F401  (they enter what they stage)
from gradgen.stage.arrays import describe, is_array, is_numeric, keep_unchanged
from gradgen.stage.builtin import BUILTINS
from gradgen.stage.capture import capture
from gradgen.stage.derivatives import call_derivative, differentiate, is_differentiation
from gradgen.stage.marked import is_recomputed, recomputed
from gradgen.stage.methods import call_method
from gradgen.stage.out import with_out
from gradgen.stage.recursion import call_function
from gradgen.stage.rulecalls import apply_caller
from gradgen.stage.session import Frame, Session
from gradgen.stage.special import converted, guard_method
from gradgen.stage.special import special as special_method
from gradgen.stage.values import Bound, Closure, Group, Known, Partial, Record, Ref
from gradgen.stage.writers import REFUSED_METHODS, REFUSED_WRITERS, WRITERS, WRITING_METHODS, call_writer, refuse_writer

NOT_KNOWN = "whether `{}` makes a copy is not known here"
PERHAPS_COPIES = dict.fromkeys((np.ascontiguousarray, np.asfortranarray, np.require), NOT_KNOWN)
PERHAPS_COPIES[np.lib.stride_tricks.sliding_window_view] = "`{}` gives a view"
INSTEAD: dict[type, str] = {
    collections.deque: "a list: `xs.append(x)`, and `xs[-n:]` for the last n",
    collections.defaultdict: "a dict: `d.setdefault(key, [])`",
    collections.OrderedDict: "a dict",
    set: "a list or a tuple",
}
STANDARD = sysconfig.get_paths()["stdlib"]
LIBRARIES = ("numpy", "scipy", "numba", "jax", "torch", "autograd", "pandas", "sklearn", "matplotlib", "gradgen")


def call(
    session: Session, function: Any, args: tuple[Any, ...], keywords: dict[str, Any], frame: Frame | None = None
) -> Any:
    """The value of `function(*args, **keywords)`."""
    frame = frame or session.calls[-1]
    match function:
        case Known():
            return _call_known(frame, function, args, keywords)
        case Closure():
            return _call_text(session, function, args, keywords)
        case Bound(owner=owner, method=str() as name):
            return _call_named(frame, owner, name, args, keywords)
        case Bound(owner=owner, method=method):
            method = method if isinstance(method, Known) else Known(method)
            return call(session, method, (owner, *args), keywords, frame)
        case Partial():
            return call(session, function.function, (*function.args, *args), {**function.keywords, **keywords}, frame)
        case Ref() | Group():
            method = special_method(session, function, "__call__")
            if method is not None:
                return call(session, method, args, keywords, frame)
    raise UnsupportedType(f"{describe(session, function)} cannot be called")


def _call_named(frame: Frame, owner: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A method of a number, an array, or a structure."""
    session = frame.session
    if is_array(session, owner):
        refuse_writer(REFUSED_METHODS.get(name))
    if is_array(session, owner) and name in WRITING_METHODS:
        return call_writer(frame, WRITING_METHODS[name], (owner, *args), keywords, f".{name}")
    if is_array(session, owner) and name in METHODS and hasattr(np, name):
        written = with_out(frame, getattr(np, name), (owner, *args), keywords, f".{name}")
        if written is not None:
            return written
    if is_numeric(session, owner) and name in METHODS:
        return apply_caller(session, METHODS[name], (owner, *args), keywords, f".{name}")
    return call_method(frame, owner, name, args, keywords)


def _call_known(frame: Frame, function: Known, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    session, value = frame.session, function.value
    special = converted(session, value, args)
    if special is not None:
        return special
    builtin = _lookup(BUILTINS, value)
    if builtin is not None:
        return builtin(frame, args, keywords)
    if hasattr(value, "__gradgen_staged__"):
        return call_derivative(frame, function, args, keywords)
    refuse_writer(_lookup(REFUSED_WRITERS, value))
    writer = _lookup(WRITERS, value)
    if writer is not None:
        return call_writer(frame, writer, args, keywords, shown(value))
    caller = caller_of(value)
    if caller is not None:
        written = _with_out(frame, value, args, keywords, caller)
        if written is not None:
            return written
        result = apply_caller(session, caller, args, keywords, shown(value, caller))
        if value in PERHAPS_COPIES:
            keep_unchanged(session, (args[0], result), PERHAPS_COPIES[value].format(shown(value, caller)))
        return result
    if isinstance(value, functools.partial):
        return _call_partial(frame, function, args, keywords)
    if is_differentiation(value):
        return differentiate(frame, value, args, keywords)
    if isinstance(value, FunctionType) and is_library(value):
        raise unknown(session, value)
    if isinstance(value, FunctionType):
        return _call_python(session, value, args, keywords)
    if isinstance(value, MethodType):
        owner = capture(session, value.__self__, _step(function, "__self__"))
        return call(session, Known(value.__func__, _step(function, "__func__")), (owner, *args), keywords, frame)
    for attribute in ("py_func", "__wrapped__"):  # of Numba's dispatchers, of lru_cache's
        inner = inspect.getattr_static(value, attribute, None)
        if inner is not None and not isinstance(value, type):
            inner = getattr(value, attribute)
            return call(session, Known(inner, _step(function, attribute)), args, keywords, frame)
    if value is super:
        raise unknown(session, value)
    if isinstance(value, type):
        return _construct(session, value, args, keywords)
    method = inspect.getattr_static(type(value), "__call__", None)
    if isinstance(method, FunctionType):
        return call(session, Known(method), (function, *args), keywords, frame)
    raise unknown(session, value)


def _call_text(
    session: Session, function: FunctionType | Closure, args: tuple[Any, ...], keywords: dict[str, Any]
) -> Any:
    if is_recomputed(function):
        return recomputed(session, lambda: call_function(session, function, args, keywords))
    return call_function(session, function, args, keywords)


def _with_out(frame: Frame, value: Any, args: tuple[Any, ...], keywords: dict[str, Any], caller: Caller) -> Any:
    if not isinstance(value, np.ufunc) and not is_library(value):
        return None
    return with_out(frame, value, args, keywords, shown(value, caller))


def _call_python(session: Session, function: FunctionType, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A function whose text is read; that of the standard library is read too, but not shown in a refusal."""
    called = session.called
    try:
        return _call_text(session, function, args, keywords)
    except GradgenError as error:
        if not function.__code__.co_filename.startswith(STANDARD) or "site-packages" in function.__code__.co_filename:
            raise
        session.called = called
        raise unknown(session, function) from error


def is_library(value: Any) -> bool:
    """Whether a function is NumPy's or the like: what has no rule is not read for one."""
    return (getattr(value, "__module__", None) or "").split(".")[0] in LIBRARIES


def _lookup(table: dict[Any, Any], value: Any) -> Any:
    try:
        return table.get(value)
    except TypeError:  # not hashable
        return None


def _step(function: Known, attribute: str) -> Path:
    if function.path is None:
        return Path(Root("object", attribute, getattr(function.value, attribute)))
    return Path(function.path.root, (*function.path.steps, ("attribute", attribute)))


def shown(value: Any, caller: Caller | None = None) -> str:
    """A function as people write it.

    >>> shown(np.linalg.norm), shown(len)
    ('np.linalg.norm', 'len')
    """
    if caller is not None:
        return caller.spelling
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or type(value).__qualname__
    module = getattr(value, "__module__", None) or ("numpy" if isinstance(value, np.ufunc) else "")
    if module.startswith("numpy.") or (isinstance(value, np.ufunc) and getattr(np, name, None) is value):
        return ("np.linalg." if "linalg" in module else "np.") + name
    if isinstance(value, np.ufunc):
        module = "scipy.special"
    module = {"numpy": "np", "builtins": ""}.get(module, module)
    module = ".".join(part for part in module.split(".") if not part.startswith("_"))
    return f"{module}.{name}" if module else name


def unknown(session: Session, value: Any) -> UnknownFunction | UnsupportedSyntax:
    """The refusal of a function that has neither a rule nor a text to read."""
    name = getattr(value, "__name__", "")
    if name in REFUSED_CALLS and getattr(value, "__module__", "") in ("builtins", "io"):
        message, way_out = REFUSED_CALLS[name]
        return UnsupportedSyntax(message, way_out=way_out)
    spelled = session.called or shown(value)
    of_scipy = shown(value).startswith("scipy.")
    known = {one.spelling for one in CALLERS.values() if one.spelling.startswith("scipy.") == of_scipy}
    last = spelled.rsplit(".", 1)[-1]
    names = {k.rsplit(".", 1)[-1]: k for k in sorted(known)}
    near = difflib.get_close_matches(last, names, n=3, cutoff=0.5)
    nearest = f"; nearest: {', '.join(names[n] for n in near)}" if near else ""
    if getattr(value, "__qualname__", "") == "rv_generic.__call__":
        way_out = f"the method with the parameters: `{spelled}.logpdf(x, ...)`"
        return UnknownFunction(f"a distribution with its parameters held, `{spelled}(...)`", way_out=way_out)
    return UnknownFunction(
        f"no rule for `{spelled}`{nearest}",
        way_out="add a rule for it with gradgen.rules, or write it with functions that have one",
    )


def _call_partial(frame: Frame, function: Known, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """functools.partial made outside: what it holds is fetched through it."""
    session, value = frame.session, function.value
    inner = capture(session, value.func, _step(function, "func"))
    held = _step(function, "args")
    first = tuple(
        capture(session, one, Path(held.root, (*held.steps, ("item", k)))) for k, one in enumerate(value.args)
    )
    named = _step(function, "keywords")
    given = {
        k: capture(session, one, Path(named.root, (*named.steps, ("item", k)))) for k, one in value.keywords.items()
    }
    return call(session, inner, (*first, *args), {**given, **keywords}, frame)


def _construct(session: Session, kind: type, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """An instance of a NamedTuple or a plain dataclass."""
    if is_namedtuple(kind):
        fields = kind._fields  # type: ignore[attr-defined]
        defaults = {k: capture_default(session, k, v) for k, v in kind._field_defaults.items()}  # type: ignore[attr-defined]
        items = _fields(kind, fields, defaults, args, keywords)
        session.hold(items)
        return Group(items, kind)
    init = inspect.getattr_static(kind, "__init__")
    if not _is_plain(kind):
        raise UnsupportedSyntax(
            f"an object of class `{kind.__qualname__}` cannot be made inside a differentiated function",
            way_out=INSTEAD.get(kind, "a NamedTuple, a dataclass, or a class of your own that derives from no other"),
        )
    if dataclasses.is_dataclass(kind) and init.__code__.co_filename == "<string>":
        return _of_dataclass(session, kind, args, keywords)
    made = session.new(Record(kind, (), ()))
    guard_method(session, kind, "__init__", init)
    if isinstance(init, FunctionType):
        call(session, Known(init), (made, *args), keywords)
    elif args or keywords:
        raise UnsupportedType(f"`{kind.__name__}` does not take these arguments")
    return made


def _is_plain(kind: type) -> bool:
    """Whether an instance is what `__init__` makes of an object with nothing in it."""
    usual = ("__new__", "__getattribute__")
    own = [name for name in usual if inspect.getattr_static(kind, name) is not inspect.getattr_static(object, name)]
    called = inspect.getattr_static(type(kind), "__call__") is inspect.getattr_static(type, "__call__")
    return not own and called and not hasattr(kind, "__getattr__") and not is_library(kind)


def _of_dataclass(session: Session, kind: type, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What the `__init__` does that `dataclass` has written."""
    given = dataclasses.fields(kind)
    names = tuple(f.name for f in given if f.init)
    defaults: dict[str, Any] = {}
    for f in given:
        if f.default is not dataclasses.MISSING:
            defaults[f.name] = capture_default(session, f.name, f.default)
        elif f.default_factory is not dataclasses.MISSING and (
            f.name not in keywords and f.name not in names[: len(args)]
        ):
            defaults[f.name] = call(session, capture_default(session, f.name, f.default_factory), (), {})
    first = {f.name: defaults.pop(f.name) for f in given if not f.init and f.name in defaults}
    values = {**first, **dict(zip(names, _fields(kind, names, defaults, args, keywords), strict=True))}
    keys = tuple(f.name for f in given if f.name in values)
    made = session.new(Record(kind, keys, tuple(values[key] for key in keys)))
    after = inspect.getattr_static(kind, "__post_init__", None)
    if isinstance(after, FunctionType):
        call(session, Known(after), (made,), {})
    return made


def capture_default(session: Session, name: str, value: Any) -> Any:
    return capture(session, value, Path(Root("object", name, value)))


def _fields(
    kind: type, names: tuple[str, ...], defaults: dict[str, Any], args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[Any, ...]:
    given = {**defaults, **dict(zip(names, args, strict=False)), **keywords}
    wrong = [n for n in given if n not in names] or [n for n in names if n not in given]
    if wrong or len(args) > len(names):
        raise UnsupportedType(f"`{kind.__name__}` does not take these arguments")
    return tuple(given[name] for name in names)
