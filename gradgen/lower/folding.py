"""What is known when the text is written is not computed when it runs: `0.5 * 0.01`, `0 + i * 1`, `max(0, n)`.

>>> from gradgen.ir import BOOL, FLOAT, INT, Array, Assign, Block, Const, Dim, Function, Program, Var, show
>>> x, i = Var("x", 0, FLOAT), Var("i", 1, INT)
>>> step, y, j, k = (Var("", k, type) for k, type in ((2, FLOAT), (3, FLOAT), (4, INT), (5, INT)))
>>> a, n, z = Var("", 6, Array("float64", (Dim(None, 3),))), Var("", 7, INT), Var("", 8, FLOAT)
>>> body = Block((Assign(step, "mul", (Const(0.5, FLOAT), Const(0.01, FLOAT))), Assign(y, "mul", (step, x)),
...               Assign(j, "mul", (i, Const(1, INT))), Assign(k, "add", (Const(0, INT), j)),
...               Assign(a, "empty", (Const(3, INT),)), Assign(n, "size", (a,), (("axis", 0),)),
...               Assign(z, "where", (Const(True, BOOL), x, n))), (y, k, z, n))
>>> before = Program((Function("f", (x, i), body),))
>>> print(show(before.entry))
f(x.0, i.1):
  _.2 = mul 0.5 0.01
  _.3 = mul _.2 x.0
  _.4 = mul i.1 1
  _.5 = add 0 _.4
  _.6 = empty 3
  _.7 = size _.6 axis=0
  _.8 = where True x.0 _.7
  yield _.3 _.5 _.8 _.7
>>> print(show(fold_constants(before).entry))
f(x.0, i.1):
  _.3 = mul 0.005 x.0
  _.6 = empty 3
  yield _.3 i.1 x.0 3

>>> t = Var("", 9, BOOL)
>>> adjoint = (Assign(t, "ne", (Const(1.0, FLOAT), Const(0, INT))), Assign(y, "mul", (x, Const(1.0, FLOAT))),
...            Assign(z, "where", (t, y, Const(0.0, FLOAT))))
>>> print(show(fold_constants(Program((Function("df", (x,), Block(adjoint, (z,))),))).entry))
df(x.0):
  yield x.0

Numbers are folded as Python computes them, bit for bit, and only where that gives a finite number. What adding 0
leaves as it is, is left out for whole numbers only: `-0.0 + 0.0` is 0.0; what multiplying by 1 leaves, for all. Values
that have a name keep their lines, and numbers that have one, such as `math.pi`, their name. A branch whose test is
known is taken, or not there; of a choice, `np.where` or `a if c else b`, what is chosen is left.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

from gradgen.ir import (
    BOOL,
    Assign,
    At,
    Atom,
    Block,
    Const,
    Function,
    If,
    Program,
    Scalar,
    Statement,
    Store,
    Var,
    dtype_of,
    is_bool,
    is_float,
)
from gradgen.ir.known import integer_of
from gradgen.ir.walk import map_statement
from gradgen.lower.checking import COMPARED

NUMBERS: dict[str, Callable[..., float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "mod": operator.mod,
}


def fold_constants(program: Program) -> Program:
    return replace(program, functions=tuple(_function(function) for function in program.functions))


def _function(function: Function) -> Function:
    known: dict[Atom, Atom] = {}
    subtracted: dict[Atom, Atom] = {}  # what is 0 - n, by n
    sizes: dict[Atom, tuple[Atom, ...]] = {}  # of new arrays, and of these with elements stored

    def use(atom: Atom) -> Atom:
        return known.get(atom, atom)

    def block(block: Block) -> Block:
        made: list[Statement] = []
        for s in block.statements:
            s = _placed(map_statement(s, use, inner))
            if isinstance(s, If) and isinstance(s.test, Const):
                branch = s.then if s.test.value else s.orelse
                known.update(zip(s.results, branch.yields, strict=True))
                made += branch.statements
                continue
            if isinstance(s, Assign) and s.op in ("empty", "zeros"):
                sizes[s.target] = s.args
            elif isinstance(s, Store) and s.array in sizes:
                sizes[s.target] = sizes[s.array]
            if isinstance(s, Assign) and not s.target.name:
                value = _number(s) or _answer(s) or _left(s, subtracted) or _size(s, sizes)
                if value is not None:
                    known[s.target] = value
                    continue
                if s.op == "sub" and integer_of(s.args[0]) == 0 and _whole(s):
                    subtracted[s.target] = s.args[1]
            made.append(s)
        return Block(tuple(made), tuple(map(use, block.yields)))

    inner = block
    return replace(function, body=block(function.body))


def _number(s: Assign) -> Const | None:
    """The operation on known numbers."""
    type, args = s.target.type, s.args
    if s.op not in NUMBERS or not isinstance(type, Scalar) or type.dtype not in ("float64", "int64"):
        return None
    known = [arg.value for arg in args if isinstance(arg, Const) and _plain(arg)]
    if len(known) != len(args):
        return None
    try:
        value = NUMBERS[s.op](*known)
    except (ZeroDivisionError, OverflowError):
        return None
    if not math.isfinite(value) or abs(value) >= 2**62 or isinstance(value, float) != (type.dtype == "float64"):
        return None
    return Const(value, type)


def _answer(s: Assign) -> Const | None:
    """The comparison of known numbers."""
    match s.op, s.args:
        case op, (Const() as a, Const() as b) if op in COMPARED and _plain(a) and _plain(b):
            return Const(COMPARED[op](a.value, b.value), s.target.type)
    return None


def _size(s: Assign, sizes: dict[Atom, tuple[Atom, ...]]) -> Const | None:
    size = sizes[s.args[0]][s.param("axis")] if s.op == "size" and s.args[0] in sizes else None
    return replace(size, type=s.target.type) if isinstance(size, Const) else None


def _plain(atom: Const) -> bool:
    """A number that the text may show as another one."""
    return type(atom.value) in (int, float) and not atom.spelling and dtype_of(atom.type) in ("float64", "int64")


def _left(s: Assign, subtracted: dict[Atom, Atom]) -> Atom | None:
    """The operand that the operation leaves as it is, of whole numbers and tests."""
    if s.op == "and" and all(map(is_bool, (arg.type for arg in s.args))) and Const(False, BOOL) in s.args:
        return Const(False, s.target.type)
    if s.op == "where" and isinstance(s.args[0], Const) and isinstance(s.target.type, Scalar):
        return _chosen(s.args[1] if s.args[0].value else s.args[2], s.target.type)
    if s.op == "mul" and isinstance(s.target.type, Scalar) and is_float(s.target.type):
        factors = [arg for arg in s.args if not (isinstance(arg, Const) and _plain(arg) and arg.value == 1)]
        return _chosen(factors[0], s.target.type) if len(factors) == 1 else None
    if not _whole(s) or len(s.args) != 2:
        return None
    a, b = s.args
    match s.op:
        case "add":
            return b if integer_of(a) == 0 else a if integer_of(b) == 0 else None
        case "sub":
            return a if integer_of(b) == 0 else subtracted.get(b) if integer_of(a) == 0 else None
        case "mul" | "floordiv":
            return a if integer_of(b) == 1 else b if s.op == "mul" and integer_of(a) == 1 else None
        case "maximum":
            return b if integer_of(a) == 0 and _is_size(b) else a if integer_of(b) == 0 and _is_size(a) else None
    return None


def _chosen(atom: Atom, type: Scalar) -> Atom | None:
    """What a choice of this type gives, whose test is known."""
    have = atom.type
    if isinstance(have, Scalar) and have.dtype == type.dtype:
        return atom
    if isinstance(atom, Const) and _plain(atom) and isinstance(atom.value, int | float) and type.dtype == "float64":
        return Const(float(atom.value), type)
    return None


def _whole(s: Assign) -> bool:
    return all(isinstance(atom.type, Scalar) and atom.type.dtype == "int64" for atom in (s.target, *s.args))


def _is_size(atom: Atom) -> bool:
    """Whether it is the size of an array, which is not negative."""
    extent = atom.type.extent if isinstance(atom, Var) and isinstance(atom.type, Scalar) else None
    return extent is not None and extent.symbol is not None and extent.offset >= 0


def _placed(s: Statement) -> Statement:
    """Indices that are numbers now, as the text has those that always were: `a[i, 0]`."""
    if isinstance(s, Store):
        index, operands = _numbers_in_index(s.index, s.operands)
        return replace(s, index=index, operands=operands)
    if isinstance(s, Assign) and s.op == "getitem" and isinstance(s.target.type, Scalar):
        index, operands = _numbers_in_index(s.param("index"), s.args[1:])
        return replace(s, args=(s.args[0], *operands), params=(("index", index),))
    return s


def _numbers_in_index(index: tuple, operands: tuple[Atom, ...]) -> tuple[tuple, tuple[Atom, ...]]:
    if not all(isinstance(entry, int | At) for entry in index):
        return index, operands
    left: list[Atom] = []
    entries: list[int | At] = []
    for entry in index:
        operand = operands[entry.operand] if isinstance(entry, At) else None
        if isinstance(operand, Const) and type(operand.value) is int:
            entries.append(operand.value)
        elif operand is None:
            entries.append(entry)
        else:
            entries.append(At(len(left)))
            left.append(operand)
    return tuple(entries), tuple(left)
