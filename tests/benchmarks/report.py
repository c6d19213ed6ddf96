"""What is printed, stored and drawn of the rows. Nothing is measured here."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.tools import GRADGEN, HAND, JAX, PEERS, PRIMALS, TOOLS

Row = dict[str, Any]

BY_HAND_GOAL = 1.1  # times the time of the gradient by hand
JAX_GOAL = 5.0  # times as fast as JAX, in the geometric mean
FIRST_GOAL = 5.0  # seconds
MEMORY_GOAL = 1.2  # times the memory that the gradient by hand needs
ENOUGH_TO_TELL = 1 << 20  # bytes
PACKAGES = ("numpy", "numba", "jax", "autograd", "tangent-ad", "mygrad", "torch", "scipy")
TITLES = {"python": "primal, Python", "numba": "primal, Numba", "gradgen": "gradgen, Python", GRADGEN: "gradgen, jit",
          HAND: "by hand, Numba", JAX: "JAX", "tangent": "tangent-ad", "mygrad": "MyGrad", "torch": "PyTorch",
          "scipy": "differences (SciPy)"}  # fmt: skip


def median(row: Row, tool: str) -> float | None:
    return row["tools"].get(tool, {}).get("median")


def ratio(row: Row, tool: str, other: str) -> float | None:
    a, b = median(row, tool), median(row, other)
    return None if a is None or b is None else a / b


def spread(row: Row, tool: str) -> float | None:
    """The distance of the quartiles, as a share of the median."""
    found = row["tools"].get(tool, {})
    return (found["quartiles"][1] - found["quartiles"][0]) / found["median"] if "median" in found else None


def ratio_spread(row: Row, tool: str, other: str) -> float | None:
    a, b = spread(row, tool), spread(row, other)
    return None if a is None or b is None else math.hypot(a, b) / 2


def by_hand(row: Row) -> float | None:
    """Times the time of the gradient by hand: the median of the processes that the row has had."""
    return statistics.median(row["ratios"]) if row["ratios"] else None


def by_hand_spread(row: Row) -> float | None:
    """Half of what lies between the processes, as a share; of one process, of its calls."""
    found = row["ratios"]
    return (
        (max(found) - min(found)) / 2 / statistics.median(found) if len(found) > 1 else ratio_spread(row, GRADGEN, HAND)
    )


def first(row: Row, tool: str) -> float | None:
    return row["tools"].get(tool, {}).get("first")


def memory_ratio(row: Row) -> float | None:
    """Of large arguments; the gradient by hand counts as a megabyte at least, which is as much as can be told."""
    mine, by_hand = row["memory"].get(GRADGEN), row["memory"].get(HAND)
    return None if mine is None or by_hand is None else mine / max(by_hand, ENOUGH_TO_TELL)


def first_is_soon(row: Row) -> bool:
    """Within the goal, and within JAX's time."""
    mine, jax = first(row, GRADGEN), first(row, JAX)
    return mine is None or (mine < FIRST_GOAL and (jax is None or mine <= jax))


def error(row: Row) -> float | None:
    found = [row["tools"].get(tool, {}).get("error") for tool in ("gradgen", GRADGEN)]
    return max((e for e in found if e is not None), default=None)


def number(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    return f"{value:.3g}{unit}" if abs(value) < 1000 else f"{value:.0f}{unit}"


def seconds(value: float | None) -> str:
    if value is None:
        return ""
    for factor, unit in ((1e9, "ns"), (1e6, "µs"), (1e3, "ms")):
        if value * factor < 1000:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} s"


def geometric_mean(values: Iterable[float | None]) -> float | None:
    found = [math.log(value) for value in values if value]
    return math.exp(statistics.fmean(found)) if found else None


# What is printed.

COLUMNS = (
    "problem",
    "size",
    "by hand",
    "jit/hand",
    "±",
    "jax/jit",
    "best peer",
    "python/jit",
    "first s",
    "memory",
    "error",
)
WIDTHS = (20, 16, 9, 8, 5, 8, 18, 10, 7, 6, 8)


def heading() -> str:
    return " ".join(f"{name:>{width}}" for name, width in zip(COLUMNS, WIDTHS, strict=True))


def best_peer(row: Row) -> tuple[str, float] | None:
    """The fastest other tool, and how many times as long as gradgen's compiled gradient it takes."""
    found = [(times, peer) for peer in PEERS if (times := ratio(row, peer, GRADGEN)) is not None]
    return (TITLES.get(min(found)[1], min(found)[1]), min(found)[0]) if found else None


