"""Loops and functions marked by `gradgen.checkpoint`: what backward keeps little of, and runs again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gradgen.errors import UnsupportedSyntax, UnsupportedType
from gradgen.ir.recompute import to_recompute
from gradgen.marks import RECOMPUTED, checkpoint
from gradgen.rules.build import constant_atom
from gradgen.stage.builtin import builtin
from gradgen.stage.outcome import Raises
from gradgen.stage.rulecalls import known_argument
from gradgen.stage.session import Frame, Session, is_scalar
from gradgen.stage.values import Checkpointed, Closure


@builtin(checkpoint, 1, 2, ("levels",))
def _checkpoint(frame: Frame, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    marked, *given = args
    levels = known_argument(frame.session, (*given, *keywords.values(), constant_atom(2))[0], "the number of levels")
    if not isinstance(levels, int) or levels < 1:
        raise UnsupportedSyntax(f"`checkpoint` with {levels!r} levels", way_out="a whole number from 1 on")
    if is_scalar(marked):
        raise UnsupportedType("`checkpoint` of a number", way_out="of the range that a loop goes over, or a function")
    if isinstance(marked, Closure):
        return replace(marked, recomputed=True)
    return Checkpointed(marked, levels)


def is_recomputed(function: Any) -> bool:
    """Whether backward keeps nothing of the calls of a function."""
    return function.recomputed if isinstance(function, Closure) else hasattr(function, RECOMPUTED)


def recomputed(session: Session, stage: Callable[[], Any]) -> Any:
    """What `stage` gives, whose statements backward will run again."""
    builder = session.builder
    try:
        with builder.collect() as statements:
            value = stage()
    except Raises:
        builder.statements += statements  # nothing after it runs
        raise
    builder.append(to_recompute(statements, builder.var, builder.slot, builder.origin))
    return value
