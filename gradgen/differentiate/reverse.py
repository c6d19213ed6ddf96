"""Reverse mode: from a program to the statements that carry adjoints from its results to its parameters.

The primal's statements are gone through last to first. Each appends the statements of its adjoint to
the builder and gives the primal statement back, extended by what backward needs of it: a `Save` in a
loop, a further result of a branch. Adjoint statements name primal values directly; where a value is
not alive any more, `_Reverser.restore` makes it so.

Does not decide: how contributions are added up (`accumulate`), what is recomputed and what saved
(`analyse.keep`), what a rule says (`partials`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeGuard

from gradgen.analyse import keep, rerun
from gradgen.analyse.activity import active
from gradgen.analyse.distinct import may_repeat
from gradgen.analyse.independent import independent
from gradgen.analyse.standing import standing
from gradgen.differentiate import again
from gradgen.differentiate.accumulate import Adjoints
from gradgen.differentiate.partials import reverse_assign, reverse_pick, reverse_several
from gradgen.differentiate.picks import with_places
from gradgen.differentiate.segments import run_first, segmented
from gradgen.differentiate.several import Items, completed, is_item
from gradgen.errors import Position, UnsupportedSyntax
from gradgen.ir import (
    INT,
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
    ListOf,
    Load,
    Opaque,
    Open,
    Origin,
    Save,
    Scalar,
    Slice,
    Slot,
    Statement,
    Store,
    Undefined,
    Var,
    While,
    dims_of,
    is_float,
)
from gradgen.ir.walk import block_params, free_variables, statement_free, substitute, targets
from gradgen.ir.walk import statements as all_statements
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


class _Reverser:
    def __init__(self, builder: Builder, marks: frozenset[Var], items: Items, function: Function, frugal: bool = False):
        self.builder, self.items, self.changed, self.frugal = builder, items, changed_later(function), frugal
        self.sizes = {dim: (var, axis) for var in function.params for axis, dim in enumerate(dims_of(var.type))}
        self.standing: dict[Var, Assign] = {}  # what is read in loops and can be read again after them
        self.adjoints = Adjoints(builder, marks)
        self.marks = marks
        self.new_slots: list[Slot] = []  # made since the last statement of the outermost block, which opens them
        self.adjoint_slots: dict[Slot, Slot] = {}
        self.called: dict[str, None] = {}  # the functions of which a forward and a backward are needed
        self.thrifty = False  # whether little is to be kept even if more is computed
        self.iterated: frozenset[Var] = frozenset()  # what the loops around the current statement define anew each time
        self.again: dict[Var, Var] = {}
        self.repeating = False  # whether the current statement is one of an iteration that will run again
        self.following: tuple[Statement, ...] = ()  # what comes after the current statement in its block

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
                return self.independent(s) if self._runs_again(s) else self.loop(s)
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
            loaded = self.builder.load(slot, self.builder.var("", slot.type, of=s.value))  # type: ignore[arg-type]
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
        around = self.new_slots, self.adjoint_slots, self.iterated, self.thrifty
        self.new_slots, self.adjoint_slots, self.iterated, self.thrifty = [], {}, frozenset(), True
        with self.builder.collect() as adjoint:
            for value, to in zip(finished, s.then.yields, strict=True):
                if value is not None:
                    self.adjoints.hand_on(to, value)
            primal = self.block(s.then, in_loop=False, outermost=True)
        opens = [Open(slot) for slot in self.adjoint_slots.values()]
        self.new_slots, self.adjoint_slots, self.iterated, self.thrifty = around
        if adjoint:
            self.builder.append(run_first(s, primal, [*opens, *adjoint], self.builder))
        return s

    # Structure

    def branches(self, s: If, in_loop: bool) -> Statement:
        """The same test chooses between the adjoints of the branches."""
        finished = [self.adjoints.take(result) for result in s.results]
        outside = self._active_outside(s)
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
        results = tuple(self.builder.var("", self._adjoint_type(var), of=var) for var in touched)
        self.adjoints.current.update(zip(touched, results, strict=True))
        restored = [
            self.restore(_Region(branch, kept, statements, exits), in_loop)
            for branch, kept, statements, exits in zip((s.then, s.orelse), primal, adjoint, yields, strict=True)
        ]
        exported = tuple(var for region in restored for var in region.exported)
        if any(region.statements for region in restored) or touched:
            blocks = [Block(tuple(region.statements), region.exits) for region in restored]
            self.builder.append(If(s.test, blocks[0], blocks[1], results, self.builder.origin))
        return self._export(s, restored, exported)

    def _export(self, s: If, restored: list[_Region], exported: tuple[tuple[Var, Var], ...]) -> If:
        """The branch statement with the values that backward reads from inside it as further results."""
        blocks = []
        for region, branch in zip(restored, (s.then, s.orelse), strict=True):
            own = {inner for inner, _ in region.exported}
            more = tuple(inner if inner in own else Undefined(inner.type) for inner, _ in exported)
            blocks.append(Block(tuple(region.primal), branch.yields + more))
        return replace(s, then=blocks[0], orelse=blocks[1], results=s.results + tuple(out for _, out in exported))

    def _runs_again(self, s: For | While) -> TypeGuard[For]:
        """An iteration that runs again keeps what its inner loops need, so that these do not run a third time; but
        where they run only for backward, or forward and backward become one, they keep nothing either."""
        if not isinstance(s, For) or not independent(s, self.marks):
            return False
        ends = not any(result in again.read(after) for result in s.results for after in self.following)
        return not self.repeating or ends or self._known_before(s)

    def _known_before(self, s: For) -> bool:
        """Whether the adjoints that go into the loop hang on nothing that it makes."""
        made = set(s.results)
        for after in self.following:
            if not made.isdisjoint(again.read(after)):
                made.update(targets(after))
        wanted = {self.adjoints.current.get(var) for var in (*s.results, *self._active_outside(s))}
        for adjoint in reversed(self.builder.statements):
            if not wanted.isdisjoint(targets(adjoint)):
                wanted |= again.read(adjoint)
        return wanted.isdisjoint(made)

    def independent(self, s: For) -> Statement:
        """Each iteration runs once more, and its adjoint follows at once: nothing is kept."""
        self.adjoints.settle((*s.results, *self._active_outside(s)))
        whole = self._known_before(s)
        finished = [self.adjoints.take(result) for result in s.results]
        incoming = [
            adjoint and self.adjoints.full(adjoint, result) for adjoint, result in zip(finished, s.results, strict=True)
        ]
        outside = self._active_outside(s)
        sums = {var: self.builder.var("", self._adjoint_type(var), of=var) for var in outside}
        # Of an array from before, elements that are set in the loop take their adjoints away.
        changed = [k for k, init in enumerate(s.inits) if incoming[k] is not None and self._is_active_array(init)]
        params = {k: self.builder.var("", incoming[k].type, of=s.carried[k]) for k in changed}  # type: ignore[union-attr]
        before = self.new_slots, self.repeating
        self.new_slots, self.repeating = [], True
        with self.builder.collect() as statements, self.adjoints.scope(dict(sums)) as current:
            for k, (given, adjoint) in enumerate(zip(s.body.yields, incoming, strict=True)):
                if adjoint is not None:
                    self.adjoints.hand_on(given, params.get(k, adjoint))
            primal = self.block(s.body, in_loop=False, outermost=True)
            onward = [self.adjoints.full(current.pop(s.carried[k], None), params[k]) for k in changed]
            touched = [var for var in outside if current.get(var) is not sums[var]]
            exits = (*onward, *(self.adjoints.full(current[var], var) for var in touched))
        self.new_slots, self.repeating = before
        going = [(params[k], incoming[k], s.inits[k]) for k in changed]
        going += [(sums[var], self._start(var), var) for var in touched]
        results = [self.builder.var("", param.type, of=var) for param, _, var in going]  # type: ignore[arg-type]
        if going:
            copy, stands_for = again.followed(s, primal, self.builder)
            self._rename_again(stands_for)
            if whole:
                self.again[copy.index] = s.index
            added = tuple((param, init, result) for (param, init, _), result in zip(going, results, strict=True))
            repeated = again.with_adjoint(copy, stands_for, Block(tuple(statements), exits), added, whole)  # type: ignore[arg-type]
            self.builder.append(replace(repeated, origin=self.builder.origin))
        left = dict(zip(changed, results, strict=False))
        self.adjoints.current.update(zip(touched, results[len(changed) :], strict=True))
        for k, (init, adjoint) in enumerate(zip(s.inits, incoming, strict=True)):
            if adjoint is not None:
                self.adjoints.hand_on(init, left.get(k, adjoint))
        return s

    def _is_active_array(self, atom: Atom) -> bool:
        return self.adjoints.is_active(atom) and isinstance(atom.type, Array)

    def loop(self, s: For | While) -> Statement:
        """The iterations run again, last to first, with the adjoints of what they carry going round."""
        # A value that each iteration makes anew is not active as what it was before, but as a result.
        state = [k for k, pair in enumerate(zip(s.carried, s.results, strict=True)) if not self.marks.isdisjoint(pair)]
        outside = self._active_outside(s)
        if not state and not outside:
            return s
        self.adjoints.settle(outside)
        incoming = [self.adjoints.full(self.adjoints.take(s.results[k]), s.results[k]) for k in state]
        params = [self.builder.var("", self._adjoint_type(_of_iteration(s, k)), of=s.carried[k]) for k in state]
        sums = {var: self.builder.var("", self._adjoint_type(var), of=var) for var in outside}
        s = self._counted(s)
        if not self.iterated:
            again = standing(s, self.builder.primal)
            self.standing |= {read: made for read, made in again.items() if made.args[0] not in self.changed}
        runs_again = self.frugal and rerun.pays(s, self.marks)
        around, before = self.iterated, (self.new_slots, self.repeating)
        if runs_again:
            self.new_slots, self.repeating = [], True
        else:
            self.iterated |= _defined_inside(s)
        with self.builder.collect() as statements, self.adjoints.scope(dict(sums)) as current:
            for k, param in zip(state, params, strict=True):
                self.adjoints.hand_on(s.body.yields[k], param)
            primal = self.block(s.body, in_loop=not runs_again, outermost=runs_again)
            onward = [
                self._onward(current.pop(s.carried[k], None), s, k, p) for k, p in zip(state, params, strict=True)
            ]
            touched = [var for var in outside if current.get(var) is not sums[var]]
            totals = [self.adjoints.full(current[var], var) for var in touched]
        exits = (*onward, *totals)
        if runs_again:
            self.new_slots, self.repeating = before
            statements, exits = self._after_iteration(s, primal, statements, exits)
            primal = list(s.body.statements)
        if (
            not state
            and not touched
            and not any(isinstance(made, Save | Load) for made in all_statements(Block(tuple(statements))))
        ):
            self.iterated = around
            return s
        starts = [self._start(var) for var in touched]
        index, free = self._index(s, statements)
        region = self.restore(_Region(s.body, primal, statements, exits, s, index, free), in_loop=True)
        self.iterated = around
        results = [self._starting(s, k, param) for k, param in zip(state, params, strict=True)]
        results += [self.builder.var("", sums[v].type, of=v) for v in touched]
        self._append_loop(s, index, (*params, *(sums[v] for v in touched)), (*incoming, *starts), region, results)
        self.adjoints.current.update(zip(touched, results[len(state) :], strict=True))
        for k, result in zip(state, results, strict=False):
            self.adjoints.hand_on(s.inits[k], result)
        return replace(s, body=Block(tuple(region.primal), s.body.yields))

    def _after_iteration(
        self, s: For | While, primal: list[Statement], adjoint: list[Statement], exits: tuple[Atom, ...]
    ) -> tuple[list[Statement], tuple[Atom, ...]]:
        """The iteration once more, as far as its adjoint needs it, and then the adjoint: both read the state alone."""
        assert isinstance(s, For)
        copy, stands_for = again.followed(s, primal, self.builder)
        self._rename_again(stands_for)
        state = {made: var for var, made in stands_for.items() if var in (s.index, *s.carried)}
        body = again.preceded(copy.body.statements, substitute(Block(tuple(adjoint), exits), stands_for))
        body = substitute(body, state)  # type: ignore[arg-type]
        return list(body.statements), body.yields

    def _rename_again(self, stands_for: dict[Var, Atom]) -> None:
        self.again = {late: stands_for.get(early, early) for late, early in self.again.items()}  # type: ignore[misc]

    def _starting(self, s: For | While, k: int, param: Var) -> Var:
        """The adjoint that the loop leaves of what the k-th carried value was at first: of that one's shape."""
        first = s.inits[k]
        shaped = isinstance(first.type, Array) and not isinstance(first, Undefined)
        return self.builder.var("", first.type if shaped else param.type, of=param.of)

    def _onward(self, adjoint: Atom | None, s: For | While, k: int, incoming: Var) -> Atom:
        """The adjoint that a carried value hands to the iteration before.

        Its shape is that of the adjoint coming in, unless the iterations change the value's shape: so the
        primal value need not be kept for its shape's sake.
        """
        like = incoming if _keeps_its_shape(s, k) else s.carried[k]
        return self.adjoints.zero(like) if adjoint is None else self.adjoints.full(adjoint, like)

    def _start(self, var: Var) -> Atom:
        """Where the sum over the iterations starts: at a buffer of its own, since the loop adds to it in place."""
        prior = self.adjoints.current.get(var)
        start = self.adjoints.owned(prior, var)
        return self.builder.emit("copy", start, of=var) if start is prior and isinstance(var.type, Array) else start

    def _counted(self, s: For | While) -> For | While:
        """Loops that end by a test report how often they went round."""
        if isinstance(s, For) and s.leave is None:
            return s
        return s if s.trips else replace(s, trips=self.builder.var("trips", INT))

    def _index(self, s: For | While, statements: list[Statement]) -> tuple[Var, frozenset[Var]]:
        """The variable of the backward loop; and whether the primal's index comes with it."""
        if isinstance(s, While):
            return self.builder.var("trip", INT), frozenset()
        return self.builder.var(s.index.name, s.index.type), frozenset({s.index})

    def _append_loop(self, s, index: Var, params, inits, region: _Region, results) -> None:
        origin = self.builder.origin
        body = Block(tuple(region.statements), region.exits)
        if isinstance(s, For) and s.leave is None:
            bounds = s.start, s.stop, s.step
        elif isinstance(s, While) or (_is(s.start, 0) and _is(s.step, 1)):
            bounds = constant_atom(0), s.trips, constant_atom(1)
        else:
            length = symbols.apply("mul", Sym(s.trips, self.builder), Sym(s.step, self.builder))
            stop = symbols.add(Sym(s.start, self.builder), length)
            bounds = s.start, stop.atom, s.step
        self.builder.append(
            For(
                index,
                *bounds,
                carried=tuple(params),
                inits=tuple(inits),
                body=body,
                results=tuple(results),
                backward=isinstance(s, While) or not s.backward,
                origin=origin,
            )
        )

    def _active_outside(self, s: If | For | While) -> list[Var]:
        """The active values from outside that the inner blocks read, in the order of first use."""
        inner = (s.then, s.orelse) if isinstance(s, If) else (s.body,)
        params = set(() if isinstance(s, If) else s.carried)
        found: dict[Var, None] = {}
        for block in inner:
            for var in free_variables(block):
                if var in self.marks and var not in params:
                    found.setdefault(var)
        return list(found)

    def _adjoint_type(self, var: Atom):
        return replace(var.type, extent=None) if isinstance(var.type, Scalar) else var.type

    # Values that are not alive any more

    def _of_parameter(self, s: Assign) -> Assign:
        """The size of an array as that of a parameter, which is at hand, where they are the same."""
        dim = dims_of(s.args[0].type)[s.param("axis")]
        if dim not in self.sizes:
            return s
        array, axis = self.sizes[dim]
        return replace(s, args=(array,), params=(("axis", axis),))

    def restore(self, region: _Region, in_loop: bool) -> _Region:
        """Give the adjoint statements of an inner block the primal values of that block.

        Outside loops a branch's values become results of the branch. In a loop they are recomputed at
        the head of the adjoint block, or saved where they are defined and loaded there.
        """
        needed = [v for v in _needed(region) if v in region.defined]
        if region.index is not None and isinstance(region.loop, For):
            needed = [v for v in needed if v != region.loop.index]
            region.rename({region.loop.index: region.index})
        if not in_loop:
            region.exported = tuple((var, self.builder.var(var.name, var.type, var.of)) for var in needed)
            region.rename(dict(region.exported))
            return region
        lost = {var for var in self.iterated if not isinstance(var.type, Scalar)}
        region.definitions |= {var: s for var, s in self.standing.items() if var in region.definitions}
        region.definitions |= {var: self._of_parameter(s) for var, s in region.definitions.items() if s.op == "size"}
        plan = keep.plan(needed, region.definitions, region.defined | lost, region.free, self.thrifty)
        fresh = {v: self.builder.var(v.name, v.type, v.of) for v in (*plan.saved, *plan.recomputed)}
        slots = {var: self.builder.slot(_slot_name(var), var.type) for var in plan.saved}
        self.new_slots += slots.values()
        region.save(slots)
        region.rename(dict(fresh))
        head: list[Statement] = [Load(fresh[var], slots[var]) for var in plan.saved]
        index = {region.loop.index: region.index} if isinstance(region.loop, For) and region.index else {}
        renaming = {**fresh, **index}
        for var in plan.recomputed:
            again = region.definitions[var]
            args = tuple(renaming.get(a, a) if isinstance(a, Var) else a for a in again.args)
            head.append(replace(again, target=fresh[var], args=args, origin=None))
        region.statements = head + region.statements
        return region


