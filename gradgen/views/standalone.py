"""A module that runs without gradgen: the forward, backward and value_and_grad functions of one signature.

Generated functions take and return flat values. Where the user's arguments or results are structures, a function
in the user's form is written around each; it names no class of theirs, but takes it from the argument.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from gradgen.infer.select import Arguments
from gradgen.infer.signature import is_namedtuple, step
from gradgen.ir.interface import Static, Tree, leaves
from gradgen.run.fetch import resolve, text
from gradgen.run.pack import display
from gradgen.target import Target
from gradgen.views.compiled import decorated

_FORMS = ("forward", "backward", "value_and_grad")


def standalone(target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    compiled, given = target.shown("module", args, kwargs)
    body = decorated(compiled.source) if target.jit else compiled.source
    inputs = compiled.staged.inputs[sum(len(leaves(tree)) for tree in given.trees.values()) :]
    extra = {text(one.path).replace(".", "_").replace("[", "_").replace("]", ""): one.path for one in inputs}
    wrapped = {}
    for form, entry in zip(_FORMS, compiled.entries, strict=True):
        made = _wrapper(target, given, compiled.staged.result, form, entry, extra)
        if made:
            wrapped[entry] = made
            body = re.sub(rf"\b{re.escape(entry)}\b", "_" + entry, body)
    return "\n\n\n".join([_header(target, given, extra), body.strip(), *wrapped.values()]) + "\n"


def _header(target: Target, given: Arguments, extra: dict[str, Any]) -> str:
    file = getattr(getattr(inspect.unwrap(target.function), "__code__", None), "co_filename", "")
    where = f" in {file.replace(chr(92), '/').rsplit('/', 1)[-1]}" if file else ""
    lines = [f"Forward and backward functions of `{target.name}`{where}, written by gradgen.", ""]
    lines += [f"{name}: {_shown(tree)}" for name, tree in given.trees.items()]
    lines += [f"{name}: taken from `{text(path)}`" for name, path in extra.items()]
    return '"""' + "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''") + '\n"""'


def _shown(tree: Any) -> str:
    """A signature in a word.

    >>> _shown(Tree(dict, ("rate",), (Static(None),)))
    "{'rate': None}"
    """
    if isinstance(tree, Static):
        value = tree.value
        return f"always {value!r}" if isinstance(value, str) else str(getattr(value, "__name__", value))
    if not isinstance(tree, Tree):
        return str(tree.type)
    items = [_shown(item) for item in tree.items]
    if tree.kind is tuple:
        return display(items)
    if tree.kind is list:
        return f"[{', '.join(items)}]"
    pairs = list(zip(tree.keys, items, strict=True))
    if tree.kind is dict:
        return f"{{{', '.join(f'{key!r}: {item}' for key, item in pairs)}}}"
    return f"{tree.kind.__name__}({', '.join(f'{key}={item}' for key, item in pairs)})"


def _wrapper(target: Target, given: Arguments, result: Any, form: str, entry: str, extra: dict[str, Any]) -> str:
    """The function in the user's form around the flat `entry`; "" where `entry` has that form already."""
    trees = {name: tree for name, tree in given.trees.items() if leaves(tree) or isinstance(tree, Tree)}
    plain = len(trees) == len(given.trees) and not any(isinstance(tree, Tree) for tree in trees.values()) and not extra
    values = [f"value{k}" if k else "value" for k in range(len(leaves(result)))]
    gradients = [f"gradient_{k}" for k in range(sum(len(leaves(tree)) for tree in given.gradients))]
    packed = _gradients(target, given, iter(gradients))
    first = _built(result, iter(values), "")
    match form:
        case "forward":
            parameters, arguments = _parameters(target, trees, extra)
            flat, shown = [*values, "cache"], f"{first}, cache"
            plain = plain and not isinstance(result, Tree)
        case "backward":
            parameters, arguments = "cache, upstream=1.0", "cache, upstream"
            flat, shown = gradients, packed
            plain = shown == ", ".join(gradients)
        case _:
            parameters, arguments = _parameters(target, trees, extra)
            flat, shown = values + gradients, f"{first}, {f'({packed})' if target.selection.several else packed}"
            plain = plain and shown == ", ".join(flat)
    if plain:
        return ""
    call = f"_{entry}({arguments})"
    lines = [f"def {entry}({parameters}):", f"    {', '.join(flat)} = {call}", f"    return {shown}"]
    return "\n".join(lines if flat else lines[::2])


def _gradients(target: Target, given: Arguments, parts: Iterator[str]) -> str:
    choices = target.selection.choices or ()
    names = [choice.parameter for choice in choices] or list(given.trees)
    built = [_built(tree, parts, name) for tree, name in zip(given.gradients, names, strict=False)]
    return f"{', '.join(built)}{',' * (target.selection.several and len(built) == 1)}"


def _parameters(target: Target, trees: dict[str, Any], extra: dict[str, Any]) -> tuple[str, str]:
    """The parameters in the user's form, and the flat arguments made of them."""
    flat = [place for name, tree in trees.items() for place in _places(tree, name)]
    given = [one for one in target.signature.parameters.values() if one.name in trees]
    shown = [one.replace(annotation=one.empty, default=_plain(one.default)) for one in given]
    keyword = inspect.Parameter.KEYWORD_ONLY
    taken = [inspect.Parameter(name, keyword, default=_plain(_now(path))) for name, path in extra.items()]
    last = [one for one in shown if one.kind is one.VAR_KEYWORD]
    signature = inspect.Signature([*(one for one in shown if one not in last), *taken, *last])
    return str(signature)[1:-1], ", ".join([*flat, *extra])


def _now(path: Any) -> Any:
    return inspect.Parameter.empty if path.root.kind == "argument" else resolve(path, {})


def _plain(value: Any) -> Any:
    """A default that its repr says."""
    simple = type(value) in (int, bool, str, type(None)) or (type(value) is float and value - value == 0)
    return value if simple else inspect.Parameter.empty


def _places(tree: Any, expression: str) -> list[str]:
    """Where the leaves of an argument are."""
    if isinstance(tree, Tree):
        pairs = zip(tree.keys, tree.items, strict=True)
        return [place for key, item in pairs for place in _places(item, expression + step(tree.kind, key))]
    return [] if isinstance(tree, Static) else [expression]


def _built(tree: Any, parts: Iterator[str], argument: str) -> str:
    """A structure of the next of `parts`, its classes those of `argument`."""
    if isinstance(tree, Static):
        return repr(tree.value) if _plain(tree.value) is tree.value or not argument else argument
    if not isinstance(tree, Tree):
        return next(parts)
    pairs = list(zip(tree.keys, tree.items, strict=True))
    items = [_built(item, parts, argument + step(tree.kind, key) if argument else "") for key, item in pairs]
    if tree.kind is dict:
        return f"{{{', '.join(f'{key!r}: {item}' for key, item in zip(tree.keys, items, strict=True))}}}"
    if tree.kind is list:
        return f"[{', '.join(items)}]"
    if tree.kind is tuple or not argument:
        return display(items)
    if not is_namedtuple(tree.kind):
        items = [f"{key}={item}" for key, item in zip(tree.keys, items, strict=True)]
    return f"type({argument})({', '.join(items)})"
