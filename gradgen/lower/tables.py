"""Slots become arrays, with a row for each iteration: `hs[t] = h` in forward, `h = hs[t]` in backward.

A slot that counted loops fill and empty again holds one value for each place that their indices go through. Where
their bounds, and the sizes of what is saved, are known before the first loop, the array is made for all of them;
what branches leave unsaved stays empty there. Of an outermost loop that may end early (a `while`, one with a `break`)
the rows grow in number by doubling. A slot that is opened anew in each iteration of a loop around has one array for
all of them, made before that loop.

Slots of values whose sizes change on the way, or that more than one statement fills, stay slots.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradgen.ir import (
    INT,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    Dim,
    For,
    Function,
    If,
    Load,
    Open,
    Program,
    Save,
    Scalar,
    Slice,
    Slot,
    Statement,
    Type,
    Var,
    While,
    dims_of,
)
from gradgen.ir.known import runs_through
from gradgen.ir.walk import block_params, blocks, map_statement, targets
from gradgen.lower.accesses import Memory
from gradgen.lower.numbers import Whole
from gradgen.rules.build import Builder, builder_after, dim_of

FIRST_ROWS = 16  # of an array whose rows grow in number


@dataclass(frozen=True, slots=True)
class _Uses:
    """Where a slot is opened, filled and emptied: the function's number, and the statements around."""

    opened: tuple[int, tuple[Statement, ...], Open]
    saved: tuple[int, tuple[Statement, ...], Save]
    loaded: tuple[int, tuple[Statement, ...], Load]


@dataclass(frozen=True, slots=True)
class _Table:
    """The array in a slot's place: `made` by `statements` where the slot is opened, `filled` after the loops."""

    statements: tuple[Statement, ...]
    made: Var
    filled: Var
    outermost: Statement  # what of the filling loops is next to the opening
    grows: bool
    counter: Var | None  # of a `while`: counts iterations from 0
    around: For | None = None  # the loop in each of whose iterations the slot is opened, if it is made before that
    start: Var | None = None  # as it is made there; in an iteration it is `made`


def tabled(program: Program) -> Program:
    """The program with arrays for slots where that can be."""
    for slot in _slots(program):
        uses = _uses(program, slot)
        builder = builder_after(program)
        table = None if uses is None else _table(program, uses, builder)
        if uses is not None and table is not None:
            program = _with_table(program, uses, table, builder)
    return program


def _slots(program: Program) -> list[Slot]:
    return [s.slot for function in program.functions for s, _ in _walk(function.body) if isinstance(s, Open)]


def _walk(block: Block, around: tuple[Statement, ...] = ()) -> Iterator[tuple[Statement, tuple[Statement, ...]]]:
    for s in block.statements:
        yield s, around
        for inner in blocks(s):
            yield from _walk(inner, (*around, s))


def _uses(program: Program, slot: Slot) -> _Uses | None:
    """None for a slot that more than one statement fills or empties."""
    found: dict[type, list] = {Open: [], Save: [], Load: []}
    for number, function in enumerate(program.functions):
        for s, around in _walk(function.body):
            if isinstance(s, Open | Save | Load) and s.slot == slot:
                found[type(s)].append((number, around, s))
    if any(len(places) != 1 for places in found.values()):
        return None
    return _Uses(*(places[0] for places in found.values()))


def _table(program: Program, uses: _Uses, builder: Builder) -> _Table | None:
    number, outside, opened = uses.opened
    if uses.saved[0] != number or uses.saved[1][: len(outside)] != outside:
        return None
    if uses.loaded[0] == number and uses.loaded[1][: len(outside)] != outside:
        return None
    if uses.loaded[0] != number and outside:
        return None
    fills, empties = uses.saved[1][len(outside) :], uses.loaded[1][len(outside) if uses.loaded[0] == number else 0 :]
    memories = (Memory(program.functions[number]), Memory(program.functions[uses.loaded[0]]))
    if not _same_loops(fills, empties, memories) or not isinstance(opened.slot.type, Array | Scalar):
        return None
    loops = [s for s in fills if isinstance(s, For | While)]
    if not loops:
        return None
    function, grows = program.functions[number], _may_end_early(loops[0])
    if outside and isinstance(outside[-1], For) and not grows:
        before = _Known(function, memories[0], outside[:-1], outside[-1], builder)
        statements, start = _made(uses, loops, before, builder)
        if start is not None:
            made, filled = builder.var("", start.type), builder.var("", start.type)
            return _Table(statements, made, filled, fills[0], False, None, outside[-1], start)
    statements, here = _made(uses, loops, _Known(function, memories[0], outside, opened, builder), builder)
    if here is None:
        return None
    filled = builder.var("", _grown(here.type, builder) if grows else here.type)
    return _Table(statements, here, filled, fills[0], grows, _counter(loops[0], empties, builder))


