"""What becomes of one program: its gradient is right, or it is refused; anything else is a defect.

The value is held against plain Python's, the gradient against differences along random directions. Where differences
say nothing, near a kink or a jump, or where values are not finite, the gradient is not judged.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import re
import signal
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gradgen
from gradgen.errors import InternalError
from tests.fuzz.points import points
from tests.support.modules import loaded
from tests.support.trees import copied

SECONDS = 20  # for all of one program
PLAIN_SECONDS = 2  # for one call of the plain function
DIRECTIONS = 2
STEPS = (1e-3, 1e-4, 1e-2, 1e-5, 1e-6)
STEEP = 1e5  # of a steeper function, such as sin(1e9 * x), differences may be sure and wrong
REFUSED = (gradgen.GradgenError,)


@dataclass(frozen=True)
class Verdict:
    """`kind`:

    right
    value: right, but nowhere could the gradient be judged
    quiet: the function raises where its gradient does not, as in a store that nothing reads
    refused, by a GradgenError
    invalid: no such program
    wrong, crashed: a defect
    """

    kind: str
    reason: str = ""
    detail: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What a smaller program must share to show the same."""
        return self.kind, self.reason

    @property
    def defect(self) -> bool:
        return self.kind in ("wrong", "crashed")


class _Defect(Exception):
    """Carries the verdict on a program out of the comparison that failed."""

    def __init__(self, kind: str, reason: str, detail: object = ""):
        self.verdict = Verdict(kind, reason, str(detail))


def judge(source: str, seed: int, folder: Path, jit: bool = False, second: bool = False) -> Verdict:
    """The verdict on the function `f` of this text, at the points of `seed`.

    second: on the gradient of its gradient with respect to `x`.
    """
    try:
        # An alarm in the midst of compiling leaves Numba in pieces: there only the process is limited (see workers.py).
        limit = contextlib.nullcontext() if jit else time_limit(SECONDS)
        with limit, np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _judge(source, seed, folder, jit, second)
    except _Defect as found:
        return found.verdict
    except TimeoutError:
        return Verdict("crashed", f"no result in {SECONDS} seconds")


def _judge(source: str, seed: int, folder: Path, jit: bool, second: bool) -> Verdict:
    try:
        function = loaded(source, folder).f
        names = tuple(inspect.signature(function).parameters)
        cases = [{name: point[name] for name in names} for point in points(seed, alike=jit)]
    except (SyntaxError, LookupError, NameError, AttributeError, ValueError, gradgen.GradgenError) as error:
        return Verdict("invalid", type(error).__name__)
    if second:
        if "x" not in names:
            return Verdict("invalid", "no function of x")
        function = gradgen.grad(function, argnums="x")
    outcomes = [_plain(function, case) for case in cases]
    if isinstance(outcomes[0], REFUSED):
        return Verdict("refused", head(outcomes[0]), str(outcomes[0]))
    if isinstance(outcomes[0], Exception):
        return Verdict("invalid", type(outcomes[0]).__name__)
    active = tuple(name for name in names if name in ("x", "y", "v", "w", "m"))
    if not active or not all(isinstance(one, (int, float, np.number, Exception)) for one in outcomes):
        return Verdict("invalid", "not a function of floats to a number")
    judged = False
    for case, expected in zip(cases, outcomes, strict=True):
        if isinstance(expected, TimeoutError) or (jit and isinstance(expected, Exception)):
            continue  # compiled text does not notice every error
        compiled = gradgen.value_and_grad(function, argnums=active, jit=jit)
        found = _compiled(lambda case=case, compiled=compiled: compiled(*case.values()), case, expected)
        if isinstance(found, Verdict):
            return found
        if found is None:
            continue
        value, gradients = found
        _same_value(value, expected, 1e-9 if jit else 1e-12 if _other_layouts(source, case) else 0)
        if not second and not (jit and seed % 3):  # Numba compiles the pair anew
            _pair_agrees(compiled, case, value, gradients)
        if np.isfinite(value):
            judged |= _gradient_agrees(function, case, dict(zip(active, gradients, strict=True)))
        if jit and not second:
            _backends_agree(function, active, case, gradients)
    return Verdict("right" if judged else "value")


def _plain(function: Callable[..., Any], case: dict[str, Any]) -> Any:
    """The function's value, or what it raised."""
    try:
        with time_limit(PLAIN_SECONDS):
            return function(*copied(tuple(case.values())))
    except Exception as error:  # noqa: BLE001 a program may raise anything
        return error


def _compiled(call: Callable[[], Any], case: dict[str, Any], expected: Any) -> Any:
    """What the gradient gives; None where it raises what the function raises; the verdict where it refuses."""
    before = copied(case)
    try:
        found = call()
    except InternalError as error:
        raise _Defect("crashed", head(error), error) from error
    except REFUSED as error:
        return Verdict("refused", head(error), str(error))
    except TimeoutError:
        raise
    except Exception as error:
        if isinstance(expected, Exception):
            alike = isinstance(error, type(expected)) or isinstance(expected, type(error))
            return None if alike else Verdict("quiet", f"{type(expected).__name__}, but {type(error).__name__}")
        raise _Defect("crashed", head(error), f"{error!r}, where plain Python gives {expected!r}") from error
    if isinstance(expected, Exception):
        return Verdict("quiet", type(expected).__name__, f"plain Python raises {expected!r}, not {found}")
    for name, value in case.items():
        if not np.array_equal(value, before[name], equal_nan=True):
            raise _Defect("wrong", "the caller's data", f"{name} was {before[name]}, is {value}")
    return found


