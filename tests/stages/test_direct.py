"""How Python calls compiled code: what the machine code takes for a signature, what it hands on, what it returns."""

from __future__ import annotations

import gc
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest

from gradgen.infer.shapes import exact
from gradgen.infer.signature import signature
from gradgen.run.direct import direct
from gradgen.run.numba_backend import load

pytestmark = pytest.mark.jit

TEXT = """\
import math
import numpy as np


def several(x, a, m):
    if x < 0:
        raise ValueError("negative")
    new = np.zeros((2, 3))
    new[1, 0] = x + a[0] + m[0, 0]
    return x, new, (a[1:], m.T), True, 2


def numbers(x, n, flag, z, single):
    return x + n, not flag, z * 2, single


def sized(a, b, n):
    return a.shape[0]


def short(x):
    return math.sin(x) if x > 0 else x


def long(n):
    total = 0.0
    for k in range(n):
        total = math.sin(total + k)
    return total
"""
OTHER = object()


@pytest.fixture(scope="module")
def texts() -> dict[str, Any]:
    names = ("several", "numbers", "sized", "short", "long")
    return dict(zip(names, load(TEXT, "<text>", names), strict=True))


def called(function: Any, *args: Any) -> Any:
    made = direct(function, [signature(one, f"a{k}") for k, one in enumerate(args)])
    assert made is not None
    return made(lambda *args, **named: (OTHER, args, named))


class Own(np.ndarray):
    pass


def test_what_fits_and_what_is_handed_on(texts: Any) -> None:
    fit = {"x": 1.0, "a": np.ones(3), "m": np.ones((20, 1))}
    call = called(texts["several"], *fit.values())
    assert call(*fit.values())[0] == 1.0
    assert call(1.0, np.ones(15), np.ones((16, 1)))[0] == 1.0
    frozen = np.ones(3)
    frozen.flags.writeable = False
    foreign = np.frombuffer(bytearray(8 * 3 + 1), np.float64, 3, 1)  # not aligned
    others: list[tuple[str, Any]] = [
        *(("x", one) for one in (1, True, np.float64(1), "a", None, np.ones(3))),
        *(("a", np.ones(n)) for n in (1, 16, 20)),
        *(("a", one) for one in (1.0, [1.0] * 3, np.ones(6)[::2], np.ones(3).view(Own), frozen, foreign)),
        *(("a", np.ones(3, kind)) for kind in ("float32", "int64", ">f8")),
        ("a", np.ones((3, 1))),
        ("a", np.array(1.0)),
        *(("m", np.ones(shape)) for shape in ((20,), (15, 1), (20, 2), (20, 0), (1, 1), (20, 1, 1))),
        ("m", np.ones((40, 1))[::2]),
        ("m", np.asfortranarray(np.ones((20, 2)))),
    ]
    for name, value in others:
        args = tuple({**fit, name: value}.values())
        assert call(*args)[0] is OTHER, (name, value)
        assert all(one is other for one, other in zip(call(*args)[1], args, strict=True))
    assert call(1.0) == (OTHER, (1.0,), {})
    assert call(x=1.0) == (OTHER, (), {"x": 1.0})


def test_sizes_that_a_text_is_written_for(texts: Any) -> None:
    values = {"a": 1.0, "b": np.ones(3), "c": np.ones((20, 3))}
    made = direct(texts["several"], list(exact({k: signature(v, k) for k, v in values.items()}, values).values()))
    assert made is not None
    call = made(lambda *args: (OTHER,))
    for columns in range(6):
        assert (call(1.0, np.ones(3), np.ones((20, columns)))[0] is OTHER) == (columns != 3)


def test_sizes_and_whole_numbers_of_one_name(texts: Any) -> None:
    args = {"a": np.ones(20), "b": np.ones((18, 20)), "n": 20}
    leaves = exact({name: signature(one, name) for name, one in args.items()}, args)
    made = direct(texts["sized"], list(leaves.values()))
    assert made is not None
    call = made(lambda *args: OTHER)
    for n in (20, 30):
        assert call(np.ones(n), np.ones((n - 2, n)), n) == n
    for shapes in ((20, (18, 20), 21), (21, (18, 20), 20), (20, (20, 20), 20), (20, (18, 18), 20), (20, (18, 21), 20)):
        assert call(*map(np.ones, shapes[:2]), shapes[2]) is OTHER


def test_numbers(texts: Any) -> None:
    args = (1.5, 3, False, 1j, np.float32(0.1))
    call = called(texts["numbers"], *args)
    assert call(*args) == (4.5, True, 2j, float(np.float32(0.1)))
    assert call(1.5, True, *args[2:])[0] is OTHER
    with pytest.raises(OverflowError):
        call(1.5, 2**70, *args[2:])


def test_results_are_arrays_of_their_own_or_hold_the_argument(texts: Any) -> None:
    x, a, m = 1.0, np.arange(3.0), np.ones((20, 2))
    x, new, (tail, turned), *rest = called(texts["several"], x, a, m)(x, a, m)
    assert (x, *rest) == (1.0, True, 2)
    assert np.array_equal(new, [[0, 0, 0], [2, 0, 0]]) and new.flags.carray and new.base is not None
    assert tail.base is a and np.array_equal(tail, a[1:])
    assert turned.base is m and turned.strides == m.T.strides and not turned.flags.c_contiguous
    new[:] = 7.0
    del a, m
    gc.collect()
    assert np.array_equal(tail, [1, 2]) and np.all(turned == 1)


def test_errors_pass_and_nothing_leaks(texts: Any) -> None:
    x, a, m = 1.0, np.arange(3.0), np.ones((20, 2))
    call = called(texts["several"], x, a, m)
    counts = sys.getrefcount(a), sys.getrefcount(m), sys.getrefcount(np.dtype(float))
    for _ in range(100):
        call(x, a, m)
        with pytest.raises(ValueError, match="negative"):
            call(-1.0, a, m)
    assert (sys.getrefcount(a), sys.getrefcount(m)) == counts[:2]
    assert abs(sys.getrefcount(np.dtype(float)) - counts[2]) < 10


def test_other_threads_run_meanwhile(texts: Any) -> None:
    call = called(texts["long"], 2)
    thread = threading.Thread(target=call, args=(10_000_000,))
    thread.start()
    turns = 0
    while thread.is_alive():
        time.sleep(0.001)
        turns += 1
    assert turns > 2


def test_short_ones_keep_other_threads_waiting(texts: Any) -> None:
    """Letting them in takes longer than the function."""
    for name, times in (("short", 0), ("long", 1)):
        called(texts[name], 2)
        (llvm,) = texts[name].direct.inspect_llvm().values()
        assert llvm.count("call i8* @PyEval_SaveThread") + llvm.count("call ptr @PyEval_SaveThread") == times


def test_the_wrapper_of_numba_is_compiled_when_it_is_called(texts: Any) -> None:
    expected = texts["long"].py_func(10)
    made = direct(texts["long"], [signature(10, "n")])
    assert made is not None
    call = made(texts["long"])
    assert call(10) == expected and not texts["long"].overloads
    assert call(np.int64(10)) == expected and texts["long"].overloads
