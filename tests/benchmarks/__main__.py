"""Gradgen's gradients beside those written by hand, and beside other tools: all problems, all sizes, one table.

    python -m tests.benchmarks [--quick] [--sizes 10^4 ...] [--peers jax ...] [--output FOLDER] [problem ...]

Each row is a process of its own on one core and one thread, in which the tools' calls are timed in turns. Then gradgen
and the gradient by hand have two processes more to themselves: code and data lie elsewhere in each. Rows that are asked
for take the place of those in FOLDER/benchmarks.json; the page and the chart are drawn from all that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import report
from tests.benchmarks.problem import named, names
from tests.benchmarks.tools import GRADGEN, HAND, PEERS, TOOLS

LIMIT = 20.0  # seconds for a call of a slow peer
QUICK_LIMIT = 5.0
ROW_LIMIT = 1800.0
AGAIN = 2  # processes
LONG = 1.0  # seconds a call: it takes as long in another process
ROOT = Path(__file__).parents[2]

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
SETTINGS = {
    **dict.fromkeys(THREADS, "1"),
    "NUMBA_OPT": "3",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
}
# Large arrays come from the system and return to it, so that the peak of memory is that of one call.
OF_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 16), "MALLOC_TRIM_THRESHOLD_": str(1 << 16)}
LARGE = 1 << 20  # bytes of arguments: with less, a call's memory is not told from other things


def process(what: str, name: str, size: str, limit: float, tools: list[str]) -> dict[str, Any]:
    """What a process of `tests.benchmarks.row` finds, with caches of its own that are empty."""
    settings = {**SETTINGS, **OF_MEMORY} if what == "memory" else SETTINGS
    with tempfile.TemporaryDirectory() as folder:
        caches = {"GRADGEN_CACHE_DIR": f"{folder}/gradgen", "NUMBA_CACHE_DIR": f"{folder}/numba"}
        command = [sys.executable, "-m", "tests.benchmarks.row", what, name, size, str(limit), *tools]
        try:
            done = subprocess.run(
                command, cwd=ROOT, env={**os.environ, **settings, **caches}, capture_output=True, text=True,
                timeout=ROW_LIMIT,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"failed": "too slow"}
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line.removeprefix("RESULT "))
    return {"failed": (done.stderr.strip().splitlines() or ["no result"])[-1][:300]}


def row(name: str, size: str, tools: list[str], limit: float, again: int) -> dict[str, Any]:
    times = process("turns", name, size, limit, tools)
    if "failed" in times:  # one of them may have taken the process with it
        times = {tool: found for tool in tools for found in [process("turns", name, size, limit, [tool, HAND])]}
        times = {tool: found.get(tool, {"missing": found.get("failed", "")}) for tool, found in times.items()}
    problem = named(name)
    large = sum(getattr(argument, "nbytes", 0) for argument in problem.arguments(size)) >= LARGE
    peaks = process("memory", name, size, limit, [GRADGEN, HAND]) if large and "median" in times[GRADGEN] else {}
    if times.get(HAND, {}).get("median", LONG) >= LONG:
        again = 0
    found = [times, *(process("turns", name, size, limit, [GRADGEN, HAND]) for _ in range(again))]
    ratios = [one for tools in found if (one := report.ratio({"tools": tools}, GRADGEN, HAND)) is not None]
    return {"problem": name, "size": size, "tools": times, "ratios": ratios, "memory": peaks, "note": problem.note}


def main() -> None:
    parser = argparse.ArgumentParser(description="Gradients by gradgen, by hand, and by other tools.")
    parser.add_argument("problems", nargs="*", help="all, unless some are named")
    parser.add_argument("--sizes", nargs="*", help="of these names only")
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="only these beside gradgen and the gradient by hand")
    parser.add_argument("--quick", action="store_true", help="the smallest size of each, and little patience")
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="where JSON, page and chart go")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="on which all of it runs")
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    tools = [tool for tool in TOOLS if tool not in PEERS or options.peers is None or tool in options.peers]
    stored = report.Stored(options.output)
    print(report.heading())
    for name in options.problems or names():
        sizes = list(named(name).sizes)
        for size in sizes[:1] if options.quick else sizes:
            if options.sizes and size not in options.sizes:
                continue
            found = row(name, size, tools, *((QUICK_LIMIT, 0) if options.quick else (LIMIT, AGAIN)))
            stored.put(found)
            stored.write()
            print(report.line(found), flush=True)
    stored.draw()
    print(report.means(stored.rows))


if __name__ == "__main__":
    main()
