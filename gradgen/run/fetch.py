"""What a text depends on besides its arguments, fetched and checked at every call: globals, cells, attributes.

The facts are taken when the text is made (`facts`), from the values that were there; `Fetch` writes them into
the checks of a dispatch function.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from gradgen.infer.signature import Leaf, signature, step
from gradgen.ir.interface import Guard, Input, Path, Root, Static, Tree, leaves
from gradgen.run.checks import Checks, attribute
from gradgen.run.same import FunctionCheck


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """At `path` there must be: "tree": a value of the signature `expected`; "function": what the `FunctionCheck`
    `expected` says yes to; "is": `expected` itself; "class": an object of this class; "equal": what is equal to it."""

    path: Path
    kind: str
    expected: Any


def facts(inputs: Sequence[Input], guards: Sequence[Guard], arguments: Mapping[str, Any]) -> tuple[Fact, ...]:
    """The facts behind inputs that are no arguments, and behind guards, for a call with `arguments`."""
    called = _Names(arguments)
    found = [_fact(guard, arguments, called) for guard in guards]
    covered = {place for fact in found if fact.kind == "tree" for place in leaf_places(fact.expected, fact.path)}
    for one in inputs:
        if place_of(one.path) not in covered:
            covered.add(place_of(one.path))
            found.append(Fact(one.path, "tree", signature(resolve(one.path, arguments), called(one.path))))
    return tuple(found)


class _Names:
    """Paths as the source writes them, with marks on those that it writes as others: a global that is called as an
    argument is, of which a helper is another. Sizes are told apart by them."""

    def __init__(self, arguments: Mapping[str, Any]):
        self.scopes: dict[str, list[Any]] = {name: [None] for name in arguments}

    def __call__(self, path: Path) -> str:
        known = self.scopes.setdefault(path.root.name, [])
        scope = None if path.root.kind == "argument" else id(path.root.scope)
        if scope not in known:
            known.append(scope)
        return text(path) + "'" * known.index(scope)


def _fact(guard: Guard, arguments: Mapping[str, Any], called: _Names) -> Fact:
    match guard.kind:
        case "tree":
            return Fact(guard.path, "tree", signature(resolve(guard.path, arguments), called(guard.path)))
        case "code":
            value = resolve(guard.path, arguments)
            # The cells of a function that comes as an argument are fetched through it, one by one.
            own = guard.path.root.kind == "argument" and not guard.path.steps
            if not isinstance(value, FunctionType):
                return Fact(guard.path, "is", value)
            return Fact(guard.path, "function", FunctionCheck(value, closure=not own))
    return Fact(guard.path, guard.kind, guard.expected)


Place = tuple[Any, ...]


def place_of(path: Path) -> Place:
    """A path as a key: scopes, which are dicts and cells, by identity."""
    root = path.root
    return root.kind, root.name, id(root.scope), path.steps


def leaf_places(tree: Any, path: Path) -> list[Place]:
    """Where the leaves of a structure at `path` are."""
    if isinstance(tree, Tree):
        steps = ((*path.steps, (way(tree.kind), key)) for key in tree.keys)
        items = zip(tree.items, steps, strict=True)
        return [place for item, to in items for place in leaf_places(item, Path(path.root, to))]
    return [] if isinstance(tree, Static) else [place_of(path)]


def way(kind: type) -> str:
    """How a path goes into a structure of this class."""
    return "item" if kind in (tuple, list, dict) else "attribute"


def resolve(path: Path, arguments: Mapping[str, Any]) -> Any:
    """The value that is at `path` now."""
    root = path.root
    match root.kind:
        case "argument":
            value = arguments[root.name]
        case "global":
            value = root.scope[root.name] if root.name in root.scope else getattr(builtins, root.name)
        case "closure":
            value = root.scope.cell_contents
        case _:
            value = root.scope
    for kind, name in path.steps:
        value = getattr(value, name) if kind == "attribute" else value[name]
    return value


def text(path: Path) -> str:
    """A path as the source writes it."""
    return path.root.name + "".join(step(tuple if kind == "item" else object, name) for kind, name in path.steps)


def inputs_leaves(inputs: Sequence[Input], facts: Sequence[Fact]) -> list[Leaf]:
    """The signature of each input, from the facts behind it."""
    trees = [fact for fact in facts if fact.kind == "tree"]
    found = {
        place: leaf
        for fact in trees
        for place, leaf in zip(leaf_places(fact.expected, fact.path), leaves(fact.expected), strict=True)
    }
    return [found[place_of(one.path)] for one in inputs]


class Fetch:
    """Writes facts into `checks`, below what checks the arguments."""

    def __init__(
        self, checks: Checks, trees: Mapping[str, Any], parameters: Mapping[str, str], looked_at: Sequence[Place] = ()
    ):
        """`trees`: the signature of each parameter; `parameters`: the expression of each. `looked_at`: where there are
        numbers and arrays of which nothing needs to be required."""
        self.checks, self.parameters, self.looked_at = checks, parameters, frozenset(looked_at)
        self.depth = len(checks.levels)
        self.leaves: dict[Place, str] = {}
        self._fetched: dict[Place, str] = {}
        self._cells = {
            id(cell): f"{attribute(parameters[name], '__closure__')}[{k}]"
            for name, tree in trees.items()
            if isinstance(tree, Static)
            for k, cell in enumerate(getattr(tree.value, "__closure__", None) or ())
        }

    def require(self, fact: Fact) -> None:
        root = fact.path.root
        if fact.kind == "is" and not fact.path.steps and root.kind == "global" and root.name not in root.scope:
            self._builtin(root)
            return
        expression = self.expression(fact.path)
        checks, names = self.checks, self.checks.names
        match fact.kind:
            case "tree":
                everything = not self.looked_at.issuperset(leaf_places(fact.expected, fact.path))
                checks.tree(
                    fact.expected, expression, self.depth, functools.partial(self._found, fact.path), everything
                )
            case "function":
                checks.require(self.depth, checks.function(expression, fact.expected))
            case "is":
                checks.require(self.depth, f"{expression} is {names.refer(fact.expected, 'value')}")
            case "class":
                checks.require(self.depth, checks.type_is(expression, fact.expected))
            case "equal":
                checks.require(self.depth, checks.equal(expression, fact.expected))

    def _found(self, path: Path, steps: tuple, leaf: Leaf, expression: str) -> None:
        self.leaves[place_of(Path(path.root, (*path.steps, *steps)))] = expression

    def expression(self, path: Path) -> str:
        """The name that holds what is at `path`; each place on the way is fetched once."""
        place = place_of(path)
        if place not in self._fetched:
            self._fetched[place] = self._fetch(path)
        return self._fetched[place]

    def _fetch(self, path: Path) -> str:
        if not path.steps:
            return self._root(path.root)
        kind, name = path.steps[-1]
        before = self.expression(Path(path.root, path.steps[:-1]))
        if kind == "attribute":
            return self._statement(attribute(before, name), name)
        key = repr(name) if type(name) in (int, str) else self.checks.names.refer(name, "key")
        return self._statement(f"{before}[{key}]", "item")

    def _root(self, root: Root) -> str:
        names = self.checks.names
        match root.kind:
            case "argument":
                return self.parameters[root.name]
            case "global" if root.name in root.scope:
                return self._statement(f"{names.refer(root.scope, 'scope')}[{root.name!r}]", root.name)
            case "global":
                self._builtin(root)
                return self._statement(attribute(names.refer(builtins, "builtins"), root.name), root.name)
            case "closure":
                cell = self._cells.get(id(root.scope)) or names.refer(root.scope, "cell")
                return self._statement(f"{cell}.cell_contents", root.name)
        return names.refer(root.scope, root.name)

    def _builtin(self, root: Root) -> None:
        """A global of the builtin's name, made later, would take its place."""
        scope = self.checks.names.refer(root.scope, "scope")
        self.checks.require(self.depth, f"{root.name!r} not in {scope}")

    def _statement(self, expression: str, hint: str) -> str:
        name = self.checks.names.fresh(hint)
        level = self.checks.at(self.depth)
        level.statements.append(f"{name} = {expression}")
        level.risky = True
        return name
