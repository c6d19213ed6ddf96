"""Symbolic operands: what a rule computes with.

A `Sym` stands for a value of the program; arithmetic on Syms appends statements to a builder. The
few algebraic identities that keep derivative code free of `* 1`, `+ 0` and `--x` are applied here, as
the statements are made; the user's own statements do not pass through here and keep their text.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from gradgen.errors import Position, UnsupportedType, UnsupportedValue
from gradgen.ir import Accumulate, Array, Assign, Atom, Block, Const, Effect, If, Index, Type, Var, dims_of, dtype_of
from gradgen.rules.build import Builder, constant_atom


class Sym:
    """A value, the builder to which operations on it are appended, and the operation that made it, if seen."""

    __slots__ = ("args", "atom", "builder", "op", "params")
    __array_ufunc__ = None  # NumPy scalars leave `scalar * sym` to us

    def __init__(self, atom: Atom, builder: Builder, op: str = "", args: tuple = (), params: dict | None = None):
        self.atom, self.builder, self.op, self.args, self.params = atom, builder, op, args, params or {}

    def __bool__(self) -> bool:
        """Nothing may depend on this: a flag such as `keepdims` must be a Python value."""
        raise UnsupportedValue("a flag must be known when the gradient is written", way_out="write it as a constant")

    @property
    def type(self) -> Type:
        return self.atom.type

    @property
    def dtype(self) -> str:
        """Of a number or an array."""
        return dtype_of(self.type)

    @property
    def ndim(self) -> int:
        return len(dims_of(self.type))

    @property
    def is_array(self) -> bool:
        return isinstance(self.type, Array)

    @property
    def value(self) -> Any:
        """The number that this is known to be, else None."""
        return self.atom.value if isinstance(self.atom, Const) else None

    def __repr__(self) -> str:
        return f"Sym({self.atom})"

    def __add__(self, other):
        return add(self, other)

    def __radd__(self, other):
        return add(other, self)

    def __sub__(self, other):
        return sub(self, other)

    def __rsub__(self, other):
        return sub(other, self)

    def __mul__(self, other):
        return mul(self, other)

    def __rmul__(self, other):
        return mul(other, self)

    def __truediv__(self, other):
        return div(self, other)

    def __rtruediv__(self, other):
        return div(other, self)

    def __floordiv__(self, other):
        return apply("floordiv", self, other)

    def __mod__(self, other):
        return apply("mod", self, other)

    def __pow__(self, other):
        return power(self, other)

    def __rpow__(self, other):
        return apply("pow", other, self)

    def __matmul__(self, other):
        return apply("matmul", self, other)

    def __neg__(self):
        return neg(self)

    def __lt__(self, other):
        return apply("lt", self, other)

    def __le__(self, other):
        return apply("le", self, other)

    def __gt__(self, other):
        return apply("gt", self, other)

    def __ge__(self, other):
        return apply("ge", self, other)

    def equals(self, other):
        return apply("eq", self, other)


@dataclass(frozen=True)
class Placed:
    """A contribution to a part of an argument: `value` is added to the argument's adjoint at `index`."""

    value: Sym
    index: Index
    operands: tuple[Sym, ...]


def apply(op: str, *args: Any, **params: Any) -> Sym:
    """Append `op(*args, **params)`, of Syms, atoms and numbers; one is a Sym, or `using` names the builder."""
    builder = next((a.builder for a in args if isinstance(a, Sym)), None) or _current[-1]
    syms = tuple(a if isinstance(a, Sym) else Sym(a if hasattr(a, "type") else constant_atom(a), builder) for a in args)
    target = builder.emit(op, *(s.atom for s in syms), **params)
    return Sym(target, builder, op, syms, params)


_current: list[Builder] = []


@contextmanager
def using(builder: Builder):
    """Operations without a symbolic argument (`np.zeros(3)`) are appended to `builder`."""
    _current.append(builder)
    try:
        yield builder
    finally:
        _current.pop()


def require(holds: Sym, error: str, message: str) -> None:
    """Raise where the text runs and this does not hold."""
    builder = holds.builder
    fails = apply("not", holds)
    with builder.collect() as statements:
        builder.append(Effect("raise", (message,), name=error, origin=builder.origin))
    builder.append(If(fails.atom, Block(tuple(statements)), Block(()), (), builder.origin))


def lift(atom: Atom, builder: Builder) -> Sym:
    return Sym(atom, builder)


def known(x: Any) -> Any:
    """The number that x is known to be, else None."""
    return x.value if isinstance(x, Sym) else x


