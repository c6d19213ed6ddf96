"""A reference interpreter of the representation: each statement by the plainest Python and NumPy there is.

It says what a program means, so that every pass can be tested without the writer and the backends.
Python numbers (weak scalars) are computed with by operators and `math`, all else by NumPy; where `math`
raises, NumPy's inf or nan stands. With `strict` each value is held against its declared type.

Does not care for speed or memory: every store copies.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Call,
    Const,
    Dim,
    Effect,
    For,
    Function,
    If,
    ListOf,
    Load,
    Opaque,
    Open,
    Program,
    Save,
    Scalar,
    Slice,
    Slot,
    Statement,
    Store,
    Text,
    TupleOf,
    Type,
    Undefined,
    Var,
    While,
)
from tests.support.operations import compute


class UndefinedValue:
    """What a name holds on a path that never assigned it; nothing may compute with it."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = UndefinedValue()


@dataclass
class Cache:
    """What a forward function hands to its backward one: values, and slots with what they hold."""

    values: tuple[Any, ...]
    slots: tuple[list[Any], ...]


@dataclass
class _State:
    """One call of a function."""

    program: Program
    strict: bool
    values: dict[int, Any] = field(default_factory=dict)
    slots: dict[Slot, list[Any]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)  # by the symbol of a dim that does not vary in the call


def run(program: Program | Function, args: Sequence[Any], strict: bool = True) -> tuple[Any, ...]:
    """The results of the program's entry, of `args`.

    >>> from gradgen.ir import FLOAT
    >>> x, y = Var("x", 0, FLOAT), Var("y", 1, FLOAT)
    >>> run(Function("f", (x,), Block((Assign(y, "mul", (x, x)),), (y,))), [3.0])
    (9.0,)
    """
    program = Program((program,)) if isinstance(program, Function) else program
    with np.errstate(all="ignore"):
        return _call(program, program.entry, tuple(args), (), strict)[0]


def run_pair(
    forward: Program, backward: Program, args: Sequence[Any], *upstream: Any, strict: bool = True
) -> tuple[Any, Any]:
    """The results of a forward function, and those of its backward function given its cache and `upstream`."""
    with np.errstate(all="ignore"):
        results, slots = _call(forward, forward.entry, tuple(args), (), strict)
        split = len(results) - forward.entry.cached
        made, _ = _call(backward, backward.entry, (*results[split:], *upstream), slots, strict)
    return results[:split], made


def _call(
    program: Program, function: Function, args: tuple, slots: Sequence[list], strict: bool
) -> tuple[tuple, tuple]:
    """The results of a function, and its slots_out."""
    state = _State(program, strict)
    for slot, held in zip(function.slots_in, slots, strict=True):
        state.slots[slot] = list(held)
    _define(state, function.params, [_received(arg) for arg in args])
    results = _block(state, function.body)
    return results, tuple(state.slots[slot] for slot in function.slots_out)


