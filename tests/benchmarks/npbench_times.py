"""NPBench's kernels: times of gradients, by gradgen, JAX and DaCe, over that of the kernel in plain Numba.

    NPBENCH=path/to/a/checkout python -m tests.benchmarks.npbench --time [kernel ...]

The sum of a kernel's outputs is differentiated by every float input, at the size that the suite calls S, or M where
the kernel takes less than a millisecond at S. The primal is the faster of the suite's own Numba form and its NumPy
form through `njit`. A process for each kernel, pinned to one core; the functions take turns, and CPU time is counted,
without the copies of the arguments that a kernel overwrites.

JAX differentiates the suite's own form for JAX. Where a loop's bounds depend on another loop, which its reverse mode
refuses, the loop runs to the longest bound and steps that are past its own do nothing. DaCe takes part where it is
installed (`npbench_dace.py`).
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numba
import numpy as np

import gradgen
from tests.benchmarks.npbench import AS_FLOATS, BROKEN, copied, inputs, is_float, load, scalar_of, source_of, widened
from tests.benchmarks.npbench_dace import by_dace

SUMMED = """\
import numpy as np


def weighted(x):
    return x if np.ndim(x) == 0 else np.sum(x)


def weighted_complex(x):
    return weighted(x.real) + weighted(x.imag)
"""
COLUMNS = {
    "primal": "primal, ms",
    "gradgen": "gradgen / primal",
    "jax": "JAX / primal",
    "dace": "DaCe / primal",
    "gradgen_first": "first gradient, s",
    "jax_first": "JAX, s",
    "dace_first": "DaCe, s",
    "jax_difference": "difference from JAX",
    "dace_difference": "from DaCe",
}
TOO_SHORT = 1e-3  # seconds; below that a kernel is timed at the next size
A_TURN = 2e-3  # shorter calls are repeated until a turn takes this long
SHORT = 0.5  # seconds; a call that takes no longer is made once more before each turn
LONG = 3.0  # seconds; such a call is not repeated
BUDGET = 4.0  # seconds for the turns of one kernel
PATIENCE = 240  # seconds for one kernel in all
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}

Call = Callable[..., Any]


def compare(suite: Path, kernels: Sequence[str]) -> None:
    """Prints a line for each kernel, and the geometric means."""
    print(f"| kernel | size | {' | '.join(COLUMNS.values())} |")
    print(f"|{'---|' * (2 + len(COLUMNS))}")
    rows = []
    for path in sorted((suite / "bench_info").glob("*.json")):
        name = json.loads(path.read_text())["benchmark"]["module_name"]
        if kernels and name not in kernels:
            continue
        row = measured_apart(path)
        rows.append(row)
        cells = (shown(row.get(key)) for key in COLUMNS)
        print(f"| {name} | {row.get('preset', '')} | {' | '.join(cells)} | {row.get('note', '')}", flush=True)
    for key in ("gradgen", "jax", "dace"):
        tell(f"{key} / primal", [row[key] for row in rows if key in row])
    for key in ("jax", "dace"):
        tell(f"gradgen / {key}", [row["gradgen"] / row[key] for row in rows if "gradgen" in row and key in row])


def tell(what: str, ratios: list[float]) -> None:
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        print(f"{what}: geometric mean {mean:.3f} of {len(ratios)} kernels, {sum(r > 1 for r in ratios)} above 1")


def shown(value: Any) -> str:
    return "" if value is None else f"{value:.3g}"


def measured_apart(path: Path) -> dict[str, Any]:
    """`measure` in a process of its own, whose last line tells how far it came."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.npbench_times", str(path)]
    try:
        done = subprocess.run(command, env=os.environ | ONE_THREAD, capture_output=True, text=True, timeout=PATIENCE)
        told = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        output, note = done.stdout, told[-1][:150] if done.returncode else ""
    except subprocess.TimeoutExpired as late:
        output, note = (late.stdout or b"").decode(), f"not done after {PATIENCE} s"
    lines = [line for line in output.splitlines() if line.startswith("{")]
    row: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return row | ({"note": note} if note else {})


