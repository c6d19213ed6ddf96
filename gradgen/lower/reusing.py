"""What each iteration makes anew is made before the loop.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var
>>> from gradgen.ir import show
>>> vector, index, n = Array("float64", (Dim("n"),)), (At(0),), Var("n", 0, Scalar("int64", extent=Dim("n")))
>>> i, t, y, z = Var("i", 1, INT), Var("t", 2, INT), Var("y", 3, FLOAT), Var("z", 4, FLOAT)
>>> x, a, b, c, d = (Var(name, k, vector) for k, name in enumerate("xaaaa", 5))
>>> s0, s1, s2, u = (Var(name, k, FLOAT) for k, name in enumerate("sssu", 10))
>>> each = (Assign(y, "getitem", (x, i), (("index", index),)), Store(c, b, index, (i,), y, "set"))
>>> step = (Assign(a, "empty", (n,), (("dtype", "float64"),)),
...         For(i, Const(0, INT), n, Const(1, INT), (b,), (a,), Block(each, (c,)), (d,)),
...         Assign(u, "max", (d,)), Assign(z, "add", (s0, u)))
>>> loop = For(t, Const(0, INT), n, Const(1, INT), (s0,), (Const(0.0, FLOAT),), Block(step, (z,)), (s1,))
>>> before = Program((Function("f", (n, x), Block((loop,), (s1,))),))
>>> print(show(before.entry))
f(n.0, x.5):
  s.11 = for t.2 in 0:n.0:1 with s.10=0.0:
    a.6 = empty n.0 dtype=float64
    a.9 = for i.1 in 0:n.0:1 with a.7=a.6:
      y.3 = x.5[i.1]
      a.8 = a.7 with [i.1] = y.3
      yield a.8
    u.13 = max a.9
    z.4 = add s.10 u.13
    yield z.4
  yield s.11
>>> print(show(reuse_arrays(before).entry))
f(n.0, x.5):
  a.6 = empty n.0 dtype=float64
  s.11 a.15 = for t.2 in 0:n.0:1 with s.10=0.0, a.14=a.6:
    a.9 = for i.1 in 0:n.0:1 with a.7=a.14:
      y.3 = x.5[i.1]
      a.8 = a.7 with [i.1] = y.3
      yield a.8
    u.13 = max a.9
    z.4 = add s.10 u.13
    yield z.4 a.9
  yield s.11

It must not be handed on. Zeros can be kept, too, if all iterations store at the same places of them, and then read.
Two that are called the same are one, if the one is not read any more where the other is filled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gradgen.analyse.alias import makes_view
from gradgen.analyse.shifts import is_shift
from gradgen.ir import Array, Assign, Atom, Block, For, Function, ListOf, Program, Statement, Store, Var
from gradgen.ir.walk import (
    block_exits,
    block_params,
    map_statement,
    operands,
    statement_free,
    statements,
    substitute,
    targets,
    uses,
)
from gradgen.lower.accesses import Memory
from gradgen.lower.hoisting import runs
from gradgen.rules.build import Builder, builder_after

Updating = dict[Var, list[Statement]]


def reuse_arrays(program: Program, inside: bool = False) -> Program:
    """`inside`: what an iteration makes stays inside it."""
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder, inside) for function in program.functions))


def _function(function: Function, builder: Builder, inside: bool) -> Function:
    reusing = _Reusing(Memory(function), uses(function), builder, inside)
    return replace(function, body=reusing.block(function.body))


class _Reusing:
    def __init__(self, memory: Memory, read: Counter[Var], builder: Builder, inside: bool):
        self.memory, self.read, self.builder, self.all_inside = memory, read, builder, inside
        self.before: dict[Var, list[Statement]] = {}  # what goes before the loop of that index

    def block(self, block: Block) -> Block:
        placed = [each for s in map(self.inside, block.statements) for each in (*self._before(s), s)]
        return Block(tuple(placed), block.yields)

    def _before(self, s: Statement) -> list[Statement]:
        return self.before.pop(s.index, []) if isinstance(s, For) else []

    def inside(self, s: Statement) -> Statement:
        loop = s if isinstance(s, For) and not s.parallel else None  # each part of a parallel one has its own arrays
        made = map_statement(s, lambda atom: atom, self.block)
        return made if self.all_inside or loop is None or not isinstance(made, For) else self.with_kept(made)

    # Before the loop

    def with_kept(self, loop: For) -> For:
        """The loop with the arrays that it now is given noted in `before`."""
        inside = {*block_params(loop), *(var for s in loop.body.statements for var in targets(s))}
        handed_on = set().union(*map(self.memory.roots, _arrays(block_exits(loop, loop.body))))
        shifts = {s.target: s for s in loop.body.statements if isinstance(s, Assign) and is_shift(s)}
        before = {var: s for var, s in shifts.items() if inside.isdisjoint(s.args)}
        kept: list[list[_Kept]] = []  # those of one memory together
        touched: list[set[Var]] = []
        updating: Updating = {}
        given, instead = loop, dict[Var, Atom]()
        for s in loop.body.statements:
            if not isinstance(s, Assign) or s.op not in ("empty", "zeros"):
                continue
            if not inside.difference(before).isdisjoint(s.args):
                continue
            updating = updating or _updating(loop.body)
            places = self._filled(s.target, loop, updating) if s.op == "zeros" else None
            if s.op == "zeros" and places is None:
                continue
            if not (runs(loop) or all(map(self._is_size, s.args))):
                continue  # a negative size raises, but not where the loop is not entered
            last = self._last(s.target, updating)
            if last is not None and handed_on.isdisjoint(self.memory.roots(s.target)):
                touched = touched or self._touched(loop.body)
                one = _Kept(s, places, last, self._touching(s, loop.body, touched))
                earlier = next((own for own in kept if all(self._follows(one, other) for other in own)), None)
                if earlier is None:
                    given = self._given(given, one, before, instead)
                    kept.append([one])
                else:
                    given = _shared(given, one, earlier[-1], instead)
                    earlier.append(one)
        return replace(given, body=_with_others(given.body, instead)) if instead else given

    def _is_size(self, atom: Atom) -> bool:
        """Whether it is known to be at least 0."""
        base, offset = self.memory.form(atom) or (None, -1)
        extent = getattr(base.type, "extent", None) if base is not None else None
        return offset >= 0 if base is None else extent is not None and extent.lower + offset >= 0

    def _filled(self, array: Var, loop: For, updating: Updating) -> tuple | None:
        """Where one nest stores into it, before anything is read, if these are the same places in each iteration."""
        inner = list(statements(loop.body))
        changing = {*block_params(loop), *(var for s in inner for var in (*targets(s), *block_params(s)))}
        indices: list[Var] = []
        ranges: list[tuple] = []
        block, version, end = loop.body, array, None
        while self.read[version] == 1:
            s = next((s for s in block.statements if version in operands(s)), None)
            if isinstance(s, Store) and s.array == version and s.mode == "set":
                place = self.memory.place(s.index, s.operands)
                told = all(map(self.memory.told, place)) and [form[0] for form in place if form] == indices
                alone = told and end is not None and self._last(array, updating) == end
                return (*ranges, *(form[1] for form in place if form)) if alone else None
            if not isinstance(s, For) or s.leave is not None:
                return None
            ranges.append((s.start, s.stop, s.step, s.backward))
            if not changing.difference(indices).isdisjoint(ranges[-1]):
                return None
            at = s.inits.index(version)
            end = s.results[at] if end is None else end
            indices.append(s.index)
            block, version = s.body, s.carried[at]
        return None

    def _last(self, version: Var, updating: Updating) -> Var | None:
        """The last version of an array that one statement after another of the block updates."""
        while version in updating:
            (s, *others) = updating[version]
            if others:
                return None
            if isinstance(s, Assign) and isinstance(s.target.type, Array):  # a view
                return None if s.target in updating else version
            made = None
            if isinstance(s, Store):
                made = s.target
            elif isinstance(s, For) and version in s.inits:
                made = s.results[s.inits.index(version)]
            if made is None or self.memory.key(made) != self.memory.key(version):
                return None
            version = made
        return version

    def _follows(self, one: _Kept, other: _Kept) -> bool:
        """Whether the array can have the other's memory: nothing reads that one any more where this one is filled."""
        made = one.made, other.made
        kinds = {(s.op, s.args, s.params, s.target.type, s.target.name, _name(s.target.of)) for s in made}
        alike = len(kinds) == 1 and one.places == other.places
        return alike and max(other.touching) < min(one.touching)

    def _touched(self, block: Block) -> list[set[Var]]:
        """The memory that each statement reads or changes: found once, for there may be hundreds of arrays."""
        arrays = (_arrays((*operands(s), *targets(s), *statement_free(s))) for s in block.statements)
        return [set[Var]().union(*map(self.memory.roots, of_one)) for of_one in arrays]

    def _touching(self, made: Assign, block: Block, touched: list[set[Var]]) -> list[int]:
        """The statements that read or change an array."""
        roots = self.memory.roots(made.target)
        found = [k for k, s in enumerate(block.statements) if s is not made and not roots.isdisjoint(touched[k])]
        return found or [len(block.statements)]

    def _given(self, loop: For, one: _Kept, sums: dict[Var, Assign], instead: dict[Var, Atom]) -> For:
        given = one.made.target
        own: dict[Atom, Var] = {var: self.builder.var("", var.type) for var in sums if var in one.made.args}
        carried, result = (self.builder.var(given.name, given.type, given.of) for _ in range(2))
        kept = self.before.setdefault(loop.index, [])
        kept += [replace(sums[var], target=own[var]) for var in sums if var in own]
        kept.append(replace(one.made, args=tuple(own.get(arg, arg) for arg in one.made.args)))
        instead[given] = carried
        one.last = carried if one.last == given else one.last
        return replace(
            loop,
            carried=(*loop.carried, carried),
            inits=(*loop.inits, given),
            body=replace(loop.body, yields=(*loop.body.yields, one.last)),
            results=(*loop.results, result),
        )


