"""Names, casts, choices, and logic of single truth values."""

from __future__ import annotations

from gradgen.ir import BOOL, Array, Scalar, broadcast, common_dtype, dims_of, with_dims
from gradgen.rules.symbols import where as choose
from gradgen.rules.table import constant, elementwise, same


@elementwise("identity", type=same, cost=1)
def identity(y, x):
    return 1


@elementwise("copy", type=same, cost=1)
def copy(y, x):
    return 1


def cast_type(args, params):
    x = args[0].type
    if isinstance(x, Array):
        return Array(params["dtype"], x.dims)
    return Scalar(params["dtype"], params.get("weak", False), x.extent if params["dtype"] == x.dtype else None)


@elementwise("cast", type=cast_type, cost=1)
def cast(y, x, *, dtype, weak=False):
    return 1


def where_type(args, params):
    values = args[1:]
    dtype, weak = common_dtype([v.type for v in values])
    return with_dims(dtype, broadcast(dims_of(a.type) for a in args), weak and not isinstance(args[0].type, Array))


@elementwise("where", type=where_type, cost=1)
def where(y, condition, a, b):
    return None, choose(condition, 1, 0), choose(condition, 0, 1)


def truth(args, params):
    return BOOL


constant("not", type=truth)
constant("and", type=truth)
constant("or", type=truth)
