"""The one table of operations: what each is called, its result's type, and its derivative.

A rule holds mathematics only: it is ordinary Python over symbolic operands (`symbols.Sym`). It knows
nothing of broadcasting, activity, accumulation, names or backends. There are seven kinds, told apart
by what their function returns:

elementwise  f(y, *args, **params) -> the partial of y by each argument (one, or a tuple; 0 for none)
reduction    f(y, x, **params)     -> the partial of y by each element of x, shaped as x (`y` comes with
                                      its reduced axes kept as 1, so that it combines with x)
selection    f(x, **params)        -> of each element of the result, its place along the axis (or number, without one)
linear       f(g, *args, **params) -> the transpose: the contribution to each argument (None for none)
             (a part of an argument: `symbols.Placed`)
bilinear     f(g, a, b, **params)  -> the contributions to a and to b
general      f(g, y, *args, **params) -> the contributions; `tangent=` gives forward mode:
                                      tangent(y, args, tangents, **params), tangents None where inactive.
                                      Where the type is a tuple, g (with None for 0) and y are tuples, and so is
                                      what `tangent` returns, of tangents or functions that make them
constant     no derivative: the result does not vary, or varies in steps only

An elementwise partial or a linear map serves both modes, so a fact is said once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradgen.errors import UnsupportedType
from gradgen.ir import Array, Atom, Scalar, Type, broadcast, common_dtype, dims_of, dtype_of, is_complex, with_dims

TypeRule = Callable[..., Type]  # (args: tuple[Atom, ...], params: dict[str, Any]) -> Type


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    op: str
    kind: str
    type: TypeRule
    derivative: Callable[..., Any] | None = None
    tangent: Callable[..., Any] | None = None
    spelling: str = ""  # how the text calls it on arrays and NumPy scalars: "np.tanh"; "" for operators
    scalar_spelling: str = ""  # how the text calls it on Python numbers: "math.tanh"
    joins: bool = (
        False  # linear: whether all arguments are data; else those that are no floats are sizes, places and the like
    )
    cost: int = 1  # of one element: 1 arithmetic, 10 transcendental; what loops recompute or keep hangs on it


@dataclass(frozen=True, slots=True)
class Caller:
    """How a Python callable is staged: `build(*args, **kwargs)` over Syms and static values, as the user called it."""

    build: Callable[..., Any]
    spelling: str  # the callable's own text, "np.tanh"
    refuses: bool = False  # whether all that it does is say what to write instead


RULES: dict[str, Rule] = {}
CALLERS: dict[Any, Caller] = {}  # by the callable itself: np.tanh, math.tanh, abs; SciPy's by name
METHODS: dict[str, Caller] = {}  # by name, for methods and attributes of arrays: "sum", "T"
TAKES_COMPLEX: set[str] = set()  # the operations whose types and derivatives are right for complex numbers too


def common(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Elementwise, in the dtype that NumPy gives to the combination."""
    types = [arg.type for arg in args]
    dtype, weak = common_dtype(types)
    return with_dims(dtype, broadcast(map(dims_of, types)), weak)


