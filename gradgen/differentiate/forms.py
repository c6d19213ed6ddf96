"""The forms in which a reversed program is handed out: one function, or a forward and backward pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradgen.differentiate.again import at_once
from gradgen.differentiate.reverse import Reversed, reverse
from gradgen.differentiate.undefined import defined, looked_at
from gradgen.ir import (
    FLOAT,
    Atom,
    Block,
    Const,
    Function,
    Load,
    Program,
    Save,
    Scalar,
    Slot,
    Var,
    is_float,
)
from gradgen.ir.walk import free_variables, statements, targets
from gradgen.rules.build import Builder, builder_after


def gradient(
    program: Program,
    wrt: Sequence[Var],
    results: int = 1,
    value: bool = False,
    name: str = "",
    frugal: bool = False,
) -> Program:
    """The gradient of the first of the program's `results` as one function, primal and adjoint in one body.

    Its results: with `value`, all results of the program, else those after the first; then the gradients by `wrt`.
    """
    function, builder = program.entry, builder_after(program)
    result = function.body.yields[0]
    reversed_ = reverse(function, tuple(wrt), _seeds([result], [Const(1.0, FLOAT)]), builder, frugal)
    kept = function.body.yields if value else function.body.yields[1:results]
    primal = defined(reversed_.primal, looked_at(reversed_.primal, reversed_.adjoint), builder)
    body = at_once(Block(primal + reversed_.adjoint, (*kept, *reversed_.gradients)), reversed_.again)
    joint = replace(function, name=name or f"{function.name}_grad", body=body)
    return Program((joint, *_callees(program, reversed_.called, builder)))


def pair(program: Program, wrt: Sequence[Var], frugal: bool = False) -> Program:
    """A program whose first two functions are forward and backward (see `Function.role`), for the first result."""
    builder = builder_after(program)
    forward, backward, called = _pair(program.entry, tuple(wrt), program.entry.body.yields[:1], builder, frugal)
    return Program((forward, backward, *_callees(program, called, builder)))


def _pair(
    function: Function, wrt: tuple[Var, ...], results: Sequence[Atom], builder: Builder, frugal: bool = False
) -> tuple[Function, Function, tuple[str, ...]]:
    upstreams = [_upstream(result, builder) for result in results]
    reversed_ = reverse(function, wrt, _seeds(results, upstreams), builder, frugal)
    cache, slots = _cache(function, reversed_, set(upstreams))
    primal = defined(reversed_.primal, {*cache, *looked_at(reversed_.primal, reversed_.adjoint)}, builder)
    handed_on: dict = {"cached": len(cache)}
    body = Block(primal, function.body.yields + cache)
    forward = replace(
        function, name=f"{function.name}_forward", body=body, role="forward", slots_out=slots, **handed_on
    )
    body = at_once(Block(reversed_.adjoint, reversed_.gradients), reversed_.again)
    params = (*cache, *upstreams)
    backward = Function(
        f"{function.name}_backward", params, body, function.origin, "backward", slots_in=slots, **handed_on
    )
    return forward, backward, reversed_.called


def _upstream(result: Atom, builder: Builder) -> Var:
    type = replace(result.type, extent=None) if isinstance(result.type, Scalar) else result.type
    return builder.var("", type, of=result) if isinstance(result, Var) else builder.var("upstream", type)


def _callees(program: Program, called: tuple[str, ...], builder: Builder) -> list[Function]:
    """The functions that the program calls, and forward and backward functions of those differentiated."""
    functions = {function.name: function for function in program.functions[1:]}
    made: dict[str, tuple[Function, Function]] = {}
    waiting = list(called)
    while waiting:
        name = waiting.pop(0)
        if name in made:
            continue
        function = functions[name]
        wrt = tuple(param for param in function.params if is_float(param.type))
        results = [result for result in function.body.yields if is_float(result.type)]
        *both, more = _pair(function, wrt, results, builder)
        made[name] = (both[0], both[1])
        waiting += more
    return [*program.functions[1:], *(function for both in made.values() for function in both)]


def _seeds(results: Sequence[Atom], seeds: Sequence[Atom]) -> dict[Var, Atom]:
    pairs = zip(results, seeds, strict=True)
    return {result: seed for result, seed in pairs if isinstance(result, Var) and is_float(result.type)}


def _cache(function: Function, reversed_: Reversed, upstreams: set[Var]) -> tuple[tuple[Var, ...], tuple[Slot, ...]]:
    """What backward reads of forward: parameters first, then in the order of definition."""
    read = free_variables(Block(reversed_.adjoint, reversed_.gradients))
    order = [*function.params, *(var for s in reversed_.primal for var in targets(s))]
    body = Block(reversed_.primal)
    saved = {s.slot for s in statements(body) if isinstance(s, Save)}
    loaded = [s.slot for s in statements(Block(reversed_.adjoint)) if isinstance(s, Load) and s.slot in saved]
    cache = tuple(var for var in order if var in read and var not in upstreams)
    return cache, tuple(sorted(set(loaded), key=lambda slot: slot.version))
