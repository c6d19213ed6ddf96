"""Random programs: the text of a module with a function `f` and its helpers, from a seed.

The forms of expressions and of simple statements are tables of templates. A hole such as `{f}` is filled by the
method of that name in `HOLES`; so a new function of the catalogue is one more line of a table. Names carry a type:
"float", "int", "list" (of floats), "arrays" (a list of them), "dict", or the shape of an array, as it is at the first
of the `points`. Most programs therefore run there; at points of other sizes many raise, as the plain function does.

Does not run programs, nor shrink them (see verdict.py and shrink.py).
"""

from __future__ import annotations

import ast
import contextlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

ROWS, COLUMNS = 3, 4
PARAMETERS: dict[str, object] = {
    "x": "float",
    "y": "float",
    "n": "int",
    "v": (COLUMNS,),
    "w": (COLUMNS,),
    "m": (ROWS, COLUMNS),
    "order": "indices",
}
LETTERS = {"float": "abcd", "int": "hk", "list": "LK", "dict": "D", "arrays": "R", "array": "pqrstu"}


def _table(text: str) -> list[tuple[str, set[str]]]:
    """The forms, each with the parameters that it names."""
    lines = text.strip().splitlines()
    return [(line, set(re.findall(r"\w+", re.sub(r"\{\w+\}|\w+=", "", line))) & set(PARAMETERS)) for line in lines]


# Holes: {f} a float, {i} an int, {j} an index below ROWS, {t} a truth value, {c} a constant, {d} a small float;
# {a} an array of some shape, {v} one of one dimension, {l} a list; {s} an array of the shape that is wanted, {b} what
# broadcasts to it, {k} a whole number that does not depend on floats.
FLOATS = _table("""
{f} + {f}
{f} - {f}
{f} * {f}
-{f}
{f} / (1.5 + math.cos({f}))
{f} ** 2
(1.2 + {f} ** 2) ** {d}
math.sin({f})
math.atan({f})
math.erf({f})
1 / (1 + math.exp(-{d}))
math.log(1 + math.exp({d}))
math.hypot(1.1 + {f} ** 2, {f})
math.atan2({f}, 2 + {f} ** 2)
math.cos({f})
math.tanh({f})
np.tanh({f})
math.exp(math.tanh({f}))
math.log(1.3 + {f} ** 2)
np.sqrt(1.1 + {f} ** 2)
abs({f})
max({f}, {f})
min({f}, {c}, {f})
np.maximum({f}, {f})
{f} if {t} else {f}
({t} and {f}) or {f}
np.where({t}, {f}, {f})
{f} * {i}
{i} / 3
{f} % 2.5
{f} // 0.75
float({i})
float({f})
round({f}, 1) + {f}
np.sum({a})
{a}.sum()
{a}.mean()
np.max({a})
{a}.min()
np.prod(1 + 0.3 * {a})
np.sqrt(0.1 + np.var({a}))
np.var({a})
np.linalg.norm({a})
{v}[0]
{v}[-1]
{v}[{i} % 4]
np.dot(v, w)
np.sum({a} * {f})
np.sum({a} ** 2)
np.sum(np.diff({v}))
sum({v})
max({v})
sum(e * {f} for e in {v})
sum([{f} for _ in range({k})])
{l}[0]
{l}[-1]
sum({l})
len({l}) * {f}
(lambda z: z * {f})({f})
np.median({a})
np.ptp({v})
np.inner(v, w)
np.vdot(v, w)
np.trace(m)
np.linalg.det(m[:, :3] + 4 * np.eye(3))
np.prod({v})
np.interp({f}, np.arange(3), v[:3])
np.cumsum({v})[-1]
np.sort({v})[1]
np.convolve(v, w)[2]
np.einsum("i,i", v, w)
np.average({v})
float(np.floor({f}))
int({f} > {c}) * {f}
{a}.item(0)
{a}.ravel()[-1]
sum(row[0] for row in m)
max(e * {f} for e in v)
{f} if {c} < {f} <= {f} else {f}
""")

INTS = _table("""
n
2
{i} + 1
{i} * 2
{i} // 2
{i} % 3
{i} - {i}
len({l})
len({v})
{a}.size
int({f} * 2)
max({i}, 1)
1 if {t} else {i}
np.argmax({a})
np.sum({a} > {f})
int(np.argmin({v}))
{i} & 3
order[{j}]
""")

