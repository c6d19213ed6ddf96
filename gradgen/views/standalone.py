"""A module that runs without gradgen: the forward, backward and value_and_grad functions of one signature.

Generated functions take and return flat values. Where the user's arguments or results are structures, a function
in the user's form is written around each; it names no class of theirs, but takes it from the argument.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from gradgen.infer.select import WHOLE, Arguments
from gradgen.infer.signature import is_namedtuple, step
from gradgen.ir.interface import Static, Tree, leaves
from gradgen.run.fetch import resolve, text
from gradgen.run.pack import display
from gradgen.target import Target
from gradgen.views.compiled import decorated
from gradgen.views.merge import merged

_FORMS = ("forward", "backward", "value_and_grad")


def standalone(target: Target, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    compiled, given = target.shown("pair", args, kwargs)
    joint, _ = target.build(given, "value_and_grad", {})
    body = merged([compiled.source, joint.source])
    body = decorated(body, target.options) if target.jit else body
    inputs = compiled.staged.inputs[sum(len(leaves(tree)) for tree in given.trees.values()) :]
    extra = {re.sub(r"\W+", "_", text(one.path)).strip("_"): one.path for one in inputs}
    around = _Around(target, given, compiled.staged.result, extra)
    added = []
    for form, entry in zip(_FORMS, (*compiled.entries, *joint.entries), strict=True):
        if around.is_flat(form):
            body = _with_defaults(body, entry, around.parameters) if form != "backward" else body
        else:
            body = re.sub(rf"\b{re.escape(entry)}\b", "_" + entry, body)
            added.append(around.function(form, entry))
    return "\n\n\n".join([_header(target, given, extra), body.strip(), *added]) + "\n"


def _with_defaults(text: str, entry: str, parameters: str) -> str:
    """The header of a flat function as the user wrote it, which says more than the names."""
    return re.sub(
        rf"(def {re.escape(entry)}\().*?(\):)", lambda match: match[1] + parameters + match[2], text, flags=re.DOTALL
    )


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


class _Around:
    """Functions in the user's form around flat ones."""

    def __init__(self, target: Target, given: Arguments, result: Any, extra: dict[str, Any]):
        self.several, self.result, self.given = target.selection.several, result, given
        trees = {name: tree for name, tree in given.trees.items() if leaves(tree) or isinstance(tree, Tree)}
        self.parameters, self.arguments = _parameters(target, trees, extra)
        self.plain = list(trees) == list(given.trees) == self.arguments
        # The classes of gradients are those of the arguments, which a backward function does not see.
        named = {choice.parameter: tree for choice, tree in zip(given.choices, given.gradients, strict=True)}
        self.witnesses = [name for name, tree in named.items() if _has_classes(tree)]

    def is_flat(self, form: str) -> bool:
        """Whether the flat function has the user's form already."""
        match form:
            case "forward":
                return self.plain and not isinstance(self.result, Tree | Static)
            case "backward":
                return not self.witnesses and self._gradients() == ", ".join(self._flat())
        return (
            self.plain and not self.several and not isinstance(self.result, Tree) and self._gradients() == "gradient_0"
        )

    def function(self, form: str, entry: str) -> str:
        values = [f"value{k}" if k else "value" for k in range(len(leaves(self.result)))]
        value = _built(self.result, iter(values), "")
        parameters, arguments, before = self.parameters, ", ".join(self.arguments), []
        match form:
            case "forward":
                flat = [*values, "cache"]
                shown = f"{value}, {display(['cache', *self.witnesses]) if self.witnesses else 'cache'}"
            case "backward":
                parameters, arguments, flat, shown = (
                    "cache, upstream=1.0",
                    "cache, upstream",
                    self._flat(),
                    self._gradients(),
                )
                before = [f"{', '.join(['cache', *self.witnesses])} = cache"] if self.witnesses else []
            case _:
                flat = values + self._flat()
                shown = f"{value}, {f'({self._gradients()})' if self.several else self._gradients()}"
        call = [f"{', '.join(flat)} = _{entry}({arguments})"] if flat else []
        return "\n    ".join([f"def {entry}({parameters}):", *before, *call, f"return {shown}"])

    def _flat(self) -> list[str]:
        return [f"gradient_{k}" for k in range(len(self.given.wrt))]

    def _gradients(self) -> str:
        found = iter(self._flat())
        names = [one.parameter + ("" if one.key is WHOLE else f"[{one.key!r}]") for one in self.given.choices]
        built = [_built(tree, found, name) for tree, name in zip(self.given.gradients, names, strict=True)]
        return f"{', '.join(built)}{',' * (self.several and len(built) == 1)}"


def _has_classes(tree: Any) -> bool:
    """Whether a structure has a NamedTuple or a dataclass in it, or what no text can say."""
    if isinstance(tree, Static):
        return _plain(tree.value) is not tree.value
    return isinstance(tree, Tree) and (tree.kind not in (tuple, list, dict) or any(map(_has_classes, tree.items)))


def _parameters(target: Target, trees: dict[str, Any], extra: dict[str, Any]) -> tuple[str, list[str]]:
    """The parameters in the user's form, and the flat arguments made of them."""
    flat = [place for name, tree in trees.items() for place in _places(tree, name)]
    given = [one for one in target.signature.parameters.values() if one.name in trees]
    shown = [one.replace(annotation=one.empty, default=_plain(one.default)) for one in given]
    for k in range(len(shown) - 1, 0, -1):  # a default that no text can say makes those before it required
        required = shown[k].default is shown[k].empty and shown[k].kind is shown[k].POSITIONAL_OR_KEYWORD
        shown[k - 1] = shown[k - 1].replace(default=inspect.Parameter.empty) if required else shown[k - 1]
    keyword = inspect.Parameter.KEYWORD_ONLY
    taken = [inspect.Parameter(name, keyword, default=_plain(_now(path))) for name, path in extra.items()]
    last = [one for one in shown if one.kind is one.VAR_KEYWORD]
    signature = inspect.Signature([*(one for one in shown if one not in last), *taken, *last])
    return str(signature)[1:-1], [*flat, *extra]


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
