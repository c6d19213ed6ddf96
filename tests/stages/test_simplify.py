"""Simplification: on the compact text, and that results stay on the writer's random programs."""

from __future__ import annotations

import gradgen.rules  # noqa: F401
from gradgen.ir import BOOL, FLOAT, INT, Array, Dim, Effect, For, Function, If, Program, Undefined, show
from gradgen.rules.build import Builder, block, constant_atom
from gradgen.simplify import simplify


def simplified(function: Function) -> str:
    return show(simplify(Program((function,))).entry)


def test_a_dead_loop_goes_and_one_with_an_effect_stays():
    b = Builder()
    x = b.var("x", FLOAT)
    zero, one, three = map(constant_atom, (0, 1, 3))
    b.append(For(b.var("i", INT), zero, three, one, (b.var("s", FLOAT),), (x,), block([], (x,)), (b.var("s", FLOAT),)))
    b.append(For(b.var("i", INT), zero, three, one, (), (), block([Effect("print", ("hello",))]), ()))
    assert simplified(Function("f", (x,), block(b.statements, (x,)))) == (
        "f(x.0):\n  for i.4 in 0:3:1 with :\n    print\n    yield\n  yield x.0"
    )


def test_slots_that_nobody_empties_go():
    b = Builder()
    x = b.var("x", FLOAT)
    slot = b.slot("x", FLOAT)
    b.open(slot)
    b.save(slot, x)
    b.load(slot, b.var("y", FLOAT))
    assert simplified(Function("f", (x,), block(b.statements, (x,)))) == "f(x.0):\n  yield x.0"


def test_a_branch_with_a_known_test_is_the_side_taken():
    b = Builder()
    x, y = b.var("x", FLOAT), b.var("y", FLOAT)
    with b.collect() as then:
        doubled = b.emit("mul", x, 2.0)
    b.append(If(constant_atom(True), block(then, (doubled,)), block([], (x,)), (y,)))
    assert simplified(Function("f", (x,), block(b.statements, (y,)))) == "f(x.0):\n  _.2 = mul x.0 2.0\n  yield _.2"


def test_a_value_of_one_side_is_the_result_where_that_side_is_taken():
    b = Builder()
    x, test = b.var("x", FLOAT), b.var("test", BOOL)
    y, exported = b.var("y", FLOAT), b.var("y", FLOAT)
    with b.collect() as then:
        doubled = b.emit("mul", x, 2.0, name="y")
    b.append(If(test, block(then, (doubled, doubled)), block([], (x, Undefined(FLOAT))), (y, exported)))
    total = b.emit("add", y, exported)
    assert simplified(Function("f", (x, test), block(b.statements, (total,)))).endswith(
        "_.5 = add y.2 y.2\n  yield _.5"
    )


def test_nothing_is_computed_for_its_shape_alone():
    b = Builder()
    x, y = b.var("x", Array("float64", (Dim("n"),))), b.var("y", Array("float64", (Dim("n"),)))
    n = b.emit("size", b.emit("sub", b.emit("exp", x), y), axis=0)
    found = simplified(Function("f", (x, y), block(b.statements, (n,))))
    assert found == "f(x.0, y.1):\n  _.4 = size x.0 axis=0\n  yield _.4"


def test_what_is_broadcast_is_computed_for_its_shape():
    b = Builder()
    x, y = (
        b.var("x", Array("float64", (Dim(None, 1), Dim("n")))),
        b.var("y", Array("float64", (Dim("m"), Dim(None, 1)))),
    )
    n = b.emit("size", b.emit("sub", x, y), axis=0)
    assert "sub x.0 y.1" in simplified(Function("f", (x, y), block(b.statements, (n,))))
