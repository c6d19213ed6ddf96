"""From a function's statements to Python's `ast`.

Values have names and owners by now (`names`, `analyse.alias`); this is where updates become `+=` and
`a[i] = v`, where what a loop or branch hands on becomes assignments (or nothing, where the names
agree), and where loops and branches get their Python form. Does not spell operations (`spell`), and
does not print (`printer`); `origins` tells the printer where each statement comes from.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gradgen.analyse.alias import Ownership, may_update_in_place
from gradgen.analyse.distinct import Definitions, may_repeat
from gradgen.analyse.liveness import LIST_UPDATES
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
    If,
    ListOf,
    Load,
    Open,
    Origin,
    Save,
    Scalar,
    Statement,
    Store,
    Text,
    TupleOf,
    Type,
    Undefined,
    Var,
    While,
)
from gradgen.write.fold import Folds, is_expression
from gradgen.write.parts import apart, changes
from gradgen.write.slots import Slots
from gradgen.write.spell import BINARY, Speller
from gradgen.write.tree import (
    assign,
    attribute,
    augment,
    call,
    constant,
    name,
    negated,
    number,
    signed,
    subscript,
    tuple_,
    update,
)

Move = tuple[str, ast.expr, frozenset[str]]  # a name, its new value, and the names that this reads


class BodyWriter:
    """Makes the statements of one function."""

    def __init__(
        self,
        speller: Speller,
        folds: Folds,
        owned: Ownership,
        slots: Slots,
        uses: Counter[Var],
        made: Definitions,
        part_names: Iterable[str] = (),
    ):
        self.speller, self.folds, self.owned, self.slots, self.uses = speller, folds, owned, slots, uses
        self.made = made
        self.names = speller.names
        self.origins: dict[ast.stmt, Origin] = {}
        self.parts: list[ast.FunctionDef] = []  # functions that are split off, which `part_names` names
        self.part_names = iter(part_names)

    def block(self, block: Block) -> list[ast.stmt]:
        return [made for s in self.folds.written(block) for made in self.statement(s)]

    def statement(self, s: Statement) -> list[ast.stmt]:
        made = _STATEMENTS[type(s)](self, s)
        for each in made:
            if s.origin is not None:
                self.origins.setdefault(each, s.origin)
        return made

    def value(self, atom: Atom) -> ast.expr:
        return self.speller.atom(atom)

    # Simple statements

    def assignment(self, s: Assign) -> list[ast.stmt]:
        if s.target in self.folds.unpacked:
            return [self.unpacking(s)]
        target = self.names[s.target]
        if s.op in LIST_UPDATES:
            return self.list_update(s, target)
        value = self.speller.operation(s)
        if id(s) in self.owned.copied_views:
            value = call(attribute(value, "copy"))
        if isinstance(value, ast.Name) and value.id == target:
            return []
        if isinstance(value, ast.BinOp) and self._is_augmented(s, target, value):
            return [augment(target, value.op, value.right)]
        return [self._assigned(target, value, s.target.type)]

    def _assigned(self, place: str | ast.expr, value: ast.expr, type: Type) -> ast.stmt:
        """An assignment; in a lowered text, where sums have become loops, as `place += x` if that is what it is."""
        lowered = self.speller.style == "jit" and isinstance(type, Scalar)
        return update(place, value) if lowered else assign(place, value)

    def unpacking(self, s: Assign) -> ast.stmt:
        """`w, v = np.linalg.eigh(a)`"""
        items = self.folds.unpacked[s.target]
        assert isinstance(s.target.type, TupleOf)
        names = [self.names[items[k]] if k in items else "_" for k in range(len(s.target.type.items))]
        places: list[ast.expr] = [ast.Name(each, ast.Store()) for each in names]
        return ast.Assign([ast.Tuple(places, ast.Store())], self.speller.operation(s), lineno=0)

    def _is_augmented(self, s: Assign, target: str, value: ast.BinOp) -> bool:
        """Whether the user wrote `target op= value` of a number."""
        if not (isinstance(value.left, ast.Name) and value.left.id == target) or not isinstance(s.target.type, Scalar):
            return False
        if s.origin is None or s.op not in BINARY:
            return False
        sign = ast.unparse(ast.BinOp(name("a"), BINARY[s.op](), name("b")))[2:-2]
        return s.origin.text.startswith(f"{target} {sign}=")

    def prepared(self, s: Statement, target: str, prior: Atom) -> list[ast.stmt]:
        """Give `target` the array or list that is going to be updated: the very one, or a copy of it."""
        value = self.value(prior)
        if not self.owned.in_place(s):
            return [assign(target, call(attribute(value, "copy")))]
        if isinstance(value, ast.Name) and value.id == target:
            return []
        return [assign(target, value)]

    def list_update(self, s: Assign, target: str) -> list[ast.stmt]:
        method = "pop" if s.op == "shorten" else s.op
        args = [self.value(arg) for arg in s.args[1:]]
        return [*self.prepared(s, target, s.args[0]), ast.Expr(call(attribute(name(target), method), args))]

    def accumulation(self, s: Accumulate) -> list[ast.stmt]:
        target, value, prior = self.names[s.target], self.value(s.value), self.value(s.prior)
        if isinstance(s.target.type, ListOf):
            return [assign(target, self.speller.helper("_add", prior, value))]
        same = isinstance(prior, ast.Name) and prior.id == target
        updates = isinstance(s.target.type, Scalar) or (may_update_in_place(s) and self.owned.in_place(s))
        op, value = signed(value)
        if updates and same:
            return [augment(target, op, value)]
        return [assign(target, ast.BinOp(prior, op, value))]

    def store(self, s: Store) -> list[ast.stmt]:
        target = self.names[s.target]
        operands = tuple(self.value(atom) for atom in s.operands)
        value = self.value(s.value)
        first = self.prepared(s, target, s.array)
        index = self.speller.index(s.index, operands)
        if s.mode == "add" and may_repeat(s.index, s.operands, self.made):
            places = self.speller.index_value(index)
            return [*first, ast.Expr(self.speller.function("np.add.at", name(target), places, value))]
        place = subscript(name(target), index, store=True)
        if s.mode == "add" and isinstance(s.value.type, ListOf):
            # `+=` would make the list longer.
            return [*first, assign(place, self.speller.helper("_add", subscript(name(target), index), value))]
        if s.mode == "add":
            return [*first, augment(place, *signed(value))]
        return [*first, assign(place, value) if first else self._assigned(place, value, s.value.type)]

    def opening(self, s: Open) -> list[ast.stmt]:
        return self.slots.open(s.slot)

    def saving(self, s: Save) -> list[ast.stmt]:
        value = self.value(s.value)
        if s.slot in self.owned.copied_slots and isinstance(s.value.type, Array | ListOf):
            value = call(attribute(value, "copy"))
        return self.slots.save(s.slot, value)

    def loading(self, s: Load) -> list[ast.stmt]:
        return self.slots.load(s.slot, self.names[s.target])

    def calling(self, s: Call) -> list[ast.stmt]:
        value = call(name(s.function), [self.value(arg) for arg in s.args])
        places: list[ast.expr] = [ast.Name(self.names[target], ast.Store()) for target in s.targets]
        return [ast.Assign([places[0] if len(places) == 1 else ast.Tuple(places, ast.Store())], value, lineno=0)]

    def effect(self, s: Effect) -> list[ast.stmt]:
        args = [self._message(arg) for arg in s.args]
        match s.kind:
            case "print":
                keywords = {key: constant(value) for key, value in s.params}
                return [ast.Expr(self.speller.function("print", *args, **keywords))]
            case "raise":
                return [ast.Raise(self.speller.function(s.name, *args), None)]
        assert s.test is not None
        return [ast.Assert(self.value(s.test), args[0] if args else None)]

    def _message(self, arg: Atom | str | Text) -> ast.expr:
        if isinstance(arg, str):
            return ast.Constant(arg)
        if not isinstance(arg, Text):
            return self.value(arg)
        parts: list[ast.expr] = []
        for part in arg.parts:
            if isinstance(part, str):
                parts.append(ast.Constant(part))
            else:
                atom, conversion, spec = part
                formatted = ast.JoinedStr([ast.Constant(spec)]) if spec else None
                parts.append(ast.FormattedValue(self.value(atom), ord(conversion) if conversion else -1, formatted))
        return ast.JoinedStr(parts)

    # What branches and loops hand on

    def hand_over(self, to: Sequence[Var], sources: Sequence[Atom], copied: Iterable[int] = ()) -> list[ast.stmt]:
        """Assignments for values that take their names all at once; none where the names agree."""
        moves: list[Move] = []
        for k, (target, source) in enumerate(zip(to, sources, strict=True)):
            if target not in self.names or isinstance(source, Undefined):
                continue
            value = self.value(source)
            if k in copied:
                value = call(attribute(value, "copy"))
            if not (isinstance(value, ast.Name) and value.id == self.names[target]):
                reads = frozenset(self.names[var] for var in self.folds.reads(source))
                moves.append((self.names[target], value, reads))
        groups = in_sequence(moves)
        types = {self.names[target]: target.type for target in to if target in self.names}
        return [
            self._assigned(*group[0][:2], types[group[0][0]]) if len(group) == 1 else _at_once(group)
            for group in groups
        ]

    # Structure

    def branches(self, s: If) -> list[ast.stmt]:
        test = self.value(s.test)
        if len(s.results) == 1 and s.results[0] in self.names and is_expression(s, self.folds):
            both = [self.value(branch.yields[0]) for branch in (s.then, s.orelse)]
            return self._chosen(self.names[s.results[0]], test, *both)
        then = self.block(s.then) + self.hand_over(s.results, s.then.yields)
        orelse = self.block(s.orelse) + self.hand_over(s.results, s.orelse.yields)
        if not then and not orelse:
            return []
        if not then:
            return [ast.If(negated(test), orelse, [])]
        return [ast.If(test, then, orelse)]

    def _chosen(self, target: str, test: ast.expr, yes: ast.expr, no: ast.expr) -> list[ast.stmt]:
        """`x = a if test else b`, or the one assignment of it that changes x."""
        kept = [isinstance(value, ast.Name) and value.id == target for value in (yes, no)]
        if all(kept):
            return []
        if kept[1]:
            return [ast.If(test, [assign(target, yes)], [])]
        if kept[0]:
            return [ast.If(negated(test), [assign(target, no)], [])]
        return [assign(target, ast.IfExp(test, yes, no))]

    def _entry(self, s: For | While) -> list[ast.stmt]:
        copied = {k for loop, k in self.owned.copied_inits if loop == id(s)}
        return self.hand_over(s.carried, s.inits, copied)

    def _counter(self, s: For | While) -> str | None:
        """The name that counts the iterations begun, if anybody reads it."""
        return self.names.get(s.trips) if s.trips is not None and self.uses[s.trips] else None

    def counted_loop(self, s: For) -> list[ast.stmt]:
        items = self._range(s)
        counter = self._counter(s)
        start: list[ast.stmt] = []
        begin: list[ast.stmt] = []
        if counter and s.leave is None:
            start = [assign(counter, self.speller.function("len", self._range(s, forward=True)))]
        elif counter:
            start, begin = [assign(counter, number(0))], [augment(counter, ast.Add(), number(1))]
        body = [*begin, *self._iteration(s)]
        entry = self._entry(s)
        loop = ast.For(ast.Name(self.names[s.index], ast.Store()), items, body or [ast.Pass()], [], lineno=0)
        if s.parallel and not changes(loop, {self.names[var] for var in s.carried if var in self.names}):
            self.speller.imports.add("numba.prange")
            self.parts.append(apart(loop, next(self.part_names), set(self.names.values())))
        return [*start, *entry, loop, *self.hand_over(s.results, s.carried)]

    def _range(self, s: For, forward: bool = False) -> ast.expr:
        bounds = [self.value(atom) for atom in (s.start, s.stop, s.step)]
        if _is(s.step, 1):
            bounds.pop()
            if _is(s.start, 0):
                bounds.pop(0)
        if not s.backward or forward or not self.uses[s.index]:
            return self.speller.function("range", *bounds)
        if self.speller.style == "python":
            return self.speller.function("reversed", self.speller.function("range", *bounds))
        return self._range_back(s, bounds)

    def _range_back(self, s: For, bounds: list[ast.expr]) -> ast.expr:
        """The range from its last item to its first, for Numba, which has no `reversed`."""
        one = number(-1)
        if len(bounds) < 3:
            start = bounds[0] if len(bounds) == 2 else number(0)
            first = _minus_one(bounds[-1])
            return self.speller.function("range", first, _minus_one(start), one)
        start, stop, step = bounds
        if _is(s.step, -1):
            first = _plus_one(stop)
            bounds = [_plus_one(start)] if _is_zero(first) else [first, _plus_one(start)]
            return self.speller.function("range", *bounds)
        last = self.speller.helper("_last", start, stop, step)
        match step:
            case ast.UnaryOp(ast.USub(), back):
                return self.speller.function("range", last, ast.BinOp(start, ast.Add(), back), back)
        return self.speller.function("range", last, ast.BinOp(start, ast.Sub(), step), ast.UnaryOp(ast.USub(), step))

    def condition_loop(self, s: While) -> list[ast.stmt]:
        counter = self._counter(s)
        start: list[ast.stmt] = [assign(counter, number(0))] if counter else []
        entry = self._entry(s)
        checks = self.block(s.test)
        test = self.value(s.test.yields[0])
        body: list[ast.stmt] = [augment(counter, ast.Add(), number(1))] if counter else []
        body += self._iteration(s)
        if checks:
            always = isinstance(s.test.yields[0], Const) and bool(s.test.yields[0].value)
            body = [*checks, *([] if always else [ast.If(negated(test), [ast.Break()], [])]), *body]
            test = constant(True)
        return [*start, *entry, ast.While(test, body or [ast.Pass()], []), *self.hand_over(s.results, s.carried)]

    def _iteration(self, s: For | While) -> list[ast.stmt]:
        onward = self.hand_over(s.carried, s.body.yields)
        if s.leave is None:
            return self.block(s.body) + onward
        early = None if onward else self._early_exit(s)
        if early is not None:
            return early
        leave: list[ast.stmt] = [ast.Break()]
        if isinstance(s.leave, Const):
            return self.block(s.body) + onward + (leave if s.leave.value else [])
        return self.block(s.body) + onward + [ast.If(self.value(s.leave), leave, [])]

    def _early_exit(self, s: For | While) -> list[ast.stmt] | None:
        """`if test: ...; break` in the place of a flag, where the last branch of the body decides on leaving."""
        written = self.folds.written(s.body)
        if not written or not isinstance(written[-1], If) or not isinstance(s.leave, Var):
            return None
        end: list[ast.stmt] | None = None
        if written[-1].test == s.leave:
            end = self._leaving_by_test(written[-1])
        elif self.uses[s.leave] == 1:
            end = self._leaving(written[-1], s.leave)
        if end is None:
            return None
        return [made for each in written[:-1] for made in self.statement(each)] + end

    def _leaving_by_test(self, branch: If) -> list[ast.stmt]:
        """The last branch of a loop's body, after whose first side the loop ends."""
        sides = [self.block(b) + self.hand_over(branch.results, b.yields) for b in (branch.then, branch.orelse)]
        head = ast.If(self.value(branch.test), [*sides[0], ast.Break()], [])
        if branch.origin is not None:
            self.origins[head] = branch.origin
        return [head, *sides[1]]

    def _leaving(self, branch: If, flag: Var) -> list[ast.stmt] | None:
        """The last branch of a loop's body, of which `flag`, a result, says whether to leave."""
        if flag not in branch.results:
            return None
        k = branch.results.index(flag)
        sides = []
        for block in (branch.then, branch.orelse):
            side = self._leaving_side(block, branch.results, k)
            if side is None:
                return None
            sides.append(side)
        then, orelse = sides
        test = self.value(branch.test)
        if not then and not orelse:
            return []
        if not then or (isinstance(_last(orelse), ast.Break) and not isinstance(_last(then), ast.Break)):
            then, orelse, test = orelse, then, negated(test)
        rest: list[ast.stmt] = []
        if isinstance(_last(then), ast.Break):
            orelse, rest = [], orelse
        head = ast.If(test, then, orelse)
        if branch.origin is not None:
            self.origins[head] = branch.origin
        return [head, *rest]

    def _leaving_side(self, block: Block, results: tuple[Var, ...], k: int) -> list[ast.stmt] | None:
        leave = block.yields[k]
        others = [j for j in range(len(results)) if j != k]
        onward = self.hand_over([results[j] for j in others], [block.yields[j] for j in others])
        if isinstance(leave, Const):
            return self.block(block) + onward + ([ast.Break()] if leave.value else [])
        written = self.folds.written(block)
        if (
            onward
            or not isinstance(leave, Var)
            or not written
            or not isinstance(written[-1], If)
            or self.uses[leave] != 1
        ):
            return None
        inner = self._leaving(written[-1], leave)
        return None if inner is None else [made for each in written[:-1] for made in self.statement(each)] + inner


