"""The command line: print or export the generated text of a function.

python -m gradgen source model.py:loss --argnums w,b --types "w=float64[3,4]" b=float X=float64[:,4]
python -m gradgen export package.model:loss loss_grad.py
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gradgen.api import Gradient, grad
from gradgen.errors import GradgenError


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        gradient = _gradient(options.function, options.argnums, options.jit)
        examples = dict(example(one) for one in options.types)
        if options.command == "source":
            print(gradient.source(**examples), end="")
        else:
            gradient.export(options.path, **examples)
    except (GradgenError, _NotFound) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gradgen", description="Gradients as text.")
    commands = parser.add_subparsers(dest="command", required=True)
    helps = {"source": "print the forward and backward functions", "export": "write a module that runs without gradgen"}
    for name, help in helps.items():
        command = commands.add_parser(name, help=help, description=help)
        command.add_argument("function", help="file.py:name or package.module:name")
        if name == "export":
            command.add_argument("path", type=Path, help="the file to write")
        command.add_argument("--argnums", help="positions or names, as in w,b, or `all`; default: the first parameter")
        command.add_argument("--jit", action="store_true", help="the text for Numba")
        types = "float, int, bool, a dtype, or an array: float64[3,:]"
        command.add_argument("--types", nargs="*", default=[], metavar="NAME=TYPE", help=types)
    return parser


class _NotFound(Exception):
    """The function that the command names is not there."""


def _gradient(where: str, argnums: str | None, jit: bool) -> Gradient[..., Any]:
    file, _, name = where.rpartition(":")
    if not file:
        raise _NotFound(f"{where!r} is not of the form file.py:name or package.module:name")
    found: Any = _file(Path(file)) if file.endswith(".py") else _module(file)
    for part in name.split("."):
        if not hasattr(found, part):
            raise _NotFound(f"{file} has no {name}")
        found = getattr(found, part)
    if isinstance(found, Gradient) and argnums is None and not jit:
        return found
    function = found.primal if isinstance(found, Gradient) else found
    return grad(function, argnums=parsed(argnums or "0"), jit=jit)


def _file(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.exists():
        raise _NotFound(f"there is no file {path}")
    sys.path.insert(0, str(path.resolve().parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _module(name: str) -> Any:
    sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise _NotFound(str(error)) from error


def parsed(argnums: str) -> Any:
    """
    >>> parsed("all"), parsed("w,1"), parsed("-1")
    (Ellipsis, ('w', 1), -1)
    """
    if argnums == "all":
        return ...
    parts = [int(one) if one.lstrip("-").isdigit() else one for one in argnums.split(",")]
    return parts[0] if len(parts) == 1 else tuple(parts)


def example(text: str) -> tuple[str, Any]:
    """A parameter's name and a value of its type. A size that is `:` or empty is any size but 1.

    >>> example("x=float"), example("n=int"), example("s=float32")
    (('x', 1.0), ('n', 1), ('s', np.float32(1.0)))
    >>> example("w=float64[3,:,1]")[1].shape
    (3, 2, 1)
    """
    name, equals, type_ = text.partition("=")
    match = re.fullmatch(r"\s*(\w+)\s*(?:\[([\d:,\s]*)\])?\s*", type_)
    python = {"float": 1.0, "int": 1, "bool": True}
    if not equals or match is None:
        raise _NotFound(f"{text!r} is not of the form name=type, such as x=float or w=float64[3,:]")
    word, sizes = match.groups()
    if sizes is None and word in python:
        return name, python[word]
    try:
        dtype = np.dtype(word)
    except TypeError as error:
        raise _NotFound(f"{word!r} is no dtype") from error
    if sizes is None:
        return name, dtype.type(1)
    shape = [int(size) if size.strip().isdigit() else 2 for size in sizes.split(",")]
    return name, np.ones(shape, dtype)