def _made(
    uses: _Uses, loops: list[For | While], known: _Known, builder: Builder
) -> tuple[tuple[Statement, ...], Var | None]:
    """The statements that make the array where this much is known, and the array; None where it is not enough."""
    slot = uses.opened[2].slot
    assert isinstance(slot.type, Array | Scalar)
    with builder.collect() as statements:
        rows = [known.trips(loop, loops) for loop in loops]
        sizes = [known.size(dim) for dim in dims_of(slot.type)]
        shape = [size for size in rows + sizes if size is not None]
        if len(shape) < len(rows) + len(sizes):
            return (), None
        type = Array(slot.type.dtype, (*map(dim_of, shape[: len(rows)]), *dims_of(slot.type)))
        made = builder.emit("empty", *shape, type=type, dtype=type.dtype, saves=uses.saved[2].value)
    return tuple(statements), made


def _may_end_early(s: Statement) -> bool:
    return isinstance(s, While) or (isinstance(s, For) and not runs_through(s))


def _grown(type: Type, builder: Builder) -> Array:
    """The type of a table with another number of rows, called anew."""
    assert isinstance(type, Array)
    return Array(type.dtype, (Dim(f"(rows.{builder.version()})"), *type.dims[1:]))


def _counter(loop: For | While, empties: tuple[Statement, ...], builder: Builder) -> Var | None:
    """The variable in which a `while` counts its iterations, if need be a new one."""
    if isinstance(loop, For):
        return None
    if loop.trips is not None:
        return builder.var("", INT)
    emptying = _loops(empties)[0]
    assert isinstance(emptying, For)
    return next(var for var, result in zip(loop.carried, loop.results, strict=True) if result == emptying.stop)


def _loops(around: tuple[Statement, ...]) -> list[For | While]:
    return [s for s in around if isinstance(s, For | While)]


def _same_loops(fills: tuple[Statement, ...], empties: tuple[Statement, ...], memories: tuple[Memory, Memory]) -> bool:
    """Whether both are loops, and branches in them, over the same places; all counted but for the outermost."""
    filling, emptying = _loops(fills), _loops(empties)
    if len(filling) != len(emptying) or not all(isinstance(s, For | While | If) for s in fills + empties):
        return False
    if any(map(_may_end_early, (*filling[1:], *emptying))):
        return False
    indices: dict[Var | None, Var] = {}  # of the loops around, in the one by the other
    for a, b in zip(filling, emptying, strict=True):
        assert isinstance(b, For)
        if isinstance(a, While):
            counts = a.trips == b.stop or b.stop in a.results
            if not counts or (b.start, b.step) != (Whole.constant(0), Whole.constant(1)):
                return False
            continue
        stop = memories[1].trips(b) == a.trips if _may_end_early(a) else _same(a.stop, b.stop, memories, indices)
        if not stop or not _same(a.start, b.start, memories, indices) or not _same(a.step, b.step, memories, indices):
            return False
        indices[b.index] = a.index
    return True


def _same(a: Atom, b: Atom, memories: tuple[Memory, Memory], indices: dict[Var | None, Var]) -> bool:
    one, other = (memory.form(atom) for memory, atom in zip(memories, (a, b), strict=True))
    extents = [getattr(atom.type, "extent", None) for atom in (a, b)]
    if a == b:
        return True
    if one is None or other is None:
        return False
    return one == (indices.get(other[0], other[0]), other[1]) or (extents[0] is not None and extents[0] == extents[1])


