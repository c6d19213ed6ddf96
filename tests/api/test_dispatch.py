"""How a call finds its compiled function: recognised, looked up, or compiled; and what makes one stale."""

from __future__ import annotations

import functools
import inspect
import threading
import time
import types
from typing import Any

import numpy as np
import pytest

from gradgen.infer.select import Selection, arguments, select
from gradgen.infer.signature import key
from gradgen.ir import FLOAT, Var
from gradgen.ir.interface import Guard, Input, Path, Root, leaves
from gradgen.run import dispatch
from gradgen.run.dispatch import Dispatcher
from gradgen.run.fetch import facts
from gradgen.run.pack import Layout
from gradgen.run.variant import Variant

VALUE = Var("f", 0, FLOAT)


class Compiler:
    """Hands out variants whose entry returns the variant's number and the flat inputs in the value's place."""

    def __init__(self, function, argnums: Any = 0, inputs=(), guards=()):
        self.function, self.of = function, inspect.signature(function)
        self.selection: Selection = select(argnums, self.of, function.__name__)
        self.inputs, self.guards = inputs, guards
        self.made: list[dict] = []
        self.call: Any = None
        self.dispatcher = Dispatcher(function.__name__, self.of, self.describe, self.compile, self.install)

    def install(self, call):
        self.call = call

    def describe(self, values):
        found = arguments(values, self.selection, self.of)
        return (tuple(map(key, found.trees.values())), found.wrt), found

    def compile(self, values, given):
        self.made.append(values)
        number = len(self.made)
        count = sum(len(leaves(tree)) for tree in given.trees.values())
        inputs = tuple(map(Input, self.inputs() if callable(self.inputs) else self.inputs))
        guards = self.guards() if callable(self.guards) else self.guards
        found = facts(inputs, guards, values)

        def entry(*flat):
            assert len(flat) == count + len(inputs)
            return (number, flat), *([1.0] * len(given.wrt))

        return Variant(
            given.trees, inputs, found, entry, Layout(VALUE, None, given.gradients, self.selection.several, False)
        )

    def __call__(self, *args, **kwargs):
        """(the number of the variant, its flat inputs)"""
        return self.call(*args, **kwargs)[0]


def identical(a, b):
    return len(a) == len(b) and all(x is y or (type(x) is type(y) and x == y) for x, y in zip(a, b, strict=True))


def test_recognised_without_describing(monkeypatch):
    compiler = Compiler(lambda x, y: x)
    assert compiler(1.0, 2.0) == (1, (1.0, 2.0))
    compiler.dispatcher.describe = None
    assert compiler(3.0, y=4.0) == (1, (3.0, 4.0))


def test_each_signature_once():
    compiler = Compiler(lambda x, y=None: x)
    calls = [(1.0, 2.0), (1.0, 2), (1.0, True), (1, 2.0), (1.0, None), (1.0, "a"), (1.0, "b"), (np.float32(1), 1.0)]
    calls += [
        (np.ones(3), 1.0),
        (np.ones((3, 3)), 1.0),
        (np.ones(1), 1.0),
        (np.ones(3, np.float32), 1.0),
        (1.0, (1.0,)),
        (1.0, [1.0]),
    ]
    for _ in range(3):
        for k, call in enumerate(calls):
            number, flat = compiler(*call)
            assert number == k + 1
            assert type(flat[0]) is (float if type(call[0]) is int else type(call[0]))
    assert len(compiler.made) == len(calls) > dispatch.RECOGNISED


def test_python_binds():
    def f(a, /, b, *rest, c=3.0, **more):
        return a

    compiler = Compiler(f)
    assert compiler(1.0, 2.0) == (1, (1.0, 2.0, 3.0))
    assert compiler(1.0, b=2.0, c=4.0) == (1, (1.0, 2.0, 4.0))
    assert compiler(1.0, 2.0, 5.0, 6.0, c=7.0, k=8.0) == (2, (1.0, 2.0, 5.0, 6.0, 7.0, 8.0))
    assert compiler(1.0, 2.0, 5.5, 6.5, k=8.5) == (2, (1.0, 2.0, 5.5, 6.5, 3.0, 8.5))
    for wrong in ((), (1.0,)):
        with pytest.raises(TypeError) as expected:
            f(*wrong)
        with pytest.raises(TypeError) as found:
            compiler(*wrong)
        assert str(found.value).replace("test_python_binds.<locals>.", "") == str(expected.value).replace(
            "test_python_binds.<locals>.", ""
        )


