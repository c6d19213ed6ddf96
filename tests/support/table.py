"""Rows of the tables of programs: a function, the points where it is checked, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A point. `gradient` (one for each of the program's argnums): known numbers in place of differences."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    value: Any = None
    gradient: Any = None


@dataclass(frozen=True)
class Program:
    function: Callable[..., Any]
    cases: tuple[Case, ...]
    options: dict[str, Any]
    python_only: str = ""

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)


def case(*args: Any, value: Any = None, gradient: Any = None, **kwargs: Any) -> Case:
    return Case(args, kwargs, value, gradient)


def program(function: Callable[..., Any], *cases: Any, python_only: str = "", **options: Any) -> Program:
    """A row. A case that is a plain tuple is its positional arguments; `options` are those of `check`.

    python_only: what jit says when it refuses (a fragment of its message).
    """
    rows = tuple(one if isinstance(one, Case) else Case(one) for one in cases)
    return Program(function, rows, options, python_only)
