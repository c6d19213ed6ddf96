"""What a forward function caches is what its backward function reads, and no more.

A number does not travel, nor does the size of an array that travels itself, nor an array of which nothing but the shape
is read, where one does of which it was computed elementwise.

>>> from gradgen.ir import FLOAT, Assign, Block, Const, Function, Program, Var, show
>>> x, y, dy, dx = Var("x", 0, FLOAT), Var("y", 1, FLOAT), Var("dy", 2, FLOAT), Var("dx", 3, FLOAT)
>>> body = Block((Assign(y, "exp", (x,)),), (y, x, y))
>>> forward = Function("f_forward", (x,), body, role="forward", cached=2)
>>> body = Block((Assign(dx, "mul", (y, dy)),), (dx,))
>>> backward = Function("f_backward", (x, y, dy), body, role="backward", cached=2)
>>> for function in trim_caches(Program((forward, backward))).functions:
...     print(show(function))
f_forward(x.0):
  y.1 = exp x.0
  yield y.1 y.1
f_backward(y.1, dy.2):
  dx.3 = mul y.1 dy.2
  yield dx.3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradgen.ir import Assign, Atom, Block, Const, Function, Load, Program, Var
from gradgen.ir.walk import free_variables, statements
from gradgen.simplify.copies import replace_variables
from gradgen.simplify.shapes import for_shape_alone, of_its_shape
from gradgen.simplify.sizes import is_size


def trim_caches(program: Program) -> Program:
    functions = {function.name: function for function in program.functions}
    for forward, backward in pairs(program):
        functions[forward.name], functions[backward.name] = _trimmed(forward, backward)
    return Program(tuple(functions.values()))


def pairs(program: Program) -> Iterator[tuple[Function, Function]]:
    """The forward functions with the backward functions that take their caches."""
    backwards = {f.name.removesuffix("_backward"): f for f in program.functions if f.role == "backward"}
    for function in program.functions:
        backward = backwards.get(function.name.removesuffix("_forward"))
        if function.role == "forward" and backward is not None:
            yield function, backward


def _trimmed(forward: Function, backward: Function) -> tuple[Function, Function]:
    results = len(forward.body.yields) - forward.cached
    travelling = list(zip(forward.body.yields[results:], backward.params, strict=False))
    backward = replace_variables(backward, _of_one_shape(forward, backward, travelling))
    known, kept = _needed(travelling, free_variables(backward.body))
    sizes = _sizes(forward, dict(kept))
    kept = [(atom, param) for atom, param in kept if param not in {s.target for s in sizes}]
    slots = _loaded(forward, backward)
    if len(kept) == forward.cached and len(slots) == len(backward.slots_in):
        return forward, backward
    cached, params = zip(*kept, strict=True) if kept else ((), ())
    forward = replace(
        forward,
        body=Block(forward.body.statements, forward.body.yields[:results] + cached),
        cached=len(kept),
        slots_out=tuple(forward.slots_out[k] for k in slots),
    )
    backward = replace(
        backward,
        params=params + backward.params[backward.cached :],
        body=Block((*sizes, *backward.body.statements), backward.body.yields),
        cached=len(kept),
        slots_in=tuple(backward.slots_in[k] for k in slots),
    )
    return forward, replace_variables(backward, known)


def _of_one_shape(forward: Function, backward: Function, travelling: list[tuple[Atom, Var]]) -> dict[Var, Atom]:
    """For arrays of which backward asks the shape alone: others of the same shape, of which it reads more."""
    shapes = for_shape_alone(backward)
    others = {atom: param for atom, param in travelling if param not in shapes}
    made: dict[Atom, Assign] = {s.target: s for s in forward.body.statements if isinstance(s, Assign)}
    found: dict[Var, Atom] = {}
    for atom, param in travelling if shapes else ():
        like: Atom | None = atom if param in shapes else None
        while like in made and like not in others:
            like = of_its_shape(made[like])
        if like in others:
            found[param] = others[like]
    return found


def _needed(
    travelling: list[tuple[Atom, Var]], read: dict[Var, None]
) -> tuple[dict[Var, Atom], list[tuple[Atom, Var]]]:
    """What backward can know of itself in place of some parameters, and what has to travel."""
    known: dict[Var, Atom] = {}
    first: dict[Atom, Var] = {}
    for atom, param in travelling:
        if isinstance(atom, Const):
            known[param] = atom
        elif atom in first:
            known[param] = first[atom]
        elif param in read:
            first[atom] = param
    return known, list(first.items())


def _sizes(forward: Function, params: dict[Atom, Var]) -> list[Assign]:
    """The sizes among what travels whose array travels, too: how backward has them."""
    made = [s for s in statements(forward.body) if isinstance(s, Assign) and is_size(s)]
    return [
        replace(s, target=params[s.target], args=(params[s.args[0]],), origin=None)
        for s in made
        if s.target in params and s.args[0] in params
    ]


def _loaded(forward: Function, backward: Function) -> list[int]:
    """The numbers of the slots that the backward function empties."""
    loaded = {s.slot for s in statements(backward.body) if isinstance(s, Load)}
    return [k for k, slot in enumerate(backward.slots_in) if slot in loaded]
