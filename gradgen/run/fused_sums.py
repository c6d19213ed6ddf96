"""Sums of products in loops, each product added without being rounded: `s += a * b` is one instruction, as in BLAS.

A processor multiplies and adds in one step where it may leave out the rounding between. Elsewhere it may not:
`x * x - y * y` must be 0 where x and y are equal, since a root may be taken of it. But the terms of a sum in a loop may
already change places (`reassociate`), and what is left of terms that cancel is then as uncertain as their rounding. So
only that is fused which a loop adds again and again to one number, or to one element of an array, and does nothing else
to meanwhile. What is added once, such as `a[i] -= y[i] * y[i]` in a loop over i, or after `t = x * x` in the same
iteration, is rounded as it is written.

Says which additions these are; `numba_compiler` flags them, and LLVM does the rest.
"""

from __future__ import annotations

import operator
from typing import Any

from numba.core import ir, types
from numba.core.analysis import compute_cfg_from_blocks

from gradgen.run.distinct_memory import FOLLOWED, UNKNOWN, Memory, Origins

ADDED = (operator.iadd, operator.isub)
READS = ("getitem", "static_getitem", "build_tuple", "cast")
STEPS = ("build_tuple", "pair_first", "getiter", "binop", "unary", "cast", "getattr", "static_getitem")


class FusedSums:
    """Of a function in Numba's representation: `additions`, the expressions `s += x` that add up in a loop."""

    def __init__(self, func_ir: Any, memory: Memory):
        self.memory, self.blocks = memory, func_ir.blocks
        self.made: dict[str, list[tuple[int, Any]]] = {}  # of each name: where it is assigned, and what
        for label, block in self.blocks.items():
            for s in block.body:
                if isinstance(s, ir.Assign):
                    self.made.setdefault(s.target.name, []).append((label, s.value))
        loops = compute_cfg_from_blocks(self.blocks).loops().values()
        self.loops = sorted((set(loop.body) for loop in loops), key=len)
        self.additions: set[ir.Expr] = set()
        for label, block in self.blocks.items():
            around = [loop for loop in self.loops if label in loop]
            for s in block.body if around else ():
                if self._is_addition(s) and self._adds_up(s.value, around):
                    self.additions.add(s.value)

    def _is_addition(self, s: Any) -> bool:
        if not (isinstance(s, ir.Assign) and isinstance(s.value, ir.Expr) and s.value.op == "inplace_binop"):
            return False
        return s.value.fn in ADDED and isinstance(self.memory.typemap[s.target.name], types.Float)

    def _adds_up(self, addition: ir.Expr, around: list[set[int]]) -> bool:
        read = self._origin(addition.lhs)
        if isinstance(read, ir.Expr) and read.op == "getitem":
            return any(self._is_one_element(addition, read, loop) for loop in around)
        return self._is_carried(addition, around[0])

    def _is_carried(self, addition: ir.Expr, loop: set[int]) -> bool:
        """Whether the number that is added to is, from one iteration to the next, the sum and nothing else."""
        names, seen, carried = [addition.lhs.name], set[str](), False
        while names:
            name = names.pop()
            seen.add(name)
            for value in self._assigned_in(name, loop):
                if isinstance(value, ir.Var):
                    names += [value.name] if value.name not in seen else []
                elif value is addition:
                    carried = True
                else:
                    return False
        return carried

    def _is_one_element(self, addition: ir.Expr, read: ir.Expr, loop: set[int]) -> bool:
        """Whether each iteration adds to the same elements of an array, and nothing else is done to them."""
        own = self.memory.of(read.value)
        stays = self._stays(read.value.name, loop) and self._stays(read.index.name, loop)
        if not own or UNKNOWN in own or not stays:
            return False
        stores: list[Any] = []
        for s in (s for label in loop for s in self.blocks[label].body):
            value = s.value if isinstance(s, ir.Assign) else None
            if isinstance(s, ir.SetItem | ir.StaticSetItem):
                stores += [s] if self._may_be(s.target, own) else []
            elif (
                isinstance(value, ir.Expr)
                and not _reads(value)
                and any(self._may_be(x, own) for x in value.list_vars())
            ):
                return False
        return len(stores) == 1 and self._origin(stores[0].value) is addition and self._is_at(stores[0], read.index)

    def _is_at(self, store: Any, index: ir.Var) -> bool:
        return isinstance(store, ir.SetItem) and self._origin(store.index) is self._origin(index)

    def _origin(self, value: Any) -> Any:
        """What makes the value that is copied from name to name."""
        while isinstance(value, ir.Var):
            made = self.made.get(value.name, [])
            if len(made) != 1:
                break
            value = made[0][1]
        return value

    def _may_be(self, var: ir.Var, own: Origins) -> bool:
        if not isinstance(self.memory.typemap[var.name], FOLLOWED):
            return False
        other = self.memory.of(var)
        return bool(own & other) or UNKNOWN in other

    def _stays(self, name: str, loop: set[int]) -> bool:
        """Whether what an iteration makes of the name, be it the steps of a loop inside, is the same in all of them."""
        names, seen = [name], set[str]()
        while names:
            name = names.pop()
            seen.add(name)
            inside = self._assigned_in(name, loop)
            if inside and len(self.made[name]) > 1:
                return False
            for value in inside:
                if isinstance(value, ir.Expr) and not self._is_step(value, loop):
                    return False
                if isinstance(value, ir.Var | ir.Expr):
                    used = [value] if isinstance(value, ir.Var) else value.list_vars()
                    names += [var.name for var in used if var.name not in seen]
        return True

    def _is_step(self, value: ir.Expr, loop: set[int]) -> bool:
        """Whether this makes the same of the same; the step of the loop itself does not."""
        if value.op == "call":
            function = self.memory.typemap[value.func.name]
            return isinstance(function, types.Function) and function.typing_key is range
        if value.op == "iternext":
            return bool(self._assigned_in(value.value.name, loop))
        return value.op in STEPS

    def _assigned_in(self, name: str, loop: set[int]) -> list[Any]:
        return [value for label, value in self.made.get(name, ()) if label in loop]


def _reads(value: ir.Expr) -> bool:
    return value.op in READS or (value.op == "getattr" and value.attr in ("shape", "T"))
