"""Reverse and forward mode on hand-made programs: their compact text, and numbers by the reference interpreter."""

from __future__ import annotations

import numpy as np
import pytest

import gradgen
from gradgen.analyse.activity import active
from gradgen.differentiate import gradient, jvp, pair
from gradgen.infer.signature import describe
from gradgen.ir import FLOAT, INT, Array, Assign, At, Block, Dim, For, Function, If, Program, Save, Var, While, show
from gradgen.ir.verify import verify
from gradgen.ir.walk import statements
from gradgen.rules import RULES
from gradgen.rules.build import Builder, constant_atom
from gradgen.simplify import simplify
from gradgen.stage import stage
from tests.support.interpret import run

VECTOR = Array("float64", (Dim("a.0", many=True),))


def straight() -> Program:
    """f(x, y) = (x y + x) sin(y)"""
    b = Builder()
    x, y = b.var("x", FLOAT), b.var("y", FLOAT)
    product = b.emit("mul", x, y, name="p")
    total = b.emit("add", product, x, name="t")
    value = b.emit("mul", total, b.emit("sin", y), name="f")
    return Program((Function("f", (x, y), Block(tuple(b.statements), (value,))),))


def loop(length: int | None = None) -> Program:
    """for i in range(n): x = sin(x)^2 + a[i] if x > 0.5 else x * x0 + 1; then sum(a * sin(x))"""
    b = Builder()
    x, n, a = b.var("x", FLOAT), b.var("n", INT), b.var("a", VECTOR)
    state, i = b.var("x", FLOAT), b.var("i", INT)
    with b.collect() as body:
        test = b.emit("gt", state, 0.5)
        with b.collect() as then:
            t = b.emit("sin", state, name="t")
            item = b.emit("getitem", a, i, index=(At(0),))
            yes = b.emit("add", b.emit("mul", t, t), item, name="x", type=FLOAT)
        with b.collect() as orelse:
            no = b.emit("add", b.emit("mul", state, x), 1, name="x")
        new = b.var("x", FLOAT)
        b.append(If(test, Block(tuple(then), (yes,)), Block(tuple(orelse), (no,)), (new,)))
    last = b.var("x", FLOAT)
    bounds = (constant_atom(0), n, constant_atom(1))
    b.append(For(i, *bounds, (state,), (x,), Block(tuple(body), (new,)), (last,)))
    value = b.emit("sum", b.emit("mul", a, b.emit("sin", last)), name="f", axis=None, keepdims=False)
    return Program((Function("f", (x, n, a), Block(tuple(b.statements), (value,))),))


def newton() -> Program:
    """while x * x - a > 1e-9: x = (x + a / x) / 2"""
    b = Builder()
    x, a = b.var("x", FLOAT), b.var("a", FLOAT)
    state = b.var("x", FLOAT)
    with b.collect() as test:
        going = b.emit("gt", b.emit("sub", b.emit("mul", state, state), a), 1e-9)
    with b.collect() as body:
        new = b.emit("div", b.emit("add", state, b.emit("div", a, state)), 2, name="x")
    last = b.var("x", FLOAT)
    b.append(While(Block(tuple(test), (going,)), (state,), (x,), Block(tuple(body), (new,)), (last,)))
    return Program((Function("f", (x, a), Block(tuple(b.statements), (last,))),))


def made(program: Program) -> Program:
    verify(program, RULES)
    program = simplify(program)
    verify(program, RULES)
    return program


def value(program: Program, *args):
    return run(program, args, strict=False)


