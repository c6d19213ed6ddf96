"""NumPy's objects that are called with brackets: `np.r_[x, y]`, `np.c_[x, y]`, `np.mgrid[0:3, 0:4]`, `np.s_[1:3]`.

Steps are whole numbers: a complex one, which counts points, is refused as any slice's is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedSyntax
from gradgen.rules.creation import as_array
from gradgen.rules.selection import standing
from gradgen.rules.shape import at_least, concatenate_call, ravel_call
from gradgen.rules.symbols import Sym, apply, using
from gradgen.stage.rulecalls import from_rule, to_rule
from gradgen.stage.session import Frame
from gradgen.stage.values import Group, Sliced


def bracketed(frame: Frame, known: Any, key: Any) -> Any:
    """`known[key]`, known being one of these objects."""
    parts = key.items if isinstance(key, Group) else (key,)
    if known in (np.s_, np.index_exp):
        return Group(tuple(parts)) if known is np.index_exp else key
    session = frame.session
    with using(session.builder):
        made = BRACKETED[known]([_part(frame, part) for part in parts], isinstance(key, Group))
    return from_rule(session, made, {})


def _part(frame: Frame, part: Any) -> Any:
    """A slice as the numbers that it counts; what else there is as an array."""
    if not isinstance(part, Sliced):
        given = to_rule(frame.session, part, {}, "np.r_")
        if isinstance(given, str):
            raise UnsupportedSyntax(f"{given!r} in the brackets", way_out="np.concatenate or np.stack with an axis")
        made = as_array(given)
        return made if isinstance(made, Sym) else apply("identity", made)
    if part.stop is None:
        raise UnsupportedSyntax("a grid without an end", way_out="np.mgrid[0:n]")
    bounds = (0 if part.start is None else part.start, part.stop, 1 if part.step is None else part.step)
    return apply("arange", *bounds)


def _open_grid(lines: list[Sym], several: bool) -> Any:
    each = tuple(standing(line, axis, len(lines)) for axis, line in enumerate(lines))
    return each if several else each[0]


def _full_grid(lines: list[Sym], several: bool) -> Sym:
    sizes = [apply("size", line, axis=0) for line in lines]
    if not several:
        return lines[0]
    return apply("stack", *(apply("broadcast_to", one, *sizes) for one in _open_grid(lines, True)), axis=0)


def _row(parts: list[Sym], several: bool) -> Sym:
    """One after the other, numbers as vectors of one."""
    return concatenate_call([part if part.ndim else ravel_call(part) for part in parts], 0)


def _columns(parts: list[Sym], several: bool) -> Sym:
    """Side by side, vectors as columns."""
    made = [apply("expand_dims", part, axis=(1,)) if part.ndim == 1 else at_least(2, part) for part in parts]
    return concatenate_call(made, -1)


BRACKETED: dict[Any, Callable[[list[Sym], bool], Any]] = {
    np.r_: _row,
    np.c_: _columns,
    np.mgrid: _full_grid,
    np.ogrid: _open_grid,
}