class _Region:
    """An inner block of the primal, with its adjoint's statements, while the two are fitted to each other."""

    def __init__(self, block: Block, primal, statements, exits, loop=None, index: Var | None = None, free=frozenset()):
        self.block, self.primal, self.statements, self.exits = block, primal, statements, exits
        self.loop, self.index, self.free = loop, index, free
        self.exported: tuple[tuple[Var, Var], ...] = ()
        params = () if loop is None else block_params(loop)
        self.defined = {*params, *(var for s in primal for var in targets(s))}
        self.definitions = {s.target: s for s in primal if isinstance(s, Assign)}

    def rename(self, mapping: dict[Var, Atom] | dict[Var, Var]) -> None:
        renamed = substitute(Block(tuple(self.statements), self.exits), mapping)  # type: ignore[arg-type]
        self.statements, self.exits = list(renamed.statements), renamed.yields

    def save(self, slots: dict[Var, Slot]) -> None:
        """Save each of these values where it is defined."""
        params = [
            Save(slot, var) for var, slot in slots.items() if var not in {t for s in self.primal for t in targets(s)}
        ]
        body: list[Statement] = list(params)
        for statement in self.primal:
            body.append(statement)
            body += [Save(slots[var], var, statement.origin) for var in targets(statement) if var in slots]
        self.primal = body


