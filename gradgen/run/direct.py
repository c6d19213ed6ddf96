"""A compiled function, called without Numba's look at its arguments: machine code of our own takes that look.

Half of the time of a call of a small function is that look, and what makes the result. Here both are a few
instructions (`native_entry`), for numbers, and for arrays that lie as NumPy makes them.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import sysconfig
from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
from numba.core.runtime import nrt

from gradgen.infer.signature import Leaf, bounds
from gradgen.ir import Array, Dim, Scalar
from gradgen.run.backend import Direct
from gradgen.run.entries import HEAD, WORD, entry_name, has_entry

FASTCALL_WITH_KEYWORDS = 0x80 | 0x02
MEMORY: type = nrt._nrt._MemInfo  # type: ignore[attr-defined]
LARGEST = np.iinfo(np.int64).max


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("code", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


def direct(function: Any, leaves: Sequence[Leaf]) -> Direct | None:
    """How a function of `load` is called with values of these leaves, converted; None where there is no such way.

    Its machine code is without Numba's wrapper, which takes as long to compile as a small function itself; the Numba
    dispatcher compiles the function anew if it is called with what does not fit here.

    >>> from gradgen.run.numba_backend import load
    >>> (halved,) = load("def halved(x):\\n    return x / 2\\n", "<halved>", ["halved"])
    >>> call = direct(halved, [Leaf(Scalar("float64", weak=True), float)])(lambda *args: ("other", *args))
    >>> call(3.0), call("a"), call()
    (1.5, ('other', 'a'), ('other',))
    """
    kinds = [one.type for one in leaves if isinstance(one.type, Array | Scalar)]
    signature = tuple(map(_numba, kinds))
    if len(kinds) < len(leaves) or not has_entry(signature) or not _layouts_known():
        return None
    function.direct.compile(signature)
    compiled = function.direct.overloads[signature]
    name = function.__name__.encode()
    code = compiled.library.get_pointer_to_function(entry_name(compiled.fndesc))
    method = _Method(name, code, FASTCALL_WITH_KEYWORDS, None)
    limits = np.array(_limits(kinds), np.int64)
    compared = [item for one, kind in zip(leaves, kinds, strict=True) for item in (_class(one), np.dtype(kind.dtype))]

    def made(other: Callable[..., Any]) -> Callable[..., Any]:
        owner = (other, limits, MEMORY, *compared, method, compiled)  # the last two are kept alive
        call: Callable[..., Any] = _new(ctypes.byref(method), owner, None)
        return call

    return made


@functools.cache
def _layouts_known() -> bool:
    """Whether objects lie in memory as `native_entry` takes them to."""
    known = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
    return known and (WORD, HEAD) == (8, 16) and MEMORY.__basicsize__ == HEAD + WORD


def _numba(one: Array | Scalar) -> Any:
    dtype = numba.from_dtype(np.dtype(one.dtype))
    return numba.types.Array(dtype, len(one.dims), "C") if isinstance(one, Array) else dtype


def _limits(kinds: Sequence[Array | Scalar]) -> list[tuple[int, int, int, int]]:
    """Of axes, and then of whole numbers: the least, the largest, the number of the first of the name, and how much
    larger than that one."""
    sizes: list[Dim | None] = [dim for one in kinds if isinstance(one, Array) for dim in one.dims]
    sizes += [one.extent for one in kinds if isinstance(one, Scalar) and one.dtype == "int64"]
    made = []
    for k, size in enumerate(sizes):
        low, high = (0, None) if size is None else bounds(size)
        name = None if size is None else size.symbol
        first = k if name is None else next(k for k, one in enumerate(sizes) if one is not None and one.symbol == name)
        more = size.offset - sizes[first].offset if name is not None else 0  # type: ignore[union-attr]
        made.append((low, LARGEST if high is None else high, first, more))
    return made


def _class(leaf: Leaf) -> type:
    """Of a value of this leaf, after conversion."""
    if isinstance(leaf.type, Array):
        return np.ndarray
    if leaf.convert == "item" and isinstance(leaf.type, Scalar):
        return np.dtype(leaf.type.dtype).type
    return float if leaf.convert == "float" else leaf.kind


_new = ctypes.pythonapi.PyCFunction_NewEx
_new.argtypes, _new.restype = (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p), ctypes.py_object