def _received(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _block(state: _State, block: Block) -> tuple[Any, ...]:
    for statement in block.statements:
        try:
            _statement(state, statement)
        except Exception as error:
            from gradgen.ir.text import show_statement

            error.add_note(f"in `{show_statement(statement)}`")
            raise
    return tuple(_value(state, atom) for atom in block.yields)


def _value(state: _State, atom: Atom) -> Any:
    if isinstance(atom, Undefined):
        return UNDEFINED
    if isinstance(atom, Const):
        return (
            atom.value
            if not isinstance(atom.type, Scalar) or atom.type.weak
            else np.dtype(atom.type.dtype).type(atom.value)
        )
    return state.values[atom.version]


def _define(state: _State, variables: Sequence[Var], values: Sequence[Any]) -> None:
    for var, value in zip(variables, values, strict=True):
        if state.strict and value is not UNDEFINED:
            _check(state, var, var.type, value)
        state.values[var.version] = value


def _statement(state: _State, s: Statement) -> None:
    match s:
        case Assign():
            _define(state, [s.target], [compute(s, [_value(state, arg) for arg in s.args])])
        case Accumulate():
            _define(state, [s.target], [_sum(_value(state, s.prior), _value(state, s.value))])
        case Store():
            _define(state, [s.target], [_store(state, s)])
        case If():
            branch = s.then if _value(state, s.test) else s.orelse
            _define(state, s.results, _block(state, branch))
        case For():
            _for(state, s)
        case While():
            _while(state, s)
        case Open():
            state.slots[s.slot] = []
        case Save():
            state.slots[s.slot].append(_value(state, s.value))
        case Load():
            _define(state, [s.target], [state.slots[s.slot].pop()])
        case Effect():
            _effect(state, s)
        case Call():
            _function_call(state, s)


def _sum(prior: Any, value: Any) -> Any:
    if isinstance(prior, list):
        return [_sum(a, b) for a, b in zip(prior, value, strict=True)]
    return prior + value


def _store(state: _State, s: Store) -> Any:
    array, value = _value(state, s.array), _value(state, s.value)
    operands = [_value(state, operand) for operand in s.operands]
    if isinstance(array, list):
        made, (index,) = list(array), index_of(s.index, operands)
        made[index] = value if s.mode == "set" else _sum(made[index], value)
        return made
    made, index = array.copy(), index_of(s.index, operands)
    if s.mode == "set":
        made[index] = value
    else:
        np.add.at(made, index, value)
    return made


def index_of(index: tuple, operands: Sequence[Any]) -> tuple:
    def part(entry: Any) -> Any:
        match entry:
            case At():
                return operands[entry.operand]
            case Slice():
                return slice(part(entry.start), part(entry.stop), part(entry.step))
        return entry

    return tuple(map(part, index))


def _for(state: _State, s: For) -> None:
    places = range(*(int(_value(state, bound)) for bound in (s.start, s.stop, s.step)))
    carried, trips = tuple(_value(state, init) for init in s.inits), 0
    for index in reversed(places) if s.backward else places:
        trips += 1
        _define(state, (s.index, *s.carried), (index, *carried))
        carried = _block(state, s.body)
        if s.leave is not None and _value(state, s.leave):
            break
    _finish(state, s, carried, trips)


def _while(state: _State, s: While) -> None:
    carried, trips = tuple(_value(state, init) for init in s.inits), 0
    while True:
        _define(state, s.carried, carried)
        if not _block(state, s.test)[0]:
            break
        trips += 1
        carried = _block(state, s.body)
        if s.leave is not None and _value(state, s.leave):
            break
    _finish(state, s, carried, trips)


def _finish(state: _State, s: For | While, carried: tuple, trips: int) -> None:
    _define(state, s.results, carried)
    if s.trips is not None:
        _define(state, [s.trips], [trips])


def _effect(state: _State, s: Effect) -> None:
    if s.kind == "print" or (s.kind == "assert" and _value(state, s.test)):  # type: ignore[arg-type]
        return
    message = [_text(state, arg) for arg in s.args]
    raise AssertionError(*message) if s.kind == "assert" else getattr(builtins, s.name, RuntimeError)(*message)


def _text(state: _State, arg: Atom | str | Text) -> Any:
    if isinstance(arg, str):
        return arg
    if not isinstance(arg, Text):
        return _value(state, arg)
    shown = []
    for part in arg.parts:
        if isinstance(part, str):
            shown.append(part)
            continue
        value = _value(state, part[0])
        shown.append(format({"r": repr, "s": str}.get(part[1], lambda v: v)(value), part[2]))
    return "".join(shown)


def _function_call(state: _State, s: Call) -> None:
    callee = next(function for function in state.program.functions if function.name == s.function)
    args = [_value(state, arg) for arg in s.args]
    slots: tuple = ()
    if callee.role == "backward":
        cache, *upstream = args
        args, slots = [*cache.values, *upstream], cache.slots
    results, handed_on = _call(state.program, callee, tuple(args), slots, state.strict)
    if callee.role == "forward":
        split = len(results) - callee.cached
        results = (*results[:split], Cache(results[split:], handed_on))
    _define(state, s.targets, results)


# Types


def _check(state: _State, var: Var, type: Type, value: Any) -> None:
    problem = mismatch(type, value) or _sizes(state, type, value)
    if problem:
        raise AssertionError(f"{var} is declared {type}, and {problem}: {value!r}")


def mismatch(type: Type, value: Any) -> str:
    """What of the value is not as its type says; "" where all is.

    >>> from gradgen.ir import FLOAT
    >>> mismatch(FLOAT, 2.0), mismatch(Scalar("float32"), np.float64(1))
    ('', 'has dtype float64')
    """
    match type:
        case Scalar():
            return _scalar_mismatch(type, value)
        case Array():
            if not isinstance(value, np.ndarray):
                return f"is a {value.__class__.__name__}"
            if value.dtype.name != type.dtype:
                return f"has dtype {value.dtype}"
            fits = [d.constant is None or d.constant == n for d, n in zip(type.dims, value.shape, strict=False)]
            return "" if value.ndim == type.ndim and all(fits) else f"has shape {value.shape}"
        case ListOf():
            if not isinstance(value, list):
                return f"is a {value.__class__.__name__}"
            return next((found for item in value if (found := mismatch(type.element, item))), "")
        case TupleOf():
            return next((found for t, item in zip(type.items, value, strict=True) if (found := mismatch(t, item))), "")
        case Opaque():
            return "" if isinstance(value, Cache | np.random.Generator | np.random.RandomState) else "is no cache"
    return "is of no type"


_PYTHON = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
_WIDTH = ("bool", "int64", "float64", "complex128")


def _scalar_mismatch(type: Scalar, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"is an array of shape {value.shape}"
    weak = value.__class__ in _PYTHON
    dtype = _PYTHON[value.__class__] if weak else value.dtype.name
    extent = type.extent and type.extent.constant
    if extent is not None and extent != value:
        return f"is not {extent}"
    if weak != type.weak:
        return f"is {'weak' if weak else 'not weak'}"
    # A Python int may stand where the join of two branches says float.
    return (
        ""
        if dtype == type.dtype or (weak and _WIDTH.index(dtype) <= _WIDTH.index(type.dtype))
        else f"has dtype {dtype}"
    )


def _sizes(state: _State, type: Type, value: Any) -> str:
    """Dims of one symbol have one size in all of a call; those that hang on values may change from trip to trip."""
    if not isinstance(type, Array):
        return ""
    for dim, size in zip(type.dims, value.shape, strict=True):
        if dim.symbol is None or _varies(dim):
            continue
        known = state.sizes.setdefault(dim.symbol, size - dim.offset)
        if size != max(0, known + dim.offset) and known >= 0:
            return f"has shape {value.shape} where {dim.symbol} is {known}"
        if dim.never_one and size == 1:
            return f"has size 1 where {dim} cannot"
    return ""


def _varies(dim: Dim) -> bool:
    return dim.symbol is None or not dim.symbol.replace("_", "").replace(".", "").isalnum()
