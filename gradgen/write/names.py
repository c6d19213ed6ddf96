"""Names: which variables share one in the text, and what each is called.

The representation gives every version of a value its own variable. In the text, versions share a name
where no two of them are needed at once: first those that hand a value on to one another (a loop's
carried values, a branch's results, an array and its updated version), so that no copies are printed,
then all that the user called the same. Where two are needed at once, the later one is counted: `h`, `h_2`.

An adjoint is `d` and the name of its value. An unnamed value is called after its operation and its
operand: `exp_y`, `sum_x`, `prod`. The user's names come first, and nothing generated takes one.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator

from gradgen.analyse.alias import Ownership
from gradgen.analyse.liveness import LIST_UPDATES, Flow
from gradgen.ir import (
    Accumulate,
    Assign,
    At,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Load,
    Save,
    Scalar,
    Slot,
    Statement,
    Store,
    TupleOf,
    Var,
    While,
    is_integer,
)
from gradgen.ir.walk import blocks, statements, targets, uses
from gradgen.write.fold import Folds

USER, ADJOINT, GENERATED = 0, 1, 2

SHORT = {
    "add": "total", "sum": "total", "sub": "diff", "mul": "prod", "div": "quot", "pow": "power", "matmul": "prod",
    "dot": "prod",
    "dot_by_triangle": "prod",
    "triangle_of_dot": "prod",
    "getitem": "item", "item": "item", "size": "n", "count": "n", "length": "n", "where": "choice",
    "maximum": "larger", "minimum": "smaller", "sigmoid": "sig", "lt": "less", "le": "less", "gt": "greater",
    "ge": "greater", "eq": "equal", "ne": "differs", "not": "negation", "and": "both", "or": "either",
    "zeros": "zeros", "zeros_like": "zeros", "empty": "out", "full": "filled", "list": "items", "append": "items",
    "cast": "value", "copy": "copy", "asarray": "array", "spread": "spread", "expand": "full", "identity": "value",
    "square": "sqr", "argsort": "order", "argpartition": "order", "take_along_axis": "taken",
    "nonzero": "places", "unique_index": "first", "unique_inverse": "inverse", "unique_counts": "counts",
    "bitwise_or": "either", "bitwise_and": "both", "cummax": "highest", "cummin": "lowest", "bincount": "counts",
    "searchsorted": "place", "digitize": "bins", "choose": "choice",
    "reshape": "shaped", "broadcast_to": "full", "floordiv": "quot", "mod": "rest", "abs": "abs",
}  # fmt: skip
RESULTS = {
    "eigh": ("eigenvalues", "eigenvectors"), "eig": ("eigenvalues", "eigenvectors"), "svd": ("U", "S", "Vh"),
    "qr": ("Q", "R"), "slogdet": ("sign", "logdet"),
}  # fmt: skip
PREFIXED = ("size", "count", "length")  # called n_x


class Namer:
    """Names the variables of one function after another, so that a value has one name in all of them."""

    def __init__(self, reserved: Iterable[str] = (), user_names: Iterable[str] = ()):
        self.reserved = set(reserved) | set(keyword.kwlist)
        self.user_names = set(user_names)
        self.known: dict[Var, str] = {}
        self.definitions: dict[Var, Assign] = {}
        self.results: dict[Var, str] = {}  # unnamed results, called as the function is
        self.saved: dict[Slot, Var] = {}
        self.loaded: dict[Var, Slot] = {}
        self.stored: dict[Var, Store] = {}  # unnamed values, by the element that they become
        self.totals: set[Var] = set()  # what loops sum up
        self.indices: dict[Var, str] = {}  # the letters of loops that the text makes
        self.not_indices: set[str] = set()  # what the user calls values that are no integers

    def learn(self, function: Function) -> None:
        """Note what the function's unnamed variables are, so that they can be called after it."""
        for s in statements(function.body):
            self.not_indices.update(var.name for var in targets(s) if not is_integer(var.type))
            match s:
                case Assign():
                    self.definitions.setdefault(s.target, s)
                case Save(value=Var() as value):
                    self.saved.setdefault(s.slot, value)
                case Load():
                    self.loaded.setdefault(s.target, s.slot)
                case Store(value=Var() as value, mode="set"):
                    self.stored.setdefault(value, s)
                case For():
                    self._follow_table(s)
                    self._note_totals(s)
        for index, depth in _loop_depths(function).items():
            if not index.name:
                self.indices[index] = _letter(depth)
        count = len(function.body.yields) - (function.cached if function.role == "forward" else 0)
        base = re.sub("_(forward|value_and_grad|grad)$", "", function.name)
        if function.role != "backward" and base.isidentifier():
            for atom in function.body.yields[:count]:
                if isinstance(atom, Var) and not atom.name and atom.of is None:
                    self.results.setdefault(atom, base)

    def _follow_table(self, loop: For) -> None:
        """An array that loops fill with what backward needs is called after that in all of them."""
        for init, *versions in zip(loop.inits, loop.carried, loop.results, strict=True):
            made = self.definitions.get(init) if isinstance(init, Var) else None
            if made is not None and made.param("saves") is not None:
                self.definitions.update(dict.fromkeys(versions, made))

    def _note_totals(self, loop: For) -> None:
        made = {s.target: s for s in loop.body.statements if isinstance(s, Assign)}
        for var, onward, result in zip(loop.carried, loop.body.yields, loop.results, strict=True):
            step = made.get(onward) if isinstance(onward, Var) else None
            if step is not None and step.op == "add" and var in step.args and isinstance(var.type, Scalar):
                self.totals.update((var, result))

    def name(
        self, function: Function, flow: Flow, folds: Folds, owned: Ownership, taken: Iterable[str] = ()
    ) -> tuple[dict[Var, str], dict[Slot, str]]:
        """The names of the variables and slots of `function`; `taken` are names that the function has beside them."""
        classes = _Classes(self, function, flow)
        for a, b in _affinities(function, folds, owned):
            classes.join(a, b)
        classes.join_by_name()
        used = set(taken) | self.reserved
        names: dict[Var, str] = {}
        for group in classes.in_order():
            text = _fresh(group.text, used if group.kind == USER else used | self.user_names | _FORBIDDEN)
            used.add(text)
            for var in flow.members(group.members):
                names[var] = text
        slots: dict[Slot, str] = {}
        for slot in _slots(function):
            value = self.saved.get(slot)
            text = slot.name or (self.wish(value)[1] if value is not None else "")
            slots[slot] = _fresh(_plural(text), used | self.user_names | _FORBIDDEN)
            used |= {slots[slot], f"{slots[slot]}_count"}
        for var, text in names.items():
            self.known.setdefault(var, text)
        return names, slots

    # What a variable would be called

    def wish(self, var: Var, depth: int = 0) -> tuple[int, str]:
        kind = USER if var.name else ADJOINT if var.of is not None and (var.of.name or var.of.of) else GENERATED
        if self.known.get(var):
            return kind, self.known[var]
        if var.name:
            return kind, var.name
        if var.of is not None:
            return kind, "d" + self.wish(var.of, depth)[1]
        slot = self.loaded.get(var)
        if slot in self.saved and depth < 3:
            return kind, self.wish(self.saved[slot], depth + 1)[1]
        return kind, self.results.get(var) or self.describe(var, depth)

    def describe(self, var: Var, depth: int = 0) -> str:
        made = self.definitions.get(var)
        element = self._element(var, depth)
        if element:
            return element
        if var in self.totals:
            return "total"
        if made is None or depth > 2:
            return "value" if made is None else SHORT.get(made.op, made.op)
        if made.op == "empty" and made.param("saves") is not None:
            return _plural(self.wish(made.param("saves"), depth + 1)[1])
        short = SHORT.get(made.op, made.op)
        operand = self._named(made.args[0], depth) if made.args else ""
        if made.op == "item" and isinstance(made.args[0].type, TupleOf):
            return self._result(made.args[0], made.param("index"))
        if made.op in ("getitem", "item") and operand:
            index = made.param("index", (At(0),))
            suffix = self._index(index if isinstance(index, tuple) else (index,), made.args[1:])
            return f"{operand}_{suffix}" if suffix else f"{operand}_item"
        if made.op in ("cast", "copy", "identity", "spread", "expand", "reshape") and operand:
            return operand
        if len(made.args) == 1 or made.op in PREFIXED or made.params:
            return f"{short}_{operand}" if operand else short
        return short

    def _element(self, var: Var, depth: int) -> str:
        """`dx_i` of what is stored in `dx[i]`, unless it says itself what it is."""
        store, made = self.stored.get(var), self.definitions.get(var)
        if store is None or depth > 1 or (made is not None and made.op not in ("add", "sub", "mul", "div", "neg")):
            return ""
        array = self._named(store.array, depth)
        suffix = self._index(store.index, store.operands) if array else ""
        return f"{array}_{suffix}" if suffix else ""

    def _result(self, several: Atom, index: int) -> str:
        made = self.definitions.get(several)  # type: ignore[arg-type]
        return RESULTS[made.op][index] if made is not None and made.op in RESULTS else f"part_{index}"

    def _named(self, atom: Atom, depth: int) -> str:
        """The name of a named operand, "" for any other."""
        if not isinstance(atom, Var):
            return ""
        kind, text = self.wish(atom, depth + 1)
        return text if kind != GENERATED else ""

    def _index(self, index: tuple, operands: tuple[Atom, ...]) -> str:
        """`i`, `0_j`: the index where it is simple, "" else."""
        parts = []
        for entry in index:
            if isinstance(entry, At):
                atom = operands[entry.operand]
                entry = atom.value if isinstance(atom, Const) else self.indices.get(atom) or self._named(atom, 2)  # type: ignore[arg-type]
            if isinstance(entry, int) and not isinstance(entry, bool):
                parts.append(str(entry) if entry >= 0 else "last" if entry == -1 else f"m{-entry}")
            elif isinstance(entry, str) and entry:
                parts.append(entry)
            else:
                return ""
        return "_".join(parts)


