"""One problem in one size, in a process of its own: `__main__` starts these and reads the JSON that they print.

python -m tests.benchmarks.row turns NAME SIZE SECONDS TOOL ...     medians of the tools' calls, taken in turns
python -m tests.benchmarks.row memory NAME SIZE SECONDS TOOL ...    the peak of memory of a call of each
"""

from __future__ import annotations

import functools
import json
import signal
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem, largest_error, named
from tests.benchmarks.tools import HAND, PEERS, PRIMALS, TOOLS, NotApplicable, plain

ROUNDS = 21
BATCH = 0.01  # seconds of calls in a round
SLOW = 0.25  # seconds a call: these take few turns
SLOW_ROUNDS = 3
SETTLING = 200  # milliseconds, at most
VERY_SLOW = 2.0  # and these none but the second


class TooSlow(Exception):
    pass


def limited(seconds: float, call: Callable[[], Any]) -> Any:
    """What is Python is stopped in time; the whole process has a limit too.

    A timer of processor time would be fairer, but makes Linux' clock of processor time coarse for good.
    """

    def stop(signum: int, frame: Any) -> None:
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def settle() -> None:
    """Wait for the threads that a tool has left at work: their time is not of the one whose turn is next."""
    for _ in range(SETTLING):
        start = time.process_time()
        time.sleep(0.001)
        if time.process_time() - start < 1e-4:
            return


def timed(function: Callable[..., Any], arguments: tuple[Any, ...], calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        function(*arguments)
    return (time.process_time() - start) / calls


def squares(x):
    return np.sum(x * x)


@fast
def squares_by_hand(x):
    return 2.0 * x


SQUARES = Problem(squares, squares_by_hand, {"3": lambda generator: (generator.normal(size=3),)}, as_is=PEERS)


def begin(tool: str) -> None:
    """What a tool does once in a process: it is imported, and compiles for the first time."""
    function, arguments = TOOLS[tool](SQUARES, SQUARES.arguments("3"))
    function(*arguments)


class Contender:
    """A tool that has made its first call."""

    def __init__(self, problem: Problem, tool: str, arguments: tuple[Any, ...], seconds: float) -> None:
        begin(tool)
        start = time.process_time()
        self.function, self.arguments = TOOLS[tool](problem, arguments)
        patience = seconds if tool in PEERS else 10 * seconds
        self.result = limited(patience, lambda: plain(self.function(*self.arguments)))
        self.first = time.process_time() - start
        once = limited(patience, lambda: timed(self.function, self.arguments, 1))
        self.rounds = 0 if once > VERY_SLOW else SLOW_ROUNDS if once > SLOW else ROUNDS
        self.calls = max(1, round(BATCH / max(once, 1e-7)))
        if self.calls > 1:
            once = timed(self.function, self.arguments, max(1, self.calls // 10))
            self.calls = max(1, round(BATCH / max(once, 1e-8)))
        self.times = [] if self.rounds else [once]

    def turn(self) -> None:
        if len(self.times) < self.rounds:
            settle()
            if self.rounds == ROUNDS:  # the others have left their data in the caches, and take memory that was free
                self.function(*self.arguments)
            self.times.append(timed(self.function, self.arguments, self.calls))

    def figures(self) -> dict[str, Any]:
        low, _, high = statistics.quantiles(self.times, n=4) if self.rounds else 3 * self.times
        median = statistics.median(self.times)
        return {"median": median, "quartiles": [low, high], "turns": len(self.times), "first": self.first}


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


def kilobytes(field: str) -> int:
    """From the kernel's account of this process."""
    with open("/proc/self/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1])
    raise ValueError(field)


def memory(name: str, size: str, seconds: float, tools: list[str]) -> dict[str, Any]:
    """Bytes that a call needs beyond what is there before it, its results included."""
    problem = named(name)
    found: dict[str, Any] = {}
    for tool in tools:
        function, arguments = TOOLS[tool](problem, problem.arguments(size))
        for _ in range(2):
            limited(10 * seconds, functools.partial(function, *arguments))
        try:
            with open("/proc/self/clear_refs", "w", encoding="utf-8") as reset:
                reset.write("5")  # the kernel's peak is that from now on
            before = kilobytes("VmRSS")
            function(*arguments)
            found[tool] = max(0, kilobytes("VmHWM") - before) * 1024
        except OSError:
            pass  # not Linux
    return found


def main() -> None:
    what, name, size, seconds, *tools = sys.argv[1:]
    found = {"turns": turns, "memory": memory}[what](name, size, float(seconds), tools)
    print("RESULT " + json.dumps(found))


if __name__ == "__main__":
    main()
