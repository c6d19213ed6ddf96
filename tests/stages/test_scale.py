"""Long functions: what a step remembers of each value keeps its time in proportion to the text."""

from __future__ import annotations

import importlib.util

import pytest

import gradgen


def test_a_function_of_three_hundred_lines(tmp_path):
    lines = ["import math", "", "", "def long(x, y):"]
    for k in range(150):
        lines += [f"    x = x * 0.9 + math.sin(y) * {k % 7}.0", "    y = y + x * x / 1000.0"]
    path = tmp_path / "long.py"
    path.write_text("\n".join([*lines, "    return x * y", ""]))
    spec = importlib.util.spec_from_file_location("long", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    long = module.long
    dx, dy = gradgen.grad(long, argnums=(0, 1))(0.3, 0.2)
    step = 1e-7
    assert dx == pytest.approx((long(0.3 + step, 0.2) - long(0.3 - step, 0.2)) / (2 * step), rel=1e-5)
    assert dy == pytest.approx((long(0.3, 0.2 + step) - long(0.3, 0.2 - step)) / (2 * step), rel=1e-5)
