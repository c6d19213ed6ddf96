"""Loops beside each other that go over the same places become one: `for i: a[i] = ...`, `for i: b[i] = f(a[i])`.

A loop is merged into one before it where both have the same bounds and each iteration of the later needs of
the earlier only what the same iteration of it has done: every array that one writes and the other touches is
touched, in both, in a part of its own for each iteration, or is only added to. Loops inside merged ones are
merged likewise, but an inmost loop not with one that adds to the same row at other places, which would keep
it from being vectorised.

Statements between the two go before or after the merged loop, where neither hangs on what they make and no array that
one changes is touched by the other. A loop whose iterations wait for one another, a recurrence, is not merged with one
that can be vectorised.

Does not reorder the iterations of a loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gradgen.ir import (
    Array,
    Assign,
    Atom,
    Block,
    Call,
    Effect,
    For,
    Function,
    ListOf,
    Program,
    Scalar,
    Statement,
    Var,
)
from gradgen.ir.walk import (
    block_exits,
    blocks,
    map_statement,
    operands,
    statement_free,
    statements,
    substitute,
    targets,
)
from gradgen.lower.accesses import Accesses, Memory, accesses, in_own_part, touched, unrelated

REACH = 30  # statements back in which a loop looks for one to be merged into
FOLDED = ("add", "mul", "maximum", "minimum", "bitwise_or", "bitwise_and", "where")


def merge_loops(program: Program) -> Program:
    return replace(program, functions=tuple(_function(function) for function in program.functions))


def _function(function: Function) -> Function:
    memory = Memory(function)
    return replace(function, body=_block(function.body, function.body.yields, memory))


def _block(block: Block, exits: tuple[Atom, ...], memory: Memory) -> Block:
    done: list[Statement] = []
    rest = list(block.statements)
    while rest:
        s = rest.pop(0)
        merged = _with_earlier(done, s, rest, exits, memory) if isinstance(s, For) else None
        if merged is None:
            done.append(s)
        else:
            done = merged
    return Block(tuple(_inside(s, memory) for s in done), block.yields)


def _inside(s: Statement, memory: Memory) -> Statement:
    def inner(block: Block) -> Block:
        return _block(block, block_exits(s, block), memory)

    return map_statement(s, lambda atom: atom, inner)


def _with_earlier(
    done: list[Statement], later: For, rest: list[Statement], exits: tuple[Atom, ...], memory: Memory
) -> list[Statement] | None:
    """The statements so far with `later` merged into a loop among the last of them, if it can be."""
    for at in range(len(done) - 1, max(-1, len(done) - 1 - REACH), -1):
        earlier = done[at]
        if isinstance(earlier, For) and _same_bounds(earlier, later):
            made = _with(earlier, done[:at], done[at + 1 :], later, rest, exits, memory)
            if made is not None:
                return made
    return None


def _with(
    earlier: For,
    ahead: list[Statement],
    between: list[Statement],
    later: For,
    rest: list[Statement],
    exits: tuple[Atom, ...],
    memory: Memory,
) -> list[Statement] | None:
    """All of it in order, with the two loops as one, if what stands between can go before or after it."""
    before, after = _parted(between, earlier, memory)
    if any(has_effects(s) or hangs(later, s, memory) for s in after) or not _may_merge(earlier, later, memory):
        return None
    used = {atom for s in (*after, *rest) for atom in _read(s)} | set(exits)
    merged = _merged(earlier, later, used)
    if merged is None:
        return None
    memory.merged(later.index, earlier.index)
    return [*ahead, *before, merged, *after]


def _same_bounds(a: For, b: For) -> bool:
    plain = all(loop.leave is None and loop.trips is None for loop in (a, b))
    return plain and (a.start, a.stop, a.step, a.backward) == (b.start, b.stop, b.step, b.backward)


def _read(s: Statement) -> set[Atom]:
    return {*operands(s), *statement_free(s)}


def _parted(between: list[Statement], earlier: For, memory: Memory) -> tuple[list[Statement], list[Statement]]:
    """What does not hang on the loop, and what does."""
    before: list[Statement] = []
    after: list[Statement] = []
    for s in between:
        late = any(hangs(s, one, memory) for one in (earlier, *after))
        (after if late or (has_effects(s) and any(map(has_effects, after))) else before).append(s)
    return before, after


def hangs(s: Statement, earlier: Statement, memory: Memory) -> bool:
    """Whether `s` must come after a statement: it reads what that makes, or one changes what the other touches."""
    if not _read(s).isdisjoint(targets(earlier)):
        return True
    (a, changed_by_a), (b, changed_by_b) = touched(s, memory), touched(earlier, memory)
    return not (changed_by_a.isdisjoint(b) and changed_by_b.isdisjoint(a))


def has_effects(s: Statement) -> bool:
    return any(isinstance(one, Effect | Call) for one in (s, *_inner(s)))


def _inner(s: Statement) -> Iterator[Statement]:
    return (one for block in blocks(s) for one in statements(block))


def _may_merge(a: For, b: For, memory: Memory) -> bool:
    first, second = accesses(a, memory), accesses(b, memory)
    if first.effects or second.effects or first.slots & second.slots:
        return False
    arrays = {var for var, made in zip(a.results, a.carried, strict=True) if isinstance(made.type, Array)}
    if any(var in _read(b) and var not in arrays for var in a.results):
        return False
    inmost = not any(isinstance(s, For) for loop in (a, b) for s in loop.body.statements)
    if inmost and _is_chain(a, first, memory) != _is_chain(b, second, memory):
        return False
    shared = first.places.keys() & second.places.keys()
    return unrelated(first, second, memory) and all(
        _agree(first, second, key, (a.index, b.index), inmost, memory)
        for key in shared
        if key in first.written or key in second.written
    )


def _is_chain(loop: For, found: Accesses, memory: Memory) -> bool:
    """Whether an iteration waits for the one before: for an element, or a number that it does not just add to."""
    for key in found.written:
        forms = {form for place in found.places[key] for form in place if form is not None and form[0] == loop.index}
        if len(forms) > 1:
            return True
    made = {s.target: s for s in loop.body.statements if isinstance(s, Assign)}
    for var, onward in zip(loop.carried, loop.body.yields, strict=True):
        step = made.get(onward) if isinstance(onward, Var) else None
        if isinstance(var.type, Scalar) and not (step is not None and step.op in FOLDED and var in step.args):
            return True
    return False


def _agree(a: Accesses, b: Accesses, key: Var, indices: tuple[Var, Var], inmost: bool, memory: Memory) -> bool:
    if not inmost and key not in a.not_only_added and key not in b.not_only_added:
        return True
    places = [(place, index) for found, index in zip((a, b), indices, strict=True) for place in found.places[key]]
    return in_own_part(places, memory)


def _merged(a: For, b: For, used: set[Atom]) -> For | None:
    """One loop that does in each iteration what `a` and then what `b` does.

    None where a value of before is read after it has changed: the two would need a copy.
    """
    arrays = {init: k for k, init in enumerate(b.inits) if isinstance(init, Var) and _is_array(init)}
    continued = {init: k for init, k in arrays.items() if init in a.results}
    free_a, free_b = statement_free(a), statement_free(b)
    repeated = len(arrays) < sum(map(_is_array, b.inits))
    old = any(init in free_b or init in arrays for init in a.inits if _is_array(init))
    if repeated or old or any(init in free_b or init in used for init in continued):
        return None
    first = substitute(a.body, {init: b.carried[k] for init, k in arrays.items() if init in free_a})
    made = dict(zip(a.results, first.yields, strict=True))
    inside: dict[Var, Atom] = {b.index: a.index, **made, **{b.carried[k]: made[init] for init, k in continued.items()}}
    second = substitute(b.body, inside)
    yields, results = list(first.yields), list(a.results)
    for init, k in continued.items():
        at = a.results.index(init)
        yields[at], results[at] = second.yields[k], b.results[k]
    own = [k for k, init in enumerate(b.inits) if init not in continued]
    return replace(
        a,
        carried=(*a.carried, *(b.carried[k] for k in own)),
        inits=(*a.inits, *(b.inits[k] for k in own)),
        body=Block((*first.statements, *second.statements), (*yields, *(second.yields[k] for k in own))),
        results=(*results, *(b.results[k] for k in own)),
    )


def _is_array(atom: Atom) -> bool:
    return isinstance(atom, Var) and isinstance(atom.type, Array | ListOf)