PROGRAMS = {
    "straight": (straight, (0.7, 1.3), (0, 1)),
    "loop": (loop, (0.3, 4, np.array([0.1, 0.5, 0.2, 0.9, 0.4])), (0, 2)),
    "no trips": (loop, (0.3, 0, np.array([0.1, 0.5])), (0, 2)),
    "while": (newton, (3.0, 2.0), (0, 1)),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_reverse_and_forward_agree_with_differences(name):
    build, args, positions = PROGRAMS[name]
    program = made(build())
    wrt = [program.entry.params[k] for k in positions]
    gradients = value(made(gradient(program, wrt)), *args)
    generator = np.random.default_rng(0)
    directions = [generator.normal(size=np.shape(args[k])) for k in positions]
    along = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))

    def moved(step):
        there = list(args)
        for k, d in zip(positions, directions, strict=True):
            there[k] = there[k] + step * d
        return value(program, *there)[0]

    differences = (moved(1e-5) - moved(-1e-5)) / 2e-5
    assert along == pytest.approx(differences, rel=1e-7, abs=1e-9)
    tangents = [float(d) if np.ndim(d) == 0 else d for d in directions]
    assert value(made(jvp(program, wrt)), *args, *tangents)[-1] == pytest.approx(along, rel=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_forward_over_reverse_and_reverse_over_reverse(name):
    build, args, _ = PROGRAMS[name]
    program = made(build())
    x = program.entry.params[0]
    first = made(gradient(program, [x]))
    second = value(made(gradient(first, [x])), *args)[0]
    step = 1e-5
    rest = args[1:]
    differences = (value(first, args[0] + step, *rest)[0] - value(first, args[0] - step, *rest)[0]) / (2 * step)
    assert second == pytest.approx(differences, rel=1e-6, abs=1e-8)
    assert value(made(jvp(first, [x])), *args, 1.0)[-1] == pytest.approx(second, rel=1e-10, abs=1e-12)


def test_a_loop_saves_its_state_and_recomputes_what_is_cheap():
    text = show(made(gradient(loop(), [loop().entry.params[0]])).entry)
    saved = [line.split()[1] for line in text.splitlines() if line.strip().startswith("save")]
    assert saved == ["x.3", "t.6"]  # sin is dear; the test x > 0.5 is not, and a[i] is not read backward


def test_an_adjoint_that_nobody_wants_is_not_formed():
    program = straight()
    x = program.entry.params[0]
    text = show(made(gradient(program, [x])).entry)
    assert "cos" not in text
    y = next(var for var in program.entry.params if var.name == "y")
    marks = active(program.entry, [x], program.entry.body.yields)
    assert y not in marks


def roots_of_all_in_parts(v):
    r = np.sqrt(v)
    return np.sum(r[:, 0] ** 2) + np.sum(r[:, 1:])


def roots_of_some_in_parts(v):
    r = np.sqrt(v)
    return np.sum(r[:, 0] ** 2) + np.sum(r[1:, 1:])


def rows_by_one_element(v, w):
    return np.sum((v / np.sqrt(np.sum(w * w, axis=1))[:, None])[:, 0])


@pytest.mark.parametrize(
    ("f", "argnums", "guards"),
    [(roots_of_all_in_parts, 0, 0), (roots_of_some_in_parts, 0, 1), (rows_by_one_element, 1, 2)],
)
def test_infinite_slopes_are_guarded_where_something_was_left_out(f, argnums, guards):
    source = gradgen.grad(f, argnums=argnums).source(*[np.ones((3, 4))] * f.__code__.co_argcount)
    assert source.count("!= 0") == guards


def test_what_forward_hands_to_backward_is_what_backward_reads():
    both = made(pair(straight(), list(straight().entry.params)))
    forward, backward = both.functions[:2]
    assert (forward.role, backward.role) == ("forward", "backward")
    assert [str(p) for p in backward.params[: backward.cached]] == [str(y) for y in forward.body.yields[1:]]
    reads = {arg for s in backward.body.statements if isinstance(s, Assign) for arg in s.args if isinstance(arg, Var)}
    assert set(backward.params[: backward.cached]) <= reads


def test_an_unexpanded_adjoint_is_counted_where_it_is_summed():
    """d/ds sum(s + a) = n, without an array of ones."""
    b = Builder()
    s, a = b.var("s", FLOAT), b.var("a", VECTOR)
    total = b.emit("sum", b.emit("add", s, a), name="f", axis=None, keepdims=False)
    program = Program((Function("f", (s, a), Block(tuple(b.statements), (total,))),))
    ds, da = value(made(gradient(program, [s, a])), 2.0, np.arange(5.0))
    assert ds == 5.0
    assert np.array_equal(da, np.ones(5))
    assert da.flags.writeable


def in_steps(x, k):
    for i in range(k):
        turned = np.reshape(x, (2**i, 2, -1)).transpose(1, 0, 2)
        x = 0.5 * np.reshape(turned, (-1,)) * np.cos(x)
    return np.sum(x * x)


def test_of_an_array_whose_sizes_are_asked_numbers_are_kept():
    staged = stage(in_steps, {"x": describe(np.arange(8.0), "x"), "k": describe(3, "k")}).program
    program = made(gradient(staged, staged.entry.params[:1]))
    kept = [s.value.type for s in statements(program.entry.body) if isinstance(s, Save)]
    assert kept and not any(isinstance(type, Array) and type.ndim > 1 for type in kept), kept
    for n, k in ((8, 3), (8, 0)):
        x = np.random.default_rng(n).normal(size=n)
        (found,) = run(program, [x, k])
        moved = [(in_steps(x + h, k) - in_steps(x - h, k)) / 2e-6 for h in 1e-6 * np.eye(n)]
        np.testing.assert_allclose(found, moved, rtol=1e-6, atol=1e-8)


def pairs(x):
    out, both = np.zeros((3, len(x), len(x))), np.zeros((len(x), 2))
    for i in range(len(x)):
        for j in range(len(x)):
            out[:, i, j] = x[i] ** 2 * x[j]
        both[i, 0] = x[i] ** 2
        both[i, 1] = x[i] ** 3
    return np.sum(np.sin(out)) + np.sum(np.sin(both))


def test_the_adjoint_of_elements_set_in_nested_loops_is_read_where_it_is():
    text = gradgen.grad(pairs).source(np.ones(3))
    assert "copy()\n" not in text.replace("[:, i, j].copy()", "")
    assert "dout[:, i, j] = 0" not in text
