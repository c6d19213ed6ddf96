"""Staging on the compact form: what each construct becomes."""

# The staged functions are written as users write them.
# ruff: noqa: B007, F841, RET504

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from gradgen.infer.signature import describe
from gradgen.ir import show
from gradgen.ir.interface import Static, Tree
from gradgen.ir.verify import verify
from gradgen.rules import RULES
from gradgen.stage import stage

V = np.array([1.0, 2.0, 3.0])
M = np.ones((2, 3))


def staged(function: Any, **arguments: Any):
    made = stage(function, {name: describe(value, name) for name, value in arguments.items()})
    verify(made.program, RULES)
    return made


def text(function: Any, **arguments: Any) -> str:
    return "\n".join(show(f) for f in staged(function, **arguments).program.functions)


def assert_text(expected: str, function: Any, **arguments: Any) -> None:
    lines = expected.strip("\n").split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip())
    assert text(function, **arguments) == "\n".join(line[margin:] for line in lines).rstrip()


def test_plain_assignments_keep_their_names_and_constants_are_known() -> None:
    def f(x, y):
        n = 3
        a, b = x * y, x
        a = b = a + n
        return a * b

    assert_text(
        """
        f(x.0, y.1):
          n.2 = identity 3
          a.3 = mul x.0 y.1
          b.4 = identity x.0
          a.5 = add a.3 n.2
          b.6 = identity a.5
          _.7 = mul a.5 b.6
          yield _.7
        """,
        f,
        x=1.0,
        y=2.0,
    )


def test_both_sides_of_a_branch_meet_in_a_result() -> None:
    def f(x, y):
        if x > y:
            z = x * 2
        else:
            z = y
            w = 1
        return z

    assert_text(
        """
        f(x.0, y.1):
          _.2 = gt x.0 y.1
          z.6 = if _.2:
            z.3 = mul x.0 2
            yield z.3
          else:
            z.4 = identity y.1
            w.5 = identity 1
            yield z.4
          yield z.6
        """,
        f,
        x=1.0,
        y=2.0,
    )


def test_what_follows_an_early_return_is_the_other_side() -> None:
    def f(x):
        if x > 1:
            return x * 2
        y = x + 1
        return y * y

    assert_text(
        """
        f(x.0):
          _.1 = gt x.0 1
          _.5 = if _.1:
            _.2 = mul x.0 2
            yield _.2
          else:
            y.3 = add x.0 1
            _.4 = mul y.3 y.3
            yield _.4
          yield _.5
        """,
        f,
        x=1.0,
    )


def test_what_two_sides_fall_through_to_stands_once_behind_a_flag() -> None:
    def f(x):
        if x > 1:
            if x > 2:
                return x
            y = x * 2
        else:
            y = x
        y = y * y
        return y + 1

    assert_text(
        """
        f(x.0):
          _.1 = gt x.0 1
          y.6 returned.7 = if _.1:
            _.2 = gt x.0 2
            y.4 = if _.2:
              yield 0.0
            else:
              y.3 = mul x.0 2
              yield y.3
            yield y.4 _.2
          else:
            y.5 = identity x.0
            yield y.5 False
          _.10 = if returned.7:
            yield x.0
          else:
            y.8 = mul y.6 y.6
            _.9 = add y.8 1
            yield _.9
          yield _.10
        """,
        f,
        x=1.0,
    )


def test_a_branch_after_which_a_name_is_of_two_kinds_has_what_follows_in_both_sides() -> None:
    def f(v):
        if v[0] > 0:
            r = v * 2
        else:
            r = v[1]
        return np.sum(r)

    assert_text(
        """
        f(v.0):
          _.1 = v.0[0]
          _.2 = gt _.1 0
          _.9 = if _.2:
            r.5 = mul v.0 2
            _.6 = sum r.5 axis=None keepdims=False
            yield _.6
          else:
            r.7 = v.0[1]
            _.8 = sum r.7 axis=None keepdims=False
            yield _.8
          yield _.9
        """,
        f,
        v=V,
    )


def test_a_test_of_what_is_known_chooses_its_side() -> None:
    def f(x, flag, mode):
        if flag is None and mode == "square" and isinstance(x, float):
            return x * x
        return x

    assert_text(
        """
        f(x.0):
          _.1 = mul x.0 x.0
          yield _.1
        """,
        f,
        x=1.0,
        flag=None,
        mode="square",
    )


