"""The exception classes and how they print: file, line, the user's line, a caret, and a way out.

>>> at = Position("model.py", 3, 4, "    yield x")
>>> print(UnsupportedSyntax("`yield` makes a generator, which has no gradient", at, "return a list instead"))
model.py:3:5: `yield` makes a generator, which has no gradient
        yield x
        ^
    Instead: return a list instead
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the user's source. `line` counts from 1, `column` from 0; `text` is the whole line."""

    filename: str
    line: int
    column: int
    text: str = ""


class GradgenError(Exception):
    """Base of all refusals. Carries `filename`, `lineno`, `col_offset` (None where no source is at fault)."""

    def __init__(self, message: str, position: Position | None = None, way_out: str = ""):
        self.message, self.position, self.way_out = message, position, way_out
        self.filename = position and position.filename
        self.lineno = position and position.line
        self.col_offset = position and position.column
        super().__init__(message)

    def __str__(self) -> str:
        lines = [self.message]
        if self.position is not None:
            at = self.position
            lines[0] = f"{at.filename}:{at.line}:{at.column + 1}: {self.message}"
            if at.text.strip():
                # A tab before the caret keeps it under a tab in the line above.
                margin = "".join(c if c == "\t" else " " for c in at.text[: at.column])
                lines += ["    " + at.text.rstrip(), "    " + margin + "^"]
        if self.way_out:
            lines.append(f"    Instead: {self.way_out}")
        return "\n".join(lines)


class UnsupportedSyntax(GradgenError):
    """A construct of Python that gradgen does not differentiate."""


class UnknownFunction(GradgenError):
    """A call of a function that has no rule and no readable source."""


class UnsupportedType(GradgenError, TypeError):
    """A value of a type that the program cannot use there."""


class UnsupportedValue(GradgenError, ValueError):
    """A value, such as an axis, that an operation cannot take."""


class ArgumentError(GradgenError, TypeError):
    """`argnums` and the arguments of a call do not fit the function."""


class ResultError(GradgenError, TypeError):
    """The function's result is not a real scalar."""


class SourceError(GradgenError):
    """The function's source cannot be read."""


class InternalError(GradgenError):
    """A step of gradgen made a program that its own checks refuse. Please report it with the function."""
