"""Loops of which backward keeps little: they are gone through in segments, which are run again one at a time.

A loop of n iterations becomes a loop over segments around a loop over the iterations of one, marked to be run again
(`If.recompute`). Backward saves what the segments begin with, as it does for every loop, and within a segment what
its iterations need. With two levels a segment has sqrt(n) iterations; with more it consists of segments itself, and
its loop is split when its turn comes. Keeps k n**(1/k) states at k levels, for k - 1 more forward passes.

>>> import gradgen.rules
>>> from gradgen.ir import FLOAT, Assign, show
>>> x, n, i = Var("x", 0, FLOAT), Var("n", 1, INT), Var("i", 2, INT)
>>> y0, y1, y2 = (Var("y", k, FLOAT) for k in (3, 4, 5))
>>> body = Block((Assign(y1, "exp", (y0,)),), (y1,))
>>> loop = For(i, constant_atom(0), n, constant_atom(1), (y0,), (x,), body, (y2,), levels=2)
>>> builder = Builder(6)
>>> active = segmented(loop, frozenset({x, y0, y1, y2}), builder)
>>> print(show(Function("f", (x, n), Block(tuple(builder.statements), (y2,)))))
f(x.0, n.1):
  _.6 = abs n.1
  _.7 = pow _.6 0.5
  _.8 = cast _.7 dtype=int64 weak=True
  length.9 = add _.8 1
  _.10 = floordiv n.1 length.9
  segments.11 = add _.10 1
  y.5 = for segment.12 in 0:segments.11:1 with y.13=x.0:
    start.14 = mul segment.12 length.9
    _.15 = add start.14 length.9
    stop.16 = minimum _.15 n.1
    y.18 = recompute:
      y.17 = for i.2 in start.14:stop.16:1 with y.3=y.13:
        y.4 = exp y.3
        yield y.4
      yield y.17
    yield y.18
  yield y.5
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradgen.errors import Position, UnsupportedSyntax
from gradgen.ir import BOOL, INT, Assign, Atom, Block, Const, Effect, For, Function, If, Origin, Statement, Var
from gradgen.ir.instantiate import instantiate
from gradgen.ir.recompute import always
from gradgen.ir.types import Array, Dim, ListOf, dims_of
from gradgen.ir.walk import map_statement, targets
from gradgen.ir.walk import statements as all_statements
from gradgen.rules import symbols
from gradgen.rules.build import Builder, constant_atom
from gradgen.rules.symbols import Sym


def segmented(s: For, active: frozenset[Var], builder: Builder) -> frozenset[Var]:
    """Append the loop over segments in the place of `s`. Gives which of its variables are active."""
    assert isinstance(s.step, Const)
    assert isinstance(s.step.value, int)
    step = s.step.value
    length, count = _sizes(s, step, builder)
    index = builder.var("segment", INT)
    state = _state(s, s.carried, builder)
    with builder.collect() as body:
        inner = _segment(s, step, Sym(index, builder), length, state, builder)
        onward = _state(s, inner.results, builder)
        builder.append(always(Block((inner,), inner.results), onward, s.origin))
    handed = len(state)
    outer = Block(tuple(body), onward[:handed])
    bounds = index, constant_atom(0), count.atom, constant_atom(1)
    leave = onward[handed] if s.leave is not None else None
    builder.append(For(*bounds, state, s.inits, outer, s.results, leave, origin=s.origin))
    ways = zip(s.carried, s.results, state, onward[:handed], inner.results[:handed], strict=True)
    return frozenset(var for way in ways if not active.isdisjoint(way) for var in way[2:])


def _refused(at: Origin | None, message: str, way_out: str) -> UnsupportedSyntax:
    line = "" if at is None else " " * at.column + at.text
    where = None if at is None else Position(at.filename, at.line, at.column, line)
    return UnsupportedSyntax(message, where, way_out)


def _state(s: For, like: tuple[Var, ...], builder: Builder) -> tuple[Var, ...]:
    """New variables for what a segment is given, or gives. A size that may differ between iterations is another one
    for each: none has the name of another's."""
    made = []
    for k, var in enumerate(like):
        type = var.type
        known = dims_of(s.inits[k].type) if k < len(s.inits) else ()
        if isinstance(type, Array):
            dims = (d if d in known else Dim.one_of(f"({var.name}.{builder.version()})", d) for d in type.dims)
            type = Array(type.dtype, tuple(dims))
        elif isinstance(type, ListOf) and type != s.inits[k].type:
            raise _refused(s.origin, f"`{var.name}`, a list of arrays, in a checkpointed loop", "an array")
        made.append(builder.var(var.name, type))
    return tuple(made)


