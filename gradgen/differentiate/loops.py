"""The adjoints of loops: three ways to have what an iteration made where its adjoint reads it.

    independent    each iteration runs again and its adjoint follows, in any order: nothing is kept
    rerun          last to first; an iteration runs again from the state that it began with, which is saved
    saved          last to first; what the adjoint reads is recomputed or saved value by value

Does not decide which way a loop goes (`analyse.independent`, `analyse.rerun`, `analyse.keep`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from gradgen.analyse import rerun
from gradgen.analyse.independent import along, independent, sets_once
from gradgen.analyse.standing import standing
from gradgen.differentiate import again
from gradgen.differentiate.state import Region, State
from gradgen.ir import (
    INT,
    Array,
    Assign,
    Atom,
    Block,
    Const,
    Dim,
    For,
    ListOf,
    Load,
    Save,
    Scalar,
    Slice,
    Statement,
    Store,
    Undefined,
    Var,
    While,
    dims_of,
)
from gradgen.ir.walk import block_params, statement_free, substitute, targets
from gradgen.ir.walk import statements as all_statements
from gradgen.rules import symbols
from gradgen.rules.build import constant_atom
from gradgen.rules.symbols import Sym


class Loops(State):
    def loop(self, s: For | While) -> Statement:
        """Append the adjoint of a loop; give the loop back as the primal has to run it."""
        return self._independent(s) if self._is_independent(s) else self._stepped(s)

    def _is_independent(self, s: For | While) -> TypeGuard[For]:
        """An iteration that runs again keeps what its inner loops need, so that these do not run a third time; but
        where they run only for backward, or forward and backward become one, they keep nothing either.

        What stores columns, and computes what is dear, does not run twice: a mixture's matrices of distances."""
        if not isinstance(s, For) or not independent(s, self.marks) or self._reads_what_changes(s):
            return False
        if self._known_before(s):
            return True
        ends = not any(result in again.read(after) for result in s.results for after in self.following)
        return (not self.repeating or ends) and (
            rerun.is_light(s) or not any(map(_sets_columns, all_statements(s.body)))
        )

    def _reads_what_changes(self, s: For) -> bool:
        """Whether it reads elements of an array that a loop around it fills bit by bit: only these are kept, not the
        array, once for each iteration of that loop."""
        filled = {var for var in self.iterated if var.version not in self.builder.primal}
        return any(
            isinstance(reading, Assign)
            and (reading.op, type(reading.target.type)) == ("getitem", Scalar)
            and reading.args[0] in filled
            and reading.target not in self.standing
            for reading in all_statements(s.body)
        )

    def _known_before(self, s: For) -> bool:
        """Whether the adjoints that go into the loop hang on nothing that it makes."""
        made = set(s.results)
        for after in self.following:
            if not made.isdisjoint(again.read(after)):
                made.update(targets(after))
        wanted = {self.adjoints.current.get(var) for var in (*s.results, *self.active_outside(s))}
        for adjoint in reversed(self.builder.statements):
            if not wanted.isdisjoint(targets(adjoint)):
                wanted |= again.read(adjoint)
        return wanted.isdisjoint(made)

    def _independent(self, s: For) -> Statement:
        """Each iteration runs once more, and its adjoint follows at once: nothing is kept."""
        self.adjoints.settle((*s.results, *self.active_outside(s)))
        whole = self._known_before(s)
        finished = [self.adjoints.take(result) for result in s.results]
        incoming = [
            adjoint and self.adjoints.full(adjoint, result) for adjoint, result in zip(finished, s.results, strict=True)
        ]
        outside = self.active_outside(s)
        sums = {var: self.builder.var("", self.adjoint_type(var), of=var) for var in outside}
        # Of an array from before, or set twice, elements that are set in the loop take their adjoints away.
        found = {k: adjoint for k, adjoint in enumerate(incoming) if adjoint is not None}
        arrays = [k for k in found if isinstance(s.inits[k].type, Array)]
        changed = [k for k in arrays if self.adjoints.is_active(s.inits[k]) or not sets_once(s, k)]
        params = {k: self.builder.var("", found[k].type, of=s.carried[k]) for k in changed}
        before, standing_around = (self.new_slots, self.repeating, self.marks), dict(self.standing)
        self.new_slots, self.repeating = [], True
        # What nobody asks the adjoint of before the loop has none in it: of its places each is one iteration's own.
        self.marks = self.adjoints.active = self.marks - {s.carried[k] for k in found if k not in changed}
        with self.builder.collect() as statements, self.adjoints.scope(dict(sums)) as current:
            for k, (given, adjoint) in enumerate(zip(s.body.yields, incoming, strict=True)):
                if adjoint is not None:
                    self.adjoints.hand_on(given, params.get(k, adjoint))
            primal = self.block(s.body, in_loop=False, outermost=True)
            onward = [self.adjoints.full(current.pop(s.carried[k], None), params[k]) for k in changed]
            touched = [var for var in outside if current.get(var) is not sums[var]]
            exits = (*onward, *(self.adjoints.full(current[var], var) for var in touched))
        self.new_slots, self.repeating, self.marks = before
        self.adjoints.active = self.marks
        going: list[tuple[Var, Atom, Atom]] = [(params[k], found[k], s.inits[k]) for k in changed]
        going += [(sums[var], self._start(var), var) for var in touched]
        results = [
            self.builder.var("", param.type, of=var if isinstance(var, Var) else None) for param, _, var in going
        ]
        if going:
            copy, stands_for = again.followed(s, again.reading(primal, standing_around), self.builder)
            self._rename_again(stands_for)
            if whole:
                self.again[copy.index] = s.index
            added = tuple((param, init, result) for (param, init, _), result in zip(going, results, strict=True))
            on = tuple(k for k in range(len(s.carried)) if along(s, k, self.marks))
            repeated = again.with_adjoint(copy, stands_for, Block(tuple(statements), exits), added, whole, on)
            self.builder.append(replace(repeated, origin=self.builder.origin))
        left = dict(zip(changed, results, strict=False))
        self.adjoints.current.update(zip(touched, results[len(changed) :], strict=True))
        for k, (init, adjoint) in enumerate(zip(s.inits, incoming, strict=True)):
            if adjoint is not None:
                self.adjoints.hand_on(init, left.get(k, adjoint))
        return s

    def _stepped(self, s: For | While) -> Statement:
        """The iterations run again, last to first, with the adjoints of what they carry going round."""
        # A value that each iteration makes anew is not active as what it was before, but as a result.
        state = [k for k, pair in enumerate(zip(s.carried, s.results, strict=True)) if not self.marks.isdisjoint(pair)]
        outside = self.active_outside(s)
        if not state and not outside:
            return s
        self.adjoints.settle(outside)
        incoming = [self.adjoints.full(self.adjoints.take(s.results[k]), s.results[k]) for k in state]
        params = [self.builder.var("", self.adjoint_type(_of_iteration(s, k)), of=s.carried[k]) for k in state]
        sums = {var: self.builder.var("", self.adjoint_type(var), of=var) for var in outside}
        s = self._counted(s)
        if not self.iterated:
            again = standing(s, self.builder.primal)
            kept = {var for var in s.inits if isinstance(var, Var)}
            self.standing |= {read: made for read, made in again.items() if made.args[0] not in self.changed - kept}
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
        region = self.restore(Region(s.body, primal, statements, exits, s, index, free), in_loop=True)
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
        copy, stands_for = again.followed(s, primal, self.builder)
        for result in s.results:  # what is still there is read of what the loop has left, not of the copy
            del stands_for[result]
        self._rename_again(stands_for)
        params = block_params(s)
        state = {made: var for var, made in stands_for.items() if var in params and isinstance(made, Var)}
        body = again.preceded(copy.body.statements, substitute(Block(tuple(adjoint), exits), stands_for))
        body = substitute(body, state)
        return list(body.statements), body.yields

    def _rename_again(self, stands_for: dict[Var, Atom]) -> None:
        for late, early in self.again.items():
            new = stands_for.get(early, early)
            assert isinstance(new, Var)
            self.again[late] = new

    def _starting(self, s: For | While, k: int, param: Var) -> Var:
        """The adjoint that the loop leaves of what the k-th carried value was at first: of that one's shape.

        Of what had no value then it has no size of an iteration's: a second derivative would take it for one.
        """
        first, type = s.inits[k], param.type
        if isinstance(first.type, Array) and not isinstance(first, Undefined):
            type = first.type
        elif isinstance(type, Array) and not _keeps_its_shape(s, k):
            type = replace(type, dims=tuple(Dim.one_of(f"({self.builder.version()})", dim) for dim in type.dims))
        return self.builder.var("", type, of=param.of)

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

    def _append_loop(self, s, index: Var, params, inits, region: Region, results) -> None:
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


def _defined_inside(loop: For | While) -> frozenset[Var]:
    inner = {var for s in all_statements(loop.body) for var in (*targets(s), *block_params(s))}
    return frozenset(inner | set(block_params(loop)))


def _sets_columns(s: Statement) -> bool:
    """Whether it sets elements that do not lie beside each other: in `a[:, i]`, those of each iteration lie apart."""
    return isinstance(s, Store) and any(isinstance(entry, Slice) for entry in s.index[:-1])


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


def _is(atom: Atom, number: int) -> bool:
    return isinstance(atom, Const) and atom.value == number
