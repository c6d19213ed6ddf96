"""Products of a block's rows with a vector, and sums over them, by loops, as an expert would write them.

    for i in range(size):                           for what was   z = rows @ w
        total = 0.0
        for j in range(width):
            total += rows[i, j] * w[j]
        z[i] = total
    for i in range(0, size // 4 * 4, 4):            for what was   dw += rows.T @ z
        for j in range(width):
            dw[j] += (z[i] * rows[i, j] + z[i + 1] * rows[i + 1, j]) + ...

A call of BLAS wants a block of ten thousand numbers to be worth it, which the second cache holds. Loops are content
with 64 rows, which the first one holds, and the processor goes on to the next block while it still waits for this one.
Of 10^6 rows of ten numbers, or 10^5 of a hundred, a robust regression takes two thirds of the time. Four rows are added
at a time, so that the sum is read and written a quarter as often.

>>> import numpy as np
>>> from gradgen.differentiate import gradient
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.lower import lower
>>> from gradgen.lower.rowblocks import block_rows
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(w, x):
...     return np.sum(np.sin(x @ w))
>>> staged = stage(f, {"w": describe(np.ones(20), "w"), "x": describe(np.ones((50, 20)), "x")}).program
>>> before = simplify(lower(simplify(gradient(staged, staged.entry.params[:1], 1, value=False))))
>>> print(show(block_rows(before).entry))
f_grad(w.0, x.1):
  _.10 = ascontiguous x.1
  _.11 = ascontiguous w.0
  _.13 = size x.1 axis=0
  _.28 = size _.10 axis=1
  _.29 = size _.11 axis=0
  _.30 = ne _.28 _.29
  if _.30:
    raise
    yield
  else:
    yield
  _.31 = zeros _.28 dtype=float64
  _.9 = for start.24 in 0:_.13:64 with _.32=_.31:
    _.33 = add start.24 64
    end.26 = minimum _.33 _.13
    size.27 = sub end.26 start.24
    _.34 = _.10[start.24:end.26]
    _.35 = empty 64 dtype=float64
    _.12 = for _.36 in 0:size.27:1 with _.37=_.35:
      _.44 = for _.38 in 0:_.28:1 with _.39=0.0:
        _.40 = _.34[_.36, _.38]
        _.41 = _.11[_.38]
        _.42 = mul _.40 _.41
        _.43 = add _.39 _.42
        yield _.43
      _.45 = _.37 with [_.36] = _.44
      yield _.45
    _.15 = empty 64 dtype=float64
    _.5 = for _.47 in 0:size.27:1 with _.17=_.15:
      _.18 = _.12[_.47]
      _.19 = cos _.18
      _.20 = _.17 with [_.47] = _.19
      yield _.20
    _.49 = floordiv size.27 4
    _.50 = mul _.49 4
    _.75 = for _.51 in 0:_.50:4 with _.52=_.32:
      _.53 = add _.51 1
      _.54 = add _.51 2
      _.55 = add _.51 3
      _.56 = _.5[_.51]
      _.57 = _.5[_.53]
      _.58 = _.5[_.54]
      _.59 = _.5[_.55]
      _.74 = for _.60 in 0:_.28:1 with _.61=_.52:
        _.62 = _.34[_.51, _.60]
        _.63 = _.34[_.53, _.60]
        _.64 = _.34[_.54, _.60]
        _.65 = _.34[_.55, _.60]
        _.66 = mul _.56 _.62
        _.67 = mul _.57 _.63
        _.68 = mul _.58 _.64
        _.69 = mul _.59 _.65
        _.70 = add _.66 _.67
        _.71 = add _.68 _.69
        _.72 = add _.70 _.71
        _.73 = _.61 with [_.60] += _.72
        yield _.73
      yield _.74
    _.85 = for _.76 in _.50:size.27:1 with _.77=_.75:
      _.78 = _.5[_.76]
      _.84 = for _.79 in 0:_.28:1 with _.80=_.77:
        _.81 = _.34[_.76, _.79]
        _.82 = mul _.78 _.81
        _.83 = _.80 with [_.79] += _.82
        yield _.83
      yield _.84
    yield _.85
  yield _.9

Done where all products with a block's rows are vectors. Not done with `reassociate=False`: loops that keep the order of
the terms are not vectorised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradgen.ir import Array, Atom, Scalar, Var, dims_of, dtype_of
from gradgen.lower.context import Context, Position_
from gradgen.lower.rows import Rows
from gradgen.lower.scalars import Scalars

ROWS = 64  # of a block
TOGETHER = 4


def all_with_vectors(found: Rows) -> bool:
    """Whether all products of the chain, and sums over rows, are vectors of floats."""
    made = (s.target for s in found.chain if found.is_product(s) or found.is_sum(s))
    return all(len(dims_of(one.type)) == 1 and dtype_of(one.type) in ("float64", "float32") for one in made)


def times(ctx: Context, target: Var, rows: Atom, vector: Atom, size: Atom, width: Atom) -> None:
    """`target = rows @ vector`, of the first `size` rows."""
    scalars, type = Scalars(ctx), target.type
    assert isinstance(type, Array)
    number = Scalar(type.dtype)
    zero = scalars.cast(ctx.whole.constant(0), type.dtype)

    def row(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
        def add(k: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
            term = scalars.apply("mul", [ctx.read(rows, [*at, *k]), ctx.read(vector, k)], number, {})
            return (scalars.apply("add", [inside[0], term], number, {}),)

        return (ctx.write(carried[0], at, ctx.nest([width], (zero,), add)[0]),)

    made = ctx.empty(type, [ctx.whole.constant(ROWS)], target)
    ctx.bind(target, ctx.nest([size], (made,), row)[0])


def add_rows(ctx: Context, total: Atom, factors: Atom, rows: Atom, size: Atom, width: Atom) -> Atom:
    """`total + factors @ rows`, of the first `size` rows, in the memory of `total`."""
    scalars, number = Scalars(ctx), Scalar(dtype_of(total.type))

    def some(many: int) -> Callable[[Var, tuple[Var, ...]], Sequence[Atom]]:
        def add(i: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
            places = [ctx.whole.add(i, ctx.whole.constant(k)) for k in range(many)]
            pulls = [ctx.read(factors, [place]) for place in places]

            def element(j: Position_, inside: tuple[Atom, ...]) -> tuple[Atom, ...]:
                elements = [ctx.read(rows, [place, *j]) for place in places]
                terms = [scalars.apply("mul", [*pair], number, {}) for pair in zip(pulls, elements, strict=True)]
                while len(terms) > 1:
                    pairs = zip(terms[::2], terms[1::2], strict=True)
                    terms = [scalars.apply("add", [*pair], number, {}) for pair in pairs]
                return (ctx.write(inside[0], j, terms[0], "add"),)

            return ctx.nest([width], carried, element)

        return add

    whole = ctx.whole.mul(ctx.whole.floordiv(size, ctx.whole.constant(TOGETHER)), ctx.whole.constant(TOGETHER))
    (total,) = ctx.loop(ctx.whole.constant(0), whole, (total,), some(TOGETHER), step=TOGETHER)
    return ctx.loop(whole, size, (total,), some(1))[0]
