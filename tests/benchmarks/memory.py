"""Peak memory of gradgen's compiled gradients beside those written by hand, a process for each problem and size.

    python -m tests.benchmarks.memory [--sizes "10^4" ...] [problem ...]

What a call needs beyond what was there before it, its results included, by the kernel's account of the process.
"""

from __future__ import annotations

import argparse

from tests.benchmarks.__main__ import LIMIT, process
from tests.benchmarks.problem import named, names
from tests.benchmarks.tools import GRADGEN, HAND

TOLD = 4 << 20  # bytes: less is not told from other things


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory of gradients by gradgen and by hand.")
    parser.add_argument("problems", nargs="*", help="all, unless some are named")
    parser.add_argument("--sizes", nargs="*", help="of these names only")
    options = parser.parse_args()
    print(f"{'problem':<24}{'size':<24}{'by hand, MB':>12}{'gradgen, MB':>12}{'ratio':>8}")
    for name in options.problems or names():
        for size in named(name).sizes:
            if options.sizes and size not in options.sizes:
                continue
            found = process("memory", name, size, LIMIT, [GRADGEN, HAND])
            mine, by_hand = found.get(GRADGEN), found.get(HAND)
            if mine is None or by_hand is None or max(mine, by_hand) < TOLD:
                continue
            ratio = mine / max(by_hand, 1 << 12)
            print(f"{name:<24}{size:<24}{by_hand / 1e6:>12.1f}{mine / 1e6:>12.1f}{ratio:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
