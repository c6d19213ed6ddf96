"""What merging asks of a statement, again and again; of merged loops it is put together, not looked for anew.

So a long function takes time in proportion to its length: each loop is looked at once, however many become one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gradgen.ir import Array, Assign, Atom, Call, Effect, For, ListOf, Scalar, Slot, Statement, Var
from gradgen.ir.known import integer_of
from gradgen.ir.walk import operands, statement_free, statements, targets, within
from gradgen.lower.accesses import Accesses, Memory, accesses, touched
from gradgen.rules.table import RULES

FOLDED = ("add", "mul", "maximum", "minimum", "bitwise_or", "bitwise_and", "where")
SQUARED = 2  # is a product or two


@dataclass
class Facts:
    """read: from before it, and `free`: by what is inside it; touched, changed: arrays, by what they may be, and slots.

    Of a loop: accesses; inits: the arrays that it carries, as they are before it; chain: whether an iteration waits for
    the one before; scatters: whether it stores where an array tells; work: what an iteration computes.
    """

    read: set[Atom]
    free: set[Var]
    made: set[Var]
    touched: set[Var | Slot]
    changed: set[Var | Slot]
    effects: bool
    accesses: Accesses
    has_loops: bool = False
    chain: bool = False
    scatters: bool = False
    work: int = 0
    inits: set[Var] = field(default_factory=set)

    def include(self, other: Facts, later: For, earlier: For, arrays: set[Var], continued: set[Var]) -> None:
        """What is now of the loop `earlier`, as `later` has become a part of it, see `merging._merged`."""
        self.free -= arrays  # `later` carries them, and so does the whole
        self.free |= other.free - self.made
        self.read |= other.read - self.made
        self.inits |= {init for init in arrays if init not in continued}
        self.made -= continued
        self.made |= other.made
        self.touched |= other.touched
        self.changed |= other.changed
        self.has_loops |= other.has_loops
        self.scatters |= other.scatters
        self.work += other.work
        self.accesses.include(other.accesses, later.index, earlier.index)


def facts_of(s: Statement, memory: Memory) -> Facts:
    free = set(statement_free(s))
    touches, changes = touched(s, memory)
    loop = accesses(s, memory) if isinstance(s, For) else Accesses(memory)
    found = Facts({*operands(s), *free}, free, set(targets(s)), touches, changes, has_effects(s), loop)
    if isinstance(s, For):
        found.has_loops = any(isinstance(one, For) for one in s.body.statements)
        found.inits = {init for init in s.inits if isinstance(init, Var) and isinstance(init.type, Array | ListOf)}
        found.chain = _is_chain(s, loop)
        found.scatters = _scatters(s, loop)
        found.work = sum(map(_work, statements(s.body)))
    return found


def hangs(later: Facts, earlier: Facts) -> bool:
    """Whether one must come after the other: it reads what that makes, or one changes what the other touches."""
    if not later.read.isdisjoint(earlier.made):
        return True
    return not (later.changed.isdisjoint(earlier.touched) and earlier.changed.isdisjoint(later.touched))


def has_effects(s: Statement) -> bool:
    return any(isinstance(one, Effect | Call) for one in within(s))


def _is_chain(loop: For, found: Accesses) -> bool:
    """Whether an iteration waits for the one before: for an element, or a number that it does not just add to."""
    for key in found.written:
        forms = {form for place in found.places[key] for form in place if form is not None and form[0] == loop.index}
        if len(forms) > 1:
            return True
    made = {s.target: s for s in loop.body.statements if isinstance(s, Assign)}
    for var, onward in zip(loop.carried, loop.body.yields, strict=True):
        step = made.get(onward) if isinstance(onward, Var) else None
        if isinstance(var.type, Scalar) and not (step is not None and step.op in FOLDED and var in step.args):
            return True
    return False


def _scatters(loop: For, found: Accesses) -> bool:
    told = {s.target for s in statements(loop.body) if isinstance(s, Assign) and s.op == "getitem"}
    forms = (form for key in found.written for place in found.places[key] for form in place)
    return any(form is not None and form[0] in told for form in forms)


def _work(s: Statement) -> int:
    """Of an operation on numbers, by its rule."""
    rule = RULES.get(s.op) if isinstance(s, Assign) else None
    if not isinstance(s, Assign) or rule is None or rule.kind != "elementwise":
        return 0
    return SQUARED if s.op == "pow" and integer_of(s.args[1]) is not None else rule.cost
