"""What a user says of a function or a loop, and what changes nothing of what it computes.

Imports nothing of the steps that read it (`stage/marked.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, TypeVar, overload

from gradgen.errors import ArgumentError

RECOMPUTED = "__gradgen_recomputed__"  # the attribute of a function of which backward keeps nothing

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@overload
def checkpoint(marked: F) -> F: ...


@overload
def checkpoint(marked: Iterable[T], levels: int = 2) -> Iterable[T]: ...


def checkpoint(marked: Any, levels: int = 2) -> Any:
    """Mark a loop, or a function, of which the backward pass is to keep little and to run again what it needs.

    A loop of n iterations, `for t in checkpoint(range(n))`, is gone through in segments. Of its state (what
    one iteration hands to the next) backward keeps what each segment starts with, and runs one segment at a time
    again: about 2 sqrt(n) states instead of n, for one more forward pass. With `levels=k` segments consist
    of segments: about k n**(1/k) states, for k - 1 more forward passes. Ten levels keep 41 states of a million.

    Of the calls of a function decorated with `@checkpoint` backward keeps nothing but what they take, and runs them
    again.

    Values and gradients are the same. Without a gradient, the loop and the function are what they are unmarked.

    >>> import gradgen
    >>> @gradgen.grad
    ... def f(x, n):
    ...     for t in gradgen.checkpoint(range(n)):
    ...         x = x * x
    ...     return x
    >>> f(1.0, 3)
    8.0
    >>> [t for t in gradgen.checkpoint(range(3))]
    [0, 1, 2]
    """
    if isinstance(marked, FunctionType):
        setattr(marked, RECOMPUTED, True)
    elif not isinstance(marked, Iterable):
        raise ArgumentError(f"checkpoint takes a function, or what a loop goes over, not {type(marked).__name__}")
    return marked
