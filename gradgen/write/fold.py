"""Which values are written inside the expression that reads them, instead of on a line of their own.

A value is folded when it has no name, is read once, in the block that computes it, and nothing in
between changes an array or list that it reads; `i + 1` wherever it is read. A branch whose two sides
are bare expressions folds in the same way, as a conditional expression.

>>> from gradgen.ir import FLOAT, Assign, Block, Function, Var
>>> a, b = Var("a", 0, FLOAT), Var("b", 1, FLOAT)
>>> product, total = Var("", 2, FLOAT), Var("f", 3, FLOAT)
>>> body = Block((Assign(product, "mul", (a, b)), Assign(total, "add", (product, a))), (total,))
>>> folds = fold(Function("f", (a, b), body))
>>> folds.is_written(body.statements[0]), [v.name for v in folds.reads(product)]
(False, ['a', 'b'])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gradgen.analyse.liveness import LIST_UPDATES
from gradgen.analyse.shifts import is_shift
from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    Call,
    For,
    Function,
    If,
    ListOf,
    Origin,
    Scalar,
    Statement,
    Store,
    TupleOf,
    Undefined,
    Var,
    While,
)
from gradgen.ir.walk import block_exits, blocks, operands, targets, uses

LONGEST = 24  # operations in one expression of the backward pass; the user's own statements stay as they are


class Folds:
    """The folded values, by the statement that computes each."""

    def __init__(self) -> None:
        self.folded: dict[Var, Assign | If] = {}
        self.sizes: dict[Var, int] = {}
        self.unpacked: dict[Var, dict[int, Var]] = {}  # tuples that are taken apart where they are made: their items
        self.items: set[Var] = set()

    def is_written(self, statement: Statement) -> bool:
        match statement:
            case Assign(target=target):
                return target not in self.folded and target not in self.items
            case If(results=(result,)):
                return result not in self.folded
        return True

    def writes(self, statement: Statement) -> tuple[Var, ...]:
        """What the text of the statement gives a value to."""
        made = targets(statement)
        return tuple(self.unpacked[made[0]].values()) if made and made[0] in self.unpacked else made

    def written(self, block: Block) -> list[Statement]:
        return [statement for statement in block.statements if self.is_written(statement)]

    def reads(self, atom: Atom) -> Iterator[Var]:
        """The variables that the text of `atom` names."""
        if not isinstance(atom, Var):
            return
        match self.folded.get(atom):
            case None:
                yield atom
            case Assign(args=args):
                for arg in args:
                    yield from self.reads(arg)
            case If() as s:
                for part in (s.test, *s.then.yields, *s.orelse.yields):
                    yield from self.reads(part)


def fold(function: Function) -> Folds:
    folds, count = Folds(), uses(function)
    for block in _all_blocks(function.body):
        _unpack(block, folds, count)
    _Folder(folds, count).block(function.body, function.body.yields)
    return folds


def _all_blocks(block: Block) -> Iterator[Block]:
    yield block
    for statement in block.statements:
        for inner in blocks(statement):
            yield from _all_blocks(inner)


def _unpack(block: Block, folds: Folds, uses: Counter[Var]) -> None:
    """`w, v = np.linalg.eigh(a)`: a tuple of which several items, each once, are all that is read."""
    found: dict[Var, dict[int, Var]] = {}
    for s in block.statements:
        if isinstance(s, Assign) and s.op == "item" and isinstance(s.args[0].type, TupleOf):
            found.setdefault(s.args[0], {}).setdefault(s.param("index"), s.target)  # type: ignore[arg-type]
    here = {target for s in block.statements for target in targets(s)}
    for several, items in found.items():
        if several in here and len(items) == uses[several] > 1:
            folds.unpacked[several] = items
            folds.items.update(items.values())


class _Folder:
    def __init__(self, folds: Folds, uses: Counter[Var]):
        self.folds, self.uses = folds, uses

    def block(self, block: Block, exits: tuple[Atom, ...], around: Statement | None = None) -> None:
        waiting: dict[Var, Assign | If] = {}  # what may be folded, if the next reader is the right one

        def read(atoms: tuple[Atom, ...], origin: Origin | None) -> None:
            for atom in atoms:
                if isinstance(atom, Var) and atom in waiting:
                    self.settle(atom, waiting.pop(atom), origin)

        for s in block.statements:
            for inner in blocks(s):
                self.block(inner, block_exits(s, inner), s)
            read(self._place_for(s), s.origin)
            changed = self._changed(s)
            for var in [var for var, made in waiting.items() if changed and not changed.isdisjoint(self._behind(made))]:
                del waiting[var]
            candidate = self._candidate(s)
            if is_shift(s):
                self.settle(s.target, s, s.origin)
            elif candidate is not None:
                waiting[candidate] = s  # type: ignore[assignment]
        if around is None:
            self._keep_lines(block, waiting)
        carried = set(around.carried) if isinstance(around, For | While) else set()
        for k, atom in enumerate(exits):
            after_hand_over = k >= len(block.yields) and isinstance(atom, Var) and atom in waiting
            if after_hand_over and not carried.isdisjoint(self._behind(waiting[atom])):  # type: ignore[index]
                continue  # `leave` is tested after the carried names have been given their next values
            read((atom,), None)

    def _keep_lines(self, block: Block, waiting: dict[Var, Assign | If]) -> None:
        """A result is computed where the user computed it, not after the backward pass that follows."""
        last = block.statements[-1].origin if block.statements else None
        for var in [var for var, made in waiting.items() if made.origin != last]:
            del waiting[var]

    def settle(self, var: Var, made: Assign | If, origin: Origin | None) -> None:
        size = 1 + sum(self.folds.sizes.get(v, 0) for v in operands(made) if isinstance(v, Var))
        generated = made.origin is None or made.origin.text.startswith("backprop ")
        if generated and size > LONGEST:
            return
        self.folds.sizes[var] = size
        self.folds.folded[var] = made

    def _place_for(self, s: Statement) -> tuple[Atom, ...]:
        """The operands in whose place an expression may be written."""
        if isinstance(s, Store):
            return (*s.operands, s.value)
        if isinstance(s, Accumulate) and not isinstance(s.target.type, Scalar):
            return (s.value,)
        if isinstance(s, Assign) and s.op in LIST_UPDATES:
            return s.args[1:]
        if isinstance(s, Assign) and s.op == "identity" and s.param("in_place"):
            return ()  # `dy = prod`: what is computed is no adjoint yet, see `lower.replacing`
        return operands(s)

    def _candidate(self, s: Statement) -> Var | None:
        match s:
            case Assign(op="draw"):
                return None  # draws stay in their order
            case Assign(target=target) if s.op not in LIST_UPDATES and self._unnamed(target) and self._has_line(target):
                return target
            case If(results=(target,)) if self._unnamed(target) and self._is_expression(s):
                return target
        return None

    def _has_line(self, var: Var) -> bool:
        return var not in self.folds.unpacked and var not in self.folds.items

    def _unnamed(self, var: Var) -> bool:
        return self.uses[var] == 1 and not var.name and (var.of is None or (not var.of.name and not var.of.of))

    def _is_expression(self, s: If) -> bool:
        return is_expression(s, self.folds)

    def _behind(self, made: Assign | If) -> set[Var]:
        """What the expression names, at any depth."""
        sources = operands(made) + (made.then.yields + made.orelse.yields if isinstance(made, If) else ())
        return {var for atom in sources for var in self.folds.reads(atom)}

    def _changed(self, s: Statement) -> set[Var]:
        """The arrays and lists that the statement may change in place."""
        match s:
            case Store(array=prior) | Accumulate(prior=prior):
                changed = [prior]
            case Assign() if s.op in LIST_UPDATES:
                changed = [s.args[0]]
            case For() | While():
                changed = [
                    *s.inits,
                    *(atom for inner in blocks(s) for each in inner.statements for atom in self._changed(each)),
                ]
            case If():
                changed = [atom for inner in blocks(s) for each in inner.statements for atom in self._changed(each)]
            case Call():
                changed = []
            case _:
                return set()
        return {atom for atom in changed if isinstance(atom, Var) and isinstance(atom.type, Array | ListOf)}


def is_expression(s: If, folds: Folds) -> bool:
    """Whether the branch can be written as `a if test else b`."""
    if len(s.results) != 1 or any(isinstance(b.yields[0], Undefined) for b in (s.then, s.orelse)):
        return False
    return not folds.written(s.then) and not folds.written(s.orelse)
