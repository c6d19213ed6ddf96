"""The writer: programs built by hand, and their text to the letter."""

from __future__ import annotations

import gradgen.rules.arithmetic
import gradgen.rules.elementwise  # noqa: F401
from gradgen.ir import FLOAT, Function, Origin, Program
from gradgen.rules.build import Builder, block, constant_atom
from gradgen.write import write

LECTURE = '''\
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
'''


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
    constant_atom(1)
