"""The text that is compiled for given arguments, to be read, and to be run as Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from gradgen import pipeline
from gradgen.infer.shapes import exact
from gradgen.infer.signature import signature, types_of
from gradgen.run import python_backend


def compiled(
    function: Callable[..., Any],
    args: Sequence[Any],
    wrt: tuple[int, ...] = (0,),
    form: str = "grad",
    sizes: bool = False,
    **options: bool,
) -> pipeline.Compiled:
    """`sizes`: with all that compiled code is told of the sizes of arguments."""
    values = dict(zip(inspect.signature(function).parameters, args, strict=True))
    trees = {name: signature(value, name) for name, value in values.items()}
    told = exact(trees, values) if sizes else trees
    types = {name: types_of(tree) for name, tree in told.items()}
    return pipeline.build(function, types, wrt, form, "jit", **options)


def as_python(text: pipeline.Compiled) -> Callable[..., Any]:
    return python_backend.load(text.source, "<as Python>", text.entries)[0]
