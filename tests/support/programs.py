"""Random programs: the text of functions with branches, loops, lists, helpers and arrays, from a seed.

Every name that is read has been assigned on some path before; a program may still raise when it runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

NUMBERS = ("a", "b", "c", "d")
ARRAYS = ("u", "w")
LISTS = ("p", "q")


class Writer:
    """Writes one function `f(x, y, n, v)` of two floats, an int and an array."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.numbers = {"x", "y"}
        self.arrays = {"v"}
        self.lists: set[str] = set()
        self.indices: list[str] = []
        self.loops = 0
        self.counters = 0
        self.returns_allowed = True

    def text(self) -> str:
        helpers = [*self.helper("g"), ""] if self.chance(0.6) else []
        self.has_helper = bool(helpers)
        first = self.beginning()
        body = [*first, *self.block(1, depth=3, length=self.random.randint(3, 7)), f"    return {self.result()}"]
        return "\n".join([*helpers, "def f(x, y, n, v):", *body, ""])

    def beginning(self) -> list[str]:
        """Most names get a value at once, so that few programs read one that has none."""
        lines = []
        for name in NUMBERS:
            if self.chance(0.85):
                lines.append(f"    {name} = {self.pick({'0', '1.5', 'x', 'y * 0.5', 'n', '-0.25'})}")
                self.numbers.add(name)
        for name in ARRAYS:
            if self.chance(0.7):
                lines.append(f"    {name} = {self.array()}")
                self.arrays.add(name)
        return lines

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, items) -> str:
        return self.random.choice(sorted(items))

    def result(self) -> str:
        parts = [self.number(1)]
        if self.chance(0.5):
            parts.append(f"np.sum({self.pick(self.arrays)})")
        if self.lists and self.chance(0.4):
            parts.append(f"sum({self.pick(self.lists)})")
        return " + ".join(parts)

    # Expressions

    def number(self, depth: int) -> str:
        if depth <= 0 or self.chance(0.3):
            return self.leaf()
        a, b = self.number(depth - 1), self.number(depth - 1)
        forms: list[Callable[[], str]] = [
            lambda: f"{a} + {b}",
            lambda: f"{a} - ({b})",
            lambda: f"({a}) * ({b})",
            lambda: f"math.sin({a})",
            lambda: f"({a}) / (1.5 + math.cos({b}))",
            lambda: f"max({a}, {b})",
            lambda: f"({a} if {self.test(depth - 1)} else {b})",
            lambda: f"abs({a})",
            lambda: f"np.tanh({a})",
        ]
        if self.has_helper:
            forms.append(lambda: f"g({a}, {b})")
        return self.random.choice(forms)()

    has_helper = False
    has_n = True

    def leaf(self) -> str:
        kind = self.random.random()
        if kind < 0.15:
            return self.pick({"0.5", "2", "-1.25", "3.0", "1"})
        if kind < 0.25 and self.arrays:
            return f"{self.pick(self.arrays)}[{self.index()}]"
        if kind < 0.3 and self.indices:
            return self.pick(self.indices)
        if kind < 0.35:
            return "n"
        return self.pick(self.numbers)

    def index(self) -> str:
        return self.pick({"0", "1", "-1", "2", *(f"{i} % 4" for i in self.indices)})

    def test(self, depth: int) -> str:
        left, right = self.number(depth - 1), self.number(depth - 1)
        simple = f"{left} {self.pick({'<', '>', '<=', '>='})} {right}"
        if depth > 0 and self.chance(0.25):
            return f"{simple} {self.pick({'and', 'or'})} {self.test(0)}"
        if self.has_n and self.chance(0.15):
            return self.pick({"n > 2", "n % 2 == 0", "not (n < 3)"})
        return simple

    def array(self) -> str:
        a = self.pick(self.arrays)
        forms = [
            f"{a} * ({self.number(1)})",
            f"{a} + {self.pick(self.arrays)}",
            f"np.sin({a})",
            f"{a} - {a}[{self.index()}]",
            f"{a}.copy()",
            f"np.where({a} > {self.number(0)}, {a}, {self.number(1)})",
            f"np.maximum({a}, {self.number(0)})",
        ]
        return self.random.choice(forms)

    # Statements

    def block(self, indent: int, depth: int, length: int) -> list[str]:
        lines: list[str] = []
        for _ in range(length):
            lines += self.statement(indent, depth)
        return lines or ["    " * indent + "pass"]

    def statement(self, indent: int, depth: int) -> list[str]:
        forms = [self.assign, self.assign, self.augmented, self.swap, self.array_statement, self.list_statement]
        if depth > 0:
            forms += [self.branch, self.branch, self.for_loop, self.while_loop]
        if self.loops:
            forms += [self.jump]
        if self.returns_allowed and indent > 1:
            forms += [self.early_return]
        return self.random.choice(forms)(indent, depth)

    def assign(self, indent: int, depth: int) -> list[str]:
        name = self.pick(NUMBERS)
        line = f"{'    ' * indent}{name} = {self.number(2)}"
        self.numbers.add(name)
        return [line]

    def augmented(self, indent: int, depth: int) -> list[str]:
        return [f"{'    ' * indent}{self.pick(self.numbers)} {self.pick({'+=', '-=', '*='})} {self.number(1)}"]

    def swap(self, indent: int, depth: int) -> list[str]:
        a, b = self.pick(self.numbers), self.pick(self.numbers)
        return [f"{'    ' * indent}{a}, {b} = {b}, {self.number(1)}"]

    def array_statement(self, indent: int, depth: int) -> list[str]:
        name = self.pick(ARRAYS)
        margin = "    " * indent
        known = sorted(self.arrays & set(ARRAYS))
        kind = self.random.random()
        if known and kind < 0.25:
            return [f"{margin}{self.random.choice(known)} {self.pick({'+=', '*='})} {self.number(1)}"]
        if known and kind < 0.5:
            return [f"{margin}{self.random.choice(known)}[{self.index()}] {self.pick({'=', '+='})} {self.number(1)}"]
        if known and kind < 0.6:
            return [f"{margin}{self.random.choice(known)}[1:] = {self.random.choice(known)}[:-1] * 0.5"]
        line = f"{margin}{name} = {self.pick(self.arrays) if kind < 0.7 and known else self.array()}"
        if line.endswith("= v"):
            line += " * 1.0"
        self.arrays.add(name)
        return [line]

    def list_statement(self, indent: int, depth: int) -> list[str]:
        margin = "    " * indent
        if self.lists and self.chance(0.7):
            return [f"{margin}{self.pick(self.lists)}.append({self.number(1)})"]
        name = self.pick(LISTS)
        forms = [f"[{self.number(1)}]", "[]", f"[k * {self.number(0)} for k in range(n)]"]
        line = f"{margin}{name} = {self.random.choice(forms)}"
        self.lists.add(name)
        return [line]

    def branch(self, indent: int, depth: int) -> list[str]:
        margin = "    " * indent
        lines = [f"{margin}if {self.test(1)}:", *self.block(indent + 1, depth - 1, self.random.randint(1, 3))]
        if self.chance(0.3):
            lines += [f"{margin}elif {self.test(1)}:", *self.block(indent + 1, depth - 1, self.random.randint(1, 2))]
        if self.chance(0.6):
            lines += [f"{margin}else:", *self.block(indent + 1, depth - 1, self.random.randint(1, 3))]
        return lines

    def for_loop(self, indent: int, depth: int) -> list[str]:
        margin = "    " * indent
        over = [("i", "range(n)"), ("i", "range(3)"), ("i", "range(n, 0, -1)"), ("e", "v")]
        over += [(name, "range(1, 4)") for name in ("j", "k")]
        if self.lists:
            over.append(("e", self.pick(self.lists)))
        target, iterable = self.random.choice(over)
        if iterable == "v" and self.chance(0.4):
            target, iterable = "i, e", "enumerate(v)"
        names = [name for name in target.split(", ") if name != "e"]
        self.indices += names
        had = "e" in self.numbers
        if "e" in target:
            self.numbers.add("e")
        lines = [f"{margin}for {target} in {iterable}:", *self.loop_body(indent, depth)]
        for name in names:
            self.indices.remove(name)
        if not had:
            self.numbers.discard("e")
        return lines + self.loop_else(indent, depth)

    def while_loop(self, indent: int, depth: int) -> list[str]:
        margin = "    " * indent
        self.counters += 1
        count = f"m{self.counters}"
        body = self.loop_body(indent, depth)
        lines = [
            f"{margin}{count} = 0",
            f"{margin}while {count} < n and {self.test(0)}:",
            f"{margin}    {count} += 1",
            *body,
        ]
        if self.chance(0.3):
            lines[1] = f"{margin}while True:"
            lines.insert(3, f"{margin}    if {count} > 3:\n{margin}        break")
        return lines + self.loop_else(indent, depth)

    def loop_body(self, indent: int, depth: int) -> list[str]:
        self.loops += 1
        lines = self.block(indent + 1, depth - 1, self.random.randint(1, 4))
        self.loops -= 1
        return lines

    def loop_else(self, indent: int, depth: int) -> list[str]:
        if self.chance(0.2):
            return [f"{'    ' * indent}else:", *self.block(indent + 1, 0, 1)]
        return []

    def jump(self, indent: int, depth: int) -> list[str]:
        margin = "    " * indent
        return [f"{margin}if {self.test(1)}:", f"{margin}    {self.pick({'break', 'continue'})}"]

    def early_return(self, indent: int, depth: int) -> list[str]:
        margin = "    " * indent
        return [f"{margin}if {self.test(1)}:", f"{margin}    return {self.result()}"]

    def helper(self, name: str) -> Iterator[str]:
        other = Writer(self.random.randrange(10**9))
        other.numbers, other.arrays, other.has_n = {"x", "y"}, set(), False
        other.leaf = lambda: other.pick({*other.numbers, "0.5"})  # type: ignore[method-assign]
        yield f"def {name}(x, y):"
        for _ in range(other.random.randint(1, 3)):
            yield from other.random.choice([other.assign, other.plain_branch])(1, 1)
        yield f"    return {other.number(1)}"

    def plain_branch(self, indent: int, depth: int) -> list[str]:
        lines = [f"    if {self.test(1)}:", *self.assign(2, 0)]
        if self.chance(0.5):
            lines.append(f"        return {self.number(1)}")
        return lines


def program(seed: int) -> str:
    """The text of a module with a function `f`."""
    return "import math\n\nimport numpy as np\n\n\n" + Writer(seed).text()
