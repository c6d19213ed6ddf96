"""The list of steps, from a user's function to text.

    stage          the user's source becomes a typed program             parse, stage, infer
    simplify       what nobody reads goes
    differentiate  the program becomes its gradient, or a pair           analyse, differentiate
    simplify       what nobody asked for goes
    lower          for jit: arrays become loops, and these fewer          lower
    write          the program becomes Python text                       write

Each step takes a valid program and gives a valid one; `verify` checks after each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gradgen.differentiate import (
    ask_for_values,
    batch_products,
    choose_masked,
    gradient,
    let_overflow,
    pair,
    tabulate_exponentials,
)
from gradgen.errors import Position, ResultError, UnsupportedValue
from gradgen.ir import Array, Atom, Block, Origin, Program, Scalar, Var, dims_of, dtype_of, is_complex
from gradgen.ir.interface import Staged, Static, Tree, map_tree, statics
from gradgen.ir.recompute import unmarked
from gradgen.ir.verify import verify
from gradgen.lower import improve, lower
from gradgen.rules import RULES
from gradgen.rules.build import builder_after
from gradgen.simplify import share_repeated, share_slots, simplify
from gradgen.stage import stage
from gradgen.stage.arrays import kind_of
from gradgen.stage.trees import only_staged
from gradgen.write import write


@dataclass(frozen=True, slots=True)
class Compiled:
    """The text for one signature. `entries`: the names of its functions that are meant to be called; `unsure`: the
    numbers of gradients that may have another shape than their variables, see `check_shapes`."""

    staged: Staged
    source: str
    entries: tuple[str, ...]
    lines: dict[int, Origin]
    unsure: tuple[int, ...] = ()


def checked(step: Callable[[Program], Program], program: Program) -> Program:
    made = step(program)
    verify(made, RULES)
    return made


def build(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    wrt: Sequence[int],
    form: str,
    style: str = "python",
    has_aux: bool = False,
    parallel: bool = False,
    reassociate: bool = True,
) -> Compiled:
    """Stage `function` for `arguments` (trees of types) and write the text of the requested form.

    `wrt`: positions among the leaves of the arguments. `form`: "grad", "value_and_grad", "pair" or
    "primal". With the style "jit", `parallel`: loops in parts, for threads; `reassociate`: as in `gradgen.grad`. Raises
    GradgenError.
    """
    staged = staged_program(function, arguments)
    check_result(staged, has_aux)
    check_statics(staged)
    program = checked(lambda given: ask_for_values(given, everywhere=style == "jit"), staged.program)
    if style == "jit":
        program = checked(let_overflow, checked(batch_products, checked(choose_masked, program)))
        program = checked(tabulate_exponentials, program) if reassociate else program
    variables = [program.entry.params[k] for k in wrt]
    results = len(program.entry.body.yields)
    if form == "pair":
        program = pair(program, variables, frugal=style == "jit")
    elif form != "primal":
        name = f"{program.entry.name}_{form}"
        value = form == "value_and_grad"
        program = gradient(program, variables, results, value, name, frugal=style == "jit")
    unsure = () if form == "primal" else check_shapes(variables, program.functions[form == "pair"].body.yields)
    program = finish(program, style, parallel, reassociate)
    text = write(program, style=style)
    entries = program.functions[: 2 if form == "pair" else 1]
    return Compiled(staged, text.source, tuple(entry.name for entry in entries), text.lines, unsure)


def check_shapes(variables: Sequence[Var], yields: Sequence[Atom]) -> tuple[int, ...]:
    """A gradient, of which the last `yields` are, has its variable's shape, unless arrays do not fit together: of these
    the forward pass would say so, and it may be gone. Gives the numbers of those of which the call has to ask that."""
    unsure = []
    for k, (variable, made) in enumerate(zip(variables, yields[-len(variables) :], strict=True)):
        for own, other in zip(dims_of(variable.type), dims_of(made.type), strict=False):
            if own != other and own.constant is not None and other.constant is not None:
                raise UnsupportedValue(f"`{variable.name}` does not fit what it is computed with: {own} and {other}")
        if dims_of(variable.type) != dims_of(made.type):
            unsure.append(k)
    return tuple(unsure)


def finish(program: Program, style: str, parallel: bool = False, reassociate: bool = True) -> Program:
    """From a differentiated program to the one that is written."""
    program = checked(simplify, checked(share_slots, unmarked(program)))
    if style != "jit":
        return checked(simplify, checked(lambda given: share_repeated(given, arrays_only=True), program))
    lowered = checked(simplify, checked(lower, program))
    return checked(lambda given: improve(given, parallel, reassociate), lowered)


def staged_program(function: Callable[..., Any], arguments: dict[str, Any]) -> Staged:
    """The program of a function, or of a derivative, which says itself how it is staged."""
    derivative = getattr(function, "__gradgen_staged__", None)
    if derivative is not None:
        found: Staged = derivative(arguments)
        return found
    staged = stage(function, arguments)
    verify(staged.program, RULES)
    return replace(staged, program=checked(simplify, checked(share_repeated, staged.program)))


def staged_derivative(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    wrt: Sequence[int],
    gradients: Any,
    form: str,
    has_aux: bool,
) -> Staged:
    """The derivative of a function as a function to be differentiated, or called, itself.

    `gradients`: a tree with a leaf for each position in `wrt`.
    """
    staged = staged_program(function, arguments)
    check_result(staged, has_aux)
    results = len(staged.program.entry.body.yields)
    variables = [staged.program.entry.params[k] for k in wrt]
    program = of_their_kind(gradient(staged.program, variables, results, value=True), variables, results)
    yields = program.entry.body.yields
    found = iter(yields[results:])
    result = map_tree(lambda _: next(found), gradients)
    order = yields[results:]
    if form == "value_and_grad":
        result, order = Tree(tuple, (0, 1), (staged.result, result)), yields
    elif has_aux:
        result, order = Tree(tuple, (0, 1), (result, staged.result.items[1])), yields[results:] + yields[1:results]
    entry = replace(program.entry, body=Block(program.entry.body.statements, order))
    program = checked(simplify, Program((entry, *program.functions[1:])))
    return replace(staged, program=program, result=result)


def of_their_kind(program: Program, variables: Sequence[Var], results: int) -> Program:
    """The derivative whose gradients of Python numbers, after so many other results, are Python numbers."""
    builder = builder_after(program)
    body = program.entry.body
    given = list(body.yields)
    with builder.collect() as made:
        for k, variable in enumerate(variables, results):
            weak = isinstance(variable.type, Scalar) and variable.type.weak
            if weak and isinstance(given[k].type, Scalar) and given[k].type != variable.type:
                given[k] = builder.emit("cast", given[k], dtype=dtype_of(variable.type), weak=True)
    entry = replace(program.entry, body=Block((*body.statements, *made), tuple(given)))
    return Program((entry, *program.functions[1:]))


def check_result(staged: Staged, has_aux: bool) -> None:
    """The function must return a real scalar, or with `has_aux` a pair of one and anything."""
    result = staged.result
    if has_aux:
        if not (isinstance(result, Tree) and result.kind is tuple and len(result.items) == 2):
            raise _refused(
                staged, "with has_aux=True the function must return a pair (value, aux)", "return value, aux"
            )
        result = result.items[0]
    if isinstance(result, Static):
        raise _refused(staged, f"the function returns {result.value!r}, not a number", "return a real scalar")
    if isinstance(result, Tree):
        way_out = "return one number, or use has_aux=True for a pair (value, aux)"
        raise _refused(staged, f"the function returns a {result.kind.__name__}, not a real scalar", way_out)
    if isinstance(result.type, Array) and result.type.dims:
        shape = ", ".join("n" if dim.constant is None else str(dim) for dim in result.type.dims)
        message = f"the function returns an array of shape ({shape}{',' * (result.type.ndim == 1)}), not a real scalar"
        raise _refused(staged, message, "reduce it, for example with np.sum(...)")
    if not isinstance(result.type, Array | Scalar):
        raise _refused(staged, f"the function returns a {result.type}, not a real scalar", "return a real scalar")
    if is_complex(result.type):
        way_out = "return its real part, `.real`, or the square of its absolute value"
        raise _refused(staged, "the function returns a complex number, not a real scalar", way_out)
    if not result.type.dtype.startswith("float"):
        raise _refused(
            staged, f"the function returns a value of type {result.type}, not a real scalar", "return a real float"
        )


def check_statics(staged: Staged) -> None:
    """Nothing may be handed out that only staging knows: a nested function, a range, a string made of numbers."""
    for value in statics(staged.result):
        if only_staged(value):
            way_out = "return numbers and arrays, and tuples, lists and dicts of them"
            raise _refused(staged, f"the function returns {kind_of(value)}, which no text can hand out", way_out)


def _refused(staged: Staged, message: str, way_out: str) -> ResultError:
    origin = staged.program.entry.origin
    at = None if origin is None else Position(origin.filename, origin.line, origin.column, origin.text)
    return ResultError(message, at, way_out)
