"""Where only the shape of an array is read that a loop or a store changes, it is read of what the array was before.

So a loop has no reader, and goes, of which the adjoint asks only how large its result is: a linear one. And `a - b`, of
which nothing else is read, is not computed for its shape if `a` has that.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, Block, Const, Dim, For, Function, Program, Store, Var, show
>>> from gradgen.simplify.dead import remove_dead
>>> vector = Array("float64", (Dim("x.0"),))
>>> x, a, b, c, ones = (Var(name, k, vector) for k, name in enumerate(("x", "x", "x", "x", "")))
>>> n, i, zero, one = Var("n", 5, INT), Var("i", 6, INT), Const(0, INT), Const(1, INT)
>>> body = Block((Store(b, a, (0,), (), Const(2.0, FLOAT), "set"),), (b,))
>>> loop = For(i, zero, n, one, (a,), (x,), body, (c,))
>>> before = Program((Function("f", (x, n), Block((loop, Assign(ones, "ones_like", (c,))), (ones,))),))
>>> print(show(before.entry))
f(x.0, n.5):
  x.3 = for i.6 in 0:n.5:1 with x.1=x.0:
    x.2 = x.1 with [0] = 2.0
    yield x.2
  _.4 = ones_like x.3
  yield _.4
>>> print(show(remove_dead(share_shapes(before)).entry))
f(x.0, n.5):
  _.4 = ones_like x.0
  yield _.4

Not where the array may be a placeholder, which has no elements, whatever its type says: as a branch gives it, or
forward hands it to backward.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeGuard

from gradgen.ir import Array, Assign, Atom, Block, Const, For, Function, Program, Statement, Store, Var, While
from gradgen.ir.walk import map_statement, statements, uses
from gradgen.rules.table import RULES

# The operand, by number, of which only the shape is read, and the dtype.
OF_SHAPE = {
    "size": 0,
    "count": 0,
    "zeros_like": 0,
    "ones_like": 0,
    "empty_like": 0,
    "full_like": 0,
    "expand": 1,
    "spread": 1,
    "sum_to": 1,
}


def share_shapes(program: Program) -> Program:
    return replace(program, functions=tuple(map(_in_function, program.functions)))


def for_shape_alone(function: Function) -> set[Var]:
    """The variables of which nothing but the shape is read."""
    found = Counter(s.args[OF_SHAPE[s.op]] for s in statements(function.body) if _reads_shape(s))
    read = uses(function) if found else found
    return {atom for atom, times in found.items() if isinstance(atom, Var) and times == read[atom]}


def _in_function(function: Function) -> Function:
    computed = for_shape_alone(function)
    before = {var: was for s in statements(function.body) for var, was in _same_shape(s, computed)}
    there = set(function.params[function.cached if function.role == "backward" else 0 :])
    there |= {s.target for s in statements(function.body) if _has_its_type(s)}

    def original(atom: Atom) -> Atom:
        first = atom
        while first in before:
            first = before[first]  # type: ignore[index]
        return first if first in there else atom

    def block(block: Block) -> Block:
        return Block(tuple(map(statement, block.statements)), block.yields)

    def statement(s: Statement) -> Statement:
        if _reads_shape(s):
            k = OF_SHAPE[s.op]
            return replace(s, args=(*s.args[:k], original(s.args[k]), *s.args[k + 1 :]))
        return map_statement(s, lambda atom: atom, block)

    return replace(function, body=block(function.body)) if before else function


def _reads_shape(s: Statement) -> TypeGuard[Assign]:
    return isinstance(s, Assign) and s.op in OF_SHAPE


def _has_its_type(s: Statement) -> TypeGuard[Assign]:
    """Whether it is an operation, and makes no placeholder."""
    return isinstance(s, Assign) and not (s.op == "zeros" and all(_is_zero(size) for size in s.args))


def _is_zero(size: Atom) -> bool:
    return isinstance(size, Const) and size.value == 0


def _same_shape(s: Statement, computed: set[Var]) -> Iterator[tuple[Var, Atom]]:
    """The arrays that the statement changes, or computes, each with one of its type that is there wherever it is."""
    pairs: Iterable[tuple[Var, Atom]]
    if isinstance(s, Store):
        pairs = [(s.target, s.array)]
    elif isinstance(s, For | While):
        pairs = [*zip(s.carried, s.inits, strict=True), *zip(s.results, s.inits, strict=True)]
    elif isinstance(s, Assign) and s.target in computed and (like := of_its_shape(s)) is not None:
        pairs = [(s.target, like)]
    else:
        return
    for var, was in pairs:
        if isinstance(was, Var) and isinstance(was.type, Array) and was.type == var.type:
            yield var, was


def of_its_shape(s: Assign) -> Var | None:
    """An operand that has the type of what the operation makes."""
    if s.op not in RULES or RULES[s.op].kind != "elementwise" or not isinstance(s.target.type, Array):
        return None
    return next((arg for arg in s.args if isinstance(arg, Var) and arg.type == s.target.type), None)
