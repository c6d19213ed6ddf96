"""What a rule takes for granted, as a check in the text: where only the run knows whether it holds."""

from __future__ import annotations

from typing import Any

from gradgen.errors import UnsupportedValue
from gradgen.ir import Block, Effect, If
from gradgen.rules.symbols import Sym


def forbid(test: Any, error: str, message: str) -> None:
    """Raise `error` where the test, a truth value of the program, holds; refuse where it is known to."""
    if not isinstance(test, Sym):
        if test:
            raise UnsupportedValue(message)
        return
    builder = test.builder
    raised = Effect("raise", (message,), name=error, origin=builder.origin)
    builder.append(If(test.atom, Block((raised,)), Block(()), (), builder.origin))