def test_a_name_that_one_path_lacks_is_undefined_there() -> None:
    def f(x):
        if x > 0:
            z = x * 2
        if x > 1:
            x = z
        return x

    assert_text(
        """
        f(x.0):
          _.1 = gt x.0 0
          z.3 = if _.1:
            z.2 = mul x.0 2
            yield z.2
          else:
            yield undefined
          _.4 = gt x.0 1
          x.6 = if _.4:
            x.5 = identity z.3
            yield x.5
          else:
            yield x.0
          yield x.6
        """,
        f,
        x=1.0,
    )


def test_a_sum_that_starts_at_0_is_a_float_from_the_start() -> None:
    def f(x, n):
        s = 0
        for i in range(n):
            s += x * i
        return s

    assert_text(
        """
        f(x.0, n.1):
          s.2 = identity 0
          s.11 = for i.8 in 0:n.1:1 with s.7=0.0:
            _.9 = mul x.0 i.8
            s.10 = add s.7 _.9
            yield s.10
          yield s.11
        """,
        f,
        x=1.0,
        n=3,
    )


def test_continue_break_and_else() -> None:
    def f(v):
        s = 0.0
        for e in v:
            if e < 0:
                continue
            if e > 10:
                break
            s = s + e
        else:
            s = s * 2
        return s

    assert_text(
        """
        f(v.0):
          s.1 = identity 0.0
          _.2 = size v.0 axis=0
          s.24 stopped.25 = for i.15 in 0:_.2:1 with s.14=0.0, stopped.23=False:
            e.16 = v.0[i.15]
            _.17 = lt e.16 0
            s.21 stopped.22 = if _.17:
              yield s.14 False
            else:
              _.18 = gt e.16 10
              s.20 = if _.18:
                yield s.14
              else:
                s.19 = add s.14 e.16
                yield s.19
              yield s.20 _.18
            yield s.21 stopped.22
            leave stopped.22
          s.27 = if stopped.25:
            yield s.24
          else:
            s.26 = mul s.24 2
            yield s.26
          yield s.27
        """,
        f,
        v=V,
    )


def test_a_return_in_a_loop() -> None:
    def f(v):
        for i, e in enumerate(v):
            if e > 1:
                return e * i
        return 0.0

    assert_text(
        """
        f(v.0):
          _.1 = size v.0 axis=0
          _.9 returned.10 = for i.2 in 0:_.1:1 with _.7=0.0, returned.8=False:
            e.3 = v.0[i.2]
            _.4 = gt e.3 1
            _.6 = if _.4:
              _.5 = mul e.3 i.2
              yield _.5
            else:
              yield 0.0
            yield _.6 _.4
            leave _.4
          _.11 = if returned.10:
            yield _.9
          else:
            yield 0.0
          yield _.11
        """,
        f,
        v=V,
    )


def test_an_endless_loop_that_is_left() -> None:
    def f(x):
        y = x
        while True:
            y = y * 2
            if y > 10:
                break
        return y

    assert_text(
        """
        f(x.0):
          y.1 = identity x.0
          y.5 = while with y.2=y.1:
            yield True
          do:
            y.3 = mul y.2 2
            _.4 = gt y.3 10
            yield y.3
            leave _.4
          yield y.5
        """,
        f,
        x=1.0,
    )


def test_a_while_carries_what_its_test_reads() -> None:
    def f(x, y):
        while x * x < y:
            x, y = x * 2, y - x
        return x

    assert_text(
        """
        f(x.0, y.1):
          x.10 y.11 = while with x.4=x.0, y.5=y.1:
            _.6 = mul x.4 x.4
            _.7 = lt _.6 y.5
            yield _.7
          do:
            x.8 = mul x.4 2
            y.9 = sub y.5 x.4
            yield x.8 y.9
          yield x.10
        """,
        f,
        x=1.0,
        y=2.0,
    )


def test_a_variable_that_changes_its_kind_the_first_iteration_apart() -> None:
    def f(v, n):
        acc = 0.0
        for i in range(n):
            acc = acc + v
        return np.sum(acc)

    assert_text(
        """
        f(v.0, n.1):
          acc.2 = identity 0.0
          _.6 = lt 0 n.1
          _.16 = if _.6:
            acc.7 = add acc.2 v.0
            acc.13 = for i.11 in 1:n.1:1 with acc.10=acc.7:
              acc.12 = add acc.10 v.0
              yield acc.12
            _.14 = sum acc.13 axis=None keepdims=False
            yield _.14
          else:
            _.15 = sum acc.2 axis=None keepdims=False
            yield _.15
          yield _.16
        """,
        f,
        v=V,
        n=2,
    )


