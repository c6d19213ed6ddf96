"""The rule table: mathematics only. Importing this package fills it, a file a domain."""

from gradgen.rules import (
    arithmetic,
    complex_numbers,
    creation,
    decompositions,
    einsum,
    elementwise,
    extremes,
    fourier,
    indexing,
    linalg,
    lists,
    lowered,
    nans,
    norms,
    padding,
    quantiles,
    random,
    reductions,
    scalar,
    scipy_special,
    scipy_stats,
    selection,
    shape,
    signal,
    solving,
    sorting,
    special,
    splitting,
    statistics,
    tensordot,
    ufuncs,
    windows,
)
from gradgen.rules.table import CALLERS, METHODS, RULES

__all__ = [
    "CALLERS", "METHODS", "RULES", "arithmetic", "complex_numbers", "creation", "decompositions", "einsum",
    "elementwise", "extremes", "fourier", "indexing", "linalg", "lists", "lowered", "nans", "norms", "padding",
    "quantiles", "random", "reductions", "scalar", "scipy_special", "scipy_stats", "selection", "shape", "signal",
    "solving", "sorting", "special", "splitting", "statistics", "tensordot", "ufuncs", "windows",
]  # fmt: skip
