"""Values that some paths lack: placeholders for those that backward looks at on every path.

A variable that only one branch assigns is undefined on the other one, and no path that lacks it reads
it. But backward asks on every path for the shape that its adjoint has, a loop saves it in each
iteration, and a cache carries it. There zeros take its place: its adjoint is added to nothing. As compiled code reads
their elements where it saves them, they are as many as the array would have, where another array tells that; else none.

>>> from gradgen.ir import BOOL, FLOAT, Assign, Block, If, Undefined, Var
>>> from gradgen.rules.build import Builder
>>> c, x, y, t = Var("c", 0, BOOL), Var("x", 1, FLOAT), Var("y", 2, FLOAT), Var("t", 3, FLOAT)
>>> branch = If(c, Block((Assign(y, "exp", (x,)),), (y,)), Block((), (Undefined(FLOAT),)), (t,))
>>> (made,) = defined((branch,), {t}, Builder())
>>> made.orelse.yields[0].value
0.0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace

from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    Atom,
    Block,
    Const,
    Dim,
    For,
    If,
    ListOf,
    Save,
    Scalar,
    Statement,
    Store,
    Type,
    Undefined,
    Var,
    While,
    dims_of,
    is_float,
)
from gradgen.ir.types import constant_dim
from gradgen.ir.walk import free_variables, map_statement, operands, statements, targets
from gradgen.rules.build import Builder, constant_atom


def looked_at(primal: tuple[Statement, ...], adjoint: tuple[Statement, ...]) -> set[Atom]:
    """What is read whichever path was taken: what is saved, and what zero adjoints have their shape from."""
    saved = {s.value for s in statements(Block(primal)) if isinstance(s, Save)}
    shapes = {s.args[0] for s in statements(Block(adjoint)) if isinstance(s, Assign) and s.op == "zeros_like"}
    return saved | shapes


def defined(primal: tuple[Statement, ...], wanted: Set[Atom], builder: Builder) -> tuple[Statement, ...]:
    """`primal` with placeholders where one of `wanted`, or what it is made of, is undefined."""
    sources = dict(handed_over(primal))
    reached: set[Atom] = set()
    sure = _surely_read(primal)
    waiting = [atom for atom in wanted if atom in sources and atom not in sure]
    while waiting:
        var = waiting.pop()
        if var not in reached:
            reached.add(var)
            waiting += [source for source in sources[var] if source in sources]
    lacking = {var for var in reached if any(isinstance(source, Undefined) for source in sources[var])}
    sizes = Sizes()
    sizes.learn(free_variables(Block(primal)))
    return _filled(primal, lacking, sizes, builder) if lacking else primal


def _surely_read(primal: tuple[Statement, ...]) -> set[Atom]:
    """What is read on every path by the function itself: where it has no value, that reading raises, as in Python."""
    saved = {s.value for s in statements(Block(primal)) if isinstance(s, Save)}
    return {atom for s in primal if isinstance(s, Assign | Store | Accumulate) for atom in operands(s)} - saved


def handed_over(primal: tuple[Statement, ...]) -> Iterator[tuple[Atom, tuple[Atom, ...]]]:
    """The values that branches and loops hand on, and what each may be."""
    for s in statements(Block(primal)):
        match s:
            case If(recompute=True):
                yield from zip(s.results, ((given,) for given in s.then.yields), strict=True)
            case If():
                yield from zip(s.results, zip(s.then.yields, s.orelse.yields, strict=True), strict=True)
            case For() | While():
                for carried, result, init, given in zip(s.carried, s.results, s.inits, s.body.yields, strict=True):
                    yield carried, (init, given)
                    yield result, (carried,)


def _filled(block: Iterable[Statement], lacking: Set[Atom], sizes: Sizes, builder: Builder) -> tuple[Statement, ...]:
    """`sizes`: what arrays tell that were made before the block."""
    made: list[Statement] = []
    sizes = Sizes(sizes)

    def inner(block: Block) -> Block:
        return Block(_filled(block.statements, lacking, sizes, builder), block.yields)

    for s in block:
        if isinstance(s, If):
            then, orelse = (_branch(branch, s.results, lacking, sizes, builder) for branch in (s.then, s.orelse))
            made.append(replace(s, then=then, orelse=orelse))
        elif isinstance(s, For | While):
            with builder.collect() as before:
                inits = _with_placeholders(s.inits, s.carried, lacking, sizes, builder)
            made += [*before, map_statement(replace(s, inits=inits), lambda atom: atom, inner)]
        else:
            made.append(s)
        sizes.learn(targets(s))
    return tuple(made)


def _branch(branch: Block, results: tuple[Var, ...], lacking: Set[Atom], sizes: Sizes, builder: Builder) -> Block:
    statements = _filled(branch.statements, lacking, sizes, builder)
    sizes = Sizes(sizes)
    sizes.learn(target for s in statements for target in targets(s))
    with builder.collect() as more:
        yields = _with_placeholders(branch.yields, results, lacking, sizes, builder)
    return Block(statements + tuple(more), yields)


def _with_placeholders(
    given: tuple[Atom, ...], to: tuple[Var, ...], lacking: Set[Atom], sizes: Sizes, builder: Builder
) -> tuple[Atom, ...]:
    return tuple(
        _placeholder(atom.type, sizes, builder) if isinstance(atom, Undefined) and var in lacking else atom
        for atom, var in zip(given, to, strict=True)
    )


def _placeholder(type: Type, sizes: Sizes, builder: Builder) -> Atom:
    match type:
        case Scalar(dtype="bool"):
            return Const(False, type)
        case Scalar():
            return Const(0.0 if is_float(type) else 0, Scalar(type.dtype, type.weak))
        case Array():
            told = [sizes.told(dim, builder) for dim in type.dims]
            dims = tuple(constant_dim(0) if size is None else dim for dim, size in zip(type.dims, told, strict=True))
            shape = (constant_atom(0) if size is None else size for size in told)
            return builder.emit("zeros", *shape, dtype=type.dtype, type=Array(type.dtype, dims))
        case ListOf():
            return builder.emit("list", type=type, element=type.element)
    return Const(None, type)  # the cache of a call that was not made


class Sizes(dict[Dim, tuple[Var, int]]):
    """By the size of a dimension an array that has it, and its axis."""

    def learn(self, made: Iterable[Var]) -> None:
        for var in made:
            for axis, dim in enumerate(dims_of(var.type)):
                self.setdefault(dim, (var, axis))

    def told(self, dim: Dim, builder: Builder) -> Atom | None:
        if dim.constant is not None:
            return constant_atom(dim.constant)
        if dim in self:
            array, axis = self[dim]
            return builder.emit("size", array, type=Scalar("int64", True, dim), axis=axis)
        whole = self.told(dim.whole, builder) if dim.offset < 0 else None
        if whole is None:
            return None
        less = builder.emit("sub", whole, constant_atom(-dim.offset))
        return builder.emit("maximum", constant_atom(0), less, spelling="max")
