"""Whether an array lies in memory row after row, as far as that is known when the text is written.

On this hangs whether `reshape` and `ravel` give a view or a copy. Known it is of what was just made: of vectors, of
`np.zeros` and its like, of what is computed element by element from arrays that lie so. Nothing is known of arguments.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradgen.ir import Assign, Atom, Slice, Var, dims_of
from gradgen.rules.table import RULES

MADE_IN_ROWS = ("zeros", "ones", "empty", "full", "eye", "array", "asarray", "matmul", "outer", "linspace", "arange")
KEEPS_ROWS = ("reshape", "ravel", "expand_dims", "squeeze")


def made_in_rows(atom: Atom, known: set[int], definitions: Mapping[int, object]) -> bool:
    """Of the result of a call. `known`: the versions of arrays that lie so."""
    if len(dims_of(atom.type)) < 2 or getattr(atom, "version", None) in known:
        return True
    step = definitions.get(atom.version) if isinstance(atom, Var) else None
    if not isinstance(step, Assign):
        return False
    if step.op in MADE_IN_ROWS or (step.op == "copy" and step.spelling == ".copy"):
        return True
    if RULES[step.op].kind != "elementwise" and step.op != "copy":
        return False
    return all(made_in_rows(arg, known, definitions) for arg in step.args if len(dims_of(arg.type)) > 1)


def splits_an_axis(step: Assign) -> bool:
    """Whether a view operation is `reshape` of a vector, which gives a view whatever the vector's stride is."""
    return step.op == "reshape" and len(dims_of(step.args[0].type)) == 1


def keeps_rows(step: Assign) -> bool:
    """Whether a view operation gives what lies row after row of what does."""
    if step.op != "getitem":
        return step.op in KEEPS_ROWS
    index = [entry for entry in step.param("index") if entry is not None]
    if Ellipsis in index and index.pop() is not Ellipsis:  # at the end it says nothing
        return False
    while index and not isinstance(index[0], Slice):
        index.pop(0)  # a number: the rows of one item
    return not index or (index[0].step in (None, 1) and all(entry == Slice(None, None, None) for entry in index[1:]))
