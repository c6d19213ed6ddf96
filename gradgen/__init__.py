"""gradgen: from a plain Python numeric function to a backward pass that you can read, and compile.

>>> import gradgen
>>> @gradgen.grad
... def square(x):
...     return x * x
>>> square
<grad of gradgen.square, argnums=0>
"""

from gradgen.api import BoundGradient, Gradient, ValueAndGradient, grad, value_and_grad
from gradgen.errors import (
    ArgumentError,
    GradgenError,
    InternalError,
    ResultError,
    SourceError,
    UnknownFunction,
    UnsupportedSyntax,
    UnsupportedType,
    UnsupportedValue,
)
from gradgen.marks import checkpoint

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "BoundGradient",
    "GradgenError",
    "Gradient",
    "InternalError",
    "ResultError",
    "SourceError",
    "UnknownFunction",
    "UnsupportedSyntax",
    "UnsupportedType",
    "UnsupportedValue",
    "ValueAndGradient",
    "checkpoint",
    "grad",
    "value_and_grad",
]