def floating(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Elementwise, integers becoming float64 as in `np.exp(2)` and `1 / 2`."""
    type = common(args, params)
    if dtype_of(type).startswith(("float", "complex")):
        return type
    return with_dims("float64", dims_of(type), isinstance(type, Scalar) and type.weak)


def boolean(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """Elementwise, with truth values."""
    type = common(args, params)
    return with_dims("bool", dims_of(type), isinstance(type, Scalar) and type.weak)


def same(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    """The type of the first argument."""
    return args[0].type


def check_complex(op: str, args: tuple[Atom, ...]) -> None:
    """Refuse complex numbers where no rule is known to be right for them."""
    if op not in TAKES_COMPLEX and any(is_complex(arg.type) for arg in args):
        rule = RULES[op]
        shown = rule.spelling or rule.scalar_spelling or op
        raise UnsupportedType(f"`{shown}` of complex numbers", way_out="compute with their parts, `.real` and `.imag`")


def check_kept(given: Type, dtype: str) -> None:
    """Refuse to drop an imaginary part, which NumPy does with a warning."""
    if is_complex(given) and not dtype.startswith(("complex", "bool")):
        raise UnsupportedType(f"a complex number would lose its imaginary part in {dtype}", way_out="take its `.real`")


def add_rule(rule: Rule) -> None:
    if rule.op in RULES:
        raise ValueError(f"operation {rule.op!r} has a rule already")
    RULES[rule.op] = rule


def _register(kind: str, op: str, callables: tuple, type: TypeRule, **fields: Any):
    """A decorator that enters the decorated derivative in the table; each callable stages as the op itself."""

    def enter(derivative):
        spellings = [spelling_of(c) for c in callables]
        numpy_style = next((s for s in spellings if s.startswith(("np.", "scipy."))), "")
        scalar_style = next((s for s in spellings if not s.startswith(("np.", "scipy."))), "")
        add_rule(
            Rule(
                op, kind, type, derivative, spelling=numpy_style, scalar_spelling=scalar_style or numpy_style, **fields
            )
        )
        for function, spelling in zip(callables, spellings, strict=True):
            CALLERS[function] = Caller(direct(op, spelling), spelling)
        return derivative

    return enter


def direct(op: str, spelling: str):
    """A caller that makes the operation itself."""
    from gradgen.rules.symbols import apply

    def build(*args):
        return apply(op, *map(operand, args), spelling=spelling)

    return build


def operand(x: Any) -> Any:
    """What an operation takes for an argument of a call: a list or tuple of numbers becomes an array."""
    from gradgen.rules.creation import as_array

    return as_array(x)


_USUAL_NAMES = {"absolute": "abs", "remainder": "mod"}  # what people write for what NumPy says


def spelling_of(function: Any) -> str:
    """The text by which generated code names a function of NumPy, math or the builtins.

    >>> import math, numpy as np
    >>> spelling_of(np.linalg.norm), spelling_of(math.exp), spelling_of(abs)
    ('np.linalg.norm', 'math.exp', 'abs')
    """
    if isinstance(function, str):
        return function
    module = getattr(function, "__module__", None) or ("numpy" if hasattr(function, "nin") else "builtins")
    name = function.__name__
    if module == "builtins":
        return name
    if module.startswith("numpy"):
        name = _USUAL_NAMES.get(name, name)
        inner = next((f"{part}." for part in ("linalg", "fft") if part in module), "")
        return f"np.{inner}{name}"
    return f"{module}.{name}"


def caller_of(function: Any) -> Caller | None:
    """How calls of a function are staged; SciPy's are entered by name, so that nothing here imports it."""
    try:
        found = CALLERS.get(function)
    except TypeError:  # not hashable
        return None
    return found or CALLERS.get(_name_in_scipy(function))


def _name_in_scipy(function: Any) -> str:
    """`scipy.special.expit`, if the function is that one."""
    path = getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or ""
    for name in ("scipy.special", "scipy.stats", "scipy.linalg"):
        found = sys.modules.get(name)
        for part in path.split("."):
            found = getattr(found, part, None)
        if found is function:
            return f"{name}.{path}"
    return ""


def elementwise(op: str, *callables: Any, type: TypeRule = floating, cost: int = 10):
    return _register("elementwise", op, callables, type, cost=cost)


def reduction(op: str, *callables: Any, type: TypeRule, cost: int = 1):
    return _register("reduction", op, callables, type, cost=cost)


def selection(op: str, *callables: Any, type: TypeRule, cost: int = 1):
    return _register("selection", op, callables, type, cost=cost)


def linear(op: str, *callables: Any, type: TypeRule, joins: bool = False, cost: int = 1):
    return _register("linear", op, callables, type, joins=joins, cost=cost)


def bilinear(op: str, *callables: Any, type: TypeRule, cost: int = 100):
    return _register("bilinear", op, callables, type, cost=cost)


def general(op: str, *callables: Any, type: TypeRule, tangent: Callable[..., Any], cost: int = 100):
    return _register("general", op, callables, type, tangent=tangent, cost=cost)


def constant(op: str, *callables: Any, type: TypeRule, cost: int = 1) -> None:
    _register("constant", op, callables, type, cost=cost)(None)


def caller(*callables: Any, method: str = "", spelling: str = "", refuses: bool = False):
    """A decorator: the decorated function says how a call of these callables, or of an array's method, is staged.

    It takes what the user's call passes, numeric values as Syms and everything else as it is, and
    returns a Sym or a structure of them. Its own signature is what the call may pass.
    """

    def enter(build):
        for function in callables:
            CALLERS[function] = Caller(build, spelling or spelling_of(function), refuses)
        if method:
            METHODS[method] = Caller(build, "." + method, refuses)
        return build

    return enter


def is_array(atom: Atom) -> bool:
    return isinstance(atom.type, Array)
