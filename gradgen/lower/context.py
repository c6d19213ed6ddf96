"""What all parts of lowering share: where values are, how large arrays are, and how loops are made.

`Lazy` is the heart: an array that is given by its sizes and by the scalar statements that compute one
element. A chain of elementwise operations is a Lazy that reads Lazies; whoever consumes it (a store, a
reduction) makes the loop, and no array is made between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from gradgen.errors import Position, UnsupportedSyntax
from gradgen.ir import (
    INT,
    NEW_AXIS,
    Array,
    At,
    Atom,
    Block,
    Const,
    Dim,
    Effect,
    For,
    If,
    Scalar,
    Slice,
    Statement,
    Type,
    Var,
    dims_of,
    dtype_of,
)
from gradgen.ir.walk import map_statement, targets
from gradgen.lower.numbers import Whole
from gradgen.rules.build import Builder

Position_ = Sequence[Atom]


@dataclass(frozen=True, eq=False)
class Lazy:
    """An array by its elements.

    `free`: reading an element costs no more than the reading, so that it may be read often. `leaves`:
    the arrays in memory that it reads. `make`: a better way to have the array than a loop over its
    elements, such as a view or a call of NumPy. `signed`: a position may be negative, counting from the end.
    `part`: a part of an array in memory, which need not lie there row after row.
    """

    type: Array
    size: Callable[[int], Atom]
    element: Callable[[Position_], Atom]
    free: bool = False
    leaves: frozenset[Var] = frozenset()
    make: Callable[[], Atom] | None = None
    signed: bool = False
    part: bool = False

    def sizes(self) -> list[Atom]:
        return [self.size(axis) for axis in range(self.type.ndim)]


class Context:
    """The state of one program's lowering."""

    def __init__(self, builder: Builder):
        self.builder = builder
        self.first = builder.next_version  # variables of the program itself have lower versions
        self.whole = Whole(builder)
        self.env: dict[Var, Atom] = {}
        self.lazies: dict[Var, Lazy] = {}
        self.contiguous: set[Var] = set()  # arrays known to lie in memory row after row
        self.parts: set[Atom] = set()  # views of parts of arrays
        self.even: set[Atom] = set()  # vectors of evenly spaced numbers
        self.transposes: dict[Atom, Var] = {}  # views that are another array's transpose
        self.by_rows: set[Var] = set()  # products that are made with something else of each row
        self.scopes: list[dict[Any, Any]] = [{}]
        self.results: dict[Atom, list[Callable[[], Atom]]] = {}  # of operations with several, how to have each

    # Values

    def use(self, atom: Atom) -> Atom:
        while isinstance(atom, Var) and atom in self.env:
            atom = self.env[atom]
        return atom

    def array(self, atom: Atom) -> Lazy:
        """The elements of an array, be it in memory or not; a number is an array without dimensions."""
        atom = self.use(atom)
        if isinstance(atom.type, Scalar):
            return Lazy(Array(atom.type.dtype, ()), lambda axis: atom, lambda at: atom, True)
        assert isinstance(atom, Var)
        if atom in self.lazies:
            return self.lazies[atom]
        var = atom
        return Lazy(
            array_type(atom),
            lambda axis: self.size(var, axis),
            lambda at: self.read(var, at),
            True,
            frozenset((var,)),
            signed=True,
        )

    def leaf(self, atom: Atom) -> Var | None:
        """The array, if it is in memory already."""
        atom = self.use(atom)
        return atom if isinstance(atom, Var) and atom not in self.lazies else None

    def value(self, atom: Atom) -> Atom:
        """The atom, in memory."""
        atom = self.use(atom)
        if atom in self.lazies:
            assert isinstance(atom, Var)
            self.place(atom, self.lazies.pop(atom))
        return self.use(atom)

    def place(self, target: Var, lazy: Lazy) -> None:
        """Have `target` in memory. What the elements are read from, it may be itself: that keeps its variable."""
        made = self.make(lazy, target)
        if made in lazy.leaves:
            self.env[target] = made
        else:
            self.bind(target, made)
        if lazy.part:
            self.parts.add(self.use(target))

    def bind(self, target: Var, atom: Atom) -> None:
        """Let `target` be what `atom` is, under its own name where the last statement has just made it for it."""
        made = self.builder.statements[-1] if self.builder.statements else None
        if made is None or not isinstance(atom, Var) or atom.version < self.first or atom not in targets(made):
            self.env[target] = atom
            return
        self.builder.statements[-1] = rename_target(made, atom, target)
        if atom in self.contiguous:
            self.contiguous.add(target)
        if atom in self.transposes:
            self.transposes[target] = self.transposes[atom]

    def make(self, lazy: Lazy, like: Var | None = None) -> Atom:
        """The array in memory, named as `like`."""
        if lazy.make is not None:
            return lazy.make()
        sizes = lazy.sizes()
        out = self.empty(lazy.type, sizes, like)
        return self.nest(sizes, (out,), lambda at, carried: (self.write(carried[0], at, lazy.element(at)),))[0]

    def empty(self, type: Array, sizes: Sequence[Atom], like: Var | None = None) -> Var:
        name, of = (like.name, like.of) if like is not None else ("", None)
        out = self.builder.emit("empty", *sizes, type=type, name=name, of=of, dtype=type.dtype)
        self.contiguous.add(out)
        return out

    def read(self, array: Atom, at: Position_) -> Atom:
        """array[at], one element."""
        index, operands = index_of(at)
        return self.builder.emit("getitem", array, *operands, type=Scalar(dtype_of(array.type)), index=index)

    def write(self, array: Atom, at: Position_, value: Atom, mode: str = "set") -> Var:
        """A new version of `array` with one element stored."""
        index, operands = index_of(at)
        out = self.builder.store(array, index, operands, value, mode)
        if array in self.contiguous:
            self.contiguous.add(out)
        return out

    # Sizes

    def remembered(self, key: Any, compute: Callable[[], Any]) -> Any:
        """What `compute` gives, computed once in this block and those inside it."""
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        result = self.scopes[-1][key] = compute()
        return result

    def size(self, array: Var, axis: int) -> Atom:
        dim = array_type(array).dims[axis]
        return self.size_of(dim, lambda: self.builder.emit("size", array, type=Scalar("int64", True, dim), axis=axis))

    def size_of(self, dim: Dim, compute: Callable[[], Atom]) -> Atom:
        """The size of a dimension: what is known of it, or else what `compute` gives."""
        if dim.constant is not None:
            return self.whole.constant(dim.constant)
        return self.remembered(dim, compute)

    def equate(self, dim: Dim, size: Atom) -> None:
        """From here on `dim` is known to be `size`: it has been checked."""
        self.scopes[-1][dim] = size

    def require(self, fails: Atom, error: str, message: str) -> None:
        """Raise where `fails` holds when the text runs."""
        with self.block() as statements:
            self.builder.append(Effect("raise", (message,), name=error, origin=self.builder.origin))
        self.builder.append(If(fails, Block(tuple(statements)), Block(()), (), self.builder.origin))

    # Control flow

    @contextmanager
    def block(self) -> Iterator[list[Statement]]:
        self.scopes.append({})
        try:
            with self.builder.collect() as statements:
                yield statements
        finally:
            self.scopes.pop()

    def loop(
        self,
        start: Atom,
        stop: Atom,
        inits: Sequence[Atom],
        body: Callable[[Var, tuple[Var, ...]], Sequence[Atom]],
        step: int | Atom = 1,
    ) -> tuple[Var, ...]:
        """`for i in range(start, stop, step)`: `body` gives the next values of what is carried."""
        index = self.builder.var("", INT)
        carried = tuple(self.again(init) for init in inits)
        with self.block() as statements:
            yields = tuple(body(index, carried))
        results = tuple(self.again(init) for init in inits)
        inner = Block(tuple(statements), yields)
        self.builder.append(
            For(
                index,
                start,
                stop,
                self.whole.constant(step) if isinstance(step, int) else step,
                carried,
                tuple(inits),
                inner,
                results,
                origin=self.builder.origin,
            )
        )
        return results

    def again(self, atom: Atom) -> Var:
        """Another variable for what `atom` becomes."""
        name, of = (atom.name, atom.of) if isinstance(atom, Var) else ("", None)
        var = self.builder.var(name, without_extent(atom.type), of)
        if atom in self.contiguous:
            self.contiguous.add(var)
        return var

    def nest(
        self,
        sizes: Sequence[Atom],
        inits: Sequence[Atom],
        body: Callable[[Position_, tuple[Atom, ...]], Sequence[Atom]],
    ) -> tuple[Atom, ...]:
        """A loop for each size, the last one inmost; none for a size that is known to be 1."""

        def level(at: tuple[Atom, ...], values: Sequence[Atom]) -> tuple[Atom, ...]:
            if len(at) == len(sizes):
                return tuple(body(at, tuple(values)))
            size = sizes[len(at)]
            if self.whole.known(size) == 1:
                return level((*at, self.whole.constant(0)), values)
            return self.loop(self.whole.constant(0), size, values, lambda i, carried: level((*at, i), carried))

        return level((), inits)

    def branch(
        self,
        test: Atom,
        types: Sequence[Type],
        then: Callable[[], Sequence[Atom]],
        orelse: Callable[[], Sequence[Atom]],
    ):
        """`if test: ... else: ...`, each side giving values of these types."""
        sides = []
        for side in (then, orelse):
            with self.block() as statements:
                yields = tuple(side())
            sides.append(Block(tuple(statements), yields))
        results = tuple(self.builder.var("", type) for type in types)
        self.builder.append(If(test, sides[0], sides[1], results, self.builder.origin))
        return results

    def refuse(self, message: str, way_out: str) -> UnsupportedSyntax:
        origin = self.builder.origin
        position = None if origin is None else Position(origin.filename, origin.line, origin.column, origin.text)
        return UnsupportedSyntax(message, position, way_out)


