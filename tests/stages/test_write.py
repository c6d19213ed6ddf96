"""The writer: programs built by hand, and their text to the letter."""

from __future__ import annotations

from typing import NamedTuple

import gradgen.rules  # noqa: F401
from gradgen.ir import FLOAT, INT, Effect, For, Function, If, Origin, Program, Text
from gradgen.ir.interface import Tree
from gradgen.rules.build import Builder, block, constant_atom
from gradgen.write import Layout, write

LECTURE = """\
import math


def f_forward(x, y):
    sigy = 1.0 / (1 + math.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + math.exp(-x))
    xpy = x + y
    xpysqr = xpy ** 2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f, (sigy, num, sigx, xpy, den, invden)


def f_backward(cache, df=1.0):
    sigy, num, sigx, xpy, den, invden = cache
    # backprop f = num * invden
    dnum = invden * df
    dinvden = num * df
    # backprop invden = 1.0 / den
    dden = -1.0 / den ** 2 * dinvden
    # backprop den = sigx + xpysqr
    dsigx = dden
    dxpysqr = dden
    # backprop xpysqr = xpy ** 2
    dxpy = 2 * xpy * dxpysqr
    # backprop xpy = x + y
    dx = dxpy
    dy = dxpy
    # backprop sigx = 1.0 / (1 + math.exp(-x))
    dx += (1 - sigx) * sigx * dsigx
    # backprop num = x + sigy
    dx += dnum
    dsigy = dnum
    # backprop sigy = 1.0 / (1 + math.exp(-y))
    dy += (1 - sigy) * sigy * dsigy
    return dx, dy
"""


def at(text: str) -> Origin:
    return Origin("lecture.py", 1, 4, text)


def staged(b: Builder) -> tuple[Function, dict]:
    """The lecture's function, with unnamed values for what stands inside an expression."""
    x, y = b.var("x", FLOAT), b.var("y", FLOAT)
    made = {"x": x, "y": y}

    def sigmoid(name, z):
        with b.at(at(f"{name} = 1.0 / (1 + math.exp(-{z.name}))")):
            e = b.emit("exp", b.emit("neg", z), spelling="math.exp")
            made[name] = b.emit("div", 1.0, b.emit("add", 1, e), name=name)

    def line(name, text, op, *args):
        with b.at(at(f"{name} = {text}")):
            made[name] = b.emit(op, *(made.get(arg, arg) for arg in args), name=name)

    sigmoid("sigy", y)
    line("num", "x + sigy", "add", "x", "sigy")
    sigmoid("sigx", x)
    line("xpy", "x + y", "add", "x", "y")
    line("xpysqr", "xpy ** 2", "pow", "xpy", 2)
    line("den", "sigx + xpysqr", "add", "sigx", "xpysqr")
    line("invden", "1.0 / den", "div", 1.0, "den")
    line("f", "num * invden", "mul", "num", "invden")
    return Function("f", (x, y), block(b.statements, (made["f"],))), made


def test_the_lecture():
    b = Builder()
    function, made = staged(b)
    cache = tuple(made[name] for name in ("sigy", "num", "sigx", "xpy", "den", "invden"))
    forward = Function("f_forward", function.params, block(b.statements, (made["f"], *cache)), role="forward", cached=6)
    b.statements = []
    d = {name: b.var("", FLOAT, var) for name, var in made.items()}

    def give(name, value):
        made_here = b.emit("identity", value, of=made[name], type=FLOAT)
        d[name] = made_here

    with b.at(at("backprop f = num * invden")):
        give("num", b.emit("mul", made["invden"], d["f"]))
        give("invden", b.emit("mul", made["num"], d["f"]))
    upstream = d["f"]
    with b.at(at("backprop invden = 1.0 / den")):
        give("den", b.emit("mul", b.emit("div", -1.0, b.emit("pow", made["den"], 2)), d["invden"]))
    with b.at(at("backprop den = sigx + xpysqr")):
        give("sigx", d["den"])
        give("xpysqr", d["den"])
    with b.at(at("backprop xpysqr = xpy ** 2")):
        give("xpy", b.emit("mul", b.emit("mul", 2, made["xpy"]), d["xpysqr"]))
    with b.at(at("backprop xpy = x + y")):
        give("x", d["xpy"])
        give("y", d["xpy"])

    def local(name):
        s = made[name]
        return b.emit("mul", b.emit("mul", b.emit("sub", 1, s), s), d[name])

    with b.at(at("backprop sigx = 1.0 / (1 + math.exp(-x))")):
        d["x"] = b.accumulate(d["x"], local("sigx"), FLOAT, of=made["x"])
    with b.at(at("backprop num = x + sigy")):
        d["x"] = b.accumulate(d["x"], d["num"], FLOAT, of=made["x"])
        give("sigy", d["num"])
    with b.at(at("backprop sigy = 1.0 / (1 + math.exp(-y))")):
        d["y"] = b.accumulate(d["y"], local("sigy"), FLOAT, of=made["y"])
    backward = Function(
        "f_backward", (*cache, upstream), block(b.statements, (d["x"], d["y"])), role="backward", cached=6
    )
    text = write([Program((forward,)), Program((backward,))])
    assert text.source == LECTURE
    assert text.lines[5].text == "sigy = 1.0 / (1 + math.exp(-y))"


class Point(NamedTuple):
    w: object
    b: object


def text_of(function: Function, **options) -> str:
    return write(Program((function,)), **options).source