def test_the_loop_variable_after_the_loop() -> None:
    def f(x, n):
        for i in range(n):
            x = x * 2
        return x * i

    assert_text(
        """
        f(x.0, n.1):
          x.8 i.9 = for i.6 in 0:n.1:1 with x.2=x.0, i.5=undefined:
            x.7 = mul x.2 2
            yield x.7 i.6
          _.10 = mul x.8 i.9
          yield _.10
        """,
        f,
        x=1.0,
        n=2,
    )


def test_loops_over_known_items_are_written_out() -> None:
    def f(x):
        d = {"a": x, "b": (x * 2, 3)}
        t = 0.0
        for k, v in d.items():
            if k == "a":
                t += v
            else:
                t += v[0] * v[1]
        return t

    assert_text(
        """
        f(x.0):
          _.1 = mul x.0 2
          t.2 = identity 0.0
          t.3 = add t.2 x.0
          _.4 = mul _.1 3
          t.5 = add t.3 _.4
          yield t.5
        """,
        f,
        x=1.0,
    )


def test_a_list_that_grows_in_a_loop() -> None:
    def f(x, n):
        xs = []
        for i in range(n):
            xs.append(x * i)
        return xs[0] + len(xs)

    assert_text(
        """
        f(x.0, n.1):
          _.8 = list  element=float
          xs.9 = for i.5 in 0:n.1:1 with xs.4=_.8:
            _.6 = mul x.0 i.5
            xs.7 = append xs.4 _.6
            yield xs.7
          _.10 = item xs.9 0
          _.11 = length xs.9
          _.12 = add _.10 _.11
          yield _.12
        """,
        f,
        x=1.0,
        n=2,
    )


def test_a_list_of_pairs_is_a_pair_of_lists() -> None:
    def f(x, n):
        pairs = [(x, i) for i in range(n)]
        return sum(a * b for a, b in pairs)

    assert_text(
        """
        f(x.0, n.1):
          _.8 = list  element=float
          _.9 = list  element=int
          _.10 _.11 = for i.5 in 0:n.1:1 with _.3=_.8, _.4=_.9:
            _.6 = append _.3 x.0
            _.7 = append _.4 i.5
            yield _.6 _.7
          _.12 = length _.10
          total.24 = for i.19 in 0:_.12:1 with total.18=0.0:
            a.20 = item _.10 i.19
            b.21 = item _.11 i.19
            _.22 = mul a.20 b.21
            _.23 = add total.18 _.22
            yield _.23
          yield total.24
        """,
        f,
        x=1.0,
        n=2,
    )


def test_an_array_changed_in_place_its_alias_and_its_views() -> None:
    def f(v):
        a = v * 2
        b = a
        a += 1
        c = a[1:]
        a[0] = 5.0
        c *= 2
        return a.sum() + b.sum() + c.sum()

    assert_text(
        """
        f(v.0):
          a.1 = mul v.0 2
          a.2 = add a.1 1
          c.3 = a.2[1:]
          a.4 = a.2 with [0] = 5.0
          c.5 = a.4[1:]
          c.6 = mul c.5 2
          a.7 = a.4 with [1:] = c.6
          _.8 = sum a.7 axis=None keepdims=False
          _.9 = sum a.7 axis=None keepdims=False
          _.10 = add _.8 _.9
          _.11 = sum c.6 axis=None keepdims=False
          _.12 = add _.10 _.11
          yield _.12
        """,
        f,
        v=V,
    )


def test_a_value_of_and_and_or() -> None:
    def f(x, y):
        return (x and y) or 3.0

    assert_text(
        """
        f(x.0, y.1):
          _.2 = ne x.0 0
          _.3 = if _.2:
            yield y.1
          else:
            yield x.0
          _.4 = ne _.3 0
          _.5 = if _.4:
            yield _.3
          else:
            yield 3.0
          yield _.5
        """,
        f,
        x=1.0,
        y=2.0,
    )


def test_a_chain_of_comparisons_that_cannot_fail() -> None:
    def f(x, y):
        return 1 if 0 < x < y else 2

    assert_text(
        """
        f(x.0, y.1):
          _.2 = lt 0 x.0
          _.3 = lt x.0 y.1
          _.4 = and _.2 _.3
          _.5 = if _.4:
            yield 1
          else:
            yield 2
          yield _.5
        """,
        f,
        x=1.0,
        y=2.0,
    )


