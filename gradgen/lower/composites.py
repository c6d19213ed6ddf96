"""Composites of arrays, such as logsumexp, as the operations that they stand for.

The user's own text is in the parameter `text`, nested (op, spelling, arguments[, params]) over the
numbers of the operands. Composites of numbers are written out element by element, in `scalars`.

Operations that need several statements (`np.median`) are written as rules are, over symbolic operands: `written`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradgen.ir import Array, Assign, Atom, Block, Statement, Var
from gradgen.lower.context import Context
from gradgen.rules.build import constant_atom
from gradgen.rules.symbols import Sym, using
from gradgen.rules.table import RULES

WRITTEN: dict[str, Callable[..., Sym]] = {}


def written(*ops: str):
    """A decorator: the function, of symbolic operands and the operation's params, gives what these operations are."""

    def enter(function: Callable[..., Sym]) -> Callable[..., Sym]:
        for op in ops:
            WRITTEN[op] = function
        return function

    return enter


def written_out(block: Block, ctx: Context) -> Block:
    """The block with its composites of arrays written out."""
    if not any(_is_composite(s) for s in block.statements):
        return block
    made: list[Statement] = []
    for s in block.statements:
        if isinstance(s, Assign) and s.op in WRITTEN:
            made += written_out(Block(_spelled_out(s, ctx)), ctx).statements
        elif isinstance(s, Assign) and _is_composite(s):
            _Writer(ctx, s, made).write()
        else:
            made.append(s)
    return replace(block, statements=tuple(made))


def _spelled_out(s: Assign, ctx: Context) -> tuple[Statement, ...]:
    builder = ctx.builder
    with builder.at(s.origin), using(builder), builder.collect() as statements:
        result = WRITTEN[s.op](*(Sym(arg, builder) for arg in s.args), **dict(s.params))
    return (*statements, Assign(s.target, "identity", (result.atom,), origin=s.origin))


def _is_composite(s: Statement) -> bool:
    if isinstance(s, Assign) and s.op in WRITTEN:
        return True
    if not isinstance(s, Assign) or not isinstance(s.args[0].type if s.args else None, Array):
        return False
    return s.op in TEXTS or (s.param("text") is not None and RULES[s.op].kind != "elementwise")


def _softmax(axis: Any) -> tuple:
    power = ("exp", "", (0,))
    return ("div", "", (power, ("sum", "", (power,), {"axis": axis, "keepdims": True})))


def _logsumexp(axis: Any, keepdims: bool) -> tuple:
    return ("log", "", (("sum", "", (("exp", "", (0,)),), {"axis": axis, "keepdims": keepdims}),))


def _greatest(axis: Any, keepdims: bool) -> tuple:
    return ("max", "", (0,), {"axis": axis, "keepdims": keepdims})


def _stable_logsumexp(axis: Any, keepdims: bool) -> tuple:
    """Of what is left after the greatest is taken out, so that nothing overflows; infinities are not taken out."""
    greatest = _greatest(axis, keepdims or axis is not None)
    shift = ("where", "", (("isfinite", "", (greatest,)), greatest, constant_atom(0.0)))
    power = ("exp", "", (("sub", "", (0, shift)),))
    total = ("sum", "", (power,), {"axis": axis, "keepdims": keepdims})
    back = shift if keepdims or axis is None else ("squeeze", "", (shift,), {"axis": axis})
    return ("add", "", (("log", "", (total,)), back))


def _stable_softmax(axis: Any) -> tuple:
    power = ("exp", "", (("sub", "", (0, _greatest(axis, True))),))
    return ("div", "", (power, ("sum", "", (power,), {"axis": axis, "keepdims": True})))


# What `scipy.special` computes without overflow
STABLE = {
    "logsumexp": lambda s: _stable_logsumexp(s.param("axis"), s.param("keepdims", False)),
    "softmax": lambda s: _stable_softmax(s.param("axis")),
    "log_softmax": lambda s: ("sub", "", (0, _stable_logsumexp(s.param("axis"), True))),
}

TEXTS = {
    "logaddexp_reduce": STABLE["logsumexp"],
    "sumsq": lambda s: (
        "sum",
        "",
        (("mul", "", (0, 0)),),
        {"axis": s.param("axis"), "keepdims": s.param("keepdims", False)},
    ),
    "logsumexp": lambda s: _logsumexp(s.param("axis"), s.param("keepdims", False)),
    "softmax": lambda s: _softmax(s.param("axis")),
    "log_softmax": lambda s: ("sub", "", (0, _logsumexp(s.param("axis"), True))),
}


class _Writer:
    def __init__(self, ctx: Context, s: Assign, made: list[Statement]):
        self.ctx, self.s, self.made = ctx, s, made
        self.values: dict[str, Atom] = {}  # by their text: what stands in it twice is computed once

    def write(self) -> None:
        texts = STABLE if self.s.spelling.startswith("scipy.") else TEXTS
        text = self.s.param("text") or texts[self.s.op](self.s)
        op, spelling, inner, *params = text
        args = tuple(map(self.value, inner))
        self.made.append(replace(self.s, op=op, args=args, params=tuple(dict(*params).items()), spelling=spelling))

    def value(self, text: Any) -> Atom:
        if isinstance(text, int):
            return self.s.args[text]
        if not isinstance(text, tuple):
            return text
        if repr(text) not in self.values:
            self.values[repr(text)] = self.computed(text)
        return self.values[repr(text)]

    def computed(self, text: tuple) -> Atom:
        op, spelling, inner, *given = text
        args = tuple(map(self.value, inner))
        params: dict[str, Any] = dict(*given)
        target: Var = self.ctx.builder.var("", RULES[op].type(args, params))
        self.made.append(Assign(target, op, args, tuple(params.items()), spelling, self.s.origin))
        return target
