"""A loop whose iterations do not need one another is cut into parts, which may run side by side.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Var, show
>>> number, index = Scalar("float64"), (("index", (At(0),)),)
>>> x, n, i = Var("x", 0, Array("float64", (Dim("n"),))), Var("n", 1, INT), Var("i", 2, INT)
>>> a, b, s0, s1, s2 = (Var(name, k, number) for k, name in enumerate("absss", 3))
>>> each = (Assign(a, "getitem", (x, i), index), Assign(b, "exp", (a,)), Assign(s1, "add", (s0, b)))
>>> loop = For(i, Const(0, INT), n, Const(1, INT), (s0,), (Const(0.0, number),), Block(each, (s1,)), (s2,))
>>> before = Program((Function("f", (x, n), Block((loop,), (s2,))),))
>>> print(show(parallel_loops(before).entry))
f(x.0, n.1):
  _.9 = gt n.1 40000
  parts.10 = if _.9:
    yield 64
  else:
    yield 1
  totals.11 = empty parts.10 dtype=float64
  totals.25 = parallel for part.8 in 0:parts.10:1 with totals.12=totals.11:
    _.13 = mul n.1 part.8
    _.14 = floordiv _.13 parts.10
    _.15 = maximum 0 _.14
    start.16 = identity _.15
    _.17 = add part.8 1
    _.18 = mul n.1 _.17
    _.19 = floordiv _.18 parts.10
    stop.20 = identity _.19
    _.22 = sub stop.20 start.16
    s.21 = for step.23 in 0:_.22:1 with s.5=0.0:
      i.2 = add start.16 step.23
      a.3 = x.0[i.2]
      b.4 = exp a.3
      s.6 = add s.5 b.4
      yield s.6
    totals.24 = totals.12 with [part.8] = s.21
    yield totals.24
  s.7 = for part.26 in 0:parts.10:1 with s.27=0.0:
    _.28 = totals.25[part.26]
    s.29 = add s.27 _.28
    yield s.29
  yield s.7

Each part has accumulators of its own, which are added up in order. How many parts there are hangs on sizes alone: so
the result is the same from run to run, with any number of threads, and that of a short loop is what it was. Of a nest
the outermost loop is taken that can be.

Taken are loops that give on what they add to, the largest or smallest of something, and arrays that an iteration
changes at its own places, or only adds to: of such an array each part has a copy, where it is small against the work.
Not taken: a loop that is left early, prints, raises, draws random numbers or calls itself, or in which an iteration
leaves something to the next.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.analyse.independent import Chain, repeatable
from gradgen.ir import (
    Array,
    Assign,
    At,
    Block,
    For,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Store,
    Undefined,
    Var,
)
from gradgen.ir.known import integer_of, runs_through
from gradgen.ir.walk import block_params, map_statement, operands, statements, targets
from gradgen.lower.accesses import Memory, accesses, in_own_part, unrelated
from gradgen.lower.context import array_type
from gradgen.lower.cutting import WORK, Plan, cut
from gradgen.lower.work import work_of
from gradgen.rules import RULES
from gradgen.rules.build import Builder, builder_after

# Of two equal numbers they give that number, and of several the same in any order. Python's `max` may drop NaN or not.
EXTREMES = {"maximum": "np.maximum", "minimum": "np.minimum", "bitwise_or": "", "bitwise_and": ""}
SLOW = 100  # the cost from which an operation is not one of numbers


def parallel_loops(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    memory = Memory(function, branches=True)

    def block(block: Block) -> Block:
        return Block(tuple(made for s in block.statements for made in statement(s)), block.yields)

    def statement(s: Statement) -> list[Statement]:
        plan = _Loop(s, memory).plan() if isinstance(s, For) else None
        if plan is not None and isinstance(s, For):
            return cut(s, plan, memory, builder)
        return [map_statement(s, lambda atom: atom, block_)]

    block_ = block
    return replace(function, body=block(function.body))


class _Loop:
    """One loop, and whether it can be cut."""

    def __init__(self, loop: For, memory: Memory):
        self.loop, self.memory = loop, memory
        self.inside = [*statements(loop.body)]

    def plan(self) -> Plan | None:
        loop = self.loop
        down = integer_of(loop.step) == -1
        if not (down or self.memory.positive(loop.step)) or not runs_through(loop):
            return None
        if not all(map(_is_plain, self.inside)):
            return None
        made = {var for s in (loop, *self.inside) for var in (*targets(s), *block_params(s))}
        work = work_of(loop.body, made)
        stop = integer_of(loop.stop)
        short = stop is not None and not work.factors and stop * work.cost < WORK
        self.found = accesses(loop, self.memory)
        if short or not unrelated(self.found, self.found):
            return None
        folded, added = dict[int, tuple[str, str]](), set[int]()
        for k, var in enumerate(loop.carried):
            way = self.folded(k) if isinstance(var.type, Scalar) else None
            if way is not None:
                folded[k] = way
            elif not isinstance(var.type, Array) or not self.stays(k):
                return None
            elif not self.has_own_parts(var):
                if not self.is_added_to(var):
                    return None
                added.add(k)
        return Plan(folded, frozenset(added), work)

    def folded(self, k: int) -> tuple[str, str] | None:
        """The operation by which all iterations change a number, if they can do so in parts: a sum or an extreme."""
        start, end, result = self.loop.carried[k].type, self.loop.body.yields[k], self.loop.results[k].type
        alike = isinstance(start, Scalar) and isinstance(result, Scalar) and start.dtype == result.dtype
        if not alike or not isinstance(end, Var) or isinstance(self.loop.inits[k], Undefined):
            return None
        chain = Chain(None, EXTREMES.items())
        if not chain.leads(self.loop.body, self.loop.carried[k], end) or len(chain.ways) != 1:
            return None
        (way,) = chain.ways
        return str(way), EXTREMES.get(str(way), "")

    def stays(self, k: int) -> bool:
        """Whether the k-th carried value is one array all the time."""
        loop = self.loop
        versions = loop.inits[k], loop.carried[k], loop.body.yields[k], loop.results[k]
        keys = {self.memory.key(var) if isinstance(var, Var) else None for var in versions}
        return len(keys) == 1 and None not in keys

    def has_own_parts(self, array: Var) -> bool:
        """Whether each iteration touches places of its own."""
        places = self.found.places.get(self.memory.key(array), ())
        whole = any(len(place) != array_type(array).ndim for place in places)
        simple = all(map(_is_simple, self.inside))
        return simple and not whole and in_own_part([(place, self.loop.index) for place in places], self.memory)

    def is_added_to(self, array: Var) -> bool:
        """Whether elements are added to the array, and nothing else is done with it."""
        key = self.memory.key(array)
        for s in self.inside:
            read = [atom for atom in operands(s) if isinstance(atom, Var) and self.memory.key(atom) == key]
            adds = isinstance(s, Store) and s.mode == "add" and s.array in read and _is_simple(s)
            hands_on = isinstance(s, For | If)
            made = not read and any(self.memory.key(var) == key for var in targets(s))
            if len(read) > 1 or ((read or made) and not adds and not hands_on):
                return False
        return True


def _is_plain(s: Statement) -> bool:
    """Whether it can run beside others, and makes numbers or fills an array."""
    if isinstance(s, Assign):
        known = all(isinstance(atom.type, Scalar | Array) for atom in (s.target, *s.args))
        cheap = s.op == "dot" or s.op not in RULES or RULES[s.op].cost < SLOW
        return known and cheap and repeatable(s)
    return repeatable(s) and all(isinstance(var.type, Scalar | Array) for var in (*targets(s), *block_params(s)))


def _is_simple(s: Statement) -> bool:
    """Whether places are told by numbers, one for each axis."""
    index = s.index if isinstance(s, Store) else s.param("index") if isinstance(s, Assign) and s.op == "getitem" else ()
    return all(isinstance(entry, int | At) and not isinstance(entry, bool) for entry in index)