_FORBIDDEN = {name for name in dir(builtins) if not name.startswith("_")} | {"np", "math", "numpy", "special", "cache"}


def _fresh(text: str, used: Iterable[str]) -> str:
    """`text`, or `text_2`, `text_3`, ... where that is taken."""
    text = text if text.isidentifier() else "value"
    if text not in used:
        return text
    k = 2
    while f"{text}_{k}" in used:
        k += 1
    return f"{text}_{k}"


def _plural(name: str) -> str:
    """The name of a list of such values.

    >>> _plural("x"), _plural("s"), _plural("exp_x")
    ('xs', 'saved_s', 'saved_exp_x')
    """
    if not name:
        return "saved"
    return f"{name}s" if name.isalnum() and not name.endswith("s") else f"saved_{name}"


def _slots(function: Function) -> list[Slot]:
    found: dict[Slot, None] = dict.fromkeys(function.slots_in)
    for s in statements(function.body):
        if hasattr(s, "slot"):
            found.setdefault(s.slot)
    return list(found)


class _Group:
    """Variables that share a name."""

    __slots__ = ("kind", "members", "text")

    def __init__(self, kind: int, text: str, members: int):
        self.kind, self.text, self.members = kind, text, members


class _Classes:
    """Variables joined into groups of one name, as far as interference allows."""

    def __init__(self, namer: Namer, function: Function, flow: Flow):
        self.flow = flow
        self.group: dict[Var, _Group] = {}
        self.conflicts: dict[_Group, int] = {}
        params = flow.bits(function.params)
        depth, read = _loop_depths(function), uses(function)
        self.indices, self.loaded = frozenset(depth), frozenset(namer.loaded)
        for var in flow.variables:
            kind, text = namer.wish(var)
            if var in depth and (kind == GENERATED or text in namer.not_indices or (text == "_" and read[var])):
                # In `for row in x` the user's name is the item's; `_` is for what nobody reads.
                kind = GENERATED
                text = _letter(depth[var])
            own = flow.bits((var,))
            group = self.group[var] = _Group(kind, text, own)
            self.conflicts[group] = flow.conflicts[flow.number[var]] | (params & ~own if params & own else 0)

    def join(self, a: Var, b: Var) -> bool:
        if a not in self.group or b not in self.group:
            return False
        one, other = self.group[a], self.group[b]
        named = one.kind != GENERATED and other.kind != GENERATED
        if (
            one is other
            or (named and (one.kind, one.text) != (other.kind, other.text))
            or self.conflicts[one] & other.members
            or self.conflicts[other] & one.members
        ):
            return False
        best, rest = (
            (one, other)
            if (one.kind, one.members & -one.members) <= (other.kind, other.members & -other.members)
            else (other, one)
        )
        if best.kind == GENERATED and best.text in ("value", "trips", "total"):
            best.text = rest.text  # the more telling of two
        best.members |= rest.members
        self.conflicts[best] |= self.conflicts.pop(rest)
        for var in self.flow.members(rest.members):
            self.group[var] = best
        return True

    def join_by_name(self) -> None:
        """All that is called the same shares a name where it can."""
        by_text: dict[str, list[Var]] = {}
        for var in self.flow.variables:
            group = self.group[var]
            if group.kind == GENERATED and not (var in self.indices or "_" in group.text or var in self.loaded):
                continue  # `prod` says too little to stand for several values
            heads = by_text.setdefault(group.text, [])
            if not any(self.group[head] is group or self.join(head, var) for head in heads):
                heads.append(var)

    def in_order(self) -> Iterator[_Group]:
        groups = {id(group): group for group in self.group.values()}.values()
        return iter(sorted(groups, key=lambda g: (g.kind, g.members & -g.members)))