def measure(path: Path) -> None:
    """Prints what is known of a kernel, as JSON, after each step."""
    suite, info = path.parent.parent, json.loads(path.read_text())["benchmark"]
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[os.getpid() % len(os.sched_getaffinity(0))]})
    row: dict[str, Any] = {}
    for preset in ("S", "M"):
        module, arguments = inputs(suite, info, info["parameters"][preset])
        if info["module_name"] in AS_FLOATS:
            arguments = {name: widened(value, integers=True) for name, value in arguments.items()}
        primal, seconds = fastest_primal(suite, info, arguments)
        row |= {"preset": preset, "primal": seconds * 1e3}
        if seconds > TOO_SHORT:
            break
    print(json.dumps(row), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        function = scalar_of(module, info, arguments, Path(folder), SUMMED)
        compare_gradients(row, {"primal": primal}, suite, info, function, arguments)


def compare_gradients(
    row: dict[str, Any],
    functions: dict[str, Call],
    suite: Path,
    info: dict[str, Any],
    function: Call,
    arguments: dict[str, Any],
) -> None:
    argnums = tuple(k for k, value in enumerate(arguments.values()) if is_float(value))
    found = {}
    for name, make in (("gradgen", by_gradgen), ("jax", by_jax), ("dace", by_dace)):
        try:
            gradient = make(suite, info, function, arguments, argnums)
            if gradient is None:
                continue
            start = time.perf_counter()
            found[name] = gradient(*map(copied, arguments.values()))
            row[f"{name}_first"] = time.perf_counter() - start
        except (gradgen.GradgenError, NotImplementedError, *BROKEN) as failed:
            row["note"] = f"{name}: {type(failed).__name__}: {str(failed).splitlines()[0][:150]}"
        else:
            functions[name] = gradient
        print(json.dumps(row), flush=True)
    medians = in_turns(functions, tuple(arguments.values()))
    row |= {name: median / medians["primal"] for name, median in medians.items()}
    row["primal"] = medians["primal"] * 1e3
    for name in ("jax", "dace"):
        if name in found and "gradgen" in found:
            row[f"{name}_difference"] = max(map(apart, found["gradgen"], found[name]))
    print(json.dumps(row), flush=True)


def fastest_primal(suite: Path, info: dict[str, Any], arguments: dict[str, Any]) -> tuple[Call, float]:
    """The kernel compiled by Numba, and its seconds."""
    found = []
    for kind in ("numba_n", "numpy"):
        path = source_of(suite, info, kind)
        if not path.exists():
            continue
        module = load(path, f"npbench_{info['module_name']}_{kind}_plain")
        for name, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
                setattr(module, name, numba.njit(value))
        kernel = getattr(module, info["func_name"])
        try:
            kernel(*map(copied, arguments.values()))
        except (numba.core.errors.NumbaError, *BROKEN):
            continue
        found.append((kernel, min(seconds_of(kernel, tuple(arguments.values()), 1) for _ in range(5))))
    if not found:
        raise NotImplementedError("Numba compiles no form of the kernel")
    return min(found, key=lambda pair: pair[1])


def by_gradgen(suite: Path, info: dict[str, Any], function: Call, arguments: dict[str, Any], argnums: Any) -> Call:
    return gradgen.grad(function, argnums=argnums, jit=True)


def by_jax(suite: Path, info: dict[str, Any], function: Call, arguments: dict[str, Any], argnums: Any) -> Call | None:
    path = source_of(suite, info, "jax")
    if not path.exists():
        return None
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jit = jax.jit
    unjitted(jax)
    kernel = getattr(load(path, f"npbench_{info['module_name']}_jax"), info["func_name"])
    values = list(arguments.values())

    def total(*wanted: Any) -> Any:
        given = list(values)
        for k, value in zip(argnums, wanted, strict=True):
            given[k] = value
        leaves = [jnp.asarray(leaf) for leaf in jax.tree.leaves(kernel(*given))]
        return sum(jnp.sum(jnp.real(leaf)) + jnp.sum(jnp.imag(leaf)) for leaf in leaves)

    compiled = jit(jax.grad(total, argnums=tuple(range(len(argnums)))))

    def gradient(*given: Any) -> Any:
        return jax.block_until_ready(compiled(*(given[k] for k in argnums)))

    return gradient


def unjitted(jax: types.ModuleType) -> None:
    """The suite's functions are traced by one `jit`, around the gradient: sizes stay known."""
    loop = jax.lax.fori_loop
    longest = [0]

    def reversible(lower: Any, upper: Any, body: Call, init: Any) -> Any:
        if not any(isinstance(bound, jax.core.Tracer) for bound in (lower, upper)):
            longest[0] = max(longest[0], int(upper))
            return loop(lower, upper, body, init)

        def step(carried: Any, k: Any) -> tuple[Any, None]:
            inside = (lower <= k) & (k < upper)
            return jax.lax.cond(inside, lambda given: body(k, given), lambda given: given, carried), None

        return jax.lax.scan(step, init, np.arange(longest[0]))[0]

    jax.lax.fori_loop = reversible
    jax.jit = lambda function=None, **_: function if function is not None else (lambda given: given)


def in_turns(functions: dict[str, Call], arguments: tuple[Any, ...]) -> dict[str, float]:
    """Median seconds of a call of each, the functions taking turns; one that takes LONG has had its turn."""
    once = {name: seconds_of(function, arguments, 1) for name, function in functions.items()}
    calls = {name: max(1, min(1000, round(A_TURN / max(seconds, 1e-7)))) for name, seconds in once.items()}
    times = {name: [seconds] if seconds > LONG else [] for name, seconds in once.items()}
    waiting = [name for name, seconds in once.items() if seconds <= LONG]
    turn = sum(once[name] * calls[name] for name in waiting)
    for _ in range(max(3, min(31, round(BUDGET / turn)))):
        for name in waiting:
            if once[name] < SHORT:  # after another one's turn, memory is to be got from the system again
                seconds_of(functions[name], arguments, 1)
            times[name].append(seconds_of(functions[name], arguments, calls[name]))
    return {name: statistics.median(values) for name, values in times.items()}


def seconds_of(function: Call, arguments: tuple[Any, ...], calls: int) -> float:
    """CPU seconds of a call, of fresh copies."""
    prepared = [tuple(map(copied, arguments)) for _ in range(calls)]
    start = time.process_time()
    for given in prepared:
        function(*given)
    return (time.process_time() - start) / calls


def apart(found: Any, expected: Any) -> float:
    """The largest difference, of the largest entry; 0 where nothing is `expected`."""
    if expected is None:
        return 0.0
    expected = np.asarray(expected)
    return float(
        np.max(np.abs(np.asarray(found) - expected), initial=0.0) / max(np.max(np.abs(expected), initial=0.0), 1e-300)
    )


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
