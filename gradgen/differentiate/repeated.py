"""Products and arrangements whose adjoint is repeated along an axis: nothing of their size is made, or multiplied.

Where all rows of the adjoint `g` of `c = a @ b` are one row `v`, the adjoint of `a` repeats the row `b @ v`, and
that of `b` is the outer product of the sums of `a`'s columns with `v`; where `g` is one number, sums are all. So the
gradient of `np.sum(a @ b)` has no product of matrices, and as the sums of a product's columns are those of its left
factor, times the right one, its chains have none either: vectors instead.

>>> import numpy as np
>>> from gradgen.differentiate import gradient
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(a, b, c):
...     return np.sum(a @ b @ c)
>>> program = stage(f, {name: describe(np.ones((3, 3)), name) for name in "abc"}).program
>>> print(show(simplify(gradient(program, program.entry.params[:2], 1, value=False)).entry))
f_grad(a.0, b.1, c.2):
  _.6 = sum c.2 axis=1 keepdims=False
  _.10 = matmul b.1 _.6
  _.11 = sum a.0 axis=0 keepdims=False
  _.12 = outer _.11 _.6
  _.13 = identity _.10
  _.14 = identity _.12
  _.15 = expand _.13 a.0
  _.16 = copy _.15
  yield _.16 _.14

Otherwise an array of ones is multiplied with each factor, which takes more than twice the time of the function.

Not done: stacks of matrices on the right; factors of integers, whose sums would be integers.
"""

from __future__ import annotations

from gradgen.ir import ALL, Array, Assign, dims_of
from gradgen.rules.linalg import column
from gradgen.rules.symbols import Sym, apply

ARRANGING = ("reshape", "ravel", "transpose", "squeeze", "expand_dims", "flip", "roll")
PRODUCTS = ("matmul", "dot", "outer")

Contributions = tuple[Sym, ...]


def by_repeated(s: Assign, g: Sym) -> Contributions | None:
    """What `s` contributes to its first arguments, shaped as these or repeated; None where `g` is not repeated."""
    if s.op in ARRANGING:
        return None if g.is_array or not isinstance(s.args[0].type, Array) else (g,)
    repeated = _repeated_axes(s, g)
    if s.op not in PRODUCTS or not any(repeated):
        return None
    a, b = (Sym(arg, g.builder) for arg in s.args)
    if not all(x.dtype.startswith(("float", "complex")) for x in (a, b)):
        return None
    if s.op == "outer":
        return _outer(_line(g, repeated), a, b, repeated) if a.ndim == b.ndim == 1 else None
    if b.ndim > 2 or (a.ndim > 2 and not all(repeated)):
        return None
    return _product(_line(g, repeated), a, b, repeated)


def _repeated_axes(s: Assign, g: Sym) -> list[bool]:
    """For each axis of what `s` makes whether `g` is one line along it; none where that is not known."""
    want, have = dims_of(s.target.type), dims_of(g.type)
    missing = len(want) - len(have)
    repeated = [True] * missing
    for w, h in zip(want[missing:], have, strict=True):
        if h != w and not h.is_one and not h.never_one:
            return [False] * len(want)
        repeated.append(h.is_one and not w.is_one)
    return repeated


def _line(g: Sym, repeated: list[bool]) -> Sym:
    """`g` without the axes along which it is repeated."""
    if not g.is_array or g.ndim == len(repeated) - sum(repeated):
        return g
    own = repeated[len(repeated) - g.ndim :]
    return apply("getitem", g, index=tuple(0 if r else ALL for r in own))


def _product(v: Sym, a: Sym, b: Sym, repeated: list[bool]) -> Contributions:
    """Of `c = a @ b`, where `v` is what is repeated."""
    if all(repeated):
        by_a = _times(v, sums(b, 1)) if b.ndim == 2 else v * b
        by_b = _times(v, sums(a, 0)) if a.ndim > 1 else v * a
        return by_a, column(by_b) if b.ndim == 2 else by_b
    if repeated[0]:  # all rows are one
        return apply("matmul", b, v), apply("outer", sums(a, 0), v)
    return apply("outer", v, sums(b, 1)), column(apply("matmul", v, a))


def _outer(v: Sym, a: Sym, b: Sym, repeated: list[bool]) -> Contributions:
    if all(repeated):
        return _times(v, sums(b, 0)), _times(v, sums(a, 0))
    if repeated[0]:
        return apply("matmul", v, b), v * sums(a, 0)
    return v * sums(b, 0), apply("matmul", v, a)


def _times(number: Sym, made: Sym) -> Sym:
    """Of sums, which are new."""
    return made if number.value == 1 else number * made


def sums(x: Sym, axis: int) -> Sym:
    """Along an axis; along the first, over all axes but the last. Those of a product are a product of sums."""
    made = _definition(x)
    if made is not None and made.op == "neg":
        negated = Sym(made.args[0], x.builder)
        inner = _definition(negated)
        if inner is not None and inner.op in ("matmul", "dot") and x.ndim == 2:
            return -sums(negated, axis)
    if made is not None and made.op in ("matmul", "dot") and x.ndim == 2:
        left, right = (Sym(arg, x.builder) for arg in made.args)
        if all(one.dtype.startswith(("float", "complex")) for one in (left, right)):
            if axis == 0:
                return apply("matmul", sums(left, 0), right)
            return apply("matmul", left, sums(right, 1))
    over = axis if x.ndim <= 2 or axis else tuple(range(x.ndim - 1))
    return apply("sum", x, axis=None if x.ndim == 1 else over, keepdims=False)


def _definition(x: Sym) -> Assign | None:
    made = x.builder.made_by(x.atom)
    return made if isinstance(made, Assign) else None
