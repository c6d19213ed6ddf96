"""Sums of products in nests become products of matrices, if need be of copies: windows of an array, a row for each.

    for i in range(rows):                              for i in range(rows):
        for j in range(columns):                           for j in range(columns):
            for k in range(n):                                 for k in range(n):
                for l in range(25):                                for l in range(25):
                    for m in range(16):                                strip[j * n + k, l] = x[k, i, j + l]
                        y[k, j, m] += x[k, i, j + l] * w[l, m] products = np.dot(strip, w)
                                                           for j in range(columns):
                                                               for k in range(n):
                                                                   for m in range(16):
                                                                       y[k, j, m] += products[j * n + k, m]

>>> from gradgen.ir import FLOAT, INT, show
>>> ctx = Context(Builder(20))
>>> shapes = ("x", (Dim("n"), Dim("r"), Dim("c"))), ("w", (Dim(None, 25), Dim(None, 16))), ("y", (Dim("n"),) * 3)
>>> x, w, y = (Var(name, k, Array("float64", dims)) for k, (name, dims) in enumerate(shapes))
>>> n, rows, columns = (Var(name, k, INT) for k, name in enumerate(("n", "rows", "columns"), 3))
>>> def add(at, carried):
...     i, j, k, l, m = at
...     element = ctx.read(x, (k, i, ctx.builder.emit("add", j, l, type=INT)))
...     product = ctx.builder.emit("mul", element, ctx.read(w, (l, m)), type=FLOAT)
...     return [ctx.write(carried[0], (k, j, m), product, "add")]
>>> with ctx.builder.collect() as nest:
...     made = ctx.nest([rows, columns, n, *map(ctx.whole.constant, (25, 16))], [y], add)
>>> before = Program((Function("f", (x, w, y, n, rows, columns), Block(tuple(nest), made)),))
>>> print(show(before.entry))
f(x.0, w.1, y.2, n.3, rows.4, columns.5):
  y.39 = for _.20 in 0:rows.4:1 with y.21=y.2:
    y.38 = for _.22 in 0:columns.5:1 with y.23=y.21:
      y.37 = for _.24 in 0:n.3:1 with y.25=y.23:
        y.36 = for _.26 in 0:25:1 with y.27=y.25:
          y.35 = for _.28 in 0:16:1 with y.29=y.27:
            _.30 = add _.22 _.26
            _.31 = x.0[_.24, _.20, _.30]
            _.32 = w.1[_.26, _.28]
            _.33 = mul _.31 _.32
            y.34 = y.29 with [_.24, _.22, _.28] += _.33
            yield y.34
          yield y.35
        yield y.36
      yield y.37
    yield y.38
  yield y.39
>>> print(show(multiply_windows(before).entry))
f(x.0, w.1, y.2, n.3, rows.4, columns.5):
  _.59 = empty 25 16 dtype=float64
  _.67 = for _.60 in 0:25:1 with _.61=_.59:
    _.66 = for _.62 in 0:16:1 with _.63=_.61:
      _.64 = w.1[_.60, _.62]
      _.65 = _.63 with [_.60, _.62] = _.64
      yield _.65
    yield _.66
  y.39 = for _.20 in 0:rows.4:1 with y.21=y.2:
    _.40 = maximum columns.5 0
    _.41 = maximum n.3 0
    _.42 = mul _.40 _.41
    strip.44 = empty _.42 25 dtype=float64
    strip.58 = for _.45 in 0:columns.5:1 with strip.46=strip.44:
      strip.57 = for _.47 in 0:n.3:1 with strip.48=strip.46:
        strip.56 = for _.49 in 0:25:1 with strip.50=strip.48:
          _.51 = add _.45 _.49
          _.52 = x.0[_.47, _.20, _.51]
          _.53 = mul _.45 n.3
          _.54 = add _.53 _.47
          strip.55 = strip.50 with [_.54, _.49] = _.52
          yield strip.55
        yield strip.56
      yield strip.57
    _.68 = dot strip.58 _.67
    y.38 = for _.69 in 0:columns.5:1 with y.70=y.21:
      y.80 = for _.71 in 0:n.3:1 with y.72=y.70:
        y.79 = for _.73 in 0:16:1 with y.74=y.72:
          _.75 = mul _.69 n.3
          _.76 = add _.75 _.71
          _.77 = _.68[_.76, _.73]
          y.78 = y.74 with [_.71, _.69, _.73] += _.77
          yield y.78
        yield y.79
      yield y.80
    yield y.38
  yield y.39

A convolution of 8 images takes a third of the time, with its adjoints: that by the images, of which each strip is a
product that is added to where its windows come from, and that by the weights, for which a strip is multiplied
transposed. Sums are taken in another order.

No loop of the product may change what is multiplied. The strip is the shortest of at least two loops inside of another:
so it needs a part of the memory of all windows. The product's other two sizes must be known not to be short.

Not done: integers and complex numbers; places that hang on data; loops that may end early; one loop for a strip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from gradgen.ir import (
    Array,
    Assign,
    At,
    Atom,
    Block,
    Const,
    Dim,
    For,
    Function,
    ListOf,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    dims_of,
    dtype_of,
)
from gradgen.ir.known import counts_up, extent_of, integer_of, runs_through
from gradgen.ir.walk import block_params, blocks, map_statement, targets, uses, within
from gradgen.ir.walk import statements as all_statements
from gradgen.lower.accesses import Memory, touched
from gradgen.lower.adding import what_it_adds
from gradgen.lower.context import Context, rename_target
from gradgen.lower.facts import has_effects
from gradgen.rules.build import Builder, builder_after
from gradgen.simplify.dead import remove_dead

SHORT = 8  # a size for which BLAS is not called
WORK = 256  # products for each row of the strip, at least

Loops = tuple[For, ...]


def multiply_windows(program: Program) -> Program:
    builder = builder_after(program)
    made = replace(program, functions=tuple(_function(function, builder) for function in program.functions))
    return program if made == program else remove_dead(made)


def _function(function: Function, builder: Builder) -> Function:
    found = _Found(function)
    plans = [plan for term in found.terms if (plan := _plan(term, found)) is not None]
    if not plans:
        return function
    writer = _Writer(found, Context(builder))
    for plan in plans:
        writer.write(plan)
    return replace(function, body=writer.block(function.body))


@dataclass(frozen=True)
class _Term:
    """A product that is added up in `loops`, outermost first. `to`: the store that adds it, or None: it is a number.

    places: of the inmost loops, those that do nothing with the sum but to add to it, which of what they carry it is.
    """

    loops: Loops
    factors: tuple[Assign, Assign]
    to: Store | None
    places: tuple[int, ...]

    @property
    def region(self) -> int:
        return len(self.loops) - len(self.places)


class _Found:
    """The terms of a function, and what is known of its values."""

    def __init__(self, function: Function):
        self.memory, self.read = Memory(function), uses(function)
        self.made: dict[Atom, Statement] = {var: s for s in all_statements(function.body) for var in targets(s)}
        self.inside: dict[Var, frozenset[Atom]] = {}  # by its index, what is made inside of a loop
        self.changed: dict[Var, set] = {}
        self.terms: list[_Term] = []
        self._look(function.body, ())

    def _look(self, block: Block, around: Loops) -> None:
        for s in block.statements:
            if isinstance(s, For) and counts_up(s) and runs_through(s) and not s.parallel:
                loops = (*around, s)
                self._look(s.body, loops)
                self.terms += self._of(loops)
            else:
                for inner in blocks(s):
                    self._look(inner, ())

    def _of(self, loops: Loops) -> Iterable[_Term]:
        loop = loops[-1]
        for k, (var, end) in enumerate(zip(loop.carried, loop.body.yields, strict=True)):
            s = self.made.get(end)
            if s not in loop.body.statements or not isinstance(end, Var) or self.read[end] != 1:
                continue
            if isinstance(var.type, ListOf):
                continue
            if isinstance(s, Store) and s.array == var and isinstance(s.value.type, Scalar):
                added, often = what_it_adds(s, self.made), 1 if s.mode == "add" else 2
            elif isinstance(s, Assign) and s.op == "add" and var in s.args and isinstance(var.type, Scalar):
                added, often = s.args[1 - s.args.index(var)], 1
            else:
                continue
            factors = self._factors(added)
            if (
                factors is not None
                and self.read[var] == often
                and dtype_of(var.type) == dtype_of(factors[0].target.type)
            ):
                to = s if isinstance(s, Store) else None
                yield _Term(loops, factors, to, tuple(self._places(loops, k)))

    def _factors(self, atom: Atom | None) -> tuple[Assign, Assign] | None:
        product = self.made.get(atom) if isinstance(atom, Var) else None
        if not isinstance(product, Assign) or product.op != "mul":
            return None
        one, other = (self.made.get(arg) for arg in product.args)
        if not (isinstance(one, Assign) and isinstance(other, Assign) and one.op == other.op == "getitem"):
            return None
        dtypes = {dtype_of(atom.type) for s in (one, other) for atom in (s.target, s.args[0])} | {
            dtype_of(product.target.type)
        }
        numbers = all(isinstance(s.target.type, Scalar) for s in (one, other))
        return (one, other) if numbers and dtypes in ({"float64"}, {"float32"}) else None

    def _places(self, loops: Loops, k: int) -> list[int]:
        """From the inmost loop outwards as far as loops hand the sum on; outermost first."""
        found = [k]
        for outer, inner in zip(loops[-2::-1], loops[:0:-1], strict=True):
            init, result = inner.inits[found[0]], inner.results[found[0]]
            if init not in outer.carried or self.read[result] != 1:
                break
            at = outer.carried.index(init)
            if outer.body.yields[at] != result or self.read[outer.carried[at]] != 1:
                break
            found.insert(0, at)
        return found

    def made_in(self, loop: For) -> frozenset[Atom]:
        if loop.index not in self.inside:
            made = {var for s in within(loop) for var in (*targets(s), *block_params(s))}
            self.inside[loop.index] = frozenset(made - set(loop.results))
        return self.inside[loop.index]

    def stays(self, array: Atom, loop: For) -> bool:
        """Whether the array is there before the loop, and not changed by it."""
        if loop.index not in self.changed:
            self.changed[loop.index] = touched(loop, self.memory)[1]
        return array not in self.made_in(loop) and self.memory.roots(array).isdisjoint(self.changed[loop.index])

    def indices(self, atoms: Iterable[Atom], loops: Loops) -> set[Var] | None:
        """The indices of the loops of which these places are sums and products; None if of anything else in them."""
        found, own, made = set[Var](), {loop.index for loop in loops}, self.made_in(loops[0])
        for atom in atoms:
            if atom in own:
                assert isinstance(atom, Var)
                found.add(atom)
            elif atom in made:
                s = self.made.get(atom)
                inner = self.indices(s.args, loops) if _is_place(s) and isinstance(s, Assign) else None
                if inner is None:
                    return None
                found |= inner
        return found


def _is_place(s: Statement | None) -> bool:
    return isinstance(s, Assign) and s.op in ("add", "sub", "mul") and isinstance(s.target.type, Scalar)


@dataclass(frozen=True)
class _Plan:
    """`at`: before which of its loops the product is made, of which `rows`, `columns` and `over` are the loops."""

    term: _Term
    at: int
    left: Assign
    right: Assign
    rows: Loops
    columns: Loops
    over: Loops


def _plan(term: _Term, found: _Found) -> _Plan | None:
    """With the shortest strip for which it pays."""
    return next((plan for at in reversed(range(len(term.loops))) if (plan := _from(term, at, found)) is not None), None)


def _from(term: _Term, at: int, found: _Found) -> _Plan | None:
    loops, inner = term.loops[at:], term.loops[max(at, term.region) :]
    made = found.made_in(loops[0])
    if any(loop.stop in made for loop in loops) or not all(found.stays(s.args[0], loops[0]) for s in term.factors):
        return None
    left, right = term.factors
    one, other = (found.indices(s.args[1:], loops) for s in term.factors)
    stored = found.indices(() if term.to is None else term.to.operands, inner)
    if stored is None or one is None or other is None or has_effects(loops[0]):
        return None
    kept = stored | {loop.index for loop in loops if loop not in inner}
    if loops[0].index in kept & other:
        left, right, one, other = right, left, other, one
    groups = [kept & one, kept & other, (one & other) - kept]
    if sum(map(len, groups)) != len(loops) or len(set().union(*groups)) != len(loops):
        return None
    rows, columns, over = (tuple(loop for loop in loops if loop.index in group) for group in groups)
    plan = _Plan(term, at, left, right, rows, columns, over)
    return plan if _pays(plan) and (loops[0] in over or _within(right, loops)) else None


def _pays(plan: _Plan) -> bool:
    first = plan.term.loops[plan.at]
    strip, *others = sorted((plan.rows, plan.columns, plan.over), key=lambda group: first not in group)
    sizes = [_least(group) for group in others]
    return plan.at > 0 and len(strip) > 1 and min(sizes) >= SHORT and prod(sizes) >= WORK


def _least(loops: Loops) -> int:
    """How often they go round together, at least."""
    return prod(dim.lower if (dim := extent_of(loop)) is not None else 0 for loop in loops)


def _within(s: Assign, loops: Loops) -> bool:
    """Whether what is read lies in the array, even if other loops do not run: it is read before them."""
    extents: dict[Atom, Dim | None] = {loop.index: extent_of(loop) for loop in loops}
    index, dims = s.param("index"), dims_of(s.args[0].type)
    return len(index) == len(dims) and all(
        extents.get(s.args[1 + entry.operand]) == dim
        if isinstance(entry, At)
        else isinstance(entry, int) and 0 <= entry < dim.lower
        for entry, dim in zip(index, dims, strict=True)
    )


@dataclass
class _Writer:
    """By a loop's index: what goes before it, and after it; which of its results are made there, and not by it."""

    found: _Found
    ctx: Context
    before: dict[Var, list[Statement]] = field(default_factory=dict)
    after: dict[Var, list[Statement]] = field(default_factory=dict)
    gone: dict[Var, set[int]] = field(default_factory=dict)
    copies: dict[tuple, Var] = field(default_factory=dict)

    def block(self, block: Block) -> Block:
        done: list[Statement] = []
        for s in block.statements:
            if not isinstance(s, For):
                done.append(map_statement(s, lambda atom: atom, self.block))
                continue
            gone = self.gone.get(s.index, ())
            results = (self.ctx.again(var) if k in gone else var for k, var in enumerate(s.results))
            made = replace(s, body=self.block(s.body), results=tuple(results))
            done += [*self.before.get(s.index, ()), made, *self.after.get(s.index, ())]
        return Block(tuple(done), block.yields)

    def write(self, plan: _Plan) -> None:
        loops, builder = plan.term.loops, self.ctx.builder
        first, inmost = loops[plan.at], loops[-1]
        with builder.at(inmost.origin):
            left, right = self._left(plan), self._right(plan)
            with builder.collect() as made:
                type = Array(dtype_of(left.type), (dims_of(left.type)[0], dims_of(right.type)[1]))
                products = builder.emit("dot", left, right, type=type)
            self.before.setdefault(first.index, []).extend(made)
            region = max(plan.at, plan.term.region)
            with builder.collect() as made:
                self._add(plan, products, region)
        self.after.setdefault(loops[region].index, []).extend(made)
        self.gone.setdefault(loops[region].index, set()).add(plan.term.places[region - plan.term.region])

    # The matrices

    def _left(self, plan: _Plan) -> Var:
        first = plan.term.loops[plan.at]
        if first not in plan.over:
            return self._copy(plan.left, plan.rows, plan.over, first, first)
        strip = self._copy(plan.left, plan.over, plan.rows, first, first)
        with self.ctx.builder.collect() as made:
            type = Array(dtype_of(strip.type), dims_of(strip.type)[::-1])
            turned = self.ctx.builder.emit("transpose", strip, type=type, axes=None)
        self.before.setdefault(first.index, []).extend(made)
        return turned

    def _right(self, plan: _Plan) -> Var:
        """What does not hang on the strip's first loop is copied before as many loops as can be."""
        first = plan.term.loops[plan.at]
        loops = (first,) if first in plan.over else plan.term.loops
        before = next(loop for loop in loops if self._may_go_before(plan, loop))
        return self._copy(plan.right, plan.over, plan.columns, first, before)

    def _may_go_before(self, plan: _Plan, loop: For) -> bool:
        made = self.found.made_in(loop)
        stops = [one.stop for one in (*plan.over, *plan.columns)]
        return self.found.stays(plan.right.args[0], loop) and made.isdisjoint(stops)

    def _copy(self, s: Assign, rows: Loops, columns: Loops, first: For, before: For) -> Var:
        """A matrix of what is read in these loops, a row for each iteration of `rows`."""
        key = (s.args, s.param("index"), rows, columns, before.index)
        if key not in self.copies:
            ctx, loops = self.ctx, (*rows, *columns)
            with ctx.builder.collect() as made:
                sizes = [self._size(rows), self._size(columns)]
                type = Array(dtype_of(s.target.type), (self._dim(sizes[0]), self._dim(sizes[1])))

                def put(at: Sequence[Atom], carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
                    env = dict(zip((loop.index for loop in loops), at, strict=True))
                    places = [self._place(atom, env, first) for atom in s.args[1:]]
                    value = ctx.builder.emit("getitem", s.args[0], *places, type=s.target.type, index=s.param("index"))
                    return (ctx.write(carried[0], (self._number(rows, env), self._number(columns, env)), value),)

                like = Var("strip", 0, type) if before is first else None
                (copy,) = ctx.nest([loop.stop for loop in loops], (ctx.empty(type, sizes, like),), put)
            assert isinstance(copy, Var)
            self.before.setdefault(before.index, []).extend(made)
            self.copies[key] = copy
        return self.copies[key]

    def _size(self, loops: Loops) -> Atom:
        """How often they go round; a stop that is less than 0 is none."""
        whole = self.ctx.whole
        zero = whole.constant(0)
        return whole.product(one.stop if _least((one,)) else whole.most(one.stop, zero) for one in loops)

    def _dim(self, size: Atom) -> Dim:
        constant = integer_of(size)
        return Dim(f"(strip.{self.ctx.builder.version()})") if constant is None else Dim(None, constant)

    def _number(self, loops: Loops, env: Mapping[Var, Atom]) -> Atom:
        """Which of all their iterations this is."""
        whole = self.ctx.whole
        number: Atom = whole.constant(0)
        for loop in loops:
            number = whole.add(whole.mul(number, loop.stop), env.get(loop.index, loop.index))
        return number

    def _place(self, atom: Atom, env: Mapping[Var, Atom], first: For) -> Atom:
        """The place again, with other indices for those of the loops from `first` inwards."""
        if isinstance(atom, Var) and atom in env:
            return env[atom]
        s = self.found.made.get(atom)
        if not isinstance(s, Assign) or atom not in self.found.made_in(first):
            return atom
        return self.ctx.builder.emit(s.op, *(self._place(arg, env, first) for arg in s.args), type=s.target.type)

    # What is done with the product

    def _add(self, plan: _Plan, products: Var, region: int) -> None:
        """Add it to what the loop `region` has added it to."""
        ctx, term = self.ctx, plan.term
        loop, k = term.loops[region], term.places[region - term.region]
        init, result, to = loop.inits[k], loop.results[k], term.to
        inner = [one for one in term.loops[region:] if one not in plan.over]

        def number(env: Mapping[Var, Atom]) -> Atom:
            return ctx.read(products, (self._number(plan.rows, env), self._number(plan.columns, env)))

        def put(at: Sequence[Atom], carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            assert to is not None
            env = dict(zip((one.index for one in inner), at, strict=True))
            places = tuple(self._place(atom, env, loop) for atom in to.operands)
            return (ctx.builder.store(carried[0], to.index, places, number(env), "add"),)

        if to is None:
            more = number({})
            s = (
                Assign(result, "add", (init, more))
                if init != Const(0.0, loop.carried[k].type)
                else Assign(result, "identity", (more,))
            )
            ctx.builder.append(s)
        else:
            (added,) = ctx.nest([one.stop for one in inner], (init,), put)
            assert isinstance(added, Var)
            ctx.builder.statements[-1] = rename_target(ctx.builder.statements[-1], added, result)
