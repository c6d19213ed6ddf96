"""Slots of arrays and of lists that travel from forward to backward, as slots of numbers.

Inside one function Numba keeps arrays in a list of its own. Handed to the caller, such a list would
become a Python list, and an empty one is of no type when it comes back. So there an array is saved
element by element, and then its sizes; and is taken back in the opposite order. A list of numbers is
saved as the array of its items.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Array, Atom, Function, ListOf, Load, Opaque, Open, Save, Scalar, Slot, Type
from gradgen.lower.context import Context, Position_
from gradgen.lower.lists import packed, unpack, vector

Parts = tuple[Slot, Slot]  # elements, sizes


class Slots:
    """The slots of a function. `parts`, of the whole program: those that are taken apart."""

    def __init__(self, ctx: Context, parts: dict[Slot, Parts]):
        self.ctx, self.parts = ctx, parts

    def travelling(self, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
        """`slots`, which a function hands out or is handed, with those of arrays taken apart."""
        return tuple(part for slot in slots for part in self._taken_apart(slot))

    def _taken_apart(self, slot: Slot) -> tuple[Slot, ...]:
        if isinstance(slot.type, Scalar | Opaque):
            return (slot,)
        if slot not in self.parts:
            builder = self.ctx.builder
            elements = builder.slot(slot.name, Scalar(self._as_array(slot.type).dtype))
            self.parts[slot] = (
                elements,
                builder.slot(f"{slot.name}_size" if slot.name else "size", Scalar("int64", True)),
            )
        return self.parts[slot]

    def _as_array(self, type: Type) -> Array:
        """The type of the array that is saved for a value of `type`."""
        if isinstance(type, Array):
            return type
        assert isinstance(type, ListOf)
        if not isinstance(type.element, Scalar):
            raise self.ctx.refuse("Numba takes no list of lists that grows at run time", "use an array, or jit=False")
        return vector(self.ctx, type.element.dtype)

    def learn(self, function: Function) -> Function:
        """The function with its own slots taken apart, where they travel."""
        return replace(
            function, slots_in=self.travelling(function.slots_in), slots_out=self.travelling(function.slots_out)
        )

    def open(self, s: Open) -> None:
        for slot in self.parts.get(s.slot, (s.slot,)):
            self.ctx.builder.open(slot)

    def save(self, s: Save, value: Atom) -> None:
        ctx = self.ctx
        if s.slot not in self.parts:
            ctx.builder.save(s.slot, value)
            return
        elements, sizes = self.parts[s.slot]
        if isinstance(value.type, ListOf):
            (value,) = packed(ctx, value)
        x = ctx.array(value)

        def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            ctx.builder.save(elements, x.element(at))
            return ()

        ctx.nest(x.sizes(), (), body)
        for size in x.sizes():
            ctx.builder.save(sizes, size)

    def load(self, s: Load) -> None:
        ctx = self.ctx
        if s.slot not in self.parts:
            ctx.builder.append(s)
            return
        elements, sizes = self.parts[s.slot]
        type = self._as_array(s.target.type)
        target = s.target if isinstance(s.target.type, Array) else ctx.builder.var("", type)
        taken = [ctx.builder.load(sizes, ctx.builder.var("", Scalar("int64", True))) for _ in type.dims]
        last = [ctx.whole.sub(size, ctx.whole.constant(1)) for size in reversed(taken)]
        out = ctx.empty(type, taken[::-1], target)

        def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            element = ctx.builder.load(elements, ctx.builder.var("", Scalar(type.dtype)))
            return (ctx.write(carried[0], [ctx.whole.sub(n, i) for n, i in zip(last, at, strict=True)], element),)

        ctx.bind(target, ctx.nest(taken[::-1], (out,), body)[0])
        if target is not s.target:
            unpack(ctx, s.target, [target])
