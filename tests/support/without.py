"""Each optimisation left out: `pytest --without independent,merge_loops tests/programs` runs the tests without these.

Beside those named here, the passes of `gradgen/lower/improving.py` by their names.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterator
from typing import Any


def _sum_of_rows(x: Any, axis: int) -> Any:
    from gradgen.rules.symbols import apply

    return apply("sum", x, axis=axis, keepdims=False)


# name: where it is called from, its name there, and what does nothing in its place
OPTIMISATIONS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "independent": ("gradgen.differentiate.loops", "independent", lambda loop, active: False),
    "rerun": ("gradgen.analyse.rerun", "pays", lambda loop, active: False),
    "most_again": ("gradgen.analyse.keep", "most_again", lambda frugal: 0),
    "standing": ("gradgen.differentiate.loops", "standing", lambda loop, made: {}),
    "at_once": ("gradgen.differentiate.forms", "at_once", lambda block, again: block),
    "cancelling": ("gradgen.analyse.activity", "cancelling", lambda *_: frozenset()),
    "exact": ("gradgen.infer.select", "exact", lambda trees, values: dict(trees)),
    "repeated_values": ("gradgen.pipeline", "share_repeated", lambda program, arrays_only=False: program),
    "share_slots": ("gradgen.pipeline", "share_slots", lambda program: program),
    "shapes": ("gradgen.simplify", "share_shapes", lambda program: program),
    "branches": ("gradgen.simplify", "merge_branches", lambda program: program),
    "repeated": ("gradgen.differentiate.partials", "by_repeated", lambda s, g: None),
    "sums": ("gradgen.differentiate.accumulate", "sums", _sum_of_rows),
    "transposes": ("gradgen.lower.fusion", "is_turned_for_product", lambda s, reader: False),
    "few_sums": ("gradgen.lower.products", "is_few_sums", lambda s: False),
    "choose_masked": ("gradgen.pipeline", "choose_masked", lambda program: program),
    "batch_products": ("gradgen.pipeline", "batch_products", lambda program: program),
    "tabulate_exponentials": ("gradgen.pipeline", "tabulate_exponentials", lambda program: program),
    "let_overflow": ("gradgen.pipeline", "let_overflow", lambda program: program),
    "all_with_vectors": ("gradgen.lower.rowblocks", "all_with_vectors", lambda found: False),
    "stay_apart": ("gradgen.lower.merging", "stay_apart", lambda a, b: False),
    "rowwise": ("gradgen.lower.blocks", "rowwise", lambda block: set()),
    "symmetric": ("gradgen.differentiate.partials", "by_own_transpose", lambda s, g: None),
    "small_matrices": ("gradgen.lower.linalg", "is_small", lambda s: False),
    "triangles": ("gradgen.lower", "use_triangles", lambda program: program),
    "picks": ("gradgen.differentiate.reverse", "reverse_pick", lambda *_: False),
}

# What compiled code has as options: machine code on disk is told apart by them.
SWITCHES = ("simd", "distinct_memory", "small_arrays", "fused_sums", "linear_passes", "few_instructions", "reassociate")


def changes(name: str) -> Iterator[tuple[Any, str, Any]]:
    """What leaves the optimisation out: modules, a name in each, and what that stands for instead."""
    improving = importlib.import_module("gradgen.lower.improving")
    lists = [
        passes
        for passes in ("PASSES", "BETWEEN", "LAST")
        if name in [each.__name__ for each in getattr(improving, passes)]
    ]
    for passes in lists:
        yield improving, passes, tuple(each for each in getattr(improving, passes) if each.__name__ != name)
    if not lists:
        module, function, nothing = OPTIMISATIONS[name]
        found = importlib.import_module(module)
        assert callable(getattr(found, function))
        yield found, function, nothing


def leave_out(names: list[str]) -> None:
    for name in names:
        if name in SWITCHES:
            switch_off(name)
        else:
            for change in changes(name):
                setattr(*change)


def switch_off(name: str) -> None:
    """In all that `grad` and `value_and_grad` make."""
    api = importlib.import_module("gradgen.api")
    chosen = api.chosen
    api.chosen = lambda *args: dataclasses.replace(chosen(*args), **{name: False})