def static(x: Any, what: str) -> Any:
    """The Python value of an argument that must be known when the text is written."""
    value = known(x)
    if isinstance(x, Sym) and value is None:
        made = x.builder.made_here(x.atom)
        if isinstance(made, Assign) and made.op == "neg" and isinstance(made.args[0], Const):
            number = made.args[0].value
            assert number is not None
            return -number
        raise UnsupportedValue(f"{what} must be known when the gradient is written", way_out="write it as a constant")
    return value


def _is(x: Any, number: float) -> bool:
    value = known(x)
    return value is not None and not isinstance(value, bool) and value == number


def is_zero(x: Any) -> bool:
    """Whether x is the literal 0, which stands for "no derivative" in a rule."""
    return _is(x, 0)


def _absorbs(number: Any, other: Any) -> bool:
    """Whether leaving a literal out changes neither dtype nor shape of the result: `1 * n` for an integer n stays."""
    return isinstance(other, Sym) and getattr(other.type, "dtype", "").startswith(("float", "complex"))


def add(a: Any, b: Any) -> Any:
    if _is(a, 0) and _absorbs(a, b):
        return b
    if _is(b, 0) and _absorbs(b, a):
        return a
    if isinstance(b, Sym) and b.op == "neg":
        return sub(a, b.args[0])
    return _folded(a, b, operator.add, "add")


def sub(a: Any, b: Any) -> Any:
    if _is(b, 0) and _absorbs(b, a):
        return a
    if isinstance(b, Sym) and b.op == "neg":
        return add(a, b.args[0])
    return _folded(a, b, operator.sub, "sub")


class Unavailable:
    """A partial derivative that nobody knows in closed form: refused where something depends on it."""

    def __init__(self, what: str):
        self.what = what

    def refusal(self, g: Any) -> UnsupportedType:
        origin = g.builder.origin if isinstance(g, Sym) else None
        text = "" if origin is None else " " * origin.column + origin.text.removeprefix("backprop ")
        position = None if origin is None else Position(origin.filename, origin.line, origin.column, text)
        return UnsupportedType(f"the derivative of {self.what} has no closed form", position, "keep it constant")


def mul(a: Any, b: Any) -> Any:
    """a * b; a factor selected by `where` is taken inside it, so that what is not selected is not computed with.

    0 * inf in the branch that is not taken would else make NaN of a gradient that is 0.
    """
    if isinstance(a, Unavailable):
        raise a.refusal(b)
    if is_zero(a) or is_zero(b):
        return 0
    if _is(a, 1) and _absorbs(a, b):
        return b
    if _is(b, 1) and _absorbs(b, a):
        return a
    for selected, factor, product in ((a, b, mul), (b, a, lambda x, y: mul(y, x))):
        args = _chosen(selected, factor)
        if args:
            condition, yes, no = args
            return where(condition, product(yes, factor), product(no, factor))
        choice = _selection(selected) if may_be_infinite(factor) else None
        if choice is not None:
            value = _product(a, b)
            return where(choice[0], 0, value) if choice[1] else where(choice[0], value, 0)
    for g, factor in ((b, a), (a, b)):
        if _has_holes(g) and has_a_pole(factor):
            made = where(apply("ne", g, 0), _product(a, b), 0)
            g.builder.holes.take(made.atom, g.atom)
            return made
    return _product(a, b)


def _has_holes(g: Any) -> bool:
    """Whether g, an adjoint made before, is 0 where something was left out."""
    return isinstance(g, Sym) and isinstance(g.atom, Var) and g.atom.version in g.builder.holes.versions


def _product(a: Any, b: Any) -> Any:
    if isinstance(a, Sym) and a.op == "div" and _is(a.args[0], 1) and isinstance(b, Sym):
        return div(b, a.args[1])
    if isinstance(a, Sym) and a.op == "neg" and a.args[0].op == "div" and isinstance(b, Sym):
        above, below = a.args[0].args
        return neg(mul(above, _quotient(b, below)))
    if _is(a, -1) and _absorbs(a, b):
        return neg(b)
    if isinstance(b, Sym) and b.op == "neg" and not isinstance(a, Sym):
        return mul(-a, b.args[0])
    return _folded(a, b, operator.mul, "mul")


def _quotient(a: Sym, b: Sym) -> Sym:
    """The one that has been made already of the same statement of the user's, as for another argument, or a new one."""
    builder = a.builder
    for s in takewhile(lambda s: s.origin is builder.origin, reversed(builder.statements)):
        if isinstance(s, Assign) and s.op == "div" and s.args == (a.atom, b.atom):
            return Sym(s.target, builder, "div", (a, b))
    return div(a, b)


