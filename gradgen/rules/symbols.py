"""Symbolic operands: what a rule computes with.

A `Sym` stands for a value of the program; arithmetic on Syms appends statements to a builder. The
few algebraic identities that keep derivative code free of `* 1`, `+ 0` and `--x` are applied here, as
the statements are made; the user's own statements do not pass through here and keep their text.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

from gradgen.ir import Array, Atom, Const, Type, Var, dims_of
from gradgen.rules.build import Builder, constant_atom


class Sym:
    """A value, the builder to which operations on it are appended, and the operation that made it, if seen."""

    __slots__ = ("args", "atom", "builder", "op", "params")
    __array_ufunc__ = None  # NumPy scalars leave `scalar * sym` to us

    def __init__(self, atom: Atom, builder: Builder, op: str = "", args: tuple = (), params: dict | None = None):
        self.atom, self.builder, self.op, self.args, self.params = atom, builder, op, args, params or {}

    @property
    def type(self) -> Type:
        return self.atom.type

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


def lift(atom: Atom, builder: Builder) -> Sym:
    return Sym(atom, builder)


def known(x: Any) -> Any:
    """The number that x is known to be, else None."""
    return x.value if isinstance(x, Sym) else x


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
    return _fold(a, b, lambda x, y: x + y) or apply("add", a, b)


def sub(a: Any, b: Any) -> Any:
    if _is(b, 0) and _absorbs(b, a):
        return a
    if isinstance(b, Sym) and b.op == "neg":
        return add(a, b.args[0])
    return _fold(a, b, lambda x, y: x - y) or apply("sub", a, b)


def mul(a: Any, b: Any) -> Any:
    """a * b; a factor selected by `where` is taken inside it, so that what is not selected is not computed with.

    0 * inf in the branch that is not taken would else make NaN of a gradient that is 0.
    """
    if is_zero(a) or is_zero(b):
        return 0
    if _is(a, 1) and _absorbs(a, b):
        return b
    if _is(b, 1) and _absorbs(b, a):
        return a
    for selected, factor, product in ((a, b, mul), (b, a, lambda x, y: mul(y, x))):
        if isinstance(selected, Sym) and selected.op == "where" and any(map(is_zero, selected.args[1:])):
            condition, yes, no = selected.args
            return where(condition, product(yes, factor), product(no, factor))
    if isinstance(a, Sym) and a.op == "div" and _is(a.args[0], 1) and isinstance(b, Sym):
        return div(b, a.args[1])
    if _is(a, -1) and _absorbs(a, b):
        return neg(b)
    if isinstance(b, Sym) and b.op == "neg" and not isinstance(a, Sym):
        return mul(-a, b.args[0])
    return _fold(a, b, lambda x, y: x * y) or apply("mul", a, b)


def div(a: Any, b: Any) -> Any:
    if is_zero(a):
        return 0
    if _is(b, 1) and _absorbs(b, a):
        return a
    return apply("div", a, b)


def power(a: Any, b: Any) -> Any:
    if _is(b, 1) and _absorbs(b, a):
        return a
    if _is(b, 0) and isinstance(b, int | float):
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


def _fold(a: Any, b: Any, operation) -> Any:
    """The result where both are literals (the lecture's `-1.0`, a power's `n - 1`), else None."""
    x, y = known(a), known(b)
    if x is None or y is None or isinstance(x, bool) or isinstance(y, bool):
        return None
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


__all__ = ["Sym", "Var", "add", "apply", "div", "is_zero", "known", "lift", "mul", "neg", "power", "sub", "using", "where"]
