"""The table of refusals: what is written, and what must be said about it. `«` stands before the place at fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradgen import (
    ArgumentError,
    GradgenError,
    ResultError,
    UnknownFunction,
    UnsupportedSyntax,
    UnsupportedType,
    UnsupportedValue,
)


@dataclass(frozen=True)
class Refusal:
    """`source` defines `f`, called with `args`; the error is of class `kind` and says each of `says`."""

    name: str
    source: str
    kind: type[GradgenError]
    says: tuple[str, ...]
    args: tuple[Any, ...] = (1.3,)
    options: dict[str, Any] = field(default_factory=dict)


def refusal(
    name: str, source: str, kind: type[GradgenError], *says: str, args: Any = (1.3,), **options: Any
) -> Refusal:
    return Refusal(name, source, kind, says, args, options)


V = np.array([1.3, 0.7])

PARTS = [
    refusal(
        "vectorize",
        "import numpy as np\n\ndef f(v):\n    g = «np.vectorize(lambda a: a ** 2)\n    return np.sum(g(v))\n",
        UnsupportedSyntax,
        "`np.vectorize`",
        "loop",
        args=(V,),
    ),
    refusal(
        "pad_by_the_median",
        "import numpy as np\n\ndef f(v):\n    return np.sum(«np.pad(v, 1, mode='median'))\n",
        UnsupportedValue,
        "'median'",
        "edge",
        args=(V,),
    ),
    refusal(
        "interp_with_a_period",
        "import numpy as np\n\ndef f(v):\n    return «np.interp(0.3, v, v, period=2.0)\n",
        UnsupportedValue,
        "`period`",
        "x % period",
        args=(V,),
    ),
    refusal(
        "shape_that_is_a_fraction",
        "import numpy as np\n\ndef f(x):\n    return np.sum(«np.zeros(2.5) + x)\n",
        UnsupportedType,
        "a whole number",
        "int(",
    ),
    refusal(
        "order_of_a_bessel_function",
        "from scipy import special\n\ndef f(x):\n    «return special.jv(x, 1.0)\n",
        UnsupportedType,
        "closed form",
    ),
    refusal(
        "distribution_without_rule",
        "from scipy import stats\n\ndef f(x):\n    return «stats.cauchy.pdf(x)\n",
        UnknownFunction,
        "`scipy.stats.cauchy.pdf`",
    ),
    refusal(
        "generator_from_outside",
        "import numpy as np\n\nRNG = np.random.default_rng(0)\n\ndef f(x):\n    return x * «RNG.normal()\n",
        UnsupportedSyntax,
        "from outside",
        "make it in the function",
    ),
    refusal(
        "draw_in_a_loop",
        "import numpy as np\n\ndef f(x):\n    rng = np.random.default_rng(0)\n    for _ in range(3):\n        x = x * «rng.normal()\n    return x\n",
        UnsupportedSyntax,
        "in a loop or branch",
        "in an array",
    ),
    refusal(
        "random_numbers_without_a_seed",
        "import numpy as np\n\ndef f(x):\n    return x * «np.random.rand()\n",
        UnsupportedValue,
        "no seed",
        "default_rng",
    ),
]

SYNTAX = [
    refusal(
        "two_arrays_of_one_name_in_an_inner_gradient",
        "import gradgen\nimport numpy as np\n\nw = np.ones(2)\n\n@gradgen.grad\ndef g(x):\n    return np.sum(x ** 2 * w)\n\n"
        "def f(w, x):\n    return np.sum(«g(x)) * np.sum(w)\n",
        UnsupportedSyntax,
        "`w` is the name of two arrays",
        "another name",
        args=(np.ones(5), V),
    ),
    refusal(
        "gradient_of_recursion_inside",
        "import gradgen\n\ndef g(x, n):\n    return x if n <= 0 else g(x * x, n - 1)\n\n"
        "def f(x, n):\n    return «gradgen.grad(lambda y: g(y, n))(x)\n",
        UnsupportedSyntax,
        "recursive function",
        "a loop",
        args=(1.3, 2),
    ),
    refusal(
        "object_of_a_list_changed",
        "class A:\n    def __init__(self, x):\n        self.x = x\n\ndef f(v):\n    a = [A(x) for x in v]\n"
        "    for one in a:\n        «one.x *= 2\n    return sum(one.x for one in a)\n",
        UnsupportedSyntax,
        "in a list whose length depends on the data",
        "copy",
        args=(V,),
    ),
    refusal(
        "numpy_before_a_method",
        "import numpy as np\n\nclass A:\n    def __rmul__(self, x):\n        return x\n\n"
        "def f(x):\n    return «np.float64(2.0) * A() * x\n",
        UnsupportedType,
        "`__rmul__`",
        "the other order",
    ),
    refusal(
        "iter_of_its_own",
        "from typing import NamedTuple\n\nclass A(NamedTuple):\n    x: float\n    def __iter__(self):\n        return iter((2.0, 3.0))\n\n"
        "def f(x):\n    «a, b = A(x)\n    return a * x\n",
        UnsupportedSyntax,
        "`A` has an `__iter__` of its own",
        "a method",
    ),
    refusal(
        "object_of_a_class_of_lists",
        "class A(list):\n    pass\n\ndef f(x):\n    return len(«A()) * x\n",
        UnsupportedSyntax,
        "class `A`",
        "derives from no other",
    ),
    refusal("yield", "def f(x):\n    «yield x * 2\n", UnsupportedSyntax, "`yield`", "list"),
    refusal("yield_from", "def f(x):\n    «yield from [x]\n", UnsupportedSyntax, "`yield from`"),
    refusal("async_def", "«async def f(x):\n    return x\n", UnsupportedSyntax, "`async`"),
    refusal(
        "await",
        "async def g(x):\n    return x\n\nasync def f(x):\n    return await g(x)\n",
        UnsupportedSyntax,
        "`async`",
    ),
    refusal(
        "try",
        "def f(x):\n    y = x\n    «try:\n        y = 1 / x\n    except ZeroDivisionError:\n        y = 0.0\n    return y\n",
        UnsupportedSyntax,
        "`try`",
        "`if`",
    ),
    refusal(
        "with",
        "def f(x):\n    «with open('a') as file:\n        return x\n",
        UnsupportedSyntax,
        "`with`",
        "np.errstate",
    ),
    refusal("global", "N = 1\n\ndef f(x):\n    «global N\n    N = x\n    return x\n", UnsupportedSyntax, "global"),
    refusal(
        "nonlocal",
        "def made():\n    n = 1.0\n    def f(x):\n        «nonlocal n\n        n = x\n        return n\n    return f\n\nf = made()\n",
        UnsupportedSyntax,
        "from outside",
    ),
    refusal(
        "nonlocal_in_recursion",
        "def f(x):\n    n = x\n    def g(y):\n        nonlocal n\n        n = n * y\n        if y < 5:\n            «g(y * 1.5)\n"
        "    g(x)\n    return n\n",
        UnsupportedSyntax,
        "`g` assigns a variable of the enclosing function",
        "return the new value",
    ),
    refusal(
        "nonlocal_in_an_inner_gradient",
        "import gradgen\n\ndef f(x):\n    n = x\n    def g(y):\n        nonlocal n\n        n = n * y\n        return y * y\n"
        "    return «gradgen.grad(g)(x) + n\n",
        UnsupportedSyntax,
        "`g` assigns a variable of the enclosing function",
    ),
    refusal(
        "class_inside", "def f(x):\n    «class A:\n        pass\n    return x\n", UnsupportedSyntax, "class", "outside"
    ),
    refusal("eval", "def f(x):\n    return «eval('x * 2')\n", UnsupportedSyntax, "`eval`"),
    refusal("exec", "def f(x):\n    «exec('y = 2')\n    return x\n", UnsupportedSyntax, "`exec`"),
    refusal("set_display", "def f(x):\n    return sum(«{x, 2.0})\n", UnsupportedSyntax, "set"),
    refusal("set_comprehension", "def f(x):\n    return sum(«{x * i for i in range(3)})\n", UnsupportedSyntax, "set"),
    refusal("open", "def f(x):\n    a = «open('data')\n    return x\n", UnsupportedSyntax, "`open`"),
    refusal("input", "def f(x):\n    return x * float(«input())\n", UnsupportedSyntax, "`input`"),
    refusal("globals", "def f(x):\n    return x * «globals()['N']\n", UnsupportedSyntax, "`globals()`"),
    refusal("never_bound", "def f(x):\n    return x * «undefined_name\n", GradgenError, "`undefined_name`"),
    refusal(
        "value_or_nothing",
        "«def f(x):\n    if x > 0:\n        return x\n",
        GradgenError,
        "nothing",
    ),
    refusal(
        "distribution_that_holds_its_parameters",
        "from scipy import stats\n\ndef f(x):\n    return «stats.norm(0.0, 2.0).logpdf(x)\n",
        UnknownFunction,
        "`stats.norm(...)`",
        "`stats.norm.logpdf(x, ...)`",
    ),
    refusal(
        "deque",
        "from collections import deque\n\ndef f(x):\n    xs = «deque(maxlen=3)\n    xs.append(x)\n    return xs[0]\n",
        UnsupportedSyntax,
        "class `deque`",
        "`xs[-n:]`",
    ),
    refusal(
        "number_or_none",
        "def root(x):\n    return «x ** 0.5 if x > 0 else None\n\ndef f(x):\n    r = root(x)\n    return 0.0 if r is None else r\n",
        UnsupportedSyntax,
        "a number on one path and None on another",
        "`math.inf`",
    ),
    refusal(
        "in_a_helper",
        "def g(x):\n    «try:\n        return x\n    finally:\n        pass\n\ndef f(x):\n    return g(x) * 2\n",
        UnsupportedSyntax,
        "`try`",
    ),
    refusal("tab_indented", "def f(x):\n\tif x > 0:\n\t\t«yield x\n", UnsupportedSyntax, "`yield`"),
    refusal("unicode_before", "def f(α):\n    β = α; «yield β\n", UnsupportedSyntax, "`yield`"),
    refusal(
        "under_a_decorator",
        "import functools\n\ndef plain(g):\n    return g\n\n@plain\ndef f(x):\n    «yield x\n",
        UnsupportedSyntax,
        "`yield`",
    ),
]

ALIASES = [
    refusal(
        f"changed_beside_{what}",
        "import numpy as np\n\ndef f(x):\n    a, b = np.ones(3) * x, np.ones(3)\n"
        f"    {beside}\n    for i in range(3):\n        a, b = b, a\n        «a *= 1.5\n    return {result} + a @ b\n",
        UnsupportedSyntax,
        "may be one of two",
        "copy",
    )
    for what, beside, result in [
        ("a_tuple", "t = (a, b)", "t[0].sum()"),
        ("a_view", "v = a[1:]", "v.sum()"),
        ("a_list", "t = [a]", "t[0].sum()"),
        ("a_default", "g = lambda k=a: k.sum()", "g()"),
    ]
]
ALIASES += [
    refusal(
        "changed_while_a_loop_goes_over_it",
        "import numpy as np\n\ndef f(x):\n    a, b, s = np.ones(3) * x, np.ones(3), 0.0\n    for e in a:\n        s += e\n"
        "        a, b = b, a\n        «a *= 1.5\n    return s\n",
        UnsupportedSyntax,
        "may be one of two",
    ),
    refusal(
        "changed_in_a_list_after_a_branch",
        "import numpy as np\n\ndef f(x):\n    a = np.ones(3) * x\n    ls = [a]\n    if x > 0:\n        ls.append(a)\n"
        "    «a *= 2\n    return ls[0].sum()\n",
        UnsupportedSyntax,
        "list whose length depends on the data",
    ),
    refusal(
        "base_changed_with_its_view_in_a_list",
        "import numpy as np\n\ndef f(x, n):\n    m = np.ones((3, 3)) * x\n    ls = []\n    for i in range(n):\n        ls.append(m[i])\n"
        "    «m[0] *= 2\n    return ls[0].sum()\n",
        UnsupportedSyntax,
        "list whose length depends on the data",
        args=(1.3, 3),
    ),
    refusal(
        "iterator_with_items_left",
        "def f(x):\n    pairs = zip([x, x * x], [1.0, 2.0])\n    for a, b in pairs:\n        break\n"
        "    return sum(a * b for a, b in «pairs)\n",
        UnsupportedSyntax,
        "how many items are left in the iterator `pairs`",
        "list(...)",
    ),
    refusal(
        "equality_of_lists_of_run_time_length",
        "def f(v):\n    return v[0] if «[x for x in v] == [1.0, 2.0] else v[1]\n",
        UnsupportedType,
        "`==` of a list and a list",
        args=(V,),
    ),
    refusal(
        "list_of_run_time_length_that_grows_in_its_loop",
        "def f(x, n):\n    ls = [x * i for i in range(n)]\n    s = 0.0\n    for e in ls:\n        if len(ls) < 9:\n            «ls.append(e)\n"
        "        s += e\n    return s\n",
        UnsupportedSyntax,
        "length changes",
        "list(xs)",
        args=(1.3, 4),
    ),
    refusal(
        "list_that_grows_in_its_loop",
        "import numpy as np\n\ndef f(x):\n    ls = [x, 1.0]\n    «for e in ls:\n        if len(ls) < 5:\n            ls.append(e * x)\n"
        "    return ls[-1]\n",
        UnsupportedSyntax,
        "length changes",
        "list(xs)",
    ),
]


FUNCTIONS = [
    refusal(
        "resized_in_place",
        "def f(v):\n    a = v * 2\n    «a.resize(4)\n    return a.sum()\n",
        UnsupportedSyntax,
        "`.resize`",
        "np.resize",
        args=(V,),
    ),
    refusal(
        "write_protected",
        "def f(v):\n    a = v * 2\n    «a.setflags(write=False)\n    return a.sum()\n",
        UnsupportedSyntax,
        "`.setflags`",
        "the function without it",
        args=(V,),
    ),
    refusal(
        "shuffled_in_place",
        "import numpy as np\n\ndef f(v):\n    «np.random.shuffle(v)\n    return v[0]\n",
        UnsupportedSyntax,
        "at random",
        args=(V,),
    ),
    refusal(
        "shape_assigned",
        "def f(v):\n    «v.shape = (1, 2)\n    return v[0, 0]\n",
        UnsupportedSyntax,
        "shape",
        ".reshape",
        args=(V,),
    ),
    refusal(
        "out_that_cannot_hold_the_result",
        "import numpy as np\n\ndef f(v):\n    a = np.zeros(2, dtype=int)\n    «np.exp(v, out=a)\n    return a[0] * v[0]\n",
        UnsupportedType,
        "int64",
        "float64",
        args=(V,),
    ),
    refusal(
        "where_without_out",
        "import numpy as np\n\ndef f(v):\n    return np.sum(«np.exp(v, where=v > 1))\n",
        UnsupportedSyntax,
        "`where`",
        "`out`",
        args=(V,),
    ),
    refusal(
        "mode_of_put",
        "import numpy as np\n\ndef f(v):\n    a = v * 2\n    «np.put(a, [5], v[0], mode='clip')\n    return a[0]\n",
        UnsupportedValue,
        "`mode`",
        args=(V,),
    ),
    refusal(
        "part_that_cannot_hold_the_sum",
        "import numpy as np\n\ndef f(v):\n    a = np.zeros(2, dtype=int)\n    «a[:] += v\n    return a[0] * v[0]\n",
        UnsupportedType,
        "int64",
        "float64",
        args=(V,),
    ),
    refusal(
        "scipy_without_rule",
        "import scipy.special\n\ndef f(x):\n    return «scipy.special.struve(1, x)\n",
        UnknownFunction,
        "no rule for `scipy.special.struve`",
    ),
    refusal(
        "numpy_without_rule",
        "import numpy as np\n\ndef f(v):\n    return «np.roots(v)[0]\n",
        UnknownFunction,
        "no rule for `np.roots`",
        args=(V,),
    ),
    refusal(
        "method_without_rule",
        "def f(v):\n    return «v.tobytes()\n",
        UnknownFunction,
        "`.tobytes`",
        args=(V,),
    ),
    refusal("builtin_without_rule", "def f(x):\n    return x * «hash(x)\n", GradgenError, "`hash`"),
    refusal(
        "string_method",
        "def f(x, s):\n    return x * «len(s.upper() + str(x))\n",
        UnsupportedType,
        "string",
        args=(1.3, "a"),
    ),
    refusal(
        "math_of_an_array",
        "import math\n\ndef f(v):\n    return «math.exp(v)\n",
        UnsupportedType,
        "array",
        "np.exp",
        args=(V,),
    ),
]

VALUES = [
    refusal("complex_order", "def f(x):\n    return x if «x * 2j > 1 else 0.0\n", UnsupportedType, "complex", ".real"),
    refusal(
        "complex_maximum",
        "import numpy as np\n\ndef f(v):\n    return «np.max(v * 1j).real\n",
        UnsupportedType,
        "np.max",
        args=(V,),
    ),
    refusal(
        "complex_floor",
        "import numpy as np\n\ndef f(v):\n    return «np.floor(v * 1j)\n",
        UnsupportedType,
        "np.floor",
        args=(V,),
    ),
    refusal(
        "complex_to_float", "def f(v):\n    return «(v * 1j).astype(float).sum()\n", UnsupportedType, ".real", args=(V,)
    ),
    refusal("complex_as_float", "def f(x):\n    return «float(x * 1j)\n", UnsupportedType, "imaginary", ".real"),
    refusal(
        "complex_in_math",
        "import math\n\ndef f(x):\n    return abs(«math.exp(x * 1j))\n",
        UnsupportedType,
        "math.exp",
        "cmath.exp",
    ),
    refusal(
        "complex_stored",
        "import numpy as np\n\ndef f(v):\n    a = np.zeros(2)\n    «a[0] = v[0] * 1j\n    return a.sum()\n",
        UnsupportedType,
        "imaginary",
        ".real",
        args=(V,),
    ),
    refusal(
        "complex_added_in_place",
        "import numpy as np\n\ndef f(v):\n    a = np.zeros(2)\n    «a += v * 1j\n    return a.sum()\n",
        UnsupportedType,
        "imaginary",
        args=(V,),
    ),
    refusal(
        "truth_of_array",
        "def f(v):\n    «if v > 0:\n        return v.sum()\n    return 0.0\n",
        UnsupportedType,
        "truth",
        ".any()",
        args=(V,),
    ),
    refusal("float_index", "def f(v, x):\n    return «v[x]\n", UnsupportedType, "index", args=(V, 1.0)),
    refusal("matmul_of_numbers", "def f(x):\n    return «x @ x\n", UnsupportedType, "`@`"),
    refusal(
        "range_of_float", "def f(x):\n    for i in «range(x):\n        pass\n    return x\n", UnsupportedType, "`range`"
    ),
    refusal(
        "run_time_axis_of_data",
        "import numpy as np\n\ndef f(v):\n    k = 0\n    for i in range(3):\n        k = k + i\n    return np.sum(«np.sum(v, axis=k))\n",
        UnsupportedValue,
        "known",
        args=(V,),
    ),
    refusal("object_array", "def f(v):\n    return v[0]\n", GradgenError, "object", args=(np.array([1.0, None]),)),
]

# Mistakes, most of which Python refuses as well: the user knows what to write instead.
MISTAKES = [
    refusal(
        "array_without_dimensions_changed_in_place",
        "import numpy as np\n\ndef f(x):\n    a = np.zeros(())\n    b = a\n    «a += x\n    return b * 2.0\n",
        UnsupportedType,
        "an array without dimensions is changed in place",
        "a number",
    ),
    refusal(
        "array_without_dimensions_changed_in_a_loop",
        "import numpy as np\n\ndef f(x):\n    a = np.array(0.0)\n    b = a\n    for i in range(3):\n"
        "        «a += x * i\n    return b * 2.0\n",
        UnsupportedType,
        "an array without dimensions is changed in place",
    ),
    refusal(
        "misspelled_function",
        "import numpy as np\n\ndef f(v):\n    return «np.summ(v)\n",
        UnsupportedType,
        "`numpy` has no attribute `summ`",
        "Instead: `.sum`",
        args=(V,),
    ),
    refusal("argnums_twice", "def f(x):\n    return x\n", ArgumentError, "twice", argnums=(0, "x")),
    refusal(
        "wrong_number_of_arguments", "def g(x):\n    return x\n\ndef f(x):\n    return «g(x, x)\n", GradgenError, "`g`"
    ),
    refusal("unknown_keyword", "def g(x):\n    return x\n\ndef f(x):\n    return «g(x, y=2)\n", GradgenError, "`g`"),
    refusal(
        "unknown_keyword_of_numpy",
        "import numpy as np\n\ndef f(v):\n    return «np.sum(v, weights=v)\n",
        GradgenError,
        "np.sum",
        args=(V,),
    ),
    refusal("number_called", "def f(x):\n    return «x(2)\n", UnsupportedType, "cannot be called"),
    refusal("string_in_arithmetic", "def f(x, s):\n    return «x * s\n", UnsupportedType, "string", args=(1.3, "a")),
    refusal("too_many_indices", "def f(v):\n    return «v[0, 1]\n", UnsupportedType, "2 indices", args=(V,)),
    refusal("shift_of_float", "def f(x):\n    return «x << 2\n", UnsupportedType, "`<<`"),
    refusal("unpack_too_few", "def f(x):\n    «a, b, c = x, x\n    return a\n", UnsupportedType, "2 values"),
    refusal("loop_over_number", "def f(x):\n    «for e in x:\n        pass\n    return x\n", UnsupportedType, "number"),
    refusal("missing_key", "def f(x):\n    d = {'a': x}\n    return «d['b']\n", GradgenError, "'b'"),
    refusal(
        "axis_out_of_range",
        "import numpy as np\n\ndef f(v):\n    return «np.sum(v, axis=2)\n",
        GradgenError,
        "axis",
        args=(V,),
    ),
    refusal("no_such_attribute", "import math\n\ndef f(x):\n    return «math.exq(x)\n", GradgenError, "exq"),
    refusal(
        "no_attribute_of_array",
        "def f(v):\n    return v.«sizes\n".replace("v.«", "«v."),
        GradgenError,
        "sizes",
        args=(V,),
    ),
]

RESULTS = [
    refusal("array_result", "«def f(v):\n    return v * 2\n", ResultError, "array", "scalar", args=(V,)),
    refusal("tuple_result", "«def f(x):\n    return x, x\n", ResultError, "tuple"),
    refusal("integer_result", "«def f(x):\n    return 3\n", ResultError, "int"),
    refusal("integer_from_data", "«def f(x, n):\n    return n * 2\n", ResultError, "int", args=(1.3, 4)),
    refusal("bool_result", "«def f(x):\n    return x > 0\n", ResultError, "bool"),
    refusal("no_result", "«def f(x):\n    y = x\n", ResultError, "None"),
    refusal("string_result", "«def f(x):\n    return 'a'\n", ResultError, "'a'"),
    refusal("dict_result", "«def f(x):\n    return {'a': x}\n", ResultError, "dict"),
    refusal("aux_of_text", "«def f(x):\n    return x, f'{x}'\n", ResultError, "a string", has_aux=True),
    refusal("aux_of_a_view", "«def f(x):\n    return x, {'a': x}.values()\n", ResultError, "values", has_aux=True),
    refusal("aux_missing", "«def f(x):\n    return x\n", ResultError, "aux", has_aux=True),
]

ARGUMENTS = [
    refusal("argnums_out_of_range", "def f(x):\n    return x\n", ArgumentError, "1", argnums=1),
    refusal("argnums_unknown_name", "def f(x):\n    return x\n", ArgumentError, "'y'", "x", argnums="y"),
    refusal("argnums_of_a_tuple", "def f(x):\n    return x\n", ArgumentError, "'z'", argnums=("x", "z")),
    refusal("argnums_of_wrong_type", "def f(x):\n    return x\n", ArgumentError, "1.5", argnums=1.5),
    refusal(
        "integer_array", "def f(v):\n    return v.sum() * 1.0\n", UnsupportedType, "int64", args=(np.array([1, 2]),)
    ),
    refusal("bool_argument", "def f(x):\n    return x * 1.0\n", UnsupportedType, "bool", args=(True,)),
    refusal("boolean_array", "def f(v):\n    return v.sum() * 1.0\n", UnsupportedType, "bool", args=(V > 0,)),
    refusal("string_argument", "def f(s):\n    return 1.0\n", UnsupportedType, "str", args=("a",)),
    refusal("complex_result", "«def f(x):\n    return x\n", ResultError, "complex", ".real", args=(1 + 2j,)),
    refusal("complex_sum", "«def f(v):\n    return v.sum()\n", ResultError, "complex", ".real", args=(V * 1j,)),
    refusal(
        "integer_in_a_structure",
        "def f(p):\n    return p['a'][0] * 1.0\n",
        UnsupportedType,
        "int",
        args=({"a": np.array([1])},),
    ),
]

SELECTION = [
    refusal(
        name,
        f"import numpy as np\n\ndef f(v, k=0):\n    return np.sum(«{text})\n",
        kind,
        *says,
        args=(V,),
    )
    for name, text, kind, *says in (
        ("sort_of_a_number", "np.sort(v[0])", UnsupportedValue, "np.sort", "number"),
        ("sort_kind", "np.sort(v, kind='bubble')", UnsupportedValue, "'bubble'"),
        ("median_in_place", "np.median(v, overwrite_input=True)", UnsupportedValue, "`overwrite_input`", "np.median"),
        ("quantile_method", "np.quantile(v, 0.5, method='other')", UnsupportedValue, "'other'", "np.quantile"),
        ("weighted_quantile", "np.quantile(v, 0.5, method='inverted_cdf', weights=v)", UnsupportedValue, "`weights`"),
        ("complex_median", "np.median(v * 1j)", UnsupportedType, "np.median", "order"),
        ("distinct_rows", "np.unique(v, axis=0)", UnsupportedValue, "`axis`", "np.unique"),
        ("histogram_rule", "np.histogram(v, bins='auto')[0]", UnsupportedValue, "'auto'", "edges"),
        ("histogram_in_two_dimensions", "np.histogram2d(v, v)[0]", UnknownFunction, "np.histogram2d"),
        ("correlation_of_complex_numbers", "np.corrcoef(v * 1j, v).real", UnsupportedType, "np.corrcoef"),
        ("covariance_of_three_axes", "np.cov(np.ones((2, 2, 2)) * v)", UnsupportedType, "np.cov"),
        ("nan_to_num_in_place", "np.nan_to_num(v, copy=False)", UnsupportedValue, "`copy`"),
        ("running_function", "np.hypot.accumulate(v)", UnknownFunction, "np.hypot.accumulate"),
        ("piecewise_of_a_number", "np.piecewise(v[0], [True], [1.0])", UnsupportedType, "np.piecewise", "if"),
        ("choose_in_a_mode", "np.choose([0, 1], [v, v], mode='other')", UnsupportedValue, "'other'"),
        ("joined_with_a_string", "np.r_['0,2', v, v]", UnsupportedSyntax, "'0,2'", "np.concatenate"),
        ("where_with_two_arguments", "np.where(v > 0, v)", UnsupportedValue, "np.where"),
    )
]

LINALG = [
    refusal(
        name,
        f"import numpy as np\n\ndef f(m, k=0):\n    return np.sum(«{text})\n",
        kind,
        *says,
        args=(np.eye(3) + 1.0,),
    )
    for name, text, kind, *says in (
        ("inverse_of_a_vector", "np.linalg.inv(m[0])", UnsupportedType, "np.linalg.inv", "matrices"),
        ("half_precision", "np.linalg.inv(m.astype(np.float16))", UnsupportedType, "float16", "float32"),
        ("triangle_of_eigh", "np.linalg.eigh(m, 'X')[0]", UnsupportedValue, "'X'", "'L'"),
        ("mode_of_qr", "np.linalg.qr(m, 'complete')[0]", UnsupportedValue, "'complete'", "reduced"),
        ("hermitian_svd", "np.linalg.svd(m, hermitian=True)[1]", UnsupportedValue, "`hermitian`"),
        ("complex_qr", "np.linalg.qr(m * 1j)[0].real", UnsupportedType, "np.linalg.qr", "complex"),
        ("real_eigenvalues", "np.linalg.eigvals(m)", UnsupportedType, "real", "astype(complex)"),
        ("order_of_matrix_norm", "np.linalg.norm(m, 3)", UnsupportedValue, "ord=3", "nuc"),
        ("order_of_vector_norm", "np.linalg.norm(m[0], 'fro')", UnsupportedValue, "ord='fro'"),
        ("operands_of_einsum", "np.einsum('ij,jk->ik', m)", UnsupportedValue, "1 operands"),
        ("letters_of_einsum", "np.einsum('ij->ijk', m)", UnsupportedValue, "np.einsum", "letters of operands"),
        ("axes_of_einsum", "np.einsum('ijk->i', m)", UnsupportedValue, "'ijk'"),
        ("einsum_without_ellipsis", "np.einsum('...i->i', m)", UnsupportedValue, "`...`"),
        ("least_squares", "np.linalg.lstsq(m, m[0])[0]", UnsupportedValue, "np.linalg.lstsq", "pinv"),
        ("axes_of_tensordot", "np.tensordot(m, m, 3)", UnsupportedValue, "3 axes"),
        ("pairs_of_tensordot", "np.tensordot(m, m, ([0, 1], [0]))", UnsupportedValue, "as many axes"),
        ("cross_in_the_plane", "np.cross(np.array([1.0, 2.0]), m[0])", UnsupportedType, "two elements", "a[0] * b[1]"),
        ("diagonal_along_one_axis", "np.diagonal(m, axis1=1, axis2=1)", UnsupportedValue, "two axes"),
    )
]
LINALG.append(
    refusal(
        "store_into_a_diagonal",
        "import numpy as np\n\ndef f(m):\n    d = np.diagonal(m)\n    «d[0] = 1.0\n    return np.sum(d)\n",
        UnsupportedSyntax,
        "`diagonal`",
        args=(np.eye(3),),
    )
)

CHECKPOINTS = [
    refusal(
        "checkpoint_of_an_unknown_step",
        "import gradgen\n\ndef f(x, s):\n    «for t in gradgen.checkpoint(range(0, 9, s)):\n        x = x * t\n    return x\n",
        UnsupportedSyntax,
        "a range whose step is not known",
        "a step that is a number",
        args=(1.3, 2),
    ),
    refusal(
        "checkpoint_of_known_items",
        "import gradgen\n\ndef f(x):\n    «for t in gradgen.checkpoint((1.0, 2.0)):\n        x = x * t\n    return x\n",
        UnsupportedSyntax,
        "written out",
        "range",
    ),
    refusal(
        "checkpoint_without_levels",
        "import gradgen\n\ndef f(x, n):\n    for t in «gradgen.checkpoint(range(n), levels=0):\n        x = x * t\n    return x\n",
        UnsupportedSyntax,
        "`checkpoint` with 0 levels",
        args=(1.3, 2),
    ),
    refusal(
        "checkpoint_in_a_comprehension",
        "import gradgen\n\ndef f(x, n):\n    return sum(«[x * t for t in gradgen.checkpoint(range(n))])\n",
        UnsupportedSyntax,
        "`gradgen.checkpoint(...)` elsewhere than in the head of a loop",
        "for ... in gradgen.checkpoint(...):",
        args=(1.3, 2),
    ),
    refusal(
        "checkpoint_with_other_numbers",
        "import gradgen\nimport numpy as np\n\n@gradgen.checkpoint\ndef noisy(x):\n"
        "    «return x * np.random.default_rng().normal()\n\ndef f(x):\n    return noisy(x)\n",
        UnsupportedSyntax,
        "a generator without a seed in what is run again",
        "default_rng(seed)",
    ),
    refusal(
        "checkpoint_of_a_number",
        "import gradgen\n\ndef f(x):\n    for t in «gradgen.checkpoint(x):\n        x = x * t\n    return x\n",
        UnsupportedType,
        "`checkpoint` of a number",
        "range",
    ),
]

ROWS = LINALG + SELECTION + PARTS + SYNTAX + ALIASES + FUNCTIONS + VALUES + MISTAKES + RESULTS + ARGUMENTS + CHECKPOINTS
