"""The forms in which a reversed program is handed out: one function, or a forward and backward pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradgen.differentiate.reverse import Reversed, reverse
from gradgen.ir import (
    FLOAT,
    Atom,
    Block,
    Const,
    Function,
    If,
    Load,
    Program,
    Save,
    Scalar,
    Slot,
    Statement,
    Undefined,
    Var,
    is_float,
)
from gradgen.ir.walk import block_params, free_variables, statements, targets
from gradgen.rules.build import Builder


def builder_after(program: Program) -> Builder:
    """A builder whose versions are new to `program`."""
    highest = -1
    for function in program.functions:
        versions = [param.version for param in function.params]
        for s in statements(function.body):
            versions += [var.version for var in (*targets(s), *block_params(s))]
            versions += [getattr(s, "slot").version] if hasattr(s, "slot") else []
        highest = max([highest, *versions])
    return Builder(highest + 1)


def gradient(program: Program, wrt: Sequence[Var], results: int = 1, value: bool = False, name: str = "") -> Program:
    """The gradient of the first of the program's `results` as one function, primal and adjoint in one body.

    Its results: with `value`, all results of the program; then the gradients by `wrt`.
    """
    function, builder = program.entry, builder_after(program)
    result = function.body.yields[0]
    reversed_ = reverse(function, tuple(wrt), _seeds(result, Const(1.0, FLOAT)), builder)
    kept = function.body.yields if value else function.body.yields[1:results]
    body = Block(reversed_.primal + reversed_.adjoint, (*kept, *reversed_.gradients))
    return Program((replace(function, name=name or f"{function.name}_grad", body=body), *program.functions[1:]))


def pair(program: Program, wrt: Sequence[Var]) -> tuple[Program, Program, tuple[Atom, ...]]:
    """The forward and the backward function, and the values that travel between them.

    Forward's results: those of the program, then the cached values. Backward's parameters: the cached
    values, then the upstream gradient. Slots travel as `slots_out` and `slots_in`.
    """
    function, builder = program.entry, builder_after(program)
    result = function.body.yields[0]
    of = result if isinstance(result, Var) else None
    upstream = builder.var("" if of else "upstream", replace(result.type, extent=None) if isinstance(result.type, Scalar) else result.type, of)
    reversed_ = reverse(function, tuple(wrt), _seeds(result, upstream), builder)
    cache, slots = _cache(function, reversed_, upstream)
    primal = _defined_everywhere(reversed_.primal, set(cache), builder)
    forward = replace(
        function, name=f"{function.name}_forward", body=Block(primal, function.body.yields + cache), slots_out=slots
    )
    backward = Function(
        f"{function.name}_backward", (*cache, upstream), Block(reversed_.adjoint, reversed_.gradients), function.origin, slots_in=slots
    )
    others = program.functions[1:]
    return Program((forward, *others)), Program((backward, *others)), cache


def _seeds(result: Atom, seed: Atom) -> dict[Var, Atom]:
    return {result: seed} if isinstance(result, Var) and is_float(result.type) else {}


def _cache(function: Function, reversed_: Reversed, upstream: Var) -> tuple[tuple[Var, ...], tuple[Slot, ...]]:
    """What backward reads of forward: parameters first, then in the order of definition."""
    read = free_variables(Block(reversed_.adjoint, reversed_.gradients))
    order = [*function.params, *(var for s in reversed_.primal for var in targets(s))]
    body = Block(reversed_.primal)
    saved = {s.slot for s in statements(body) if isinstance(s, Save)}
    loaded = [s.slot for s in statements(Block(reversed_.adjoint)) if isinstance(s, Load) and s.slot in saved]
    return tuple(var for var in order if var in read and var is not upstream), tuple(sorted(set(loaded), key=lambda s: s.version))


def _defined_everywhere(primal: tuple[Statement, ...], cached: set[Var], builder: Builder) -> tuple[Statement, ...]:
    """A value that only one branch computes travels as a zero from the other one."""
    return tuple(_defined(s, cached, builder) if isinstance(s, If) else s for s in primal)


def _defined(s: If, cached: set[Var], builder: Builder) -> If:
    wanted = [k for k, result in enumerate(s.results) if result in cached]
    branches = []
    for branch in (s.then, s.orelse):
        yields = list(branch.yields)
        with builder.collect() as placeholders:
            for k in wanted:
                if isinstance(yields[k], Undefined):
                    yields[k] = _placeholder(yields[k].type, builder)
        inner = {yields[k] for k in wanted if isinstance(yields[k], Var)}
        body = _defined_everywhere(branch.statements, inner, builder)
        branches.append(Block(body + tuple(placeholders), tuple(yields)))
    return replace(s, then=branches[0], orelse=branches[1])


def _placeholder(type, builder: Builder) -> Atom:
    if isinstance(type, Scalar):
        zero = {"bool": False}.get(type.dtype, 0 if type.dtype.startswith(("int", "uint")) else 0.0)
        return Const(zero, Scalar(type.dtype, type.weak))
    if hasattr(type, "dims"):
        return builder.emit("zeros", *(0 for _ in type.dims), dtype=type.dtype, type=type)
    return builder.emit("list", type=type, element=type.element)