@dataclass
class _Kept:
    """What makes an array, the places in it that are filled anew each time, if not all are, its last version, and
    which of the loop's statements read or change it."""

    made: Assign
    places: tuple | None
    last: Var
    touching: list[int]


def _name(var: Var | None) -> str:
    return var.name if var else ""


def _shared(loop: For, one: _Kept, other: _Kept, instead: dict[Var, Atom]) -> For:
    """The loop with the one array in the other's memory."""
    given, body = one.made.target, loop.body
    instead[given] = other.last
    one.last = other.last if one.last == given else one.last
    return replace(loop, body=replace(body, yields=tuple(one.last if y == other.last else y for y in body.yields)))


def _with_others(block: Block, instead: dict[Var, Atom]) -> Block:
    """The block without what makes some arrays, and with others instead."""
    kept = tuple(s for s in block.statements if not instead.keys() & targets(s))
    return substitute(replace(block, statements=kept), instead)


def _arrays(atoms: Iterable[Atom]) -> list[Var]:
    return [atom for atom in atoms if isinstance(atom, Var) and isinstance(atom.type, Array | ListOf)]


def _updating(block: Block) -> Updating:
    """Of each version of an array the statements of the block that may make another one, or what shares its memory."""
    found: Updating = {}
    for s in block.statements:
        for var in _updated(s):
            found.setdefault(var, []).append(s)
    return found


def _updated(s: Statement) -> set[Var]:
    match s:
        case Store():
            atoms: set[Atom] = {s.array, s.value}
        case For():
            atoms = {*s.inits}.union(*map(_updated, s.body.statements))
        case Assign():
            atoms = {*s.args} if makes_view(s) or isinstance(s.target.type, ListOf) else set()
        case _:
            atoms = {*operands(s), *statement_free(s)}
    return {atom for atom in atoms if isinstance(atom, Var)}
