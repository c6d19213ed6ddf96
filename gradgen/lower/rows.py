"""What can be done for a block of an array's rows at a time: products with them, loops over them, sums over them.

`Rows` parts the statements of a function: the chain of those that are done in blocks, what goes before, and what goes
after it. In the chain are new arrays of as many rows, products `x @ w` with what no block changes, loops over all rows,
and sums over rows, `x.T @ r` and `r @ x`. What one changes and another touches is each row's own. Sizes are the same if
their types say so, or if a check that goes before has found them equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Dim,
    For,
    Function,
    If,
    Scalar,
    Statement,
    Store,
    Var,
    While,
    dims_of,
)
from gradgen.ir.known import integer_of, runs_through
from gradgen.ir.walk import operands, statement_free, statements, targets
from gradgen.lower.accesses import Memory, Place, accesses
from gradgen.lower.facts import Facts, facts_of, hangs, has_effects
from gradgen.lower.hoisting import is_check

OWN: Place = ((None, -1),)  # stands for each iteration's own row

Key = Dim | Atom | int


def summed_over(s: Statement, transposes: Mapping[Atom, Atom]) -> Var | None:
    """The matrix over whose rows a product sums: `x.T @ r`, or `r @ x` of a vector."""
    if not (isinstance(s, Assign) and s.op == "dot" and isinstance(s.target.type, Array)):
        return None
    left, right = s.args
    if left in transposes:
        left = transposes[left]
        return left if isinstance(left, Var) and len(dims_of(left.type)) == 2 else None
    if len(dims_of(left.type)) != 1 or not isinstance(right, Var) or right in transposes:
        return None
    return right if len(dims_of(right.type)) == 2 else None


@dataclass
class Rows:
    """What is done in blocks of the rows of which there are `rows`, what goes before it, and what after."""

    function: Function
    rows: Dim
    memory: Memory
    transposes: Mapping[Atom, Atom]
    before: list[Statement] = field(default_factory=list)
    chain: list[Assign | For] = field(default_factory=list)
    after: list[Statement] = field(default_factory=list)
    same: dict[Key, Key] = field(default_factory=dict)  # sizes found equal
    sums: set[Var] = field(default_factory=set)  # results that hang on all blocks
    whole: set[Var] = field(default_factory=set)  # products that are read elsewhere
    facts: dict[int, Facts] = field(default_factory=dict)  # by the identity of the function's statements

    def gathered(self) -> bool:
        """Whether there is a matrix that is read, or made, and then summed over."""
        self.part()
        while found := {s.target for s in self.chain if self.is_product(s)} - {*self._local_products()}:
            self.whole |= found
            self.part()
        summed = {summed_over(s, self.transposes) for s in self.chain if self.is_sum(s)}
        read = {s.args[0] for s in self.chain if self.is_product(s)} | self._made()
        return not summed.isdisjoint(read) and self.may_be_apart()

    def _local_products(self) -> Iterator[Var]:
        local = self.local()
        return (s.target for s in self.chain if self.is_product(s) and self.memory.key(s.target) in local)

    def part(self) -> None:
        """Sort the statements; what follows the last sum is not done in blocks."""
        self.before, self.chain, self.after, self.same, self.sums = [], [], [], {}, set()
        for s in self.function.body.statements:
            self._sort(s)
        last = max((k for k, s in enumerate(self.chain) if self.ends(s)), default=-1)
        moved, self.chain = self.chain[last + 1 :], self.chain[: last + 1]
        self.after = [s for s in self.function.body.statements if s in moved or s in self.after]
        self.before = [s for s in self.function.body.statements if s in self.before]

    def _sort(self, s: Statement) -> None:
        if isinstance(s, Assign):
            self._note_size(s)
        early = not any(self._hangs(s, one) for one in self.after)
        if early and not self._joins(s):
            self._make_way(s)
        if early and self._joins(s):
            self.chain.append(s)
            self.sums.update(self._sums(s))
            return
        late = not early or any(self._hangs(s, one) for one in self.chain)
        if late or (has_effects(s) and any(map(has_effects, self.after))):
            self.after.append(s)
            return
        self.before.append(s)
        if is_check(s) and isinstance(s.test, Var):
            made = next((one for one in self.before if isinstance(one, Assign) and one.target == s.test), None)
            if made is not None and made.op == "ne":
                a, b = map(self._size, made.args)
                self.same[a] = b

    def _joins(self, s: Statement) -> TypeGuard[Assign | For]:
        return isinstance(s, Assign | For) and self.fits(s) and self.sums.isdisjoint((*operands(s), *statement_free(s)))

    def _hangs(self, s: Statement, earlier: Statement) -> bool:
        for one in (s, earlier):
            if id(one) not in self.facts:
                self.facts[id(one)] = facts_of(one, self.memory)
        return hangs(self.facts[id(s)], self.facts[id(earlier)])

    def _make_way(self, s: Statement) -> None:
        """Put ahead of the blocks what `s`, which cannot be one of them, needs of the chain, unless that must stay."""
        needed: list[Statement] = []
        for one in reversed(self.chain):
            if any(self._hangs(other, one) for other in (s, *needed)):
                needed.append(one)
        if not any(self.stays(one) for one in needed):
            self.before += needed
            self.chain = [one for one in self.chain if one not in needed]
            self.sums = {var for one in self.chain for var in self._sums(one)}

    def _sums(self, s: Assign | For) -> Iterator[Var]:
        if isinstance(s, Assign):
            return iter((s.target,) if self.is_sum(s) else ())
        return (var for var in s.results if isinstance(var.type, Scalar))

    # Sizes

    def _note_size(self, s: Assign) -> None:
        if s.op == "size":
            self.same.setdefault(s.target, _dim(dims_of(s.args[0].type)[s.param("axis")]))

    def _size(self, atom: Atom | Dim) -> Key:
        number = None if isinstance(atom, Dim) else integer_of(atom)
        key: Key = _dim(atom) if isinstance(atom, Dim) else atom if number is None else number
        seen: set[Key] = set()
        while key in self.same and key not in seen:
            seen.add(key)
            key = self.same[key]
        return key

    def are_equal(self, a: Atom | Dim, b: Atom | Dim) -> bool:
        return self._size(a) == self._size(b)

    def is_rows(self, size: Atom | Dim) -> bool:
        return self.are_equal(size, self.rows)

    # Kinds of statements

    def fits(self, s: Assign | For) -> bool:
        if isinstance(s, For):
            return self.is_over_rows(s)
        return self.is_new(s) or self.is_product(s) or self.is_sum(s) or self.is_turned(s)

    def ends(self, s: Assign | For) -> bool:
        """Whether the chain may end with it."""
        return self.is_sum(s)

    def stays(self, s: Statement) -> bool:
        """Whether it is what the blocks are for."""
        return self.is_product(s) or self.is_sum(s)

    def is_over_rows(self, s: For) -> bool:
        plain = runs_through(s) and not s.backward
        return plain and (self._size(s.start), self._size(s.step)) == (0, 1) and self.is_rows(s.stop)

    def is_new(self, s: Statement) -> TypeGuard[Assign]:
        return isinstance(s, Assign) and s.op in ("empty", "zeros") and self.is_rows(s.args[0])

    def is_product(self, s: Statement) -> TypeGuard[Assign]:
        """Of rows with what is the same for all of them."""
        if not (isinstance(s, Assign) and s.op == "dot" and isinstance(s.target.type, Array)) or self.is_sum(s):
            return False
        if s.target in self.whole:
            return False
        left = s.args[0]
        two = len(dims_of(left.type)) == 2 and left not in self.transposes
        return two and self.is_rows(dims_of(left.type)[0])

    def is_sum(self, s: Statement) -> TypeGuard[Assign]:
        matrix = summed_over(s, self.transposes)
        return matrix is not None and self.is_rows(dims_of(matrix.type)[0])

    def is_turned(self, s: Statement) -> TypeGuard[Assign]:
        """The transpose of what is made in blocks."""
        return isinstance(s, Assign) and s.op == "transpose" and s.args[0] in self._made()

    # Whether it is right

    def may_be_apart(self) -> bool:
        """Whether no block needs what another one makes."""
        return self._agree() and self._stay_inside()

    def _made(self) -> set[Atom]:
        return {var for s in self.chain for var in targets(s) if not self.is_sum(s)}

    def places(self, s: Assign | For) -> Iterator[tuple[Var, Place, bool, bool]]:
        """The arrays that a statement touches: where, whether it changes them, whether it only adds to them."""
        if isinstance(s, For):
            found = accesses(s, self.memory)
            for key, places in found.places.items():
                adds = key in found.written and key not in found.not_only_added
                indices = [(one.index, 0) for one in self.over_rows(s)]
                for place in places:
                    own = OWN if place and place[0] in indices else place
                    yield key, own, key in found.written, adds
        elif self.is_product(s) or self.is_sum(s):
            matrix = summed_over(s, self.transposes) if self.is_sum(s) else s.args[0]
            for arg in s.args:
                var = self.transposes.get(arg, arg)
                own = OWN if self.is_sum(s) or var == matrix else ()
                yield self.memory.key(var), own, False, False
            yield self.memory.key(s.target), () if self.is_sum(s) else OWN, True, False

    def _agree(self) -> bool:
        """Whether what one changes and another touches is each row's own, or is only added to."""
        touched: dict[Var, list[tuple[int, Place, bool, bool]]] = {}
        for k, s in enumerate(self.chain):
            if isinstance(s, For) and (accesses(s, self.memory).effects or accesses(s, self.memory).slots):
                return False
            for key, place, changes, adds in self.places(s):
                touched.setdefault(key, []).append((k, place, changes, adds))
        for key, found in touched.items():
            changed, several = any(one[2] for one in found), len({one[0] for one in found}) > 1
            if changed and several and not all(one[1] == OWN for one in found) and not all(one[3] for one in found):
                return False
            if changed and any(key != met and self.memory.roots(key) & self.memory.roots(met) for met in touched):
                return False
        return True

    def local(self) -> set[Var]:
        """The arrays that are made here and read nowhere else."""
        made = {self.memory.key(s.target) for s in self.chain if self.is_new(s) or self.is_product(s)}
        later = {atom for s in self.after for atom in (*operands(s), *statement_free(s))}
        roots = [self.memory.roots(v) for v in (*later, *self.function.body.yields) if isinstance(v, Var)]
        return {key for key in made if not any(key in one for one in roots)}

    def _stay_inside(self) -> bool:
        local = self.local()
        for s in self.chain:
            if self.is_turned(s) and not local & self.memory.roots(s.target):
                return False
            if isinstance(s, For) and not _indexed(s, self.over_rows(s), local, self.memory):
                return False
        return not self._reads_old()

    def over_rows(self, s: For) -> list[For]:
        """The loops over rows that a statement of the chain is."""
        return [s]

    def _reads_old(self) -> bool:
        """Whether an array is read, or changed otherwise, as it was before a loop has changed it."""
        old: set[Atom] = set()
        for s in (*self.chain, *self.after):
            reads = {*operands(s), *statement_free(s)}
            if not old.isdisjoint(reads):
                return True
            if isinstance(s, For) and s in self.chain:
                old.update(init for init in s.inits if isinstance(init.type, Array))
        return not old.isdisjoint(self.function.body.yields)


def _indexed(loop: For, over_rows: list[For], local: set[Var], memory: Memory) -> bool:
    """Whether the loop finds a row of what is made for a block by its place only, and asks no size of it."""
    indices = [one.index for one in over_rows]
    for s in statements(loop.body):
        if isinstance(s, For | If | While):
            continue  # hands arrays on
        touches = any(isinstance(atom, Var) and memory.key(atom) in local for atom in operands(s))
        found = place_of(s, local, memory)
        if touches and (found is None or found[1][found[0]] not in indices):
            return False
    return True


def place_of(s: Statement, local: set[Var], memory: Memory) -> tuple[int, tuple[Atom, ...]] | None:
    """Where an element of a local array is read or stored: which operand tells the row, and the operands."""
    match s:
        case Store(array=Var() as array, index=(At(operand=k), *_), operands=found) if memory.key(array) in local:
            return k, found
        case Assign(op="getitem", args=(Var() as array, *found)) if memory.key(array) in local:
            first = s.param("index")[0]
            return (first.operand, tuple(found)) if isinstance(first, At) else None
    return None


def _dim(dim: Dim) -> Key:
    return dim if dim.constant is None else dim.constant