def rename_target(statement: Statement, old: Var, new: Var) -> Statement:
    return map_statement(statement, lambda atom: atom, lambda block: block, lambda var: new if var == old else var)


def without_extent(type: Type) -> Type:
    return Scalar(type.dtype, type.weak) if isinstance(type, Scalar) and type.extent is not None else type


def index_of(at: Position_) -> tuple[tuple, tuple[Atom, ...]]:
    """The index of one element: numbers where they are known, operands else."""
    operands = tuple(atom for atom in at if not isinstance(atom, Const))
    places = iter(range(len(operands)))
    return tuple(atom.value if isinstance(atom, Const) else At(next(places)) for atom in at), operands


def array_type(atom: Atom) -> Array:
    return of_array(atom.type)


def of_array(type: Type) -> Array:
    assert isinstance(type, Array), type
    return type


def always(atom: Atom) -> Callable[[], Atom]:
    return lambda: atom


def same_dims(a: Var, b: Var) -> bool:
    """Whether both have the same shape, so that neither is repeated towards the other.

    >>> from gradgen.ir import ONE, Dim
    >>> n = Dim("x.0", many=True)
    >>> x, y, z = (Var("", k, Array("float64", dims)) for k, dims in enumerate([(n, n), (n, n), (n, ONE)]))
    >>> same_dims(x, y), same_dims(z, x)
    (True, False)
    """
    have, want = dims_of(a.type), dims_of(b.type)
    return len(have) == len(want) and all(h == w or h.never_one for h, w in zip(have, want, strict=True))


def new_axis_view(ctx: Context, array: Var, axes: Sequence[int], type: Array) -> Var:
    """`array` with axes of size 1 put in, as a view."""
    index = tuple(NEW_AXIS if axis in axes else Slice(None, None, None) for axis in range(type.ndim))
    return ctx.builder.emit("getitem", array, type=type, index=index)
