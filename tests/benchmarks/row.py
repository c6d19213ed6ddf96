"""One problem in one size, in a process of its own: `__main__` starts these and reads the JSON that they print.

python -m tests.benchmarks.row turns NAME SIZE SECONDS TOOL ...     medians of the tools' calls, taken in turns
python -m tests.benchmarks.row first NAME SIZE SECONDS TOOL         the first call of one, and its peak of memory
"""

from __future__ import annotations

import json
import signal
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.problem import Problem, largest_error, named
from tests.benchmarks.tools import HAND, PRIMALS, TOOLS, NotApplicable, plain

ROUNDS = 21
BATCH = 0.01  # seconds of calls in a round
SLOW = 0.25  # seconds a call: these take few turns
SLOW_ROUNDS = 3


class TooSlow(Exception):
    pass


def limited(seconds: float, call: Callable[[], Any]) -> Any:
    """What is Python is stopped in time; the whole process has a limit too."""

    def stop(signum: int, frame: Any) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def timed(function: Callable[..., Any], arguments: tuple[Any, ...], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        function(*arguments)
    return (time.process_time() - start) / calls


class Contender:
    """A tool that has made its first call."""

    def __init__(self, problem: Problem, tool: str, arguments: tuple[Any, ...], seconds: float) -> None:
        self.function, self.arguments = TOOLS[tool](problem, arguments)
        self.result = limited(seconds, lambda: plain(self.function(*self.arguments)))
        limit = 1 + seconds  # a second call should not take longer than the first
        once = limited(limit, lambda: timed(self.function, self.arguments, 1))
        self.rounds = SLOW_ROUNDS if once > SLOW else ROUNDS
        self.calls = max(1, round(BATCH / max(once, 1e-7)))
        if self.calls > 1:
            once = timed(self.function, self.arguments, max(1, self.calls // 10))
            self.calls = max(1, round(BATCH / max(once, 1e-8)))
        self.times: list[float] = []

    def turn(self) -> None:
        if len(self.times) < self.rounds:
            self.times.append(timed(self.function, self.arguments, self.calls))

    def figures(self) -> dict[str, Any]:
        low, _, high = statistics.quantiles(self.times, n=4)
        return {"median": statistics.median(self.times), "quartiles": [low, high], "turns": len(self.times)}


def turns(name: str, size: str, seconds: float, tools: list[str]) -> dict[str, Any]:
    problem = named(name)
    arguments = problem.arguments(size)
    contenders: dict[str, Contender] = {}
    found: dict[str, Any] = {}
    for tool in tools:
        try:
            contenders[tool] = Contender(problem, tool, arguments, seconds)
        except NotApplicable:
            continue
        except TooSlow:
            found[tool] = {"missing": "too slow"}
        except ImportError as missing:
            found[tool] = {"missing": f"not installed: {missing.name}"}
        except Exception as failure:  # noqa: BLE001  a peer may fail in any way, and the others are timed all the same
            found[tool] = {"missing": f"{type(failure).__name__}: {str(failure).strip()[:300]}"}
    for _ in range(ROUNDS):
        for contender in contenders.values():
            contender.turn()
    expected = contenders[HAND].result if HAND in contenders else None
    for tool, contender in contenders.items():
        found[tool] = contender.figures()
        if tool not in PRIMALS and expected is not None:
            found[tool]["error"] = largest_error(contender.result, expected)
    return found


def memory(field: str) -> int:
    """Kilobytes, from the kernel's account of this process."""
    with open("/proc/self/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1])
    raise ValueError(field)


def first(name: str, size: str, seconds: float, tool: str) -> dict[str, Any]:
    """Seconds to the first result, with compilation and without imports; then a call's peak of memory."""
    problem = named(name)
    arguments = problem.arguments(size)
    if tool == "jax":
        import jax

        jax.numpy.zeros(3).block_until_ready()  # the backend's start is no part of compilation
    start = time.perf_counter(), time.process_time()
    function, arguments = TOOLS[tool](problem, arguments)
    result = limited(seconds, lambda: function(*arguments))
    found = {"seconds": time.perf_counter() - start[0], "cpu": time.process_time() - start[1]}
    del result
    function(*arguments)
    try:
        with open("/proc/self/clear_refs", "w", encoding="utf-8") as reset:
            reset.write("5")  # the kernel's peak is that from now on
        before = memory("VmRSS")
        function(*arguments)
        found["peak"] = max(0, memory("VmHWM") - before) * 1024
    except OSError:
        pass  # not Linux
    return found


def main() -> None:
    what, name, size, seconds, *tools = sys.argv[1:]
    if what == "turns":
        found = turns(name, size, float(seconds), tools)
    else:
        found = first(name, size, float(seconds), tools[0])
    print("RESULT " + json.dumps(found))


if __name__ == "__main__":
    main()
