"""The rule table: mathematics only. Importing this package fills it, a file a domain."""

from gradgen.rules import (
    arithmetic,
    complex_numbers,
    creation,
    elementwise,
    indexing,
    linalg,
    lists,
    lowered,
    reductions,
    scalar,
    selection,
    shape,
    sorting,
    special,
)
from gradgen.rules.table import CALLERS, METHODS, RULES

__all__ = [
    "CALLERS", "METHODS", "RULES", "arithmetic", "complex_numbers", "creation", "elementwise", "indexing", "linalg",
    "lists", "lowered", "reductions", "scalar", "selection", "shape", "sorting", "special",
]  # fmt: skip