def test_structures_are_unpacked_and_put_together():
    b = Builder()
    w, bias, x, scale = (b.var(name, FLOAT) for name in ("w", "b", "x", "scale"))
    dw, db = b.emit("mul", x, scale, of=w), b.emit("identity", scale, of=bias)
    function = Function("f_grad", (w, bias, x, scale), block(b.statements, (dw, db)))
    params = (("point", Tree(Point, ("w", "b"), (w, bias))), ("x", x))
    layout = Layout(params, Tree(Point, ("w", "b"), (None, None)))
    assert text_of(function, layouts={"f_grad": layout}) == (
        "def f_grad(point, x, scale):\n"
        "    w = point.w\n"
        "    b = point.b\n"
        "    dw = x * scale\n"
        "    db = scale\n"
        "    return type(point)(w=dw, b=db)\n"
    )
    layout = Layout((("p", Tree(tuple, (0, 1), (w, bias))), ("x", x)), Tree(dict, ("w", "b"), (None, None)))
    lines = text_of(function, layouts={"f_grad": layout}).split("\n")
    assert lines[1] == "    w, b = p"
    assert lines[4] == "    return {'w': dw, 'b': db}"


def test_a_user_may_call_things_as_generated_text_does():
    b = Builder()
    np_, len_, dx = b.var("np", FLOAT), b.var("len", FLOAT), b.var("dx", FLOAT)
    e = b.emit("exp", np_, name="y", spelling="np.exp")
    adjoint = b.emit("mul", e, dx, of=b.var("x", FLOAT))
    used = b.emit("mul", adjoint, b.emit("mul", adjoint, len_))
    function = Function("f", (np_, len_, dx), block(b.statements, (used,)))
    assert text_of(function) == (
        "import numpy as _np\n\n\n"
        "def f(np, len, dx):\n"
        "    y = _np.exp(np)\n"
        "    dx_2 = y * dx\n"
        "    return dx_2 * (dx_2 * len)\n"
    )
    b.statements.append(For(i := b.var("i", INT), *map(constant_atom, (0, 3, 1)), (), (), block([show(i)]), ()))
    b.statements.append(For(i := b.var("range", INT), *map(constant_atom, (0, 3, 1)), (), (), block([show(i)]), ()))
    lines = text_of(Function("f", (np_, len_, dx), block(b.statements, (used,)))).split("\n")
    assert "    for range_2 in range(3):" in lines


def show(value) -> Effect:
    return Effect("print", (Text(("now ", (value, "r", ">3"))), "done"), params=(("sep", ", "),))


def test_effects():
    b = Builder()
    x = b.var("x", FLOAT)
    test = b.emit("gt", x, 0.0)
    b.append(Effect("assert", ("x must be positive",), test=test))
    b.append(show(x))
    b.append(If(b.emit("lt", x, 1.0), block([Effect("raise", ("too small",), name="ValueError")]), block([]), ()))
    assert text_of(Function("f", (x,), block(b.statements, (x,)))) == (
        "def f(x):\n"
        "    assert x > 0.0, 'x must be positive'\n"
        "    print(f'now {x!r:>3}', 'done', sep=', ')\n"
        "    if x < 1.0:\n"
        "        raise ValueError('too small')\n"
        "    return x\n"
    )


def test_elif():
    b = Builder()
    x, y, inner = b.var("x", FLOAT), b.var("y", FLOAT), b.var("y", FLOAT)
    with b.collect() as first:
        one = b.emit("mul", x, 2.0, name="y")
    with b.collect() as orelse:
        with b.collect() as second:
            two = b.emit("mul", x, 3.0, name="y")
        with b.collect() as third:
            three = b.emit("mul", x, 4.0, name="y")
        b.append(If(b.emit("lt", x, 2.0), block(second, (two,)), block(third, (three,)), (inner,)))
    b.append(If(b.emit("lt", x, 1.0), block(first, (one,)), block(orelse, (inner,)), (y,)))
    assert text_of(Function("f", (x,), block(b.statements, (y,)))) == (
        "def f(x):\n"
        "    if x < 1.0:\n"
        "        y = x * 2.0\n"
        "    elif x < 2.0:\n"
        "        y = x * 3.0\n"
        "    else:\n"
        "        y = x * 4.0\n"
        "    return y\n"
    )


def test_typed_slots_grow():
    b = Builder()
    x, n = b.var("x", FLOAT), b.var("n", INT)
    slot = b.slot("x", FLOAT)
    b.open(slot)
    carried, result, back, total = b.var("x", FLOAT), b.var("x", FLOAT), b.var("", FLOAT), b.var("", FLOAT)
    with b.collect() as body:
        b.save(slot, carried)
        onward = b.emit("mul", carried, 0.5, name="x")
    bounds = constant_atom(0), n, constant_atom(1)
    b.append(For(b.var("i", INT), *bounds, (carried,), (x,), block(body, (onward,)), (result,)))
    with b.collect() as body:
        loaded = b.load(slot, b.var("x", FLOAT))
        onward = b.emit("add", back, loaded)
    b.append(For(b.var("i", INT), *bounds, (back,), (result,), block(body, (onward,)), (total,), backward=True))
    function = Function("f", (x, n), block(b.statements, (total,)))
    for style in ("python", "jit"):
        namespace: dict = {}
        exec(text_of(function, style=style), namespace)
        assert namespace["f"](1.0, 40) == 2.0 - 0.5**40