class _Known:
    """What is known where a statement stands (one that opens a slot, or the loop around that): numbers, and sizes."""

    def __init__(
        self, function: Function, memory: Memory, outside: tuple[Statement, ...], place: Statement, builder: Builder
    ):
        self.builder, self.whole = builder, Whole(builder)
        self.memory = memory
        self.vars: dict[Var, None] = dict.fromkeys(function.params)
        block = function.body
        for s in outside:
            self._before(block, s)
            self.vars.update(dict.fromkeys(block_params(s)))
            block = blocks(s)[-1]
        self._before(block, place)

    def _before(self, block: Block, s: Statement) -> None:
        """Note what `block` has defined before `s`."""
        for one in block.statements:
            if one is s:
                break
            self.vars.update(dict.fromkeys(targets(one)))

    def atom(self, atom: Atom) -> Atom | None:
        if isinstance(atom, Const) or atom in self.vars:
            return atom
        extent = getattr(atom.type, "extent", None)
        return None if extent is None else self.size(extent)

    def size(self, dim: Dim) -> Atom | None:
        """The size as computed from an array, or a number, that is there."""
        if dim.constant is not None:
            return self.whole.constant(dim.constant)
        for var in self.vars:
            if isinstance(var.type, Scalar) and var.type.dtype == "int64" and _tells(dim_of(var), dim):
                return self._shifted(var, dim, dim_of(var))
            for axis, other in enumerate(dims_of(var.type)):
                if _tells(other, dim):
                    type = Scalar("int64", True, other)
                    return self._shifted(self.builder.emit("size", var, type=type, axis=axis), dim, other)
        return None

    def _shifted(self, size: Atom, dim: Dim, other: Dim) -> Atom:
        if dim.offset == other.offset:
            return size
        made = self.whole.add(size, self.whole.constant(dim.offset - other.offset))
        return made if dim.lower else self.whole.most(self.whole.constant(0), made)

    def trips(self, loop: For | While, around: list[For | While]) -> Atom | None:
        """How many places the loop goes through, at most: its bounds may hang on the indices of the loops around."""
        if isinstance(loop, While) or _may_end_early(loop):
            return self.whole.constant(FIRST_ROWS)
        whole, by = self.whole, self.whole.known(loop.step)
        if not by:
            return None
        low, high = (loop.start, loop.stop) if by > 0 else (loop.stop, loop.start)
        lowest, highest = self.extreme(low, around, False), self.extreme(high, around, True)
        if lowest is not None and highest is not None:
            distance = whole.sub(highest, lowest)
        else:
            stride = self.memory.stride(loop, by > 0)
            if stride is None or self.atom(stride) is None:
                return None
            distance = stride if by > 0 else whole.sub(whole.constant(0), stride)
        if abs(by) > 1:
            distance = whole.floordiv(whole.add(distance, whole.constant(abs(by) - 1)), whole.constant(abs(by)))
        extent: Dim | None = getattr(distance.type, "extent", None)
        is_size = extent is not None and extent.least + extent.offset >= 0
        return distance if is_size else whole.most(whole.constant(0), distance)

    def extreme(self, bound: Atom, around: list[For | While], highest: bool) -> Atom | None:
        """The bound, or its lowest or highest value where it is the index of an outer loop plus a constant."""
        known = self.atom(bound)
        form = self.memory.form(bound)
        if known is not None or form is None:
            return known
        base, offset = form
        if base in self.vars:
            return self.whole.add(base, self.whole.constant(offset))
        outer = next((loop for loop in around if isinstance(loop, For) and loop.index == base), None)
        by = None if outer is None else self.whole.known(outer.step)
        if outer is None or not by:
            return None
        last = highest == (by > 0)
        end = self.extreme(outer.stop if last else outer.start, around, highest)
        if end is None:
            return None
        return self.whole.add(end, self.whole.constant(offset - (1 if by > 0 else -1) * last))


def _tells(known: Dim, dim: Dim) -> bool:
    """Whether the one size tells the other: not a longer one, where it may be 0 for all that is left of an axis."""
    return known.symbol == dim.symbol and not (known.cut and known.offset < dim.offset)


def _with_table(program: Program, uses: _Uses, table: _Table, builder: Builder) -> Program:
    functions = list(program.functions)
    rewrite = _Rewrite(uses, table, builder)
    (filling, _, _), (emptying, _, _) = uses.saved, uses.loaded
    for number in {filling, emptying}:
        functions[number] = replace(functions[number], body=rewrite.block(functions[number].body, None)[0])
    slot = uses.opened[2].slot
    if filling != emptying:
        forward, backward = functions[filling], functions[emptying]
        functions[filling] = replace(
            forward,
            body=replace(forward.body, yields=(*forward.body.yields, table.filled)),
            cached=forward.cached + 1,
            slots_out=tuple(one for one in forward.slots_out if one != slot),
        )
        cached = backward.cached
        functions[emptying] = replace(
            backward,
            params=(*backward.params[:cached], table.filled, *backward.params[cached:]),
            cached=cached + 1,
            slots_in=tuple(one for one in backward.slots_in if one != slot),
        )
    return replace(program, functions=tuple(functions))


