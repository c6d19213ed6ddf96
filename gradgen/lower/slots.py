"""Slots of arrays that travel from forward to backward, as slots of numbers.

Inside one function Numba keeps arrays in a list of its own. Handed to the caller, such a list would
become a Python list, and an empty one is of no type when it comes back. So there an array is saved
element by element, and then its sizes; and is taken back in the opposite order.
"""

from __future__ import annotations

from dataclasses import replace

from gradgen.ir import Array, Atom, Function, Load, Open, Save, Scalar, Slot
from gradgen.lower.context import Context, Position_

Parts = tuple[Slot, Slot]  # elements, sizes


class Slots:
    """The slots of a function. `parts`, of the whole program: those that are taken apart."""

    def __init__(self, ctx: Context, parts: dict[Slot, Parts]):
        self.ctx, self.parts = ctx, parts

    def travelling(self, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
        """`slots`, which a function hands out or is handed, with those of arrays taken apart."""
        return tuple(part for slot in slots for part in self._taken_apart(slot))

    def _taken_apart(self, slot: Slot) -> tuple[Slot, ...]:
        if not isinstance(slot.type, Array):
            return (slot,)
        if slot not in self.parts:
            builder = self.ctx.builder
            elements = builder.slot(slot.name, Scalar(slot.type.dtype))
            self.parts[slot] = (
                elements,
                builder.slot(f"{slot.name}_size" if slot.name else "size", Scalar("int64", True)),
            )
        return self.parts[slot]

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
        type = s.target.type
        assert isinstance(type, Array)
        taken = [ctx.builder.load(sizes, ctx.builder.var("", Scalar("int64", True))) for _ in type.dims]
        last = [ctx.whole.sub(size, ctx.whole.constant(1)) for size in reversed(taken)]
        out = ctx.empty(type, taken[::-1], s.target)

        def body(at: Position_, carried: tuple[Atom, ...]) -> tuple[Atom, ...]:
            element = ctx.builder.load(elements, ctx.builder.var("", Scalar(type.dtype)))
            return (ctx.write(carried[0], [ctx.whole.sub(n, i) for n, i in zip(last, at, strict=True)], element),)

        ctx.bind(s.target, ctx.nest(taken[::-1], (out,), body)[0])
