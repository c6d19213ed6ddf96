"""While parts of a loop run side by side, the library that multiplies matrices has one thread.

Threads of its own within each part would wait for one another: of a Gaussian mixture in 64 dimensions the gradient took
fourteen times as long on two threads as on one. `threadpoolctl` knows how the libraries are told; it comes with the
extra `parallel`. Where it is missing, parts that multiply matrices are done one after the other.

Does not know which parts these are: `threads.py` reads it from the text.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import llvmlite.binding as llvm

LIMIT = "gradgen_limit_blas"  # int limit(int begins): 1 where the libraries have one thread now
_limits: list[Any] = []  # of the one call that has the threads


@functools.cache
def _controller() -> Any:
    """Of the libraries that are loaded, Numba's among them; none without `threadpoolctl`."""
    try:
        import threadpoolctl
    except ImportError:
        return None
    import scipy.linalg.cython_blas  # noqa: F401 - the library that Numba calls

    return threadpoolctl.ThreadpoolController().select(user_api="blas")


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
def _limit(begins: int) -> int:
    if not begins:
        _limits.pop().restore_original_limits()
    elif _controller() is None:
        return 0
    else:
        _limits.append(_controller().limit(limits=1))
    return 1


def enable() -> None:
    """Machine code refers to the limit by its name."""
    llvm.add_symbol(LIMIT, ctypes.cast(_limit, ctypes.c_void_p).value)
