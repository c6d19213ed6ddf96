"""An array is filled in the memory of one that nothing reads afterwards.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var, show
>>> vector, number, index = Array("float64", (Dim("n"),)), Scalar("float64"), (("index", (At(0),)),)
>>> n, i, y, z = Var("n", 0, INT), Var("i", 1, INT), Var("y", 3, number), Var("z", 4, number)
>>> x, e, a, b, c, d = (Var(name, k, vector) for k, name in enumerate("xaaaaa", 5))
>>> each = (Assign(y, "getitem", (e, i), index), Assign(z, "exp", (y,)), Store(c, b, (At(0),), (i,), z, "set"))
>>> made = (Assign(e, "copy", (x,)), Assign(a, "empty", (n,), (("dtype", "float64"),)))
>>> loop = For(i, Const(0, INT), n, Const(1, INT), (b,), (a,), Block(each, (c,)), (d,))
>>> before = Program((Function("f", (n, x), Block((*made, loop), (d,))),))
>>> print(show(before.entry))
f(n.0, x.5):
  a.6 = copy x.5
  a.7 = empty n.0 dtype=float64
  a.10 = for i.1 in 0:n.0:1 with a.8=a.7:
    y.3 = a.6[i.1]
    z.4 = exp y.3
    a.9 = a.8 with [i.1] = z.4
    yield a.9
  yield a.10
>>> print(show(replace_arrays(before).entry))
f(n.0, x.5):
  a.6 = copy x.5
  a.10 = for i.1 in 0:n.0:1 with a.8=a.6:
    y.3 = a.8[i.1]
    z.4 = exp y.3
    a.9 = a.8 with [i.1] = z.4
    yield a.9
  yield a.10

The one array must be read by the loops that fill the other alone, each element only by the iteration that then stores
there, and both must be of one shape. It is a state of the loop around, or made in the same block, and nothing shares
its memory: an argument keeps its elements. Memory that is asked for anew costs a large array more than its arithmetic.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from gradgen.analyse.alias import makes_view
from gradgen.ir import Array, Assign, Atom, Block, For, Function, Program, Statement, Store, Var
from gradgen.ir.walk import map_statement, operands, statement_free, substitute, targets, uses, within
from gradgen.lower.accesses import Memory, Place, arrays, touched


def replace_arrays(program: Program) -> Program:
    """Arrays are filled in the place of others that are made in the same block."""
    return _everywhere(program, states=False)


def replace_states(program: Program) -> Program:
    """The next state of a loop is filled in the place of the last."""
    return _everywhere(program, states=True)


def _everywhere(program: Program, states: bool) -> Program:
    return replace(program, functions=tuple(_function(function, states) for function in program.functions))


def _function(function: Function, states: bool) -> Function:
    return replace(function, body=_Replacing(Memory(function), uses(function), states).block(function.body, None))


class _Replacing:
    def __init__(self, memory: Memory, read: Counter[Var], states: bool):
        self.memory, self.read, self.states = memory, read, states

    def block(self, block: Block, loop: For | None) -> Block:
        """`loop`: of which this is the body."""
        made = [self.inside(s) for s in block.statements]
        states = loop.carried if loop is not None else ()
        for s in tuple(made):
            if isinstance(s, Assign) and s.op == "empty" and self.read[s.target] == 1:
                made = self.in_place(s, made, states, block.yields)
        return Block(tuple(made), block.yields)

    def inside(self, s: Statement) -> Statement:
        loop = s if isinstance(s, For) and not s.parallel else None  # each part of a parallel one has its own arrays
        return map_statement(s, lambda atom: atom, lambda inner: self.block(inner, loop))

    def in_place(
        self, new: Assign, block: list[Statement], states: tuple[Var, ...], yields: tuple[Atom, ...]
    ) -> list[Statement]:
        at = next((k for k, s in enumerate(block) if isinstance(s, For) and new.target in s.inits), None)
        if at is None:
            return block
        nest = block[at]
        assert isinstance(nest, For)
        before, after, inside = block[:at], block[at + 1 :], statement_free(nest)
        for old in states if self.states else (var for s in before for var in targets(s)):
            if old.type != new.target.type or old not in inside:
                continue
            if not self.states and not self._dies(old, before, after, yields):
                continue
            taken = self._taken(nest, new.target, old)
            if taken is not None:
                made = [taken] if self.states else _under_its_name(taken, new, old)
                return [each for s in block if s is not new for each in (made if s is nest else [s])]
        return block

    def _dies(self, old: Var, before: list[Statement], after: list[Statement], yields: tuple[Atom, ...]) -> bool:
        """Whether the array is made by the statements before, and nothing after shares its memory."""
        key = self.memory.key(old)
        made = any(isinstance(s, Assign) and s.target == key and not makes_view(s) for s in before)
        if not made or self.memory.roots(old) != {key}:
            return False
        yielded = any(key in self.memory.roots(var) for var in arrays(yields))
        return not yielded and not any(key in touched(s, self.memory)[0] for s in after)

    def _taken(self, nest: For, new: Var, old: Var) -> For | None:
        """The nest that fills `new` with `old` in its place."""
        path: list[_Level] = []
        update: Statement = nest
        version = new
        while isinstance(update, For):
            version = update.carried[update.inits.index(version)]
            updates = [s for s in update.body.statements if version in operands(s)]
            if len(updates) != 1 or self.read[version] != 1:
                return None
            path.append(_Level(update, version, updates[0]))
            update = updates[0]
        if not isinstance(update, Store) or update.mode != "set" or not isinstance(update.value, Var):
            return None
        place = self.memory.place(update.index, update.operands)
        own = {(form[0], form[1] >= 0) for form in place if form is not None and self.memory.told(form)}
        if own != {(level.loop.index, True) for level in path} or len(place) != len(path):
            return None
        read = 0
        for depth, level in enumerate(path):
            around = {one.loop.index for one in path[: depth + 1]}
            for s in level.before:
                reads = [one for one in within(s) if old in operands(one)]
                if not all(_is_read(one, old) and self._in_own(one, place, around) for one in reads):
                    return None
                read += len(reads)
        return _rewritten(path, new, old) if 0 < read == self.read[old] else None

    def _in_own(self, read: Statement, place: Place, around: set[Var]) -> bool:
        """Whether it reads in the part of the array that this iteration of the loops around stores into."""
        assert isinstance(read, Assign)
        own = self.memory.place(read.param("index"), read.args[1:])
        return len(own) == len(place) and all(
            mine == theirs for mine, theirs in zip(own, place, strict=True) if theirs and theirs[0] in around
        )


@dataclass(frozen=True)
class _Level:
    """One of the loops around the store into an array: the array there, and what updates it."""

    loop: For
    version: Var
    update: Statement

    @property
    def before(self) -> tuple[Statement, ...]:
        inside = self.loop.body.statements
        return inside[: inside.index(self.update)]


def _rewritten(path: list[_Level], new: Var, old: Var) -> For:
    """The loops with `old` in the place of `new`."""
    made: Statement = path[-1].update
    for level in reversed(path):
        inside = level.loop.body
        before = substitute(Block(level.before, ()), {old: level.version}).statements
        after = inside.statements[len(before) + 1 :]
        made = replace(level.loop, body=replace(inside, statements=(*before, made, *after)))
    assert isinstance(made, For)
    return replace(made, inits=tuple(old if init == new else init for init in made.inits))


def _under_its_name(nest: For, new: Assign, old: Var) -> list[Statement]:
    """What becomes another value, or an adjoint, is called as that from there on."""
    target = new.target
    nameless = target.of is None and old.of is None and not old.name
    if nameless or (target.name, target.of) == (old.name, old.of):
        return [nest]
    inits = tuple(target if init == old else init for init in nest.inits)
    return [replace(new, op="identity", args=(old,), params=(("in_place", True),)), replace(nest, inits=inits)]


def _is_read(s: Statement, array: Var) -> bool:
    return isinstance(s, Assign) and s.op == "getitem" and s.args[0] == array and not isinstance(s.target.type, Array)
