"""Going over a program statement by statement: which way of lowering each takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradgen.ir import (
    Accumulate,
    Array,
    Assign,
    At,
    Atom,
    Block,
    Call,
    Effect,
    For,
    Function,
    If,
    ListOf,
    Load,
    Open,
    Save,
    Scalar,
    Statement,
    Store,
    Text,
    TupleOf,
    Type,
    Undefined,
    Var,
    While,
    dims_of,
    dtype_of,
)
from gradgen.ir.walk import block_exits, map_statement
from gradgen.lower import (  # noqa: F401  (they enter what they write out)
    diagonals,
    expansions,
    special_functions,
    whole_math,
    windows,
)
from gradgen.lower.assembling import ASSEMBLING
from gradgen.lower.broadcasting import Fitted
from gradgen.lower.composites import written_out
from gradgen.lower.context import Context, Lazy, Position_, array_type, of_array
from gradgen.lower.contraction import einsum, tensordot
from gradgen.lower.elementwise import LAZY, elementwise, operand
from gradgen.lower.fourier import FOURIER
from gradgen.lower.fusion import Readers
from gradgen.lower.identities import is_alias, renamed
from gradgen.lower.linalg import LINALG, several
from gradgen.lower.lists import packed, parameters, unpack
from gradgen.lower.ordering import ORDERING
from gradgen.lower.pairing import paired
from gradgen.lower.products import dot, matmul, rowwise, trace
from gradgen.lower.reductions import REDUCTIONS, extremes
from gradgen.lower.scalars import ARITHMETIC, COMPARISONS, EXPANSIONS, MATH, ROUNDING, Scalars, scalar
from gradgen.lower.selection import read_element, store
from gradgen.lower.signal import SIGNAL
from gradgen.lower.slots import Slots
from gradgen.lower.triangles import dot_by_triangle, triangle_of_dot
from gradgen.rules.table import RULES

OTHERS = ("not", "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")
SAME_NUMBER = ("spread", "expand", "copy", "identity", "held", "squeeze")
PRODUCTS = {
    "matmul": matmul,
    "dot": dot,
    "einsum": einsum,
    "tensordot": tensordot,
    "trace": trace,
    "dot_by_triangle": dot_by_triangle,
    "triangle_of_dot": triangle_of_dot,
}
MAKING: dict[str, Callable[[Context, Assign], Atom]] = {
    **REDUCTIONS,
    **ASSEMBLING,
    **PRODUCTS,
    **LINALG,
    **ORDERING,
    **FOURIER,
    **SIGNAL,
}


def is_elementwise(op: str) -> bool:
    if op in LAZY or op in MAKING:
        return False
    named = any(op in names for names in (EXPANSIONS, ARITHMETIC, COMPARISONS, MATH, ROUNDING, OTHERS))
    return named or (op in RULES and RULES[op].kind == "elementwise")


class Blocks:
    """Lowers the blocks of one function."""

    def __init__(self, ctx: Context, slots: Slots):
        self.ctx, self.slots = ctx, slots
        self.readers: list[Readers] = []

    def function(self, function: Function) -> Function:
        function = self.slots.learn(function)
        with self.ctx.block() as statements:
            if function.role == "backward":
                function = self.received(function)
            yields = self.inside(function.body, (None,) * len(function.body.yields), function.body.yields)
            if function.role == "forward":
                own = len(yields) - function.cached
                cached = tuple(part for atom in yields[own:] for part in packed(self.ctx, atom))
                yields, function = yields[:own] + cached, replace(function, cached=len(cached))
        return replace(function, body=Block(tuple(statements), yields))

    def received(self, function: Function) -> Function:
        """A backward function that makes its cached lists of what travels for them."""
        made: list[Var] = []
        for param in function.params[: function.cached]:
            parts = parameters(self.ctx, param)
            unpack(self.ctx, param, parts)
            made += parts
        return replace(function, params=(*made, *function.params[function.cached :]), cached=len(made))

    def inside(self, block: Block, types: tuple[Type | None, ...], exits: tuple[Atom, ...]) -> tuple[Atom, ...]:
        """Lower a block's statements into the current list; gives what it yields, as `types`."""
        ctx = self.ctx
        block = paired(renamed(written_out(block, ctx), exits), ctx.builder)
        if self.readers:
            ctx.by_rows |= rowwise(block)
        self.readers.append(Readers(block, exits))
        outer, ctx.lazies = ctx.lazies, {}
        for statement in block.statements:
            with ctx.builder.at(statement.origin):
                self.statement(statement)
        yields = tuple(self.coerced(atom, type) for atom, type in zip(block.yields, types, strict=True))
        self.readers.pop()
        ctx.lazies = outer
        return yields

    def coerced(self, atom: Atom, type: Type | None) -> Atom:
        """The atom in memory, a number in the dtype of the variable that it is handed to."""
        if isinstance(atom, Undefined):
            return atom
        value = self.ctx.value(atom)
        if isinstance(type, Scalar) and isinstance(value.type, Scalar):
            return Scalars(self.ctx).cast(value, type.dtype)
        return value

    def statement(self, s: Statement) -> None:
        ctx = self.ctx
        match s:
            case Assign():
                self.assign(replace(s, args=tuple(map(ctx.use, s.args))))
            case Accumulate():
                self.accumulate(s)
            case Store():
                self.settle(s.array)
                ctx.bind(s.target, store(ctx, s))
            case If() | For() | While():
                self.settle()
                self.control(s)
            case Save():
                self.slots.save(s, self.coerced(s.value, s.slot.type))
            case Load():
                self.slots.load(s)
            case Open():
                self.slots.open(s)
            case Effect():
                self.settle()
                self.effect(s)
            case Call():
                raise ctx.refuse("recursion cannot be compiled with jit=True", "use the Python backend: jit=False")

    def settle(self, array: Atom | None = None) -> None:
        """Compute what waits, of all or of what reads `array`: what follows may overwrite what it reads."""
        ctx = self.ctx
        memory = None if array is None else ctx.use(array)
        for var, lazy in list(ctx.lazies.items()):
            is_view = lazy.free and (lazy.make is not None or not lazy.leaves)
            if (
                is_view and lazy.part and memory in lazy.leaves
            ):  # read later as it is now: a copy of the part, not of all
                del ctx.lazies[var]
                ctx.place(var, replace(lazy, make=None, part=False))
            elif not is_view and (memory is None or memory in lazy.leaves):
                ctx.value(var)

    # Assignments

    def assign(self, s: Assign) -> None:
        ctx = self.ctx
        if s.op == "generator":
            way_out = "pass in what is drawn, or use jit=False"
            raise ctx.refuse("Numba makes no random generators, and would draw other numbers", way_out)
        if is_alias(s):
            ctx.env[s.target] = s.args[0]
        elif isinstance(s.target.type, TupleOf):
            ctx.results[s.target] = extremes(ctx, s) if s.op == "extreme" else several(ctx, s)
        elif s.op == "item" and s.args[0] in ctx.results:
            ctx.bind(s.target, ctx.results[s.args[0]][s.param("index")]())
        elif s.op in ("size", "count") and isinstance(s.args[0].type, Array):
            # Sizes are remembered: they keep their own variables.
            array = ctx.array(s.args[0])
            ctx.env[s.target] = array.size(s.param("axis")) if s.op == "size" else ctx.whole.product(array.sizes())
        elif isinstance(s.target.type, Array) and (s.op in LAZY or is_elementwise(s.op)):
            if s.op == "linspace":
                ctx.even.add(s.target)
            self.lazy(s.target, LAZY.get(s.op, elementwise)(ctx, s))
        elif isinstance(s.target.type, Array) or any(isinstance(arg.type, Array) for arg in s.args):
            ctx.bind(s.target, self.made(s))
        elif isinstance(s.target.type, ListOf) and s.op in ASSEMBLING:
            ctx.bind(s.target, ASSEMBLING[s.op](ctx, s))
        elif any(not isinstance(atom.type, Scalar) for atom in (s.target, *s.args)):
            ctx.builder.append(replace(s, args=tuple(map(ctx.value, s.args))))
        else:
            ctx.bind(s.target, self.number(s))

    def number(self, s: Assign) -> Atom:
        """An operation on numbers; reductions of one number are the number."""
        if s.op in REDUCTIONS or s.op in SAME_NUMBER:
            if s.op in ("any", "all", "count_nonzero"):
                return Scalars(self.ctx).cast(Scalars(self.ctx).truth(s.args[0]), dtype_of(s.target.type))
            constant = {"var": 0.0, "std": 0.0, "argmax": 0, "argmin": 0}.get(s.op)
            value = s.args[0] if constant is None else self.ctx.whole.constant(0)
            return Scalars(self.ctx).cast(value, dtype_of(s.target.type))
        return scalar(self.ctx, s)

    def lazy(self, target: Var, lazy: Lazy) -> None:
        ctx, readers = self.ctx, self.readers[-1]
        lazy = replace(lazy, type=array_type(target))
        waits = readers.only_here(target) if lazy.free else readers.may_wait(target, is_elementwise)
        if waits:
            ctx.lazies[target] = lazy
        else:
            ctx.place(target, lazy)

    def made(self, s: Assign) -> Atom:
        """An operation on arrays that is not told by its elements."""
        ctx = self.ctx
        first = s.args[0] if s.args else ctx.whole.constant(0)
        is_array = isinstance(first.type, Array)
        if is_array and s.op == "getitem":
            return read_element(ctx, s)
        if (s.op in MAKING and is_array) or s.op in ASSEMBLING or s.op in SIGNAL:
            return MAKING[s.op](ctx, s)
        if s.op in ("spread", "expand") and isinstance(s.target.type, Scalar):
            return s.args[0]
        if isinstance(s.target.type, Scalar) and (s.op in ("cast", "squeeze", "copy") or is_elementwise(s.op)):
            return self.single(s)
        return ctx.builder.emit(
            s.op, *map(ctx.value, s.args), type=s.target.type, spelling=s.spelling, **dict(s.params)
        )

    def single(self, s: Assign) -> Atom:
        """A number from arrays of one element: `float(x)`."""
        return self.number(replace(s, args=tuple(map(self.only_element, s.args))))

    def only_element(self, atom: Atom) -> Atom:
        ctx, array = self.ctx, self.ctx.array(atom)
        one = ctx.whole.constant(1)
        for axis, dim in enumerate(array.type.dims):
            if not dim.is_one:
                several = ctx.whole.compare("ne", array.size(axis), one)
                ctx.require(several, "TypeError", "only an array of one element is a number")
        return array.element([ctx.whole.constant(0)] * array.type.ndim)

    def accumulate(self, s: Accumulate) -> None:
        """prior + value: in place where prior is an array in memory of the full shape, else as a sum."""
        ctx = self.ctx
        prior, value, type = ctx.use(s.prior), ctx.use(s.value), s.target.type
        if isinstance(type, ListOf):
            ctx.bind(s.target, self.added_lists(prior, ctx.value(value), type))
        elif isinstance(type, Scalar):
            ctx.bind(s.target, Scalars(ctx).apply("add", (prior, value), type, {}))
        elif prior in ctx.lazies or not _covers(prior.type, type) or self.reads(value, prior):
            self.lazy(s.target, elementwise(ctx, Assign(s.target, "add", (prior, value))))
        else:
            self.settle(prior)
            ctx.bind(s.target, self.added(prior, value, of_array(type)))

    def reads(self, value: Atom, array: Atom) -> bool:
        return isinstance(value.type, Array) and array in self.ctx.array(value).leaves

    def added(self, prior: Atom, value: Atom, type: Array) -> Atom:
        ctx = self.ctx
        array = ctx.array(prior)
        fitted = Fitted(ctx, operand(ctx, value), type.dims, array.size)

        def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return (ctx.write(carried[0], at, fitted.element(at), "add"),)

        return ctx.nest(array.sizes(), (prior,), body)[0]

    def added_lists(self, prior: Atom, value: Atom, type: ListOf) -> Atom:
        """Item by item."""
        ctx = self.ctx
        length = ctx.builder.emit("length", prior, type=Scalar("int64", True))
        element = type.element

        def body(i: Var, carried: tuple[Var, ...]) -> tuple[Atom, ...]:
            a, b = (ctx.builder.emit("item", items, i, type=element) for items in (carried[0], value))
            if isinstance(element, Array):
                target = ctx.builder.var("", element)
                total: Atom = ctx.make(elementwise(ctx, Assign(target, "add", (a, b))))
            else:
                assert isinstance(element, Scalar)
                total = Scalars(ctx).apply("add", (a, b), element, {})
            return (ctx.builder.store(carried[0], (At(0),), (i,), total),)

        return ctx.loop(ctx.whole.constant(0), length, (prior,), body)[0]

    # Control flow

    def control(self, s: If | For | While) -> None:
        ctx = self.ctx
        wanted = tuple(var.type for var in (s.results if isinstance(s, If) else s.carried))
        if not isinstance(s, If):
            inits = tuple(self.coerced(init, type) for init, type in zip(s.inits, wanted, strict=True))
            s = replace(s, inits=inits)

        def inner(block: Block) -> Block:
            types: tuple[Type | None, ...] = wanted
            if isinstance(s, While) and block is s.test:
                types = (None,) * len(block.yields)
            with ctx.block() as statements:
                yields = self.inside(block, types, block_exits(s, block))
            return Block(tuple(statements), yields)

        ctx.builder.append(map_statement(s, ctx.use, inner))

    def effect(self, s: Effect) -> None:
        ctx = self.ctx
        args = tuple(self.message(arg, s.kind) for arg in s.args)
        if s.kind == "print" and any(value != {"sep": " ", "end": "\n"}.get(name) for name, value in s.params):
            raise ctx.refuse("Numba's print takes neither sep nor end", "leave them out, or use jit=False")
        ctx.builder.append(replace(s, args=args, test=s.test and ctx.value(s.test), params=()))

    def message(self, arg: Atom | str | Text, kind: str) -> Atom | str:
        """Numba formats no text: what an exception says keeps its braces, what is printed is refused."""
        if not isinstance(arg, Text):
            return arg if isinstance(arg, str) else self.ctx.value(arg)
        if kind == "print":
            way_out = "print the values themselves, or use jit=False"
            raise self.ctx.refuse("an f-string cannot be compiled: Numba formats no text", way_out)
        return "".join(part if isinstance(part, str) else "{...}" for part in arg.parts)


def _covers(have: Type, want: Type) -> bool:
    """Whether an array of type `have` has the full shape of `want`."""
    a, b = dims_of(have), dims_of(want)
    return len(a) == len(b) and all(x == y or x.never_one for x, y in zip(a, b, strict=True))
