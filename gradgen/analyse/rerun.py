"""Whether a loop keeps less if only the state that it carries is saved, and each iteration runs again in backward.

Arrays that go to memory and come back cost more than the few operations that made them, in compiled code: a cavity
flow takes 0.4 times as long where its steps run again; a channel flow, whose steps end by a test, 0.25 times.
Exponentials cost more than that: an LSTM took 1.8 times as long. In Python arrays that are kept cost nothing: keeping
one is keeping a reference.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, Block, Const, Dim, For, Var
>>> n = Array("float64", (Dim("n"),))
>>> (u, a, b, v, r), i = (Var(name, k, n) for k, name in enumerate("uabvr")), Var("i", 9, INT)
>>> def loop(*ops):
...     body = Block(tuple(Assign(made, op, (of,)) for op, of, made in zip(ops, (u, a, b), (a, b, v))), (v,))
...     return For(i, Const(0, INT), Const(9, INT), Const(1, INT), (u,), (u,), body, (r,))
>>> [pays(loop(*ops), {u, a, b, v, r}) for ops in (["square"] * 3, ["sin", "cos", "exp"], ["neg"] * 3)]
[True, False, False]

An estimate: what the adjoint reads is known only when it has been made. Loops of numbers alone are not looked at,
nor those that end in the middle: the test might come out differently when it runs again.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from gradgen.analyse.independent import repeatable
from gradgen.ir import (
    Array,
    Assign,
    Atom,
    Block,
    Const,
    For,
    Scalar,
    Statement,
    Store,
    Type,
    Undefined,
    Var,
    While,
    dims_of,
)
from gradgen.ir.walk import block_params, blocks, operands, statements, targets
from gradgen.rules.table import RULES

AXIS = 10  # how long an axis, or an inner loop, is taken to be
DEAR = 20  # the cost of an operation above which its result is rather kept
MEMORY = 4  # what it costs to write a number and to read it back later, in arithmetic operations
LINEAR = {"add", "sub", "neg", "identity", "copy", "cast", "getitem", "item", "sum", "mean", "where", "expand"}


def pays(loop: For | While, active: Set[Var]) -> bool:
    if loop.leave is not None or not is_light(loop):
        return False
    state = [var for var in loop.carried if var in active]
    arrays = [var for var in loop.carried if not isinstance(var.type, Scalar)]
    if not any(dims_of(var.type) for var in state) or not all(isinstance(var.type, Array) for var in arrays):
        return False
    if any(isinstance(init, Undefined) for init in loop.inits) or _piecemeal(loop):
        return False
    fewer = sum(_read_later(loop, active)) - sum(_weight(var.type) for var in state)
    return MEMORY * fewer > _cost(loop.body)


def is_light(loop: For | While) -> bool:
    """Whether all that an iteration does is done again at little cost."""
    return all(map(_light, statements(loop.body)))


def _light(s: Statement) -> bool:
    if isinstance(s, Assign):
        return repeatable(s) and RULES[s.op].cost <= DEAR
    return repeatable(s) and not isinstance(s, While)


def _weight(type: Type) -> int:
    return AXIS ** len(dims_of(type))


def _cost(block: Block) -> int:
    """Of an iteration, in arithmetic operations; views are none."""
    cost = 0
    for s in block.statements:
        if isinstance(s, Assign) and RULES[s.op].kind not in ("linear", "constant"):
            cost += element_cost(s) * max(_weight(atom.type) for atom in (s.target, *s.args))
        cost += sum(map(_cost, blocks(s))) * (AXIS if isinstance(s, For) else 1)
    return cost


def element_cost(s: Assign) -> int:
    """What an element costs. Powers of a half or a whole number are products and a root."""
    exponent = s.args[1].value if s.op == "pow" and isinstance(s.args[1], Const) else None
    return 2 if isinstance(exponent, int | float) and (2 * exponent) % 1 == 0 else RULES[s.op].cost


def _piecemeal(loop: For | While) -> bool:
    """Whether an iteration touches only a part of what it carries: saving all of that each time is too much."""
    inner = {var for s in statements(loop.body) for var in block_params(s)}
    made = {var for s in statements(loop.body) for var in targets(s)} | set(block_params(loop))
    stores = [s for s in statements(loop.body) if isinstance(s, Store)]
    return any(operand in made - inner for s in stores for operand in s.operands)


def _read_later(loop: For | While, active: Set[Var]) -> Iterator[int]:
    """For each operation whose derivative reads a value of the iteration, how large that is."""
    inside = {var for s in statements(loop.body) for var in (*targets(s), *block_params(s))} | set(loop.carried)

    def of(block: Block, times: int) -> Iterator[int]:
        for s in block.statements:
            if isinstance(s, Assign) and s.target in active and _reads(s, inside):
                yield times * _weight(s.target.type)
            for nested in blocks(s):
                yield from of(nested, times * (AXIS if isinstance(s, For) else 1))

    def _reads(s: Assign, inside: Set[Atom]) -> bool:
        if s.op in LINEAR or RULES[s.op].kind == "linear":
            return False
        return sum(arg in inside for arg in operands(s)) > (s.op in ("mul", "div"))

    return of(loop.body, 1)