def test_recursion_is_a_function_of_its_own() -> None:
    def f(x, n):
        def power(x, n):
            return 1.0 if n == 0 else x * power(x, n - 1)

        return power(x, n)

    assert_text(
        """
        f(x.0, n.1):
          _.2 = eq n.1 0
          _.17 = if _.2:
            yield 1.0
          else:
            _.3 = sub n.1 1
            _.15 = call power_rec x.0 _.3
            _.16 = mul x.0 _.15
            yield _.16
          yield _.17
        power_rec(x.8, n.9):
          _.10 = eq n.9 0
          _.14 = if _.10:
            yield 1.0
          else:
            _.11 = sub n.9 1
            _.12 = call power_rec x.8 _.11
            _.13 = mul x.8 _.12
            yield _.13
          yield _.14
        """,
        f,
        x=1.0,
        n=2,
    )


def test_functions_are_put_in_place_of_their_calls() -> None:
    def f(x):
        def scaled(t, by=2, *more, **named):
            y = t * by
            return y + named["z"]

        return scaled(x + 1, z=3.0) * (lambda a: a * x)(5)

    assert_text(
        """
        f(x.0):
          t.1 = add x.0 1
          y.2 = mul t.1 2
          _.3 = add y.2 3.0
          _.4 = mul 5 x.0
          _.5 = mul _.3 _.4
          yield _.5
        """,
        f,
        x=1.0,
    )


def test_arrays_are_gone_through_row_by_row() -> None:
    def f(A):
        s = 0.0
        for row in A:
            a, b, c = row
            s += a * b - c
        return s

    assert_text(
        """
        f(A.0):
          s.1 = identity 0.0
          _.2 = size A.0 axis=0
          s.25 = for i.15 in 0:_.2:1 with s.14=0.0:
            row.16 = A.0[i.15]
            _.17 = size row.16 axis=0
            _.18 = ne _.17 3
            if _.18:
              raise
              yield
            else:
              yield
            a.19 = row.16[0]
            b.20 = row.16[1]
            c.21 = row.16[2]
            _.22 = mul a.19 b.20
            _.23 = sub _.22 c.21
            s.24 = add s.14 _.23
            yield s.24
          yield s.25
        """,
        f,
        A=M,
    )


def test_effects() -> None:
    def f(x):
        assert x > 0, "positive"
        print("x is", f"{x:.2f}", x * 2, sep="")
        if x > 5:
            raise ValueError(f"too large: {x}")
        return x

    assert_text(
        """
        f(x.0):
          _.1 = gt x.0 0
          assert
          _.2 = mul x.0 2
          print
          _.3 = gt x.0 5
          if _.3:
            raise
            yield
          else:
            yield
          yield x.0
        """,
        f,
        x=1.0,
    )


# What comes from outside

RATE = 0.5
SIZES = {"rows": 2, "weights": [1.0, V]}
MODE = "square"


class Model:
    kind = "linear"

    def __init__(self, w: Any, b: float):
        self.w, self.__b = w, b

    def predict(self, x: Any) -> Any:
        return x @ self.w + self.__b

    @property
    def size(self) -> Any:
        return np.sum(self.w**2)

    def __call__(self, x: Any) -> Any:
        return self.predict(x) if self.kind == "linear" else x


MODEL = Model(V, 2.0)


def paths(function: Any, **arguments: Any) -> list[str]:
    return [
        one.path.root.name + "".join(f".{key}" if kind == "attribute" else f"[{key!r}]" for kind, key in one.path.steps)
        for one in staged(function, **arguments).inputs
    ]


def guards(function: Any, **arguments: Any) -> list[tuple[str, str]]:
    return [
        (guard.kind, ".".join([guard.path.root.name, *(str(key) for _, key in guard.path.steps)]))
        for guard in staged(function, **arguments).guards
    ]


def test_numbers_from_outside_are_inputs_each_fetched_once() -> None:
    scale = 3.0

    def f(x):
        return x * RATE + RATE * scale + SIZES["weights"][0] * SIZES["rows"]

    assert paths(f, x=1.0) == [
        "x", "RATE", "scale", "SIZES['rows']", "SIZES['weights'][0]", "SIZES['weights'][1]",
    ]  # fmt: skip
    assert [param.name for param in staged(f, x=1.0).program.entry.params][:3] == ["x", "RATE", "scale"]
    assert guards(f, x=1.0) == [("tree", "SIZES")]