def _chosen(x: Any, factor: Any) -> tuple[Sym, ...]:
    """The arguments of the `where` with a 0 that x is, else ().

    An adjoint made before is taken apart only where it must be: elsewhere its name is the shorter text.
    """
    if not isinstance(x, Sym):
        return ()
    args = x.args if x.op == "where" else ()
    if not x.op and may_be_infinite(factor):
        made = x.builder.made_here(x.atom)
        while isinstance(made, Assign) and made.op == "identity":
            made = x.builder.made_here(made.args[0])
        if isinstance(made, Assign) and made.op == "where":
            args = tuple(Sym(arg, x.builder) for arg in made.args)
    return args if any(map(is_zero, args[1:])) else ()


def _selection(x: Any) -> tuple[Sym, bool] | None:
    """The condition under which x, an adjoint made before, is not 0; and whether it is so where that is false."""
    if not isinstance(x, Sym) or x.op:
        return None
    found = _condition(x.atom, x.builder)
    return found and (Sym(found[0], x.builder), found[1])


def _condition(atom: Atom, builder: Builder) -> tuple[Atom, bool] | None:
    def of(made: Any, found: Callable[[Atom], Any]) -> tuple[Atom, bool] | None:
        match made:
            case Assign(op="where", args=(condition, yes, no)) if is_zero(Sym(yes, builder)) or is_zero(
                Sym(no, builder)
            ):
                return condition, is_zero(Sym(yes, builder))
            case Assign(op="identity" | "neg" | "cast" | "div", args=(value, *_)):
                return found(value)
            case Assign(op="mul", args=(a, b)):
                return found(a) or found(b)
            case Accumulate(prior=a, value=b) | Assign(op="add" | "sub", args=(a, b)):
                return found(a) if found(a) == found(b) else None
        return None

    def sources(made: Any) -> tuple[Atom, ...]:
        if isinstance(made, Accumulate):
            return made.prior, made.value
        return made.args if isinstance(made, Assign) and made.op in _HANDS_ON else ()

    return _solved(atom, builder.made_here, sources, of, builder.conditions)


_HANDS_ON = {"identity", "neg", "cast", "div", "mul", "add", "sub"}


def _solved(
    atom: Atom, definition: Callable[[Atom], Any], sources: Callable, of: Callable, known: dict[int, Any]
) -> Any:
    """`of(definition, fact of an operand)` for an atom: operands first, each found once and kept in `known`."""

    def fact(atom: Atom) -> Any:
        return known.get(getattr(atom, "version", -1))

    waiting = [atom]
    while waiting:
        version = getattr(waiting[-1], "version", None)
        if version is None or version in known:
            waiting.pop()
            continue
        made = definition(waiting[-1])
        missing = [a for a in sources(made) if isinstance(a, Var) and a.version not in known]
        if missing:
            waiting += missing
        else:
            known[version] = of(made, fact)
    return fact(atom)


LOWEST = {"float64": -1e308, "float32": -3e38, "float16": -6e4}  # no logarithm is less, but for that of 0


# What gives finite numbers of finite ones, sums and products of such size aside.
_FINITE = {
    "add", "sub", "mul", "neg", "pos", "identity", "copy", "cast", "where", "maximum", "minimum", "relu", "abs",
    "sign", "sin", "cos", "atan", "tanh", "sigmoid", "softplus", "erf", "erfc", "asinh", "floor", "ceil", "trunc",
    "rint", "getitem", "reshape", "ravel", "transpose", "squeeze", "expand_dims", "broadcast_to", "expand",
    "spread", "sum_to", "flip", "roll", "concatenate", "stack", "array", "sum", "mean", "max", "min", "var",
    "square", "cumsum", "zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "size", "count", "arange",
    "eye", "matmul", "dot", "outer", "einsum", "tensordot", "cross", "kron", "eigh", "svd", "qr",
    "tril", "triu", "diag", "diagonal", "lt", "le", "gt", "ge", "eq", "ne",
    "logical_and", "logical_or", "logical_not", "not", "and", "or", "item", "length", "argmax", "argmin",
    "real", "imag", "conj", "complex", "abs2",
}  # fmt: skip


# What is infinite of large numbers only.
_GROWING = {
    "exp",
    "exp2",
    "expm1",
    "sinh",
    "cosh",
    "prod",
    "cumprod",
    "hypot",
    "norm",
    "logsumexp",
    "logaddexp_reduce",
    "logaddexp",
    "sqrt",
}


def may_be_infinite(x: Any) -> bool:
    """Whether x, a partial derivative, can be infinite or NaN though the program's parameters are finite; in a program
    that asks what is a number they may be, too."""
    return isinstance(x, Sym) and _infinite(x, _FINITE, x.builder.infinite)


def has_a_pole(x: Any) -> bool:
    """Whether it can be so where the parameters are of ordinary size, as 1 / x is at 0."""
    return isinstance(x, Sym) and _infinite(x, _FINITE | _GROWING, x.builder.poles)