def _letter(depth: int) -> str:
    return "ijklmn"[min(depth, 5)]


def _loop_depths(function: Function) -> dict[Var, int]:
    """The index variables of loops, by how many loops are around them in the text; a part is a function of its own, and
    its loop begins with the index."""
    depths: dict[Var, int] = {}

    def visit(block: Block, depth: int, is_part: bool = False) -> None:
        for s in block.statements:
            if isinstance(s, For):
                depths[targets(s.body.statements[0])[0] if is_part else s.index] = depth
            for inner in blocks(s):
                is_parallel = isinstance(s, For) and s.parallel
                visit(inner, depth + (isinstance(s, For | While) and not is_parallel), is_parallel)

    visit(function.body, 0)
    return depths


def _affinities(function: Function, folds: Folds, owned: Ownership) -> Iterator[tuple[Var, Var]]:
    """Pairs that should share a name, the most important first: updates, then results, then what is handed over."""
    written = [s for s in statements(function.body) if folds.is_written(s)]
    for s in written:
        prior = updated(s)
        if isinstance(s, Accumulate) and (prior in function.params or _is_other_adjoint(prior, s.target)):
            continue
        if isinstance(prior, Var) and isinstance(s, Accumulate | Store | Assign):
            yield s.target, prior
    for rank in range(3):
        for s in written:
            yield from ((a, b) for a, b in _handed_over(s, rank) if isinstance(b, Var))


def _is_other_adjoint(prior: Atom | None, target: Var) -> bool:
    """`dy`, of the user's `y`, does not become the adjoint of something that has no name."""
    if not isinstance(prior, Var) or prior.of is None or target.of is None:
        return False
    return bool(prior.of.name) and prior.of.name != target.of.name


def updated(s: Statement) -> Atom | None:
    """What the statement makes a new version of."""
    match s:
        case Store():
            return s.array
        case Accumulate():
            return s.prior
        case Assign() if s.op in LIST_UPDATES:
            return s.args[0]
    return None


def _handed_over(s: Statement, rank: int) -> Iterator[tuple[Var, Atom]]:
    match s:
        case For() | While():
            sources: tuple[tuple[Atom, ...], ...] = (s.results, s.body.yields, s.inits)
            yield from zip(s.carried, sources[rank], strict=True)
        case If() if rank:
            yield from zip(s.results, (s.then, s.orelse)[rank - 1].yields, strict=True)
