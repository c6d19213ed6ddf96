"""The tools that are compared: each makes, of a problem and its arguments, a function and what it is called with.

Peers are imported when they are asked for. What a tool returns may be of its own types; `plain` makes it NumPy's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

import gradgen
from tests.benchmarks.problem import Function, Problem, rebound

Made = tuple[Function, tuple[Any, ...]]


class NotApplicable(Exception):
    """The tool has no form of this problem."""


def primal_python(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    return problem.function, arguments


def primal_numba(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    return rebound(problem.function, {}, numba.njit), arguments


def by_gradgen(jit: bool) -> Callable[[Problem, tuple[Any, ...]], Made]:
    def make(problem: Problem, arguments: tuple[Any, ...]) -> Made:
        whole = problem.whole.get("gradgen jit" if jit else "gradgen")
        if whole:
            return whole(), arguments
        return gradgen.grad(problem.function, argnums=asked(problem), jit=jit), arguments

    return make


def asked(problem: Problem) -> int | tuple[int, ...]:
    return problem.argnums if len(problem.argnums) > 1 else problem.argnums[0]


def by_hand(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    return problem.by_hand, arguments


def form(problem: Problem, peer: str, module: str) -> Function:
    """The problem's function in a peer's terms."""
    if peer in problem.rewritten:
        return problem.rewritten[peer]()
    if peer not in problem.as_is or peer in problem.whole:
        raise NotApplicable(peer)
    own = importlib.import_module(module)
    return rebound(problem.function, {"np": own, "math": own})


def by_jax(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    """Arguments are JAX's arrays beforehand. Python's integers, such as numbers of steps, are known to the compiler."""
    import jax

    known = tuple(k for k, argument in enumerate(arguments) if isinstance(argument, int))
    if "jax" in problem.whole:
        derivative = problem.whole["jax"]()
    else:
        derivative = jax.grad(form(problem, "jax", "jax.numpy"), argnums=asked(problem))
    compiled = jax.jit(derivative, static_argnums=known)
    moved = tuple(a if k in known else jax.numpy.asarray(a) for k, a in enumerate(arguments))
    several = len(problem.argnums) > 1 or bool(problem.whole)

    def call(*arguments: Any) -> Any:
        result = compiled(*arguments)
        if several:
            for part in result:
                part.block_until_ready()
        else:
            result.block_until_ready()
        return result

    return call, moved


def by_autograd(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    autograd = importlib.import_module("autograd")
    return autograd.grad(form(problem, "autograd", "autograd.numpy"), argnum=asked(problem)), arguments


def by_tangent(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    tangent = importlib.import_module("tangent")
    if "tangent" not in problem.as_is and "tangent" not in problem.rewritten:
        raise NotApplicable("tangent")
    function = problem.rewritten["tangent"]() if "tangent" in problem.rewritten else problem.function
    return tangent.grad(function, wrt=problem.argnums), arguments


def by_mygrad(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    mygrad = importlib.import_module("mygrad")
    function = form(problem, "mygrad", "mygrad")

    def call(*arguments: Any) -> Any:
        active = [mygrad.tensor(a) if k in problem.argnums else a for k, a in enumerate(arguments)]
        function(*active).backward()
        return tuple(active[k].grad for k in problem.argnums)

    return call, tuple(float(a) if isinstance(a, int) and k in problem.argnums else a for k, a in enumerate(arguments))


def by_torch(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    if "torch" in problem.whole:
        function = problem.whole["torch"]()
    else:
        value = form(problem, "torch", "torch")

        def function(*arguments: Any) -> Any:
            return torch.autograd.grad(value(*arguments), [arguments[k] for k in problem.argnums])

    moved: list[Any] = []
    for k, argument in enumerate(arguments):
        if isinstance(argument, np.ndarray) or (k in problem.argnums and isinstance(argument, float)):
            dtype = None if isinstance(argument, np.ndarray) else torch.float64
            argument = torch.tensor(argument, dtype=dtype, requires_grad=k in problem.argnums)
        moved.append(argument)
    return function, tuple(moved)


def by_differences(problem: Problem, arguments: tuple[Any, ...]) -> Made:
    optimize = importlib.import_module("scipy.optimize")
    if problem.whole:
        raise NotApplicable("scipy")
    parts = [np.asarray(arguments[k], dtype=np.float64) for k in problem.argnums]
    ends = np.cumsum([part.size for part in parts])

    def of_vector(vector: np.ndarray, *arguments: Any) -> Any:
        changed = list(arguments)
        for k, piece, part in zip(problem.argnums, np.split(vector, ends[:-1]), parts, strict=True):
            changed[k] = piece.reshape(part.shape)[()]
        return problem.function(*changed)

    return optimize.approx_fprime, (np.concatenate([p.ravel() for p in parts]), of_vector, 1.5e-8, *arguments)


HAND = "by hand"
GRADGEN = "gradgen jit"
JAX = "jax"
PRIMALS = ("python", "numba")
PEERS = ("jax", "autograd", "tangent", "mygrad", "torch", "scipy")
TOOLS: dict[str, Callable[[Problem, tuple[Any, ...]], Made]] = {
    GRADGEN: by_gradgen(jit=True),
    "gradgen": by_gradgen(jit=False),
    HAND: by_hand,
    "python": primal_python,
    "numba": primal_numba,
    JAX: by_jax,
    "autograd": by_autograd,
    "tangent": by_tangent,
    "mygrad": by_mygrad,
    "torch": by_torch,
    "scipy": by_differences,
}


def plain(result: Any) -> Any:
    if isinstance(result, tuple | list):
        return tuple(plain(part) for part in result)
    return result.detach().numpy() if hasattr(result, "detach") else np.asarray(result)