def _infinite(x: Sym, tame: set[str], solved: dict[int, bool]) -> bool:
    builder = x.builder

    def finite(made: Any) -> bool:
        second = made.args[1] if made.op in ("pow", "div") else None
        natural_power = made.op == "pow" and isinstance(second, Const) and _is_natural(second.value)
        known = isinstance(second, Const) and second.value != 0
        share = made.op == "div" and second is not None and (known or _is_positive(second, builder))
        return made.op in tame or natural_power or share

    def of(made: Any, found: Callable[[Atom], Any]) -> bool:
        if not isinstance(made, Assign):
            return builder.asks_for_numbers
        return not finite(made) or any(map(found, made.args))

    def sources(made: Any) -> tuple[Atom, ...]:
        return made.args if isinstance(made, Assign) and finite(made) else ()

    return bool(_solved(x.atom, builder.made_by, sources, of, solved))


_KEEP_SIGN = {
    "identity", "copy", "cast", "sum", "mean", "getitem", "reshape", "ravel", "transpose", "squeeze", "expand_dims",
    "broadcast_to", "expand", "spread", "sqrt", "pow", "mul", "div", "add", "maximum",
}  # fmt: skip


def _is_positive(atom: Atom, builder: Builder, depth: int = 8) -> bool:
    """Whether a denominator is known not to be 0: a number, a power of e, sums and products of such."""
    if isinstance(atom, Const):
        return isinstance(atom.value, int | float) and atom.value > 0
    made = builder.made_by(atom) if depth else None
    if not isinstance(made, Assign):
        return False
    if made.op in ("exp", "exp2", "cosh", "sigmoid"):
        return True
    parts = [_is_positive(arg, builder, depth - 1) for arg in made.args[: 2 if made.op in _TWO else 1]]
    if made.op == "add":
        return any(parts) and all(part or _is_square(arg, builder) for part, arg in zip(parts, made.args, strict=True))
    return made.op in _KEEP_SIGN and bool(parts) and all(parts)


_TWO = ("mul", "div", "add", "maximum")


def _is_square(atom: Atom, builder: Builder) -> bool:
    made = builder.made_by(atom)
    if not isinstance(made, Assign):
        return False
    even = made.op == "pow" and isinstance(made.args[1], Const) and made.args[1].value == 2
    return even or made.op in ("square", "abs") or (made.op == "mul" and made.args[0] == made.args[1])


def _is_natural(number: Any) -> bool:
    return not isinstance(number, complex) and number >= 0


def div(a: Any, b: Any) -> Any:
    if is_zero(a):
        return 0
    if _is(b, 1) and _absorbs(b, a):
        return a
    return apply("div", a, b)


def share(x: Any, y: Any, op: str = "exp") -> Any:
    """What `x` has of the sum of exponentials whose logarithm is `y`: none of nothing, whose logarithm is -inf.

    Only where the program writes an infinity, as dynamic programs in logarithms do for what cannot be.
    """
    if y.builder.writes_infinity:
        y = apply("maximum", y, LOWEST[y.dtype])
    return apply(op, x - y)


def power(a: Any, b: Any) -> Any:
    if _is(b, 1) and _absorbs(b, a):
        return a
    if _is(b, 0) and isinstance(b, int | float | complex):
        return 1
    return apply("pow", a, b)


def neg(a: Any) -> Any:
    value = known(a)
    if value is not None and not isinstance(value, bool):
        return Sym(constant_atom(-value), a.builder) if isinstance(a, Sym) else -value
    if a.op == "neg":
        return a.args[0]
    return apply("neg", a)


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b; both 0 is 0."""
    if is_zero(a) and is_zero(b):
        return 0
    return apply("where", condition, 0.0 if is_zero(a) else a, 0.0 if is_zero(b) else b)


def _folded(a: Any, b: Any, operation: Callable[[Any, Any], Any], op: str) -> Any:
    """The operation; of two literals (the lecture's `-1.0`, a power's `n - 1`) its result."""
    x, y = known(a), known(b)
    if x is None or y is None or isinstance(x, bool) or isinstance(y, bool):
        return apply(op, a, b)
    result = operation(x, y)
    builder = next((s.builder for s in (a, b) if isinstance(s, Sym)), None)
    return result if builder is None else Sym(constant_atom(result), builder)


def __getattr__(op: str):
    """`symbols.exp(x)`, for each operation of the table."""
    from gradgen.rules.table import RULES

    if op.startswith("_") or op not in RULES:
        raise AttributeError(op)

    def call(*args, **params):
        return apply(op, *args, **params)

    call.__name__ = op
    return call


__all__ = [
    "Placed",
    "Sym",
    "Var",
    "add",
    "apply",
    "div",
    "is_zero",
    "known",
    "lift",
    "mul",
    "neg",
    "power",
    "require",
    "static",
    "sub",
    "using",
    "where",
]
