"""Small pieces of Python's `ast`: names, numbers, calls.

>>> import ast
>>> ast.unparse(call(attribute(name("np"), "sum"), [number(-2.0)], axis=constant(None)))
'np.sum(-2.0, axis=None)'
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Sequence
from typing import Any


def name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def constant(value: Any) -> ast.expr:
    """A literal: None, a truth value, a string, a number, or a tuple or list of them."""
    match value:
        case tuple():
            return ast.Tuple([constant(item) for item in value], ast.Load())
        case list():
            return ast.List([constant(item) for item in value], ast.Load())
        case int() | float() | complex() if not isinstance(value, bool):
            return number(value)
    return ast.Constant(value)


def number(value: int | float | complex) -> ast.expr:
    if isinstance(value, complex):
        return _complex(value)
    if isinstance(value, float) and not math.isfinite(value):
        special = attribute(name("math"), "nan" if math.isnan(value) else "inf")
        return ast.UnaryOp(ast.USub(), special) if value < 0 else special
    if math.copysign(1, value) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _complex(value: complex) -> ast.expr:
    """
    >>> [ast.unparse(number(z)) for z in (2j, -2j, 1 - 2j, complex(0.0, -2.0))]
    ['2j', '-2j', '1.0 - 2j', 'complex(0.0, -2.0)']
    """
    re, im = value.real, value.imag
    if math.isfinite(re) and math.isfinite(im):
        if math.copysign(1, re) == math.copysign(1, im) and not re:
            size = ast.Constant(complex(0.0, abs(im)))
            return size if math.copysign(1, im) > 0 else ast.UnaryOp(ast.USub(), size)
        if re and im:
            op = ast.Add() if im > 0 else ast.Sub()
            return ast.BinOp(number(re), op, ast.Constant(complex(0.0, abs(im))))
    return call(name("complex"), [number(re), number(im)])


def attribute(of: ast.expr, text: str) -> ast.expr:
    return ast.Attribute(of, text, ast.Load())


def call(function: ast.expr, args: Sequence[ast.expr] = (), /, **keywords: ast.expr) -> ast.Call:
    return ast.Call(function, list(args), [ast.keyword(key, value) for key, value in keywords.items()])


def subscript(of: ast.expr, index: ast.expr, store: bool = False) -> ast.Subscript:
    return ast.Subscript(of, index, ast.Store() if store else ast.Load())


def tuple_(items: Iterable[ast.expr]) -> ast.Tuple:
    return ast.Tuple(list(items), ast.Load())


def negated(test: ast.expr) -> ast.expr:
    return (
        test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)
    )


def update(place: str | ast.expr, value: ast.expr) -> ast.stmt:
    """`place = value`, as `place += x` where the value is `place + x`. Not for arrays: this would change them.

    >>> values = ("s + x * y", "x * s", "s + -x", "x - s", "s + x - y")
    >>> [ast.unparse(update("s", ast.parse(value).body[0].value)) for value in values]
    ['s += x * y', 's *= x', 's -= x', 's = x - s', 's = s + x - y']
    """
    same = place if isinstance(place, str) else ast.unparse(place)
    match value:
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult() | ast.Div() as op, right) if ast.unparse(left) == same:
            return augment(place, *signed(right)) if isinstance(op, ast.Add) else augment(place, op, right)
        case ast.BinOp(left, ast.Add() | ast.Mult() as op, right) if ast.unparse(right) == same:
            return augment(place, op, left)
    return assign(place, value)


def signed(value: ast.expr) -> tuple[ast.operator, ast.expr]:
    """What is added, with its sign apart: `-x / y` is subtracted as `x / y`."""
    match value:
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not _is_real_literal(operand):
            return ast.Sub(), operand
        case ast.BinOp(op=ast.Mult() | ast.Div() as op, left=left, right=right):
            sign, rest = signed(left)
            return sign, ast.BinOp(rest, op, right)
    return ast.Add(), value


def _is_real_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, complex)


def assign(target: str | ast.expr, value: ast.expr) -> ast.Assign:
    place = ast.Name(target, ast.Store()) if isinstance(target, str) else target
    return ast.Assign([place], value, lineno=0)


def augment(target: str | ast.expr, op: ast.operator, value: ast.expr) -> ast.AugAssign:
    place = ast.Name(target, ast.Store()) if isinstance(target, str) else target
    return ast.AugAssign(place, op, value)  # type: ignore[arg-type]
