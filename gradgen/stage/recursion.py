"""Calls of functions that may call themselves."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from gradgen.errors import UnsupportedSyntax
from gradgen.stage.inline import inline
from gradgen.stage.session import Session
from gradgen.stage.values import Closure


def call_function(session: Session, function: FunctionType | Closure, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    identity = function.node if isinstance(function, Closure) else function.__code__
    if sum(frame.identity is identity for frame in session.calls) > 8:
        raise UnsupportedSyntax(f"`{session.calls[-1].name}` calls itself", way_out="a loop")
    return inline(session, function, args, keywords)