TESTS = _table("""
{f} > {f}
{f} < {f}
{f} <= {c}
{i} > 1
{i} % 2 == 0
{i} == {i}
not {t}
{t} and {f} > {c}
{t} or {f} < {c}
{c} < {f} < {f}
np.any({a} > {f})
np.all({a} < 2)
np.isfinite({f})
""")

ARRAYS = _table("""
{s} + {b}
{s} - {b}
{b} - {s}
{s} * {b}
{b} * {s}
{s} / (1.5 + np.cos({b}))
-{s}
{s} ** 2
{s} * {f}
{f} + {s}
{i} * {s}
np.sin({s})
np.arctan({s})
np.hypot(1.1 + {s} ** 2, {b})
np.logaddexp({s}, {b})
np.exp(np.tanh({s}))
np.log(1.3 + {s} ** 2)
np.sqrt(1.1 + {s} ** 2)
np.abs({s})
np.maximum({s}, {b})
np.minimum({b}, {s})
np.where({s} > {b}, {s}, {b})
np.where({s} > 0, np.log(np.abs({s})), {b})
np.clip({s}, -0.77, 0.83)
{s}.copy()
np.array({s})
{s} * ({s} > {c})
{s}.astype(float)
np.cumsum({s}, axis=-1)
np.roll({s}, 1)
np.flip({s})
np.zeros_like({s})
np.ones_like({s})
np.full_like({s}, {f})
{s}.T.T
{s} if {t} else {s}
np.multiply({s}, {b})
np.sort({s})
np.cumprod(0.5 + 0.3 * {s}, axis=-1)
np.add({b}, {s})
np.power(1.2 + {s} ** 2, {d})
np.select([{s} > {c}, {s} < {c}], [{s}, {b}], {f})
np.nan_to_num({s})
np.broadcast_to({b}, np.shape({s})) * 1.0
np.asarray({s})
np.round({s}, 1) + {s}
np.sign({s}) * {s}
{s} % 2.5
{s} // 0.75 + {s}
np.array({s}.tolist())
{s}[::-1][::-1]
{s}.astype(int) * {s}
""")

# Targets are {F}, {I}, {L}: a name, new or not. {P} is a place of an array, of the shape that {s} and {b} then have;
# {p} is a place that is one number; {N} is the name of an array that may be changed.
STATEMENTS = _table("""
{F} = {f}
{F} = math.tanh({f})
{G} += {d}
{G} -= {f}
{G} *= {d}
{G}, {G} = {f}, {d}
{I} = {k}
{I} = {i} % 5
{J} += 1
{P} = {b}
{P} = {s}
{P} = {c}
{P} += {b}
{P} -= {s}
{P} *= {d}
{P} *= np.cos({b})
{P} /= 1.5 + np.cos({b})
{p} = {f}
{p} = {f}
{p} += {f}
{p} *= {d}
{p} = {c}
{N}[{Nmask}] = {f}
{N}[{Nmask}] *= {d}
{N}[order] = {d}
{N}[order] += {f}
np.add.at({N}, order, {f})
{N}[[0, 2]] = {f}
{N}.fill({f})
np.copyto({P}, {b})
np.multiply({s}, {b}, out={P})
{N}[:n] = {f}
{N}[{k}:] *= {d}
{L} = [{f}, {f}]
{L} = [{f} for _ in range({k})]
{L} = [e * {f} for e in {v}]
{M}.append({f})
{M}[0] = {f}
{M}[-1] *= {d}
{M}.extend([{f}, {c}])
{M}.insert(0, {f})
{M}.pop()
{F} = {M}.pop()
{F} = {f} if {t} else {f}
{F}: float = {f}
np.add({s}, {b}, out={P})
np.put({N}, [0], {f})
{N}[np.argsort({N})] *= {d}
{N}[{N} > {c}] += {f}
""")

CHANGES_OF_DICTS = ['D["a"] += {f}', 'D["a"] = {f}', 'D["p"][{j}] = {f}', 'D["p"] *= {d}', 'D["p"] = {s}']
CHANGES_OF_LISTS = ["R[0][{j}] = {f}", "R[-1] *= {d}", "R.append({s})", "R[0] = {s}", "R[1][1:] += {f}", "R.reverse()"]


@dataclass(frozen=True)
class Helper:
    name: str
    parameters: tuple[object, ...]
    result: object  # None: it is called for what it writes


