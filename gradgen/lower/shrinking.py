"""Arrays of which each iteration uses a part of its own shrink to that part: `t[i, j]` to `t[j]`, `t[i]` to a number.

>>> from gradgen.ir import INT, Array, Assign, At, Block, Const, Dim, For, Function, Program, Scalar, Store, Var, show
>>> number, vector = Scalar("float64"), Array("float64", (Dim("n"),))
>>> x, n, i, j = Var("x", 0, vector), Var("n", 1, INT), Var("i", 2, INT), Var("j", 3, INT)
>>> t0, t1, t2, t3, t4, t5 = (Var("t", k, vector) for k in range(4, 10))
>>> s0, s1, s2, a, b = (Var("s", k, number) for k in range(10, 15))
>>> zero, one, index = Const(0, INT), Const(1, INT), (("index", (At(0),)),)
>>> add = Block((Assign(a, "getitem", (x, j), index), Store(t3, t2, (At(0),), (i,), a, "add")), (t3,))
>>> body = Block((For(j, zero, n, one, (t2,), (t1,), add, (t4,)), Assign(b, "getitem", (t4, i), index),
...               Assign(s1, "mul", (s0, b))), (t4, s1))
>>> outer = For(i, zero, n, one, (t1, s0), (t0, Const(1.0, number)), body, (t5, s2))
>>> size = (("dtype", "float64"),)
>>> before = Program((Function("f", (x, n), Block((Assign(t0, "zeros", (n,), size), outer), (s2,))),))
>>> print(show(before.entry))
f(x.0, n.1):
  t.4 = zeros n.1 dtype=float64
  t.9 s.12 = for i.2 in 0:n.1:1 with t.5=t.4, s.10=1.0:
    t.8 = for j.3 in 0:n.1:1 with t.6=t.5:
      s.13 = x.0[j.3]
      t.7 = t.6 with [i.2] += s.13
      yield t.7
    s.14 = t.8[i.2]
    s.11 = mul s.10 s.14
    yield t.8 s.11
  yield s.12
>>> print(show(shrink_arrays(before).entry))
f(x.0, n.1):
  s.12 = for i.2 in 0:n.1:1 with s.10=1.0:
    t.5 = identity 0.0
    t.8 = for j.3 in 0:n.1:1 with t.6=t.5:
      s.13 = x.0[j.3]
      t.7 = add t.6 s.13
      yield t.7
    s.14 = identity t.8
    s.11 = mul s.10 s.14
    yield s.11
  yield s.12

This is done to an array that the function makes, empty or of zeros, and only ever stores numbers in and reads numbers
from. An axis goes where every place along it is the index of one loop, which is entered once with the array: no
iteration then sees what another has left. An array of zeros loses such an axis only with its last ones, where a number
can start at zero. An axis along which every place is the same number goes, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gradgen.ir import Array, Assign, At, Atom, Block, Const, For, Function, If, Program, Scalar, Statement, Store, Var
from gradgen.ir.walk import block_exits, blocks, map_statement, operands, statements, uses
from gradgen.lower.accesses import Form, Memory, Place


def shrink_arrays(program: Program, inside: bool = False) -> Program:
    """`inside`: what is left of an empty array is made in each iteration, and not before the loop."""
    return replace(program, functions=tuple(_function(each, inside) for each in program.functions))


def _function(function: Function, inside: bool) -> Function:
    while True:
        found = Found(function, inside)
        plans = {made.target: plan for made in found.arrays() if (plan := _plan(found, made)) is not None}
        if not plans:
            return function
        function = _Rewriting(found, plans).function()


@dataclass
class Uses:
    """Of one array: where it is touched, and whether in any way but element by element."""

    places: list[Place] = field(default_factory=list)
    whole: bool = False


class Found:
    def __init__(self, function: Function, inside: bool):
        self.inside = inside
        self.function, self.memory, self.read = function, Memory(function), uses(function)
        self.made: dict[Var, Assign] = {}
        self.uses: dict[Var, Uses] = {}
        self.loops: dict[Var | None, For] = {}
        for s in statements(function.body):
            if isinstance(s, Assign) and s.op in ("empty", "zeros") and isinstance(s.target.type, Array):
                self.made[s.target] = s
                self.uses[s.target] = Uses()
            elif isinstance(s, For):
                self.loops[s.index] = s
        for s in statements(function.body):
            self._note(s)
        self._leave(function.body.yields)

    def arrays(self) -> Iterator[Assign]:
        for var, made in self.made.items():
            if not self.uses[var].whole and self.uses[var].places:
                yield made

    def _note(self, s: Statement) -> None:
        match s:
            case Store(array=Var() as array) if array.type == s.target.type and isinstance(s.value.type, Scalar):
                self._touch(array, self.memory.place(s.index, s.operands), s.value if s.mode == "set" else None)
                self._leave((*s.operands, s.value))
            case Assign(op="getitem", args=(Var() as array, *places)) if isinstance(s.target.type, Scalar):
                self._touch(array, self.memory.place(s.param("index"), tuple(places)), None)
                self._leave(places)
            case For():
                self._hand_over(s.carried, s.inits)
                self._hand_over(s.carried, s.body.yields)
                self._hand_over(s.results, s.body.yields)
                self._leave(() if s.leave is None else (s.leave,))
            case If():
                for branch in blocks(s):
                    self._hand_over(s.results, branch.yields)
            case _:
                self._leave(operands(s))
                for inner in blocks(s):
                    self._leave(block_exits(s, inner))

    def _touch(self, array: Var, place: Place, value: Atom | None) -> None:
        found = self.uses.get(self.memory.key(array))
        if found is None:
            return
        found.places.append(place)
        assert isinstance(array.type, Array)
        cast = value is not None and getattr(value.type, "dtype", None) != array.type.dtype
        found.whole = found.whole or cast or len(place) != array.type.ndim

    def _hand_over(self, to: tuple[Var, ...], sources: tuple[Atom, ...]) -> None:
        """What a loop or branch hands on must be the same array throughout."""
        for var, source in zip(to, sources, strict=True):
            if not (isinstance(source, Var) and self.memory.key(var) == self.memory.key(source)):
                self._leave((var, source))

    def _leave(self, atoms) -> None:
        """These are read as a whole."""
        for atom in atoms:
            if isinstance(atom, Var) and self.memory.key(atom) in self.uses:
                self.uses[self.memory.key(atom)].whole = True


@dataclass
class _Plan:
    """The array that `made` makes is to have the axes `kept` only; `loop`: in which it, or a number, starts anew in
    each iteration."""

    made: Assign
    kept: list[int]
    type: Array | Scalar
    loop: For | None


def _plan(found: Found, made: Assign) -> _Plan | None:
    places = found.uses[made.target].places
    ndim = len(made.args)
    same = [axis for axis in range(ndim) if len({place[axis] for place in places}) == 1]
    forms = {axis: places[0][axis] for axis in same}
    constant = [axis for axis in same if _is_constant(forms[axis])]
    if constant:
        return _without(made, constant, None, False)
    loops = {axis: found.loops.get(_base(forms[axis])) for axis in same}
    for axis, loop in loops.items():
        if loop is None or not found.memory.told(forms[axis]) or not _entered_once(found, made, loop):
            continue
        if made.op == "empty" or ndim == 1:
            return _without(made, [axis], loop, found.inside)
    return None


def _is_constant(form: Form | None) -> bool:
    return form is not None and form[0] is None


def _base(form: Form | None) -> Var | None:
    return None if form is None else form[0]


def _entered_once(found: Found, made: Assign, loop: For) -> bool:
    """Whether all that happens to the array happens in one run of the loop."""
    if made.target not in loop.inits or found.read[made.target] != 1:
        return False
    return found.read[loop.results[loop.inits.index(made.target)]] == 0


def _without(made: Assign, axes: list[int], loop: For | None, inside: bool) -> _Plan:
    type = made.target.type
    assert isinstance(type, Array)
    kept = [axis for axis in range(type.ndim) if axis not in axes]
    smaller = Array(type.dtype, tuple(type.dims[axis] for axis in kept)) if kept else Scalar(type.dtype)
    return _Plan(made, kept, smaller, None if kept and not inside else loop)


@dataclass
class _Rewriting:
    """`plans`: by the variable that each array is first."""

    found: Found
    plans: dict[Var, _Plan]

    def function(self) -> Function:
        function = self.found.function
        return replace(function, body=self.block(function.body))

    def plan(self, atom: Atom) -> _Plan | None:
        return self.plans.get(self.found.memory.key(atom)) if isinstance(atom, Var) else None

    def var(self, atom: Atom) -> Atom:
        plan = self.plan(atom)
        return atom if plan is None else replace(atom, type=plan.type)

    def block(self, block: Block) -> Block:
        made = tuple(made for s in block.statements for made in self.statement(s))
        return Block(made, tuple(map(self.var, block.yields)))

    def statement(self, s: Statement) -> tuple[Statement, ...]:
        if isinstance(s, Assign) and s.target in self.plans:
            plan = self.plans[s.target]
            return () if plan.loop is not None else (self.allocation(s.target, plan),)
        if isinstance(s, Store) and (stored := self.plan(s.array)) is not None:
            return (self.stored(s, stored),)
        if isinstance(s, Assign) and s.op == "getitem" and (read := self.plan(s.args[0])) is not None:
            return (self.element(s, read),)
        if isinstance(s, For):
            s = self.entered(s, [plan for plan in self.plans.values() if plan.loop is s])
        return (map_statement(s, self.var, self.block, self.var),)

    def allocation(self, var: Var, plan: _Plan) -> Assign:
        """`var`, a version of the array, as what it starts as."""
        made, target = plan.made, replace(var, type=plan.type)
        if plan.kept:
            return replace(made, target=target, args=tuple(made.args[axis] for axis in plan.kept))
        return Assign(target, "identity", (zero(plan.type),), origin=made.origin)

    def entered(self, loop: For, plans: list[_Plan]) -> For:
        """The loop in which the arrays of `plans` start anew, and are none of those that are carried round."""
        starts = {loop.inits.index(plan.made.target): plan for plan in plans}
        others = [at for at in range(len(loop.inits)) if at not in starts]
        start = (self.allocation(loop.carried[k], plan) for k, plan in starts.items())
        body = Block((*start, *loop.body.statements), tuple(loop.body.yields[at] for at in others))
        carried, results = (tuple(versions[at] for at in others) for versions in (loop.carried, loop.results))
        return replace(loop, body=body, carried=carried, inits=tuple(loop.inits[at] for at in others), results=results)

    def stored(self, s: Store, plan: _Plan) -> Statement:
        target, array = replace(s.target, type=plan.type), self.var(s.array)
        if plan.kept:
            index, left = without_axes(s.index, s.operands, plan.kept)
            return replace(s, target=target, array=array, index=index, operands=left)
        if s.mode == "add":
            return Assign(target, "add", (array, s.value), origin=s.origin)
        return Assign(target, "identity", (s.value,), origin=s.origin)

    def element(self, s: Assign, plan: _Plan) -> Assign:
        array = self.var(s.args[0])
        if plan.kept:
            index, left = without_axes(s.param("index"), s.args[1:], plan.kept)
            return replace(s, args=(array, *left), params=(("index", index),))
        return Assign(s.target, "identity", (array,), origin=s.origin)


def zero(type: Array | Scalar) -> Const:
    kinds = {"bool": False, "complex128": 0j, "complex64": 0j}
    return Const(kinds.get(type.dtype, 0.0 if type.dtype.startswith("float") else 0), type)


def without_axes(index: tuple, given: tuple[Atom, ...], kept: list[int]) -> tuple[tuple, tuple[Atom, ...]]:
    """The index without the axes that go, and its operands."""
    entries = [index[axis] for axis in kept]
    left = tuple(given[entry.operand] for entry in entries if isinstance(entry, At))
    count = iter(range(len(left)))
    return tuple(At(next(count)) if isinstance(entry, At) else entry for entry in entries), left
