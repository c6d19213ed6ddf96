"""Operations that no user calls, made for Numba: by lowering, or before. None of them has a derivative."""

from __future__ import annotations

from gradgen.rules.table import Rule, add_rule, same

# The value itself, in what does not depend on it: made before the program is differentiated.
add_rule(Rule("held", "constant", same))

# The array itself where its elements lie in memory row after row, else a copy.
add_rule(Rule("ascontiguous", "constant", same, spelling="np.ascontiguousarray"))

# The array with as many rows again, which are empty.
add_rule(Rule("doubled", "constant", same))

# The transform of each row of a matrix of complex numbers; the second argument is the exponent's sign.
add_rule(Rule("fourier_rows", "constant", same, cost=100))

# The adjoint of a matrix from its Cholesky factor and the adjoint of that.
add_rule(Rule("cholesky_adjoint_by_loops", "constant", same, cost=100))

# How many edges, which are evenly spaced, are not above a number.
add_rule(Rule("even_place", "constant", same, cost=10))

# The place of the lowest bit that is set in a whole number.
add_rule(Rule("lowest_bit", "constant", same))

# The largest or smallest along an axis, and its place: a pair.
add_rule(Rule("extreme", "constant", same))

# The product with a matrix that has zeros below its diagonal, or above it where the third argument is False.
add_rule(Rule("dot_by_triangle", "constant", same, cost=100))

# Of a product what is on the diagonal and above it, or below it. The rest is undefined.
add_rule(Rule("triangle_of_dot", "constant", same, cost=100))