def test_methods_and_attributes_of_objects() -> None:
    def f(x):
        return MODEL(x) * MODEL.size

    assert paths(f, x=V) == ["x", "MODEL.w", "MODEL._Model__b"]
    kinds = {name: kind for kind, name in guards(f, x=V)}
    assert kinds["MODEL"] == "class"
    assert kinds["MODEL.kind"] == "equal"
    assert "MODEL.predict.__func__" in kinds


def test_strings_modules_and_functions_are_guarded() -> None:
    def f(x):
        return math.sin(x) if MODE == "square" else helper(x)

    assert guards(f, x=1.0) == [("equal", "MODE"), ("is", "math")]
    assert ("code", "helper") in guards(lambda x: helper(x), x=1.0)


def helper(x):
    return x * 2


def test_constants_of_libraries_keep_their_words() -> None:
    def f(x):
        return x * math.pi + np.e

    assert_text(
        """
        f(x.0):
          _.1 = mul x.0 math.pi
          _.2 = add _.1 np.e
          yield _.2
        """,
        f,
        x=1.0,
    )


def test_a_global_that_decides_the_text_is_guarded_by_its_value() -> None:
    def f(v):
        return np.sum(v, axis=AXIS)

    assert ("equal", "AXIS") in guards(f, v=M)


AXIS = 0


class Pair(NamedTuple):
    first: Any
    second: Any


def test_structures_of_arguments_and_results() -> None:
    def f(p, q):
        return {"a": p.first, "b": [q["w"][0], p._replace(first=2.0)]}

    made = staged(f, p=Pair(1.0, 2.0), q={"w": (V, None)})
    assert [param.name for param in made.program.entry.params] == ["p_first", "p_second", "q_w_0"]
    assert made.parameters[0][1].kind is Pair
    result = made.result
    assert (result.kind, result.keys) == (dict, ("a", "b"))
    assert result.items[1].items[1].kind is Pair
    assert isinstance(dict(made.parameters)["q"].items[0].items[1], Static)


def test_arguments_of_any_number() -> None:
    def f(*args, **kwargs):
        return args[0] * kwargs["y"] + len(args)

    trees = {
        "args": Tree(tuple, (0, 1), (describe(1.0, "a"), describe(2.0, "b"))),
        "kwargs": Tree(dict, ("y",), (describe(3.0, "y"),)),
    }
    made = stage(f, trees)
    assert show(made.program.entry).split("\n")[0] == "f(args_0.0, args_1.1, kwargs_y.2):"


def test_partials() -> None:
    def f(a, b, x):
        return a * x + b

    made = functools.partial(f, 2.0, b=3.0)
    trees = {"b": describe(3.0, "b"), "x": describe(1.0, "x")}
    assert [param.name for param in stage(made, trees).program.entry.params] == ["b", "x", "a_args_0"]


def test_each_statement_of_a_line_has_one_origin() -> None:
    def f(x):
        y = (x + 1) * (
            x  # a comment
            - 2
        )
        return y

    statements = staged(f, x=1.0).program.entry.body.statements
    origins = {id(statement.origin): statement.origin for statement in statements}
    assert len(origins) == 1
    (origin,) = origins.values()
    assert origin.text == "y = (x + 1) * (x - 2)"
    assert (origin.line, origin.column) == (f.__code__.co_firstlineno + 1, 8)


def gates(function: Any, **arguments: Any) -> list[str]:
    return [statement.op for statement in staged(function, **arguments).program.entry.body.statements]


def test_gates_in_their_spellings() -> None:
    assert gates(lambda x: 1 / (1 + np.exp(-x)), x=V) == ["sigmoid"]
    assert gates(lambda x: 1.0 / (math.exp(-x) + 1.0), x=1.0) == ["sigmoid"]
    assert gates(lambda x: (1 + np.exp(-x)) ** -1, x=V) == ["sigmoid"]
    assert gates(lambda x: np.exp(x) / (1 + np.exp(x)), x=V) == ["sigmoid"]
    assert gates(lambda x: np.log(1 + np.exp(x)), x=V) == ["softplus"]
    assert gates(lambda x: np.log1p(np.exp(x)), x=V) == ["softplus"]
    assert gates(lambda x: np.maximum(x, 0), x=V) == ["relu"]
    assert gates(lambda x, y: 1 / (1 + np.exp(-(x * y))), x=V, y=2.0) == ["mul", "sigmoid"]


def test_a_gate_needs_parts_of_its_own() -> None:
    def f(x):
        e = np.exp(-x)
        return 1 / (1 + e) + e

    assert "sigmoid" not in gates(f, x=V)
