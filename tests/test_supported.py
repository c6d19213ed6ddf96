"""The list of functions in docs/supported.md is that of the rule table."""

from __future__ import annotations

import numpy as np

from gradgen.rules import CALLERS, METHODS
from gradgen.stage.builtin import BUILTINS
from gradgen.stage.calls import shown
from gradgen.stage.writers import WRITERS, WRITING_METHODS
from tests.support.pages import ROOT

PAGE = ROOT / "docs" / "supported.md"
BEGIN, END = (
    "<!-- functions: written by `pytest tests/test_supported.py --update-golden` -->\n",
    "<!-- end of functions -->",
)


def functions() -> str:
    called = {one.spelling for one in CALLERS.values() if not one.spelling.endswith(".outer") and not one.refuses}
    called |= {shown(one) for one in WRITERS if not isinstance(getattr(one, "__self__", None), np.ufunc)}
    python = {name for name in called if "." not in name} | {
        function.__name__ for function in BUILTINS if getattr(function, "__module__", "") == "builtins"
    }
    groups = {
        "Python": python,
        "`math`": {name.removeprefix("math.") for name in called if name.startswith("math.")},
        "`cmath`": {name.removeprefix("cmath.") for name in called if name.startswith("cmath.")},
        "`np`": {name.removeprefix("np.") for name in called if name.startswith("np.")},
        "`scipy.special`": {one.rpartition(".")[2] for one in called if one.startswith("scipy.special.")},
        "Methods and attributes of arrays": set(METHODS) | set(WRITING_METHODS) | {"flat"},
    }
    return "".join(
        f"- **{title}**: {', '.join(f'`{name}`' for name in sorted(names))}.\n" for title, names in groups.items()
    )


def test_the_functions_are_listed(update_golden: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    listed, end, after = rest.partition(END)
    if update_golden:
        PAGE.write_text(before + BEGIN + functions() + end + after, encoding="utf-8")
        listed = functions()
    assert listed == functions()
