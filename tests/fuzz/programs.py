"""A Hypothesis strategy for the text of small scalar programs: assignments, branches, loops, early exits.

Every name is assigned before it can be read on any path, and loops end. Does not store into arrays.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.expressions import scalars

NAMES = ["x", "y", "a", "b"]


@st.composite
def statements(draw: st.DrawFn, depth: int, in_loop: bool, count: int = 4) -> list[str]:
    """Lines of one block. Conditions compare with odd constants: a tie would be a kink."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, count))):
        kinds = ["assign", "assign", "assign", "augment", "swap"]
        if depth:
            kinds += ["if", "if", "for", "while"]
        kind = draw(st.sampled_from(kinds))
        name = draw(st.sampled_from(NAMES))
        # tanh keeps loops from running away.
        value = f"math.tanh({draw(scalars(NAMES, 2))}) + {draw(st.sampled_from(NAMES))} * 0.5"
        if kind == "assign":
            lines.append(f"{name} = {value}")
        elif kind == "augment":
            lines.append(f"{name} {draw(st.sampled_from(['+=', '-=', '*=']))} math.sin({draw(scalars(NAMES, 2))})")
        elif kind == "swap":
            other = draw(st.sampled_from([one for one in NAMES if one != name]))
            lines.append(f"{name}, {other} = {other}, {name}")
        elif kind == "if":
            lines.append(f"if {draw(conditions())}:")
            lines += indented(draw(statements(depth=depth - 1, in_loop=in_loop, count=2)))
            leave = draw(st.sampled_from(["", "", "return"] + ["break", "continue"] * in_loop))
            if leave:
                lines.append("    " + (f"return {name} * x" if leave == "return" else leave))
            if draw(st.booleans()):
                lines.append("else:")
                lines += indented(draw(statements(depth=depth - 1, in_loop=in_loop, count=2)))
        elif kind == "for":
            index = draw(st.sampled_from(["i", "j"]))
            lines.append(f"for {index} in range({draw(st.sampled_from(['3', '0', 'n', '3, 0, -1']))}):")
            lines += indented(draw(statements(depth=depth - 1, in_loop=True, count=3)))
            lines.append(f"    {name} = {name} + 0.1 * {index} * x")
        else:
            counter = f"k{depth}"
            lines.append(f"{counter} = 0")
            lines.append(f"while {counter} < 3 and {draw(conditions())}:")
            lines.append(f"    {counter} += 1")
            lines += indented(draw(statements(depth=depth - 1, in_loop=True, count=2)))
    return lines


def conditions() -> st.SearchStrategy[str]:
    threshold = st.sampled_from(["0.137", "-0.411", "0.893"])
    return st.builds("{} {} {}".format, st.sampled_from(NAMES), st.sampled_from([">", "<", ">=", "<="]), threshold)


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def programs(draw: st.DrawFn) -> str:
    body = ["a = x * y", "b = 0.5", *draw(statements(depth=2, in_loop=False)), "return x + y * a - b * a"]
    return "\n".join(["import math", "", "", "def f(x, y, n):", *indented(body), ""])
