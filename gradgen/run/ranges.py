"""Loops over ranges in as few of LLVM's instructions as they take.

Numba divides to find how many steps a range has, asks whether its step is zero, and carries on a structure that says
where the next number lies: sixty instructions for each loop, of which LLVM leaves a few. Here a number goes up as long
as it is below the end, as in C: LLVM needs less time, and sees of more indices that they do not count from the end.

Only ranges of `int64` that go up by 1, in functions each of whose iterators has one range; others are Numba's. Loops
that go down could be the same, but recurrences in them got slower where LLVM then wrote out eight steps.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm
from numba.core import cgutils, ir, types
from numba.core.ir_utils import get_definition, guard
from numba.core.lowering import Lower

INT = llvm.IntType(64)
RANGE, ITERATOR = types.range_state64_type, types.range_iter64_type


def made(lower: Lower, fnty: Any, expr: Any, signature: Any) -> Any:
    """The range that the call `expr` makes; None for other calls."""
    if not (_is_range(fnty) and signature.return_type == RANGE):
        return None
    given = lower.fold_call_args(fnty, signature, expr.args, expr.vararg, expr.kws)
    first, step = [INT(0)] * (len(given) == 1), [INT(1)] * (len(given) < 3)
    return cgutils.make_anonymous_struct(lower.builder, [*first, *given, *step])


def _is_range(function: Any) -> bool:
    return getattr(function, "typing_key", None) is range


class Loop:
    """Where the next number of a loop and its end lie on the stack."""

    def __init__(self) -> None:
        self.places: list[Any] = []

    def begin(self, lower: Lower, given: Any) -> None:
        self.places = self.places or [cgutils.alloca_once(lower.builder, INT) for _ in range(2)]
        for k, place in enumerate(self.places):
            lower.builder.store(lower.builder.extract_value(given, k), place)

    def next(self, builder: llvm.IRBuilder) -> Any:
        """The next number, and whether there is one."""
        number, end = map(builder.load, self.places)
        return cgutils.make_anonymous_struct(builder, [number, builder.icmp_signed("<", number, end)])

    def go_on(self, lower: Lower, branch: Any) -> None:
        """To the iteration with the next number, or to what comes after the loop.

        Only where there is an iteration does the number go up: LLVM would carry two of them from each to the next.
        """
        builder, body = lower.builder, lower.builder.append_basic_block("next")
        builder.cbranch(lower.loadvar(branch.cond.name), body, lower.blkmap[branch.falsebr])
        builder.position_at_end(body)
        builder.store(builder.add(builder.load(self.places[0]), INT(1), flags=["nsw"]), self.places[0])
        builder.branch(lower.blkmap[branch.truebr])


class Ranges:
    """The loops of a function in Numba's representation: by iterator, and by the branch that asks whether to go on."""

    def __init__(self, func_ir: Any, typemap: dict[str, Any]):
        self.func_ir, self.typemap = func_ir, typemap
        statements = [(s, block.body[-1]) for block in func_ir.blocks.values() for s in block.body]
        assigned = [s for s, _ in statements if isinstance(s, ir.Assign) and typemap[s.target.name] == ITERATOR]
        self.values = {s.target.name: s.value for s in assigned}
        begun = {name: self._begun(name) for name in self.values}
        loops = {expr: Loop() for expr in begun.values() if self._goes_up(expr)}
        self.loops = {name: loops[expr] for name, expr in begun.items() if expr in loops}
        asked = [(s, end) for s, end in statements if self._asks(s)]
        self.branches = {end: self.loops[s.value.value.name] for s, end in asked if self._tells(s, end)}
        if len(self.values) < len(assigned) or len(self.branches) < len(asked):
            self.loops, self.branches = {}, {}

    def _begun(self, name: str) -> Any:
        """What begins the loop of an iterator, which goes from name to name."""
        value = self.values.get(name)
        return self._begun(value.name) if isinstance(value, ir.Var) else value

    def _goes_up(self, expr: Any) -> bool:
        """Whether `expr` begins to go over a range whose step is 1."""
        if not (isinstance(expr, ir.Expr) and expr.op == "getiter"):
            return False
        call: Any = guard(get_definition, self.func_ir, expr.value)
        is_call = isinstance(call, ir.Expr) and call.op == "call"
        return is_call and _is_range(self.typemap[call.func.name]) and len(call.args) < 3

    def _asks(self, s: Any) -> bool:
        """Whether this asks one of the iterators for the next number."""
        is_next = isinstance(s, ir.Assign) and isinstance(s.value, ir.Expr) and s.value.op == "iternext"
        return is_next and s.value.value.name in self.loops

    def _tells(self, s: Any, end: Any) -> bool:
        """Whether a block ends by going where what its statement `s` was told says."""
        told = guard(get_definition, self.func_ir, end.cond) if isinstance(end, ir.Branch) else None
        return isinstance(told, ir.Expr) and told.op == "pair_second" and told.value.name == s.target.name

    def lower(self, lower: Lower, s: Any) -> bool:
        """Begin a loop, hand its iterator on, or go on to the next number; False for other statements."""
        if isinstance(s, ir.Branch) and s in self.branches:
            self.branches[s].go_on(lower, s)
            return True
        loop = self.loops.get(s.target.name) if isinstance(s, ir.Assign) else None
        if loop is not None and isinstance(s.value, ir.Expr):
            loop.begin(lower, lower.loadvar(s.value.value.name))
        return loop is not None