_STATEMENTS: dict[type, Callable[[BodyWriter, Any], list[ast.stmt]]] = {
    Assign: BodyWriter.assignment,
    Accumulate: BodyWriter.accumulation,
    Store: BodyWriter.store,
    If: BodyWriter.branches,
    For: BodyWriter.counted_loop,
    While: BodyWriter.condition_loop,
    Open: BodyWriter.opening,
    Save: BodyWriter.saving,
    Load: BodyWriter.loading,
    Call: BodyWriter.calling,
    Effect: BodyWriter.effect,
}


def in_sequence(moves: Sequence[Move]) -> list[list[Move]]:
    """The moves in an order in which none takes away what a later one reads; those in a circle together.

    >>> moves = [(to, ast.Name(source), frozenset((source,))) for to, source in ("ab", "bc", "xy", "yx")]
    >>> [[to for to, _, _ in group] for group in in_sequence(moves)]
    [['a'], ['b'], ['x', 'y']]
    """
    groups: list[list[Move]] = []
    waiting = list(moves)
    while waiting:
        free = next((m for m in waiting if not any(m[0] in other[2] for other in waiting if other is not m)), None)
        group = [free] if free is not None else list(waiting)
        groups.append(group)
        waiting = [m for m in waiting if m not in group]
    return groups


def _at_once(group: list[Move]) -> ast.stmt:
    places: list[ast.expr] = [ast.Name(to, ast.Store()) for to, _, _ in group]
    return ast.Assign([ast.Tuple(places, ast.Store())], tuple_([value for _, value, _ in group]), lineno=0)


def _last(statements: list[ast.stmt]) -> Any:
    return statements[-1] if statements else None


def _is(atom: Atom, value: int) -> bool:
    return isinstance(atom, Const) and not isinstance(atom.value, bool) and atom.value == value


def _minus_one(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return number(node.value - 1)
    return ast.BinOp(node, ast.Sub(), number(1))


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _plus_one(node: ast.expr) -> ast.expr:
    match node:
        case ast.Constant(int(value)):
            return number(value + 1)
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return number(1 - value)
        case ast.BinOp(left, ast.Sub(), ast.Constant(1)):
            return left
        case ast.BinOp(left, ast.Sub(), ast.Constant(int(value))) if value > 1:
            return ast.BinOp(left, ast.Sub(), number(value - 1))
    return ast.BinOp(node, ast.Add(), number(1))
