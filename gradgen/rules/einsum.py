"""`np.einsum`: sums of products, said by letters. A contribution to an operand is an einsum of what is left.

An axis has a letter; `...` stands for as many letters as there are axes left. What is written `ij,jk->ik` has the
contributions `ik,jk->ij` and `ij,ik->jk`. Three things are not like that: a letter that an operand has twice (its
contribution lies on a diagonal: `np.eye` puts it there), a letter that nothing else has (the contribution is the same
all along it), and an axis of size 1 that is repeated (it is summed by who takes the contribution).
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradgen.errors import UnsupportedValue
from gradgen.ir import Atom, Dim, Type, common_dtype, dims_of, is_float, with_dims
from gradgen.ir.types import broadcast_dim
from gradgen.rules.reductions import as_array
from gradgen.rules.symbols import Sym, add, apply
from gradgen.rules.table import TAKES_COMPLEX, caller, general

TAKES_COMPLEX.add("einsum")

LETTERS = string.ascii_letters


@dataclass(frozen=True, slots=True)
class Spec:
    """The letters of each operand's axes and of the result's.

    >>> Spec.parse("ij,jk", (2, 2))
    Spec(operands=('ij', 'jk'), result='ik')
    >>> Spec.parse("...ij,jk->...ik", (3, 2))
    Spec(operands=('aij', 'jk'), result='aik')
    >>> print(Spec(("ik", "jk"), "ij"), Spec(("aik", "ajk"), "aij", shared="a"))
    ik,jk->ij ...ik,...jk->...ij
    """

    operands: tuple[str, ...]
    result: str
    shared: str = field(default="", repr=False)  # the letters that `...` stands for

    def __str__(self) -> str:
        """With `...` where all have the same letters for it."""
        text = f"{','.join(self.operands)}->{self.result}"
        everywhere = self.shared and all(self.shared in part for part in (*self.operands, self.result))
        return text.replace(self.shared, "...") if everywhere else text

    @classmethod
    def parse(cls, text: str, ranks: Sequence[int]) -> Spec:
        """The letters for operands with so many axes. Raises UnsupportedValue where NumPy raises."""
        left, arrow, result = text.replace(" ", "").partition("->")
        parts = left.split(",")
        if len(parts) != len(ranks):
            raise UnsupportedValue(f"np.einsum({text!r}) of {len(ranks)} operands", way_out="a part for each operand")
        lengths = [rank - len(part.replace("...", "")) for part, rank in zip(parts, ranks, strict=True)]
        for part, length in zip(parts, lengths, strict=True):
            if length < 0 or (length and "..." not in part) or not _is_letters(part):
                raise UnsupportedValue(
                    f"np.einsum({text!r}): {part!r} does not name the axes of its operand",
                    way_out="a letter for each of them, or `...`",
                )
        free = [letter for letter in LETTERS if letter not in text]
        most = max(lengths)
        shared = "".join(free[:most])
        named = tuple(part.replace("...", shared[most - length :]) for part, length in zip(parts, lengths, strict=True))
        if not arrow:
            once = sorted({letter for letter in left if letter in LETTERS and left.count(letter) == 1})
            result = ("..." if "..." in left else "") + "".join(once)
        elif most and "..." not in result:
            raise UnsupportedValue(f"np.einsum({text!r}): the result has no `...`", way_out="`...` in the result")
        if not _is_letters(result) or not set(result) - {"."} <= set(left) or _repeats(result.replace("...", "")):
            raise UnsupportedValue(f"np.einsum({text!r}): what the result is", way_out="letters of operands, each once")
        return cls(named, result.replace("...", shared), shared)


def _is_letters(text: str) -> bool:
    return text.count("...") <= 1 and all(letter in LETTERS for letter in text.replace("...", ""))


def _repeats(letters: str) -> bool:
    return len(set(letters)) < len(letters)


def dims_by_letter(spec: Spec, types: Sequence[Type]) -> dict[str, Dim]:
    """The size that each letter stands for, of operands broadcast against each other."""
    found: dict[str, Dim] = {}
    for letters, type in zip(spec.operands, types, strict=True):
        for letter, dim in zip(letters, dims_of(type), strict=True):
            found[letter] = broadcast_dim(found[letter], dim) if letter in found else dim
    return found


def _spec(args: Sequence[Any], subscripts: str) -> Spec:
    return Spec.parse(subscripts, [len(dims_of(arg.type)) for arg in args])


def einsum_type(args: tuple[Atom, ...], params: dict[str, Any]) -> Type:
    spec, types = _spec(args, params["subscripts"]), [arg.type for arg in args]
    dims = dims_by_letter(spec, types)
    return with_dims(common_dtype(types)[0], tuple(dims[letter] for letter in spec.result))


def _einsum_tangent(y, args, tangents, *, subscripts):
    total: Any = 0
    for k, tangent in enumerate(tangents):
        if tangent is not None:
            total = add(total, apply("einsum", *args[:k], tangent, *args[k + 1 :], subscripts=subscripts))
    return total


@general("einsum", np.einsum, type=einsum_type, tangent=_einsum_tangent)
def einsum(g, y, *args, subscripts):
    spec = _spec(args, subscripts)
    return tuple(_contribution(g, spec, args, k) if is_float(x.type) else None for k, x in enumerate(args))


def _contribution(g: Sym, spec: Spec, args: tuple[Sym, ...], k: int) -> Sym:
    """To the k-th operand."""
    own, x = spec.operands[k], args[k]
    others = [pair for j, pair in enumerate(zip(spec.operands, args, strict=True)) if j != k]
    terms = [(spec.result, g), *others]
    target = ""
    free = iter(letter for letter in LETTERS if letter not in "".join((*spec.operands, spec.result)))
    for axis, letter in enumerate(own):
        if letter in target:  # on a diagonal
            again, size = next(free), apply("size", x, axis=axis)
            terms.append((letter + again, apply("eye", size, size, dtype=x.dtype)))
            letter = again
        target += letter
    have = dims_by_letter(Spec(tuple(part for part, _ in terms), ""), [term.type for _, term in terms])
    wanted = dict(zip(target, dims_of(x.type), strict=True))
    doubtful = {
        letter
        for letter, want in wanted.items()
        if letter in have and have[letter] != want and not (have[letter].never_one or want.is_one)
    }
    diagonal = {letter for letter in target if own.count(own[target.index(letter)]) > 1}
    for axis, (letter, want) in enumerate(wanted.items()):
        # Of an axis that may be 1 elsewhere, and of all that is missing beside it, the size is said.
        if letter in doubtful - diagonal or (doubtful and letter not in have and not want.is_one):
            terms.append((letter, apply("ones", apply("size", x, axis=axis), dtype=x.dtype)))
            have[letter] = want
    made = contracted(terms, "".join(letter for letter in target if letter in have), spec.shared)
    missing = tuple(axis for axis, letter in enumerate(target) if letter not in have)
    if missing and made.is_array:
        return apply("expand_dims", made, axis=missing)
    return apply("expand", made, x) if missing and len(args) > 1 else made


def contracted(terms: Sequence[tuple[str, Sym]], result: str, shared: str = "") -> Sym:
    """The einsum of these, or what says it better: numbers are factors, and one operand is only turned."""
    factors = [term for letters, term in terms if not letters]
    arrays = [(letters, term) for letters, term in terms if letters]
    if factors:
        first, *rest = [*factors, *([contracted(arrays, result, shared)] if arrays else [])]
        for other in rest:
            first = first * other
        return first
    spec = Spec(tuple(letters for letters, _ in terms), result, shared)
    if len(terms) > 1:
        return apply("einsum", *(term for _, term in terms), subscripts=str(spec))
    return turned(terms[0][0], terms[0][1], spec)


def turned(letters: str, x: Sym, spec: Spec) -> Sym:
    """Of one operand, which gives a view in NumPy where nothing is summed."""
    result = spec.result
    if _repeats(letters):
        first = next(letter for letter in letters if letters.count(letter) > 1)
        axes = [axis for axis, letter in enumerate(letters) if letter == first][:2]
        rest = "".join(letter for axis, letter in enumerate(letters) if axis not in axes)
        params = {"axis1": axes[0], "axis2": axes[1]} if axes != [0, 1] else {}
        return turned(rest + first, apply("diagonal", x, **params), Spec((rest + first,), result))
    if set(letters) != set(result):
        return apply("einsum", x, subscripts=str(spec))
    order = tuple(letters.index(letter) for letter in result)
    return x if order == tuple(range(len(order))) else apply("transpose", x, axes=None if order == (1, 0) else order)


@caller(np.einsum)
def einsum_call(*operands, optimize=False):
    """By a string, or by lists of axes after the operands. `optimize` only says in which order."""
    if operands and isinstance(operands[0], str):
        text, given = operands[0], operands[1:]
    else:
        text, given = _by_lists(operands)
    arrays = [as_array(one) for one in given]
    if not arrays:
        raise UnsupportedValue("np.einsum without operands", way_out="the operands after the letters")
    spec = _spec(arrays, text)
    for letters, x in zip(spec.operands, arrays, strict=True):
        dims: dict[str, Dim] = {}
        for letter, dim in zip(letters, dims_of(x.type), strict=True):
            if dims.setdefault(letter, dim) != dim and (dim.is_one or dims[letter].is_one):
                raise UnsupportedValue(
                    f"np.einsum({text!r}): the diagonal of an operand that is not square", way_out="np.diagonal"
                )
    if len(arrays) == 1 and set(spec.operands[0]) == set(spec.result):
        return turned(spec.operands[0], arrays[0], spec)
    if "" in spec.operands:
        made = contracted(list(zip(spec.operands, arrays, strict=True)), spec.result, spec.shared)
        return made if made.is_array else apply("cast", made, dtype=made.dtype, weak=False)
    return apply("einsum", *arrays, subscripts=text.replace(" ", ""))


def _by_lists(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """`np.einsum(a, [0, 1], b, [1, 2], [0, 2])` as letters and operands."""
    arrays, lists = operands[0:-1:2] if len(operands) % 2 else operands[::2], operands[1::2]
    result = operands[-1] if len(operands) % 2 else None

    named = [axis for axes in lists for axis in axes]
    if result is None:
        once = sorted(axis for axis in named if axis is not Ellipsis and named.count(axis) == 1)
        result = [*([Ellipsis] if Ellipsis in named else []), *once]

    def letters(axes: Any) -> str:
        return "".join("..." if axis is Ellipsis else LETTERS[axis] for axis in axes)

    return f"{','.join(map(letters, lists))}->{letters(result)}", arrays
