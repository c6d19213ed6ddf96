"""What gradgen says when it refuses: one exception class a kind of reason, each pointing at the user's text."""

from gradgen.errors.classes import (
    ArgumentError,
    GradgenError,
    InternalError,
    Position,
    ResultError,
    SourceError,
    UnknownFunction,
    UnsupportedSyntax,
    UnsupportedType,
    UnsupportedValue,
)

__all__ = [
    "ArgumentError",
    "GradgenError",
    "InternalError",
    "Position",
    "ResultError",
    "SourceError",
    "UnknownFunction",
    "UnsupportedSyntax",
    "UnsupportedType",
    "UnsupportedValue",
]
