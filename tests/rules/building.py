"""Programs from expressions without staging: the text of a row, evaluated on values that record what is done to them.

So the rules, and how NumPy's functions map to them, are tested by themselves.
"""

from __future__ import annotations

import cmath
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import linalg, special, stats

from gradgen.ir import ONE, Array, At, Atom, Block, Dim, Function, ListOf, Program, Scalar, Slice, Type
from gradgen.rules import METHODS, RULES
from gradgen.rules.build import Builder, typed_for_spelling
from gradgen.rules.symbols import Sym, apply, using
from gradgen.rules.table import caller_of

OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floordiv", "mod": "mod", "pow": "pow",
    "matmul": "matmul", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "eq": "eq", "ne": "ne", "and": "bitwise_and",
    "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
ATTRIBUTES = ("T", "mT", "shape", "size", "ndim", "dtype", "real", "imag", "flat")


def type_of(value: Any, name: str, unknown: bool = False) -> Type:
    """As a signature has it. `unknown`: nothing is known of the sizes, as after a slice with run-time bounds."""
    if isinstance(value, np.ndarray):
        dims = (
            ONE if n == 1 and not unknown else Dim(f"{name}.{k}", many=not unknown) for k, n in enumerate(value.shape)
        )
        return Array(value.dtype.name, tuple(dims))
    if isinstance(value, np.generic):
        return Scalar(value.dtype.name)
    if isinstance(value, list):
        return ListOf(type_of(value[0], name, unknown))
    return Scalar({bool: "bool", int: "int64", float: "float64", complex: "complex128"}[type(value)], weak=True)


def program_of(text: str, args: Mapping[str, Any], unknown: bool = False) -> Program:
    """The program that computes `text` of parameters with the names and types of `args`."""
    builder = Builder()
    params = {name: builder.var(name, type_of(value, name, unknown)) for name, value in args.items()}
    scope: dict[str, Any] = {name: Recorded(Sym(var, builder)) for name, var in params.items()}
    modules = {"np": _Module(np), "math": _Module(math), "cmath": _Module(cmath)}
    modules |= {"linalg": _Module(linalg), "special": _Module(special), "stats": _Module(stats)}
    builtins = {f.__name__: _called(f) for f in (abs, max, min, sum, pow, round, divmod, len)}
    builtins |= {kind.__name__: _Kind(kind) for kind in (float, int, bool, complex)}
    with using(builder):
        result = _plain(eval(text, {"__builtins__": {}, **modules, **builtins, "range": range, "slice": slice}, scope))
        if not isinstance(result, Sym):
            result = apply("identity", result)
    return Program((Function("f", tuple(params.values()), Block(tuple(builder.statements), (result.atom,))),))


class Recorded:
    """A number or array that appends to the program what Python does to it."""

    __array_ufunc__ = None

    def __init__(self, sym: Sym):
        self.sym = sym

    def __getattr__(self, name: str) -> Any:
        method = METHODS[name]
        build = _called_by(method.build, method.spelling)
        return build(self) if name in ATTRIBUTES else lambda *args, **kwargs: build(self, *args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        operands: list[Atom] = []

        def entry(part: Any) -> Any:
            if isinstance(part, slice):
                return Slice(*(None if b is None else entry(b) for b in (part.start, part.stop, part.step)))
            if isinstance(part, Recorded):
                operands.append(part.sym.atom)
                return At(len(operands) - 1)
            return entry(_called(np.array)(part)) if isinstance(part, list) else part

        if isinstance(self.sym.type, ListOf):
            return Recorded(apply("item", self.sym, _plain(key)))
        index = tuple(entry(part) for part in (key if isinstance(key, tuple) else (key,)))
        return Recorded(apply("getitem", self.sym, *operands, index=index))

    def __neg__(self) -> Recorded:
        return Recorded(apply("neg", self.sym))

    def __pos__(self) -> Recorded:
        return Recorded(apply("pos", self.sym))

    def __invert__(self) -> Recorded:
        return Recorded(apply("invert", self.sym))

    def __abs__(self) -> Recorded:
        return Recorded(apply("abs", self.sym))


def _operator(op: str, swapped: bool) -> Callable[[Recorded, Any], Recorded]:
    def method(self: Recorded, other: Any) -> Recorded:
        pair = (_plain(other), self.sym) if swapped else (self.sym, _plain(other))
        return Recorded(apply(op, *pair))

    return method


for _name, _op in OPERATORS.items():
    setattr(Recorded, f"__{_name}__", _operator(_op, False))
    setattr(Recorded, f"__r{_name}__", _operator(_op, True))


class _Kind:
    """A type of numbers: called it converts, as an argument it is a dtype."""

    def __init__(self, kind: type):
        self.kind = kind

    def __call__(self, *parts: Any) -> Any:
        return _called(self.kind)(*parts)


class _Ufunc:
    """A function of NumPy and its methods: np.add, np.add.reduce."""

    def __init__(self, function: Any):
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _called(self._function)(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return _called(getattr(self._function, name))


class _Module:
    """NumPy or math, whose functions record."""

    def __init__(self, module: Any):
        self._module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if inspect.ismethod(value):  # of a distribution
            return functools.partial(_called(value.__func__), value.__self__)
        if callable(value) and caller_of(value):
            if isinstance(value, np.ufunc):
                return _Ufunc(value)
            return _Kind(value) if isinstance(value, type) else _called(value)
        holds = inspect.ismodule(value) or isinstance(value, stats.rv_continuous | stats.rv_discrete)
        return _Module(value) if holds else value


def _called(function: Any) -> Callable[..., Any]:
    caller = caller_of(function)
    assert caller is not None, function
    return _called_by(caller.build, caller.spelling)


def _called_by(build: Callable[..., Any], spelling: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        result = build(*map(_plain, args), **{key: _plain(value) for key, value in kwargs.items()})
        return _recorded(result, spelling)

    return call


def _recorded(result: Any, spelling: str) -> Any:
    """What was built, with the type that the user's spelling gives it, as staging has it."""
    if isinstance(result, tuple | list):
        items = [_recorded(item, "") for item in result]
        return result.__class__(*items) if hasattr(result, "_fields") else result.__class__(items)
    if not isinstance(result, Sym):
        return result
    statement = result.builder.definitions.get(getattr(result.atom, "version", -1))
    if statement is None or statement is not result.builder.statements[-1] or not _is_spelled(spelling, statement.op):
        return Recorded(result)
    made = result.builder.var("", typed_for_spelling(result.type, spelling))
    result.builder.statements[-1] = replace(statement, target=made, spelling=spelling)
    return Recorded(Sym(made, result.builder))


def _is_spelled(spelling: str, op: str) -> bool:
    return spelling in (RULES[op].spelling, RULES[op].scalar_spelling) or spelling.rsplit(".")[-1] == op


def _plain(value: Any) -> Any:
    """Recorded values as Syms, at any depth; integers that are known as Python integers."""
    if isinstance(value, Recorded):
        return value.sym
    if isinstance(value, _Kind):
        return value.kind
    if isinstance(value, tuple | list):
        return type(value)(_plain(item) for item in value)
    return value
