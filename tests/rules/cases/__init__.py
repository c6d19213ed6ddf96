"""The table of rule cases: one row an operation or use, which runs every check. A file has the rows of one domain."""

from tests.rules.cases import (
    arithmetic,
    complex_numbers,
    creation,
    decompositions,
    einsum,
    elementwise,
    fourier,
    indexing,
    kinks,
    linalg,
    lists,
    nans,
    norms,
    quantiles,
    reductions,
    scalars,
    scipy,
    selection,
    shape,
    signal,
    sorting,
    statistics,
    ufuncs,
)
from tests.rules.cases.row import Row

_FILES = (
    arithmetic, elementwise, kinks, scalars, reductions, linalg, decompositions, einsum, norms, indexing, shape,
    creation, lists, complex_numbers, selection, signal, sorting, quantiles, scipy, statistics, ufuncs, nans,
    fourier,
)  # fmt: skip
ROWS: list[Row] = [row for file in _FILES for row in file.ROWS]

__all__ = ["ROWS", "Row"]
