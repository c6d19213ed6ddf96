"""A compiled loop of each mathematical function, with glibc's vector functions and without: nanoseconds an element.

NUMBA_OPT=3 python -m tests.benchmarks.vector_math
"""

from __future__ import annotations

import numpy as np

from gradgen.run import numba_backend
from gradgen.run.options import Options
from gradgen.run.vector_math import ARITY
from tests.benchmarks.timing import per_call

TEXT = "import math\n\ndef f(x, out):\n    for i in range(x.shape[0]):\n        out[i] = math.{}(x[i])\n"
WAYS = {"vector": Options(), "scalar": Options(simd=False)}


def main() -> None:
    x, out = np.random.default_rng(0).uniform(0.1, 0.9, 4096), np.empty(4096)
    for name in [name for name, arity in ARITY.items() if arity == 1 and name != "cbrt"]:
        loops = {way: numba_backend.load(TEXT.format(name), "<loop>", ["f"], one)[0] for way, one in WAYS.items()}
        for loop in loops.values():
            loop(x, out)
        times = per_call(loops, (x, out), rounds=9, calls=50)
        print(f"{name:6}", *(f"{way} {time / x.size * 1e3:6.2f}" for way, time in times.items()))


if __name__ == "__main__":
    main()
