"""Small arrays of a compiled function that nobody else sees: they lie on the stack, where LLVM makes registers of them.

`q = np.empty(3)`, filled and read element by element, is three numbers. Taken from the heap it is memory that LLVM
leaves alone: each element is written and read back, and a loop around it is not vectorised, as all iterations write to
the same place. On the stack it is taken apart, once the loops over it are written out.

An array is on the stack where its size is written and its elements are all that is used of it. One that has a second
name, a view, or is handed to a function is not: the next array from the same line would have the same place.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from llvmlite import ir as llvm
from numba.core import cgutils, ir, types
from numba.np.arrayobj import get_itemsize, make_array, populate_array

from gradgen.run.distinct_memory import Memory

LARGEST = 1024  # bytes
INT = llvm.IntType(64)
Shape = tuple[int, ...]


class SmallArrays:
    """Those of a function in Numba's representation: their shapes, by the expressions that make them."""

    def __init__(self, func_ir: Any, memory: Memory):
        self.memory, self.typemap = memory, memory.typemap
        self.shapes: dict[Any, Shape] = {}
        names: Counter[str] = Counter()
        for s in _statements(func_ir):
            shape = self._shape(s.value) if isinstance(s, ir.Assign) else None
            if shape is not None:
                names[s.target.name] += 1
                self.shapes[s.value] = shape
        for s in _statements(func_ir):
            seen = [*self._escaping(s), *(name for name in _assigned(s) if names[name] > 1)]
            for call in (call for name in seen for call in memory.origins.get(name, ())):
                self.shapes.pop(call, None)

    def _shape(self, value: Any) -> Shape | None:
        """What `np.empty` or `np.zeros` makes with a written size, unless that is large."""
        if not (isinstance(value, ir.Expr) and value.op == "call" and value.args):
            return None
        if self.memory.called(value) not in ("empty", "zeros"):
            return None
        given = self.typemap[value.args[0].name]
        sizes: tuple[Any, ...] = given.types if isinstance(given, types.Tuple | types.UniTuple) else (given,)
        if not all(isinstance(size, types.IntegerLiteral) for size in sizes):
            return None
        shape = tuple(size.literal_value for size in sizes)
        return shape if 0 < 16 * math.prod(shape) <= LARGEST else None

    def _escaping(self, s: Any) -> Iterator[str]:
        """The variables of which the statement uses more than an element, or the shape."""
        if isinstance(s, ir.Del):
            return
        own = self.memory.accessed(s)
        target = s.target.name if isinstance(s, ir.Assign) else None
        value = s.value if isinstance(s, ir.Assign) else None
        if isinstance(value, ir.Expr) and value.op == "getattr" and value.attr == "shape":
            return
        if isinstance(value, ir.Var) and s.target.name.startswith("$"):
            return  # within one expression of the text: no iteration sees another's
        uses = [var.name for var in s.list_vars() if var.name != target]
        if own is not None:
            uses.remove(own.name)
        yield from uses


def on_stack(context: Any, builder: llvm.IRBuilder, kind: types.Array, shape: Shape, filled: bool) -> Any:
    """The array; `filled`: with zeros."""
    element, size = context.get_data_type(kind.dtype), get_itemsize(context, kind)
    memory = cgutils.alloca_once(builder, llvm.ArrayType(element, math.prod(shape)))
    memory.align = 64
    if filled:
        cgutils.memset(builder, memory, llvm.Constant(INT, size * math.prod(shape)), 0)
    strides = [llvm.Constant(INT, size * math.prod(shape[k + 1 :])) for k in range(len(shape))]
    made = make_array(kind)(context, builder)
    populate_array(
        made,
        data=builder.bitcast(memory, element.as_pointer()),
        shape=cgutils.pack_array(builder, [llvm.Constant(INT, one) for one in shape], ty=INT),
        strides=cgutils.pack_array(builder, strides, ty=INT),
        itemsize=llvm.Constant(INT, size),
        meminfo=None,
    )
    return made._getvalue()


def _assigned(s: Any) -> tuple[str, ...]:
    return (s.target.name,) if isinstance(s, ir.Assign) else ()


def _statements(func_ir: Any) -> Iterator[Any]:
    return (s for block in func_ir.blocks.values() for s in block.body)
