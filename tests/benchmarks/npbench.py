"""NPBench's kernels, source unmodified: their gradients against directional differences.

    NPBENCH=path/to/a/checkout python -m tests.benchmarks.npbench [--jit | --time] [kernel ...]

A scalar of each kernel's outputs, their product with random weights, is differentiated by every float input. One line
a kernel: the relative error, or the refusal. With --time, the times of gradients (`npbench_times.py`). The suite is not
part of this project: https://github.com/spcl/npbench
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import gradgen

SMALL = 17  # sizes are cut to about this, since differences are to be taken, not times
# So are numbers of steps, and times: after long ones, differences of a chaotic motion tell nothing.
COUNTS = {"tEnd": 0.3, "TSTEPS": 3, "nt": 3, "nit": 3, "n_iter": 3, "timesteps": 3, "npt": 3, "H": 28, "W": 28}
ENOUGH = 1e-5
SINGLE = 1e-3  # what buffers of float32 may cost
AS_FLOATS = ("compute", "floyd_warshall")  # of these the integer arrays are data that a gradient means something for

WEIGHTED = """\
import numpy as np


def weighted(x):
    if np.ndim(x) == 0:
        return x * 1.3
    return np.sum(x * np.cos(np.arange(np.size(x))).reshape(np.shape(x)))


def weighted_complex(x):
    return weighted(x.real) - 0.7 * weighted(x.imag)
"""
BROKEN = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


def load(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def source_of(suite: Path, info: dict[str, Any], kind: str) -> Path:
    """The file of one of the suite's forms of a kernel: numpy, numba_n, jax."""
    return suite / "npbench" / "benchmarks" / info["relative_path"] / f"{info['module_name']}_{kind}.py"


def small(info: dict[str, Any]) -> dict[str, Any]:
    """Sizes for differences: those of the suite's small class, cut."""
    values: dict[str, Any] = {}
    for name, value in info["parameters"]["S"].items():
        is_size = isinstance(value, int) and not isinstance(value, bool)
        values[name] = COUNTS.get(name, min(value, SMALL) if is_size else value)
    return values


