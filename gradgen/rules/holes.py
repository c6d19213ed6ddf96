"""Which values are known to be zero where something was left out: an adjoint of what is read in part.

The adjoint of `y` in `y[1:]` is 0 at the first element, whatever the derivative of `y` is there: 0 is not multiplied
by the infinite slope of a square root. So is a sum of which every term was left out. What a loop hands to its next
iteration is not followed.
"""

from __future__ import annotations

from gradgen.ir import Accumulate, Assign, Atom, Const, For, If, Statement, Store, While

MAKING = {"zeros", "zeros_like", "tril", "triu", "diag"}
ALL_OF = {"add", "sub"}
ANY_OF = {
    "mul", "div", "neg", "cast", "identity", "copy", "reshape", "ravel", "transpose", "squeeze", "expand_dims",
    "broadcast_to", "expand", "spread", "flip", "roll", "concatenate", "stack", "pad", "getitem", "conj",
    "sum", "mean", "item",
}  # fmt: skip


def note(statement: Statement, holed: set[int]) -> None:
    """Add what the statement makes to `holed`, the versions of arrays with holes."""

    def has(atom: Atom) -> bool:
        return getattr(atom, "version", None) in holed

    match statement:
        case Assign(target=target, op=op, args=args):
            some = op in ANY_OF and any(map(has, args[:1] if op in ("getitem", "item") else args))
            zero = op == "where" and any(isinstance(arg, Const) and arg.value == 0 for arg in args[1:])
            if some or zero or op in MAKING or (op in ALL_OF and all(map(has, args))):
                holed.add(target.version)
        case Store(target=target, array=array, value=value, mode=mode):
            cleared = mode == "set" and isinstance(value, Const) and value.value == 0
            if cleared or has(array):
                holed.add(target.version)
        case Accumulate(target=target, prior=prior, value=value):
            if has(prior) and has(value):
                holed.add(target.version)
        case If(then=then, orelse=orelse, results=results):
            pairs = zip(results, then.yields, orelse.yields, strict=True)
            holed.update(result.version for result, *sides in pairs if all(map(has, sides)))
        case For(inits=inits, results=results) | While(inits=inits, results=results):
            holed.update(result.version for result, init in zip(results, inits, strict=True) if has(init))