@pytest.mark.parametrize(
    "name", ["self", "type", "len", "float", "slow", "value", "item", "call", "entry", "ndarray", "dx", "ß"]
)
def test_any_parameter_name(name):
    function = eval(f"lambda {name}, other: 1")
    compiler = Compiler(function)
    assert compiler({"a": 1.0}, np.ones(2))[0] == 1
    assert compiler.call(**{name: {"a": 2.0}, "other": np.ones(3)})[0][0] == 1
    assert compiler(1, 2)[1] == (1.0, 2)


def scope(**values):
    return types.SimpleNamespace(values=values, root=lambda name: Root("global", name, values))


def test_globals_are_fetched_at_every_call():
    outside = scope(scale=2.0, table=np.ones(3))
    paths = [Path(outside.root("scale")), Path(outside.root("table"))]
    compiler = Compiler(lambda x: x, inputs=paths)
    assert compiler(1.0)[1][1] == 2.0
    outside.values["scale"] = 3.0
    assert compiler(1.0)[:1] == (1,) and compiler(1.0)[1][1] == 3.0
    outside.values["scale"] = 3
    assert compiler(1.0)[0] == 2 and type(compiler(1.0)[1][1]) is int
    outside.values["table"] = np.ones((3, 1))
    assert compiler(1.0)[0] == 3
    outside.values.update(scale=4.0, table=np.zeros(5))
    assert compiler(1.0)[0] == 1 and compiler(1.0)[1][1] == 4.0
    assert len(compiler.made) == 3


def test_a_global_that_is_gone():
    outside = scope(scale=2.0)
    compiler = Compiler(lambda x: x, inputs=[Path(outside.root("scale"))])
    compiler(1.0)
    del outside.values["scale"]
    with pytest.raises(AttributeError, match="scale"):
        compiler(1.0)


def test_a_global_hides_a_builtin():
    outside = scope()
    path = Path(outside.root("abs"))
    compiler = Compiler(lambda x: x, guards=lambda: [Guard(path, "is", outside.values.get("abs", abs))])
    assert compiler(1.0)[0] == compiler(2.0)[0] == 1
    outside.values["abs"] = len
    assert compiler(1.0)[0] == 2


def test_guards():
    class Model:
        scale = 1.0

    def helper(x):
        return x

    outside = scope(helper=helper, mode="a", model=Model(), other=np, sizes=(1, 2))
    root = {name: Path(outside.root(name)) for name in outside.values}

    def guards():
        return [
            Guard(root["helper"], "code", outside.values["helper"].__code__),
            Guard(root["mode"], "equal", outside.values["mode"]),
            Guard(root["model"], "class", type(outside.values["model"])),
            Guard(root["other"], "is", outside.values["other"]),
            Guard(root["sizes"], "tree", None),
        ]

    compiler = Compiler(lambda x: x, guards=guards)
    values = outside.values
    assert compiler(1.0)[0] == compiler(2.0)[0] == 1
    values["model"] = Model()
    values["mode"] = "".join("a")
    values["sizes"] = (5, 6)
    values["helper"] = types.FunctionType(helper.__code__, helper.__globals__)
    assert compiler(1.0)[0] == 1
    for change in (
        {"helper": lambda x: 2 * x}, {"mode": "b"}, {"model": object()}, {"other": types}, {"sizes": (1, 2.0)},
        {"sizes": [1, 2]},
        {"helper": functools.partial(helper)}, {"mode": None},
    ):  # fmt: skip
        kept = dict(values)
        values.update(change)
        before = len(compiler.made)
        if isinstance(change.get("helper"), functools.partial):
            with pytest.raises(AttributeError):
                compiler(1.0)
        else:
            assert compiler(1.0)[0] == before + 1, change
            assert compiler(1.0)[0] == before + 1, change
        values.update(kept)
        assert compiler(1.0)[0] == 1


def test_a_helper_with_other_cells():
    def make(s):
        def helper(x):
            return s * x

        return helper

    outside = scope(helper=make(2.0))
    compiler = Compiler(
        lambda x: x, guards=lambda: [Guard(Path(outside.root("helper")), "code", outside.values["helper"].__code__)]
    )
    assert compiler(1.0)[0] == 1
    outside.values["helper"] = make(3.0)
    assert compiler(1.0)[0] == 2


