"""The Numba backend: the functions of the generated text are compiled.

`error_model="numpy"`, unless asked otherwise: a division by zero gives inf or NaN; the branch that raises would keep
loops from being vectorised. `nogil`: threads may call at once. Machine code is kept beside the text's file, so that
another process starts warm.
"""

from __future__ import annotations

import ast
import functools
import os
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numba
import numpy as np

from gradgen.run import python_backend, vector_math
from gradgen.run.files import stored
from gradgen.run.machine_code import MachineCode
from gradgen.run.options import Options
from gradgen.run.quick_numpy import quick_numpy
from gradgen.run.strips import IN_PLACE_OF

DEFAULT = Options()


@functools.cache
def tag(options: Options) -> str:
    """What machine code depends on besides its text and what `machine_code` knows, such as how it is compiled here.

    These are the options, and the vector functions that it may have been linked with.
    """
    return "\n".join([options.tag, *sorted(vector_math.available())])


def load(
    text: str,
    filename: str,
    entries: Sequence[str],
    options: Options = DEFAULT,
    cache: bool | None = None,
    helpers: bool = False,
) -> tuple[Callable[..., Any], ...]:
    """The functions named `entries` of the module `text`, compiled when first called, as are those they call.

    `cache`: keep machine code on disk; by default where the text is a file. Texts with different tags must be in
    different files. `helpers`: the entries are called by other compiled functions.
    """
    vector_math.available()  # machine code from disk may need them
    tree, parts = None, set[str]()
    if options.parallel:
        from gradgen.run import threads  # here, because most texts need none

        tree = threads.with_threads(ast.parse(text))
        parts = threads.part_functions(tree)
    functions = python_backend.load(text, filename, entries, tree)
    namespace = functions[0].__globals__
    if parts:
        threads.start_threads()
        namespace.update(threads.CALLS)
    keep = os.path.exists(filename) if cache is None else cache
    if namespace.get("np") is np:
        namespace["np"] = quick_numpy
    brought = _helpers(text, [*entries, *parts])
    for name, value in list(namespace.items()):
        if isinstance(value, FunctionType) and value.__globals__ is namespace:
            kind = "part" if name in parts else "entry" if name in entries and not helpers else "inner"
            namespace[name] = _compiled(value, options, kind, keep)
            if kind == "entry":
                namespace[name].direct = _compiled(value, options, "direct", keep)
    if brought is not None:
        names, own_text = brought
        namespace.update(zip(names, _compiled_once(own_text, names, options, keep), strict=True))
    namespace.update((name, function) for name, function in IN_PLACE_OF.items() if name in namespace)
    return tuple(namespace[name] for name in entries)


def _compiled(function: FunctionType, options: Options, kind: str, keep: bool) -> Any:
    compiler: Any = functools.partial(_compiler, options, kind)
    made: Any = numba.njit(error_model=options.error_model, nogil=True, pipeline_class=compiler)(function)
    if keep:
        made._cache = MachineCode(function, kind)
    return made


def _compiler(options: Options, kind: Any, *args: Any) -> Any:
    """Numba's compiler with what is ours. It takes long to load, and machine code from disk needs none."""
    from gradgen.run.numba_compiler import compiler_for

    return compiler_for(options, kind)(*args)


@functools.cache
def _compiled_once(text: str, names: tuple[str, ...], options: Options, keep: bool) -> tuple[Callable[..., Any], ...]:
    """What several texts bring along, as a module of its own: Numba finds it there when it takes machine code of one
    of them from its cache."""
    filename = stored(text, names[0], tag(options)) if keep else f"<{names[0]}>"
    return load(text, filename, names, options, keep, helpers=True)


def _helpers(text: str, entries: Sequence[str]) -> tuple[tuple[str, ...], str] | None:
    """The functions of a text beside its entries that use nothing but modules and one another, and the text of them.

    >>> text = "import math\\n\\ndef f(x):\\n    return g(x)\\n\\ndef g(x):\\n    return math.exp(x)\\n"
    >>> _helpers(text, ["f"])
    (('g',), 'import math\\n\\n\\ndef g(x):\\n    return math.exp(x)\\n')
    """
    tree = ast.parse(text)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    alone = {name: node for name, node in functions.items() if name not in entries}
    while True:
        others = functions.keys() - alone.keys()
        kept = {name: node for name, node in alone.items() if others.isdisjoint(_names(node))}
        if len(kept) == len(alone):
            break
        alone = kept
    if not alone or len(alone) == len(functions):
        return None
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import)]
    sources = [ast.get_source_segment(text, node) or "" for node in alone.values()]
    return tuple(alone), "\n\n\n".join(["\n".join(imports), *sources]) + "\n"


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
