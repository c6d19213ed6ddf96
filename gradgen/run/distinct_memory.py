"""Which arrays of a compiled function cannot share memory, told to LLVM.

An array that the function makes (`np.empty`, `a.copy()`) shares memory with no other that it makes, and with no
argument. LLVM does not know: it asks at run time, before each vectorised loop, and where arrays lie close to each other
it takes the loop one element at a time. So the last bits of a sum would depend on where arrays happen to lie; and of
more than a few arrays it does not ask at all. Here each element that is read or written says which array it is of (its
alias scope), and which others it cannot be of.

What a variable may be is followed through assignments, views and tuples, in whatever order they are run. An array of
another origin (what a helper returns, an item of a list) is said nothing about. The arguments count as one memory:
they may be views of one another.

Only for functions that are called from outside, and for parts of loops: inlined twice, one scope would stand for two
arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir as llvm
from numba.core import ir, types

MAKERS = (
    "empty", "zeros", "ones", "full", "empty_like", "zeros_like", "ones_like", "full_like", "dot", "arange", "copy",
    "argsort", "sort", "searchsorted", "cumsum", "cumprod", "concatenate", "repeat", "flatnonzero",
)  # fmt: skip
UNKNOWN, ARGUMENTS = "unknown", "arguments"
Origins = frozenset[Any]  # of these two, and of expressions that make an array
NOWHERE: Origins = frozenset()
FOLLOWED = types.Array, types.BaseTuple


class Memory:
    """Where the arrays of a function in Numba's representation come from."""

    def __init__(self, func_ir: Any, typemap: dict[str, Any], apart: bool = False):
        """`apart`: what the function changes of its arguments shares no memory with the others."""
        self.typemap, self.apart = typemap, apart
        assigned = [s for block in func_ir.blocks.values() for s in block.body if isinstance(s, ir.Assign)]
        methods = (s for s in assigned if isinstance(typemap[s.target.name], types.BoundFunction))
        self.methods: dict[str, Any] = {s.target.name: s.value for s in methods}
        self.origins: dict[str, Origins] = {}
        arrays = [s for s in assigned if isinstance(typemap[s.target.name], FOLLOWED)]
        changed = True
        while changed:
            changed = False
            for s in arrays:
                before = self.of(s.target)
                self.origins[s.target.name] = before | self._made(s.value)
                changed |= self.of(s.target) != before

    def of(self, var: ir.Var) -> Origins:
        """What the variable may be; `NOWHERE` before it is assigned, on the first way through a loop."""
        if not isinstance(self.typemap[var.name], FOLLOWED):
            return frozenset({UNKNOWN})
        return self.origins.get(var.name, NOWHERE)

    def _made(self, value: Any) -> Origins:
        match value:
            case ir.Var():
                return self.of(value)
            case ir.Arg():
                return frozenset({value.name if self.apart else ARGUMENTS})
            case ir.Expr(op="getattr") if value.attr == "T":
                return self.of(value.value)
            case ir.Expr(op="cast" | "exhaust_iter" | "getitem" | "static_getitem" | "typed_getitem"):
                return self.of(value.value)
            case ir.Expr(op="build_tuple"):
                return NOWHERE.union(*map(self.of, value.items))
            case ir.Expr(op="phi"):
                return NOWHERE.union(*map(self.of, value.incoming_values))
            case ir.Expr(op="call"):
                return self._called(value)
        return frozenset({UNKNOWN})

    def _called(self, call: Any) -> Origins:
        function = self.typemap[call.func.name]
        if isinstance(function, types.BoundFunction):
            array = self.methods.get(call.func.name)
            if function.typing_key == "array.copy":
                return frozenset({call})
            if function.typing_key == "array.reshape" and array is not None:
                return self.of(array.value) | {call}
        name = self.called(call)
        if name in MAKERS and "out" not in dict(call.kws):
            return frozenset({call})
        if name == "ascontiguousarray":
            return self.of(call.args[0]) | {call}
        return frozenset({UNKNOWN})

    def called(self, call: Any) -> str | None:
        """The name of the function of NumPy that is called, if it is one of those known here."""
        function = self.typemap[call.func.name]
        return _numpy_name(function.typing_key) if isinstance(function, types.Function) else None

    def accessed(self, s: Any) -> ir.Var | None:
        """The array of which a statement reads or writes one element."""
        array: ir.Var | None = None
        if isinstance(s, ir.SetItem | ir.StaticSetItem):
            array, element = s.target, self.typemap[s.value.name]
        elif isinstance(s, ir.Assign) and isinstance(s.value, ir.Expr):
            element = self.typemap[s.target.name]
            if s.value.op in ("getitem", "static_getitem", "typed_getitem"):
                array = s.value.value
        known = array is not None and isinstance(self.typemap[array.name], types.Array)
        return array if known and isinstance(element, types.Number | types.Boolean) else None


def _numpy_name(function: Any) -> str | None:
    """The name of a function of NumPy, or of that which stands for it in a text."""
    from gradgen.run.instructions import QUICK  # here, because it loads much of Numba

    names = (*MAKERS, "ascontiguousarray")
    return next((name for name in names if function in (getattr(np, name), QUICK.get(name))), None)


class Scopes:
    """LLVM's metadata for what `Memory` knows of one function."""

    def __init__(self, module: llvm.Module, name: str, memory: Memory):
        self.module = module
        domain = module.add_metadata([name])
        found = [one for origins in memory.origins.values() for one in origins if one is not UNKNOWN]
        self.scopes = {one: module.add_metadata([f"{name} {k}", domain]) for k, one in enumerate(dict.fromkeys(found))}
        self.nodes: dict[Origins, list[tuple[str, Any]]] = {}  # what is said of an access, by the array's origins

    def mark(self, instructions: Iterable[llvm.Instruction], origins: Origins, element: llvm.Type) -> None:
        """Say of each instruction that reads or writes an `element` that it is in an array of these origins."""
        if not origins or UNKNOWN in origins:
            return
        for made in instructions:
            if _is_access(made, element):
                for kind, node in self._nodes(origins):
                    made.set_metadata(kind, node)

    def _nodes(self, origins: Origins) -> list[tuple[str, Any]]:
        """Put together once: they name all arrays of the function, and most lines read an element."""
        if origins not in self.nodes:
            own = [scope for one, scope in self.scopes.items() if one in origins]
            others = [scope for one, scope in self.scopes.items() if one not in origins]
            named = (("alias.scope", own), ("noalias", others))
            self.nodes[origins] = [(kind, self.module.add_metadata(scopes)) for kind, scopes in named if scopes]
        return self.nodes[origins]


def _is_access(made: llvm.Instruction, element: llvm.Type) -> bool:
    """Whether this goes to an element, and not to a variable or to what describes an array."""
    if made.opname not in ("load", "store"):
        return False
    pointer = made.operands[-1]
    if pointer.type.pointee != element:
        return False
    if isinstance(pointer, llvm.GEPInstr):
        return bool(pointer.operands[0].type.pointee == element)
    return isinstance(pointer, llvm.CastInstr) and pointer.opname == "inttoptr"


def since(builder: llvm.IRBuilder, block: llvm.Block, start: int, blocks: int) -> Sequence[llvm.Instruction]:
    """The instructions of a function after the first `start` of `block`, and those of its blocks after the first."""
    later = builder.function.blocks[blocks:]
    return [*block.instructions[start:], *(made for one in later for made in one.instructions)]