def test_a_helper_whose_code_is_replaced():
    def helper(x, k=1):
        return x

    outside = scope(helper=helper)
    compiler = Compiler(lambda x: x, guards=lambda: [Guard(Path(outside.root("helper")), "code", helper.__code__)])
    assert compiler(1.0)[0] == 1
    helper.__code__ = (lambda x, k: 2 * x).__code__
    assert compiler(1.0)[0] == 2
    helper.__defaults__ = (5,)
    assert compiler(1.0)[0] == 3


def test_a_helper_whose_defaults_are_replaced():
    def helper(x, n=2, *, m=3):
        return x

    scope = {"helper": helper}
    compiler = Compiler(lambda x: x, guards=[Guard(Path(Root("global", "helper", scope)), "code", helper.__code__)])
    assert [compiler(1.0)[0], compiler(2.0)[0]] == [1, 1]
    helper.__defaults__ = (4,)
    assert [compiler(1.0)[0], compiler(2.0)[0]] == [2, 2]
    helper.__kwdefaults__["m"] = 5
    assert [compiler(1.0)[0], compiler(2.0)[0]] == [3, 3]
    helper.__kwdefaults__ = None
    assert [compiler(1.0)[0], compiler(2.0)[0]] == [4, 4]


def test_functions_as_arguments_share_a_variant():
    def make(s):
        return lambda t: s * t

    compiler = Compiler(lambda x, g: x)
    compiler.inputs = lambda: [Path(Root("closure", "s", compiler.made[-1]["g"].__closure__[0]))]
    assert compiler(1.0, make(2.0)) == (1, (1.0, 2.0))
    assert compiler(1.0, make(3.0)) == (1, (1.0, 3.0))
    assert compiler(1.0, make(3))[0] == 2


def test_attributes_of_an_argument():
    class Model:
        def __init__(self, scale):
            self.scale, self.parts = scale, {"w": np.ones(2)}

    steps = [(("attribute", "scale"),), (("attribute", "parts"), ("item", "w"))]
    compiler = Compiler(lambda model, x: x, argnums="x", inputs=[Path(Root("argument", "model"), one) for one in steps])
    model = Model(2.0)
    assert compiler(model, 1.0)[0] == 1
    assert identical(compiler(model, 1.0)[1], (1.0, 2.0, model.parts["w"]))
    model.scale = 3.0
    assert compiler(model, 1.0)[1][1] == 3.0
    assert compiler(Model(5.0), 1.0)[0] == 1
    model.scale = np.ones(3)
    assert compiler(model, 1.0)[0] == 2
    del model.scale
    with pytest.raises(AttributeError, match="scale"):
        compiler(model, 1.0)


def test_dicts_keep_their_order():
    compiler = Compiler(lambda p: p)
    assert compiler({"a": 1.0, "b": 2.0}) == (1, (1.0, 2.0))
    assert compiler({"b": 2.0, "a": 1.0}) == (2, (2.0, 1.0))
    assert compiler({1: 2.0, "k": 1.0})[0] == 3
    assert compiler({True: 2.0, "k": 1.0})[0] == 4
    assert compiler({1: 2.0, "k": 1.0})[0] == 3


def test_arrays_are_made_ready(tmp_path):
    compiler = Compiler(lambda x: x)
    swapped = np.arange(3.0).astype(">f8")
    _, (flat,) = compiler(swapped)
    assert flat.dtype.isnative and (flat == swapped).all()
    mapped = np.memmap(tmp_path / "m", np.float64, "w+", shape=(3,))
    assert type(compiler(mapped)[1][0]) is np.ndarray
    assert type(compiler(np.array(2.0))[1][0]) is np.float64
    assert compiler(np.ones(3))[1][0].dtype == float


def test_the_users_errors_pass():
    compiler = Compiler(lambda x: x)
    compiler(1.0)

    class Own(AttributeError):
        pass

    def entry(x):
        raise Own(x)

    compiler.dispatcher.compile = lambda values, given: Variant(
        given.trees, (), (), entry, Layout(VALUE, None, given.gradients, False, False)
    )
    for value in (np.ones(2), np.ones(3)):  # when compiled, and when recognised
        with pytest.raises(Own):
            compiler(value)


def test_threads_compile_once():
    compiler = Compiler(lambda x: x)
    compile = compiler.dispatcher.compile

    def slow(values, given):
        time.sleep(0.05)
        return compile(values, given)

    compiler.dispatcher.compile = slow
    results = []
    threads = [threading.Thread(target=lambda: results.append(compiler(1.0))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert results == [(1, (1.0,))] * 8 and len(compiler.made) == 1