def inputs(suite: Path, info: dict[str, Any], values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The kernel's module, and its arguments by name, of the sizes in `values`."""
    folder = suite / "npbench" / "benchmarks" / info["relative_path"]
    module = load(source_of(suite, info, "numpy"), f"npbench_{info['module_name']}_numpy")
    values = dict(values)
    init = info.get("init")
    if init:
        holder = load(folder / f"{info['module_name']}.py", f"npbench_{info['module_name']}")
        initialise = getattr(holder, init["func"] if "func" in init else init["func_name"])
        made = initialise(*(values[name] for name in init["input_args"]))
        made = made if isinstance(made, tuple) else (made,)
        values |= dict(zip(init["output_args"], made, strict=True))
    return module, {name: values[name] for name in info["input_args"]}


def widened(value: Any, integers: bool) -> Any:
    """float32 data as float64, so that differences can tell; integers too where they stand for reals.

    These are moved off the whole numbers: where two paths are equally long there are no differences to compare with.
    """
    dtype = getattr(value, "dtype", None)
    if integers and dtype is not None and np.issubdtype(dtype, np.integer):
        return value + np.random.default_rng(5).uniform(0.0, 0.1, value.shape)
    return value.astype(np.float64) if dtype == np.float32 else value


def outputs_of(module: Any, info: dict[str, Any], arguments: dict[str, Any]) -> tuple[int, list[tuple[str, Any]]]:
    """How many results the kernel returns, and its outputs: those, as `results[k]`, and the arguments it changes."""
    copies = {name: copied(value) for name, value in arguments.items()}
    returned = getattr(module, info["func_name"])(*copies.values())
    results = [] if returned is None else list(returned) if isinstance(returned, tuple | list) else [returned]
    arrays = {name: value for name, value in arguments.items() if isinstance(value, np.ndarray)}
    changed = [name for name, value in arrays.items() if not np.array_equal(value, copies[name], equal_nan=True)]
    if not results and not changed:  # some starts stay as they are; what the suite says of outputs is not always so
        changed = [name for name in info.get("output_args", ()) if name in arrays]
    outputs = [(f"results[{k}]", result) for k, result in enumerate(results)]
    outputs += [(name, arrays[name]) for name in changed if not any(copies[name] is result for result in results)]
    return len(results), outputs


def scalar_of(
    module: Any, info: dict[str, Any], arguments: dict[str, Any], folder: Path, weights: str = WEIGHTED
) -> Callable[..., Any]:
    """A function, in a file, of the kernel's arguments: the sum of what `weights` makes of each output."""
    results, outputs = outputs_of(module, info, arguments)
    terms = [f"weighted{'_complex' * np.iscomplexobj(value)}({name})" for name, value in outputs]
    unpack = "results = kernel({0})" if results != 1 else "results = (kernel({0}),)"
    names = ", ".join(arguments)
    body = f"    {unpack.format(names)}\n    return {' + '.join(terms) or '0.0'}\n"
    text = f"{weights}\n\ndef scalar({names}):\n{body}"
    path = folder / f"scalar_{info['module_name']}.py"
    path.write_text(text)
    holder = load(path, f"scalar_{info['module_name']}")
    holder.kernel = getattr(module, info["func_name"])
    return holder.scalar


def copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def is_float(value: Any) -> bool:
    """Or complex, which is as good."""
    dtype = getattr(value, "dtype", None)
    return isinstance(value, float) or (dtype is not None and np.issubdtype(dtype, np.inexact))


def direction_of(value: Any, generator: np.random.Generator) -> Any:
    made = generator.normal(size=np.shape(value)) * (np.abs(value) + 1e-2)
    return made * np.exp(1j * generator.normal(size=np.shape(value))) if np.iscomplexobj(value) else made


def directional(
    function: Callable[..., Any], arguments: dict[str, Any], directions: dict[str, Any], step: float
) -> float:
    def at(sign: int) -> float:
        moved = {
            name: value + sign * step * directions[name] if name in directions else copied(value)
            for name, value in arguments.items()
        }
        return float(function(**moved))

    return (at(1) - at(-1)) / (2 * step)


def along(function: Callable[..., Any], arguments: dict[str, Any], directions: dict[str, Any], jit: bool) -> float:
    """The derivative along the directions, by gradgen."""
    gradients = gradgen.grad(function, argnums=tuple(directions), jit=jit)(**arguments)
    return sum(float(np.sum(g * directions[n]).real) for n, g in zip(directions, gradients, strict=True))


def in_double(module: Any, folder: Path) -> Any:
    """The kernel's module with buffers of float64: in float32 differences tell too little. None where it has none."""
    text = Path(module.__file__).read_text()
    if "float32" not in text:
        return None
    path = folder / f"double_{Path(module.__file__).name}"
    path.write_text(text.replace("float32", "float64"))
    return load(path, path.stem)


def off(found: float, expected: float) -> float:
    return abs(found - expected) / max(abs(found), abs(expected), 1e-9)


def error_of(suite: Path, info: dict[str, Any], jit: bool, folder: Path) -> tuple[float, float]:
    """The relative error along a random direction, the best of several steps; and the seconds to the gradient.

    A kernel with buffers of float32 is compared with itself in float64, and that with differences.
    """
    module, arguments = inputs(suite, info, small(info))
    arguments = {name: widened(value, info["module_name"] in AS_FLOATS) for name, value in arguments.items()}
    function = scalar_of(module, info, arguments, folder)
    generator = np.random.default_rng(0)
    directions = {n: direction_of(value, generator) for n, value in arguments.items() if is_float(value)}
    start = time.perf_counter()
    derivative = along(function, arguments, directions, jit)
    seconds = time.perf_counter() - start
    double = in_double(module, folder)
    if double is not None:
        function = scalar_of(double, info, arguments, folder)
        single, derivative = derivative, along(function, arguments, directions, jit)
        if off(single, derivative) > SINGLE:
            return off(single, derivative), seconds
    steps = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
    return min(off(derivative, directional(function, arguments, directions, step)) for step in steps), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=inspect.cleandoc(__doc__ or "").splitlines()[0])
    parser.add_argument("kernels", nargs="*")
    parser.add_argument("--jit", action="store_true")
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    suite = Path(os.environ["NPBENCH"])
    if options.time:
        from tests.benchmarks.npbench_times import compare

        compare(suite, options.kernels)
        return
    counts = {"right": 0, "wrong": 0, "refused": 0, "other": 0}
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((suite / "bench_info").glob("*.json")):
            info = json.loads(path.read_text())["benchmark"]
            if options.kernels and info["module_name"] not in options.kernels:
                continue
            try:
                error, seconds = error_of(suite, info, options.jit, Path(folder))
            except gradgen.GradgenError as refusal:
                counts["refused"] += 1
                print(f"{info['module_name']:24} refused: {str(refusal).splitlines()[0]}", flush=True)
            except BROKEN as broken:
                counts["other"] += 1
                print(f"{info['module_name']:24} {type(broken).__name__}: {str(broken)[:150]}", flush=True)
            else:
                counts["right" if error < ENOUGH else "wrong"] += 1
                mark = "" if error < ENOUGH else "   WRONG"
                print(f"{info['module_name']:24} error {error:.1e}  after {seconds:6.2f} s{mark}", flush=True)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))


if __name__ == "__main__":
    main()