def _sizes(s: For, step: int, builder: Builder) -> tuple[Sym, Sym]:
    """How many iterations a segment has, and how many segments there are. The last one may be shorter, or empty."""
    trips = Sym(s.stop, builder) if _is_zero(s.start) else Sym(s.stop, builder) - Sym(s.start, builder)
    if step != 1:
        trips = symbols.apply("floordiv", trips, step) + 1
    root = symbols.apply("abs", trips) ** Sym(constant_atom(round(1 - 1 / s.levels, 3)), builder)
    whole = symbols.apply("cast", root, dtype="int64", weak=True)
    length = builder.emit("add", whole.atom, 1, name="length")
    segments = symbols.apply("floordiv", trips, length)
    return Sym(length, builder), Sym(builder.emit("add", segments.atom, 1, name="segments"), builder)


def _segment(s: For, step: int, index: Sym, length: Sym, state: tuple[Var, ...], builder: Builder) -> For:
    """The loop over the iterations of a segment. If it can be left, its last result is whether it was."""
    stride = length if step == 1 else length * step
    op, *args = ("mul", index, stride) if _is_zero(s.start) else ("add", Sym(s.start, builder), index * stride)
    start = Sym(builder.emit(op, *(arg.atom for arg in args), name="start"), builder)
    bounds = start + stride, Sym(s.stop, builder)
    stop = builder.emit("minimum" if step > 0 else "maximum", *(one.atom for one in bounds), name="stop")
    results = _state(s, s.results, builder)
    inner = replace(s, start=start.atom, stop=stop, inits=state, results=results, levels=s.levels - 1)
    if s.leave is None:
        return inner
    before, after = builder.var("left", BOOL), builder.var("left", BOOL)
    return replace(
        inner,
        carried=(*s.carried, before),
        inits=(*state, constant_atom(False)),
        body=replace(s.body, yields=(*s.body.yields, s.leave)),
        results=(*results, after),
    )


def _is_zero(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.value == 0


def run_first(s: If, primal: Iterable[Statement], adjoint: Iterable[Statement], builder: Builder) -> If:
    """The primal of `s`, run again, and then the adjoint that reads it; of which all is handed out."""
    again = _without_effects(Block(tuple(primal)))
    _check_repeatable(again)
    origin = s.origin and replace(s.origin, text="again " + s.origin.text.removeprefix("again "))
    adjoint = tuple(adjoint)
    results = tuple(target for one in adjoint for target in targets(one))
    block = Block((*(replace(one, origin=origin) for one in again.statements), *adjoint), results)
    return always(Block(*instantiate(Function("", (), block), (), builder.var, builder.slot)), results)


def _without_effects(block: Block) -> Block:
    """What is printed or raised is so in forward only."""
    kept = (s for s in block.statements if not isinstance(s, Effect))
    return replace(block, statements=tuple(map_statement(s, lambda atom: atom, _without_effects) for s in kept))


def _check_repeatable(block: Block) -> None:
    """Random numbers must be the same ones again."""
    for s in all_statements(block):
        if isinstance(s, Assign) and s.op == "generator" and not s.args:
            message = "a generator without a seed in what is run again, where it would draw other numbers"
            raise _refused(s.origin, message, "np.random.default_rng(seed)")
