"""Whether an exponent that is an argument is 2 is asked once, before the loop, not by each power in it.

>>> from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Var, show
>>> v, p, i = Var("v", 0, Array("float64", (Dim("n"),))), Var("p", 1, FLOAT), Var("i", 2, INT)
>>> one, power, n, q = (Var("", 3 + k, type) for k, type in enumerate((FLOAT, FLOAT, INT, FLOAT)))
>>> s = [Var("s", 7 + k, FLOAT) for k in range(3)]
>>> steps = (Assign(one, "getitem", (v, i), (("index", (At(0),)),)), Assign(power, "pow", (one, q)),
...          Assign(s[1], "add", (s[0], power)))
>>> loop = For(i, Const(0, INT), n, Const(1, INT), (s[0],), (Const(0.0, FLOAT),), Block(steps, (s[1],)), (s[2],))
>>> size = Assign(n, "size", (v,), (("axis", 0),))
>>> body = Block((size, Assign(q, "sub", (p, Const(1, INT))), loop), (s[2],))
>>> print(show(ask_exponents(Program((Function("f", (v, p), body),))).entry))
f(v.0, p.1):
  _.5 = size v.0 axis=0
  _.6 = sub p.1 1
  _.10 = eq p.1 2
  s.9 = if _.10:
    s.16 = for i.11 in 0:_.5:1 with s.12=0.0:
      _.13 = v.0[i.11]
      s.15 = add s.12 _.13
      yield s.15
    yield s.16
  else:
    s.17 = for i.2 in 0:_.5:1 with s.7=0.0:
      _.3 = v.0[i.2]
      _.4 = pow _.3 _.6
      s.8 = add s.7 _.4
      yield s.8
    yield s.17
  yield s.9

The loop is there twice, and in one of the two what follows from the exponent is a number: `p - 1` is 1, `p == 0` is
false. A power that is not known takes as long as all the rest of an element of the focal loss, and there are two.

Loops that no other loop holds, and up to `LONGEST` statements.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gradgen.ir import BOOL, Assign, Atom, Block, Const, For, Function, If, Program, Scalar, Statement, Var, dtype_of
from gradgen.ir.instantiate import copied
from gradgen.ir.walk import map_statement, statements, targets
from gradgen.lower.checking import COMPARED
from gradgen.rules.build import Builder, builder_after, constant_atom

LONGEST = 60
SHIFTS: dict[str, Callable[..., int]] = {"add": operator.add, "sub": operator.sub, "neg": operator.neg}

Known = dict[Var, Const]


def ask_exponents(program: Program) -> Program:
    builder = builder_after(program)
    return replace(program, functions=tuple(_function(function, builder) for function in program.functions))


def _function(function: Function, builder: Builder) -> Function:
    made: list[Statement] = []
    for s in function.body.statements:
        made += _asked(s, made, function, builder) if isinstance(s, For) else [s]
    return replace(function, body=replace(function.body, statements=tuple(made)))


def _asked(loop: For, before: list[Statement], function: Function, builder: Builder) -> list[Statement]:
    """The loop, twice where an argument decides exponents in it."""
    inside = list(statements(loop.body))
    exponents = {s.args[1] for s in inside if isinstance(s, Assign) and _is_power(s)}
    if exponents and len(inside) <= LONGEST:
        for param in function.params:
            known = _known(param, before) if _is_number(param) else {}
            if not exponents.isdisjoint(known):
                return _twice(loop, param, known, builder)
    return [loop]


def _is_power(s: Assign) -> bool:
    return s.op == "pow" and all(map(_is_number, (s.target, s.args[0])))


def _is_number(atom: Atom) -> bool:
    return isinstance(atom.type, Scalar) and atom.type.dtype in ("float64", "int64")


def _known(param: Var, before: list[Statement]) -> Known:
    """What has a known value where the argument is 2, besides itself what is computed from it alone."""
    known: Known = {param: _number(2, param)}
    for s in before:
        if isinstance(s, Assign) and not known.keys().isdisjoint(s.args):
            args = [known.get(arg, arg) if isinstance(arg, Var) else arg for arg in s.args]
            value = _value(s.op, [arg.value for arg in args if isinstance(arg, Const)], len(args))
            if value is not None:
                known[s.target] = _number(value, s.target)
    return known


def _number(value: int | bool, of: Var) -> Const:
    return Const(float(value) if dtype_of(of.type) == "float64" else value, of.type)


def _value(op: str, given: list, count: int) -> int | bool | None:
    """The result of the operation on whole numbers, be they floats or not."""
    function: Callable[..., Any] | None = COMPARED.get(op) or SHIFTS.get(op)
    whole = all(type(one) in (int, float) and float(one).is_integer() for one in given)
    return function(*map(int, given)) if function is not None and whole and len(given) == count else None


def _twice(loop: For, param: Var, known: Known, builder: Builder) -> list[Statement]:
    """The loop where the argument is 2, and where it is not."""
    with builder.at(loop.origin), builder.collect() as made:
        test = builder.emit("eq", param, 2, type=BOOL)
    left = targets(loop)
    then, _ = copied(Block((loop,), left), builder.var, None, known)
    made_again = {one: builder.var(one.name, one.type, one.of) for one in left}
    results = tuple(made_again[one] for one in loop.results)
    other = replace(loop, results=results, trips=loop.trips and made_again[loop.trips])
    orelse = Block((other,), tuple(made_again.values()))
    return [*made, If(test, _folded(then), orelse, left, loop.origin)]


def _folded(block: Block) -> Block:
    """Powers with known exponents, and choices with known tests, as what they are."""
    same: dict[Atom, Atom] = {}

    def use(atom: Atom) -> Atom:
        return same.get(atom, atom)

    def inside(block: Block) -> Block:
        return Block(tuple(_each(block.statements)), tuple(map(use, block.yields)))

    def _each(given: tuple[Statement, ...]) -> Iterator[Statement]:
        for s in given:
            s = map_statement(s, use, inside)
            known = _same(s) if isinstance(s, Assign) else None
            if isinstance(s, Assign) and known is not None:
                same[s.target] = known
            else:
                yield _product(s) if isinstance(s, Assign) else s

    return inside(block)


def _same(s: Assign) -> Atom | None:
    """What the result is already."""
    match s.op, s.args:
        case "pow", (base, Const(value=1)):
            return base if _is_float(base) else None
        case "where", (Const(value=bool() as test), one, other):
            chosen = one if test else other
            return chosen if chosen.type == s.target.type else None
    return None


def _product(s: Assign) -> Assign:
    """A power with a whole exponent, which the compiler takes for a product."""
    match s.op, s.args:
        case "pow", (base, Const(value=float() as exponent)) if exponent.is_integer() and _is_float(base):
            return replace(s, args=(base, constant_atom(int(exponent))))
    return s


def _is_float(atom: Atom) -> bool:
    return isinstance(atom.type, Scalar) and atom.type.dtype == "float64"
