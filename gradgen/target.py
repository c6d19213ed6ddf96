"""A function with the options of its differentiation, and the compiled variant of a form for a signature.

Between the pipeline, which knows leaves, and `run`, which knows calls.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradgen.errors import InternalError
from gradgen.infer.select import Arguments, Choice, Selection, arguments, of_trees
from gradgen.infer.signature import declared, key, types_of
from gradgen.ir import is_float
from gradgen.ir.interface import Input, Path, Root, Tree, leaves
from gradgen.run import index
from gradgen.run.backend import first_call, load, specialised
from gradgen.run.dispatch import define
from gradgen.run.fetch import Fact, facts, inputs_leaves, leaf_places, place_of, resolve
from gradgen.run.index import Record
from gradgen.run.namespace import Namespace
from gradgen.run.options import Options
from gradgen.run.pack import Layout, lines
from gradgen.run.variant import Variant

if TYPE_CHECKING:
    from gradgen.pipeline import Compiled


EXACT = 4  # texts for different equal sizes and short rows; all further sizes share one


class Cache(tuple):
    """What `forward` keeps for `backward`: a tuple, whose class knows the signature."""

    __slots__ = ()
    backward: Callable[..., Any]

    def __reduce__(self) -> Any:
        return tuple, (tuple(self),)


@dataclass(slots=True)
class Target:
    """A function to be differentiated, and how. `last`: the signature met last. `exact`: signatures that know
    more of the sizes, by those that do not."""

    function: Callable[..., Any]
    signature: inspect.Signature
    selection: Selection
    has_aux: bool
    jit: bool
    options: Options
    name: str
    last: Arguments | None = field(default=None)
    exact: dict[Hashable, set[Hashable]] = field(default_factory=dict)

    @property
    def style(self) -> str:
        return "jit" if self.jit else "python"

    def describe(self, values: Mapping[str, Any]) -> tuple[Hashable, Arguments]:
        found = arguments(values, self.selection, self.signature)
        if self.jit:
            found = self._exact(found, found.exact(values))
        return _key(found), found

    def _exact(self, general: Arguments, exact: Arguments) -> Arguments:
        """The signature that knows more of the sizes, unless there have been too many others already."""
        met = self.exact.setdefault(_key(general), set())
        if len(met) < EXACT:
            met.add(_key(exact))
        return exact if _key(exact) in met else general

    def build(self, given: Arguments, form: str, values: Mapping[str, Any]) -> tuple[Compiled, Arguments]:
        """The text of `form`, and the signature it is for: a number that the text depends on, such as an axis or
        how many items are taken apart, is taken from `values` and becomes part of it."""
        # Here, so that `import gradgen` does not wait for the compiler.
        from gradgen.pipeline import build
        from gradgen.stage import NeedsValue

        while True:
            trees = {name: types_of(tree) for name, tree in given.trees.items()}
            try:
                how = self.options.parallel, self.options.reassociate
                compiled = build(self.function, trees, given.wrt, form, self.style, self.has_aux, *how)
                check_order(compiled.staged.inputs, trees)
                return compiled, given
            except NeedsValue as error:
                more = error.path and given.with_known(error.path, values, error.axis)
                if not more:
                    raise
                given = more

    def derivative(self, trees: dict[str, Any]) -> tuple[tuple[int, ...], Any]:
        """For arguments of these types: the positions of the leaves that are differentiated; the gradients' tree."""
        choices = self.selection.choices
        if choices is None:
            floats = (name for name, tree in trees.items() if leaves(tree) and all(map(is_float, leaves(tree))))
            choices = tuple(map(Choice, floats))
        given = of_trees(trees, choices)
        gradients = Tree(tuple, tuple(range(len(given.gradients))), given.gradients)
        return given.wrt, gradients if self.selection.several else given.gradients[0]

    def compile(self, form: str, values: Mapping[str, Any], given: Arguments) -> Variant:
        """The variant of "grad", "value_and_grad" or "forward" for a call with `values`."""
        record, given = self.written("pair" if form == "forward" else form, values, given)
        of_arguments = [leaf for tree in given.trees.values() for leaf in leaves(tree)]
        others = record.inputs[len(of_arguments) :]
        found = (*facts(others, record.guards, values), *own_code(self.function))
        entries = load(record.source, record.entries, self.style, self.options)
        self.last = given
        layout = self.layout(form, record.result, given)
        if form == "forward":
            layout.cache.backward = staticmethod(self.backward(record.result, entries[1], given))  # type: ignore[attr-defined]
        direct = None
        if form != "forward":
            met = [resolve(one.path, values) for one in record.inputs]
            flat = [*of_arguments, *inputs_leaves(others, found)]
            direct = specialised(self.name, entries[0], flat, met, self.style)
        unsure = tuple((k, given.wrt[k]) for k in record.unsure) if form == "grad" else ()
        return Variant(given.trees, others, found, entries[0], layout, record.apart, direct, unsure)

    def written(self, form: str, values: Mapping[str, Any], given: Arguments) -> tuple[Record, Arguments]:
        """The text for a call with `values`: from an earlier process, or from the compiler."""
        own = self.function
        place = index.place_for(own, (given.trees, given.wrt), (form, self.style, self.has_aux, repr(self.options)))
        if place and isinstance(own, FunctionType):
            known = index.recalled(place, own, values)
            if known:
                return known, given
        # Here, so that `import gradgen` does not wait for the compiler.
        from gradgen.parse.source import reading

        with reading() as functions:
            compiled, found = self.build(given, form, values)
        staged = compiled.staged
        parts = (staged.inputs, staged.guards, staged.result, staged.apart, compiled.unsure)
        record = Record(compiled.source, compiled.entries, *parts)
        if place and isinstance(own, FunctionType) and found is given:
            index.remember(place, record, own, functions, values)
        return record, found

    def first_call(self, call: Callable[..., Any], args: Sequence[Any]) -> Any:
        return first_call(self.name, call, args, self.style)

    def layout(self, form: str, result: Any, given: Arguments) -> Layout:
        value, aux = result.items if self.has_aux else (result, None)
        several, converts = self.selection.several, self.jit
        match form:
            case "forward":
                # A class of its own tells a cache's signature.
                return Layout(value, aux, None, several, converts, type("Cache", (Cache,), {}))
            case "grad":
                value = None
            case "backward":
                value = aux = None
        return Layout(value, aux, given.gradients, several, converts)

    def backward(self, result: Any, entry: Callable[..., Any], given: Arguments) -> Callable[..., Any]:
        """The function from a cache and the upstream gradient to gradients in the arguments' structure."""
        upstream = upstream_of(result.items[0] if self.has_aux else result)
        names = Namespace(["cache", "upstream"])
        kept = f"{names.refer(tuple, 'tuple')}(cache)" if self.jit else "cache"  # Numba would not know a subclass
        call = f"{names.refer(entry, 'entry')}({kept}, {names.refer(upstream, upstream.__name__)}(upstream))"
        body = lines(self.layout("backward", result, given), call, names)
        return define(f"{self.name}.backward", BACKWARD, body, names)

    def shown(self, form: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Compiled, Arguments]:
        """The text of `form` for these arguments; without any for the last signature, else for what is declared."""
        if args or kwargs:
            bound = self.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            values = bound.arguments
            _, self.last = self.describe(values)
        else:
            parameters = self.signature.parameters.values()
            values = {one.name: one.default for one in parameters if one.default is not one.empty and not self.last}
        compiled, given = self.build(self.last or self.declared(), form, values)
        self.last = self.last and given
        return compiled, given

    def declared(self) -> Arguments:
        """The signature that defaults and annotations tell; a Python float where they tell nothing."""
        parameters = self.signature.parameters.values()
        named = {choice.parameter for choice in self.selection.choices or ()}
        trees = {one.name: declared(one, one.name in named) for one in parameters}
        choices = self.selection.choices
        if choices is None:
            floats = (name for name, tree in trees.items() if any(is_float(leaf.type) for leaf in leaves(tree)))
            choices = tuple(map(Choice, floats))
        return of_trees(trees, choices)


def _key(given: Arguments) -> Hashable:
    return tuple(key(tree) for tree in given.trees.values()), given.wrt


def check_order(inputs: Sequence[Input], trees: Mapping[str, Any]) -> None:
    """The leaves of the arguments come first, and in order: `wrt` and every call go by their positions."""
    expected = [place for name, tree in trees.items() for place in leaf_places(tree, Path(Root("argument", name)))]
    if [place_of(one.path) for one in inputs[: len(expected)]] != expected:
        raise InternalError("the inputs of a program do not begin with the leaves of its arguments")


def own_code(function: Any) -> tuple[Fact, ...]:
    """That the function is still what was read: reloading a module in place gives functions other code."""
    if not isinstance(function, FunctionType):
        return ()
    path = Path(Root("object", function.__name__, function), (("attribute", "__code__"),))
    return (Fact(path, "is", function.__code__),)


def upstream_of(result: Any) -> type:
    """What makes an upstream gradient one of the result's type."""
    return float if result.type.weak else np.dtype(result.type.dtype).type


BACKWARD = inspect.signature(lambda cache, upstream=1.0: None)