def line(row: Row) -> str:
    best = best_peer(row)
    mine = row["tools"].get(GRADGEN, {})
    cells = (
        row["problem"], row["size"], seconds(median(row, HAND)), number(by_hand(row)),
        number(by_hand_spread(row)), number(ratio(row, JAX, GRADGEN)),
        f"{best[0]} {number(best[1])}" if best else "", number(ratio(row, "gradgen", GRADGEN)),
        number(first(row, GRADGEN)), number(memory_ratio(row)),
        f"{error(row):.0e}" if error(row) is not None else "",
    )  # fmt: skip
    text = " ".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return f"{text}  {mine['missing']}" if "missing" in mine else text


def means(rows: list[Row]) -> str:
    hand = geometric_mean(map(by_hand, rows))
    jax = geometric_mean(ratio(row, JAX, GRADGEN) for row in rows)
    return f"geometric means: {number(hand)} times the gradient by hand, {number(jax)} times as fast as JAX"


# What is stored.


def conditions() -> dict[str, str]:
    found = {"processor": processor(), "system": platform.system(), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = ""
    return found


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [row.partition(":")[2].strip() for row in text.splitlines() if row.startswith("model name")]
    wide = [name for name in ("avx512f", "avx2", "avx") if f" {name} " in text]
    return ", ".join([names[0] if names else platform.machine(), *wide[:1]])


class Stored:
    """The rows of a folder. Those that were measured under other conditions are dropped."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.conditions = folder, conditions()
        self.rows: list[Row] = []
        path = folder / "benchmarks.json"
        if path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
            if known["conditions"] == self.conditions:
                self.rows = known["rows"]

    def put(self, row: Row) -> None:
        keys = [(old["problem"], old["size"]) for old in self.rows]
        if (row["problem"], row["size"]) in keys:
            place = keys.index((row["problem"], row["size"]))
            self.rows[place] = row | {"tools": kept(self.rows[place], row) | row["tools"]}
        else:
            self.rows.append(row)
            self.rows.sort(key=lambda row: row["problem"])

    def write(self) -> None:
        """After each row, so that nothing that was measured is lost."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"conditions": self.conditions, "rows": self.rows}, indent=1)
        (self.folder / "benchmarks.json").write_text(text + "\n", encoding="utf-8")

    def draw(self) -> None:
        """The chart, and the page that shows it."""
        drawn = draw(self.rows, self.folder / "benchmarks.svg")
        (self.folder / "benchmarks.md").write_text(page(self.rows, self.conditions, drawn), encoding="utf-8")


def kept(old: Row, new: Row) -> dict[str, Any]:
    """The peers of a row that are not measured again, as much slower than the gradient by hand as they were."""
    before, now = median(old, HAND), median(new, HAND)
    peers = {peer: old["tools"][peer] for peer in PEERS if peer in old["tools"] and peer not in new["tools"]}
    by = now / before if before and now else 1.0
    return {
        peer: found
        | {"earlier": True}
        | {key: _times(found[key], by) for key in ("median", "quartiles") if key in found}
        for peer, found in peers.items()
    }


def _times(found: Any, by: float) -> Any:
    return [by * one for one in found] if isinstance(found, list) else by * found


INTRODUCTION = """\
Written by `python -m tests.benchmarks`, which says how to run it elsewhere. Each row is a process of its own, on one
core and one thread, in which the functions' calls are timed in turns: medians of processor time, with half the
distance of the quartiles as spread. The gradient by hand, in Numba with all that an expert would dare
(`tests/benchmarks/problems`), is the limit: what gradgen's takes of it is the median of three processes, of which two
have no other tools in them, with half of what lies between them as spread. Seconds to the first call are processor
time, with empty caches; what a tool does once in a process, its imports and the start of its compiler, is done before,
with a function of one line. Memory is the peak of a call beyond what was there before it, where the arguments have a
megabyte or more; the error is the largest difference from the gradient by hand, relative to that gradient's largest
number. What misses its goal is bold."""


def table(header: list[str], lines: Iterable[list[str]]) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def with_goal(value: float | None, is_met: bool, about: float | None = None) -> str:
    if value is None:
        return ""
    around = "" if about is None else f" ± {number(about * value)}"
    return f"{number(value)}{around}" if is_met else f"**{number(value)}**{around}"


def page(rows: list[Row], conditions: dict[str, str], drawn: bool) -> str:
    peers = [peer for peer in PEERS if any(median(row, peer) is not None for row in rows)]
    missing = [peer for peer in PEERS if peer not in peers]
    earlier = [TITLES.get(p, p) for p in peers if any(row["tools"].get(p, {}).get("earlier") for row in rows)]
    versions = ", ".join(f"{name} {v}" for name, v in conditions.items() if v and name not in ("processor", "system"))
    goals, times = [], []
    for row in rows:
        hand, jax, best = by_hand(row), ratio(row, JAX, GRADGEN), best_peer(row)
        began, peak = first(row, GRADGEN), memory_ratio(row)
        goals.append([
            row["problem"], row["size"], with_goal(hand, (hand or 0) <= BY_HAND_GOAL, by_hand_spread(row)),
            with_goal(jax, (jax or 9) > 1, ratio_spread(row, JAX, GRADGEN)),
            f"{best[0]} {with_goal(best[1], best[1] > 1)}" if best else "",
            with_goal(began, first_is_soon(row)), number(first(row, HAND)),
            number(first(row, JAX)), with_goal(peak, (peak or 0) <= MEMORY_GOAL),
            f"{error(row):.0e}" if error(row) is not None else "",
        ])  # fmt: skip
        cells = [seconds(median(row, tool)) for tool in (*PRIMALS, "gradgen", GRADGEN, HAND, *peers)]
        times.append([row["problem"], row["size"], *cells])
    headings = ["problem", "size", f"jit / by hand (goal {BY_HAND_GOAL})", "JAX / jit (goal > 1)",
                "best peer / jit (goal > 1)",
                f"first call, s (goal < {FIRST_GOAL:.0f} and JAX's)", "by hand, s", "JAX, s",
                f"memory / by hand (goal {MEMORY_GOAL})", "error"]  # fmt: skip
    titles = [TITLES.get(tool, tool) for tool in (*PRIMALS, "gradgen", GRADGEN, HAND, *peers)]
    mean = geometric_mean(map(by_hand, rows))
    faster = geometric_mean(ratio(row, JAX, GRADGEN) for row in rows)
    notes = [f"- {name}: {note}" for name, note in {row["problem"]: row["note"] for row in rows}.items() if note]
    parts = [
        "# Benchmarks",
        INTRODUCTION,
        f"{conditions['processor']}, {conditions['system']}, {versions}."
        + (f" Not measured: {', '.join(missing)}." if missing else "")
        + (f" From an earlier run, by their ratios to the gradient by hand: {', '.join(earlier)}." if earlier else ""),
        "## Goals",
        table(headings, goals),
        f"Geometric means: {with_goal(mean, (mean or 0) <= BY_HAND_GOAL)} times the gradient by hand"
        f" (goal {BY_HAND_GOAL}); JAX takes {with_goal(faster, (faster or 9) >= JAX_GOAL)} times as long"
        f" (goal {JAX_GOAL:.0f}).",
        *(["\n".join(notes)] if notes else []),
        *(["![Times relative to the gradient by hand](benchmarks.svg)"] if drawn else []),
        "## Times of a call",
        table(["problem", "size", *titles], times),
        "An empty cell: the tool does not run the problem, or takes longer than the command's patience.",
    ]
    return "\n\n".join(parts) + "\n"


def draw(rows: list[Row], path: Path) -> bool:
    """A row each, times relative to the gradient by hand; not without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return path.exists()
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "benchmarks"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.22 * len(rows)))
    places = range(len(rows))
    for tool in TOOLS:
        found = [(ratio(row, tool, HAND), k) for k, row in enumerate(rows)]
        shown = [(value, k) for value, k in found if value is not None]
        if tool in PRIMALS or tool == HAND or not shown:
            continue
        style = {"marker": "D", "s": 40, "zorder": 3} if tool == GRADGEN else {"marker": "o", "s": 18, "zorder": 2}
        axes.scatter(*zip(*shown, strict=True), label=TITLES.get(tool, tool), **style)
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(list(places), [f"{row['problem']}, {row['size']}" for row in rows], fontsize=7)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel("time of a call, relative to the gradient written by hand")
    axes.legend(fontsize=7, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True
