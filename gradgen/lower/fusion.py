"""Which values need no array of their own, because their one reader can compute them as it goes.

A value is left to its reader when the reader takes each element at most once; a value that costs nothing
to read, such as a view, when all its readers stand in the same block. What is transposed for a product of matrices
is had before: BLAS takes the transpose of an array in memory as it is.
"""

from __future__ import annotations

from collections import Counter

from gradgen.ir import Accumulate, Array, Assign, At, Atom, Block, Statement, Store, Var, dims_of, is_bool
from gradgen.ir.walk import map_statement, operands, statement_free
from gradgen.lower.context import same_dims
from gradgen.lower.identities import is_alias
from gradgen.lower.products import is_few_sums
from gradgen.lower.reductions import ONE_PASS

ONCE = frozenset(
    (
        "copy",
        "identity",
        "pos",
        "cast",
        "transpose",
        "expand_dims",
        "squeeze",
        "flip",
        "roll",
        "concatenate",
        "stack",
        "cumsum",
        "cumprod",
    )
)
PRODUCTS = ("matmul", "dot", "dot_by_triangle", "triangle_of_dot")
SIZES_ONLY = {
    "zeros_like": 0,
    "ones_like": 0,
    "empty_like": 0,
    "full_like": 0,
    "size": 0,
    "count": 0,
    "expand": 1,
    "spread": 1,
    "sum_to": 1,
}


class Readers:
    """Who reads the values of a block."""

    def __init__(self, block: Block, exits: tuple[Atom, ...]):
        same: dict[Atom, Atom] = {}  # what is another name for what
        for s in block.statements:
            if isinstance(s, Assign) and is_alias(s):
                same[s.target] = same.get(s.args[0], s.args[0])
        self.uses: Counter[Atom] = Counter()
        self.outside = {same.get(atom, atom) for atom in exits}  # read by an inner block, or handed on
        self.reader: dict[Atom, Statement] = {}
        for s in block.statements:
            self.outside.update(same.get(atom, atom) for atom in statement_free(s))
            if is_alias(s):
                continue
            s = map_statement(s, lambda atom: same.get(atom, atom), lambda block: block)
            for atom in operands(s):
                self.uses[atom] += 1
                self.reader[atom] = s

    def only_here(self, var: Var) -> bool:
        return var not in self.outside and self.uses[var] > 0

    def may_wait(self, var: Var, elementwise) -> bool:
        """Whether `var`, which costs work, may be computed by its reader. `elementwise` tells such operations."""
        if var in self.outside or self.uses[var] != 1:
            return False
        match self.reader[var]:
            case Assign() as s:
                turned = is_turned_for_product(s, self.reader.get(s.target))
                return _takes_once(s, var, elementwise(s.op)) and not turned
            case Accumulate() as s:
                return s.prior == var or same_dims(var, s.target)
            case Store() as s:
                return s.value == var and _fills(s, var)
        return False


def is_turned_for_product(s: Assign, reader: Statement | None) -> bool:
    if s.op != "transpose" or not isinstance(reader, Assign) or reader.op not in PRODUCTS:
        return False
    return all(len(dims_of(atom.type)) <= 2 for atom in reader.args) and not is_few_sums(reader)


def _takes_once(s: Assign, var: Var, elementwise: bool) -> bool:
    place = s.args.index(var)
    if SIZES_ONLY.get(s.op) == place:
        return True
    if s.op in ONCE or s.op in ONE_PASS or s.op == "spread" or is_few_sums(s):
        return True
    if s.op == "getitem":
        arrays = [arg for arg in s.args[1:] if isinstance(arg.type, Array)]
        return place == 0 and all(is_bool(arg.type) for arg in arrays)
    return (elementwise or s.op == "expand") and same_dims(var, s.target)


def _fills(s: Store, var: Var) -> bool:
    """Whether the stored array has as many dimensions as the place it goes to, none of them to be repeated."""
    arrays = [atom for atom in s.operands if isinstance(atom.type, Array)]
    ints = sum(isinstance(e, int) or (isinstance(e, At) and s.operands[e.operand] not in arrays) for e in s.index)
    new = sum(e is None for e in s.index)
    ndim = len(dims_of(s.array.type)) - ints + new
    dims = dims_of(var.type)
    return not arrays and len(dims) == ndim and not any(dim.is_one for dim in dims)
