"""Arithmetic of numbers as a few of LLVM's instructions.

- Sums, products, quotients and comparisons of two numbers of one type are the instruction that Numba writes for them;
  it looks for it among all functions of its own, each time, which took longer than all else that it does with a line.
- A power with a written exponent is the products that Numba's own function makes, which takes long to compile; of zero
  with a negative exponent it is infinite. One of a half, such as `x ** -1.5`, is products and a root: within 4 units in
  the last place, as the vector function for powers is, in a fifth of its time.
- `np.maximum` and `np.minimum` of two numbers, which hand NaN on, become instructions that the vectoriser takes for the
  extreme of a loop; Numba writes them out in comparisons, which it does not.

In place of the last two Numba calls functions of its own.

Does not know of arrays.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.ir_utils import find_const, guard
from numba.core.lowering import Lower

LARGEST_POWER = 64
HALVES = (0.5, 1.5, 2.5, 3.5)
EXTREMES: dict[Any, str] = {np.maximum: "llvm.maximum", np.minimum: "llvm.minimum"}

OPERATIONS = {operator.add: "add", operator.sub: "sub", operator.mul: "mul"}
COMPARISONS = {
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip


def of_two(lower: Lower, resty: Any, expr: Any, op: Any, error_model: str) -> Any:
    """The value of `expr`, of two numbers of one type; None where Numba makes it."""
    signature = lower.fndesc.calltypes[expr]
    kind, other = signature.args
    if kind != other or not (kind == types.int64 or kind in types.real_domain):
        return None
    whole = kind == types.int64
    quotient = op is operator.truediv and not whole and error_model == "numpy"
    if not (quotient or op in COMPARISONS or (op in OPERATIONS and signature.return_type == kind)):
        return None
    context, builder = lower.context, lower.builder
    sides = (context.cast(builder, lower.loadvar(x.name), lower.typeof(x.name), kind) for x in (expr.lhs, expr.rhs))
    made = _of_two(builder, op, whole, *sides)
    return context.cast(builder, made, signature.return_type, resty)


def _of_two(builder: ir.IRBuilder, op: Any, whole: bool, x: Any, y: Any) -> Any:
    if op is operator.truediv:
        return builder.fdiv(x, y)
    if op in OPERATIONS:
        name = OPERATIONS[op]
        return getattr(builder, name)(x, y, flags=["nsw"]) if whole else getattr(builder, f"f{name}")(x, y)
    if whole:
        return builder.icmp_signed(COMPARISONS[op], x, y)
    compare = builder.fcmp_unordered if op is operator.ne else builder.fcmp_ordered
    return compare(COMPARISONS[op], x, y)


def power(lower: Lower, resty: Any, expr: Any, error_model: str) -> Any:
    """The power that is the value of `expr`, of type `resty`; None where Numba makes it."""
    builder, base, by = lower.builder, lower.typeof(expr.lhs.name), lower.typeof(expr.rhs.name)
    exponent = by.literal_value if isinstance(by, types.IntegerLiteral) else 0
    # Zero with a negative exponent raises in Numba's function, whatever the error model.
    least = 1 if error_model == "python" else -LARGEST_POWER
    if exponent and least <= exponent <= LARGEST_POWER and base == resty in types.real_domain:
        made = _products(builder, lower.loadvar(expr.lhs.name), abs(exponent))
        return made if exponent > 0 else builder.fdiv(made.type(1), made)
    half = guard(find_const, lower.func_ir, expr.rhs) if by == types.float64 else None
    if half is not None and abs(half) in HALVES and resty in types.real_domain and base in types.real_domain:
        return _half_power(builder, lower.context.cast(builder, lower.loadvar(expr.lhs.name), base, resty), half)
    return None


def _products(builder: ir.IRBuilder, base: Any, exponent: int) -> Any:
    """In the order of Numba's own function. A sum that `fused_sums` tells of may take the last one in unrounded."""
    made = base if exponent & 1 else None
    while exponent := exponent >> 1:
        base = builder.fmul(base, base, flags=["contract"])
        if exponent & 1:
            made = base if made is None else builder.fmul(made, base, flags=["contract"])
    return made


def _half_power(builder: ir.IRBuilder, base: Any, exponent: float) -> Any:
    """The root, times products. As with `pow`, minus infinity is taken for infinity, and minus zero for zero."""
    declare, type = builder.module.declare_intrinsic, base.type
    size = builder.call(declare("llvm.fabs", [type]), [base])
    root = builder.call(declare("llvm.sqrt", [type]), [base])
    infinite = builder.fcmp_ordered("==", size, ir.Constant(type, float("inf")))
    made = builder.select(infinite, size, builder.call(declare("llvm.fabs", [type]), [root]))
    if times := int(abs(exponent)):
        made = builder.fmul(made, _products(builder, size, times))
    return made if exponent > 0 else builder.fdiv(type(1), made)


def extreme(lower: Lower, fnty: Any, expr: Any, signature: Any) -> Any:
    """The larger or smaller of two numbers of one type, if the call `expr` asks for that; None for other calls."""
    name = EXTREMES.get(getattr(fnty, "typing_key", None))
    numbers = {*signature.args, signature.return_type}
    if name is None or len(numbers) > 1 or not isinstance(signature.return_type, types.Float):
        return None
    args = [lower.loadvar(arg.name) for arg in expr.args]
    declared = ir.FunctionType(args[0].type, [args[0].type] * 2)
    return lower.builder.call(lower.module.declare_intrinsic(name, [args[0].type], declared), args)
