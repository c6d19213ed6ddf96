"""From a call to the compiled function of its signature, in as few steps as Python can do it.

A `Dispatcher` holds a function with the user's own parameters, whose text recognises the signatures met so far
and calls the compiled function of each. What it does not recognise goes the slow way: describe the arguments, look
for a variant, else compile one; then the text is written anew.

Does not know: how a signature is compiled (it is handed `compile`), what a form is.
"""

from __future__ import annotations

import inspect
import linecache
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import FunctionType
from typing import Any

from gradgen.errors import InternalError
from gradgen.run.collecting import few_collections
from gradgen.run.namespace import Namespace
from gradgen.run.variant import MISS, Variant

# Signatures that the text tells apart one after the other; a call of any other looks it up in a dict.
RECOGNISED = 8
# Variants kept of one signature: more come only when what they depend on, such as a global string, goes on changing.
KEPT = 32

# One lock for all: compiling one function may reach another one.
COMPILING = threading.RLock()


class Dispatcher:
    """`call` is the function to call; `install` is told each time it is written anew."""

    def __init__(
        self,
        name: str,
        signature: inspect.Signature,
        describe: Callable[[dict[str, Any]], tuple[Hashable, Any]],
        compile: Callable[[dict[str, Any], Any], Variant],
        install: Callable[[Callable[..., Any]], None],
        first_call: Callable[[Callable[..., Any], Sequence[Any]], Any] = lambda call, args: call(*args),
    ):
        """describe: from parameters' values to a key and whatever `compile` needs of them.

        compile: from the values and what `describe` made of them to the variant. first_call: calls it once.
        """
        self.name, self.signature = name, signature
        self.describe, self.compile, self.install = describe, compile, install
        self.first_call = first_call
        self.variants: dict[Hashable, list[tuple[Variant, Callable[..., Any]]]] = {}
        self.recognised: list[Variant] = []
        self.write()

    def write(self) -> None:
        names = Namespace(self.signature.parameters)
        slow = names.refer(self._slow, "slow")
        bodies = [line for variant in self.recognised for line in variant.quick_text(names)]
        bodies += [line for variant in self.recognised for line in variant.text(names)]
        values = f"{{{', '.join(f'{name!r}: {name}' for name in self.signature.parameters)}}}"
        self.call = define(self.name, self.signature, [*bodies, f"return {slow}({values})"], names)
        self.install(self.call)

    def _slow(self, values: dict[str, Any]) -> Any:
        key, described = self.describe(values)
        result = self._attempt(key, values)
        if result is MISS:
            with COMPILING:
                # Another thread may have been here while this one waited.
                result = self._attempt(key, values)
                attempt = self._compiled(key, values, described) if result is MISS else None
            if attempt is not None:
                result = self.first_call(attempt, tuple(values.values()))
        if result is MISS:
            raise InternalError(f"what {self.name} was compiled for does not fit the call that it was compiled at")
        return result

    def _compiled(self, key: Hashable, values: dict[str, Any], described: Any) -> Callable[..., Any]:
        with few_collections():
            return self._add(key, self.compile(values, described))

    def _attempt(self, key: Hashable, values: Mapping[str, Any]) -> Any:
        for _, attempt in self.variants.get(key, ()):
            result = attempt(*values.values())
            if result is not MISS:
                return result
        return MISS

    def _add(self, key: Hashable, variant: Variant) -> Callable[..., Any]:
        names = Namespace(variant.trees)
        body = [*variant.text(names), f"return {names.refer(MISS, 'MISS')}"]
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in variant.trees]
        attempt = define(self.name, inspect.Signature(parameters), body, names)
        older = self.variants.get(key, [])
        # A new list, for threads that are going over the old one.
        self.variants[key] = [(variant, attempt), *older][:KEPT]
        # The others of this key did not fit now: globals have changed since.
        current = [one for one in self.recognised if all(one is not other for other, _ in older)]
        if len(current) < RECOGNISED:
            self.recognised = [variant, *current]
            self.write()
        return attempt


def define(name: str, signature: inspect.Signature, body: Sequence[str], names: Namespace) -> Callable[..., Any]:
    """A function `name` with the parameters and defaults of `signature`."""
    parameters = list(signature.parameters.values())
    given = [one for one in parameters if one.default is not one.empty]
    bare = [one.replace(annotation=one.empty, default=None if one in given else one.empty) for one in parameters]
    function = names.fresh("call")
    text = "\n".join([f"def {function}{inspect.Signature(bare)}:", *("    " + line for line in body), ""])
    filename = f"<gradgen: calls of {name}>"
    exec(compile(text, filename, "exec"), names.values)
    made: FunctionType = names.values[function]
    made.__defaults__ = tuple(one.default for one in given if one.kind is not one.KEYWORD_ONLY) or None
    made.__kwdefaults__ = {one.name: one.default for one in given if one.kind is one.KEYWORD_ONLY} or None
    # Python's own words for arguments that are missing or too many then name the user's function.
    made.__name__ = made.__qualname__ = name
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return made
