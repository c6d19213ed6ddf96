"""Times of calls, taken in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def per_call(
    functions: dict[str, Callable[..., Any]], args: tuple[Any, ...], rounds: int = 31, calls: int = 20_000
) -> dict[str, float]:
    """Median microseconds of a call of each, the functions taking turns in every round."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(calls):
                function(*args)
            times[name].append((time.perf_counter() - start) / calls * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}
