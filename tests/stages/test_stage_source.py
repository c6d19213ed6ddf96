"""Where functions are written: every place from which a text can be read, and those from which none can."""

from __future__ import annotations

import ast
import functools
import linecache
import subprocess
import sys
import textwrap
from types import FunctionType

import pytest

from gradgen.errors import SourceError
from gradgen.parse.liveness import Live, falling_paths, live_before
from gradgen.parse.resolve import local_names, resolve
from gradgen.parse.source import source_of


def text_of(function: FunctionType) -> str:
    return ast.unparse(source_of(function).node)


def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    wrapper.original = function
    return wrapper


class Model:
    def value(self, x):
        return x + 1

    @staticmethod
    def static(x):
        return x + 2

    class Inner:
        @traced
        @functools.lru_cache  # noqa: B019
        def decorated(self, x):
            return x + 3


def test_methods_keep_the_lines_of_the_file() -> None:
    source = source_of(Model.value)
    assert source.file.filename == __file__
    assert source.file.position(source.node.body[0]).line == Model.value.__code__.co_firstlineno + 1
    assert source.file.position(source.node.body[0]).text == "        return x + 1"
    assert source.file.position(source.node.body[0]).column == 8
    assert "x + 2" in text_of(Model.static)


def test_decorated_functions_are_found_by_their_first_decorator() -> None:
    assert "x + 3" in text_of(Model.Inner.decorated.original.__wrapped__)
    assert "function(*args)" in text_of(Model.Inner.decorated)


def test_several_lambdas_on_a_line() -> None:
    first, second, third = lambda x: x + 1, lambda x: x + 2, lambda x: lambda y: y + x
    assert text_of(first) == "lambda x: x + 1"
    assert text_of(second) == "lambda x: x + 2"
    assert text_of(third) == "lambda x: lambda y: y + x"
    assert text_of(third(1)) == "lambda y: y + x"


def test_a_lambda_over_several_lines() -> None:
    made = (lambda
            x:
            x * 5)  # fmt: skip
    assert text_of(made) == "lambda x: x * 5"


def test_lambdas_as_defaults_and_arguments() -> None:
    def outer(f=lambda x: x * 2, g=lambda x: x * 3):
        return f, g

    f, g = outer()
    assert (text_of(f), text_of(g)) == ("lambda x: x * 2", "lambda x: x * 3")


def test_columns_count_characters() -> None:
    Δ = 2.0
    λ = lambda α: Δ * α
    source = source_of(λ)
    position = source.file.position(source.node.body)
    assert position.text[position.column :].startswith("Δ * α")


def test_notebook_cells() -> None:
    text = "@property\ndef f(x):\n    return x * 7\ng = lambda x: x * 8\n"
    name = "/tmp/ipykernel_1/123.py"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope: dict = {"property": lambda f: f}
    exec(compile(text, name, "exec"), scope)
    assert "x * 7" in text_of(scope["f"])
    assert text_of(scope["g"]) == "lambda x: x * 8"


def test_text_that_is_not_there() -> None:
    scope: dict = {}
    exec("def f(x):\n    return x", scope)
    with pytest.raises(SourceError, match="cannot be read"):
        source_of(scope["f"])


def test_text_that_has_changed(tmp_path) -> None:
    path = tmp_path / "changed.py"
    path.write_text("\n\ndef f(x):\n    return x\n")
    scope: dict = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    path.write_text("\n\n\n\n\ndef f(x):\n    return x\n")
    with pytest.raises(SourceError, match="another text"):
        source_of(scope["f"])


@pytest.mark.parametrize("other", ["x * 3.0", "x * 2", "y * 2.0", "x + 2.0", "[x * 2.0 for _ in range(3)][0]"])
def test_text_that_was_edited_after_it_was_loaded(tmp_path, other: str) -> None:
    file, scope = tmp_path / "edited.py", {}
    file.write_text("def f(x):\n    return x * 2.0\n")
    exec(compile(file.read_text(), str(file), "exec"), scope)
    assert source_of(scope["f"]).node.name == "f"
    file.write_text(f"def f(x):\n    return {other}\n\n# longer than before")
    with pytest.raises(SourceError, match="another text than was loaded"):
        source_of(scope["f"])
    file.write_text("def f(x):\n    return x  *  2.0  # as before\n\n\ndef g():\n    pass\n")
    assert source_of(scope["f"]).node.name == "f"


def test_without_columns_in_the_bytecode(tmp_path) -> None:
    path = tmp_path / "lambdas.py"
    path.write_text(
        textwrap.dedent("""
        import ast
        from gradgen.parse.source import source_of
        f, g = (lambda x: x + 1), (lambda x: x + 2)
        print(ast.unparse(source_of(f).node), "|", ast.unparse(source_of(g).node))
        """)
    )
    command = [sys.executable, "-X", "no_debug_ranges", str(path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}).stdout
    assert out.strip() == "lambda x: x + 1 | lambda x: x + 2"


def test_names_are_looked_up_as_python_does() -> None:
    captured = 3

    def f(x):
        return x + captured + later  # noqa: F821

    assert resolve(f, "captured")[1].kind == "closure"  # type: ignore[index]
    assert resolve(f, "len")[0] is len  # type: ignore[index]
    assert resolve(f, "Model")[1].scope is globals()  # type: ignore[index]
    assert resolve(f, "no_such_name") is None


def function(text: str) -> ast.FunctionDef:
    return ast.parse(textwrap.dedent(text)).body[0]  # type: ignore[return-value]


def test_local_names() -> None:
    node = function("""
    def f(a, *args, b=1, **kwargs):
        global g
        g = 1
        import math as m, numpy.linalg
        for i, (j, k) in a:
            def inner(z): zz = 1
        [w for q in a if (t := q)]
        lambda u: u
        match a:
            case [h, *r]: pass
            case {"p": n, **o}: pass
        with a as c: pass
        x: int = 2
        y += 1
    """)
    assert sorted(local_names(node)) == sorted(
        ["a", "args", "b", "kwargs", "m", "numpy", "i", "j", "k", "inner", "t", "h", "r", "n", "o", "c", "x", "y"]
    )


def live(text: str, after: str = "", at_break: str = "", at_continue: str = "") -> str:
    places = (frozenset(part.split()) for part in (after, at_break, at_continue))
    return " ".join(sorted(live_before(ast.parse(textwrap.dedent(text)).body, Live(*places))))


def test_liveness() -> None:
    assert live("a = b + c", "a d") == "b c d"
    assert live("a += b", "a") == "a b"
    assert live("if t: a = 1\nelse: b = 1", "a b") == "a b t"
    assert live("if t: a = b\nelse: return c\na", "") == "b c t"
    assert live("for i in xs:\n    a = a + i\n    t = a", "a") == "a xs"
    assert live("for i in xs:\n    t = i\n    if t: break\nelse: a = t", "a") == "a t xs"
    assert live("while a < n:\n    if b: continue\n    a = c") == "a b c n"
    assert live("break", "a", "b") == "b"
    assert live("x[i] = v", "x") == "i v x"


def test_ways_to_the_end_of_a_block() -> None:
    def ways(text: str) -> int:
        return falling_paths(ast.parse(textwrap.dedent(text)).body)

    assert ways("a = 1") == 1
    assert ways("if a: return 1") == 1
    assert ways("if a: return 1\nelse: return 2") == 0
    assert ways("if a:\n    if b: return 1\nelse: c = 1") == 2
    assert ways("for i in x:\n    if a: break") == 1