class _Rewrite:
    """Puts the table in the slot's place: made at the opening, handed on through the loops, read at the emptying."""

    def __init__(self, uses: _Uses, table: _Table, builder: Builder):
        self.uses, self.table, self.builder = uses, table, builder

    def block(self, block: Block, table: Var | None) -> tuple[Block, Var | None]:
        """The block, given the version of the table at its start, and the version at its end."""
        made: list[Statement] = []
        for s in block.statements:
            if s is self.uses.opened[2]:
                made += self.table.statements if self.table.around is None else ()
                table = self.table.made
            elif s is self.table.around:
                made += [*self.table.statements, self.reusing(self.table.around)]
            elif s is self.uses.saved[2] and table is not None:
                table = self.saved(table, self.uses.saved[2], made)
            elif s is self.uses.loaded[2]:
                self.loaded(self.uses.loaded[2], made)
            elif isinstance(s, For | While | If) and table is not None and any(s is one for one in self.uses.saved[1]):
                s, table = self.through(s, table)
                made.append(s)
            elif any(s is one for one in (*self.uses.saved[1], *self.uses.loaded[1])):
                made.append(map_statement(s, lambda atom: atom, lambda inner: self.block(inner, None)[0]))
            else:
                made.append(s)
        return Block(tuple(made), block.yields), table

    def saved(self, table: Var, s: Save, made: list[Statement]) -> Var:
        with self.builder.collect() as statements, self.builder.at(s.origin):
            index, operands = self.place(self.uses.saved[1])
            after = self.builder.store(table, index, operands, s.value)
        made += statements
        return after

    def with_room(self, table: Var, row: Atom) -> Var:
        """The table, with twice the rows where all are taken."""
        assert isinstance(table.type, Array)
        builder = self.builder
        rows = builder.emit("size", table, type=Scalar("int64", True, table.type.dims[0]), axis=0)
        full = builder.emit("eq", row, rows)
        with builder.collect() as statements:
            doubled = builder.emit("doubled", table, type=_grown(table.type, builder))
        result = builder.var("", _grown(table.type, builder))
        grow, leave = Block(tuple(statements), (doubled,)), Block((), (table,))
        builder.append(If(full, grow, leave, (result,), builder.origin))
        return result

    def loaded(self, s: Load, made: list[Statement]) -> None:
        with self.builder.collect() as statements, self.builder.at(s.origin):
            index, operands = self.place(self.uses.loaded[1])
        read = Assign(s.target, "getitem", (self.table.filled, *operands), (("index", index),), "", s.origin)
        made += [*statements, read]

    def through(self, s: For | While | If, table: Var) -> tuple[Statement, Var]:
        """A loop or a branch that hands the table on."""
        type = self.table.filled.type
        result = self.table.filled if s is self.table.outermost else self.builder.var("", type)
        if isinstance(s, If):
            sides = (self.handing_on(s.then, table), self.handing_on(s.orelse, table))
            return replace(s, then=sides[0], orelse=sides[1], results=(*s.results, result)), result
        if _may_end_early(s):
            carried = self.builder.var("", _grown(self.table.made.type, self.builder))
            with self.builder.collect() as statements, self.builder.at(s.origin):
                roomy = self.with_room(carried, self.row(s))
            body = self.handing_on(s.body, roomy)
            body = replace(body, statements=(*statements, *body.statements))
        else:
            carried = self.builder.var("", type)
            body = self.handing_on(s.body, carried)
        if isinstance(s, While) and s.trips is not None:
            s, body = self.counting(s, body)
        values = (*s.carried, carried), (*s.inits, table), (*s.results, result)
        return replace(s, carried=values[0], inits=values[1], results=values[2], body=body), result

    def reusing(self, s: For) -> For:
        """The loop around, with one table for all of its iterations."""
        assert self.table.start is not None
        body = self.block(s.body, None)[0]
        after = self.builder.var("", self.table.made.type)
        values = (*s.carried, self.table.made), (*s.inits, self.table.start), (*s.results, after)
        body = replace(body, yields=(*body.yields, self.table.filled))
        return replace(s, carried=values[0], inits=values[1], results=values[2], body=body)

    def counting(self, s: While, body: Block) -> tuple[While, Block]:
        """The loop with a counter of its own in the place of `trips`."""
        counter = self.table.counter
        assert counter is not None
        assert s.trips is not None
        with self.builder.collect() as statements, self.builder.at(s.origin):
            following = self.builder.emit("add", counter, 1, type=INT)
        table = body.yields[-1]
        body = Block((*body.statements, *statements), (*body.yields[:-1], following, table))
        values = (*s.carried, counter), (*s.inits, Whole.constant(0)), (*s.results, s.trips)
        return replace(s, carried=values[0], inits=values[1], results=values[2], trips=None), body

    def handing_on(self, block: Block, table: Var) -> Block:
        inner, after = self.block(block, table)
        assert after is not None
        return replace(inner, yields=(*inner.yields, after))

    def place(self, path: tuple[Statement, ...]) -> tuple[tuple, tuple[Atom, ...]]:
        """The row of an iteration: for each loop how many places it is from the first."""
        inner = len(dims_of(self.uses.opened[2].slot.type))
        count = len(dims_of(self.table.made.type)) - inner
        rows = tuple(map(self.row, _loops(path)[-count:]))
        return (*(At(k) for k in range(count)), *(Slice(None, None, None),) * inner), rows

    def row(self, loop: For | While) -> Atom:
        if isinstance(loop, While):
            assert self.table.counter is not None
            return self.table.counter
        whole = Whole(self.builder)
        by = whole.known(loop.step)
        assert by
        steps = whole.sub(loop.index, loop.start) if by > 0 else whole.sub(loop.start, loop.index)
        return whole.floordiv(steps, whole.constant(abs(by)))
