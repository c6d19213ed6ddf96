"""The functions of `math` on whole numbers that Numba does not know, as loops."""

from __future__ import annotations

from gradgen.ir import Atom, Scalar
from gradgen.lower.scalars import Scalars, expansion


@expansion("gcd")
def _gcd(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    result = args[0]
    for other in args[1:]:
        result = s.ctx.builder.emit("gcd", result, other, type=type, spelling="math.gcd")
    return result


@expansion("lcm")
def _lcm(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """|a b| / gcd(a, b), and 0 where one of them is."""
    whole, result = s.ctx.whole, args[0]
    for other in args[1:]:
        divisor = whole.most(
            s.ctx.builder.emit("gcd", result, other, type=type, spelling="math.gcd"), whole.constant(1)
        )
        result = whole.emit("abs", whole.mul(whole.floordiv(result, divisor), other))
    return result


@expansion("factorial", "perm")
def _falling(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """n (n - 1) ... (n - k + 1); k is n where it is not given."""
    whole = s.ctx.whole
    n, k = args[0], args[-1]

    def body(i: Atom, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return (whole.mul(carried[0], whole.sub(n, i)),)

    return s.ctx.loop(whole.constant(0), k, (whole.constant(1),), body)[0]


@expansion("comb")
def _comb(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    whole = s.ctx.whole
    n, k = args

    def body(i: Atom, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        product = whole.mul(carried[0], whole.sub(n, i))
        return (whole.floordiv(product, whole.add(i, whole.constant(1))),)

    return s.ctx.loop(whole.constant(0), k, (whole.constant(1),), body)[0]


@expansion("isqrt")
def _isqrt(s: Scalars, args: list[Atom], type: Scalar) -> Atom:
    """The root as a float, put right where it is one too large or too small."""
    whole = s.ctx.whole
    n, one, zero = args[0], whole.constant(1), whole.constant(0)
    near = s.ctx.builder.emit("cast", s.op("sqrt", n, spelling="math.sqrt"), type=type, dtype="int64", weak=True)
    low = whole.sub(near, whole.choose(whole.compare("gt", whole.mul(near, near), n), one, zero))
    above = whole.add(low, one)
    return whole.add(low, whole.choose(whole.compare("le", whole.mul(above, above), n), one, zero))