def changed_later(function: Function) -> frozenset[Var]:
    """The arrays that something is stored into: to keep one as it is, the text would have to copy it."""
    found: set[Atom] = set()
    for s in all_statements(function.body):
        if isinstance(s, Store):
            found.add(s.array)
        elif isinstance(s, For | While):
            found.update(s.inits)
    return frozenset(atom for atom in found if isinstance(atom, Var))


def _needed(region: _Region) -> dict[Var, None]:
    return free_variables(Block(tuple(region.statements), region.exits))


def _defined_inside(loop: For | While) -> frozenset[Var]:
    inner = {var for s in all_statements(loop.body) for var in (*targets(s), *block_params(s))}
    return frozenset(inner | set(block_params(loop)))


def _of_iteration(s: For | While, k: int) -> Atom:
    """What tells the shape of the k-th carried value at the end of an iteration: sizes may differ between them."""
    given = s.body.yields[k]
    return given if isinstance(given.type, Array) and not isinstance(given, Undefined) else s.results[k]


def _keeps_its_shape(s: For | While, k: int) -> bool:
    """Whether the k-th value that the loop carries has one shape in all iterations."""
    type, init = s.carried[k].type, s.inits[k]
    if isinstance(type, ListOf) or dims_of(type) != dims_of(init.type):
        return isinstance(type, Scalar)
    if not isinstance(init, Undefined):
        return True
    known = {dim.symbol for var in statement_free(s) for dim in dims_of(var.type)}
    return all(dim.symbol is None or dim.symbol in known for dim in dims_of(type))


def _slot_name(var: Var) -> str:
    return var.name or (f"d{var.of.name}" if var.of else "")


def _is(atom: Atom, number: int) -> bool:
    return isinstance(atom, Const) and atom.value == number


def replaces_all(s: Store) -> bool:
    """Whether all of an array is overwritten by an array of its shape. A size that is not 1 must be the same."""
    whole = all(entry is Ellipsis or entry == Slice(None, None, None) for entry in s.index)
    there, given = dims_of(s.target.type), dims_of(s.value.type)
    alike = len(there) == len(given) and all(x == y or y.never_one for x, y in zip(there, given, strict=True))
    return s.mode == "set" and whole and alike


def backprop(origin: Origin) -> Origin:
    """The origin of adjoint statements: the same place, marked for the writer's comments."""
    return origin if origin.text.startswith("backprop ") else replace(origin, text="backprop " + origin.text)
