"""Logarithms of sums of exponentials, in a loop, by exponentials that are taken once before it.

Of `log(sum(exp(a[:, None] + B), axis=0))`, whose matrix B is the same in each iteration, what a step needs is
`top + log(exp(a - top) @ exp(B))`, with the largest `top` of `a`: a product with a matrix in the place of as many
exponentials. So does an expert write the forward algorithm of a hidden Markov model, a conditional random field, or
Sinkhorn's iteration. The gradient of a hidden Markov model of 32 states takes a quarter of the time.

>>> import numpy as np
>>> from gradgen.infer.shapes import exact
>>> from gradgen.infer.signature import signature, types_of
>>> from gradgen.ir import show
>>> from gradgen.simplify import simplify
>>> from gradgen.stage import stage
>>> def f(a, b):
...     for t in range(9):
...         x = a[:, None] + b
...         m = np.max(x, axis=0)
...         a = m + np.log(np.sum(np.exp(x - m), axis=0))
...     return a[0]
>>> given = {"a": np.ones(20), "b": np.ones((20, 20))}
>>> told = exact({name: signature(x, name) for name, x in given.items()}, given)
>>> program = stage(f, {name: types_of(x) for name, x in told.items()}).program
>>> print(show(simplify(tabulate_exponentials(program)).entry))
f(a.0, b.1):
  _.23 = abs b.1
  _.24 = le _.23 300.0
  _.25 = eq b.1 -inf
  _.26 = bitwise_or _.24 _.25
  bounded.27 = all _.26 axis=None keepdims=False
  _.28 = where bounded.27 b.1 0.0
  table.29 = exp _.28
  a.21 = for t.12 in 0:9:1 with a.11=a.0:
    top.30 = max a.11 axis=None keepdims=False
    _.31 = held top.30
    _.32 = sub a.11 _.31
    _.33 = abs _.32
    _.34 = le _.33 300.0
    _.35 = eq _.32 -inf
    _.36 = bitwise_or _.34 _.35
    _.37 = all _.36 axis=None keepdims=False
    near.38 = bitwise_and bounded.27 _.37
    _.39 = where near.38 _.32 0.0
    _.40 = exp _.39
    _.41 = matmul _.40 table.29
    _.42 = ge _.41 5.148200222412013e-131
    _.43 = all _.42 axis=None keepdims=False
    fits.44 = bitwise_and near.38 _.43
    a.20 = if fits.44:
      _.45 = log _.41
      _.46 = add _.31 _.45
      yield _.46
    else:
      _.47 = a.11[:, None]
      x.48 = add _.47 b.1
      m.49 = max x.48 axis=0 keepdims=False
      _.50 = sub x.48 m.49
      _.51 = exp _.50
      _.52 = sum _.51 axis=0 keepdims=False
      _.53 = log _.52
      a.54 = add m.49 _.53
      yield a.54
    yield a.20
  _.22 = a.21[0]
  yield _.22

Where an element of B or `a - top`, or a sum, leaves no room for products and quotients of exponentials, or is infinite
or NaN, the step is done as it is written; but -inf, the logarithm of nothing, has the exponential 0. Else all factors
are normal numbers, and the gradient is as exact: that of `top` cancels.

Found in the forms that people write: with the largest, of the same axis, taken out and added again; `logsumexp`;
`np.logaddexp.reduce`. The sum may have more terms, and a number may divide it. Axes of the matrix must be known to be
16 or longer. A program with more than two such logarithms is left as it is: its text would be compiled for too long.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradgen.ir import (
    ALL,
    ONE,
    Assign,
    Atom,
    Block,
    Const,
    Dim,
    For,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Var,
    While,
    dims_of,
    dtype_of,
    long_axes,
)
from gradgen.ir.walk import block_params, map_statement, statements, targets, uses, within
from gradgen.rules.build import Builder, builder_after
from gradgen.rules.reductions import axes_of
from gradgen.rules.table import RULES

LONG = 16
FEW = 2  # logarithms: each is compiled in two ways
# Exponents whose exponentials, and the products and quotients of two of these, are normal numbers.
ROOM = {"float64": 300.0, "float32": 40.0}
PURE = ("elementwise", "reduction", "selection", "linear")
Wrap = tuple[str, Atom]  # an operation of a term and a number


@dataclass(frozen=True, slots=True)
class _Term:
    """Of a sum: `atom`, divided or multiplied by numbers, the innermost first; `negative`: it is subtracted."""

    atom: Atom
    negative: bool
    wraps: tuple[Wrap, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sum:
    """`x`, whose exponentials are summed along `axis`, as a sum: of the terms of the matrix that stays, of those along
    `axis`, and of those that are the same for all that is summed."""

    x: Var
    axis: int
    kept: bool  # whether the axis is there still, of size 1
    table: tuple[_Term, ...]
    along: tuple[_Term, ...]
    beside: tuple[_Term, ...]

    @property
    def ndim(self) -> int:
        return len(dims_of(self.x.type))


def tabulate_exponentials(program: Program) -> Program:
    builder = builder_after(program)
    made = replace(program, functions=tuple([_function(f, builder) for f in program.functions]))
    return made if _choices(made) - _choices(program) <= FEW else program


def _function(function: Function, builder: Builder) -> Function:
    return replace(function, body=_block(function.body, builder, uses(function)))


def _choices(program: Program) -> int:
    return sum(isinstance(s, If) for function in program.functions for s in statements(function.body))


def _block(block: Block, builder: Builder, used: Counter[Var]) -> Block:
    kept: list[Statement] = []
    for s in block.statements:
        s = map_statement(s, lambda atom: atom, lambda inner: _block(inner, builder, used))
        if isinstance(s, For | While):
            tabulating = _Tabulating(s, builder, used)
            s = replace(s, body=tabulating.block(s.body))
            kept += tabulating.before
        kept.append(s)
    return Block(tuple(kept), block.yields)


class _Tabulating:
    """Of one loop: the logarithms in its body, but for those of loops in it, and what is computed `before` it."""

    def __init__(self, loop: For | While, builder: Builder, used: Counter[Var]):
        self.builder, self.used = builder, used
        self.inside = {*block_params(loop), *(var for s in within(loop) for var in (*targets(s), *block_params(s)))}
        self.made = {s.target: s for s in _of_iteration(loop.body) if isinstance(s, Assign)}
        self.before: list[Statement] = []
        self.moved: dict[Var, Var] = {}  # what is computed before the loop now
        self.tables: dict[tuple[_Term, ...], tuple[Var, Var]] = {}
        self.found = {s.target: found for s in self.made.values() if (found := self._logarithm(s))}
        for s in self.made.values():
            self._take_out(s)

    def block(self, block: Block) -> Block:
        made: list[Statement] = []
        for s in block.statements:
            made += self._statement(map_statement(s, lambda atom: atom, self.block) if isinstance(s, If) else s)
        return replace(block, statements=tuple(made))

    def _statement(self, s: Statement) -> list[Statement]:
        """A logarithm as a choice: by the table, or as it is written."""
        found = self.found.get(s.target) if isinstance(s, Assign) else None
        if found is None or not isinstance(s, Assign):
            return [s]
        with self.builder.at(s.origin), self.builder.collect() as made:
            top, total, fits = self._total(found)
            with self.builder.collect() as then:
                by_table = self._by_table(found, top, total)
            with self.builder.collect() as orelse:
                as_written = self._again(s.target, found, {})
        if by_table.type != s.target.type or as_written.type != s.target.type:
            return [s]
        branches = Block(tuple(then), (by_table,)), Block(tuple(orelse), (as_written,))
        return [*made, If(fits, *branches, (s.target,), s.origin)]

    # What is found

    def _logarithm(self, s: Assign) -> _Sum | None:
        if s.op in ("logsumexp", "logaddexp_reduce"):
            return self._separated(s.args[0], s)
        total = self._made(s.args[0], "sum") if s.op == "log" else None
        power = self._made(total.args[0], "exp") if total is not None else None
        if total is None or power is None or self.used[power.target] > 1 or self.used[total.target] > 1:
            return None
        return self._separated(power.args[0], total)

    def _made(self, atom: Atom, op: str) -> Assign | None:
        made = self.made.get(atom) if isinstance(atom, Var) else None
        return made if made is not None and made.op == op else None

    def _separated(self, x: Atom, s: Assign) -> _Sum | None:
        """`x`, summed by `s`, as a sum, if it is one of a matrix that stays and of terms along less axes."""
        dims = dims_of(x.type)
        axes = axes_of(s.param("axis"), len(dims)) if len(dims) > 1 else ()
        if not isinstance(x, Var) or len(axes) != 1 or dtype_of(x.type) not in ROOM or axes[0] < len(dims) - 2:
            return None
        axis, other = axes[0], _other(axes[0], len(dims))
        table, along, beside = list[_Term](), list[_Term](), list[_Term]()
        for term in self._terms(x, False, ()):
            long = _long_axes(term.atom, len(dims))
            if long >= {axis, other}:
                if long != {axis, other} or not self._stays(term):
                    return None
                table.append(term)
            else:
                (along if axis in long else beside).append(term)
        if not table or not along or min(dims[axis].lower, dims[other].lower) < LONG:
            return None
        if any(dtype_of(term.atom.type) != dtype_of(x.type) for term in (*table, *along)):
            return None
        if any(_dim(term.atom, axis, len(dims)) != dims[axis] for term in (*table, *along)):
            return None
        if any(_dim(term.atom, other, len(dims)) != dims[other] for term in table):
            return None
        return _Sum(x, axis, bool(s.param("keepdims", False)), tuple(table), tuple(along), tuple(beside))

    def _terms(self, atom: Atom, negative: bool, wraps: tuple[Wrap, ...]) -> Iterator[_Term]:
        """Of what is as large as a matrix; the rest is a term as it is."""
        s = self.made.get(atom) if isinstance(atom, Var) else None
        if s is None or len(long_axes(atom.type)) < 2:
            yield _Term(atom, negative, wraps)
        elif s.op in ("add", "sub"):
            yield from self._terms(s.args[0], negative, wraps)
            yield from self._terms(s.args[1], negative ^ (s.op == "sub"), wraps)
        elif s.op == "neg":
            yield from self._terms(s.args[0], not negative, wraps)
        elif s.op in ("mul", "div") and isinstance(s.args[1].type, Scalar):
            yield from self._terms(s.args[0], negative, ((s.op, s.args[1]), *wraps))
        elif s.op == "mul" and isinstance(s.args[0].type, Scalar):
            yield from self._terms(s.args[1], negative, ((s.op, s.args[0]), *wraps))
        else:
            yield _Term(atom, negative, wraps)

    def _stays(self, term: _Term) -> bool:
        return all(map(self._is_same, (term.atom, *(number for _, number in term.wraps))))

    def _is_same(self, atom: Atom) -> bool:
        """Whether the value is that of each iteration, and can be computed before the loop."""
        if not isinstance(atom, Var) or atom not in self.inside:
            return True
        s = self.made.get(atom)
        if s is None or not (RULES[s.op].kind == "elementwise" or s.op == "transpose" or _only_adds_axes(s)):
            return False
        return all(map(self._is_same, s.args))

    # What is added to a logarithm and taken from its exponents

    def _take_out(self, s: Assign) -> None:
        """`m + log(sum(exp(x - m)))` is the logarithm for `x`, whatever `m` is."""
        if s.op != "add":
            return
        for m, logarithm in (s.args, s.args[::-1]):
            found = self.found.get(logarithm) if isinstance(logarithm, Var) else None
            if found is None or not isinstance(logarithm, Var) or self.used[logarithm] > 1:
                continue
            left = [term for term in found.beside if not self._is_taken(term, m, found)]
            if len(left) == len(found.beside) - 1:
                del self.found[logarithm]
                self.found[s.target] = replace(found, beside=tuple(left))
                return

    def _is_taken(self, term: _Term, m: Atom, found: _Sum) -> bool:
        """Whether the term subtracts `m`, each of its elements from those whose logarithm it is added to."""
        ndim, gone = found.ndim, not found.kept
        places = {k + (gone and k >= found.axis): axis for k, axis in self._places(m, ndim - gone).items()}
        return (
            term.negative
            and not term.wraps
            and self._root(term.atom) == self._root(m)
            and self._places(term.atom, ndim) == places
        )

    def _root(self, atom: Atom) -> Atom:
        """What it is, but for axes of size 1."""
        s = self.made.get(atom) if isinstance(atom, Var) else None
        return self._root(s.args[0]) if s is not None and _only_adds_axes(s) else atom

    def _places(self, atom: Atom, ndim: int) -> dict[int, int]:
        """By axis of an array of so many, to which `atom` is broadcast, the axis of its root that lies there."""
        order, steps = list[int | None](), list[Assign]()
        root = self._root(atom)
        while atom != root:
            assert isinstance(atom, Var)
            steps.append(self.made[atom])
            atom = steps[-1].args[0]
        order = [None if dim.is_one else k for k, dim in enumerate(dims_of(atom.type))]
        for s in reversed(steps):
            rest = iter(order)
            order = [None if entry is None else next(rest) for entry in s.param("index")] + list(rest)
        first = ndim - len(order)
        return {first + k: axis for k, axis in enumerate(order) if axis is not None}

    # What is made

    def _total(self, found: _Sum) -> tuple[Var, Var, Var]:
        """The largest of the terms along the axis, the sum of the exponentials less that, and whether it is exact."""
        emit, end = self.builder.emit, found.ndim - 1
        table, bounded = self._table(found)
        a = self._without(self._sum(found.along), found.ndim, _other(found.axis, found.ndim))
        several = len(dims_of(a.type)) > 1
        top = emit("held", emit("max", a, axis=-1 if several else None, keepdims=several, name="top"))
        below = emit("sub", a, top)
        near = emit("bitwise_and", bounded, self._in_room(below), name="near")
        each = emit("exp", self._if(near, below))
        if found.ndim == 2:
            total = emit("matmul", table, each) if found.axis == end else emit("matmul", each, table)
        else:
            total = emit("matmul", each, emit("transpose", table) if found.axis == end else table)
        least = math.exp(-ROOM[dtype_of(total.type)])
        enough = emit("all", emit("ge", total, _constant(least, total)), axis=None, keepdims=False)
        return top, total, emit("bitwise_and", near, enough, name="fits")

    def _table(self, found: _Sum) -> tuple[Var, Var]:
        """The exponentials of the matrix, and whether there is room for all of them."""
        if found.table not in self.tables:
            with self.builder.collect() as made:
                terms = [replace(one, atom=self._moved(one.atom), wraps=self._wraps(one)) for one in found.table]
                matrix = self._without(self._sum(terms), found.ndim, None)
                bounded = self._in_room(matrix, name="bounded")
                self.tables[found.table] = self.builder.emit("exp", self._if(bounded, matrix), name="table"), bounded
            self.before += made
        return self.tables[found.table]

    def _in_room(self, exponents: Atom, name: str = "") -> Var:
        emit = self.builder.emit
        near = emit("le", emit("abs", exponents), _constant(ROOM[dtype_of(exponents.type)], exponents))
        nothing = emit("eq", exponents, _constant(-math.inf, exponents))
        return emit("all", emit("bitwise_or", near, nothing), axis=None, keepdims=False, name=name)

    def _if(self, test: Var, exponents: Atom) -> Var:
        """Infinite exponentials would make NaN of an adjoint of 0."""
        return self.builder.emit("where", test, exponents, _constant(0.0, exponents))

    def _wraps(self, term: _Term) -> tuple[Wrap, ...]:
        return tuple((op, self._moved(number)) for op, number in term.wraps)

    def _moved(self, atom: Atom) -> Atom:
        if not isinstance(atom, Var) or atom not in self.inside:
            return atom
        if atom not in self.moved:
            s = self.made[atom]
            args = [self._moved(arg) for arg in s.args]
            self.moved[atom] = self.builder.emit(s.op, *args, name=atom.name, spelling=s.spelling, **dict(s.params))
        return self.moved[atom]

    def _by_table(self, found: _Sum, top: Var, total: Var) -> Var:
        emit = self.builder.emit
        result = emit("add", top, emit("log", total))
        if found.beside:
            result = emit("add", result, self._without(self._sum(found.beside), found.ndim, found.axis))
        if found.kept:
            ends = (ALL, None) if found.axis == found.ndim - 1 else (None, ALL)
            result = emit("getitem", result, index=(*[ALL] * (found.ndim - 2), *ends))
        return result

    def _sum(self, terms: Sequence[_Term]) -> Atom:
        total: Atom | None = None
        for term in sorted(terms, key=lambda term: term.negative):
            value = term.atom
            for op, number in term.wraps:
                value = self.builder.emit(op, value, number)
            if total is None:
                total = self.builder.emit("neg", value) if term.negative else value
            else:
                total = self.builder.emit("sub" if term.negative else "add", total, value)
        assert total is not None
        return total

    def _without(self, array: Atom, ndim: int, axis: int | None) -> Atom:
        """Without its axis of size 1 where it is broadcast to `axis` of `ndim`, and without those before the first two
        of a matrix (None)."""
        root, have = self._root(array), len(dims_of(array.type))
        gone = set(range(ndim - 2)) if axis is None else {axis}
        index = [0 if ndim - have + k in gone else ALL for k in range(have)]
        if 0 not in index:
            return array
        left = tuple(dim for dim, entry in zip(dims_of(array.type), index, strict=True) if entry == ALL)
        return root if dims_of(root.type) == left else self.builder.emit("getitem", array, index=tuple(index))

    def _again(self, atom: Atom, found: _Sum, again: dict[Var, Atom]) -> Atom:
        """What makes `atom` of the terms, once more."""
        terms = {self._root(term.atom) for term in (*found.table, *found.along, *found.beside)}
        s = self.made.get(atom) if isinstance(atom, Var) and atom not in terms else None
        if s is None or RULES[s.op].kind not in PURE:
            return atom
        if s.target not in again:
            args = [self._again(arg, found, again) for arg in s.args]
            again[s.target] = self.builder.emit(
                s.op, *args, name=s.target.name, spelling=s.spelling, type=s.target.type, **dict(s.params)
            )
        return again[s.target]


def _of_iteration(block: Block) -> Iterator[Statement]:
    """The statements that an iteration runs once at most."""
    for s in block.statements:
        yield s
        if isinstance(s, If):
            yield from _of_iteration(s.then)
            yield from _of_iteration(s.orelse)


def _constant(value: float, like: Atom) -> Const:
    return Const(value, Scalar(dtype_of(like.type)))


def _other(axis: int, ndim: int) -> int:
    """Of the last two axes the other one."""
    return 2 * ndim - 3 - axis


def _dim(atom: Atom, axis: int, ndim: int) -> Dim:
    """The size of what is broadcast to an array of `ndim` axes along one of these."""
    dims = dims_of(atom.type)
    return dims[axis - ndim] if ndim - axis <= len(dims) else ONE


def _long_axes(atom: Atom, ndim: int) -> set[int]:
    """Those of an array of `ndim` axes along which what is broadcast to it is not one element."""
    return {ndim + axis for axis, _ in long_axes(atom.type)}


def _only_adds_axes(s: Assign) -> bool:
    return s.op == "getitem" and all(entry in (ALL, None) for entry in s.param("index"))
