"""Random einsums of fixed seeds: letters twice, sizes of 1 that are repeated, ellipsis; against differences."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from gradgen.differentiate import gradient
from gradgen.ir.verify import verify
from gradgen.rules import RULES
from tests.rules.building import program_of
from tests.rules.test_rules import dotted, inner
from tests.support import differences
from tests.support.interpret import run


class Generator:
    def __init__(self, seed: int):
        self.random, self.numbers = random.Random(seed), np.random.default_rng(seed)
        self.sizes = {letter: self.random.choice([1, 2, 3]) for letter in "ijkl"}

    def size(self, letter: str) -> int:
        """A size; 1 instead of it now and then, where the letter stands once."""
        return 1 if self.random.random() < 0.15 else self.sizes[letter]

    def operand(self, ellipsis: bool) -> tuple[str, np.ndarray]:
        part = "".join(self.random.choice("ijkl") for _ in range(self.random.randint(1, 3)))
        shape = [self.size(c) if part.count(c) == 1 else self.sizes[c] for c in part]
        if ellipsis:
            at, more = self.random.randint(0, len(part)), [2, 3][self.random.randint(0, 2) :]
            part, shape = f"{part[:at]}...{part[at:]}", shape[:at] + more + shape[at:]
        return part, self.numbers.standard_normal(shape)

    def einsum(self) -> tuple[str, list[np.ndarray]]:
        ellipsis = self.random.random() < 0.3
        parts, arrays = zip(*(self.operand(ellipsis) for _ in range(self.random.randint(1, 3))), strict=True)
        letters = sorted(set("".join(parts)) - {"."})
        result = "".join(self.random.sample(letters, self.random.randint(0, len(letters))))
        return f"{','.join(parts)}->{'...' if ellipsis else ''}{result}", list(arrays)


@pytest.mark.parametrize("seed", range(120))
def test_random_einsum(seed: int) -> None:
    subscripts, arrays = Generator(seed).einsum()
    names = "xyz"[: len(arrays)]
    point: dict[str, Any] = dict(zip(names, arrays, strict=True))
    weight = np.random.default_rng(seed).standard_normal(np.shape(np.einsum(subscripts, *arrays)))
    weights = weight if weight.ndim else float(weight)
    for unknown in (False, True):
        program = dotted(program_of(f"np.einsum({subscripts!r}, {', '.join(names)})", point, unknown), [weights])
        made = gradient(program, program.entry.params[: len(arrays)])
        verify(made, RULES)
        found = run(made, [*arrays, weights])
        assert [one.shape for one in found] == [one.shape for one in arrays]
        direction = [np.random.default_rng(seed + 1).standard_normal(one.shape) for one in arrays]

        def value(t: float, direction: list[np.ndarray] = direction) -> float:
            moved = (one + t * step for one, step in zip(arrays, direction, strict=True))
            return float(np.sum(weight * np.einsum(subscripts, *moved)))

        scale = max(1.0, *(float(np.max(np.abs(one), initial=0.0)) for one in found))
        assert differences.agrees(inner(found, direction), differences.directional(value), scale, 1e-6), subscripts
