"""The adjoint of a matrix times its own transpose is one product, not two: that of `x.T @ x` is `x @ (g + g.T)`.

>>> import numpy as np
>>> from gradgen.differentiate import gradient
>>> from gradgen.infer.signature import describe
>>> from gradgen.ir import show
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(x):
...     return np.sum(np.exp(x.T @ x))
>>> program = stage(f, {"x": describe(np.ones((3, 4)), "x")}).program
>>> print(show(simplify(gradient(program, program.entry.params, 1, value=False)).entry))
f_grad(x.0):
  _.1 = transpose x.0 axes=None
  _.2 = matmul _.1 x.0
  _.3 = exp _.2
  _.5 = transpose _.3
  _.6 = add _.3 _.5
  _.7 = matmul x.0 _.6
  _.8 = identity _.7
  yield _.8

The gradient of a covariance takes two thirds of the time. Stacks of matrices have two products, as any others.
"""

from __future__ import annotations

from gradgen.ir import Assign, Var, dims_of
from gradgen.rules.symbols import Sym, apply


def by_own_transpose(s: Assign, g: Sym) -> tuple[Var, Sym] | None:
    """The matrix that `s` multiplies with its own transpose, and what `s` contributes to it."""
    if s.op not in ("matmul", "dot") or any(len(dims_of(arg.type)) != 2 for arg in s.args):
        return None
    a, b = s.args
    for first, x, other in ((True, a, b), (False, b, a)):
        made = g.builder.made_by(other)
        if not isinstance(made, Assign) or made.op != "transpose" or made.param("axes") not in (None, (1, 0)):
            continue
        if isinstance(x, Var) and made.args[0] == x:
            both = g + apply("transpose", g)
            return x, apply("matmul", *((both, x) if first else (x, both)))
    return None
