"""Reverse mode: from a program to the statements that carry adjoints from its results to its parameters.

The primal's statements are gone through last to first. Each appends the statements of its adjoint to
the builder and gives the primal statement back, extended by what backward needs of it: a `Save` in a
loop, a further result of a branch. Adjoint statements name primal values directly; where a value is
not alive any more, `State.restore` makes it so.

Does not decide: how contributions are added up (`accumulate`), what is recomputed and what saved
(`analyse.keep`), what a rule says (`partials`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradgen.analyse import keep
from gradgen.analyse.activity import active
from gradgen.analyse.distinct import may_repeat
from gradgen.differentiate.loops import Loops
from gradgen.differentiate.partials import reverse_assign, reverse_pick, reverse_several
from gradgen.differentiate.picks import with_places
from gradgen.differentiate.segments import run_first, segmented
from gradgen.differentiate.several import completed, is_item
from gradgen.differentiate.state import Region
from gradgen.differentiate.undefined import defined, looked_at
from gradgen.errors import Position, UnsupportedSyntax
from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    Call,
    Const,
    Effect,
    For,
    Function,
    If,
    Load,
    Opaque,
    Open,
    Origin,
    Save,
    Slice,
    Statement,
    Store,
    Undefined,
    Var,
    While,
    dims_of,
    is_float,
)
from gradgen.rules import symbols
from gradgen.rules.build import Builder, constant_atom
from gradgen.rules.symbols import Sym


@dataclass(frozen=True, slots=True)
class Reversed:
    """`primal` computes what `adjoint` needs; `gradients[k]` is the gradient by the k-th variable asked for.

    `called`: the functions whose `_forward` and `_backward` they call. `again`: by their indices, the loops of
    `adjoint` that run loops of the primal again, see `again`.
    """

    primal: tuple[Statement, ...]
    adjoint: tuple[Statement, ...]
    gradients: tuple[Atom, ...]
    called: tuple[str, ...]
    again: dict[Var, Var]


def reverse(
    function: Function, wrt: tuple[Var, ...], seeds: dict[Var, Atom], builder: Builder, frugal: bool = False
) -> Reversed:
    """Differentiate `function` by its parameters `wrt`; `seeds` gives the adjoints of its results.

    `frugal`: keeping an array costs more than making it again, see `analyse.rerun`.
    """
    function, items = completed(function, builder)
    marks = active(function, wrt, seeds)
    function, places = with_places(function, marks, builder)
    builder.remember(function.body)
    reverser = _Reverser(builder, marks, items, function, frugal)
    reverser.adjoints.places = places
    with builder.collect() as adjoint:
        for result, seed in seeds.items():
            if result in marks:
                reverser.adjoints.current[result] = seed
        primal = reverser.block(function.body, in_loop=False, outermost=True)
        finished = tuple(reverser.adjoints.owned(reverser.adjoints.take(var), var) for var in wrt)
    opens = [Open(slot) for slot in reverser.adjoint_slots.values()]
    return Reversed(tuple(primal), (*opens, *adjoint), finished, tuple(reverser.called), reverser.again)


class _Reverser(Loops):
    def block(self, block: Block, in_loop: bool, outermost: bool = False) -> list[Statement]:
        """Append the adjoint of a block's statements; return them as the primal has to run them."""
        primal: list[Statement] = []
        start, around = len(self.builder.statements), self.following
        statements = self.in_segments(block)
        for at in range(len(statements) - 1, -1, -1):
            statement, self.following = statements[at], tuple(statements[at + 1 :])
            origin = statement.origin
            with self.builder.at(origin and backprop(origin)):
                primal.append(self.statement(statement, in_loop))
            if outermost:
                primal += [Open(slot) for slot in reversed(self.new_slots)]
                self.new_slots.clear()
        self.adjoints.settle(tuple(self.adjoints.picks))
        opened = [s.slot for s in block.statements if isinstance(s, Open) and s.slot in self.adjoint_slots]
        self.builder.statements[start:start] = [Open(self.adjoint_slots.pop(slot)) for slot in opened]
        self.following = around
        primal.reverse()
        return primal

    def statement(self, s: Statement, in_loop: bool) -> Statement:
        match s:
            case Assign():
                self.assign(s)
            case Accumulate():
                self.accumulation(s)
            case Store():
                self.store(s)
            case If(recompute=True):
                return self.recomputed(s)
            case If():
                return self.branches(s, in_loop)
            case For() | While():
                return self.loop(s)
            case Save():
                self.save(s)
            case Load():
                self.load(s)
            case Call():
                return self.call(s)
            case Effect() | Open():
                pass
        return s

    # One statement

    def assign(self, s: Assign) -> None:
        if is_item(s):
            return  # its adjoint waits for that of the operation, which has those of all its items
        if s.target in self.items:
            reverse_several(s, self.items[s.target], self.adjoints)
            return
        pick = self.adjoints.take_pick(s.target)
        if pick is not None:
            if reverse_pick(s, pick, self.adjoints):
                return
            self.adjoints.pick(s.target, pick)
        adjoint = self.adjoints.take(s.target)
        if adjoint is not None:
            reverse_assign(s, Sym(adjoint, self.builder), self.adjoints)

    def accumulation(self, s: Accumulate) -> None:
        adjoint = self.adjoints.take(s.target)
        if adjoint is not None:
            for part in (s.prior, s.value):
                self.adjoints.contribute(part, Sym(adjoint, self.builder), like=s.target)

    def store(self, s: Store) -> None:
        """What was stored takes the adjoint at its place; what was overwritten there gets none."""
        adjoint = self.adjoints.take(s.target)
        if adjoint is None:
            return
        if replaces_all(s):
            if self.adjoints.is_active(s.value):
                self.adjoints.contribute(s.value, Sym(adjoint, self.builder), like=s.target)
            return
        full = self.adjoints.full(adjoint, s.target)
        if self.adjoints.is_active(s.value):
            read = self._read(Sym(full, self.builder), s)
            if read.is_array and s.mode == "set":  # a copy, since the place it is read from is cleared next
                read = symbols.apply("copy", read)
            self.adjoints.contribute(s.value, read, like=read.atom)
        if self.adjoints.is_active(s.array):
            if s.mode == "set":
                full = self.builder.store(full, s.index, s.operands, Const(0.0, constant_atom(0.0).type), of=s.array)
            self.adjoints.contribute(s.array, Sym(full, self.builder))

    def _read(self, adjoint: Sym, s: Store) -> Sym:
        """The adjoint of what was stored: none of what was overwritten by the same store."""
        operands = [Sym(atom, adjoint.builder) for atom in s.operands]
        if not isinstance(s.target.type, Array):
            return symbols.apply("item", adjoint, *operands)
        read = symbols.apply("getitem", adjoint, *operands, index=s.index)
        if s.mode == "add" or not may_repeat(s.index, s.operands, self.builder.primal):
            return read
        stays = symbols.apply("stays", adjoint, *operands, index=s.index)
        return symbols.apply("where", stays, read, 0.0)

    def save(self, s: Save) -> None:
        if s.slot in self.adjoint_slots and self.adjoints.is_active(s.value):
            slot = self.adjoint_slots[s.slot]
            loaded = self.builder.load(slot, self.builder.var("", slot.type, of=s.value))
            self.adjoints.contribute(s.value, Sym(loaded, self.builder))
        elif s.slot in self.adjoint_slots:
            self.builder.load(self.adjoint_slots[s.slot], self.builder.var("", s.slot.type))

    def load(self, s: Load) -> None:
        if s.target in self.marks:
            slot = self.adjoint_slots.get(s.slot) or self.builder.slot("d" + s.slot.name, s.slot.type)
            self.adjoint_slots[s.slot] = slot
            self.builder.save(slot, self.adjoints.full(self.adjoints.take(s.target), s.target))

    def call(self, s: Call) -> Call:
        """A function that is not inlined has a forward and a backward of its own."""
        if any(isinstance(target.type, Opaque) for target in s.targets):
            raise self._second_of_recursion(s)  # what is in its cache depends on what it is given
        finished = [self.adjoints.take(target) for target in s.targets]
        if all(adjoint is None for adjoint in finished):
            return s
        cache = self.builder.var(f"{s.function}_cache", Opaque())
        upstream = [
            self.adjoints.full(adjoint, target)
            for adjoint, target in zip(finished, s.targets, strict=True)
            if is_float(target.type)
        ]
        inputs = [arg for arg in s.args if is_float(arg.type)]
        made = tuple(self.builder.var("", arg.type, of=arg if isinstance(arg, Var) else None) for arg in inputs)
        self.builder.append(Call(made, f"{s.function}_backward", (cache, *upstream), self.builder.origin))
        for arg, adjoint in zip(inputs, made, strict=True):
            self.adjoints.contribute(arg, Sym(adjoint, self.builder))
        self.called.setdefault(s.function)
        return replace(s, targets=(*s.targets, cache), function=f"{s.function}_forward")

    def _second_of_recursion(self, s: Call) -> UnsupportedSyntax:
        name, at = s.function.partition("_rec")[0], s.origin
        where = None if at is None else Position(at.filename, at.line, at.column, at.text)
        return UnsupportedSyntax(f"`{name}`, which calls itself, in a derivative of a derivative", where, "a loop")

    # What is run again

    def in_segments(self, block: Block) -> list[Statement]:
        """The statements, with loops of several levels as loops over segments."""
        made: list[Statement] = []
        for s in block.statements:
            if not isinstance(s, For) or s.levels == 1:
                made.append(s)
                continue
            with self.builder.collect() as statements, self.builder.at(s.origin):
                active = segmented(s, self.marks, self.builder)
            made += statements
            self.marks = self.adjoints.active = self.marks | active
        return made

    def recomputed(self, s: If) -> If:
        """Backward runs the block again, with what its adjoint needs alive, and then the adjoint.

        The two are to be run again as one, if this is differentiated itself.
        """
        finished = [self.adjoints.take(result) for result in s.results]
        around = self.new_slots, self.adjoint_slots, self.iterated, self.most
        self.new_slots, self.adjoint_slots, self.iterated, self.most = [], {}, frozenset(), keep.ANY
        with self.builder.collect() as adjoint:
            for value, to in zip(finished, s.then.yields, strict=True):
                if value is not None:
                    self.adjoints.hand_on(to, value)
            primal = self.block(s.then, in_loop=False, outermost=True)
        opens = [Open(slot) for slot in self.adjoint_slots.values()]
        self.new_slots, self.adjoint_slots, self.iterated, self.most = around
        if adjoint:
            again = defined(tuple(primal), looked_at(tuple(primal), tuple(adjoint)), self.builder)
            self.builder.append(run_first(s, again, [*opens, *adjoint], self.builder))
        return s

    # Structure

    def branches(self, s: If, in_loop: bool) -> Statement:
        """The same test chooses between the adjoints of the branches."""
        finished = [self.adjoints.take(result) for result in s.results]
        outside = self.active_outside(s)
        self.adjoints.settle(outside)
        start = {var: self.adjoints.current[var] for var in outside if var in self.adjoints.current}
        primal, adjoint, after = [], [], []
        for branch in (s.then, s.orelse):
            with self.builder.collect() as statements, self.adjoints.scope(start) as current:
                for value, to in zip(finished, branch.yields, strict=True):
                    if value is not None:
                        self.adjoints.hand_on(to, value)
                primal.append(self.block(branch, in_loop))
            adjoint.append(statements)
            after.append(current)
        touched = [v for v in outside if any(state.get(v) is not start.get(v) for state in after)]
        yields = []
        for statements, state in zip(adjoint, after, strict=True):
            with self.builder.collect() as more:
                yields.append(tuple(self.adjoints.full(state.get(var), var) for var in touched))
            statements += more
        results = tuple(self.builder.var("", self.adjoint_type(var), of=var) for var in touched)
        self.adjoints.current.update(zip(touched, results, strict=True))
        restored = [
            self.restore(Region(branch, kept, statements, exits), in_loop)
            for branch, kept, statements, exits in zip((s.then, s.orelse), primal, adjoint, yields, strict=True)
        ]
        exported = tuple(var for region in restored for var in region.exported)
        if any(region.statements for region in restored) or touched:
            blocks = [Block(tuple(region.statements), region.exits) for region in restored]
            self.builder.append(If(s.test, blocks[0], blocks[1], results, self.builder.origin))
        return self._export(s, restored, exported)

    def _export(self, s: If, restored: list[Region], exported: tuple[tuple[Var, Var], ...]) -> If:
        """The branch statement with the values that backward reads from inside it as further results."""
        blocks = []
        for region, branch in zip(restored, (s.then, s.orelse), strict=True):
            own = {inner for inner, _ in region.exported}
            more = tuple(inner if inner in own else Undefined(inner.type) for inner, _ in exported)
            blocks.append(Block(tuple(region.primal), branch.yields + more))
        return replace(s, then=blocks[0], orelse=blocks[1], results=s.results + tuple(out for _, out in exported))


def replaces_all(s: Store) -> bool:
    """Whether all of an array is overwritten, by what broadcasts to it."""
    whole = all(entry is Ellipsis or entry == Slice(None, None, None) for entry in s.index)
    return s.mode == "set" and whole and len(dims_of(s.value.type)) <= len(dims_of(s.target.type))


def backprop(origin: Origin) -> Origin:
    """The origin of adjoint statements: the same place, marked for the writer's comments."""
    return origin if origin.text.startswith("backprop ") else replace(origin, text="backprop " + origin.text)