class Writer:
    """Writes one function. `scope` holds the types of the names that have a value wherever a statement stands."""

    def __init__(self, rng: random.Random, scope: dict[str, object], helpers: list[Helper], size: int):
        self.random, self.scope, self.helpers, self.size = rng, scope, helpers, size
        self.bounds: dict[str, int] = {}  # of loop variables, which statements do not assign
        self.loops = 0
        self.result: object = "float"
        self.closures = 0

    # Choices

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def named(self, type: object) -> list[str]:
        return [name for name, one in self.scope.items() if one == type and name not in self.bounds]

    def arrays(self, ndim: int | None = None) -> list[str]:
        return [name for name, one in self.scope.items() if isinstance(one, tuple) and ndim in (None, len(one))]

    def target(self, type: object, fresh: float = 0.4) -> str:
        """A name to assign: one that has this type, or a new one."""
        known = [name for name in self.named(type) if name not in ("n", "order")]
        if known and not self.chance(fresh):
            return self.random.choice(known)
        letters = LETTERS["array" if isinstance(type, tuple) else str(type)]
        pool = [letter + digit for digit in ("", "2", "3", "4", "5") for letter in letters]
        return next((name for name in pool if name not in self.scope), pool[0])

    def form(self, table: list[tuple[str, set[str]]]) -> str:
        return self.random.choice([line for line, names in table if names <= self.scope.keys()])

    # Expressions

    def fill(self, template: str, depth: int, shape: tuple[int, ...] = ()) -> str:
        return re.sub(r"\{(\w+)\}", lambda hole: self.hole(hole[1], depth, shape), template)

    def hole(self, name: str, depth: int, shape: tuple[int, ...]) -> str:
        if name in ("s", "b"):
            return getattr(self, "same" if name == "s" else "broadcast")(shape, depth)
        return HOLES[name](self, depth)

    def float(self, depth: int) -> str:
        if depth <= 0 or self.chance(0.3):
            return self.float_leaf()
        calls = [one for one in self.helpers if one.result == "float"]
        if calls and self.chance(0.25):
            return self.call(self.random.choice(calls), depth)
        return f"({self.fill(self.form(FLOATS), depth - 1)})"

    def float_leaf(self) -> str:
        kind = self.random.random()
        arrays = self.arrays()
        if kind < 0.12:
            return self.constant(0)
        if kind < 0.35 and arrays:
            return self.item(self.random.choice(arrays))
        if kind < 0.4 and self.bounds:
            return self.random.choice(list(self.bounds))
        if kind < 0.45 and self.named("dict"):
            return f'{self.random.choice(self.named("dict"))}["a"]'
        floats = self.named("float")
        return self.random.choice(floats) if floats else self.constant(0)

    def small(self, depth: int) -> str:
        """A float between -1 and 1, so that what is multiplied with it again and again stays finite."""
        return self.random.choice([f"math.tanh({self.float(depth)})", f"np.sin({self.float(depth)})", "0.7", "-0.5"])

    def constant(self, depth: int) -> str:
        return self.random.choice(["0.5", "2", "-1.25", "3.0", "1", "0", "0.0", "0.137", "-0.411"])

    def whole(self, depth: int) -> str:
        names = [name for name in (*self.named("int"), *self.bounds) if self.scope[name] == "int"]
        return self.random.choice([*names, "2", "1", "3", *["n % 3", "n + 1"] * ("n" in self.scope)])

    def int(self, depth: int) -> str:
        if depth <= 0 or self.chance(0.4):
            return self.whole(depth)
        return f"({self.fill(self.form(INTS), depth - 1)})"

    def test(self, depth: int) -> str:
        return f"({self.fill(self.form(TESTS if depth > 0 else TESTS[:3]), depth - 1)})"

    def index(self, size: int) -> str:
        """An expression of an index into a dimension of `size`."""
        forms = [*(name for name, bound in self.bounds.items() if bound <= size)] * 3
        forms += [*(f"{name} % {size}" for name, bound in self.bounds.items() if bound > size)] * 2
        forms += ["0", "-1"] + ["1", "-2"] * (size > 1)
        if self.chance(0.05):
            forms.append(f"{self.whole(0)} % {size}")
        return self.random.choice(forms)

    def row_index(self, depth: int) -> str:
        return self.index(ROWS)

    def item(self, name: str) -> str:
        """One number of an array."""
        shape = self.scope[name]
        assert isinstance(shape, tuple)
        return f"{name}[{', '.join(self.index(size) for size in shape)}]"

    # Arrays

    def sliced(self, size: int) -> tuple[str, int]:
        forms = [(":", size), ("::-1", size)]
        if size > 1:
            forms += [("1:", size - 1), (":-1", size - 1), ("::2", (size + 1) // 2), (":2", 2), ("-2:", 2)]
        if size > 2:
            forms += [("1:-1", size - 2), ("-2::-1", size - 1), ("1::2", size // 2)]
        return self.random.choice(forms)

    def view(self, name: str, bare: float = 0.4) -> tuple[str, tuple[int, ...]]:
        """The array of this name, or a part of it that NumPy gives as a view, with its shape."""
        text, shape = name, self.scope[name]
        assert isinstance(shape, tuple)
        if self.chance(bare):
            return text, shape
        kind = self.random.random()
        if len(shape) == 2 and kind < 0.2:
            rows, columns = shape
            return self.random.choice(
                [
                    (f"{name}.T", shape[::-1]),
                    (f"np.transpose({name})", shape[::-1]),
                    (f"{name}.swapaxes(0, 1)", shape[::-1]),
                    (f"np.diagonal({name}).copy()", (min(shape),)),
                    (f"np.squeeze({name}[:1], 0)", (columns,)),
                    (f"{name}[{self.index(rows)}]", (columns,)),
                    (f"{name}[..., {self.index(columns)}]", (rows,)),
                ]
            )
        if kind < 0.24:
            return self.random.choice([(f"np.asarray({name})", shape), (f"np.flip({name})", shape)])
        if kind < 0.3 and shape:
            flat = shape[0] * (shape[1] if len(shape) == 2 else 1)
            return self.random.choice(
                [(f"{name}.ravel()", (flat,)), (f"{name}.reshape(-1)", (flat,)), (f"{name}[...]", shape)]
            )
        if len(shape) == 1 and kind < 0.36:
            return self.random.choice([(f"{name}[:, None]", (shape[0], 1)), (f"{name}[None, :]", (1, shape[0]))])
        parts, left = [], []
        for k, size in enumerate(shape):
            if len(shape) == 2 and self.chance(0.4) and len(left) == k:
                parts.append(self.index(size))
            else:
                part, size = self.sliced(size)
                parts.append(part)
                left.append(size)
        return f"{name}[{', '.join(parts)}]", tuple(left)

    def some_array(self, depth: int) -> str:
        names = self.arrays()
        if not names:
            return f"np.array([{self.float(depth)}, {self.float(depth)}])"
        text, shape = self.view(self.random.choice(names), 0.5)
        return text if depth <= 0 or not shape else self.same(shape, min(depth, 1))

    def vector(self, depth: int) -> str:
        names = self.arrays(1)
        return self.view_of_dimension(names, 1) if names else "np.array([0.5, -0.2, 0.9, 1.7])"

    def view_of_dimension(self, names: list[str], ndim: int) -> str:
        for _ in range(5):
            text, shape = self.view(self.random.choice(names), 0.6)
            if len(shape) == ndim:
                return text
        return names[0]

    def same(self, shape: tuple[int, ...], depth: int) -> str:
        """An array of this shape."""
        if not shape:
            return self.float(depth)
        if depth <= 0 or self.chance(0.3):
            return self.array_leaf(shape)
        kind = self.random.random()
        calls = [one for one in self.helpers if one.result == shape]
        if calls and kind < 0.3:
            return self.call(self.random.choice(calls), depth)
        if kind < 0.42:
            return self.made(shape, depth)
        return f"({self.fill(self.form(ARRAYS), depth - 1, shape)})"

    def array_leaf(self, shape: tuple[int, ...]) -> str:
        names, lists = self.arrays(), self.named("arrays")
        if lists and shape == (COLUMNS,) and self.chance(0.3):
            return f"{self.random.choice(lists)}[{self.random.choice(['0', '-1'])}]"
        for _ in range(12 if names else 0):
            text, found = self.view(self.random.choice(names), 0.5)
            if found == shape:
                return text
        return self.created(shape)

    def created(self, shape: tuple[int, ...]) -> str:
        spelled = self.shape_text(shape)
        forms = [f"np.zeros({spelled})", f"np.ones({spelled})", f"np.full({spelled}, {self.float(0)})"]
        if len(shape) == 1:
            forms += [f"np.arange({shape[0]}) * 0.25", f"np.linspace(-1, {self.float(0)}, {shape[0]})"]
            forms += [f"np.array([{', '.join(self.float(0) for _ in range(shape[0]))}])"]
        return self.random.choice(forms)

    def shape_text(self, shape: tuple[int, ...]) -> str:
        """A shape, spelled by numbers or by sizes of what is there."""
        for name in self.arrays():
            if self.scope[name] == shape and self.chance(0.3):
                return self.random.choice([f"{name}.shape", f"np.shape({name})"])
        one = self.arrays(1)
        parts = []
        for size in shape:
            fitting = [f"len({name})" for name in one if self.scope[name] == (size,)]
            parts.append(self.random.choice([str(size), *fitting[:2]]))
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def made(self, shape: tuple[int, ...], depth: int) -> str:
        """An array of this shape, made of arrays of other shapes."""
        size = self.random.choice([ROWS, COLUMNS])
        how = self.random.choice(["sum", "mean", "max", "min", "prod", "sum"])
        forms = []
        if len(shape) == 1:
            (length,) = shape
            inner = [((size, length), "0"), ((length, size), "1"), ((length, size), "-1")]
            source, axis = self.random.choice(inner)
            forms += [f"{self.same(source, depth - 1)}.{how}(axis={axis})"] * 3
            forms += [f"np.{how}({self.same(source, depth - 1)}, axis={axis})"]
            forms += [f"{self.same((length, size), depth - 1)} @ {self.same((size,), depth - 1)}"]
            forms += [f"np.dot({self.same((size,), depth - 1)}, {self.same((size, length), depth - 1)})"]
            forms += [f"np.array([{self.float(depth - 1)} for e in range({length})])"]
            forms += [f"{self.same((COLUMNS,), depth - 1)}[order[:{length}]]"] * (
                length <= COLUMNS and "order" in self.scope
            )
            if length > 1:
                parts = f"({self.same((length - 1,), depth - 1)}, {self.same((1,), depth - 1)})"
                forms += [f"np.concatenate({parts})"]
        if len(shape) == 2:
            rows, columns = shape
            forms += [f"np.outer({self.same((rows,), depth - 1)}, {self.same((columns,), depth - 1)})"]
            forms += [f"{self.same((rows, size), depth - 1)} @ {self.same((size, columns), depth - 1)}"]
            forms += [f"np.stack([{', '.join(self.same((columns,), 0) for _ in range(rows))}])"]
            forms += [f"{self.same((rows * columns,), depth - 1)}.reshape({rows}, {columns})"]
            if 1 in shape:
                axis = shape.index(1)
                source = tuple(size if k == axis else one for k, one in enumerate(shape))
                forms += [f"{self.same(source, depth - 1)}.{how}(axis={axis}, keepdims=True)"] * 3
        return f"({self.random.choice(forms)})" if forms else self.array_leaf(shape)

    def broadcast(self, shape: tuple[int, ...], depth: int) -> str:
        """An array or a number that broadcasts to this shape."""
        kind = self.random.random()
        if kind < 0.3 or not shape:
            return self.float(depth)
        if kind < 0.7:
            return self.same(shape, depth)
        if kind < 0.85 and len(shape) > 1:
            return self.same(shape[1:], depth)
        return self.same(tuple(1 if self.chance(0.5) else size for size in shape), depth)

    def a_list(self, depth: int) -> str:
        names = self.named("list")
        return self.random.choice(names) if names else f"[{self.float(0)}, {self.float(0)}]"

    def call(self, helper: Helper, depth: int) -> str:
        given = []
        for type in helper.parameters:
            if type == "float":
                text = self.float(depth - 1)
            elif type == "int":
                text = self.random.choice(["2", *["n"] * ("n" in self.scope), "1", *self.bounds])
            else:
                text = self.same(type, 0 if self.chance(0.7) else depth - 1)  # type: ignore[arg-type]
            given.append(text)
        return f"{helper.name}({', '.join(given)})"

    # Statements

    def block(self, depth: int, length: int) -> list[str]:
        """Some statements; what they assign first has no value afterwards."""
        with self.inner():
            lines = [line for _ in range(length) for line in self.statement(depth)]
        return ["    " + line for line in lines] or ["    pass"]

    @contextlib.contextmanager
    def inner(self) -> Iterator[None]:
        scope, bounds, helpers = dict(self.scope), dict(self.bounds), list(self.helpers)
        yield
        self.scope, self.bounds, self.helpers = scope, bounds, helpers

    def statement(self, depth: int) -> list[str]:
        forms = [self.simple] * 8 + [self.array_statement] * 3 + [self.alias, self.structure]
        if any(one.result is None for one in self.helpers):
            forms += [self.procedure] * 2
        if depth > 0:
            forms += [self.branch, self.branch, self.for_loop, self.for_loop, self.for_loop, self.while_loop]
            forms += [self.closure] * (self.closures < 1)
        if self.loops:
            forms += [self.jump]
        if depth < 2:
            forms += [self.early_return] * (self.chance(0.3))
        return self.random.choice(forms)(depth)

    def simple(self, depth: int) -> list[str]:
        template = self.form(STATEMENTS)
        assigned: dict[str, object] = {}
        shape: tuple[int, ...] = ()
        name = ""
        if re.search(r"\{(P|p|N)", template):
            names = self.arrays(1) if re.search(r"order|\[\[0, 2|argsort", template) else self.arrays()
            if "order" in template:
                names = [one for one in names if self.scope[one] == (COLUMNS,)]
            if not names:
                return []
            name = self.random.choice(names)
            place, shape = self.view(name, 0.25)
            if place.endswith((")", ".T")) or (place == name and "{P} =" in template):
                place = f"{place}[:]"
            template = (
                template.replace("{P}", place).replace("{p}", self.item(name)).replace("{Nmask}", f"{name} > {{c}}")
            )
            template = template.replace("{N}", name)
        for letter, type in (("G", "float"), ("J", "int"), ("M", "list")):
            while f"{{{letter}}}" in template:
                known = [one for one in self.named(type) if one not in ("n", "order")]
                if not known:
                    return []
                template = template.replace(f"{{{letter}}}", self.random.choice(known), 1)
        for letter, type in (("F", "float"), ("I", "int"), ("L", "list")):
            if f"{{{letter}}}" in template:
                target = self.target(type)
                assigned[target] = type
                template = template.replace(f"{{{letter}}}", target)
        line = self.fill(template, 2, shape)
        self.scope.update(assigned)
        return [line]

    def array_statement(self, depth: int) -> list[str]:
        known = [type for type in self.scope.values() if isinstance(type, tuple)]
        shapes = [*known, (COLUMNS,), (ROWS, COLUMNS), (ROWS,)]
        shape = self.random.choice([one for one in shapes if one])
        line = self.same(shape, 2)
        name = self.target(shape, 0.6)
        self.scope[name] = shape
        return [f"{name} = {line}"]

    def alias(self, depth: int) -> list[str]:
        """Another name for an array or a part of one, a swap, or a change through the name of all of it."""
        names = self.arrays()
        if not names:
            return []
        text, shape = self.view(self.random.choice(names), 0.2)
        same = [one for one in names if self.scope[one] == shape]
        if not shape or (len(same) > 1 and self.chance(0.3)):
            same = same if len(same) > 1 else names
            a, b = self.random.choice(same), self.random.choice(same)
            if self.scope[a] == self.scope[b] and a != b:
                return [f"{a}, {b} = {b}, {a}"]
            return [f"{a} {self.random.choice(['+=', '*=', '-='])} {self.small(1)}"]
        name = self.target(shape, 0.8)
        self.scope[name] = shape
        return [f"{name} = {text}"]

    def structure(self, depth: int) -> list[str]:
        """Dicts, tuples and lists of arrays; what they hold is often an array that has a name, too."""
        held = self.array_leaf((COLUMNS,)) if self.chance(0.5) else self.same((COLUMNS,), 1)
        pairs = [one for one in self.helpers if isinstance(one.result, str) and one.result == "pair"]
        kind = self.random.random()
        if kind < 0.3:
            first, second = self.float(1), held
            given = self.call(self.random.choice(pairs), 1) if pairs and self.chance(0.7) else f"{first}, {second}"
            a, p = self.target("float"), self.target((COLUMNS,))
            self.scope[a], self.scope[p] = "float", (COLUMNS,)
            return [f"{a}, {p} = {given}"]
        type, letter = ("dict", "D") if kind < 0.6 else ("arrays", "R")
        if self.named(type) and self.chance(0.7):
            name = self.random.choice(self.named(type))
            changes = CHANGES_OF_DICTS if type == "dict" else CHANGES_OF_LISTS
            return [self.fill(self.random.choice(changes), 1, (COLUMNS,)).replace(letter, name)]
        content = (
            f'{{"a": {self.float(1)}, "p": {held}}}' if type == "dict" else f"[{held}, {self.same((COLUMNS,), 1)}]"
        )
        name = self.target(type)
        self.scope[name] = type
        return [f"{name} = {content}"]

    def procedure(self, depth: int) -> list[str]:
        """A call of a helper that writes into what it is given."""
        return [self.call(self.random.choice([one for one in self.helpers if one.result is None]), 1)]

    def branch(self, depth: int) -> list[str]:
        lines = [f"if {self.test(2)}:", *self.block(depth - 1, self.random.randint(1, 3))]
        if self.chance(0.25):
            lines += [f"elif {self.test(1)}:", *self.block(depth - 1, self.random.randint(1, 2))]
        if self.chance(0.6):
            lines += ["else:", *self.block(depth - 1, self.random.randint(1, 3))]
        return lines

    def for_loop(self, depth: int) -> list[str]:
        lines = []
        with self.inner():
            lines += [f"for {self.loop_header()}:", *self.loop_body(depth)]
        return lines + self.loop_else()

    def loop_header(self) -> str:
        """The target and what the loop goes over. Loop variables are in scope from here on."""
        name = next(one for one in ("i", "j", "l", "i2", "j2") if one not in self.scope)
        ranges = [("range(3)", 3), ("range(1, 4)", 4), ("range(0)", 1)]
        ranges += [("range(n)", 3), ("range(n)", 3), ("range(n - 1, -1, -1)", 3)] * ("n" in self.scope)
        ranges += [(f"range(len({one}))", self.scope[one][0]) for one in self.arrays(1)]  # type: ignore[index]
        ranges += [(f"range(1, {size} - 1)", size - 1) for size in (COLUMNS,)]
        kind = self.random.random()
        if kind < 0.7:
            text, bound = self.random.choice(ranges)
            self.scope[name], self.bounds[name] = "int", bound
            return f"{name} in {text}"
        item = next(one for one in ("e", "g", "o", "z") if one not in self.scope)
        over = self.random.choice(self.arrays() or ["np.arange(3) * 0.3"])
        shape = self.scope.get(over, (ROWS,))
        assert isinstance(shape, tuple)
        inner: object = shape[1:] or "float"
        if kind < 0.74 and self.named("arrays"):
            over, inner = self.random.choice(self.named("arrays")), (COLUMNS,)
        elif kind < 0.77 and self.named("list"):
            over, inner = self.random.choice(self.named("list")), "float"
        elif kind < 0.8 and "order" in self.scope:
            over, inner = "order", "int"
            self.bounds[item] = COLUMNS
        self.scope[item] = inner
        if kind > 0.9 and inner != "int":
            self.scope[name], self.bounds[name] = "int", 4
            return f"{name}, {item} in enumerate({over})"
        if kind > 0.85 and inner == "float":
            other = next(one for one in ("g", "o", "z") if one not in self.scope)
            self.scope[other] = "float"
            return f"{item}, {other} in zip({over}, {self.vector(0)})"
        return f"{item} in {over}"

    def while_loop(self, depth: int) -> list[str]:
        count = next(one for one in ("c1", "c2", "c3", "c4", "c5", "c6") if one not in self.scope)
        with self.inner():
            self.scope[count], self.bounds[count] = "int", 4
            end = "n" if "n" in self.scope and self.chance(0.7) else "3"
            test = self.random.choice(
                [f"{count} < {end}", f"{count} < {end} and {self.test(1)}", f"{self.test(1)} and {count} < {end}"]
            )
            lines = [f"{count} = 0", f"while {test}:", f"    {count} += 1", *self.loop_body(depth)]
            if self.chance(0.2):
                lines[1:2] = ["while True:", f"    if {count} > 2 or {self.test(1)}:", "        break"]
        return lines + self.loop_else()

    def loop_body(self, depth: int) -> list[str]:
        self.loops += 1
        lines = self.block(depth - 1, self.random.randint(1, 3))
        self.loops -= 1
        return lines

    def loop_else(self) -> list[str]:
        return ["else:", *self.block(0, 1)] if self.chance(0.12) else []

    def jump(self, depth: int) -> list[str]:
        return [f"if {self.test(1)}:", f"    {self.random.choice(['break', 'continue'])}"]

    def early_return(self, depth: int) -> list[str]:
        return [f"if {self.test(1)}:", f"    return {self.returned()}"]

    def closure(self, depth: int) -> list[str]:
        """A function inside, which reads and may change what is around it."""
        self.closures += 1
        name = "inner"
        loops, self.loops = self.loops, 0
        result, self.result = self.result, "float"
        with self.inner():
            self.bounds = {}
            self.scope = {one: type for one, type in self.scope.items() if isinstance(type, tuple) or one in "xyn"}
            self.scope["z"] = "float"
            arrays = self.arrays()
            change = f"{self.item(self.random.choice(arrays))} += z" if arrays and self.chance(0.4) else "z = z * 0.5"
            lines = [f"def {name}(z):", f"    {change}", f"    return {self.float(2)}"]
        self.loops, self.result = loops, result
        self.helpers = [*self.helpers, Helper(name, ("float",), "float")]
        return lines

    def returned(self) -> str:
        if self.result == "pair":
            return f"{self.float(1)}, {self.same((COLUMNS,), 1)}"
        return self.same(self.result, 1) if isinstance(self.result, tuple) else self.float(2) if self.result else ""

    def final(self) -> str:
        """A number in which what was computed meets, each with a weight of its own."""
        terms = []
        for name, type in self.scope.items():
            weight = f"{self.random.uniform(-2, 2):.2f}"
            if self.chance(0.8 if name not in PARAMETERS else 0.35):
                if type == "float":
                    terms.append(f"{weight} * {name}")
                elif isinstance(type, tuple):
                    terms.append(self.random.choice([f"np.sum({name} * {name})", f"{weight} * np.sum(np.sin({name}))"]))
                elif type == "arrays":
                    terms.append(f"{weight} * np.sum(np.array({name}) ** 2)")
                elif type == "list":
                    terms.append(f"{weight} * sum({name})")
                elif type == "dict":
                    terms.append(f'{name}["a"] * np.sum({name}["p"])')
        self.random.shuffle(terms)
        return " + ".join([*terms[:6], self.float(2)])


HOLES = {
    "f": Writer.float,
    "d": Writer.small,
    "c": Writer.constant,
    "i": Writer.int,
    "k": Writer.whole,
    "j": Writer.row_index,
    "t": Writer.test,
    "a": Writer.some_array,
    "v": Writer.vector,
    "l": Writer.a_list,
}


def _helper(rng: random.Random, name: str, helpers: list[Helper]) -> tuple[list[str], Helper]:
    """A function that `f` calls: it computes a number or an array, writes into its argument, or calls itself."""
    shapes: list[object] = [(COLUMNS,), (COLUMNS,), (ROWS, COLUMNS), (2,), (ROWS,)]
    types = ("float", rng.choice(["float", *shapes]), rng.choice(["float", "int", *shapes]))[: rng.randint(2, 3)]
    kind = rng.choice(["number", "number", "array", "array", "writes", "writes", "pair", "recursion"])
    if kind in ("array", "writes") and not isinstance(types[1], tuple):
        types = ("float", (COLUMNS,), *types[2:])
    scope = dict(zip(("a", "p", "z"), types, strict=False))
    result = {"array": types[1], "writes": None, "pair": "pair"}.get(kind, "float")
    if kind == "recursion":
        types = ("float", *types[1:2], "int")
        scope = {**scope, "z": "int"}
    writer = Writer(rng, dict(scope), list(helpers), 2)
    writer.result, writer.closures = result, 1
    lines = [f"def {name}({', '.join(scope)}):"]
    if kind == "recursion":
        writer.bounds["z"] = 3
        lines += ["    if z <= 0:", f"        return {writer.float(1)}"]
    for _ in range(rng.randint(1, 3)):
        lines += ["    " + line for line in (writer.statement(1) if kind != "writes" else writer.simple(0))]
    if kind == "writes":
        lines += [f"    p[{writer.sliced(types[1][0])[0]}] {rng.choice(['=', '+=', '*='])} a"]  # type: ignore[index]
    elif kind == "recursion":
        lines += [f"    return {writer.float(1)} + 0.5 * {name}({writer.small(1)}, p, z - 1)"]
    else:
        lines += [f"    return {writer.returned()}"]
    return lines, Helper(name, tuple(types), result)


def program(seed: int, size: int = 7) -> str:
    """The text of a module with a function `f`, whose statements are about `size` at the outermost level."""
    rng = random.Random(seed)
    helpers: list[Helper] = []
    lines = ["import math", "import numpy as np"]
    for name in ("first", "second")[: rng.choice([0, 1, 1, 2])]:
        text, helper = _helper(rng, name, helpers)
        lines += text
        helpers.append(helper)
    writer = Writer(rng, dict(PARAMETERS), helpers, size)
    body = []
    for _ in range(rng.randint(2, size)):
        body += writer.statement(2)
    body.append(f"return {writer.final()}")
    text = "\n".join(body)
    used = [name for name in PARAMETERS if name == "x" or re.search(rf"\b{name}\b", text)]
    lines += [f"def f({', '.join(used)}):", *("    " + line for line in body)]
    return ast.unparse(ast.parse("\n".join(lines))) + "\n"
