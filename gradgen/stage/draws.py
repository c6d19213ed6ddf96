"""Random generators made in the differentiated function, and what is drawn from them.

Draws are constants: their values are those of the run, in the order of the text. What has parameters is made of
what has none, as NumPy makes it (`loc + scale * standard_normal`), so that it varies with them. A generator is used
in the block of statements in which it was made: a draw in a loop or branch would leave it in another state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax, UnsupportedType, UnsupportedValue
from gradgen.rules.creation import shape_sizes
from gradgen.rules.shape import shape_of
from gradgen.rules.symbols import Sym, apply, using
from gradgen.stage.arrays import wrap
from gradgen.stage.builtin import BUILTINS
from gradgen.stage.rulecalls import from_rule, to_rule
from gradgen.stage.session import Frame
from gradgen.stage.values import NONE, Known, Record, Ref

Arguments = tuple[Any, ...]


class _Home:
    """The block in which a generator was made."""

    def __init__(self, statements: list):
        self.statements = statements


def _made(frame: Frame, kind: type, seeds: Arguments) -> Ref:
    session = frame.session
    name = "np.random.default_rng" if kind is np.random.Generator else "np.random.RandomState"
    seeds = tuple(to_rule(session, seed, {}, name) for seed in seeds)
    for seed in seeds:
        whole = isinstance(seed, int) or (isinstance(seed, Sym) and not seed.is_array and seed.dtype.startswith("int"))
        if not whole:
            raise UnsupportedType(f"`{name}` takes a whole number here", way_out="an int as the seed")
    with using(session.builder):
        made = apply("generator", *seeds, kind=name)
    home = Known(_Home(session.builder.statements))
    return session.new(Record(kind, ("_generator", "_last", "_home"), (made.atom, NONE, home)))


def _makes(function: Any, kind: type) -> None:
    def handler(frame: Frame, args: Arguments, keywords: dict[str, Any]) -> Any:
        given = (*args, *keywords.values())
        if len(given) > 1 or any(key != "seed" for key in keywords):
            raise UnsupportedSyntax(f"`{function.__name__}` takes a seed")
        return _made(frame, kind, () if given in ((), (NONE,)) else given)

    BUILTINS[function] = handler


_makes(np.random.default_rng, np.random.Generator)
_makes(np.random.RandomState, np.random.RandomState)


def _seed(frame: Frame, args: Arguments, keywords: dict[str, Any]) -> Any:
    """From here on NumPy's own generator is one that was made with this seed; the caller's stays as it is."""
    if len(args) != 1 or keywords:
        raise UnsupportedSyntax("`np.random.seed` takes a seed")
    frame.session.random = _made(frame, np.random.RandomState, args)
    return NONE


BUILTINS[np.random.seed] = _seed


def _draw(
    frame: Frame, owner: Ref, method: str, size: Any, *bounds: Any, dtype: str = "float64", weak: bool = True
) -> Sym:
    session = frame.session
    content = session.at(owner)
    assert isinstance(content, Record)
    generator, last, home = content.items
    if home.value.statements is not session.builder.statements:
        raise UnsupportedSyntax(
            "a draw in a loop or branch, from a generator made outside of it",
            way_out="draw all numbers before it, in an array",
        )
    sizes = None if size is None else shape_sizes(size)
    # The draw before may have got a name since.
    before = () if last is NONE else (session.builder.definitions[last.version].target,)
    number = None if sizes is None else len(sizes)
    params = {"method": method, "sizes": number, "bounds": len(bounds), "dtype": dtype, "weak": weak}
    with using(session.builder):
        made = apply("draw", generator, *(sizes or ()), *bounds, *before, **params)
    session.put(owner, replace(content, items=(generator, made.atom, home)))
    return made


def _number(value: Any) -> Any:
    if isinstance(value, list | tuple):
        raise UnsupportedType("parameters of a distribution in a list", way_out="np.array(...)")
    return value


def _size_of(size: Any, *parameters: Any) -> Any:
    """The size that is asked for, or else that of the one parameter that is an array."""
    shapes = [shape_of(p) for p in parameters if isinstance(p, Sym) and p.is_array]
    if size is not None or not shapes:
        return size
    if len(shapes) > 1:
        raise UnsupportedType("a draw with several arrays of parameters", way_out="say its size")
    return tuple(shapes[0])


def _normal(frame, owner, loc=0.0, scale=1.0, size=None):
    z = _draw(frame, owner, "standard_normal", _size_of(size, loc, scale))
    return _number(loc) + _number(scale) * z


def _uniform(frame, owner, low=0.0, high=1.0, size=None):
    u = _draw(frame, owner, "random", _size_of(size, low, high))
    return _number(low) + (_number(high) - _number(low)) * u


def _exponential(frame, owner, scale=1.0, size=None):
    return _number(scale) * _draw(frame, owner, "standard_exponential", _size_of(size, scale))


def _plain(method: str):
    return lambda frame, owner, size=None: _draw(frame, owner, method, size)


def _by_sizes(method: str):
    return lambda frame, owner, *sizes: _draw(frame, owner, method, sizes or None)


def _integers(method: str):
    def draw(frame, owner, low, high=None, size=None):
        bounds = (low,) if high is None else (low, high)
        if any(isinstance(b, Sym) and (b.is_array or not b.dtype.startswith("int")) for b in bounds):
            raise UnsupportedType(f"`.{method}` takes whole numbers as bounds")
        return _draw(frame, owner, method, size, *bounds, dtype="int64", weak=method == "randint")

    return draw


_COMMON = {
    "normal": _normal,
    "uniform": _uniform,
    "exponential": _exponential,
    "standard_normal": _plain("standard_normal"),
    "standard_exponential": _plain("standard_exponential"),
    "random": _plain("random"),
}
METHODS = {
    np.random.Generator: {**_COMMON, "integers": _integers("integers")},
    np.random.RandomState: {
        **_COMMON,
        "random_sample": _plain("random"),
        "rand": _by_sizes("random"),
        "randn": _by_sizes("standard_normal"),
        "randint": _integers("randint"),
    },
}


def _staged(frame: Frame, owner: Any, name: str, build: Any, args: Arguments, keywords: dict[str, Any]) -> Any:
    session = frame.session
    if not (isinstance(owner, Ref) and isinstance(session.at(owner), Record)):
        raise UnsupportedSyntax(
            f"`{name}` of a generator from outside, which would be left in another state",
            way_out="make it in the function, with a seed, or pass in what it draws",
        )
    given = [to_rule(session, arg, {}, name) for arg in args]
    named = {key: to_rule(session, value, {}, name) for key, value in keywords.items()}
    try:
        with using(session.builder):
            made = build(frame, owner, *given, **named)
    except TypeError as error:
        raise UnsupportedSyntax(f"`{name}` cannot be called like this: {error}") from None
    return from_rule(session, made, {}) if isinstance(made, Sym) else wrap(session, made, {})


def _method(kind: type, name: str, build: Any) -> None:
    def handler(frame: Frame, args: Arguments, keywords: dict[str, Any]) -> Any:
        return _staged(frame, args[0] if args else NONE, f"{kind.__name__}.{name}", build, args[1:], keywords)

    BUILTINS[getattr(kind, name)] = handler


def _module_function(name: str, build: Any) -> None:
    """`np.random.normal` and the like, which draw from NumPy's own generator."""

    def handler(frame: Frame, args: Arguments, keywords: dict[str, Any]) -> Any:
        if frame.session.random is None:
            raise UnsupportedValue(
                f"`np.random.{name}` draws from NumPy's own generator, which has no seed here",
                way_out="np.random.default_rng(seed) in the function, or pass in what is drawn",
            )
        return _staged(frame, frame.session.random, f"np.random.{name}", build, args, keywords)

    BUILTINS[getattr(np.random, name)] = handler


for _kind, _builds in METHODS.items():
    for _name, _build in _builds.items():
        _method(_kind, _name, _build)
for _name, _build in METHODS[np.random.RandomState].items():
    _module_function(_name, _build)
