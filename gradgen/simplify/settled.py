"""Passes in rounds, none of which looks again at a program that it has left as it was.

In the last round nothing changes, and of the round before the passes after the last that did something are known to
have nothing to do. A program that a pass has left as it was stays the same object, part by part: comparing it with
itself takes no time.
"""

from __future__ import annotations

from collections.abc import Callable

from gradgen.ir import Program

Pass = Callable[[Program], Program]


class Settled:
    """Runs passes, and knows what each has nothing to do for.

    >>> settled, seen = Settled(), []
    >>> def look(program):
    ...     seen.append(program)
    ...     return program
    >>> one = Program(())
    >>> settled(look, settled(look, one)) is one, len(seen)
    (True, 1)
    """

    def __init__(self) -> None:
        self.left: dict[Pass, Program] = {}

    def __call__(self, each: Pass, program: Program) -> Program:
        if self.left.get(each) is program:
            return program
        made = each(program)
        if made != program:
            return made
        self.left[each] = program
        return program
