"""An array of zeros that a loop adds to once, place by place, is filled by that loop; a copy of an array is that array.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var, show
>>> vector, number = Array("float64", (Dim("n"),)), Scalar("float64")
>>> x, n, i, y = Var("x", 0, vector), Var("n", 1, INT), Var("i", 2, INT), Var("y", 3, number)
>>> a, b, c, d = (Var("a", k, vector) for k in range(4, 8))
>>> each = Block((Assign(y, "getitem", (x, i), (("index", (At(0),)),)), Store(c, b, (At(0),), (i,), y, "add")), (c,))
>>> zeros = Assign(a, "zeros", (n,), (("dtype", "float64"),))
>>> body = Block((zeros, For(i, Const(0, INT), n, Const(1, INT), (b,), (a,), each, (d,))), (d,))
>>> before = Program((Function("f", (x, n), body),))
>>> print(show(before.entry))
f(x.0, n.1):
  a.4 = zeros n.1 dtype=float64
  a.7 = for i.2 in 0:n.1:1 with a.5=a.4:
    y.3 = x.0[i.2]
    a.6 = a.5 with [i.2] += y.3
    yield a.6
  yield a.7
>>> print(show(fill_arrays(before).entry))
f(x.0, n.1):
  a.4 = empty n.1 dtype=float64
  a.7 = for i.2 in 0:n.1:1 with a.5=a.4:
    y.3 = x.0[i.2]
    a.6 = a.5 with [i.2] = y.3
    yield a.6
  yield a.7

The loops must go over the whole of the array, one for each axis, and store where nothing decides on it. What is a copy
must be one of an array that the function makes itself, of the same shape. (0.0 + -0.0 is 0.0, and what is stored then
is -0.0: adjoints do not tell them apart elsewhere, either.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gradgen.ir import Array, Assign, At, Atom, Block, For, Function, Program, Scalar, Statement, Store, Var
from gradgen.ir.known import counts_up
from gradgen.ir.walk import block_params, map_statement, operands, statement_free, statements, targets, uses
from gradgen.lower.accesses import Memory
from gradgen.simplify.copies import replace_variables


def fill_arrays(program: Program) -> Program:
    return replace(program, functions=tuple(map(_function, program.functions)))


@dataclass(frozen=True)
class Fill:
    """The nest that goes once over the whole of a new array, and the store in it."""

    made: Assign
    nest: For
    result: Var
    store: Store
    inside: tuple[Statement, ...]  # of the inmost loop


def _function(function: Function) -> Function:
    fills = list(_fills(function))
    added = [fill for fill in fills if fill.made.op == "zeros" and fill.store.mode == "add"]
    empty = {fill.made for fill in added}
    stored = {fill.store for fill in added}

    def block(block: Block) -> Block:
        return Block(tuple(map_statement(filled(s), lambda atom: atom, block_) for s in block.statements), block.yields)

    def filled(s: Statement) -> Statement:
        if isinstance(s, Assign) and s in empty:
            return replace(s, op="empty")
        return replace(s, mode="set") if isinstance(s, Store) and s in stored else s

    block_ = block
    if added:
        return replace(function, body=block(function.body))
    memory = Memory(function)
    sizes = {s.target: s.args for s in _made(function)}
    for fill in fills:
        source = _source(fill)
        if source is not None and sizes.get(memory.key(source)) == fill.made.args:
            return _function(_called_alike(replace_variables(function, {fill.result: source}), fill.result, source))
    return function


def _called_alike(function: Function, copy: Var, source: Var) -> Function:
    """The function with `source` named as its copy was, if it has no name of its own."""
    memory = Memory(function)
    versions: dict[Atom, Var] = {}
    for s in statements(function.body):
        for var in (*targets(s), *block_params(s)):
            if memory.key(var) == memory.key(source) and not (var.name or (var.of is not None and var.of.name)):
                versions[var] = replace(var, of=copy.of)

    def use(atom: Atom) -> Atom:
        return versions.get(atom, atom)

    def block(block: Block) -> Block:
        made = tuple(map_statement(s, use, block_, use) for s in block.statements)
        return Block(made, tuple(map(use, block.yields)))

    block_ = block
    return replace(function, body=block(function.body)) if not copy.name else function


def _made(function: Function) -> Iterator[Assign]:
    for s in statements(function.body):
        if isinstance(s, Assign) and s.op in ("empty", "zeros") and isinstance(s.target.type, Array):
            yield s


def _fills(function: Function) -> Iterator[Fill]:
    made = {s.target: s for s in _made(function)}
    read = uses(function)
    for s in statements(function.body):
        if isinstance(s, For):
            for init in s.inits:
                if isinstance(init, Var) and init in made and read[init] == 1:
                    fill = filled_by(s, made[init], read)
                    if fill is not None and read[fill.result]:
                        yield fill


def filled_by(loop: For, made: Assign, read: Counter[Var]) -> Fill | None:
    """The nest from `loop` inwards, which has the array `made` as it comes in."""
    nest: list[For] = []
    version, result = made.target, loop.results[loop.inits.index(made.target)]
    while True:
        nest.append(loop)
        k = loop.inits.index(version)
        version, last = loop.carried[k], loop.body.yields[k]
        s = next((s for s in loop.body.statements if version in operands(s)), None)
        onward = s is not None and isinstance(last, Var) and last in targets(s) and read[last] == 1
        if loop.leave is not None or read[version] != 1 or not onward:
            return None
        if isinstance(s, Store):
            over_all = s.array == version and _over_all(s, nest, made.args)
            return Fill(made, nest[0], result, s, loop.body.statements) if over_all else None
        if not isinstance(s, For):
            return None
        loop = s


def _over_all(s: Store, nest: list[For], sizes: tuple[Atom, ...]) -> bool:
    """Whether the loops go over all places of an array of these sizes, one for each axis."""
    if len(nest) != len(sizes) or not all(isinstance(entry, At) for entry in s.index):
        return False
    stops: dict[Atom, Atom] = {loop.index: loop.stop for loop in nest if counts_up(loop)}
    return len(set(s.operands)) == len(nest) and [stops.get(at) for at in s.operands] == list(sizes)


def _source(fill: Fill) -> Var | None:
    """The array of which each element is stored at its own place."""
    value = fill.store.value
    element = next((s for s in fill.inside if isinstance(s, Assign) and s.target == value), None)
    if fill.store.mode != "set" or element is None or element.op != "getitem" or not isinstance(value.type, Scalar):
        return None
    same = (element.param("index"), element.args[1:]) == (fill.store.index, fill.store.operands)
    source = element.args[0]
    alike = isinstance(source.type, Array) and source.type.dtype == value.type.dtype
    from_outside = source in statement_free(fill.nest)
    return source if same and alike and from_outside and isinstance(source, Var) else None