VIEWS = (".T", "transpose", "swapaxes", "moveaxis", "flip", "rot90", "::-1", "::-2")


def _other_layouts(source: str, case: dict[str, Any]) -> bool:
    """Whether arrays may lie in memory in another order than row after row, and be summed in that order."""
    return any(view in source for view in VIEWS) or not _contiguous(case)


def _contiguous(case: dict[str, Any]) -> bool:
    """Otherwise, as with `.T`, a copy may have another layout, and then NumPy sums in another order."""
    return all(one.flags.c_contiguous for one in case.values() if isinstance(one, np.ndarray))


def head(error: Exception) -> str:
    """The class and the message of an error, without what is particular to one program."""
    message = error.message if isinstance(error, gradgen.GradgenError) else str(error)
    words = re.sub(r"\d+", "0", message.partition("\n")[0]).split("`")
    return f"{type(error).__name__}: {'`…`'.join(words[::2])}"[:140]


def _same_value(found: Any, expected: Any, rtol: float) -> None:
    same = found == expected or (np.isnan(found) and np.isnan(expected))
    if not same and not (rtol and np.isclose(found, expected, rtol=rtol, atol=1e-12)):
        raise _Defect("wrong", "value", f"{found!r}, where plain Python gives {expected!r}")


def _pair_agrees(compiled: Any, case: dict[str, Any], value: Any, gradients: tuple[Any, ...]) -> None:
    try:
        found, cache = compiled.forward(*case.values())
        again = compiled.backward(cache, 1.0)
    except TimeoutError:
        raise
    except Exception as error:
        raise _Defect("crashed", head(error), f"{error!r} in the pair") from error
    _close((found, *again), (value, *gradients), 1e-9, "pair against joint")


def _backends_agree(function: Callable[..., Any], active: tuple[str, ...], case: dict[str, Any], found: Any) -> None:
    _close(found, gradgen.grad(function, argnums=active)(*case.values()), 1e-6, "jit against Python")


def _close(found: tuple[Any, ...], expected: Any, rtol: float, what: str) -> None:
    expected = expected if isinstance(expected, tuple) else (expected,)
    scale = max((float(np.max(np.abs(one), initial=0)) for one in map(np.asarray, expected)), default=0.0)
    for one, other in zip(found, expected, strict=True):
        if not np.allclose(one, other, rtol=rtol, atol=rtol * scale if np.isfinite(scale) else 0, equal_nan=True):
            raise _Defect("wrong", what, f"{found}, not {expected}")


def _gradient_agrees(function: Callable[..., Any], case: dict[str, Any], gradients: dict[str, Any]) -> bool:
    """Whether differences could judge the gradient; they must then agree with it."""
    for name, one in gradients.items():
        if np.shape(one) != np.shape(case[name]):
            raise _Defect("wrong", "shape", f"the gradient of {name}: {one}")
    rng = np.random.default_rng(1)
    judged = False
    for _ in range(DIRECTIONS):
        direction = {name: rng.standard_normal(np.shape(case[name])) for name in gradients}
        derivative = sum(float(np.sum(one * direction[name])) for name, one in gradients.items())
        scale = sum(float(np.sum(np.abs(one))) for one in gradients.values())

        def along(t: float, direction: dict[str, Any] = direction) -> float:
            moved = {name: case[name] + t * part for name, part in direction.items()}
            value = _plain(function, {**case, **moved})
            return float("nan") if isinstance(value, Exception) else float(value)

        estimate = _contradicting(along, derivative, scale)
        if estimate is not None:
            raise _Defect("wrong", "gradient", f"{derivative!r} along {direction}, differences say {estimate!r}")
        judged |= np.isfinite(derivative) and scale <= STEEP
    return judged


def _contradicting(along: Callable[[float], float], derivative: float, scale: float) -> float | None:
    """An estimate of along'(0) that is sure and that `derivative` contradicts, if there is one.

    Sure is what several steps, and both sides alone, agree on to many more digits than `derivative` does.
    """
    if np.isfinite(scale) and scale > STEEP:
        return None
    bound = 1e-6 * max(scale, 1e-3) if np.isfinite(scale) else 1e-9
    estimates = []
    for h in STEPS:
        near, far = along(h) - along(-h), along(2 * h) - along(-2 * h)
        estimates.append((8 * near - far) / (12 * h))
        if abs(estimates[-1] - derivative) <= bound:
            return None
    if not np.isfinite(estimates).all():
        return None
    ordered = [one for _, one in sorted(zip(STEPS, estimates, strict=True), reverse=True)]
    spread, best = min((abs(one - other), other) for one, other in itertools.pairwise(ordered))
    distance = abs(best - derivative) if np.isfinite(derivative) else np.inf
    size = max(abs(best), 1e-3)
    h, middle = 1e-5, along(0.0)
    sides = (along(h) - middle) / h, (middle - along(-h)) / h
    smooth = all(abs(side - best) <= 1e-2 * size for side in sides)
    return best if smooth and spread <= 1e-2 * distance and spread <= 1e-4 * size else None


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what runs longer. Limits may be nested."""

    def stop(number: int, frame: types.FrameType | None) -> None:
        raise TimeoutError

    handler = signal.signal(signal.SIGALRM, stop)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)
        signal.signal(signal.SIGALRM, handler)
