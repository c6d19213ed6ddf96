"""Judge many random programs and count: `python -m tests.fuzz --count 1000 --seed 7 --jit --workers 2 --save FOLDER`.

Prints what became of the programs and why they were refused. Each program that shows a defect is shrunk and printed,
and with --save written to a file; the exit status is then 1. A seed gives the same program in every run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.workers import verdicts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--seed", type=int, help="the first program's seed; without it, one of the clock")
    parser.add_argument(
        "--jit", action="store_true", help="compile with Numba, and compare with the Python backend too"
    )
    parser.add_argument("--workers", type=int, default=2, help="how many processes")
    parser.add_argument("--save", type=Path, help="a folder for the programs that show a defect")
    options = parser.parse_args()
    first = int(time.time()) * 1000 if options.seed is None else options.seed
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRADGEN_CACHE_DIR"] = folder
        return report(first, options)


def report(first: int, options: argparse.Namespace) -> int:
    kinds: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    start = time.monotonic()
    print(f"programs from seed {first}{' under jit' if options.jit else ''}", flush=True)
    # Stopped by Ctrl-C, it counts what there is.
    with contextlib.suppress(KeyboardInterrupt):
        for seed, kind, reason, text in verdicts(range(first, first + options.count), options.jit, options.workers):
            kinds[kind] += 1
            if kind != "right":
                reasons[kind, reason] += 1
            if text:
                print(f"\nseed {seed}: {kind}, {reason}\n{text}", flush=True)
                if options.save:
                    options.save.mkdir(parents=True, exist_ok=True)
                    (options.save / f"{kind}_{seed}.py").write_text(f"# {kind}: {reason}\n{text}")
    valid = sum(kinds.values()) - kinds["invalid"]
    print(f"\n{sum(kinds.values())} programs in {time.monotonic() - start:.0f} s, {valid} of them valid")
    for kind in ("right", "value", "quiet", "refused", "wrong", "crashed"):
        print(f"{kinds[kind]:7d} {kinds[kind] / max(valid, 1):6.1%}  {kind}")
    print()
    for (kind, reason), count in reasons.most_common():
        print(f"{count:7d} {count / max(valid, 1):6.1%}  {kind}: {reason}")
    return 1 if kinds["wrong"] + kinds["crashed"] else 0


if __name__ == "__main__":
    sys.exit(main())
